package webp

import (
	"image"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"testing"
)

// What encoding has resident at its peak is within what is reserved for it.
func TestMemory(t *testing.T) {
	resident := func(field string) int64 {
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		kB, err := strconv.ParseInt(string(regexp.MustCompile(field + `:\s+(\d+) kB`).FindSubmatch(status)[1]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return kB << 10
	}
	const side = 400
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	v := uint32(1)
	for i := range m.Pix { // noise, of which the encoder takes most
		v = v*1664525 + 1013904223
		m.Pix[i] = uint8(v>>24) | -uint8(i%4/3)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // garbage is not what is measured
	for quality, bound := range map[int]int64{80: Memory(side * side), Lossless: LosslessMemory(side * side)} {
		if _, err := Encode(image.NewRGBA(image.Rect(0, 0, 8, 8)), quality, nil); err != nil { // compiles the module
			t.Fatal(err)
		}
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // resets VmHWM (proc_pid_clear_refs(5))
			t.Fatal(err)
		}
		before := resident("VmRSS")
		if _, err := Encode(m, quality, nil); err != nil {
			t.Fatal(err)
		}
		if used := resident("VmHWM") - before; used > bound {
			t.Errorf("at quality %d it takes %d bytes, want at most %d", quality, used, bound)
		} else {
			t.Logf("quality %d: %d of %d", quality, used, bound)
		}
	}
}
