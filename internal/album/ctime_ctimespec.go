//go:build darwin || freebsd || netbsd

package album

import (
	"io/fs"
	"syscall"
)

func changeTime(info fs.FileInfo) int64 {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return sys.Ctimespec.Nano()
	}
	return 0
}
