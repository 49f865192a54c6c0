// Package atomicfile writes files that are either whole or not there,
// whatever happens to the process, the disk or the power, and sweeps up what
// an interrupted write left behind.
package atomicfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"gallery/internal/nolink"
)

// prefix begins the name of Write's temporary files. The dot keeps such a file
// out of sight of galleries and of nginx. What follows is eight random digits,
// whatever the final name: a name as long as the file system allows must not
// make its temporary name too long.
const prefix = ".tmp-"

// Write stores data under name, one path element, in the directory dir, with
// these permissions whatever the umask. An existing file of that name is
// replaced. The directory is not flushed: after a power cut the file may be
// missing, never torn.
func Write(dir *os.Root, name string, data []byte, perm fs.FileMode) error {
	_, err := WriteTimed(dir, name, data, perm, time.Time{})
	return err
}

// WriteTimed is Write for a file that has that mtime, unless it is zero, from when it has its
// name. It returns what the file is like then, whoever may remove it the next moment.
func WriteTimed(dir *os.Root, name string, data []byte, perm fs.FileMode, mtime time.Time) (fs.FileInfo, error) {
	f, err := Create(dir, prefix, perm)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_ = f.Chmod(perm) // some file systems have no permissions
	if _, err := f.Write(data); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	if !mtime.IsZero() {
		if err := dir.Chtimes(f.temp, mtime, mtime); err != nil {
			return nil, err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return info, f.Replace(name)
}

// File is a file that has no final name yet. Whoever creates one closes it,
// which removes it unless it was given a name.
//
// The order is what makes it safe. The temporary file lies in the same
// directory, so that the rename stays on one file system and is atomic; it is
// flushed before the rename, since a file system may otherwise make the new
// name durable before the bytes; and it is locked from before it holds any
// byte until it is closed, so that Sweep, in this process or another, can tell
// a write under way from litter.
type File struct {
	*os.File
	dir  *os.Root
	temp string // its temporary name in dir, "" once it has none
}

// Create makes a new file in dir, whose temporary name is the prefix and eight
// random digits. It tries again if a Sweep of another process took the file
// between its creation and its lock.
func Create(dir *os.Root, prefix string, perm fs.FileMode) (*File, error) {
	for {
		var random [4]byte
		rand.Read(random[:])
		temp := prefix + hex.EncodeToString(random[:])
		f, err := dir.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// Where locks are not supported the write goes on without one.
		if lock(f) == errLocked || !names(dir, temp, f) {
			f.Close()
			continue
		}
		return &File{f, dir, temp}, nil
	}
}

// Replace flushes the file and gives it its final name. Whatever bears that
// name, be it a symbolic link, is replaced.
func (f *File) Replace(name string) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("flushing %s: %w", name, err)
	}
	if err := f.dir.Rename(f.temp, name); err != nil {
		return err
	}
	f.temp = ""
	return nil
}

// Add flushes the file and gives it its final name, unless something bears
// that name, which is an fs.ErrExist; then another may be tried. Of two that
// take the same name at once, in whatever processes, one gets it.
func (f *File) Add(name string) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("flushing %s: %w", name, err)
	}
	err := f.dir.Link(f.temp, name)
	switch {
	case err == nil:
		// What fails here is litter for Sweep: the file has both names.
		_ = f.dir.Remove(f.temp)
	case errors.Is(err, fs.ErrExist):
		return err
	default: // file systems without hard links: FAT, some network shares
		if renameErr := renameNew(f.dir, f.temp, name); renameErr != nil {
			return renameErr
		}
	}
	f.temp = ""
	return nil
}

// Close closes the file and removes it if it has no final name.
func (f *File) Close() error {
	if f.temp != "" {
		_ = f.dir.Remove(f.temp) // what fails here is litter for Sweep
	}
	return f.File.Close()
}

// Flush makes the names in dir durable.
func Flush(dir *os.Root) error {
	d, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// names reports whether temp still is the name of the open file f.
func names(dir *os.Root, temp string, f *os.File) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := dir.Lstat(temp)
	return err == nil && os.SameFile(opened, named)
}

// Temporary reports whether a file of this name is, or was, being written by
// Write.
func Temporary(name string) bool { return temporary(name, prefix) }

// temporary reports whether Create could have given this name.
func temporary(name, prefix string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && len(digits) == 8 && strings.Trim(digits, "0123456789abcdef") == ""
}

// SweepAll removes the temporary files in dir that no running Write owns and
// returns how many there were. A directory that cannot be read has none.
func SweepAll(dir *os.Root) int { return SweepPrefix(dir, prefix) }

// SweepPrefix does the same for what Create made with another prefix.
func SweepPrefix(dir *os.Root, prefix string) int {
	list, err := nolink.List(dir)
	if err != nil {
		return 0
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	removed := 0
	for _, entry := range entries {
		if entry.Type().IsRegular() && temporary(entry.Name(), prefix) && Sweep(dir, entry.Name()) {
			removed++
		}
	}
	return removed
}

// Sweep removes one temporary file, unless a running Write owns it, and reports
// whether it did.
func Sweep(dir *os.Root, temp string) bool {
	f, ok := own(dir, temp)
	if !ok {
		return false
	}
	defer f.Close()
	return dir.Remove(temp) == nil
}

// Abandoned reports whether no running Write owns a temporary file.
func Abandoned(dir *os.Root, temp string) bool {
	f, ok := own(dir, temp)
	if ok {
		f.Close()
	}
	return ok
}

// own opens and locks a temporary file, unless somebody else has it locked.
func own(dir *os.Root, temp string) (*os.File, bool) {
	// O_NONBLOCK: a FIFO that took the name since must not hang the caller.
	f, err := dir.OpenFile(temp, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false
	}
	if lock(f) != nil || !names(dir, temp, f) {
		f.Close()
		return nil, false
	}
	return f, true
}

// errLocked says that somebody else holds the lock.
var errLocked = syscall.EWOULDBLOCK

// lock takes the exclusive lock on an open file, without waiting. The kernel
// lets go of it when the file is closed or the process ends, however it ends.
func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
