package photo

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"slices"
	"time"

	"github.com/disintegration/imaging"

	"gallery/internal/planes"
)

// Reduce decodes the picture that info was read from and returns it upright,
// opaque, with its longer side at most maxSide pixels, never enlarged, in the
// RGB of info.Profile or else in sRGB or grey. Of an animation it takes the first
// frame. Transparency shows white. The result is *image.Gray, *image.YCbCr in
// 4:4:4 of what was stored with loss, or else *image.RGBA, with its top left at
// (0, 0).
//
// The longer side becomes maxSide exactly, the shorter one the nearest whole
// number in proportion and at least 1.
//
// Reduce fails for a file that is not the one info was read from, as far as
// their layout tells.
func Reduce(r io.ReaderAt, size int64, info Info, maxSide int) (image.Image, error) {
	all, err := ReduceAll(r, size, info, maxSide)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// ReduceAll is Reduce to several sides, the largest first, from one decoding: each
// picture is reduced from the next larger one.
func ReduceAll(r io.ReaderAt, size int64, info Info, sides ...int) (all []image.Image, err error) {
	defer recovered(&err)
	if len(sides) == 0 || sides[len(sides)-1] < 1 || !slices.IsSortedFunc(sides, func(a, b int) int { return b - a }) {
		return nil, fmt.Errorf("reduce to %d pixels", sides)
	}
	s := &source{r: r, size: size}
	h, err := readHeader(s)
	if err != nil {
		return nil, err
	}
	if h.layout != info.layout {
		return nil, errors.New("picture is not the one inspected")
	}
	if err := h.checkSparse(size); err != nil {
		return nil, fmt.Errorf("reduce %s: %w", h.format, err)
	}
	convert := info.colors.transform(s, h)
	var m image.Image
	if h.format == JPEG && !h.direct {
		m, err = reduceChannels(s, h.layout, convert, info.Orientation, sides[0])
		convert = nil
	} else {
		m, err = reduce(s, h.layout, info.Orientation, sides[0])
	}
	if err != nil {
		return nil, err
	}
	canvas := image.Pt(info.Width, info.Height)
	all = append(all, m)
	for _, side := range sides[1:] {
		if m, err = reduceFurther(m, Fitted(canvas, side)); err != nil {
			return nil, fmt.Errorf("reduce %s: %w", h.format, err)
		}
		all = append(all, m)
	}
	if convert == nil {
		return all, nil
	}
	for i, before := range slices.Clone(all) { // each only once: it is done in place
		if i > 0 && before == m {
			all[i] = all[i-1]
			continue
		}
		m, all[i] = before, toSRGB(before, convert)
	}
	return all, nil
}

// reduce is Reduce without a change of colours, and not for JPEGs whose
// components are not planes.
func reduce(s *source, l layout, orientation, maxSide int) (image.Image, error) {
	if l.format == JPEG {
		m, denom, err := decodeJPEG(s, l, maxSide)
		if err != nil {
			return nil, err
		}
		return reducePlanes(m, l, denom, orientation, maxSide)
	}
	if l.direct {
		m, err := decode(s, l, maxSide)
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", l.format, err)
		}
		return reducePlanes(m, l, 1, orientation, maxSide)
	}
	next, err := decodeRows(s, l, maxSide)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", l.format, err)
	}
	small, err := fit(next, l, maxSide)
	if err != nil {
		return nil, fmt.Errorf("reduce %s: %w", l.format, err)
	}
	small = opaque(upright(small, orientation), l.grey)
	if l.image.id == "VP8 " {
		return planar(small), nil
	}
	return small, nil
}

// reduceFurther reduces what Reduce returned, by imaging what has no planes.
func reduceFurther(m image.Image, to image.Point) (image.Image, error) {
	from := m.Bounds().Size()
	if from == to {
		return m, nil
	}
	if m, ok := m.(*image.RGBA); ok {
		return opaque(imaging.Resize(m, to.X, to.Y, imaging.Lanczos), false), nil
	}
	return planes.Reduce(m, planes.Options{Original: from, To: to})
}

