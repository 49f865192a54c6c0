package search

import (
	"fmt"
	"strings"
	"testing"
)

// What stands in a text is never taken not to, and what does not is mostly.
func TestGrams(t *testing.T) {
	for _, photos := range []int{0, 1, 100, 10_000} {
		var b strings.Builder
		for i := range photos {
			fmt.Fprintf(&b, "\nimg_%05d.jpg\na dog, a \xff\x00 zürich", i*7919%100_000)
		}
		text := []byte(b.String())
		g := gramsOf(text)
		for i := range text {
			for n := 1; n < 12 && i+n <= len(text); n++ {
				if word := text[i : i+n]; !strings.ContainsAny(string(word), " \n") && !g.mayHold(word) {
					t.Fatalf("%d photos: the grams lack %q", photos, word)
				}
			}
		}
		there := 0
		for i := range 1000 {
			if g.mayHold(fmt.Appendf(nil, "%c%c%c%c%c%c", 'a'+i%26, 'q'-i%13, 'z'-i%7, 'k'+i%11, 'a'+i/2%26, 'a'+i/3%26)) {
				there++
			}
		}
		if there > 20 {
			t.Errorf("%d photos: of 1000 words that are not there %d seem to be", photos, there)
		}
		if bytes := len(g) * 8; bytes > 1024+3*photos || bytes > mostGrams/8 {
			t.Errorf("%d photos: the grams take %d bytes", photos, bytes)
		}
	}
}
