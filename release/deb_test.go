package main

import (
	_ "embed"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// debScript installs, upgrades, removes and purges the package.
//
//go:embed testdata/deb.sh
var debScript string

// The package on a clean Debian: two commands lead to the first photo; an upgrade drops no
// request and keeps what an administrator changed; what is removed leaves photos alone.
func TestDeb_installUpgradeRemove(t *testing.T) {
	t.Parallel()
	dir := checkout(t, "gallery")
	commit(t, dir, "v1.9.0")
	_, old := releaseOf(t, dir, "linux/"+runtime.GOARCH)
	for _, name := range []string{"gallery-hsts.conf", "gallery-acme.conf"} {
		path := filepath.Join(dir, "deploy", "nginx", "snippets", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, path, append(data, "# of the newer version\n"...))
	}
	commit(t, dir, "v1.10.0")
	_, newer := releaseOf(t, dir, "linux/"+runtime.GOARCH)
	root := clean(t)
	for from, to := range map[string]string{old: "old.deb", newer: "new.deb"} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, "root", to), data)
	}
	drawPhoto(t, filepath.Join(root, "root", "Trip", "1.jpg"))
	put(t, filepath.Join(root, "root", "Trip", "large.jpg"), make([]byte, 20<<20)) // no picture, but a download
	boot(t, root, debScript)
}

// What the package says of itself is what was asked for.
func TestDeb_control(t *testing.T) {
	dpkg := need(t, "dpkg-deb", "dpkg")
	t.Chdir("..")
	r := release{version: "v1.2.3", maintainer: "Ann <ann@example.com>"}
	binary := filepath.Join(t.TempDir(), "gallery")
	put(t, binary, []byte("a program"))
	data, err := r.deb(binary, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	deb := filepath.Join(t.TempDir(), "gallery.deb")
	put(t, deb, data)
	out, err := exec.Command(dpkg, "--field", deb, "Package", "Version", "Architecture", "Maintainer").CombinedOutput()
	if want := "Package: gallery\nVersion: 1.2.3\nArchitecture: arm64\nMaintainer: Ann <ann@example.com>\n"; err != nil || string(out) != want {
		t.Errorf("dpkg-deb says %q, %v, want %q", out, err, want)
	}
	list, err := exec.Command(dpkg, "--contents", deb).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/usr/bin/gallery", "/usr/lib/systemd/system/gallery.socket", "/usr/lib/sysusers.d/gallery.conf", "/usr/lib/tmpfiles.d/gallery.conf",
		"/etc/default/gallery", "/etc/nginx/sites-available/gallery.conf", "/etc/nginx/snippets/gallery-site.conf", "/usr/share/man/man1/gallery.1.gz"} {
		if !strings.Contains(string(list), want+"\n") {
			t.Errorf("it holds no %s", want)
		}
	}
}

// drawPhoto writes a small JPEG.
func drawPhoto(t *testing.T, path string) {
	t.Helper()
	put(t, path, nil)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 600, 400)), nil); err != nil {
		t.Fatal(err)
	}
}
