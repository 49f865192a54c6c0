//go:build amd64

package album

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gallery/internal/nolink"
	"gallery/internal/testkit"
)

// A disk that goes away while an album is listed costs the list: it does not pass for an
// album whose photos are gone. A photo that is damaged on the disk costs nothing else.
func TestList_diskGone(t *testing.T) {
	const inChild = "GALLERY_TEST_DISK_GONE"
	if os.Getenv(inChild) == "" {
		for _, errno := range []unix.Errno{unix.ENOTCONN, unix.EIO} {
			cmd := exec.Command(os.Args[0], "-test.run=^TestList_diskGone$", "-test.v")
			cmd.Env = append(os.Environ(), inChild+"="+unix.ErrnoName(errno))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", errno, err, out)
			}
		}
		return
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.jpg"), []byte("a photo"), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	gone := os.Getenv(inChild) == "ENOTCONN"
	errno := unix.EIO
	if gone {
		errno = unix.ENOTCONN
	}
	testkit.Forbid(t, unix.SYS_NEWFSTATAT, errno)
	a, err := List(root, ".")
	if len(a.Photos) != 0 || nolink.Disconnected(err) != gone || err != nil && !gone {
		t.Errorf("a list of %d photos, %v", len(a.Photos), err)
	}
}
