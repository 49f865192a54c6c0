package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"testing"
)

func TestEncode(t *testing.T) {
	rgba := image.NewRGBA(image.Rect(0, 0, 20, 10))
	grey := image.NewGray(rgba.Rect)
	for _, test := range []struct {
		name             string
		m                image.Image
		comment, profile []byte
	}{
		{"plain", rgba, nil, nil},
		{"comment", rgba, []byte("gallery 1 {}"), nil},
		{"longest comment", rgba, bytes.Repeat([]byte("\xff\xd9"), 65533/2), nil},
		{"profile", rgba, []byte("x"), profileOf("RGB ", 548)},
		{"grey profile", grey, []byte("x"), profileOf("GRAY", 300)},
		{"profile of one full segment", rgba, nil, profileOf("RGB ", maxICCPiece)},
		{"profile of two", rgba, nil, profileOf("RGB ", maxICCPiece+1)},
		{"longest profile", rgba, []byte("x"), profileOf("RGB ", 1<<20)},
	} {
		var b bytes.Buffer
		if err := Encode(&b, test.m, 82, test.comment, test.profile); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		file := b.Bytes()
		head := fmt.Appendf([]byte{0xff, 0xd8, 0xff, 0xfe, byte((len(test.comment) + 2) >> 8), byte(len(test.comment) + 2)}, "%s", test.comment)
		if !bytes.HasPrefix(file, head) {
			t.Errorf("%s: begins %q", test.name, file[:20])
		}
		info, err := Inspect(bytes.NewReader(file), int64(len(file)))
		if err != nil || !bytes.Equal(info.Profile(), test.profile) {
			t.Errorf("%s: Inspect = profile of %d bytes, %v", test.name, len(info.Profile()), err)
		}
		m, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil || m.Bounds() != rgba.Rect {
			t.Errorf("%s: Decode = %v", test.name, err)
		}
		if _, ok := m.(*image.Gray); ok != (test.m == grey) {
			t.Errorf("%s: decoded as %T", test.name, m)
		}
	}
}

func TestEncode_refuses(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for name, err := range map[string]error{
		"comment": Encode(&bytes.Buffer{}, m, 82, make([]byte, 65534), nil),
		"profile": Encode(&bytes.Buffer{}, m, 82, nil, make([]byte, 1<<20+1)),
		"picture": Encode(&bytes.Buffer{}, image.NewGray(image.Rect(0, 0, 70000, 1)), 82, nil, nil),
		"writer":  Encode(failingWriter{}, m, 82, nil, nil),
	} {
		if err == nil {
			t.Errorf("Encode with a bad %s succeeded", name)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }
