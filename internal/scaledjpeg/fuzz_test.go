package scaledjpeg

import (
	"bytes"
	"image/jpeg"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// FuzzDecode checks that whatever the file, Decode does not panic, keeps to the memory that Config.Memory announces and to a
// time bounded by the size of file and picture; that files which the reference decoder of these tests reads come out
// within rounding of it at all sizes; that restart intervals decoded side by side come out as one by one; and that files which image/jpeg reads without error come out at full size as there, unless the
// reference finds a reason why they may not (refPicture.quirk).
func FuzzDecode(f *testing.F) {
	for _, data := range testFiles(f) {
		f.Add(data)
		if len(data) > 3000 {
			f.Add(data[:2500])
		}
	}
	f.Add(manyScans(20, 200, 200))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeConfig(bytes.NewReader(data))
		if err == nil && c.Width*c.Height > 1<<16 {
			return // Slow to fuzz: the tests above have large pictures.
		}
		ref, refErr := refDecode(data)
		for _, denom := range denoms {
			d := new(decoder)
			d.reset(data, denom)
			d.longSide = len(data) % 2 // 1 so that as much as can be is left out
			var err error
			start := testkit.ProcessorTime()
			allocated := testkit.Allocated(func() { err = d.decodePlanes() })
			took := testkit.ProcessorTime() - start
			if d.Components > 0 {
				if limit := d.Memory(denom) + 1<<16; allocated > limit {
					t.Errorf("at 1/%d: allocated %d bytes, limit is %d", denom, allocated, limit)
				}
			}
			if limit := time.Second + time.Duration(len(data))*10*time.Microsecond; took > limit {
				t.Errorf("at 1/%d: took a processor %v for %d bytes", denom, took, len(data))
			}
			if refErr == nil && ref.quirk == "" && ref.inRange() {
				if err != nil {
					t.Errorf("at 1/%d: %v, but the reference reads it", denom, err)
				} else if err := ref.check(d); err != nil {
					t.Errorf("at 1/%d: %v", denom, err)
				}
			}
			if denom == 4 {
				sameSingle(t, data, d, err)
			}
			if d.planes[0].pix != nil {
				d.image()
			}
		}
		want, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil || want.Bounds().Empty() || refErr != nil || ref.quirk != "" || !ref.inRange() {
			return
		}
		got, err := Decode(data, 1)
		if err != nil {
			t.Fatalf("%v, but image/jpeg reads it", err)
		}
		compare(t, got, want)
	})
}
