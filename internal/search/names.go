package search

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
)

// names are what the photos of an album are called. A photo's text begins with its name, folded,
// which is mostly the name but for the case of some ASCII letters, and the same for most photos
// of a camera: what is kept is which letters these are, a number a photo.
type names struct {
	capitals []uint64       // sets of places in a name, of which the first is bit 0
	which    []uint8        // of each photo: its set's place in capitals
	others   map[int]string // names that are otherwise, by photo; nil for none
}

// add adds the name of a photo, whose text's first line, folded, is line.
func (n *names) add(photo int, name string, line []byte) {
	var capitals uint64
	fits := name != "" && len(name) == len(line) && len(name) <= 64
	for i := 0; fits && i < len(name); i++ {
		if 'A' <= name[i] && name[i] <= 'Z' {
			capitals |= 1 << i
		}
	}
	fits = fits && string(restored(line, capitals)) == name
	which := slices.Index(n.capitals, capitals)
	if fits && which < 0 && len(n.capitals) < 256 {
		which = len(n.capitals)
		n.capitals = append(n.capitals, capitals)
	}
	if !fits || which < 0 {
		if n.others == nil {
			n.others = map[int]string{}
		}
		n.others[photo] = strings.Clone(name)
		which = 0
	}
	n.which = append(n.which, uint8(which))
}

// at is the name of a photo, whose text's first line, folded, is line.
func (n *names) at(photo int, line []byte) string {
	if name, ok := n.others[photo]; ok {
		return name
	}
	return string(restored(line, n.capitals[n.which[photo]]))
}

// restored is a folded name with its capitals.
func restored(line []byte, capitals uint64) []byte {
	name := bytes.Clone(line)
	for ; capitals != 0; capitals &= capitals - 1 {
		name[bits.TrailingZeros64(capitals)] -= 'a' - 'A'
	}
	return name
}

// size is what they take in memory, bytes.
func (n *names) size() (bytes int64) {
	bytes = int64(8*cap(n.capitals) + cap(n.which))
	for _, name := range n.others {
		bytes += int64(len(name) + 60)
	}
	return bytes
}
