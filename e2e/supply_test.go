package e2e

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The binary is one file of less than 24 MB that needs no other, and whoever
// builds it gets the very same: wherever, and with whatever in the build cache.
func TestBinary(t *testing.T) {
	t.Parallel()
	at := t.TempDir()
	// Another directory with the same sources.
	other := filepath.Join(at, "elsewhere", "gallery")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(other, sourcesOnly{os.DirFS("..")}); err != nil {
		t.Fatal(err)
	}
	var sums [][32]byte
	for i, from := range []string{"..", other} {
		out := filepath.Join(at, string(rune('a'+i)))
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-buildvcs=false", "-o", out, ".")
		build.Dir = from
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
		if report, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, report)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sha256.Sum256(data))
		if len(data) >= 24e6 {
			t.Errorf("the binary has %d bytes, want less than 24 MB", len(data))
		}
		if abs, err := filepath.Abs(".."); err != nil || bytes.Contains(data, []byte(abs+"/")) || bytes.Contains(data, []byte(other)) {
			t.Errorf("the binary names the directory it was built in, %v", err)
		}
		t.Logf("%d bytes, %x", len(data), sums[i])
	}
	if sums[0] != sums[1] {
		t.Error("two builds differ")
	}
	if runtime.GOOS != "linux" {
		return
	}
	file, err := elf.Open(filepath.Join(at, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, _ := file.ImportedLibraries() // an error is that there is no such section
	if len(libraries) > 0 || file.Section(".interp") != nil {
		t.Errorf("the binary needs %v", libraries)
	}
}

// sourcesOnly hides what is no part of the sources, and other modules.
type sourcesOnly struct{ fs.FS }

func (s sourcesOnly) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".") || e.Name() == "go.work" || e.Name() == "go.work.sum"
	}), err
}
