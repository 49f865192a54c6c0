package filename

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"gallery/internal/testkit"
)

func TestSort(t *testing.T) {
	for _, want := range [][]string{
		{"Apfel", "Äpfel", "Oslo", "Österreich", "Zebra"},
		{"Ecke", "Éire", "Ende"},
		{"beach.jpg", "beach (1).jpg", "beach (2).jpg", "beach (10).jpg"},
		{"beach", "beach (1)", "beach (2)", "beach (10)"},
		{"IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg", "IMG_0100.jpg"},
		{"1.jpg", "2.jpg", "10.jpg", "a.jpg", "B.jpg", "c.jpg"},
		{"a.jpg", "A.jpg", "b.jpg", "B.jpg"},
		{"1 Tag", "2 Tage", "10 Tage"},
		{"2019", "2019-07", "2019-12", "2020"},
		{"St. Gallen", "St. Moritz", "Stuttgart"},
		{"v1.2", "v1.10"},
		{"Ananas", "Ånge", "Anna"},
		{"сад", "Сочи", "Ялта"},
		{"京都", "東京"},
		{"99999999999999999998.jpg", "99999999999999999999.jpg", "100000000000000000000.jpg"},
		{"01.jpg", "1.jpg", "02.jpg", "2.jpg"},
	} {
		for range 5 {
			got := slices.Clone(want)
			rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
			Sort(got, func(s string) string { return s })
			if !slices.Equal(got, want) {
				t.Errorf("Sort = %q, want %q", got, want)
				break
			}
		}
	}
}

// NFC and NFD sort to the same place, one behind the other in a fixed order.
func TestSort_normalizationForms(t *testing.T) {
	want := []string{"Müll.jpg", norm.NFD.String("Müll.jpg"), "Muster.jpg"}
	slices.SortFunc(want[:2], strings.Compare)
	got := []string{want[2], want[1], want[0]}
	Sort(got, func(s string) string { return s })
	if !slices.Equal(got, want) {
		t.Errorf("Sort = %q, want %q", got, want)
	}
	for _, name := range []string{"Müll 2", "서울 10", "Việt", "ạ̈", "Ōki", "Ǖx", "が", "\u1e69 5"} {
		weights := func(s string) string { return strings.TrimSuffix(Key(s), s) }
		nfd := norm.NFD.String(name)
		if weights(name) != weights(nfd) {
			t.Errorf("%q and %q do not sort alike", name, nfd)
		}
	}
	if a, b := "a\u0323\u0308x", "a\u0308\u0323x"; strings.TrimSuffix(Key(a), a) != strings.TrimSuffix(Key(b), b) {
		t.Errorf("%q and %q do not sort alike", a, b)
	}
}

// The order is total whatever the names are made of, and Sort's is Compare's.
func TestCompare_isTotal(t *testing.T) {
	pieces := []string{"a", "A", "ä", "a\u0308", "z", "0", "1", "01", "10", " ", "(", ")", ".", ".jpg", "_", "-", "\xff", "é", "京", "😀", "\u0301"}
	random := rand.New(rand.NewPCG(1, 2))
	names := make([]string, 300)
	for i := range names {
		for range 1 + random.IntN(6) {
			names[i] += pieces[random.IntN(len(pieces))]
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	sorted := slices.Clone(names)
	Sort(sorted, func(s string) string { return s })
	for i, a := range sorted {
		for j, b := range sorted {
			if got, want := Compare(a, b), i-j; got < 0 != (want < 0) || got > 0 != (want > 0) {
				t.Fatalf("Compare(%q, %q) = %d, sorted %d and %d", a, b, got, i, j)
			}
		}
	}
}

func TestSort_concurrently(t *testing.T) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 200 {
				a, b := fmt.Sprintf("Äpfel %d.jpg", i), fmt.Sprintf("Apfel %d.jpg", i+1)
				if Compare(a, b) >= 0 {
					t.Errorf("%q is not before %q", a, b)
				}
			}
		})
	}
	wait.Wait()
}

// Names made to be slow cost what their length says.
func TestKey_hostile(t *testing.T) {
	for _, piece := range []string{"9", "0", "a\u0308\u0323", "\u0301", "가", "\xff", "(", "ﷺ"} {
		name := strings.Repeat(piece, 255/len(piece))
		start := testkit.ProcessorTime()
		size := 0
		for range 1000 {
			size = len(Key(name))
		}
		if d := testkit.ProcessorTime() - start; d > 1000*200*time.Microsecond {
			t.Errorf("a key of %.20q… took a processor %v", name, d/1000)
		}
		if size > 20*255 {
			t.Errorf("a key of %.20q… has %d bytes", name, size)
		}
	}
}

func TestFind(t *testing.T) {
	nfc, nfd := "Müll.jpg", norm.NFD.String("Müll.jpg")
	for _, test := range []struct {
		names []string
		name  string
		want  string
	}{
		{[]string{"a", nfd}, nfc, nfd},
		{[]string{"a", nfc}, nfd, nfc},
		{[]string{nfc, nfd}, nfd, nfd},
		{[]string{nfd, nfc}, nfc, nfc},
		{[]string{"Mull.jpg"}, nfc, ""},
		{nil, nfc, ""},
	} {
		got, ok := Find(test.names, test.name)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("Find(%q, %q) = %q, %v, want %q", test.names, test.name, got, ok, test.want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("beach (1).jpg", "beach.jpg")
	f.Add("Müll", "Mu\u0308ll")
	f.Add("9999999999999999999999", "\xff\xfe.")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsRune(a+b, 0) {
			return
		}
		ab, ba := Compare(a, b), Compare(b, a)
		if ab != -ba || (ab == 0) != (a == b) {
			t.Errorf("Compare(%q, %q) = %d, the other way %d", a, b, ab, ba)
		}
	})
}

func BenchmarkSort(b *testing.B) {
	for _, kind := range []struct{ name, format string }{{"camera", "DSC_%05d.JPG"}, {"titles", "Äpfel am See (%d).jpg"}} {
		names := make([]string, 100_000)
		for i := range names {
			names[i] = fmt.Sprintf(kind.format, i*7919%len(names))
		}
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Sort(slices.Clone(names), func(s string) string { return s })
			}
		})
	}
}
