package main

import (
	"errors"
	"io/fs"
	"path"
	"sync"
	"time"
)

// summary is what an album's card says of it, sub-albums and all.
type summary struct {
	photos     int       // how many there are in it and below
	cover      source    // the newest photo; no name where there is none
	date       time.Time // of the newest photo
	exact      bool      // every date is known from a record; otherwise some are files' mtimes
	unreadable bool      // the album cannot be opened
}

// folderSummary is one folder's part of a summary.
type folderSummary struct {
	summary
	stamp  stamp
	albums []string
}

// summaryCache remembers the summaries of folders for as long as no name in
// them changes.
type summaryCache struct {
	mu sync.Mutex
	m  map[string]folderSummary // by album
}

// summarize returns an album's summary. With known it reads no folder that it
// does not remember, and reports false instead.
func (s *server) summarize(name string, known bool) (summary, bool) {
	own, ok := s.summarizeFolder(name, known)
	if !ok {
		return summary{}, false
	}
	sum := own.summary
	if sum.cover.file != "" {
		sum.cover = s.restat(sum.cover)
	}
	for _, album := range own.albums {
		below, ok := s.summarize(path.Join(name, album), known)
		if !ok {
			return summary{}, false
		}
		// The album's own photos make the better cover.
		if own.photos == 0 && (sum.cover.file == "" || below.date.After(sum.date)) {
			sum.cover = below.cover
		}
		if below.date.After(sum.date) {
			sum.date = below.date
		}
		sum.photos += below.photos
		sum.exact = sum.exact && below.exact
	}
	return sum, true
}

// restat returns the photo as it is now, or as it was if it is gone.
func (s *server) restat(src source) source {
	folder, err := openFolder(s.photos, src.album, false)
	if err != nil {
		return src
	}
	defer folder.Close()
	if now, err := statPhoto(folder, src.album, src.file); err == nil {
		return now
	}
	return src
}

// forget has the folder's summary made anew.
func (c *summaryCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, name)
}

// summarizeFolder returns a folder's own part of its summary.
func (s *server) summarizeFolder(name string, known bool) (folderSummary, bool) {
	st := s.stamp(name)
	s.summaries.mu.Lock()
	sum, ok := s.summaries.m[name]
	s.summaries.mu.Unlock()
	if ok && sum.stamp == st {
		return sum, true
	}
	if known {
		return folderSummary{}, false
	}
	sum = s.readSummary(name)
	sum.stamp = st
	s.summaries.mu.Lock()
	defer s.summaries.mu.Unlock()
	if s.summaries.m == nil {
		s.summaries.m = map[string]folderSummary{}
	}
	makeRoom(s.summaries.m)
	s.summaries.m[name] = sum
	return sum, true
}

// readSummary lists a folder and finds its newest photo: by the records of the
// thumbnails if all have one, else by mtime. A mixture would compare the day
// a photo was taken with the day it was copied.
func (s *server) readSummary(name string) folderSummary {
	folder, err := openFolder(s.photos, name, false)
	if err != nil {
		return folderSummary{summary: summary{unreadable: errors.Is(err, fs.ErrPermission)}}
	}
	defer folder.Close()
	a, err := listAlbum(folder, name)
	if err != nil {
		return folderSummary{summary: summary{unreadable: true}}
	}
	sum := folderSummary{albums: a.albums}
	sum.photos = len(a.photos)
	sum.exact = true
	own := s.thumbs.openRenditions(name, "")
	if own != nil {
		defer own.Close()
	}
	dates := make([]time.Time, len(a.photos))
	for i, src := range a.photos {
		r, ok := s.thumbs.cached(own, src, "")
		if dates[i] = r.date(); !ok {
			sum.exact = false
			break
		}
	}
	if !sum.exact {
		for i, src := range a.photos {
			dates[i] = src.modified()
		}
	}
	// One that has no thumbnail makes no cover, unless there is no other.
	best := -1
	for i, src := range a.photos {
		if s.thumbs.failedBefore(src, "") == nil && (best < 0 || dates[i].After(dates[best])) {
			best = i
		}
	}
	if len(a.photos) > 0 {
		sum.cover, sum.date = a.photos[max(best, 0)], dates[max(best, 0)]
	}
	return sum
}
