package patient

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// writeMore writes to a socket, whose system waits for more before it sends the end of it. It
// returns what is left to be written.
func writeMore(socket syscall.RawConn, p []byte) (left []byte, err error) {
	err = repeat(socket, "sendmsg", func(to int) (done bool, err error) {
		n, err := unix.SendmsgN(to, p, nil, nil, unix.MSG_MORE|unix.MSG_NOSIGNAL)
		p = p[max(n, 0):]
		return len(p) == 0, err
	})
	return p, err
}

// sendFile has the kernel copy so many bytes of a file, from an offset on, to a socket. It
// returns how many there were. The error is errors.ErrUnsupported where the file system cannot
// do that.
func sendFile(socket syscall.RawConn, file int, offset, size int64) (sent int64, err error) {
	err = repeat(socket, "sendfile", func(to int) (done bool, err error) {
		n, err := unix.Sendfile(to, file, &offset, int(size-sent))
		sent += int64(max(n, 0))
		return sent == size || n == 0, err
	})
	if sent == 0 && (errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP)) {
		err = errors.ErrUnsupported
	}
	return sent, err
}

// repeat has a call to a socket made until it is done, fails, or the deadline for writing
// passes.
func repeat(socket syscall.RawConn, name string, call func(to int) (done bool, err error)) (err error) {
	failed := socket.Write(func(to uintptr) bool {
		for {
			var done bool
			switch done, err = call(int(to)); {
			case err == unix.EAGAIN:
				err = nil
				return false // it is made again when the socket takes more
			case err == unix.EINTR:
			case err != nil:
				err = os.NewSyscallError(name, err)
				return true
			case done:
				return true
			}
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
