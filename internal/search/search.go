// Package search finds photos by words and dates among what indexes say of them. All of it is
// in memory, some 60 bytes a photo: for each album a text, folded, in which bytes.Index finds
// words faster than any database, and arrays of what stands where. It knows no files.
package search

import (
	"bytes"
	"cmp"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Photo is what can be found of a photo.
type Photo struct {
	File  string
	Texts []string  // its name, caption, title, keywords, camera and so on
	Taken time.Time // zero where it is not known
	Date  time.Time // by which it is sorted
	Came  time.Time // when it came into its folder
}

// Index is what can be found. It is safe for use by many goroutines.
type Index struct {
	mu     sync.RWMutex
	albums []*shelf // sorted by name
}

// shelf is an album's photos. It is not changed once made.
type shelf struct {
	name    string
	version int64
	about   []byte   // what the album is called, folded
	text    []byte   // of each photo, folded, behind a line feed
	begin   []uint32 // where each photo's text begins in text, and where the last ends
	files   names    // what each is called
	dates   []int64  // by which they are sorted, ns since 1970
	days    []uint32 // when they were taken: 20140705, 0 where it is not known
	came    []int64  // ns since 1970
	months  []month  // in which they were taken
	grams   grams    // of the text
}

// month is one in which photos of a shelf were taken, such as 201407, and how many.
type month struct{ month, photos uint32 }

// Put sets what can be found of an album, whose title and photos these are. By the version,
// which is not 0, it can be told from others.
func (x *Index) Put(name, title string, version int64, photos []Photo) {
	s := &shelf{name: name, version: version, about: []byte(Fold(name + "\n" + title))}
	months := map[uint32]uint32{}
	n := len(photos)
	s.begin, s.files.which = make([]uint32, 0, n+1), make([]uint8, 0, n)
	s.dates, s.days, s.came = make([]int64, 0, n), make([]uint32, 0, n), make([]int64, 0, n)
	for i, p := range photos {
		s.begin = append(s.begin, uint32(len(s.text)))
		for _, text := range p.Texts {
			if text != "" {
				s.text = append(append(s.text, '\n'), Fold(text)...)
			}
		}
		s.files.add(i, p.File, s.line(i))
		s.dates = append(s.dates, nanoseconds(p.Date))
		day := dayOf(p.Taken)
		s.days = append(s.days, day)
		s.came = append(s.came, nanoseconds(p.Came))
		if day > 0 {
			months[day/100]++
		}
	}
	s.months = make([]month, 0, len(months))
	for m, photos := range months {
		s.months = append(s.months, month{m, photos})
	}
	s.begin = append(s.begin, uint32(len(s.text)))
	s.text, s.grams = bytes.Clone(s.text), gramsOf(s.text)
	x.mu.Lock()
	defer x.mu.Unlock()
	if i, ok := x.place(name); ok {
		x.albums[i] = s
	} else {
		x.albums = slices.Insert(x.albums, i, s)
	}
}

// Delete forgets an album, and all below it. A nil index knows none.
func (x *Index) Delete(name string) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.albums = slices.DeleteFunc(x.albums, func(s *shelf) bool {
		return s.name == name || strings.HasPrefix(s.name, name+"/")
	})
}

// Version is the one with which an album was put, 0 where it cannot be found.
func (x *Index) Version(name string) int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if i, ok := x.place(name); ok {
		return x.albums[i].version
	}
	return 0
}

func (x *Index) place(name string) (int, bool) {
	return slices.BinarySearchFunc(x.albums, name, func(s *shelf, name string) int { return strings.Compare(s.name, name) })
}

// line is the first of a photo's texts, folded.
func (s *shelf) line(photo int) []byte {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(s.text[s.begin[photo]:], []byte("\n")), []byte("\n"))
	return line
}

// nanoseconds bounds a date to what fits.
func nanoseconds(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1680:
		return math.MinInt64
	case y > 2260:
		return math.MaxInt64
	}
	return t.UnixNano()
}

func dayOf(t time.Time) uint32 {
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return 0
	}
	y, m, d := t.Date()
	return uint32(y*10000 + int(m)*100 + d)
}

// Order says which of the photos found come first.
type Order int

const (
	NewestFirst Order = iota
	OldestFirst
	LastCome // into their folders
)

