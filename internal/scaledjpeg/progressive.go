package scaledjpeg

import (
	"math"
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

	// last is how many low bits the last scan of a coefficient leaves out (Al), by component and
	// zigzag index; lastNeeded is the same for the last scan that is needed.
	last, lastNeeded [maxComponents][64]uint8

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
	p.coefBuf, p.nonzeroBuf = zeros(p.coefBuf, total*p.per), zeros(p.nonzeroBuf, totalHistory)
	coefs, nonzero := p.coefBuf, p.nonzeroBuf
	for c := range d.Components {
		blocks := d.comps[c].stride * d.comps[c].rows
		p.coefs[c], coefs = coefs[:blocks*p.per], coefs[blocks*p.per:]
		if history[c] {
			p.nonzero[c], nonzero = nonzero[:blocks], nonzero[blocks:]
		}
	}
}

// zeros returns n zeros, in buf if they fit.
func zeros[T int16 | uint64](buf []T, n int) []T {
	if cap(buf) < n {
		return make([]T, n)
	}
	buf = buf[:n]
	clear(buf)
	return buf
}

// A plannedScan is what plan must know of a scan.
type plannedScan struct {
	comp   uint8
	ah, al uint8
	band   uint64 // of zigzag indexes; 0 for a DC scan
}

// plan finds out which scans are needed, and for which components it must be known which
// coefficients are not zero. It goes through the headers of all scans to come, and then back from
// the last to the first, knowing at each point which coefficients' values or being zero will matter.
func (d *decoder) plan(b []byte, i int) (history [maxComponents]bool) {
	p := &d.prog
	var buf [maxScans]plannedScan
	scans := buf[:0]
	for len(scans) < maxScans {
		sc, err := d.parseScan(b)
		if err != nil {
			break
		}
		s := plannedScan{comp: sc.comp[0], ah: uint8(sc.ah), al: uint8(sc.al)}
		if sc.ss > 0 {
			s.band = band(sc.ss, sc.se)
		}
		scans = append(scans, s)
		if b, i = nextScan(d.data, behind(d.data, i)); b == nil {
			break
		}
	}

	matters := [maxComponents]uint64{p.wanted, p.wanted, p.wanted, p.wanted}
	negligible := d.negligible(scans)
	p.needed = append(p.needed, make([]bool, len(scans))...)
	for k := len(scans) - 1; k >= 0; k-- {
		s := &scans[k]
		m := &matters[s.comp]
		switch {
		case s.band == 0:
			p.needed[k] = true
		case s.ah > 0 && s.al < negligible[s.comp]:
			// Left out.
		case s.band&*m != 0:
			p.needed[k] = true
			if s.ah > 0 {
				*m |= s.band
				history[s.comp] = true
			}
		}
	}
	for k, s := range scans {
		for w := s.band; w != 0; w &= w - 1 {
			at := bits.TrailingZeros64(w)
			p.last[s.comp][at] = s.al
			if p.needed[k] {
				p.lastNeeded[s.comp][at] = s.al
			}
		}
	}
	return history
}

// negligible returns how many of the lowest bits of AC coefficients are not worth decoding, by
// component: as many as keep what their lack does to a sample, by noiseOf, within noiseLimits. It is
// 0 in files whose scans are not in the order that G.1.1.1 demands: each coefficient once without its
// lowest bits, and then these one by one. In other files leaving out one scan could change what
// follows in another.
func (d *decoder) negligible(scans []plannedScan) (low [maxComponents]uint8) {
	limits := d.noiseLimits()
	if limits[0] == 0 {
		return low
	}
	const none = 255
	var al [maxComponents][64]uint8 // so far
	for c := range al {
		for k := range al[c] {
			al[c][k] = none
		}
	}
	for _, s := range scans {
		expected := s.ah
		if expected == 0 {
			expected = none
		}
		for w := s.band; w != 0; w &= w - 1 {
			l := &al[s.comp][bits.TrailingZeros64(w)]
			if *l != expected {
				return low
			}
			*l = s.al
		}
	}
	for c := range d.Components {
		quant := &d.quant[d.comps[c].tq]
		if quant[0] == 0 {
			continue // It is only defined later.
		}
		for low[c] < maxLow && noiseOf(quant, low[c]+1) <= limits[min(c, 1)] {
			low[c]++
		}
	}
	return low
}

