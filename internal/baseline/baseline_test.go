package baseline

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// textured returns a picture with smooth areas, edges and noise, in colour.
func textured(width, height int) *image.YCbCr {
	random := rand.New(rand.NewPCG(5, 6))
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio444)
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			luma := 128 + 90*math.Sin(fx/17+fy/23)*math.Cos(fy/9) + random.NormFloat64()*3
			if (x/40+y/30)%3 == 0 {
				luma = 255 - luma
			}
			i := y*m.YStride + x
			m.Y[i] = uint8(min(max(luma, 0), 255))
			m.Cb[i] = uint8(128 + 100*math.Sin(fx/31))
			m.Cr[i] = uint8(128 + 100*math.Cos(fy/41+fx/60))
		}
	}
	return m
}

func grey(m *image.YCbCr) *image.Gray { return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect} }

func encoded(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	file, err := Append(nil, m, quality, Halved)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func decoded(t testing.TB, file []byte) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// standard returns what image/jpeg makes of m.
func standard(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// squared returns the mean squared error of a decoded picture's red, green and blue.
func squared(got, want image.Image) float64 {
	sum, b := 0.0, want.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, _ := got.At(x-b.Min.X, y-b.Min.Y).RGBA()
			r2, g2, b2, _ := want.At(x, y).RGBA()
			for _, d := range []float64{float64(r) - float64(r2), float64(g) - float64(g2), float64(bl) - float64(b2)} {
				sum += d * d / (257 * 257)
			}
		}
	}
	return sum / float64(3*b.Dx()*b.Dy())
}

// TestAppend_standard compares with image/jpeg: the files are as good, and smaller.
func TestAppend_standard(t *testing.T) {
	colour := textured(403, 301)
	for _, m := range []image.Image{colour, grey(colour)} {
		for _, quality := range []int{1, 10, 49, 50, 51, 75, 82, 95, 100} {
			got, want := encoded(t, m, quality), standard(t, m, quality)
			// Chroma is rounded once less, which shows where steps are small.
			if ratio := squared(decoded(t, got), m) / squared(decoded(t, want), m); ratio > 1.01 || ratio < 0.5 {
				t.Errorf("%T at quality %d: squared error is %.3f times that of image/jpeg", m, quality, ratio)
			}
			if ratio := float64(len(got)) / float64(len(want)); ratio < 0.45 || ratio > 0.96 {
				t.Errorf("%T at quality %d: %d bytes, image/jpeg takes %d", m, quality, len(got), len(want))
			}
		}
	}
}

// TestAppend_sizes encodes pictures of all sizes around whole MCUs, flat but for the last column and row: what is repeated beyond
// the edge, or left out, would show.
func TestAppend_sizes(t *testing.T) {
	for w := 1; w <= 34; w++ {
		for _, h := range []int{1, 7, 8, 9, 15, 16, 17, 33} {
			m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
			for i := range m.Y {
				m.Y[i], m.Cb[i], m.Cr[i] = 200, 90, 150
			}
			for _, m := range []image.Image{m, grey(m)} {
				got := decoded(t, encoded(t, m, 90))
				if got.Bounds() != m.Bounds() {
					t.Fatalf("%dx%d: decoded as %v", w, h, got.Bounds())
				}
				if e := squared(got, m); e > 4 {
					t.Errorf("%T %dx%d: squared error is %.1f", m, w, h, e)
				}
			}
		}
	}
}

// TestAppend_extremes encodes black and white in patterns that drive coefficients as far as they go.
func TestAppend_extremes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for n := range 300 {
		m := image.NewYCbCr(image.Rect(0, 0, 32, 32), image.YCbCrSubsampleRatio444)
		px, py := 1+n%9, 1+n/9%9
		for i := range m.Y {
			on := (i%32/px+i/32/py)%2 == 0
			if n >= 81 {
				on = random.IntN(2) == 0
			}
			if on {
				m.Y[i], m.Cb[i], m.Cr[i] = 255, 255, 0
			} else {
				m.Cr[i] = 255
			}
		}
		got := decoded(t, encoded(t, m, 100)).(*image.YCbCr)
		for i, v := range m.Y {
			if d := int(got.Y[i]) - int(v); d < -3 || d > 3 {
				t.Fatalf("pattern %d: sample %d is %d, want %d", n, i, got.Y[i], v)
			}
		}
	}
}

