package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"image/color"
	"io"

	"gallery/internal/deflate"
)

// A pngRows decodes a PNG row by row, so that the picture is never there as a whole.
//
// image/png decodes the kinds that it leaves out: interlaced pictures, whose rows come
// in seven passes, those with a colour that means transparent, and grey ones of less
// than 8 bits.
type pngRows struct {
	pixels    io.Reader // inflated
	idat      *idatReader
	atOnce    int      // rows that are decoded at once
	filtered  [][]byte // of these and paethSpare more, padded, the filter type before the first byte until it is known
	rows      [][]byte // the row before these, and these, padded with zeros in front
	have, had int      // how many of them are decoded, and had
	n         int      // bytes a row
	bpp       int      // bytes a pixel, at least 1
	left      int      // rows
	toLine    func(line, row []byte)
}

// rowPad is how many bytes there are before and behind a row, for what reads and writes by vectors.
const rowPad = 32

// byRows reports whether pngRows decodes such a picture.
func (p *pngParts) byRows() bool {
	switch {
	case p.interlaced:
		return false
	case p.color == pngPalette:
		return p.depth <= 8
	}
	return p.depth >= 8 && p.trns.n == 0
}

// newPNGRows begins to decode the picture of a layout that is byRows.
func newPNGRows(s *source, l layout) (*pngRows, error) {
	w := l.frame.Dx()
	p := &pngRows{left: l.frame.Dy()}
	channels := 1
	switch l.png.color {
	case pngGrey:
		step := l.png.depth / 8
		p.toLine = func(line, row []byte) { greyRow(line, row, w, step, true) }
	case pngGreyAlpha:
		channels = 2
		p.toLine = greyAlphaRow
		if l.png.depth == 16 {
			p.toLine = greyAlpha16Row
		}
	case pngRGB:
		channels = 3
		p.toLine = func(line, row []byte) { copy(line, row) }
		if l.png.depth == 16 {
			p.toLine = highBytes
		}
	case pngRGBA:
		channels = 4
		p.toLine = func(line, row []byte) { nrgbaRow(line, row, w, false) }
		if l.png.depth == 16 {
			p.toLine = func(line, row []byte) { nrgba64Row(line, row, w, false) }
		}
	case pngPalette:
		table, err := readPalette(s, l)
		if err != nil {
			return nil, err
		}
		depth := l.png.depth
		p.toLine = func(line, row []byte) { paletteRow(line, row, depth, table) }
	}
	p.n = (w*channels*l.png.depth + 7) / 8
	p.bpp = max(1, channels*l.png.depth/8)
	p.atOnce = 1
	spare := 0
	if paethRowsVector != nil && (p.bpp == 3 || p.bpp == 4) {
		p.atOnce, spare = paethRows, paethSpare
	}
	size := rowPad + p.n + rowPad
	block := make([]byte, (1+2*(p.atOnce+spare))*size) // one, since each is rounded up
	padded := func() (row []byte) {
		row, block = block[:size:size], block[size:]
		return row
	}
	p.rows = append(p.rows, padded())
	for range p.atOnce + spare {
		p.filtered, p.rows = append(p.filtered, padded()), append(p.rows, padded())
	}
	if err := checkChunk(s, span{8, l.png.head.n - 8}); err != nil {
		return nil, err
	}

	var idat io.Reader = s.section(l.png.idat)
	if l.png.fdat.n > 0 {
		var err error
		if _, idat, err = frameParts(s, l); err != nil {
			return nil, err
		}
	}
	p.idat = &idatReader{r: idat, sum: crc32.NewIEEE()}
	var err error
	p.pixels, err = deflate.NewReader(p.idat)
	return p, err
}

