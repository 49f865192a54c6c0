package sample

import (
	"math"
	"slices"
)

// alps draws snow mountains with the sun low on their left flanks. Where snow
// lies, how high the mountains are and what light there is make the mood.
type alps struct {
	seed       uint64
	sky        *gradient
	haze       rgb
	sun, shade rgb
	low        float32 // height of the sun: the slope of its rays
	snow       float32 // how far down it lies, about -0.5 to 0.5
	horizon    float32 // as a fraction of the height
	clouds     float32 // how much of the sky they cover; 0 for none
}

func (a alps) draw(c *canvas) {
	h := float32(c.h)
	c.upper(int((a.horizon + 0.15) * h)).wash(func(y float32) rgb { return a.sky.at(y / (h * (a.horizon + 0.1))) })
	if a.clouds != 0 {
		c.clouds(a.seed+7, a.horizon*h, 0.5, a.clouds, a.sun.mix(rgb{1, 1, 1}, 0.4), a.haze, 0.6)
	}
	n, detail := newNoise(a.seed), newNoise(a.seed+1)
	t := terrain{
		eye: 1.1, horizon: a.horizon * h, focal: 1.25 * float32(max(c.w, c.h)) / float32(c.w),
		near: 2.6, far: 20, steps: 260, sun: a.low,
	}
	t.height = func(x, z float32) float32 {
		v := n.ridged(x*0.17+3.7, z*0.17+1.2, 7)
		rise := smooth(4, 9, z)
		return v*(0.25+0.75*v)*(0.75+1.6*rise) - 0.35
	}
	t.colour = func(s surface) rgb {
		steep := sqrt(s.dx*s.dx + s.dz*s.dz)
		facing := max(0, -s.dx*1.0-s.dz*0.2+0.42) / sqrt(1+steep*steep) * s.light
		d := detail.fbm(s.x*4.5, s.z*4.5, 3)
		snow := smooth(0.20, 0.50, s.height*0.45-0.30*steep+0.34*d+0.32+a.snow)
		v := hex(0x3d3e47).mix(hex(0x77695f), 0.5+d).mix(hex(0xf4f6ff), snow)
		v = rgb{
			v.r * (a.shade.r + a.sun.r*facing*1.8),
			v.g * (a.shade.g + a.sun.g*facing*1.8),
			v.b * (a.shade.b + a.sun.b*facing*1.8),
		}
		far := 1 - exp(-s.z*0.022)
		valley := smooth(0.35, -0.25, s.height) * smooth(1, 6, s.z) * 0.85
		return v.mix(a.haze, clamp(far+valley, 0, 0.94))
	}
	c.crags(detail, t.draw(c))
	c.vignette(0.3)
}

// crags gives what is dark below a line the cracks of rock, which are too
// much detail for a terrain. Snow, and what lies in mist, stays smooth.
func (c *canvas) crags(n *noise, skyline []float32) {
	for y := int(slices.Min(skyline)); y < c.h; y++ {
		row := c.row(y)
		fy := float32(y)
		for x, top := range skyline {
			if fy < top {
				continue
			}
			// Slabs lean to one side: what is at one height in the rock is
			// not in the picture.
			u, v := float32(x)+0.35*fy, fy-0.45*float32(x)
			p := row[3*x : 3*x+3]
			rock := smooth(1.15, 0.5, p[0]+p[1]) * smooth(0.72*float32(c.h), 0.55*float32(c.h), fy)
			if rock == 0 {
				continue
			}
			k := 1 + 0.34*rock*(n.at(u*0.085, v*0.05)+0.8*n.at(u*0.2, v*0.12))
			p[0], p[1], p[2] = p[0]*k, p[1]*k, p[2]*k
		}
	}
}

