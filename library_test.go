package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/note"
)

// What the program remembers stays within its bounds, which SECURITY.md's promise of
// memory rests on, whatever is asked for, and those follow from -memory.
func TestRemembered_bounds(t *testing.T) {
	for _, memory := range []int64{minMemory, 4 * minMemory} {
		t.Run(fmt.Sprint(memory), func(t *testing.T) { testRememberedBounds(t, memory) })
	}
}

func testRememberedBounds(t *testing.T, memory int64) {
	s := newSite(t, t.TempDir(), withZip, func(c *config) { c.memory = memory })
	lib := s.server.library
	for i := range 3 {
		lib.listings.Put(fmt.Sprint(i), listing{Listing: album.Listing{Photos: make([]album.Photo, memory/listedShare/fileCost/2+1)}})
		lib.notes.Put(album.Photo{File: fmt.Sprint(i)}, note.Note{Text: strings.Repeat("x", maxNotes/2)})
		page := answer.NewPage(make([]byte, memory/pagesShare/2), gzip.BestSpeed)
		s.server.albumPages.pages.Put(pageKey{n: i}, cachedPage{Page: page})
	}
	if a, b, c := lib.listings.Len(), lib.notes.Len(), s.server.albumPages.pages.Len(); a != 1 || b != 1 || c != 1 {
		t.Errorf("of what takes more than half of its bound %d listings, %d notes and %d pages are remembered, want 1 each", a, b, c)
	}
	most := int(memory / summaryShare / summaryCost)
	for i := range most + maxChecksums + 10 {
		lib.summaries.Put(fmt.Sprint(i), folderSummary{})
		s.server.archives.sums.Put(album.Photo{MTime: int64(i)}, 0)
	}
	if a, b := lib.summaries.Len(), s.server.archives.sums.Len(); a != most || b != maxChecksums {
		t.Errorf("%d summaries and %d checksums are remembered, want %d and %d", a, b, most, maxChecksums)
	}
}

// A folder whose mtime lies ahead, by a clock that is wrong, is read twice and not at each view.
func TestLibrary_mtimeAhead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	ahead := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "a"), ahead, ahead); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir)
	lib := s.server.library
	known := func() bool {
		_, ok := lib.summarizeFolder(t.Context(), "a", true, s.store.Stamp("a"))
		return ok
	}
	lib.summarizeFolder(t.Context(), "a", false, s.store.Stamp("a"))
	time.Sleep(pageAge + 10*time.Millisecond)
	if known() {
		t.Error("a change at the same time would never be seen")
	}
	lib.summarizeFolder(t.Context(), "a", false, s.store.Stamp("a"))
	time.Sleep(pageAge + 10*time.Millisecond)
	if !known() {
		t.Error("the folder is read at each view")
	}
}

// The larger a tree is whose page shows a card, the longer what that says of it holds.
func TestLookAside(t *testing.T) {
	s := smallSite(t)
	l := s.server.library
	for _, test := range []struct {
		folders int // below the page's album
		ago     time.Duration
		looked  bool
	}{
		{0, 9 * time.Second, false}, {0, 11 * time.Second, true},
		{2000, 9 * time.Second, false}, {2000, 11 * time.Second, true},
		{10_000, 49 * time.Second, false}, {10_000, 51 * time.Second, true},
	} {
		l.totals.Put(".", total{folders: test.folders})
		before := aside{at: time.Now().Add(-test.ago)}
		l.aside.Put("Trip", before)
		l.lookAside("Trip")
		if now, _ := l.aside.Get("Trip"); (now != before) != test.looked {
			t.Errorf("with %d folders, %v after the last look, there is another: %v", test.folders, test.ago, !test.looked)
		}
	}
}