const (
	// noisePerReduction, times by how much a picture is to be reduced, is the most that noiseOf may be
	// for bits that are left out, in levels, but at most maxNoise: what is averaged over more samples
	// may be worse in each. From pictures that are reduced by less than leastNoisy nothing is left out.
	// Measured on 12 photos of 6 to 24 megapixels, in luma, against the full-size picture reduced with
	// the same kernel: at 400 pixels they have 51 to 58 dB, and 52 to 60 if nothing is left out; at
	// 800 49 to 56, and 51 to 58; at 1600 43 to 54, and 49 to 57 or, from the full size, no error at all.
	noisePerReduction = 0.6
	maxNoise          = 4
	leastNoisy        = 1.5

	// maxChromaNoise is the same for all components but the first. Mostly these are subsampled, so
	// that less averaging follows, and flat areas of colour lose all AC coefficients: with 1.5,
	// pictures have up to 5 dB less, over red, green and blue. Nor are their scans large.
	maxChromaNoise = 0.3

	maxLow = 13 // more than the bits that coefficients have (G.1.2)
)

// noiseLimits returns the most that noiseOf may be for bits that are left out, of the first component
// and of the others: 0 if nothing is to be left out.
func (d *decoder) noiseLimits() (limits [2]float64) {
	side, longSide := float64(max(d.Width, d.Height)), float64(d.longSide)
	if longSide == 0 || side < leastNoisy*longSide {
		return limits
	}
	return [2]float64{min(noisePerReduction*side/longSide, maxNoise), maxChromaNoise}
}

// noiseOf tells by how much, in levels, the samples of a block are off if its AC coefficients lack
// their lowest bits, as many as low: the root mean square at 1/4, if all lose the most that they can.
// (In terms of idct.go, the waves of different frequencies are orthogonal and have a mean square of
// 1, so that the squares of the coefficients add up.) In fact most lose less than half of that. At
// larger scales the same three coefficients are counted: since pictures at these are reduced further,
// what lies above them is averaged out.
func noiseOf(quant *[64]uint16, low uint8) float64 {
	sum := 0.0
	for _, k := range []int{1, 2, 4} {
		lost := float64(quant[k]) * float64(int(1)<<low-1) / 8
		sum += lost * lost
	}
	return math.Sqrt(sum)
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
		return d.eachRow(sc, i, func(x, y, n int) error {
			units := d.layoutDC(sc, x, y)
			from := units[len(units)-1].off
			err := d.dcFirst(units, n, sc.al)
			d.noteDecoded(units, from)
			return err
		}), nil
	case sc.ss == 0:
		return d.eachRow(sc, i, func(x, y, n int) error { return d.dcRefine(d.layoutDC(sc, x, y), n, sc.al) }), nil
	case !d.fresh[1][sc.ta[0]]:
		return i, FormatError("missing Huffman table")
	case sc.ah == 0:
		return d.eachRow(sc, i, func(x, y, n int) error {
			err := d.acFirst(sc, x, y, n)
			d.some = d.some || err == nil && !d.overrun()
			return err
		}), nil
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
	s := d.entropy
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
			dc := s.pred[u.comp] + extend(acc<<(e>>24&63), e>>16)
			s.pred[u.comp] = dc
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
	s := d.entropy
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
			if n == 0 {
				acc |= s.load(pos)
				pos += 63 >> 3
				n = 56
			}
			d.prog.coefs[u.comp][u.off] |= int16(acc >> 63 << (al & 63))
			acc <<= 1
			n--
			u.off += u.step
		}
	}
	s.acc, s.n, s.pos = acc, n, pos
	return nil
}

