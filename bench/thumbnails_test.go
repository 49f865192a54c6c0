package main

import (
	"math"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{5}, 5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{9, 1, 2, 4}, 3},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
	}
}

func TestSummarize_startup(t *testing.T) {
	s := standing{
		samples: [][]sample{{{CPU: 30, Wall: 50, Bytes: 7}, {CPU: 90, Wall: 40, Bytes: 7}, {CPU: 40, Wall: 60, Bytes: 7}}, {{CPU: 60, Wall: 70, Bytes: 9}}},
		startup: []sample{{CPU: 10, Wall: 20}, {CPU: 11, Wall: 20}, {CPU: 1000, Wall: 1000}},
	}
	s.summarize()
	// Medians are 40 and 60, and 11; 50 and 70, and 20.
	if s.cpu != time.Duration(29+49)/2 || s.wall != time.Duration(30+50)/2 || s.bytes != 8 {
		t.Errorf("cpu %d, wall %d, bytes %d, want 39, 40, 8", s.cpu, s.wall, s.bytes)
	}
}

func TestFurthestBehind(t *testing.T) {
	at, gap := furthestBehind([]float64{50, 46, 40}, []float64{49, 45, 60}, []float64{52, 48, 39})
	if at != 0 || gap != 1 {
		t.Errorf("furthestBehind = %d, %v, want 0, 1", at, gap)
	}
	if at, gap = furthestBehind([]float64{50, 46}, []float64{49, 48}, []float64{52, math.Inf(1)}); at != 1 || gap != -2 {
		t.Errorf("furthestBehind = %d, %v, want 1, -2", at, gap)
	}
}
