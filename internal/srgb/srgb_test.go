package srgb

import (
	"encoding/binary"
	"errors"
	"testing"
)

// What Chromium 156 shows of PNGs in these encodings, measured once: three channels of eight bits, from a picture in 16 bits.
func TestFromHDR(t *testing.T) {
	p3 := Primaries{{0.68, 0.32}, {0.265, 0.69}, {0.15, 0.06}, d65}
	for _, test := range []struct {
		name      string
		transform *Transform
		in, want  [3]uint8
	}{
		{"pq dark", FromHDR(PQ, bt2020, 0), [3]uint8{64, 64, 64}, [3]uint8{30, 30, 30}},
		{"pq mid", FromHDR(PQ, bt709, 0), [3]uint8{128, 128, 128}, [3]uint8{132, 132, 132}},
		{"pq diffuse white", FromHDR(PQ, bt709, 0), [3]uint8{152, 152, 152}, [3]uint8{198, 198, 198}},
		{"pq highlight", FromHDR(PQ, bt709, 0), [3]uint8{176, 176, 176}, [3]uint8{237, 237, 237}},
		{"pq beyond the peak", FromHDR(PQ, bt709, 0), [3]uint8{224, 224, 224}, [3]uint8{255, 255, 255}},
		{"pq up to 400 nits", FromHDR(PQ, bt709, 400), [3]uint8{128, 128, 128}, [3]uint8{163, 163, 163}},
		{"pq up to 4000 nits", FromHDR(PQ, bt709, 4000), [3]uint8{176, 176, 176}, [3]uint8{214, 214, 214}},
		{"pq red", FromHDR(PQ, bt2020, 0), [3]uint8{255, 0, 0}, [3]uint8{255, 0, 0}},
		{"pq in P3", FromHDR(PQ, p3, 0), [3]uint8{61, 139, 94}, [3]uint8{0, 164, 51}},
		{"pq in BT.2020", FromHDR(PQ, bt2020, 0), [3]uint8{61, 139, 94}, [3]uint8{0, 170, 46}},
		{"pq in BT.709", FromHDR(PQ, bt709, 0), [3]uint8{61, 139, 94}, [3]uint8{27, 161, 67}},
		{"hlg dark", FromHDR(HLG, bt709, 0), [3]uint8{64, 64, 64}, [3]uint8{43, 43, 43}},
		{"hlg diffuse white", FromHDR(HLG, bt709, 0), [3]uint8{192, 192, 192}, [3]uint8{189, 189, 189}},
		{"hlg highlight", FromHDR(HLG, bt709, 0), [3]uint8{232, 232, 232}, [3]uint8{236, 236, 236}},
		{"hlg in BT.2020", FromHDR(HLG, bt2020, 0), [3]uint8{61, 139, 94}, [3]uint8{0, 112, 69}},
		{"hlg in BT.709", FromHDR(HLG, bt709, 0), [3]uint8{61, 139, 94}, [3]uint8{47, 108, 73}},
	} {
		got := test.transform.Color([4]uint8{test.in[0], test.in[1], test.in[2]})
		for i := range got {
			if d := int(got[i]) - int(test.want[i]); d < -2 || d > 2 {
				t.Errorf("%s: %v becomes %v, want %v", test.name, test.in, got, test.want)
				break
			}
		}
	}
}

