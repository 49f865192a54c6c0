package photo

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"gallery/internal/testkit"
)

// rational is a value of an exifEntry: numerator and denominator.
type rational [2]uint32

// rationals is a list of them.
type rationals []rational

func TestReadDetails(t *testing.T) {
	full := []exifEntry{
		{0x010f, "NIKON CORPORATION"}, {0x0110, "NIKON D90"},
		{0x8769, []exifEntry{
			{0x829a, rational{1, 250}}, {0x829d, rational{28, 10}}, {0x8827, 400},
			{0x920a, rational{350, 10}}, {0xa405, 52}, {0xa434, "AF-S 35mm f/1.8G"},
		}},
		{0x8825, []exifEntry{
			{1, "S"}, {2, rationals{{33, 1}, {51, 1}, {36, 1}}}, {3, "E"}, {4, rationals{{151, 1}, {12, 1}, {0, 1}}},
		}},
	}
	want := Details{Camera: "NIKON D90", Lens: "AF-S 35mm f/1.8G", FocalLength: 35, FocalLength35: 52,
		Aperture: 2.8, Exposure: 1.0 / 250, ISO: 400}
	placed := want
	placed.Latitude, placed.Longitude, placed.HasPosition = -33.86, 151.2, true
	ifd := func(entries ...exifEntry) []exifEntry { return []exifEntry{{0x8769, entries}} }
	at := func(lat, long rationals) []exifEntry {
		return []exifEntry{{0x8825, []exifEntry{{1, "N"}, {2, lat}, {3, "W"}, {4, long}}}}
	}
	for name, test := range map[string]struct {
		entries  []exifEntry
		position bool
		want     Details
	}{
		"all":                  {full, false, want},
		"all with position":    {full, true, placed},
		"nothing":              {nil, true, Details{}},
		"zeros":                {ifd(exifEntry{0x829a, rational{0, 1}}, exifEntry{0x829d, rational{0, 1}}, exifEntry{0x8827, 0}, exifEntry{0x920a, rational{0, 10}}, exifEntry{0xa405, 0}), true, Details{}},
		"zero denominators":    {ifd(exifEntry{0x829a, rational{1, 0}}, exifEntry{0x829d, rational{0, 0}}, exifEntry{0x920a, rational{5, 0}}), true, Details{}},
		"out of range":         {ifd(exifEntry{0x829d, rational{math.MaxUint32, 1}}, exifEntry{0x920a, rational{math.MaxUint32, 1}}), true, Details{}},
		"only half a position": {[]exifEntry{{0x8825, []exifEntry{{1, "N"}, {2, rationals{{5, 1}, {0, 1}, {0, 1}}}}}}, true, Details{}},
		"no fix":               {at(rationals{{0, 1}, {0, 1}, {0, 1}}, rationals{{0, 1}, {0, 1}, {0, 1}}), true, Details{}},
		"beyond the pole":      {at(rationals{{91, 1}, {0, 1}, {0, 1}}, rationals{{5, 1}, {0, 1}, {0, 1}}), true, Details{}},
		"numbers as text":      {ifd(exifEntry{0x829d, "2.8"}, exifEntry{0x8827, "400"}), true, Details{}},
		"a lens of dashes":     {ifd(exifEntry{0xa434, "----"}), true, Details{}},
		"high sensitivity":     {ifd(exifEntry{0x8827, 65535}), true, Details{}},
		"markup":               {ifd(exifEntry{0xa434, "<b>x\n</b>"}), true, Details{Lens: "<b>x </b>"}},
	} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			file := testkit.WithSegments(testkit.FlatJPEG{Width: 8, Height: 8, Values: []uint8{1}, Adobe: -1}.Encode(),
				testkit.Segment(markerAPP1, exifHeader+"\x00", exifOf(order, test.entries...)))
			got, err := ReadDetails(bytes.NewReader(file), int64(len(file)), test.position)
			if err != nil || !alikeDetails(got, test.want) {
				t.Errorf("%s, %v: %+v, %v, want %+v", name, order, got, err, test.want)
			}
		}
	}
}

// alikeDetails compares but for what floating-point arithmetic rounds.
func alikeDetails(a, b Details) bool {
	near := func(x, y *float64) bool {
		same := math.Abs(*x-*y) < 1e-6
		*x, *y = 0, 0
		return same
	}
	return near(&a.Latitude, &b.Latitude) && near(&a.Longitude, &b.Longitude) && near(&a.Exposure, &b.Exposure) && a == b
}

func TestCamera(t *testing.T) {
	for _, test := range [][3]string{
		{"NIKON CORPORATION", "NIKON D90", "NIKON D90"},
		{"Canon", "Canon EOS RP", "Canon EOS RP"},
		{"SONY", "ILCE-6400", "SONY ILCE-6400"},
		{"EASTMAN KODAK COMPANY", "KODAK EASYSHARE Z981", "KODAK EASYSHARE Z981"},
		{"OLYMPUS OPTICAL CO.,LTD", "C5050Z", "OLYMPUS C5050Z"},
		{"PENTAX Corporation", "PENTAX *ist DL", "PENTAX *ist DL"},
		{"Apple", "iPhone 13 Pro", "Apple iPhone 13 Pro"},
		{"Apple", "", "Apple"},
		{"", "D90", "D90"},
		{"", "", ""},
	} {
		if got := camera(test[0], test[1]); got != test[2] {
			t.Errorf("camera(%q, %q) = %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func TestDetails_texts(t *testing.T) {
	for exposure, want := range map[float64]string{
		0: "", 1.0 / 8000: "1/8000", 1.0 / 250: "1/250", 0.0125: "1/80", 0.25: "1/4", 1.0 / 3: "0.3", 0.5: "0.5", 1: "1", 1.3: "1.3", 30: "30",
	} {
		if got := (Details{Exposure: exposure}).ExposureText(); got != want {
			t.Errorf("ExposureText(%v) = %q, want %q", exposure, got, want)
		}
	}
	for aperture, want := range map[float64]string{0: "", 2.8: "2.8", 11: "11", 1.78: "1.8", 5.6: "5.6"} {
		if got := (Details{Aperture: aperture}).ApertureText(); got != want {
			t.Errorf("ApertureText(%v) = %q, want %q", aperture, got, want)
		}
	}
}

// Cameras name themselves, and how they exposed.
func TestReadDetails_realPhotos(t *testing.T) {
	known := 0
	photos(t, "camera", func(t *testing.T, file []byte, _ string) {
		d, err := ReadDetails(bytes.NewReader(file), int64(len(file)), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v: %s s f/%s %s mm", d, d.ExposureText(), d.ApertureText(), d.FocalLengthText())
		if d.HasPosition {
			t.Error("it says where, unasked")
		}
		if d.Camera != "" && d.Exposure > 0 && d.Aperture > 0 && d.ISO > 0 && d.FocalLength > 0 {
			known++
		}
	})
	if known < 30 {
		t.Errorf("%d photos tell all, want at least 30", known)
	}
}