// ranges draws hill behind hill, each paler than the one before it, with mist
// between them and the sun, if there is one, behind.
type ranges struct {
	seed        uint64
	sky         *gradient
	hills       *gradient // from the farthest to the nearest
	mist        *gradient // the same for the air at their feet
	count       int
	first, last float32 // where the farthest and the nearest end, as fractions of the height
	rough       float32 // height of their outlines, a fraction of the picture's width
	sunX, sunY  float32 // as fractions of width and height
	sun         rgb
	sunSize     float32 // a fraction of the width; 0 for no disc
	power       float32 // strength of the light around the sun
	trees       int     // how many of the nearest are wooded
}

func (r ranges) draw(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	unit := min(w, 1.5*h)
	sx, sy := r.sunX*w, r.sunY*h
	n := newNoise(r.seed)
	lines := make([][]float32, r.count+1)
	bases := make([]float32, r.count)
	for i := range bases {
		t := float32(i) / float32(r.count-1)
		bases[i] = lerp(r.first, r.last, t*(0.6+0.4*t)) * h
		lines[i] = r.outline(c, n, i, t, bases[i], unit)
	}
	lines[r.count] = []float32{h}

	// What hills hide need not be painted, neither sky nor other hills.
	sky := c.upper(int(min(h, slices.Max(lines[0])+2)))
	sky.wash(func(y float32) rgb { return r.sky.at(y / h / (r.first + 0.06)) })
	sky.glow(sx, sy, 0.07*unit, r.sun, 0.50*r.power)
	sky.glow(sx, sy, 0.30*unit, r.sun, 0.20*r.power)
	if r.sunSize > 0 {
		c.fill([]polygon{disc(sx, sy, r.sunSize*unit)}, plain(r.sun.mix(rgb{1, 1, 1}, 0.6).light(0.9)))
	}
	for i, base := range bases {
		t := float32(i) / float32(r.count-1)
		line := lines[i]
		hill, foot := r.hills.at(t), r.mist.at(t)
		depth := h * lerp(0.10, 0.26, t)
		reach := 1 / (0.35 * unit * 0.35 * unit)
		paint := func(x, y float32) ink {
			d := clamp((y-base+0.35*depth)/depth, 0, 1)
			v := hill.mix(foot, d*d*(3-2*d))
			// Air between us and a hill in front of the sun shines, too.
			near := 1 / (1 + ((x-sx)*(x-sx)+(y-sy)*(y-sy)*1.5)*reach)
			return v.mix(r.sun, near*near*(1-t)*0.62*r.power).opaque()
		}
		c.fill(c.below(line, min(h, slices.Max(lines[i+1])+1)), paint)
		if i >= r.count-r.trees {
			var wood []polygon
			rnd := random(r.seed + uint64(i))
			size := unit * lerp(0.016, 0.052, float32(i-r.count+r.trees+1)/float32(r.trees))
			for x := float32(-10); x < w+10; x += size * (0.05 + 0.20*rnd.Float32()*rnd.Float32()) {
				k := size * (0.45 + 0.75*rnd.Float32()*rnd.Float32()) * (0.85 + 0.8*n.at(x/unit*7, 60+float32(i)))
				wood = append(wood, conifer(rnd.Float32, x, line[int(clamp(x, 0, w-1))]+0.3*k, k))
			}
			c.fill(wood, paint)
		}
	}
	c.vignette(0.22)
}

// outline returns the upper edge of hill i.
func (r ranges) outline(c *canvas, n *noise, i int, t, base, unit float32) []float32 {
	line := make([]float32, c.w)
	frequency := lerp(4.2, 1.5, t) / unit
	high := r.rough * unit * lerp(0.55, 1.1, t)
	for x := range line {
		px, py := float32(x)*frequency+float32(i)*7.3, float32(i)*3.1
		v := n.ridged(px, py, 6) - 0.45 + 0.5*n.at(px*0.5, py+50)
		line[x] = base - high*v
	}
	return line
}

