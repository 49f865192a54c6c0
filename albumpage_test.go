package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/messages"
)

// onDisk fails the test unless every thumbnail that the page shows exists.
func (s *site) onDisk(page []byte) int {
	s.t.Helper()
	sources := values(parse(s.t, page), "img[src]", "src")
	for _, src := range sources {
		path, _, _ := strings.Cut(src, "?")
		if _, err := os.Stat(filepath.Join(s.dir, unescape(s.t, path))); err != nil {
			s.t.Errorf("the page shows %s, which is not on disk: %v", src, err)
		}
	}
	return len(sources)
}

// shown is what a page shows, whether it was streamed or not.
func shown(page []byte) []byte {
	_, main, _ := bytes.Cut(page, []byte("<main"))
	return main
}

// A client that takes gzip gets the page compressed, with a tag of its own.
func TestAlbum_compressed(t *testing.T) {
	withoutBackground := func(c *config) { c.inBackground = false } // whose work changes the page
	s := smallSite(t, withoutBackground).unhurried()
	s.get("/Trip/")
	plain := s.get("/Trip/", "Accept-Encoding", "identity")
	zipped := s.get("/Trip/", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil {
		t.Fatalf("%v: %v", err, zipped.Header)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain.body) || len(got) < 2*len(zipped.body) {
		t.Errorf("%d bytes unpack to %d (%v), want the page's %d", len(zipped.body), len(got), err, len(plain.body))
	}
	for _, a := range []response{plain, zipped} {
		if vary := strings.Join(a.Header.Values("Vary"), ", "); !strings.Contains(vary, "Accept-Encoding") || a.ContentLength != int64(len(a.body)) {
			t.Errorf("Vary %s, Content-Length %d for %d bytes", vary, a.ContentLength, len(a.body))
		}
	}
	for _, test := range []struct {
		accept, tag string
		status      int
	}{
		{"identity", plain.Header.Get("ETag"), 304},
		{"gzip", zipped.Header.Get("ETag"), 304},
		{"identity", zipped.Header.Get("ETag"), 200},
		{"gzip", plain.Header.Get("ETag"), 200},
		{"gzip", `"x", ` + zipped.Header.Get("ETag"), 304},
	} {
		a := s.get("/Trip/", "Accept-Encoding", test.accept, "If-None-Match", test.tag)
		if a.StatusCode != test.status || test.status == 200 && a.ContentLength != int64(len(a.body)) {
			t.Errorf("%s with %s = %d %v, want %d", test.accept, test.tag, a.StatusCode, a.Header, test.status)
		}
	}
	if a := s.do("HEAD", "/Trip/", "Accept-Encoding", "gzip"); a.ContentLength != zipped.ContentLength || a.Header.Get("ETag") != zipped.Header.Get("ETag") {
		t.Errorf("HEAD = %d %v", a.ContentLength, a.Header)
	}
	if a := s.get("/Trip/", "Accept-Encoding", "gzip", "If-Match", `"x"`); a.StatusCode != 412 || a.Header.Get("Content-Encoding") != "" || len(a.body) != 0 {
		t.Errorf("another's page = %d %v with %d bytes, want an empty 412", a.StatusCode, a.Header, len(a.body))
	}
	if a := s.get("/Trip/", "Accept-Encoding", "gzip", "Range", "bytes=10-19"); a.StatusCode != 206 || !bytes.Equal(a.body, zipped.body[10:20]) {
		t.Errorf("a part = %d %v", a.StatusCode, a.Header)
	}
}

func TestAlbum_coldThenWarm(t *testing.T) {
	s := smallSite(t).unhurried()
	for _, path := range []string{"/Trip/", "/"} {
		head := s.do("HEAD", path)
		if head.StatusCode != 200 || head.Header.Get("X-Accel-Buffering") != "no" {
			t.Errorf("HEAD %s, cold = %d %v", path, head.StatusCode, head.Header)
		}
		cold := s.get(path)
		if cold.Header.Get("X-Accel-Buffering") != "no" || cold.Header.Get("ETag") != "" || cold.ContentLength >= 0 {
			t.Errorf("GET %s, cold: %v, want a stream without validator", path, cold.Header)
		}
		if n := s.onDisk(cold.body); n == 0 {
			t.Errorf("GET %s, cold: no pictures", path)
		}
		warm := s.get(path, "Accept-Encoding", "identity")
		if warm.Header.Get("X-Accel-Buffering") != "" || warm.Header.Get("ETag") == "" || warm.ContentLength != int64(len(warm.body)) {
			t.Errorf("GET %s, warm: %v, want a whole answer with ETag and Content-Length", path, warm.Header)
		}
		if !bytes.Equal(shown(cold.body), shown(warm.body)) {
			t.Errorf("GET %s: the warm page differs from the cold one", path)
		}
		if again := s.get(path, "Accept-Encoding", "identity", "If-None-Match", warm.Header.Get("ETag")); again.StatusCode != 304 || len(again.body) > 0 {
			t.Errorf("GET %s with its ETag = %d, want 304", path, again.StatusCode)
		}
	}
}

// HEAD makes nothing.
func TestAlbum_headCold(t *testing.T) {
	s := smallSite(t)
	s.do("HEAD", "/Trip/")
	if _, err := os.Stat(filepath.Join(s.dir, "Trip", album.ThumbsDir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after HEAD there are thumbnails: %v", err)
	}
}

// After a restart the thumbnails tell all that a page needs.
func TestAlbum_warmAfterRestart(t *testing.T) {
	s := smallSite(t)
	cold := s.get("/Trip/")
	s.later()
	s.restart()
	s.get("/Trip/Day%201/")
	made := s.made()
	looks := manyFolders
	s.server.library.summarize(t.Context(), "Trip/Day 1", visitor{}, false, &looks)
	s.server.library.summarize(t.Context(), "Trip", visitor{}, false, &looks)
	warm := s.get("/Trip/")
	if !bytes.Equal(shown(cold.body), shown(warm.body)) || warm.Header.Get("ETag") == "" || s.made() != made {
		t.Error("the page is not answered as warm after a restart")
	}
}

// The first figures are out while later thumbnails are still being made.
func TestAlbum_streams(t *testing.T) {
	s := slowSite(t)
	resp, err := http.Get(s.URL + "/Trip/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	var page bytes.Buffer
	for lines.Scan() {
		page.Write(lines.Bytes())
		page.WriteByte('\n')
		if strings.Contains(lines.Text(), "</figure>") && strings.Contains(lines.Text(), "1.jpg/") {
			break
		}
	}
	if n := s.onDisk(page.Bytes()); n != 1 {
		t.Errorf("%d pictures came first, want 1", n)
	}
	if there(filepath.Join(s.dir, "Trip", album.ThumbsDir, "slow 19.png")) {
		t.Error("the first photo came when all thumbnails had been made")
	}
	for lines.Scan() {
		page.Write(lines.Bytes())
	}
	doc := parse(t, page.Bytes())
	if got := len(find(doc, ".photo")); got != 22 {
		t.Errorf("the whole page has %d photos, want 22", got)
	}
	if got := len(find(doc, ".photo .placeholder")); got != 1 {
		t.Errorf("the whole page has %d placeholders, want 1 for the photo that failed", got)
	}
}

// slowSite has an album of one small photo, one that is none, and twenty that take long.
func slowSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Trip", "1.jpg"), 300, 200, 1)
	writeFile(t, filepath.Join(dir, "Trip", "3 bad.jpg"), []byte("not a picture"))
	first := filepath.Join(dir, "Trip", "slow 0.png")
	write(t, first, 3000, 2000, 1)
	for i := 1; i < 20; i++ {
		if err := os.Link(first, filepath.Join(dir, "Trip", fmt.Sprintf("slow %d.png", i))); err != nil {
			t.Fatal(err)
		}
	}
	return newSite(t, dir)
}

// When the visitor leaves, the work stops.
func TestAlbum_visitorLeaves(t *testing.T) {
	s := slowSite(t)
	visit, leave := context.WithCancel(t.Context())
	returned := make(chan struct{})
	handler := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(returned)
		handler.ServeHTTP(w, r)
	})
	r, _ := http.NewRequestWithContext(visit, "GET", s.URL+"/Trip/", nil)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	resp.Body.Close()
	select {
	case <-returned:
	case <-time.After(20 * time.Second):
		t.Fatal("the page is still being made though nobody waits for it")
	}
	if n := s.made(); n > 10 {
		t.Errorf("%d of 21 thumbnails were made though nobody waits for them", n)
	}
}

