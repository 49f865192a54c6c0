package nolink

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// opened is an open folder below which openat2 opens.
type opened struct {
	fd int
	// own, of what Open returned, is the file that fd belongs to. Others may still be using
	// it when a disk was switched: the garbage collector closes it.
	own *os.File
}

// within has the kernel refuse what leads out of the folder, and every link (openat2(2)).
const within = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// folderOnly opens a folder as a place to look from, which takes the permission to enter it
// alone. On a network it costs no reading of the folder.
const folderOnly = unix.O_PATH | unix.O_DIRECTORY

// openAtOnce returns root as a Dir that uses openat2. It reports false where there is none:
// in older kernels (ENOSYS), and where a filter that does not know the call refuses it (EPERM,
// mostly).
func openAtOnce(root *os.Root) (d *Dir, ok bool, err error) {
	own, err := root.Open(".")
	if err != nil {
		return nil, false, err
	}
	d = &Dir{opened: opened{int(own.Fd()), own}}
	tried, err := openat2(d.opened.fd, ".", folderOnly)
	if err != nil {
		own.Close()
		return nil, false, nil
	}
	unix.Close(tried)
	return d, true, nil
}

// openat2 opens the path of that name below folder.
func openat2(folder int, name string, flags uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC | unix.O_NOFOLLOW, Resolve: within}
	// A signal interrupts what waits for a network, and where the tree is being moved the
	// kernel may not be sure that a path leads down (EAGAIN).
	for range 100 {
		if fd, err = unix.Openat2(folder, name, &how); err != unix.EINTR && err != unix.EAGAIN {
			break
		}
	}
	switch err {
	case nil:
		return fd, nil
	case unix.ELOOP, unix.ENOTDIR, unix.EXDEV:
		return -1, ErrNotHere
	}
	return -1, &fs.PathError{Op: "openat2", Path: name, Err: err}
}

func (o opened) close() error { return closeDescriptor(o.fd) }

func (o opened) folder(name string) (*Dir, error) {
	defer runtime.KeepAlive(o.own)
	fd, err := openat2(o.fd, name, folderOnly)
	if err != nil {
		return nil, err
	}
	return &Dir{opened: opened{fd: fd}}, nil
}

// file opens the regular file at a path, for the caller to close.
func (o opened) file(name string) (fd int, info fs.FileInfo, err error) {
	defer runtime.KeepAlive(o.own)
	fd, err = openat2(o.fd, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY)
	if errors.Is(err, unix.ENXIO) && o.isSocket(name) {
		return -1, nil, ErrNotHere // and not, as of a regular file, a disk that is lost
	}
	if err != nil {
		return -1, nil, err
	}
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	for err == unix.EINTR {
		err = unix.Fstat(fd, &st)
	}
	if err != nil {
		closeDescriptor(fd)
		return -1, nil, &fs.PathError{Op: "fstat", Path: name, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		closeDescriptor(fd)
		return -1, nil, ErrNotHere
	}
	return fd, stateOf(path.Base(name), &st), nil
}

// pread reads once from a file.
func pread(fd int, p []byte, off int64) (n int, err error) {
	for {
		if n, err = unix.Pread(fd, p, off); err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func closeDescriptor(fd int) error { return unix.Close(fd) }

// isSocket reports whether a socket is at a path, which cannot be opened.
func (o opened) isSocket(name string) bool {
	fd, err := openat2(o.fd, name, unix.O_PATH)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// isAsOpened reports whether an open file is as it was when info was its state, and has not
// lost its name: that, another name and each change show in its change time.
func isAsOpened(fd int, info fs.FileInfo) bool {
	var st unix.Stat_t
	known, ok := info.(*state)
	return unix.Fstat(fd, &st) == nil && ok && st.Nlink > 0 && statOf(&st) == known.stat
}

func (o opened) lstat(name string) (fs.FileInfo, error) {
	defer runtime.KeepAlive(o.own)
	var st unix.Stat_t
	err := o.look(name, &st)
	for err == unix.EINTR {
		err = o.look(name, &st)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	return stateOf(name, &st), nil
}

// look is one attempt of lstat. It looks for no name where the folder itself is meant.
func (o opened) look(name string, st *unix.Stat_t) error {
	if name == "." {
		return unix.Fstat(o.fd, st)
	}
	return unix.Fstatat(o.fd, name, st, unix.AT_SYMLINK_NOFOLLOW)
}

// lstatAt opens what is at the path as a place, which on a network takes no more than to find it.
func (o opened) lstatAt(name string) (fs.FileInfo, error) {
	defer runtime.KeepAlive(o.own)
	fd, err := openat2(o.fd, name, unix.O_PATH)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &fs.PathError{Op: "fstat", Path: name, Err: err}
	}
	return stateOf(path.Base(name), &st), nil
}

func stateOf(name string, st *unix.Stat_t) *state { return &state{name, statOf(st)} }

// statOf is the part of st that changes only with the file, its attributes and its names.
func statOf(st *unix.Stat_t) syscall.Stat_t {
	return syscall.Stat_t{
		Dev: st.Dev, Ino: st.Ino, Mode: st.Mode, Size: st.Size,
		Mtim: syscall.Timespec(st.Mtim), Ctim: syscall.Timespec(st.Ctim),
	}
}

// state is what Lstat returns.
type state struct {
	name string
	stat syscall.Stat_t
}

func (s *state) Name() string       { return s.name }
func (s *state) Size() int64        { return s.stat.Size }
func (s *state) ModTime() time.Time { return time.Unix(s.stat.Mtim.Unix()) }
func (s *state) IsDir() bool        { return s.Mode().IsDir() }
func (s *state) Sys() any           { return &s.stat }

func (s *state) Mode() fs.FileMode {
	mode := fs.FileMode(s.stat.Mode) & fs.ModePerm
	switch s.stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return mode
	case syscall.S_IFDIR:
		return mode | fs.ModeDir
	case syscall.S_IFLNK:
		return mode | fs.ModeSymlink
	}
	return mode | fs.ModeIrregular // a FIFO, a socket or a device
}
