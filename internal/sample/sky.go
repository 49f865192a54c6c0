package sample

import "math"

// clouds lays a thin sheet of clouds over the rows above
// horizon, in perspective: large overhead, small and dense far away. cover is
// about 0 to 1; lit colours the side to the light, shade the other.
func (c *canvas) clouds(seed uint64, horizon, scale, cover float32, lit, shade rgb, density float32) {
	n := newNoise(seed)
	w := float32(c.w)
	c.mist(0, int(horizon), 5, func(x, y float32) ink {
		up := (horizon - y) / horizon
		if up < 0 {
			return ink{}
		}
		z := scale / (up + 0.13)
		px, py := (x/w-0.5)*z*1.6+30, z*2.2
		v := n.fbm(px, py, 5)
		a := smooth(0.32-cover, 0.75-cover, v+0.1)
		if a == 0 {
			return ink{}
		}
		a *= density * smooth(0, 0.12, up)
		// The thick parts are dark underneath.
		return lit.mix(shade, smooth(0.3-cover/2, 1-cover/2, v+0.3)).glass(a)
	})
}

// stars scatters n stars over the rows above bottom: many faint ones and few
// that are bright, most of them white.
func (c *canvas) stars(seed uint64, n int, bottom, brightest float32) {
	r := random(seed)
	tints := [...]rgb{hex(0xffffff), hex(0xffffff), hex(0xcfe0ff), hex(0xffe9d0), hex(0xb9d0ff), hex(0xffd8b0)}
	for range n {
		x, y := r.Float32()*float32(c.w), r.Float32()*bottom
		m := r.Float32()
		power := 0.10 + brightest*m*m*m*m*m*m*m*m*m*m
		// Thinner air lies between us and those high up.
		c.star(x, y, power*smooth(0, 0.3, 1-y/bottom), tints[r.IntN(len(tints))])
	}
}

// star adds a point of light, a little larger where it is brighter.
func (c *canvas) star(x, y, power float32, tint rgb) {
	r := 0.55 + 0.5*min(power, 1.6)
	reach := int(2.6*r) + 1
	for py := max(0, int(y)-reach); py <= min(c.h-1, int(y)+reach); py++ {
		row := c.row(py)
		for px := max(0, int(x)-reach); px <= min(c.w-1, int(x)+reach); px++ {
			dx, dy := float32(px)+0.5-x, float32(py)+0.5-y
			k := power * exp(-(dx*dx+dy*dy)/(r*r))
			put(row[3*px:3*px+3], tint.light(k))
		}
	}
}

// milkyWay adds a band of faint light across the sky, through (x, y) at the
// given angle, with dark dust along its middle and more stars than elsewhere.
func (c *canvas) milkyWay(seed uint64, x, y, angle, width float32, warm, cold rgb, power float32) {
	n := newNoise(seed)
	sn, cs := float32(math.Sin(float64(angle))), float32(math.Cos(float64(angle)))
	// along and across the band, in units of its width
	place := func(px, py float32) (along, across float32) {
		dx, dy := (px-x)/width, (py-y)/width
		return dx*cs + dy*sn, dy*cs - dx*sn
	}
	light := func(px, py float32) (float32, float32) {
		along, across := place(px, py)
		across += 0.22 * n.fbm(along*0.9, across*0.9+40, 3)
		core := exp(-along * along * 0.12)
		band := exp(-across*across*1.4) * (0.35 + 0.65*core)
		cloud := 0.72 + 0.75*n.fbm(along*1.7, across*1.7, 5)
		lane := abs(across+0.16*n.fbm(along*1.1+9, across, 3)) * 1.5
		dust := smooth(0.05, 0.5, 0.42+0.9*n.fbm(along*1.4+3, across*2.4+8, 5)-0.24*exp(-lane*lane*18)*(0.4+core))
		return max(0, band*cloud) * (0.25 + 0.75*dust), core
	}
	c.mist(0, c.h, 4, func(px, py float32) ink {
		v, core := light(px, py)
		return cold.mix(warm, clamp(core*v*1.3, 0, 1)).light(v * power)
	})
	r := random(seed + 1)
	for range c.w * c.h / 75 {
		px, py := r.Float32()*float32(c.w), r.Float32()*float32(c.h)
		along, across := place(px, py)
		if v := exp(-across*across*1.2) * (0.3 + 0.7*exp(-along*along*0.12)); v > r.Float32() {
			m := r.Float32()
			c.star(px, py, 0.05+0.28*m*m*m*m, hex(0xfff4e6))
		}
	}
}
