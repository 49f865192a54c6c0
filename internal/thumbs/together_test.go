package thumbs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gallery/internal/album"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/storage"
	"gallery/internal/webp"
)

// counted returns a store over a photo of 2000 x 1500 pixels, and the number of its decodings.
func counted(t *testing.T, o Options) (s *Store, src album.Photo, decodings *atomic.Int64) {
	t.Helper()
	decodings = new(atomic.Int64)
	o.Rendered = func(time.Duration, error) { decodings.Add(1) }
	s, dir := newStore(t, o)
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 2000, 1500)
	return s, s.Restat(album.Photo{Album: ".", File: "1.jpg"}), decodings
}

// stored reports which of these renditions of src lie in the cache.
func stored(s *Store, src album.Photo, dirs ...string) (there []bool) {
	for _, dir := range dirs {
		_, err := s.CacheRoot().Stat(rendition.Name(src, dir))
		if err != nil {
			_, err = s.CacheRoot().Stat(filepath.Join(rendition.Folder(src.Album, dir), rendition.NoAlternative(src.File)))
		}
		there = append(there, err == nil)
	}
	return there
}

// Warming decodes a photo once, whatever is missing, and not at all where nothing is.
func TestWarm_decodesOnce(t *testing.T) {
	o, dirs := usual, []string{"", "800", "1600"}
	if webp.Supported() == nil {
		o.Alternatives, dirs = rendition.Alternatives, append(dirs, "webp")
	}
	s, src, decodings := counted(t, o)
	for _, missing := range [][]string{dirs, {"1600"}, {"", "800"}, {"800", "webp"}, {"webp"}, nil} {
		if decodings.Load() > 0 {
			for _, dir := range missing {
				s.CacheRoot().Remove(rendition.Name(src, dir))
				s.CacheRoot().Remove(filepath.Join(rendition.Folder(src.Album, dir), rendition.NoAlternative(src.File)))
			}
		}
		decodings.Store(0)
		if err := s.Warm(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		want := min(1, int64(len(missing)))
		if o.Alternatives == nil && len(missing) == 1 && missing[0] == "webp" {
			want = 0
		}
		if n := decodings.Load(); n != want {
			t.Errorf("with %q missing it was decoded %d times, want %d", missing, n, want)
		}
		for i, there := range stored(s, src, dirs...) {
			if !there {
				t.Errorf("with %q missing, %q was not made", missing, dirs[i])
			}
		}
	}
}

// What does not fit the budget at once is made from decodings of its own; what alone
// does not, not at all, and nothing else suffers from that.
func TestWarm_budget(t *testing.T) {
	s, src, _ := counted(t, usual)
	f, err := os.Open(filepath.Join(s.PhotosRoot().Name(), "1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := photo.Inspect(f, src.Size)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		memory int64
		there  [3]bool
	}{
		{info.Cost(1600, 800, 400), [3]bool{true, true, true}},
		{info.Cost(1600), [3]bool{true, true, true}},
		{info.Cost(1600) - 1, [3]bool{true, true, false}},
		{info.Cost(400), [3]bool{true, false, false}},
	} {
		o := usual
		o.Memory = test.memory
		s, src, decodings := counted(t, o)
		err := s.Warm(t.Context(), src)
		if failed := test.there != [3]bool{true, true, true}; errors.Is(err, ErrUnfit) != failed || (err != nil) != failed {
			t.Errorf("with %d bytes: %v", test.memory, err)
		}
		if there := [3]bool(stored(s, src, "", "800", "1600")); there != test.there {
			t.Errorf("with %d bytes there are %v, want %v", test.memory, there, test.there)
		}
		for i, rend := range usualOnes {
			if (s.FailedBefore(src, rend) == nil) != test.there[i] {
				t.Errorf("with %d bytes, of %q it is noted: %v", test.memory, rend, s.FailedBefore(src, rend))
			}
		}
		if s.Warm(t.Context(), src); s.MemoryInUse() != 0 {
			t.Errorf("with %d bytes, %d stay taken", test.memory, s.MemoryInUse())
		}
		if n := decodings.Load(); n != 1 { // and nothing is tried again
			t.Errorf("with %d bytes it was made %d times, want once", test.memory, n)
		}
	}
}

// However many ask for however much of a photo at once, nothing is made twice.
func TestEnsure_atOnce(t *testing.T) {
	s, src, decodings := counted(t, usual)
	more := func(rendition.Record) []string { return []string{"800", "1600"} }
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			rend := usualOnes[i%len(usualOnes)]
			var err error
			var m Made
			switch i % 4 {
			case 0:
				err = s.Warm(t.Context(), src)
			case 1:
				var made map[string]Made
				made, err = s.EnsureAll(t.Context(), src, "", more)
				if len(made) != 3 {
					err = errors.Join(err, fmt.Errorf("%d renditions, want 3", len(made)))
				}
			default:
				if m, err = s.Ensure(t.Context(), src, rend); m.Options != s.Options(rend) {
					err = errors.Join(err, fmt.Errorf("%q was made with %q", rend, m.Options))
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := decodings.Load(); n > int64(len(usualOnes)) {
		t.Errorf("there were %d decodings for %d renditions", n, len(usualOnes))
	}
	for i, there := range stored(s, src, usualOnes[:]...) {
		if !there {
			t.Errorf("%q was not made", usualOnes[i])
		}
	}
}

// Who asks for more than is being made waits, and has the rest made.
func TestEnsureAll_joinsSmaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan bool)
		o := usual
		o.Rendered = func(time.Duration, error) { <-goOn }
		s, dir := newStore(t, o)
		writeJPEG(t, filepath.Join(dir, "1.jpg"), 2000, 1500)
		src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.Ensure(t.Context(), src, ""); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // the thumbnail is being made
		all.Go(func() {
			made, err := s.EnsureAll(t.Context(), src, "", func(rendition.Record) []string { return []string{"1600"} })
			if err != nil || len(made) != 2 {
				t.Errorf("EnsureAll = %d renditions, %v, want 2", len(made), err)
			}
		})
		synctest.Wait() // and waited for
		close(goOn)
		all.Wait()
	})
}

