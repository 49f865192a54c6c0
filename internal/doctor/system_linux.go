package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"gallery/internal/mounts"
)

// aclName is the attribute that a POSIX ACL is in.
const aclName = "system.posix_acl_access"

// noACL is of what has none.
func noACL() []byte { return nil }

// acl returns what reads the ACL of a name in an open folder, following no link.
func acl(folder *os.Root, name string) func() []byte {
	return func() []byte {
		f, err := folder.Open(".")
		if err != nil {
			return nil
		}
		defer f.Close()
		return aclOf(fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), name))()
	}
}

// aclOf returns what reads the ACL at a path.
func aclOf(path string) func() []byte {
	return func() []byte {
		var buffer [1024]byte
		n, err := unix.Lgetxattr(path, aclName, buffer[:])
		if err != nil {
			return nil
		}
		return buffer[:n]
	}
}

// expectedMounts are the paths that a file like /etc/fstab mounts at the start.
func expectedMounts(fstab string) (paths []string) {
	text, err := os.ReadFile(fstab)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || strings.HasPrefix(fields[0], "#") || !filepath.IsAbs(fields[1]) {
			continue
		}
		if options := strings.Split(fields[3], ","); !slices.Contains(options, "noauto") && !slices.Contains(options, "x-systemd.automount") {
			paths = append(paths, filepath.Clean(mounts.Unescaped(fields[1])))
		}
	}
	return paths
}

// clockSynchronized asks the kernel whether something keeps its clock right, as timedatectl does.
func clockSynchronized() (synchronized, known bool) {
	var t unix.Timex // no modes: nothing is set
	state, err := unix.Adjtimex(&t)
	return err == nil && state != unix.TIME_ERROR && t.Maxerror < 16_000_000, err == nil
}

// kernel names the system, and says what is amiss with it, "" for nothing.
func kernel() (name, amiss string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "Linux", ""
	}
	name = "Linux " + unix.ByteSliceToString(u.Release[:])
	fd, err := unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS})
	if err == nil {
		unix.Close(fd)
		return name, ""
	}
	return name, "openat2 is not there (Linux 5.6 has it, and a container's filter may forbid it), so that opening a photo takes a call for each folder"
}
