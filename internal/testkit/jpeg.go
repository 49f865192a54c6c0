package testkit

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Markers of ITU-T T.81, table B.1, less their first byte, X'FF'.
const (
	sof0  = 0xc0 // baseline
	sof2  = 0xc2 // progressive
	dht   = 0xc4
	soi   = 0xd8
	eoi   = 0xd9
	sos   = 0xda
	dqt   = 0xdb
	dri   = 0xdd
	app2  = 0xe2
	app14 = 0xee
)

// WithSegments returns a JPEG with segments put behind SOI.
func WithSegments(file []byte, segments ...[]byte) []byte {
	return bytes.Join([][]byte{file[:2], bytes.Join(segments, nil), file[2:]}, nil)
}

// Segment returns a marker segment, whose data begins with head.
func Segment(marker byte, head string, data []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(head)+len(data)))
	return append(append(b, head...), data...)
}

// FlatJPEG describes a JPEG of one colour, of any coding that needs no more
// than DC coefficients: a few bytes for however many pixels.
type FlatJPEG struct {
	SOF           byte // marker; 0 is baseline
	Width, Height int
	Values        []uint8 // of each component
	Sampling      []byte  // of each component, T.81's H and V; nil is 1 x 1
	IDs           string  // component identifiers; "" is 1, 2, 3, 4
	Adobe         int     // transform of an Adobe segment; -1 is none
}

// Encode returns the file.
func (f FlatJPEG) Encode() []byte {
	n := len(f.Values)
	if f.IDs == "" {
		f.IDs = "\x01\x02\x03\x04"[:n]
	}
	if f.Sampling == nil {
		f.Sampling = bytes.Repeat([]byte{0x11}, n)
	}
	if f.SOF == 0 {
		f.SOF = sof0
	}
	b := []byte{0xff, soi}
	if f.Adobe >= 0 {
		b = append(b, Segment(app14, "Adobe", []byte{0, 100, 0, 0, 0, 0, byte(f.Adobe)})...)
	}
	b = append(b, Segment(dqt, "\x00", bytes.Repeat([]byte{8}, 64))...)
	frame := binary.BigEndian.AppendUint16([]byte{8}, uint16(f.Height))
	frame = append(binary.BigEndian.AppendUint16(frame, uint16(f.Width)), byte(n))
	scan := []byte{byte(n)}
	for i := range n {
		frame = append(frame, f.IDs[i], f.Sampling[i], 0)
		scan = append(scan, f.IDs[i], 0)
	}
	b = append(b, Segment(f.SOF, "", frame)...)
	// DC: nine categories, each of four bits. AC: end of block only, one bit.
	b = append(b, Segment(dht, "\x00", []byte("\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"+
		"\x00\x01\x02\x03\x04\x05\x06\x07\x08"))...)
	b = append(b, Segment(dht, "\x10", []byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))...)
	end := []byte{0, 63, 0}
	if f.SOF == sof2 {
		end[1] = 0
	}
	b = append(b, Segment(sos, "", append(scan, end...))...)
	return append(b, append(f.scan(), 0xff, eoi)...)
}

// scan returns the entropy-coded segment: one difference in each component's
// first block, none in all others.
func (f FlatJPEG) scan() []byte {
	var w bitWriter
	h0, v0 := int(f.Sampling[0]>>4), int(f.Sampling[0]&15)
	if len(f.Values) == 1 {
		h0, v0 = 1, 1
	}
	for mcu := range ceilDiv(f.Width, 8*h0) * ceilDiv(f.Height, 8*v0) {
		for i, v := range f.Values {
			blocks := int(f.Sampling[i]>>4) * int(f.Sampling[i]&15)
			if len(f.Values) == 1 {
				blocks = 1
			}
			for block := range blocks {
				diff := 0
				if mcu == 0 && block == 0 {
					diff = int(v) - 128
				}
				size := bits.Len(uint(max(diff, -diff)))
				w.msb(size, 4)
				if diff < 0 {
					diff += 1<<size - 1
				}
				w.msb(diff, size)
				if f.SOF != sof2 {
					w.msb(0, 1)
				}
			}
		}
	}
	w.msb(0x7f, 7)
	return bytes.ReplaceAll(w.bytes, []byte{0xff}, []byte{0xff, 0})
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// Scan is what a scan header of a progressive JPEG says: the band, and the
// successive approximation's bit positions (T.81, B.2.3).
type Scan struct{ First, Last, High, Low byte }

// ProgressiveJPEG returns a grey progressive JPEG. Of the scan that is lost, if
// any, it has the first byte only.
func ProgressiveJPEG(w, h int, scans []Scan, lost int) []byte {
	b := []byte{0xff, soi}
	b = append(b, Segment(dqt, "\x00", bytes.Repeat([]byte{2}, 64))...)
	frame := binary.BigEndian.AppendUint16([]byte{8}, uint16(h))
	b = append(b, Segment(sof2, "", append(binary.BigEndian.AppendUint16(frame, uint16(w)), 1, 1, 0x11, 0))...)
	// DC: no difference, one bit. AC: one coefficient of one bit, or none more in this block, two bits each.
	b = append(b, Segment(dht, "\x00", append([]byte{1}, make([]byte, 16)...))...)
	b = append(b, Segment(dht, "\x10", append([]byte{0, 2}, append(make([]byte, 14), 0x01, 0x00)...))...)
	for i, s := range scans {
		b = append(b, Segment(sos, "", []byte{1, 1, 0, s.First, s.Last, s.High<<4 | s.Low})...)
		var bits bitWriter
		for range blocks(w, h) {
			switch {
			case s.First == 0:
				bits.msb(0, 1) // no difference, or a zero bit
			case s.High > 0:
				bits.msb(0b01_0, 3) // none more, and a zero bit of the one that there is
			case s.First == s.Last:
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
	return append(b, 0xff, eoi)
}
