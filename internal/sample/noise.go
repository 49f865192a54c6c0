package sample

import "math/rand/v2"

// noise is a smooth random function of the plane: gradient noise on a lattice
// of unit squares, repeating every 256 of them. Mountains, clouds and waves
// are all sums of it at several scales.
type noise [512]uint8

// newNoise returns the function that belongs to seed, always the same.
func newNoise(seed uint64) *noise {
	n := new(noise)
	for i, v := range random(seed).Perm(256) {
		n[i], n[i+256] = uint8(v), uint8(v)
	}
	return n
}

// random returns the source of random numbers that belongs to seed.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5ea)) }

// slopes are the gradients that lattice points may have: eight directions,
// scaled so that at stays within -1 and 1.
var slopes = [8][2]float32{
	{1.4, 0}, {-1.4, 0}, {0, 1.4}, {0, -1.4}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// at returns the value at (x, y), about -1 to 1, 0 on average.
func (n *noise) at(x, y float32) float32 {
	xi, yi := int(x), int(y)
	if float32(xi) > x {
		xi--
	}
	if float32(yi) > y {
		yi--
	}
	fx, fy := x-float32(xi), y-float32(yi)
	xa, ya := uint8(xi), uint8(yi)
	a, b := int(n[xa]), int(n[xa+1])
	g00, g10 := &slopes[n[a+int(ya)]&7], &slopes[n[b+int(ya)]&7]
	g01, g11 := &slopes[n[a+int(ya+1)]&7], &slopes[n[b+int(ya+1)]&7]
	u := fx * fx * fx * (fx*(fx*6-15) + 10)
	v := fy * fy * fy * (fy*(fy*6-15) + 10)
	p := g00[0]*fx + g00[1]*fy
	q := g10[0]*(fx-1) + g10[1]*fy
	r := g01[0]*fx + g01[1]*(fy-1)
	s := g11[0]*(fx-1) + g11[1]*(fy-1)
	top, bottom := p+(q-p)*u, r+(s-r)*u
	return top + (bottom-top)*v
}

// fbm sums octaves of noise, each twice as fine and half as strong as the one
// before (fractional Brownian motion): the shape of clouds and of old hills.
func (n *noise) fbm(x, y float32, octaves int) float32 {
	sum, amplitude := float32(0), float32(0.6)
	for range octaves {
		sum += amplitude * n.at(x, y)
		// Each octave is turned a little, which hides the lattice, and moved,
		// so that the zeros at lattice points do not fall on each other.
		x, y = 1.6*x-1.2*y+17.3, 1.2*x+1.6*y+5.1
		amplitude /= 2
	}
	return sum
}

// ridged is the same with every octave folded into a crest, finer ones
// strongest where the coarser ones are high: the shape of young mountains.
// It returns 0 to about 1.
func (n *noise) ridged(x, y float32, octaves int) float32 {
	sum, amplitude, weight := float32(0), float32(0.5), float32(1)
	for range octaves {
		v := 1 - abs(n.at(x, y))
		v *= v * weight
		sum += v * amplitude
		weight = clamp(v*1.6, 0, 1)
		x, y = 1.6*x-1.2*y+17.3, 1.2*x+1.6*y+5.1
		amplitude /= 2
	}
	return sum
}

func abs(v float32) float32 { return max(v, -v) }
