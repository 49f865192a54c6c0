// Package planes reduces pictures in planar form, as JPEG files store them, to thumbnails: each plane by itself, straight to its
// final size and orientation, without a detour over red, green and blue.
package planes

import (
	"fmt"
	"image"
)

// Options say where a picture comes from and what is to become of it.
type Options struct {
	// Original is the original's size in pixels, before orientation. The picture given may be that
	// size divided by Denom, rounded up: its samples are then taken to stand for Denom x Denom
	// pixels of the original. Denom 0 means 1.
	Original image.Point
	Denom    int

	// Means says that samples are the means of their pixels, as those of a JPEG at 1/8 are. What a mean
	// lacks of high frequencies is given back.
	Means bool

	// To is the size of the result in pixels, likewise before orientation, and no larger than
	// Original in either direction.
	To image.Point

	// Orientation is Exif's (CIPA DC-008, 4.6.5.1.6): 1 to 8; anything else means 1. The result is
	// upright.
	Orientation int
}

// Reduce reduces src, which must be *image.YCbCr or *image.Gray, and returns the same kind of picture. A picture in colour comes
// back with its chroma at full resolution, whatever src has: at a thumbnail's size the chroma planes of most files have just
// about that many samples, so that it costs little, and an encoder that halves them averages better samples.
//
// It is filtered with Lanczos of three lobes, with sample positions as in JFIF: chroma samples lie
// in the middle of the luma samples they belong to.
func Reduce(src image.Image, o Options) (image.Image, error) {
	denom := max(o.Denom, 1)
	b := src.Bounds()
	if b.Empty() || b.Dx() != (o.Original.X+denom-1)/denom || b.Dy() != (o.Original.Y+denom-1)/denom {
		return nil, fmt.Errorf("planes: picture of %v is not %v at 1/%d", b.Size(), o.Original, denom)
	}
	w, h := o.To.X, o.To.Y
	if w < 1 || h < 1 || w > o.Original.X || h > o.Original.Y {
		return nil, fmt.Errorf("planes: %v is no reduction of %v", o.To, o.Original)
	}
	// Orientations from 5 on swap width and height. What is computed first lies as the source does.
	r := image.Rect(0, 0, w, h)
	if o.Orientation >= 5 && o.Orientation <= 8 {
		r = image.Rect(0, 0, h, w)
	}

	dst := newTarget(w, h, o.Orientation)
	lack := 0.0
	if o.Means {
		lack = meansLack(denom)
	}
	axes := func(samplesX, samplesY, hsub, vsub int) (x, y axis) {
		x = newAxis(w, samplesX, float64(o.Original.X)/float64(denom*hsub), horizontalBits, lack)
		y = newAxis(h, samplesY, float64(o.Original.Y)/float64(denom*vsub), verticalBits, lack)
		return x, y
	}
	switch src := src.(type) {
	case *image.Gray:
		x, y := axes(b.Dx(), b.Dy(), 1, 1)
		pix := reducePlane(dst, src.Pix[src.PixOffset(b.Min.X, b.Min.Y):], src.Stride, x, y)
		return &image.Gray{Pix: pix, Stride: r.Dx(), Rect: r}, nil
	case *image.YCbCr:
		hsub, vsub, err := subsampling(src.SubsampleRatio)
		if err != nil {
			return nil, err
		}
		if b.Min.X%hsub != 0 || b.Min.Y%vsub != 0 {
			return nil, fmt.Errorf("planes: picture begins at %v, between chroma samples", b.Min)
		}
		m := &image.YCbCr{YStride: r.Dx(), CStride: r.Dx(), SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: r}
		luma, chroma := src.YOffset(b.Min.X, b.Min.Y), src.COffset(b.Min.X, b.Min.Y)
		x, y := axes(b.Dx(), b.Dy(), 1, 1)
		m.Y = reducePlane(dst, src.Y[luma:], src.YStride, x, y)
		if hsub > 1 || vsub > 1 {
			x, y = axes((b.Dx()+hsub-1)/hsub, (b.Dy()+vsub-1)/vsub, hsub, vsub)
		}
		m.Cb = reducePlane(dst, src.Cb[chroma:], src.CStride, x, y)
		m.Cr = reducePlane(dst, src.Cr[chroma:], src.CStride, x, y)
		return m, nil
	}
	return nil, fmt.Errorf("planes: %T has no planes", src)
}

// Memory returns an upper bound, in bytes, of what reducing a picture of the size from to the size
// to allocates: the result, and what is pooled, as if nothing were.
func Memory(from, to image.Point) int64 {
	// Taps are rounded up to four, after one more than the kernel's width.
	taps := func(from, to int) int64 { return int64(2*lobes*from/max(to, 1) + 2*lobes + 8) }
	tx, ty := taps(from.X, to.X), taps(from.Y, to.Y)
	axes := 2 * (int64(to.X)*(8*tx+8) + int64(to.Y)*(8*ty+8) + 16*tx + 16*ty)
	words := int64(from.X)/3 + 2
	buffers := 8 * (words*ty + words + max(3*words, tx))
	return 3*int64(to.X)*int64(to.Y) + axes + 2*buffers
}

func subsampling(ratio image.YCbCrSubsampleRatio) (h, v int, err error) {
	switch ratio {
	case image.YCbCrSubsampleRatio444:
		return 1, 1, nil
	case image.YCbCrSubsampleRatio422:
		return 2, 1, nil
	case image.YCbCrSubsampleRatio420:
		return 2, 2, nil
	case image.YCbCrSubsampleRatio440:
		return 1, 2, nil
	case image.YCbCrSubsampleRatio411:
		return 4, 1, nil
	case image.YCbCrSubsampleRatio410:
		return 4, 2, nil
	}
	return 0, 0, fmt.Errorf("planes: unknown subsampling ratio %v", ratio)
}

// A target is where the samples of a plane go, in any orientation: that at column x and row y of the picture as it lies to index
// origin+x*dx+y*dy.
type target struct{ origin, dx, dy int }

// newTarget returns the target for a picture that lies w samples wide and h high.
func newTarget(w, h, orientation int) target {
	switch orientation {
	case 2: // mirrored left to right
		return target{w - 1, -1, w}
	case 3: // upside down
		return target{w*h - 1, -1, -w}
	case 4: // mirrored top to bottom
		return target{w * (h - 1), 1, -w}
	case 5: // mirrored at the main diagonal
		return target{0, h, 1}
	case 6: // its top is at the right: turn clockwise
		return target{h - 1, h, -1}
	case 7: // mirrored at the other diagonal
		return target{w*h - 1, -h, -1}
	case 8: // its top is at the left: turn counter-clockwise
		return target{h * (w - 1), -h, 1}
	}
	return target{0, 1, w}
}
