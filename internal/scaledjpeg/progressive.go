package scaledjpeg

import (
	"math/bits"
)

// A progressive file (annex G) gives its coefficients in several scans, each of which has, for all blocks, a band of
// coefficients in zigzag order, or one more bit of those in a band (a refinement). A decoder collects them, and transforms
// the blocks at the end.
//
// For a reduced picture only the low coefficients are wanted, and so only their memory is taken. A scan whose band has none of
// them is of no concern, but for one thing: how a refinement scan is coded depends on which coefficients in its band are not
// zero already. So, to read the refinements of the wanted ones, one must know where in the whole band non-zero ones are, though
// not their values. plan finds out, before decoding, which scans are needed in this way. The others are passed over by
// searching for the next marker, at the speed of memory. The result is exactly the same. At 1/8, only the DC scans are needed.
//
// Where non-zero coefficients are is kept as a bit set a block, by zigzag index. With it, the skipping of zeros and the
// correction bits of refinement scans (G.1.2.3) become counts of bits.
type progressive struct {
	per     int       // coefficients kept a block
	wanted  uint64    // zigzag indexes of these
	slot    [64]uint8 // where in the block's they are; 255 for those not kept
	coefs   [maxComponents][]int16
	nonzero [maxComponents][]uint64
	quant   [maxComponents][64]uint16 // as they were at the component's first scan

	needed []bool // by scan
	index  int    // number of scans so far
	idle   int    // how many blocks may still be visited without taking a bit from the file

	coefBuf    []int16 // what coefs and nonzero are cut from
	nonzeroBuf []uint64
}

const (
	// maxScans is more than any encoder makes: libjpeg's usual script has 10 scans.
	maxScans = 2000

	// A refinement scan of a few bytes may make a decoder visit all blocks. With many such scans a small file could keep it busy
	// for long; so visits that take no bits from the file are limited, to idleVisits for each block of the picture. A usual file
	// takes up to 4.
	idleVisits = 32

	// maxPooled is the size in bytes of the largest buffer that a decoder keeps for the next file: enough for 12 MP at 1/4.
	maxPooled = 8 << 20
)

func (p *progressive) reset() {
	*p = progressive{coefBuf: p.coefBuf, nonzeroBuf: p.nonzeroBuf, needed: p.needed[:0]}
}

func (p *progressive) release() {
	p.coefs = [maxComponents][]int16{}
	p.nonzero = [maxComponents][]uint64{}
	if 2*cap(p.coefBuf) > maxPooled {
		p.coefBuf = nil
	}
	if 8*cap(p.nonzeroBuf) > maxPooled {
		p.nonzeroBuf = nil
	}
}

// prepare plans the scans and allocates the coefficients, when the first scan's header was read. Its contents are b, and i is
// the position behind it.
func (d *decoder) prepare(b []byte, i int) {
	p := &d.prog
	for k := range p.slot {
		u, v := int(unzig8[k]%8), int(unzig8[k]/8)
		p.slot[k] = 255
		if u < d.size && v < d.size {
			p.wanted |= 1 << k
			p.slot[k] = uint8(d.size*v + u)
		}
	}
	p.per = d.size * d.size
	history := d.plan(b, i)

	total, totalHistory := 0, 0
	for c := range d.Components {
		blocks := d.comps[c].stride * d.comps[c].rows
		total += blocks
		if history[c] {
			totalHistory += blocks
		}
	}
	p.idle = idleVisits * total
	if cap(p.coefBuf) < total*p.per {
		p.coefBuf = make([]int16, total*p.per)
	}
	if cap(p.nonzeroBuf) < totalHistory {
		p.nonzeroBuf = make([]uint64, totalHistory)
	}
	coefs, nonzero := p.coefBuf[:total*p.per], p.nonzeroBuf[:totalHistory]
	clear(coefs)
	clear(nonzero)
	for c := range d.Components {
		blocks := d.comps[c].stride * d.comps[c].rows
		p.coefs[c], coefs = coefs[:blocks*p.per], coefs[blocks*p.per:]
		if history[c] {
			p.nonzero[c], nonzero = nonzero[:blocks], nonzero[blocks:]
		}
	}
}

