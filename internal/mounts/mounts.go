// Package mounts knows where in the tree of this machine's files other file systems begin, as
// Linux tells it.
package mounts

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// Mount is a place in the tree where another file system begins.
type Mount struct {
	ID       string // of what is mounted there; another mount there later has another
	Path     string
	Kind     string // such as "nfs4"
	ReadOnly bool
}

// All are the mounts that this process sees, in their order; none on systems other than Linux.
func All() []Mount {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return parse(string(text))
}

// parse reads what mountinfo says (proc_pid_mountinfo(5)): the ID is the first field, the path
// the fifth, the mount's options are the sixth; behind a dash come type, source, and the file
// system's options.
func parse(text string) (all []Mount) {
	for line := range strings.Lines(text) {
		own, rest, _ := strings.Cut(strings.TrimSpace(line), " - ")
		fields, super := strings.Fields(own), strings.Fields(rest)
		if len(fields) < 6 || len(super) < 1 {
			continue
		}
		readOnly := slices.Contains(strings.Split(fields[5], ","), "ro") ||
			len(super) > 2 && slices.Contains(strings.Split(super[2], ","), "ro")
		all = append(all, Mount{fields[0], Unescaped(fields[4]), super[0], readOnly})
	}
	return all
}

// Unescaped undoes the escapes of blanks in a path of /proc and fstab (fstab(5)).
func Unescaped(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
