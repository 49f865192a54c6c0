package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"html/template"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/filename"
	"gallery/internal/index"
	"gallery/internal/messages"
	"gallery/internal/note"
	"gallery/internal/observe"
	"gallery/internal/patient"
	"gallery/internal/photo"
	"gallery/internal/picks"
	"gallery/internal/rendition"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
)

// pageSize is the greatest number of photos on one page.
const pageSize = 500

// albumPages answers with the albums' pages.
type albumPages struct {
	library    *library
	store      *thumbs.Store
	views      *views
	addresses  addresses
	uploads    *uploader // nil where nobody can add photos
	gate       *gate
	archives   *archives
	background *upkeep.Background // nil for none
	meters     *observe.Meters    // nil for none
	log        *slog.Logger

	pages    *bounded.Map[pageKey, cachedPage]
	building bounded.Calls[builtPage] // by pageKey
	seed     maphash.Seed             // of the sums of what pages show
	senders  *picks.Senders
}

// pagesShare is the share of -memory that bounds that for pages, as they are; compressed they
// take up to a third more: 16 MiB of 256.
const pagesShare = 16

// cachedPage is a whole page as it was built, so that many visitors of one album
// cost one look at its folder.
type cachedPage struct {
	answer.Page
	stamp thumbs.Stamp
	built time.Time
	cells []rendered
}

// rendered is a cell in a page's text.
type rendered struct {
	sum      uint64 // of what it shows; others have the same once in 2^64 times
	from, to uint32 // where it stands
}

// cost is what a page takes in memory, bytes; an entry counts itself.
func (p cachedPage) cost() int64 { return int64(p.Size() + 16*len(p.cells) + 200) }

// builtPage is a page that is whole or, where thumbnails are not all there, a grid to
// be streamed.
type builtPage struct {
	page answer.Page
	grid *grid // nil where the page is whole
}

// pageKey names one page of an album.
type pageKey struct {
	album     string
	choice    string // the order that the visitor asks for, "" for none
	n         int    // counted from 1
	texts     *messages.Catalogue
	mayUpload bool // the visitor may add photos
	mayPick   bool // the visitor may pick photos
	visitor   visitor
	at        string       // the site's origin as the visitor sees it, "" if it is unknown
	sparing   bool         // the visitor wants to receive few bytes
	chosen    picks.Choice // the photos that are shown, "" for all
}

func (k pageKey) String() string {
	return fmt.Sprintf("%s %d %s %v %v %q %q %v %s %s", k.texts.Lang, k.n, k.choice, k.mayUpload, k.mayPick, k.visitor, k.at, k.sparing, k.chosen, k.album)
}

// serve answers with an album's page, or one of those photos that are chosen: whole where
// every thumbnail is there, else as a stream.
func (p *albumPages) serve(w http.ResponseWriter, r *http.Request, name string, v visitor, chosen picks.Choice) error {
	n, err := pageNumber(r)
	if err != nil {
		return err
	}
	_, _, mayPick := p.library.picker(v, name)
	key := pageKey{name, sortChoice(r), n, messages.For(r.Header.Get("Accept-Language")), p.gate.mayUpload(v), mayPick, v, p.addresses.origin(r), sparing(r), chosen}
	stamp := p.store.Stamp(name)
	cached, ok := p.pages.Get(key)
	ok = ok && cached.stamp == stamp && time.Since(cached.built) < p.library.pageAge
	p.meters.Looked(ok)
	built := builtPage{page: cached.Page}
	if !ok {
		if built, err = p.building.Do(r.Context(), key.String(), func() (builtPage, error) { return p.build(r.Context(), key, stamp) }); err != nil {
			return err
		}
	}
	p.background.Viewed(name, stamp)
	if built.grid != nil {
		built.grid.clone().stream(w, r)
		return nil
	}
	p.header(w, key)
	built.page.Serve(w, r)
	return nil
}

// header sets the header of a page.
func (p *albumPages) header(w http.ResponseWriter, key pageKey) {
	p.views.headerFor(w, key.visitor)
	if key.mayUpload {
		p.views.allow(w, p.views.upload)
	}
	if key.mayPick {
		p.views.allow(w, p.views.hearts)
	}
}

// build makes a page as far as that takes no opening of photos, and remembers it if it
// is whole. It also removes what is left of photos that are gone.
func (p *albumPages) build(ctx context.Context, key pageKey, stamp thumbs.Stamp) (builtPage, error) {
	g, err := p.newGrid(ctx, key, stamp)
	if err != nil {
		return builtPage{}, err
	}
	if len(g.folder.Photos)+len(g.folder.Albums) == 0 && p.store.Lost(key.album) {
		return builtPage{}, storage.ErrAway
	}
	p.store.Prune(g.folder)
	if !g.warm {
		return builtPage{grid: g}, nil
	}
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	before, _ := p.pages.Get(key)
	cells, err := g.write(body, before)
	if err != nil {
		return builtPage{}, err
	}
	page := before.Page // which is compressed already
	if !bytes.Equal(page.Body(), body.Bytes()) {
		page = answer.NewPage(bytes.Clone(body.Bytes()), gzip.BestCompression)
	}
	if key.chosen == "" { // there are as many choices as anybody makes up
		p.pages.Put(key, cachedPage{page, stamp, time.Now(), cells})
	}
	return builtPage{page: page}, nil
}

// bodies are what pages are written into, which grow until they hold one.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// pageNumber returns which page of an album is asked for, counted from 1.
func pageNumber(r *http.Request) (int, error) {
	text := r.URL.Query().Get("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, answer.NotFound
	}
	return n, nil
}

// grid is one page of an album: its sub-albums, on the first page, and its
// photos, as cells in the order in which they are shown.
type grid struct {
	p        *albumPages
	key      pageKey
	settings note.Settings
	order    string          // of photos and albums
	choice   string          // the same where the visitor asked for it and would not get it otherwise, else \"\"
	folder   album.Listing   // as it is
	album    album.Listing   // as the visitor may see it
	shown    []album.Photo   // the album's photos without one that is only its cover, by name
	pages    int             // how many pages the album has
	arranged bool            // the album's photos are in their order, and the cells laid out
	cells    []cell          // none before that
	jumps    []link          // lead to places in the album; none before that
	warm     bool            // every cell is known
	looks    int             // folders that may still be looked at for the cards
	listed   map[string]bool // by the name of an album in it: that was listed with the names that it has
	sent     []picks.Sent    // choices of the album's photos, for who is signed in
	times    map[string]int  // by file: how many of these have it
}

// cell is a sub-album or a photo on a page.
type cell struct {
	sub    string           // the sub-album's name relative to the root, "" for a photo
	sum    summary          // of the sub-album
	about  note.Note        // the sub-album's README.md
	src    album.Photo      // the photo, or the sub-album's cover; no name where it has none
	record rendition.Record // of src's thumbnail
	broken bool             // src has no thumbnail
	known  bool             // all of the above is as it will be shown
	sharp  rendition.Record // of src's sharp rendition, if there is one
	widest rendition.Record // of src's preview, if there is one
	month  thumbs.Month     // that begins, or goes on, with the photo; 0 for none to be named
	first  bool             // the month begins with it
}

