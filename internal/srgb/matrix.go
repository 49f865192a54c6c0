package srgb

// D50 is the white of the profile connection space (ICC.1, 7.2.16).
var D50 = [3]float64{0.9642, 1, 0.8249}

func (c Chromaticity) xyz() [3]float64 { return [3]float64{c.X / c.Y, 1, (1 - c.X - c.Y) / c.Y} }

// toXYZ returns the matrix from linear RGB of these primaries to XYZ. Its columns are the XYZ of the primaries, scaled so that
// they sum up to the white.
func toXYZ(p Primaries) [3][3]float64 {
	r, g, b := p[0].xyz(), p[1].xyz(), p[2].xyz()
	columns := [3][3]float64{
		{r[0], g[0], b[0]},
		{r[1], g[1], b[1]},
		{r[2], g[2], b[2]},
	}
	return multiply(columns, diagonal(apply(invert(columns), p[3].xyz())))
}

// Colorants returns the matrix from linear RGB of these primaries to XYZ relative to D50, by Bradford's cone responses (ICC.1,
// annex E).
func (p Primaries) Colorants() [3][3]float64 {
	bradford := [3][3]float64{
		{0.8951, 0.2664, -0.1614},
		{-0.7502, 1.7135, 0.0367},
		{0.0389, -0.0685, 1.0296},
	}
	from, to := apply(bradford, p[3].xyz()), apply(bradford, D50)
	gain := diagonal([3]float64{to[0] / from[0], to[1] / from[1], to[2] / from[2]})
	adapt := multiply(invert(bradford), multiply(gain, bradford))
	return multiply(adapt, toXYZ(p))
}

func diagonal(v [3]float64) [3][3]float64 {
	return [3][3]float64{{v[0], 0, 0}, {0, v[1], 0}, {0, 0, v[2]}}
}

func apply(m [3][3]float64, v [3]float64) (out [3]float64) {
	for i := range m {
		out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
	}
	return out
}

func multiply(a, b [3][3]float64) (out [3][3]float64) {
	for i := range 3 {
		for j := range 3 {
			out[i][j] = a[i][0]*b[0][j] + a[i][1]*b[1][j] + a[i][2]*b[2][j]
		}
	}
	return out
}

// invert returns the inverse of a regular matrix, by its adjugate.
func invert(m [3][3]float64) (out [3][3]float64) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return m[a][c]*m[b][d] - m[a][d]*m[b][c]
	}
	det := m[0][0]*minor(0, 0) + m[0][1]*minor(0, 1) + m[0][2]*minor(0, 2)
	for i := range 3 {
		for j := range 3 {
			out[j][i] = minor(i, j) / det
		}
	}
	return out
}
