package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
)

// What systems put beside photos, and folders with a .nomedia, are no albums: nothing in
// them or below them is listed, counted, answered, made, added to, or put into an archive.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Trip", "1.jpg"), 90, 60, 1)
	hidden := []string{"@eaDir", "Trip/#recycle", "Trip/$RECYCLE.BIN", "Trip/Previews.lrdata", "Trip/lost+found", "Trip/marked", "marked"}
	for i, name := range hidden {
		write(t, filepath.Join(dir, name, "deleted.jpg"), 90, 60, 2+i)
		write(t, filepath.Join(dir, name, "below", "deleted.jpg"), 90, 60, 20+i)
		if strings.HasSuffix(name, "marked") {
			writeFile(t, filepath.Join(dir, name, ".nomedia"), nil)
		}
	}
	s := newSite(t, dir, func(c *config) { withUsers(t, c); c.upload, c.zip = true, true })
	for _, page := range []string{"/", "/Trip/"} {
		if got := len(find(s.page(page), "figure.card, figure.photo")); got != 1 {
			t.Errorf("%s shows %d albums and photos, want 1", page, got)
		}
	}
	for _, name := range hidden {
		for _, folder := range []string{name, name + "/below"} {
			at := s.server.addresses.page(folder)
			for _, to := range []string{"", "deleted.jpg", "deleted.jpg/", "_thumbs/deleted.jpg", "_thumbs/800/deleted.jpg", "?zip", "?sort=date"} {
				if got := s.get(at + to); got.StatusCode != http.StatusNotFound || bytes.Contains(got.body, []byte(filepath.Base(name))) {
					t.Errorf("GET %s = %d", at+to, got.StatusCode)
				}
			}
			if got := s.get(strings.TrimSuffix(at, "/")); got.StatusCode != http.StatusNotFound {
				t.Errorf("GET %s = %d", strings.TrimSuffix(at, "/"), got.StatusCode)
			}
			if got := s.post(at, []sent{{"photo", "new.jpg", picture(t, ".jpg", 9)}}); got.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s = %d", at, got.StatusCode)
			}
		}
		parent, base := s.server.addresses.page(filepath.Dir(name)), filepath.Base(name)
		got := s.post(parent, []sent{{"album", "", []byte(base)}, {"photo", "new.jpg", picture(t, ".jpg", 9)}}, asScript...)
		if got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("POST %s with the album %s = %d %s", parent, base, got.StatusCode, got.body)
		}
	}
	var out bytes.Buffer
	if err := runWarm(t.Context(), []string{dir}, &out, &out); err != nil || !strings.Contains(out.String(), "gallery: 1 photos") {
		t.Errorf("warm: %v, %s", err, out.Bytes())
	}
	for _, name := range hidden {
		if there(filepath.Join(dir, name, album.ThumbsDir)) || there(filepath.Join(dir, name, "below", album.ThumbsDir)) || there(filepath.Join(dir, name, "new.jpg")) {
			t.Errorf("something was made in %s", name)
		}
	}
}

// A .nomedia that comes and goes counts within a second, on the pages that show the
// album, too; clean then removes the thumbnails.
func TestLeftOut_comesAndGoes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Trip", "1.jpg"), 90, 60, 1)
	write(t, filepath.Join(dir, "Trip", "Day", "1.jpg"), 90, 60, 2)
	write(t, filepath.Join(dir, "Trip", "Day", "below", "1.jpg"), 90, 60, 3)
	s := newSite(t, dir)
	mark := filepath.Join(dir, "Trip", "Day", ".nomedia")
	look := func(counts string, cards, status int) {
		t.Helper()
		s.later()
		if got := text(find(s.page("/"), "figure.card")[0]); !strings.Contains(got, counts) {
			t.Errorf("the card says %q, want %q", got, counts)
		}
		if got := len(find(s.page("/Trip/"), "figure.card")); got != cards {
			t.Errorf("/Trip/ has %d albums, want %d", got, cards)
		}
		for _, path := range []string{"/Trip/Day/", "/Trip/Day/below/", "/Trip/Day/_thumbs/1.jpg"} {
			if got := s.get(path); got.StatusCode != status {
				t.Errorf("GET %s = %d, want %d", path, got.StatusCode, status)
			}
		}
	}
	look("3 photos", 1, http.StatusOK)
	// What is remembered of a folder that has not changed for long is remembered for good.
	for _, folder := range []string{"", "Trip", "Trip/_thumbs"} {
		if err := os.Chtimes(filepath.Join(dir, folder), time.Time{}, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	look("3 photos", 1, http.StatusOK)
	writeFile(t, mark, nil)
	look("1 photo", 0, http.StatusNotFound)
	s.restart()
	look("1 photo", 0, http.StatusNotFound)
	said, err := cleaned(t, dir)
	if err != nil || there(filepath.Join(dir, "Trip", "Day", album.ThumbsDir)) || there(filepath.Join(dir, "Trip", "Day", "below", album.ThumbsDir)) {
		t.Errorf("clean leaves the thumbnails of what is left out: %v, %s", err, said)
	}
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	look("3 photos", 1, http.StatusOK)
}
