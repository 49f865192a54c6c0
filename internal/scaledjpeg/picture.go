package scaledjpeg

import (
	"image"
	"image/color"
)

// image makes the decoded planes a picture, by the rules of image/jpeg.
func (d *decoder) image() image.Image {
	r := image.Rect(0, 0, ceilDiv(d.Width, d.denom), ceilDiv(d.Height, d.denom))
	if d.Components == 1 {
		return &image.Gray{Pix: d.planes[0].pix, Stride: d.planes[0].stride, Rect: r}
	}
	if d.Components == 4 {
		return d.cmyk(r)
	}
	if d.isRGB(d.app) {
		d.resample(r)
		img := image.NewRGBA(r)
		for c := range 3 {
			d.interleave(img.Pix, img.Stride, r, c)
		}
		for i := 3; i < len(img.Pix); i += 4 {
			img.Pix[i] = 255
		}
		return img
	}
	ratio, ok := d.ratio()
	if !ok {
		d.resample(r)
		ratio = image.YCbCrSubsampleRatio444
	}
	y, cb, cr := &d.planes[0], &d.planes[1], &d.planes[2]
	return &image.YCbCr{
		Y: y.pix, Cb: cb.pix, Cr: cr.pix,
		YStride: y.stride, CStride: cb.stride,
		SubsampleRatio: ratio,
		Rect:           r,
	}
}

// resample makes all planes the picture's size, by repetition of samples, if they are not.
func (d *decoder) resample(r image.Rectangle) {
	same := true
	for _, c := range d.comps[:d.Components] {
		same = same && c.h == d.hmax && c.v == d.vmax
	}
	if same {
		return
	}
	w, h := r.Dx(), r.Dy()
	for i := range d.Components {
		c, p := &d.comps[i], &d.planes[i]
		q := plane{pix: make([]byte, w*h), stride: w}
		for y := range h {
			src := p.pix[((2*y+1)*c.v/(2*d.vmax))*p.stride:]
			dst := q.pix[y*w : y*w+w]
			for x := range dst {
				dst[x] = src[(2*x+1)*c.h/(2*d.hmax)]
			}
		}
		d.planes[i] = q
	}
}

// interleave writes plane c to every fourth byte of pix.
func (d *decoder) interleave(pix []byte, stride int, r image.Rectangle, c int) {
	p := &d.planes[c]
	for y := range r.Dy() {
		dst := pix[y*stride:][:4*r.Dx()]
		for x, v := range p.pix[y*p.stride:][:r.Dx()] {
			dst[4*x+c] = v
		}
	}
}

// cmyk returns a picture of four components. Adobe's programs store ink amounts inverted, 255 for no ink, and say so with
// their marker; browsers take every file so. With a transform, cyan, magenta and yellow are stored as the YCbCr form of red,
// green and blue, which are their inverses.
func (d *decoder) cmyk(r image.Rectangle) image.Image {
	d.resample(r)
	img := image.NewCMYK(r)
	for c := range 4 {
		d.interleave(img.Pix, img.Stride, r, c)
	}
	switch {
	case !d.app.adobe || d.app.transform == 0:
		for i := range img.Pix {
			img.Pix[i] = 255 - img.Pix[i]
		}
	default:
		for i := 0; i < len(img.Pix); i += 4 {
			p := img.Pix[i : i+4 : i+4]
			p[0], p[1], p[2] = color.YCbCrToRGB(p[0], p[1], p[2])
			p[3] = 255 - p[3]
		}
	}
	return img
}
