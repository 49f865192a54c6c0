package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
)

// A grid says what becomes of a picture before imaging reduces it.
type grid struct {
	canvas image.Point
	frame  image.Rectangle // where on a white canvas the picture is
	cells  image.Point     // what the canvas is averaged to
	sharp  bool            // down, it is not reduced further, and is given back what means lack
	grey   bool
}

// flatten draws a picture, whose rows next gives from the top on, on the canvas, and averages that
// to cells. What comes of it flatten hands to emit in strips of so many rows, from the top on, the
// last perhaps with fewer: *image.Gray or *image.NRGBA, opaque, with top left (0, 0), which is only
// lent. The canvas itself is never allocated, and no work is done where the frame is not.
func flatten(next func(line []uint8) error, g grid, rows int, emit func(strip image.Image)) error {
	if !g.frame.In(image.Rectangle{Max: g.canvas}) || g.frame.Empty() {
		return fmt.Errorf("frame at %v on a canvas of %v", g.frame, g.canvas)
	}
	size := g.cells
	rows = min(rows, size.Y)
	channels, bytes := 3, 4 // read, and made, a pixel
	if g.grey {
		channels, bytes = 1, 1
	}
	pix := make([]uint8, bytes*size.X*rows)
	row := averagedRows(next, g, channels, bytes)
	if size == g.canvas { // each cell is a pixel
		row = storedRows(next, g.frame, channels, bytes)
	}
	for from := 0; from < size.Y; from += rows {
		n := min(rows, size.Y-from)
		strip := pix[:bytes*size.X*n]
		strip[0] = 0xff // all is white, by copies of twice as much each
		for filled := 1; filled < len(strip); filled *= 2 {
			copy(strip[filled:], strip[:filled])
		}
		for y := range n {
			if err := row(strip[bytes*size.X*y:][:bytes*size.X], from+y); err != nil {
				return err
			}
		}
		r := image.Rect(0, 0, size.X, n)
		if g.grey {
			emit(&image.Gray{Pix: strip, Stride: size.X, Rect: r})
		} else {
			emit(&image.NRGBA{Pix: strip, Stride: 4 * size.X, Rect: r})
		}
	}
	return nil
}

// storedRows returns a function that writes row y of the canvas, of so many bytes a pixel, to a white
// row; all rows in turn.
func storedRows(next func(line []uint8) error, frame image.Rectangle, channels, bytes int) func(row []uint8, y int) error {
	line := make([]uint8, channels*frame.Dx())
	return func(row []uint8, y int) error {
		if y < frame.Min.Y || y >= frame.Max.Y {
			return nil
		}
		if err := next(line); err != nil {
			return err
		}
		storePixels(row[bytes*frame.Min.X:bytes*frame.Max.X], line, channels)
		return nil
	}
}

// averagedRows is storedRows for rows of cells.
func averagedRows(next func(line []uint8) error, g grid, channels, bytes int) func(row []uint8, y int) error {
	var (
		frame  = g.frame
		n      = channels * frame.Dx()
		line   = make([]uint8, paddedLine(n))
		across = sharesOf(g.canvas.X, g.cells.X)[frame.Min.X:frame.Max.X]
		down   = sharesOf(g.canvas.Y, g.cells.Y)[frame.Min.Y:frame.Max.Y]
		x0     = int(across[0].cell)
		x1     = min(int(across[len(across)-1].cell)+2, g.cells.X)
		first  = int(down[0].cell) // of the rows that lines have a share of
		last   = min(int(down[len(down)-1].cell)+1, g.cells.Y-1)
		cells  = newCells(across, channels)
		made   = max(first-2, 0) // rows
	)
	return func(row []uint8, y int) error {
		if y < first-1 || y > last+1 {
			return nil
		}
		for ; made <= min(y+1, g.cells.Y-1); made++ {
			if made < first || made > last {
				cells.white(made)
				continue
			}
			for ; len(down) > 0 && int(down[0].cell) <= made; down = down[1:] {
				if err := next(line[:n]); err != nil {
					return err
				}
				cells.add(line, down[0])
			}
			cells.average(made)
		}
		cells.store(row[bytes*x0:bytes*x1], bytes, y, g.cells.Y, g.sharp)
		return nil
	}
}

