package photo

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gallery/internal/metadata"
)

// Details is what Exif says of how a photo was taken, and who made it. What is absent, or can
// not be true, is zero.
type Details struct {
	Camera        string  // make and model, such as "Canon EOS RP"; at most 100 runes
	Lens          string  // at most 100 runes
	FocalLength   float64 // mm
	FocalLength35 float64 // mm, of what shows as much on 35 mm film
	Aperture      float64 // f-number
	Exposure      float64 // seconds
	ISO           int     // photographic sensitivity

	Creator   string // who made it; at most 200 runes
	Copyright string // the notice; at most 200 runes

	// Where it was taken, in degrees, north and east positive; where HasPosition.
	Latitude, Longitude float64
	HasPosition         bool
}

// ReadDetails reads the details of the file of the given size. With position
// it looks for where the photo was taken; without, it reads nothing of that.
// Damaged metadata counts as absent, so that the only errors are Inspect's.
func ReadDetails(r io.ReaderAt, size int64, position bool) (d Details, err error) {
	defer recovered(&err)
	s := &source{r: r, size: size}
	h, err := readHeader(s)
	if err != nil {
		return Details{}, err
	}
	m, exif := readMetadata(s, h, nil)
	d = detailsOf(exif, position)
	d.Creator, d.Copyright = m.Creator, m.Copyright
	return d, nil
}

// Tags of CIPA DC-008, 4.6.4 to 4.6.7.
const (
	tagMake              = 0x010f
	tagModel             = 0x0110
	tagExposureTime      = 0x829a
	tagFNumber           = 0x829d
	tagISO               = 0x8827
	tagRecommendedIndex  = 0x8832
	tagFocalLength       = 0x920a
	tagFocalLengthIn35mm = 0xa405
	tagLensModel         = 0xa434
	tagLatitudeRef       = 1
	tagLatitude          = 2
	tagLongitudeRef      = 3
	tagLongitude         = 4
	maxDetail            = 100 // runes of a text

	// isoBeyond stands in the 16 bits of ISO for a sensitivity that does not fit
	// there (CIPA DC-008, tag 34855).
	isoBeyond = 65535
)

// detailsOf keeps of the tags' values what can be true of a camera.
func detailsOf(exif metadata.Exif, position bool) Details {
	number := func(tag uint16, low, high float64) float64 {
		v := exif.Numbers(metadata.ExifIFD, tag)           // ISO may name two; the first is the one of the standard
		if len(v) == 0 || !(low <= v[0] && v[0] <= high) { // nor NaN
			return 0
		}
		return v[0]
	}
	text := func(dir metadata.Directory, tag uint16) string {
		return metadata.Clean(exif.Text(dir, tag), maxDetail)
	}
	d := Details{
		Camera:        camera(text(metadata.IFD0, tagMake), text(metadata.IFD0, tagModel)),
		Lens:          text(metadata.ExifIFD, tagLensModel),
		FocalLength:   number(tagFocalLength, 0.1, 10_000),
		FocalLength35: number(tagFocalLengthIn35mm, 1, 10_000),
		Aperture:      number(tagFNumber, 0.3, 1_000),
		Exposure:      number(tagExposureTime, 1e-7, 7*24*3600),
		ISO:           int(number(tagISO, 1, isoBeyond)),
	}
	if d.ISO == isoBeyond {
		d.ISO = int(number(tagRecommendedIndex, 1, 1e8))
	}
	if !strings.ContainsFunc(d.Lens, func(r rune) bool {
		return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '1' <= r && r <= '9' || r > 0x7f
	}) {
		d.Lens = "" // "----", "0.0 mm": an adapter without contacts
	}
	if !position {
		return d
	}
	latitude, okLat := degrees(exif, tagLatitude, tagLatitudeRef, "NS", 90)
	longitude, okLong := degrees(exif, tagLongitude, tagLongitudeRef, "EW", 180)
	// Where no satellite was seen, some cameras write zeros.
	if okLat && okLong && (latitude != 0 || longitude != 0) {
		d.Latitude, d.Longitude, d.HasPosition = latitude, longitude, true
	}
	return d
}

// degrees returns a coordinate, which is at most limit, with its sign:
// hemispheres names the positive one first. Minutes and seconds may be left
// out, as 0/0.
func degrees(exif metadata.Exif, tag, ref uint16, hemispheres string, limit float64) (float64, bool) {
	parts := exif.Numbers(metadata.GPSIFD, tag)
	if len(parts) != 3 {
		return 0, false
	}
	v := parts[0]
	for i, unit := range []float64{60, 3600} {
		if p := parts[i+1]; !math.IsNaN(p) {
			v += p / unit
		}
	}
	hemisphere := strings.TrimSpace(exif.Text(metadata.GPSIFD, ref))
	if !(0 <= v && v <= limit) || len(hemisphere) != 1 {
		return 0, false
	}
	switch strings.Index(hemispheres, hemisphere) {
	case 0:
		return v, true
	case 1:
		return -v, true
	}
	return 0, false
}

// camera joins make and model as people call a camera: "NIKON CORPORATION"
// and "NIKON D90" are a NIKON D90.
func camera(maker, model string) string {
	words := strings.Fields(maker)
	if i := slices.IndexFunc(words, companyForm); i > 0 {
		words = words[:i]
	}
	if first, _, _ := strings.Cut(model, " "); first != "" &&
		slices.ContainsFunc(strings.Fields(maker), func(w string) bool { return strings.EqualFold(w, first) }) {
		return model
	}
	return metadata.Clean(strings.Join(words, " ")+" "+model, maxDetail)
}

// companyForm reports whether a word is of a company's form, not of its name.
func companyForm(word string) bool {
	switch strings.ToUpper(strings.TrimRight(word, ".,")) {
	case "CORPORATION", "CORP", "COMPANY", "OPTICAL", "CO", "CO.,LTD", "LTD", "INC", "GMBH", "AG", "IMAGING", "ELECTRIC", "TECHNOLOGIES":
		return true
	}
	return false
}

// ExposureText returns the exposure time in seconds as photographers write
// it: "1/250", "0.5", "30"; "" if it is unknown.
func (d Details) ExposureText() string {
	switch {
	case d.Exposure <= 0:
		return ""
	case d.Exposure < 0.3:
		return fmt.Sprintf("1/%.0f", 1/d.Exposure)
	}
	return decimal(d.Exposure)
}

// ApertureText returns the f-number: "2.8", "11"; "" if it is unknown.
func (d Details) ApertureText() string { return decimal(d.Aperture) }

// FocalLengthText returns the focal length in mm: "35", "5.7"; "" if it is unknown.
func (d Details) FocalLengthText() string { return decimal(d.FocalLength) }

// decimal returns a number with one decimal, where that is not 0; "" for none.
func decimal(v float64) string {
	if v <= 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
