package sample

// terrain is dunes, or downs of the same shape, in the light of a low sun to
// the left. x runs to the right, z away from the viewer, heights upward.
type terrain struct {
	mood    // its mist is the air far away and, at its end, the light in shadows
	sky     sky
	seed    uint64
	horizon float32  // as a fraction of the picture's height
	low     float32  // how much the edge of a shadow falls, a unit of length
	soil    gradient // colours of the ground
}

// draw takes heights along the line of sight under every third column of
// pixels, at distances that grow by a constant factor, so that they lie about
// equally dense in the picture. What has the same distance in the column before
// lies to the left in the landscape: slopes and shadows come from there.
func (t terrain) draw(c *canvas) {
	const stride, margin = 3, 60 // columns; what is in the margin throws its shadow into the picture
	const steps, near, far = 400, 0.75, 24
	type place struct {
		height, edge, y float32 // edge is the height below which there is shadow
		ink             ink
	}
	horizon, n := t.horizon*float32(c.h), newNoise(t.seed)
	scale := 1.2 * max(float32(c.w), float32(c.h)) // pixels for a unit of length at distance 1
	t.sky.draw(c.above(int(1.5*horizon)), t.mood, horizon, t.seed)
	ratio := pow(near/float32(far), 1.0/steps)
	var left, here [steps]place
	for x := -margin; x < c.w+stride; x += stride {
		across := (float32(x) - float32(c.w)/2) / scale
		beyond, farther := float32(0), float32(far+1)
		for k, z := 0, float32(far); k < steps; k, z = k+1, z*ratio {
			p, width := &here[k], stride*z/scale
			p.height = dune(n, across*z, z)
			// The edge of a shadow comes down with the distance from what
			// throws it, and is soft.
			p.edge = p.height
			if x > -margin {
				p.edge = max(left[k].edge-t.low*width, p.height)
			}
			p.y = horizon - scale*(p.height-1)/z
			if x > -stride {
				dx := (p.height - left[k].height) / width
				dz := (beyond-p.height)/(farther-z) - across*dx
				p.ink = t.lit(n, across*z, z, dx, dz, smooth(8*width*t.low+0.02, 0, p.edge-p.height))
			}
			beyond, farther = p.height, z
		}
		// From the farthest to the nearest, what faces the viewer hides what
		// is behind it. A pixel at its upper edge is covered in part.
		for px := max(x-stride, 0); px < min(x, c.w); px++ {
			f, top, behind := 1-float32(x-px)/stride, float32(c.h), ink{}
			for k := range steps + 1 {
				y, v := float32(c.h), behind // below the nearest: more of it
				if k < steps {
					y, v = lerp(left[k].y, here[k].y, f), left[k].ink.mix(here[k].ink, f)
				}
				for py := max(int(top), 0); py <= min(int(y), c.h-1) && top < y; py++ {
					p, fy := &c.pix[py*c.w+px], float32(py)
					*p = behind.mix(v, clamp((fy+0.5-top)/(y-top), 0, 1)).thin(clamp(fy+1-top, 0, 1)).over(*p)
				}
				top, behind = y, v
			}
		}
		left = here
	}
}

// lit returns what reaches the eye from the ground at (x, z), air included.
func (t terrain) lit(n *noise, x, z, dx, dz, sunlit float32) ink {
	v := t.soil.at(0.5 + 0.5*n.at(x*0.5, z*0.4) + 0.5*n.at(x*30, z*30))
	if z < 4.5 { // farther away, ripples are too fine
		dx += 0.09 * sin(x*78+z*40+9*n.at(x*1.3, z*1.3)) * smooth(4.5, 1.2, z)
	}
	steep := sqrt(1 + dx*dx + dz*dz)
	facing := 2.1 * max(0, t.low-0.9*dx+0.1*dz) / steep * sunlit
	v = v.times(t.sun).light(facing).over(v.times(t.mist.at(1)).dim(0.7 + 0.3/steep))
	return v.mix(t.mist.at(0), 0.97*(1-exp(-z*0.06)))
}

// dune returns the height of the ground. Crests are where a bent wave folds
// over, from its long side to its short one.
func dune(n *noise, x, z float32) float32 {
	p := x*0.20 + z*0.27 + 0.9*n.at(x*0.22+9, z*0.22) + 0.28*n.at(x*0.6, z*0.6+30) + 0.2
	p -= floor(p)
	a, b := p/0.7, (1-p)/0.3
	a, b = a*a*(1.6-0.6*a), b*(1.25-0.25*b)
	// The edge is worn round, more so where it is too far away to be sharp.
	v := max(0.5*(a+b-sqrt((a-b)*(a-b)+0.008+0.0022*z*z)), -0.05)
	return v*(0.55+0.45*n.at(x*0.16+40, z*0.16))*0.95*smooth(0.2, 4, z+1) + 0.25*n.at(x*0.12, z*0.12+70) - 0.25
}
