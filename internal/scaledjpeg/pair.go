package scaledjpeg

// What one bit of a segment means is known once those before it are read, so that most of the time a processor waits for a
// look-up. Restart intervals know nothing of each other (E.1.4). Where each is a row of MCUs, as phones write them, two rows are
// decoded at 1/4 in one loop, and what belongs to one is done while the other waits. Over nine photos of phones and cameras that
// takes four fifths of the time.
//
// Only what is whole is decoded like this. If anything is wrong in either row, both are decoded anew one by one, which writes over
// what was decoded of them, and so are all that follow.

// rowsByPairs returns decode for rows of MCUs, each a restart interval, of a scan whose components have these multipliers. It
// decodes a row together with the next, and then leaves that out.
func (d *decoder) rowsByPairs(sc *scan, quant, steps *[maxComponents][64]int32, decode func(x, y, n int) error) func(x, y, n int) error {
	var others [maxMCUBlocks]unit
	whole := true
	return func(x, y, n int) error {
		if d.ahead {
			d.ahead = false
			return nil
		}
		if !whole || y+1 == d.mcusY {
			return decode(x, y, n)
		}
		marker, next := findMarker(d.data, d.first)
		if marker == markerRST0|byte(y&7) {
			units := d.layout(d.units[:0], sc, quant, steps, x, y)
			d.ahead = d.decodePair(units, d.layout(others[:0], sc, quant, steps, x, y+1), n, next)
		}
		if d.ahead {
			d.some = true
			return nil
		}
		whole = false
		d.start(d.first)
		return decode(x, y, n)
	}
}

// decodePair decodes n MCUs of the segment that was begun, and n of the one at position next in the file, whose reader is then
// d.second. It looks at the blocks that sampling would look at if the second came behind the first. If it reports false, something
// is wrong in one of them; then what has been counted does not count.
func (d *decoder) decodePair(units, others []unit, n, next int) (ok bool) {
	first, untilSample, sampled, lined := d.entropy, d.untilSample, d.sampled, d.lined
	defer func() {
		d.entropy = first
		if !ok {
			d.untilSample, d.sampled, d.lined = untilSample, sampled, lined
		}
	}()
	d.second.start(next)

	// look and otherLook are the columns in which the next MCU to be looked at is, and count and otherCount what sampled is then.
	every, lumas := sampleEvery(d.mcusX*d.mcusY), 0
	for i := range units {
		if units[i].comp == 0 {
			lumas++
		}
	}
	look, count := untilSample, sampled
	otherLook, otherCount := look, count
	for otherLook < n {
		otherLook += every + otherCount%3
		otherCount += lumas
	}
	otherLook -= n

	for x := 0; ; x++ {
		until := min(look, otherLook, n)
		if pair2x2(first, d.second, units, others, until-x, d.last2x2) != nil {
			return false
		}
		if x = until; x == n {
			break
		}
		d.entropy = first
		if x == look {
			look += every + count%3
			count += lumas
			if d.lookAtMCU(units, d.decode2x2) != nil {
				return false
			}
		} else if d.decode2x2(units, 1) != nil {
			return false
		}
		d.entropy = d.second
		if x == otherLook {
			otherLook += every + otherCount%3
			otherCount += lumas
			if d.lookAtMCU(others, d.decode2x2) != nil {
				return false
			}
		} else if d.decode2x2(others, 1) != nil {
			return false
		}
	}
	d.untilSample = otherLook - n
	return !first.overrun() && !d.second.overrun()
}