// TestAppend_full stores chroma in full: a picture of all sizes around whole blocks, whose neighbours differ in colour alone,
// comes back as it was, where half the resolution leaves one colour.
func TestAppend_full(t *testing.T) {
	for w := 2; w <= 34; w += 3 {
		for _, h := range []int{1, 7, 8, 9, 17} {
			m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
			for i := range m.Y {
				m.Y[i], m.Cb[i], m.Cr[i] = 128, 108, uint8(98+60*(i%w%2))
			}
			file := must(Append(nil, m, 95, Full))
			got := decoded(t, file).(*image.YCbCr)
			if got.Bounds() != m.Bounds() || got.SubsampleRatio != image.YCbCrSubsampleRatio444 {
				t.Fatalf("%dx%d: decoded as %v in %v", w, h, got.Bounds(), got.SubsampleRatio)
			}
			if e := squared(got, m); e > 30 {
				t.Errorf("%dx%d: squared error is %.1f", w, h, e)
			}
			if e := squared(decoded(t, encoded(t, m, 95)), m); e < 300 {
				t.Errorf("%dx%d: squared error at half resolution is %.1f, the picture is no test", w, h, e)
			}
		}
	}
	if grey := grey(textured(30, 20)); !bytes.Equal(must(Append(nil, grey, 82, Full)), encoded(t, grey, 82)) {
		t.Error("a grey picture is encoded otherwise with chroma in full")
	}
}

func TestAppend_subImage(t *testing.T) {
	whole := textured(100, 80)
	part := whole.SubImage(image.Rect(13, 7, 90, 71)).(*image.YCbCr)
	alone := image.NewYCbCr(image.Rect(0, 0, 77, 64), image.YCbCrSubsampleRatio444)
	for y := range 64 {
		for x := range 77 {
			c := part.YCbCrAt(13+x, 7+y)
			i := y*alone.YStride + x
			alone.Y[i], alone.Cb[i], alone.Cr[i] = c.Y, c.Cb, c.Cr
		}
	}
	if !bytes.Equal(encoded(t, part, 82), encoded(t, alone, 82)) {
		t.Error("a part of a picture is encoded otherwise than by itself")
	}
	if prefix := []byte("before"); !bytes.Equal(must(Append(prefix, alone, 82, Halved))[6:], encoded(t, alone, 82)) {
		t.Error("a file appended to others is another")
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestAppend_refuses(t *testing.T) {
	for name, test := range map[string]struct {
		m       image.Image
		quality int
	}{
		"quality 0":   {image.NewGray(image.Rect(0, 0, 8, 8)), 0},
		"quality 101": {image.NewGray(image.Rect(0, 0, 8, 8)), 101},
		"empty":       {image.NewGray(image.Rectangle{}), 82},
		"too wide":    {&image.Gray{Rect: image.Rect(0, 0, 1<<16, 1)}, 82},
		"4:2:0":       {image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), 82},
		"RGBA":        {image.NewRGBA(image.Rect(0, 0, 8, 8)), 82},
		"uniform":     {image.NewUniform(color.White), 82},
	} {
		if got, err := Append([]byte("x"), test.m, test.quality, Halved); err == nil || string(got) != "x" {
			t.Errorf("%s: Append = %d bytes, %v", name, len(got), err)
		}
	}
}

// TestTransform compares with the definition (A.3.3).
func TestTransform(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 3))
	scale := func(u int) float64 {
		if u == 0 {
			return math.Sqrt2 / 2
		}
		return 1
	}
	for range 50 {
		var samples [64]float64
		var b block
		for i := range samples {
			v := random.IntN(256) - 128
			samples[i], b[i] = float64(v), v<<fracBits
		}
		b.transform()
		var ones [64]byte
		for k := range ones {
			ones[k] = 1
		}
		d := newDivisors(&ones)
		var q coefficients
		d.quantize(&q, &b)
		for _, at := range zigzag {
			u, v := int(at%8), int(at/8)
			want := 0.0
			for i, s := range samples {
				want += s * math.Cos(float64(2*(i%8)+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*(i/8)+1)*float64(v)*math.Pi/16)
			}
			want *= scale(u) * scale(v) / 4
			if got := q[at]; math.Abs(float64(got)-want) > 0.52 {
				t.Fatalf("coefficient (%d, %d) = %d, want %.3f", u, v, got, want)
			}
		}
	}
}

// TestOptimal compares the tables with the optimum where there is no limit (Huffman, 1952), and where lengths are bounded looks that
// all codes are there, and none is nothing but ones.
func TestOptimal(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	for n := range 400 {
		var counts [256]int
		for range 1 + random.IntN(256) {
			counts[random.IntN(256)] = 1 + random.IntN(1+n*n)
		}
		if n%10 == 0 { // as steep as no 16 bits hold
			for i := range 2 + n/10 {
				counts[i] = 1 << i
			}
		}
		spec := optimal(&counts)
		codes := spec.codes()
		bits, longest := 0, 0
		for sym, count := range counts {
			size := sym & 15
			length := max(int(codes[sym]>>codeLength)-size, 0)
			if (length > 0) != (count > 0) || length > 16 {
				t.Fatalf("symbol %d, %d times, has a code of %d bits", sym, count, length)
			}
			if code := codes[sym] & (1<<codeLength - 1) >> size; count > 0 && code == 1<<length-1 {
				t.Errorf("symbol %d has a code of %d ones", sym, length)
			}
			bits += length * count
			longest = max(longest, length)
		}
		// The cost of a Huffman code is the sum of what is merged. The reserved code adds nothing but a leaf of 0.
		queue := []int{0}
		for _, count := range counts {
			if count > 0 {
				queue = append(queue, count)
			}
		}
		best := 0
		for len(queue) > 1 {
			slices.Sort(queue)
			queue[1] += queue[0]
			best += queue[1]
			queue = queue[1:]
		}
		if bits < best || longest < 16 && bits != best {
			t.Errorf("%d bits with codes of up to %d, the least without a limit are %d", bits, longest, best)
		}
	}
}