// conifer returns a spruce of height h whose foot is at (x, y). Its branches
// get longer towards the ground, irregularly.
func conifer(rnd func() float32, x, y, h float32) polygon {
	tiers := 5 + int(h/9)
	p := polygon{{x, y - h}}
	var left []point
	for i := range tiers {
		t := (float32(i) + 1) / float32(tiers)
		reach := h * 0.19 * (0.15 + 0.85*t)
		at := y - h*(1-t*0.93)
		p.add(x+reach*(0.6+0.5*rnd()), at+h*0.02*rnd())
		p.add(x+reach*0.35, at-h*0.005)
		left = append(left, point{x - reach*(0.6+0.5*rnd()), at + h*0.02*rnd()}, point{x - reach*0.35, at - h*0.005})
	}
	p.add(x+h*0.015, y)
	p.add(x-h*0.015, y)
	for i := len(left) - 1; i >= 0; i -= 2 {
		p = append(p, left[i], left[i-1])
	}
	return p
}

// dunes draws sand: smooth towards the wind, steep behind, in low light.
type dunes struct {
	seed       uint64
	sky        *gradient
	haze       rgb
	sand       rgb
	sun, shade rgb
	low        float32
	horizon    float32
}

func (d dunes) draw(c *canvas) {
	h := float32(c.h)
	c.upper(int((d.horizon + 0.1) * h)).wash(func(y float32) rgb { return d.sky.at(y / (h * d.horizon)) })
	n := newNoise(d.seed)
	t := terrain{
		eye: 1.0, horizon: d.horizon * h, focal: 1.2 * float32(max(c.w, c.h)) / float32(c.w),
		near: 0.75, far: 24, steps: 320, sun: d.low,
	}
	t.height = func(x, z float32) float32 {
		// Crests are where a bent wave folds over, from its long side to its
		// short one.
		bend := 0.9*n.at(x*0.22+9, z*0.22) + 0.28*n.at(x*0.6, z*0.6+30)
		p := x*0.20 + z*0.27 + bend + 0.2
		p -= float32(math.Floor(float64(p)))
		a, b := p/0.7, (1-p)/0.3
		a, b = a*a*(1.6-0.6*a), b*(1.25-0.25*b)
		// The lower of the two, with the edge between them worn round, more
		// so where it is too far away to be seen sharply.
		v := 0.5 * (a + b - sqrt((a-b)*(a-b)+0.008+0.0022*z*z))
		if p > 0.7 && b < 0 || p < 0.1 {
			v = max(v, -0.05)
		}
		tall := 0.55 + 0.45*n.at(x*0.16+40, z*0.16)
		return v*tall*0.95*smooth(0.2, 4, z+1) + 0.25*n.at(x*0.12, z*0.12+70) - 0.25
	}
	t.colour = func(s surface) rgb {
		// Ripples are too fine for the grid of heights: they only tilt it.
		q := s.x*78 + s.z*40 + 9*n.at(s.x*1.3, s.z*1.3)
		ripple := 0.10 * sin(q) * smooth(4.5, 1.2, s.z)
		dx, dz := s.dx+ripple, s.dz
		facing := max(0, -dx*0.9+dz*0.12+0.22) / sqrt(1+dx*dx+dz*dz) * s.light
		up := 1 / sqrt(1+s.dx*s.dx+s.dz*s.dz)
		grain := 1 + 0.05*n.at(s.x*30, s.z*30)
		v := rgb{
			d.sand.r * grain * (d.shade.r*up*0.85 + d.sun.r*facing*2.3),
			d.sand.g * grain * (d.shade.g*up*0.85 + d.sun.g*facing*2.3),
			d.sand.b * grain * (d.shade.b*up*0.85 + d.sun.b*facing*2.3),
		}
		return v.mix(d.haze, clamp(1-exp(-(s.z-1)*0.075), 0, 0.97))
	}
	t.draw(c)
	c.vignette(0.3)
}

