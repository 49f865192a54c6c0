package sample

import "slices"

// landscape is hill behind hill under a sky, each paler than the one before
// it, and water. Without hills it is the open sea.
type landscape struct {
	mood
	sky     sky
	seed    uint64
	horizon float32 // where the farthest hill ends, a fraction of the height above the shore
	hills   int
	rough   float32 // height of their outlines, a fraction of the unit
	wooded  int     // how many of the nearest bear trees
	shore   float32 // where water begins, a fraction of the height; 0 for none
	waves   float32 // of the water: about 0 on a lake, 1 at sea
}

func (l landscape) draw(c *canvas) {
	land := c
	if l.shore > 0 {
		land = c.above(int(l.shore * float32(c.h)))
	}
	lines, bases := make([][]float32, l.hills), make([]float32, l.hills)
	for i := range lines {
		lines[i], bases[i] = l.outline(land, i, float32(i+1)/float32(l.hills))
	}
	// What hills hide need not be painted, neither sky nor other hills.
	lines = append(lines, []float32{float32(land.h)})
	bottom := func(i int) int { return min(land.h, int(slices.Max(lines[i]))+2) }
	l.sky.draw(land.above(bottom(0)), l.mood, l.horizon*float32(land.h), l.seed)
	for i, base := range bases {
		land.below(lines[i], bottom(i+1), l.hill(land, base, float32(i+1)/float32(l.hills)))
	}
	if l.shore > 0 {
		l.water(c, land.h)
	}
}

// outline returns the upper edge of hill i, which is t of the way from the
// farthest to the viewer, and the row at which it ends.
func (l landscape) outline(c *canvas, i int, t float32) (line []float32, base float32) {
	n, fi := newNoise(l.seed), float32(i)
	base = lerp(l.horizon, 1, t*(0.6+0.4*t)) * float32(c.h)
	for k := range perPixel * c.w {
		x := (float32(k)+0.5)/perPixel/c.unit*lerp(4.2, 1.5, t) + fi*7.3
		v := 0.4 - 1.3*abs(n.fbm(x*0.7, fi*3.1, 6)) + 0.5*n.at(x*0.5, fi*3.1+50)
		line = append(line, base-l.rough*c.unit*lerp(0.55, 1.1, t)*v)
	}
	if k := i + 1 + l.wooded - l.hills; k > 0 {
		c.plant(line, l.seed+uint64(i), c.unit*lerp(0.018, 0.055, float32(k)/float32(l.wooded)))
	}
	return line, base
}

// plant raises a line by spruces about as high as size: tier under tier of
// branches, ever wider.
func (c *canvas) plant(line []float32, seed uint64, size float32) {
	r, n, ground := random(seed), newNoise(seed), slices.Clone(line)
	for x := float32(-10); x < float32(c.w)+10; x += size * (0.05 + 0.20*r.Float32()*r.Float32()) {
		high := size * (0.45 + 0.9*r.Float32()*r.Float32()) * (0.85 + 0.8*n.at(x/c.unit*7, 60))
		wide, tiers, lean := high*(0.13+0.07*r.Float32()), 5+floor(high/7), r.Float32()
		foot := ground[int(clamp(x*perPixel, 0, float32(len(line)-1)))] + 0.3*high
		for i := max(0, int((x-wide)*perPixel)); i < min(len(line), int((x+wide)*perPixel)); i++ {
			t := ((float32(i)+0.5)/perPixel - x) / wide
			// Down to the next tier is steep, out along its branches is not.
			tier := abs(t)*tiers + lean*smooth(-0.1, 0.1, t)
			down := (floor(tier) + smooth(0.5, 1, tier-floor(tier)) - lean) / tiers
			line[i] = min(line[i], foot-high*clamp(1-down, 0, 1))
		}
	}
}

// hill returns what a hill that ends at the row base looks like.
func (l landscape) hill(c *canvas, base, t float32) func(x, y float32) ink {
	n, near, foot, scale := newNoise(l.seed+40), l.mood.hills.at(t), l.mist.at(t), lerp(50, 20, t)/c.unit
	thick := float32(c.h) * lerp(0.10, 0.26, t)
	sx, sy := l.sky.x*float32(c.w), l.sky.y*l.horizon*float32(c.h)
	return func(x, y float32) ink {
		v := near.dim(1 + 0.13*t*n.at((x+0.6*y)*scale, (y-0.3*x)*scale))
		// Air between us and a hill in front of the sun shines, too.
		k := 1 / (1 + (sqr(x-sx)+sqr(y-sy)*1.5)/sqr(0.35*c.unit))
		return v.mix(foot, smooth(-0.35, 0.65, (y-base)/thick)).mix(l.sun, k*k*(1-t)*0.62*l.power)
	}
}

// water makes water of the rows from shore on. Each pixel is taken to its
// place on the surface, where noise says which way a wave leans. On a lake it
// mirrors what is above; the higher the waves, the more it has a colour of its
// own, with a road of light below the sun.
func (l landscape) water(c *canvas, shore int) {
	n := newNoise(l.seed + 12)
	depth, sx := float32(c.h-shore), l.sky.x*float32(c.w)
	for y := shore; y < c.h; y++ {
		fy := float32(y-shore) + 0.7
		d := fy / depth
		z := 1 / (d + 0.03)
		own, width := l.sea.at(d), c.unit*0.17/(l.power+0.01)*(0.35+d)
		row := c.pix[y*c.w:][:c.w]
		for x := range row {
			u := (float32(x) - float32(c.w)/2) / c.unit * z
			lean := n.at(u*4.5, z*21) + 0.55*n.at(u*11+7, z*37+3)
			move := lean * (0.03 + 0.8*l.waves) * depth * smooth(0, 0.06, d) * (0.15 + d)
			mx, my := clamp(float32(x)+0.25*move, 0, float32(c.w-1)), clamp(float32(shore)-fy-abs(move), 0, float32(shore-2))
			p := c.pix[int(my)*c.w+int(mx):]
			mirrored := p[0].mix(p[c.w], my-floor(my))
			v := own.mix(mirrored, clamp(lerp(0.95, 0.45, l.waves)*(1-0.4*d)*(1+0.3*lean), 0, 1))
			k := 1 / (1 + sqr((float32(x)-sx)/width))
			flash := k * (0.16 + 1.5*smooth(0.75-0.95*k, 1.25-0.6*k, lean+0.15))
			row[x] = l.sun.light(l.waves * l.power * flash * 0.85).over(v)
		}
	}
	// Air is thickest over the far shore.
	c.soft(shore-int(0.1*c.unit), shore+int(0.1*c.unit), 6, func(x, y float32) ink {
		v := 0.55 + 0.6*n.fbm(x/c.unit*4, y/c.unit*16, 4)
		return l.mist.at(0).thin(0.7 * (1 - l.waves) * clamp(v, 0, 1) * smooth(0.07*c.unit, 0, abs(y-float32(shore)+0.01*c.unit)))
	})
}
