// Package heap has the garbage collector work as suits a server whose heap is small and whose
// work comes in bursts: rarely while there is much to do, and thoroughly afterwards.
package heap

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// room is how much may be allocated between two collections, bytes, where the heap is
	// small: by default one of 5 MB is collected after every 5 MB, some hundred thumbnails.
	room = 32 << 20
	// rarest is the greatest percentage that the heap may grow by, and soonest the smallest. A
	// large heap is mostly text to be searched, which the collector does not read.
	rarest, soonest = 400, 25

	// everythingElse is what the runtime takes besides the heap, bytes.
	everythingElse = 8 << 20

	// every is how often it is looked at whether work has ended.
	every = 5 * time.Second
	// idle is how much is allocated in that time, bytes, by a program that only waits.
	idle = 1 << 20
)

// Keep looks after the heap until ctx ends. Where GOGC is set it leaves the percentage alone.
func Keep(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	collected := make(chan struct{}, 1)
	tell(ctx, collected)
	k := keeper{fixed: os.Getenv("GOGC") != ""}
	k.adjust()
	for {
		select {
		case <-ctx.Done():
			return
		case <-collected:
			k.adjust()
		case <-tick.C:
			k.look()
		}
	}
}

// Confine has the collector keep the process within least bytes of memory or, where more is in
// use, within a little more than that, so that it does not run all the time: at most within
// most. It lasts until ctx ends. GOMEMLIMIT goes before it.
func Confine(ctx context.Context, least, most int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(confined(0, least, most))
	collected := make(chan struct{}, 1)
	tell(ctx, collected)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-collected:
				debug.SetMemoryLimit(confined(live(), least, most))
			}
		}
	}()
}

// confined is what a process may take of whose heap so many bytes are in use.
func confined(live uint64, least, most int64) int64 {
	return min(most, max(least, int64(live)+room+everythingElse))
}

// sentinel is what nothing holds, so that each collection finds it. It has a pointer, or it
// might share its memory with something that is held.
type sentinel struct{ _ *byte }

// tell puts an element into collected after each collection, until ctx ends.
func tell(ctx context.Context, collected chan<- struct{}) {
	runtime.AddCleanup(&sentinel{}, func(collected chan<- struct{}) {
		select {
		case collected <- struct{}{}:
		default: // it holds one already
		}
		if ctx.Err() == nil {
			tell(ctx, collected)
		}
	}, collected)
}

type keeper struct {
	fixed     bool   // the percentage is somebody else's
	set       int    // the percentage as it was last set, 0 before that
	allocated uint64 // bytes since the start, when last looked at
	worked    bool   // since memory was given back
}

// adjust sets the percentage by the live heap: after each collection, since a heap that fills
// fast, as at the start beside a million photos, would grow by what suits a small one.
func (k *keeper) adjust() {
	if k.fixed {
		return
	}
	if p := percent(live()); p != k.set {
		debug.SetGCPercent(p)
		k.set = p
	}
}

// live is how much of the heap the last collection left, bytes.
func live() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}

// look gives back what work took when it has ended.
func (k *keeper) look() {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	allocated := samples[0].Value.Uint64()
	busy := allocated-k.allocated > idle
	k.allocated = allocated
	switch {
	case busy:
		k.worked = true
	case k.worked:
		k.worked = false
		debug.FreeOSMemory() // what is in a sync.Pool outlives one collection
		debug.FreeOSMemory()
	}
}

// percent is how much a heap of so many bytes may grow by until it is collected.
func percent(live uint64) int {
	return int(min(rarest, max(soonest, room*100/max(live, 1))))
}
