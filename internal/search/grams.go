package search

import "math/bits"

// grams is the set of the runs of three bytes that stand in a text, without those over a space
// or a line's end: a Bloom filter of one hash. Of a shelf whose grams lack one of a word's, the
// text need not be read.
type grams []uint64

const (
	// mostGrams is how many bits a set has at most, 8 kB of them.
	mostGrams = 1 << 16
	// sparse is how many bits a set has at least for each that is set: one gram in so many that
	// is not there seems to be.
	sparse = 4
)

// gramsOf returns the set of a text's.
func gramsOf(text []byte) grams {
	all := make(grams, mostGrams/64)
	for i := range len(text) - 2 {
		if gram, ok := gramAt(text, i); ok {
			all[gram/64] |= 1 << (gram % 64)
		}
	}
	held := 0
	for _, word := range all {
		held += bits.OnesCount64(word)
	}
	// The upper half laid over the lower is the set of half as many bits.
	n := len(all)
	for n > 1 && n*64/2 >= sparse*held {
		n /= 2
		for i := range n {
			all[i] |= all[n+i]
		}
	}
	return append(grams(nil), all[:n]...)
}

// gramAt returns the hash of the run that begins there, of as many bits as mostGrams.
func gramAt(text []byte, i int) (hash uint32, ok bool) {
	a, b, c := text[i], text[i+1], text[i+2]
	if a <= ' ' || b <= ' ' || c <= ' ' {
		return 0, false
	}
	// Knuth's multiplicative hashing: the upper bits are mixed best.
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435769 >> 16, true
}

// mayHold reports whether a word may stand in the text. It may of one that is shorter.
func (g grams) mayHold(word []byte) bool {
	for i := range len(word) - 2 {
		gram, ok := gramAt(word, i)
		if gram %= uint32(len(g) * 64); ok && g[gram/64]&(1<<(gram%64)) == 0 {
			return false
		}
	}
	return true
}
