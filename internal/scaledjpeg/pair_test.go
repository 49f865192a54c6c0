package scaledjpeg

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
)

// sameSingle fails the test if d, which decoded data with err, has anything else than a decoder that takes restart intervals one
// by one.
func sameSingle(t testing.TB, data []byte, d *decoder, err error) {
	t.Helper()
	want := new(decoder)
	want.reset(data, d.denom)
	want.longSide = d.longSide
	want.single = true
	wantErr := want.decodePlanes()
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("error is %v, one by one %v", err, wantErr)
	}
	if d.some != want.some || d.sampled != want.sampled || d.lined != want.lined || d.untilSample != want.untilSample {
		t.Errorf("some, sampled, lined, untilSample = %v, %d, %d, %d; one by one %v, %d, %d, %d",
			d.some, d.sampled, d.lined, d.untilSample, want.some, want.sampled, want.lined, want.untilSample)
	}
	for i := range d.planes {
		if !bytes.Equal(d.planes[i].pix, want.planes[i].pix) {
			t.Errorf("plane %d is another one by one", i)
		}
	}
}

// TestDecode_pairs damages files whose restart intervals are rows, at one place in 29, and compares with the intervals decoded
// one by one. One of the files is one MCU wide, and one has two such rows that lack their last byte.
func TestDecode_pairs(t *testing.T) {
	narrow := bytes.Clone(testFiles(t)["restart-mcu"])
	frame := bytes.Index(narrow, []byte{0xff, markerSOF0})
	narrow[frame+7], narrow[frame+8] = 0, 1
	rst0, rst1 := bytes.Index(narrow, []byte{0xff, markerRST0}), bytes.Index(narrow, []byte{0xff, markerRST0 + 1})
	short := slices.Concat(narrow[:rst0-1], narrow[rst0:rst1-1], []byte{0xff, markerEOI})
	short[frame+5], short[frame+6] = 0, 17
	for name, file := range map[string][]byte{"restart-row": testFiles(t)["restart-row"], "narrow": narrow, "short": short} {
		paired := 0
		check := func(data []byte) {
			for _, longSide := range []int{0, 1} {
				d, err := decodePlanesTo(data, 4, longSide)
				sameSingle(t, data, d, err)
				if d.second.first > 0 {
					paired++
				}
			}
		}
		check(file)
		if paired != 2 {
			t.Fatalf("%s: no two intervals were decoded side by side", name)
		}
		for i := bytes.LastIndex(file, []byte{0xff, markerSOS}); i < len(file) && !t.Failed(); i += 29 {
			check(file[:i])
			for _, b := range []byte{0, 0x55, 0xd0, 0xd3, 0xff} {
				data := bytes.Clone(file)
				data[i] ^= b | 1
				check(data)
				data[i] = b
				check(data)
			}
		}
		if t.Failed() {
			t.Log(name)
		}
	}
}

// TestDecode_pairsOfPhotos compares real photos, too.
func TestDecode_pairsOfPhotos(t *testing.T) {
	for _, file := range photos(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := decodePlanes(data, 4)
		if d.second.first > 0 {
			sameSingle(t, data, d, err)
		}
	}
}
