//go:build linux || openbsd || dragonfly || solaris

package album

import (
	"io/fs"
	"syscall"
)

func changeTime(info fs.FileInfo) int64 {
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return sys.Ctim.Nano()
	}
	return 0
}