// ErrTooManyPixels says that a file has far more pixels than its bytes can tell anything about.
var ErrTooManyPixels = errors.New("too many pixels for its size")

// checkSparse refuses a picture that takes long to decode and has hardly a byte for it.
func (h *header) checkSparse(size int64) error {
	if bytes := h.coded(size); h.work() > maxSparse && area(h.frame.Size())/sparse > bytes {
		return fmt.Errorf("%w: %d x %d pixels are too many for %d bytes", ErrTooManyPixels, h.width, h.height, bytes)
	}
	return nil
}

// sparse is from how many pixels a byte on a picture is one colour nearly
// throughout. Photos have up to 20, drawings up to 100; long screenshots of chats
// have up to 300.
const sparse = 100

// maxSparse is how long a processor may work on such a picture: enough for a
// screenshot of 37 MP. More is hardly a picture, but a way to have a few bytes
// keep it busy. What memory it takes is for the caller to judge, by Cost.
const maxSparse = 600 * time.Millisecond

// work is roughly what decoding a picture that is one colour throughout takes
// a processor of 2020, as was measured: with honest ones it is a multiple.
func (l layout) work() time.Duration {
	pixels := area(l.frame.Size())
	switch {
	case l.format == JPEG:
		return time.Duration(pixels / 4) // at 1/8
	case l.format == PNG:
		return time.Duration(4 * l.png.decoded)
	case l.format == GIF:
		return time.Duration(9 * pixels)
	case l.image.id == "VP8L":
		return time.Duration(100 * pixels)
	}
	return time.Duration(30 * pixels)
}

// coded is how many bytes of a file of the given size code its pixels, at
// most.
func (l layout) coded(size int64) int64 {
	switch l.format {
	case PNG:
		return max(l.png.idat.n, l.png.fdat.n)
	case WebP:
		return l.image.n
	}
	return size
}

// reducePlanes reduces a picture that was decoded at 1/denom, and turns it
// upright on the way, each plane by itself.
func reducePlanes(m image.Image, l layout, denom, orientation, maxSide int) (image.Image, error) {
	small, err := planes.Reduce(m, planes.Options{
		Original:    image.Pt(l.width, l.height),
		Denom:       denom,
		To:          Fitted(image.Pt(l.width, l.height), maxSide),
		Orientation: orientation,
	})
	if err != nil {
		return nil, fmt.Errorf("reduce %s: %w", l.format, err)
	}
	return small, nil
}

// decode decodes the picture, or the first frame, of a layout at full size, as well as a
// reduction to maxSide shows.
func decode(s *source, l layout, maxSide int) (image.Image, error) {
	switch l.format {
	case PNG:
		return decodePNG(s, l)
	case GIF:
		return decodeGIF(s, l)
	case WebP:
		return decodeWebP(s, l, maxSide)
	}
	return nil, ErrFormat
}

// decodeRows is decode for a picture that is not direct, and whose rows are wanted from
// the top on, as flatten takes them; where its format allows, none is kept.
func decodeRows(s *source, l layout, maxSide int) (next func(line []uint8) error, err error) {
	if l.format == PNG && l.png.byRows() {
		p, err := newPNGRows(s, l)
		if err != nil {
			return nil, err
		}
		return p.next, nil
	}
	m, err := decode(s, l, maxSide)
	if err != nil {
		return nil, err
	}
	if m.Bounds().Size() != l.frame.Size() {
		return nil, fmt.Errorf("decoded as %v, not %v", m.Bounds(), l.frame)
	}
	row, err := rows(m, l.grey)
	if err != nil {
		return nil, err
	}
	y := 0
	return func(line []uint8) error {
		row(y, line)
		y++
		return nil
	}, nil
}

