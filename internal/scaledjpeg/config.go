package scaledjpeg

import (
	"bufio"
	"errors"
	"io"
)

// Config describes a JPEG file as far as its frame header tells (B.2.2).
type Config struct {
	Width, Height int  // in pixels, at full size
	Components    int  // 1, 3 or 4
	Progressive   bool // SOF2
	RGB           bool // the three components are red, green and blue
	Sampling      [maxComponents]Sampling
	// RestartInterval is the number of MCUs between restart markers; 0 if there are none, or if they are only defined
	// behind the frame header.
	RestartInterval int
}

// Sampling is a component's number of samples in each direction, relative to the other components': H and V of B.2.2.
type Sampling struct{ H, V int }

// DecodeConfig reads a JPEG file up to and including its frame header.
func DecodeConfig(r io.Reader) (Config, error) {
	br := bufio.NewReaderSize(r, 1<<12)
	var app appInfo
	restartInterval := 0
	var b [6 + 3*maxComponents]byte
	if _, err := io.ReadFull(br, b[:2]); err != nil {
		return Config{}, unexpectedEOF(err)
	}
	if b[0] != 0xff || b[1] != markerSOI {
		return Config{}, FormatError("missing SOI marker")
	}
	for {
		marker, err := nextMarker(br)
		if err != nil {
			return Config{}, unexpectedEOF(err)
		}
		if !hasLength(marker) {
			if marker == markerEOI {
				return Config{}, FormatError("missing frame header")
			}
			continue
		}
		if _, err := io.ReadFull(br, b[:2]); err != nil {
			return Config{}, unexpectedEOF(err)
		}
		n := int(b[0])<<8 | int(b[1]) - 2
		if n < 0 {
			return Config{}, FormatError("short segment length")
		}
		switch {
		case isSOF(marker):
			if n > len(b) {
				return Config{}, UnsupportedError("number of components")
			}
			if _, err := io.ReadFull(br, b[:n]); err != nil {
				return Config{}, unexpectedEOF(err)
			}
			var f frame
			if err := f.parse(marker, b[:n]); err != nil {
				return Config{}, err
			}
			c := f.Config
			c.RestartInterval = restartInterval
			c.RGB = f.isRGB(app)
			return c, nil
		case marker == markerSOS:
			return Config{}, FormatError("missing frame header")
		case marker == markerDRI && n == 2:
			if _, err := io.ReadFull(br, b[:2]); err != nil {
				return Config{}, unexpectedEOF(err)
			}
			restartInterval = int(b[0])<<8 | int(b[1])
		case (marker == markerAPP0 || marker == markerAPP14) && n >= 12:
			if _, err := io.ReadFull(br, b[:12]); err != nil {
				return Config{}, unexpectedEOF(err)
			}
			app.parse(marker, b[:12])
			if _, err := br.Discard(n - 12); err != nil {
				return Config{}, unexpectedEOF(err)
			}
		default:
			if _, err := br.Discard(n); err != nil {
				return Config{}, unexpectedEOF(err)
			}
		}
	}
}

// unexpectedEOF makes an end of file in the middle of the headers ErrTruncated.
func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}

// nextMarker reads up to and including the next marker (B.1.1.2), and returns its second byte.
func nextMarker(br *bufio.Reader) (byte, error) {
	for {
		c, err := br.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != 0xff {
			continue
		}
		for c == 0xff { // Any number of fill bytes may precede a marker.
			if c, err = br.ReadByte(); err != nil {
				return 0, err
			}
		}
		if c != 0 {
			return c, nil
		}
	}
}