// newGrid lists an album and fills in as much of the page as is known without
// opening any photo.
func (p *albumPages) newGrid(ctx context.Context, key pageKey, stamp thumbs.Stamp) (*grid, error) {
	a, looked, err := p.library.listShown(ctx, key.album, stamp)
	if err != nil {
		return nil, err
	}
	g, err := p.gridOf(ctx, key, stamp, a)
	if err != nil || looked || p.library.unchanged(a, g.photos(), g.listed) {
		return g, err
	}
	p.library.listings.Delete(key.album)
	p.library.doubt(key.album)
	if a, err = p.library.listAt(ctx, key.album, stamp); err != nil {
		return nil, err
	}
	return p.gridOf(ctx, key, stamp, a)
}

// gridOf is newGrid for an album that is listed.
func (p *albumPages) gridOf(ctx context.Context, key pageKey, stamp thumbs.Stamp, a album.Listing) (*grid, error) {
	shown, settings := shownPhotos(a, a.Photos), p.library.settings(key.album)
	order, choice := p.library.order(settings, key.choice)
	seen := p.library.seen(a, key.visitor)
	if key.chosen != "" {
		shown, seen.Albums, seen.Others = chosenOf(shown, key.chosen), nil, nil
	}
	g := &grid{
		p: p, key: key, settings: settings, order: order, choice: choice, folder: a, album: seen, shown: shown, pages: pagesFor(len(shown)), looks: p.library.looksFor(key.album),
	}
	if key.chosen != "" {
		g.pages = 1
	}
	if key.n > g.pages {
		return nil, answer.NotFound
	}
	if key.visitor.name != "" && p.gate.may(visitor{name: key.visitor.name}, key.album) {
		g.sent = p.library.sent(key.album)
		g.times = map[string]int{}
		for _, s := range g.sent {
			for _, chosen := range s.Photos {
				g.times[chosen.File]++
			}
		}
	}
	if len(a.Photos) > 0 {
		p.library.keepIndexed(key.album, stamp)
	}
	if photos, months, ok := p.store.Arrange(ctx, a, order, false); ok {
		if albums, exact, ok := g.albumsInOrder(ctx, true); ok {
			g.layOut(albums, photos, months)
			g.warm = g.fillKnown(stamp) && exact
		}
	}
	return g, nil
}

// photos returns the album's photos that are on the page, none before they are laid out.
func (g *grid) photos() (photos []album.Photo) {
	for _, c := range g.cells {
		if c.sub == "" {
			photos = append(photos, c.src)
		}
	}
	return photos
}

// photosByName returns the page's photos in the order of their names, whatever the page's is.
func (g *grid) photosByName() []album.Photo {
	photos := g.photos()
	switch g.order {
	case album.ByName:
	case album.ByNameDown:
		slices.Reverse(photos)
	default:
		filename.Sort(photos, func(src album.Photo) string { return src.File })
	}
	return photos
}

// pagesFor is the number of pages that so many photos take.
func pagesFor(photos int) int { return max(1, (photos+pageSize-1)/pageSize) }

// clone returns a grid that can be filled without changing the other.
func (g *grid) clone() *grid {
	c := *g
	c.cells = slices.Clone(g.cells)
	return &c
}

// albumsInOrder returns the sub-albums in the page's order: by name, or by the date of the
// newest photo in each, where those without one come last. It is exact if all dates are
// known. With known it reads no folder that is not remembered, and reports false instead.
func (g *grid) albumsInOrder(ctx context.Context, known bool) (albums []string, exact, ok bool) {
	albums = g.album.Albums
	switch g.order {
	case album.ByName:
		return albums, true, true
	case album.ByNameDown:
		albums = slices.Clone(albums)
		slices.Reverse(albums)
		return albums, true, true
	}
	newest := make(map[string]time.Time, len(albums))
	exact = true
	for _, name := range albums {
		sum, ok := g.p.library.summarize(ctx, path.Join(g.album.Name, name), g.key.visitor, known, &g.looks)
		if !ok {
			return nil, false, false
		}
		newest[name] = sum.Newest
		exact = exact && sum.Exact
	}
	albums = slices.Clone(albums)
	slices.SortStableFunc(albums, func(a, b string) int {
		x, y := newest[a], newest[b]
		switch {
		case x.IsZero() != y.IsZero():
			return y.Compare(x) // the zero time is before all others
		case g.order == album.ByDateDown:
			return y.Compare(x)
		}
		return x.Compare(y)
	})
	return albums, exact, true
}

// layOut makes the page's cells from the album's sub-albums and photos in their order.
// months are those of the photos in an order by date.
func (g *grid) layOut(albums []string, all []album.Photo, months []thumbs.Month) {
	g.arranged = true
	photos := shownPhotos(g.album, all)
	if len(photos) < len(all) && months != nil {
		without := 0 // the cover
		for without < len(photos) && photos[without] == all[without] {
			without++
		}
		months = slices.Concat(months[:without], months[without+1:])
	}
	from := (g.key.n - 1) * pageSize
	to := min(from+pageSize, len(photos))
	if g.key.n == 1 {
		g.cells = make([]cell, 0, len(albums)+to)
		for _, name := range albums {
			g.cells = append(g.cells, cell{sub: path.Join(g.album.Name, name)})
		}
	}
	if g.key.chosen != "" {
		photos = chosenOf(photos, g.key.chosen)
		to = len(photos)
	}
	sharper := g.p.store.Sharper(g.album.Name, rendition.Sharp, photos[from:to])
	widest := g.p.store.Sharper(g.album.Name, rendition.Preview, photos[from:to])
	for _, src := range photos[from:to] {
		g.cells = append(g.cells, cell{src: src, sharp: sharper[src.File], widest: widest[src.File]})
	}
	if g.key.chosen != "" { // a few, which need no ways
		return
	}
	if months != nil {
		g.nameMonths(months, g.cells[len(g.cells)-(to-from):], from)
	} else if g.pages > 1 {
		for n := 0; n < g.pages; n += (g.pages + maxJumps - 1) / maxJumps {
			text := strconv.Itoa(n+1) + " " + album.Title(photos[n*pageSize].File)
			g.jumps = append(g.jumps, link{g.p.addresses.ordered(g.album.Name, g.choice, n+1), text, n+1 == g.key.n})
		}
	}
}

const (
	// maxJumps is how many places to go to a page offers.
	maxJumps = 24
	// minMonth is how many photos the months of an album have on average that are named.
	minMonth = 4
)

