package sample

import "math"

// rgb is a colour as a screen takes it: sRGB, 0 to 1 a component. Light is
// added and mixed in this space although it is not linear, because that is
// where the eye finds gradients even; only gradient mixes elsewhere.
type rgb struct{ r, g, b float32 }

// hex returns the colour that 0xRRGGBB writes.
func hex(v uint32) rgb {
	return rgb{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255}
}

// mix returns the colour t of the way from c to d.
func (c rgb) mix(d rgb, t float32) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// times returns c, k times as bright.
func (c rgb) times(k float32) rgb { return rgb{c.r * k, c.g * k, c.b * k} }

// opaque, glass and light are the three ways to put a colour on a canvas:
// over what is there, over it in part, and added to it.
func (c rgb) opaque() ink         { return ink{c.r, c.g, c.b, 1} }
func (c rgb) glass(a float32) ink { return ink{c.r * a, c.g * a, c.b * a, a} }
func (c rgb) light(k float32) ink { return ink{c.r * k, c.g * k, c.b * k, 0} }

// ink is a colour already multiplied by its opacity a, 0 to 1. With a = 0 it
// adds light.
type ink struct{ r, g, b, a float32 }

// times returns the ink with everything scaled, as half-covered pixels need.
func (i ink) times(k float32) ink { return ink{i.r * k, i.g * k, i.b * k, i.a * k} }

// gradientSteps is the resolution of a gradient. Between two entries it is
// linear, so that there are no steps to see.
const gradientSteps = 256

// gradient is a continuous scale of colours over 0 to 1.
type gradient [gradientSteps + 1]rgb

// stop is one colour, 0xRRGGBB, at one place, 0 to 1, of a gradient.
type stop struct {
	at  float32
	hex uint32
}

// newGradient makes a gradient through stops, which are in order. Colours
// are mixed in Oklab, where the way from orange to blue does not lead through
// grey, and the kinks at the stops, which the eye would see as lines, are
// rounded off.
func newGradient(stops ...stop) *gradient {
	var lab [gradientSteps + 1][3]float64
	k := 0
	for i := range lab {
		t := float32(i) / gradientSteps
		for k+2 < len(stops) && t > stops[k+1].at {
			k++
		}
		a, b := stops[k], stops[min(k+1, len(stops)-1)]
		f := float64(0)
		if b.at > a.at {
			f = float64(clamp((t-a.at)/(b.at-a.at), 0, 1))
		}
		p, q := toOklab(hex(a.hex)), toOklab(hex(b.hex))
		for j := range p {
			lab[i][j] = p[j] + (q[j]-p[j])*f
		}
	}
	for range 2 {
		lab = soften(lab)
	}
	g := new(gradient)
	for i := range lab {
		g[i] = fromOklab(lab[i])
	}
	return g
}

// soften averages every entry with its neighbours within a radius that
// shrinks to nothing at both ends, so that those stay what they were.
func soften(lab [gradientSteps + 1][3]float64) (out [gradientSteps + 1][3]float64) {
	for i := range lab {
		r := min(10, i, gradientSteps-i)
		for n := i - r; n <= i+r; n++ {
			for j := range out[i] {
				out[i][j] += lab[n][j] / float64(2*r+1)
			}
		}
	}
	return out
}

// at returns the colour at t. Outside 0 to 1 it is that of the nearer end.
func (g *gradient) at(t float32) rgb {
	t = clamp(t, 0, 1) * gradientSteps
	i := min(int(t), gradientSteps-1)
	return g[i].mix(g[i+1], t-float32(i))
}

// toOklab and fromOklab convert between sRGB and Oklab (Björn Ottosson, "A
// perceptual color space for image processing", 2020).
func toOklab(c rgb) [3]float64 {
	r, g, b := linear(c.r), linear(c.g), linear(c.b)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func fromOklab(c [3]float64) rgb {
	l := c[0] + 0.3963377774*c[1] + 0.2158037573*c[2]
	m := c[0] - 0.1055613458*c[1] - 0.0638541728*c[2]
	s := c[0] - 0.0894841775*c[1] - 1.2914855480*c[2]
	l, m, s = l*l*l, m*m*m, s*s*s
	return rgb{
		encoded(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		encoded(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		encoded(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
	}
}

// linear and encoded are the transfer function of sRGB (IEC 61966-2-1) and
// its inverse.
func linear(v float32) float64 {
	if v <= 0.04045 {
		return float64(v) / 12.92
	}
	return math.Pow((float64(v)+0.055)/1.055, 2.4)
}

func encoded(v float64) float32 {
	if v <= 0.0031308 {
		return float32(max(v, 0) * 12.92)
	}
	return float32(1.055*math.Pow(min(v, 1), 1/2.4) - 0.055)
}

// clamp is written out because min and max, which have to look for NaN, cost
// several times as much.
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

func sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }
func sin(v float32) float32  { return float32(math.Sin(float64(v))) }
func cos(v float32) float32  { return float32(math.Cos(float64(v))) }
func exp(v float32) float32  { return float32(math.Exp(float64(v))) }

func logf(v float32) float32 { return float32(math.Log(float64(v))) }
