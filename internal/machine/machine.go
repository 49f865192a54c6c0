// Package machine knows what the program runs on, and how much memory there is for it.
package machine

import (
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

const (
	// most is the default for decoded pictures, bytes: more makes nothing faster on a machine
	// of two processors.
	most = 256 << 20
	// least is the smallest that is of use: a phone's photo decodes within it.
	least = 32 << 20
)

// ForPictures is the default bound on memory for decoded pictures, bytes: half of what the
// program's control groups allow, or a quarter of what the machine has, if that is less than
// 256 MiB. All else that the program takes, and the files that it reads, need the rest.
func ForPictures() int64 { return forPictures(cgroupLimit(os.DirFS("/")), Memory()) }

// forPictures takes bytes; 0 for no limit, or none that is known.
func forPictures(limit, total int64) int64 {
	memory := int64(most)
	if limit > 0 {
		memory = min(memory, limit/2)
	}
	if total > 0 {
		memory = min(memory, total/4)
	}
	return max(memory, least)
}

// cgroupLimit is the lowest limit on memory of the control groups, of version 1 or 2, that the
// process is in, bytes; 0 for none. root is the file system.
func cgroupLimit(root fs.FS) int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	lowest := int64(math.MaxInt64)
	for line := range strings.Lines(string(groups)) {
		// hierarchy-ID:controllers:path (cgroups(7))
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		var dirs []string
		file := "memory.max"
		switch {
		case fields[0] == "0" && fields[1] == "":
			dirs = []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}
		case strings.Contains(","+fields[1]+",", ",memory,"):
			dirs, file = []string{"sys/fs/cgroup/memory"}, "memory.limit_in_bytes"
		}
		for _, dir := range dirs {
			// A group is also under the limits of those that it is in. In a container its
			// path may be one of the host, and the container's own group stand at the top.
			for group := path.Join("/", fields[2]); ; group = path.Dir(group) {
				lowest = min(lowest, limitIn(root, path.Join(dir, group, file)))
				if group == "/" {
					break
				}
			}
		}
	}
	if lowest > 1<<50 { // version 1 has no word for none, but 2^63 less a page
		return 0
	}
	return lowest
}

// limitIn is the limit in a file, math.MaxInt64 for none.
func limitIn(root fs.FS, file string) int64 {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n <= 0 { // "max"
		return math.MaxInt64
	}
	return n
}
