package sample

// terrain is a landscape that is really computed, as far as a picture of one
// needs to be: a height for each place, seen from one point.
//
// A picture of it is made by columns. Under every third column of pixels
// heights are taken along the line of sight, at distances that grow by a
// constant factor, so that they lie about equally dense in the picture. What
// has the same distance in neighbouring columns then also lies side by side
// in the landscape, which makes slopes, and the shadows of a sun exactly to
// the left or right, a matter of looking at neighbours. The columns are drawn
// from the back to the front, the near over the far.
//
// x runs to the right, z away from the viewer, heights upward, all in the
// same unit.
type terrain struct {
	height func(x, z float32) float32
	colour func(s surface) rgb // what reaches the eye, air included

	eye       float32 // height of the viewer
	horizon   float32 // where eye level is in the picture, in pixels from above
	focal     float32 // width of the picture at distance 1
	near, far float32 // the distances between which there is anything
	steps     int     // how many distances there are to look at

	// sun is the height of the sun: by how much a shadow's edge falls, a unit
	// of length. Positive is a sun to the left, negative to the right.
	sun float32
}

// surface is one place of a terrain.
type surface struct {
	x, z, height float32
	dx, dz       float32 // its slope: how much the ground rises to the right, and away
	light        float32 // 0 in shadow, 1 in the sun
}

// draw draws the terrain over the canvas. It returns the line above which the
// canvas is as it was.
func (t terrain) draw(c *canvas) []float32 {
	const stride = 3 // columns of pixels a column of heights
	cols := c.w/stride + 2
	scale := t.focal * float32(c.w)
	distance := make([]float32, t.steps)
	ratio := exp(logf(t.far/t.near) / float32(t.steps-1))
	for k, z := 0, t.near; k < t.steps; k, z = k+1, z*ratio {
		distance[k] = z
	}
	at := func(j int, z float32) float32 { return (float32(j*stride) - float32(c.w)/2) / scale * z }

	heights := make([]float32, t.steps*cols)
	for k, z := range distance {
		row := heights[k*cols : (k+1)*cols]
		for j := range row {
			row[j] = t.height(at(j, z), z)
		}
	}
	ys, colours := make([]float32, len(heights)), make([]rgb, len(heights))
	light := make([]float32, cols)
	for k, z := range distance {
		row := heights[k*cols : (k+1)*cols]
		width := at(1, z) - at(0, z)
		t.shadows(row, light, width)
		prev, next := max(k-1, 0), min(k+1, t.steps-1)
		for j, h := range row {
			l, r := max(j-1, 0), min(j+1, cols-1)
			s := surface{x: at(j, z), z: z, height: h, light: light[j]}
			s.dx = (row[r] - row[l]) / (float32(r-l) * width)
			s.dz = (heights[next*cols+j]-heights[prev*cols+j])/(distance[next]-distance[prev]) - s.x/z*s.dx
			ys[k*cols+j] = t.horizon - scale*(h-t.eye)/z
			colours[k*cols+j] = t.colour(s)
		}
	}
	skyline := make([]float32, c.w)
	for x := range c.w {
		skyline[x] = c.column(x, x/stride, float32(x%stride)/stride, cols, ys, colours)
	}
	return skyline
}

// shadows sets light for one row of heights, width apart. The edge of a
// shadow comes down with the distance from what throws it, and is soft.
func (t terrain) shadows(row, light []float32, width float32) {
	edge := float32(-1e9)
	fall := abs(t.sun) * width
	for i := range row {
		j := i
		if t.sun < 0 {
			j = len(row) - 1 - i
		}
		edge = max(edge-fall, row[j])
		light[j] = smooth(8*width*abs(t.sun)+0.02, 0, edge-row[j])
	}
}

// column draws the column of pixels x, which lies f of the way from the
// column of heights j to the next, and returns its highest pixel.
func (c *canvas) column(x, j int, f float32, cols int, ys []float32, colours []rgb) float32 {
	steps := len(ys) / cols
	between := func(k int) (float32, rgb) {
		i := k*cols + j
		return lerp(ys[i], ys[i+1], f), colours[i].mix(colours[i+1], f)
	}
	top := float32(c.h)
	farY, farColour := between(steps - 1)
	for k := steps - 2; k >= -1; k-- {
		y, colour := float32(c.h), farColour // below the nearest: more of it
		if k >= 0 {
			y, colour = between(k)
		}
		if y > farY { // it faces the viewer
			top = min(top, farY)
			c.span(x, farY, y, farColour, colour)
		}
		farY, farColour = y, colour
	}
	return top
}

// span fills one column from y0 down to y1 with colours from a to b. The
// pixel at the upper end is covered in part, the one at the lower end wholly:
// what comes next begins there.
func (c *canvas) span(x int, y0, y1 float32, a, b rgb) {
	if y1 < 0 || y0 >= float32(c.h) {
		return
	}
	first, last := int(max(y0, 0)), min(int(y1), c.h-1)
	scale := 1 / max(y1-y0, 1e-3)
	for y := first; y <= last; y++ {
		v := a.mix(b, clamp((float32(y)+0.5-y0)*scale, 0, 1))
		p := c.pix[3*(y*c.w+x):][:3]
		if float32(y) < y0 {
			put(p, v.glass(float32(y+1)-y0))
		} else {
			p[0], p[1], p[2] = v.r, v.g, v.b
		}
	}
}