// stripRows is how many rows imaging is given at once: so many that what it prepares for
// each strip is little beside, and so few that they are.
const stripRows = 256

// fit reduces a picture, given by its rows as they are stored, so that its longer side
// is at most maxSide.
//
// imaging reduces across, then down. The first it does to strips, which comes to the same
// as doing it to the whole, so that the picture never is there at its full width.
func fit(next func(line []uint8) error, l layout, maxSide int) (image.Image, error) {
	canvas := image.Pt(l.width, l.height)
	to := Fitted(canvas, maxSide)
	k := averaged(l, maxSide)
	cells := cellsOf(canvas, k)
	if cells.X == to.X {
		var m image.Image
		err := flatten(next, canvas, l.frame, k, l.grey, cells.Y, func(whole image.Image) { m = whole })
		if err != nil || cells == to {
			return m, err
		}
		return imaging.Resize(m, to.X, to.Y, afterMeans(canvas.Y, cells.Y, to.Y)), nil
	}
	narrow := image.NewNRGBA(image.Rect(0, 0, to.X, cells.Y))
	pix := narrow.Pix
	filter := afterMeans(canvas.X, cells.X, to.X)
	err := flatten(next, canvas, l.frame, k, l.grey, stripRows, func(strip image.Image) {
		pix = pix[copy(pix, imaging.Resize(strip, to.X, strip.Bounds().Dy(), filter).Pix):]
	})
	if err != nil || cells.Y == to.Y {
		return narrow, err
	}
	// imaging.Fit would do the same, but for rounding the shorter side down,
	// after division in floating point.
	return imaging.Resize(narrow, to.X, to.Y, afterMeans(canvas.Y, cells.Y, to.Y)), nil
}

// afterMeans returns the filter that reduces a line of n pixels, averaged to so many cells, to
// size: Lanczos, if the cells are the pixels.
//
// The mean of a cell of width 1 passes 1-(1-1/k^2)f^2/24 of a low frequency f, in radians, where
// k pixels are averaged. Against the second difference at this distance, which is -f^2, the filter
// gives back what it lacks.
func afterMeans(n, cells, size int) imaging.ResampleFilter {
	if cells == n {
		return imaging.Lanczos
	}
	k, step := float64(n)/float64(cells), float64(size)/float64(cells) // step is from cell to cell
	lack := (1 - 1/(k*k)) / 24
	lanczos := imaging.Lanczos.Kernel
	return imaging.ResampleFilter{Support: imaging.Lanczos.Support + step, Kernel: func(x float64) float64 {
		return lanczos(x) - lack*(lanczos(x-step)+lanczos(x+step)-2*lanczos(x))
	}}
}

// What is averaged first, by a whole factor, takes many times less than what imaging reduces. At
// least so many times the thumbnail's size has to be left, in eighths: of photos 1.5 times
// leaves 46.9 dB at the worst to what Lanczos alone makes of them, and 50 in the mean; a little
// more keeps those that are all smooth within 1 dB of what others make of them. Averaged
// by two it may be less: at 1.25 times they have 43.6 at the worst and 48 in the mean. Not
// in pictures with a palette, where dots of its colours stand for those between: 37 dB. They are
// to have twice the size left then.
//
// Pictures of less than halfPixels, drawings rather than photos, keep more, and cost little.
const (
	gap        = 13
	halfGap    = 10
	smallGap   = 16
	halfPixels = 1 << 20
)

// averaged returns by what a picture is averaged before imaging reduces it.
func averaged(l layout, maxSide int) int {
	eighths := 8 * int64(max(l.width, l.height)) / int64(maxSide) // of maxSide
	least := int64(2 * halfGap)
	if l.format == GIF || l.format == PNG && l.png.color == pngPalette {
		least = 2 * smallGap
	}
	switch {
	case area(image.Pt(l.width, l.height)) < halfPixels:
		return int(max(1, eighths/smallGap))
	case eighths >= least:
		return int(max(2, eighths/gap))
	}
	return 1
}

