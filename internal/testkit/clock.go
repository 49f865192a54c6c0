package testkit

import (
	"syscall"
	"time"
)

// ProcessorTime is what this process has used so far of all processors, by
// which tests tell what a file costs. Other work on the machine does not add to it.
func ProcessorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be, with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
