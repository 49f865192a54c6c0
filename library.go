package main

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"gallery/internal/album"
	"gallery/internal/nolink"
	"gallery/internal/note"
	"gallery/internal/rendition"
)

// noteCache remembers notes for as long as they do not change.
type noteCache struct {
	mu    sync.Mutex
	m     map[album.Photo]note.Note
	bytes int
}

// readNote returns the note in a file, the zero note if it cannot be read.
func (s *server) readNote(src album.Photo) note.Note {
	c := &s.notes
	c.mu.Lock()
	n, ok := c.m[src]
	c.mu.Unlock()
	if ok {
		return n
	}
	data, err := s.readSmall(src, note.MaxNote)
	if err != nil {
		s.log.Debug("note", "file", src.Name(), "err", err)
		return note.Note{}
	}
	base, _ := album.NoteExtension(src.File)
	n = note.Parse(data, strings.EqualFold(base, "readme"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[album.Photo]note.Note{}
	}
	size := func(n note.Note) int { return 200 + len(n.Title) + len(n.Body) + len(n.Text) }
	for old, other := range c.m {
		if c.bytes+size(n) <= note.MaxNotes {
			break
		}
		delete(c.m, old)
		c.bytes -= size(other)
	}
	if _, known := c.m[src]; !known {
		c.bytes += size(n)
		c.m[src] = n
	}
	return n
}

// readSmall reads a file below the photos' directory, up to most bytes of it.
func (s *server) readSmall(src album.Photo, most int64) ([]byte, error) {
	folder, err := nolink.Folder(s.photos, src.Album, false)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, _, err := nolink.File(folder, src.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// readme returns an album's README.md as it is now, the zero note if it has none.
func (s *server) readme(albumName string) note.Note {
	folder, err := nolink.Folder(s.photos, albumName, false)
	if err != nil {
		return note.Note{}
	}
	defer folder.Close()
	for _, name := range []string{"README.md", "readme.md", "Readme.md"} {
		src, err := album.Stat(folder, albumName, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			return s.readNote(src)
		}
	}
	return note.Note{}
}

// albumTitle is what an album is called: as its README.md says, else as its
// folder.
func (s *server) albumTitle(name string) string {
	if title := s.readme(name).Title; title != "" {
		return title
	}
	if name == "." {
		return s.title
	}
	return album.Readable(path.Base(name))
}

// noteOf returns the note about a photo of the album.
func (s *server) noteOf(a album.Listing, src album.Photo) note.Note {
	for _, name := range []string{src.File, strings.TrimSuffix(src.File, path.Ext(src.File))} {
		if n, ok := a.Notes[name]; ok {
			return s.readNote(n)
		}
	}
	return note.Note{}
}

// stamp is the state of an album's folder and of its thumbnails' folder: it
// changes when a name is added to or removed from either.
type stamp struct{ photos, thumbs time.Time }

func (s *server) stamp(albumName string) stamp {
	var st stamp
	if info, err := s.photos.Lstat(albumName); err == nil {
		st.photos = info.ModTime()
	}
	if info, err := s.thumbs.cache.Load().Lstat(rendition.Folder(albumName, "")); err == nil {
		st.thumbs = info.ModTime()
	}
	return st
}

const (
	// settled is how old a folder's mtime is when no further change can bear the
	// same one: file systems' clocks tick every few milliseconds.
	settled = 20 * time.Millisecond
	// maxListed bounds the albums that are remembered, by their photos and notes:
	// at some 100 bytes each, 10 MB.
	maxListed = 100_000
)

// albumCache holds listings of albums for a moment, so that many visitors of
// one album cost one listing, and so do the photos' pages, which need their
// neighbours.
type albumCache struct {
	flight singleflight.Group

	mu    sync.Mutex
	m     map[string]listing
	files int // in all listings
}

type listing struct {
	album.Listing
	stamp  stamp
	listed time.Time
}

// files is how many files the listing holds.
func (l listing) files() int { return len(l.Photos) + len(l.Notes) }

// list returns an album as it is, or was less than pageAge ago if no name in
// it has changed since.
func (s *server) list(name string) (album.Listing, error) {
	st := s.stamp(name)
	c := &s.albums
	c.mu.Lock()
	l, ok := c.m[name]
	c.mu.Unlock()
	if ok && l.stamp.photos.Equal(st.photos) && time.Since(l.listed) < pageAge {
		return l.Listing, nil
	}
	result, err, _ := c.flight.Do(name, func() (any, error) {
		l := listing{stamp: s.stamp(name), listed: time.Now()}
		folder, err := nolink.Folder(s.photos, name, false)
		if err != nil {
			return nil, err
		}
		defer folder.Close()
		if l.Listing, err = album.List(folder, name); err != nil {
			return nil, err
		}
		s.thumbs.prune(l.Listing)
		c.put(l)
		return l.Listing, nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		s.thumbs.pruneGone(name)
	}
	a, _ := result.(album.Listing)
	return a, err
}

// put remembers a listing and drops others, whichever come first, to make room.
func (c *albumCache) put(l listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]listing{}
	}
	c.files += l.files() - c.m[l.Name].files()
	c.m[l.Name] = l
	for name, other := range c.m {
		if c.files <= maxListed {
			break
		}
		delete(c.m, name)
		c.files -= other.files()
	}
}
