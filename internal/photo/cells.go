package photo

import (
	"image"
	"math/bits"
)

// A grid divides a line of pixels into cells of equal size, which need not be whole pixels. Its
// lengths are in units of which a pixel and a cell have whole numbers, as small as can be.
type grid struct{ pixel, cell int64 }

// newGrid divides n pixels into cells, at most n of them.
func newGrid(n, cells int) grid {
	a, b := int64(n), int64(cells)
	for b != 0 {
		a, b = b, a%b
	}
	return grid{int64(cells) / a, int64(n) / a}
}

// first and last return the first and the last cell that pixel x lies in.
func (g grid) first(x int) int { return int(int64(x) * g.pixel / g.cell) }
func (g grid) last(x int) int  { return int((int64(x+1)*g.pixel - 1) / g.cell) }

// extent returns the pixels of cell i, as far as they are among those from low on, up to high.
func (g grid) extent(i, low, high int) (s extent) {
	begin, end := int64(i)*g.cell, int64(i+1)*g.cell
	s.from, s.to = max(int(begin/g.pixel), low), min(int((end+g.pixel-1)/g.pixel), high)
	length := func(x int) uint64 { // of the part of pixel x that lies in the cell
		return uint64(min(int64(x+1)*g.pixel, end) - max(int64(x)*g.pixel, begin))
	}
	if s.from < s.to {
		s.first, s.last = length(s.from), length(s.to-1)
	}
	return s
}

// An extent is the pixels of a cell from the one on, up to the other. Of the first and of the last
// it has lengths of their own; where both are one, they are alike.
type extent struct {
	from, to    int
	first, last uint64
}

// length returns how much of pixel x the cell has, where a whole one is so long.
func (s extent) length(x int, pixel int64) uint64 {
	switch x {
	case s.from:
		return s.first
	case s.to - 1:
		return s.last
	}
	return uint64(pixel)
}

// sum is the length of all pixels.
func (s extent) sum(pixel int64) uint64 {
	if s.to-s.from == 1 {
		return s.first
	}
	return s.first + s.last + uint64(s.to-s.from-2)*uint64(pixel)
}

// cells are those of one row, and the sums of the pixels in them.
type cells struct {
	grid
	channels int
	extents  []extent
	whole    []uint64 // sums of the lines that lie wholly in the row
	part     []uint64 // sums of the others, times their lengths
	line     []uint64 // of the last line that does not
}

// newCells returns the cells from number from on, up to to, each with its pixels of a frame.
func newCells(g grid, from, to int, frame image.Rectangle, channels int) *cells {
	n := channels * (to - from)
	c := &cells{g, channels, make([]extent, to-from), make([]uint64, n), make([]uint64, n), make([]uint64, n)}
	for i := range c.extents {
		s := g.extent(from+i, frame.Min.X, frame.Max.X)
		s.from, s.to = s.from-frame.Min.X, s.to-frame.Min.X
		c.extents[i] = s
	}
	return c
}

// clear prepares for the next row. What it shares with the one before is kept.
func (c *cells) clear() {
	clear(c.whole)
	clear(c.part)
}

// share takes in a line that the next row has a part of as well.
func (c *cells) share(line []uint8) {
	clear(c.line)
	c.addTo(c.line, line)
}

// addPart adds a part, so long, of the line shared last.
func (c *cells) addPart(length uint64) {
	part := c.part[:len(c.line)]
	for i, v := range c.line {
		part[i] += length * v
	}
}

// addTo adds a line of pixels to sums.
func (c *cells) addTo(sum []uint64, line []uint8) {
	switch {
	case c.channels == 1:
		for i, s := range c.extents {
			p := line[s.from:s.to]
			v := s.first * uint64(p[0])
			if p = p[1:]; len(p) > 0 {
				v += s.last * uint64(p[len(p)-1])
				middle := uint64(0)
				for _, p := range p[:len(p)-1] {
					middle += uint64(p)
				}
				v += middle * uint64(c.pixel)
			}
			sum[i] += v
		}
	case c.pixel == 1: // whole pixels, each of them 1
		for _, s := range c.extents {
			var r, g, b uint64
			for p := line[3*s.from : 3*s.to]; len(p) >= 3; p = p[3:] {
				r += uint64(p[0])
				g += uint64(p[1])
				b += uint64(p[2])
			}
			to := sum[:3]
			to[0] += r
			to[1] += g
			to[2] += b
			sum = sum[3:]
		}
	default:
		pixel := uint64(c.pixel)
		for _, s := range c.extents {
			p := line[3*s.from : 3*s.to]
			r, g, b := s.first*uint64(p[0]), s.first*uint64(p[1]), s.first*uint64(p[2])
			if p = p[3:]; len(p) >= 3 {
				var mr, mg, mb uint64
				for ; len(p) >= 6; p = p[3:] {
					mr += uint64(p[0])
					mg += uint64(p[1])
					mb += uint64(p[2])
				}
				r += mr*pixel + s.last*uint64(p[0])
				g += mg*pixel + s.last*uint64(p[1])
				b += mb*pixel + s.last*uint64(p[2])
			}
			to := sum[:3]
			to[0] += r
			to[1] += g
			to[2] += b
			sum = sum[3:]
		}
	}
}

// store writes the means of the cells to row, of which each has so many bytes. down is the grid
// of the rows, and drawn the length of the lines taken in. Where there were none it is white.
func (c *cells) store(row []uint8, bytes int, down grid, drawn uint64) {
	all := uint64(c.cell) * uint64(down.cell)
	inverse := ^uint64(0)/all + 1 // a division takes many times as long
	for i, s := range c.extents {
		bare := 0xff*(all-s.sum(c.pixel)*drawn) + all/2
		to := row[bytes*i:]
		for k := range c.channels {
			v := c.whole[c.channels*i+k]*uint64(down.pixel) + c.part[c.channels*i+k]
			mean, _ := bits.Mul64(v+bare, inverse)
			to[k] = uint8(mean)
		}
	}
}
