package sample

import "math"

// ink is a colour that is already multiplied by its opacity a, 0 to 1. With
// a = 0 it only adds light. Components are sRGB, where the eye finds gradients
// even, and may exceed 1 until the picture is finished.
type ink struct{ r, g, b, a float32 }

// hex returns the opaque ink that 0xRRGGBB writes. In line, as colours, it would be 20 kB of the
// program in the catalogue.
//
//go:noinline
func hex(v uint32) ink {
	return ink{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255, 1}
}

// thin scales the ink's opacity, dim its brightness; light is light alone.
func (i ink) thin(k float32) ink  { return ink{i.r * k, i.g * k, i.b * k, i.a * k} }
func (i ink) dim(k float32) ink   { return ink{i.r * k, i.g * k, i.b * k, i.a} }
func (i ink) light(k float32) ink { return ink{i.r * k, i.g * k, i.b * k, 0} }

// times returns i as it looks in light of the colour l.
func (i ink) times(l ink) ink { return ink{i.r * l.r, i.g * l.g, i.b * l.b, i.a} }

// mix returns the ink t of the way from i to j.
func (i ink) mix(j ink, t float32) ink {
	return ink{i.r + (j.r-i.r)*t, i.g + (j.g-i.g)*t, i.b + (j.b-i.b)*t, i.a + (j.a-i.a)*t}
}

// over returns i on top of j.
func (i ink) over(j ink) ink {
	k := 1 - i.a
	return ink{j.r*k + i.r, j.g*k + i.g, j.b*k + i.b, j.a*k + i.a}
}

// gradient is a scale through colours that lie equally far apart over 0 to 1.
type gradient []ink

// colours returns the scale through these inks.
//
//go:noinline
func colours(hexes ...uint32) gradient {
	var g gradient
	for _, v := range hexes {
		g = append(g, hex(v))
	}
	return g
}

// at returns the colour at t, or at the nearer end if t is outside 0 to 1. It
// is a quadratic B-spline: a polyline's kinks would show as lines in a sky.
func (g gradient) at(t float32) ink {
	last := len(g) - 1
	t = clamp(t, 0, 1)*float32(last) + 0.5
	k := int(t)
	t -= float32(k)
	before, after := g[max(k-1, 0)].mix(g[k], 0.5), g[k].mix(g[min(k+1, last)], 0.5)
	return before.mix(g[k], t).mix(g[k].mix(after, t), t)
}

// clamp is written out because min and max, which look for NaN, cost several
// times as much.
func clamp(v, lo, hi float32) float32 {
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

// smooth rises from 0 at lo to 1 at hi, without a kink at either end; with lo
// above hi it falls.
func smooth(lo, hi, v float32) float32 {
	t := clamp((v-lo)/(hi-lo), 0, 1)
	return t * t * (3 - 2*t)
}

func lerp(a, b, t float32) float32 { return a + (b-a)*t }
func abs(v float32) float32        { return max(v, -v) }
func sqr(v float32) float32        { return v * v }
func sqrt(v float32) float32       { return float32(math.Sqrt(float64(v))) }
func sin(v float32) float32        { return float32(math.Sin(float64(v))) }
func exp(v float32) float32        { return float32(math.Exp(float64(v))) }
func floor(v float32) float32      { return float32(math.Floor(float64(v))) }
func pow(v, k float32) float32     { return float32(math.Pow(float64(v), float64(k))) }
