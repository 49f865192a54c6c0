package doctor

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"gallery/internal/mounts"
)

func TestMountOf(t *testing.T) {
	all := []mounts.Mount{{Path: "/"}, {Path: "/srv/my photos"}}
	for path, want := range map[string]string{"/srv/my photos/Trip": "/srv/my photos", "/srv/my photostat": "/"} {
		if on := mountOf(all, path); on.Path != want {
			t.Errorf("mountOf(%s) = %v, want %s", path, on, want)
		}
	}
}

func TestExpectedMounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fstab")
	if err := os.WriteFile(file, []byte("# x\nUUID=1 / ext4 defaults 0 1\nUUID=2 none swap sw 0 0\nnas:/p /srv/my\\040photos/ nfs4 _netdev 0 0\nnas:/q /off nfs noauto 0 0\nshort line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := expectedMounts(file); !slices.Equal(got, []string{"/", "/srv/my photos"}) {
		t.Errorf("expectedMounts = %q", got)
	}
}

// An ACL on disk is read, of a folder and of a file in it.
func TestACL(t *testing.T) {
	h := build(t)
	h.must(os.Chmod(h.at("Trip/1.jpg"), 0o600))
	list := []byte{2, 0, 0, 0}
	for _, e := range [][4]uint32{{aclUserObj, 6, 0}, {aclUser, 4, 4711}, {aclGroupObj, 0, 0}, {aclMask, 4, 0}, {aclOther, 0, 0}} {
		list = binary.LittleEndian.AppendUint16(list, uint16(e[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	if err := unix.Setxattr(h.at("Trip/1.jpg"), aclName, list, 0); err != nil {
		if errors.Is(err, unix.ENOTSUP) && os.Getenv("CI") == "" {
			t.Skip("the file system of temporary files has no ACLs")
		}
		t.Fatal(err)
	}
	root, err := os.OpenRoot(h.at("Trip"))
	h.must(err)
	defer root.Close()
	info, err := root.Lstat("1.jpg")
	h.must(err)
	if stranger.may(info, read, noACL) || !stranger.may(info, read, acl(root, "1.jpg")) || !stranger.may(info, read, aclOf(h.at("Trip/1.jpg"))) {
		t.Error("a file with an ACL for the account is closed to it")
	}
	if other := (Account{uid: 4712, gids: []uint32{4712}}); other.may(info, read, acl(root, "1.jpg")) {
		t.Error("a file with an ACL for another account is open")
	}
}
