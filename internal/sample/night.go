package sample

import "math"

// aurora draws curtains of northern light over a dark wood and, if shore is
// below 1, over water.
type aurora struct {
	seed     uint64
	sky      *gradient
	low, top rgb // colours of the curtains' lower edge, and of their heights
	curtains int
	shore    float32
}

func (a aurora) draw(c *canvas) {
	shore := int(a.shore * float32(c.h))
	upper := c.upper(shore)
	w, h := float32(upper.w), float32(upper.h)
	upper.wash(func(y float32) rgb { return a.sky.at(y / h) })
	upper.stars(a.seed, c.w*shore/520, h, 1.1)
	a.light(upper)
	n := newNoise(a.seed + 9)
	for i, colour := range []rgb{hex(0x0b1a24), hex(0x04080c)} {
		line := make([]float32, c.w)
		for x := range line {
			u := float32(x) / w
			line[x] = h*(0.93+0.05*float32(i)) - h*0.13*(n.ridged(u*2+float32(i)*4, 3*float32(i), 5)-0.42)*(1-0.6*float32(i))
		}
		upper.fill(upper.below(line, h), plain(colour.opaque()))
		if i == 1 {
			var wood []polygon
			r := random(a.seed + 4)
			for x := float32(0); x < w; x += 3 + 12*r.Float32() {
				k := 0.065 * float32(c.h) * (0.35 + r.Float32()*r.Float32()) * (1 + 0.7*n.at(x/w*4, 77))
				wood = append(wood, conifer(r.Float32, x, line[int(x)]+0.1*k, k))
			}
			upper.fill(wood, plain(colour.opaque()))
		}
	}
	if shore < c.h {
		c.mirror(a.seed+5, shore, 1.75, hex(0x03090f), 0.9, 0.035)
	}
	c.vignette(0.35)
}

// light adds the curtains. Each is a line that wanders across the sky, folds
// back and overlaps itself; rays stand on it, bright at the lower edge and
// fading upwards. Where the line turns, more rays fall on the same place, and
// that is what makes folds.
func (a aurora) light(c *canvas) {
	const cell = 3
	w, h := c.w/cell+2, c.h/cell+2
	glow := make([][3]float32, w*h)
	n := newNoise(a.seed + 1)
	for k := range a.curtains {
		fk := float32(k)
		for i := range 5 * w {
			s := float32(i) / float32(5*w)
			x := (s*1.3 - 0.15 + 0.10*n.at(s*4, fk*9) + 0.022*n.at(s*14, fk*9+3)) * float32(w)
			y := (0.60 - 0.13*fk + 0.20*n.at(s*2.2+fk*3, fk*5+20) + 0.04*n.at(s*9, fk)) * float32(h)
			ray := 0.62 + 0.45*n.at(s*60, fk*7) + 0.35*n.at(s*170, fk*7+9)
			power := max(0, ray) * smooth(-0.45, 0.35, n.at(s*2.6+fk*11, 41)) * (0.19 - 0.03*fk)
			long := float32(h) * (0.40 + 0.24*n.at(s*25, fk+31)) * (1 - 0.12*fk)
			a.ray(glow, w, h, x, y, long, power)
		}
	}
	soft := blur(glow, w, h, 1)
	wide := blur(blur(soft, w, h, 9), w, h, 14)
	c.mist(0, c.h, cell, func(x, y float32) ink {
		i := min(int(y)/cell, h-1)*w + min(int(x)/cell, w-1)
		p, q := soft[i], wide[i]
		return ink{p[0] + 0.55*q[0], p[1] + 0.55*q[1], p[2] + 0.55*q[2], 0}
	})
}

