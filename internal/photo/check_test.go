package photo

import (
	"bytes"
	"encoding/binary"
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

// Check decodes every scan of a progressive JPEG, also those that a reduced
// picture can do without: an upload may lack the last ones.
func TestCheck_everyScan(t *testing.T) {
	for name, scans := range map[string][]scanScript{
		"by bands":  {{se: 0}, {ss: 1, se: 5}, {ss: 6, se: 24}, {ss: 25, se: 63}},
		"by bits":   {{se: 0, al: 1}, {ss: 1, se: 63, al: 2}, {ss: 1, se: 63, ah: 2, al: 1}, {se: 0, ah: 1}, {ss: 1, se: 63, ah: 1}},
		"each band": {{se: 0}, {ss: 1, se: 1}, {ss: 2, se: 35}, {ss: 36, se: 62}, {ss: 63, se: 63}},
	} {
		whole := progressiveJPEG(200, 150, scans, -1)
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
			if err := check(progressiveJPEG(200, 150, scans, i), memory); err == nil {
				t.Errorf("%s: it passes without the data of scan %d", name, i)
			}
		}
		// The same at a smaller scale, where memory allows no other: these scans are passed over.
		last := progressiveJPEG(200, 150, scans, len(scans)-1)
		if err := check(last, info.CheckCost(memory)-1); err != nil {
			t.Errorf("%s: at half size, where the last scan does not matter: %v", name, err)
		}
	}
}

// scanScript is what a scan header of a progressive JPEG says: the band, and
// the bits before and after (T.81, G.1.1.1).
type scanScript struct{ ss, se, ah, al byte }

// progressiveJPEG returns a grey progressive JPEG. Of the scan that is lost, if
// any, it has the first byte only.
func progressiveJPEG(w, h int, scans []scanScript, lost int) []byte {
	b := []byte{0xff, markerSOI}
	b = append(b, segment(0xdb, "\x00", bytes.Repeat([]byte{2}, 64))...)
	frame := binary.BigEndian.AppendUint16([]byte{8}, uint16(h))
	b = append(b, segment(markerSOF2, "", append(binary.BigEndian.AppendUint16(frame, uint16(w)), 1, 1, 0x11, 0))...)
	// DC: no difference, one bit. AC: one coefficient of one bit, or none more in this block, two bits each.
	b = append(b, segment(markerDHT, "\x00", append([]byte{1}, make([]byte, 16)...))...)
	b = append(b, segment(markerDHT, "\x10", append([]byte{0, 2}, append(make([]byte, 14), 0x01, 0x00)...))...)
	for i, s := range scans {
		b = append(b, segment(markerSOS, "", []byte{1, 1, 0, s.ss, s.se, s.ah<<4 | s.al})...)
		var bits bitWriter
		for range ceilDiv(w, 8) * ceilDiv(h, 8) {
			switch {
			case s.ss == 0:
				bits.msb(0, 1) // no difference, or a zero bit
			case s.ah > 0:
				bits.msb(0b01_0, 3) // none more, and a zero bit of the one that there is
			case s.ss == s.se:
				bits.msb(0b01, 2) // none
			default:
				bits.msb(0b00_1_01, 5) // one of them, and no more
			}
		}
		bits.msb(0x7f, 7)
		data := bytes.ReplaceAll(bits.bytes, []byte{0xff}, []byte{0xff, 0})
		if i == lost {
			data = data[:1]
		}
		b = append(b, data...)
	}
	return append(b, 0xff, markerEOI)
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
