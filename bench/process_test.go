package main

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const line = "77 (a) b (c) S 12 77 77 0 -1 4194560 1 2 3 4 150 25 8 9 20 0 1 0 100 200 300\n"
	got, err := parseStat([]byte(line))
	if want := (processStat{12, 1750 * time.Millisecond}); got != want || err != nil {
		t.Errorf("parseStat = %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "77 (a", "77 (a) S 1 2", "77 (a) S x 77 77 0 -1 4194560 1 2 3 4 150 25 8"} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) = %v, want an error", bad, got)
		}
	}
}
