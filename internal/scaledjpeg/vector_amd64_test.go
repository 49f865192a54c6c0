//go:build goexperiment.simd

package scaledjpeg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gallery/internal/testkit"
)

// randomBlock returns coefficients of a block as photos have them, or with many and large ones.
func randomBlock(random *rand.Rand) (b block) {
	b[0] = int32(random.IntN(2048) - 1024)
	spread := 4 << random.IntN(7)
	for range random.IntN(64) {
		b[random.IntN(64)] = int32(random.IntN(2*spread) - spread)
	}
	return b
}

// Vectors make the same samples as scalars do, to the level.
func TestVectorStore(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(1, 2))
	const stride = 11
	off, all := 0, 0
	compare := func(size int, vector, scalar func(pix []byte)) {
		t.Helper()
		got, want := make([]byte, (size-1)*stride+size), make([]byte, (size-1)*stride+size)
		vector(got)
		scalar(want)
		for i := range want {
			d := int(got[i]) - int(want[i])
			if d < -1 || d > 1 {
				t.Fatalf("size %d, sample %d: %d, want %d", size, i, got[i], want[i])
			}
			off += d * d
			all++
		}
	}
	for i := range 20000 {
		b := randomBlock(random)
		if i%10 == 0 { // many and so large that sums of a row or a column exceed what vectors hold
			for k := range 64 {
				b[k] = int32(random.IntN(3000) - 500)
			}
		}
		compare(8, func(pix []byte) { storeVector8x8(&b, pix, stride) }, func(pix []byte) { b.scalar8x8(pix, stride) })
		var four [16]int32
		for i := range four {
			four[i] = b[i/4*8+i%4]<<fracReduced + int32(random.IntN(3)-1)<<(fracReduced-1)
		}
		compare(4, func(pix []byte) { storeVector4x4(&four, pix, stride) }, func(pix []byte) { scalar4x4(&four, pix, stride) })
	}
	if off > all/20 {
		t.Errorf("%d of %d samples are off by one", off, all)
	}
}

// Vectors dequantize, and make rows of 2x2, to the very same numbers, whatever coefficients and steps are.
func TestVectorRow2x2(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(5, 6))
	const blocks = 8*3 + 5
	stored := 0
	for range 2000 {
		spread := 1 << (1 + random.IntN(16))
		coefs := make([]int16, 4*blocks)
		for i := range coefs {
			coefs[i] = int16(random.IntN(2*spread) - spread)
		}
		var quant, half [64]int32
		most := 1 << (8 + random.IntN(12))
		for i := range quant {
			quant[i] = int32(random.IntN(most))
			half[i] = quant[i] * int32(random.IntN(3)) / 2
		}
		half[0] = 0
		var got, want [2 * 2 * blocks]byte
		n := storeVectorRow2x2(got[:], 2*blocks, coefs, (*[4]int32)(quant[:]), (*[4]int32)(half[:]))
		stored += n
		for i := range n {
			c := coefs[4*i : 4*i+4]
			store2x2(want[2*i:], 2*blocks, int(c[0])*int(quant[0])+roundReduced,
				dequantize(c[1], quant[1], half[1]), dequantize(c[2], quant[2], half[2]), dequantize(c[3], quant[3], half[3]))
		}
		if got != want {
			t.Fatalf("%d blocks of %d with steps %d and halves %d: %d, want %d", n, coefs, quant[:4], half[:4], got, want)
		}

		block := make([]int16, 64)
		for range random.IntN(4) {
			block[random.IntN(64)] = int16(random.IntN(2*spread) - spread)
		}
		for _, size := range []int{16, 64} {
			var got, want [64]int32
			gotFlat := dequantizeVector(got[:size], block[:size], &quant, &half)
			wantFlat := scalarDequantize(want[:size], block[:size], &quant, &half)
			if got != want || gotFlat != wantFlat {
				t.Fatalf("%d dequantized: %v, flat %t; want %v, %t", block[:size], got, gotFlat, want, wantFlat)
			}
		}
	}
	if stored < 1000*blocks/2 {
		t.Errorf("vectors stored but %d blocks", stored)
	}
}

// What only damaged data holds overflows nowhere: samples stay on the side that they are on.
func TestVectorStore_extremes(t *testing.T) {
	testkit.NeedAVX2(t)
	random := rand.New(rand.NewPCG(3, 4))
	var pix, want [64]byte
	for range 2000 {
		v := [2]int32{-1 << 31, 1<<31 - 1}[random.IntN(2)]
		b := block{v}
		var four [16]int32
		four[0] = v
		storeVector8x8(&b, pix[:], 8)
		b.scalar8x8(want[:], 8)
		if pix != want {
			t.Fatalf("8x8 of %d: %v", v, pix)
		}
		storeVector4x4(&four, pix[:], 8)
		if pix[0] != want[0] || pix[27] != want[0] {
			t.Fatalf("4x4 of %d: %v", v, pix)
		}
		for i := range b {
			b[i] = int32(random.Uint32())
		}
		for i := range four {
			four[i] = int32(random.Uint32())
		}
		storeVector8x8(&b, pix[:], 8)
		storeVector4x4(&four, pix[:], 8)
	}
}

func BenchmarkVectorStore(b *testing.B) {
	testkit.NeedAVX2(b)
	blk := randomBlock(rand.New(rand.NewPCG(1, 2)))
	four := [16]int32{900 << fracReduced, 40 << fracReduced, -30 << fracReduced, 0, 20 << fracReduced, 5 << fracReduced}
	pix := make([]byte, 64)
	for name, store := range map[string]func(){
		"8x8/vector": func() { storeVector8x8(&blk, pix, 8) }, "8x8/scalar": func() { blk.scalar8x8(pix, 8) },
		"4x4/vector": func() { storeVector4x4(&four, pix, 8) }, "4x4/scalar": func() { scalar4x4(&four, pix, 8) },
	} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			for b.Loop() {
				store()
			}
		})
	}
}