// Fitted returns what dimensions in pixels become when the longer is at most
// maxSide: each at least 1, and never enlarged.
func Fitted(p image.Point, maxSide int) image.Point {
	long := max(p.X, p.Y)
	if long <= maxSide {
		return p
	}
	scale := func(v int) int {
		return max(1, int((int64(v)*int64(maxSide)+int64(long)/2)/int64(long)))
	}
	return image.Pt(scale(p.X), scale(p.Y))
}

// covers reports whether pix holds h rows of w bytes.
func covers(pix []uint8, stride, w, h int) bool {
	return stride >= w && len(pix) >= (h-1)*stride+w
}

// upright applies an orientation to a reduced picture (CIPA DC-008,
// 4.6.5.1.8). imaging turns counter-clockwise.
func upright(m image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return imaging.FlipH(m)
	case 3:
		return imaging.Rotate180(m)
	case 4:
		return imaging.FlipV(m)
	case 5:
		return imaging.Transpose(m)
	case 6:
		return imaging.Rotate270(m)
	case 7:
		return imaging.Transverse(m)
	case 8:
		return imaging.Rotate90(m)
	}
	return m
}

// opaque returns a picture that flatten or imaging made in the type that
// Reduce promises.
func opaque(m image.Image, grey bool) image.Image {
	n, ok := m.(*image.NRGBA)
	if !ok {
		return m
	}
	if grey {
		g := image.NewGray(n.Rect)
		for i := range g.Pix {
			g.Pix[i] = n.Pix[4*i]
		}
		return g
	}
	for i := 3; i < len(n.Pix); i += 4 {
		n.Pix[i] = 0xff
	}
	return &image.RGBA{Pix: n.Pix, Stride: n.Stride, Rect: n.Rect} // the same, where all is opaque
}

// Average returns the mean of a picture's pixels, opaque. It is quick for
// what Reduce returns.
func Average(img image.Image) color.RGBA {
	b := img.Bounds()
	n := uint64(b.Dx()) * uint64(b.Dy())
	if n == 0 {
		return color.RGBA{A: 0xff}
	}
	if m, ok := img.(*image.YCbCr); ok {
		r, g, b := color.YCbCrToRGB(mean(m.Y), mean(m.Cb), mean(m.Cr))
		return color.RGBA{r, g, b, 0xff}
	}
	var sum [3]uint64
	for y := b.Min.Y; y < b.Max.Y; y++ {
		switch m := img.(type) {
		case *image.Gray:
			i := m.PixOffset(b.Min.X, y)
			for _, v := range m.Pix[i : i+b.Dx()] {
				sum[0] += uint64(v)
			}
		case *image.RGBA:
			i := m.PixOffset(b.Min.X, y)
			for p := m.Pix[i : i+4*b.Dx()]; len(p) >= 4; p = p[4:] {
				sum[0] += uint64(p[0])
				sum[1] += uint64(p[1])
				sum[2] += uint64(p[2])
			}
		default:
			for x := b.Min.X; x < b.Max.X; x++ {
				r, g, b, _ := img.At(x, y).RGBA()
				sum[0] += uint64(r >> 8)
				sum[1] += uint64(g >> 8)
				sum[2] += uint64(b >> 8)
			}
		}
	}
	if _, ok := img.(*image.Gray); ok {
		sum[1], sum[2] = sum[0], sum[0]
	}
	rounded := func(s uint64) uint8 { return uint8((s + n/2) / n) }
	return color.RGBA{rounded(sum[0]), rounded(sum[1]), rounded(sum[2]), 0xff}
}

// mean returns the mean of a plane of at least one sample.
func mean(plane []uint8) uint8 {
	sum := len(plane) / 2
	for _, v := range plane {
		sum += int(v)
	}
	return uint8(sum / max(1, len(plane)))
}
