package storage

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gallery/internal/nolink"
)

// photo writes what is a photo by its name.
func photo(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		mkdir(t, filepath.Dir(path))
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func create(t *testing.T, root, cache string) *Storage {
	t.Helper()
	s, err := New(root, cache, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Two sites may not have one cache, nor a cache be where it would show or take photos for
// thumbnails, by whatever name.
func TestNew_refuses(t *testing.T) {
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	photo(t, at("a/2019/1.jpg"), at("a/one/1.jpg"), at("b/2019/1.jpg"), at("b/two/2.jpg"), at("outer/p/1.jpg"), at("photos/1.jpg"), at("old/x/_thumbs/1.jpg"))
	create(t, at("a"), at("cache"))
	os.Symlink(at("a/one"), at("link"))
	os.Symlink(at("a"), at("alias"))
	mkdir(t, at("empty"))
	for name, test := range map[string]struct{ root, cache, says string }{
		"another's cache":          {"b", "cache", "give each DIR a cache of its own"},
		"DIR in the cache":         {"outer/p", "outer", "lies in -cache"},
		"cache in DIR":             {"a", "a/new", "would show as an album"},
		"cache in DIR by a link":   {"a", "link", "would show as an album"},
		"below a link":             {"a", "link/new", "would show as an album"},
		"cache in DIR by an alias": {"alias", "a/new", "would show as an album"},
		"the owner's folder":       {"a", "a/.gallery", "logo, icon, footer"},
		"DIR itself":               {"a", "a", "choose another place"},
		"a folder of photos":       {"a", "photos", "holds photos"},
		"others' thumbnails":       {"a", "old", "holds x, which is not in DIR"},
	} {
		_, err := New(at(test.root), at(test.cache), slog.New(slog.DiscardHandler))
		if !errors.As(err, new(CacheError)) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: New = %v, want a CacheError that says %q", name, err, test.says)
		}
	}
	for name, test := range map[string]struct{ root, cache string }{
		"once more":       {"a", "cache"},
		"under an alias":  {"alias", "cache"},
		"a hidden folder": {"a", "a/.cache"},
		"an empty folder": {"b", "empty"},
	} {
		if s, err := New(at(test.root), at(test.cache), slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			s.Close()
		}
	}
	move(t, at("a"), at("moved"))
	if s, err := New(at("moved"), at("cache"), slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("photos that were moved, disk and all: %v", err)
	} else {
		s.Close()
	}
}

// A photo that is not in its folder was removed where the folder is the one that it was in,
// not where a disk is away.
func TestStorage_Vouches(t *testing.T) {
	base := t.TempDir()
	dir, cache, off := filepath.Join(base, "p"), filepath.Join(base, "c"), filepath.Join(base, "off")
	for _, name := range []string{"1.jpg", "a/1.jpg", "a/deep/1.jpg", "b/1.jpg", "b/2.jpg"} {
		photo(t, filepath.Join(dir, name))
	}
	vouches := func(s *Storage, name string) bool {
		folder, err := nolink.Folder(s.Photos.Root(), name, false)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		return s.Vouches(name, folder)
	}
	for _, restarted := range []bool{false, true} {
		s := create(t, dir, cache)
		again := func() *Storage {
			if restarted {
				return create(t, dir, cache)
			}
			return s
		}
		for _, name := range []string{".", "a", "a/deep", "b"} {
			if !vouches(again(), name) || again().Lost(name) {
				t.Errorf("restarted %v: %s does not vouch for what it was", restarted, name)
			}
		}
		move(t, filepath.Join(dir, "b"), off)
		mkdir(t, filepath.Join(dir, "b"))
		if s := again(); vouches(s, "b") || !s.Lost("b") {
			t.Errorf("restarted %v: an empty folder in the place of another vouches for it", restarted)
		}
		os.Remove(filepath.Join(dir, "b"))
		move(t, off, filepath.Join(dir, "b"))
		if s := again(); !vouches(s, "b") {
			t.Errorf("restarted %v: back, it does not vouch", restarted)
		}
		os.Remove(filepath.Join(dir, "b", "1.jpg"))
		os.Remove(filepath.Join(dir, "b", "2.jpg"))
		if s := again(); !vouches(s, "b") || s.Lost("b") {
			t.Errorf("restarted %v: emptied, it does not vouch", restarted)
		}
		photo(t, filepath.Join(dir, "b/1.jpg"), filepath.Join(dir, "b/2.jpg"))
		s.Close()
	}
	// The whole of it away, the program is started: away, and nothing is forgotten.
	move(t, dir, off)
	mkdir(t, dir)
	s := create(t, dir, cache)
	if err := s.Photos.Away(); !errors.Is(err, ErrAway) {
		t.Errorf("Away = %v over an empty mount point", err)
	}
	os.Remove(dir)
	move(t, off, dir)
	s.Photos.Suspect()
	if err := s.Photos.Away(); err != nil || !vouches(s, "b") {
		t.Errorf("mounted, Away = %v", err)
	}
	// A copy on another disk is the same photos.
	if err := os.CopyFS(off, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(dir)
	move(t, off, dir)
	if s := create(t, dir, cache); s.Photos.Away() != nil || !vouches(s, "b") {
		t.Errorf("a copy does not vouch")
	}
}

// A claim that cannot be read is not taken for none.
func TestNew_brokenClaim(t *testing.T) {
	base := t.TempDir()
	photo(t, filepath.Join(base, "p/1.jpg"), filepath.Join(base, "c", claimFile))
	if _, err := New(filepath.Join(base, "p"), filepath.Join(base, "c"), slog.New(slog.DiscardHandler)); !errors.As(err, new(CacheError)) {
		t.Errorf("New = %v, want a CacheError", err)
	}
}
