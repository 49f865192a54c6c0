package sample

import (
	"image"
	"image/color"
)

// cutOut draws the picture without a background. The pixels of what it draws
// are found by drawing it twice, over black and over white: where both come
// out alike it is opaque, where they differ most there is nothing.
func (p picture) cutOut(c *canvas) *image.NRGBA {
	c.wash(func(float32) rgb { return rgb{} })
	p.draw(c)
	black := append([]float32(nil), c.pix...)
	c.wash(func(float32) rgb { return rgb{1, 1, 1} })
	p.draw(c)
	img := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
	for i := 0; i < len(black); i += 3 {
		alpha := clamp(1-(c.pix[i]-black[i]), 0, 1)
		if alpha < 1.0/512 {
			continue
		}
		out := img.Pix[i/3*4:][:4]
		for j := range 3 {
			out[j] = uint8(clamp(black[i+j]/alpha*255+0.5, 0, 255))
		}
		out[3] = uint8(alpha*255 + 0.5)
	}
	return img
}

// paletted returns the picture with the colours that it has most of, after
// rounding; with few colours and smooth edges, as posters have them, that is
// hardly to be seen.
func (c *canvas) paletted() *image.Paletted {
	const bits = 5
	key := func(p []float32) int {
		k := 0
		for _, v := range p {
			k = k<<bits | int(clamp(v, 0, 1)*(1<<bits-1)+0.5)
		}
		return k
	}
	counts := make([]int32, 1<<(3*bits))
	for i := 0; i < len(c.pix); i += 3 {
		counts[key(c.pix[i:i+3])]++
	}
	img := image.NewPaletted(image.Rect(0, 0, c.w, c.h), popular(counts, bits))
	index := make([]uint8, len(counts))
	for k, n := range counts {
		if n > 0 {
			index[k] = uint8(img.Palette.Index(colourOf(k, bits)))
		}
	}
	for i := range img.Pix {
		img.Pix[i] = index[key(c.pix[3*i:3*i+3])]
	}
	return img
}

// popular returns the colours with the highest counts, at most 256.
func popular(counts []int32, bits int) color.Palette {
	var p color.Palette
	for least := int32(1 << 20); least > 0 && len(p) < 256; least /= 2 {
		for k, n := range counts {
			if n >= least && n < 2*least && len(p) < 256 {
				p = append(p, colourOf(k, bits))
			}
		}
	}
	return p
}

// colourOf returns the colour whose components are the digits of k.
func colourOf(k, bits int) color.RGBA {
	top := 1<<bits - 1
	return color.RGBA{uint8(k >> (2 * bits) * 255 / top), uint8(k >> bits & top * 255 / top), uint8(k & top * 255 / top), 255}
}

// turned returns the picture as a camera stores it that was held so that its
// Exif orientation is o: 3 upside down, 6 and 8 on its side. Width and height
// must be even.
func turned(img *image.YCbCr, o int) *image.YCbCr {
	if o == 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if o != 3 {
		w, h = h, w
	}
	out := image.NewYCbCr(image.Rect(0, 0, w, h), img.SubsampleRatio)
	turnPlane(out.Y, img.Y, w, h, o)
	turnPlane(out.Cb, img.Cb, w/2, h/2, o)
	turnPlane(out.Cr, img.Cr, w/2, h/2, o)
	return out
}

// turnPlane fills out, w by h samples, from in, which is upright.
func turnPlane(out, in []uint8, w, h, o int) {
	// Where in the source (0, 0) comes from, and how far it is from there to
	// what belongs to the right of it, and below.
	start, right, down := w*h-1, -1, -w // 3
	switch o {
	case 6:
		start, right, down = h-1, h, -1
	case 8:
		start, right, down = (w-1)*h, -h, 1
	}
	for y := range h {
		from := start + y*down
		for x := range w {
			out[y*w+x] = in[from]
			from += right
		}
	}
}
