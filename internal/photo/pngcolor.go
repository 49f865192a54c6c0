package photo

import (
	"encoding/binary"
	"math"

	"gallery/internal/srgb"
)

// pngColors are the chunks that say what a PNG's samples mean, where they stand
// before the pixels (PNG, third edition, 11.3.2); an iCCP chunk is a profile
// like any other.
type pngColors struct {
	gamma      float64        // of gAMA: exponent of the encoding; 0 if absent
	primaries  srgb.Primaries // of cHRM
	hasPrimary bool
	srgb       bool    // sRGB
	cicp       [4]byte // of cICP: primaries, transfer, matrix, full range
	hasCICP    bool
	peak       float64 // of cLLI, else of mDCV; nits, 0 if absent
}

// note notes one chunk. The first of its kind counts.
func (p *pngColors) note(s *source, c chunk) {
	size := map[string]int{"gAMA": 4, "cHRM": 32, "cICP": 4, "cLLI": 8, "mDCV": 24}[c.id]
	if c.id == "sRGB" {
		p.srgb = true
	}
	if c.n < int64(size) || size == 0 {
		return
	}
	b, err := s.at(c.off, size)
	if err != nil {
		return
	}
	number := func(i int) float64 { return float64(binary.BigEndian.Uint32(b[4*i:])) }
	switch {
	case c.id == "gAMA" && p.gamma == 0:
		p.gamma = number(0) / 100000
	case c.id == "cHRM" && !p.hasPrimary:
		for i := range p.primaries { // white stands first
			p.primaries[(i+3)%4] = srgb.Chromaticity{X: number(2*i) / 100000, Y: number(2*i+1) / 100000}
		}
		p.hasPrimary = true
	case c.id == "cICP" && !p.hasCICP:
		p.cicp, p.hasCICP = [4]byte(b), true
	case c.id == "cLLI" && number(0) > 0: // says what the picture has, and counts more
		p.peak = number(0) / 10000
	case c.id == "mDCV" && p.peak == 0:
		p.peak = number(4) / 10000
	}
}

// resolve returns what the chunks say, by their order of precedence (PNG, third
// edition, 13.14): cICP, iCCP, sRGB, then gAMA with cHRM. It is not ok where a
// sound profile decides. As in Chromium, a cICP that is not of RGB in full range, or
// of unknown code points, counts as absent; so does a cHRM without a gAMA; and a
// gAMA without a cHRM means sRGB if it is near the usual 1/2.2.
func (p *pngColors) resolve(grey, hasProfile bool) (c colors, ok bool) {
	if p.hasCICP && p.cicp[2] == 0 && p.cicp[3] == 1 {
		primaries, ok := cicpPrimaries[p.cicp[0]]
		switch transfer := p.cicp[1]; {
		case !ok:
		case p.cicp[0] == 1 && transfer == 13:
			return colors{}, true
		case transfer == 16:
			return colors{hdr: &hdr{srgb.PQ, primaries, p.peak}}, true
		case transfer == 18:
			return colors{hdr: &hdr{srgb.HLG, primaries, p.peak}}, true
		case cicpCurves[transfer] != nil:
			return madeColors(primaries, cicpCurves[transfer], transfer == 8, grey), true
		}
	}
	switch {
	case hasProfile:
		return colors{}, false
	case p.srgb || p.gamma == 0:
		return colors{}, true
	case p.hasPrimary && sound(p.primaries):
		return gammaColors(p.primaries, p.gamma, grey), true
	case math.Abs(p.gamma*2.2-1) < 0.05:
		return colors{}, true
	}
	return gammaColors(cicpPrimaries[1], p.gamma, grey), true
}

func gammaColors(primaries srgb.Primaries, gamma float64, grey bool) colors {
	exponent := min(max(1/gamma, 0.1), 100)
	return madeColors(primaries, iccCurve(exponent, 1, 0, 0, 0), exponent < 1.5 || exponent > 3, grey)
}

// madeColors returns the colours of a profile that is made of primaries and a
// curve. It is stored with the renditions unless they are grey, or the curve is
// far from what the eye sees: then eight bits are too few to store it in.
func madeColors(primaries srgb.Primaries, curve []byte, far, grey bool) colors {
	p := matrixProfile("As described in PNG chunks", primaries, curve)
	if grey || far {
		return colors{channels: 3, made: p, size: int64(len(p))}
	}
	return colors{embed: p}
}

// sound reports whether primaries span an area around a white.
func sound(p srgb.Primaries) bool {
	for _, c := range p {
		if c.X < 0 || c.Y <= 0.001 || c.X > 1 || c.Y > 1 {
			return false
		}
	}
	r, g, b := p[0], p[1], p[2]
	return math.Abs((g.X-r.X)*(b.Y-r.Y)-(b.X-r.X)*(g.Y-r.Y)) > 0.001
}

// cicpPrimaries and cicpCurves are ITU-T H.273's code points, tables 2 and 3,
// that Chromium knows. For those of BT.709 and its like it takes the display's
// curve of BT.1886, 2.4, and not the camera's.
var (
	cicpPrimaries = map[byte]srgb.Primaries{
		1:  {{X: 0.64, Y: 0.33}, {X: 0.30, Y: 0.60}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}},
		4:  {{X: 0.67, Y: 0.33}, {X: 0.21, Y: 0.71}, {X: 0.14, Y: 0.08}, {X: 0.310, Y: 0.316}},
		5:  {{X: 0.64, Y: 0.33}, {X: 0.29, Y: 0.60}, {X: 0.15, Y: 0.06}, {X: 0.3127, Y: 0.3290}},
		6:  {{X: 0.630, Y: 0.340}, {X: 0.310, Y: 0.595}, {X: 0.155, Y: 0.070}, {X: 0.3127, Y: 0.3290}},
		7:  {{X: 0.630, Y: 0.340}, {X: 0.310, Y: 0.595}, {X: 0.155, Y: 0.070}, {X: 0.3127, Y: 0.3290}},
		8:  {{X: 0.681, Y: 0.319}, {X: 0.243, Y: 0.692}, {X: 0.145, Y: 0.049}, {X: 0.310, Y: 0.316}},
		9:  {{X: 0.708, Y: 0.292}, {X: 0.170, Y: 0.797}, {X: 0.131, Y: 0.046}, {X: 0.3127, Y: 0.3290}},
		11: {{X: 0.680, Y: 0.320}, {X: 0.265, Y: 0.690}, {X: 0.150, Y: 0.060}, {X: 0.314, Y: 0.351}},
		12: {{X: 0.680, Y: 0.320}, {X: 0.265, Y: 0.690}, {X: 0.150, Y: 0.060}, {X: 0.3127, Y: 0.3290}},
		22: {{X: 0.630, Y: 0.340}, {X: 0.295, Y: 0.605}, {X: 0.155, Y: 0.077}, {X: 0.3127, Y: 0.3290}},
	}
	cicpCurves = map[byte][]byte{
		1:  iccCurve(2.4, 1, 0, 0, 0),
		4:  iccCurve(2.2, 1, 0, 0, 0),
		5:  iccCurve(2.8, 1, 0, 0, 0),
		6:  iccCurve(2.4, 1, 0, 0, 0),
		8:  iccCurve(1, 1, 0, 0, 0),
		13: iccCurve(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045),
		14: iccCurve(2.4, 1, 0, 0, 0),
		15: iccCurve(2.4, 1, 0, 0, 0),
		17: iccCurve(2.6, 1.0341, 0, 0, 0),
	}
)
