package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"gallery/internal/doctor"
	"gallery/internal/storage"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/feed"
	"gallery/internal/messages"
	"gallery/internal/rendition"
	"gallery/internal/search"
	"gallery/internal/thumbs"
)

// The kinds of routes that lead here.
const (
	toSearch   = "search"
	toTimeline = "timeline"
	toRecent   = "recent"
)

const (
	// foundSize is how many photos are on a page of what was found: they may lie in as many
	// albums.
	foundSize = 100
	// stripSize is how many photos show a month in the timeline, and monthsSize how many months
	// are on a page of it.
	stripSize  = 6
	monthsSize = 24
)

// searchPages answer with photos of many albums: those that a search finds, those of a month,
// and those that came last.
type searchPages struct {
	library   *library
	store     *thumbs.Store
	views     *views
	albums    *albumPages
	addresses addresses
	searches  chan struct{} // holds an element for each search under way
}

func newSearchPages(a *albumPages) *searchPages {
	return &searchPages{a.library, a.store, a.views, a, a.addresses, make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// may reports whether a visitor may see an album. Nothing of another is found, counted or
// named.
func (p *searchPages) may(v visitor) func(album string) bool {
	return func(album string) bool { return p.library.may(v, album) }
}

// lookFor is how long /.doctor looks at the albums before it tells what it has found.
const lookFor = 10 * time.Second

// examinations tell who is signed in what is wrong, as far as the server can see it: they try no
// photo, and leave nginx to "gallery doctor". One is made at a time, also while the photos are away.
type examinations struct {
	storage *storage.Storage
	thumbs  *thumbs.Store
	library *library
	views   *views
	version string
	looking chan struct{} // holds one value while somebody looks
}

// doctorView is a page of findings, which are in English.
type doctorView struct {
	frame
	Findings []doctor.Finding
}

// serve answers who is signed in; links open nothing here, and for others there is no such page.
func (e *examinations) serve(w http.ResponseWriter, r *http.Request, v visitor) error {
	if v.name == "" {
		return answer.NotFound
	}
	select {
	case e.looking <- struct{}{}:
		defer func() { <-e.looking }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookFor)
	defer cancel()
	var report doctor.Report
	doctor.System(&report, e.version)
	st := doctor.Open(&report, e.storage.Photos.Path(), e.storage.Cache.Path(), func() (*storage.Storage, error) {
		return e.storage, e.storage.Photos.Answers(ctx)
	})
	if st != nil {
		doctor.Look(ctx, &report, doctor.Patient{
			Storage: st, Thumbs: e.thumbs, Service: doctor.Self(), Fstab: "/etc/fstab",
			May: func(album string) bool { return e.library.may(v, album) },
		})
	}
	view := doctorView{e.views.frame(messages.For(r.Header.Get("Accept-Language")), ".", v), report.Lines()}
	view.Title = "gallery doctor"
	view.Crumbs[0].Current = false
	view.Crumbs = append(view.Crumbs, link{Text: view.Title, Current: true})
	e.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	_ = e.views.render(w, "doctor", view) // an error is the client's leaving
	return nil
}

// foundView is a page of photos of many albums.
type foundView struct {
	frame
	Counts   string
	Albums   []link
	Sections []foundSection
	Empty    bool
}

// foundSection is some of the photos, perhaps under a heading.
type foundSection struct {
	ID      string // of the heading, "" for none
	Heading link   // no text where there is none
	Albums  []link
	Photos  []figure
}

// languages are those in which dates are understood.
var languages = sync.OnceValue(func() (all []search.Language) {
	for _, w := range messages.Languages {
		all = append(all, search.NewLanguage(w.Months, w.MonthsOfDay, w.DayOf))
	}
	return all
})

// serve answers what is asked for below the site's own addresses.
func (p *searchPages) serve(w http.ResponseWriter, r *http.Request, kind string, v visitor) error {
	n, err := pageNumber(r)
	if err != nil || n > 1<<20 {
		return answer.NotFound
	}
	select {
	case p.searches <- struct{}{}:
		defer func() { <-p.searches }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	t := messages.For(r.Header.Get("Accept-Language"))
	view := foundView{frame: p.views.frame(t, ".", v)}
	view.Await = "end"
	for i := range view.Crumbs { // the site's, where the visitor may see its root
		view.Crumbs[i].Current = false
	}
	switch kind {
	case toSearch:
		err = p.search(r, &view, v, n)
	case toRecent:
		view.Title = t.Recent
		err = p.list(r, &view, v, search.Query{}, search.LastCome, recentPath, nil, n)
	case toTimeline:
		err = p.timeline(r, &view, v, n)
	}
	if err != nil {
		return err
	}
	view.Crumbs = append(view.Crumbs, link{Text: view.Title, Current: true})
	var body bytes.Buffer
	if err := p.views.render(&body, "found", view); err != nil {
		return err
	}
	p.views.header(w)
	if v.name != "" {
		w.Header().Set("Cache-Control", "private, no-cache") // others may not see all of it
	}
	answer.NewPage(body.Bytes(), gzip.BestSpeed).Serve(w, r)
	return nil
}

// search fills in what the words find.
func (p *searchPages) search(r *http.Request, view *foundView, v visitor, n int) error {
	view.Query = strings.ToValidUTF8(r.URL.Query().Get("q"), "")
	view.Title = view.T.Search
	q := search.Parse(view.Query, languages())
	if q.Empty() {
		return nil
	}
	return p.list(r, view, v, q, search.NewestFirst, searchPath, url.Values{"q": {view.Query}}, n)
}

// list fills in one page of what a query finds.
func (p *searchPages) list(r *http.Request, view *foundView, v visitor, q search.Query, order search.Order, at string, query url.Values, n int) error {
	found := p.library.found.Find(q, p.may(v), order, (n-1)*foundSize, foundSize)
	if n > 1 && len(found.Hits) == 0 {
		return answer.NotFound
	}
	view.Counts = view.T.Count(found.Total, view.T.CountPhotos)
	if pages := (found.Total + foundSize - 1) / foundSize; pages > 1 {
		view.Counts += " · " + fmt.Sprintf(view.T.PageOf, n, pages)
		if n < pages {
			view.Next = p.paged(at, query, n+1)
		}
	}
	if n > 1 {
		view.Prev = p.paged(at, query, n-1)
	} else {
		for _, name := range found.Albums {
			view.Albums = append(view.Albums, p.link(name))
		}
	}
	figures, err := p.figures(r.Context(), view.T, found.Hits, false)
	view.Empty = found.Total == 0
	if at != searchPath {
		p.offerNews(view, at, n, found.Total)
	}
	if at == searchPath || at == recentPath {
		view.Sections = []foundSection{{Photos: photosOf(figures)}}
		return err
	}
	for _, f := range figures { // under days
		heading := view.T.Day(time.Date(f.day/10000, time.Month(f.day/100%100), f.day%100, 0, 0, 0, 0, time.UTC))
		if k := len(view.Sections); k == 0 || view.Sections[k-1].Heading.Text != heading {
			view.Sections = append(view.Sections, foundSection{Heading: link{Text: heading}})
		}
		s := &view.Sections[len(view.Sections)-1]
		s.Photos = append(s.Photos, f.figure)
		if up := p.link(f.album); len(s.Albums) == 0 || s.Albums[len(s.Albums)-1] != up {
			s.Albums = append(s.Albums, up)
		}
	}
	return err
}

// link leads up to an album.
func (p *searchPages) link(name string) link {
	return link{Href: p.addresses.page(name), Text: p.library.albumTitle(name)}
}

// paged is the address of a page of what was found.
func (p *searchPages) paged(at string, query url.Values, n int) string {
	q := url.Values{}
	for key, values := range query {
		q[key] = values
	}
	if n > 1 {
		q.Set("page", strconv.Itoa(n))
	}
	at = p.addresses.file(".") + at
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

// offerNews has a page tell what has come to it since.
func (p *searchPages) offerNews(view *foundView, at string, n, photos int) {
	view.News, view.Here = p.addresses.news(p.addresses.file(".")+at, photos), p.paged(at, nil, n)
}

// timeline fills in the months, or one of them.
func (p *searchPages) timeline(r *http.Request, view *foundView, v visitor, n int) error {
	view.Title = view.T.Timeline
	if name := strings.Trim(strings.TrimPrefix(r.URL.Path, timelinePath), "/"); name != "" {
		month, err := time.Parse("2006-01", name)
		if err != nil || r.URL.Path != monthPath(month) {
			return answer.NotFound
		}
		view.Crumbs = append(view.Crumbs, link{Href: p.paged(timelinePath, nil, 1), Text: view.Title})
		view.Title = view.T.Month(month)
		first := month.Year()*10000 + int(month.Month())*100
		return p.list(r, view, v, search.Between(first, first+99), search.OldestFirst, r.URL.Path, nil, n)
	}
	may := p.may(v)
	months := p.library.found.Months(may)
	photos := 0
	for _, m := range months {
		photos += m.Photos
	}
	p.offerNews(view, timelinePath, n, photos)
	from := (n - 1) * monthsSize
	if n > 1 && from >= len(months) {
		return answer.NotFound
	}
	if n > 1 {
		view.Prev = p.paged(timelinePath, nil, n-1)
	}
	if n*monthsSize < len(months) {
		view.Next = p.paged(timelinePath, nil, n+1)
	}
	for i, m := range months {
		if k := len(view.Albums); k == 0 || m.Year != months[i-1].Year {
			view.Albums = append(view.Albums, link{Href: p.paged(timelinePath, nil, 1+i/monthsSize) + fmt.Sprintf("#y%d", m.Year), Text: strconv.Itoa(m.Year)})
		}
	}
	for _, m := range months[from:min(from+monthsSize, len(months))] {
		begin := time.Date(m.Year, m.Month, 1, 0, 0, 0, 0, time.UTC)
		first := m.Year*10000 + int(m.Month)*100
		found := p.library.found.Find(search.Between(first, first+99), may, search.OldestFirst, 0, stripSize)
		figures, err := p.figures(r.Context(), view.T, found.Hits, true)
		if err != nil {
			return err
		}
		heading := link{Href: p.addresses.file(".") + monthPath(begin), Text: view.T.Month(begin) + " · " + view.T.Count(m.Photos, view.T.CountPhotos)}
		section := foundSection{Heading: heading, Photos: photosOf(figures)}
		if k := len(view.Sections); k == 0 || months[from+k-1].Year != m.Year {
			section.ID = fmt.Sprint("y", m.Year)
		}
		view.Sections = append(view.Sections, section)
	}
	view.Empty = len(months) == 0
	return nil
}

func monthPath(month time.Time) string { return timelinePath + month.Format("2006-01") + "/" }

// foundFigure is a photo on a page of what was found.
type foundFigure struct {
	figure
	album string
	day   int
}

func photosOf(figures []foundFigure) (photos []figure) {
	for _, f := range figures {
		photos = append(photos, f.figure)
	}
	return photos
}

// figures makes the figures of photos that were found, of those that are still there. Their
// thumbnails are on disk then, or cannot be made.
func (p *searchPages) figures(ctx context.Context, t *messages.Catalogue, hits []search.Hit, lazy bool) (figures []foundFigure, err error) {
	cells := make([]cell, len(hits))
	byAlbum := map[string][]int{}
	for i, hit := range hits {
		byAlbum[hit.Album] = append(byAlbum[hit.Album], i)
	}
	var making errgroup.Group
	making.SetLimit(2 * runtime.GOMAXPROCS(0))
	for name, which := range byAlbum {
		p.known(name, hits, which, cells)
	}
	for i := range cells {
		if c := &cells[i]; c.src.File != "" && !c.known {
			making.Go(func() error {
				m, err := p.store.Ensure(ctx, c.src, "")
				c.record, c.broken = m.Record, err != nil
				return ctx.Err()
			})
		}
	}
	if err := making.Wait(); err != nil {
		return nil, err
	}
	for i := range cells {
		c := &cells[i]
		if c.src.File == "" {
			continue
		}
		f := figure{T: t, Lazy: lazy || len(figures) >= eager}
		f.show(p.albums, c)
		f.Href = p.addresses.page(c.src.Name())
		f.Name, f.Caption = album.Title(c.src.File), c.record.Caption
		figures = append(figures, foundFigure{f, c.src.Album, hits[i].Day})
	}
	return figures, nil
}

// known fills in the cells of those photos of an album that are still there, as far as their
// thumbnails are known.
func (p *searchPages) known(name string, hits []search.Hit, which []int, cells []cell) {
	folder, err := album.Open(p.store.PhotosRoot(), name)
	if err != nil {
		p.library.look(name) // it is gone
		return
	}
	defer folder.Close()
	st := p.store.Stamp(name)
	x := p.store.Indexed(name, st)
	own := p.store.OpenRenditions(name, "")
	if own != nil {
		defer own.Close()
	}
	var photos []album.Photo
	for _, i := range which {
		said, listed := x.Find(hits[i].File)
		src, err := stat(folder, name, hits[i].File, listed && said.Sidecar == "")
		if err != nil || listed && src != said.In(name) {
			p.library.doubt(name)
		}
		if err != nil {
			continue
		}
		photos = append(photos, src)
		c := &cells[i]
		c.src = src
		if thumbs.ThumbsListed(x, st) {
			c.record, c.known = p.store.FromIndex(x, src, "")
		}
		if !c.known {
			c.record, c.known = p.store.Cached(own, src, "")
		}
		if !c.known {
			c.fillUnstored(p.store)
		}
	}
	sharper := p.store.Sharper(name, rendition.Sharp, photos)
	for _, i := range which {
		cells[i].sharp = sharper[cells[i].src.File]
	}
}

// stat returns a photo as it is now. One that is alone has no sidecar.
func stat(folder *os.Root, albumName, file string, alone bool) (album.Photo, error) {
	if !album.Visible(file) || !album.IsPhotoName(file) || path.Base(file) != file {
		return album.Photo{}, fs.ErrNotExist
	}
	if alone {
		return album.StatAlone(folder, albumName, file)
	}
	return album.Stat(folder, albumName, file)
}

// news tells those who have a page open how many photos have come to it since.
type news struct {
	searches *searchPages
	counts   *bounded.Map[newsKey, newsCount]
	counting bounded.Calls[int] // by newsKey
}

// newsKey names a page that a visitor has open.
type newsKey struct {
	page    string // an album's name, or the path of a page of many albums
	visitor visitor
}

// newsCount is how many photos a page counted.
type newsCount struct {
	photos int
	at     time.Time
}

// maxNews is how many pages' counts are remembered, at some 200 bytes each.
const maxNews = 10_000

func newNews(p *searchPages) *news {
	return &news{searches: p, counts: bounded.NewMap[newsKey, newsCount](maxNews, nil)}
}

// serve answers with what is to be told of a page that counted so many photos as the query
// says, in the visitor's language; 204 where it counts no more now. However many have the page
// open, it is counted once a second. Photos that went are taken from those that came.
func (n *news) serve(w http.ResponseWriter, r *http.Request, albumName string, v visitor) error {
	had, err := strconv.Atoi(r.URL.Query().Get("had"))
	if err != nil {
		return answer.NotFound
	}
	at, ofSite := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, newsName), "/.")
	key := newsKey{"/." + at, v}
	if !ofSite {
		key.page = albumName
	} else if key.page != recentPath && key.page != timelinePath {
		month, err := time.Parse("2006-01", strings.Trim(strings.TrimPrefix(key.page, timelinePath), "/"))
		if err != nil || key.page != monthPath(month) {
			return answer.NotFound
		}
	}
	count, ok := n.counts.Get(key)
	if !ok || time.Since(count.at) > n.searches.library.pageAge {
		count.photos, err = n.counting.Do(r.Context(), fmt.Sprintf("%q %s", v, key.page), func() (int, error) {
			at := time.Now()
			photos, err := n.count(r.Context(), key)
			if err == nil {
				n.counts.Put(key, newsCount{photos, at})
			}
			return photos, err
		})
		if err != nil {
			return err
		}
	}
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	if count.photos <= had {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	t := messages.For(r.Header.Get("Accept-Language"))
	h.Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, t.Count(count.photos-had, t.CountNew)) // an error is the client's leaving
	return nil
}

// count is how many photos a page counts now.
func (n *news) count(ctx context.Context, key newsKey) (int, error) {
	found, may := n.searches.library.found, n.searches.may(key.visitor)
	switch {
	case key.page == recentPath:
		return found.Photos(may), nil
	case strings.HasPrefix(key.page, timelinePath):
		photos := 0
		for _, m := range found.Months(may) {
			if begin := time.Date(m.Year, m.Month, 1, 0, 0, 0, 0, time.UTC); key.page == timelinePath || key.page == monthPath(begin) {
				photos += m.Photos
			}
		}
		return photos, nil
	}
	l := n.searches.library
	st := l.store.Stamp(key.page)
	a, _, err := l.listShown(ctx, key.page, st)
	if err != nil {
		return 0, err
	}
	if len(a.Photos) > 0 {
		l.keepIndexed(key.page, st)
	}
	return len(shownPhotos(a, a.Photos)) + l.onCards(ctx, l.seen(a, key.visitor), key.visitor), ctx.Err()
}

const (
	// maxEntries is how many albums a feed tells of.
	maxEntries = 30
	// walkAge is how long what a walk over all albums found is used.
	walkAge = time.Minute
	// maxWalked bounds the albums of the walks that are remembered: at some 100 bytes each,
	// 20 MB.
	maxWalked = 200_000
)

// feeds answers with feeds and the sitemap.
type feeds struct {
	library   *library
	views     *views
	addresses addresses
	walks     *bounded.Map[walkKey, walk]
	walking   bounded.Calls[walk] // by walkKey
}

func newFeeds(l *library, v *views, at addresses) *feeds {
	return &feeds{library: l, views: v, addresses: at, walks: bounded.NewMap[walkKey](maxWalked, walk.cost)}
}

// walkKey names a walk: over an album with those in it that a visitor may see.
type walkKey struct {
	album   string
	visitor visitor
}

// place is an album on a walk.
type place struct {
	name    string
	changed time.Time // when a name was last added to its folder, or removed
	photos  int       // in the folder itself
}

// walk is what a visitor may see in an album and below it: each album with photos in it or
// below it, the outer before the inner.
type walk struct {
	places []place
	at     time.Time
}

func (w walk) cost() int64 { return int64(1 + len(w.places)) }

// walk returns what there is, as it is or was less than a minute ago. Folders that have not
// changed cost a look at their times.
func (f *feeds) walk(ctx context.Context, albumName string, v visitor) (walk, error) {
	key := walkKey{albumName, v}
	if w, ok := f.walks.Get(key); ok && time.Since(w.at) < walkAge {
		return w, nil
	}
	return f.walking.Do(ctx, fmt.Sprintf("%q %s", v, albumName), func() (walk, error) {
		w := walk{at: time.Now()}
		if _, err := f.visit(ctx, &w, albumName, v); err != nil {
			return walk{}, err
		}
		f.walks.Put(key, w)
		return w, nil
	})
}

// visit adds an album and those below it to a walk, and reports whether any has photos.
func (f *feeds) visit(ctx context.Context, w *walk, name string, v visitor) (photos bool, err error) {
	if !f.library.may(v, name) || len(w.places) >= maxWalked {
		return false, nil
	}
	sum, ok := f.library.summarizeFolder(ctx, name, false, f.library.store.Stamp(name))
	if !ok {
		return false, cmp.Or(ctx.Err(), errors.New("an album cannot be summarized"))
	}
	at := len(w.places)
	w.places = append(w.places, place{name, sum.stamp.Photos, sum.Photos})
	photos = sum.Photos > 0
	for _, sub := range sum.albums {
		below, err := f.visit(ctx, w, path.Join(name, sub), v)
		if err != nil {
			return false, err
		}
		photos = photos || below
	}
	if !photos {
		w.places = w.places[:at] // empty, left out, or unreadable
	}
	return photos, nil
}

// serveFeed answers with the feed of an album: what changed last in it and below it.
func (f *feeds) serveFeed(w http.ResponseWriter, r *http.Request, albumName string, v visitor) error {
	origin := f.addresses.origin(r)
	if origin == "" {
		return answer.NotFound // it has no absolute address
	}
	if _, err := f.library.list(r.Context(), albumName); err != nil {
		return err
	}
	found, err := f.walk(r.Context(), albumName, v)
	if err != nil {
		return err
	}
	t := messages.For(r.Header.Get("Accept-Language"))
	page := origin + f.addresses.page(albumName)
	out := feed.Feed{Title: f.library.albumTitle(albumName), Author: f.library.title, Page: page, Self: origin + f.addresses.feed(albumName), Lang: t.Lang}
	places := slices.DeleteFunc(slices.Clone(found.places), func(p place) bool { return p.photos == 0 })
	slices.SortStableFunc(places, func(a, b place) int { return b.changed.Compare(a.changed) })
	for _, p := range places {
		if len(out.Entries) == maxEntries {
			break
		}
		looks := manyFolders
		if sum, ok := f.library.summarize(r.Context(), p.name, v, false, &looks); ok && sum.Photos > 0 && f.library.may(v, p.name) {
			out.Entries = append(out.Entries, f.entry(t, origin, p, sum))
		}
	}
	out.Updated = time.Unix(0, 0)
	if len(out.Entries) > 0 {
		out.Updated = out.Entries[0].Updated
	}
	f.views.headerFor(w, v)
	w.Header().Set("Content-Type", feed.MediaType)
	answer.NewPage(feed.Atom(out), gzip.BestSpeed).Serve(w, r)
	return nil
}

// entry tells of an album as it is since it changed: when it changes on another day it is
// news once more.
func (f *feeds) entry(t *messages.Catalogue, origin string, p place, sum summary) feed.Entry {
	page := origin + f.addresses.page(p.name)
	about := f.library.readme(p.name)
	counts := t.Count(p.photos, t.CountPhotos)
	var body strings.Builder
	if cover := sum.cover(); cover.File != "" {
		fmt.Fprintf(&body, `<p><a href="%s"><img src="%s" alt=""></a></p>`,
			template.HTMLEscapeString(page), template.HTMLEscapeString(origin+f.addresses.file(rendition.Name(cover, ""))))
	}
	fmt.Fprintf(&body, "<p>%s</p>%s", template.HTMLEscapeString(counts), about.Body)
	return feed.Entry{
		ID: page + "#" + p.changed.UTC().Format(time.DateOnly), Title: f.library.albumTitle(p.name), Page: page, Updated: p.changed,
		Summary: joined(counts, about.Text), Content: body.String(),
	}
}

// serveSitemap answers with the albums that everybody may see or, where they are too many for
// one, with an index of sitemaps. number is 0 for that, else that of a part.
func (f *feeds) serveSitemap(w http.ResponseWriter, r *http.Request, number int) error {
	origin := f.addresses.origin(r)
	if origin == "" || f.views.hidden {
		return answer.NotFound
	}
	found, err := f.walk(r.Context(), ".", visitor{})
	if err != nil {
		return err
	}
	var body []byte
	switch parts := slices.Collect(slices.Chunk(found.places, feed.MaxAddresses)); {
	case number > len(parts) || number > 0 && len(parts) < 2:
		return answer.NotFound
	case len(parts) > 1 && number == 0:
		var index []feed.Page
		for i := range parts {
			index = append(index, feed.Page{Address: origin + f.addresses.sitemap(i+1)})
		}
		body = feed.Index(index)
	default:
		places := found.places
		if number > 0 {
			places = parts[number-1]
		}
		var pages []feed.Page
		for _, p := range places {
			if f.library.may(visitor{}, p.name) {
				pages = append(pages, feed.Page{Address: origin + f.addresses.page(p.name), Modified: p.changed})
			}
		}
		body = feed.Sitemap(pages)
	}
	f.views.header(w)
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	answer.NewPage(body, gzip.BestSpeed).Serve(w, r)
	return nil
}
