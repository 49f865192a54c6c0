package photo

import "math"

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

// Sums are of three samples at once, each in a lane of a word. They are of how much is missing to
// white, so that where there are no pixels nothing has to be added.
const (
	laneBits = 21
	oneEach  = 1 | 1<<laneBits | 1<<(2*laneBits)
	dropped  = 3         // bits of a sum across that are left out: sums of these fit their lanes
	kept     = 1<<13 - 1 // what is left of one: at most 255*whole>>dropped
)

// cells are those of two rows, the one that the next lines have a share of and the one behind it.
type cells struct {
	channels int
	across   []share     // of the pixels of a line; the first cell is 0
	rows     [2][]uint64 // sums, of rows of even and of odd numbers
}

// newCells returns the cells that lines with such shares belong to, all white.
func newCells(across []share, channels int) *cells {
	first, last := across[0].cell, across[len(across)-1].cell
	for i := range across {
		across[i].cell -= first
	}
	n := int(last-first) + 2
	return &cells{channels, across, [2][]uint64{make([]uint64, n), make([]uint64, n)}}
}

// add adds a line of pixels, shared by two rows as down says.
func (c *cells) add(line []uint8, down share) {
	rows := [2][]uint64{c.rows[down.cell&1], c.rows[(down.cell+1)&1]}
	rows[1] = rows[1][:len(rows[0])]
	put := func(cell int32, sum uint64) {
		sum = (sum + oneEach<<(dropped-1)) >> dropped & (oneEach * kept)
		rows[0][cell] += sum * uint64(down.left)
		rows[1][cell] += sum * uint64(down.right)
	}
	var cell int32
	var sum, next uint64 // of the cell, and of the one behind it
	if c.channels == 1 {
		for i, s := range c.across[:len(line)] {
			if s.cell != cell {
				put(cell, sum)
				cell, sum, next = s.cell, next, 0
			}
			missing := 0xff - uint64(line[i])
			sum += missing * uint64(s.left)
			next += missing * uint64(s.right)
		}
	} else {
		for _, s := range c.across {
			if len(line) < 3 {
				break
			}
			if s.cell != cell {
				put(cell, sum)
				cell, sum, next = s.cell, next, 0
			}
			missing := 0xff*oneEach - (uint64(line[0]) | uint64(line[1])<<laneBits | uint64(line[2])<<(2*laneBits))
			sum += missing * uint64(s.left)
			next += missing * uint64(s.right)
			line = line[3:]
		}
	}
	put(cell, sum)
	put(cell+1, next)
}

// store writes the means of the cells of row y, of so many bytes each, and makes room for row y+2.
func (c *cells) store(row []uint8, bytes, y int) {
	const shift = 16 - dropped // the shares across and down are 256 each
	sums := c.rows[y&1]
	for ; len(row) >= bytes; row, sums = row[bytes:], sums[1:] {
		missing := sums[0] + oneEach<<(shift-1)
		row[0] = 0xff - uint8(missing>>shift)
		if c.channels == 3 {
			row[1] = 0xff - uint8(missing>>(laneBits+shift))
			row[2] = 0xff - uint8(missing>>(2*laneBits+shift))
		}
	}
	clear(c.rows[y&1])
}
