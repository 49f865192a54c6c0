package sample

// mood is the light that a scene is drawn in.
type mood struct {
	sky, hills, mist, sea gradient // downwards, and from far to near; mist is the air before hills
	sun                   ink
	power                 float32 // strength of its light, 0 to 1
}

// sky is a sky. Its sun, or moon, is at (x, y), fractions of the width and of
// the horizon's height.
type sky struct {
	x, y, size float32                          // the size is a radius in the canvas's unit; 0 for no disc
	clouds     float32                          // how much of the sky they cover; 0 for none
	lights     func(c *canvas)                  // stars and such; may be nil
	face       func(n *noise, u, v float32) ink // of the disc, whose radius is 1; nil for the sun's
}

// draw draws the sky on all of c; horizon is the row where its colours end.
func (s sky) draw(c *canvas, m mood, horizon float32, seed uint64) {
	n, x, y := newNoise(seed+7), s.x*float32(c.w), s.y*horizon
	// Light falls to half at the distance r from the sun, and slowly beyond.
	glow := func(px, py, r float32) float32 {
		d := (sqr(px-x) + sqr(py-y)) / sqr(r*c.unit)
		return m.power / (1 + d) / (1 + d/6)
	}
	c.soft(0, c.h, 8, func(px, py float32) ink {
		return m.sun.light(0.5*glow(px, py, 0.06) + 0.22*glow(px, py, 0.28)).over(m.sky.at(py / horizon))
	})
	if s.lights != nil {
		s.lights(c)
	}
	if s.clouds > 0 {
		// A thin sheet in perspective: large overhead, small far away.
		c.soft(0, int(horizon), 5, func(px, py float32) ink {
			up := 1 - py/horizon
			z := 0.5 / (up + 0.13)
			v := n.fbm((px-float32(c.w)/2)/c.unit*z*1.6+30, z*2.2, 5)
			lit := m.sky.at(1).mix(m.sun, 0.4+0.6*glow(px, py, 0.5)).mix(m.sky.at(0.25), 0.8*smooth(-s.clouds/2, 0.7-s.clouds/2, v))
			return lit.thin(0.85 * smooth(0.22-s.clouds, 0.65-s.clouds, v) * smooth(0, 0.12, up))
		})
	}
	r := s.size * c.unit
	c.paint(int(y-r), int(y+r)+1, func(px, py float32) ink {
		cover := clamp(r+0.5-sqrt(sqr(px-x)+sqr(py-y)), 0, 1)
		if cover == 0 || s.face == nil {
			return m.sun.mix(hex(0xffffff), 0.6).dim(1.5).thin(cover)
		}
		return s.face(n, (px-x)/r, (py-y)/r).thin(cover)
	})
}

// stars returns a sky with a number of stars for each 1000 pixels: many faint
// ones and few that are bright, and larger, most of them white.
func stars(seed uint64, density float32) func(c *canvas) {
	return func(c *canvas) {
		random, tints := random(seed), colours(0xffffff, 0xcfe0ff, 0xffe9d0, 0xb9d0ff, 0xffd8b0)
		for range int(density * float32(c.w*c.h) / 1000) {
			x, y, tint := random.Float32()*float32(c.w), random.Float32()*float32(c.h), tints[random.IntN(len(tints))]
			// Thinner air lies between us and those high up.
			power := (0.1 + 1.2*pow(random.Float32(), 10)) * smooth(0, 0.3, 1-y/float32(c.h))
			r := 0.55 + 0.5*power
			for py := max(0, int(y-2.6*r)); py <= min(c.h-1, int(y+2.6*r)); py++ {
				for px := max(0, int(x-2.6*r)); px <= min(c.w-1, int(x+2.6*r)); px++ {
					p := &c.pix[py*c.w+px]
					*p = tint.light(power * exp(-(sqr(float32(px)+0.5-x)+sqr(float32(py)+0.5-y))/(r*r))).over(*p)
				}
			}
		}
	}
}

// milkyWay returns a starry sky with a band of faint light across it, that
// leans to the right by so much and has dark dust along its middle.
func milkyWay(seed uint64, lean float32) func(c *canvas) {
	return func(c *canvas) {
		n, scale := newNoise(seed), 4/c.unit/sqrt(1+lean*lean)
		c.soft(0, c.h, 4, func(x, y float32) ink {
			x, y = (x-0.52*float32(c.w))*scale, (y-0.75*float32(c.h))*scale
			u, v := lean*x-y, lean*y+x
			v += 0.22 * n.fbm(u*0.9, v*0.9+40, 3)
			core, lane := exp(-u*u*0.12), exp(-sqr(v+0.16*n.fbm(u*1.1+9, v, 3))*40)
			dust := smooth(0.05, 0.5, 0.42+0.9*n.fbm(u*1.4+3, v*2.4+8, 5)-0.24*lane*(0.4+core))
			light := exp(-v*v*1.4) * (0.35 + 0.65*core) * max(0, 0.72+0.75*n.fbm(u*1.7, v*1.7, 5)) * (0.25 + 0.75*dust)
			return hex(0x9db4e6).mix(hex(0xffd2a0), clamp(core*light*1.3, 0, 1)).light(light * 0.66)
		})
		stars(seed, 8)(c)
	}
}

// aurora returns a starry sky with curtains of northern light. Each stands on
// a line that wanders across the sky, bright below and fading upwards.
func aurora(seed uint64, low, top ink) func(c *canvas) {
	return func(c *canvas) {
		stars(seed, 1.9)(c)
		n, h := newNoise(seed+1), float32(c.h)
		rays := make([][3]struct{ foot, long, power float32 }, c.w/3+3)
		for i := range rays {
			for k := range rays[i] {
				// Places on the line run ahead and back, which makes folds.
				s, fk, ray := float32(3*i)/c.unit, float32(k), &rays[i][k]
				s += 0.07*n.at(s*7, fk*9) + 0.02*n.at(s*19, fk*9+4)
				ray.foot = (0.64 - 0.15*fk + 0.22*n.at(s*2.4+fk*3, fk*5+20) + 0.05*n.at(s*9, fk)) * h
				ray.long = (0.44 + 0.28*n.at(s*22, fk+31)) * (1 - 0.12*fk) * h
				ray.power = max(0, 0.8+0.6*n.at(s*44, fk*7)+0.4*n.at(s*110, fk*7+9)) * smooth(-0.5, 0.3, n.at(s*2.2+fk*11, 41)) * (0.75 - 0.1*fk)
			}
		}
		c.soft(0, c.h, 3, func(x, y float32) (sum ink) {
			for _, ray := range rays[int(x)/3] {
				t := (ray.foot - y) / ray.long // 0 at the foot, 1 at the top
				power := ray.power * smooth(-0.10, 0.06, t) * sqr(1-clamp(t, 0, 1))
				sum = low.mix(top, smooth(0.12, 0.75, t)).light(power).over(sum)
			}
			return sum
		})
	}
}

// moon is the face of the full moon. Its maria are large, dark and on one side.
func moon(n *noise, u, v float32) ink {
	maria := smooth(-0.15, 0.5, n.fbm(u*1.25+5, v*1.25+1, 5)+0.16-0.22*(u+v))
	limb := 0.62 + 0.42*sqrt(max(0, 1-(u*u+v*v)*0.55))
	return hex(0xfff3da).mix(hex(0xb9ab98), 0.62*maria).dim((0.86 + 0.05*n.fbm(u*6, v*6, 3)) * limb)
}
