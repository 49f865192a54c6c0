package sample

// field is a study of noise that is moved by noise, cut at a number of levels.
// With few levels these are sheets of paper, one over the other, each with its
// shadow on the one below; with many they are threads; with none it is ink on
// water.
type field struct {
	colours gradient // from the lowest sheet up; some may be transparent
	seed    uint64
	levels  float32
	warp    float32
	scale   float32
}

func (f field) draw(c *canvas) {
	n := newNoise(f.seed)
	// A pixel first holds the height of its place in its red, and then, from the
	// last to the first, gets its colour.
	c.soft(0, c.h, 5, func(x, y float32) ink {
		u, v := x/c.unit*f.scale, y/c.unit*f.scale
		a, b := n.fbm(u, v, 3), n.fbm(u+5.2, v+1.3, 3)
		p, q := n.fbm(u+f.warp*a+1.7, v+f.warp*b+9.2, 3), n.fbm(u+f.warp*a+8.3, v+f.warp*b+2.8, 3)
		return ink{clamp(0.5+0.85*n.fbm(u+f.warp*p, v+f.warp*q, 4)+0.25*a, 0, 0.999), p, q, 1}
	})
	for i := len(c.pix) - 1; i >= 0; i-- {
		p, x, y := c.pix[i], i%c.w, i/c.w
		if f.levels == 0 {
			// Ink gathers at edges, in fine lines.
			c.pix[i] = f.colours.at(p.r).dim(0.92 + 0.12*sin((p.r+0.4*p.g)*44) + 0.35*p.b)
			continue
		}
		d := p.r * f.levels
		level := floor(d)
		slope := (abs(c.pix[max(i-1, 0)].r-p.r)+abs(c.pix[max(i-c.w, 0)].r-p.r))*f.levels + 1e-4
		lamp := c.pix[max(y-int(0.022*c.unit), 0)*c.w+max(x-int(0.016*c.unit), 0)].r * f.levels
		lit := func(level float32) ink {
			if level == f.levels-1 {
				return f.colours.at(1)
			}
			return f.colours.at(level / (f.levels - 1)).dim(1 - 0.5*smooth(-0.55, 0.75, lamp-level-1))
		}
		c.pix[i] = lit(level)
		// The cut edge of a sheet is lighter, and smoothed over a pixel.
		if edge := (d - level) / slope; level > 0 && edge < 2.6 {
			white := hex(0xffffff).thin(c.pix[i].a)
			c.pix[i] = lit(level-1).mix(c.pix[i].mix(white, 0.25*(2.6-edge)/2.6), clamp(edge, 0, 1))
		}
	}
}

// tiles is a pattern of quarter discs and the like.
type tiles struct {
	colours gradient
	seed    uint64
	across  int // how many there are in a row
}

func (t tiles) draw(c *canvas) {
	n, size := newNoise(t.seed), float32(c.w)/float32(t.across)
	c.paint(0, c.h, func(x, y float32) ink {
		i, j := int(x/size), int(y/size)
		pick := func(k uint64, of int) int { return int(hash(t.seed+k, i, j) * float32(of)) }
		// The place in the tile, in pixels from one of its corners.
		u, v := x+0.5-float32(i)*size, y+0.5-float32(j)*size
		if pick(0, 2) == 0 {
			u = size - u
		}
		if pick(1, 2) == 0 {
			v = size - v
		}
		// Distances from the edges of two shapes, in pixels; negative inside.
		far, middle := sqrt(u*u+v*v), sqrt(sqr(u-size/2)+sqr(v-size/2))
		d, dot := far-size, far-size/3
		switch pick(2, 4) {
		case 1:
			d = max(d, 2*size/3-far)
		case 2:
			d, dot = middle-size/2, middle-size/5
		case 3:
			d, dot = (u-v)*0.707, 1
		}
		colour := func(k int) ink { return t.colours[k%len(t.colours)] }
		back := pick(3, len(t.colours))
		front := back + 1 + pick(4, len(t.colours)-1)
		tile := colour(back).mix(colour(front), clamp(0.5-d, 0, 1)).mix(colour(front+1), clamp(0.5-dot, 0, 1))
		return tile.dim(0.97 + 0.03*n.at(x*0.23, y*0.19)) // the tooth of the paper
	})
}
