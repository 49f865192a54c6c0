package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/thumbs"
)

// inBackground runs the site's background work until the test ends.
func (s *site) inBackground() {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.server.background.Run(ctx)
	}()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// await fails the test unless the condition comes true within seconds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestBackground_makesWhatPagesOffer(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1.jpg", "a/2.jpg", "b/1.jpg"} {
		writeLarge(t, filepath.Join(dir, name), 1000, 700, 1)
	}
	write(t, filepath.Join(dir, "a", "small.jpg"), 300, 200, 1)
	writeFile(t, filepath.Join(dir, "a", "damaged.jpg"), []byte("no picture"))
	s := newSite(t, dir)
	s.inBackground()
	if got := values(s.page("/a/"), "figure.photo img", "srcset"); fmt.Sprint(got) != fmt.Sprint(make([]string, len(got))) {
		t.Errorf("a cold page offers %q", got)
	}
	await(t, "the album to be warm", func() bool { return s.warmedUp("a") })
	for _, name := range []string{"800/1.jpg", "800/2.jpg", "1600/1.jpg", "1600/2.jpg"} {
		if !there(filepath.Join(dir, "a", album.ThumbsDir, name)) {
			t.Errorf("in the background %s was not made", name)
		}
	}
	for _, name := range []string{"a/_thumbs/800/small.jpg", "b/_thumbs/1.jpg"} {
		if there(filepath.Join(dir, name)) {
			t.Errorf("in the background %s was made, which nobody wants", name)
		}
	}
	s.later()
	offered := 0
	for _, srcset := range values(s.page("/a/"), "img", "srcset") {
		if srcset != "" {
			offered++
		}
	}
	if offered != 2 {
		t.Errorf("a warm page offers the larger rendition of %d photos, want 2", offered)
	}
	// A photo that comes later is warmed with the next view.
	writeLarge(t, filepath.Join(dir, "a", "new.jpg"), 1000, 700, 3)
	s.get("/a/")
	await(t, "the new photo's renditions", func() bool { return there(filepath.Join(dir, "a", album.ThumbsDir, "1600", "new.jpg")) })
}

// warmedUp reports whether the background is done with an album as it is.
func (s *site) warmedUp(album string) bool {
	return s.server.background.Settled(album, s.store.Stamp(album))
}

// Where nothing can be stored, the background gives up, and takes no memory
// from what visitors see.
func TestBackground_cannotStore(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 1000, 700, 1)
	s := newSite(t, dir)
	s.get("/")
	if err := os.RemoveAll(filepath.Join(dir, album.ThumbsDir)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, album.ThumbsDir), []byte("in the way"))
	defer os.Remove(filepath.Join(dir, album.ThumbsDir))
	s.later()
	s.get("/") // kept in memory now
	s.inBackground()
	s.server.background.Viewed(".", thumbs.Stamp{})
	await(t, "the background to give up", func() bool { return s.warmedUp(".") })
	if got := s.get("/_thumbs/1.jpg"); got.StatusCode != 200 {
		t.Errorf("the thumbnail in memory = %d", got.StatusCode)
	}
	if n := s.store.Unstored(); n != 1 {
		t.Errorf("%d renditions are in memory, want the thumbnail alone", n)
	}
}

// With -background=false nothing is noted, and nothing fails.
func TestBackground_off(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 1000, 700, 1)
	s := newSite(t, dir, func(c *config) { c.inBackground = false })
	if s.server.background != nil || s.get("/").StatusCode != 200 {
		t.Error("without background the server does not work")
	}
}
