package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestDebianVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "v1.2.3-4-gabcdef0": "1.2.3+4.gabcdef0", "v1.2.3-rc1": "1.2.3~rc1", "v1.2.3-rc1-4-gabcdef0": "1.2.3~rc1+4.gabcdef0", "abcdef0": "0.0.0~abcdef0", "1234567": "0.0.0~1234567", "v0.2.0-dirty": "0.2.0~dirty",
	} {
		if got := (release{version: version}).debianVersion(); got != want {
			t.Errorf("debianVersion(%s) = %s, want %s", version, got, want)
		}
	}
}

// The licences of all modules are found.
func TestLicences(t *testing.T) {
	t.Chdir("..")
	text, err := licences()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"=== gallery: LICENSE", "=== Go: LICENSE", "=== golang.org/x/image ", "=== github.com/yuin/goldmark "} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("there is no %q", want)
		}
	}
}

// Who builds the same commit gets the same bytes, wherever it lies and whoever may read it.
func TestRelease_twiceTheSame(t *testing.T) {
	t.Parallel()
	once, again := checkout(t, "gallery"), checkout(t, "another name")
	if err := os.Chmod(filepath.Join(again, "deploy", "nginx", "gallery.conf"), 0o600); err != nil {
		t.Fatal(err)
	}
	commit(t, once, "v1.9.0")
	commit(t, again, "v1.9.0")
	first, _ := releaseOf(t, once, "linux/"+runtime.GOARCH)
	second, _ := releaseOf(t, again, "linux/"+runtime.GOARCH)
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if other, err := os.ReadFile(filepath.Join(second, "SHA256SUMS")); err != nil || !bytes.Equal(sums, other) {
		t.Errorf("built twice: %s\nand %s, %v", sums, other, err)
	}
	if bytes.Count(sums, []byte("\n")) != 3 { // the program, its package, LICENSES.txt
		t.Errorf("SHA256SUMS = %s", sums)
	}
	check := exec.Command("sha256sum", "--check", "--quiet", "SHA256SUMS")
	check.Dir = first
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum --check: %v\n%s", err, out)
	}
}
