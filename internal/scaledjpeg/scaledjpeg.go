// Package scaledjpeg decodes JPEG pictures at 1/1, 1/2, 1/4 or 1/8 of their size.
//
// A JPEG picture is stored as blocks of 8x8 samples, each as the 64 coefficients of its discrete cosine transform, lowest
// frequency first. Whoever wants the picture at a quarter of its size wants 2x2 samples a block, and for those the four lowest
// coefficients are enough. The others are in the way: they are entropy-coded, so their bits must be stepped over, but they need
// no value, no dequantization and no transform. Stepping over bits is what most of the time goes into, and what this package
// does differently from full decoders:
//
//   - Byte stuffing is taken out of the entropy-coded data first, in blocks (entropy.go).
//   - Unneeded coefficients are stepped over several at a time, with one table look-up (huffman.go).
//   - Two restart intervals are decoded in one loop, where each is a row of MCUs (pair.go).
//   - Of a progressive file, the scans that cannot change the reduced picture, or not visibly, are not
//     decoded at all (progressive.go).
//
// It reads baseline, extended sequential and progressive files with 8-bit samples and Huffman coding, one, three or four
// components, any sampling factors, any division into scans, and restart intervals. References to sections, such as
// F.2.2.1, are to ITU-T T.81.
package scaledjpeg

import (
	"errors"
	"fmt"
	"image"
	"sync"
)

// UnsupportedError reports a file that is (or may be) valid, but uses a feature that this package does not know: 12-bit
// samples, arithmetic coding, lossless or hierarchical coding, two or more than four components, or a height that is only
// given after the picture (DNL).
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported JPEG feature: " + string(e) }

// FormatError reports a file that is not a valid JPEG.
type FormatError string

func (e FormatError) Error() string { return "invalid JPEG: " + string(e) }

// ErrTruncated reports a file, or a scan or restart interval in it, that ends before its picture does. Decode returns it
// together with the picture decoded so far.
var ErrTruncated = errors.New("truncated JPEG")

// ErrTooLarge reports a picture that would take more than maxMemory bytes to decode.
var ErrTooLarge = errors.New("JPEG too large")

// maxMemory is the most that Decode allocates, in bytes. It is a last resort against absurd headers, such as 65535x65535 in
// a file of 200 bytes; callers that decode files of strangers keep a budget of their own and ask [Config.Memory] first.
const maxMemory = 1 << 30

// decoders keeps decoders for reuse: for their buffers, and because Huffman tables are mostly the same from file to file
// (cameras use the ones of Annex K), so that the look-up tables made for the last file often serve the next.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// Decode decodes the JPEG file in data at 1/denom of its size, where denom is 1, 2, 4 or 8. The picture it returns is
// ceil(width/denom) by ceil(height/denom) pixels; its sample (x, y) stands for the denom x denom pixels from (x*denom,
// y*denom) on, so where a dimension is no multiple of denom, the last sample reaches over the edge.
//
// The result is what image/jpeg would return: *image.Gray for one component; *image.YCbCr, or *image.RGBA if the file stores
// RGB, for three; *image.CMYK for four, with 255 for full ink. Sampling factors that image.YCbCr cannot express are resampled
// to 4:4:4.
//
// If the file is damaged or truncated, Decode returns the picture as far as it could be decoded, the rest medium grey (in
// each component), and an error that says what was wrong. The picture is nil if not even one MCU of it could be decoded. Files
// with harmless irregularities (bytes between segments, a missing end-of-image marker after a complete picture) are
// decoded without error.
//
// Decode takes time linear in len(data) and the number of blocks of the picture, and allocates no more than Config.Memory
// says. It is given the whole file, not a reader, because files are few megabytes, progressive ones must be seen as a whole
// before it is known which scans can be left out, and the caller wants to look for Exif metadata in them anyway. It does not
// modify data or keep it.
func Decode(data []byte, denom int) (image.Image, error) {
	m, _, err := decode(data, denom, 0)
	return m, err
}

// DecodeTo is Decode for a picture that is then to be reduced to longSide pixels on its longer side. What could not be seen in that
// may be left out. It decodes at 1/denom or, if the file is sequential and the picture has lines that a smaller one would not show
// as they are, at 1/finer, and returns the denominator. Then it takes the time of both, and of memory the sum.
func DecodeTo(data []byte, longSide, denom, finer int) (m image.Image, used int, err error) {
	m, lined, err := decode(data, denom, longSide)
	if m == nil || !lined || finer >= denom {
		return m, denom, err
	}
	m, _, err = decode(data, finer, longSide)
	return m, finer, err
}

// decode is Decode, or DecodeTo if longSide is not 0. It reports as well whether the picture is lined.
func decode(data []byte, denom, longSide int) (m image.Image, lined bool, err error) {
	if denom != 1 && denom != 2 && denom != 4 && denom != 8 {
		return nil, false, fmt.Errorf("scaledjpeg: denominator is %d, expected 1, 2, 4 or 8", denom)
	}
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	d.reset(data, denom)
	d.longSide = longSide
	defer d.release()
	m, err = d.decode()
	return m, d.lined*linedPart > d.sampled, err
}
