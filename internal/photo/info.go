// Package photo reads what a picture file says of itself and reduces its
// pixels to a thumbnail: upright, opaque, in its own colours.
//
// Four formats are read, JPEG, PNG, GIF and WebP, and told apart by their
// first bytes. A file is untrusted throughout: its dimensions are known
// before a pixel is decoded, Info.Cost says how much memory decoding takes,
// no length it claims is allocated unchecked, and a panic in a decoder
// becomes an error.
package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"
	"time"

	"gallery/internal/metadata"
	"gallery/internal/scaledjpeg"
)

// ErrFormat says that a file begins like none of the four formats.
var ErrFormat = errors.New("not a JPEG, PNG, GIF or WebP picture")

// ErrHEIC says that a file is a picture as iPhones store them (ISO/IEC 23008-12). It is an
// ErrFormat.
var ErrHEIC = fmt.Errorf("%w but HEIC", ErrFormat)

// heicBrands are those of HEIF files whose pictures are coded by HEVC (ISO/IEC 23008-12,
// B.4), or by whatever the compatible brands say: mif1 and msf1.
var heicBrands = [...]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}

// isHEIC reports whether a file begins with a box ftyp (ISO/IEC 14496-12, 4.3) that names a
// brand of HEIC, or one that leaves the coding open and none of AVIF.
func isHEIC(s *source) bool {
	head, err := s.at(0, int(min(64, max(0, s.size))))
	if err != nil || len(head) < 12 || string(head[4:8]) != "ftyp" {
		return false
	}
	head = head[:min(int64(len(head)), max(12, int64(binary.BigEndian.Uint32(head))))]
	open := false
	for i := 8; i+4 <= len(head); i += 4 {
		switch brand := string(head[i : i+4]); {
		case i == 12: // the version
		case slices.Contains(heicBrands[:], brand):
			return true
		case brand == "avif" || brand == "avis":
			return false
		case brand == "mif1" || brand == "msf1":
			open = true
		}
	}
	return open
}

// Format is a picture's file format.
type Format uint8

const (
	JPEG Format = iota + 1
	PNG
	GIF
	WebP
)

// String returns the format's name in lower case, as in its media type.
func (f Format) String() string {
	switch f {
	case JPEG:
		return "jpeg"
	case PNG:
		return "png"
	case GIF:
		return "gif"
	case WebP:
		return "webp"
	}
	return "unknown"
}

// Info is what a file says of itself before any pixel is decoded.
type Info struct {
	Format        Format
	Width, Height int       // upright, that is after Orientation is applied; pixels
	Orientation   int       // Exif's 1..8; 1 where absent or out of range
	ShownUpright  bool      // a browser shows the file itself upright
	Animated      bool      // it moves: there is more than one frame
	Taken         time.Time // wall clock of capture, in UTC as files rarely name a zone; zero if unknown
	Caption       string    // valid UTF-8, trimmed, at most 1000 runes; "" if none

	// Metadata is all that the file says in words and dates, of which Taken is
	// the date and Caption the caption.
	Metadata metadata.Metadata

	Camera, Lens string // as in Details

	size   int64 // of the file, bytes
	layout layout
	colors colors
}

// Profile returns the ICC profile to store with what Reduce returns, or nil
// where that is to be read as sRGB. The caller must not modify it.
func (info Info) Profile() []byte { return info.colors.embed }

// Turned returns what would be read if the file had that orientation.
func (info Info) Turned(orientation int) Info {
	if transposed(info.Orientation) != transposed(orientation) {
		info.Width, info.Height = info.Height, info.Width
	}
	info.Orientation = orientation
	return info
}

// Saves reports whether a rendition of the given number of bytes, reduced to
// maxSide, is smaller than the file in pixels or in bytes. One that is not has no
// use where the file itself can be shown.
func (info Info) Saves(maxSide int, bytes int64) bool {
	return max(info.Width, info.Height) > maxSide || bytes < info.size
}

// layout is what has to be known of a file to decode it and to foretell what
// that takes. It is comparable: Reduce reads it again, and refuses a file
// that is no longer the one that was inspected.
type layout struct {
	format        Format
	width, height int             // of the canvas, as stored, before orientation
	frame         image.Rectangle // where on it the picture lies; all of it, but for GIF and animated WebP
	grey          bool            // one channel, besides alpha
	direct        bool            // decoded as what package planes reduces: YCbCr or Gray, on the whole canvas
	decode        int64           // upper bound of what the decoder allocates, bytes; not for JPEG

	jpeg         scaledjpeg.Config
	png          pngParts
	image, alpha chunk // of a WebP: the bitstream, and its ALPH chunk if it has one
}