// meadow draws rolling farmland in summer.
func meadow(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	sky := newGradient(stop{0, 0x2f6fb4}, stop{0.6, 0x8fc0e4}, stop{1, 0xe6f0ee})
	c.upper(int(0.55 * h)).wash(func(y float32) rgb { return sky.at(y / (0.47 * h)) })
	c.clouds(91, 0.47*h, 0.62, 0.34, hex(0xffffff), hex(0xa9b6c8), 0.95)
	n := newNoise(23)
	t := terrain{eye: 0.95, horizon: 0.44 * h, focal: 1.1, near: 0.8, far: 30, steps: 220, sun: 0.28}
	t.height = func(x, z float32) float32 {
		return 0.62*n.at(x*0.17+2, z*0.19+5)*smooth(0, 6, z) + 0.2*n.at(x*0.45, z*0.45) + 0.012*z
	}
	crops := newGradient(stop{0, 0x4f7f2c}, stop{0.3, 0x86a83a}, stop{0.55, 0xd8bf52}, stop{0.75, 0x5d8d38}, stop{1, 0x9db84c})
	t.colour = func(s surface) rgb {
		// Fields are the cells of a crooked grid, each with its crop.
		u, v := s.x*0.55+0.35*n.at(s.x*0.3, s.z*0.3+9), s.z*0.42+0.4*n.at(s.x*0.35+20, s.z*0.2)
		iu, iv := float32(math.Floor(float64(u))), float32(math.Floor(float64(v)))
		crop := 0.5 + 0.75*n.at(iu*7.31+0.37, iv*3.77+0.59)
		v0 := crops.at(crop).times(1 + 0.14*n.fbm(s.x*7, s.z*7, 3))
		edge := min(u-iu, 1-u+iu, v-iv, 1-v+iv)
		v0 = hex(0x2f4f22).mix(v0, smooth(0, 0.05, edge)*0.75+0.25)
		facing := max(0, -s.dx*1.1+s.dz*0.25+0.55) / sqrt(1+s.dx*s.dx+s.dz*s.dz) * (0.35 + 0.65*s.light)
		lit := rgb{v0.r * (0.34 + 1.25*facing), v0.g * (0.38 + 1.2*facing), v0.b * (0.5 + 0.95*facing)}
		return lit.mix(hex(0xc4d9e4), clamp(1-exp(-(s.z-1)*0.06), 0, 0.9))
	}
	t.draw(c)
	c.turf(24, 0.45*h)
	c.tree(0.71*w, 0.665*h, 0.30*h)
	c.vignette(0.25)
}

// turf gives the ground below the row horizon the fine texture of grass,
// which is too much detail for a terrain.
func (c *canvas) turf(seed uint64, horizon float32) {
	n := newNoise(seed)
	for y := int(horizon); y < c.h; y++ {
		d := (float32(y) - horizon) / (float32(c.h) - horizon)
		z := 1 / (d + 0.06)
		row := c.row(y)
		for x := 0; x < c.w; x++ {
			u := (float32(x)/float32(c.w) - 0.5) * z
			blade := n.at(u*260, z*130) + 0.7*n.at(u*75+9, z*60)
			k := 1 + 0.17*blade*smooth(0, 0.35, d)
			p := row[3*x : 3*x+3]
			p[0], p[1], p[2] = p[0]*k, p[1]*k, p[2]*k
		}
	}
}

