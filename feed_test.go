package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/feed"
)

// atomFeed is what a reader makes of a feed.
type atomFeed struct {
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Summary string `xml:"summary"`
		Content string `xml:"content"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

func (f atomFeed) titles() (titles []string) {
	for _, e := range f.Entries {
		titles = append(titles, e.Title)
	}
	return titles
}

// feed reads a feed.
func (s *site) feed(path string, header ...string) (atomFeed, response) {
	s.t.Helper()
	got := s.get(path, header...)
	var f atomFeed
	if err := xml.Unmarshal(got.body, &f); got.StatusCode != http.StatusOK || err != nil {
		s.t.Fatalf("GET %s = %d, %v: %s", path, got.StatusCode, err, got.body)
	}
	return f, got
}

// A feed tells of the albums that changed last, in its album and below it, with addresses that
// lead there from anywhere, by the rules that shared links follow.
func TestFeed(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a b/1.jpg", "a b/in/2.jpg", "a b/in/3.jpg", "c/4.jpg", "empty/none", ".hidden/5.jpg", "left/6.jpg", "root.jpg"} {
		if filepath.Ext(name) == "" {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, filepath.Join(dir, name), 60, 40, i)
	}
	writeFile(t, filepath.Join(dir, "left", ".nomedia"), nil)
	writeFile(t, filepath.Join(dir, "c", "README.md"), []byte("# Sea & *sun*\n\nTo the [sea](https://example.com/).\n"))
	day := func(n int) time.Time { return time.Date(2024, 5, n, 12, 0, 0, 0, time.UTC) }
	for name, n := range map[string]int{"a b": 2, "a b/in": 4, "c": 3, ".": 1} {
		if err := os.Chtimes(filepath.Join(dir, name), day(n), day(n)); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, dir, func(c *config) { c.base, c.trustProxy = "/p", true })
	proxied := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "example.com"}
	f, got := s.feed("/p/.feed.atom", proxied...)
	if want := []string{"in", "Sea & sun", "a b", "Gallery"}; !slices.Equal(f.titles(), want) {
		t.Errorf("the feed tells of %q, want %q", f.titles(), want)
	}
	if f.ID != "https://example.com/p/" || f.Updated != "2024-05-04T12:00:00Z" || f.Links[1].Rel != "self" || f.Links[1].Href != "https://example.com/p/.feed.atom" {
		t.Errorf("the feed is %+v", f)
	}
	if e := f.Entries[0]; e.ID != "https://example.com/p/a%20b/in/#2024-05-04" || e.Updated != "2024-05-04T12:00:00Z" || e.Summary != "2 photos" ||
		!strings.Contains(e.Content, `<img src="https://example.com/p/a%20b/in/_thumbs/2.jpg"`) {
		t.Errorf("the first entry is %+v", e)
	}
	if e := f.Entries[1]; e.Summary != "1 photo · To the sea." || !strings.Contains(e.Content, `<a href="https://example.com/">`) {
		t.Errorf("an entry with a description is %+v", e)
	}
	if got.Header.Get("Content-Type") != feed.MediaType {
		t.Errorf("it is sent as %v", got.Header)
	}
	if again := s.get("/p/.feed.atom", append(proxied, "If-None-Match", got.Header.Get("ETag"))...); again.StatusCode != http.StatusNotModified {
		t.Errorf("a reader that has the feed gets %d", again.StatusCode)
	}
	if f, _ := s.feed("/p/a%20b/.feed.atom"); !slices.Equal(f.titles(), []string{"in", "a b"}) || f.ID != s.URL+"/p/a%20b/" || f.Title != "a b" {
		t.Errorf("an album's feed is %+v", f)
	}
	for path, want := range map[string]string{"/p/a%20b/": "/p/a%20b/.feed.atom", "/p/": "/p/.feed.atom"} {
		if got := values(s.page(path), `link[type="application/atom+xml"]`, "href"); !slices.Equal(got, []string{want}) {
			t.Errorf("%s names the feeds %q", path, got)
		}
	}
	for _, path := range []string{"/.feed.atom", "/p/.feed.atom/", "/p/nowhere/.feed.atom", "/p/left/.feed.atom", "/p/.hidden/.feed.atom", "/p/a%20b/_thumbs/.feed.atom", "/p/a%20b/1.jpg/.feed.atom", "/p/../.feed.atom"} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.StatusCode)
		}
	}
}

// A feed has so many entries and no more.
func TestFeed_bounded(t *testing.T) {
	dir := t.TempDir()
	for i := range maxEntries + 5 {
		write(t, filepath.Join(dir, fmt.Sprint(i), "1.gif"), 4, 3, 1)
	}
	s := newSite(t, dir)
	if f, _ := s.feed("/.feed.atom"); len(f.Entries) != maxEntries {
		t.Errorf("the feed has %d entries, want %d", len(f.Entries), maxEntries)
	}
}

// Feeds and the sitemap tell each visitor of what they may see, and of what is closed at once
// no more.
func TestFeed_access(t *testing.T) {
	s := guarded(t)
	for name, want := range map[string]string{"": "Gallery Open", "ann": "Club Gallery Hidden Open Our secret Party Press", "bob": "Club Gallery Open"} {
		var header []string
		if name != "" {
			header = []string{"Authorization", basic(name, rightPassword)}
		}
		f, got := s.feed("/.feed.atom", header...)
		titles := f.titles()
		slices.Sort(titles)
		if strings.Join(titles, " ") != want || strings.Contains(got.Header.Get("Cache-Control"), "private") != (name != "") {
			t.Errorf("%q is told of %q, want %s; %v", name, titles, want, got.Header)
		}
		sitemap := s.get("/.sitemap.xml", header...)
		if sitemap.StatusCode != 200 || bytes.Contains(sitemap.body, []byte("Family")) || bytes.Contains(sitemap.body, []byte("Hidden")) || !bytes.Contains(sitemap.body, []byte("/Open/</loc>")) {
			t.Errorf("the sitemap for %q = %d %s", name, sitemap.StatusCode, sitemap.body)
		}
	}
	if got := s.get("/Family/.feed.atom"); got.StatusCode != http.StatusNotFound {
		t.Errorf("the feed of a closed album = %d", got.StatusCode)
	}
}

// The sitemap of many albums is an index of parts.
func TestSitemap_parts(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	s := newSite(t, dir, func(c *config) { c.base = "/p" })
	if got, want := string(s.get("/p/.sitemap.xml").body), "<loc>"+s.URL+"/p/a/</loc>"; !strings.Contains(got, want) || strings.Count(got, "<url>") != 2 {
		t.Errorf("the sitemap is %s", got)
	}
	for _, path := range []string{"/p/.sitemap-1.xml", "/p/.sitemap-0.xml", "/p/.sitemap-01.xml", "/p/.sitemap-x.xml", "/p/.sitemap-.xml", "/p/a/.sitemap.xml"} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, got.StatusCode)
		}
	}
	places := make([]place, 2*feed.MaxAddresses+1)
	for i := range places {
		places[i] = place{name: fmt.Sprint("album ", i)}
	}
	s.server.feeds.walks.Put(walkKey{".", visitor{}}, walk{places, time.Now().Add(time.Hour)})
	index := string(s.get("/p/.sitemap.xml").body)
	if !strings.Contains(index, "<sitemapindex") || strings.Count(index, "<sitemap>") != 3 || !strings.Contains(index, "<loc>"+s.URL+"/p/.sitemap-3.xml</loc>") {
		t.Errorf("the index is %s", index)
	}
	for part, want := range map[int]int{1: feed.MaxAddresses, 3: 1} {
		if got := bytes.Count(s.get(fmt.Sprintf("/p/.sitemap-%d.xml", part)).body, []byte("<url>")); got != want {
			t.Errorf("part %d has %d addresses, want %d", part, got, want)
		}
	}
	if got := s.get("/p/.sitemap-4.xml"); got.StatusCode != http.StatusNotFound {
		t.Errorf("a part too many = %d", got.StatusCode)
	}
}