// storePixels stores a line of pixels, grey ones as they are, and others with their opacity.
func storePixels(row, line []uint8, channels int) {
	if channels == 1 {
		copy(row, line)
		return
	}
	for len(row) >= 4 && len(line) >= 3 {
		row[0], row[1], row[2] = line[0], line[1], line[2]
		row, line = row[4:], line[3:]
	}
}

// rows returns a function that writes row y of m, counted from 0, to line,
// opaque on white: one byte a pixel for grey, else R, G and B. It checks
// first that m holds every sample that its bounds promise.
func rows(m image.Image, grey bool) (func(y int, line []uint8), error) {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	ok := false
	var row func(y int, line []uint8)
	switch m := m.(type) {
	case *image.Gray:
		ok = covers(m.Pix, m.Stride, w, h)
		row = func(y int, line []uint8) { greyRow(line, m.Pix[y*m.Stride:], w, 1, grey) }
	case *image.Gray16:
		ok = covers(m.Pix, m.Stride, 2*w, h)
		row = func(y int, line []uint8) { greyRow(line, m.Pix[y*m.Stride:], w, 2, grey) }
	case *image.RGBA:
		ok = covers(m.Pix, m.Stride, 4*w, h) && !grey
		row = func(y int, line []uint8) { rgbaRow(line, m.Pix[y*m.Stride:], w) }
	case *image.NRGBA:
		ok = covers(m.Pix, m.Stride, 4*w, h)
		row = func(y int, line []uint8) { nrgbaRow(line, m.Pix[y*m.Stride:], w, grey) }
	case *image.RGBA64:
		ok = covers(m.Pix, m.Stride, 8*w, h) && !grey
		row = func(y int, line []uint8) { rgba64Row(line, m.Pix[y*m.Stride:], w) }
	case *image.NRGBA64:
		ok = covers(m.Pix, m.Stride, 8*w, h)
		row = func(y int, line []uint8) { nrgba64Row(line, m.Pix[y*m.Stride:], w, grey) }
	case *image.Paletted:
		ok = covers(m.Pix, m.Stride, w, h) && !grey
		table := flatPalette(m.Palette)
		row = func(y int, line []uint8) { indexRow(line, m.Pix[y*m.Stride:y*m.Stride+w], table) }
	case *image.YCbCr:
		ok = plain(m) && !grey
		row = func(y int, line []uint8) { ycbcrRow(line, m, y, w) }
	case *image.NYCbCrA:
		ok = plain(&m.YCbCr) && covers(m.A, m.AStride, w, h) && !grey
		row = func(y int, line []uint8) {
			ycbcrRow(line, &m.YCbCr, y, w)
			for x, a := range m.A[y*m.AStride : y*m.AStride+w] {
				if a != 0xff {
					p := line[3*x : 3*x+3]
					p[0], p[1], p[2] = onWhite(p[0], a), onWhite(p[1], a), onWhite(p[2], a)
				}
			}
		}
	default:
		return nil, fmt.Errorf("unsupported pixel type %T", m)
	}
	if !ok {
		return nil, errors.New("decoder returned a damaged picture")
	}
	return row, nil
}

// onWhite returns a sample of opacity a as it shows on white.
func onWhite(v, a uint8) uint8 {
	return uint8((uint32(v)*uint32(a) + 0xff*(0xff-uint32(a)) + 0x7f) / 0xff)
}

// onWhite16 is onWhite for 16 bit samples, big-endian, and returns 8 bits.
func onWhite16(v, a []uint8) uint8 {
	alpha := uint32(a[0])<<8 | uint32(a[1])
	if alpha == 0xffff {
		return v[0]
	}
	return uint8(((uint32(v[0])<<8|uint32(v[1]))*alpha/0xffff + 0xffff - alpha) >> 8)
}

func greyRow(line, pix []uint8, w, bytes int, grey bool) {
	if grey && bytes == 1 {
		copy(line, pix[:w])
		return
	}
	for x := range w {
		v := pix[bytes*x]
		if grey {
			line[x] = v
		} else {
			line[3*x], line[3*x+1], line[3*x+2] = v, v, v
		}
	}
}

// rgbaRow reads samples that are already multiplied by their opacity.
func rgbaRow(line, pix []uint8, w int) {
	for x := range w {
		p, q := pix[4*x:4*x+4:4*x+4], line[3*x:3*x+3:3*x+3]
		bare := 0xff - p[3]
		q[0], q[1], q[2] = p[0]+min(bare, 0xff-p[0]), p[1]+min(bare, 0xff-p[1]), p[2]+min(bare, 0xff-p[2])
	}
}

