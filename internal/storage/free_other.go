//go:build !linux && !darwin && !freebsd

package storage

// Free is how many bytes can still be stored in the directory: -1, not known on this system.
func (d *Dir) Free() int64 { return -1 }

// FreeFiles is how many files can still be made in the directory: -1, not known on this system.
func (d *Dir) FreeFiles() int64 { return -1 }

// ask asks nothing, since mounts are not known on this system either.
func ask(string) {}
