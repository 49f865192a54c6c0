//go:build linux || darwin || freebsd

package storage

import "syscall"

// Free is how many bytes this user can still store in the directory, -1 where that is not
// known.
func (d *Dir) Free() int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(d.path, &stat); err != nil {
		return -1
	}
	return int64(stat.Bavail) * int64(stat.Bsize)
}

// ask has a file system answer, whatever it says.
func ask(path string) {
	var stat syscall.Statfs_t // which is not remembered, as what is in a folder may be
	_ = syscall.Statfs(path, &stat)
}

// FreeFiles is how many files this user can still make in the directory, -1 where that is not
// known, or where the file system has no bound.
func (d *Dir) FreeFiles() int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(d.path, &stat); err != nil || stat.Files == 0 {
		return -1
	}
	return int64(stat.Ffree)
}
