//go:build goexperiment.simd

package testkit

import (
	"os"
	"simd/archsimd"
	"testing"
)

// NeedAVX2 leaves a test out where the processor has no AVX2, and fails it where CI is set.
func NeedAVX2(tb testing.TB) {
	tb.Helper()
	const missing = "this takes a processor with AVX2"
	switch {
	case archsimd.X86.AVX2():
	case os.Getenv("CI") != "":
		tb.Fatal(missing)
	default:
		tb.Skip(missing)
	}
}
