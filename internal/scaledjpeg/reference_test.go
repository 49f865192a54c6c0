package scaledjpeg

import (
	"errors"
	"fmt"
	"math"
)

// This is the slow and obvious decoder that the fast one is tested against. It reads one bit at a time, keeps all coefficients
// as integers, and computes the inverse transform in floating point from its definition. Of damaged files it reads nothing.

type refPicture struct {
	frame
	app   appInfo
	comp  [maxComponents]refComponent
	quirk string // if not empty, why other decoders may see another picture in this file
}

type refComponent struct {
	quant  [64]int // in zigzag order
	blocks [][64]int
	seen   int // scans so far
}

type refTable struct {
	code map[[2]int]byte // by length and code
}

type refBits struct {
	data []byte
	pos  int // in bits
}

var errRef = errors.New("reference: damaged")

func (b *refBits) bit() int {
	if b.pos >= 8*len(b.data) {
		panic(errRef)
	}
	v := int(b.data[b.pos/8]) >> (7 - b.pos%8) & 1
	b.pos++
	return v
}

func (b *refBits) bits(n int) (v int) {
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

// value is RECEIVE and EXTEND (F.2.2.1).
func (b *refBits) value(n int) int {
	v := b.bits(n)
	if n > 0 && v < 1<<(n-1) {
		v -= 1<<n - 1
	}
	return v
}

func (b *refBits) symbol(t *refTable) int {
	code := 0
	for n := 1; n <= 16; n++ {
		code = code<<1 | b.bit()
		if s, ok := t.code[[2]int{n, code}]; ok {
			return int(s)
		}
	}
	panic(errRef)
}

// refSegments returns the entropy-coded segments of a scan without byte stuffing, and the position behind the last.
func refSegments(data []byte, i int) (segments [][]byte, next int) {
	var s []byte
	for expected := byte(markerRST0); i < len(data); {
		if data[i] != 0xff {
			s = append(s, data[i])
			i++
			continue
		}
		if i+1 == len(data) {
			panic(errRef)
		}
		switch m := data[i+1]; {
		case m == 0:
			s = append(s, 0xff)
			i += 2
		case m == expected:
			segments = append(segments, s)
			s = nil
			expected = markerRST0 | (expected+1)&7
			i += 2
		case isRST(m):
			panic(errRef)
		default:
			return append(segments, s), i
		}
	}
	panic(errRef)
}

// refDecode decodes the coefficients of a file.
func refDecode(data []byte) (p *refPicture, err error) {
	defer func() {
		if e := recover(); e == errRef {
			err = errRef
		} else if e != nil {
			panic(e)
		}
	}()
	p = new(refPicture)
	var quant [4][64]int
	var tables [2][4]*refTable
	ri, scans := 0, 0
	if len(data) < 2 || data[0] != 0xff || data[1] != markerSOI {
		return nil, errRef
	}
	for i := 2; ; {
		m, body := findMarker(data, i)
		if m == markerEOI {
			break
		}
		if m == 0 || m == markerTEM || m == markerSOI {
			return nil, errRef
		}
		if !hasLength(m) {
			i = body
			continue
		}
		b, err := segment(data, body)
		if err != nil {
			return nil, err
		}
		i = body + 2 + len(b)
		switch {
		case isSOF(m):
			if p.Components > 0 {
				return nil, errRef
			}
			if err := p.parse(m, b); err != nil {
				return nil, err
			}
			if p.Width*p.Height > 1<<20 {
				return nil, errRef
			}
			for c := range p.Components {
				p.comp[c].blocks = make([][64]int, p.comps[c].stride*p.comps[c].rows)
			}
		case m == markerDQT:
			if scans > 0 {
				p.quirk = "quantization tables change between scans"
			}
			for len(b) > 0 {
				t, wide := b[0]&15, int(b[0]>>4)
				if t > 3 || wide > 1 || len(b) < 1+64<<wide {
					return nil, errRef
				}
				for k := range 64 {
					if wide == 0 {
						quant[t][k] = int(b[1+k])
					} else {
						quant[t][k] = int(b[1+2*k])<<8 | int(b[2+2*k])
					}
				}
				b = b[1+64<<wide:]
			}
		case m == markerDHT:
			for len(b) > 0 {
				if len(b) < 17 || b[0]>>4 > 1 || b[0]&15 > 3 {
					return nil, errRef
				}
				t := &refTable{code: map[[2]int]byte{}}
				tables[b[0]>>4][b[0]&15] = t
				code, k := 0, 17
				for n := 1; n <= 16; n++ {
					for range b[n] {
						if k >= len(b) || code >= 1<<n {
							return nil, errRef
						}
						t.code[[2]int{n, code}] = b[k]
						code++
						k++
					}
					code <<= 1
				}
				b = b[k:]
			}
		case m == markerDRI:
			if len(b) != 2 {
				return nil, errRef
			}
			ri = int(b[0])<<8 | int(b[1])
		case m == markerSOS:
			if p.Components == 0 {
				return nil, errRef
			}
			sc, err := p.parseScan(b)
			if err != nil {
				return nil, err
			}
			scans++
			for _, c := range sc.comp[:sc.n] {
				if p.comp[c].seen == 0 {
					p.comp[c].quant = quant[p.comps[c].tq]
				} else if !p.Progressive {
					p.quirk = "component has two scans"
				}
				p.comp[c].seen++
			}
			segments, next := refSegments(data, i)
			p.scan(&sc, segments, ri, &tables)
			i = next
		case m == markerAPP0 || m == markerAPP14:
			p.app.parse(m, b)
		case m < markerSOF0 || m == markerDAC:
			return nil, errRef
		}
	}
	if p.Components == 0 {
		return nil, errRef
	}
	for c := range p.Components {
		if p.comp[c].seen == 0 {
			p.quirk = "component has no scan"
		}
	}
	return p, nil
}

func (p *refPicture) scan(sc *scan, segments [][]byte, ri int, tables *[2][4]*refTable) {
	width, height := p.mcusX, p.mcusY
	if sc.n == 1 {
		c := p.comps[sc.comp[0]]
		width, height = c.blocksX, c.blocksY
		if ri > 0 && c.h*c.v > 1 {
			p.quirk = "image/jpeg counts restart intervals of separate scans in other units"
		}
		if p.Components > 1 && c.blocksX != min(c.stride, ceilDiv(p.Width, 8)) || c.blocksY != min(c.rows, ceilDiv(p.Height, 8)) {
			p.quirk = "image/jpeg has a wrong number of blocks in separate scans"
		}
	}
	if ri == 0 {
		ri = width * height
	}
	if len(segments) < ceilDiv(width*height, ri) {
		panic(errRef)
	}
	var b *refBits
	var pred [maxComponents]int
	run := 0
	for mcu := range width * height {
		if mcu%ri == 0 {
			if run > 0 {
				p.quirk = "end-of-band run leads out of the segment"
			}
			if b != nil && b.pos+8 <= 8*len(b.data) {
				p.quirk = "segment has too much data"
			}
			b = &refBits{data: segments[mcu/ri]}
			pred = [maxComponents]int{}
			run = 0
		}
		for k, ci := range sc.comp[:sc.n] {
			c := p.comps[ci]
			h, v := c.h, c.v
			if sc.n == 1 {
				h, v = 1, 1
			}
			for j := range h * v {
				x, y := mcu%width*h+j%h, mcu/width*v+j/h
				p.block(sc, b, &p.comp[ci].blocks[y*c.stride+x], &pred[ci], &run, tables[0][sc.td[k]], tables[1][sc.ta[k]])
			}
		}
	}
	if run > 0 {
		p.quirk = "end-of-band run leads out of the scan: image/jpeg takes it to the next"
	}
	if b != nil && b.pos+8 <= 8*len(b.data) || len(segments) > ceilDiv(width*height, ri) {
		p.quirk = "segment has too much data"
	}
}

// block decodes one block's part of a scan. Coefficients are in zigzag order.
func (p *refPicture) block(sc *scan, b *refBits, coef *[64]int, pred, run *int, dc, ac *refTable) {
	if sc.ss == 0 && sc.ah > 0 {
		coef[0] |= b.bit() << sc.al
		return
	}
	if sc.ss == 0 && dc == nil || sc.se > 0 && ac == nil {
		panic(errRef)
	}
	k := sc.ss
	if k == 0 {
		if !p.Progressive {
			*coef = [64]int{}
		}
		size := b.symbol(dc)
		if size > 11 {
			p.quirk = "value out of range"
		}
		if size > 16 {
			panic(errRef)
		}
		*pred += b.value(size)
		coef[0] = *pred << sc.al
		k = 1
	}
	if sc.ah > 0 {
		p.refine(sc, b, coef, run, ac)
		return
	}
	if *run > 0 {
		*run--
		return
	}
	for ; k <= sc.se; k++ {
		s := b.symbol(ac)
		r, size := s>>4, s&15
		if size == 0 && r < 15 {
			if p.Progressive {
				*run = 1<<r + b.bits(r) - 1
			} else if r > 0 {
				p.quirk = "end-of-band run in a sequential scan"
			}
			return
		}
		k += r
		if size == 0 {
			continue
		}
		if k > sc.se {
			p.quirk = "run leads out of the band"
			return
		}
		coef[k] = b.value(size) << sc.al
	}
}

// refine is G.1.2.3 for AC coefficients.
func (p *refPicture) refine(sc *scan, b *refBits, coef *[64]int, run *int, ac *refTable) {
	correct := func(k int) {
		if b.bit() == 1 {
			if coef[k] > 0 {
				coef[k] += 1 << sc.al
			} else {
				coef[k] -= 1 << sc.al
			}
		}
	}
	k := sc.ss
	for *run == 0 && k <= sc.se {
		s := b.symbol(ac)
		r, size := s>>4, s&15
		value := 0
		switch {
		case size > 1:
			panic(errRef)
		case size == 1:
			value = (2*b.bit() - 1) << sc.al
		case r < 15:
			*run = 1<<r + b.bits(r)
		}
		if *run > 0 {
			break
		}
		for ; ; k++ {
			if k > sc.se {
				panic(errRef)
			}
			if coef[k] != 0 {
				correct(k)
			} else if r == 0 {
				break
			} else {
				r--
			}
		}
		coef[k] = value
		k++
	}
	if *run > 0 {
		*run--
		for ; k <= sc.se; k++ {
			if coef[k] != 0 {
				correct(k)
			}
		}
	}
}

// inRange reports whether all coefficients are such as pictures of 8 bits can have, with room for much overshoot.
func (p *refPicture) inRange() bool {
	for c := range p.Components {
		for i := range p.comp[c].blocks {
			for k, v := range p.comp[c].blocks[i] {
				if v *= p.comp[c].quant[k]; v > 1<<13 || v < -1<<13 {
					return false
				}
			}
		}
	}
	return true
}

// plane returns the reduced samples of a component, as wide as the component's row of blocks, by
// the definition in idct.go. The decoder says which bits of AC coefficients it left out
// (progressive.go), of those that the file has, or that it left out the last (needed2x2); nil means none. At 1/1, halves of what they were
// multiplied with are whole numbers.
func (p *refPicture) plane(c, denom int, d *decoder) (samples []float64, stride int) {
	n := 8 / denom
	var t [8][8]float64
	for u := range n {
		for x := range n {
			t[u][x] = math.Sqrt2 * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n)) * weightsOf(denom)[u]
			if u == 0 {
				t[u][x] = 1
			}
		}
	}
	comp := &p.comps[c]
	stride = comp.stride * n
	samples = make([]float64, stride*comp.rows*n)
	for i, block := range p.comp[c].blocks {
		for y := range n {
			for x := range n {
				sum := 0.0
				for k, f := range block {
					u, v := int(unzig8[k]%8), int(unzig8[k]/8)
					if f != 0 && u < n && v < n {
						g := float64(f)
						if d != nil {
							g = refLeaveOut(f, d.prog.lastNeeded[c][k], d.prog.last[c][k])
							if denom == 4 && d.last2x2 == 2 && k == 4 {
								g = 0
							}
						}
						g *= float64(p.comp[c].quant[k])
						if denom == 1 {
							g = math.Trunc(g)
						}
						sum += g * t[u][x] * t[v][y]
					}
				}
				at := (i/comp.stride*n+y)*stride + i%comp.stride*n + x
				samples[at] = min(max(sum/8+128, 0), 255)
			}
		}
	}
	return samples, stride
}

