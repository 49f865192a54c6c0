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
//   - flatten's picture: at most 2*gap times maxSide;
//   - imaging's two passes, each a picture of 4 bytes a pixel, its weights,
//     and a line for each of its goroutines;
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
		cost += max(planes.Memory(from, to), resizeCost(from, to)+4*area(to))
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
	long := max(full.X, full.Y)
	// With k = long/(gap*maxSide) > 1 what imaging sees is at most 3/2 of
	// gap*maxSide long; with k = 1 less than twice that.
	seen := within(full, min(long, 2*gap*maxSide))
	out := Fitted(full, maxSide)
	turned := int64(max(out.X, out.Y)) * 4 * int64(runtime.GOMAXPROCS(0)+1)

	cost := l.decode + costSmall + colors
	cost += 4*area(seen) + 64*int64(seen.X) + 4*int64(l.frame.Dx())
	cost += resizeCost(seen, out)
	cost += 4*area(out) + turned + 3*area(out)
	return cost
}

// resizeCost bounds what imaging.Resize allocates: first across, then down.
func resizeCost(from, to image.Point) int64 {
	lines := 4 * int64(from.X+from.Y+64) * int64(runtime.GOMAXPROCS(0)+1)
	queues := 8 * int64(from.Y+to.X) // a channel that holds every line's number
	return 4*int64(to.X)*int64(from.Y) + 4*area(to) + lines + queues +
		weights(from.X, to.X) + weights(from.Y, to.Y)
}

// weights bounds what the filter's weights take: for each of the resulting
// pixels a slice, and 16 bytes for each of 2*(support+2) source pixels, of
// which support is Lanczos' 3 lobes at this scale, rounded up.
func weights(from, to int) int64 {
	return 32*(3*int64(from)+3*int64(to)) + 24*int64(to)
}

// within returns dimensions in proportion to p whose longer side is long,
// rounded up.
func within(p image.Point, long int) image.Point {
	l := int64(max(p.X, p.Y))
	scale := func(v int) int { return int((int64(v)*int64(long)+l-1)/l) + 1 }
	return image.Pt(min(p.X, scale(p.X)), min(p.Y, scale(p.Y)))
}

func area(p image.Point) int64 { return int64(p.X) * int64(p.Y) }