// Hit is a photo that was found.
type Hit struct {
	Album, File string
	Day         int // when it was taken: 20140705, 0 where it is not known
}

// Found is what was found.
type Found struct {
	Hits   []Hit
	Total  int      // how many there are in all
	Albums []string // whose names alone hold every word, up to maxAlbums
}

// maxAlbums is how many albums are named that are found by their names.
const maxAlbums = 20

// ref is a photo on a shelf.
type ref struct {
	key          int64 // by which they are sorted, the smaller first
	shelf, photo uint32
}

func compare(a, b ref) int {
	if a.key != b.key {
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Or(cmp.Compare(a.shelf, b.shelf), cmp.Compare(a.photo, b.photo))
}

// best collects the first few of many in their order, without keeping all.
type best struct {
	keep  int // how many
	refs  []ref
	worst ref // of the first so many seen so far, where full
	full  bool
	total int // how many there were
}

func (b *best) add(r ref) {
	b.total++
	if b.full && compare(r, b.worst) >= 0 {
		return
	}
	if b.refs = append(b.refs, r); len(b.refs) < 2*b.keep+1000 {
		return
	}
	selectFirst(b.refs, b.keep)
	b.refs = b.refs[:b.keep]
	b.worst, b.full = slices.MaxFunc(b.refs, compare), true
}

// from returns them in order, from one on.
func (b *best) from(i int) []ref {
	slices.SortFunc(b.refs, compare)
	to := min(b.keep, len(b.refs))
	return b.refs[min(i, to):to]
}

// shelvesAtOnce is how many shelves a processor takes at a time.
const shelvesAtOnce = 64

// part is what one processor finds.
type part struct {
	first best
	named []int // shelves whose names alone hold every word, the first maxAlbums
}

// Find returns so many of the photos that a query finds, at least one, from one on in the
// order. It sees no album that may refuses; nil refuses none. It calls may from several
// goroutines.
func (x *Index) Find(q Query, may func(album string) bool, order Order, from, most int) Found {
	x.mu.RLock()
	defer x.mu.RUnlock()
	photos, _ := x.size()
	keep := min(from+most, photos+1)
	parts := make([]part, min(runtime.GOMAXPROCS(0), 1+len(x.albums)/shelvesAtOnce))
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range parts {
		p := &parts[i]
		p.first.keep = keep
		workers.Go(func() {
			for {
				at := int(next.Add(shelvesAtOnce)) - shelvesAtOnce
				if at >= len(x.albums) {
					return
				}
				for i, s := range x.albums[at:min(at+shelvesAtOnce, len(x.albums))] {
					if may == nil || may(s.name) {
						p.find(q, s, at+i, order)
					}
				}
			}
		})
	}
	workers.Wait()
	first := best{keep: keep}
	var named []int
	for _, p := range parts {
		first.total += p.first.total
		first.refs = append(first.refs, p.first.refs...)
		named = append(named, p.named...)
	}
	found := Found{Total: first.total}
	slices.Sort(named)
	for _, i := range named[:min(maxAlbums, len(named))] {
		found.Albums = append(found.Albums, x.albums[i].name)
	}
	for _, r := range first.from(from) {
		s := x.albums[r.shelf]
		found.Hits = append(found.Hits, Hit{s.name, s.files.at(int(r.photo), s.line(int(r.photo))), int(s.days[r.photo])})
	}
	return found
}

// find adds what the query finds on a shelf, of which i is the place.
func (p *part) find(q Query, s *shelf, i int, order Order) {
	before := p.first.total
	named := s.find(q, func(photo int) {
		key := s.dates[photo]
		switch order {
		case NewestFirst:
			key = -max(key, -math.MaxInt64)
		case LastCome:
			key = -max(s.came[photo], -math.MaxInt64)
		}
		p.first.add(ref{key, uint32(i), uint32(photo)})
	})
	if named && p.first.total > before && len(p.named) < maxAlbums {
		p.named = append(p.named, i)
	}
}

// selectFirst puts the first n in order before all others (C. A. R. Hoare's FIND).
func selectFirst(refs []ref, n int) {
	for lo, hi := 0, len(refs); n > lo && n < hi; {
		pivot := refs[lo+(hi-lo)/2]
		i, j := lo, hi-1
		for i <= j {
			for compare(refs[i], pivot) < 0 {
				i++
			}
			for compare(refs[j], pivot) > 0 {
				j--
			}
			if i <= j {
				refs[i], refs[j] = refs[j], refs[i]
				i++
				j--
			}
		}
		switch { // [lo, j] <= pivot <= [i, hi)
		case n <= j:
			hi = j + 1
		case n > i:
			lo = i
		default:
			return
		}
	}
}

// find tells which photos of a shelf the query finds, and reports whether the album's own name
// holds every word.
func (s *shelf) find(q Query, hit func(photo int)) (named bool) {
	var few [maxWords]word
	left := few[:0] // that the album's name does not hold
	named = len(q.words) > 0
	for _, w := range q.words {
		if w.text == "" || !bytes.Contains(s.about, w.text2) {
			left, named = append(left, w), false
		}
	}
	n := len(s.dates)
	longest := -1
	for i, w := range left {
		if s.lacks(w) {
			return false
		}
		if w.dated() {
			continue
		}
		if longest < 0 || len(w.text) > len(left[longest].text) {
			longest = i
		}
	}
	if longest < 0 {
		for photo := range n {
			if s.holds(photo, left) {
				hit(photo)
			}
		}
		return named
	}
	// The word that is rarest, as a rule, leads from one photo to the next.
	lead := left[longest].text2
	left = slices.Delete(left, longest, longest+1)
	for at, photo := 0, 0; ; {
		i := bytes.Index(s.text[at:], lead)
		if i < 0 {
			return named
		}
		at += i
		photo = s.photoAt(photo, uint32(at))
		if s.holds(photo, left) {
			hit(photo)
		}
		photo++
		at = int(s.begin[photo])
		if photo == n {
			return named
		}
	}
}

// lacks reports whether no photo of the shelf can have a word, as far as that is known without
// a look at each.
func (s *shelf) lacks(w word) bool {
	dated := slices.ContainsFunc(s.months, func(m month) bool {
		return w.month == m.month%100 || w.from > 0 && w.from/100 <= m.month && m.month <= w.to/100
	})
	return !dated && (w.text == "" || !s.grams.mayHold(w.text2))
}

// photoAt returns the photo whose text stands there: from or one behind it. It gallops, since
// that is near where many are found and far where few are.
func (s *shelf) photoAt(from int, at uint32) int {
	step := 1
	for from+step < len(s.dates) && s.begin[from+step] <= at {
		from += step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if from+step < len(s.dates) && s.begin[from+step] <= at {
			from += step
		}
	}
	return from
}

// holds reports whether a photo has all these words.
func (s *shelf) holds(photo int, words []word) bool {
	for _, w := range words {
		if w.on(s.days[photo]) {
			continue
		}
		if w.text == "" || !bytes.Contains(s.text[s.begin[photo]:s.begin[photo+1]], w.text2) {
			return false
		}
	}
	return true
}

// Month is a month in which photos were taken.
type Month struct {
	Year   int
	Month  time.Month
	Photos int
}

// Months returns the months in which photos were taken, the newest first, in albums that may
// does not refuse.
func (x *Index) Months(may func(album string) bool) (months []Month) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	counts := map[uint32]int{}
	for _, s := range x.albums {
		if may == nil || may(s.name) {
			for _, m := range s.months {
				counts[m.month] += int(m.photos)
			}
		}
	}
	for month, n := range counts {
		months = append(months, Month{int(month / 100), time.Month(month % 100), n})
	}
	slices.SortFunc(months, func(a, b Month) int { return cmp.Or(b.Year-a.Year, int(b.Month-a.Month)) })
	return months
}

// Photos is how many photos there are in albums that may does not refuse.
func (x *Index) Photos(may func(album string) bool) (n int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, s := range x.albums {
		if may == nil || may(s.name) {
			n += len(s.dates)
		}
	}
	return n
}

// Size is how many photos can be found, and what they take in memory, bytes.
func (x *Index) Size() (photos int, bytes int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.size()
}

// size is Size. x.mu is held.
func (x *Index) size() (photos int, bytes int64) {
	for _, s := range x.albums {
		photos += len(s.dates)
		bytes += int64(300+len(s.name)+cap(s.about)+cap(s.text)+4*(cap(s.begin)+cap(s.days))+8*(cap(s.dates)+cap(s.came)+cap(s.months)+cap(s.grams))) + s.files.size()
	}
	return photos, bytes
}
