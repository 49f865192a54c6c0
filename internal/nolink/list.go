package nolink

import (
	"os"

	"golang.org/x/sys/unix"
)

// List opens folder to list it. Unlike a file that an os.Root opened, whose ReadDir asks for
// the state of each entry (in Go 1.26 as it is now), what it returns asks for nothing: for a folder on
// a network that would be a round trip a name, and at a disk below that hangs it would wait
// for ever. States are to be had from folder, never by an entry's Info.
func List(folder *os.Root) (*os.File, error) {
	own, err := folder.Open(".")
	if err != nil {
		return nil, err
	}
	defer own.Close()
	fd, err := unix.FcntlInt(own.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), folder.Name()), nil
}
