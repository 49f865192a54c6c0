package thumbs

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/index"
	"gallery/internal/storage"
)

// pixels are PNG files of equal size and different content.
func pixels(t *testing.T, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 37)
	}
	m.SetGray(0, 0, color.Gray{shade})
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A photo that changed is told from one that did not, whatever its size and times say.
func TestStore_Fresh(t *testing.T) {
	old := time.Date(2019, 7, 4, 12, 30, 0, 123456789, time.UTC)
	whole := old.Truncate(time.Second)
	for name, test := range map[string]struct {
		change func(t *testing.T, path string)
		fresh  bool
	}{
		"nothing":                       {func(*testing.T, string) {}, true},
		"other bytes, times kept":       {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 9), old) }, false},
		"other bytes, another file":     {func(t *testing.T, path string) { os.Remove(path); rewrite(t, path, pixels(t, 9), old) }, false},
		"other bytes, time in seconds":  {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 9), whole) }, false},
		"the same, restored":            {func(t *testing.T, path string) { os.Remove(path); rewrite(t, path, pixels(t, 1), old) }, true},
		"the same, time in seconds":     {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 1), whole) }, true},
		"the same, time to two seconds": {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 1), whole.Add(time.Second)) }, true},
		"the same, time of an archive":  {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 1), old.Truncate(time.Millisecond)) }, true},
		"the same, a little later":      {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 1), old.Add(time.Microsecond)) }, false},
		"the same, other permissions":   {func(t *testing.T, path string) { os.Chmod(path, 0o600) }, true},
		"the same, copied since":        {func(t *testing.T, path string) { rewrite(t, path, pixels(t, 1), old.Add(time.Hour)) }, false},
		"more bytes":                    {func(t *testing.T, path string) { rewrite(t, path, append(pixels(t, 1), 0), old) }, false},
	} {
		s, dir := newStore(t, usual)
		path := filepath.Join(dir, "1.png")
		rewrite(t, path, pixels(t, 1), old)
		src := s.Restat(album.Photo{Album: ".", File: "1.png"})
		m, err := s.Ensure(t.Context(), src, "")
		if err != nil {
			t.Fatal(err)
		}
		test.change(t, path)
		for range 2 {
			if got := s.Fresh(m.Record, s.Restat(src), ""); got != test.fresh {
				t.Errorf("%s: Fresh = %v", name, got)
			}
		}
	}
}

// Where times are in whole seconds, a second change within one is not lost.
func TestStore_Fresh_withinASecond(t *testing.T) {
	s, dir := newStore(t, usual)
	path := filepath.Join(dir, "1.png")
	now := time.Now().Truncate(time.Second)
	rewrite(t, path, pixels(t, 1), now)
	seen := s.Restat(album.Photo{Album: ".", File: "1.png"})
	m, err := s.Ensure(t.Context(), seen, "")
	if err != nil {
		t.Fatal(err)
	}
	// As a file system without fractions has it.
	r, src := m.Record, seen
	r.CTime, src.CTime = now.UnixNano(), now.UnixNano()
	r.Read = now.Add(time.Second / 2).UnixNano()
	if s.Fresh(r, src, "") {
		t.Error("half a second after a change no further one is thought of")
	}
	if r.Read += coarsest; !s.Fresh(r, src, "") {
		t.Error("two seconds after a change another is thought to be possible")
	}
}

func TestSettled(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, test := range []struct {
		changed time.Time
		want    bool
	}{
		{now.Add(-time.Millisecond), false},
		{now.Add(-time.Second), true},
		{now.Add(time.Millisecond), false},
		{now.Add(time.Hour), true}, // a distance has no sign
		{now.Truncate(time.Second), false},
		{now.Truncate(time.Second).Add(-time.Second), false},
		{now.Truncate(time.Second).Add(-2 * time.Second), true},
	} {
		if got := Settled(test.changed, now); got != test.want {
			t.Errorf("Settled(%v, %v) = %v", test.changed, now, got)
		}
	}
}

// What a folder holds is known by its time alone where it has one that settled: a FAT's root
// is of 1970 after each mounting, whatever was added to it elsewhere.
func TestStamp_names(t *testing.T) {
	at := time.Date(2014, 7, 5, 12, 0, 0, 1, time.UTC)
	for _, test := range []struct {
		photos  time.Time
		changed int64
		want    bool
	}{
		{at, 0, true},
		{at, at.Add(time.Minute).UnixNano(), true},
		{at, at.Add(time.Hour).UnixNano(), false}, // just now, though the mtime is older
		{time.Unix(0, 0), at.UnixNano(), true},    // somebody set it
		{time.Unix(0, 0), 0, false},
		{time.Time{}, 0, false},
	} {
		st := Stamp{Photos: test.photos, Changed: test.changed}
		if got := st.NamesSettled(at.Add(time.Hour)); got != test.want {
			t.Errorf("%+v settled: %v, want %v", st, got, test.want)
		}
		x := &index.Index{Head: index.Head{Folder: st.Photos.UnixNano(), Changed: st.Changed}}
		tree := index.Tree{}
		tree.Stamp(st.Photos, st.Changed, st.Thumbs)
		if want := !st.timeless(); named(x, st) != want || st.isOf(tree) != want {
			t.Errorf("%+v: an index is believed: %v, a tree: %v, want %v", st, named(x, st), st.isOf(tree), want)
		}
	}
}

// A change anywhere near an end, or of all that follows, shows in the digest.
func TestDigest(t *testing.T) {
	for _, size := range []int{0, 1, 1000, wholly, wholly + 1, 5 << 20} {
		file := make([]byte, size)
		for i := range file {
			file[i] = byte(i * i >> 3)
		}
		before, err := digest(bytes.NewReader(file), int64(size))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, size / 100, size - 1} {
			if size == 0 {
				continue
			}
			file[at] ^= 1
			if after, _ := digest(bytes.NewReader(file), int64(size)); after == before {
				t.Errorf("%d bytes: a change of byte %d does not show", size, at)
			}
			file[at] ^= 1
		}
	}
}

func rewrite(t *testing.T, path string, data []byte, mtime time.Time) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, mtime, mtime); err != nil {
		t.Fatal(err)
	}
}

// Within an album the stamps of those in it are what Stamp says of them.
func TestWithin_Stamp(t *testing.T) {
	for _, cache := range []string{"", t.TempDir()} {
		s, dir := newStore(t, Options{})
		if cache != "" {
			st, err := storage.New(dir, cache, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(st.Close)
			s = New(st, Options{}, slog.New(slog.DiscardHandler))
		}
		for _, name := range []string{"a/plain", "a/with/_thumbs", "a/_thumbs"} {
			for _, in := range []string{dir, s.storage.Cache.Path()} {
				if err := os.MkdirAll(filepath.Join(in, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.Symlink("with", filepath.Join(dir, "a", "link")); err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{".", "a", "a/with", "nowhere"} {
			w := s.Within(in)
			for _, sub := range []string{"a", "plain", "with", "link", "missing"} {
				if got, want := w.Stamp(sub), s.Stamp(path.Join(in, sub)); got != want {
					t.Errorf("cache %q: within %s the stamp of %s is %v, want %v", cache, in, sub, got, want)
				}
			}
			w.Close()
		}
		w := s.Within("a")
		defer w.Close()
		if w.Stamp("with").Thumbs.IsZero() || w.Stamp("plain").Photos.IsZero() || !w.Stamp("link").Thumbs.IsZero() {
			t.Errorf("cache %q: the stamps are not those of folders", cache)
		}
	}
}