func TestAlbum_fiftyClients(t *testing.T) {
	dir := t.TempDir()
	for i := range 20 {
		write(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 1200, 900, i)
	}
	s := newSite(t, dir)
	var clients sync.WaitGroup
	for range 50 {
		clients.Go(func() {
			a := s.get("/a/")
			if n := s.onDisk(a.body); n != 20 {
				t.Errorf("a client got %d thumbnails, want 20", n)
			}
		})
	}
	clients.Wait()
	if n := s.made(); n != 20 {
		t.Errorf("%d thumbnails were made, want 20", n)
	}
}

func TestAlbum_order(t *testing.T) {
	dir := t.TempDir()
	start := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for i, name := range []string{"img 2.jpg", "img 10.jpg", "IMG 1.jpg", "b.jpg", "A.jpg"} {
		path := filepath.Join(dir, "x", name)
		write(t, path, 40, 30, i)
		day := start.AddDate(0, 0, i/2) // pairs of the same time
		if err := os.Chtimes(path, day, day); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, dir)
	names := func(path string) string {
		return strings.Join(values(s.page(path), ".photo img", "alt"), ", ")
	}
	for range 2 { // cold and warm
		for path, want := range map[string]string{
			"/x/":            "A, b, IMG 1, img 2, img 10",
			"/x/?sort=name":  "A, b, IMG 1, img 2, img 10",
			"/x/?sort=-name": "img 10, img 2, IMG 1, b, A",
			"/x/?sort=date":  "img 2, img 10, b, IMG 1, A",
			"/x/?sort=-date": "A, b, IMG 1, img 2, img 10",
		} {
			if got := names(path); got != want {
				t.Errorf("%s shows %s, want %s", path, got, want)
			}
		}
	}
	if got := values(s.page("/x/?sort=-date"), ".photo a", "href")[0]; got != "/x/A.jpg/?sort=-date" {
		t.Errorf("a photo's address is %s, want the order kept", got)
	}
	photo := s.page("/x/b.jpg/?sort=-date")
	if prev, next := values(photo, "a[rel=prev]", "href"), values(photo, "a[rel=next]", "href"); !slices.Equal(prev, []string{"/x/A.jpg/?sort=-date"}) || !slices.Equal(next, []string{"/x/IMG%201.jpg/?sort=-date"}) {
		t.Errorf("the photo's neighbours are %s and %s", prev, next)
	}
}

