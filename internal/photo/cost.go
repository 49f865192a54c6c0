package photo

import (
	"image"
	"runtime"
	"slices"

	"gallery/internal/planes"
)

// costSmall is what besides pixels is allocated whatever the picture: read
// buffers, Huffman tables, a deflate or LZW window, closures.
const costSmall = 256 << 10

// Cost returns an upper bound, in bytes, of all that one Reduce with this
// maxSide allocates, garbage included. For most JPEGs that is the file, its
// planes at the scale at which they are decoded, and their reduction; for
// others that are decoded to planes, the planes at full size. For all else it
// is the sum of what each step takes:
//
//   - the decoder, as its header said;
//   - flatten's strip;
//   - imaging's two passes, the first of them for each strip: each a picture of
//     4 bytes a pixel, its weights, and a line for each of its goroutines;
//   - turning it upright, and the result.
//
// With several sides, the largest first, it is that of one ReduceAll.
func (info Info) Cost(sides ...int) int64 {
	if len(sides) == 0 || slices.Min(sides) < 1 {
		return 0
	}
	cost := info.costOf(sides[0])
	full := image.Pt(info.Width, info.Height)
	for i, side := range sides[1:] {
		from, to := Fitted(full, sides[i]), Fitted(full, side)
		if from == to {
			continue
		}
		cost += max(planes.Memory(from, to), fitCost(from, averaged(from, to, false), to)+4*area(to))
		if info.colors.channels > 0 && info.layout.grey {
			cost += 4 * area(to) // a tint
		}
	}
	return cost
}

// costOf is Cost for one side.
func (info Info) costOf(maxSide int) int64 {
	l := info.layout
	full := image.Pt(l.width, l.height)
	colors := info.colors.memory()
	if info.colors.channels > 0 && l.grey {
		colors += 4 * area(Fitted(full, maxSide)) // a tint
	}
	if l.format == JPEG {
		return costSmall + colors + jpegCost(l, info.size, maxSide)
	}
	if l.direct {
		return costSmall + colors + l.decode + planes.Memory(full, Fitted(full, maxSide))
	}
	out := Fitted(full, maxSide)
	turned := int64(max(out.X, out.Y)) * 4 * int64(runtime.GOMAXPROCS(0)+1)
	cost := l.decode + costSmall + colors + fitCost(full, averaged(full, out, l.palette()), out)
	return cost + 4*area(out) + turned + 3*area(out)
}

// fitCost bounds what fit allocates.
func fitCost(canvas, cells, to image.Point) int64 {
	line := int64(paddedLine(3 * canvas.X))
	cost := line + 4*line + 2*line + 8*int64(canvas.X+canvas.Y) // its sums and means, and how pixels are shared
	cost += 40*int64(cells.X+cells.Y) + 3*8*int64(cells.X)      // among cells, and their means
	strip, narrow := image.Pt(cells.X, min(cells.Y, stripRows)), image.Pt(to.X, cells.Y)
	cost += 4*area(strip) + 4*area(narrow)
	for from := 0; from < cells.Y; from += stripRows {
		cost += resizeCost(strip, image.Pt(to.X, strip.Y))
	}
	return cost + resizeCost(narrow, to)
}

// resizeCost bounds what imaging.Resize allocates: first across, then down, where that
// changes a side.
func resizeCost(from, to image.Point) int64 {
	lines := 4 * int64(from.X+from.Y+64) * int64(runtime.GOMAXPROCS(0)+1)
	cost := lines + 8*int64(from.Y+to.X) // channels that hold every line's number
	if from.X != to.X {
		cost += 4*int64(to.X)*int64(from.Y) + weights(from.X, to.X)
	}
	if from.Y != to.Y {
		cost += 4*area(to) + weights(from.Y, to.Y)
	}
	return cost
}

// weights bounds what the filter's weights take: for each of the resulting
// pixels a slice, and 16 bytes for each of 2*(support+2) source pixels, of
// which support is Lanczos' 3 lobes at this scale and one pixel more, rounded up.
func weights(from, to int) int64 {
	return 32*(3*int64(from)+4*int64(to)) + 24*int64(to)
}

func area(p image.Point) int64 { return int64(p.X) * int64(p.Y) }
