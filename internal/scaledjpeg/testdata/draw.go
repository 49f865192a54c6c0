//go:build ignore

// Draw writes the test picture as PPM: waves that grow finer to one side, discs with sharp edges, strong colours, and noise.
package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
)

func main() {
	const width, height = 117, 83
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	fmt.Fprintf(w, "P6\n%d %d\n255\n", width, height)
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			r := 128 + 90*math.Sin(fx*fx/120)
			g := 128 + 90*math.Cos(fy*fy/90+fx/20)
			b := 255 * fx / width
			if math.Hypot(fx-30, fy-30) < 17 {
				r, g, b = 250, 30, 40
			}
			if math.Hypot(fx-85, fy-50) < 21 {
				r, g, b = 10, 60, 245
			}
			if y > 60 && x < 40 {
				n := random.Float64() * 255
				r, g, b = n, n, n
			}
			if y > 70 && x > 80 {
				r, g, b = 200, 200, 200
			}
			w.Write([]byte{level(r), level(g), level(b)})
		}
	}
}

func level(v float64) byte { return byte(min(max(v, 0), 255)) }
