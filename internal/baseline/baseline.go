// Package baseline encodes pictures as baseline JPEG files (ITU-T T.81), in Huffman coding, grey or
// in YCbCr, with chroma at half resolution in both directions (4:2:0) or in full (4:4:4). It takes pictures as they come out of reducing a JPEG file's
// planes, with chroma at full resolution, and is about three times as fast as image/jpeg at the same quality; what it does
// differently:
//
//   - The transform is the one of Arai, Agui and Nakajima, whose constant factors are put into the quantization (dct.go).
//   - Quantization multiplies by reciprocals, and notes on the way which coefficients are not zero, so that the entropy coder goes
//     from one of these to the next (huffman.go).
//   - Blocks are transformed and quantized by vectors where there are some (vector_amd64.go).
//   - The Huffman tables are made for the picture, and so fit it better than those of annex K.
//   - Chroma is averaged and transformed without rounding between.
package baseline

import (
	"encoding/binary"
	"fmt"
	"image"
	"sync"
)

// Marker codes, the second byte after 0xff (table B.1).
const (
	markerSOF0 = 0xc0
	markerDHT  = 0xc4
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
)

// maxSide is the greatest width or height in pixels that a frame header can name (B.2.2).
const maxSide = 1<<16 - 1

// A Chroma is the resolution at which chroma is stored.
type Chroma bool

const (
	Halved Chroma = false // 4:2:0: the eye misses nothing in a photo
	Full   Chroma = true  // 4:4:4: lines and letters in colour stay sharp
)

// Append appends the JPEG file of m, at the given quality from 1 to 100 on the scale of libjpeg, to dst. m is *image.Gray, or
// *image.YCbCr in 4:4:4. The file has no application segments.
func Append(dst []byte, m image.Image, quality int, chroma Chroma) ([]byte, error) {
	if quality < 1 || quality > 100 {
		return dst, fmt.Errorf("jpeg quality %d, expected 1 to 100", quality)
	}
	r := m.Bounds()
	if r.Empty() || r.Dx() > maxSide || r.Dy() > maxSide {
		return dst, fmt.Errorf("picture of %v, expected 1 to %d pixels in width and height", r.Size(), maxSide)
	}
	var e encoder
	switch m := m.(type) {
	case *image.Gray:
		e.components = 1
		e.planes[0] = plane{m.Pix[m.PixOffset(r.Min.X, r.Min.Y):], m.Stride}
	case *image.YCbCr:
		if m.SubsampleRatio != image.YCbCrSubsampleRatio444 {
			return dst, fmt.Errorf("picture in %v, expected 4:4:4", m.SubsampleRatio)
		}
		e.components = 3
		y, c := m.YOffset(r.Min.X, r.Min.Y), m.COffset(r.Min.X, r.Min.Y)
		e.planes = [3]plane{{m.Y[y:], m.YStride}, {m.Cb[c:], m.CStride}, {m.Cr[c:], m.CStride}}
	default:
		return dst, fmt.Errorf("picture is %T, expected *image.Gray or *image.YCbCr", m)
	}
	e.width, e.height, e.chroma = r.Dx(), r.Dy(), chroma
	e.out = dst
	for i := range e.tables() {
		e.steps[i] = scaled(&quantization[i], quality)
		e.divisors[i] = newDivisors(&e.steps[i])
	}
	list := lists.Get().(*[]symbol)
	defer lists.Put(list)
	e.list = (*list)[:0]
	e.transform()
	*list = e.list
	e.writeHeaders()
	e.write(e.list, &e.codes)
	e.pad()
	e.out = append(e.out, 0xff, markerEOI)
	return e.out, nil
}

// An encoder encodes one picture.
type encoder struct {
	width, height int // pixels
	components    int // 1 or 3
	chroma        Chroma
	planes        [3]plane
	steps         [2][64]byte  // of quantization, in zigzag order, for luma and chroma
	divisors      [2]divisors  // by them
	samples       block        // and what becomes of them
	quantized     coefficients // of the same block
	symbols
	codes [4]codeTable
	bitWriter
}

// lists are buffers for symbols.
var lists = sync.Pool{New: func() any { return new([]symbol) }}

// tables is how many tables of each kind there are: one, or another for chroma.
func (e *encoder) tables() int { return min(e.components, 2) }

// A plane is a component's samples, one for each pixel.
type plane struct {
	pix    []byte
	stride int
}

