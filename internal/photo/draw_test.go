package photo

import (
	"bytes"
	"encoding/binary"
	"image"
	"testing"
)

// exifEntry is an entry of an Exif directory: text, a short number, a
// rational number or several, bytes of no type, or another directory.
type exifEntry struct {
	tag   uint16
	value any
}

// exifOf returns a TIFF structure (CIPA DC-008, 4.5.2), its directories one
// behind the other.
func exifOf(order binary.AppendByteOrder, entries ...exifEntry) []byte {
	b := []byte("MM\x00\x2a\x00\x00\x00\x08")
	if order.AppendUint16(nil, 1)[0] == 1 {
		b = []byte("II\x2a\x00\x08\x00\x00\x00")
	}
	return appendIFD(b, order, entries)
}

func appendIFD(b []byte, order binary.AppendByteOrder, entries []exifEntry) []byte {
	end := len(b) + 2 + 12*len(entries) + 4
	var tail []byte
	b = order.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = order.AppendUint16(b, e.tag)
		switch v := e.value.(type) {
		case int:
			b = order.AppendUint32(order.AppendUint16(b, 3), 1)
			b = append(order.AppendUint16(b, uint16(v)), 0, 0)
		case string:
			data := append([]byte(v), 0)
			b = order.AppendUint32(order.AppendUint16(b, 2), uint32(len(data)))
			if len(data) <= 4 {
				b = append(b, append(data, 0, 0, 0)[:4]...)
				break
			}
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = append(tail, data...)
		case []byte:
			b = order.AppendUint32(order.AppendUint16(b, 7), uint32(len(v)))
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = append(tail, v...)
		case rational:
			b = order.AppendUint32(order.AppendUint16(b, 5), 1)
			b = order.AppendUint32(b, uint32(end+len(tail)))
			tail = order.AppendUint32(order.AppendUint32(tail, v[0]), v[1])
		case rationals:
			b = order.AppendUint32(order.AppendUint16(b, 5), uint32(len(v)))
			b = order.AppendUint32(b, uint32(end+len(tail)))
			for _, r := range v {
				tail = order.AppendUint32(order.AppendUint32(tail, r[0]), r[1])
			}
		case []exifEntry:
			b = order.AppendUint32(order.AppendUint16(b, 4), 1)
			at := end + len(tail)
			b = order.AppendUint32(b, uint32(at))
			sub := appendIFD(make([]byte, at), order, v)
			tail = append(tail, sub[at:]...)
		}
	}
	return append(append(b, 0, 0, 0, 0), tail...)
}

// iptcOf returns image resource blocks with one IPTC caption (IIM 4.2, 2:120).
func iptcOf(caption string, utf8 bool) []byte {
	if utf8 {
		return iptcSets("\x1b%G", 120, caption)
	}
	return iptcSets("", 120, caption)
}

// iptcSets returns image resource blocks with an IPTC record: an escape
// sequence (IIM 4.2, 1:90) or none, and datasets' numbers and values.
func iptcSets(escape string, sets ...any) []byte {
	var data []byte
	add := func(record, set byte, value string) {
		data = binary.BigEndian.AppendUint16(append(data, 0x1c, record, set), uint16(len(value)))
		data = append(data, value...)
	}
	if escape != "" {
		add(1, 90, escape)
	}
	for i := 0; i < len(sets); i += 2 {
		add(2, byte(sets[i].(int)), sets[i+1].(string))
	}
	b := append([]byte("8BIM\x04\x04\x00\x00"), 0, 0)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
	return append(b, make([]byte, len(data)%2)...)
}

func xmpOf(properties string) []byte {
	return []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
		` xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"` +
		` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">` + properties + `</rdf:Description></rdf:RDF></x:xmpmeta>`)
}

// mustReduce inspects and reduces a file.
func mustReduce(t testing.TB, file []byte, maxSide int) (Info, image.Image) {
	t.Helper()
	info, err := Inspect(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Reduce(bytes.NewReader(file), int64(len(file)), info, maxSide)
	if err != nil {
		t.Fatal(err)
	}
	return info, m
}
