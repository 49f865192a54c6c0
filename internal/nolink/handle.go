package nolink

import (
	"io"
	"io/fs"
	"os"
)

// Handle is an open regular file, for reading. Where openat2 opened it, it is a descriptor
// that Go's poller does not know: that a file is made known to it, to be told that it is none
// of what can be waited for, is two system calls, of the ten of a thumbnail. A Handle is used
// and closed by one goroutine.
type Handle struct {
	name   string
	fd     int       // where file is nil
	file   *os.File  // of the steps
	kept   *keptFile // the same file where it is kept, else nil
	closed bool
}

// ReadAt reads as an io.ReaderAt does.
func (h *Handle) ReadAt(p []byte, off int64) (n int, err error) {
	switch {
	case h.closed:
		return 0, os.ErrClosed
	case h.file != nil:
		return h.file.ReadAt(p, off)
	}
	for n < len(p) {
		m, err := pread(h.fd, p[n:], off+int64(n))
		if err != nil {
			return n, &fs.PathError{Op: "pread", Path: h.name, Err: err}
		}
		if m == 0 {
			return n, io.EOF
		}
		n += m
	}
	return n, nil
}

// Control has f use the descriptor, which stays open while it does, for what only the system
// can do with it.
func (h *Handle) Control(f func(fd int)) error {
	switch {
	case h.closed:
		return os.ErrClosed
	case h.file != nil:
		conn, err := h.file.SyscallConn()
		if err != nil {
			return err
		}
		return conn.Control(func(fd uintptr) { f(int(fd)) })
	}
	f(h.fd)
	return nil
}

// Close closes the file. What is closed stays closed, and another that gets its number is
// left alone.
func (h *Handle) Close() error {
	switch {
	case h.closed:
		return os.ErrClosed
	case h.file != nil:
		h.closed = true
		return h.file.Close()
	}
	h.closed = true
	if h.kept != nil {
		return h.kept.release()
	}
	return closeDescriptor(h.fd)
}
