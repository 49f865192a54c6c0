//go:build !linux && !darwin && !freebsd

package storage

// Free is how many bytes can still be stored in the directory: -1, not known on this system.
func (d *Dir) Free() int64 { return -1 }
