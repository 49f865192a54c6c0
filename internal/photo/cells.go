package photo

import (
	"encoding/binary"
	"math"
)

// Before imaging reduces a picture, its pixels are averaged to fewer cells. A cell weighs the
// pixels about its centre, less the farther they are, down to nothing at the centres of the cells
// beside it: each pixel is shared among the cells between whose centres it lies. Of cells that do
// not overlap, means of a picture's finest parts are false ones (aliases); of these hardly any are
// left.

// whole is what a cell's shares of its pixels add up to, in either direction.
const whole = 256

// A share says how much of a pixel, of whole, a cell has, and the cell behind it.
type share struct {
	cell        int32
	left, right uint16
}

// sharesOf shares n pixels among cells, at most n of them, of equal distances. What lies before the
// first centre is that cell's, and what lies behind the last that one's.
func sharesOf(n, cells int) []share {
	shares := make([]share, n)
	behind := func(i int) float64 { // what of pixel i is its second cell's
		at := (float64(i)+0.5)*float64(cells)/float64(n) - 0.5 // 0 is the first centre
		cell := min(max(math.Floor(at), 0), float64(cells-1))
		shares[i].cell = int32(cell)
		if at < cell || int(cell) == cells-1 {
			return 0
		}
		return at - cell
	}
	sums := make([]float64, cells+1)
	for i := range shares {
		right := behind(i)
		sums[shares[i].cell] += 1 - right
		sums[shares[i].cell+1] += right
	}
	// The running total is rounded, so that the shares add up.
	type total struct {
		exact float64
		given uint16
	}
	totals := make([]total, cells+1)
	give := func(cell int, part float64) uint16 {
		t := &totals[cell]
		t.exact += part
		more := uint16(math.Round(whole*t.exact/sums[cell])) - t.given
		t.given += more
		return more
	}
	for i := range shares {
		right := behind(i)
		s := &shares[i]
		s.left = give(int(s.cell), 1-right)
		if right > 0 {
			s.right = give(int(s.cell)+1, right)
		}
	}
	return shares
}

// Down a picture, samples are summed as they lie, four in a word: those of a line's even bytes and
// those of its odd bytes. Across, they are summed by pixels, whose three samples have a lane each.
// Sums are of how much is missing to white, so that where there are no pixels nothing has to be added.
const (
	laneBits  = 21
	oneEach   = 1 | 1<<laneBits | 1<<(2*laneBits)
	fraction  = 4                // bits that a mean keeps behind the point
	fullMean  = 0xff << fraction // of a mean
	meanMask  = 1<<(8+fraction) - 1
	halfEach  = 1 << (7 - fraction) * 0x0001000100010001
	meanEach  = meanMask * 0x0001000100010001
	evenBytes = 0x00ff00ff00ff00ff
	lineStep  = 32 // bytes: lines are summed in so many at once, the last ones perhaps of nothing
)

// Where a row of cells is a row of what is wanted, the rows beside it give back what it lacks of
// what is fine: their second difference, which for w radians from row to row is w^2, by a little more
// than the twelfth that the mean lacks. In 128ths.
const (
	centre      = unsharpened + 2*beside
	unsharpened = 128
	beside      = 13
	sharpShift  = 7 + fraction
)

// cells averages lines to rows of cells.
type cells struct {
	channels int
	across   []share        // of the pixels of a line; the first cell is 0
	sums     [2][2][]uint64 // down, for rows of even and odd number: of lines' even and odd bytes
	samples  []uint16       // means down, as they lie
	means    [3][]uint64    // of rows, in 16 bits each: row y is y%3
}

// newCells returns the cells that lines with such shares belong to, all white.
func newCells(across []share, channels int) *cells {
	first, last := across[0].cell, across[len(across)-1].cell
	for i := range across {
		across[i].cell -= first
	}
	c := &cells{channels: channels, across: across}
	n := paddedLine(channels * len(across))
	for i := range c.sums {
		c.sums[i] = [2][]uint64{make([]uint64, n/8), make([]uint64, n/8)}
	}
	c.samples = make([]uint16, n+8) // vectors read eight
	for i := range c.means {
		c.means[i] = make([]uint64, last-first+2)
	}
	return c
}

// paddedLine is how many bytes there are in a line of n that can be added.
func paddedLine(n int) int { return ceilDiv(n, lineStep) * lineStep }

// add adds a line of pixels, which is padded, shared by two rows as down says.
func (c *cells) add(line []uint8, down share) {
	rows := [2]*[2][]uint64{&c.sums[down.cell&1], &c.sums[(down.cell+1)&1]}
	if addLinesVector != nil {
		addLinesVector(rows, line, uint64(down.left), uint64(down.right))
		return
	}
	if down.right == 0 {
		addLine(rows[0], line, uint64(down.left))
		return
	}
	addLines(rows, line, uint64(down.left), uint64(down.right))
}

