package photo

import (
	"bytes"
	"image"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// Whatever a file claims, what it takes is known beforehand, and a kilobyte
// does not take a minute.
func TestReduce_lies(t *testing.T) {
	const budget = 256 << 20
	beyond := 0 // how many the standard library would decode into more memory than that
	defer func() {
		if beyond < 10 {
			t.Errorf("only %d files are a danger to one who just decodes them", beyond)
		}
	}()
	for _, f := range testkit.Lies() {
		if c, _, err := image.DecodeConfig(bytes.NewReader(f.Data)); err == nil && int64(c.Width)*int64(c.Height) > budget {
			beyond++
		}
		r, size := bytes.NewReader(f.Data), int64(len(f.Data))
		for _, side := range []int{400, 1600} {
			var used, cost int64
			var err error
			took := testkit.Took(time.Second, func() {
				var info Info
				if info, err = Inspect(r, size); err != nil {
					return
				}
				if cost = info.Cost(side); cost <= budget {
					used = testkit.Allocated(func() { _, err = Reduce(r, size, info, side) })
				}
			})
			t.Logf("%-30s %9d bytes, at %4d: %6d ms, %4d MB of %6d: %v", f.Name, size, side, took.Milliseconds(), used>>20, cost>>20, err)
			if took > time.Second {
				t.Errorf("%s at %d: took a processor %v", f.Name, side, took)
			}
			if used > cost {
				t.Errorf("%s at %d: allocated %d, cost %d", f.Name, side, used, cost)
			}
			if err != nil && strings.Contains(err.Error(), "panicked") {
				t.Errorf("%s at %d: %v", f.Name, side, err)
			}
		}
	}
}

// Files cut at every hundredth, and files with bytes that are others, are
// read to the end or refused, within what they cost. The command in
// bench/safety does the same with many more, and with real photos.
func TestReduce_damaged(t *testing.T) {
	honestFiles := testkit.Honest()
	for _, name := range []string{"lossy.webp", "lossy-alpha.webp", "lossless-alpha.webp", "animated.webp"} {
		honestFiles = append(honestFiles, testkit.File{Name: name, Data: testdata(t, name)})
	}
	flips := 2000 // of each
	if testing.Short() {
		flips = 100
	}
	if text := os.Getenv("GALLERY_FLIPS"); text != "" { // of all
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		flips = n/len(honestFiles) + 1
	}
	n := 0
	for _, honest := range honestFiles {
		for f := range testkit.Truncated(honest) {
			checkBroken(t, f.Data)
			n++
		}
		for f := range testkit.Flipped(honest, flips, 1) {
			checkBroken(t, f.Data)
			n++
		}
		if t.Failed() {
			t.Fatalf("of %s", honest.Name)
		}
	}
	t.Logf("%d damaged files", n)
}

// Real photos with bytes that are others: two of each photo, or more where
// GALLERY_FLIPS says so.
func TestReduce_realPhotosDamaged(t *testing.T) {
	for _, folder := range []string{"camera", "odd"} {
		photos(t, folder, func(t *testing.T, file []byte, _ string) {
			flips := 2
			if text := os.Getenv("GALLERY_FLIPS"); text != "" {
				n, err := strconv.Atoi(text)
				if err != nil {
					t.Fatal(err)
				}
				flips = n/1000 + 1
			}
			for f := range testkit.Flipped(testkit.File{Name: "photo", Data: file}, flips, 3) {
				checkBroken(t, f.Data)
			}
		})
	}
}
