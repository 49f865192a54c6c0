package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// phoneTree is a folder as a phone leaves it, beside one of photos and one that is empty.
func phoneTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Trip", "1.jpg"), 90, 60, 1)
	writeFile(t, filepath.Join(dir, "Trip", "1.mov"), []byte("film"))
	for _, name := range []string{"IMG_2.HEIC", "IMG_10.HEIC", "IMG_2.MOV", "<b>&.wav", "IMG_2.AAE", "notes.txt", "x.svg", ".hidden.mov"} {
		writeFile(t, filepath.Join(dir, "Phone", name), []byte("content of "+name))
	}
	if err := os.Mkdir(filepath.Join(dir, "Empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What is not shown is counted on the album's page and on each card above it, and served
// to nobody.
func TestOthers_counted(t *testing.T) {
	s := newSite(t, phoneTree(t))
	for _, state := range []string{"cold", "warm"} {
		if got, want := values(s.page("/"), ".card span:not(.placeholder)", ""), []string{"0 photos", "4 other files (HEIC, MOV, WAV)", "1 photo · 1 other file (MOV)"}; !slices.Equal(got, want) {
			t.Errorf("%s: the cards say %q, want %q", state, got, want)
		}
		doc := s.page("/Phone/")
		if got := values(doc, ".counts", ""); !slices.Equal(got, []string{"4 other files (HEIC, MOV, WAV)"}) {
			t.Errorf("%s: the album counts %q", state, got)
		}
		if got := values(doc, ".empty", ""); !slices.Equal(got, []string{"What is here cannot be shown in a browser."}) {
			t.Errorf("%s: the album says %q", state, got)
		}
		if got := find(doc, ".others"); len(got) > 0 {
			t.Errorf("%s: other files are listed", state)
		}
		if got := values(s.page("/Trip/"), ".counts", "")[0]; !strings.HasPrefix(got, "1 photo · 1 other file (MOV)") {
			t.Errorf("%s: the album of a photo counts %q", state, got)
		}
	}
	if got := values(s.page("/Empty/"), ".empty", ""); !slices.Equal(got, []string{"There are no photos here yet."}) {
		t.Errorf("the empty album says %q", got)
	}
	for _, path := range []string{"/Phone/IMG_2.HEIC", "/Phone/IMG_2.HEIC/", "/Phone/_thumbs/IMG_2.HEIC", "/Trip/1.mov", "/Phone/x.svg"} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d without -others", path, got.StatusCode)
		}
	}
	writeFile(t, filepath.Join(s.dir, "Empty", "new.mp4"), []byte("film"))
	s.later()
	if got := values(s.page("/"), ".card span:not(.placeholder)", "")[0]; got != "1 other file (MP4)" {
		t.Errorf("once a film has come, the card says %q", got)
	}
}

// With -others they are listed and served, each under its type, and nothing else is.
func TestOthers_served(t *testing.T) {
	s := newSite(t, phoneTree(t), func(c *config) { c.others = true })
	doc := s.page("/Phone/")
	if got, want := values(doc, ".others a", ""), []string{"<b>&.wav", "IMG_2.HEIC", "IMG_2.MOV", "IMG_10.HEIC"}; !slices.Equal(got, want) {
		t.Errorf("the page lists %q, want %q", got, want)
	}
	if got := values(doc, ".others small", ""); len(got) == 0 || got[0] != "WAV · 19 B" {
		t.Errorf("it says of them %q", got)
	}
	types := map[string]string{"HEIC": "image/heic", "MOV": "video/quicktime", "wav": "audio/wav"}
	for _, href := range values(doc, ".others a", "href") {
		got := s.get(href)
		file := filepath.Base(unescape(t, href))
		if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != types[strings.TrimPrefix(filepath.Ext(file), ".")] || string(got.body) != "content of "+file {
			t.Errorf("GET %s = %d %s %q", href, got.StatusCode, got.Header.Get("Content-Type"), got.body)
		}
	}
	if got := s.get("/Phone/IMG_2.MOV", "Range", "bytes=0-6"); got.StatusCode != http.StatusPartialContent || string(got.body) != "content" {
		t.Errorf("a part of a film = %d %q", got.StatusCode, got.body)
	}
	for _, path := range []string{"/Phone/IMG_2.HEIC/", "/Phone/_thumbs/IMG_2.HEIC", "/Phone/notes.txt", "/Phone/IMG_2.AAE", "/Phone/x.svg", "/Phone/.hidden.mov", "/Phone/IMG_3.HEIC"} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d with -others", path, got.StatusCode)
		}
	}
}

// A folder that is called like a film is an album still, and a link is not followed.
func TestOthers_noFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "clip.mov", "1.jpg"), 90, 60, 1)
	writeFile(t, filepath.Join(dir, "real.mp4"), []byte("film"))
	if err := os.Symlink("real.mp4", filepath.Join(dir, "link.mp4")); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir, func(c *config) { c.others = true })
	for path, want := range map[string]int{"/clip.mov/": 200, "/clip.mov": 301, "/real.mp4": 200, "/link.mp4": 404} {
		if got := s.get(path); got.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", path, got.StatusCode, want)
		}
	}
}

// A page lists so many other files and says how many more there are.
func TestOthers_many(t *testing.T) {
	dir := t.TempDir()
	first := filepath.Join(dir, "0.mov")
	writeFile(t, first, []byte("film"))
	for i := 1; i < maxOthersListed+1234; i++ {
		if err := os.Link(first, filepath.Join(dir, fmt.Sprint(i, ".mov"))); err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, dir, func(c *config) { c.others = true })
	doc := s.page("/")
	if got := len(find(doc, ".others li")); got != maxOthersListed {
		t.Errorf("%d are listed, want %d", got, maxOthersListed)
	}
	if got := values(doc, ".others p", ""); !slices.Equal(got, []string{"and 1,234 more"}) {
		t.Errorf("of the rest it says %q", got)
	}
}