// plan finds out which scans are needed, and for which components it must be known which coefficients are not zero. It goes
// through the headers of all scans to come, and then back from the last to the first, knowing at each point which
// coefficients' values or being zero will matter.
func (d *decoder) plan(b []byte, i int) (history [maxComponents]bool) {
	p := &d.prog
	var scans [maxScans]struct {
		comp   uint8
		refine bool
		band   uint64
	}
	n := 0
	for n < maxScans {
		sc, err := d.parseScan(b)
		if err != nil {
			break
		}
		if sc.ss > 0 {
			scans[n].comp = sc.comp[0]
			scans[n].refine = sc.ah > 0
			scans[n].band = band(sc.ss, sc.se)
		}
		n++
		if b, i = nextScan(d.data, behind(d.data, i)); b == nil {
			break
		}
	}

	matters := [maxComponents]uint64{p.wanted, p.wanted, p.wanted, p.wanted}
	p.needed = append(p.needed, make([]bool, n)...)
	for k := n - 1; k >= 0; k-- {
		s := &scans[k]
		m := &matters[s.comp]
		switch {
		case s.band == 0: // DC
			p.needed[k] = true
		case s.band&*m != 0:
			p.needed[k] = true
			if s.refine {
				*m |= s.band
				history[s.comp] = true
			}
		}
	}
	return history
}

// band returns the set of zigzag indexes from ss to se.
func band(ss, se int) uint64 { return ^uint64(0) >> (63 - se) &^ (1<<ss - 1) }

// nextScan returns the contents of the next scan header from position i on, and the position behind it, or nil.
func nextScan(data []byte, i int) (header []byte, next int) {
	for {
		marker, body := findMarker(data, i)
		if marker == 0 || marker == markerEOI {
			return nil, len(data)
		}
		if !hasLength(marker) {
			i = body
			continue
		}
		b, err := segment(data, body)
		if err != nil {
			return nil, len(data)
		}
		i = body + 2 + len(b)
		if marker == markerSOS {
			return b, i
		}
	}
}

// decodeProgressive decodes a scan, if it is needed.
func (d *decoder) decodeProgressive(sc *scan, header []byte, i int) (next int, err error) {
	p := &d.prog
	if p.index == 0 {
		d.prepare(header, i)
	}
	if p.index >= len(p.needed) {
		return i, FormatError("too many scans")
	}
	for _, c := range sc.comp[:sc.n] {
		if !d.scanned[c] {
			d.scanned[c] = true
			p.quant[c] = d.quant[d.comps[c].tq]
		}
	}
	needed := p.needed[p.index]
	p.index++
	switch {
	case !needed:
		return behind(d.data, i), nil
	case sc.ss == 0 && sc.ah == 0:
		for _, t := range sc.td[:sc.n] {
			if !d.fresh[0][t] {
				return i, FormatError("missing Huffman table")
			}
			d.dc[t].buildStep(kindDC)
		}
		return d.eachRow(sc, i, func(x, y, n int) error { return d.dcFirst(d.layoutDC(sc, x, y), n, sc.al) }), nil
	case sc.ss == 0:
		return d.eachRow(sc, i, func(x, y, n int) error { return d.dcRefine(d.layoutDC(sc, x, y), n, sc.al) }), nil
	case !d.fresh[1][sc.ta[0]]:
		return i, FormatError("missing Huffman table")
	case sc.ah == 0:
		return d.eachRow(sc, i, func(x, y, n int) error { return d.acFirst(sc, x, y, n) }), nil
	}
	return d.eachRow(sc, i, func(x, y, n int) error { return d.acRefine(sc, x, y, n) }), nil
}

// layoutDC sets up the units of the MCU at column x and row y for a DC scan: off and step are indexes of DC coefficients.
func (d *decoder) layoutDC(sc *scan, x, y int) []unit {
	units := d.units[:0]
	for k := range sc.n {
		ci := int(sc.comp[k])
		c := &d.comps[ci]
		h, v := c.h, c.v
		if sc.n == 1 {
			h, v = 1, 1
		}
		for j := range v {
			for i := range h {
				units = append(units, unit{
					dc:   &d.dc[sc.td[k]],
					comp: ci,
					off:  ((y*v+j)*c.stride + x*h + i) * d.prog.per,
					step: h * d.prog.per,
				})
			}
		}
	}
	return units
}

// dcFirst decodes the first scan of DC coefficients (G.1.2.1).
func (d *decoder) dcFirst(units []unit, mcus int, al uint) error {
	s := &d.entropy
	acc, n, pos := s.acc, s.n, s.pos
	for range mcus {
		for i := range units {
			u := &units[i]
			if pos >= s.limit {
				s.acc, s.n, s.pos = acc, n, pos
				if !s.more() {
					return ErrTruncated
				}
				pos = s.pos
			}
			acc |= s.load(pos) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
			e := u.dc.step[acc>>(64-stepBits)]
			if e == 0 {
				if e = u.dc.longStep(kindDC, acc); e == 0 {
					return errBadCode
				}
			}
			dc := d.pred[u.comp] + extend(acc<<(e>>24&63), e>>16)
			d.pred[u.comp] = dc
			acc <<= e & 63
			n -= uint(e & 63)
			d.prog.coefs[u.comp][u.off] = int16(dc << al)
			u.off += u.step
		}
	}
	s.acc, s.n, s.pos = acc, n, pos
	return nil
}

