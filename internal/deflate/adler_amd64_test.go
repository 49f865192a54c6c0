//go:build goexperiment.simd

package deflate

import (
	"bytes"
	"hash/adler32"
	"testing"

	"gallery/internal/testkit"
)

// The sum by vectors is that of hash/adler32, also of the largest bytes, and in whatever pieces.
func TestVectorSum(t *testing.T) {
	testkit.NeedAVX2(t)
	for _, b := range [][]byte{data(200_000, 1), bytes.Repeat([]byte{0xff}, 200_000)} {
		for _, piece := range []int{1, 31, 32, 33, 5551, 5552, 70_000, len(b)} {
			got, want := newSum(), adler32.New()
			for rest := b; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				got.Write(rest[:min(piece, len(rest))])
				want.Write(rest[:min(piece, len(rest))])
				if got.Sum32() != want.Sum32() {
					t.Fatalf("in pieces of %d bytes, %d from the end: %#x, want %#x", piece, len(rest), got.Sum32(), want.Sum32())
				}
			}
		}
	}
}
