package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	english = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	german  = [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	spanish = [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
	czech   = [12]string{"leden", "únor", "březen", "duben", "květen", "červen", "červenec", "srpen", "září", "říjen", "listopad", "prosinec"}
	chinese = [12]string{"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"}

	languages = []Language{
		NewLanguage(english, english, "%d %s %d"),
		NewLanguage(german, german, "%d. %s %d"),
		NewLanguage(spanish, spanish, "%d de %s de %d"),
		NewLanguage(czech, [12]string{"ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu", "prosince"}, "%d. %s %d"),
		NewLanguage(chinese, chinese, "%[3]d年%[2]s%[1]d日"),
	}
)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 12, 0, 0, 0, time.UTC)
}

func photo(file string, taken time.Time, texts ...string) Photo {
	return Photo{File: file, Texts: append([]string{file}, texts...), Taken: taken, Date: taken, Came: taken}
}

func library() *Index {
	x := &Index{}
	x.Put("2014/Summer", "The dog days", 1, []Photo{
		photo("IMG_1.jpg", day(2014, 7, 5), "A dog at the Café", "Canon EOS 5D"),
		photo("IMG_2.jpg", day(2014, 7, 6), "Straße in Łódź"),
		photo("IMG_3.jpg", day(2014, 8, 1)),
	})
	x.Put("2015", "", 1, []Photo{
		photo("cat.jpg", day(2015, 3, 1), "Kátě", "Nikon"),
		photo("hotdog 2014.jpg", day(2015, 5, 2), "in May"),
		photo("nodate.jpg", time.Time{}, "dog"),
	})
	x.Put("secret", "dog", 1, []Photo{photo("dog.jpg", day(2014, 7, 7))})
	return x
}

func files(f Found) string {
	var all []string
	for _, hit := range f.Hits {
		all = append(all, hit.File)
	}
	return strings.Join(all, ", ")
}

func TestFind(t *testing.T) {
	x := library()
	may := func(album string) bool { return album != "secret" }
	for query, want := range map[string]string{
		"dog":             "hotdog 2014.jpg, IMG_3.jpg, IMG_2.jpg, IMG_1.jpg, nodate.jpg",
		"DOG cafe":        "IMG_1.jpg",
		"cafe":            "IMG_1.jpg",
		"café":            "IMG_1.jpg",
		"strasse":         "IMG_2.jpg",
		"lodz":            "IMG_2.jpg",
		"kate":            "cat.jpg",
		"mg_2":            "IMG_2.jpg",
		"2014":            "hotdog 2014.jpg, IMG_3.jpg, IMG_2.jpg, IMG_1.jpg",
		"2014-07":         "IMG_2.jpg, IMG_1.jpg",
		"2014-07-06":      "IMG_2.jpg",
		"july 2014":       "IMG_2.jpg, IMG_1.jpg",
		"Juli 2014":       "IMG_2.jpg, IMG_1.jpg",
		"julio de 2014":   "IMG_2.jpg, IMG_1.jpg",
		"märz":            "cat.jpg",
		"marz 2015":       "cat.jpg",
		"may":             "hotdog 2014.jpg",
		"may nikon":       "",
		"dog 2015":        "hotdog 2014.jpg, nodate.jpg",
		"canon 2014-07":   "IMG_1.jpg",
		"summer img":      "IMG_3.jpg, IMG_2.jpg, IMG_1.jpg",
		"jpg\ncat":        "cat.jpg",
		"nothing":         "",
		"dog nothing":     "",
		"secret":          "",
		"2014-13":         "",
		"  ":              "hotdog 2014.jpg, cat.jpg, IMG_3.jpg, IMG_2.jpg, IMG_1.jpg, nodate.jpg",
		"5d canon cafe a": "IMG_1.jpg",
	} {
		found := x.Find(Parse(query, languages), may, NewestFirst, 0, 100)
		if got := files(found); got != want || found.Total != len(found.Hits) {
			t.Errorf("%q finds %s of %d, want %s", query, got, found.Total, want)
		}
	}
	if found := x.Find(Parse("2014 summer", languages), may, NewestFirst, 0, 100); !slices.Equal(found.Albums, []string{"2014/Summer"}) {
		t.Errorf("the albums are %q", found.Albums)
	}
	if found := x.Find(Parse("secret", languages), nil, NewestFirst, 0, 100); files(found) != "dog.jpg" {
		t.Errorf("who may see all finds %s", files(found))
	}
	if found := x.Find(Between(20140701, 20140731), may, OldestFirst, 0, 100); files(found) != "IMG_1.jpg, IMG_2.jpg" || found.Hits[0].Day != 20140705 {
		t.Errorf("between two days there are %+v", found.Hits)
	}
	if found := x.Find(Query{}, may, LastCome, 1, 2); files(found) != "cat.jpg, IMG_3.jpg" || found.Total != 6 {
		t.Errorf("the second and third last to come are %s of %d", files(found), found.Total)
	}
}

