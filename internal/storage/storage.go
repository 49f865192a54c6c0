package storage

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"gallery/internal/album"
	"gallery/internal/nolink"
)

// Storage is where photos are, and where their renditions are kept.
type Storage struct {
	Photos *Dir
	Cache  *Dir // Photos itself where renditions lie beside their photos

	claim *claim // whose Cache is; nil where it is Photos
}

// CacheError says why a directory cannot be the cache of a directory of photos.
type CacheError struct{ error }

// New opens a directory of photos and, unless cache is "", that of their renditions, which is
// made if need be. It refuses a cache that is, or seems to be, that of other photos: a
// CacheError.
func New(root, cache string, log *slog.Logger) (*Storage, error) {
	photos, err := Open("DIR", root, log)
	if err != nil {
		return nil, err
	}
	s := &Storage{Photos: photos, Cache: photos}
	if cache == "" {
		return s, nil
	}
	if s.Cache, err = answering("-cache", cache, func() (*Dir, error) { return openCache(photos, cache, log) }); err == nil {
		if s.claim, err = claimCache(photos, s.Cache, log); err == nil {
			return s, nil
		}
		s.Cache.Close()
	}
	photos.Close()
	return nil, err
}

func openCache(photos *Dir, cache string, log *slog.Logger) (*Dir, error) {
	if err := checkCache(photos.path, cache); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("-cache %s cannot be made: %w", cache, nolink.Cause(err))
	}
	// Once more: what was there may have been a link that led nowhere yet.
	if err := checkCache(photos.path, cache); err != nil {
		return nil, err
	}
	return open("-cache", cache, log)
}

// View opens the directories as New does, but makes and writes nothing: the cache has to be
// there, and is not asked whose it is.
func View(root, cache string, log *slog.Logger) (*Storage, error) {
	photos, err := Open("DIR", root, log)
	if err != nil {
		return nil, err
	}
	s := &Storage{Photos: photos, Cache: photos}
	if cache == "" {
		return s, nil
	}
	s.Cache, err = answering("-cache", cache, func() (*Dir, error) {
		if err := checkCache(photos.path, cache); err != nil {
			return nil, err
		}
		return open("-cache", cache, log)
	})
	if err != nil {
		photos.Close()
		return nil, err
	}
	return s, nil
}

// Beside reports whether renditions lie beside their photos.
func (s *Storage) Beside() bool { return s.Cache == s.Photos }

// Close closes both directories.
func (s *Storage) Close() {
	s.Photos.Close()
	if !s.Beside() {
		s.Cache.Close()
	}
}

// Answers fails if one of the directories is away or does not answer until ctx ends.
func (s *Storage) Answers(ctx context.Context) error {
	if err := s.Photos.Answers(ctx); err != nil || s.Beside() {
		return err
	}
	return s.Cache.Answers(ctx)
}

// Vouches reports whether folder, which bears an album's name, is the one whose renditions
// are kept, on the device that it was on, so that a photo that is not in it was removed. One
// that the cache has not seen before does not vouch for anything yet.
func (s *Storage) Vouches(albumName string, folder *os.Root) bool {
	return s.claim == nil || s.claim.check(s.Photos.Root(), albumName, folder) == familiar
}

// Lost reports whether the disk of an album, or of one that it is in, is away: another
// folder bears the name and holds nothing of what was there.
func (s *Storage) Lost(albumName string) bool {
	if s.claim == nil {
		return false
	}
	folder, err := nolink.Folder(s.Photos.Root(), albumName, false)
	if err != nil {
		folder = nil
	} else {
		defer folder.Close()
	}
	return s.claim.check(s.Photos.Root(), albumName, folder) == lost
}

// checkCache refuses a cache that would be an album of its own photos' site, and one that
// the photos lie in, by whatever names and links.
func checkCache(root, cache string) error {
	root, cache = resolved(root), resolved(cache)
	if below, ok := within(root, cache); ok && visible(below) {
		return CacheError{fmt.Errorf("-cache %s lies in DIR and would show as an album there: choose another place, or a name that begins with a dot", cache)}
	}
	if below, ok := within(root, cache); ok && strings.SplitN(below, "/", 2)[0] == album.OwnersDir {
		return CacheError{fmt.Errorf("-cache %s is where the site's logo, icon, footer and style are kept: choose another place", cache)}
	}
	if _, ok := within(cache, root); ok {
		return CacheError{fmt.Errorf("DIR %s lies in -cache %s, which would take photos for thumbnails: choose another place for the cache", root, cache)}
	}
	return nil
}

// resolved is a path without links, as far as there is something there already.
func resolved(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for up, rest := path, "."; ; up, rest = filepath.Dir(up), filepath.Join(filepath.Base(up), rest) {
		if real, err := filepath.EvalSymlinks(up); err == nil {
			return filepath.Join(real, rest)
		}
		if up == filepath.Dir(up) {
			return path
		}
	}
}

// within returns path relative to dir where it lies in it: by its names or, since a mount
// gives a directory a second name, by a directory above it that is dir.
func within(dir, path string) (below string, ok bool) {
	at, err := os.Stat(dir)
	for up, rest := path, "."; ; up, rest = filepath.Dir(up), filepath.Join(filepath.Base(up), rest) {
		if up == dir {
			return rest, true
		}
		if info, statErr := os.Stat(up); err == nil && statErr == nil && os.SameFile(at, info) {
			return rest, true
		}
		if up == filepath.Dir(up) {
			return "", false
		}
	}
}

// visible reports whether a path below DIR names what visitors can see.
func visible(below string) bool {
	for segment := range strings.SplitSeq(below, "/") {
		if segment != "." && !album.Visible(segment) {
			return false
		}
	}
	return true
}
