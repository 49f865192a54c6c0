// Package filename is about the names that people and cameras give to files:
// how names sort, which are the same in another normalization form of
// Unicode, and what date is in one.
package filename

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// maxWeights bounds what stands in a key for the letters of a name, in bytes.
// A letter takes five, but there are ligatures that take a hundred. Names that
// differ only behind it go by their bytes.
const maxWeights = 2000

// Key returns the sort key of a name: comparing two keys byte by byte compares
// their names as people sort them. It is some six times as long as the name.
//
// The order is the root order of CLDR (UTS 35, part 5), whatever the visitor's
// language, so that an address leads to one neighbour: Apfel, Äpfel, Oslo,
// Österreich. Numbers count by value. An extension counts after all that is
// before it: "beach.jpg" precedes "beach (1).jpg". Names that are equal so
// far, such as "1" and "01", or one in NFC and in NFD, go by their bytes.
func Key(name string) string {
	c := collators.Get().(*collator)
	defer collators.Put(c)
	return c.key(name)
}

// Compare returns less than 0, 0 or more than 0 where a sorts before b, is b,
// or sorts after it. To sort many names, Sort is faster.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	return strings.Compare(Key(a), Key(b))
}

// Sort sorts items by their names. It makes each name's key once.
func Sort[T any](items []T, name func(T) string) {
	type keyed struct {
		key  string
		item T
	}
	c := collators.Get().(*collator)
	defer collators.Put(c)
	all := make([]keyed, len(items))
	for i, item := range items {
		all[i] = keyed{c.key(name(item)), item}
	}
	slices.SortFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i := range all {
		items[i] = all[i].item
	}
}

// collator makes keys; one goroutine at a time may use it.
type collator struct {
	*collate.Collator
	buf  collate.Buffer
	made []byte // the key in the making
}

// collators are those not in use: making one takes longer than a hundred keys.
var collators = sync.Pool{New: func() any {
	return &collator{Collator: collate.New(language.Und, collate.Numeric)}
}}

// key is the key of the name without its extension, that of the extension,
// and the name, which holds no NUL itself, so that no two names share a key.
func (c *collator) key(name string) string {
	stem, extension := cutExtension(name)
	c.made = c.made[:0]
	for _, part := range []string{stem, extension} {
		c.made = append(c.made, c.KeyFromString(&c.buf, part)...)
		c.made = append(c.made, 0, 0)
		c.buf.Reset()
	}
	c.made = c.made[:min(len(c.made), maxWeights)]
	return string(append(append(c.made, 0), name...))
}

// cutExtension cuts a name before what looks like an extension: a dot and at
// most five letters and digits, not digits alone. "St. Moritz" and "v1.2"
// have none.
func cutExtension(name string) (stem, extension string) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 || len(name)-dot > 1+5 {
		return name, ""
	}
	letter := false
	for _, c := range []byte(name[dot+1:]) {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			letter = true
		case c < '0' || c > '9':
			return name, ""
		}
	}
	if !letter {
		return name, ""
	}
	return name[:dot], name[dot:]
}
