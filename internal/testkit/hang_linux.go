package testkit

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
)

// Hang mounts a file system at dir that answers nothing, as that of a server which is gone,
// for as long as the test runs or until leave is called. After end it answers that it is not
// connected. Where it cannot be mounted, the test is left out or, where CI is set, fails.
func Hang(t testing.TB, dir string) (end, leave func()) {
	t.Helper()
	fd, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err == nil {
		err = syscall.Mount("fuse", dir, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd))
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("mounting takes root and /dev/fuse: ", err)
	}
	end = sync.OnceFunc(func() { _ = syscall.Close(fd) })
	leave = sync.OnceFunc(func() {
		end() // unmounting would wait
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	})
	t.Cleanup(leave)
	return end, leave
}