// oversampling returns how many times larger than the picture wanted one at 1/denom must be, so that reducing it the rest of the
// way gives a result as good as reducing the full-size picture. Measured on 45 photos of 6 to 26 megapixels, in luma, against the
// full-size picture reduced with the same kernel:
//
//   - 1/2 gives 52 dB in the mean and 43 at worst from 1.25 times on, and 46 and 38 at up to 1.1 times;
//   - 1/4 gives 51 dB in the mean and 46 at worst from 1.3 times on, and 47 and 41 at 1.25 times;
//   - 1/8, given back what the means of 8x8 pixels lack, gives 53 dB in the mean and 48 at worst from 1.4 times on, and 47 at 1.35.
//
// Chroma at half resolution is enlarged where 1/8 leaves less than twice, and has 3 to 5 dB less. That pays where most of the time
// goes into stepping over coefficients, and not in progressive files, whose scans with these are left out anyhow.
func (c Config) oversampling(denom int) float64 {
	switch {
	case denom == 2:
		return 1.25
	case denom == 4:
		return 1.3
	case c.Progressive:
		return 2
	}
	return 1.4
}

// Denom returns the denominator to decode with, for a picture that is then to be reduced to longSide pixels on its longer
// side: the largest that leaves enough by oversampling.
//
// Of pictures of up to chromaPixels that have less chroma than luma, it is no larger than leaves as many samples of chroma as
// there will be pixels, or 2. Chroma that has to be enlarged shows in 8 bits of red, green and blue where there is little else
// to see: 5 of 45 photos, of 6 to 7 megapixels, had 48.2 to 48.9 dB at 400 pixels, 2 to 4 dB less than from 1/2. For larger
// pictures, and for the full size instead of 1/2, that would take too long.
func (c Config) Denom(longSide int) int {
	side, chroma := float64(max(c.Width, c.Height)), c.leastSampling()
	if c.Width*c.Height > chromaPixels {
		chroma = 1
	}
	for denom := 8; denom > 1; denom /= 2 {
		left := side / float64(denom)
		if left >= c.oversampling(denom)*float64(longSide) && (denom == 2 || left*chroma >= float64(longSide)) {
			return denom
		}
	}
	return 1
}

const chromaPixels = 8 << 20

// leastSampling returns the least resolution that a component has in a direction, as a part of the most.
func (c Config) leastSampling() float64 {
	least, most := c.Sampling[0], c.Sampling[0]
	for _, s := range c.Sampling[:c.Components] {
		least = Sampling{min(least.H, s.H), min(least.V, s.V)}
		most = Sampling{max(most.H, s.H), max(most.V, s.V)}
	}
	return min(float64(least.H)/float64(most.H), float64(least.V)/float64(most.V))
}

// fixedMemory is the most that a decoder takes whatever the picture, in bytes: its bit buffer and look-up tables.
const fixedMemory = 1 << 19

// Memory returns an upper bound for what Decode allocates for such a file, in bytes, the picture it returns included and
// the file itself not. (It is exceeded, by at most four bytes a pixel of the reduced picture, if a marker that says the file
// stores RGB follows only after the frame header, where no known encoder puts it.)
func (c Config) Memory(denom int) int64 {
	h, v := 1, 1
	for _, s := range c.Sampling[:c.Components] {
		h, v = max(h, s.H), max(v, s.V)
	}
	mcus := int64(ceilDiv(c.Width, 8*h)) * int64(ceilDiv(c.Height, 8*v))
	samples := int64(8/denom) * int64(8/denom)
	pixels := int64(ceilDiv(c.Width, denom)) * int64(ceilDiv(c.Height, denom))
	var sum int64 = fixedMemory
	for _, s := range c.Sampling[:c.Components] {
		blocks := mcus * int64(s.H*s.V)
		sum += blocks * samples
		if c.Progressive {
			sum += blocks * 2 * min(samples, 64)
			if denom < 8 {
				sum += blocks * 8 // which coefficients are not zero
			}
		}
	}
	switch _, ok := c.ratio(); {
	case c.Components == 4 || c.RGB:
		sum += 4*pixels + 4*pixels // resampled planes, and the picture
	case c.Components == 3 && !ok:
		sum += 3 * pixels
	}
	return sum
}