// tree draws a broad tree whose foot is at (x, y), lit from the left.
func (c *canvas) tree(x, y, h float32) {
	r := random(77)
	// Its shadow on the grass.
	c.mist(int(y-0.1*h), int(y+0.12*h), 4, func(px, py float32) ink {
		dx, dy := (px-x-0.34*h)/(0.62*h), (py-y)/(0.055*h)
		return hex(0x14260f).glass(0.6 * smooth(1, 0.25, dx*dx+dy*dy))
	})
	trunk := polygon{{x - 0.035*h, y}, {x - 0.018*h, y - 0.45*h}, {x + 0.018*h, y - 0.45*h}, {x + 0.04*h, y}}
	c.fill([]polygon{trunk}, plain(hex(0x3b2f22).opaque()))
	// The crown is made of clumps of leaves, dark ones behind, bright ones on
	// the side to the sun.
	boughs := []struct{ x, y, r float32 }{
		{0, -0.62, 0.27}, {-0.25, -0.50, 0.20}, {0.27, -0.53, 0.19}, {-0.14, -0.78, 0.18},
		{0.15, -0.80, 0.17}, {0.02, -0.90, 0.12}, {-0.38, -0.44, 0.10}, {0.40, -0.46, 0.10}, {0.05, -0.42, 0.16},
	}
	const layers = 6
	for layer := range layers {
		t := float32(layer) / (layers - 1)
		var leaves []polygon
		for _, b := range boughs {
			for range int(950 * b.r) {
				a, d := r.Float32()*6.283, sqrt(r.Float32())*(1.08-0.42*t)
				k := h * (0.004 + 0.011*r.Float32()*r.Float32())
				leaves = append(leaves, leaf(x+(b.x-b.r*0.42*t+d*b.r*cos(a))*h, y+(b.y-b.r*0.46*t+d*b.r*sin(a))*h, k, r.Float32()*6))
			}
		}
		c.fill(leaves, plain(hex(0x1b2f14).mix(hex(0x9db552), t*t).glass(0.9)))
	}
}

// leaf returns a small tuft of leaves.
func leaf(x, y, r, turn float32) polygon {
	p := make(polygon, 6)
	for i := range p {
		a, k := turn+float32(i)*1.047, r*(1-0.35*float32(i&1))
		p[i] = point{x + k*cos(a)*1.3, y + k*sin(a)}
	}
	return p
}

// sea draws open water up to the horizon, with the light of what stands over
// it on the waves.
type sea struct {
	seed       uint64
	sky        *gradient
	water      *gradient // from the horizon to the viewer
	horizon    float32
	sunX, sunY float32
	sun        rgb
	sunSize    float32
	power      float32
	glitter    float32
	calm       float32 // how narrow the road of light is
	cover      float32 // clouds
	lit, dark  rgb
}

func (s sea) draw(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	unit := min(w, 1.5*h)
	hy := float32(int(s.horizon * h))
	c.wash(func(y float32) rgb {
		if y < hy {
			return s.sky.at(y / hy)
		}
		return s.water.at((y - hy) / (h - hy))
	})
	sx, sy := s.sunX*w, s.sunY*h
	if s.cover != 0 {
		c.clouds(s.seed+3, hy, 0.45, s.cover, s.lit, s.dark, 0.85)
	}
	c.glowAbove(int(hy), sx, sy, 0.05*unit, s.sun, 0.5*s.power)
	c.glowAbove(int(hy), sx, sy, 0.26*unit, s.sun, 0.26*s.power)
	if s.sunSize > 0 {
		sun := disc(sx, sy, s.sunSize*unit)
		for i := range sun {
			sun[i].y = min(sun[i].y, hy)
		}
		c.fill([]polygon{sun}, plain(s.sun.mix(rgb{1, 1, 1}, 0.7).light(0.9)))
	}
	s.waves(c, hy, sx, unit)
	c.vignette(0.25)
}