// Who leaves while others make the photo's renditions does not wait for them.
func TestEnsure_leaves(t *testing.T) {
	s, src, _ := counted(t, usual)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.EnsureAll(ctx, src, "", func(rendition.Record) []string { return []string{"1600"} }); !errors.Is(err, context.Canceled) {
		t.Errorf("EnsureAll for one who has left = %v", err)
	}
	if _, err := s.Ensure(t.Context(), src, ""); err != nil {
		t.Error(err)
	}
}

// All files of one decoding bear the same record, but for what they were made with.
func TestEnsureAll_records(t *testing.T) {
	s, src, decodings := counted(t, usual)
	made, err := s.EnsureAll(t.Context(), src, "", func(r rendition.Record) []string {
		if r.Width != 2000 || r.Height != 1500 || r.Size != src.Size {
			t.Errorf("the record is %+v", r)
		}
		return []string{"1600", "1600", ""} // however named
	})
	if err != nil || len(made) != 2 || decodings.Load() != 1 {
		t.Fatalf("%d renditions from %d decodings, %v", len(made), decodings.Load(), err)
	}
	for rend, m := range made {
		file, err := os.ReadFile(filepath.Join(s.CacheRoot().Name(), rendition.Name(src, rend)))
		if err != nil {
			t.Fatal(err)
		}
		r, ok := rendition.ReadRecord(bytes.NewReader(file))
		if !ok || r.Options != s.Options(rend) || m.Options != r.Options || r.Color != "#000000" || r.MTime != src.MTime {
			t.Errorf("the record of %q is %+v", rend, r)
		}
	}
}

// What another process makes of a photo meanwhile stays, with the alternative that it put
// beside it.
func TestEnsure_otherProcess(t *testing.T) {
	o := usual
	o.Alternatives = rendition.Alternatives
	s, src, _ := counted(t, o)
	other := New(s.storage, o, s.log)
	other.claimWithin = 0                     // s holds the photo until it has stored what it made
	s.rendered = func(time.Duration, error) { // s has made the thumbnail, and not stored it
		if err := other.Warm(context.Background(), src); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Ensure(context.Background(), src, ""); err != nil {
		t.Fatal(err)
	}
	if there := stored(s, src, "", "webp"); !there[0] || !there[1] {
		t.Errorf("the thumbnail and its alternative that another process made are there: %v", there)
	}
}

// Two programs over one directory make each thumbnail once, and keep nothing beside it.
func TestEnsure_twoPrograms(t *testing.T) {
	const photos = 500 // small: another is often ready between a look and a claim
	var decodings atomic.Int64
	o := usual
	o.Rendered = func(time.Duration, error) { decodings.Add(1) }
	one, dir := newStore(t, o)
	st, err := storage.New(dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	two := New(st, o, slog.New(slog.DiscardHandler))
	var all sync.WaitGroup
	for i := range photos {
		name := fmt.Sprintf("%d.jpg", i)
		writeJPEG(t, filepath.Join(dir, name), 40, 30)
		src := one.Restat(album.Photo{Album: ".", File: name})
		for _, s := range []*Store{one, two, one, two} {
			all.Go(func() {
				if _, err := s.Ensure(t.Context(), src, ""); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if n := decodings.Load(); n != photos {
		t.Errorf("%d photos were decoded %d times", photos, n)
	}
	if left, err := os.ReadDir(filepath.Join(dir, album.ThumbsDir)); err != nil || len(left) != photos {
		t.Errorf("beside %d thumbnails there are %v, %v", photos, left, err)
	}
}

// Who waits for another program's claim gives up when nobody waits for the picture any more.
func TestClaim_ends(t *testing.T) {
	s, src, _ := counted(t, usual)
	release, waited := s.claim(t.Context(), src)
	if waited {
		t.Error("a photo that nobody holds is waited for")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	again, waited := s.claim(ctx, src)
	if again(); !waited {
		t.Error("a photo that is held is not waited for")
	}
	release()
	again, waited = s.claim(t.Context(), src)
	if again(); waited {
		t.Error("a photo that was released is waited for")
	}
}