// writeHeaders writes all that stands before the entropy-coded data (B.2): tables, frame header and scan header.
func (e *encoder) writeHeaders() {
	e.out = append(e.out, 0xff, markerSOI)
	for i := range e.tables() {
		e.out = append(e.out, 0xff, markerDQT, 0, 2+1+64, byte(i))
		e.out = append(e.out, e.steps[i][:]...)
	}
	e.out = append(e.out, 0xff, markerSOF0, 0, byte(8+3*e.components), 8)
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(e.height))
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(e.width))
	e.out = append(e.out, byte(e.components))
	switch {
	case e.components == 1:
		e.out = append(e.out, 1, 0x11, 0)
	case e.chroma == Full:
		e.out = append(e.out, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1)
	default:
		e.out = append(e.out, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	}
	for i := range e.tables() {
		for class, table := range []int{tableDC + i, tableAC + i} {
			spec := optimal(&e.counts[table])
			e.codes[table] = spec.codes()
			e.out = append(e.out, 0xff, markerDHT, 0, byte(2+1+16+len(spec.symbols)), byte(class<<4|i))
			e.out = append(e.out, spec.counts[:]...)
			e.out = append(e.out, spec.symbols...)
		}
	}
	e.out = append(e.out, 0xff, markerSOS, 0, byte(6+2*e.components), byte(e.components))
	for i := range e.components {
		table := byte(min(i, 1))
		e.out = append(e.out, byte(i+1), table<<4|table)
	}
	e.out = append(e.out, 0, 63, 0)
}

// transform makes the symbols of all MCUs, from left to right and from top to bottom (A.2).
func (e *encoder) transform() {
	var last [3]int // DC coefficient of the component's block before (F.1.1.5.1)
	code := func(component, x, y int, halved bool) {
		table := min(component, 1)
		nonzero := e.block(&e.planes[component], &e.divisors[table], x, y, halved)
		last[component] = e.addBlock(&e.quantized, nonzero, uint(table), last[component])
	}
	if e.components == 1 || e.chroma == Full {
		for y := 0; y < e.height; y += 8 {
			for x := 0; x < e.width; x += 8 {
				for c := range e.components {
					code(c, x, y, false)
				}
			}
		}
	} else {
		for y := 0; y < e.height; y += 16 {
			for x := 0; x < e.width; x += 16 {
				for i := range 4 {
					code(0, x+8*(i&1), y+8*(i>>1), false)
				}
				for c := 1; c < 3; c++ {
					code(c, x, y, true)
				}
			}
		}
	}
}

// blockVector does what block does for a block within the picture, whose first sample is the first
// of pix; it is nil where there are no vectors.
var blockVector func(q *coefficients, pix []byte, stride int, d *divisors, halved bool) (nonzero uint64)

// block sets e.quantized to the coefficients, divided by d, of the block of p at column x and row y,
// or of the one that the 16x16 samples from there on are at half resolution. Bit k of nonzero says
// whether number k in zigzag order is not 0.
func (e *encoder) block(p *plane, d *divisors, x, y int, halved bool) (nonzero uint64) {
	side := 8
	if halved {
		side = 16
	}
	if blockVector != nil && x+side <= e.width && y+side <= e.height {
		return blockVector(&e.quantized, p.pix[y*p.stride+x:], p.stride, d, halved)
	}
	b := &e.samples
	if halved {
		b.loadHalved(p, x, y, e.width, e.height)
	} else {
		b.load(p, x, y, e.width, e.height)
	}
	b.transform()
	return d.quantize(&e.quantized, b)
}

// A block is 8x8 samples, or what becomes of them, in rows: samples less 128, with fracBits fractional bits.
type block [64]int

// fracBits is by how much samples are shifted left before they are transformed: what is lost in the transform's
// multiplications then lies far below half a quantization step.
const fracBits = 6

// load takes in the block of p at column x and row y. Where it reaches over the picture's edge, the last samples are repeated.
func (b *block) load(p *plane, x, y, width, height int) {
	if x+8 <= width && y+8 <= height {
		for i := range 8 {
			row := p.pix[(y+i)*p.stride+x:][:8:8]
			to := b[8*i : 8*i+8 : 8*i+8]
			for k, v := range row {
				to[k] = (int(v) - 128) << fracBits
			}
		}
		return
	}
	for i := range 8 {
		row := p.pix[min(y+i, height-1)*p.stride:]
		for k := range 8 {
			b[8*i+k] = (int(row[min(x+k, width-1)]) - 128) << fracBits
		}
	}
}

// loadHalved takes in a block of p at half resolution: the averages of the 2x2 samples from column x and row y on.
func (b *block) loadHalved(p *plane, x, y, width, height int) {
	if x+16 <= width && y+16 <= height {
		for i := range 8 {
			at := (y+2*i)*p.stride + x
			upper, lower := p.pix[at:][:16:16], p.pix[at+p.stride:][:16:16]
			to := b[8*i : 8*i+8 : 8*i+8]
			for k := range to {
				sum := int(upper[2*k]) + int(upper[2*k+1]) + int(lower[2*k]) + int(lower[2*k+1])
				to[k] = (sum - 4*128) << (fracBits - 2)
			}
		}
		return
	}
	for i := range 8 {
		upper := p.pix[min(y+2*i, height-1)*p.stride:]
		lower := p.pix[min(y+2*i+1, height-1)*p.stride:]
		for k := range 8 {
			left, right := min(x+2*k, width-1), min(x+2*k+1, width-1)
			sum := int(upper[left]) + int(upper[right]) + int(lower[left]) + int(lower[right])
			b[8*i+k] = (sum - 4*128) << (fracBits - 2)
		}
	}
}
