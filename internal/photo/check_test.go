package photo

import (
	"bytes"
	"strings"
	"testing"

	"gallery/internal/testkit"
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
		used := testkit.Allocated(func() { err = Check(r, size, info, memory) })
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

// Check decodes every scan of a progressive JPEG, also those that a reduced
// picture can do without: an upload may lack the last ones.
func TestCheck_everyScan(t *testing.T) {
	for name, scans := range map[string][]testkit.Scan{
		"by bands":  {{Last: 0}, {First: 1, Last: 5}, {First: 6, Last: 24}, {First: 25, Last: 63}},
		"by bits":   {{Last: 0, Low: 1}, {First: 1, Last: 63, Low: 2}, {First: 1, Last: 63, High: 2, Low: 1}, {Last: 0, High: 1}, {First: 1, Last: 63, High: 1}},
		"each band": {{Last: 0}, {First: 1, Last: 1}, {First: 2, Last: 35}, {First: 36, Last: 62}, {First: 63, Last: 63}},
	} {
		whole := testkit.ProgressiveJPEG(200, 150, scans, -1)
		info, err := Inspect(bytes.NewReader(whole), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		check := func(file []byte, memory int64) error {
			return Check(bytes.NewReader(file), int64(len(file)), info, memory)
		}
		const memory = 256 << 20
		if err := check(whole, memory); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := range scans {
			if err := check(testkit.ProgressiveJPEG(200, 150, scans, i), memory); err == nil {
				t.Errorf("%s: it passes without the data of scan %d", name, i)
			}
		}
		// The same at a smaller scale, where memory allows no other: a band beyond that is passed over.
		last := testkit.ProgressiveJPEG(200, 150, scans, len(scans)-1)
		err = check(last, info.CheckCost(memory)-1)
		if passed := scans[len(scans)-1].First > 24; (err == nil) != passed {
			t.Errorf("%s: at half size, where the last scan is passed over (%t): %v", name, passed, err)
		}
	}
}

// A JPEG too large to be checked at its full size is checked at a smaller one.
func TestCheckCost(t *testing.T) {
	file := testkit.FlatJPEG{Width: 1300, Height: 900, Values: []uint8{1, 2, 3}, Adobe: -1}.Encode()
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
