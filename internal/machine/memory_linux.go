package machine

import "golang.org/x/sys/unix"

// Memory is how many bytes of memory the machine has, 0 where that is not known.
func Memory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}
