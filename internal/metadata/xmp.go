package metadata

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"gallery/internal/charset"
)

// MaxXMP is how much of an XMP packet is read, in bytes. What is sought stands
// near its beginning; behind it there may be megabytes of an editor's masks.
const MaxXMP = 256 << 10

// maxDepth bounds how deep elements are nested; real packets have ten levels.
const maxDepth = 100

// wanted reports whether a packet may say something that is sought, of dates
// too. XML is slow to read, and most cameras' packets say nothing of interest.
func wanted(packet []byte, dates bool) bool {
	if dates && bytes.Contains(packet, []byte("Date")) || utf16XML(packet) {
		return true
	}
	for _, word := range []string{":description", ":title", ":subject", ":creator", ":rights", ":Headline", ":UserComment",
		":ImageDescription", ":Artist", ":Copyright"} {
		if bytes.Contains(packet, []byte(word)) {
			return true
		}
	}
	for rest := packet; ; { // cameras write that there is none
		i := bytes.Index(rest, []byte(":Rating"))
		if i < 0 {
			return false
		}
		rest = rest[i+len(":Rating"):]
		if value := bytes.TrimLeft(rest[:min(len(rest), 8)], "=>'\" "); len(value) > 0 && (value[0] == '-' || '1' <= value[0] && value[0] <= '9') {
			return true
		}
	}
}

// utf16XML reports whether a packet is in UTF-16.
func utf16XML(packet []byte) bool {
	return bytes.HasPrefix(packet, []byte("\xff\xfe")) || bytes.HasPrefix(packet, []byte("\xfe\xff"))
}

// property names a property by its namespace's usual prefix and its name.
type property string

const (
	xmpOriginal    property = "exif:DateTimeOriginal"
	xmpDigitized   property = "exif:DateTimeDigitized"
	xmpUserComment property = "exif:UserComment"
	xmpImageText   property = "tiff:ImageDescription"
	xmpDateTime    property = "tiff:DateTime"
	xmpArtist      property = "tiff:Artist"
	xmpTIFFRights  property = "tiff:Copyright"
	xmpDateCreated property = "photoshop:DateCreated"
	xmpHeadline    property = "photoshop:Headline"
	xmpCreateDate  property = "xmp:CreateDate"
	xmpModifyDate  property = "xmp:ModifyDate"
	xmpRating      property = "xmp:Rating"
	xmpDescription property = "dc:description"
	xmpTitle       property = "dc:title"
	xmpSubject     property = "dc:subject"
	xmpCreator     property = "dc:creator"
	xmpRights      property = "dc:rights"
)

const rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

// sought returns the property that is read by this name, "" if none is.
func sought(name xml.Name) property {
	prefix := ""
	switch name.Space {
	case "http://ns.adobe.com/exif/1.0/":
		prefix = "exif:"
	case "http://ns.adobe.com/tiff/1.0/":
		prefix = "tiff:"
	case "http://ns.adobe.com/photoshop/1.0/":
		prefix = "photoshop:"
	case "http://ns.adobe.com/xap/1.0/":
		prefix = "xmp:"
	case "http://purl.org/dc/elements/1.1/":
		prefix = "dc:"
	}
	switch p := property(prefix + name.Local); p {
	case xmpOriginal, xmpDigitized, xmpUserComment, xmpImageText, xmpDateTime, xmpArtist, xmpTIFFRights, xmpDateCreated, xmpHeadline,
		xmpCreateDate, xmpModifyDate, xmpRating, xmpDescription, xmpTitle, xmpSubject, xmpCreator, xmpRights:
		return p
	}
	return ""
}

// xmp is what an XMP packet says: each property's items, of alternatives the
// default one first.
type xmp map[property][]string

// text returns the first item of a property.
func (x xmp) text(p property) string {
	if items := x[p]; len(items) > 0 {
		return items[0]
	}
	return ""
}

// parseXMP reads the properties sought in a packet (XMP part 1, 7). Those of
// structures within, such as of the pictures that it is made of, are not
// this one's. Where the packet is damaged, what was read before stays.
func parseXMP(b []byte) xmp {
	b = b[:min(len(b), MaxXMP)]
	if utf16XML(b) {
		b = []byte(charset.File(b))
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	x := xmp{}
	description, root := xml.Name{Space: rdf, Local: "Description"}, xml.Name{Space: rdf, Local: "RDF"}
	var open []xml.Name // elements
	for len(open) < maxDepth {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			n := len(open)
			switch {
			case n > 0 && open[n-1] == root && token.Name == description:
				for _, a := range token.Attr {
					if p := sought(a.Name); p != "" {
						x.add(p, []string{a.Value})
					}
				}
			case n > 1 && open[n-2] == root && open[n-1] == description:
				if p := sought(token.Name); p != "" {
					x.read(d, p)
					continue
				}
			}
			open = append(open, token.Name)
		case xml.EndElement:
			if token.Name == root {
				return x
			}
			open = open[:max(0, len(open)-1)]
		}
	}
	return x
}

// add keeps a property's items where it has none yet.
func (x xmp) add(p property, items []string) {
	if len(x[p]) == 0 && len(items) > 0 {
		x[p] = items
	}
}

// read reads the items of a property up to the end of its element.
func (x xmp) read(d *xml.Decoder, p property) {
	var items []string
	var text strings.Builder
	standard := false
	for depth := 1; 0 < depth && depth < maxDepth; {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if token.Name.Space == rdf && token.Name.Local == "li" {
				text.Reset()
				standard = false
				for _, a := range token.Attr {
					standard = standard || a.Name.Local == "lang" && strings.EqualFold(a.Value, "x-default")
				}
			}
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			depth--
			item := token.Name.Space == rdf && token.Name.Local == "li" || depth == 0 && len(items) == 0
			s := strings.TrimSpace(text.String())
			if !item || s == "" {
				continue
			}
			items = append(items, s)
			if standard {
				items[0], items[len(items)-1] = items[len(items)-1], items[0]
			}
			text.Reset()
		}
	}
	x.add(p, items)
}
