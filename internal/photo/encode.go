package photo

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
	"sync"

	"gallery/internal/baseline"
)

const (
	maxSegment  = 0xffff - 2                      // payload of a JPEG segment (T.81, B.1.1.4), bytes
	maxICCPiece = maxSegment - len(iccHeader) - 2 // of an ICC profile in one segment
	maxICC      = 4 << 20                         // of a profile that is converted by
)

// Encode writes img, which is of a kind that Reduce returns, as a baseline JPEG
// of the given quality, 1 to 100. Right behind SOI stands a COM segment that
// holds comment, then, unless it is empty, profile in an APP2 segment (ICC.1,
// annex B.4), for which Info's is small enough. The comment is at most 65,533
// bytes and is written even if empty.
// Chroma is stored at half its resolution in photos, and in full where img is
// Drawn.
func Encode(w io.Writer, img image.Image, quality int, comment, profile []byte) error {
	if len(comment) > maxSegment {
		return fmt.Errorf("encode jpeg: comment of %d bytes, at most %d fit", len(comment), maxSegment)
	}
	if len(profile) > maxICCPiece {
		return fmt.Errorf("encode jpeg: profile of %d bytes, at most %d fit", len(profile), maxICCPiece)
	}
	bw := bufio.NewWriter(w)
	bw.Write([]byte{0xff, markerSOI})
	writeSegment(bw, markerCOM, comment)
	if len(profile) > 0 {
		writeSegment(bw, markerAPP2, []byte(iccHeader), []byte{1, 1}, profile)
	}
	buffer := encoded.Get().(*[]byte)
	defer encoded.Put(buffer)
	chroma := baseline.Halved
	if Drawn(img) {
		chroma = baseline.Full
	}
	file, err := baseline.Append((*buffer)[:0], planar(img), quality, chroma)
	if err != nil {
		return fmt.Errorf("encode jpeg: %w", err)
	}
	*buffer = file
	bw.Write(file[len("\xff\xd8"):]) // SOI stands there already
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("encode jpeg: %w", err)
	}
	return nil
}

// writeSegment writes a marker segment. Errors stay with w.
func writeSegment(w *bufio.Writer, marker byte, parts ...[]byte) {
	n := 2
	for _, p := range parts {
		n += len(p)
	}
	w.Write(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(n)))
	for _, p := range parts {
		w.Write(p)
	}
}

// encoded are buffers for files, without what stands before their pictures.
var encoded = sync.Pool{New: func() any { return new([]byte) }}

// drawn is the share of pixels equal to the one beside them from which on a
// picture is taken as drawn. Of 69 camera JPEGs none has more than 0.43, at 400,
// 800 or 1600 pixels; screenshots saved as JPEG have 0.52 to 0.94. Where it errs, as in some
// small photos that are all sky, the file is a seventh larger.
const drawn = 0.5

// Drawn reports whether a picture that Reduce returned is to keep its chroma in
// full, because coloured lines and letters would get fringes: what comes from
// PNG, GIF or lossless WebP, which is RGBA; and of other pictures those of which
// a large part is exactly as bright and as coloured as the pixel beside it. In
// photos noise prevents that, but for what is blown out or quite black.
func Drawn(img image.Image) bool {
	m, ok := img.(*image.YCbCr)
	if !ok {
		_, ok = img.(*image.RGBA)
		return ok
	}
	equal, n := 0, 0
	for y := 0; y < m.Rect.Dy(); y += 2 {
		i, c := y*m.YStride, y*m.CStride
		luma, cb, cr := m.Y[i:i+m.Rect.Dx()], m.Cb[c:c+m.Rect.Dx()], m.Cr[c:c+m.Rect.Dx()]
		equal += equalNeighbours(luma, cb, cr)
		n += len(luma) - 1
	}
	return float64(equal) > drawn*float64(n)
}

// equalNeighbours counts the pixels of a row that equal the one before: eight at once as far as it goes.
func equalNeighbours(luma, cb, cr []uint8) (n int) {
	x := 1
	for ; x+8 <= len(luma); x += 8 {
		change := func(row []uint8) uint64 {
			return binary.LittleEndian.Uint64(row[x:]) ^ binary.LittleEndian.Uint64(row[x-1:])
		}
		changes := change(luma) | change(cb) | change(cr)
		// The topmost bit of each byte is set unless the byte is 0; no sum carries to the next.
		const low, top = 0x7f7f7f7f7f7f7f7f, 0x8080808080808080
		n += 8 - bits.OnesCount64((changes&low+low|changes)&top)
	}
	for ; x < len(luma); x++ {
		if luma[x] == luma[x-1] && cb[x] == cb[x-1] && cr[x] == cr[x-1] {
			n++
		}
	}
	return n
}

// planarVector converts pixels of a row to planes by the processor's vectors, and returns how many it
// did, or is nil.
var planarVector func(y, cb, cr, row []uint8) (done int)

// planar returns a picture that Reduce made in a form that package baseline encodes.
func planar(img image.Image) image.Image {
	m, ok := img.(*image.RGBA)
	if !ok {
		return img
	}
	r := image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy())
	p := image.NewYCbCr(r, image.YCbCrSubsampleRatio444)
	for y := range r.Dy() {
		row, i := m.Pix[y*m.Stride:][:4*r.Dx()], y*p.YStride
		if planarVector != nil {
			end := i + r.Dx()
			done := planarVector(p.Y[i:end], p.Cb[i:end], p.Cr[i:end], row)
			row, i = row[4*done:], i+done
		}
		for ; len(row) >= 4; i, row = i+1, row[4:] {
			p.Y[i], p.Cb[i], p.Cr[i] = color.RGBToYCbCr(row[0], row[1], row[2])
		}
	}
	return p
}
