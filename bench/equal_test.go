package main

import (
	"math"
	"testing"
)

// What is found lies between the two qualities around the PSNR wanted.
func TestFindAlike(t *testing.T) {
	tried := 0
	try := func(q int) (encoding, error) {
		tried++
		return encoding{quality: q, psnr: 20 + float64(q)/4, bytes: 100 * float64(q)}, nil
	}
	got, err := findAlike(40.1, try)
	if err != nil || got.quality != 81 || got.psnr != 40.1 || math.Abs(got.bytes-8040) > 1e-6 || tried > 10 {
		t.Errorf("%+v, %v, after %d tries", got, err, tried)
	}
	for _, want := range []float64{10, 50} {
		if _, err := findAlike(want, try); err == nil {
			t.Errorf("%v dB were found", want)
		}
	}
}
