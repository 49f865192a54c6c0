package sample

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas is a picture being drawn: three components a pixel, row by row, each
// about 0 to 1 and brought into that range only at the end. Its precision is
// what allows dozens of thin layers over each other without a trace of
// banding.
type canvas struct {
	w, h int
	pix  []float32
	dark float32 // how much darker the corners are to become

	// What fill works with, kept from one shape to the next: several
	// megabytes otherwise each time.
	raster *vector.Rasterizer
	mask   []uint8
}

// newCanvas returns a canvas of w by h pixels.
func newCanvas(w, h int) *canvas {
	c := &canvas{raster: new(vector.Rasterizer)}
	c.reset(w, h)
	return c
}

// reset makes c ready for another picture, of w by h pixels. What they are is
// undefined: a drawing begins with something that covers them all.
func (c *canvas) reset(w, h int) {
	c.w, c.h, c.dark = w, h, 0
	if cap(c.pix) < 3*w*h {
		c.pix = make([]float32, 3*w*h)
		c.mask = make([]uint8, w*h)
	}
	c.pix = c.pix[:3*w*h]
	c.mask = c.mask[:cap(c.mask)]
}

// upper returns the rows above bottom as a canvas of its own.
func (c *canvas) upper(bottom int) *canvas {
	return &canvas{w: c.w, h: bottom, pix: c.pix[:3*c.w*bottom], raster: c.raster, mask: c.mask}
}

// row returns the pixels of row y.
func (c *canvas) row(y int) []float32 { return c.pix[3*c.w*y : 3*c.w*(y+1)] }

// put puts i over the pixel that p begins with.
func put(p []float32, i ink) {
	k := 1 - i.a
	p[0], p[1], p[2] = p[0]*k+i.r, p[1]*k+i.g, p[2]*k+i.b
}

// wash fills the canvas, each row with one colour.
func (c *canvas) wash(colour func(y float32) rgb) {
	for y := range c.h {
		v, row := colour(float32(y)), c.row(y)
		for x := 0; x < len(row); x += 3 {
			row[x], row[x+1], row[x+2] = v.r, v.g, v.b
		}
	}
}

// mist puts something soft over the rows from top to bottom: what is computed
// at one pixel in step x step only and interpolated between.
func (c *canvas) mist(top, bottom, step int, at func(x, y float32) ink) {
	top, bottom = max(top, 0), min(bottom, c.h)
	n := c.w/step + 2
	above, below := make([]ink, n), make([]ink, n)
	line := func(y int, out []ink) {
		for i := range out {
			out[i] = at(float32(i*step), float32(y))
		}
	}
	line(top, below)
	for y := top; y < bottom; y++ {
		k := (y - top) % step
		if k == 0 {
			above, below = below, above
			line(y+step, below)
		}
		c.mistRow(c.row(y), above, below, float32(k)/float32(step), step)
	}
}

func (c *canvas) mistRow(row []float32, above, below []ink, f float32, step int) {
	between := func(i int) ink {
		a, b := &above[i], &below[i]
		return ink{a.r + (b.r-a.r)*f, a.g + (b.g-a.g)*f, a.b + (b.b-a.b)*f, a.a + (b.a-a.a)*f}
	}
	next := between(0)
	per := 1 / float32(step)
	for i, x := 0, 0; x < len(row); i++ {
		v := next
		next = between(i + 1)
		d := ink{next.r - v.r, next.g - v.g, next.b - v.b, next.a - v.a}.times(per)
		end := min(x+3*step, len(row))
		if v == (ink{}) && next == v {
			x = end
			continue
		}
		for ; x < end; x += 3 {
			put(row[x:x+3], v)
			v.r, v.g, v.b, v.a = v.r+d.r, v.g+d.g, v.b+d.b, v.a+d.a
		}
	}
}

// glow adds a light at (x, y) that falls to half at the distance r and fades
// slowly after that, as light in air does.
func (c *canvas) glow(x, y, r float32, colour rgb, power float32) {
	c.mist(0, c.h, 8, func(px, py float32) ink {
		d := ((px-x)*(px-x) + (py-y)*(py-y)) / (r * r)
		return colour.light(power / (1 + d) / (1 + d/6))
	})
}

// point is a place on a canvas, in pixels from its upper left corner.
type point struct{ x, y float32 }

// polygon is a closed line. Where polygons of one shape turn the same way
// round, overlapping does no harm; where they turn against each other, they
// cut holes.
type polygon []point

func (p *polygon) add(x, y float32) { *p = append(*p, point{x, y}) }

// disc returns a circle.
func disc(x, y, r float32) polygon {
	return sector(x, y, r, 0, 2*math.Pi)
}

