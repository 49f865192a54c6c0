package metadata

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"gallery/internal/testkit"
)

// packet returns an XMP packet of properties.
func packet(properties string) []byte {
	return []byte(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
		` xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"` +
		` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"` + properties + `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
}

// wide returns text in UTF-16.
func wide(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestRead_sidecar(t *testing.T) {
	alt := func(items string) string {
		return ">" + "<dc:description><rdf:Alt>" + items + "</rdf:Alt></dc:description>"
	}
	noon := Date{time.Date(1975, 6, 15, 12, 0, 0, 0, time.UTC), Original}
	for name, test := range map[string]struct {
		properties string
		want       Metadata
	}{
		"attributes": {` photoshop:DateCreated="1975-06-15T12:00:00" xmp:Rating="4" photoshop:Headline="At the lake">`,
			Metadata{Date: noon, Rating: 4, Title: "At the lake"}},
		"the default first":        {alt(`<rdf:li xml:lang="de">See</rdf:li><rdf:li xml:lang="x-default">Lake</rdf:li>`), Metadata{Description: "Lake"}},
		"the default first, empty": {alt(`<rdf:li xml:lang="x-default"> </rdf:li><rdf:li xml:lang="de">See</rdf:li>`), Metadata{Description: "See"}},
		"no default":               {alt(`<rdf:li xml:lang="de">See</rdf:li><rdf:li xml:lang="en">Lake</rdf:li>`), Metadata{Description: "See"}},
		"entities":                 {alt(`<rdf:li>Tom &amp; J&#xE9;r&#244;me &lt;3 <![CDATA[<b>]]></rdf:li>`), Metadata{Description: "Tom & Jérôme <3 <b>"}},
		"words": {`><dc:title>Olga</dc:title><dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>Olga</rdf:li><rdf:li>LAKE</rdf:li></rdf:Bag></dc:subject>` +
			`<dc:creator><rdf:Seq><rdf:li>A. B.</rdf:li><rdf:li>C. D.</rdf:li></rdf:Seq></dc:creator><dc:rights>© 2019</dc:rights>` +
			`<xmp:Rating>-1</xmp:Rating>`,
			Metadata{Title: "Olga", Keywords: []string{"lake", "Olga"}, Creator: "A. B., C. D.", Copyright: "© 2019", Rating: -1}},
		"all keywords in one": {`><dc:subject>sunset, mountains;nature</dc:subject>`, Metadata{Keywords: []string{"sunset", "mountains", "nature"}}},
		"another picture's date": {`><xmpMM:DerivedFrom rdf:parseType="Resource"><photoshop:DateCreated>1999-01-01</photoshop:DateCreated>` +
			`</xmpMM:DerivedFrom><xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description photoshop:DateCreated="1998-01-01"><dc:title>other</dc:title>` +
			`</rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry><photoshop:DateCreated>1975-06-15T12:00:00</photoshop:DateCreated>`, Metadata{Date: noon}},
		"an impossible original": {`><exif:DateTimeOriginal>0000-00-00T00:00:00</exif:DateTimeOriginal><xmp:CreateDate>1975-06-15T12:00:00</xmp:CreateDate>`,
			Metadata{Date: Date{noon.Time, Digitized}}},
		"modified last": {` xmp:ModifyDate="2024-01-01" exif:DateTimeOriginal="1975-06-15T12:00:00">`, Metadata{Date: noon}},
		"rejected":      {` xmp:Rating="-1">`, Metadata{Rating: -1}},
		"of two alike":  {` xmp:CreateDate="2024-01-01" exif:DateTimeDigitized="1975-06-15T12:00:00">`, Metadata{Date: Date{noon.Time, Digitized}}},
		"a rating":      {`><xmp:Rating>0</xmp:Rating>`, Metadata{}},
		"a wild rating": {` xmp:Rating="99">`, Metadata{}},
		"damaged":       {` xmp:Rating="3"><dc:title>Olga</dc:title><dc:subject><`, Metadata{Rating: 3, Title: "Olga"}},
		"a default":     {`><dc:description>OLYMPUS DIGITAL CAMERA</dc:description><dc:title>Olga</dc:title>`, Metadata{Title: "Olga"}},
	} {
		if got := readXMP(packet(test.properties)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	whole := packet(`><dc:title>Olga, Überfahrt</dc:title>`)
	for name, file := range map[string][]byte{
		"declared UTF-16": append([]byte("\xff\xfe"), wide(`<?xml version="1.0" encoding="UTF-16"?>`+string(whole), binary.LittleEndian)...),
		"big-endian":      append([]byte("\xfe\xff"), wide(string(whole), binary.BigEndian)...),
		"with a mark":     append([]byte("\xef\xbb\xbf"), whole...),
		"without xmpmeta": []byte(strings.NewReplacer(`<x:xmpmeta xmlns:x="adobe:ns:meta/">`, "", "</x:xmpmeta>", "").Replace(string(whole))),
	} {
		if got := readXMP(file); got.Title != "Olga, Überfahrt" {
			t.Errorf("%s: title %q", name, got.Title)
		}
	}
	if got := readXMP([]byte("not XML")); !reflect.DeepEqual(got, Metadata{}) {
		t.Errorf("not XML: %+v", got)
	}
}

// An editor's masks may make megabytes of a sidecar; what is sought stands before them.
func TestRead_longSidecar(t *testing.T) {
	file := packet(`><dc:title>Olga</dc:title><xmpMM:Masks>` + strings.Repeat("<a>0.5 0.5</a>", 4*MaxXMP) + `</xmpMM:Masks>`)
	start := testkit.ProcessorTime()
	if got := readXMP(file); got.Title != "Olga" {
		t.Errorf("title %q", got.Title)
	}
	d := testkit.ProcessorTime() - start
	t.Logf("%v", d)
	if d > 150*time.Millisecond {
		t.Errorf("took a processor %v", d)
	}
}

func TestMetadata_Or(t *testing.T) {
	sidecar := Metadata{Date: Date{time.Unix(5, 0), Digitized}, Title: "title", Keywords: []string{"a"}, Rating: 2}
	own := Metadata{Date: Date{time.Unix(7, 0), Original}, Description: "description", Title: "other", Comment: "comment",
		Keywords: []string{"b"}, Rating: 3, Creator: "creator", Copyright: "copyright"}
	want := Metadata{Date: own.Date, Description: "description", Title: "title", Comment: "comment", Keywords: []string{"a"}, Rating: 2,
		Creator: "creator", Copyright: "copyright"}
	if got := sidecar.Or(own); !reflect.DeepEqual(got, want) {
		t.Errorf("Or = %+v, want %+v", got, want)
	}
	for _, test := range []struct {
		m    Metadata
		want string
	}{{own, "description"}, {sidecar, "title"}, {Metadata{Comment: "c"}, "c"}, {Metadata{}, ""}} {
		if got := test.m.Caption(); got != test.want {
			t.Errorf("Caption of %+v = %q, want %q", test.m, got, test.want)
		}
	}
}

func TestCaption(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"  The sea,\r\n\tat dusk \x00", "The sea, at dusk"},
		{"OLYMPUS DIGITAL CAMERA         ", ""},
		{"SONY DSC", ""},
		{"Sony DSC 0123", ""},
		{"Samsung", ""},
		{"Samsung headquarters", "Samsung headquarters"},
		{"...", ""},
		{"1984", ""},
		{"Zürich \xff 東京", "Zürich 東京"},
		{"<b>&amp;", "<b>&amp;"},
		{"a\u202eb", "ab"},
		{strings.Repeat("é", 1001), strings.Repeat("é", 1000)},
	} {
		if got := caption(test.in); got != test.want {
			t.Errorf("caption(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestComment(t *testing.T) {
	for in, want := range map[string]string{
		"Olga at the lake, Überfahrt": "Olga at the lake, Überfahrt",
		"Anna: the first one":         "Anna: the first one",
		"Screenshot":                  "",
		"oplus_32":                    "",
		`{"mirror":false}`:            "",
		`{ "mirror": false }`:         "",
		"<b> x </b>":                  "",
		"filter: 0; fileterIntensity: 0.0; filterMask: 0;": "",
		"Mode=1 ISO=100": "",
		"a7f3b2c9d8e1f0a7f3b2c9d8e1f0a7f3b2c9d8e1f0": "",
		"Hisilicon K3": "",
		"          ":   "",
	} {
		if got := comment(in); got != want {
			t.Errorf("comment(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUserComment(t *testing.T) {
	const text = "Olga at the lake, Überfahrt"
	big, little := binary.BigEndian, binary.LittleEndian
	for name, test := range map[string]struct {
		value []byte
		order binary.ByteOrder
		want  string
	}{
		"big-endian":             {append([]byte("UNICODE\x00"), wide(text, big)...), big, text},
		"little-endian":          {append([]byte("UNICODE\x00"), wide(text, little)...), little, text},
		"in the other order":     {append([]byte("UNICODE\x00"), wide(text, little)...), big, text},
		"in the other, reversed": {append([]byte("UNICODE\x00"), wide(text, big)...), little, text},
		"Cyrillic, other order":  {append([]byte("UNICODE\x00"), wide("Озеро Байкал", little)...), big, "Озеро Байкал"},
		"Japanese":               {append([]byte("UNICODE\x00"), wide("富士山の朝", big)...), big, "富士山の朝"},
		"with a mark":            {append([]byte("UNICODE\x00\xff\xfe"), wide(text, little)...), big, text},
		"with NULs":              {append([]byte("UNICODE\x00"), wide(text+"\x00\x00junk", big)...), big, text},
		"UTF-8 as Unicode":       {[]byte("UNICODE\x00" + text), big, text},
		"lower case":             {append([]byte("Unicode\x00"), wide(text, big)...), big, text},
		"ASCII":                  {[]byte("ASCII\x00\x00\x00Olga"), big, "Olga"},
		"UTF-8 as ASCII":         {[]byte("ASCII\x00\x00\x00" + text), big, text},
		"Windows-1252 as ASCII":  {[]byte("ASCII\x00\x00\x00\xdcberfahrt"), big, "Überfahrt"},
		"undefined":              {[]byte("\x00\x00\x00\x00\x00\x00\x00\x00" + text), big, text},
		"no code":                {[]byte("Olga at the lake"), big, "Olga at the lake"},
		"JIS":                    {[]byte("JIS\x00\x00\x00\x00\x00\x1b$BIY;N;3\x1b(B"), big, ""},
		"short":                  {[]byte("Olga"), big, "Olga"},
		"empty":                  {[]byte("UNICODE\x00"), big, ""},
		"blank":                  {append([]byte("ASCII\x00\x00\x00"), make([]byte, 200)...), big, ""},
	} {
		if got := userComment(test.value, test.order); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestLatinPart(t *testing.T) {
	for escape, want := range map[string]int{
		"\x1b-A": 1, "\x1b.A": 1, "\x1b/b": 15, "\x1b-L": 5, "\x1b-B": 2, "\x1b-M": 9,
		"\x1b%G": 0, "\x1b%/I": 0, "": 0, "\x1b-": 0, "\x1b-?": 0, "\x1b(B\x1b-F": 7,
	} {
		if got, ok := latinPart(escape); ok != (want > 0) || ok && got != want {
			t.Errorf("latinPart(%q) = %d, %v, want %d", escape, got, ok, want)
		}
	}
}

// A value of a type that is not known, or that lies outside, costs nobody else's.
func TestExif(t *testing.T) {
	entry := func(tag, typ uint16, count, value uint32) []byte {
		b := binary.LittleEndian.AppendUint16(nil, tag)
		b = binary.LittleEndian.AppendUint16(b, typ)
		b = binary.LittleEndian.AppendUint32(b, count)
		return binary.LittleEndian.AppendUint32(b, value)
	}
	const at = 8 + 2 + 8*12 + 4 // what stands behind the directory
	block := slices.Concat([]byte("II\x2a\x00\x08\x00\x00\x00\x08\x00"),
		entry(0x010d, 99, 7, 7),
		entry(0x010e, typeASCII, 1000, at),
		entry(0x010f, typeASCII, 1<<31, 1<<31),
		entry(0x0112, typeShort, 1, 6),
		entry(0x013b, typeUTF8, 6, at),
		entry(0x0213, typeRational, 2, at),
		entry(0x8769, typeIFD, 1, at+16),
		entry(0x013b, typeASCII, 2, 'x'), make([]byte, 4),
		[]byte("Zoë\x00\x00\x00"), make([]byte, 9),
		[]byte{1, 0}, entry(0xa434, typeASCII, 3, 'e'|'f'<<8))
	x := ParseExif(block)
	if got := x.Text(IFD0, 0x010e); got != "" {
		t.Errorf("a text beyond the end = %q", got)
	}
	if got := x.Text(IFD0, 0x010f); got != "" {
		t.Errorf("a text beyond the end = %q", got)
	}
	if got := x.Orientation(); got != 6 {
		t.Errorf("orientation %d", got)
	}
	if got := x.Text(IFD0, 0x013b); got != "Zoë" {
		t.Errorf("a text of type UTF-8 = %q", got)
	}
	if got := x.Numbers(IFD0, 0x0213); len(got) != 2 || !math.IsNaN(got[1]) {
		t.Errorf("fractions by 0 = %v", got)
	}
	if got := x.Text(ExifIFD, 0xa434); got != "ef" {
		t.Errorf("behind a pointer of type IFD = %q", got)
	}
	for n := range block {
		x := ParseExif(block[:n])
		for _, tag := range []uint16{0x010e, 0x0112, 0x013b, 0x0213, 0x8769, 0xa434} {
			x.Text(IFD0, tag)
			x.Numbers(IFD0, tag)
			x.Text(ExifIFD, tag)
		}
	}
}

func TestParseIPTC(t *testing.T) {
	record := "\x1c\x02\x05\x00\x04Olga"
	block := func(id uint16, name, data string) string {
		b := []byte("8BIM")
		b = binary.BigEndian.AppendUint16(b, id)
		b = append(append(b, byte(len(name))), name...)
		if len(name)%2 == 0 {
			b = append(b, 0)
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
		return string(b)
	}
	for name, blocks := range map[string]string{
		"alone":             block(0x404, "", record),
		"named":             block(0x404, "abc", record),
		"behind another":    block(0x3ed, "", "12345678") + block(0x404, "", record),
		"behind an odd one": block(0x3ed, "", "123") + "\x00" + block(0x404, "", record),
		"without padding":   block(0x3ed, "", "123") + block(0x404, "", record),
		"cut":               block(0x404, "", record+"\x1c\x02\x78\x00\x90Cap")[:12+len(record)+3],
	} {
		if got := parseIPTC([]byte(blocks)).text(iptcObjectName); got != "Olga" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Blocks made to be slow cost what their length says.
func TestRead_hostile(t *testing.T) {
	directory := func(entries int, pointer uint32) []byte {
		b := []byte("II\x2a\x00\x08\x00\x00\x00")
		b = binary.LittleEndian.AppendUint16(b, uint16(entries))
		for range min(entries, 5400) {
			b = append(b, "\x69\x87\x04\x00\x01\x00\x00\x00"...)
			b = binary.LittleEndian.AppendUint32(b, pointer)
		}
		return b
	}
	iptc := "8BIM\x04\x04\x00\x00\x00\x00\xff\xff" + strings.Repeat("\x1c\x02\x19\x00\xbe"+strings.Repeat("\xff", 190), 330)
	var items strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&items, "<rdf:li>%d</rdf:li>", i)
	}
	nested := strings.Repeat("<a>", 80_000)
	attributes := " xmlns:n0='u'"
	for i := range 5000 {
		attributes += fmt.Sprintf(" a%d='1'", i)
	}
	for name, b := range map[string]Blocks{
		"entries":    {Exif: ParseExif(directory(0xffff, 8))},
		"a loop":     {Exif: ParseExif(directory(1, 8))},
		"beyond":     {Exif: ParseExif(directory(1, 1<<31))},
		"datasets":   {IPTC: []byte(iptc)},
		"resources":  {IPTC: []byte(strings.Repeat("8BIM\x03\xed\x00\x00\x00\x00\x00\x00", 5000))},
		"nested":     {XMP: packet("><dc:title>" + nested)},
		"nested out": {XMP: []byte("<x:title>" + nested + ":title")},
		"attributes": {XMP: packet(attributes + "><dc:title>x</dc:title>")},
		"items":      {XMP: packet("><dc:subject><rdf:Bag>" + strings.Repeat("<rdf:li>a</rdf:li>", 14_000))},
		"distinct":   {XMP: packet("><dc:subject><rdf:Bag>" + items.String())},
		"alike":      {XMP: packet(">" + strings.Repeat("<dc:title>a</dc:title>", 11_000))},
		"text":       {XMP: packet("><dc:title>" + strings.Repeat("&#233;", 40_000))},
		"ratings":    {XMP: []byte(strings.Repeat(":Rating=0", 28_000))},
		"texts":      {Text: slices.Repeat([]Text{{"Comment", strings.Repeat("a: ", 2600)}}, 32)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := testkit.ProcessorTime()
		m := Read(b)
		d := testkit.ProcessorTime() - start
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		t.Logf("%-10s %v, %d kB", name, d, used>>10)
		if d > 120*time.Millisecond || used > 8<<20 {
			t.Errorf("%s: took a processor %v, %d kB", name, d, used>>10)
		}
		check(t, m)
	}
}

// check holds metadata to the bounds that Metadata promises.
func check(t *testing.T, m Metadata) {
	t.Helper()
	for text, most := range map[string]int{m.Description: maxCaption, m.Title: maxCaption, m.Comment: maxCaption, m.Creator: maxName, m.Copyright: maxName} {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.TrimSpace(text) != text || strings.ContainsAny(text, "\n\x00") {
			t.Errorf("text %q", text)
		}
	}
	if len(m.Keywords) > maxKeywords || m.Rating < -1 || m.Rating > 5 {
		t.Errorf("%d keywords, rating %d", len(m.Keywords), m.Rating)
	}
	for _, k := range m.Keywords {
		if k == "" || !utf8.ValidString(k) || utf8.RuneCountInString(k) > maxKeyword {
			t.Errorf("keyword %q", k)
		}
	}
	if m.Date.Source == NoDate && m.Date != (Date{}) || m.Date.Source != NoDate && !plausible(m.Date.Time) {
		t.Errorf("date %v", m.Date)
	}
}

func FuzzRead(f *testing.F) {
	exif := []byte("II\x2a\x00\x08\x00\x00\x00\x02\x00\x0e\x01\x02\x00\x05\x00\x00\x00\x26\x00\x00\x00\x69\x87\x04\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x03\x90\x02\x00\x14\x00\x00\x00\x38\x00\x00\x00\x00\x00\x00\x002019:07:21 18:30:05\x00")
	f.Add(exif, []byte("8BIM\x04\x04\x00\x00\x00\x00\x00\x10\x1c\x01\x5a\x00\x03\x1b-A\x1c\x02\x78\x00\x03Caf"),
		packet(` xmp:Rating="4"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Olga</rdf:li></rdf:Alt></dc:title>`), "Comment", "Olga")
	f.Fuzz(func(t *testing.T, exif, iptc, xmp []byte, keyword, value string) {
		start := testkit.ProcessorTime()
		check(t, Read(Blocks{Exif: ParseExif(exif), IPTC: iptc, XMP: xmp, Text: []Text{{keyword, value}}}))
		if d := testkit.ProcessorTime() - start; d > time.Second {
			t.Errorf("took a processor %v", d)
		}
	})
}

// readXMP reads a sidecar file alone.
func readXMP(file []byte) Metadata { return Read(Blocks{Sidecar: file}) }
