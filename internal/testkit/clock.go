package testkit

import (
	"math"
	"runtime"
	"syscall"
	"time"
)

// ProcessorTime is what this process has used so far of all processors, by
// which tests tell what a file costs. Other work on the machine does not add to it, nor
// does the race detector.
func ProcessorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be, with these arguments
	}
	return time.Duration(u.Utime.Nano()+u.Stime.Nano()) / slowdown
}

// Took runs f and returns the processor time that it took. While that is more
// than limit, f runs again, three times in all, and the least counts: what the
// kernel takes to find memory, and the collector for the garbage of others, is
// not f's.
func Took(limit time.Duration, f func()) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range 3 {
		began := ProcessorTime()
		f()
		if least = min(least, ProcessorTime()-began); least <= limit {
			break
		}
	}
	return least
}

// Allocated returns how many bytes f allocates, garbage included.
func Allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}