// A month or a day is found in whatever way it is said, and nothing else is for the numbers in it.
func TestFind_dates(t *testing.T) {
	x := &Index{}
	x.Put("May Lake", "", 1, []Photo{
		photo("IMG_0005.jpg", day(2014, 7, 4)),
		photo("b.jpg", day(2014, 7, 5)),
		photo("c.jpg", day(2013, 7, 5)),
		photo("IMG_12.jpg", day(2015, 2, 1)),
		photo("e.jpg", day(2015, 10, 15), "5 Juliane"),
	})
	for want, queries := range map[string][]string{
		"b.jpg, IMG_0005.jpg": {
			"2014-07", "2014-7", "2014/07", "2014.07", "2014-07-", "07.2014", "7.2014", "07/2014", "7-2014", "2014年7月", "２０１４年７月",
			"July 2014", "2014 July", "juli 2014", "JULIO DE 2014", "červenec 2014", "července 2014", "jul 2014", "Jul. 2014", "2014 jul", "July, 2014", "2014年 7月",
		},
		"b.jpg": {
			"2014-07-05", "2014-7-5", "2014/07/05", "2014.07.05", "20140705", "5.7.2014", "05.07.2014", "2014年7月5日", "2014年 7月5日",
			"5 July 2014", "5. Juli 2014", "July 5, 2014", "July 5th, 2014", "5 de julio de 2014", "5. července 2014", "5 jul 2014", "2014 July 5",
		},
		"b.jpg, c.jpg":        {"5 July", "july 5", "5. Juli", "7月5日", "5 de julio", "5th july"},
		"e.jpg, b.jpg, c.jpg": {"5 jul", "Jul 5"}, // what is left of a name may begin another
		"e.jpg":               {"october", "okt 2015", "15.10.2015", "juliane 5", "5 juliane"},
		"IMG_12.jpg":          {"may 12", "12 may"},
		"c.jpg":               {"2013", "2013-", "2013年"},
		"":                    {"2014-13", "2014-07-32", "32 July", "31.13.2014", "20141305", "99999", "5.7.14", "2014-07-05-1"},
	} {
		for _, query := range queries {
			if got := files(x.Find(Parse(query, languages), nil, NewestFirst, 0, 100)); got != want {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
	}
}

// An album that is put again or deleted leaves nothing of what it was.
func TestIndex_Put(t *testing.T) {
	x := library()
	x.Put("2015", "", 1, []Photo{photo("new.jpg", day(2016, 1, 1))})
	if got := files(x.Find(Parse("2015", languages), nil, NewestFirst, 0, 9)); got != "new.jpg" {
		t.Errorf("put again, 2015 holds %s", got)
	}
	x.Put("2014", "", 1, []Photo{photo("above.jpg", day(2014, 1, 1))})
	x.Delete("2014")
	if x.Version("2014") != 0 || x.Version("2014/Summer") != 0 || x.Version("2015") != 1 {
		t.Error("Delete leaves what is below, or takes what is beside")
	}
	if n, _ := x.Size(); n != 2 {
		t.Errorf("%d photos are left, want 2", n)
	}
}

func TestMonths(t *testing.T) {
	got := fmt.Sprint(library().Months(func(album string) bool { return album != "secret" }))
	if want := "[{2015 May 1} {2015 March 1} {2014 August 1} {2014 July 2}]"; got != want {
		t.Errorf("Months = %s, want %s", got, want)
	}
}

// Pages are what sorting everything would make of them, and each photo is on one.
func TestFind_pages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x := &Index{}
	for a := range 20 {
		var photos []Photo
		for i := range 50 {
			photos = append(photos, photo(fmt.Sprintf("%d-%d.jpg", a, i), day(2000+random.IntN(3), 1, 1+random.IntN(28))))
		}
		x.Put(fmt.Sprint("album", a), "", 1, photos)
	}
	whole := x.Find(Query{}, nil, NewestFirst, 0, 1000).Hits
	if !slices.IsSortedFunc(whole, func(a, b Hit) int { return b.Day - a.Day }) || len(whole) != 1000 {
		t.Fatal("all of them are not in order")
	}
	for from := 0; from < 1000; from += 70 {
		if page := x.Find(Query{}, nil, NewestFirst, from, 70).Hits; !slices.Equal(page, whole[from:min(from+70, 1000)]) {
			t.Fatalf("from %d on the page is %v", from, page)
		}
	}
	if past := x.Find(Query{}, nil, NewestFirst, 1000, 70); len(past.Hits) != 0 || past.Total != 1000 {
		t.Errorf("past the end there are %d of %d", len(past.Hits), past.Total)
	}
}

// slowly is Find, slow and obvious: it looks at each text of each photo, and sorts all that it
// finds.
func slowly(albums []string, photos map[string][]Photo, q Query, may func(album string) bool, order Order) (found Found) {
	type one struct {
		Hit
		Photo
	}
	var hits []one
	for _, name := range albums { // sorted
		if !may(name) {
			continue
		}
		before := len(hits)
		for _, p := range photos[name] {
			if !slices.ContainsFunc(q.words, func(w word) bool {
				return !w.on(dayOf(p.Taken)) && (w.text == "" || !slices.ContainsFunc(append([]string{name}, p.Texts...), func(text string) bool { return strings.Contains(Fold(text), w.text) }))
			}) {
				hits = append(hits, one{Hit{name, p.File, int(dayOf(p.Taken))}, p})
			}
		}
		named := len(q.words) > 0 && !slices.ContainsFunc(q.words, func(w word) bool { return w.text == "" || !strings.Contains(Fold(name), w.text) })
		if named && len(hits) > before && len(found.Albums) < maxAlbums {
			found.Albums = append(found.Albums, name)
		}
	}
	slices.SortStableFunc(hits, func(a, b one) int {
		switch order {
		case OldestFirst:
			return a.Date.Compare(b.Date)
		case LastCome:
			return b.Came.Compare(a.Came)
		}
		return b.Date.Compare(a.Date)
	})
	for _, h := range hits {
		found.Hits = append(found.Hits, h.Hit)
	}
	found.Total = len(hits)
	return found
}

// In many albums, by several processors, is found what the slow search finds, in its order.
func TestFind_many(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("beach dog sunset Łódź mountain July IMG_12 x 2014 hot-dog ÉTÉ")
	x, photos := &Index{}, map[string][]Photo{}
	var albums []string
	for a := range 5*shelvesAtOnce + 7 {
		name := fmt.Sprintf("%d/%s %03d", 2010+a%7, words[a%len(words)], a)
		albums = append(albums, name)
		for i := range random.IntN(12) {
			p := photo(fmt.Sprintf("%s_%d.JPG", words[random.IntN(len(words))], i), day(2010+random.IntN(7), time.Month(1+random.IntN(12)), 1+random.IntN(28)), words[random.IntN(len(words))])
			p.Came = p.Taken.AddDate(0, 0, random.IntN(3))
			if random.IntN(9) == 0 {
				p.Taken = time.Time{}
			}
			photos[name] = append(photos[name], p)
		}
		x.Put(name, "", 1, photos[name])
	}
	slices.Sort(albums)
	may := func(album string) bool { return !strings.HasSuffix(album, "3") }
	for _, query := range []string{"dog", "d", "og", "img", "img_1", "x", "2014", "july", "july 2014", "2014-07", "2014-07-05", "dog beach", "ete dog", "lodz", "hot-d", "2019", "nothing", "2013 mountain", "jpg dog 1", ""} {
		q := Parse(query, languages)
		for _, order := range []Order{NewestFirst, OldestFirst, LastCome} {
			want := slowly(albums, photos, q, may, order)
			got := x.Find(q, may, order, 0, 1<<20)
			if got.Total != want.Total || !slices.Equal(got.Hits, want.Hits) || !slices.Equal(got.Albums, want.Albums) {
				t.Errorf("%q in order %d finds %d in %q, want %d in %q", query, order, got.Total, got.Albums, want.Total, want.Albums)
			}
			page := x.Find(q, may, order, 10, 25)
			if lo, hi := min(10, want.Total), min(35, want.Total); page.Total != want.Total || !slices.Equal(page.Hits, want.Hits[lo:hi]) {
				t.Errorf("%q in order %d: from 10 on is %v", query, order, page.Hits)
			}
		}
	}
}

// Whatever is sought, a slow and obvious search finds the same.
func FuzzFind(f *testing.F) {
	for _, query := range []string{"dog", "july 2014", "2014-07", "é ß", "a b c d e f g h i j k", "\xff", "\n", "-", "2014-00"} {
		f.Add(query, "A dog", "July")
	}
	f.Fuzz(func(t *testing.T, query, one, two string) {
		photos := []Photo{photo("1.jpg", day(2014, 7, 5), one), photo("2.jpg", time.Time{}, two), photo("3.jpg", day(2015, 1, 2), one, two)}
		x := &Index{}
		x.Put("a", two, 1, photos)
		q := Parse(query, languages)
		want := 0
		for _, p := range photos {
			all := true
			for _, w := range q.words {
				hit := w.on(dayOf(p.Taken)) || strings.Contains(Fold("a\n"+two), w.text)
				for _, text := range p.Texts {
					hit = hit || strings.Contains(Fold(text), w.text)
				}
				all = all && hit
			}
			if all {
				want++
			}
		}
		if got := x.Find(q, nil, NewestFirst, 0, 10).Total; got != want {
			t.Fatalf("%q finds %d, want %d", query, got, want)
		}
	})
}

// million is a library of a million made-up photos.
func million() *Index {
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("beach dog sunset lake mountain party birthday wedding garden snow train museum castle market harbour forest")
	x := &Index{}
	for a := range 10_000 {
		photos := make([]Photo, 100)
		for i := range photos {
			taken := day(2000+a/400, time.Month(1+a%12), 1+i%28)
			photos[i] = photo(fmt.Sprintf("IMG_%04d.jpg", i+a%97*100), taken)
			if i%5 == 0 {
				photos[i].Texts = append(photos[i].Texts, words[random.IntN(len(words))]+" "+words[random.IntN(len(words))])
			}
		}
		x.Put(fmt.Sprintf("%d/%s %d", 2000+a/400, words[a%len(words)], a), "", 1, photos)
	}
	return x
}

func BenchmarkFind(b *testing.B) {
	x := million()
	photos, size := x.Size()
	b.ReportMetric(float64(size)/float64(photos), "B/photo")
	for _, query := range []string{"dog", "img", "img_0042", "beach 2014", "2014", "july 2014", "wedding snow", "nothing"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				x.Find(Parse(query, languages), nil, NewestFirst, 0, 100)
			}
		})
	}
}
