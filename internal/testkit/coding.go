package testkit

import (
	"bytes"
	"encoding/binary"
)

// flat is a grey baseline JPEG of one colour: two bits for each block.
func flat(width, height int) []byte {
	b := jpegHead(0xc0, width, height)
	b = append(b, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"...)
	return append(append(b, make([]byte, blocks(width, height)/4+1)...), 0xff, 0xd9)
}

// progressive is a grey progressive JPEG of one colour in so many scans. Each
// scan but the first says of all blocks, in a few bytes, that there is nothing
// in them.
func progressive(width, height, scans int) []byte {
	b := jpegHead(0xc2, width, height)
	b = append(b, "\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"...)
	b = append(b, make([]byte, blocks(width, height)/8+1)...)
	// End of band for 32000 blocks: one bit of code, fourteen of number (T.81,
	// G.1.2.2), and eight such to a run of whole bytes.
	var run bitWriter
	for range 8 * (1 + blocks(width, height)/(8*32000)) {
		run.msb(0, 1)
		run.msb(1<<14-1-767, 14)
	}
	for i := range scans - 1 {
		band := []byte{1, 63, 0}
		switch i % 4 {
		case 1:
			band = []byte{byte(1 + i%63), byte(1 + i%63), 1}
		case 2:
			band = []byte{byte(1 + i%63), byte(1 + i%63), 0x10}
		case 3:
			band = []byte{1, 63, 0x10}
		}
		b = append(append(b, "\xff\xda\x00\x08\x01\x01\x00"...), band...)
		b = append(b, bytes.ReplaceAll(run.bytes, []byte{0xff}, []byte{0xff, 0})...)
	}
	return append(b, 0xff, 0xd9)
}

func blocks(width, height int) int { return (width + 7) / 8 * ((height + 7) / 8) }

// jpegHead is all up to the scans: one component, and tables of one code each,
// a zero bit. That is no difference for DC and, for AC, the end of a block in
// baseline coding, the end of a band of thousands in progressive coding.
func jpegHead(sof byte, width, height int) []byte {
	b := append([]byte("\xff\xd8\xff\xdb\x00\x43\x00"), bytes.Repeat([]byte{8}, 64)...)
	b = append(b, 0xff, sof, 0, 11, 8)
	b = binary.BigEndian.AppendUint16(b, uint16(height))
	b = binary.BigEndian.AppendUint16(b, uint16(width))
	b = append(b, 1, 1, 0x11, 0)
	table := func(class, symbol byte) {
		b = append(b, 0xff, 0xc4, 0, 20, class, 1)
		b = append(append(b, make([]byte, 15)...), symbol)
	}
	table(0, 0)
	if sof == 0xc2 {
		table(0x10, 0xe0)
	} else {
		table(0x10, 0)
	}
	return b
}

// vp8l is a lossless bitstream of one colour: five codes of one symbol each, so
// that a pixel takes no bits at all (RFC 9649, 3.7.2.1.1).
func vp8l(width, height int) []byte {
	var w bitWriter
	w.lsb(0x2f, 8)
	w.lsb(width-1, 14)
	w.lsb(height-1, 14)
	w.lsb(1, 1)
	w.lsb(0, 3+3)
	for _, symbol := range []int{90, 60, 30, 255, 0} {
		w.lsb(0b101, 3)
		w.lsb(symbol, 8)
	}
	w.lsb(0, 7)
	return w.bytes
}

// bitWriter packs bits, from the bottom of each byte or from its top.
type bitWriter struct {
	bytes []byte
	acc   uint64
	n     int
}

func (w *bitWriter) lsb(v, n int) {
	w.acc, w.n = w.acc|uint64(v)<<w.n, w.n+n
	for ; w.n >= 8; w.n -= 8 {
		w.bytes = append(w.bytes, byte(w.acc))
		w.acc >>= 8
	}
}

func (w *bitWriter) msb(v, n int) {
	w.acc, w.n = w.acc<<n|uint64(v), w.n+n
	for ; w.n >= 8; w.n -= 8 {
		w.bytes = append(w.bytes, byte(w.acc>>(w.n-8)))
		w.acc &= 1<<(w.n-8) - 1
	}
}
