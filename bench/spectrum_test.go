package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Where amplitude falls as 1/f, all octaves vary alike. An octave is taken to
// be the difference of neighbouring averages over 2^k x 2^k values, as in
// Haar's wavelets.
func TestNaturalField_spectrum(t *testing.T) {
	const w, h = 1024, 768
	field := naturalField(rand.New(rand.NewPCG(1, 2)), w, h)
	if len(field) != w*h {
		t.Fatalf("%d values, want %d", len(field), w*h)
	}
	var octaves []float64
	for width, height := w, h; height >= 24; {
		var squares float64
		half := make([]float32, 0, len(field)/4)
		for y := 0; y+1 < height; y += 2 {
			for x := 0; x+1 < width; x += 2 {
				a, b := field[y*width+x], field[y*width+x+1]
				c, d := field[(y+1)*width+x], field[(y+1)*width+x+1]
				for _, detail := range []float32{(a + b - c - d) / 4, (a - b + c - d) / 4, (a - b - c + d) / 4} {
					squares += float64(detail) * float64(detail)
				}
				half = append(half, (a+b+c+d)/4)
			}
		}
		width, height = width/2, height/2
		field = half
		octaves = append(octaves, squares/float64(len(half)))
	}
	t.Logf("variance of octaves, finest first: %.3f", octaves)
	for i := 3; i < len(octaves); i++ { // the two finest are dampened, and spill over
		if ratio := octaves[i] / octaves[i-1]; ratio < 0.6 || ratio > 1.7 {
			t.Errorf("octave %d varies %.2f times as much as octave %d, want about 1", i, ratio, i-1)
		}
	}
	if octaves[0] > octaves[3]/2 {
		t.Errorf("the finest octave varies by %.3f, that of 8 pixels by %.3f: want a lens between", octaves[0], octaves[3])
	}
}

func TestToLevels(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	field := make([]float32, 10000)
	for i := range field {
		field[i] = 7 + 3*float32(random.NormFloat64())
	}
	levels := make([]uint8, len(field))
	toLevels(levels, field, 20)
	var sum, squares float64
	for _, v := range levels {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	mean := sum / 10000
	deviation := math.Sqrt(squares/10000 - mean*mean)
	if math.Abs(mean-128) > 1 || math.Abs(deviation-20) > 1 {
		t.Errorf("mean %.1f, deviation %.1f, want 128, 20", mean, deviation)
	}
}

func TestDrawPicture(t *testing.T) {
	var files [2][]byte
	for i := range files {
		name := filepath.Join(t.TempDir(), "drawn.jpg")
		request, err := json.Marshal(drawing{name, 300, 200, 5})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drawPicture(request); err != nil {
			t.Fatal(err)
		}
		if files[i], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := codingOf(bytes.NewReader(files[0])); c != baseline {
		t.Errorf("coding is %q, %v", c, err)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same seed draws different pictures")
	}
}