// ray adds one ray that stands on (x, y), shared by the two nearest columns.
func (a aurora) ray(glow [][3]float32, w, h int, x, y, long, power float32) {
	xi := int(math.Floor(float64(x)))
	if xi < 0 || xi+1 >= w {
		return
	}
	f := x - float32(xi)
	for py := max(0, int(y-long)); py < min(h, int(y+long*0.08)); py++ {
		t := (y - float32(py)) / long // 0 at the foot, 1 at the top
		v := power * smooth(-0.08, 0.05, t) * (1 - t) * (1 - t)
		colour := a.low.mix(a.top, smooth(0.15, 0.75, t))
		for j, share := range [2]float32{1 - f, f} {
			p := &glow[py*w+xi+j]
			p[0], p[1], p[2] = p[0]+colour.r*v*share, p[1]+colour.g*v*share, p[2]+colour.b*v*share
		}
	}
}

// milkyWayNight draws the Milky Way standing over dark hills.
func milkyWayNight(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	sky := newGradient(stop{0, 0x060a18}, stop{0.55, 0x0e1a33}, stop{0.85, 0x24324c}, stop{1, 0x574a4c})
	c.wash(func(y float32) rgb { return sky.at(y / (0.86 * h)) })
	c.stars(3, c.w*c.h/260, h, 1.3)
	c.milkyWay(17, 0.54*w, 0.62*h, -1.12, 0.25*w, hex(0xffd2a0), hex(0x9db4e6), 0.66)
	c.glow(0.3*w, 0.9*h, 0.25*w, hex(0xff9a55), 0.28)
	n := newNoise(8)
	for i, colour := range []rgb{hex(0x10141f), hex(0x05070c)} {
		line := make([]float32, c.w)
		for x := range line {
			u := float32(x) / w
			line[x] = h*(0.885+0.06*float32(i)) - 0.13*h*(n.ridged(u*1.6+float32(i)*5, float32(i), 6)-0.4)
		}
		c.fill(c.below(line, h), plain(colour.opaque()))
	}
	c.vignette(0.35)
}

// starTrails draws an hour of the sky turning around its pole.
func starTrails(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	sky := newGradient(stop{0, 0x08101f}, stop{0.6, 0x142a4a}, stop{0.85, 0x33506e}, stop{1, 0x8b7a6c})
	c.wash(func(y float32) rgb { return sky.at(y / (0.9 * h)) })
	px, py := 0.54*w, 0.44*h
	r := random(19)
	tints := []rgb{hex(0xffffff), hex(0xcddcff), hex(0xffe3bd), hex(0xa9c4ff), hex(0xffc890)}
	for i := range 4 {
		var arcs []polygon
		for range 400 {
			radius := sqrt(r.Float32()) * 0.98 * h
			from := r.Float32() * 6.283
			width := 0.25 + 0.6*r.Float32()*r.Float32()*r.Float32()
			arcs = append(arcs, arc(px, py, radius, width, from, from+0.72))
		}
		power := []float32{0.12, 0.2, 0.36, 0.8}[i]
		tint := tints[i%len(tints)]
		c.fill(arcs, byRow(func(y float32) ink { return tint.light(power * smooth(h, 0.55*h, y)) }))
	}
	n := newNoise(15)
	line := make([]float32, c.w)
	for x := range line {
		line[x] = 0.93*h - 0.05*h*n.fbm(float32(x)/w*3, 2, 4)
	}
	c.fill(c.below(line, h), plain(hex(0x04070b).opaque()))
	var wood []polygon
	for x := float32(-20); x < w+20; x += 5 + 22*r.Float32() {
		k := h * (0.05 + 0.15*r.Float32()*r.Float32()) * (1 + 0.9*n.at(x/w*3, 9))
		wood = append(wood, conifer(r.Float32, x, line[int(clamp(x, 0, w-1))]+4, k))
	}
	c.fill(wood, plain(hex(0x04070b).opaque()))
	c.vignette(0.3)
}

// arc returns a piece of a ring.
func arc(x, y, r, width, from, to float32) polygon {
	n := 4 + int((to-from)*sqrt(r)*1.6)
	p := make(polygon, 0, 2*n+2)
	for i := range 2*n + 2 {
		k, rr := float32(i), r+width
		if i > n {
			k, rr = float32(2*n+1-i), r-width
		}
		s, co := math.Sincos(float64(from + (to-from)*k/float32(n)))
		p.add(x+rr*float32(co), y+rr*float32(s))
	}
	return p
}

