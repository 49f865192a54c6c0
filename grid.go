package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gallery/internal/album"
	"gallery/internal/messages"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
)

// pageSize is the greatest number of photos on one page.
const pageSize = 500

// pageKey names one page of an album.
type pageKey struct {
	album string
	order string
	n     int // counted from 1
	words *messages.Catalogue
	adds  bool // the visitor may add photos
}

func (k pageKey) String() string { return fmt.Sprint(k.words.Lang, k.n, k.order, k.adds, "/", k.album) }

// serveAlbum answers with an album's page: whole where every thumbnail is
// there, else as a stream.
func (s *server) serveAlbum(w http.ResponseWriter, r *http.Request, t target) error {
	if !t.slash {
		return s.redirectToAlbum(w, r, t)
	}
	if s.zip && r.URL.Query().Has("zip") {
		return s.serveZip(w, r, t.name)
	}
	n, err := pageNumber(r)
	if err != nil {
		return err
	}
	key := pageKey{t.name, sortOrder(r), n, messages.For(r.Header.Get("Accept-Language")), s.mayUpload(r)}
	stamp := s.stamp(t.name)
	p, ok := s.pages.get(key, stamp)
	s.metrics.looked(ok)
	if ok {
		s.background.viewed(t.name, stamp)
		s.servePage(w, r, p)
		return nil
	}
	result, err, _ := s.building.Do(key.String(), func() (any, error) {
		g, err := s.newGrid(key)
		if err != nil || !g.warm {
			return g, err
		}
		var body bytes.Buffer
		if err := g.write(&body); err != nil {
			return nil, err
		}
		p := newPage(body.Bytes(), gzip.BestCompression)
		p.adds = key.adds
		s.pages.put(key, stamp, p)
		return p, nil
	})
	if err != nil {
		return err
	}
	s.background.viewed(t.name, stamp)
	switch result := result.(type) {
	case page:
		s.servePage(w, r, result)
	case *grid:
		result.clone().stream(w, r)
	}
	return nil
}

// redirectToAlbum leads from /ALBUM to /ALBUM/.
func (s *server) redirectToAlbum(w http.ResponseWriter, r *http.Request, t target) error {
	folder, err := nolink.Folder(s.photos, t.name, false)
	if err != nil {
		return err
	}
	folder.Close()
	to := s.address(t.name) + "/"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Cache-Control", revalidate)
	http.Redirect(w, r, to, http.StatusMovedPermanently)
	return nil
}

// pageNumber returns which page of an album is asked for, counted from 1.
func pageNumber(r *http.Request) (int, error) {
	text := r.URL.Query().Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errNotFound
	}
	return n, nil
}

// grid is one page of an album: its sub-albums, on the first page, and its
// photos, as cells in the order in which they are shown.
type grid struct {
	s        *server
	key      pageKey
	album    album.Listing
	pages    int    // how many pages the album has
	arranged bool   // the album's photos are in their order, and the cells laid out
	cells    []cell // none before that
	warm     bool   // every cell is known
}

// cell is a sub-album or a photo on a page.
type cell struct {
	sub    string           // the sub-album's name relative to the root, "" for a photo
	sum    summary          // of the sub-album
	src    album.Photo      // the photo, or the sub-album's cover; no name where it has none
	record rendition.Record // of src's thumbnail
	broken bool             // src has no thumbnail
	known  bool             // all of the above is as it will be shown
	sharp  rendition.Record // of src's sharp rendition, if there is one
}

// newGrid lists an album and fills in as much of the page as is known without
// opening any photo.
func (s *server) newGrid(key pageKey) (*grid, error) {
	a, err := s.list(key.album)
	if err != nil {
		return nil, err
	}
	g := &grid{s: s, key: key, album: a, pages: pagesFor(len(a.Photos))}
	if key.n > g.pages {
		return nil, errNotFound
	}
	if photos, ok := s.thumbs.arrange(context.Background(), a, key.order, false); ok {
		g.layOut(photos)
		g.warm = g.fillKnown()
	}
	return g, nil
}

// pagesFor is the number of pages that so many photos take.
func pagesFor(photos int) int { return max(1, (photos+pageSize-1)/pageSize) }

// clone returns a grid that can be filled without changing the other.
func (g *grid) clone() *grid {
	c := *g
	c.cells = slices.Clone(g.cells)
	return &c
}

// layOut makes the page's cells from the album's photos in their order.
func (g *grid) layOut(photos []album.Photo) {
	g.arranged = true
	if g.key.n == 1 {
		for _, name := range g.album.Albums {
			g.cells = append(g.cells, cell{sub: path.Join(g.album.Name, name)})
		}
	}
	from := (g.key.n - 1) * pageSize
	to := min(from+pageSize, len(photos))
	sharper := g.s.thumbs.sharper(g.album.Name, photos[from:to])
	for _, src := range photos[from:to] {
		g.cells = append(g.cells, cell{src: src, sharp: sharper[src.File]})
	}
}

// fillKnown fills in the cells whose thumbnails are there, and reports whether
// these are all.
func (g *grid) fillKnown() bool {
	thumbs := g.s.thumbs
	own := thumbs.openRenditions(g.album.Name, "")
	if own != nil {
		defer own.Close()
	}
	all := true
	for i := range g.cells {
		c := &g.cells[i]
		if c.sub != "" {
			c.fillKnownCard(g.s)
		} else {
			c.record, c.known = thumbs.cached(own, c.src, "")
		}
		if !c.known && c.src.File != "" {
			c.fillUnstored(thumbs)
		}
		all = all && c.known
	}
	return all
}

