package main

import (
	"path"
	"strings"
	"sync"
	"time"

	"gallery/internal/album"
)

// summary is what an album's card says of it, sub-albums and all.
type summary struct {
	photos     int    // how many there are in it and below
	taken      newest // by the dates in the thumbnails' records
	modified   newest // by the files' mtimes
	exact      bool   // every photo has a record, so that taken can be told
	unreadable bool   // the album cannot be opened
}

// newest is how new the newest photo of an album is, and that photo, or the one
// that its name makes the cover.
type newest struct {
	cover album.Photo // no name where there is none
	date  time.Time
	since time.Time // the date of the oldest
}

// newest returns the newest photo: by the dates in the records if all photos
// have one, else by mtime. A mixture would compare the day one photo was taken
// with the day another was copied.
func (s summary) newest() newest {
	if s.exact {
		return s.taken
	}
	return s.modified
}

// period returns the dates of the oldest and the newest photo, or twice that of
// the newest where nothing is known but mtimes: when files were copied says
// little of how long a time the photos span.
func (s summary) period() (from, to time.Time) {
	if s.exact {
		return s.taken.since, s.taken.date
	}
	return s.modified.date, s.modified.date
}

// add takes a sub-album's summary in. An album's own photos make the better
// cover.
func (s *summary) add(below summary, own bool) {
	s.taken.add(below.taken, own)
	s.modified.add(below.modified, own)
	s.photos += below.photos
	s.exact = s.exact && below.exact
}

func (n *newest) add(below newest, own bool) {
	newer := below.date.After(n.date)
	if !own && below.cover.File != "" && (newer || n.cover.File == "") {
		n.cover = below.cover
	}
	if newer {
		n.date = below.date
	}
	if !below.since.IsZero() && (n.since.IsZero() || below.since.Before(n.since)) {
		n.since = below.since
	}
}

// folderSummary is one folder's part of a summary.
type folderSummary struct {
	summary
	albums []string
	stamp  stamp     // of the folder when it was read
	until  time.Time // when it is to be read again whatever the stamp says; zero for never
}

// summaryCache remembers the summaries of folders for as long as no name in
// them changes.
type summaryCache struct {
	mu sync.Mutex
	m  map[string]folderSummary // by album
}

// forget has the folder's summary made anew.
func (c *summaryCache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, name)
}

// summarize returns an album's summary. With known it reads no folder that it
// does not remember, and reports false instead.
func (s *server) summarize(name string, known bool) (summary, bool) {
	sum, ok := s.collect(name, known)
	if ok {
		sum.taken.cover = s.thumbs.restat(sum.taken.cover)
		sum.modified.cover = s.thumbs.restat(sum.modified.cover)
	}
	return sum, ok
}

// collect adds up the summaries of the folders in an album.
func (s *server) collect(name string, known bool) (summary, bool) {
	folder, ok := s.summarizeFolder(name, known)
	if !ok {
		return summary{}, false
	}
	sum := folder.summary
	for _, album := range folder.albums {
		below, ok := s.collect(path.Join(name, album), known)
		if !ok {
			return summary{}, false
		}
		sum.add(below, folder.photos > 0)
	}
	return sum, true
}

// summarizeFolder returns a folder's own part of a summary.
func (s *server) summarizeFolder(name string, known bool) (folderSummary, bool) {
	st, now := s.stamp(name), time.Now()
	s.summaries.mu.Lock()
	sum, ok := s.summaries.m[name]
	s.summaries.mu.Unlock()
	if ok && sum.stamp == st && (sum.until.IsZero() || now.Before(sum.until)) {
		return sum, true
	}
	if known {
		return folderSummary{}, false
	}
	sum = s.readSummary(name)
	sum.stamp = st
	switch {
	case sum.unreadable:
		sum.until = now.Add(retryUnreadable) // what mends it does not show in the stamp
	case now.Sub(st.photos) < settled, now.Sub(st.thumbs) < settled:
		sum.until = now.Add(pageAge) // another change may bear the same stamp
	}
	s.summaries.mu.Lock()
	defer s.summaries.mu.Unlock()
	if s.summaries.m == nil {
		s.summaries.m = map[string]folderSummary{}
	}
	makeRoom(s.summaries.m)
	s.summaries.m[name] = sum
	return sum, true
}

// chosenCover returns the photo that its name makes the album's cover: one
// called "cover" or, failing that, "folder".
func chosenCover(photos []album.Photo) (album.Photo, bool) {
	for _, name := range []string{"cover", "folder"} {
		for _, src := range photos {
			if strings.EqualFold(strings.TrimSuffix(src.File, path.Ext(src.File)), name) {
				return src, true
			}
		}
	}
	return album.Photo{}, false
}

// readSummary lists a folder and finds its cover and its newest photos. One that
// has no thumbnail makes no cover, unless there is no other.
func (s *server) readSummary(name string) folderSummary {
	a, err := s.list(name)
	if err != nil {
		return folderSummary{summary: summary{unreadable: true}}
	}
	sum := folderSummary{albums: a.Albums}
	sum.photos = len(a.Photos)
	sum.exact = true
	own := s.thumbs.openRenditions(name, "")
	if own != nil {
		defer own.Close()
	}
	for _, src := range a.Photos {
		if s.thumbs.failedBefore(src, "") != nil {
			continue
		}
		sum.modified.add(newest{src, src.Modified(), src.Modified()}, false)
		if !sum.exact {
			continue // taken cannot be told any more
		}
		r, ok := s.thumbs.cached(own, src, "")
		if sum.exact = ok; ok {
			sum.taken.add(newest{src, r.Date(), r.Date()}, false)
		}
	}
	if cover, ok := chosenCover(a.Photos); ok && s.thumbs.failedBefore(cover, "") == nil {
		sum.modified.cover, sum.taken.cover = cover, cover
	}
	if len(a.Photos) > 0 && sum.modified.cover.File == "" {
		first := a.Photos[0]
		sum.modified.add(newest{first, first.Modified(), first.Modified()}, false)
		sum.taken = sum.modified
	}
	return sum
}