// nameMonths names the months in which the page's photos were taken, of which the first has
// that place in the album. What has no date of its own stands under the month before.
func (g *grid) nameMonths(months []thumbs.Month, cells []cell, from int) {
	var begins []int // places in the album
	last, before := thumbs.Month(0), thumbs.Month(0)
	for i, m := range months {
		if m != 0 && m != last {
			begins, last = append(begins, i), m
		}
		if i < from {
			before = last
		}
	}
	if len(begins) < 2 || len(months) < minMonth*len(begins) {
		return
	}
	named := thumbs.Month(0)
	for i := range cells {
		if m := months[from+i]; m != 0 && m != named {
			cells[i].month, cells[i].first, named = m, m != before, m
		}
	}
	year := 0
	for _, i := range begins {
		begin := months[i].Begin()
		text := g.key.texts.Month(begin)
		if len(begins) > maxJumps {
			if begin.Year() == year {
				continue
			}
			year = begin.Year()
			text = strconv.Itoa(year)
		}
		g.jumps = append(g.jumps, link{Href: g.p.addresses.ordered(g.album.Name, g.choice, 1+i/pageSize) + "#" + monthID(months[i]), Text: text})
	}
}

// monthID is what names the place on a page where a month begins.
func monthID(m thumbs.Month) string { return m.Begin().Format("2006-01") }

// fillKnown fills in the cells whose thumbnails are there, and reports whether
// these are all.
func (g *grid) fillKnown(stamp thumbs.Stamp) bool {
	store := g.p.store
	x := store.Indexed(g.album.Name, stamp)
	if !thumbs.ThumbsListed(x, stamp) {
		x = nil
	}
	own := store.OpenRenditions(g.album.Name, "")
	if own != nil {
		defer own.Close()
	}
	within := store.Within(g.album.Name)
	defer within.Close()
	all := true
	g.listed = map[string]bool{}
	for i := range g.cells {
		c := &g.cells[i]
		if c.sub != "" {
			st := g.p.library.stampWithin(within, c.sub)
			c.fillKnownCard(g, st)
			g.listed[path.Base(c.sub)] = g.p.library.listedSince(c.sub, st)
		} else if c.record, c.known = store.FromIndex(x, c.src, ""); !c.known {
			c.record, c.known = store.Cached(own, c.src, "")
		}
		if !c.known && c.src.File != "" {
			c.fillUnstored(store)
		}
		all = all && c.known
	}
	return all
}

// fillUnstored fills in a cell whose thumbnail is known not to be on disk:
// there can be none, or the disk would not take it.
func (c *cell) fillUnstored(t *thumbs.Store) {
	if t.FailedBefore(c.src, "") != nil {
		c.broken, c.known = true, true
	} else if m, ok := t.Waiting(c.src, ""); ok {
		c.record, c.known = m.Record, true
	}
}

// fillKnownCard fills in a sub-album's cell, whose stamp was just taken, if that takes no
// listing of its folders and no making of its cover.
func (c *cell) fillKnownCard(g *grid, st thumbs.Stamp) {
	p, now := g.p, time.Now()
	sum, ok := p.library.summarizeAt(context.Background(), c.sub, st, g.key.visitor, true, &g.looks)
	if !ok {
		return
	}
	c.sum, c.about = sum, p.library.readmeAt(c.sub, st)
	c.src = g.cover(c)
	if c.src.File == "" {
		c.broken, c.known = true, true
		return
	}
	if c.src != sum.cover() {
		c.fillStored(p.store)
		return
	}
	bare := false
	if c.record, bare, c.known = p.store.Covering(c.src, sum.lies, now); c.known && !bare {
		c.fillOffered(p.store)
	}
}

// fillStored fills in a cell whose thumbnail is on disk.
func (c *cell) fillStored(t *thumbs.Store) {
	if c.record, c.known = t.Stored(c.src, ""); c.known {
		c.fillOffered(t)
	}
}

// fillOffered fills in the records of what may be offered beside a cover's thumbnail.
func (c *cell) fillOffered(t *thumbs.Store) {
	c.sharp, _ = t.Stored(c.src, rendition.Sharp)
	c.widest, _ = t.Stored(c.src, rendition.Preview)
}

// fillSafely is fill, with a panic as a placeholder and an error in the log.
func (g *grid) fillSafely(ctx context.Context, c *cell) {
	defer func() {
		if v := recover(); v != nil {
			g.p.log.Error("panic", "album", g.key.album, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			c.record, c.broken = rendition.Record{}, true
		}
	}()
	g.fill(ctx, c)
}

// fill fills in a cell, whatever it takes.
func (g *grid) fill(ctx context.Context, c *cell) {
	if c.sub != "" {
		g.fillCard(ctx, c)
		return
	}
	made, err := g.p.store.EnsureAll(ctx, c.src, "", g.p.forRow)
	m, ok := made[""]
	c.record, c.broken = m.Record, !ok
	if m, ok := made[rendition.Sharp]; ok {
		c.sharp = m.Record
	}
	if m, ok := made[rendition.Preview]; ok {
		c.widest = m.Record
	}
	if !ok && g.p.store.FailedBefore(c.src, "") == nil && ctx.Err() == nil {
		g.p.log.Warn("no thumbnail this time", "photo", c.src.Name(), "err", err)
	}
}

// forRow names what a page needs of a photo besides its thumbnail at once: of a wide one
// that is too low for its row, a rendition that is not.
func (p *albumPages) forRow(r rendition.Record) []string {
	full := image.Pt(max(r.Width, 1), max(r.Height, 1))
	for _, rend := range []string{"", rendition.Sharp} {
		if size := photo.Fitted(full, p.store.SideOf(rend)); size == full || sharpIn(size, rowHeight) {
			if rend == "" {
				return nil
			}
			return []string{rend}
		}
	}
	return []string{rendition.Preview}
}

// cover returns the photo that the card of a sub-album shows, whose summary and README.md are
// in its cell.
func (g *grid) cover(c *cell) album.Photo {
	if src, ok := g.p.library.namedCover(c.sub, c.about.Settings.Over(g.settings)); ok {
		return src
	}
	return c.sum.cover()
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
		looks := manyFolders // cells are filled by several at once
		c.sum, _ = g.p.library.summarize(ctx, c.sub, g.key.visitor, false, &looks)
		c.about = g.p.library.readme(c.sub)
		cover := g.cover(c)
		if cover == c.src {
			return // tried already, or there is none
		}
		c.src = cover
		m, err := g.p.store.Ensure(ctx, c.src, "")
		c.record, c.broken = m.Record, err != nil
		if err == nil {
			c.fillOffered(g.p.store)
			continue
		}
		if g.p.store.FailedBefore(c.src, "") == nil {
			return
		}
		g.p.library.summaries.Delete(c.src.Album)
	}
}

// write renders a page whose cells are all known. before is what it was, or the zero page: a
// cell that shows the same, as most do, is copied from there, since a template takes ten times
// as long as it takes to know all that it shows.
func (g *grid) write(body *bytes.Buffer, before cachedPage) (cells []rendered, err error) {
	if err := g.writeHead(body); err != nil {
		return nil, err
	}
	cells = make([]rendered, len(g.cells))
	for i := range cells {
		if err := g.writeSection(body, i); err != nil {
			return nil, err
		}
		view := g.view(i)
		sum, from := maphash.Comparable(g.p.seed, view), body.Len()
		if i < len(before.cells) && before.cells[i].sum == sum {
			body.Write(before.Body()[before.cells[i].from:before.cells[i].to])
		} else if err := g.writeView(body, view); err != nil {
			return nil, err
		}
		cells[i] = rendered{sum, uint32(from), uint32(body.Len())}
	}
	return cells, g.writeFoot(body)
}

