package sample

import "math/rand/v2"

// noise is a smooth random function of the plane: gradient noise on a lattice
// of unit squares, repeating every 256 of them. Mountains, clouds and waves
// are sums of it at several scales.
type noise [512]uint8

// newNoise returns the function that belongs to seed.
func newNoise(seed uint64) *noise {
	n := new(noise)
	for i, v := range random(seed).Perm(256) {
		n[i], n[i+256] = uint8(v), uint8(v)
	}
	return n
}

// random returns the source of random numbers that belongs to seed.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5ea)) }

// hash returns the random number below 1 that belongs to seed and a place.
func hash(seed uint64, x, y int) float32 {
	v := seed*0x9e3779b97f4a7c15 + uint64(x)*0xbf58476d1ce4e5b9 + uint64(y)*0x94d049bb133111eb
	v = (v ^ v>>31) * 0xd6e8feb86659fd93
	return float32((v^v>>32)>>8&(1<<24-1)) / (1 << 24)
}

// slopes are the gradients that lattice points may have.
var slopes = [8][2]float32{{1.4, 0}, {-1.4, 0}, {0, 1.4}, {0, -1.4}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}

// at returns the value at (x, y), about -1 to 1, 0 on average.
func (n *noise) at(x, y float32) float32 {
	xi, yi := int(x), int(y)
	if float32(xi) > x {
		xi--
	}
	if float32(yi) > y {
		yi--
	}
	x, y = x-float32(xi), y-float32(yi)
	a, b := int(n[uint8(xi)]), int(n[uint8(xi+1)])
	upper, lower := int(uint8(yi)), int(uint8(yi+1))
	p, q, r, s := &slopes[n[a+upper]&7], &slopes[n[b+upper]&7], &slopes[n[a+lower]&7], &slopes[n[b+lower]&7]
	u, v := x*x*x*(x*(x*6-15)+10), y*y*y*(y*(y*6-15)+10)
	top := lerp(p[0]*x+p[1]*y, q[0]*(x-1)+q[1]*y, u)
	return lerp(top, lerp(r[0]*x+r[1]*(y-1), s[0]*(x-1)+s[1]*(y-1), u), v)
}

// fbm sums octaves of noise, each twice as fine and half as strong as the one
// before (fractional Brownian motion): the shape of clouds and of old hills.
// Each octave is turned and moved, which hides the lattice.
func (n *noise) fbm(x, y float32, octaves int) float32 {
	sum, amplitude := float32(0), float32(0.6)
	for range octaves {
		sum += amplitude * n.at(x, y)
		x, y = 1.6*x-1.2*y+17.3, 1.2*x+1.6*y+5.1
		amplitude /= 2
	}
	return sum
}