// header is a layout and where in the file the rest stands.
type header struct {
	layout
	icc             []span // pieces of the ICC profile, in order
	exif, xmp, iptc span   // payloads, without their containers' own headers
	text            []span // textual chunks of a PNG, each from its type on
	lateExif        bool   // the Exif of a PNG stands behind its pixels
	animated        bool   // there is more than one frame
}

// span is a range of bytes of the file. The zero span is empty.
type span struct{ off, n int64 }

// chunk is a span with a name.
type chunk struct {
	id string
	span
}

// maxPixels bounds a canvas, so that no product of dimensions overflows. What
// fits in memory is for the caller to decide, by Cost.
const maxPixels = 1 << 40

// Inspect reads what the file of the given size says of itself. It reads
// headers and metadata only, wherever they stand, and decodes no pixel.
//
// Metadata that is damaged counts as absent. Any other error than ErrFormat
// means that the file is damaged or of an unsupported kind. That Inspect
// succeeds does not mean that Reduce will.
func Inspect(r io.ReaderAt, size int64) (Info, error) { return InspectBeside(r, size, nil) }

// InspectBeside is Inspect of a file with an XMP file beside it, which is read as the
// file's own XMP is and before that.
func InspectBeside(r io.ReaderAt, size int64, sidecar []byte) (info Info, err error) {
	defer recovered(&err)
	s := &source{r: r, size: size}
	h, err := readHeader(s)
	if err != nil {
		return Info{}, err
	}
	info = Info{
		Format:      h.format,
		Width:       h.width,
		Height:      h.height,
		Orientation: 1,
		size:        size,
		layout:      h.layout,
	}
	m, exif := readMetadata(s, h, sidecar)
	info.Taken, info.Caption, info.Metadata = m.Date.Time, m.Caption(), m
	how := detailsOf(exif, false)
	info.Camera, info.Lens = how.Camera, how.Lens
	info.Orientation = max(1, exif.Orientation())
	info.ShownUpright = info.Orientation == 1 || h.turnedByBrowsers()
	info.Animated = h.animated
	if transposed(info.Orientation) {
		info.Width, info.Height = info.Height, info.Width
	}
	info.colors = readColors(s, h)
	return info, nil
}

// turnedByBrowsers reports whether browsers apply the file's orientation. As
// Chromium 156 was seen to, they do in JPEG, and in PNG where eXIf stands before
// IDAT, since they have drawn the rows by the time they meet one behind it; in
// WebP they do not.
func (h *header) turnedByBrowsers() bool {
	return h.format == JPEG || h.format == PNG && !h.lateExif
}

// readHeader reads a file's header by its first bytes.
func readHeader(s *source) (h header, err error) {
	magic, err := s.at(0, min(12, int(max(0, s.size))))
	if err != nil {
		return h, fmt.Errorf("read picture: %w", err)
	}
	switch b := string(magic); {
	case strings.HasPrefix(b, "\xff\xd8"):
		h, err = readJPEG(s)
	case strings.HasPrefix(b, "\x89PNG\r\n\x1a\n"):
		h, err = readPNG(s)
	case strings.HasPrefix(b, "GIF87a"), strings.HasPrefix(b, "GIF89a"):
		h, err = readGIF(s)
	case strings.HasPrefix(b, "RIFF") && len(b) == 12 && b[8:] == "WEBP":
		h, err = readWebP(s)
	case isHEIC(s):
		return h, ErrHEIC
	default:
		return h, ErrFormat
	}
	if err != nil {
		return h, fmt.Errorf("read %s header: %w", h.format, err)
	}
	if h.width < 1 || h.height < 1 {
		return h, fmt.Errorf("read %s header: %d x %d pixels", h.format, h.width, h.height)
	}
	if int64(h.width) > maxPixels/int64(h.height) {
		return h, fmt.Errorf("read %s header: %d x %d pixels are too many", h.format, h.width, h.height)
	}
	return h, nil
}

// transposed reports whether an orientation turns rows into columns
// (CIPA DC-008, 4.6.5.1.8, tag 274).
func transposed(orientation int) bool { return orientation >= 5 }

// recovered turns a panic, which a decoder may raise on a damaged file, into
// an error. It holds in its own goroutine only.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("decoder panicked: %v", p)
	}
}