// stream answers with a page whose thumbnails are not all there: the head at
// once, then each cell, in order, the moment its thumbnail exists. The making
// runs ahead of the writing, and stops when the client leaves.
func (g *grid) stream(w http.ResponseWriter, r *http.Request) {
	g.p.header(w, g.key)
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
		photos, months, ok := g.p.store.Arrange(ctx, g.album, g.order, true)
		if !ok {
			return
		}
		albums, _, ok := g.albumsInOrder(ctx, false)
		if !ok {
			return
		}
		g.layOut(albums, photos, months)
	}
	done := make([]chan struct{}, len(g.cells))
	for i := range done {
		done[i] = make(chan struct{})
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	var next atomic.Int64
	// Four times the processors, so that these work while others wait for a slow disk.
	for range min(4*runtime.GOMAXPROCS(0), len(g.cells)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(g.cells) {
					return
				}
				if c := &g.cells[i]; !c.known {
					g.fillSafely(ctx, c)
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
		if g.writeSection(w, i) != nil || g.writeView(w, g.view(i)) != nil {
			return
		}
	}
	// An error here is the client's leaving.
	_ = g.writeFoot(w)
}

// gridView is the frame of an album's page, around its cells.
type gridView struct {
	frame
	Counts  string
	Sorts   []link
	Pages   string        // "Page 2 of 40", "" where there is but one
	Empty   string        // what the page says in place of photos, "" where there are any
	Others  []otherFile   // those that are served
	More    int           // and how many more there are
	About   template.HTML // the album's description
	Ways    []link        // to photos of many albums
	Jumps   []link        // to places in the album
	Zip     string        // address of the album as an archive, "" if it is not offered
	ZipSize string        // of its files, "" where that is not known yet
	Total   int           // photos on the page, if it is streamed

	Add     *addView  // nil where photos cannot be added
	SignIn  string    // address of the form to sign in by, "" where nobody can or one has
	SignOut string    // address to sign out at, "" where one has not signed in
	ShareAt string    // address that makes links to the album, "" where one may not
	Bar     *barView  // nil where no photos can be picked
	Sent    *sentView // nil where none was sent
	Who     string    // the name that one has signed in by
}

func (g *grid) writeHead(w io.Writer) error {
	a, t := g.album, g.key.texts
	view := gridView{frame: g.p.views.frame(t, a.Name, g.key.visitor), Empty: g.empty()}
	view.Kept = !g.p.library.mayDownload(g.key.visitor, a.Name)
	view.carry(g.choice)
	if g.key.at != "" {
		view.Feed = g.p.addresses.feed(a.Name)
	}
	about := g.p.library.readme(a.Name)
	if g.key.n == 1 && g.key.chosen == "" {
		view.About = about.Body
	}
	if about.Title != "" {
		view.Title = about.Title // the root's, too, whose crumb is the site's name
	}
	var counts []string
	if n := len(a.Albums); n > 0 {
		counts = append(counts, t.Count(n, t.CountAlbums))
	}
	if n := len(g.shown); g.key.chosen != "" {
		counts = append(counts, fmt.Sprintf(t.Picked, strconv.Itoa(n)))
	} else if n > 0 {
		counts = append(counts, t.Count(n, t.CountPhotos))
	}
	view.Counts = strings.Join(counts, ", ")
	if others := album.CountOthers(a.Others); others.Number > 0 {
		view.Counts = joined(view.Counts, othersText(t, others))
	}
	if from, to := g.period(); !from.IsZero() {
		view.Counts = joined(view.Counts, t.Period(from, to))
	}
	view.Description = cmp.Or(about.Text, view.Counts)
	view.Share = g.share()
	g.offerArchive(&view)
	g.offerPicks(&view)
	if a.Name == "." && len(a.Albums) > 0 {
		site := g.p.addresses.file(".")
		view.Ways = []link{{Href: site + timelinePath, Text: t.Timeline}, {Href: site + recentPath, Text: t.Recent}}
	}
	if max(len(g.shown), len(a.Albums)) > 1 && g.key.chosen == "" {
		view.Sorts = g.sortLinks()
	}
	if g.pages > 1 {
		view.Pages = fmt.Sprintf(t.PageOf, g.key.n, g.pages)
	}
	view.Jumps = g.jumps
	view.Prev, view.Next = g.neighbours()
	view.Await = "end"
	if !g.warm {
		view.Await = "main" // so that its head is seen as it stays
		view.Unscripted = unscripted
		view.Total = min(pageSize, len(g.shown)-(g.key.n-1)*pageSize)
		if g.key.chosen != "" {
			view.Total = len(g.shown)
		}
	}
	g.offerUpload(&view)
	g.offerSignIn(&view)
	return g.p.views.render(w, "head", view)
}

// offerArchive adds the way to the album as an archive, unless there is nothing in it, or more
// than one holds. While sub-albums are not all known it is offered without its size.
func (g *grid) offerArchive(view *gridView) {
	if !g.p.archives.offers(g.key.visitor, g.key.album, g.key.chosen) {
		return
	}
	parts := [][]album.Photo{g.album.Photos, g.p.library.otherFiles(g.album)}
	if g.key.chosen != "" {
		parts = [][]album.Photo{g.shown}
	}
	if len(parts[0]) > maxArchived {
		return
	}
	files, albums, bytes := 0, 1, int64(0)
	for _, own := range parts {
		files += len(own)
		for i := range own {
			bytes += own[i].Size
		}
	}
	known := len(g.album.Albums) == 0 || g.key.n == 1 && g.arranged
	for _, c := range g.cells {
		if c.sub == "" {
			continue
		}
		files += c.sum.Photos
		if g.p.library.others {
			files += c.sum.Others.Number
		}
		albums += c.sum.Folders
		bytes += c.sum.Bytes
		known = known && c.known
	}
	if files > maxArchived || albums > maxArchivedAlbums || files == 0 && known {
		return
	}
	view.Zip = g.p.addresses.archive(g.album.Name)
	if g.key.chosen != "" {
		view.Zip = g.p.addresses.choice(g.album.Name, g.key.chosen) + "&zip"
	}
	if known {
		view.ZipSize = g.key.texts.Bytes(bytes)
	}
}

// share is what a shared link to the album shows, whatever the visitor's order: its
// cover, else the first by name of the page's photos, else that of its first card.
func (g *grid) share() *share {
	if g.key.at == "" {
		return nil
	}
	s := &share{URL: g.key.at + g.p.addresses.ordered(g.album.Name, "", g.key.n)}
	if g.key.chosen != "" {
		s.URL = g.key.at + g.p.addresses.choice(g.album.Name, g.key.chosen)
	}
	if src, r, ok := g.shared(); ok {
		s.show(g.key.at, g.p.addresses, src, r)
	}
	return s
}

// shared returns the photo that a link to the album shows, and its thumbnail's record, empty
// where that is not known yet: there will be a picture of all but what has failed before.
func (g *grid) shared() (src album.Photo, r rendition.Record, ok bool) {
	fits := func(src album.Photo) bool { return src.File != "" && g.p.store.FailedBefore(src, "") == nil }
	var card *cell
	photos := map[string]*cell{}
	for i := range g.cells {
		c := &g.cells[i]
		if c.sub == "" {
			photos[c.src.File] = c
		} else if card == nil && fits(c.src) {
			card = c
		}
	}
	chosen, ok := g.p.library.namedCover(g.album.Name, g.settings)
	if !ok {
		chosen, ok = g.album.ChosenCover()
	}
	if ok && fits(chosen) {
		c := cell{src: chosen}
		c.fillStored(g.p.store) // it is not among the cells
		return chosen, c.record, true
	}
	byName := g.shown
	if g.arranged {
		byName = g.photosByName()
	}
	for _, src := range byName {
		if !fits(src) {
			continue
		}
		if c := photos[src.File]; c != nil {
			return src, c.record, true
		}
		return src, rendition.Record{}, true // there are no cells yet
	}
	if card != nil {
		return card.src, card.record, true
	}
	if !g.warm {
		src, ok = g.firstBelow()
	}
	return src, rendition.Record{}, ok
}

// firstBelow returns the cover, else the first photo, of the first album below that has one,
// as far as a few listings tell.
func (g *grid) firstBelow() (album.Photo, bool) {
	a := g.album
	for range 8 {
		if len(a.Photos) > 0 {
			chosen, ok := a.ChosenCover()
			if !ok {
				chosen = a.Photos[0]
			}
			return chosen, true
		}
		if len(a.Albums) == 0 {
			break
		}
		below, err := g.p.library.list(context.Background(), path.Join(a.Name, a.Albums[0]))
		if err != nil {
			break
		}
		a = g.p.library.seen(below, g.key.visitor)
	}
	return album.Photo{}, false
}

// offerUpload adds to an album's page the form to add photos by, where the visitor may.
func (g *grid) offerUpload(view *gridView) {
	if g.key.mayUpload && g.key.chosen == "" {
		view.Style += g.p.views.upload.style
		view.Add = g.p.uploads.form(g.key.texts, g.key.album)
	}
}

// offerSignIn adds to an album's page the way to sign in, or out.
func (g *grid) offerSignIn(view *gridView) {
	switch who := g.key.visitor.name; {
	case who != "":
		view.ShareAt = g.p.addresses.page(g.key.album) + "?share"
		view.SignOut, view.Who = g.p.addresses.file(".")+signOutPath, who
	case g.p.gate.users != nil:
		view.SignIn = g.p.addresses.signIn(g.key.album)
	}
}

// unscripted does for a page that streams in what the script would do: it shows
// that more is to come, and photos only once so many have come behind them that
// their row is complete. (Browsers count no :nth-last-child before the end.)
var unscripted = template.CSS(`
:root:not(:has(#end)) .progress { display: block; --done: 1; animation: wait 1s infinite alternate; }
:root:not(:has(#end)) .photo:not(:has(` + strings.Repeat("+ .photo ", 6) + `)) { visibility: hidden; }
@media (width > 600px) { :root:not(:has(#end)) .photo:not(:has(` + strings.Repeat("+ .photo ", 14) + `)) { visibility: hidden; } }
@keyframes wait { from { opacity: .2; } }
`)

// period returns the dates of the album's oldest and newest photo, zero where
// this page does not know all of them.
func (g *grid) period() (from, to time.Time) {
	if !g.warm || g.pages > 1 {
		return
	}
	var d index.DateRange
	for _, c := range g.cells {
		if c.sub == "" && !c.broken {
			date := c.record.TakenAt()
			d.Add(index.DateRange{Newest: date, Oldest: date}, false)
		}
	}
	return d.Oldest, d.Newest
}

// sortLinks offers the orders; choosing the one in use turns it round.
func (g *grid) sortLinks() []link {
	links := []link{{Text: g.key.texts.ByName}, {Text: g.key.texts.ByDate}}
	for i, orders := range [][2]string{{album.ByName, album.ByNameDown}, {album.ByDate, album.ByDateDown}} {
		next := orders[0]
		switch g.order {
		case orders[0]:
			next = orders[1]
			links[i].Text += " ↑"
			links[i].Current = true
		case orders[1]:
			links[i].Text += " ↓"
			links[i].Current = true
		}
		_, choice := g.p.library.order(g.settings, next)
		links[i].Href = g.p.addresses.ordered(g.album.Name, choice, 1)
	}
	return links
}

// neighbours returns the addresses of the pages before and after this one.
func (g *grid) neighbours() (prev, next string) {
	if g.key.n > 1 {
		prev = g.p.addresses.ordered(g.album.Name, g.choice, g.key.n-1)
	}
	if g.key.n < g.pages {
		next = g.p.addresses.ordered(g.album.Name, g.choice, g.key.n+1)
	}
	return prev, next
}

// figure is a thumbnail, of a photo or of an album's cover. It is all that its template is given,
// and is comparable: equal ones look the same.
type figure struct {
	T          *messages.Catalogue
	Href       string
	Thumb      string // "" shows a placeholder
	Offers     offers // what a browser chooses from, the thumbnail first; none for that alone
	Sizes      string // how wide it is shown, for that choice
	Width      int    // of the thumbnail, pixels
	Height     int
	Ratio      string // width / height as the grid lays it out
	Tall       bool   // taller than that
	Color      template.CSS
	Name       string
	Heading    bool // the name stands beside it as a heading, so that the picture says nothing
	Caption    string
	More       bool   // the photo's page has more of a caption
	FullWidth  int    // of the photo, upright, pixels; 0 for one that cannot be shown
	FullHeight int    //
	Itself     bool   // the lightbox shows the photo itself and no preview
	Lazy       bool   // far down the page: loaded when it comes near
	Month      string // that begins with it, or goes on; "" for none to be named
	ID         string // of that, "" where it goes on
	Heart      string // what stands for the photo in a choice, "" where it cannot be picked
	Picked     bool   // it is in the choice that the page shows
	Times      int    // how many have sent a choice with it
}

// offer is a rendition and how wide it is, pixels.
type offer struct {
	Address string
	Width   int
}

// offers are a thumbnail and what is offered beside it, as far as it is there.
type offers [5]offer

// offered is what may be offered beside a thumbnail.
var offered = append([]string{rendition.Sharp}, rendition.Previews...)

// sectionView begins the albums' or the photos' part of a page.
type sectionView struct {
	T      *messages.Catalogue
	Next   bool // another section ends here
	Albums bool // sub-albums come, else photos
	First  int  // the number in the album of the first photo on the page
	Total  int  // photos in the album
	Closed bool // the lightbox is not to lead to others
}

// card is an album's figure.
type card struct {
	figure
	Counts string
	Date   string
}

// eager is how many thumbnails are loaded without waiting for a scroll.
const eager = 16

// writeSection begins the albums' or the photos' section, if the cell is the first of these.
func (g *grid) writeSection(w io.Writer, i int) error {
	albums := g.cells[i].sub != ""
	if i > 0 && albums == (g.cells[i-1].sub != "") {
		return nil
	}
	return g.p.views.render(w, "section", sectionView{g.key.texts, i > 0, albums, (g.key.n-1)*pageSize + 1, len(g.shown), g.key.chosen != ""})
}

// writeView renders what a cell shows, of which alone the text depends.
func (g *grid) writeView(w io.Writer, view card) error {
	switch {
	case view.T == nil:
		return nil
	case view.Heading:
		return g.p.views.render(w, "album-cell", view)
	}
	return g.p.views.render(w, "photo-cell", view.figure)
}

// view is what a cell shows: an album's card, or a photo's figure and no more. It is the zero
// card where nothing is to be shown.
func (g *grid) view(i int) card {
	c := &g.cells[i]
	if c.sum.unreadable {
		return card{}
	}
	t := g.key.texts
	f := figure{T: t, Lazy: i >= eager, Color: "transparent"}
	f.show(g.p, c)
	if !g.key.sparing && c.sub == "" {
		f.offerForRow(g.p, c)
	} else if !g.key.sparing {
		f.offerForCard(g.p, c)
	}
	if c.sub == "" {
		f.Href = g.p.addresses.ordered(c.src.Name(), g.choice, 1)
		if c.month != 0 {
			f.Month = g.key.texts.Month(c.month.Begin())
			if c.first {
				f.ID = monthID(c.month)
			}
		}
		about := g.p.library.noteOf(g.album, c.src)
		if g.key.mayPick {
			f.Heart, f.Picked = picks.ID(c.src.File), g.key.chosen != ""
		}
		f.Times = g.times[c.src.File]
		f.Name, f.Caption, f.More = album.Title(c.src.File), cmp.Or(about.Text, c.record.Caption), !about.Plain()
		return card{figure: f}
	}
	f.Href, f.Heading = g.p.addresses.ordered(c.sub, g.choice, 1), true
	f.Name = g.p.library.titleBy(c.sub, c.about)
	view := card{figure: f}
	if c.sum.Others.Number > 0 {
		view.Counts = othersText(t, c.sum.Others)
	}
	if c.sum.Photos > 0 || view.Counts == "" {
		view.Counts = joined(t.Count(c.sum.Photos, t.CountPhotos), view.Counts)
	}
	if date := c.record.TakenAt(); c.sum.Exact && !c.sum.Taken.Newest.IsZero() {
		view.Date = t.Period(c.sum.Taken.Oldest, c.sum.Taken.Newest)
	} else if !c.sum.Exact && !c.broken && !date.IsZero() {
		view.Date = t.Month(date)
	}
	return view
}

// show fills in the picture: the cell's thumbnail, or a placeholder.
func (f *figure) show(p *albumPages, c *cell) {
	if c.broken {
		f.Width, f.Height, f.Ratio = p.store.SideOf("")*3/4, p.store.SideOf("")*3/4, "1"
		var own thumbs.ShownItself
		if errors.As(p.store.FailedBefore(c.src, ""), &own) {
			f.Thumb = p.addresses.file(c.src.Name())
			f.setSize(photo.Fitted(own.Size, p.store.SideOf("")))
			f.FullWidth, f.FullHeight, f.Itself = own.Size.X, own.Size.Y, true
		}
		return
	}
	f.Thumb = p.addresses.thumb(c.src, "", c.record)
	// A record is a file that others may have written: its size may be 0.
	f.FullWidth, f.FullHeight, f.Itself = max(c.record.Width, 1), max(c.record.Height, 1), p.showsSource(c)
	size := photo.Fitted(image.Pt(f.FullWidth, f.FullHeight), p.store.SideOf(""))
	f.setSize(size)
	f.Color = cssColor(c.record.Color)
}

// offerForRow offers what a row of photos takes.
func (f *figure) offerForRow(p *albumPages, c *cell) {
	there := f.offer(p, c, func(size image.Point) bool { return sharpIn(size, tallestRow*2) })
	if len(there) > 0 {
		full := image.Pt(f.FullWidth, f.FullHeight)
		f.Sizes = "(width<=600px)" + statedWidth(full, there, rowHeightSmall, 3, 360) + "," + statedWidth(full, there, rowHeight, 2, 600)
	}
}

// offer adds renditions larger than the thumbnail: those that are on disk or, beside a
// preview that is, larger previews to be made when a browser asks for them. Where one has
// enough pixels, larger ones are left out. It returns what is offered, if it is more than the
// thumbnail.
func (f *figure) offer(p *albumPages, c *cell, enough func(image.Point) bool) []offer {
	if c.broken {
		return nil
	}
	full := image.Pt(f.FullWidth, f.FullHeight)
	last := image.Pt(f.Width, f.Height)
	there := append(f.Offers[:0], offer{f.Thumb, last.X})
	for _, rend := range offered {
		stored := c.widest
		if rend == rendition.Sharp {
			stored = c.sharp
		}
		size := photo.Fitted(full, rendition.Sides[rend])
		if size.X <= last.X || len(there) > 1 && enough(last) {
			break
		}
		if stored.Width <= 0 || p.store.FailedBefore(c.src, rend) != nil {
			continue
		}
		state := c.record // as the lightbox has the address from the thumbnail's
		if rend == rendition.Sharp {
			state = stored
		}
		there, last = append(there, offer{p.addresses.thumb(c.src, rend, state), size.X}), size
	}
	if len(there) == 1 {
		f.Offers = offers{}
		return nil
	}
	return there
}

// widestCard is how wide a card is at most where there are two columns or more, CSS pixels.
const widestCard = 490

// offerForCard offers what a card takes. Cards are 4:3 and filled, so that wide photos are
// larger than them; the stylesheet says how many there are beside each other. What is stated is
// more than that by 9/7, sqrt(2) / 1.1: Chromium takes a file of up to sqrt(2) times fewer
// pixels than are shown, if the next has twice as many.
func (f *figure) offerForCard(p *albumPages, c *cell) {
	wider := max(1, 3*float64(f.FullWidth)/(4*float64(f.FullHeight)))
	if len(f.offer(p, c, func(size image.Point) bool { return 1.1*float64(size.X) >= 3*widestCard*wider })) > 0 {
		wider *= 9. / 7
		f.Sizes = fmt.Sprintf("(width<=1070px)%.0fvw,(width<=1430px)%.0fvw,(width<=1775px)%.0fvw,%.0fpx", 46.5*wider, 31*wider, 23.5*wider, 405*wider)
	}
}

const (
	// rowHeight is about how high most rows are, CSS pixels, and rowHeightSmall on a phone.
	rowHeight, rowHeightSmall = 240, 140
	// tallestRow is about the height to which rows grow on a large window, CSS pixels. The
	// script sees to those that grow further.
	tallestRow = 280
	// widestRow is how wide rows are on a large window, CSS pixels.
	widestRow = 1920
)

// sharpIn reports whether a picture of that size has about enough pixels for a row so high
// and, twice over, for the window's width.
func sharpIn(size image.Point, row int) bool {
	return 11*size.Y >= 10*row || 11*size.X >= 10*2*widestRow
}

// statedWidth is how wide a photo is said to be shown in rows that are so high on screens with
// so many device pixels in each: as wide as takes all pixels of the narrowest offer that is
// sharp there. Firefox and Safari take the narrowest with no fewer pixels than are shown, and
// Chromium a narrower one up to the geometric mean of two: of the true width, they would
// choose differently. What is wider than most is no wider than the window.
func statedWidth(full image.Point, offers []offer, row, density, most int) string {
	need := density * row * full.X / full.Y
	width := 0
	for _, o := range offers {
		width = o.Width / density
		if 11*o.Width >= 10*need {
			break
		}
	}
	if width <= most {
		return strconv.Itoa(width) + "px"
	}
	return fmt.Sprintf("min(100vw,%dpx)", width)
}

// showsSource reports whether the lightbox shows the photo itself: as its page does, or
// since a preview is known to save nothing.
func (p *albumPages) showsSource(c *cell) bool {
	return c.record.ShowsSource() || errors.Is(p.store.FailedBefore(c.src, rendition.Preview), thumbs.ErrSavesNothing)
}

func (f *figure) setSize(size image.Point) {
	f.Width, f.Height = size.X, size.Y
	const tallest = 0.35
	ratio := float64(size.X) / float64(size.Y)
	f.Ratio, f.Tall = fmt.Sprintf("%.4f", max(ratio, tallest)), ratio < tallest
}

// cssColor returns a record's colour in CSS, where it is one: a record is a
// file that others may have written. It has four bits a channel, which a
// placeholder does not miss and which makes pages a fiftieth shorter.
func cssColor(s string) template.CSS {
	digits, ok := strings.CutPrefix(s, "#")
	rgb, err := strconv.ParseUint(digits, 16, 24)
	if !ok || len(digits) != 6 || err != nil {
		return "transparent"
	}
	short := func(shift int) uint64 { return (rgb>>shift&0xFF*15 + 127) / 255 }
	return template.CSS(fmt.Sprintf("#%x%x%x", short(16), short(8), short(0)))
}

func (g *grid) writeFoot(w io.Writer) error {
	view := gridView{frame: frame{T: g.key.texts, Script: g.p.views.script, Face: g.p.views.faceView()}, Empty: g.empty()}
	view.Prev, view.Next = g.neighbours()
	if g.key.chosen == "" {
		view.News, view.Here = g.p.addresses.news(g.p.addresses.page(g.album.Name), g.counted()), g.p.addresses.ordered(g.album.Name, g.choice, g.key.n)
	}
	if g.key.mayPick && len(g.shown) > 0 {
		view.Bar = &barView{g.key.texts, g.p.addresses.page(g.album.Name), g.p.library.mayDownload(g.key.visitor, g.key.album)}
	}
	if g.p.library.others && g.key.n == 1 {
		view.Others, view.More = g.p.otherFiles(g.key.texts, g.album)
	}
	return g.p.views.render(w, "foot", view)
}

// counted is how many photos the album's first page counts: the album's own, and those on its
// cards.
func (g *grid) counted() int {
	if g.key.n > 1 {
		return len(g.shown) + g.p.library.onCards(context.Background(), g.album, g.key.visitor)
	}
	n := len(g.shown)
	for _, c := range g.cells {
		n += c.sum.Photos
	}
	return n
}

// empty is what the page says in place of albums and photos, "" where there are any.
func (g *grid) empty() string {
	switch {
	case g.key.chosen != "" && len(g.shown) == 0:
		return g.key.texts.NothingPicked
	case len(g.album.Albums)+len(g.album.Photos) > 0:
		return ""
	case len(g.album.Others) > 0:
		return g.key.texts.OnlyOthers
	}
	return g.key.texts.EmptyAlbum
}

// joined puts a dot between two texts, if both say something.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

// othersText counts other files, and says of which kinds they are.
func othersText(t *messages.Catalogue, o album.Others) string {
	return t.Count(o.Number, t.CountOthers) + " (" + strings.Join(o.Labels(), ", ") + ")"
}

// otherFile is an other file in the list of them.
type otherFile struct {
	Href, Name string
	About      string // its kind and size
}

// maxOthersListed is how many other files a page lists.
const maxOthersListed = 2000

// otherFiles lists the other files of an album, and says how many it leaves out.
func (p *albumPages) otherFiles(t *messages.Catalogue, a album.Listing) (files []otherFile, more int) {
	names := a.Others[:min(len(a.Others), maxOthersListed)]
	for _, src := range p.library.stats(a.Name, names) {
		label, _ := album.OtherKind(src.File)
		files = append(files, otherFile{p.addresses.file(src.Name()), album.Readable(src.File), joined(label, t.Bytes(src.Size))})
	}
	return files, len(a.Others) - len(names)
}

// barView is what a page offers to do with what is picked. It works without the script, for
// the photos on the page.
type barView struct {
	T        *messages.Catalogue
	Action   string // address of the album
	Download bool   // what is picked may be downloaded
}

// sentView shows the choices that were sent of an album, side by side.
type sentView struct {
	T      *messages.Catalogue
	Number int // how many were sent
	People []sentBy
	Rows   []sentRow
}

// sentBy is the head of a column: who sent a choice.
type sentBy struct {
	Name, Href, When string
	Photos           int
}

// sentRow is a photo, and what each of the people said of it.
type sentRow struct {
	picks.Row
	Href string // "" where the photo is gone
}

// offerPicks adds to an album's page what it takes to pick photos, and which were.
func (g *grid) offerPicks(view *gridView) {
	if g.key.chosen != "" {
		view.Hidden, view.Feed = true, ""
		view.Crumbs[len(view.Crumbs)-1].Current = false
	}
	if g.key.mayPick {
		g.p.views.offerPicks(&view.frame, g.album.Name)
	}
	if len(g.sent) > 0 && g.key.n == 1 && g.key.chosen == "" {
		view.Sent = g.sentView()
	}
}

// sentView puts what was sent of the album side by side.
func (g *grid) sentView() *sentView {
	view := &sentView{T: g.key.texts, Number: len(g.sent)}
	there := map[string]bool{}
	for _, src := range g.folder.Photos {
		there[src.File] = true
	}
	for _, s := range g.sent[:min(len(g.sent), picks.MaxPeople)] {
		view.People = append(view.People, sentBy{s.Name, g.p.addresses.choice(g.album.Name, s.Choice()), s.At.Format(time.DateOnly), len(s.Photos)})
	}
	for _, row := range picks.Rows(g.sent) {
		href := ""
		if there[row.File] {
			href = g.p.addresses.page(path.Join(g.album.Name, row.File))
		}
		row.File = album.Readable(row.File)
		view.Rows = append(view.Rows, sentRow{row, href})
	}
	return view
}

// chosenView is the page of the names of what is picked, or to send it.
type chosenView struct {
	frame
	Counts  string
	Show    string // address that shows the choice
	Choice  picks.Choice
	Lists   []picks.Names
	Photos  []chosenPhoto
	Who     string // the name of who sends it, as far as it is known
	Message string // what came of sending it
}

// chosenPhoto is a photo with what is said of it.
type chosenPhoto struct {
	ID, File string
	Thumb    string // address, "" where it has none
	Note     string
}

// serveChoice answers with the names of the chosen photos or, with ?send, with the form that
// sends them.
func (p *albumPages) serveChoice(w http.ResponseWriter, r *http.Request, name string, v visitor, chosen picks.Choice) error {
	view, photos, err := p.chosenView(r, name, v, chosen)
	if err != nil {
		return err
	}
	switch {
	case len(photos) == 0:
		view.Message = view.T.NothingPicked
	case r.URL.Query().Has("send"):
		view.Title, view.Photos = view.T.SendPicks, p.chosenPhotos(name, photos, nil)
	default:
		view.Title, view.Lists = view.T.ListPicks, nameLists(view.T, photos)
	}
	p.showChosen(w, r, v, http.StatusOK, view)
	return nil
}

// chosenView begins the page about a choice, and returns the photos of it that there are.
func (p *albumPages) chosenView(r *http.Request, name string, v visitor, chosen picks.Choice) (chosenView, []album.Photo, error) {
	a, err := p.library.list(r.Context(), name)
	if err != nil {
		return chosenView{}, nil, err
	}
	photos := chosenOf(shownPhotos(a, a.Photos), chosen)
	texts := messages.For(r.Header.Get("Accept-Language"))
	view := chosenView{frame: p.views.frame(texts, name, v), Counts: fmt.Sprintf(texts.Picked, strconv.Itoa(len(photos))), Show: p.addresses.choice(name, chosen), Choice: chosen}
	view.Who, _, _ = p.library.picker(v, name)
	view.Hidden = true
	view.Crumbs[len(view.Crumbs)-1].Current = false
	p.views.offerPicks(&view.frame, name)
	return view, photos, nil
}

func (p *albumPages) showChosen(w http.ResponseWriter, r *http.Request, v visitor, status int, view chosenView) {
	p.views.headerFor(w, v)
	p.views.allow(w, p.views.hearts)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = p.views.render(w, "chosen", view) // an error is the client's leaving
	}
}

