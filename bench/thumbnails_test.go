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

// A contender that takes 100 for a photo and so many more for starting is
// shown without.
type slowStarter struct{ small string }

func (r slowStarter) reduce(photo, _ string, sides []int) (sample, error) {
	if photo == r.small {
		return sample{CPU: 30, Bytes: 1}, nil
	}
	return sample{CPU: 30 + time.Duration(len(photo)), Bytes: 7}, nil
}
func (slowStarter) picture(string, string, []int) error { return nil }
func (slowStarter) peak() (int64, error)                { return 0, nil }
func (slowStarter) stop() error                         { return nil }

func TestTakeTimes_startup(t *testing.T) {
	b := &bench{config: config{rounds: 3}, scratch: t.TempDir()}
	s := &standing{contender: contender{name: "peer", anew: true}, runner: slowStarter{b.smallPicture()}}
	photos := []photoFile{{path: "ten letter"}, {path: "twenty letters of it"}}
	for row := range sidesOfRows {
		if err := b.takeTimes(t.Context(), []*standing{s}, row, photos); err != nil {
			t.Fatal(err)
		}
	}
	for row, want := range []time.Duration{15, 15, 15, 45} {
		if got := s.mean(row); got != want {
			t.Errorf("row %s takes %d, want %d", rowName(sidesOfRows[row]), got, want)
		}
	}
	if s.bytes[3] != 3*7 {
		t.Errorf("all three are %d bytes, want 21", s.bytes[3])
	}
}

func TestSpread(t *testing.T) {
	photos := []photoFile{{path: "a"}, {path: "b"}, {path: "c"}, {path: "d"}, {path: "e"}}
	for n, want := range []string{"abcde", "a", "ac", "abd"} {
		got := ""
		for _, p := range spread(photos, n) {
			got += p.path
		}
		if got != want {
			t.Errorf("spread(abcde, %d) = %s, want %s", n, got, want)
		}
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
