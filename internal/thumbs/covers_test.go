package thumbs

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

// A cover's thumbnail is looked for where a name in _thumbs may have changed since it was found,
// and larger ones unless there is no folder for them.
func TestStore_covering(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "a", "1.jpg"), 60, 40)
	src := s.Restat(album.Photo{Album: "a", File: "1.jpg"})
	if _, err := s.Ensure(t.Context(), src, ""); err != nil {
		t.Fatal(err)
	}
	look := func(st Stamp, at time.Time, wantBare, want bool) {
		t.Helper()
		if _, bare, ok := s.Covering(src, st, at); bare != wantBare || ok != want {
			t.Errorf("it is there: %v, without larger ones: %v; want %v and %v", ok, bare, want, wantBare)
		}
	}
	_, st := s.RestatIn(src, Stamp{})
	if st != s.Stamp("a") || st.Thumbs.IsZero() {
		t.Fatalf("the album's stamp is %v, want %v", st, s.Stamp("a"))
	}
	thumb := filepath.Join(dir, rendition.Name(src, ""))
	away := thumb + ".away"
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	look(st, st.Thumbs, true, true) // found as soon as it came
	move(thumb, away)
	look(st, st.Thumbs, false, false)
	move(away, thumb)

	st = s.Stamp("a")
	later := st.Thumbs.Add(time.Minute)
	look(st, later, true, true)
	move(thumb, away)
	look(st, later, true, true) // from memory
	look(s.Stamp("a"), later, false, false)
	move(away, thumb)

	if err := os.Mkdir(filepath.Join(dir, rendition.Folder("a", rendition.Sharp)), 0o755); err != nil {
		t.Fatal(err)
	}
	look(s.Stamp("a"), later, false, true)
	changed := src
	changed.MTime++
	if _, _, ok := s.Covering(changed, s.Stamp("a"), later); ok {
		t.Error("it is taken for that of a photo that was overwritten")
	}
}

// What comes to the _thumbs of an album changes its stamp unless that is as it was before.
func TestWithin_stampSince(t *testing.T) {
	s, dir := newStore(t, usual)
	mkdir := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mkdir("a/_thumbs")
	w := s.Within(".")
	defer w.Close()
	before := s.Stamp("a")
	if err := os.Chtimes(filepath.Join(dir, "a", "_thumbs"), time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if got := w.StampSince("a", before); got != before {
		t.Errorf("the stamp is %v, want that of before, %v", got, before)
	}
	for time.Since(before.Photos) < 20*time.Millisecond {
	}
	mkdir("a/b")
	if got := w.StampSince("a", before); got != s.Stamp("a") || got == before {
		t.Errorf("with another name the stamp is %v, want %v", got, s.Stamp("a"))
	}
	if got := w.StampSince("none", before); got != (Stamp{}) {
		t.Errorf("the stamp of what is not there is %v", got)
	}
}
