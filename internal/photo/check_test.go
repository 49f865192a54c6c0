package photo

import (
	"bytes"
	"strings"
	"testing"
)

// Check takes what is whole, within its cost, and nothing that is cut anywhere
// in its pixels.
func TestCheck(t *testing.T) {
	const memory = 256 << 20
	files := seeds(t)
	for name, file := range larger(t) {
		files[name] = file
	}
	check := func(file []byte) error {
		r, size := bytes.NewReader(file), int64(len(file))
		info, err := Inspect(r, size)
		if err != nil {
			return err
		}
		return Check(r, size, info, memory)
	}
	for name, file := range files {
		r, size := bytes.NewReader(file), int64(len(file))
		info, err := Inspect(r, size)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		used := allocated(func() { err = Check(r, size, info, memory) })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if cost := info.CheckCost(memory); used > cost {
			t.Errorf("%s: allocated %d, cost %d", name, used, cost)
		}
		if info.Format == GIF || strings.Contains(name, "animated") {
			continue // the first frame may end long before the file
		}
		for _, part := range []int{2, 3} {
			if err := check(file[:len(file)*part/4]); err == nil {
				t.Errorf("%s: with %d quarters of its %d bytes it passes", name, part, size)
			}
		}
	}
}

// A JPEG too large to be checked at its full size is checked at a smaller one.
func TestCheckCost(t *testing.T) {
	file := flatJPEG{w: 1300, h: 900, values: []uint8{1, 2, 3}, adobe: -1}.encode()
	info, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	whole := info.CheckCost(1 << 30)
	if got := info.CheckCost(whole); got != whole {
		t.Errorf("CheckCost(%d) = %d", whole, got)
	}
	if got := info.CheckCost(whole - 1); got >= whole {
		t.Errorf("CheckCost(%d) = %d, want less", whole-1, got)
	}
	if err := Check(bytes.NewReader(file), int64(len(file)), info, whole-1); err != nil {
		t.Error(err)
	}
}

// What cameras write is whole.
func TestCheck_realPhotos(t *testing.T) {
	photos(t, "camera", func(t *testing.T, file []byte, _ string) {
		r, size := bytes.NewReader(file), int64(len(file))
		info, err := Inspect(r, size)
		if err == nil {
			err = Check(r, size, info, 256<<20)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
