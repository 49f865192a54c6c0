package filename

import (
	"golang.org/x/text/unicode/norm"
)

// Canonical returns a name in NFC. macOS used to store names in NFD, and
// archives, cameras and network shares carry either: a file and its note, or
// an address and its file, are of one name where the canonical ones are equal.
func Canonical(name string) string { return norm.NFC.String(name) }

// Find returns which of names is name, or else the first one that is the same
// in another normalization form.
func Find(names []string, name string) (found string, ok bool) {
	canonical := Canonical(name)
	for _, n := range names {
		switch {
		case n == name:
			return n, true
		case !ok && Canonical(n) == canonical:
			found, ok = n, true
		}
	}
	return found, ok
}