// TestWrite compares with codes and values written bit by bit.
func TestWrite(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	for n := range 200 {
		var spec [4]huffmanSpec
		var codes [4]codeTable
		for i := range codes {
			var counts [256]int
			for range 1 + random.IntN(100) {
				counts[random.IntN(256)] = 1 + random.IntN(1<<(n%20))
			}
			spec[i] = optimal(&counts)
			codes[i] = spec[i].codes()
		}
		var list []symbol
		var want []byte
		acc, length := byte(0), 0
		put := func(bits uint32, n int) {
			for n--; n >= 0; n-- {
				acc = acc<<1 | byte(bits>>n&1)
				if length++; length == 8 {
					want = append(want, acc)
					if acc == 0xff {
						want = append(want, 0)
					}
					length = 0
				}
			}
		}
		for range random.IntN(3000) {
			table := random.IntN(4)
			sym := spec[table].symbols[random.IntN(len(spec[table].symbols))]
			size := int(sym & 15)
			value := random.Uint32() & (1<<size - 1)
			if random.IntN(3) > 0 {
				value = 1<<size - 1
			}
			list = append(list, symbol(uint32(sym)|uint32(table)<<8|value<<16))
			code, at := uint32(0), 0 // annex C
			for i, count := range spec[table].counts {
				for range count {
					if spec[table].symbols[at] == sym {
						put(code, i+1)
					}
					code++
					at++
				}
				code <<= 1
			}
			put(value, size)
		}
		for length > 0 {
			put(1, 1)
		}
		var w bitWriter
		w.write(list, &codes)
		w.pad()
		if !bytes.Equal(w.out, want) {
			t.Fatalf("%d symbols come to %d bytes, want %d, or to others", len(list), len(w.out), len(want))
		}
	}
}

// FuzzAppend encodes whatever samples there are: the file decodes to a picture of their size, whose luma is no further from them
// than quantization allows. A coefficient is off by half a step at most, and a block's samples are off by as much as its
// coefficients are, in sums of squares.
func FuzzAppend(f *testing.F) {
	f.Add([]byte("samples of any kind, repeated"), uint8(20), uint8(9), uint8(82))
	f.Add([]byte{0, 255}, uint8(17), uint8(33), uint8(100))
	f.Add([]byte{255, 255, 255, 0, 0, 0, 7}, uint8(1), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, samples []byte, width, height, quality uint8) {
		w, h, q := int(width)%64+1, int(height)%64+1, int(quality)%100+1
		m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
		if len(samples) > 0 {
			for i := range m.Y {
				m.Y[i] = samples[i%len(samples)]
				m.Cb[i] = samples[(i+1)%len(samples)]
				m.Cr[i] = samples[(i+2)%len(samples)]
			}
		}
		allowed := 0.0 // a block
		for _, step := range scaled(&quantization[0], q) {
			allowed += math.Pow(float64(step)/2+0.6, 2)
		}
		allowed *= float64((w + 7) / 8 * ((h + 7) / 8))
		for _, m := range []image.Image{m, grey(m)} {
			got := decoded(t, encoded(t, m, q))
			if got.Bounds() != m.Bounds() {
				t.Fatalf("decoded as %v, want %v", got.Bounds(), m.Bounds())
			}
			sum := 0.0
			for y := range h {
				for x := range w {
					d := float64(lumaAt(got, x, y)) - float64(lumaAt(m, x, y))
					sum += d * d
				}
			}
			if sum > allowed {
				t.Errorf("%T %dx%d at quality %d: squared errors add up to %.0f, at most %.0f is expected", m, w, h, q, sum, allowed)
			}
		}
	})
}

func lumaAt(m image.Image, x, y int) uint8 {
	if m, ok := m.(*image.YCbCr); ok {
		return m.Y[m.YOffset(x, y)]
	}
	return m.(*image.Gray).GrayAt(x, y).Y
}

func BenchmarkAppend(b *testing.B) {
	colour := textured(400, 300)
	for _, m := range []image.Image{colour, grey(colour)} {
		b.Run(fmt.Sprintf("encoder=baseline/picture=%T", m), func(b *testing.B) {
			b.SetBytes(400 * 300)
			b.ReportAllocs()
			var file []byte
			for b.Loop() {
				file, _ = Append(file[:0], m, 82, Halved)
			}
		})
		b.Run(fmt.Sprintf("encoder=image/picture=%T", m), func(b *testing.B) {
			b.SetBytes(400 * 300)
			b.ReportAllocs()
			var file bytes.Buffer
			for b.Loop() {
				file.Reset()
				jpeg.Encode(&file, m, &jpeg.Options{Quality: 82})
			}
		})
	}
}