// dcRefine decodes one more bit of the DC coefficients.
func (d *decoder) dcRefine(units []unit, mcus int, al uint) error {
	s := &d.entropy
	for range mcus {
		for i := range units {
			u := &units[i]
			if s.pos >= s.limit && !s.more() {
				return ErrTruncated
			}
			d.prog.coefs[u.comp][u.off] |= int16(s.bits(1) << al)
			u.off += u.step
		}
	}
	return nil
}

// acFirst decodes, for n blocks in row y from column x on, the first scan of a band (G.1.2.2).
func (d *decoder) acFirst(sc *scan, x, y, blocks int) error {
	p, s := &d.prog, &d.entropy
	c := sc.comp[0]
	h := &d.ac[sc.ta[0]]
	ss, se, al := uint(sc.ss), uint(sc.se), sc.al
	first := y*d.comps[c].stride + x
	coefs := p.coefs[c][first*p.per : (first+blocks)*p.per]
	var nonzero []uint64
	if p.nonzero[c] != nil {
		nonzero = p.nonzero[c][first : first+blocks]
	}
	acc, n, pos := s.acc, s.n, s.pos
	for b := 0; b < blocks; b++ {
		if d.eobRun > 0 {
			k := min(d.eobRun, blocks-b)
			d.eobRun -= k
			b += k - 1
			continue
		}
		if pos >= s.limit {
			s.acc, s.n, s.pos = acc, n, pos
			if !s.more() {
				return ErrTruncated
			}
			pos = s.pos
		}
		set := uint64(0)
		for k := ss; k <= se; k++ {
			acc |= s.load(pos) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
			sym, length := uint8(0), uint(0)
			if e := h.look[acc>>(64-lookBits)]; e != 0 {
				sym, length = uint8(e), uint(e>>8)
			} else if sym, length = h.find(acc); length == 0 {
				return errBadCode
			}
			acc <<= length & 63
			n -= length
			run, size := uint(sym>>4), uint(sym&15)
			if size == 0 {
				if run == 15 {
					k += 15
					continue
				}
				d.eobRun = 1<<run - 1 + int(acc>>1>>(63-run))
				acc <<= run
				n -= run
				break
			}
			if k += run; k > se {
				break // Only damaged data does that. There is no value.
			}
			set |= 1 << (k & 63)
			if slot := int(p.slot[k&63]); slot < p.per {
				coefs[b*p.per+slot] = int16(extend(acc, uint32(size)) << al)
			}
			acc <<= size & 63
			n -= size
		}
		if nonzero != nil {
			nonzero[b] |= set
		}
	}
	s.acc, s.n, s.pos = acc, n, pos
	return nil
}

