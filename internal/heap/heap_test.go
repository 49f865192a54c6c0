package heap

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 8 << 20: 400, 16 << 20: 200, 32 << 20: 100, 64 << 20: 50, 128 << 20: 25, 1 << 30: 25} {
		if got := percent(live); got != want {
			t.Errorf("a heap of %d MiB may grow by %d %%, want %d", live>>20, got, want)
		}
	}
}

// unused is how much memory of the heap the program holds without use, bytes.
func unused() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64() + samples[2].Value.Uint64()
}

var sink [][]byte

// What work took is given back when it has ended, and not while it goes on.
func TestKeeper_givesBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	work := func() {
		for range 100 {
			sink = append(sink, make([]byte, 1<<20))
		}
		sink = nil
	}
	k := keeper{}
	for range 3 {
		work()
		k.look()
		if !k.worked {
			t.Error("100 MB were allocated, and it counts as idle")
		}
	}
	before := unused()
	k.look()
	if k.worked {
		t.Error("nothing was allocated, and it counts as work")
	}
	if after := unused(); after > 16<<20 || before < 32<<20 {
		t.Errorf("%d MiB were held during work, and %d afterwards", before>>20, after>>20)
	}
	k.adjust()
	if got := debug.SetGCPercent(100); got != rarest {
		t.Errorf("so small a heap may grow by %d %%", got)
	}
}

// A heap that fills between two looks is collected as suits its size all the same.
func TestKeep_afterEachCollection(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	ctx, cancel := context.WithTimeout(t.Context(), every/2)
	defer cancel()
	go Keep(ctx)
	set := func(want int) {
		t.Helper()
		got := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		for got[0].Value.Kind() == metrics.KindBad || got[0].Value.Uint64() != uint64(want) {
			if ctx.Err() != nil {
				t.Fatalf("the heap may grow by %d %%, want %d", got[0].Value.Uint64(), want)
			}
			runtime.GC()
			metrics.Read(got)
		}
	}
	set(rarest)
	held := make([]byte, 4*room)
	set(soonest)
	runtime.KeepAlive(held)
	held = nil
	set(rarest)
}

// A process that has enough is collected before it takes more, and one that needs more gets it.
func TestConfine(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const least, most = 100 << 20, 200 << 20
	Confine(ctx, least, most)
	set := func(from, to int64) {
		t.Helper()
		for got := debug.SetMemoryLimit(-1); got < from || got > to; got = debug.SetMemoryLimit(-1) {
			if ctx.Err() != nil {
				t.Fatalf("the process may take %d MiB, want %d to %d", got>>20, from>>20, to>>20)
			}
			runtime.GC()
		}
	}
	set(least, least)
	held := make([]byte, 90<<20)
	set(int64(len(held))+room, most-1)
	runtime.KeepAlive(held)
	held = make([]byte, 500<<20)
	set(most, most)
	runtime.KeepAlive(held)
	held = nil
	set(least, least)
}
