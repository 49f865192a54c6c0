// Package picks keeps what visitors choose of an album's photos: in an address, and in texts
// beside the photos.
package picks

import (
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	// Most is how many photos a choice holds. An address of so many takes 6,000 bytes, of the
	// 8 kB that nginx and the program read.
	Most = 1000
	// idSize is the length of an ID in bytes.
	idSize = 6
	// ids is how many IDs there are, 36^6: of an album of 5,000 photos, a choice of 100 holds
	// one more than was chosen once in 4,000 times.
	ids = 36 * 36 * 36 * 36 * 36 * 36
)

// ID is what stands for a photo in an address: six digits to the base of 36, of the FNV-1a
// hash of its file's name. It depends on nothing else, so that a choice outlives photos that
// are added and removed. assets/hearts.js computes the same.
func ID(file string) string {
	h := fnv.New64a()
	h.Write([]byte(file))
	digits := strconv.FormatUint(h.Sum64()%ids, 36)
	return strings.Repeat("0", idSize-len(digits)) + digits
}

// Choice is a choice of photos as an address holds it: their IDs in order, each once. "" is
// none.
type Choice string

// Parse reads what an address or a form says: any number of values of any number of IDs. It
// reports false where something is no ID, or they are more than Most.
func Parse(values []string) (Choice, bool) {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	if size%idSize != 0 || size > Most*idSize {
		return "", false
	}
	text := strings.Join(values, "")
	if strings.ContainsFunc(text, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
		return "", false
	}
	return choice(split(text)), true
}

// Of returns the choice of the first Most of these files.
func Of(files []string) Choice {
	var all []string
	for _, file := range files[:min(len(files), Most)] {
		all = append(all, ID(file))
	}
	return choice(all)
}

func split(text string) []string {
	var all []string
	for ; len(text) >= idSize; text = text[idSize:] {
		all = append(all, text[:idSize])
	}
	return all
}

func choice(all []string) Choice {
	slices.Sort(all)
	return Choice(strings.Join(slices.Compact(all), ""))
}

// Len is the number of IDs.
func (c Choice) Len() int { return len(c) / idSize }

// Has reports whether a file of this name is chosen.
func (c Choice) Has(file string) bool {
	id := ID(file)
	at := func(i int) string { return string(c[i*idSize : (i+1)*idSize]) }
	i := sort.Search(c.Len(), func(i int) bool { return at(i) >= id })
	return i < c.Len() && at(i) == id
}