func nrgbaRow(line, pix []uint8, w int, grey bool) {
	for x := range w {
		p := pix[4*x : 4*x+4 : 4*x+4]
		if grey {
			line[x] = onWhite(p[0], p[3])
			continue
		}
		q := line[3*x : 3*x+3 : 3*x+3]
		if p[3] == 0xff {
			q[0], q[1], q[2] = p[0], p[1], p[2]
			continue
		}
		q[0], q[1], q[2] = onWhite(p[0], p[3]), onWhite(p[1], p[3]), onWhite(p[2], p[3])
	}
}

// rgba64Row reads what image/png makes of 16 bit RGB, which is opaque.
func rgba64Row(line, pix []uint8, w int) {
	for x := range w {
		p, q := pix[8*x:8*x+8:8*x+8], line[3*x:3*x+3:3*x+3]
		q[0], q[1], q[2] = p[0], p[2], p[4]
	}
}

func nrgba64Row(line, pix []uint8, w int, grey bool) {
	for x := range w {
		p := pix[8*x : 8*x+8 : 8*x+8]
		if grey {
			line[x] = onWhite16(p, p[6:])
			continue
		}
		q := line[3*x : 3*x+3 : 3*x+3]
		q[0], q[1], q[2] = onWhite16(p, p[6:]), onWhite16(p[2:], p[6:]), onWhite16(p[4:], p[6:])
	}
}

// ycbcrRow converts by JFIF's equations (ITU-T T.871, 7).
func ycbcrRow(line []uint8, m *image.YCbCr, y, w int) {
	luma := m.Y[y*m.YStride:]
	c := y / chromaY(m.SubsampleRatio) * m.CStride
	cb, cr := m.Cb[c:], m.Cr[c:]
	shift := chromaX(m.SubsampleRatio) >> 1 // 1, 2 or 4 pixels a sample: 0, 1 or 2
	for x := range w {
		q := line[3*x : 3*x+3 : 3*x+3]
		q[0], q[1], q[2] = color.YCbCrToRGB(luma[x], cb[x>>shift], cr[x>>shift])
	}
}

// plain reports whether m begins at (0, 0) and holds all of its samples.
func plain(m *image.YCbCr) bool {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	cw, ch := ceilDiv(w, chromaX(m.SubsampleRatio)), ceilDiv(h, chromaY(m.SubsampleRatio))
	return m.Rect.Min == (image.Point{}) && covers(m.Y, m.YStride, w, h) &&
		covers(m.Cb, m.CStride, cw, ch) && covers(m.Cr, m.CStride, cw, ch)
}

// chromaX and chromaY return how many pixels across and down share a chroma
// sample.
func chromaX(r image.YCbCrSubsampleRatio) int {
	switch r {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		return 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		return 4
	}
	return 1
}

func chromaY(r image.YCbCrSubsampleRatio) int {
	switch r {
	case image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio410:
		return 2
	}
	return 1
}

// indexRow writes the colours of a row of indexes. A word is stored for each pixel, whose fourth byte
// the next one covers.
func indexRow(line, row []uint8, table *flatColors) {
	for len(row) >= 4 && len(line) > 3*4 {
		to, from := (*[3*4 + 1]uint8)(line), (*[4]uint8)(row)
		binary.LittleEndian.PutUint32(to[0:], table[from[0]])
		binary.LittleEndian.PutUint32(to[3:], table[from[1]])
		binary.LittleEndian.PutUint32(to[6:], table[from[2]])
		binary.LittleEndian.PutUint32(to[9:], table[from[3]])
		line, row = line[3*4:], row[4:]
	}
	for x, i := range row {
		c := table[i]
		line[3*x], line[3*x+1], line[3*x+2] = uint8(c), uint8(c>>8), uint8(c>>16)
	}
}

// flatColors are a palette's colours, R in the lowest byte of a word, then G and B.
type flatColors [256]uint32

// flatPalette returns a palette's colours on white. Indexes beyond it are
// black, as in image/png.
func flatPalette(p color.Palette) *flatColors {
	var table flatColors
	for i, c := range p[:min(len(p), 256)] {
		if c == nil {
			continue
		}
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		r, g, b := onWhite(n.R, n.A), onWhite(n.G, n.A), onWhite(n.B, n.A)
		table[i] = uint32(r) | uint32(g)<<8 | uint32(b)<<16
	}
	return &table
}
