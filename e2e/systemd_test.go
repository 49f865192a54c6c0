package e2e

import (
	"bytes"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// systemdScript is what a machine does that has booted with the shipped units.
//
//go:embed testdata/systemd.sh
var systemdScript []byte

// The shipped units on a systemd that is booted in a container: the service comes back
// after its disk was away, at boot or later, and after a wrong setting was mended, by
// itself; and it has metrics though it may open no network socket.
func TestSystemd_booted(t *testing.T) {
	t.Parallel()
	nspawn := need(t, "systemd-nspawn", "systemd-container")
	if os.Geteuid() != 0 {
		lacks(t, "booting a container takes root")
	}
	root := t.TempDir()
	for _, dir := range []string{"usr", "dev", "proc", "sys", "run", "tmp", "var", "root", "opt", "srv/photos", "etc/default", "etc/systemd/system", "out"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := os.Symlink("usr/"+link, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	etc := filepath.Join(root, "etc")
	put(t, filepath.Join(etc, "passwd"), []byte("root:x:0:0::/root:/bin/sh\ngallery:x:900:900::/nonexistent:/usr/sbin/nologin\n"))
	put(t, filepath.Join(etc, "group"), []byte("root:x:0:\ngallery:x:900:\n"))
	put(t, filepath.Join(etc, "machine-id"), []byte("0123456789abcdef0123456789abcdef\n"))
	put(t, filepath.Join(etc, "os-release"), []byte("ID=test\n"))
	units := filepath.Join(etc, "systemd", "system")
	shipped, err := filepath.Glob(filepath.Join("..", "deploy", "systemd", "gallery*"))
	if err != nil || len(shipped) == 0 {
		t.Fatalf("no units are shipped, %v", err)
	}
	for _, unit := range shipped {
		data, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(units, filepath.Base(unit)), bytes.ReplaceAll(data, []byte("/usr/local/bin/gallery"), []byte("/opt/gallery")))
	}
	// The disk with the photos cannot be mounted before /disk/plugged is there.
	put(t, filepath.Join(units, "srv-photos.mount"), []byte("[Unit]\nAssertPathExists=/disk/plugged\n[Mount]\nWhat=/disk/photos\nWhere=/srv/photos\nType=none\nOptions=bind\n"))
	put(t, filepath.Join(units, "script.service"), []byte("[Unit]\nSuccessAction=exit-force\nFailureAction=exit-force\nAfter=gallery.service gallery.socket\n"+
		"[Service]\nType=oneshot\nStandardOutput=file:/out/log\nStandardError=file:/out/log\nExecStart=/bin/sh -eu /opt/script.sh\n"))
	put(t, filepath.Join(units, "script.target"), []byte("[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=gallery.service gallery.socket srv-photos.mount script.service\n"))
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "opt", "gallery"), program)
	if err := os.Chmod(filepath.Join(root, "opt", "gallery"), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "opt", "script.sh"), systemdScript)
	draw(t, filepath.Join(root, "disk", "photos", "Trip", "1.jpg"), 600, 400, 1)
	for _, path := range []string{"", "Trip", "Trip/1.jpg"} {
		if err := os.Chown(filepath.Join(root, "disk", "photos", path), 900, 900); err != nil {
			t.Fatal(err)
		}
	}

	cmd := exec.Command(nspawn, "--quiet", "--boot", "--directory="+root, "--bind-ro=/usr", "--private-network", "--register=no", "--keep-unit",
		"--kill-signal=SIGRTMIN+3", "--console=pipe", "systemd.unit=script.target", "systemd.mask=systemd-firstboot.service")
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer stuck.Stop()
	ended := cmd.Wait()
	log, _ := os.ReadFile(filepath.Join(root, "out", "log"))
	if ended != nil || !bytes.HasSuffix(log, []byte("done\n")) {
		t.Errorf("the machine ended with %v\n%s\nconsole:\n%s", ended, log, console.Bytes())
	}
}
