package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"gallery/internal/metadata"
	"gallery/internal/testkit"
)

// exifJPEG, iptcJPEG and xmpJPEG return files with one block of metadata, and
// joined one with them all.
func exifJPEG(entries ...exifEntry) [][]byte {
	return [][]byte{testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(binary.BigEndian, entries...))}
}

func iptcJPEG(escape string, sets ...any) [][]byte {
	return [][]byte{testkit.Segment(markerAPP13, iptcHeader, iptcSets(escape, sets...))}
}

func xmpJPEG(properties string) [][]byte {
	return [][]byte{testkit.Segment(markerAPP1, xmpHeader, xmpOf(properties))}
}

func exifDates(entries ...exifEntry) exifEntry { return exifEntry{0x8769, entries} }

// wide returns what Windows Explorer writes: UTF-16, little-endian, and a NUL.
func wide(s string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func in(c *charmap.Charmap, s string) string {
	b, err := c.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

// inspectJPEG inspects a JPEG with these segments.
func inspectJPEG(t *testing.T, segments ...[]byte) Info {
	t.Helper()
	file := testkit.WithSegments(testkit.FlatJPEG{Width: 8, Height: 8, Values: []uint8{1}, Adobe: -1}.Encode(), segments...)
	info, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// The order of trust: when it was taken, when it was digitized, when it was
// last changed; of each, Exif, XMP, IPTC.
func TestInspect_dates(t *testing.T) {
	scanner := exifEntry{0x0132, "2024:01:01 00:00:00"}
	digitized := exifDates(exifEntry{0x9004, "2024:01:01 00:00:00"})
	for name, test := range map[string]struct {
		segments [][]byte
		want     string
		source   metadata.DateSource
	}{
		"Exif's original":            {exifJPEG(scanner, exifDates(exifEntry{0x9003, "1975:06:15 12:00:00"}, exifEntry{0x9004, "2024:01:01 00:00:00"})), "1975-06-15T12:00:00", metadata.Original},
		"in IFD0":                    {exifJPEG(scanner, exifEntry{0x9003, "1975:06:15 12:00:00"}), "1975-06-15T12:00:00", metadata.Original},
		"a scan, dated in XMP":       {append(exifJPEG(scanner), xmpJPEG(`<exif:DateTimeOriginal>1975-06-15T12:00:00</exif:DateTimeOriginal>`)...), "1975-06-15T12:00:00", metadata.Original},
		"a scan, dated by Photoshop": {append(exifJPEG(digitized), xmpJPEG(`<photoshop:DateCreated>1975-06-15T12:00:00</photoshop:DateCreated>`)...), "1975-06-15T12:00:00", metadata.Original},
		"a scan, dated in IPTC":      {append(exifJPEG(scanner, digitized), iptcJPEG("", 55, "19750615", 60, "120000+0100")...), "1975-06-15T12:00:00", metadata.Original},
		"a scan, dated by the year":  {append(exifJPEG(scanner), iptcJPEG("", 55, "19750000")...), "1975-01-01T00:00:00", metadata.Original},
		"IPTC alone":                 {iptcJPEG("", 55, "19750615", 60, "120000"), "1975-06-15T12:00:00", metadata.Original},
		"IPTC without a time":        {iptcJPEG("", 55, "1975-06-15"), "1975-06-15T00:00:00", metadata.Original},
		"IPTC's digitizing":          {append(iptcJPEG("", 62, "19750615", 63, "120000"), exifJPEG(scanner)...), "1975-06-15T12:00:00", metadata.Digitized},
		"XMP's CreateDate":           {append(exifJPEG(scanner), xmpJPEG(`<xmp:CreateDate>1975-06-15T12:00:00Z</xmp:CreateDate>`)...), "1975-06-15T12:00:00", metadata.Digitized},
		"Exif's before XMP's": {append(exifJPEG(exifDates(exifEntry{0x9003, "1975:06:15 12:00:00"})),
			xmpJPEG(`<exif:DateTimeOriginal>1999-01-01T00:00:00</exif:DateTimeOriginal>`)...), "1975-06-15T12:00:00", metadata.Original},
		"an original never set": {exifJPEG(scanner, exifDates(exifEntry{0x9003, "0000:00:00 00:00:00"}, exifEntry{0x9004, "1975:06:15 12:00:00"})), "1975-06-15T12:00:00", metadata.Digitized},
		"an original beyond":    {exifJPEG(exifEntry{0x0132, "1975:06:15 12:00:00"}, exifDates(exifEntry{0x9003, "2105:01:01 00:00:00"})), "1975-06-15T12:00:00", metadata.Modified},
		"with slashes":          {exifJPEG(exifDates(exifEntry{0x9003, "2019/07/21 18:30:05"})), "2019-07-21T18:30:05", metadata.Original},
		"hour 24":               {exifJPEG(exifDates(exifEntry{0x9003, "2019:01:01 24:04:20"})), "2019-01-01T00:04:20", metadata.Original},
		"modified alone":        {exifJPEG(scanner), "2024-01-01T00:00:00", metadata.Modified},
		"XMP's modified":        {xmpJPEG(`<xmp:ModifyDate>2024-01-01T00:00:00</xmp:ModifyDate>`), "2024-01-01T00:00:00", metadata.Modified},
		"none":                  {exifJPEG(exifDates(exifEntry{0x9003, "0000:00:00 00:00:00"})), "0001-01-01T00:00:00", metadata.NoDate},
		"SubSecTimeOriginal":    {exifJPEG(exifDates(exifEntry{0x9003, "2019:07:21 18:30:05"}, exifEntry{0x9290, "7"}, exifEntry{0x9291, "05"})), "2019-07-21T18:30:05.05", metadata.Original},
		"SubSecTimeDigitized":   {exifJPEG(exifDates(exifEntry{0x9004, "2019:07:21 18:30:05"}, exifEntry{0x9291, "05"}, exifEntry{0x9292, "25 "})), "2019-07-21T18:30:05.25", metadata.Digitized},
		"SubSecTime":            {exifJPEG(scanner, exifDates(exifEntry{0x9290, "123"})), "2024-01-01T00:00:00.123", metadata.Modified},
		"a fraction in XMP":     {xmpJPEG(`<exif:DateTimeOriginal>2019-07-21T18:30:05.75+02:00</exif:DateTimeOriginal>`), "2019-07-21T18:30:05.75", metadata.Original},
	} {
		info := inspectJPEG(t, test.segments...)
		got := info.Taken.Format("2006-01-02T15:04:05.999999999")
		if got != test.want || info.Metadata.Date.Source != test.source || !info.Metadata.Date.Equal(info.Taken) {
			t.Errorf("%s: %s, source %d, want %s, %d", name, got, info.Metadata.Date.Source, test.want, test.source)
		}
	}
}

func TestInspect_captions(t *testing.T) {
	const lake = "Olga at the lake"
	alt := `<dc:%s><rdf:Alt><rdf:li xml:lang="de">See</rdf:li><rdf:li xml:lang="x-default">` + lake + `</rdf:li></rdf:Alt></dc:%[1]s>`
	comment := append([]byte("UNICODE\x00"), wide(lake)...)
	for name, test := range map[string]struct {
		segments [][]byte
		want     string
	}{
		"IPTC's ObjectName":       {iptcJPEG("", 5, lake), lake},
		"IPTC's Headline":         {iptcJPEG("", 105, lake), lake},
		"IPTC's, cut":             {append(iptcJPEG("", 5, lake[:8]), xmpJPEG(fmt.Sprintf(alt, "title"))...), lake},
		"dc:title":                {xmpJPEG(fmt.Sprintf(alt, "title")), lake},
		"dc:description":          {xmpJPEG(fmt.Sprintf(alt, "description")), lake},
		"photoshop:Headline":      {xmpJPEG("<photoshop:Headline>" + lake + "</photoshop:Headline>"), lake},
		"XPTitle":                 {exifJPEG(exifEntry{0x9c9b, wide(lake)}), lake},
		"XPSubject":               {exifJPEG(exifEntry{0x9c9f, wide(lake)}), lake},
		"XPComment":               {exifJPEG(exifEntry{0x9c9c, wide(lake)}), lake},
		"UserComment":             {exifJPEG(exifDates(exifEntry{0x9286, comment})), lake},
		"a description, a title":  {append(iptcJPEG("", 5, "title"), exifJPEG(exifEntry{0x010e, lake}, exifEntry{0x9c9b, wide("other")})...), lake},
		"a title, a comment":      {exifJPEG(exifEntry{0x9c9b, wide(lake)}, exifEntry{0x9c9c, wide("other")}), lake},
		"a camera's, and a title": {exifJPEG(exifEntry{0x010e, "OLYMPUS DIGITAL CAMERA"}, exifEntry{0x9c9b, wide(lake)}), lake},
		"a telephone's comment":   {exifJPEG(exifDates(exifEntry{0x9286, []byte("ASCII\x00\x00\x00oplus_32")})), ""},
	} {
		if got := inspectJPEG(t, test.segments...).Caption; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestInspect_encodings(t *testing.T) {
	exif := func(s string) [][]byte { return exifJPEG(exifEntry{0x010e, s}) }
	for name, test := range map[string]struct {
		segments [][]byte
		want     string
	}{
		"Exif in Windows-1251":           {exif(in(charmap.Windows1251, "Озеро Байкал")), "Озеро Байкал"},
		"Exif in KOI8":                   {exif(in(charmap.KOI8R, "Озеро Байкал")), "Озеро Байкал"},
		"Exif in Windows-1250":           {exif(in(charmap.Windows1250, "Příbram, léto")), "Příbram, léto"},
		"Exif in Shift JIS":              {exif("\x95\x78\x8e\x6d\x8e\x52"), ""},
		"Exif in GBK":                    {exif("\xb3\xa4\xb3\xc7"), ""},
		"Exif in UTF-8, cut":             {exif("Größe und Überm\xc3"), "Größe und Überm"},
		"IPTC in Mac OS Roman":           {iptcJPEG("", 120, in(charmap.Macintosh, "Café Zoë")), "Café Zoë"},
		"IPTC in Windows-1252":           {iptcJPEG("", 120, in(charmap.Windows1252, "“Café” Zoë")), "“Café” Zoë"},
		"IPTC in Windows-1251":           {iptcJPEG("", 120, in(charmap.Windows1251, "Озеро Байкал")), "Озеро Байкал"},
		"IPTC, ISO 8859-1":               {iptcJPEG("\x1b-A", 120, "Caf\xe9"), "Café"},
		"IPTC, ISO 8859-2":               {iptcJPEG("\x1b-B", 120, in(charmap.ISO8859_2, "Łódź")), "Łódź"},
		"IPTC, ISO 8859-5":               {iptcJPEG("\x1b-L", 120, in(charmap.ISO8859_5, "Юля")), "Юля"},
		"IPTC, ISO 8859-15":              {iptcJPEG("\x1b/b", 120, in(charmap.ISO8859_15, "5 €")), "5 €"},
		"IPTC, UTF-8":                    {iptcJPEG("\x1b%G", 120, "Café 東"), "Café 東"},
		"IPTC, UTF-8, but is not":        {iptcJPEG("\x1b%G", 120, "Caf\xe9"), "Café"},
		"IPTC, ISO 8859-1, but is UTF-8": {iptcJPEG("\x1b-A", 120, "Café 東"), "Café 東"},
		"XMP in entities":                {xmpJPEG("<dc:title>Caf&#233;</dc:title>"), "Café"},
	} {
		if got := inspectJPEG(t, test.segments...).Caption; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	// In no encoding that is known, IPTC has a character for each byte.
	if got := inspectJPEG(t, iptcJPEG("", 120, "\x95\x78\x8e\x6d\x8e\x52")...).Caption; len([]rune(got)) != 6 {
		t.Errorf("IPTC in Shift JIS: %q", got)
	}
}

func TestInspect_words(t *testing.T) {
	want := metadata.Metadata{Title: "Title", Keywords: []string{"lake", "Olga"}, Rating: 4, Creator: "A. B.", Copyright: "© A. B."}
	for name, segments := range map[string][][]byte{
		"Exif": exifJPEG(exifEntry{0x013b, "A. B."}, exifEntry{0x4746, 4}, exifEntry{0x8298, "© A. B."},
			exifEntry{0x9c9b, wide("Title")}, exifEntry{0x9c9e, wide("lake;Olga;lake")}),
		"Windows": exifJPEG(exifEntry{0x4746, 4}, exifEntry{0x8298, "\x00© A. B."}, exifEntry{0x9c9b, wide("Title")},
			exifEntry{0x9c9d, wide("A. B.")}, exifEntry{0x9c9e, wide("lake;Olga")}),
		"IPTC": append(iptcJPEG("\x1b%G", 5, "Title", 25, "lake", 25, "Olga", 25, "lake", 80, "A. B.", 116, "© A. B."), exifJPEG(exifEntry{0x4746, 4})...),
		"XMP": xmpJPEG(`<dc:title>Title</dc:title><dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>Olga</rdf:li></rdf:Bag></dc:subject>` +
			`<xmp:Rating>4</xmp:Rating><dc:creator><rdf:Seq><rdf:li>A. B.</rdf:li></rdf:Seq></dc:creator><dc:rights>© A. B.</dc:rights>`),
	} {
		got := inspectJPEG(t, segments...).Metadata
		if !slices.Equal(got.Keywords, want.Keywords) || got.Title != want.Title || got.Rating != want.Rating ||
			got.Creator != want.Creator || got.Copyright != want.Copyright {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// textChunk returns a textual chunk of a PNG.
func textChunk(id, keyword, text string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(text))
	w.Close()
	switch id {
	case "zTXt":
		return testkit.PNGChunk(id, []byte(keyword+"\x00\x00"+z.String()))
	case "iTXt":
		return testkit.PNGChunk(id, []byte(keyword+"\x00\x00\x00de\x00Titel\x00"+text))
	case "iTXt, compressed":
		return testkit.PNGChunk("iTXt", []byte(keyword+"\x00\x01\x00\x00\x00"+z.String()))
	}
	return testkit.PNGChunk(id, []byte(keyword+"\x00"+text))
}

func TestInspect_pngTexts(t *testing.T) {
	const lake = "Olga am See, Überfahrt"
	p := testkit.PNG(t, testkit.Quadrants(8, 8))
	xmp := xmpOf(`<dc:title>` + lake + `</dc:title>`)
	for name, test := range map[string]struct {
		chunks        [][]byte
		caption, date string
	}{
		"Windows":            {[][]byte{textChunk("tEXt", "Creation Time", "2019:07:21 18:30:05"), textChunk("tEXt", "Description", in(charmap.Windows1252, lake))}, lake, "2019-07-21T18:30:05"},
		"UTF-8 in tEXt":      {[][]byte{textChunk("tEXt", "Title", lake)}, lake, ""},
		"iTXt":               {[][]byte{textChunk("iTXt", "Description", lake), textChunk("iTXt", "Creation Time", "Sun, 21 Jul 2019 18:30:05 +0200")}, lake, "2019-07-21T18:30:05"},
		"iTXt, compressed":   {[][]byte{textChunk("iTXt, compressed", "Comment", lake)}, lake, ""},
		"zTXt":               {[][]byte{textChunk("zTXt", "Comment", lake)}, lake, ""},
		"description first":  {[][]byte{textChunk("tEXt", "Comment", "x y"), textChunk("tEXt", "Title", "z"), textChunk("tEXt", "Description", lake)}, lake, ""},
		"a program's":        {[][]byte{textChunk("tEXt", "Comment", "Created with GIMP"), textChunk("tEXt", "Software", "x")}, "", ""},
		"XMP":                {[][]byte{testkit.PNGChunk("iTXt", append([]byte(xmpKeyword), xmp...))}, lake, ""},
		"XMP, long":          {[][]byte{testkit.PNGChunk("iTXt", append([]byte(xmpKeyword), append(xmp, make([]byte, 1<<20)...)...))}, lake, ""},
		"Exif, with a head":  {[][]byte{testkit.PNGChunk("eXIf", append([]byte("Exif\x00\x00"), exifOf(bigEndian, exifEntry{0x9c9b, wide(lake)})...))}, lake, ""},
		"thousands of texts": {append(slices.Repeat([][]byte{textChunk("tEXt", "x", "y")}, 20), textChunk("tEXt", "Title", lake)), lake, ""},
		"no NUL":             {[][]byte{testkit.PNGChunk("tEXt", []byte("Title")), testkit.PNGChunk("iTXt", []byte("Title\x00\x00")), testkit.PNGChunk("zTXt", []byte("Title\x00"))}, "", ""},
		"not compressed":     {[][]byte{testkit.PNGChunk("zTXt", []byte("Title\x00\x00Olga"))}, "", ""},
	} {
		file := testkit.WithPNGChunks(p, test.chunks...)
		info, err := Inspect(bytes.NewReader(file), int64(len(file)))
		date := ""
		if !info.Taken.IsZero() {
			date = info.Taken.Format("2006-01-02T15:04:05")
		}
		if err != nil || info.Caption != test.caption || date != test.date {
			t.Errorf("%s: %q, %q, %v, want %q, %q", name, info.Caption, date, err, test.caption, test.date)
		}
	}
}

// A text that inflates a thousandfold is read no further than one that does not.
func TestInspect_pngTextBomb(t *testing.T) {
	bomb := textChunk("zTXt", "Comment", strings.Repeat("lake ", 1<<20))
	file := testkit.WithPNGChunks(testkit.PNG(t, testkit.Quadrants(8, 8)), slices.Repeat([][]byte{bomb}, 300)...)
	start := testkit.ProcessorTime()
	used := testkit.Allocated(func() {
		if _, err := Inspect(bytes.NewReader(file), int64(len(file))); err != nil {
			t.Error(err)
		}
	})
	if d := testkit.ProcessorTime() - start; d > 200*time.Millisecond || used > 8<<20 {
		t.Errorf("took a processor %v, %d bytes", d, used)
	}
}

func TestInspect_gifXMP(t *testing.T) {
	xmp := xmpOf(`<dc:title>Olga</dc:title>`)
	trailer := []byte{1}
	for i := 0xff; i >= 0; i-- {
		trailer = append(trailer, byte(i))
	}
	trailer = append(trailer, 0)
	file := gifFile(t, 8, 8, image.Point{})
	head := 13 + int(colorTable(file[10]))
	file = slices.Concat(file[:head], []byte("\x21\xff"+gifXMP), xmp, trailer, file[head:])
	info, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil || info.Caption != "Olga" {
		t.Errorf("caption %q, %v", info.Caption, err)
	}
	short := slices.Concat(file[:head], []byte("\x21\xff"+gifXMP+"\x00"), file[head+len(gifXMP)+2+len(xmp)+len(trailer):])
	if info, err = Inspect(bytes.NewReader(short), int64(len(short))); err != nil || info.Caption != "" {
		t.Errorf("of nothing: caption %q, %v", info.Caption, err)
	}
}

// A photo's words cost what its blocks' length says.
func TestInspect_hostileMetadata(t *testing.T) {
	segments := [][]byte{
		testkit.Segment(markerAPP1, "Exif\x00\x00", exifOf(bigEndian, slices.Repeat([]exifEntry{{0x010e, strings.Repeat("\xe9\xb9", 5)}}, 2500)...)),
		testkit.Segment(markerAPP13, iptcHeader, iptcSets("", slices.Repeat([]any{25, "\xe9\xb9\xe9\xb9\xe9"}, 6000)...)),
		testkit.Segment(markerAPP1, xmpHeader, xmpOf("<dc:title>"+strings.Repeat("<a>", 21_000))),
	}
	start := testkit.ProcessorTime()
	for range 10 {
		inspectJPEG(t, segments...)
	}
	if d := testkit.ProcessorTime() - start; d > 10*50*time.Millisecond {
		t.Errorf("took a processor %v", d/10)
	}
}