// sector returns the part of a disc between two angles, in radians, clockwise
// from the right; without the centre if that is all of it.
func sector(x, y, r, from, to float32) polygon {
	n := max(8, int(abs(to-from)*sqrt(r)*2.2))
	p := make(polygon, 0, n+2)
	if abs(to-from) < 6.28 {
		p.add(x, y)
	}
	for i := range n + 1 {
		sin, cos := math.Sincos(float64(from + (to-from)*float32(i)/float32(n)))
		p.add(x+r*float32(cos), y+r*float32(sin))
	}
	return p
}

// rect returns a rectangle, clockwise as disc is.
func rect(x0, y0, x1, y1 float32) polygon {
	return polygon{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// below returns everything between a line, which has one height for each
// column, and the row bottom.
func (c *canvas) below(line []float32, bottom float32) []polygon {
	p := make(polygon, 0, len(line)+3)
	for x, y := range line {
		p.add(float32(x)+0.5, y)
	}
	p[0].x = 0
	p.add(float32(c.w), line[len(line)-1])
	p.add(float32(c.w), bottom)
	p.add(0, bottom)
	return []polygon{p}
}

// plain paints with the same ink everywhere.
func plain(i ink) func(x, y float32) ink { return func(x, y float32) ink { return i } }

// byRow paints with an ink that depends on the height only.
func byRow(colour func(y float32) ink) func(x, y float32) ink {
	last, v := float32(-1), ink{}
	return func(x, y float32) ink {
		if y != last {
			last, v = y, colour(y)
		}
		return v
	}
}

// fill fills a shape with smooth edges.
func (c *canvas) fill(shape []polygon, paint func(x, y float32) ink) {
	box := c.bounds(shape)
	if box.Empty() {
		return
	}
	r := c.raster
	r.Reset(box.Dx(), box.Dy())
	dx, dy := float32(box.Min.X), float32(box.Min.Y)
	for _, p := range shape {
		if len(p) < 3 {
			continue
		}
		r.MoveTo(p[0].x-dx, p[0].y-dy)
		for _, q := range p[1:] {
			r.LineTo(q.x-dx, q.y-dy)
		}
		r.ClosePath()
	}
	mask := &image.Alpha{Pix: c.mask[:box.Dx()*box.Dy()], Stride: box.Dx(), Rect: image.Rect(0, 0, box.Dx(), box.Dy())}
	r.DrawOp = draw.Src
	r.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	for y := range box.Dy() {
		row := c.row(box.Min.Y + y)[3*box.Min.X:]
		for x, cover := range mask.Pix[y*mask.Stride : y*mask.Stride+box.Dx()] {
			if cover == 0 {
				continue
			}
			i := paint(float32(box.Min.X+x), float32(box.Min.Y+y))
			if cover < 255 {
				i = i.times(float32(cover) / 255)
			}
			put(row[3*x:3*x+3], i)
		}
	}
}

// bounds returns the pixels that a shape can touch.
func (c *canvas) bounds(shape []polygon) image.Rectangle {
	x0, y0, x1, y1 := float32(c.w), float32(c.h), float32(0), float32(0)
	for _, p := range shape {
		for _, q := range p {
			x0, y0, x1, y1 = min(x0, q.x), min(y0, q.y), max(x1, q.x), max(y1, q.y)
		}
	}
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, float32(c.w)), min(y1, float32(c.h))
	if x0 >= x1 || y0 >= y1 {
		return image.Rectangle{}
	}
	return image.Rect(int(x0), int(y0), min(int(x1)+1, c.w), min(int(y1)+1, c.h))
}

// bloom lets what is brighter than threshold shine on its surroundings, as a
// lens does: over a few per cent of the picture, power times as bright.
func (c *canvas) bloom(threshold, power float32) {
	const cell = 6
	w, h := (c.w+cell-1)/cell, (c.h+cell-1)/cell
	small := make([][3]float32, w*h)
	for y := range c.h {
		row := c.row(y)
		for x := 0; x < c.w; x++ {
			p := row[3*x : 3*x+3]
			if m := max(p[0], p[1], p[2]); m > threshold {
				q := &small[y/cell*w+x/cell]
				k := (m - threshold) / m
				q[0], q[1], q[2] = q[0]+p[0]*k, q[1]+p[1]*k, q[2]+p[2]*k
			}
		}
	}
	for _, radius := range []int{1, 2, 3} {
		small = blur(small, w, h, radius)
	}
	power /= cell * cell
	c.mist(0, c.h, cell, func(x, y float32) ink {
		q := small[min(int(y)/cell, h-1)*w+min(int(x)/cell, w-1)]
		return ink{q[0] * power, q[1] * power, q[2] * power, 0}
	})
}

// blur returns the mean of each pixel's neighbourhood, first along the rows,
// then along the columns. Done three times it is close to a Gaussian.
func blur(in [][3]float32, w, h, radius int) [][3]float32 {
	mean := func(in, out [][3]float32, n, step int) {
		scale := 1 / float32(2*radius+1)
		var sum [3]float32
		for i := -radius; i < n; i++ {
			if k := i + radius; k < n {
				p := &in[k*step]
				sum[0], sum[1], sum[2] = sum[0]+p[0], sum[1]+p[1], sum[2]+p[2]
			}
			if i >= 0 {
				out[i*step] = [3]float32{sum[0] * scale, sum[1] * scale, sum[2] * scale}
			}
			if k := i - radius; k >= 0 {
				p := &in[k*step]
				sum[0], sum[1], sum[2] = sum[0]-p[0], sum[1]-p[1], sum[2]-p[2]
			}
		}
	}
	mid, out := make([][3]float32, len(in)), make([][3]float32, len(in))
	for y := range h {
		mean(in[y*w:], mid[y*w:], w, 1)
	}
	for x := range w {
		mean(mid[x:], out[x:], h, w)
	}
	return out
}

// vignette darkens the corners, by amount at the very end, when the picture
// is finished.
func (c *canvas) vignette(amount float32) { c.dark = amount }

// ycbcr returns the picture as JPEG stores it (BT.601, full range, colour at
// half the resolution). grain is the strength of the noise in its brightness,
// in steps of 1/255; at 1 it is just enough to hide the steps themselves.
func (c *canvas) ycbcr(grain float32) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, c.w, c.h), image.YCbCrSubsampleRatio420)
	cw := img.CStride
	cb, cr := make([]float32, cw), make([]float32, cw)
	across := make([]float32, c.w)
	for x := range across {
		u := (2*float32(x) + 1 - float32(c.w)) / float32(c.w)
		across[x] = u * u / 2
	}
	noise := ditherNoise(grain)
	state := uint32(2463534242)
	for y := range c.h {
		row, out := c.row(y), img.Y[y*img.YStride:][:c.w]
		down := (2*float32(y) + 1 - float32(c.h)) / float32(c.h)
		down *= down / 2
		for x := range out {
			d := down + across[x]
			k := 1 - c.dark*d*d
			p := row[3*x : 3*x+3]
			r, g, b := p[0]*k, p[1]*k, p[2]*k
			if r > knee || g > knee || b > knee || r < 0 || g < 0 || b < 0 {
				r, g, b = unit(r), unit(g), unit(b)
			}
			state ^= state << 13
			state ^= state >> 17
			state ^= state << 5
			luma := 0.299*r + 0.587*g + 0.114*b
			out[x] = byteOf(luma*255 + noise[state>>22])
			cb[x/2] += b - luma
			cr[x/2] += r - luma
		}
		if y&1 == 1 || y == c.h-1 {
			c.chroma(img, y, cb, cr)
		}
	}
	return img
}

