package photo

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

// Details is what Exif says of how a photo was taken. What is absent, or can
// not be true, is zero.
type Details struct {
	Camera        string  // make and model, such as "Canon EOS RP"; at most 100 runes
	Lens          string  // at most 100 runes
	FocalLength   float64 // mm
	FocalLength35 float64 // mm, of what shows as much on 35 mm film
	Aperture      float64 // f-number
	Exposure      float64 // seconds
	ISO           int     // photographic sensitivity

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
	exif := payload(s, h.exif, true)
	if exif == nil {
		return Details{}, nil
	}
	hideSubIFDs(exif)
	values := map[string]any{}
	readTags(appendSegment(nil, markerAPP1, exifHeader+"\x00", exif), imagemeta.EXIF,
		func(tag imagemeta.TagInfo) bool {
			return detailTags[tag.Namespace+" "+tag.Tag] || position && positionTags[tag.Namespace+" "+tag.Tag]
		},
		func(tag imagemeta.TagInfo) error {
			values[tag.Tag] = tag.Value
			return nil
		})
	return detailsOf(values), nil
}

// detailTags and positionTags are the directories and tags that are read
// (CIPA DC-008, 4.6.4 to 4.6.7, by imagemeta's names).
var (
	detailTags = map[string]bool{
		"IFD0 Make":                           true,
		"IFD0 Model":                          true,
		exifIFD + " LensModel":                true,
		exifIFD + " FNumber":                  true,
		exifIFD + " ExposureTime":             true,
		exifIFD + " FocalLength":              true,
		exifIFD + " FocalLengthIn35mmFormat":  true,
		exifIFD + " ISO":                      true,
		exifIFD + " RecommendedExposureIndex": true,
	}
	positionTags = map[string]bool{
		gpsIFD + " GPSLatitude":     true,
		gpsIFD + " GPSLatitudeRef":  true,
		gpsIFD + " GPSLongitude":    true,
		gpsIFD + " GPSLongitudeRef": true,
	}
)

const (
	gpsIFD = "IFD0/GPSInfoIFD"

	// isoBeyond stands in the 16 bits of ISO for a sensitivity that does not fit
	// there (CIPA DC-008, tag 34855).
	isoBeyond = 65535
)

// detailsOf keeps of the tags' values what can be true of a camera.
func detailsOf(values map[string]any) Details {
	number := func(tag string, low, high float64) float64 {
		v := toFloat(values[tag])
		if !(low <= v && v <= high) { // nor NaN
			return 0
		}
		return v
	}
	text := func(tag string) string {
		s, _ := values[tag].(string)
		return short(caption(s))
	}
	d := Details{
		Camera:        camera(text("Make"), text("Model")),
		Lens:          text("LensModel"),
		FocalLength:   number("FocalLength", 0.1, 10_000),
		FocalLength35: number("FocalLengthIn35mmFormat", 1, 10_000),
		Aperture:      number("FNumber", 0.3, 1_000),
		Exposure:      number("ExposureTime", 1e-7, 7*24*3600),
		ISO:           int(number("ISO", 1, isoBeyond)),
	}
	if d.ISO == isoBeyond {
		d.ISO = int(number("RecommendedExposureIndex", 1, 1e8))
	}
	if !strings.ContainsFunc(d.Lens, func(r rune) bool {
		return 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '1' <= r && r <= '9' || r > 0x7f
	}) {
		d.Lens = "" // "----", "0.0 mm": an adapter without contacts
	}
	latitude, okLat := degrees(values, "GPSLatitude", "NS", 90)
	longitude, okLong := degrees(values, "GPSLongitude", "EW", 180)
	// Where no satellite was seen, some cameras write zeros.
	if okLat && okLong && (latitude != 0 || longitude != 0) {
		d.Latitude, d.Longitude, d.HasPosition = latitude, longitude, true
	}
	return d
}

// toFloat returns a tag's value as a number, NaN where it is none.
func toFloat(v any) float64 {
	switch v := v.(type) {
	case interface{ Float64() float64 }:
		return v.Float64()
	case float64:
		return v
	case uint16:
		return float64(v)
	case uint32:
		return float64(v)
	case []uint16: // ISO may name two; the first is the one of the standard
		if len(v) > 0 {
			return float64(v[0])
		}
	}
	return math.NaN()
}

// degrees returns a coordinate, which is at most limit, with its sign:
// hemispheres names the positive one first.
func degrees(values map[string]any, tag, hemispheres string, limit float64) (float64, bool) {
	v := toFloat(values[tag])
	hemisphere, _ := values[tag+"Ref"].(string)
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
	return short(strings.TrimSpace(strings.Join(words, " ") + " " + model))
}

// companyForm reports whether a word is of a company's form, not of its name.
func companyForm(word string) bool {
	switch strings.ToUpper(strings.TrimRight(word, ".,")) {
	case "CORPORATION", "CORP", "COMPANY", "OPTICAL", "CO", "CO.,LTD", "LTD", "INC", "GMBH", "AG", "IMAGING", "ELECTRIC", "TECHNOLOGIES":
		return true
	}
	return false
}

// short returns at most 100 runes of a text.
func short(s string) string {
	if n := 0; len(s) > 100 {
		for i := range s {
			if n++; n > 100 {
				return strings.TrimSpace(s[:i])
			}
		}
	}
	return s
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
