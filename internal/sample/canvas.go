package sample

import (
	"image"
	"image/color"
	"slices"
)

// canvas is a picture being drawn, row by row. Floating-point pixels allow
// dozens of thin layers over each other without banding.
type canvas struct {
	w, h int
	unit float32 // what sizes refer to, in pixels: the width, less in a panorama
	pix  []ink
}

// reset makes c a canvas of w by h pixels, which are undefined: a scene covers
// them all.
func (c *canvas) reset(w, h int) *canvas {
	if cap(c.pix) < w*h {
		c.pix = make([]ink, max(w*h, 1<<20)) // for the next, too
	}
	*c = canvas{w: w, h: h, unit: min(float32(w), 1.5*float32(h)), pix: c.pix[:w*h]}
	return c
}

// above returns the rows above bottom as a canvas of its own.
func (c *canvas) above(bottom int) *canvas {
	return &canvas{w: c.w, h: bottom, unit: c.unit, pix: c.pix[:c.w*bottom]}
}

// paint puts something over the rows from top to bottom, pixel by pixel.
func (c *canvas) paint(top, bottom int, at func(x, y float32) ink) {
	for y := max(top, 0); y < min(bottom, c.h); y++ {
		row := c.pix[y*c.w:][:c.w]
		for x := range row {
			row[x] = at(float32(x), float32(y)).over(row[x])
		}
	}
}

// soft is paint for what is so smooth that it needs to be computed only for
// one pixel in step x step, and interpolated between.
func (c *canvas) soft(top, bottom, step int, at func(x, y float32) ink) {
	top, bottom = max(top, 0), min(bottom, c.h)
	width, per := c.w/step+2, 1/float32(step)
	grid := make([]ink, width*((bottom-top)/step+2))
	for i := range grid {
		grid[i] = at(float32(i%width*step), float32(top+i/width*step))
	}
	line := make([]ink, width)
	c.paint(top, bottom, func(x, y float32) ink {
		if x == 0 {
			v := (y - float32(top)) * per
			for i, upper := range grid[int(v)*width:][:width] {
				line[i] = upper.mix(grid[int(v+1)*width+i], v-floor(v))
			}
		}
		i := int(x * per)
		return line[i].mix(line[i+1], x*per-float32(i))
	})
}

// perPixel is how many heights an outline has for each column of pixels, so
// that what is steep has a smooth edge.
const perPixel = 3

// below paints what is between an outline and the row bottom.
func (c *canvas) below(line []float32, bottom int, at func(x, y float32) ink) {
	c.paint(int(slices.Min(line)), bottom, func(x, y float32) ink {
		l := line[perPixel*int(x):][:perPixel]
		cover := (clamp(y+1-l[0], 0, 1) + clamp(y+1-l[1], 0, 1) + clamp(y+1-l[2], 0, 1)) / perPixel
		if cover == 0 {
			return ink{}
		}
		return at(x, y).thin(cover)
	})
}

// ycbcr returns the picture as JPEG stores it (BT.601, full range), turned as
// a camera stores it whose Exif orientation is o: 1 upright, 3 upside down, 6
// and 8 on its side. As with a lens, corners are darker; and just enough noise
// is added to hide the steps of 1/255.
func (c *canvas) ycbcr(o int) *image.YCbCr {
	w, h := c.w, c.h
	if o > 4 {
		w, h = h, w
	}
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
	across, random := 2/float32(c.w), uint32(1)
	for y := range c.h {
		v := sqr(float32(2*y+1)/float32(c.h) - 1)
		for x := range c.w {
			i := y*w + x
			switch o {
			case 3:
				i = w*h - 1 - i
			case 6:
				i = (h-1-x)*w + y
			case 8:
				i = x*w + w - 1 - y
			}
			p := c.pix[y*c.w+x].dim(1 - 0.07*sqr(sqr(float32(x)*across-1)+v))
			r, g, b := rolledOff(p.r), rolledOff(p.g), rolledOff(p.b)
			luma := 0.299*r + 0.587*g + 0.114*b
			random = random*1664525 + 1013904223
			img.Y[i] = uint8(clamp(luma+float32(random>>16)*(1.6/(1<<16))-0.3, 0, 255))
			img.Cb[i] = uint8((b-luma)*(1/1.772) + 128.49) // at most 127.5 from 128
			img.Cr[i] = uint8((r-luma)*(1/1.402) + 128.49)
		}
	}
	return img
}

// rolledOff returns a component as 0 to 255. Lights are not cut, so that a sun
// has no hard edge.
func rolledOff(v float32) float32 {
	const knee = 0.9
	if v > knee {
		v = 1 - (1-knee)/(1+(v-knee)/(1-knee))
	}
	return 255 * v
}

// paletted returns the picture in 16 steps a component, which must leave it at
// most 256 colours.
func (c *canvas) paletted() *image.Paletted {
	img, index := image.NewPaletted(image.Rect(0, 0, c.w, c.h), nil), map[color.RGBA]uint8{}
	for i, p := range c.pix {
		v := color.RGBA{17 * uint8(15*p.r+0.5), 17 * uint8(15*p.g+0.5), 17 * uint8(15*p.b+0.5), 17 * uint8(15*p.a+0.5)}
		k, known := index[v]
		if !known {
			k = uint8(len(index))
			index[v], img.Palette = k, append(img.Palette, v)
		}
		img.Pix[i] = k
	}
	return img
}
