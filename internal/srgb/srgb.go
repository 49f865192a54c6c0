// Package srgb converts colours to sRGB (IEC 61966-2-1): by an ICC profile, or from the HDR encodings PQ and HLG. It converts as
// Chromium does: by a profile's perceptual table if it has one, else by its curves and matrix, without compensation for black; HDR
// is tone-mapped to SDR. What lies outside sRGB is clipped.
package srgb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

// A Transform converts colours of 1, 3 or 4 channels: grey, RGB, or CMYK with 1 for full ink. It is not for use by several
// goroutines at once.
type Transform struct {
	channels int
	convert  func(out, in []float64) // of values from 0 to 1; both slices have four, and in may be overwritten
	in, out  [4]float64              // kept here so that a colour allocates nothing
}

// Color returns in, of which the first channels count, in sRGB.
func (t *Transform) Color(in [4]uint8) [3]uint8 {
	for i := range t.channels {
		t.in[i] = float64(in[i]) / 255
	}
	t.convert(t.out[:], t.in[:])
	return [3]uint8{byteOf(t.out[0]), byteOf(t.out[1]), byteOf(t.out[2])}
}

func byteOf(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }

// ErrProfile says that a profile cannot be used: it is damaged, or not of the kind asked for.
var ErrProfile = errors.New("unusable ICC profile")

// Memory bounds what FromProfile allocates for a profile of n bytes: its bytes twice, and its tables as floating-point numbers.
func Memory(n int) int64 { return 20*int64(n) + 64<<10 }

