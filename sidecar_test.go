package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sidecar(title, date string) []byte {
	return []byte(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="` + date + `">` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + title + `</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`)
}

// An XMP file beside a photo is read as the photo's own XMP, whichever of its names it has,
// and what changes in it shows.
func TestSidecar(t *testing.T) {
	dir := t.TempDir()
	const nfc, nfd = "\u00e9", "e\u0301"
	files := map[string]string{
		"a.jpg": "a.jpg.xmp", "b.png": "b.xmp", "c.JPG": "c.JPG.XMP", "new d.jpg": "", nfd + ".jpg": nfc + ".xmp",
	}
	for name, beside := range files {
		write(t, filepath.Join(dir, name), 60, 40, len(name))
		if beside != "" {
			writeFile(t, filepath.Join(dir, beside), sidecar("Title of "+strings.ToUpper(name[:1]), "1975-06-15T12:00:00"))
		}
	}
	writeFile(t, filepath.Join(dir, "a.xmp"), sidecar("The second choice", "1990-01-01T00:00:00"))
	s := newSite(t, dir)
	if got := s.page("/"); len(find(got, ".photo")) != 5 {
		t.Errorf("the album shows %d photos, want 5", len(find(got, ".photo")))
	}
	shows := func(what, want string) {
		t.Helper()
		s.later()
		if page := string(s.get("/").body); !strings.Contains(page, want) {
			t.Errorf("%s: the album does not say %q", what, want)
		}
	}
	for _, want := range []string{"Title of A", "Title of B", "Title of C", "Title of E"} {
		shows("at first", want)
	}
	if strings.Contains(string(s.get("/").body), "The second choice") {
		t.Error("a.xmp goes before a.jpg.xmp")
	}
	if got := s.facts("/a.jpg/", "en")["Date"]; !strings.Contains(got, "1975") {
		t.Errorf("a.jpg was taken %q, want in 1975", got)
	}
	for _, change := range []struct {
		what string
		do   func() error
		want string
	}{
		{"changed", func() error {
			return os.WriteFile(filepath.Join(dir, "a.jpg.xmp"), sidecar("Another title", "1976-06-15T12:00:00"), 0o644)
		}, "Another title"},
		{"removed", func() error { return os.Remove(filepath.Join(dir, "a.jpg.xmp")) }, "The second choice"},
	} {
		if err := change.do(); err != nil {
			t.Fatal(err)
		}
		shows("a sidecar "+change.what, change.want)
	}
	writeFile(t, filepath.Join(dir, "new d.xmp"), sidecar("Added", "1976-06-15T12:00:00"))
	shows("a sidecar added", "Added")
	for _, path := range []string{"/a.xmp", "/a.xmp/"} {
		if got := s.get(path).StatusCode; got != 404 {
			t.Errorf("GET %s = %d, want 404", path, got)
		}
	}
}
