package gainmap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// Namespaces of XMP.
const (
	spaceGain   = "http://ns.adobe.com/hdr-gain-map/1.0/"
	spaceApple  = "http://ns.apple.com/HDRGainMap/1.0/"
	spacePixels = "http://ns.apple.com/pixeldatainfo/1.0/"
)

const appleType = "urn:com:apple:photo:2020:aux:hdrgainmap"

// fromXMP reads the metadata of a gain map from its XMP packet.
func fromXMP(packet []byte) (Metadata, bool) {
	said := properties(packet)
	if len(said[spaceGain+"Version"]) > 0 {
		return fromGainProperties(said)
	}
	if of := said[spacePixels+"AuxiliaryImageType"]; len(of) > 0 && of[0] == appleType {
		values := said[spaceApple+"HDRGainMapHeadroom"]
		if len(values) == 0 {
			return appleUnsaid, true
		}
		if headroom, ok := number(values); ok {
			return iPhone(headroom)
		}
	}
	return Metadata{}, false
}

// fromGainProperties reads the properties of the namespace hdrgm (Ultra HDR Image Format 1.1, "Gain
// map metadata"), with the defaults that are given there.
func fromGainProperties(said map[string][]string) (m Metadata, ok bool) {
	if base := said[spaceGain+"BaseRenditionIsHDR"]; len(base) > 0 && strings.EqualFold(base[0], "true") {
		return m, false
	}
	ok = true
	each := func(name string, otherwise float64, to *[3]float64) {
		values := said[spaceGain+name]
		for c := range to {
			to[c] = otherwise
			if len(values) > 0 {
				v, err := strconv.ParseFloat(values[c%len(values)], 64)
				ok = ok && err == nil && (len(values) == 1 || len(values) == 3)
				to[c] = v
			}
		}
	}
	each("GainMapMin", 0, &m.Min)
	each("GainMapMax", -1, &m.Max) // there has to be one
	each("Gamma", 1, &m.Gamma)
	each("OffsetSDR", 1.0/64, &m.OffsetSDR)
	each("OffsetHDR", 1.0/64, &m.OffsetHDR)
	m.CapacityMin, _ = number(said[spaceGain+"HDRCapacityMin"])
	m.CapacityMax, _ = number(said[spaceGain+"HDRCapacityMax"])
	return m, ok && len(said[spaceGain+"GainMapMax"]) > 0 && m.sound()
}

func number(values []string) (float64, bool) {
	if len(values) != 1 {
		return 0, false
	}
	v, err := strconv.ParseFloat(values[0], 64)
	return v, err == nil
}

// properties returns what an XMP packet says in our namespaces, by namespace and name: the
// values of attributes and of elements, of a list each.
func properties(packet []byte) map[string][]string {
	said := map[string][]string{}
	add := func(name xml.Name, value string) {
		if value = strings.TrimSpace(value); value != "" && len(said) < 100 {
			said[name.Space+name.Local] = append(said[name.Space+name.Local], value)
		}
	}
	ours := func(name xml.Name) bool {
		return name.Space == spaceGain || name.Space == spaceApple || name.Space == spacePixels
	}
	d := xml.NewDecoder(bytes.NewReader(packet))
	var within xml.Name // the property whose element is open
	for {
		token, err := d.Token()
		if err != nil {
			return said // what stands behind a mistake is not read
		}
		switch e := token.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				if ours(a.Name) {
					add(a.Name, a.Value)
				}
			}
			if ours(e.Name) {
				within = e.Name
			}
		case xml.EndElement:
			if e.Name == within {
				within = xml.Name{}
			}
		case xml.CharData:
			if ours(within) {
				add(within, string(e))
			}
		}
	}
}

const (
	packetStart = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:hdrgm="` + spaceGain + `"`
	packetEnd   = `</rdf:Description></rdf:RDF></x:xmpmeta>`
)

// packet is the gain map's own XMP.
func (m Metadata) packet() []byte {
	var attributes, elements strings.Builder
	each := func(name string, v [3]float64) {
		if v[0] == v[1] && v[1] == v[2] {
			fmt.Fprintf(&attributes, ` hdrgm:%s="%s"`, name, decimal(v[0]))
			return
		}
		fmt.Fprintf(&elements, "<hdrgm:%s><rdf:Seq><rdf:li>%s</rdf:li><rdf:li>%s</rdf:li><rdf:li>%s</rdf:li></rdf:Seq></hdrgm:%[1]s>",
			name, decimal(v[0]), decimal(v[1]), decimal(v[2]))
	}
	each("GainMapMin", m.Min)
	each("GainMapMax", m.Max)
	each("Gamma", m.Gamma)
	each("OffsetSDR", m.OffsetSDR)
	each("OffsetHDR", m.OffsetHDR)
	return fmt.Appendf(nil, `%s hdrgm:Version="1.0"%s hdrgm:HDRCapacityMin="%s" hdrgm:HDRCapacityMax="%s" hdrgm:BaseRenditionIsHDR="False">%s%s`,
		packetStart, attributes.String(), decimal(m.CapacityMin), decimal(m.CapacityMax), elements.String(), packetEnd)
}

// container is the photo's XMP: it says that a gain map of so many bytes stands behind it.
func container(gain int) []byte {
	return fmt.Appendf(nil, `%s xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/" hdrgm:Version="1.0"><Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="%d"/></rdf:li></rdf:Seq></Container:Directory>%s`,
		packetStart, gain, packetEnd)
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