// waves draws what the water does with the light. Each pixel is taken to its
// place on the surface, where noise says which way it leans; what leans the
// right way sends the sun to the viewer.
func (s sea) waves(c *canvas, hy, sx, unit float32) {
	n := newNoise(s.seed)
	depth := float32(c.h) - hy
	for y := int(hy); y < c.h; y++ {
		d := (float32(y) - hy + 0.7) / depth
		z := 1 / (d + 0.02)
		row := c.row(y)
		road := unit * (s.calm*0.35 + s.calm*d)
		bright := s.sky.at(1 - 0.75*d)
		for x := 0; x < c.w; x++ {
			u := (float32(x)/unit - 0.5) * z
			// Far away many waves fall into one pixel: they must be long
			// there, and flat.
			lean := n.at(u*4.5, z*21) + 0.55*n.at(u*11+7, z*37+3)
			near := (float32(x) - sx) / road
			k := 1 / (1 + near*near)
			flash := smooth(0.75-0.95*k, 1.25-0.6*k, lean+0.15) * k
			p := row[3*x : 3*x+3]
			put(p, bright.glass(clamp(0.12+0.28*lean, 0, 0.5)*(0.35+0.65*d)))
			put(p, ink{a: clamp(-lean*0.30, 0, 0.4) * d})
			put(p, s.sun.light(s.glitter*(flash*1.5+0.16*k)))
		}
	}
	// The horizon is where there is most air in between.
	c.mist(int(hy)-28, int(hy)+28, 4, func(x, y float32) ink {
		return s.sky.at(1).glass(0.55 * smooth(26, 0, abs(y-hy)))
	})
}

// glowAbove is glow for the rows above bottom.
func (c *canvas) glowAbove(bottom int, x, y, r float32, colour rgb, power float32) {
	c.upper(bottom).glow(x, y, r, colour, power)
}

// mirror makes water of everything from row shore on: what stands above,
// upside down, stretch times flatter, darker towards the viewer, moved by
// ripples.
func (c *canvas) mirror(seed uint64, shore int, stretch float32, tint rgb, strength, ripple float32) {
	n := newNoise(seed)
	depth := float32(c.h - shore)
	for y := shore; y < c.h; y++ {
		d := (float32(y-shore) + 0.5) / depth
		z := 1 / (d + 0.06)
		row := c.row(y)
		for x := 0; x < c.w; x++ {
			u := (float32(x)/float32(c.w) - 0.5) * z
			lean := n.at(u*5, z*26) + 0.5*n.at(u*13, z*55)
			sy := clamp(float32(shore-1)-(float32(y-shore)*stretch+lean*ripple*depth*(0.15+d)), 0, float32(shore-2))
			sx := clamp(float32(x)+lean*ripple*depth*0.25, 0, float32(c.w-1))
			i := int(sy)
			f := sy - float32(i)
			p, q := c.pix[3*(i*c.w+int(sx)):][:3], c.pix[3*((i+1)*c.w+int(sx)):][:3]
			k := strength * (1 - 0.35*d) * (1 + 0.10*lean)
			o := row[3*x : 3*x+3]
			for j := range o {
				o[j] = (p[j] + (q[j]-p[j])*f) * k
			}
			put(o, tint.glass(0.10+0.42*d))
		}
	}
}

// lake draws a mountain lake at daybreak.
func lake(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	shore := 0.60 * h
	ranges{
		seed: 58, count: 5, first: 0.56, last: 1.02, rough: 0.19,
		sky:   newGradient(stop{0, 0x6d8fb8}, stop{0.45, 0xb9c4d8}, stop{0.75, 0xf3d3c4}, stop{1, 0xfbe3c8}),
		hills: newGradient(stop{0, 0x9aa8c4}, stop{0.5, 0x5f7396}, stop{1, 0x1d2c3a}),
		mist:  newGradient(stop{0, 0xe9d5cc}, stop{0.5, 0xb7bccb}, stop{1, 0x46586a}),
		sunX:  0.68, sunY: 0.40, sun: hex(0xffdcae), power: 0.9, trees: 2,
	}.draw(c.upper(int(shore)))
	c.mirror(12, int(shore), 1.02, hex(0x2a3f58), 0.93, 0.035)
	// A breath of fog over the water.
	n := newNoise(6)
	c.mist(int(shore-0.10*h), int(shore+0.09*h), 6, func(x, y float32) ink {
		v := 0.55 + 0.6*n.fbm(x/w*4, y/h*16, 4)
		return hex(0xf1e2da).glass(clamp(v, 0, 1) * 0.75 * smooth(0.075*h, 0, abs(y-shore+0.012*h)))
	})
	c.vignette(0.25)
}