// acFirst decodes, for n blocks in row y from column x on, the first scan of a band (G.1.2.2).
func (d *decoder) acFirst(sc *scan, x, y, blocks int) error {
	p, s := &d.prog, d.entropy
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
			if 1<<(k&63)&p.wanted != 0 {
				coefs[b*p.per+int(p.slot[k&63])] = int16(extend(acc, uint32(size)) << al)
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
	p, s := &d.prog, d.entropy
	c := sc.comp[0]
	h := &d.ac[sc.ta[0]]
	inBand, wanted := band(sc.ss, sc.se), p.wanted
	delta := int16(1) << sc.al
	first := y*d.comps[c].stride + x
	coefs := p.coefs[c][first*p.per : (first+blocks)*p.per]
	nonzero := p.nonzero[c][first : first+blocks]
	acc, n, pos := s.acc, s.n, s.pos
	eobRun := d.eobRun
	for b := 0; b < blocks; b++ {
		rest := inBand // what is still to come of the band
		set := nonzero[b]
		if eobRun > 0 && set&inBand == 0 {
			eobRun--
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
		for eobRun == 0 && rest != 0 {
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
				eobRun = 1<<run + int(acc>>1>>((63-run)&63))
				acc <<= run & 63
				n -= run
				break
			}
			value := delta * int16(int(acc>>63)*2-1)
			acc <<= size & 63
			n -= size

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
				if at&wanted != 0 {
					coefs[b*p.per+int(p.slot[bits.TrailingZeros64(at)&63])] = value
				}
			}
		}
		if eobRun > 0 {
			eobRun--
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
	d.eobRun = eobRun
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
			plane.grey()
			continue
		}
		q := multipliers(&p.quant[i], d.denom)
		var quant, half [64]int32 // by slot
		for k, slot := range p.slot {
			if int(slot) < p.per {
				quant[slot] = q[k]
				half[slot] = q[k] * (1<<p.lastNeeded[i][k] - 1<<p.last[i][k]) / 2
			}
		}
		for y := range c.blocksY {
			coefs := p.coefs[i][y*c.stride*p.per:][:c.blocksX*p.per]
			pix := plane.pix[y*d.size*plane.stride:]
			switch d.denom {
			case 8:
				for x, v := range coefs {
					pix[x] = byte(clamp((int(v)*int(quant[0]) + roundReduced) >> shiftReduced))
				}
			case 4:
				x := 0
				if vectorRow2x2 != nil {
					blocks := vectorRow2x2(pix, plane.stride, coefs, (*[4]int32)(quant[:]), (*[4]int32)(half[:]))
					x, coefs = 2*blocks, coefs[4*blocks:]
				}
				for ; len(coefs) >= 4; x += 2 {
					store2x2(pix[x:], plane.stride, int(coefs[0])*int(quant[0])+roundReduced,
						dequantize(coefs[1], quant[1], half[1]),
						dequantize(coefs[2], quant[2], half[2]),
						dequantize(coefs[3], quant[3], half[3]))
					coefs = coefs[4:]
				}
			case 2:
				var b [16]int32
				for x := 0; len(coefs) >= 16; x += 4 {
					if dequantizeBlock(b[:], coefs[:16], &quant, &half) {
						storeFlat4x4(pix[x:], plane.stride, int(b[0]))
					} else {
						store4x4(&b, pix[x:], plane.stride)
					}
					coefs = coefs[16:]
				}
			default:
				var b block
				for x := 0; len(coefs) >= 64; x += 8 {
					if dequantizeBlock(b[:64], coefs[:64], &quant, &half) {
						storeFlat8x8(pix[x:], plane.stride, int(b[0]))
					} else {
						b.store8x8(pix[x:], plane.stride)
					}
					coefs = coefs[64:]
				}
			}
		}
	}
}

// dequantize returns a coefficient times its multiplier, and half of what its missing bits could add.
func dequantize(v int16, quant, half int32) int {
	sign := int(v)>>15 | int(uint16(-v)>>15)
	return int(v)*int(quant) + sign*int(half)
}

// vectorRow2x2 and vectorDequantize are done by the processor's vectors, or nil. The former stores from a row of blocks of
// 2x2 coefficients as many as it does at once, and returns their number; the latter is dequantizeBlock.
var (
	vectorRow2x2     func(pix []byte, stride int, coefs []int16, quant, half *[4]int32) (blocks int)
	vectorDequantize func(b []int32, coefs []int16, quant, half *[64]int32) (flat bool)
)

// dequantizeBlock sets b to the coefficients of a block, dequantized, and reports whether all but the first are zero. Their number
// is a multiple of 16.
func dequantizeBlock(b []int32, coefs []int16, quant, half *[64]int32) (flat bool) {
	if vectorDequantize != nil {
		return vectorDequantize(b, coefs, quant, half)
	}
	return scalarDequantize(b, coefs, quant, half)
}

// scalarDequantize is dequantizeBlock without vectors.
func scalarDequantize(b []int32, coefs []int16, quant, half *[64]int32) (flat bool) {
	set := int16(0)
	for k, v := range coefs {
		b[k] = int32(dequantize(v, quant[k], half[k]))
		if k > 0 {
			set |= v
		}
	}
	return set == 0
}
