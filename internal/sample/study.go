package sample

import "math"

// paper gives a poster the tooth of the sheet it is printed on.
func (c *canvas) paper(seed uint64, strength float32) {
	n := newNoise(seed)
	c.mist(0, c.h, 3, func(x, y float32) ink {
		v := n.at(x*0.11, y*0.11)*0.6 + n.at(x*0.31, y*0.29)*0.4 + n.at(x*0.004, y*0.004)
		return ink{a: strength * v}
	})
}

// compose draws discs, a bar and a diagonal, in the manner of 1923.
func compose(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	c.wash(func(y float32) rgb { return hex(0xeee3cc) })
	red, blue, ochre, black := hex(0xc8402c), hex(0x23507a), hex(0xe2a63a), hex(0x1d1c1f)
	c.fill([]polygon{disc(0.60*w, 0.34*h, 0.30*w)}, plain(red.opaque()))
	// A bar across everything, turned by 30 degrees.
	bar := func(x, y, long, wide float32) polygon {
		dx, dy := cos(-0.52), sin(-0.52)
		return polygon{
			{x, y}, {x + long*dx, y + long*dy},
			{x + long*dx - wide*dy, y + long*dy + wide*dx}, {x - wide*dy, y + wide*dx},
		}
	}
	c.fill([]polygon{bar(-0.1*w, 0.80*h, 1.5*w, 0.055*w)}, plain(black.opaque()))
	c.fill([]polygon{bar(-0.1*w, 0.865*h, 1.5*w, 0.012*w), bar(-0.1*w, 0.885*h, 1.5*w, 0.005*w)}, plain(black.opaque()))
	c.fill([]polygon{sector(0.33*w, 0.66*h, 0.25*w, -0.52, math.Pi-0.52)}, plain(blue.opaque()))
	c.fill([]polygon{sector(0.33*w, 0.66*h, 0.25*w, math.Pi-0.52, 2*math.Pi-0.52)}, plain(ochre.glass(0.94)))
	c.fill([]polygon{disc(0.33*w, 0.66*h, 0.085*w)}, plain(hex(0xeee3cc).opaque()))
	c.fill([]polygon{disc(0.33*w, 0.66*h, 0.045*w)}, plain(black.opaque()))
	// Where the blue disc lies on the red one both show.
	c.fill([]polygon{disc(0.74*w, 0.50*h, 0.15*w)}, plain(blue.glass(0.86)))
	var rings []polygon
	for i := range 7 {
		rings = append(rings, arc(0.80*w, 0.84*h, (0.02+0.021*float32(i))*w, 0.0026*w, 0, 6.2832))
	}
	c.fill(rings, plain(black.opaque()))
	var grid []polygon
	for i := range 6 {
		for j := range 4 {
			x, y := (0.09+0.03*float32(j))*w, (0.08+0.021*float32(i))*h
			grid = append(grid, disc(x, y, 0.0065*w))
		}
	}
	c.fill(grid, plain(black.opaque()))
	c.fill([]polygon{{{0.60 * w, 0.93 * h}, {0.44 * w, 0.93 * h}, {0.52 * w, 0.835 * h}}}, plain(ochre.opaque()))
	c.paper(2, 0.07)
}

// tiles draws a pattern of quarter discs.
func tiles(c *canvas) {
	r := random(41)
	palette := []rgb{hex(0xf2e8d5), hex(0x1f3a4d), hex(0xd9583b), hex(0xeeb54a), hex(0x5f9a8c), hex(0xe8cdbb)}
	c.wash(func(y float32) rgb { return palette[0] })
	const n = 7
	size := float32(c.w) / n
	for j := range n {
		for i := range n {
			x, y := float32(i)*size, float32(j)*size
			back := palette[r.IntN(len(palette))]
			front := palette[r.IntN(len(palette))]
			for front == back {
				front = palette[r.IntN(len(palette))]
			}
			c.fill([]polygon{rect(x, y, x+size, y+size)}, plain(back.opaque()))
			corner := r.IntN(4)
			cx, cy := x+float32(corner&1)*size, y+float32(corner>>1)*size
			from := []float32{0, math.Pi / 2, -math.Pi / 2, math.Pi}[corner]
			quarter := func(k float32, colour rgb) {
				c.fill([]polygon{sector(cx, cy, k*size, from, from+math.Pi/2)}, plain(colour.opaque()))
			}
			switch r.IntN(6) {
			case 0, 1:
				quarter(1, front)
			case 2:
				quarter(1, front)
				quarter(0.66, back)
				quarter(0.33, palette[r.IntN(len(palette))])
			case 3:
				c.fill([]polygon{disc(x+size/2, y+size/2, size/2)}, plain(front.opaque()))
				c.fill([]polygon{disc(x+size/2, y+size/2, size/5)}, plain(back.opaque()))
			case 4:
				c.fill([]polygon{sector(x+size/2, y, size/2, 0, math.Pi), sector(x+size/2, y+size/2, size/2, 0, math.Pi)}, plain(front.opaque()))
			case 5:
				c.fill([]polygon{{{x, y}, {x + size, y + size}, {x, y + size}}}, plain(front.opaque()))
			}
		}
	}
	c.paper(5, 0.08)
}

