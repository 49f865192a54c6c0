// Package nolink opens folders and files below an os.Root without following a
// symbolic link in any component.
package nolink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// ErrNotHere says that what is there under a name is not what is served under
// such a name: a symbolic link, a FIFO, a folder where a photo was expected.
var ErrNotHere = fmt.Errorf("not a plain file or folder: %w", fs.ErrNotExist)

// Folder opens the folder name below root, or fails with an error that is
// fs.ErrNotExist. It follows no symbolic link in any component: os.Root keeps
// links from leading out of the root, and here, where a link within the root
// would make two names for one folder (or _thumbs a name for the photos),
// there are none at all. With create, what is missing is made, as Step does.
func Folder(root *os.Root, name string, create bool) (*os.Root, error) {
	if name == "." {
		return root.OpenRoot(".")
	}
	current := root
	for segment := range strings.SplitSeq(name, "/") {
		next, err := Step(current, segment, create)
		if current != root {
			current.Close()
		}
		if err != nil {
			return nil, err
		}
		current = next
	}
	return current, nil
}

// Step opens the folder called segment in parent. What it returns is the
// very folder that bears the name, not something a link was swapped in for
// between the look and the opening. With create, a folder that is missing is
// made: whoever may list and enter parent may list and enter it, whatever the umask.
func Step(parent *os.Root, segment string, create bool) (*os.Root, error) {
	seen, err := parent.Lstat(segment)
	made := false
	if create && errors.Is(err, fs.ErrNotExist) {
		if err := parent.Mkdir(segment, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		} else if err == nil {
			made = true
		}
		seen, err = parent.Lstat(segment)
	}
	if err != nil {
		return nil, err
	}
	if !seen.IsDir() {
		return nil, ErrNotHere
	}
	folder, err := parent.OpenRoot(segment)
	if err != nil {
		return nil, swapped(err)
	}
	opened, err := folder.Stat(".")
	if err == nil && !os.SameFile(seen, opened) {
		err = ErrNotHere
	}
	if err != nil {
		folder.Close()
		return nil, err
	}
	if made {
		openAs(parent, folder, opened.Mode())
	}
	return folder, nil
}

// openAs gives a folder that was just made, with that mode, the parent's
// permissions to list and enter. Its setgid bit, by which what is made in it gets its
// group, stays. Some file systems have no permissions, so an error is none of ours.
func openAs(parent, folder *os.Root, made fs.FileMode) {
	const listAndEnter = 0o055
	like, err := parent.Stat(".")
	if err != nil {
		return
	}
	mode := made&^listAndEnter | like.Mode()&listAndEnter
	if mode != made {
		_ = folder.Chmod(".", mode&(fs.ModePerm|fs.ModeSetgid))
	}
}

// swapped returns the error of opening what was seen to be a plain file or folder just
// before: ErrNotHere where something else took its name, a link perhaps, and else its own,
// such as that it may not be read, that the system is at its limits or that the disk is lost.
func swapped(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) && errno != syscall.ENOENT && errno != syscall.ELOOP && errno != syscall.ENOTDIR {
		return err
	}
	return ErrNotHere
}

// File opens the regular file called name in folder for reading. It
// never waits (a FIFO or a device is refused before and after opening) and
// never follows a link.
func File(folder *os.Root, name string) (*os.File, fs.FileInfo, error) {
	// Between the look and the opening another file may take the name, as when
	// a second server has made the same thumbnail: then it is looked at anew.
	for range 5 {
		f, info, err := openSeen(folder, name)
		if !errors.Is(err, errReplaced) {
			return f, info, err
		}
	}
	return nil, nil, errReplaced
}

// errReplaced says that the file opened is not the one seen just before.
var errReplaced = fmt.Errorf("replaced while it was opened: %w", fs.ErrNotExist)

// openSeen is one attempt of File.
func openSeen(folder *os.Root, name string) (*os.File, fs.FileInfo, error) {
	seen, err := folder.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Mode().IsRegular() {
		return nil, nil, ErrNotHere
	}
	f, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, swapped(err)
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(seen, opened) {
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, opened, nil
}

// disconnected are the errors by which a file system says of all that is on it that the
// device, server or program behind it is gone.
var disconnected = []error{
	syscall.ENXIO, syscall.ENODEV, syscall.ENOTCONN, syscall.ECONNABORTED, syscall.ESHUTDOWN,
	syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ETIMEDOUT,
}

// Disconnected reports whether an error is one that every file of a file system gives while
// what is behind it is gone. EIO and ESTALE are not among them: a single file can have these.
func Disconnected(err error) bool {
	return slices.ContainsFunc(disconnected, func(one error) bool { return errors.Is(err, one) })
}

// FromDisk tells the file system's errors from all others.
func FromDisk(err error) bool {
	var pathErr *fs.PathError
	return errors.As(err, &pathErr)
}

// Cause strips an error of the operation and path that the message around it
// names already.
func Cause(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
