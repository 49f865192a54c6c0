package photo

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
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
	canvas := image.Pt(l.width, l.height)
	to := Fitted(canvas, maxSide)
	small, err := fit(next, grid{canvas: canvas, frame: l.frame, cells: averaged(canvas, to, l.palette()), grey: l.grey}, to)
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
		row, err := rows(m, false)
		if err != nil {
			return nil, err
		}
		y := 0
		next := func(line []uint8) error { row(y, line); y++; return nil }
		small, err := fit(next, grid{canvas: from, frame: m.Rect, cells: averaged(from, to, false)}, to)
		if err != nil {
			return nil, err
		}
		return opaque(small, false), nil
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
		Means:       denom == 8,
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

// fit reduces a picture by averaging its rows to the cells of g, and by imaging from there on: only
// across where the cells have the height wanted.
//
// imaging reduces across, then down. The first it does to strips, which comes to the same
// as doing it to the whole, so that the picture never is there at its full width.
func fit(next func(line []uint8) error, g grid, to image.Point) (image.Image, error) {
	canvas, cells := g.canvas, g.cells
	g.sharp = cells.Y == to.Y && cells.Y < canvas.Y
	narrow := image.NewNRGBA(image.Rect(0, 0, to.X, cells.Y))
	pix := narrow.Pix
	filter := afterMeans(canvas.X, cells.X, to.X)
	err := flatten(next, g, stripRows, func(strip image.Image) {
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
// size: Lanczos, if the cells are the pixels. Of cells that are hardly more than size it is
// Catmull-Rom's, which takes two thirds of the time: of 45 photos at 1600 that costs 1 dB.
//
// Of a frequency w, in radians from cell to cell, a cell's mean passes about 1-w^2/12. Against the
// second difference at this distance, which is w^2, the filter gives back what it lacks, and a
// little more for what is finer and lacks more.
func afterMeans(n, cells, size int) imaging.ResampleFilter {
	filter := imaging.Lanczos
	if cells == n {
		return filter
	}
	if cells <= ceilDiv(leastGap*size, 8) {
		filter = imaging.CatmullRom
	}
	const fine = 256 // steps of the table: sines take long
	step, kernel := float64(size)/float64(cells), filter.Kernel
	table := make([]float64, int(filter.Support)*fine+2)
	for i := range table {
		x := float64(i) / fine
		table[i] = kernel(x) - (kernel(x-step)+kernel(x+step)-2*kernel(x))/10
	}
	filter.Kernel = func(x float64) float64 {
		if x = math.Abs(x) * fine; x >= float64(len(table)-2) {
			return 0
		}
		i := int(x)
		return table[i] + (x-float64(i))*(table[i+1]-table[i])
	}
	return filter
}

// What is averaged first takes many times less than what imaging reduces. Across, cells of so many
// times the thumbnail's size are left for it, in eighths. Down, where most of its time would go, there
// are as many as rows wanted, or as across where it takes little beside the decoding. Of photos that
// leaves, to what Lanczos alone makes of them, 45.4 dB at the worst and 52.2 in the mean at 1600.
const (
	leastGap    = 10
	thirdGap    = 12 // where a picture is reduced to a third, and has more detail for its size
	fourthGap   = 14 // to a fourth
	smallGap    = 16 // in pictures of less than smallPixels, rather drawings
	smallPixels = 1 << 20
	bothFrom    = 6 // times from which on imaging reduces down as well
)

// averaged returns to how many cells a picture is averaged before imaging reduces it: as many as it
// has pixels, where little fewer would be left. In drawings, and where dots of a palette's colours
// stand for those between, cells of less than two pixels would show which pixels they fall on.
func averaged(canvas, to image.Point, palette bool) image.Point {
	eighths := 8 * max(canvas.X, canvas.Y) / max(to.X, to.Y)
	small := area(canvas) < smallPixels
	gap := leastGap
	switch {
	case small:
		gap = smallGap
	case eighths >= 4*8:
		gap = fourthGap
	case eighths >= 3*8:
		gap = thirdGap
	}
	if 5*eighths < 6*gap || small && eighths < 2*gap || palette && eighths < 2*8 {
		return canvas
	}
	cells := image.Pt(min(canvas.X, ceilDiv(gap*to.X, 8)), to.Y)
	if palette && eighths < 2*gap {
		cells.X = canvas.X
	}
	if eighths >= bothFrom*8 {
		cells.Y = min(canvas.Y, ceilDiv(gap*to.Y, 8))
	}
	return cells
}

// palette reports whether a picture's pixels are of a palette.
func (l layout) palette() bool {
	return l.format == GIF || l.format == PNG && l.png.color == pngPalette
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