// nameLists are the names of photos as programs take them.
func nameLists(t *messages.Catalogue, photos []album.Photo) []picks.Names {
	var files []string
	for _, src := range photos {
		files = append(files, album.Readable(src.File))
	}
	return append(picks.NamesFor(files), picks.Names{Program: t.OneALine, Text: strings.Join(files, "\n")})
}

// chosenPhotos are the photos to send, with what a form says of them.
func (p *albumPages) chosenPhotos(name string, photos []album.Photo, form url.Values) []chosenPhoto {
	thumbs := p.store.OpenRenditions(name, "")
	if thumbs != nil {
		defer thumbs.Close()
	}
	var all []chosenPhoto
	for _, src := range photos {
		id := picks.ID(src.File)
		photo := chosenPhoto{ID: id, File: album.Readable(src.File), Note: picks.Line(form.Get("note-"+id), picks.MaxNote)}
		if record, ok := p.store.Cached(thumbs, src, ""); ok {
			photo.Thumb = p.addresses.thumb(src, "", record)
		}
		all = append(all, photo)
	}
	return all
}

// maxChoice bounds the form that sends a choice, in bytes.
const maxChoice = 1 << 20

// takeChoice takes a choice that is sent: POST /ALBUM/?picks. It becomes a text in the
// album's folder.
func (p *albumPages) takeChoice(w http.ResponseWriter, r *http.Request, name string, v visitor) error {
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	_, by, ok := p.library.picker(v, name)
	if !ok {
		return answer.NotFound
	}
	r.Body = http.MaxBytesReader(w, patient.Body(w, r.Body), maxChoice)
	if err := r.ParseForm(); errors.As(err, new(*http.MaxBytesError)) {
		return answer.Error{Status: http.StatusRequestEntityTooLarge, Err: err}
	} else if err != nil {
		return answer.Error{Status: http.StatusBadRequest, Err: err}
	}
	chosen, ok := choice(r.PostForm)
	if !ok {
		return answer.Error{Status: http.StatusBadRequest, Err: errors.New("this is no choice")}
	}
	view, photos, err := p.chosenView(r, name, v, chosen)
	if err != nil {
		return err
	}
	status := http.StatusOK
	view.Title, view.Message = view.T.SendPicks, view.T.PicksSent
	if err := p.keep(r, name, by, photos); err != nil {
		if status, view.Message = p.notKept(w, view.T, name, by, err); len(photos) > 0 {
			view.Photos, view.Who = p.chosenPhotos(name, photos, r.PostForm), picks.Line(r.PostForm.Get("name"), picks.MaxName)
		}
	}
	p.showChosen(w, r, v, status, view)
	return nil
}