// flow draws threads that follow a current.
type flow struct {
	seed    uint64
	ground  rgb
	colours *gradient
	scale   float32 // how many eddies there are across the picture, about
	threads int
	wide    float32 // of a thread, in pixels
}

func (f flow) draw(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	c.wash(func(y float32) rgb { return f.ground })
	n := newNoise(f.seed)
	r := random(f.seed)
	const groups = 8
	var shapes [groups][]polygon
	for range f.threads {
		x, y := (r.Float32()*1.3-0.15)*w, (r.Float32()*1.3-0.15)*h
		k := clamp(0.5+0.8*n.fbm(x/w*1.3+9, y/w*1.3, 2)+0.18*(r.Float32()-0.5), 0, 0.999)
		i := int(k * groups)
		shapes[i] = append(shapes[i], f.thread(n, x, y, w, f.wide*(0.4+r.Float32()), 22+r.IntN(24)))
	}
	for i, s := range shapes {
		// Threads taken at random, not one colour after the other, would be
		// one fill each; bands of colour over each other look woven as well.
		colour := f.colours.at((float32(i) + 0.5) / groups)
		c.fill(s, plain(colour.glass(0.86)))
	}
	c.vignette(0.18)
}

// thread follows the current from (x, y), n steps far, and returns its way as
// a strip that is pointed at both ends.
func (f flow) thread(n *noise, x, y, unit, wide float32, steps int) polygon {
	const step = 9
	p := make(polygon, 2*steps)
	for i := range steps {
		a := (n.at(x/unit*f.scale, y/unit*f.scale) + 0.35*n.at(x/unit*f.scale*2.3+8, y/unit*f.scale*2.3)) * 3.6
		dx, dy := cos(a+0.3), sin(a+0.3)
		t := float32(i) / float32(steps-1)
		k := wide * 4 * t * (1 - t)
		p[i] = point{x - dy*k, y + dx*k}
		p[2*steps-1-i] = point{x + dy*k, y - dx*k}
		x, y = x+dx*step, y+dy*step
	}
	return p
}

// marble draws ink on water: noise that is moved by noise that is moved by
// noise.
func marble(c *canvas) {
	w := float32(c.w)
	n := newNoise(63)
	colours := newGradient(
		stop{0, 0x0c1c2e}, stop{0.25, 0x12506a}, stop{0.42, 0x3f9aa3},
		stop{0.55, 0xe9dcc0}, stop{0.70, 0xe08a4f}, stop{0.85, 0xa03a3c}, stop{1, 0x35142e},
	)
	c.wash(func(y float32) rgb { return rgb{} })
	c.mist(0, c.h, 3, func(x, y float32) ink {
		u, v := x/w*1.05, y/w*1.05
		a, b := n.fbm(u, v, 3), n.fbm(u+5.2, v+1.3, 3)
		p, q := n.fbm(u+1.9*a+1.7, v+1.9*b+9.2, 3), n.fbm(u+1.9*a+8.3, v+1.9*b+2.8, 3)
		f := n.fbm(u+2.1*p, v+2.1*q, 4)
		t := 0.5 + 0.85*f + 0.25*a
		// Fine lines, as where ink gathers at an edge.
		line := 0.5 + 0.5*sin((f+0.4*p)*44)
		col := colours.at(t)
		return col.times(0.80 + 0.24*line + 0.35*q).opaque()
	})
	c.vignette(0.2)
}