// profile returns one with the given tags.
func profile(space, pcs string, tags map[string][]byte) []byte {
	b := make([]byte, 128)
	copy(b[8:], "\x02\x10\x00\x00prtr"+space+pcs)
	copy(b[36:], "acsp")
	for i, v := range D50 {
		binary.BigEndian.PutUint32(b[68+4*i:], uint32(v*65536+0.5))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(tags)))
	var data []byte
	for sig, tag := range tags {
		b = append(b, sig...)
		b = binary.BigEndian.AppendUint32(b, uint32(128+4+12*len(tags)+len(data)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(tag)))
		data = append(data, tag...)
	}
	b = append(b, data...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// inks returns a lut8Type (ICC.1, 10.11) from CMYK to Lab, with two points an ink: paper is L* 100, and each ink takes from it.
func inks() []byte {
	b := []byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00")
	for i := range 9 {
		one := uint32(0)
		if i%4 == 0 {
			one = 1 << 16
		}
		b = binary.BigEndian.AppendUint32(b, one)
	}
	linear := make([]byte, 256)
	for i := range linear {
		linear[i] = byte(i)
	}
	for range 4 {
		b = append(b, linear...)
	}
	for i := range 16 { // the last channel, black, varies fastest
		c, m, y, k := i>>3&1, i>>2&1, i>>1&1, i&1
		b = append(b, byte((100-25*c-30*m-20*m*y-5*y-40*k)*255/100), byte(128-30*c+60*m-5*y), byte(128-40*c-5*m+80*y))
	}
	for range 3 {
		b = append(b, linear...)
	}
	return b
}

func TestFromProfile_table(t *testing.T) {
	p := profile("CMYK", "Lab ", map[string][]byte{"A2B0": inks()})
	transform, err := FromProfile(p, 4)
	if err != nil {
		t.Fatal(err)
	}
	// By the definition of Lab and sRGB, within what eight bits in the table say.
	for _, test := range []struct {
		in   [4]uint8
		want [3]uint8
	}{
		{[4]uint8{0, 0, 0, 0}, [3]uint8{255, 255, 255}},
		{[4]uint8{255, 0, 0, 0}, [3]uint8{0, 202, 255}},
		{[4]uint8{0, 0, 0, 255}, [3]uint8{145, 145, 145}},
		{[4]uint8{0, 0, 0, 128}, [3]uint8{199, 198, 198}},
		{[4]uint8{0, 128, 128, 0}, [3]uint8{253, 170, 122}}, // in the midst of four points, not between two
	} {
		got := transform.Color(test.in)
		for i := range got {
			if d := int(got[i]) - int(test.want[i]); d < -4 || d > 4 {
				t.Errorf("%v becomes %v, want %v", test.in, got, test.want)
				break
			}
		}
	}
	if _, err := FromProfile(p, 3); err == nil {
		t.Error("a profile of CMYK is taken for one of RGB")
	}
}

func TestFromProfile_damaged(t *testing.T) {
	good := profile("CMYK", "Lab ", map[string][]byte{"A2B0": inks()})
	with := func(at int, b ...byte) []byte {
		return append(append(append([]byte{}, good[:at]...), b...), good[at+len(b):]...)
	}
	// A table of 255 points an ink whose samples take no bytes.
	bomb := make([]byte, 200)
	copy(bomb, "mAB \x00\x00\x00\x00\x04\x03")
	bomb[27] = 40
	for i := range 4 {
		bomb[40+i] = 255
	}
	for name, p := range map[string][]byte{
		"empty":               nil,
		"header only":         good[:128],
		"many tags":           with(128, 0x10, 0, 0, 0),
		"tag outside":         with(136, 0x7f, 0xff, 0xff, 0xff),
		"tag before its end":  with(136, 0, 0, 0, 4),
		"cut short":           good[:len(good)-300],
		"no tag":              profile("CMYK", "Lab ", nil),
		"no samples":          profile("CMYK", "Lab ", map[string][]byte{"A2B0": bomb}),
		"long curve":          profile("CMYK", "Lab ", map[string][]byte{"A2B0": append(inks(), "curv\x00\x00\x00\x00\xf0\x00\x00\x00"...)}),
		"another connection":  with(20, 'x', 'y', 'z', 'w'),
		"another colour room": with(16, 'L', 'u', 'v', ' '),
	} {
		if _, err := FromProfile(p, 4); !errors.Is(err, ErrProfile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzFromProfile: whatever a profile holds, it is refused or converts colours, without a panic.
func FuzzFromProfile(f *testing.F) {
	f.Add(profile("CMYK", "Lab ", map[string][]byte{"A2B0": inks()}))
	f.Add(profile("GRAY", "XYZ ", map[string][]byte{"kTRC": []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33\x00\x00")}))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, channels := range []int{1, 3, 4} {
			transform, err := FromProfile(p, channels)
			if err != nil {
				continue
			}
			for _, v := range []uint8{0, 1, 128, 255} {
				transform.Color([4]uint8{v, 255 - v, v / 2, v})
			}
		}
	})
}

func BenchmarkColor(b *testing.B) {
	table, err := FromProfile(profile("CMYK", "Lab ", map[string][]byte{"A2B0": inks()}), 4)
	if err != nil {
		b.Fatal(err)
	}
	for name, t := range map[string]*Transform{"table": table, "pq": FromHDR(PQ, bt2020, 0)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			v := uint8(0)
			for b.Loop() {
				v += 7
				t.Color([4]uint8{v, v * 3, v * 5, 9})
			}
		})
	}
}
