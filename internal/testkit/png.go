package testkit

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"testing"
)

// PNGChunk returns a chunk with its length and checksum.
func PNGChunk(id string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, id...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// WithPNGChunks returns a PNG with chunks put behind IHDR.
func WithPNGChunks(file []byte, chunks ...[]byte) []byte {
	return bytes.Join([][]byte{file[:33], bytes.Join(chunks, nil), file[33:]}, nil)
}

// RawPNG writes a PNG of any colour type and depth, interlaced or not; at
// returns a pixel's samples.
func RawPNG(w, h, depth, colorType int, interlaced bool, at func(x, y int) []int, chunks ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	head = append(head, byte(depth), byte(colorType), 0, 0, 0)
	passes := [][4]int{{0, 0, 1, 1}} // x, y, dx, dy
	if interlaced {
		head[12] = 1
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	for _, p := range passes {
		if p[0] >= w {
			continue
		}
		for y := p[1]; y < h; y += p[3] {
			var row bitWriter
			row.msb(0, 8) // no filter
			for x := p[0]; x < w; x += p[2] {
				for _, v := range at(x, y) {
					row.msb(v, depth)
				}
			}
			row.msb(0, (8-row.n)%8)
			z.Write(row.bytes)
		}
	}
	z.Close()
	file := append([]byte("\x89PNG\r\n\x1a\n"), PNGChunk("IHDR", head)...)
	file = append(file, bytes.Join(chunks, nil)...)
	file = append(file, PNGChunk("IDAT", data.Bytes())...)
	return append(file, PNGChunk("IEND", nil)...)
}

// APNG returns an animation on a canvas of w x h. The first frame is m at a
// place; with hidden, IDAT is no frame and red.
func APNG(t testing.TB, w, h int, m image.Image, at image.Point, hidden bool) []byte {
	hiddenPicture := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			hiddenPicture.Set(x, y, color.RGBA{255, 0, 0, 255})
		}
	}
	fctl := func(sequence int, r image.Rectangle) []byte {
		b := Numbers(uint32(sequence), uint32(r.Dx()), uint32(r.Dy()), uint32(r.Min.X), uint32(r.Min.Y))
		return PNGChunk("fcTL", append(b, 0, 1, 0, 10, 0, 0))
	}
	stream := func(file []byte) []byte { // of the one IDAT chunk
		i := bytes.Index(file, []byte("IDAT"))
		n := int(binary.BigEndian.Uint16(file[i-2:]))
		return file[i+4 : i+4+n]
	}
	file := PNG(t, hiddenPicture)
	if !hidden {
		file = PNG(t, m)
	}
	head, data := file[:33], stream(file)
	out := append(bytes.Clone(head), PNGChunk("acTL", Numbers(2, 0))...)
	frame := stream(PNG(t, m))
	r := image.Rectangle{at, at.Add(m.Bounds().Size())}
	if !hidden {
		out = append(out, fctl(0, r)...)
	}
	out = append(out, PNGChunk("IDAT", data)...)
	if hidden {
		out = append(out, fctl(0, r)...)
		half := len(frame) / 2
		out = append(out, PNGChunk("fdAT", append(Numbers(1), frame[:half]...))...)
		out = append(out, PNGChunk("fdAT", append(Numbers(2), frame[half:]...))...)
	}
	out = append(out, fctl(3, image.Rect(0, 0, w, h))...)
	out = append(out, PNGChunk("fdAT", append(Numbers(4), stream(PNG(t, hiddenPicture))...))...)
	return append(out, PNGChunk("IEND", nil)...)
}
