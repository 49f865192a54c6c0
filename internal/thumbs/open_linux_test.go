package thumbs

import (
	"path/filepath"
	"testing"

	"gallery/internal/album"
	"gallery/internal/nolink"
	"gallery/internal/testkit"
)

// What Open has opened is closed unless it is the caller's, whatever happens on the way.
func TestStore_Open_closes(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "a", "1.jpg"), 60, 40)
	folder, err := s.storage.Photos.Below().Folder("a")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	src, err := album.Stat(folder, "a", "1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ensure(t.Context(), src, ""); err != nil {
		t.Fatal(err)
	}
	stale := src
	stale.Size++
	open := func(src album.Photo, accepts func(string) bool) (h *nolink.Handle) {
		defer func() { _ = recover() }()
		h, _, _, _ = s.Open(folder, src, "", accepts)
		return h
	}
	for what, test := range map[string]struct {
		src     album.Photo
		accepts func(string) bool
		opened  int
	}{
		"fresh":   {src, func(string) bool { return false }, 1},
		"stale":   {stale, func(string) bool { return false }, 0},
		"a panic": {src, func(string) bool { panic("of ours") }, 0},
	} {
		before := testkit.Descriptors(t)
		h := open(test.src, test.accepts)
		if got := testkit.Descriptors(t) - before; got != test.opened || (h != nil) != (test.opened == 1) {
			t.Errorf("%s: %d descriptors more are open, want %d", what, got, test.opened)
		}
		if h != nil {
			h.Close()
		}
	}
}