func TestAlbum_pages(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x", "1.gif"), 4, 3, 1)
	for i := 2; i <= pageSize+2; i++ {
		if err := os.Link(filepath.Join(dir, "x", "1.gif"), filepath.Join(dir, "x", fmt.Sprintf("%d.gif", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "x", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir)
	last := s.page("/x/?page=2")
	if got := values(last, ".photo img", "alt"); !slices.Equal(got, []string{"501", "502"}) {
		t.Errorf("page 2 shows %s", got)
	}
	if got := values(last, ".pages a[rel=prev]", "href"); !slices.Equal(got, []string{"/x/"}) {
		t.Errorf("page 2 has rel=prev %s", got)
	}
	if n := len(find(last, ".card")) + len(find(last, ".pages a[rel=next]")); n != 0 {
		t.Errorf("page 2 has sub-albums or a next page")
	}
	first := s.page("/x/?sort=-name")
	if got := len(find(first, ".photo")); got != pageSize {
		t.Errorf("page 1 has %d photos, want %d", got, pageSize)
	}
	if got := values(first, ".pages a[rel=next]", "href"); !slices.Equal(got, []string{"/x/?page=2&sort=-name"}) {
		t.Errorf("page 1 has rel=next %s", got)
	}
	if got := values(s.page("/x/502.gif/"), "a[rel=up]", "href"); !slices.Equal(got, []string{"/x/?page=2"}) {
		t.Errorf("the last photo leads up to %s, want its own page of the album", got)
	}
}

func TestIndex(t *testing.T) {
	s := smallSite(t)
	for range 2 {
		doc := s.page("/")
		if got := values(doc, ".card h2", ""); !slices.Equal(got, []string{"Empty", "folder.jpg", "Trip"}) {
			t.Errorf("the index shows the albums %s", got)
		}
		counts := values(doc, ".card span:not(.placeholder)", "")
		for i, want := range []string{"0 photos", "1 photo", "4 photos"} {
			if counts[i] != want { // without dates: when a file was copied says nothing
				t.Errorf("album %d says %q, want %q", i, counts[i], want)
			}
		}
		if got := len(find(doc, ".photo")); got != 1 {
			t.Errorf("the index shows %d photos of the root's own, want 1", got)
		}
	}
	if got := text(find(s.page("/Empty/"), ".empty")[0]); got == "" {
		t.Error("an empty album says nothing")
	}
}

// Names that come and go show at once, a photo that changed in place soon.
func TestAlbum_changes(t *testing.T) {
	s := smallSite(t)
	s.get("/Trip/")
	s.get("/Trip/")
	write(t, filepath.Join(s.dir, "Trip", "3 new.jpg"), 100, 100, 9)
	if got := values(s.page("/Trip/"), ".photo img", "alt"); !slices.Equal(got, []string{"1", "2", "3 new", "10"}) {
		t.Errorf("after a photo was added the page shows %s", got)
	}
	before := values(s.page("/Trip/"), ".photo img", "src")
	if err := os.Chtimes(filepath.Join(s.dir, "Trip", "3 new.jpg"), time.Now(), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	s.later()
	after := values(s.page("/Trip/"), ".photo img", "src")
	if before[2] == after[2] || before[1] != after[1] {
		t.Errorf("after a photo was changed its thumbnail's address is %s, was %s", after[2], before[2])
	}
}

// pageAnew has a page looked at anew that is remembered, and returns it and the one that a
// server makes that remembers nothing.
func (s *site) pageAnew(name string) (anew, fresh string) {
	s.t.Helper()
	p, r := s.server.albumPages, httptest.NewRequest("GET", s.URL, nil)
	key := pageKey{album: name, n: 1, texts: messages.For(""), at: p.addresses.origin(r)}
	known, ok := p.pages.Get(key)
	if !ok {
		s.t.Fatalf("the page of %s is not remembered", name)
	}
	known.built = time.Time{}
	p.pages.Put(key, known)
	s.server.library.listings.Clear()
	path := p.addresses.page(name)
	s.get(path) // makes what is to be made
	anew = string(s.get(path).body)
	program := assembled(s.t, s.config, s.log.logger())
	program.server.library.pageAge = s.server.library.pageAge
	for range 2 {
		w := httptest.NewRecorder()
		program.server.ServeHTTP(w, httptest.NewRequest("GET", s.URL+path, nil))
		fresh = w.Body.String()
	}
	return anew, fresh
}

// What a page showed before is copied where it is still so, and rendered anew where not.
func TestAlbum_copiesWhatStays(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for i, name := range []string{"1 first.jpg", "2 changing.PNG", "3 stays.jpg", "4 changing.gif", "Day changing/1.jpg", "Day 2/stays.jpg"} {
		write(t, in("Trip/"+name), 300+i, 200, i)
	}
	writeFile(t, in("Trip/2 changing.md"), []byte("The one"))
	writeFile(t, in("Trip/Day changing/README.md"), []byte("# The first day"))
	writeFile(t, in("Trip/Day 2/README.md"), []byte("# The second day"))
	s := newSite(t, dir).unhurried()
	for _, path := range []string{"/Trip/", "/Trip/", "/", "/"} {
		s.get(path)
	}
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"nothing changed", func() {}},
		{"a caption was written anew", func() { writeFile(t, in("Trip/2 changing.md"), []byte("Only & one")) }},
		{"an album was called otherwise", func() { writeFile(t, in("Trip/Day changing/README.md"), []byte("# The new day")) }},
		{"a photo was overwritten", func() { write(t, in("Trip/2 changing.PNG"), 500, 300, 9) }},
		{"the photo of a cover was overwritten", func() { write(t, in("Trip/Day changing/1.jpg"), 300, 500, 10) }},
		{"a photo was added before others", func() { write(t, in("Trip/0 new.jpg"), 100, 100, 11) }},
		{"a photo was removed", func() { os.Remove(in("Trip/1 first.jpg")) }},
		{"a photo was spoilt", func() { writeFile(t, in("Trip/4 changing.gif"), []byte("no picture")) }},
		{"an album was removed", func() { os.RemoveAll(in("Trip/Day 2")) }},
	} {
		step.do()
		for _, name := range []string{"Trip", "."} {
			if anew, fresh := s.pageAnew(name); anew != fresh {
				t.Errorf("%s: the page of %s is\n%s\nwant\n%s", step.what, name, anew, fresh)
			}
		}
	}
}

// A figure has room for all that is offered.
func TestOffers_room(t *testing.T) {
	if got, want := len(offers{}), 1+len(offered); got != want {
		t.Errorf("there is room for %d, want %d", got, want)
	}
}

// A cover that changes, or whose thumbnail goes, is made anew and shown.
func TestIndex_coverChanges(t *testing.T) {
	dir := t.TempDir()
	cover := filepath.Join(dir, "a", "changing.jpg")
	write(t, cover, 300, 200, 1)
	s := newSite(t, dir).unhurried()
	steps := map[string]func(){
		"cold":              func() {},
		"cover touched":     func() { os.Chtimes(cover, time.Now(), time.Now().Add(-time.Hour)) },
		"thumbnail removed": func() { os.Remove(filepath.Join(dir, "a", album.ThumbsDir, "changing.jpg")) },
	}
	for _, step := range []string{"cold", "cover touched", "thumbnail removed"} {
		s.get("/")
		steps[step]()
		s.later()
		for view := range 2 {
			a := s.get("/")
			if n := s.onDisk(a.body); n != 1 {
				t.Errorf("%s: view %d shows %d covers, want 1", step, view, n)
			}
			if view == 1 && a.Header.Get("ETag") == "" {
				t.Errorf("%s: the second view is not warm", step)
			}
		}
	}
}

// A photo called cover or folder is the cover, unless it cannot be shown; else
// the newest is. An album without photos takes that of its newest album.
func TestIndex_chosenCover(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/0.jpg", "a/Cover.PNG", "a/folder.jpg", "b/0.jpg", "b/FOLDER.gif", "b/covers.jpg", "c/0.jpg", "c/x.jpg", "d/0.jpg", "e/in/0.jpg", "e/in/cover.jpeg"} {
		write(t, filepath.Join(dir, name), 60, 40, i)
		at := time.Now().Add(time.Duration(-i) * time.Hour) // the first is the newest
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(dir, "d", "cover.jpg"), []byte("not a picture"))
	s := newSite(t, dir)
	want := []string{"/a/_thumbs/Cover.PNG", "/b/_thumbs/FOLDER.gif", "/c/_thumbs/0.jpg", "/d/_thumbs/0.jpg", "/e/in/_thumbs/cover.jpeg"}
	for _, round := range []string{"cold", "warm", "later"} {
		var got []string
		for _, src := range values(s.page("/"), ".card img", "src") {
			before, _, _ := strings.Cut(src, "?")
			got = append(got, before)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the covers are %q, want %q", round, got, want)
		}
		if round == "warm" {
			s.later()
		}
	}
}

// Albums deep in one another settle on their covers with the first view: the
// dates that become known with each are not compared with files' mtimes.
func TestIndex_settles(t *testing.T) {
	dir := t.TempDir()
	for i := range 24 {
		write(t, filepath.Join(dir, "trips", fmt.Sprintf("y%d", i%2), fmt.Sprintf("m%d", i), "1.jpg"), 60, 40, i)
	}
	s := newSite(t, dir).unhurried()
	first := s.get("/")
	if made := s.made(); made > 2 {
		t.Errorf("the index made %d thumbnails for its one card", made)
	}
	second := s.get("/")
	if second.Header.Get("ETag") == "" || !bytes.Equal(shown(first.body), shown(second.body)) {
		t.Error("the second view of the index is not warm or differs")
	}
}

// However many ask for pages of one large album at once, it is listed once.
func TestAlbum_listedOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x", "0.gif"), 4, 3, 1)
	for i := 1; i < 1000; i++ {
		if err := os.Link(filepath.Join(dir, "x", "0.gif"), filepath.Join(dir, "x", fmt.Sprintf("%d.gif", i))); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, dir).unhurried()
	first, err := s.server.library.list(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := s.server.library.list(t.Context(), "x")
		if err != nil || &again.Photos[0] != &first.Photos[0] {
			t.Fatal("an album that has just been listed is listed anew")
		}
	}
	write(t, filepath.Join(dir, "x", "new.gif"), 4, 3, 1)
	if again, _ := s.server.library.list(t.Context(), "x"); len(again.Photos) != 1001 {
		t.Errorf("after a photo was added %d are listed", len(again.Photos))
	}
}