// acRefine decodes, for n blocks in row y from column x on, one more bit of a band (G.1.2.3). In a block that is not part of
// an end-of-band run, each symbol gives a run of coefficients that stay zero, and then one that becomes 1 or -1 in this bit, or
// another zero. The symbol is followed by that one's sign, and by one correction bit for each coefficient passed that is not
// zero already. Behind the last symbol follow the correction bits for the rest of the band.
func (d *decoder) acRefine(sc *scan, x, y, blocks int) error {
	p, s := &d.prog, &d.entropy
	c := sc.comp[0]
	h := &d.ac[sc.ta[0]]
	inBand, wanted := band(sc.ss, sc.se), p.wanted
	delta := int16(1) << sc.al
	first := y*d.comps[c].stride + x
	coefs := p.coefs[c][first*p.per : (first+blocks)*p.per]
	nonzero := p.nonzero[c][first : first+blocks]
	acc, n, pos := s.acc, s.n, s.pos
	for b := 0; b < blocks; b++ {
		rest := inBand // what is still to come of the band
		set := nonzero[b]
		if d.eobRun > 0 && set&inBand == 0 {
			d.eobRun--
			if p.idle--; p.idle < 0 {
				return errTooMuchWork
			}
			continue
		}
		if pos >= s.limit {
			s.acc, s.n, s.pos = acc, n, pos
			if !s.more() {
				return ErrTruncated
			}
			pos = s.pos
		}
		for d.eobRun == 0 && rest != 0 {
			acc |= s.load(pos) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
			sym, length := uint8(0), uint(0)
			if e := h.look[acc>>(64-lookBits)]; e != 0 {
				sym, length = uint8(e), uint(e>>8)
			} else if sym, length = h.find(acc); length == 0 {
				return errBadCode
			}
			acc <<= length & 63
			n -= length
			run, size := uint(sym>>4), uint(sym&15)
			if size > 1 {
				return FormatError("bad refinement")
			}
			if size == 0 && run < 15 {
				d.eobRun = 1<<run + int(acc>>1>>(63-run))
				acc <<= run
				n -= run
				break
			}
			value := delta
			if size == 1 {
				if acc>>63 == 0 {
					value = -delta
				}
				acc <<= 1
				n--
			}

			// The coefficient at which the run ends is the zero number run+1.
			zeros := rest &^ set
			for range run {
				zeros &= zeros - 1
			}
			if zeros == 0 {
				return FormatError("run leads out of the band")
			}
			at := zeros & -zeros
			passed := rest & set & (at - 1)
			rest &= ^(at - 1) ^ at
			if passed != 0 {
				// After the symbol's refill, its code of at most 16 bits and a sign, there are 39 bits.
				count := uint(bits.OnesCount64(passed))
				if count > 39 {
					acc |= s.load(pos) >> (n & 63)
					pos += int(63-n) >> 3
					n |= 56
				}
				if passed&wanted != 0 {
					d.correct(coefs[b*p.per:(b+1)*p.per], passed, acc, delta)
				}
				if count > 56 {
					acc <<= 32
					n -= 32
					count -= 32
					acc |= s.load(pos) >> (n & 63)
					pos += int(63-n) >> 3
					n |= 56
				}
				acc <<= count & 63
				n -= count
			}
			if size == 1 {
				set |= at
				if slot := int(p.slot[bits.TrailingZeros64(at)&63]); slot < p.per {
					coefs[b*p.per+slot] = value
				}
			}
		}
		if d.eobRun > 0 {
			d.eobRun--
			if passed := rest & set; passed != 0 {
				acc |= s.load(pos) >> (n & 63)
				pos += int(63-n) >> 3
				n |= 56
				if passed&wanted != 0 {
					d.correct(coefs[b*p.per:(b+1)*p.per], passed, acc, delta)
				}
				count := uint(bits.OnesCount64(passed))
				if count > 56 {
					acc <<= 32
					n -= 32
					count -= 32
					acc |= s.load(pos) >> (n & 63)
					pos += int(63-n) >> 3
					n |= 56
				}
				acc <<= count & 63
				n -= count
			}
		}
		nonzero[b] = set
	}
	s.acc, s.n, s.pos = acc, n, pos
	return nil
}

var errTooMuchWork = FormatError("too many scans without data")

// correct applies correction bits to those coefficients in passed that are kept. The bits, one for each coefficient in passed,
// are at the top of acc. (A refill makes all 64 bits of acc right, though n accounts for 56 to 63, so there are enough.)
func (d *decoder) correct(coefs []int16, passed, acc uint64, delta int16) {
	p := &d.prog
	for w := passed & p.wanted; w != 0; w &= w - 1 {
		lowest := w & -w
		bit := acc << (uint(bits.OnesCount64(passed&(lowest-1))) & 63) >> 63
		c := &coefs[p.slot[bits.TrailingZeros64(w)&63]]
		change := delta * int16(bit)
		if *c < 0 {
			change = -change
		}
		*c += change
	}
}

// reconstruct transforms all blocks to the planes.
func (d *decoder) reconstruct() {
	p := &d.prog
	for i := range d.Components {
		c, plane := &d.comps[i], &d.planes[i]
		if !d.scanned[i] {
			continue
		}
		q := multipliers(&p.quant[i], d.denom)
		var quant [64]int32 // by slot
		for k, slot := range p.slot {
			if int(slot) < p.per {
				quant[slot] = q[k]
			}
		}
		for y := range c.blocksY {
			coefs := p.coefs[i][y*c.stride*p.per:]
			for x := range c.blocksX {
				b := coefs[x*p.per : (x+1)*p.per]
				pix := plane.pix[y*d.size*plane.stride+x*d.size:]
				switch d.denom {
				case 8:
					pix[0] = byte(clamp((int(b[0])*int(quant[0]) + roundReduced) >> shiftReduced))
				case 4:
					_ = b[3]
					store2x2(pix, plane.stride, int(b[0])*int(quant[0])+roundReduced,
						int(b[1])*int(quant[1]), int(b[2])*int(quant[2]), int(b[3])*int(quant[3]))
				default:
					var full block
					for k, v := range b {
						full[k&63] = int32(v) * quant[k&63]
					}
					if d.denom == 2 {
						full.store4x4(pix, plane.stride)
					} else {
						full.store8x8(pix, plane.stride)
					}
				}
			}
		}
	}
}
