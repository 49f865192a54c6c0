package photo

import (
	"bytes"
	"compress/zlib"
	"io"
	"strings"

	"gallery/internal/charset"
	"gallery/internal/metadata"
)

// maxPayload is how much of a block of metadata is read, in bytes: all that a
// JPEG segment holds. PNG and WebP permit longer ones; what is sought stands
// near the beginning.
const maxPayload = maxSegment

// Bounds of a PNG's textual chunks.
const (
	maxTexts = 32
	maxText  = 8000 // bytes of one, and of what is compressed in it
)

// readMetadata reads the blocks of metadata that a header found, whatever the
// format of the file.
func readMetadata(s *source, h header, sidecar []byte) (metadata.Metadata, metadata.Exif) {
	exif := metadata.ParseExif(s.first(h.exif, maxPayload))
	return metadata.Read(metadata.Blocks{
		Exif: exif,
		IPTC: s.first(h.iptc, maxPayload),
		XMP:  s.first(h.xmp, metadata.MaxXMP),
		Text: readTexts(s, h.text),

		Sidecar: sidecar,
	}), exif
}

// first returns the first bytes of p, at most that many, nil if they cannot be
// read.
func (s *source) first(p span, most int64) []byte {
	p.n = min(p.n, most, s.size-p.off)
	if p.n <= 0 {
		return nil
	}
	b, err := s.read(p, most)
	if err != nil {
		return nil
	}
	return b
}

// readTexts reads a PNG's textual chunks.
func readTexts(s *source, chunks []span) []metadata.Text {
	var texts []metadata.Text
	for _, c := range chunks {
		b := s.first(c, maxText)
		if len(b) < 4 {
			continue
		}
		if t, ok := pngText(string(b[:4]), b[4:]); ok {
			texts = append(texts, t)
		}
	}
	return texts
}

// pngText reads the data of a textual chunk (PNG, 11.3.3): a keyword, a NUL and
// the text, which is compressed in zTXt and may be in iTXt. Though tEXt and
// zTXt are to be in ISO 8859-1, many writers use UTF-8.
func pngText(id string, data []byte) (metadata.Text, bool) {
	keyword, data, ok := bytes.Cut(data, []byte{0})
	if !ok {
		return metadata.Text{}, false
	}
	compressed := id == "zTXt"
	switch {
	case compressed && len(data) > 0: // the method, always 0
		data = data[1:]
	case id == "iTXt" && len(data) > 2:
		compressed = data[0] == 1
		if _, data, ok = bytes.Cut(data[2:], []byte{0}); ok { // the language
			_, data, ok = bytes.Cut(data, []byte{0}) // the keyword, translated
		}
	}
	if !ok {
		return metadata.Text{}, false
	}
	if compressed {
		data = inflate(data)
	}
	text, _ := charset.Decode(data)
	return metadata.Text{Keyword: strings.TrimSpace(string(keyword)), Value: text}, true
}

// inflate returns the beginning of what is compressed in data, as far as that
// is whole.
func inflate(data []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(z, maxText)) // an end that is cut or damaged is left out
	return text
}