// A wide photo is offered as its preview, too, once that is on disk: in a row as high
// as others its width takes more pixels than the sharp rendition has. One that is so wide that
// its thumbnail is lower than the row gets a larger rendition together with that.
func TestAlbum_sharpWide(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]image.Point{"2x3": {1200, 1800}, "3x2": {1800, 1200}, "16x9": {1760, 990}, "3x1": {1800, 600}, "5x1": {3000, 600}} {
		writeNoise(t, filepath.Join(dir, name+".jpg"), size.X, size.Y)
	}
	s := newSite(t, dir)
	offered := func() map[string]string {
		s.later()
		doc := s.page("/")
		all := map[string]string{}
		for _, img := range find(doc, ".photo img") {
			var widths []string
			for candidate := range strings.SplitSeq(attribute(img, "srcset"), ", ") {
				address, width, _ := strings.Cut(candidate, " ")
				if address == "" {
					continue
				}
				got, err := jpeg.DecodeConfig(bytes.NewReader(s.get(address).body))
				if err != nil || fmt.Sprintf("%dw", got.Width) != width {
					t.Errorf("%s is %d wide, offered as %s", address, got.Width, width)
				}
				widths = append(widths, width)
			}
			all[attribute(img, "alt")] = strings.Join(widths, " ")
		}
		return all
	}
	s.get("/")
	want := map[string]string{"2x3": "", "3x2": "", "16x9": "", "3x1": "400w 800w", "5x1": "400w 1600w 2560w"}
	if got := offered(); !maps.Equal(got, want) {
		t.Errorf("with nothing made, %q is offered, want %q", got, want)
	}
	for name := range want {
		for _, rend := range []string{"800", "1600"} {
			if a := s.get("/_thumbs/" + rend + "/" + name + ".jpg"); a.StatusCode != 200 {
				t.Fatalf("%s of %s = %d", rend, name, a.StatusCode)
			}
		}
	}
	want = map[string]string{"2x3": "267w 533w", "3x2": "400w 800w", "16x9": "400w 800w 1600w", "3x1": "400w 800w 1600w", "5x1": "400w 800w 1600w 2560w"}
	if got := offered(); !maps.Equal(got, want) {
		t.Errorf("%q is offered, want %q", got, want)
	}
}

