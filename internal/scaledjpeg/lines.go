package scaledjpeg

// Lines of one pixel, as drawings and screenshots have, are made of all frequencies. Reduced without the higher ones, a line comes
// out darker or lighter by where in its block it lies, so that equal lines become a pattern. In photos the higher frequencies
// carry so little that their lack does not show.
//
// So a few blocks are looked at with all their coefficients. Where what is left out of many of them is as much as lines are, the
// picture has to be decoded at a larger scale: see [DecodeTo]. (To average the samples of whole blocks would be as wrong: a mean of
// 2x2 or 4x4 samples passes much of the frequencies that the smaller picture cannot show.)

const (
	// samples is about how many MCUs are looked at; in large pictures it is one of maxUnsampled.
	samples      = 256
	maxUnsampled = 256

	// A block is taken for lined if the root mean square of what is left out is more than lined levels, and a picture if more than
	// one of linedPart of the blocks looked at are. Of a block with one black line on white it is about 80. Of 45 photos, the one
	// with the most such blocks has 3 % of them where it is decoded at 1/4 for 400 pixels, and so has the one at 1/8.
	lined     = 40
	linedPart = 20
)

// sampling returns decode with blocks looked at on the way, in a scan of so many MCUs.
func (d *decoder) sampling(total int, decode func(units []unit, mcus int) error) func(units []unit, mcus int) error {
	every := sampleEvery(total)
	return func(units []unit, mcus int) error {
		for mcus > 0 {
			n := min(mcus, d.untilSample)
			if err := decode(units, n); err != nil {
				return err
			}
			d.untilSample -= n
			if mcus -= n; mcus == 0 {
				break
			}
			d.untilSample = every - 1 + d.sampled%3 // so that the distance is not always that of something in the picture
			if err := d.lookAtMCU(units, decode); err != nil {
				return err
			}
			mcus--
		}
		return nil
	}
}

// sampleEvery returns the least distance between MCUs looked at in a scan of so many.
func sampleEvery(total int) int { return min(max(total/samples, 1), maxUnsampled) }

// lookAtMCU decodes the next MCU, and looks at its blocks of the first component.
func (d *decoder) lookAtMCU(units []unit, decode func(units []unit, mcus int) error) error {
	for i := range units {
		if units[i].comp == 0 {
			d.lookAt(&units[i])
		}
		if err := decode(units[i:i+1], 1); err != nil {
			return err
		}
	}
	return nil
}

// lookAt decodes the next block, to find out whether it is lined, and goes back to where it begins. Damage is left to be found anew.
func (d *decoder) lookAt(u *unit) {
	s := d.entropy
	if s.pos >= s.limit && !s.more() {
		return
	}
	acc, n, pos, pred := s.acc, s.n, s.pos, s.pred
	var b block
	if d.decodeBlock(u, &b) == nil {
		d.sampled++
		// By idct.go, the mean square of a block's samples is the sum of its coefficients' squares, by 64.
		sum := 0
		for i, v := range b[:64] {
			if i&7 >= d.size || i>>3 >= d.size {
				sum += int(v) * int(v)
			}
		}
		if sum > lined*lined*64 {
			d.lined++
		}
	}
	s.acc, s.n, s.pos, s.pred = acc, n, pos, pred
}
