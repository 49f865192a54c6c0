package deflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// like fails unless a stream comes out as by compress/zlib, or neither reads it; data and
// where it ends are compared, not errors.
func like(t *testing.T, stream []byte) {
	t.Helper()
	var want []byte
	z, wantErr := zlib.NewReader(bytes.NewReader(stream))
	if wantErr == nil {
		want, wantErr = io.ReadAll(z)
	}
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(stream), "by bytes": iotest.OneByteReader(bytes.NewReader(stream))} {
		var got []byte
		d, err := NewReader(r)
		if err == nil {
			got, err = io.ReadAll(d)
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%s, %d bytes become %d bytes, %v; compress/zlib has %d, %v", name, len(stream), len(got), err, len(want), wantErr)
		}
	}
}

// data has literals of all lengths, copies from near and from as far as can be, and noise.
func data(n int, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, n)
	for len(b) < n {
		switch random.IntN(4) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte(random.IntN(256))}, random.IntN(600))...)
		case 1:
			for range random.IntN(2000) {
				b = append(b, byte(random.NormFloat64()*20))
			}
		case 2:
			if len(b) > 0 {
				from := max(0, len(b)-1-random.IntN(window))
				b = append(b, b[from:min(len(b), from+random.IntN(400))]...)
			}
		case 3:
			for range random.IntN(100) {
				b = append(b, byte(random.IntN(256)))
			}
		}
	}
	return b[:n]
}

func compressed(t testing.TB, b []byte, level int) []byte {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// shortCodes returns a stream of n literals and then, many times, six literals and a copy of 258
// bytes, all in codes of two bits.
func shortCodes(n int) []byte {
	out := []byte{0x78, 0x9c}
	var bits uint64
	have := uint(0)
	put := func(n uint, v uint64) {
		bits |= v << have
		for have += n; have >= 8; have -= 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	put(3, 1|2<<1) // the last block, with codes of its own (RFC 1951, 3.2.7)
	put(5, 286-257)
	put(5, 7-1)
	put(4, 19-4)
	for _, symbol := range order { // of lengths 0, 1, 2 and 3: codes 0, 1, 2 and 3 of 2 bits
		put(3, map[bool]uint64{true: 2}[symbol < 4])
	}
	code := func(v uint64) { put(2, v>>1|v&1<<1) } // its first bit is the highest
	for symbol := range 286 {
		switch symbol {
		case 'a', 'b', 256, 285:
			code(2)
		default:
			code(0)
		}
	}
	for symbol := range 7 { // of distances, 9 to 12 only
		code(map[bool]uint64{true: 1}[symbol == 6])
	}
	sum := adler32.New()
	var all []byte
	literal := func(i int) {
		code(uint64(i & 1))
		all = append(all, "ab"[i&1])
	}
	for i := range n {
		literal(i * i / 3)
	}
	for len(all) < 3*chunk {
		for i := range 6 {
			literal(i / 2)
		}
		code(3)   // 258 bytes
		put(3, 0) // from 9 back
		for range 258 {
			all = append(all, all[len(all)-9])
		}
	}
	code(2)
	put(7, 0)
	sum.Write(all)
	return sum.Sum(out)
}

// Wherever what is decoded at once ends, literals and the longest copy fit behind.
func TestReader_ends(t *testing.T) {
	for n := range 264 {
		like(t, shortCodes(9+n))
	}
}

func TestReader_likeZlib(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100, 65535, 65536, 70_000, 400_000} {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			b := data(n, uint64(n))
			stream := compressed(t, b, level)
			d, err := NewReader(bytes.NewReader(stream))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(d); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%d bytes of level %d become %d, %v", n, level, len(got), err)
			}
			like(t, append(stream, 1, 2, 3))
		}
	}
}

// Whatever bit is wrong and wherever a stream ends, both read it or neither does.
func TestReader_damagedLikeZlib(t *testing.T) {
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
		stream := compressed(t, data(500, 7), level)
		for i := range stream {
			like(t, stream[:i])
			for bit := range 8 {
				bad := bytes.Clone(stream)
				bad[i] ^= 1 << bit
				like(t, bad)
			}
		}
	}
}

// A stream whose sum ends with a 0 is not whole without it: what is loaded behind the end is 0 as well.
func TestReader_cutBeforeZero(t *testing.T) {
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		stream := compressed(t, []byte{0xff}, level) // the sum is X'01000100'
		d, err := NewReader(bytes.NewReader(stream[:len(stream)-1]))
		if err == nil {
			_, err = io.ReadAll(d)
		}
		if err != io.ErrUnexpectedEOF {
			t.Errorf("level %d: %v", level, err)
		}
	}
}

// What the input fails with is passed on.
func TestReader_inputFails(t *testing.T) {
	stream := compressed(t, data(50_000, 3), 6)
	fails := fmt.Errorf("fails")
	d, err := NewReader(io.MultiReader(bytes.NewReader(stream[:len(stream)/2]), iotest.ErrReader(fails)))
	if err == nil {
		_, err = io.ReadAll(d)
	}
	if err != fails {
		t.Error(err)
	}
}

// FuzzReader reads blocks as they are and, so that sums do not hide what they hold, with their
// sum behind them.
func FuzzReader(f *testing.F) {
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		f.Add(compressed(f, data(300, 1), level))
		f.Add(compressed(f, data(3000, 2), level))
	}
	f.Add([]byte("\x78\x9c\x03\x00\x00\x00\x00\x01"))
	f.Add([]byte("\x78\x9c\x01\x00\x00\xff\xff\x03\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		like(t, stream)
		if len(stream) < 2 {
			return
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, io.LimitReader(flate.NewReader(bytes.NewReader(stream[2:])), 1<<20)); err == nil {
			sum := adler32.Checksum(b.Bytes())
			like(t, append(bytes.Clone(stream), byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	stream := compressed(b, data(4<<20, 5), 6)
	b.SetBytes(4 << 20)
	for b.Loop() {
		d, err := NewReader(bytes.NewReader(stream))
		if err == nil {
			_, err = io.Copy(io.Discard, d)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