// The larger rendition is offered once it is on disk, and no longer than that.
func TestAlbum_sharp(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "changing.jpg"), 1200, 900, 1)
	write(t, filepath.Join(dir, "middle.jpg"), 600, 900, 2)
	write(t, filepath.Join(dir, "small.jpg"), 400, 300, 3)
	s := newSite(t, dir)
	offered := func() []string {
		s.later()
		a := s.get("/")
		s.onDisk(a.body)
		var all []string
		for _, srcset := range values(parse(t, a.body), ".photo img[sizes]", "srcset") {
			for candidate := range strings.SplitSeq(srcset, ", ") {
				address, width, _ := strings.Cut(candidate, " ")
				path, _, _ := strings.Cut(address, "?")
				if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
					t.Errorf("%s is offered and not on disk: %v", address, err)
				}
				got, err := jpeg.DecodeConfig(bytes.NewReader(s.get(address).body))
				if err != nil || fmt.Sprintf("%dw", got.Width) != width {
					t.Errorf("%s is %d wide, offered as %s", address, got.Width, width)
				}
				all = append(all, path+" "+width)
			}
		}
		return all
	}
	check := func(step string, want ...string) {
		t.Helper()
		for range 2 {
			if got := offered(); !slices.Equal(got, want) {
				t.Errorf("%s: %q is offered, want %q", step, got, want)
			}
		}
	}
	check("at first")
	for _, name := range []string{"changing.jpg", "middle.jpg", "small.jpg"} {
		s.get("/_thumbs/800/" + name)
	}
	middle := []string{"/_thumbs/middle.jpg 267w", "/_thumbs/800/middle.jpg 533w"}
	both := append([]string{"/_thumbs/changing.jpg 400w", "/_thumbs/800/changing.jpg 800w"}, middle...)
	check("made", both...)
	s.restart()
	check("after a restart", both...)
	write(t, filepath.Join(dir, "changing.jpg"), 1000, 900, 4)
	check("changed", middle...)
	os.Remove(filepath.Join(dir, album.ThumbsDir, "800", "middle.jpg"))
	check("removed")
	writeFile(t, filepath.Join(dir, album.ThumbsDir, "800", "middle.jpg"), []byte("not ours"))
	check("replaced")
}

