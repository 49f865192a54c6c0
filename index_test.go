package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/index"
	"gallery/internal/thumbs"
)

// index has albums indexed, innermost first, as the indexer does, once their folders have
// settled.
func (s *site) index(albums ...string) {
	s.t.Helper()
	for _, name := range albums {
		for {
			_, _, err := s.server.library.reindex(s.t.Context(), name, true)
			if err == nil {
				break
			}
			if !errors.Is(err, thumbs.ErrUnsettled) {
				s.t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// indexedSite is a site whose albums are indexed, of a program that has just started.
func indexedSite(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	s := smallSite(t, change...)
	for _, path := range []string{"/", "/Trip/", "/Trip/Day%201/"} {
		s.get(path)
	}
	s.index("Trip/Day 1", "Trip", ".")
	s.restart()
	return s
}

// garble overwrites a file in place, its size and times as they were, and returns a way back.
func garble(t *testing.T, path string) (restore func()) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put := func(data []byte) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	put(bytes.Repeat([]byte("x"), len(before)))
	return func() { put(before) }
}

// After a restart an album's page, and the card of one, come from their indexes: no thumbnail
// is opened.
func TestIndex_opensNoThumbnail(t *testing.T) {
	for _, beside := range []bool{true, false} {
		cache := ""
		if !beside {
			cache = t.TempDir()
		}
		s := indexedSite(t, func(c *config) { c.cache = cache })
		at := func(name string) string {
			if cache != "" {
				return filepath.Join(cache, name)
			}
			return filepath.Join(s.dir, name)
		}
		thumbnail := at("Trip/_thumbs/1.jpg")
		want := s.get("/Trip/").body
		front := s.get("/").body
		restore := garble(t, thumbnail)
		s.restart()
		if got := s.get("/Trip/").body; !bytes.Equal(got, want) || !strings.Contains(string(got), `data-size="800x600"`) {
			t.Errorf("beside %v: with an index the page is\n%s\nwant\n%s", beside, got, want)
		}
		if got := s.get("/").body; !bytes.Equal(got, front) || !strings.Contains(string(got), "4 photos") {
			t.Errorf("beside %v: with an index the front page is\n%s\nwant\n%s", beside, got, front)
		}
		// Without one they are, which shows that the thumbnail would not do.
		if err := os.RemoveAll(at("Trip/_thumbs/.index")); err != nil {
			t.Fatal(err)
		}
		s.restart()
		s.get("/Trip/")
		if s.made() == 0 {
			t.Errorf("beside %v: the garbled thumbnail passes for one", beside)
		}
		restore()
	}
}

// An index hides nothing that changes: what is added or removed shows at once after a
// restart, what is overwritten at the second look.
func TestIndex_changes(t *testing.T) {
	dir := t.TempDir()
	changing := filepath.Join(dir, "Trip", "changing.jpg")
	write(t, changing, 800, 600, 1)
	write(t, filepath.Join(dir, "Trip", "10.gif"), 90, 60, 1)
	s := newSite(t, dir)
	s.get("/Trip/")
	s.index("Trip")
	s.restart()
	if err := os.Remove(filepath.Join(dir, "Trip", "10.gif")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "Trip", "new.jpg"), 60, 40, 7)
	if page := string(s.get("/Trip/").body); strings.Contains(page, "10.gif") || !strings.Contains(page, "new.jpg") {
		t.Errorf("a photo that was removed shows, or one that was added does not: %q", regexp.MustCompile(`/[^ ]*" data-size="[^"]*"`).FindAllString(page, -1))
	}
	s.index("Trip")
	s.restart()
	write(t, changing, 500, 700, 1)
	s.get("/Trip/")
	s.index("Trip") // behind the visitor's back
	s.server.albumPages.pages.Clear()
	if page := string(s.get("/Trip/").body); !strings.Contains(page, `data-size="500x700"`) {
		t.Errorf("a photo that was overwritten does not show at the second look: %q", regexp.MustCompile(`/[^ ]*" data-size="[^"]*"`).FindAllString(page, -1))
	}
	// While the program knows the album, at the first.
	s.index("Trip")
	s.server.library.age("Trip")
	write(t, changing, 300, 200, 1)
	s.server.albumPages.pages.Clear()
	if page := string(s.get("/Trip/").body); !strings.Contains(page, `data-size="300x200"`) {
		t.Errorf("a photo that was overwritten does not show at the first look: %q", regexp.MustCompile(`/[^ ]*" data-size="[^"]*"`).FindAllString(page, -1))
	}
}

// What a folder's mtime does not show is not hidden: rsync and cp -a give a folder the mtime of
// the one that they copy each time that they add something of it.
func TestIndex_folderTimeKept(t *testing.T) {
	s := indexedSite(t)
	trip := filepath.Join(s.dir, "Trip")
	info, err := os.Stat(trip)
	if err != nil {
		t.Fatal(err)
	}
	for i, restarted := range []bool{false, true} {
		s.get("/Trip/")
		s.index("Trip", ".")
		file := []string{"new.jpg", "newer.jpg"}[i]
		write(t, filepath.Join(trip, file), 60, 40, 7)
		if err := os.Chtimes(trip, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		if restarted {
			s.restart()
		}
		s.server.albumPages.pages.Clear()
		s.server.library.age("Trip")
		if page := string(s.get("/Trip/").body); !strings.Contains(page, file) {
			t.Errorf("restarted %v: the photo that was added is not on the page", restarted)
		}
		s.index("Trip", ".")
		s.server.albumPages.pages.Clear()
		if page := string(s.get("/").body); !strings.Contains(page, strconv.Itoa(5+i)+" photos") {
			t.Errorf("restarted %v: the card does not count the photo that was added: %q", restarted, regexp.MustCompile(`[0-9]+ photos`).FindAllString(page, -1))
		}
	}
}

// An album that is left out from now on goes from the page above it, whose own names stay.
func TestIndex_leftOutMeanwhile(t *testing.T) {
	s := indexedSite(t)
	s.get("/Trip/")
	s.later()
	lib, day := s.server.library, s.store.Stamp("Trip/Day 1")
	for _, path := range []string{"/Trip/", "/Trip/"} {
		if a := s.get(path); !strings.Contains(string(a.body), "Day 1") {
			t.Fatal("the page does not show the album")
		}
	}
	if !lib.listedSince("Trip/Day 1", day) || lib.listedSince("Trip/Day 1", thumbs.Stamp{}) {
		t.Error("it is not known by its stamp that the album was listed")
	}
	mark := filepath.Join(s.dir, "Trip", "Day 1", ".nomedia")
	defer os.Remove(mark)
	writeFile(t, mark, nil)
	lib.age("Trip")
	s.server.albumPages.pages.Clear()
	if a := s.get("/Trip/"); strings.Contains(string(a.body), "Day 1") {
		t.Error("the page shows an album that is left out")
	}
	lib.summaries.Put("left out", folderSummary{stamp: day})
	if lib.listedSince("left out", day) {
		t.Error("an album that was left out counts as listed")
	}
}

// age makes an album's listing older than pageAge.
func (l *library) age(name string) {
	known, _ := l.listings.Get(name)
	known.listed = known.listed.Add(-l.pageAge)
	l.listings.Put(name, known)
}

// An index of thumbnails that are made otherwise, of another version or cut short is none.
func TestIndex_stale(t *testing.T) {
	s := indexedSite(t)
	want := string(s.get("/Trip/").body)
	path := filepath.Join(s.dir, "Trip", "_thumbs", index.Dir, index.PhotosFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cut short":     string(good[:len(good)/2]),
		"empty":         "",
		"other version": strings.Replace(string(good), `index":1`, `index":2`, 1),
		"other options": strings.Replace(string(good), "400px", "401px", 1),
	} {
		text = strings.ReplaceAll(text, "800", "700") // would show
		writeFile(t, path, []byte(text))
		s.restart()
		if got := string(s.get("/Trip/").body); got != want {
			t.Errorf("%s: the page is\n%s\nwant\n%s", name, got, want)
		}
	}
	writeFile(t, path, []byte(strings.ReplaceAll(string(good), `"width":800`, `"width":700`)))
	s.restart()
	if got := string(s.get("/Trip/").body); !strings.Contains(got, "700x600") {
		t.Error("the index is not read at all")
	}
}

// Nobody gets to see an index.
func TestIndex_hidden(t *testing.T) {
	s := indexedSite(t)
	for _, path := range []string{"/Trip/_thumbs/.index/photos", "/Trip/_thumbs/.index/", "/Trip/_thumbs/.index", "/_thumbs/.index/tree"} {
		if r := s.get(path); r.StatusCode != 404 {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
}

// Cleaning leaves an index that is true and removes one that is not.
func TestClean_indexes(t *testing.T) {
	s := indexedSite(t)
	at := func(file string) string { return filepath.Join(s.dir, "Trip", "_thumbs", index.Dir, file) }
	writeFile(t, at("other"), []byte("x"))
	writeFile(t, at(".tmp-01234567"), []byte("x"))
	if out, err := cleaned(t, s.dir); err != nil || there(at("other")) || there(at(".tmp-01234567")) || !there(at("photos")) || !there(at("tree")) {
		t.Errorf("cleaned: %s, %v; other %v, temporary %v, photos %v, tree %v", out, err, there(at("other")), there(at(".tmp-01234567")), there(at("photos")), there(at("tree")))
	}
	write(t, filepath.Join(s.dir, "Trip", "new.jpg"), 60, 40, 1)
	if out, err := cleaned(t, s.dir); err != nil || there(at("photos")) || there(at("tree")) || !strings.Contains(out, "indexes out of date") {
		t.Errorf("cleaned: %s, %v; photos %v, tree %v", out, err, there(at("photos")), there(at("tree")))
	}
}

// What took a thumbnail's name shows in the time of _thumbs, and is judged by itself, whatever the
// index says.
func TestClean_replacedThumbnail(t *testing.T) {
	s := indexedSite(t)
	thumbnail, stranger := filepath.Join(s.dir, "Trip", "_thumbs", "1.jpg"), filepath.Join(s.dir, "stranger")
	writeFile(t, stranger, []byte("not a thumbnail"))
	if err := os.Rename(stranger, thumbnail); err != nil {
		t.Fatal(err)
	}
	if out, err := cleaned(t, s.dir); err != nil || there(thumbnail) || !strings.Contains(out, "\"Trip/_thumbs/1.jpg\": not the gallery's") {
		t.Errorf("cleaned: %s, %v; what replaced a thumbnail is there: %v", out, err, there(thumbnail))
	}
}

// The sweep at the start removes what an interrupted writing left.
func TestSweep_indexes(t *testing.T) {
	s := indexedSite(t)
	left := filepath.Join(s.dir, "Trip", "_thumbs", index.Dir, ".tmp-01234567")
	writeFile(t, left, []byte("x"))
	s.store.Sweep(t.Context(), ".")
	if there(left) {
		t.Error("it stays")
	}
}

// Warming writes the indexes of all albums and the summaries of all trees, so that a program
// that starts knows them; warming what is warm opens no thumbnail. Shards are parts of a whole.
func TestWarm_indexes(t *testing.T) {
	s := smallSite(t)
	for _, shard := range []string{"1/3", "2/3", "3/3", "1/1"} {
		var out bytes.Buffer
		if err := runWarm(t.Context(), []string{"-shard", shard, s.dir}, &out, &out); err != nil {
			t.Fatalf("-shard %s: %v\n%s", shard, err, out.String())
		}
	}
	thumbnail := filepath.Join(s.dir, "Trip", "_thumbs", "1.jpg")
	restore := garble(t, thumbnail)
	var out bytes.Buffer
	if err := runWarm(t.Context(), []string{s.dir}, &out, &out); err != nil || !strings.Contains(out.String(), " 0 made in") {
		t.Errorf("warming what is warm: %v\n%s", err, out.String())
	}
	tree, ok := s.store.ReadTree(".", s.store.Stamp("."))
	if !ok || tree.Folders != 5 || tree.All.Photos != 6 || !slices.Equal(tree.Albums, []string{"Empty", "folder.jpg", "Trip"}) {
		t.Errorf("the tree of %q is of %d folders and %d photos, %v", tree.Albums, tree.Folders, tree.All.Photos, ok)
	}
	restore()
	if err := os.RemoveAll(filepath.Join(s.dir, "Trip", "_thumbs", index.Dir)); err != nil {
		t.Fatal(err)
	}
	garble(t, thumbnail)
	out.Reset()
	if err := runWarm(t.Context(), []string{s.dir}, &out, &out); err != nil || !strings.Contains(out.String(), " 1 made in") {
		t.Errorf("without an index a garbled thumbnail passes for one: %v\n%s", err, out.String())
	}
}

// What a tree says takes is for servers that count the same files: one warmed without -others
// is summed up anew with it.
func TestIndex_treeOfOtherFiles(t *testing.T) {
	s := indexedSite(t)
	for _, others := range []bool{false, true, false} {
		s.config.others = others
		s.restart()
		lib := s.server.library
		if _, ok := lib.totalAt("Trip", lib.store.Stamp("Trip")); ok == others {
			t.Errorf("with others served: %v, a tree without them is taken: %v", others, ok)
		}
	}
}

// What is above an empty album is summed up once, and not again and again as long as it is
// empty.
func TestIndex_emptyAlbum(t *testing.T) {
	s := smallSite(t)
	for i, want := range []bool{true, false, false} {
		if _, changed, err := s.server.library.reindex(t.Context(), "Empty", true); err != nil || changed != want {
			t.Errorf("time %d: changed is %v, %v, want %v", i+1, changed, err, want)
		}
		s.index("Trip/Day 1", "Trip", "folder.jpg", ".")
	}
	write(t, filepath.Join(s.dir, "Empty", "new.jpg"), 60, 40, 1)
	for {
		_, changed, err := s.server.library.reindex(t.Context(), "Empty", true)
		if errors.Is(err, thumbs.ErrUnsettled) {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err != nil || !changed {
			t.Errorf("with a photo: changed is %v, %v", changed, err)
		}
		return
	}
}

// What is remembered of an album's folder hides nothing that comes to it: a README.md and what it
// says, and the file beside the cover of a card.
func TestIndex_cardChanges(t *testing.T) {
	s := indexedSite(t)
	front := func() string {
		s.later()
		return string(s.get("/").body)
	}
	for range 2 {
		front()
	}
	if _, ok := s.server.library.untold.Get("Trip"); !ok {
		t.Fatal("that there is no README.md is not remembered")
	}
	readme := filepath.Join(s.dir, "Trip", "README.md")
	defer os.Remove(readme)
	for _, title := range []string{"Once upon", "A time"} { // it comes, and is overwritten in place
		writeFile(t, readme, []byte("# "+title+"\n"))
		if !strings.Contains(front(), title) {
			t.Errorf("the card is not called %q", title)
		}
	}
	s.index("Trip/Day 1", "Trip", ".")
	cover := func(src album.Photo) album.Photo {
		now, _ := s.server.library.restat(src)
		return now
	}
	own, ok := s.server.library.summaries.Get("Trip")
	if !ok || own.First.File == "" || cover(own.First).Sidecar != "" {
		t.Fatalf("the summary of Trip is %+v", own)
	}
	beside := filepath.Join(s.dir, "Trip", own.First.File+".xmp")
	defer os.Remove(beside)
	writeFile(t, beside, []byte("<x:xmpmeta/>"))
	if cover(own.First).Sidecar == "" {
		t.Error("the file that came beside a cover is not seen")
	}
}

// An album of albums that is looked at again is summed up in memory, until one in it changes.
func TestIndex_lookedAtAgain(t *testing.T) {
	s := indexedSite(t)
	l := s.server.library
	same := func() bool {
		_, ok := l.asIndexed("Trip", l.store.Stamp("Trip"))
		return ok
	}
	if same() {
		t.Error("an album is as indexed that was not, in this run")
	}
	s.index("Trip/Day 1", "Trip", ".")
	if !same() {
		t.Fatal("an album that was just indexed is to be indexed again")
	}
	day := filepath.Join(s.dir, "Trip", "Day 1")
	photos := l.mustTotal("Trip").Photos
	for i, change := range []func(){
		func() { write(t, filepath.Join(day, "new.jpg"), 60, 40, 7) },
		func() { // and a page has looked at what is in it, and not at the album itself
			write(t, filepath.Join(day, "newer.jpg"), 60, 40, 7)
			looks := manyFolders
			l.summarize(t.Context(), "Trip/Day 1", visitor{}, false, &looks)
		},
		func() { write(t, filepath.Join(s.dir, "Trip", "Day new", "1.jpg"), 60, 40, 7) },
	} {
		change()
		if same() {
			t.Errorf("change %d: the album passes for what it was", i)
		}
		s.index("Trip/Day 1", "Trip")
		if i == 2 {
			s.index("Trip/Day new", "Trip")
		}
		if got := l.mustTotal("Trip").Photos; got != photos+1+i {
			t.Errorf("change %d: there are %d photos in all, and were %d at first", i, got, photos)
		}
	}
}

// mustTotal is the summary of an album and all below it that is remembered.
func (l *library) mustTotal(name string) total {
	t, ok := l.totals.Get(name)
	if !ok {
		panic(name + " is not summed up")
	}
	return t
}