// city draws a skyline across the water.
type city struct {
	seed  uint64
	sky   *gradient
	dark  *gradient // buildings, from the farthest row to the nearest
	haze  rgb
	shore float32
	tall  float32
}

func (t city) draw(c *canvas) {
	shore := int(t.shore * float32(c.h))
	upper := c.upper(shore)
	w, h := float32(upper.w), float32(upper.h)
	upper.wash(func(y float32) rgb { return t.sky.at(y / h) })
	upper.stars(t.seed, 260, h, 0.5)
	upper.glow(0.45*w, h, 0.3*w, t.haze, 0.42)
	r := random(t.seed)
	unit := 0.0017 * float32(c.w) // a window
	n := newNoise(t.seed)
	for layer := range 4 {
		f := float32(layer) / 3
		colour := t.dark.at(f)
		var walls []polygon
		var windows [3][]polygon
		for x := -20 * unit; x < w; {
			wide := unit * float32(11+r.IntN(22)) * (0.6 + 0.5*f)
			// Towers stand together, in the middle.
			centre := exp(-sq((x/w-0.46)/0.24)) + 0.6*exp(-sq((x/w-0.8)/0.1))
			high := t.tall * h * (0.16 + 0.10*r.Float32() + centre*(0.25+0.5*r.Float32()*r.Float32())) * (1.05 - 0.45*f) * (0.9 + 0.3*n.at(x/w*9, float32(layer)))
			high = min(high, wide*8)
			walls = append(walls, tower(r.Float32, x, h, wide, high, unit)...)
			t.windows(r.Float32, &windows, x, h, wide, high, unit*(0.55+0.45*f), f)
			x += wide * (0.8 + 0.5*r.Float32())
		}
		haze := t.haze
		upper.fill(walls, byRow(func(y float32) ink {
			return colour.mix(haze, (1-f)*0.45*smooth(0.45*h, h, y)).opaque()
		}))
		for i, tint := range []rgb{hex(0xffc46b), hex(0xffe2b0), hex(0xcfe4ff)} {
			upper.fill(windows[i], plain(tint.times(1.1).glass(0.5+0.5*f)))
		}
	}
	t.quay(upper, r.Float32)
	c.mirrorStreaks(t.seed+2, shore)
	c.bloom(0.42, 2.2)
	c.vignette(0.3)
}

// tower returns the outline of a building, with something on its roof.
func tower(rnd func() float32, x, foot, wide, high, unit float32) []polygon {
	y := foot - high
	out := []polygon{rect(x, y, x+wide, foot)}
	switch k := rnd(); {
	case k < 0.3: // set back
		out = append(out, rect(x+wide*0.2, y-high*0.09, x+wide*0.8, y+1))
		if k < 0.1 {
			out = append(out, rect(x+wide*0.5-0.4*unit, y-high*0.28, x+wide*0.5+0.4*unit, y))
		}
	case k < 0.4: // a slope
		out = append(out, polygon{{x, y + 1}, {x, y - wide*0.35}, {x + wide, y + 1}})
	case k < 0.6: // a machine room
		out = append(out, rect(x+wide*0.55, y-3*unit, x+wide*0.85, y+1))
	}
	return out
}

// windows appends lit windows of one building, sorted by their light.
func (t city) windows(rnd func() float32, out *[3][]polygon, x, foot, wide, high, unit, f float32) {
	lit := 0.10 + 0.38*rnd()*rnd()
	dx, dy := 2.3*unit, 3.0*unit
	if rnd() < 0.3 {
		dx = 1.5 * unit // offices
	}
	kind := int(rnd() * 3)
	for y := foot - high + 2*dy; y < foot-2*unit; y += dy {
		floor := lit
		if rnd() < 0.06 {
			floor = 0.85
		}
		for wx := x + 1.5*unit; wx < x+wide-2*unit; wx += dx {
			if rnd() > floor {
				continue
			}
			k := kind
			if rnd() < 0.3 {
				k = int(rnd() * 3)
			}
			out[k] = append(out[k], rect(wx, y, wx+1.05*unit, y+1.5*unit))
		}
	}
}