// A warm page of 200 photos, all offered in two sizes, takes no more than 22 kB.
func TestAlbum_pageSize(t *testing.T) {
	dir := t.TempDir()
	var drawn [5][]byte // cameras know few proportions
	for i := range drawn {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, draw(420, 270+50*i, i), nil); err != nil {
			t.Fatal(err)
		}
		drawn[i] = b.Bytes()
	}
	for i := range 200 {
		writeFile(t, filepath.Join(dir, "Trip to the mountains", fmt.Sprintf("IMG_%04d.JPG", 1234+7*i)), drawn[i*i%5])
	}
	s := newSite(t, dir)
	const path = "/Trip%20to%20the%20mountains/"
	s.get(path)
	for i := range 200 {
		s.get(fmt.Sprintf("%s_thumbs/800/IMG_%04d.JPG", path, 1234+7*i))
	}
	s.later()
	a := s.get(path, "Accept-Encoding", "identity")
	if got := len(values(parse(t, a.body), ".photo img", "srcset")); got != 200 {
		t.Errorf("%d photos are offered in two sizes, want 200", got)
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, 5) // as in deploy/nginx
	z.Write(a.body)
	z.Close()
	t.Logf("%d bytes, %d compressed", len(a.body), b.Len())
	if b.Len() > 22_000 {
		t.Errorf("the page takes %d bytes, %d compressed, want at most 22,000", len(a.body), b.Len())
	}
}

// The dates in photos' names sort, make covers and headings; when a file was copied only
// sorts, behind what says when it was taken.
func TestIndex_dates(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/IMG_20190704_183005.jpg", "a/IMG_20210704_183005.jpg", "a/Z.jpg", "b/1.jpg", "b/2.jpg"} {
		write(t, filepath.Join(dir, name), 60, 40, i)
		at := time.Date(2024, 1, 1+i, 0, 0, 0, 0, time.UTC) // the last is the newest
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, dir)
	for _, round := range []string{"cold", "warm"} {
		s.get("/a/")
		s.get("/b/")
		s.get("/")
		s.later()
		doc := s.page("/")
		if got := values(doc, ".card span:not(.placeholder)", ""); !slices.Equal(got, []string{"3 photos · 2019\u00a0–\u2060\u00a02021", "2 photos"}) {
			t.Errorf("%s: the cards say %q", round, got)
		}
		var covers []string
		for _, src := range values(doc, ".card img", "src") {
			before, _, _ := strings.Cut(src, "?")
			covers = append(covers, before)
		}
		if want := []string{"/a/_thumbs/IMG_20210704_183005.jpg", "/b/_thumbs/1.jpg"}; !slices.Equal(covers, want) {
			t.Errorf("%s: the covers are %q, want %q", round, covers, want)
		}
		if got := values(s.page("/a/?sort=date"), ".photo a", "href"); !slices.Equal(got, []string{"/a/IMG_20190704_183005.jpg/?sort=date", "/a/IMG_20210704_183005.jpg/?sort=date", "/a/Z.jpg/?sort=date"}) {
			t.Errorf("%s: by date they come as %q", round, got)
		}
	}
}

// Names sort as people sort them, and a caption is found in the other normalization.
func TestAlbum_names(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"Zebra", "Äpfel", "Apfel", "Oslo", "Österreich"} {
		write(t, filepath.Join(dir, name, "beach (10).jpg"), 60, 40, i)
	}
	for i, name := range []string{"beach (2).jpg", "beach.jpg", "beach (1).jpg", "u\u0308ber.jpg"} {
		write(t, filepath.Join(dir, "Zebra", name), 60, 40, i)
	}
	writeFile(t, filepath.Join(dir, "Zebra", "\u00fcber.jpg.md"), []byte("Caption by side file"))
	s := newSite(t, dir)
	if got := values(s.page("/"), ".card h2", ""); !slices.Equal(got, []string{"Apfel", "Äpfel", "Oslo", "Österreich", "Zebra"}) {
		t.Errorf("the albums are %q", got)
	}
	doc := s.page("/Zebra/")
	if got := values(doc, ".photo img", "alt"); !slices.Equal(got, []string{"beach", "beach (1)", "beach (2)", "beach (10)", "Caption by side file"}) {
		t.Errorf("the photos are %q", got)
	}
}

// Albums sort as photos do, on the index and in albums: by name or by the date of their
// newest photo, each way; those without a date come last.
func TestAlbum_orderOfAlbums(t *testing.T) {
	dir := t.TempDir()
	for _, below := range []string{"", "Deep"} {
		for name, file := range map[string]string{"A": "IMG_20210101_120000.jpg", "B": "IMG_20190101_120000.jpg", "C": "undated.jpg", "D": "IMG_20230101_120000.jpg", "E": "none"} {
			if file == "none" {
				file = "IMG_20200101_120000.jpg"
				write(t, filepath.Join(dir, below, name, "sub", file), 60, 40, 1) // below counts
				continue
			}
			write(t, filepath.Join(dir, below, name, file), 60, 40, 1)
		}
	}
	os.RemoveAll(filepath.Join(dir, "Deep", "Deep"))
	s := newSite(t, dir)
	for _, at := range []string{"/Deep/", "/"} {
		for query, want := range map[string]string{"": "A B C D E", "?sort=-name": "E D C B A", "?sort=date": "B E A D C", "?sort=-date": "D A E B C"} {
			for _, state := range []string{"cold", "warm", "warm after a while"} {
				got := ""
				for _, href := range values(s.page(at+query), ".card a", "href") {
					href, _, _ = strings.Cut(href, "?")
					if name := strings.Trim(strings.TrimPrefix(href, at), "/"); name != "Deep" {
						got += " " + name
					}
				}
				if strings.TrimSpace(got) != want {
					t.Errorf("%s%s, %s: the albums are%s, want %s", at, query, state, got, want)
				}
				if state == "warm" {
					s.later()
				}
			}
		}
		if got := values(s.page(at+"?sort=date"), ".sorts[aria-label] a", "href"); !slices.Equal(got, []string{at, at + "?sort=-date"}) {
			t.Errorf("%s offers the orders %q", at, got)
		}
	}
}

