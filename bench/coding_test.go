package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
)

func TestCodingOf(t *testing.T) {
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	const (
		soi = "\xff\xd8"
		// The frame header of an embedded thumbnail does not count.
		exif = "\xff\xe1\x00\x0c\xff\xd8\xff\xc2\x00\x0b\x08\x00\x08\x00"
		dht  = "\xff\xc4\x00\x03\x00"
		rest = "\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00\xff\xda"
	)
	for _, test := range []struct {
		name, file string
		want       coding
		fails      string
	}{
		{"what image/jpeg writes", encoded.String(), baseline, ""},
		{"baseline", soi + exif + dht + "\xff\xc0" + rest, baseline, ""},
		{"extended", soi + "\xff\xc1" + rest, baseline, ""},
		{"progressive", soi + exif + dht + "\xff\xc2" + rest, progressive, ""},
		{"fill bytes and stray bytes", soi + "ab\xff\x00\xff\xff\xff\xc2" + rest, progressive, ""},
		{"lossless", soi + "\xff\xc3" + rest, "", "SOF3"},
		{"arithmetic", soi + "\xff\xc9" + rest, "", "SOF9"},
		{"no frame", soi + dht + "\xff\xda\x00\x02", "", "no frame header"},
		{"cut short", soi + exif, "", "EOF"},
		{"segment too short", soi + "\xff\xe0\x00\x00", "", "negative count"},
		{"empty", "", "", "not a picture"},
		{"text", "RIFF and so on", "", "not a picture"},
		{"PNG", "\x89PNG\r\n\x1a\n", codingPNG, ""},
		{"GIF", "GIF89a", codingGIF, ""},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00", webpLossy, ""},
		{"WebP with a profile", "RIFF\x00\x00\x00\x00WEBPICCP\x03\x00\x00\x00VP8\x00VP8L\x00\x00\x00\x00", webpLossless, ""},
		{"WebP, animated", "RIFF\x00\x00\x00\x00WEBPANIM\x00\x00\x00\x00", "", "not a picture"},
		{"WebP, cut short", "RIFF\x00\x00\x00\x00WEBPICCP\x03\x00\x00\x00V", "", "EOF"},
	} {
		got, err := codingOf(strings.NewReader(test.file))
		if got != test.want || (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: codingOf = %q, %v, want %q, %s", test.name, got, err, test.want, test.fails)
		}
	}
}
