// Package heap has the garbage collector work as suits a server whose heap is small and whose
// work comes in bursts: rarely while there is much to do, and thoroughly afterwards.
package heap

import (
	"context"
	"os"
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
	rarest, soonest = 400, 50

	// every is how often the heap is looked at.
	every = 5 * time.Second
	// idle is how much is allocated in that time, bytes, by a program that only waits.
	idle = 1 << 20
)

// Keep looks after the heap until ctx ends. Where GOGC is set it leaves the percentage alone.
func Keep(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	k := keeper{fixed: os.Getenv("GOGC") != ""}
	for {
		k.look()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type keeper struct {
	fixed     bool   // the percentage is somebody else's
	allocated uint64 // bytes since the start, when last looked at
	worked    bool   // since memory was given back
}

// look sets the percentage by the live heap and, when work has ended, gives back what it took.
func (k *keeper) look() {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	allocated, live := samples[0].Value.Uint64(), samples[1].Value.Uint64()
	if !k.fixed {
		debug.SetGCPercent(percent(live))
	}
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
