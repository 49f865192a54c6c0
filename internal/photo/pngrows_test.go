package photo

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

	"gallery/internal/testkit"
)

// filteredPNG returns a PNG whose rows are random bytes in all filters: whatever they are,
// they are a picture.
func filteredPNG(random *rand.Rand, w, h, depth, colorType int, chunks ...[]byte) []byte {
	channels := map[int]int{pngGrey: 1, pngRGB: 3, pngPalette: 1, pngGreyAlpha: 2, pngRGBA: 4}[colorType]
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	row := make([]byte, 1+(w*depth*channels+7)/8)
	filter := byte(0)
	for y := range h {
		for i := range row {
			row[i] = byte(random.Uint32()) >> random.IntN(8)
		}
		if row[0] = filter; random.IntN(6) == 0 || y < 5 { // several of one filter one after the other, and all
			row[0] = byte((y + random.IntN(2)) % 5)
		}
		filter = row[0]
		z.Write(row)
	}
	z.Close()
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	file := append([]byte("\x89PNG\r\n\x1a\n"), testkit.PNGChunk("IHDR", append(ihdr, byte(depth), byte(colorType), 0, 0, 0))...)
	for _, c := range chunks {
		file = append(file, c...)
	}
	for part := range slices.Chunk(data.Bytes(), 1000) {
		file = append(file, testkit.PNGChunk("IDAT", part)...)
	}
	return append(file, testkit.PNGChunk("IEND", nil)...)
}

// likeImagePNG decodes a PNG that goes by rows in both ways, and fails unless all pixels
// are the same, or neither way succeeds.
func likeImagePNG(t testing.TB, file []byte) (rowsErr error) {
	t.Helper()
	s := &source{r: bytes.NewReader(file), size: int64(len(file))}
	h, err := readHeader(s)
	if err != nil || h.format != PNG || !h.png.byRows() || h.png.fdat.n > 0 || area(h.frame.Size()) > 1<<20 {
		return nil
	}
	parts := bytes.NewBuffer(nil)
	for _, p := range []span{h.png.head, h.png.plte, h.png.trns, h.png.idat} {
		b, err := s.read(p, 1<<24)
		if err != nil {
			return nil
		}
		parts.Write(b)
	}
	parts.WriteString(iend)
	want, wantErr := png.Decode(bufio.NewReader(parts))
	var row func(int, []uint8)
	if wantErr == nil {
		if row, err = rows(want, h.grey); err != nil {
			t.Fatal(err)
		}
	}
	size := h.frame.Size()
	line, wantLine := make([]uint8, 3*size.X), make([]uint8, 3*size.X)
	if h.grey {
		line, wantLine = line[:size.X], wantLine[:size.X]
	}
	p, err := newPNGRows(s, h.layout)
	for y := 0; y < size.Y && err == nil; y++ {
		if err = p.next(line); err != nil || wantErr != nil {
			continue
		}
		if row(y, wantLine); !bytes.Equal(line, wantLine) {
			t.Fatalf("row %d of %v in colour type %d of %d bits differs", y, size, h.png.color, h.png.depth)
		}
	}
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%v in colour type %d of %d bits: %v, image/png: %v", size, h.png.color, h.png.depth, err, wantErr)
	}
	return err
}

