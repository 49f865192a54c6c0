package main

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/messages"
)

// foundSite has photos of two albums, with dates in their names, all indexed.
func foundSite(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	return foundSiteIn(t, t.TempDir(), change...)
}

// foundSiteIn is foundSite in a directory that may hold something.
func foundSiteIn(t *testing.T, dir string, change ...func(*config)) *site {
	t.Helper()
	for i, name := range []string{
		"Summer/20140705_120000 dog & <b>.jpg", "Summer/20140706_120000.jpg", "Summer/20140801_120000.jpg",
		"Árbol/20150102_120000 Café.jpg", "Árbol/nodate.jpg", "Árbol/new.jpg",
	} {
		write(t, filepath.Join(dir, name), 60, 40, i)
	}
	s := newSite(t, dir, change...)
	for _, path := range []string{"/", "/Summer/", "/%C3%81rbol/"} {
		s.get(path)
	}
	s.index("Summer", "Árbol", ".")
	return s
}

// names are those of the photos on a page, in its order.
func (s *site) names(path string) (names []string) {
	s.t.Helper()
	for _, href := range values(s.page(path), ".grid a", "href") {
		names = append(names, strings.TrimSuffix(filepath.Base(href), "/"))
	}
	return names
}

func TestSearch(t *testing.T) {
	s := foundSite(t)
	for query, want := range map[string][]string{
		"dog":            {"20140705_120000%20dog%20&%20%3Cb%3E.jpg"},
		"DOG+2014":       {"20140705_120000%20dog%20&%20%3Cb%3E.jpg"},
		"cafe":           {"20150102_120000%20Caf%C3%A9.jpg"},
		"arbol+jpg+cafe": {"20150102_120000%20Caf%C3%A9.jpg"},
		"july+2014":      {"20140706_120000.jpg", "20140705_120000%20dog%20&%20%3Cb%3E.jpg"},
		"julio+de+2014":  {"20140706_120000.jpg", "20140705_120000%20dog%20&%20%3Cb%3E.jpg"},
		"2014-08":        {"20140801_120000.jpg"},
		"nothing":        nil,
		"":               nil,
		"%FF%00":         nil,
	} {
		if got := s.names("/.search?q=" + query); !slices.Equal(got, want) {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	page := s.page("/.search?q=summer+%22%3E%3Cscript%3E")
	if got := values(page, ".search input", "value"); !slices.Equal(got, []string{`summer "><script>`}) {
		t.Errorf("the box holds %q", got)
	}
	if got := values(s.page("/.search?q=summer"), ".jump a", "href"); !slices.Equal(got, []string{"/Summer/"}) {
		t.Errorf("the albums found are %q", got)
	}
	for _, path := range []string{"/.search?q=dog&page=2", "/.search?page=x", "/.search?q=dog&page=99999999999", "/.search/", "/.recent"} {
		if r := s.get(path); r.StatusCode != 404 {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
	// All thumbnails are on disk when the page is read.
	if err := os.RemoveAll(filepath.Join(s.dir, "Summer", "_thumbs")); err != nil {
		t.Fatal(err)
	}
	if n := s.onDisk(s.get("/.search?q=summer").body); n != 3 {
		t.Errorf("%d thumbnails are on disk, want 3", n)
	}
}

// What is gone is not shown, and soon not found; what came is found once it is indexed.
// Dates are found as pages write them, in each language.
func TestSearch_dates(t *testing.T) {
	s := foundSite(t)
	taken := time.Date(2014, 7, 6, 0, 0, 0, 0, time.UTC)
	july := s.names("/.search?q=2014-07")
	if len(july) != 2 {
		t.Fatalf("of July 2014 there are %q", july)
	}
	for _, c := range append(slices.Clone(messages.Languages), messages.For("en-US"), messages.For("en-GB")) {
		if got := s.names("/.search?q=" + url.QueryEscape(c.Month(taken))); !slices.Equal(got, july) {
			t.Errorf("%s: %q finds %q", c.Lang, c.Month(taken), got)
		}
		if got := s.names("/.search?q=" + url.QueryEscape(c.Day(taken))); !slices.Equal(got, []string{"20140706_120000.jpg"}) {
			t.Errorf("%s: %q finds %q", c.Lang, c.Day(taken), got)
		}
	}
}

func TestSearch_changes(t *testing.T) {
	s := foundSite(t)
	if err := os.Remove(filepath.Join(s.dir, "Árbol", "new.jpg")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "Árbol", "new dog.jpg"), 60, 40, 1)
	if got := s.names("/.search?q=new"); len(got) != 0 {
		t.Errorf("%q is shown, which is gone", got)
	}
	s.index("Árbol")
	if got := s.names("/.search?q=new"); !slices.Equal(got, []string{"new%20dog.jpg"}) {
		t.Errorf("indexed, %q is found", got)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "Árbol")); err != nil {
		t.Fatal(err)
	}
	if got := s.names("/.search?q=cafe"); len(got) != 0 {
		t.Errorf("%q is shown, whose album is gone", got)
	}
	_, _, _ = s.server.library.reindex(t.Context(), "Árbol", true) // an error is that it is gone
	if n, _ := s.server.library.found.Size(); n != 3 {
		t.Errorf("%d photos can be found, want 3", n)
	}
}

func TestTimeline(t *testing.T) {
	s := foundSite(t, func(c *config) { c.base = "/photos" })
	page := s.page("/photos/.timeline/")
	if got := values(page, ".day a", "href"); !slices.Equal(got, []string{"/photos/.timeline/2015-01/", "/photos/.timeline/2014-08/", "/photos/.timeline/2014-07/"}) {
		t.Errorf("the months are %q", got)
	}
	if got := values(page, ".jump a", "href"); !slices.Equal(got, []string{"/photos/.timeline/#y2015", "/photos/.timeline/#y2014"}) || len(find(page, "#y2014")) != 1 {
		t.Errorf("the years are %q", got)
	}
	page = s.page("/photos/.timeline/2014-07/")
	var days []string
	for _, day := range find(page, ".day") {
		days = append(days, text(day))
	}
	if !slices.Equal(days, []string{"5 July 2014 Summer", "6 July 2014 Summer"}) {
		t.Errorf("the days are %q", days)
	}
	if got := values(page, ".day a", "href"); !slices.Equal(got, []string{"/photos/Summer/", "/photos/Summer/"}) {
		t.Errorf("the albums are %q", got)
	}
	for _, path := range []string{"/photos/.timeline/2014-7/", "/photos/.timeline/2014-07", "/photos/.timeline/x/", "/photos/.timeline/2014-07/x/", "/photos/.timeline/?page=2"} {
		if r := s.get(path); r.StatusCode != 404 {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
}

func TestRecent(t *testing.T) {
	s := foundSite(t)
	write(t, filepath.Join(s.dir, "Árbol", "new last.jpg"), 60, 40, 1)
	s.index("Árbol")
	if got := s.names("/.recent/"); len(got) != 7 || got[0] != "new%20last.jpg" {
		t.Errorf("what came last is %q", got)
	}
}

// Behind a password nothing is found without it, and an album that may not be seen is not.
func TestSearch_private(t *testing.T) {
	s := smallSite(t, func(c *config) { withUsers(t, c); c.private = true })
	for _, path := range []string{"/.search?q=trip", "/.timeline/", "/.recent/"} {
		if r := s.get(path); r.StatusCode != 401 {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
}

// What a folder does not show to everybody is found, counted and named for those alone who may
// see it.
func TestSearch_access(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "Summer", ".access"), []byte("ann\n"))
	s := foundSiteIn(t, dir, func(c *config) { withUsers(t, c) })
	ann := []string{"Authorization", basic("ann", rightPassword)}
	for _, path := range []string{"/.search?q=jpg", "/.search?q=summer", "/.timeline/", "/.recent/", "/.timeline/2014-07/"} {
		if got := string(s.get(path).body); strings.Contains(got, "Summer") || strings.Contains(got, "2014") && path != "/.timeline/2014-07/" {
			t.Errorf("%s tells everybody of a closed album", path)
		}
		got := s.get(path, ann...)
		if !strings.Contains(string(got.body), "Summer") || got.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s does not show ann her album, or to others, too: %s", path, got.Header.Get("Cache-Control"))
		}
	}
	if got := text(find(s.page("/.search?q=jpg"), ".counts")[0]); got != "3 photos" {
		t.Errorf("everybody finds %s, want 3 photos", got)
	}
}

// newsAt is the address by which a page that is open asks what has come, as the page says.
func (s *site) newsAt(path string, header ...string) string {
	s.t.Helper()
	at := values(parse(s.t, s.get(path, header...).body), ".news a", "data-at")
	if len(at) != 1 {
		s.t.Fatalf("%s asks at %q", path, at)
	}
	return at[0]
}

// Pages say how many photos have come to them since, in the visitor's language, and no others.
func TestNews(t *testing.T) {
	s := foundSite(t, func(c *config) { c.base = "/photos" })
	s.get("/photos/.recent/")
	pages := []string{"/photos/", "/photos/Summer/", "/photos/Summer/?sort=-date", "/photos/%C3%81rbol/", "/photos/.recent/", "/photos/.timeline/", "/photos/.timeline/2014-07/"}
	asks := map[string]string{}
	for _, page := range pages {
		asks[page] = s.newsAt(page)
		if got := s.get(asks[page]); got.StatusCode != 204 || len(got.body) > 0 {
			t.Errorf("%s, just read, tells %d %q", page, got.StatusCode, got.body)
		}
		if got := values(s.page(page), ".news a", "href"); !slices.Equal(got, []string{page}) {
			t.Errorf("what has come to %s is shown at %q", page, got)
		}
	}
	write(t, filepath.Join(s.dir, "Summer", "20140709_120000 new.jpg"), 60, 40, 1)
	write(t, filepath.Join(s.dir, "Summer", "20140902_120000 new.jpg"), 60, 40, 2)
	writeFile(t, filepath.Join(s.dir, "Summer", "new.txt"), []byte("no photo"))
	s.index("Summer", ".")
	s.later()
	for page, want := range map[string]string{
		"/photos/": "2 new photos", "/photos/Summer/": "2 new photos", "/photos/Summer/?sort=-date": "2 new photos", "/photos/%C3%81rbol/": "",
		"/photos/.recent/": "2 new photos", "/photos/.timeline/": "2 new photos", "/photos/.timeline/2014-07/": "1 new photo",
	} {
		got := s.get(asks[page])
		if string(got.body) != want || (got.StatusCode == 200) != (want != "") || !strings.Contains(got.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s tells %d %q, want %q", page, got.StatusCode, got.body, want)
		}
		if now := s.newsAt(page); now == asks[page] && want != "" {
			t.Errorf("%s, read anew, counts as before", page)
		}
	}
	for language, want := range map[string]string{"de": "2 neue Fotos", "pl": "2 nowe zdjęcia", "cs": "2 nové fotky", "ja": "新しい写真が2枚あります"} {
		if got := s.get(asks["/photos/"], "Accept-Language", language); string(got.body) != want {
			t.Errorf("in %s: %q, want %q", language, got.body, want)
		}
	}
	for _, path := range []string{"/photos/.news", "/photos/.news?had=x", "/photos/None/.news?had=0", "/photos/Summer/20140705_120000.jpg/.news?had=0", "/photos/.search/.news?had=0",
		"/photos/.timeline/2014-13/.news?had=0", "/photos/.timeline/x/.news?had=0", "/photos/Summer/.news/?had=0", "/photos/.news/.news?had=0"} {
		if got := s.get(path); got.StatusCode != 404 {
			t.Errorf("%s answers %d", path, got.StatusCode)
		}
	}
}

// What comes to an album that a visitor may not see is no news.
func TestNews_private(t *testing.T) {
	s := guarded(t)
	ann := []string{"Authorization", basic("ann", rightPassword)}
	s.index("Family", "Open", ".")
	pages := []string{"/", "/Open/", "/.recent/", "/.timeline/"}
	asks := map[string]string{}
	for _, page := range pages {
		s.get(page)
		asks[page] = s.newsAt(page)
	}
	recent := s.newsAt("/.recent/", ann...)
	write(t, filepath.Join(s.dir, "Family", "20140705 new.jpg"), 60, 40, 1)
	write(t, filepath.Join(s.dir, "Open", "Hidden", "20140706 new.jpg"), 60, 40, 2)
	s.index("Family", "Open/Hidden", "Open", ".")
	s.later()
	for _, page := range pages {
		if got := s.get(asks[page]); got.StatusCode != 204 {
			t.Errorf("%s tells %d %q of albums that are closed", page, got.StatusCode, got.body)
		}
	}
	if got := s.get(recent, ann...); string(got.body) != "2 new photos" && string(got.body) != "3 new photos" { // with 2.jpg, which nobody looked at
		t.Errorf("who may see them is told %d %q", got.StatusCode, got.body)
	}
	if got := s.get("/Family/.news?had=0"); got.StatusCode != 404 {
		t.Errorf("of a closed album: %d %q", got.StatusCode, got.body)
	}
}