// pair2x2 does what decode2x2 does for two segments whose blocks have the same tables: s with the first units, and t.
func pair2x2(s, t *entropy, units, others []unit, mcus int, last uint) error {
	acc, n, pos := s.acc, s.n, s.pos
	accT, nT, posT := t.acc, t.n, t.pos
	var coef, coefT [256]int32 // as in decode2x2
	others = others[:len(units)]
	for range mcus {
		for i := range units {
			u, o := &units[i], &others[i]
			if pos >= s.limit {
				s.acc, s.n, s.pos = acc, n, pos
				if !s.more() {
					return ErrTruncated
				}
				pos = s.pos
			}
			if posT >= t.limit {
				t.acc, t.n, t.pos = accT, nT, posT
				if !t.more() {
					return ErrTruncated
				}
				posT = t.pos
			}
			acc |= s.load(pos) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
			accT |= t.load(posT) >> (nT & 63)
			posT += int(63-nT) >> 3
			nT |= 56

			e, f := u.dc.step[acc>>(64-stepBits)], u.dc.step[accT>>(64-stepBits)]
			if e == 0 {
				if e = u.dc.longStep(kindDC, acc); e == 0 {
					return errBadCode
				}
			}
			if f == 0 {
				if f = u.dc.longStep(kindDC, accT); f == 0 {
					return errBadCode
				}
			}
			dc := s.pred[u.comp] + extend(acc<<(e>>24&63), e>>16)
			dcT := t.pred[u.comp] + extend(accT<<(f>>24&63), f>>16)
			s.pred[u.comp], t.pred[u.comp] = dc, dcT
			acc <<= e & 63
			n -= uint(e & 63)
			accT <<= f & 63
			nT -= uint(f & 63)

			// The AC coefficients up to last. The block that has them first waits for the other: it takes no bits and stores
			// to where nothing is needed.
			head, headT := u.head[acc>>(64-headBits)], u.head[accT>>(64-headBits)]
			acc <<= head & 63
			n -= uint(head & 63)
			accT <<= headT & 63
			nT -= uint(headT & 63)
			k, kT := 1+uint(head>>6&255), 1+uint(headT>>6&255)
			coef[1], coef[2], coef[4] = int32(int16(head>>16)), int32(int16(head>>32)), int32(int16(head>>48))
			coefT[1], coefT[2], coefT[4] = int32(int16(headT>>16)), int32(int16(headT>>32)), int32(int16(headT>>48))
			for k <= last || kT <= last {
				acc |= s.load(pos) >> (n & 63)
				pos += int(63-n) >> 3
				n |= 56
				accT |= t.load(posT) >> (nT & 63)
				posT += int(63-nT) >> 3
				nT |= 56
				e, f := u.value[acc>>(64-valueBits)], u.value[accT>>(64-valueBits)]
				v, vT := int32(e)>>16, int32(f)>>16
				if e == 0 && k <= last {
					if e, v = u.ac.longValue(acc); e == 0 {
						return errBadCode
					}
				}
				if f == 0 && kT <= last {
					if f, vT = u.ac.longValue(accT); f == 0 {
						return errBadCode
					}
				}
				more, moreT := uint((int64(k)-int64(last)-1)>>63), uint((int64(kT)-int64(last)-1)>>63)
				e, f = e&uint32(more), f&uint32(moreT)
				k += uint(e >> 6 & 255)
				coef[((k-1)|^more)&255] = v
				acc <<= e & 63
				n -= uint(e & 63)
				kT += uint(f >> 6 & 255)
				coefT[((kT-1)|^moreT)&255] = vT
				accT <<= f & 63
				nT -= uint(f & 63)
			}

			// The others: side by side until one block ends or takes what skip does not know; then each for itself.
			for k < 64 && kT < 64 {
				acc |= s.load(pos) >> (n & 63)
				pos += int(63-n) >> 3
				n |= 56
				accT |= t.load(posT) >> (nT & 63)
				posT += int(63-nT) >> 3
				nT |= 56
				e, f := uint(u.skip[acc>>(64-skipBits)]), uint(u.skip[accT>>(64-skipBits)])
				next, nextT := k+e>>6, kT+f>>6
				if next > 64 && next-advanceEOB >= 64 || nextT > 64 && nextT-advanceEOB >= 64 {
					break
				}
				acc <<= e & 63
				n -= e & 63
				accT <<= f & 63
				nT -= f & 63
				k, kT = next, nextT
			}
			for k < 64 {
				if acc, n, pos, k = s.skipRest(u.skip, acc, n, pos, k); k >= 64 {
					break
				}
				s.acc, s.n, s.pos = acc, n, pos
				if k = s.skipSlow(u.ac, k); k > 64 {
					return errBadCode
				}
				acc, n, pos = s.acc, s.n, s.pos
			}
			for kT < 64 {
				if accT, nT, posT, kT = t.skipRest(u.skip, accT, nT, posT, kT); kT >= 64 {
					break
				}
				t.acc, t.n, t.pos = accT, nT, posT
				if kT = t.skipSlow(u.ac, kT); kT > 64 {
					return errBadCode
				}
				accT, nT, posT = t.acc, t.n, t.pos
			}

			q := u.quant
			store2x2(u.pix[u.off:], u.stride, int(dc)*int(q[0])+roundReduced,
				int(coef[1])*int(q[1]), int(coef[2])*int(q[2]), int(coef[4])*int(q[4]))
			store2x2(o.pix[o.off:], o.stride, int(dcT)*int(q[0])+roundReduced,
				int(coefT[1])*int(q[1]), int(coefT[2])*int(q[2]), int(coefT[4])*int(q[4]))
			u.off += u.step
			o.off += o.step
		}
	}
	s.acc, s.n, s.pos = acc, n, pos
	t.acc, t.n, t.pos = accT, nT, posT
	return nil
}