// ditherNoise returns random numbers between -grain and grain. Each is the
// difference of two uniform ones, which hides steps without being stronger at
// one place between them than at another.
func ditherNoise(grain float32) *[1024]float32 {
	r := random(1)
	n := new([1024]float32)
	for i := range n {
		n[i] = (r.Float32() - r.Float32()) * grain
	}
	return n
}

// chroma stores the colour of the two rows that end with y, of which cb and
// cr hold the sums, and clears those.
func (c *canvas) chroma(img *image.YCbCr, y int, cb, cr []float32) {
	at := y / 2 * img.CStride
	share := float32(0.25)
	if y&1 == 0 { // an odd row out
		share = 0.5
	}
	for i := range cb {
		k := share
		if 2*i+1 == c.w { // an odd column out
			k *= 2
		}
		img.Cb[at+i] = byteOf(cb[i]*(255/1.772)*k + 128)
		img.Cr[at+i] = byteOf(cr[i]*(255/1.402)*k + 128)
		cb[i], cr[i] = 0, 0
	}
}

// knee is where components begin to be rolled off.
const knee = 0.9

// unit brings a component into 0 to 1. The brightest lights are rolled off
// rather than cut, so that a sun has no hard edge.
func unit(v float32) float32 {
	if v > knee {
		v = 1 - (1-knee)/(1+(v-knee)/(1-knee))
	}
	if v < 0 {
		return 0
	}
	return v
}

// byteOf rounds a sample to the nearest that a byte can hold.
func byteOf(v float32) uint8 {
	i := int(v + 0.5)
	if uint(i) < 256 {
		return uint8(i)
	}
	if i < 0 {
		return 0
	}
	return 255
}