// FromProfile returns the transform from a profile's colour space, which must have so many channels.
func FromProfile(profile []byte, channels int) (t *Transform, err error) {
	defer func() {
		if p := recover(); p != nil { // the profile is as untrusted as its file
			t, err = nil, fmt.Errorf("%w: %v", ErrProfile, p)
		}
	}()
	if err := check(profile); err != nil {
		return nil, err
	}
	p, err := icc.DecodeProfile(bytes.NewReader(profile))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	toPCS, err := p.CreateTransformerToPCS(icc.PerceptualRenderingIntent, channels, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	var fromPCS icc.Pipeline
	if p.Header.ProfileConnectionSpace == icc.ColorSpaceLab {
		fromPCS.Append(icc.NewLABtosRGB(p.PCSIlluminant, true, false))
	} else {
		fromPCS.Append(icc.NewXYZtosRGB(p.PCSIlluminant, true, false))
	}
	fromPCS.Finalize(true)
	pipeline := toPCS.Weld(&fromPCS, true)
	pipeline.UseTrilinearInsteadOfTetrahedral() // as browsers do: coarse tables of inks differ by several levels
	t = &Transform{channels: channels, convert: pipeline.TransformGeneral}
	t.Color([4]uint8{}) // panics here rather than in use, if at all
	return t, nil
}

// check refuses what would have the reader allocate more than the profile is worth: a tag table (ICC.1, 7.3) that is longer than
// the profile or points outside it, tables of colours without samples (10.12.3), and curves that are longer (10.6), wherever they
// stand, also within other tags.
func check(p []byte) error {
	const header, entry = 128 + 4, 12
	if len(p) < header {
		return fmt.Errorf("%w: %d bytes", ErrProfile, len(p))
	}
	n := uint64(binary.BigEndian.Uint32(p[128:]))
	first := header + entry*n
	if first > uint64(len(p)) {
		return fmt.Errorf("%w: %d tags in %d bytes", ErrProfile, n, len(p))
	}
	for rest := p; ; {
		i := bytes.Index(rest, []byte("curv"))
		if i < 0 || len(rest)-i < 12 {
			break
		}
		if n := uint64(binary.BigEndian.Uint32(rest[i+8:])); 2*n > uint64(len(rest)) {
			return fmt.Errorf("%w: curve of %d values", ErrProfile, n)
		}
		rest = rest[i+4:]
	}
	for tags := p[header:first]; len(tags) > 0; tags = tags[entry:] {
		off, size := uint64(binary.BigEndian.Uint32(tags[4:])), uint64(binary.BigEndian.Uint32(tags[8:]))
		if off < first || off+size > uint64(len(p)) {
			return fmt.Errorf("%w: tag outside of it", ErrProfile)
		}
		tag := p[off : off+size]
		if len(tag) < 32 || string(tag[:4]) != "mAB " {
			continue
		}
		clut := uint64(binary.BigEndian.Uint32(tag[24:]))
		if clut == 0 {
			continue
		}
		if clut+20 > size || tag[clut+16] != 1 && tag[clut+16] != 2 {
			return fmt.Errorf("%w: table without samples", ErrProfile)
		}
	}
	return nil
}

// A Chromaticity is a colour's x and y in CIE 1931.
type Chromaticity struct{ X, Y float64 }

// Primaries are those of red, green, blue and white.
type Primaries [4]Chromaticity

var (
	d65     = Chromaticity{0.3127, 0.3290}
	bt709   = Primaries{{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}, d65}
	bt2020  = Primaries{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, d65}
	to709   = multiply(invert(toXYZ(bt709)), toXYZ(bt2020))
	luma    = toXYZ(bt2020)[1]
	referTo = 203.0 // nits of diffuse white in HDR (ITU-R BT.2408)
)

// An HDR encoding is one of ITU-R BT.2100.
type HDR uint8

const (
	PQ HDR = iota
	HLG
)

// FromHDR returns the transform from an HDR encoding. peak is the brightest that the picture has, in nits, or 0 where that is not
// known: then 1000, which is also what HLG is displayed with.
//
// The tone curve is the one for reference white of SMPTE ST 2094-50, as Chromium applies it to a display without headroom. The
// largest of the three components in BT.2020 says by how much all are dimmed: with 1 for diffuse white and H for the peak, up to 1
// by half (less if the peak is below 1000 nits), and from there on along a quadratic Bezier curve that ends at (H, 1).
func FromHDR(e HDR, primaries Primaries, peak float64) *Transform {
	if peak <= 0 || e == HLG {
		peak = 1000
	}
	to2020 := multiply(invert(toXYZ(bt2020)), toXYZ(primaries))
	tone := toneCurve(max(peak/referTo, 1))
	return &Transform{channels: 3, convert: func(out, in []float64) {
		var c [3]float64
		if e == PQ {
			for i := range c {
				c[i] = pq(in[i]) / referTo
			}
			c = apply(to2020, c)
		} else {
			for i := range c {
				c[i] = hlg(in[i])
			}
			c = apply(to2020, c)
			// BT.2100's opto-optical transfer function for 1000 nits: the exponent is 1.2.
			y := luma[0]*c[0] + luma[1]*c[1] + luma[2]*c[2]
			gain := 1000 / referTo * math.Pow(max(y, 0), 0.2)
			c = [3]float64{gain * c[0], gain * c[1], gain * c[2]}
		}
		if m := max(c[0], c[1], c[2]); m > 0 {
			gain := tone(m) / m
			c = apply(to709, [3]float64{gain * c[0], gain * c[1], gain * c[2]})
		}
		for i, v := range c {
			out[i] = encode(v)
		}
	}}
}

// toneCurve returns the curve for a peak of h times diffuse white.
func toneCurve(h float64) func(x float64) float64 {
	const bend = 0.65 // how far the curve's middle point lies towards where its ends' tangents meet
	white := 1 - 0.5*min(math.Log(h)/math.Log(1000/referTo), 1)
	midX, midY := 1-bend+bend/white, (1-bend)*white+bend
	return func(x float64) float64 {
		if x <= 1 {
			return white * x
		}
		if x >= h {
			return 1
		}
		// x = (1-t)^2 + 2t(1-t) midX + t^2 h, solved for t.
		a, b, c := 1-2*midX+h, 2*(midX-1), 1-x
		t := 2 * -c / (b + math.Sqrt(max(b*b-4*a*c, 0)))
		return (1-t)*(1-t)*white + 2*t*(1-t)*midY + t*t
	}
}

// pq returns the nits of a PQ value (BT.2100, table 4).
func pq(v float64) float64 {
	const m1, m2, c1, c2, c3 = 2610.0 / 16384, 2523.0 / 32, 3424.0 / 4096, 2413.0 / 128, 2392.0 / 128
	p := math.Pow(v, 1/m2)
	return 10000 * math.Pow(max(p-c1, 0)/(c2-c3*p), 1/m1)
}

// hlg returns the linear light of an HLG value in the scene, 0 to 1 (BT.2100, table 5).
func hlg(v float64) float64 {
	const a, b, c = 0.17883277, 0.28466892, 0.55991073
	if v <= 0.5 {
		return v * v / 3
	}
	return (math.Exp((v-c)/a) + b) / 12
}

// encode is sRGB's curve.
func encode(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
