package testkit

import (
	"bytes"
	"encoding/binary"
	"image"
	"math/bits"
)

// VP8L returns a VP8L bitstream: no transform, no colour cache, and
// for each channel a Huffman code that gives all 256 values 8 bits (RFC 9649,
// 3.7).
func VP8L(m *image.NRGBA) []byte {
	var w bitWriter
	w.lsb(0x2f, 8)
	w.lsb(m.Rect.Dx()-1, 14)
	w.lsb(m.Rect.Dy()-1, 14)
	w.lsb(1, 1) // alpha is used
	w.lsb(0, 3) // version
	w.lsb(0, 3) // no transform, no colour cache, one group of codes
	for channel := range 4 {
		w.lsb(0, 1) // not a simple code
		w.lsb(12-4, 4)
		for i := range 12 { // lengths of the code for code lengths: 8 is the only one, and twelfth
			w.lsb(i/11, 3)
		}
		if channel == 0 { // green shares its code with lengths, which get none
			w.lsb(1, 1)
			w.lsb(3, 3)
			w.lsb(256-2, 8)
		} else {
			w.lsb(0, 1)
		}
	}
	w.lsb(1, 4) // distances: a simple code of the one symbol 0
	for i := 0; i < len(m.Pix); i += 4 {
		for _, c := range []int{1, 0, 2, 3} {
			w.lsb(int(bits.Reverse8(m.Pix[i+c])), 8)
		}
	}
	w.lsb(0, 7)
	return w.bytes
}

// WebP puts chunks into a WebP container. The names and the data alternate.
func WebP(chunks ...any) []byte {
	var all [][]byte
	for i := 0; i < len(chunks); i += 2 {
		all = append(all, chunk(chunks[i].(string), chunks[i+1].([]byte)))
	}
	return riff(all...)
}

// ANMF returns an ANMF chunk's data around a VP8L bitstream.
func ANMF(x, y int, m *image.NRGBA) []byte {
	b := bytes.Join([][]byte{le24(x / 2), le24(y / 2), le24(m.Rect.Dx() - 1), le24(m.Rect.Dy() - 1), {100, 0, 0, 0}}, nil)
	return append(b, chunk("VP8L", VP8L(m))...)
}

// riff puts chunks into a WebP container.
func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return chunk("RIFF", body)
}

func chunk(id string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(data)))
	return append(append(b, data...), make([]byte, len(data)%2)...)
}

func le24(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }

// VP8X returns a VP8X chunk's data.
func VP8X(flags byte, width, height int) []byte {
	return bytes.Join([][]byte{{flags, 0, 0, 0}, le24(width - 1), le24(height - 1)}, nil)
}
