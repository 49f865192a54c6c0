package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/sharing"
	"gallery/internal/storage"
	"gallery/internal/testkit"
)

// answersWithin fails the test, and frees whoever waits, if f takes longer.
func answersWithin(t *testing.T, limit time.Duration, leave func(), what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		leave()
		<-done
		t.Fatalf("%s waits for what does not answer", what)
	}
}

// An album whose file system does not answer takes nothing else with it, and is back when
// that does.
func TestHangs(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.jpg", "Here/1.jpg", "Here/Öland/1.jpg", "Trip/1.jpg"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), 60, 40, 1)
	}
	cache := filepath.Join(t.TempDir(), "cache")
	s := newSite(t, dir, func(c *config) { c.zip = true })
	inCache := s.config
	inCache.cache = cache
	s.get("/")
	s.get("/Trip/")
	s.get("/Here/")
	s.index("Here/Öland", "Here", "Trip", ".")
	_, toTrip, _ := s.share(sharing.Link{Album: "Trip"})
	_, leaveInner := testkit.Hang(t, filepath.Join(dir, "Here", "Öland"))
	end, leaveOuter := testkit.Hang(t, filepath.Join(dir, "Trip"))
	leave := func() { leaveInner(); leaveOuter() }
	s.restart() // with nothing remembered
	answersWithin(t, 8*time.Second, leave, "the start", func() { assembled(t, inCache, (&logBuffer{}).logger()) })
	for i, test := range []struct {
		path   string
		status int
		limit  time.Duration // of which none needs more than 2 s for each mount
	}{
		{"/", 200, 8 * time.Second},
		{"/", 200, time.Second},
		{"/Here/", 200, 8 * time.Second},
		{"/Here/", 200, time.Second},
		{"/Here/1.jpg/", 200, time.Second},
		{"/Trip/", 404, time.Second},
		{"/Trip/1.jpg", 404, time.Second},
		{"/Trip/1.jpg/", 404, time.Second},
		{"/Trip/_thumbs/1.jpg", 404, time.Second},
		{"/Here/%C3%96land/", 404, time.Second},
		{"/Here/O%CC%88land/1.jpg", 404, time.Second}, // in another normalization form
		{toTrip, 503, time.Second},
		{"/?zip", 200, time.Second},
		{"/.feed.atom", 200, time.Second},
		{"/.search?q=1", 200, time.Second},
	} {
		answersWithin(t, test.limit, leave, test.path, func() {
			s.server.albumPages.pages.Clear()
			s.server.library.age(".")
			r := s.get(test.path)
			if r.StatusCode != test.status {
				t.Errorf("%s answers %d, want %d", test.path, r.StatusCode, test.status)
			}
			if i < 4 && (strings.Contains(string(r.body), "Trip") || strings.Contains(string(r.body), "Öland")) {
				t.Errorf("%s shows an album that does not answer", test.path)
			}
		})
	}
	answersWithin(t, 2*time.Second, leave, "the sweeping", func() { s.store.Sweep(t.Context(), ".") })
	answersWithin(t, 2*time.Second, leave, "the indexing", func() {
		for _, name := range []string{"Trip", "Here", "."} {
			_, _, _ = s.server.library.reindex(t.Context(), name, true)
		}
	})
	if n := s.log.count("level=ERROR", "does not answer, and is closed"); n != 2 {
		t.Errorf("what does not answer is logged %d times, not once each", n)
	}
	eventually := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	end()
	eventually("what answers again counts as hanging", func() bool { return !s.server.storage.Photos.Hangs("Trip") })
	leave()
	eventually("an album that is back is not shown", func() bool { return strings.Contains(string(s.get("/").body), "Trip") })
	if r := s.get("/Trip/1.jpg"); r.StatusCode != 200 {
		t.Errorf("its photo answers %d", r.StatusCode)
	}
}

// Where the file system that the photos or their thumbnails lie on does not answer, visitors
// are told so before long, and at once from then on, and nobody is left waiting. It is all there
// again when that answers.
func TestHangs_own(t *testing.T) {
	for _, what := range []string{"photos", "cache"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel() // it mostly waits
			dir := t.TempDir()
			photos, cache := filepath.Join(dir, "photos"), filepath.Join(dir, "cache")
			write(t, filepath.Join(photos, "Trip", "1.jpg"), 60, 40, 1)
			s := newSite(t, photos, func(c *config) { c.cache = cache })
			s.get("/Trip/")
			_, leave := testkit.Hang(t, filepath.Join(dir, what))
			time.Sleep(1100 * time.Millisecond) // for so long it is taken to be as it was
			for i, limit := range []time.Duration{8 * time.Second, time.Second, time.Second, time.Second} {
				path := []string{"/Trip/", "/", "/Trip/1.jpg/", "/Trip/_thumbs/1.jpg"}[i]
				answersWithin(t, limit, leave, path, func() {
					if r := s.get(path); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
						t.Errorf("%s answers %d", path, r.StatusCode)
					}
				})
			}
			answersWithin(t, 8*time.Second, leave, "a new start", func() {
				if _, err := storage.New(photos, cache, s.log.logger()); err == nil || !strings.Contains(err.Error(), "does not answer") {
					t.Errorf("a new start says %v", err)
				}
			})
			leave()
			for deadline := time.Now().Add(20 * time.Second); s.get("/Trip/").StatusCode != 200; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("an album that is back is not shown")
				}
			}
		})
	}
}