// The cover is not also shown among the photos that it stands for, nor counted, but has its
// page still; alone it is shown.
func TestAlbum_coverApart(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/IMG_20200101_120000.jpg", "a/b.jpg", "a/Cover.jpg", "a/z.jpg", "alone/cover.jpg", "above/cover.jpg", "above/in/1.jpg", "two/cover.jpg", "two/folder.jpg"} {
		write(t, filepath.Join(dir, name), 60, 40, i)
	}
	s := newSite(t, dir)
	for _, state := range []string{"cold", "warm"} {
		if got, want := values(s.page("/"), ".card span:not(.placeholder)", ""), []string{"3 photos", "1 photo", "1 photo", "1 photo"}; !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%s: the cards count %q, want %q", state, got, want)
		}
		for path, want := range map[string][]string{
			"/a/": {"b", "IMG_20200101_120000", "z"}, "/a/?sort=-name": {"z", "IMG_20200101_120000", "b"}, "/a/?sort=date": {"IMG_20200101_120000", "b", "z"},
			"/alone/": {"cover"}, "/above/": nil, "/two/": {"folder"},
		} {
			doc := s.page(path)
			if got := values(doc, ".photo img", "alt"); !slices.Equal(got, want) {
				t.Errorf("%s: %s shows %q, want %q", state, path, got, want)
			}
			if total := values(doc, ".grid", "data-total"); len(total) > 0 && total[0] != fmt.Sprint(len(want)) {
				t.Errorf("%s: %s counts %s, want %d", state, path, total[0], len(want))
			}
		}
		if got := values(s.page("/a/z.jpg/"), ".pages .up", ""); !slices.Equal(got, []string{"3 of 3"}) {
			t.Errorf("%s: the last photo is %q", state, got)
		}
		if got := values(s.page("/a/Cover.jpg/"), ".pages a", ""); !slices.Equal(got, []string{"1 of 1"}) {
			t.Errorf("%s: the cover's page leads to %q", state, got)
		}
	}
	if got := values(s.page("/a/"), `meta[property="og:image"]`, "content"); len(got) != 1 || !strings.Contains(got[0], "/a/_thumbs/1200/Cover.jpg") {
		t.Errorf("a link to the album shows %q, want its cover", got)
	}
	if !there(filepath.Join(dir, "a", album.ThumbsDir, "Cover.jpg")) {
		t.Error("the cover's thumbnail was pruned")
	}
}

// The order that a visitor chose goes along, up and down; without a choice there is none in
// an address.
func TestAlbum_orderGoesAlong(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/1.jpg", "a/2.jpg", "a/b/1.jpg", "a/b/2.jpg", "a/b/c/1.jpg"} {
		write(t, filepath.Join(dir, name), 60, 40, i)
	}
	s := newSite(t, dir)
	for query, add := range map[string]string{"": "", "?sort=name": "", "?sort=-name": "?sort=-name", "?sort=date": "?sort=date", "?sort=x": ""} {
		doc := s.page("/a/b/" + query)
		for what, want := range map[string][]string{
			".crumbs a": {"/" + add, "/a/" + add}, ".card a": {"/a/b/c/" + add},
			`link[rel="canonical"]`: {s.URL + "/a/b/"},
		} {
			if got := values(doc, what, "href"); !slices.Equal(got, want) {
				t.Errorf("%s of %q lead to %q, want %q", what, query, got, want)
			}
		}
		if got, want := values(s.page("/a/b/1.jpg/"+query), ".crumbs a", "href"), []string{"/" + add, "/a/" + add, "/a/b/" + add}; !slices.Equal(got, want) {
			t.Errorf("a photo's crumbs with %q lead to %q, want %q", query, got, want)
		}
	}
}