// fillUnstored fills in a cell whose thumbnail is known not to be on disk:
// there can be none, or the disk would not take it.
func (c *cell) fillUnstored(t *thumbs) {
	if t.failedBefore(c.src, "") != nil {
		c.broken, c.known = true, true
	} else if m, ok := t.waiting(c.src, ""); ok {
		c.record, c.known = m.Record, true
	}
}

// fillKnownCard fills in a sub-album's cell if that takes no listing of its
// folders and no making of its cover.
func (c *cell) fillKnownCard(s *server) {
	sum, ok := s.summarize(c.sub, true)
	if !ok {
		return
	}
	c.sum, c.src = sum, sum.newest().cover
	if c.src.File == "" {
		c.broken, c.known = true, true
		return
	}
	if folder := s.thumbs.openRenditions(c.src.Album, ""); folder != nil {
		defer folder.Close()
		c.record, c.known = s.thumbs.cached(folder, c.src, "")
	}
}

// fill fills in a cell, whatever it takes.
func (g *grid) fill(ctx context.Context, c *cell) {
	if c.sub != "" {
		g.fillCard(ctx, c)
		return
	}
	m, err := g.s.thumbs.ensure(ctx, c.src, "")
	c.record, c.broken = m.Record, err != nil
	if err != nil && g.s.thumbs.failedBefore(c.src, "") == nil && ctx.Err() == nil {
		g.s.log.Warn("no thumbnail this time", "photo", c.src.Name(), "err", err)
	}
}

// maxCovers is how many photos are tried for a cover when no thumbnail can be
// made of the newest.
const maxCovers = 8

// fillCard summarizes a sub-album and fills in its cover. It looks again after
// each attempt: a photo that has failed is passed over, and with one more date
// known another may be the newest.
func (g *grid) fillCard(ctx context.Context, c *cell) {
	c.src, c.broken = album.Photo{}, true
	for range maxCovers {
		c.sum, _ = g.s.summarize(c.sub, false)
		cover := c.sum.newest().cover
		if cover == c.src {
			return // tried already, or there is none
		}
		c.src = cover
		m, err := g.s.thumbs.ensure(ctx, c.src, "")
		c.record, c.broken = m.Record, err != nil
		if err == nil {
			continue
		}
		if g.s.thumbs.failedBefore(c.src, "") == nil {
			return
		}
		g.s.summaries.forget(c.src.Album)
	}
}

// write renders a page whose cells are all known.
func (g *grid) write(w io.Writer) error {
	err := g.writeHead(w)
	for i := 0; i < len(g.cells) && err == nil; i++ {
		err = g.writeCell(w, i)
	}
	if err != nil {
		return err
	}
	return g.writeFoot(w)
}

// stream answers with a page whose thumbnails are not all there: the head at
// once, then each cell, in order, the moment its thumbnail exists. The making
// runs ahead of the writing, and stops when the client leaves.
func (g *grid) stream(w http.ResponseWriter, r *http.Request) {
	g.s.pageHeader(w)
	if g.key.adds {
		g.s.uploadHeader(w)
	}
	w.Header().Set("X-Accel-Buffering", "no") // nginx: pass on each piece at once
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	flush := http.NewResponseController(w).Flush
	if g.writeHead(w) != nil || flush() != nil {
		return
	}
	if !g.arranged {
		photos, ok := g.s.thumbs.arrange(ctx, g.album, g.key.order, true)
		if !ok {
			return
		}
		g.layOut(photos)
	}
	done := make([]chan struct{}, len(g.cells))
	for i := range done {
		done[i] = make(chan struct{})
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	var next atomic.Int64
	// Twice the processors, so that they work while others write to disk.
	for range min(2*runtime.GOMAXPROCS(0), len(g.cells)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(g.cells) {
					return
				}
				if c := &g.cells[i]; !c.known {
					g.fill(ctx, c)
				}
				close(done[i])
			}
		})
	}
	for i := range g.cells {
		select {
		case <-done[i]:
		default: // nothing more to write for now: send what there is
			if flush() != nil {
				return
			}
			select {
			case <-done[i]:
			case <-ctx.Done():
				return
			}
		}
		if g.writeCell(w, i) != nil {
			return
		}
	}
	// An error here is the client's leaving.
	_ = g.writeFoot(w)
}

const (
	// pageAge bounds how long a page is answered from memory without a look at
	// every photo in it. Names that come and go show at once, by the folders'
	// mtimes; a photo changed in place shows after this.
	pageAge = time.Second
	// maxPages bounds the memory for pages, in bytes as they are; compressed they
	// take up to a third more.
	maxPages = 16 << 20
)

// pageCache holds whole pages for a moment, so that many visitors of one album
// cost one look at its folder.
type pageCache struct {
	mu    sync.Mutex
	m     map[pageKey]cachedPage
	bytes int
}

type cachedPage struct {
	page
	stamp stamp
	built time.Time
}

// get returns the page if the album is as the stamp says and the page is young.
func (c *pageCache) get(key pageKey, st stamp) (page, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.m[key]
	return p.page, ok && p.stamp == st && time.Since(p.built) < pageAge
}

// put adds a page and drops others, whichever come first, to make room.
func (c *pageCache) put(key pageKey, st stamp, p page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[pageKey]cachedPage{}
	}
	c.bytes += len(p.body) - len(c.m[key].body)
	c.m[key] = cachedPage{p, st, time.Now()}
	for k, other := range c.m {
		if c.bytes <= maxPages {
			break
		}
		delete(c.m, k)
		c.bytes -= len(other.body)
	}
}