// addLinesVector, settleVector, acrossVector and levelsVector are addLines, settle, and for pixels of
// three samples acrossLine and levels, by the processor's vectors, or nil.
var (
	addLinesVector func(rows [2]*[2][]uint64, line []uint8, left, right uint64)
	settleVector   func(samples []uint16, sums *[2][]uint64)
	acrossVector   func(means []uint64, samples []uint16, across []share)
	levelsVector   func(row []uint8, above, here, below []uint64, centre, beside int) (done int)
)

func addLine(row *[2][]uint64, line []uint8, times uint64) {
	even := row[0][:len(line)/8]
	odd := row[1][:len(even)]
	for i := range even {
		missing := ^binary.LittleEndian.Uint64(line[8*i:])
		even[i] += missing & evenBytes * times
		odd[i] += missing >> 8 & evenBytes * times
	}
}

// addLines adds a line to two rows.
func addLines(rows [2]*[2][]uint64, line []uint8, left, right uint64) {
	even0 := rows[0][0][:len(line)/8]
	odd0, even1, odd1 := rows[0][1][:len(even0)], rows[1][0][:len(even0)], rows[1][1][:len(even0)]
	for i := range even0 {
		missing := ^binary.LittleEndian.Uint64(line[8*i:])
		even, odd := missing&evenBytes, missing>>8&evenBytes
		even0[i] += even * left
		odd0[i] += odd * left
		even1[i] += even * right
		odd1[i] += odd * right
	}
}

// average ends row y, of which all lines have been added, and makes room for row y+2.
func (c *cells) average(y int) {
	sums := &c.sums[y&1]
	if settleVector != nil {
		settleVector(c.samples, sums)
	} else {
		settle(c.samples, sums)
	}
	clear(sums[0])
	clear(sums[1])
	if acrossVector != nil && c.channels == 3 {
		acrossVector(c.means[y%3], c.samples, c.across)
		return
	}
	acrossLine(c.means[y%3], c.samples, c.across, c.channels)
}

// acrossLine averages a line across.
func acrossLine(means []uint64, samples []uint16, across []share, channels int) {
	var cell int32
	var sum, next uint64 // of the cell, and of the one behind it
	for _, s := range across {
		if s.cell != cell {
			means[cell] = mean16(sum)
			cell, sum, next = s.cell, next, 0
		}
		missing := uint64(samples[0])
		if channels == 3 {
			missing |= uint64(samples[1])<<laneBits | uint64(samples[2])<<(2*laneBits)
			samples = samples[3:]
		} else {
			samples = samples[1:]
		}
		sum += missing * uint64(s.left)
		next += missing * uint64(s.right)
	}
	means[cell], means[cell+1] = mean16(sum), mean16(next)
}

// settle puts sums down into the order of their samples, as means.
func settle(samples []uint16, sums *[2][]uint64) {
	odds := sums[1][:len(sums[0])]
	for i, even := range sums[0] {
		even = (even + halfEach) >> (8 - fraction) & meanEach
		odd := (odds[i] + halfEach) >> (8 - fraction) & meanEach
		s := samples[8*i:][:8:8]
		s[0], s[1], s[2], s[3] = uint16(even), uint16(odd), uint16(even>>16), uint16(odd>>16)
		s[4], s[5], s[6], s[7] = uint16(even>>32), uint16(odd>>32), uint16(even>>48), uint16(odd>>48)
	}
}

// mean16 returns the means of sums across, in 16 bits each.
func mean16(sum uint64) uint64 {
	sum = (sum + whole/2*oneEach) / whole
	return sum&meanMask | sum>>(laneBits-16)&(meanMask<<16) | sum>>(2*laneBits-32)&(meanMask<<32)
}

// white sets row y, of which there are no lines.
func (c *cells) white(y int) { clear(c.means[y%3]) }

// store writes row y of so many, with so many bytes for each cell. Of sharp ones the rows beside it
// are to be there, too.
func (c *cells) store(row []uint8, bytes, y, rows int, sharp bool) {
	here := c.means[y%3][:len(row)/bytes]
	above, below := c.means[max(y-1, 0)%3][:len(here)], c.means[min(y+1, rows-1)%3][:len(here)]
	weight, weightBeside := unsharpened, 0
	if sharp {
		weight, weightBeside = centre, beside
	}
	if levelsVector != nil && c.channels == 3 {
		done := levelsVector(row, above, here, below, weight, weightBeside)
		row, above, here, below = row[bytes*done:], above[done:], here[done:], below[done:]
	}
	for i, mean := range here {
		both := above[i] + below[i]
		level := func(shift int) uint8 {
			missing := int(mean>>shift&0xffff)*weight - int(both>>shift&0xffff)*weightBeside
			v := 0xff - (missing+1<<(sharpShift-1))>>sharpShift
			if uint(v) > 0xff {
				v = min(max(v, 0), 0xff)
			}
			return uint8(v)
		}
		row[0] = level(0)
		if c.channels == 3 {
			row[1], row[2] = level(16), level(32)
		}
		row = row[bytes:]
	}
}