// What a README.md says of order and cover holds for its album and those below, until one
// says otherwise; -sort holds for the rest. A visitor's choice goes before all of them.
func TestAlbum_settings(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a/IMG_20200101_120000.jpg", "a/z.jpg", "a/b/x.jpg", "a/b/y.jpg", "a/b/cover.jpg", "a/b/title.jpg", "a/c/x.jpg", "a/c/y.jpg", "d/x.jpg", "d/y.jpg"} {
		write(t, filepath.Join(dir, name), 60, 40, i)
	}
	writeFile(t, filepath.Join(dir, "a", "README.md"), []byte("---\nsort: -name\ncover: \"title.jpg\"\n---\n# A trip\n\nTo the sea.\n"))
	writeFile(t, filepath.Join(dir, "a", "c", "README.md"), []byte("---\nsort: name\ncover: ../../d/y.jpg\n---\n"))
	write(t, filepath.Join(dir, "changing", "in", "x.jpg"), 60, 40, 1)
	write(t, filepath.Join(dir, "changing", "in", "y.jpg"), 60, 40, 2)
	writeFile(t, filepath.Join(dir, "changing", "README.md"), nil)
	s := newSite(t, dir, func(c *config) { c.sort = album.ByNameDown })
	for _, state := range []string{"cold", "warm"} {
		for path, want := range map[string]string{
			"/": "d changing a", "/a/": "c b z.jpg IMG_20200101_120000.jpg", "/a/?sort=name": "b c IMG_20200101_120000.jpg z.jpg", "/a/?sort=-name": "c b z.jpg IMG_20200101_120000.jpg",
			"/a/b/": "y.jpg x.jpg title.jpg", "/a/c/": "x.jpg y.jpg", "/a/c/?sort=-name": "y.jpg x.jpg", "/d/": "y.jpg x.jpg", "/d/?sort=name": "x.jpg y.jpg",
		} {
			var got []string
			for _, href := range values(s.page(path), ".card a, .photo a", "href") {
				href, query, _ := strings.Cut(href, "?")
				got = append(got, filepath.Base(href))
				if asked := strings.Contains(path, "sort=") && path != "/a/?sort=-name"; asked != (query != "") {
					t.Errorf("%s: %s leads to %s with %q", state, path, href, query)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %s shows %q, want %s", state, path, got, want)
			}
		}
		var covers []string
		for _, src := range values(s.page("/a/"), ".card img", "src") {
			before, _, _ := strings.Cut(src, "?")
			covers = append(covers, before)
		}
		if want := []string{"/a/c/_thumbs/x.jpg", "/a/b/_thumbs/title.jpg"}; !slices.Equal(covers, want) {
			t.Errorf("%s: the covers are %q, want %q", state, covers, want)
		}
		if got := text(find(s.page("/a/"), ".about")[0]); got != "To the sea." {
			t.Errorf("%s: the description is %q", state, got)
		}
		if got := values(s.page("/a/b/x.jpg/"), "a[rel=prev]", "href"); !slices.Equal(got, []string{"/a/b/y.jpg/"}) {
			t.Errorf("%s: before x comes %q", state, got)
		}
	}
	// A change counts at once.
	for order, want := range map[string][]string{"-name": {"y", "x"}, "name": {"x", "y"}} {
		writeFile(t, filepath.Join(dir, "changing", "README.md"), []byte("---\nsort: "+order+"\n---\n"))
		s.later()
		if got := values(s.page("/changing/in/"), ".photo img", "alt"); !slices.Equal(got, want) {
			t.Errorf("once the album above says %s, the photos are %q", order, got)
		}
	}
}

// Months are named in an order by date alone, where there are several and not too many; what
// has no date goes along, and the cover takes no place.
func TestGrid_nameMonths(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		write(t, filepath.Join(dir, "a", fmt.Sprintf("2014%02d01_12%02d00.jpg", 1+i/6, i)), 8, 8, i)
	}
	write(t, filepath.Join(dir, "a", "cover.jpg"), 8, 8, 0)
	for i := range 4 {
		write(t, filepath.Join(dir, "few", fmt.Sprintf("2014%02d01_120000.jpg", 1+i)), 8, 8, i)
	}
	s := newSite(t, dir)
	for range 2 { // cold, and warm
		s.get("/a/?sort=date")
	}
	for path, want := range map[string]string{
		"/a/?sort=date":   "#2014-01 January 2014|#2014-02 February 2014",
		"/a/?sort=-date":  "#2014-02 February 2014|#2014-01 January 2014",
		"/a/":             "",
		"/few/?sort=date": "",
	} {
		s.get(path)
		page := string(s.get(path).body)
		var got []string
		for _, m := range regexp.MustCompile(`<h2 class="day" id="([^"]*)">([^<]*)</h2>`).FindAllStringSubmatch(page, -1) {
			got = append(got, "#"+m[1]+" "+m[2])
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s has the months %q, want %q", path, got, want)
		}
		if n := strings.Count(page, `class="sorts jump"`); n != min(1, len(want)) {
			t.Errorf("%s has %d lists of ways", path, n)
		}
	}
}

// A link to a page shows the first of its photos by name, whatever their order on it.
func TestGrid_photosByName(t *testing.T) {
	g := &grid{}
	for _, name := range []string{"1.jpg", "2.jpg", "10.jpg", "a.jpg", "Ä.jpg", "b.jpg"} { // as they sort
		g.shown = append(g.shown, album.Photo{File: name})
	}
	for order, page := range map[string][]int{album.ByName: {1, 2, 4}, album.ByNameDown: {4, 2, 1}, album.ByDate: {4, 0, 5, 2}, album.ByDateDown: {2, 3}} {
		g.order, g.cells = order, []cell{{sub: "an album"}}
		for _, i := range page {
			g.cells = append(g.cells, cell{src: g.shown[i]})
		}
		var want []album.Photo
		for i, src := range g.shown {
			if slices.Contains(page, i) {
				want = append(want, src)
			}
		}
		if got := g.photosByName(); !slices.Equal(got, want) {
			t.Errorf("by %s the page has, by name, %v, want %v", order, got, want)
		}
	}
}