// next decodes a row to line, opaque on white: one byte a pixel where the picture is
// grey, else R, G and B. With the last row it checks that there is nothing behind.
func (p *pngRows) next(line []byte) error {
	if p.had == p.have {
		if err := p.decode(); err != nil {
			return err
		}
	}
	p.had++
	p.toLine(line, p.rows[p.had][rowPad:rowPad+p.n])
	if p.left--; p.left > 0 {
		return nil
	}
	var more [1]byte
	if n, err := io.ReadFull(p.pixels, more[:]); n > 0 || err != io.EOF { // here the stream's sum is checked
		return fmt.Errorf("behind the pixels: %d bytes, %w", n, err)
	}
	return p.idat.end()
}

// decode decodes the next rows, all of which have been had.
func (p *pngRows) decode() error {
	p.rows[0], p.rows[p.have] = p.rows[p.have], p.rows[0]
	p.have, p.had = min(p.atOnce, p.left), 0
	var filters [paethRows + 1]byte // and none behind the last
	for i, f := range p.filtered[:p.have] {
		if _, err := io.ReadFull(p.pixels, f[rowPad-1:rowPad+p.n]); err != nil {
			return fmt.Errorf("pixels: %w", unexpected(err))
		}
		filters[i], f[rowPad-1] = f[rowPad-1], 0
	}
	begin, end := rowPad-p.bpp, rowPad+p.n
	for i := 0; i < p.have; {
		if p.atOnce > 1 && filters[i] == filterPaeth && filters[i+1] == filterPaeth {
			// What this makes of other rows they are made over.
			paethRowsVector(p.rows[i:], p.filtered[i:], p.n, p.bpp)
			for filters[i] == filterPaeth {
				i++
			}
			continue
		}
		if err := unfilter(p.rows[i+1][begin:end], p.rows[i][begin:end], p.filtered[i][rowPad:end], filters[i], p.bpp); err != nil {
			return err
		}
		i++
	}
	return nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// An idatReader reads what is in a run of IDAT chunks, and checks their sums.
type idatReader struct {
	r    io.Reader
	left int64 // of the chunk, bytes
	in   bool  // in a chunk
	sum  hash.Hash32
	head [8]byte // of the chunk, or in its first half its sum
}

func (d *idatReader) Read(b []byte) (int, error) {
	for d.left == 0 {
		if err := d.end(); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(d.r, d.head[:]); err != nil {
			return 0, err // io.EOF behind the last one
		}
		d.left, d.in = int64(binary.BigEndian.Uint32(d.head[:])), true
		d.sum.Reset()
		d.sum.Write(d.head[4:])
	}
	n, err := d.r.Read(b[:min(int64(len(b)), d.left)])
	d.left -= int64(n)
	d.sum.Write(b[:n])
	return n, unexpected(err)
}

// end checks that a chunk, if there is one, is at its end, and its sum.
func (d *idatReader) end() error {
	if !d.in {
		return nil
	}
	d.in = false
	if d.left > 0 {
		return errors.New("an IDAT chunk goes on behind the pixels")
	}
	want := d.head[:4]
	if _, err := io.ReadFull(d.r, want); err != nil {
		return unexpected(err)
	}
	if d.sum.Sum32() != binary.BigEndian.Uint32(want) {
		return errors.New("damaged IDAT chunk")
	}
	return nil
}

// checkChunk checks the sum of a chunk, which begins with its length and is small.
func checkChunk(s *source, whole span) error {
	b, err := s.read(whole, 1<<10)
	if err != nil {
		return err
	}
	if n := len(b) - 4; n < 8 || crc32.ChecksumIEEE(b[4:n]) != binary.BigEndian.Uint32(b[n:]) {
		return fmt.Errorf("damaged chunk of %d bytes", len(b))
	}
	return nil
}

// readPalette reads a palette's colours on white (PNG, 11.2.2 and 11.3.1.1).
func readPalette(s *source, l layout) (*flatColors, error) {
	if l.png.plte.n == 0 {
		return nil, errors.New("no palette")
	}
	for _, p := range []span{l.png.plte, l.png.trns} {
		if p.n == 0 {
			continue
		}
		if err := checkChunk(s, p); err != nil {
			return nil, err
		}
	}
	colors, err := s.read(span{l.png.plte.off + 8, l.png.plte.n - 12}, 3<<l.png.depth)
	if err != nil || len(colors)%3 != 0 || len(colors) == 0 {
		return nil, fmt.Errorf("palette of %d bytes", l.png.plte.n-12)
	}
	var opacity []byte
	if l.png.trns.n > 0 {
		if opacity, err = s.read(span{l.png.trns.off + 8, l.png.trns.n - 12}, 256); err != nil {
			return nil, err
		}
	}
	palette := make(color.Palette, max(len(colors)/3, len(opacity)))
	for i := range palette {
		c := color.NRGBA{A: 0xff}
		if 3*i < len(colors) {
			c.R, c.G, c.B = colors[3*i], colors[3*i+1], colors[3*i+2]
		}
		if i < len(opacity) {
			c.A = opacity[i]
		}
		palette[i] = c
	}
	return flatPalette(palette), nil
}

// filterPaeth is a row's filter type (PNG, 9.2).
const filterPaeth = 4

// unfilter reverses a row's filter (PNG, 9.2). Before row, and before the row above, stand bpp bytes of 0.
func unfilter(row, above, filtered []byte, filter byte, bpp int) error {
	n := len(filtered)
	to, up, left := row[bpp:bpp+n], above[bpp:bpp+n], row[:n]
	switch filter {
	case 0:
		copy(to, filtered)
	case 1: // Sub
		for i, v := range filtered {
			to[i] = v + left[i]
		}
	case 2: // Up
		for len(to) >= 8 && len(up) >= 8 && len(filtered) >= 8 {
			binary.LittleEndian.PutUint64(to, addBytes(binary.LittleEndian.Uint64(up), binary.LittleEndian.Uint64(filtered)))
			to, up, filtered = to[8:], up[8:], filtered[8:]
		}
		for i, v := range filtered {
			to[i] = up[i] + v
		}
	case 3: // Average
		if bpp == 3 {
			average3(to, up, filtered)
			break
		}
		for i, v := range filtered {
			to[i] = v + uint8((int(left[i])+int(up[i]))/2)
		}
	case filterPaeth:
		switch {
		case paethVector != nil && (bpp == 3 || bpp == 4):
			paethVector(to, up, filtered, bpp)
		case bpp == 3:
			paeth3(to, up, filtered)
		case bpp == 4:
			paeth4(to, up, filtered)
		default:
			paethAny(to, up, filtered, bpp)
		}
	default:
		return fmt.Errorf("filter type %d", filter)
	}
	return nil
}

// average3 reverses the filter Average of pixels of three bytes, whose computations go side by side.
func average3(to, above, filtered []byte) {
	var a0, a1, a2 uint
	for len(to) >= 3 && len(above) >= 3 && len(filtered) >= 3 {
		a0 = (uint(filtered[0]) + (a0+uint(above[0]))/2) & 0xff
		a1 = (uint(filtered[1]) + (a1+uint(above[1]))/2) & 0xff
		a2 = (uint(filtered[2]) + (a2+uint(above[2]))/2) & 0xff
		to[0], to[1], to[2] = byte(a0), byte(a1), byte(a2)
		to, above, filtered = to[3:], above[3:], filtered[3:]
	}
}

// addBytes adds eight bytes to eight others, each for itself.
func addBytes(a, b uint64) uint64 {
	const high = 0x8080808080808080
	return (a&^high + b&^high) ^ (a^b)&high
}

// paeth is the predictor of PNG, 9.4, of the bytes at the left, above, and above at the left:
// that of the three that is nearest to a+b-c, a before b before c.
//
// Where c is not between a and b, the nearest is the one of these that is farther from it.
// Else a+b-c is as far from the one as c is from the other, and c is the nearest unless it is
// at least twice as far from the one as from the other: 2(hi-c) <= c-lo comes to
// hi <= 3c-(a+b), which holds as well for each c above. The compiler makes moves of these
// conditions, and no branches, which would be mispredicted.
func paeth(a, b, c int) int {
	lo, hi := min(a, b), max(a, b)
	at := 3*c - (a + b)
	p := c
	if hi <= at {
		p = lo
	}
	if at <= lo {
		p = hi
	}
	return p
}

func paethAny(to, above, filtered []byte, bpp int) {
	var a, c [8]int // left, and above at the left
	for i, v := range filtered {
		k := i % bpp
		b := int(above[i])
		to[i] = v + uint8(paeth(a[k], b, c[k]))
		a[k], c[k] = int(to[i]), b
	}
}

// paethVector is paethAny for pixels of three and of four bytes by the processor's vectors, or nil.
// paethRowsVector is that for the first paethRows rows at once, all padded, with that above before them.
var (
	paethVector     func(to, above, filtered []byte, bpp int)
	paethRowsVector func(rows, filtered [][]byte, n, bpp int)
)

// Where fewer rows than these are by this filter, those behind them are computed for nothing: of the
// last two these are no rows of the picture.
const (
	paethRows  = 4
	paethSpare = paethRows - 2
)

// paeth3 and paeth4 are paethAny for pixels of three and of four bytes, whose computations
// go side by side.
func paeth3(to, above, filtered []byte) {
	var a0, a1, a2, c0, c1, c2 int
	for len(to) >= 3 && len(above) >= 3 && len(filtered) >= 3 {
		b0, b1, b2 := int(above[0]), int(above[1]), int(above[2])
		a0 = (int(filtered[0]) + paeth(a0, b0, c0)) & 0xff
		a1 = (int(filtered[1]) + paeth(a1, b1, c1)) & 0xff
		a2 = (int(filtered[2]) + paeth(a2, b2, c2)) & 0xff
		to[0], to[1], to[2] = byte(a0), byte(a1), byte(a2)
		c0, c1, c2 = b0, b1, b2
		to, above, filtered = to[3:], above[3:], filtered[3:]
	}
}

func paeth4(to, above, filtered []byte) {
	var a0, a1, a2, a3, c0, c1, c2, c3 int
	for len(to) >= 4 && len(above) >= 4 && len(filtered) >= 4 {
		b0, b1, b2, b3 := int(above[0]), int(above[1]), int(above[2]), int(above[3])
		a0 = (int(filtered[0]) + paeth(a0, b0, c0)) & 0xff
		a1 = (int(filtered[1]) + paeth(a1, b1, c1)) & 0xff
		a2 = (int(filtered[2]) + paeth(a2, b2, c2)) & 0xff
		a3 = (int(filtered[3]) + paeth(a3, b3, c3)) & 0xff
		to[0], to[1], to[2], to[3] = byte(a0), byte(a1), byte(a2), byte(a3)
		c0, c1, c2, c3 = b0, b1, b2, b3
		to, above, filtered = to[4:], above[4:], filtered[4:]
	}
}

func greyAlphaRow(line, row []byte) {
	for i := range line {
		line[i] = onWhite(row[2*i], row[2*i+1])
	}
}

func greyAlpha16Row(line, row []byte) {
	for i := range line {
		line[i] = onWhite16(row[4*i:], row[4*i+2:])
	}
}

// highBytes takes the high bytes of 16 bit samples, which are opaque.
func highBytes(line, row []byte) {
	for i := range line {
		line[i] = row[2*i]
	}
}

func paletteRow(line, row []byte, depth int, table *flatColors) {
	if depth == 8 {
		indexRow(line, row, table)
		return
	}
	mask := byte(1<<depth - 1)
	for x := 0; len(line) >= 3; x, line = x+1, line[3:] {
		bit := x * depth
		c := table[row[bit>>3]>>(8-depth-bit&7)&mask]
		line[0], line[1], line[2] = uint8(c), uint8(c>>8), uint8(c>>16)
	}
}