func TestPNGRows_likeImagePNG(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	plte, trns := make([]byte, 3*256), make([]byte, 256)
	for i := range plte {
		plte[i] = byte(random.Uint32())
	}
	for i := range trns {
		trns[i] = byte(random.Uint32())
	}
	for _, kind := range [][2]int{
		{pngGrey, 8}, {pngGrey, 16}, {pngGreyAlpha, 8}, {pngGreyAlpha, 16}, {pngRGB, 8}, {pngRGB, 16}, {pngRGBA, 8}, {pngRGBA, 16},
		{pngPalette, 1}, {pngPalette, 2}, {pngPalette, 4}, {pngPalette, 8},
	} {
		color, depth := kind[0], kind[1]
		for _, w := range []int{1, 2, 3, 5, 8, 17, 64, 301} {
			variants := [][][]byte{nil}
			if color == pngPalette {
				n := 1 << depth
				variants = [][][]byte{
					{testkit.PNGChunk("PLTE", plte[:3*n])},
					{testkit.PNGChunk("PLTE", plte[:3*n]), testkit.PNGChunk("tRNS", trns[:n])},
					{testkit.PNGChunk("PLTE", plte[:3*(n/2+1)]), testkit.PNGChunk("tRNS", trns[:n/2])},
					{testkit.PNGChunk("PLTE", plte[:3]), testkit.PNGChunk("tRNS", trns[:n])},
				}
			}
			for _, chunks := range variants {
				file := filteredPNG(random, w, 1+random.IntN(40), depth, color, chunks...)
				if err := likeImagePNG(t, file); err != nil {
					t.Errorf("colour type %d of %d bits, %d wide: %v", color, depth, w, err)
				}
			}
		}
	}
	for name, file := range seeds(t) {
		if err := likeImagePNG(t, file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What image/png refuses is refused: sums that are wrong, pixels that are missing, and
// what stands behind them.
// The predictor as the specification puts it (PNG, 9.4).
func TestPaeth(t *testing.T) {
	distance := func(a, b int) int { return max(a-b, b-a) }
	for a := range 256 {
		for b := range 256 {
			for c := range 256 {
				p := a + b - c
				pa, pb, pc := distance(p, a), distance(p, b), distance(p, c)
				want := c
				if pa <= pb && pa <= pc {
					want = a
				} else if pb <= pc {
					want = b
				}
				if got := paeth(a, b, c); got != want {
					t.Fatalf("paeth(%d, %d, %d) = %d, want %d", a, b, c, got, want)
				}
			}
		}
	}
}

func TestPNGRows_damaged(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, file := range [][]byte{
		filteredPNG(random, 40, 30, 8, pngRGB),
		filteredPNG(random, 40, 30, 8, pngPalette, testkit.PNGChunk("PLTE", make([]byte, 30)), testkit.PNGChunk("tRNS", make([]byte, 5))),
	} {
		for i := 8; i < len(file)-12; i++ {
			damaged := bytes.Clone(file)
			damaged[i] ^= 1 << (i % 8)
			likeImagePNG(t, damaged)
		}
		for n := 40; n < len(file); n += 7 {
			likeImagePNG(t, file[:n])
		}
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	z.Write(make([]byte, 5*(1+3*4)+1)) // a byte too many
	z.Close()
	long := bytes.Join([][]byte{filteredPNG(random, 4, 5, 8, pngRGB)[:33], testkit.PNGChunk("IDAT", data.Bytes()), testkit.PNGChunk("IEND", nil)}, nil)
	if err := likeImagePNG(t, long); err == nil {
		t.Error("a picture with a byte too many is decoded")
	}
}

// A picture that imaging is given in strips comes out as the whole does.
func TestFit_strips(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 300, 3*stripRows+17))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		if m.Pix[i] = byte(random.Uint32()); i%4 == 3 {
			m.Pix[i] = 0xff
		}
	}
	for _, side := range []int{m.Rect.Dy() - 1, 500, 450} {
		to := Fitted(m.Rect.Size(), side)
		_, got := mustReduce(t, testkit.PNG(t, m), side)
		if want := imaging.Resize(m, to.X, to.Y, imaging.Lanczos); !bytes.Equal(got.(*image.RGBA).Pix, want.Pix) {
			t.Errorf("to %d: pixels differ", side)
		}
	}
}

func FuzzPNGRows(f *testing.F) {
	for name, file := range seeds(f) {
		if strings.HasPrefix(name, "png") {
			f.Add(file)
		}
	}
	for _, file := range testkit.Honest() {
		f.Add(file.Data)
	}
	f.Fuzz(func(t *testing.T, file []byte) { likeImagePNG(t, file) })
}