// canyon draws sheets of coloured paper with holes cut into them, one over
// the other, each with its shadow on the one below.
func canyon(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	n := newNoise(71)
	colours := newGradient(stop{0, 0x1b2a49}, stop{0.28, 0x47507f}, stop{0.5, 0xb4607c}, stop{0.75, 0xf0986c}, stop{1, 0xfbe3bd})
	// The depth of the canyon is computed once, coarsely, and read for every
	// pixel at two places: here, and where a shadow here comes from.
	const cell = 4
	fw, fh := c.w/cell+12, c.h/cell+12
	depth := make([]float32, fw*fh)
	for j := range fh {
		for i := range fw {
			u, v := float32(i*cell)/w-0.5, float32(j*cell)/h-0.5
			x, y := u*1.5*w/h, v*1.5
			d := n.fbm(x*0.9+3+0.5*n.at(x, y+7), y*0.9+8, 3)
			depth[j*fw+i] = 0.30 + 0.95*d + 0.62*sqrt(u*u*1.1+v*v)
		}
	}
	at := func(x, y float32) float32 {
		x, y = clamp(x/cell, 0, float32(fw-2)), clamp(y/cell, 0, float32(fh-2))
		i, j := int(x), int(y)
		p := depth[j*fw+i:]
		return lerp(lerp(p[0], p[1], x-float32(i)), lerp(p[fw], p[fw+1], x-float32(i)), y-float32(j))
	}
	// line sets out to the depths under the row y, one for each column of
	// depth; between those, reading is a matter of one interpolation.
	line := func(out []float32, y float32) {
		y = clamp(y/cell, 0, float32(fh-2))
		j := int(y)
		upper, lower := depth[j*fw:][:fw], depth[(j+1)*fw:][:fw]
		for i := range out {
			out[i] = lerp(upper[i], lower[i], y-float32(j))
		}
	}
	read := func(line []float32, x float32) float32 {
		x = max(x, 0) / cell
		i := int(x)
		return lerp(line[i], line[i+1], x-float32(i))
	}
	here, there := make([]float32, fw), make([]float32, fw)
	const sheets = 8
	const pitch = 0.095 // of the depths at which sheets are cut
	unit := h / 1000
	for y := range c.h {
		row := c.row(y)
		line(here, float32(y))
		line(there, float32(y)-22*unit)
		for x := range c.w {
			fx, fy := float32(x), float32(y)
			d, s := read(here, fx), read(there, fx-16*unit)
			k := clamp(d/pitch, 0, sheets)
			level := min(int(k), sheets-1)
			colour := colours.at(float32(level) / (sheets - 1))
			// In the shadow of the next sheet up, as far as it is not cut
			// away at the place that the light would have to pass.
			shadow := smooth(-0.55, 0.75, s/pitch-float32(level)-1)
			if level == sheets-1 {
				shadow = 0
			}
			v := colour.times(1 - 0.50*shadow)
			// The edge is smoothed over about a pixel, and lighter: the cut.
			if edge := d - float32(level)*pitch; level > 0 && edge < 0.02 {
				over := edge / (abs(at(fx+1, fy)-d) + abs(at(fx, fy+1)-d) + 1e-5)
				if over < 1 {
					under := colours.at(float32(level-1) / (sheets - 1)).times(0.5)
					v = under.mix(colour.mix(rgb{1, 1, 1}, 0.3), over)
				} else if over < 2.6 {
					v = v.mix(rgb{1, 1, 1}, 0.22*(2.6-over)/1.6)
				}
			}
			p := row[3*x:]
			p[0], p[1], p[2] = v.r, v.g, v.b
		}
	}
	c.paper(9, 0.035)
}

// lenses draws panes of coloured glass; nothing is behind them.
func lenses(c *canvas) {
	w := float32(c.w)
	colours := []rgb{hex(0xe4572e), hex(0xf3a712), hex(0x29a19c), hex(0x1b4f8a), hex(0x8a3a78), hex(0xd6336c)}
	for i, colour := range colours {
		a := float32(i) / float32(len(colours)) * 6.2832
		x, y := w/2+0.205*w*cos(a), w/2+0.205*w*sin(a)
		c.fill([]polygon{disc(x, y, 0.255*w)}, plain(colour.glass(0.62)))
	}
	c.fill([]polygon{arc(w/2, w/2, 0.475*w, 0.004*w, 0, 6.2832)}, plain(hex(0x1b2a49).opaque()))
	c.fill([]polygon{disc(w/2, w/2, 0.055*w)}, plain(hex(0xfff4dc).opaque()))
}

// retroSun draws a poster of a setting sun, in few colours.
func retroSun(c *canvas) {
	w, h := float32(c.w), float32(c.h)
	bands := []rgb{hex(0x20304f), hex(0x2d3f66), hex(0x4a4c78), hex(0x75557f), hex(0xa65f7c), hex(0xd2706f), hex(0xec8d68), hex(0xf6b06f)}
	c.wash(func(y float32) rgb { return bands[min(int(y/h*1.5*float32(len(bands))), len(bands)-1)] })
	sun := []polygon{disc(0.5*w, 0.46*h, 0.27*w)}
	scale := []rgb{hex(0xfff0c2), hex(0xffdf98), hex(0xffc971), hex(0xffad57)}
	c.fill(sun, byRow(func(y float32) ink {
		t := (y - 0.46*h + 0.27*w) / (0.54 * w)
		// Gaps that grow towards the horizon.
		if p := t * 11; t > 0.42 && p-float32(int(p)) < (t-0.36)*0.75 {
			return ink{}
		}
		return scale[min(int(t*4), 3)].opaque()
	}))
	n := newNoise(33)
	hills := []rgb{hex(0xb5566b), hex(0x7d4069), hex(0x4b2f5c), hex(0x241f45)}
	for i, colour := range hills {
		line := make([]float32, c.w)
		for x := range line {
			u := float32(x) / w
			line[x] = h*(0.66+0.085*float32(i)) - h*0.10*n.fbm(u*(2.6-0.3*float32(i))+float32(i)*8, float32(i), 3)
		}
		c.fill(c.below(line, h), plain(colour.opaque()))
	}
}