// quay adds the lamps along the water.
func (t city) quay(c *canvas, rnd func() float32) {
	w, h := float32(c.w), float32(c.h)
	c.fill([]polygon{rect(0, h-0.012*w, w, h)}, plain(hex(0x06080d).opaque()))
	for x := 0.01 * w; x < w; x += w * (0.012 + 0.012*rnd()) {
		tint := hex(0xffb45e)
		if rnd() < 0.2 {
			tint = hex(0xd8ecff)
		}
		c.fill([]polygon{disc(x, h-0.011*w, 0.0016*w)}, plain(tint.times(1.25).opaque()))
	}
}

// mirrorStreaks makes water of everything from row shore on. At night each
// light becomes a long streak: the mean of what stands above, column by
// column, broken up by waves.
func (c *canvas) mirrorStreaks(seed uint64, shore int) {
	n := newNoise(seed)
	depth := float32(c.h - shore)
	// sums[y] holds the column sums of the rows above row y, counted from the
	// shore upwards.
	trail := make([]float32, 3*c.w)
	copy(trail, c.row(shore-1))
	for y := shore; y < c.h; y++ {
		d := (float32(y-shore) + 0.5) / depth
		// What is mirrored here enters the streak, which fades slowly.
		for pass := range 2 {
			source := c.row(max(0, shore-1-int(float32(y-shore)*1.15)-pass))
			for i, v := range source {
				trail[i] += (v*1.5 - trail[i]) * 0.045
			}
		}
		row := c.row(y)
		z := 1 / (d + 0.07)
		for x := 0; x < c.w; x++ {
			u := (float32(x)/float32(c.w) - 0.5) * z
			lean := n.at(u*7, z*24) + 0.6*n.at(u*16, z*51)
			sx := int(clamp(float32(x)+lean*depth*(0.008+0.04*d), 0, float32(c.w-1)))
			k := (0.92 - 0.45*d) * (1 + 0.5*lean)
			for j := range 3 {
				row[3*x+j] = trail[3*sx+j] * k
			}
			put(row[3*x:3*x+3], hex(0x050a14).glass(0.15+0.3*d))
		}
	}
}

func sq(v float32) float32 { return v * v }

// moonrise draws the full moon over the sea.
func moonrise(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	sky := newGradient(stop{0, 0x0b1530}, stop{0.5, 0x1d3157}, stop{0.85, 0x4c5577}, stop{1, 0x8b7583})
	sea{
		seed: 44, sky: sky, horizon: 0.66,
		water: newGradient(stop{0, 0x44506e}, stop{0.3, 0x1c2c4a}, stop{1, 0x060c1a}),
		sunX:  0.5, sunY: 0.36, sun: hex(0xf6e3c4), power: 0.42, glitter: 0.62, calm: 0.16,
		cover: 0.10, lit: hex(0x8d8fae), dark: hex(0x2c3657),
	}.draw(c)
	x, y, r := 0.5*w, 0.36*h, 0.105*w
	n := newNoise(27)
	c.fill([]polygon{disc(x, y, r)}, func(px, py float32) ink {
		u, v := (px-x)/r, (py-y)/r
		// Maria are large, dark and on one side; craters brighten it again.
		maria := smooth(-0.15, 0.5, n.fbm(u*1.25+5, v*1.25+1, 5)+0.16-0.22*(u+v))
		fine := 0.05 * n.fbm(u*6, v*6, 3)
		limb := sqrt(max(0, 1-(u*u+v*v)*0.55))
		return hex(0xfff3da).mix(hex(0xb9ab98), 0.62*maria).times((0.86 + fine) * (0.62 + 0.42*limb)).opaque()
	})
	c.mist(int(y), int(y+r)+8, 4, func(px, py float32) ink {
		v := n.fbm(px/w*3.2, py/h*16+9, 4)
		return hex(0x39425f).glass(0.85 * smooth(-0.05, 0.5, v) * smooth(y-0.1*r, y+0.55*r, py) * smooth(y+1.05*r, y+0.6*r, py))
	})
}