// Why a choice is not kept: nothing is chosen, or one visitor sends too many.
var errNothingPicked, errTooOften = errors.New("nothing is picked"), errors.New("sent too often")

// keep writes a choice into the album's folder.
func (p *albumPages) keep(r *http.Request, name, by string, photos []album.Photo) error {
	if len(photos) == 0 {
		return errNothingPicked
	}
	from := p.gate.visitor(r)
	if network, err := from.Prefix(64); err == nil && from.Is6() {
		from = network.Addr() // they are one visitor's
	}
	if !p.senders.MaySend(by+" "+from.String(), time.Now()) {
		return errTooOften
	}
	s := picks.Sent{Name: cmp.Or(picks.Line(r.PostForm.Get("name"), picks.MaxName), "?"), By: by, Album: p.library.albumTitle(name), At: time.Now()}
	for _, src := range photos {
		s.Photos = append(s.Photos, picks.Photo{File: src.File, Note: r.PostForm.Get("note-" + picks.ID(src.File))})
	}
	folder, err := album.Open(p.library.photos.Root(), name)
	if err != nil {
		return err
	}
	defer folder.Close()
	text, err := picks.Write(folder, s)
	if err != nil {
		return err
	}
	p.log.Info("a choice was sent", "album", name, "text", text, "photos", len(photos), "by", by, "from", p.gate.visitor(r))
	return nil
}

// notKept says why a choice was not kept, to its sender and to the log.
func (p *albumPages) notKept(w http.ResponseWriter, t *messages.Catalogue, name, by string, err error) (status int, message string) {
	switch {
	case errors.Is(err, errNothingPicked):
		return http.StatusUnprocessableEntity, t.NothingPicked
	case errors.Is(err, errTooOften):
		w.Header().Set("Retry-After", strconv.Itoa(int(picks.SendingTime.Seconds())))
		return http.StatusTooManyRequests, t.SentTooOften
	}
	p.log.Error("a choice could not be kept", "album", name, "by", by, "err", err)
	return http.StatusInsufficientStorage, t.NotKept
}