// refLeaveOut returns what is taken for a coefficient of which all bits from last on are known but
// only those from needed on were decoded.
func refLeaveOut(f int, needed, last uint8) float64 {
	magnitude := max(f, -f) >> needed << needed
	if magnitude == 0 {
		return 0
	}
	return math.Copysign(float64(magnitude)+float64(int(1)<<needed-int(1)<<last)/2, float64(f))
}

// check compares what Decode made of the file with the reference.
func (p *refPicture) check(d *decoder) error {
	for c := range p.Components {
		want, stride := p.plane(c, d.denom, d)
		got := d.planes[c]
		if got.stride != stride {
			return fmt.Errorf("component %d: stride is %d, want %d", c, got.stride, stride)
		}
		// Only what belongs to the picture is decoded by all scans.
		w := p.comps[c].blocksX * d.size
		h := p.comps[c].blocksY * d.size
		for y := range h {
			for x := range w {
				if g, v := float64(got.pix[y*stride+x]), want[y*stride+x]; math.Abs(g-v) > 1 {
					return fmt.Errorf("component %d at (%d, %d) = %v, want %.2f", c, x, y, g, v)
				}
			}
		}
	}
	return nil
}

// noise returns by how much the worst block is off from what it would be with all bits, as a root
// mean square of its samples.
func (p *refPicture) noise(c int, d *decoder) (worst float64) {
	want, stride := p.plane(c, d.denom, nil)
	for y := range p.comps[c].blocksY {
		for x := range p.comps[c].blocksX {
			sum := 0.0
			for i := range d.size * d.size {
				at := (y*d.size+i/d.size)*stride + x*d.size + i%d.size
				diff := float64(d.planes[c].pix[at]) - want[at]
				sum += diff * diff
			}
			worst = max(worst, math.Sqrt(sum/float64(d.size*d.size)))
		}
	}
	return worst
}
