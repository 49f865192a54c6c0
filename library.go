package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gallery/internal/access"
	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/filename"
	"gallery/internal/index"
	"gallery/internal/metadata"
	"gallery/internal/nolink"
	"gallery/internal/note"
	"gallery/internal/photo"
	"gallery/internal/picks"
	"gallery/internal/rendition"
	"gallery/internal/search"
	"gallery/internal/sharing"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"

	"golang.org/x/text/unicode/norm"
)

const (
	// pageAge bounds how long a listing or a page is answered from memory without a
	// look at every photo in it. Names that come and go show at once, by the folders'
	// mtimes; a photo changed in place shows after this.
	pageAge = time.Second
	// listedShare is the share of -memory that bounds the albums that are remembered, whose
	// files take fileCost bytes each: 16 MiB of 256.
	listedShare, fileCost = 16, 100
	// summaryShare is that of the folders whose summaries are remembered, at some summaryCost
	// bytes each: 32 MiB of 256.
	summaryShare, summaryCost = 8, 300
	// maxNotes bounds the memory for notes, in bytes.
	maxNotes = 8 << 20
)

// visitor is who asks, as far as what they may see depends on it: caches of that are keyed by it.
// The zero visitor is anybody.
type visitor struct {
	name  string // of the user who is signed in, "" for nobody
	links string // the IDs of the links that were opened and are good where the request goes, with spaces between
}

// library reads the folders of photos and remembers what they hold: listings for
// a moment, notes and summaries until they change. It deletes nothing. It is safe
// for use by many goroutines.
type library struct {
	title  string // of the site
	sort   string // the order of albums that say nothing of it
	others bool   // other files are served, too
	// pageAge is the constant of that name, except where a test must not depend on how much
	// of a second it takes.
	pageAge time.Duration
	photos  *storage.Dir
	store   *thumbs.Store
	rules   *access.Tree
	links   *sharing.Store
	knows   func(user string) bool // whether there is a user of that name
	// nothing is a name that no folder has.
	nothing string
	log     *slog.Logger

	reading   bounded.Calls[album.Listing] // by album
	listings  *bounded.Map[string, listing]
	notes     *bounded.Map[album.Photo, note.Note]
	summaries *bounded.Map[string, folderSummary] // by album
	totals    *bounded.Map[string, total]         // by album
	aside     *bounded.Map[string, aside]         // by album: when it was last looked at for a page or a card
	doubts    *bounded.Map[string, struct{}]      // by album: what is said of its photos may be out of date
	untold    *bounded.Map[string, thumbs.Stamp]  // by album: when it had no README.md
	indexed   *bounded.Map[string, thumbs.Stamp]  // by album with others in it: when its indexes were last brought up to date
	indexer   *upkeep.Indexer                     // nil for none
	found     *search.Index                       // what can be found of all albums; nil where nobody searches

	unreadable *bounded.Map[string, struct{}] // by album: it cannot be read, as the log says
}

func newLibrary(title, sort string, others bool, photos *storage.Dir, store *thumbs.Store, rules *access.Tree, log *slog.Logger) *library {
	listed, summaries := store.Memory()/listedShare, store.Memory()/summaryShare/summaryCost
	return &library{
		nothing: ".nothing-" + rand.Text(),
		title:   title, sort: sort, others: others, pageAge: pageAge, photos: photos, store: store, rules: rules, links: sharing.New(photos, log), log: log,
		knows:      func(string) bool { return false },
		listings:   bounded.NewMap[string](listed, listing.cost),
		notes:      bounded.NewMap[album.Photo](maxNotes, noteCost),
		unreadable: bounded.NewMap[string, struct{}](summaries, nil),
		summaries:  bounded.NewMap[string, folderSummary](summaries, nil),
		totals:     bounded.NewMap[string, total](summaries, nil),
		aside:      bounded.NewMap[string, aside](summaries, nil),
		doubts:     bounded.NewMap[string, struct{}](summaries, nil),
		untold:     bounded.NewMap[string, thumbs.Stamp](summaries, nil),
		indexed:    bounded.NewMap[string, thumbs.Stamp](summaries, nil),
	}
}

// may reports whether a visitor may see the album called name, if there is one. Whatever
// tells of albums asks it: pages, counts, covers, archives, errors.
func (l *library) may(v visitor, name string) bool {
	rule := l.rules.Rule(name)
	return rule.Admits(v.name) || l.linked(v, name, rule, func(sharing.Link) bool { return true })
}

// missing is the name of what is closed to the visitor with another in place of the first
// closed folder's, under which there is nothing.
func (l *library) missing(v visitor, name string) string {
	for end := 0; end < len(name); end++ {
		begin := end
		if i := strings.IndexByte(name[begin:], '/'); i >= 0 {
			end += i
		} else {
			end = len(name)
		}
		if !l.may(v, name[:end]) {
			return name[:begin] + l.nothing + name[end:]
		}
	}
	return l.nothing
}

// mayDownload reports whether the visitor may have the originals in an album, too.
func (l *library) mayDownload(v visitor, name string) bool {
	rule := l.rules.Rule(name)
	return rule.Admits(v.name) || l.linked(v, name, rule, func(link sharing.Link) bool { return !link.NoDownload })
}

// picker reports whether the visitor may pick photos of an album, what they may be called,
// and how they came to it: as a user, or by a link that is for that.
func (l *library) picker(v visitor, name string) (who, by string, ok bool) {
	rule := l.rules.Rule(name)
	if v.name != "" && rule.Admits(v.name) {
		return v.name, "user " + v.name, true
	}
	ok = l.linked(v, name, rule, func(link sharing.Link) bool {
		who, by = link.Name, "link "+link.ID
		return link.Picks
	})
	return who, by, ok
}

// sent returns the choices that were sent of an album.
func (l *library) sent(name string) []picks.Sent {
	folder, err := album.Open(l.photos.Root(), name)
	if err != nil {
		return nil
	}
	defer folder.Close()
	return picks.List(folder)
}

// chosenOf returns the photos that are chosen.
func chosenOf(photos []album.Photo, c picks.Choice) (chosen []album.Photo) {
	for _, src := range photos {
		if c.Has(src.File) {
			chosen = append(chosen, src)
		}
	}
	return chosen
}

// linked reports whether a link that the visitor has opened covers an album and is fit. None
// opens what a mistake has closed, nor what who made it on a page may not see any more.
func (l *library) linked(v visitor, name string, rule access.Rule, fit func(sharing.Link) bool) bool {
	for id := range strings.FieldsSeq(v.links) {
		link, ok := l.links.Get(id)
		if !ok || link.Over(time.Now()) || link.By != "" && !(rule.Admits(link.By) && l.knows(link.By)) {
			continue
		}
		if link.Covers(name, rule.From()) && len(rule.Who()) > 0 && fit(link) {
			return true
		}
	}
	return false
}

// showsItself reports whether pages show the photo itself, for which a preview would save
// nothing: it is its own preview.
func (l *library) showsItself(albumName, file string) bool {
	src, err := l.photo(albumName, file)
	if err != nil {
		return false
	}
	folder := l.store.OpenRenditions(albumName, "")
	if folder != nil {
		defer folder.Close()
	}
	r, ok := l.store.Cached(folder, src, "")
	return ok && r.ShowsSource() || errors.Is(l.store.FailedBefore(src, rendition.Preview), thumbs.ErrSavesNothing) ||
		errors.As(l.store.FailedBefore(src, ""), new(thumbs.ShownItself))
}

// listing is an album as it was listed, so that many visitors of one album cost
// one listing, and so do the photos' pages, which need their neighbours.
type listing struct {
	album.Listing
	stamp  thumbs.Stamp
	listed time.Time
}

// cost is about what the listing takes in memory, bytes.
func (l listing) cost() int64 {
	return int64(fileCost * (1 + len(l.Photos) + len(l.Notes) + len(l.Others)))
}

// seen returns an album as the visitor may see it: without the sub-albums that are closed
// to them.
func (l *library) seen(a album.Listing, v visitor) album.Listing {
	closed := func(sub string) bool { return !l.may(v, path.Join(a.Name, sub)) }
	if slices.ContainsFunc(a.Albums, closed) {
		a.Albums = slices.DeleteFunc(slices.Clone(a.Albums), closed)
	}
	return a
}

// list returns an album as it is, or was less than pageAge ago if no name in
// it has changed since.
func (l *library) list(ctx context.Context, name string) (album.Listing, error) {
	return l.listAt(ctx, name, l.store.Stamp(name))
}

// listAt is list for an album whose stamp was just taken.
func (l *library) listAt(ctx context.Context, name string, st thumbs.Stamp) (album.Listing, error) {
	if known, ok := l.listings.Get(name); ok && known.stamp.SameNames(st) && time.Since(known.listed) < l.pageAge {
		return known.Listing, nil
	}
	return l.listNow(ctx, name, st)
}

// listNow lists an album whose stamp was just taken, once for all who ask for it meanwhile.
func (l *library) listNow(ctx context.Context, name string, st thumbs.Stamp) (album.Listing, error) {
	return l.reading.Do(ctx, name, func() (album.Listing, error) {
		listed := time.Now()
		a, err := l.read(name)
		l.noteUnreadable(name, err)
		if err != nil {
			return album.Listing{}, err
		}
		l.listings.Put(name, listing{a, st, listed})
		return a, nil
	})
}

// listShown returns an album as it is, or as it was when it was last listed, in this run of
// the program or before it, if no name in it has changed since. It reports whether each photo
// is as its state says: else who shows some is to look at these, with unchanged. An album
// whose index is all that is known of it is answered at once, and looked at behind the
// visitor's back.
func (l *library) listShown(ctx context.Context, name string, st thumbs.Stamp) (a album.Listing, looked bool, err error) {
	known, ok := l.listings.Get(name)
	ok = ok && known.stamp.SameNames(st)
	if ok && time.Since(known.listed) < l.pageAge {
		return known.Listing, true, nil
	}
	if !ok || !st.NamesSettled(known.listed) {
		x := l.store.Indexed(name, st)
		if ok || x == nil || !st.NamesSettled(time.Unix(0, x.Checked)) {
			a, err = l.listAt(ctx, name, st)
			return a, true, err
		}
		known, looked = listing{x.Listing(name), st, time.Unix(0, x.Checked)}, true
	}
	// A .nomedia in a folder above shows in no time of this one.
	folder, err := album.Open(l.photos.Root(), name)
	if err != nil {
		return album.Listing{}, false, err
	}
	folder.Close()
	if looked {
		l.listings.Put(name, known)
		l.doubt(name)
	}
	return known.Listing, looked, nil
}

// unchanged reports whether the photos and albums in the folder of a listing are as that says.
// Those of known albums it need not look at.
func (l *library) unchanged(a album.Listing, photos []album.Photo, known map[string]bool) bool {
	folder, err := l.photos.Below().Folder(a.Name)
	if err != nil {
		return false
	}
	defer folder.Close()
	for _, src := range photos {
		var now album.Photo
		if src.Sidecar != "" {
			now, err = album.Stat(folder, a.Name, src.File)
		} else {
			now, err = album.StatAlone(folder, a.Name, src.File)
		}
		if err != nil || now != src {
			return false
		}
	}
	for _, left := range []bool{false, true} {
		names := a.Albums
		if left {
			names = a.Left
		}
		for _, sub := range names {
			if !known[sub] && !l.photos.Hangs(path.Join(a.Name, sub)) && album.LeavesOutBelow(folder, sub) != left {
				return false
			}
		}
	}
	return true
}

// doubt has an album looked at behind the visitors' backs though its stamp says nothing new.
func (l *library) doubt(name string) {
	l.doubts.Put(name, struct{}{})
	l.look(name)
}

// read lists an album.
func (l *library) read(name string) (album.Listing, error) {
	if l.photos.Hangs(name) {
		return album.Listing{}, storage.ErrAway
	}
	folder, err := album.Open(l.photos.Root(), name)
	if err != nil {
		return album.Listing{}, err
	}
	defer folder.Close()
	return album.ListBeside(folder, name, func(sub string) bool { return l.photos.Hangs(path.Join(name, sub)) })
}

// noteUnreadable says in the log that an album cannot be read, once until it can: visitors
// are told no more than that it is not there.
func (l *library) noteUnreadable(name string, err error) {
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, storage.ErrAway) {
		l.unreadable.Delete(name)
		return
	}
	if _, known := l.unreadable.Get(name); !known {
		l.unreadable.Put(name, struct{}{})
		l.log.Error("an album cannot be read and is not shown; let the service's user list and enter it", "album", name, "err", nolink.Cause(err))
	}
}

// readNote returns the note in a file, the zero note if it cannot be read.
func (l *library) readNote(src album.Photo) note.Note {
	if n, ok := l.notes.Get(src); ok {
		return n
	}
	data, err := l.readSmall(src, note.MaxNote)
	if err != nil {
		return note.Note{}
	}
	base, _ := album.NoteExtension(src.File)
	n := note.Parse(data, strings.EqualFold(base, "readme"))
	l.notes.Put(src, n)
	return n
}

// noteCost is what a note takes in memory, bytes.
func noteCost(n note.Note) int64 {
	return int64(200 + len(n.Title) + len(n.Body) + len(n.Text) + len(n.Sort) + len(n.Cover))
}

// readSmall reads a file below the photos' directory, up to most bytes of it.
func (l *library) readSmall(src album.Photo, most int64) ([]byte, error) {
	folder, err := nolink.Folder(l.photos.Root(), src.Album, false)
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
func (l *library) readme(albumName string) note.Note {
	folder, err := l.photos.Below().Folder(albumName)
	if err != nil {
		return note.Note{}
	}
	defer folder.Close()
	return l.readmeIn(folder, albumName)
}

// readmeIn is readme for an album whose folder is open.
func (l *library) readmeIn(folder album.Folder, albumName string) note.Note {
	src, err := findReadme(folder, albumName)
	if err != nil {
		return note.Note{}
	}
	return l.readNote(src)
}

// findReadme finds an album's README.md. The error is fs.ErrNotExist where there is none.
func findReadme(folder album.Folder, albumName string) (src album.Photo, err error) {
	missing := error(fs.ErrNotExist)
	for _, name := range []string{"README.md", "readme.md", "Readme.md"} {
		if src, err = album.Stat(folder, albumName, name); err == nil {
			return src, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			missing = err
		}
	}
	return album.Photo{}, missing
}

// readmeAt is readme for an album whose stamp was just taken. It does not look again where
// there was none, and no name has changed since.
func (l *library) readmeAt(name string, st thumbs.Stamp) note.Note {
	if at, ok := l.untold.Get(name); ok && at.SameNames(st) {
		return note.Note{}
	}
	now := time.Now()
	folder, err := l.photos.Below().Folder(name)
	if err != nil {
		return note.Note{}
	}
	defer folder.Close()
	src, err := findReadme(folder, name)
	if errors.Is(err, fs.ErrNotExist) && st.NamesSettled(now) {
		l.untold.Put(name, st)
	}
	if err != nil {
		return note.Note{}
	}
	return l.readNote(src)
}

// albumTitle is what an album is called: as its README.md says, else as its
// folder.
func (l *library) albumTitle(name string) string { return l.titleBy(name, l.readme(name)) }

// titleBy is albumTitle for an album of which that is the README.md.
func (l *library) titleBy(name string, about note.Note) string {
	if about.Title != "" {
		return about.Title
	}
	if name == "." {
		return l.title
	}
	return album.Readable(path.Base(name))
}

// settings are what an album's README.md says or, where it says nothing, that of an album
// above.
func (l *library) settings(name string) note.Settings {
	s := l.readme(".").Settings
	_ = album.Visit(l.photos.Root(), name, func(folder *os.Root, at string) {
		s = l.readmeIn(folder, at).Settings.Over(s)
	})
	return s
}

// order is that in which an album with these settings is shown to who asks for choice, and
// that choice, "" where it is what they get anyway.
func (l *library) order(s note.Settings, choice string) (order, chosen string) {
	usual := l.sort
	if album.IsOrder(s.Sort) {
		usual = s.Sort
	}
	if choice == "" || choice == usual {
		return usual, ""
	}
	return choice, choice
}

// namedCover returns the photo that an album's settings make its cover, if it is there and
// can be shown.
func (l *library) namedCover(name string, s note.Settings) (album.Photo, bool) {
	if !album.IsPhotoName(s.Cover) || !album.Visible(s.Cover) || strings.Contains(s.Cover, "/") {
		return album.Photo{}, false
	}
	src, err := l.photo(name, s.Cover)
	return src, err == nil && l.store.FailedBefore(src, "") == nil
}

// titles is what the albums on the way to name are called, the outermost first, read in
// one walk. What is no album is called as its file.
func (l *library) titles(name string) []string {
	var titles []string
	_ = album.Visit(l.photos.Root(), name, func(folder *os.Root, at string) {
		titles = append(titles, cmp.Or(l.readmeIn(folder, at).Title, album.Readable(path.Base(at))))
	})
	for _, segment := range strings.Split(name, "/")[len(titles):] {
		titles = append(titles, album.Readable(segment))
	}
	return titles
}

// noteOf returns the note about a photo of the album.
func (l *library) noteOf(a album.Listing, src album.Photo) note.Note {
	for _, name := range []string{src.File, strings.TrimSuffix(src.File, path.Ext(src.File))} {
		if n, ok := a.Notes[filename.Canonical(name)]; ok {
			return l.readNote(l.store.Restat(n))
		}
	}
	return note.Note{}
}

// summary is what an album's card says of it, sub-albums and all.
type summary struct {
	index.Summary
	unreadable bool         // the album cannot be opened
	lies       thumbs.Stamp // of the album in which the cover lies, when it was looked at; zero before that
}

// cover returns the photo that the album's card shows. While the dates are not all
// known, and where there are none, it is the first: that a file was copied last is no
// reason to show it.
func (s summary) cover() album.Photo {
	if s.Exact && s.Taken.Cover.File != "" {
		return s.Taken.Cover
	}
	return s.First
}

// folderSummary is one folder's part of a summary.
type folderSummary struct {
	summary
	albums []string
	stamp  thumbs.Stamp // of the folder when it was read
	until  time.Time    // when it is to be read again whatever the stamp says; zero for never
}

// total is the summary of an album and all below it, as it was when all was looked at. One with
// albums that say themselves who may see them is nobody's.
type total struct {
	index.Summary
	folders int // that it sums up
}

// manyFolders is how many folders are looked at for the cards of one page while a visitor
// waits. What more there are in an album is as it was when it was last looked at, behind the
// visitors' backs.
const manyFolders = 200

// looksFor is how many folders are looked at for the cards of an album's page. Beside so many
// that what cards say may be older than asideAge anyway, a few are not worth their calls.
func (l *library) looksFor(name string) int {
	if all, ok := l.totals.Get(name); ok && time.Duration(all.folders)*asideEach > asideAge {
		return 0
	}
	return manyFolders
}

// summarize returns the summary of an album that the visitor may see, of all below it that
// they may. With known it reads no folder that it does not remember, and reports false instead.
// It looks at no more than *looks folders, which it counts down, unless it has to tell who may
// see which.
func (l *library) summarize(ctx context.Context, name string, v visitor, known bool, looks *int) (summary, bool) {
	return l.summarizeAt(ctx, name, l.store.Stamp(name), v, known, looks)
}

// summarizeAt is summarize for an album whose stamp was just taken.
func (l *library) summarizeAt(ctx context.Context, name string, st thumbs.Stamp, v visitor, known bool, looks *int) (summary, bool) {
	sum, _, ok := l.collect(ctx, name, st, v, known, looks)
	if ok {
		if sum.Exact && sum.Taken.Cover.File != "" {
			sum.Taken.Cover, sum.lies = l.restat(sum.Taken.Cover)
		} else {
			sum.First, sum.lies = l.restat(sum.First)
		}
	}
	return sum, ok
}

// restat returns a cover as it is now, or as it was if it is gone, and its album's stamp. Where its
// folder's own summary has it without a sidecar, and no name has changed since, there is none.
func (l *library) restat(cover album.Photo) (album.Photo, thumbs.Stamp) {
	own, ok := l.summaries.Get(cover.Album)
	if ok && own.until.IsZero() {
		for _, src := range []album.Photo{own.Taken.Cover, own.First} {
			if src.File == cover.File && src.Sidecar == "" && cover.Sidecar == "" {
				return l.store.RestatIn(cover, own.stamp)
			}
		}
	}
	return l.store.RestatIn(cover, thumbs.Stamp{})
}

// listedSince reports whether an album, whose stamp is st, was listed when it had these names:
// nothing in it leaves it out.
func (l *library) listedSince(name string, st thumbs.Stamp) bool {
	own, ok := l.summaries.Get(name)
	return ok && own.Folders > 0 && own.until.IsZero() && own.stamp.SameNames(st) && st != thumbs.Stamp{}
}

// stampWithin is the stamp of an album within another. What an album without photos has in its
// _thumbs is not looked at.
func (l *library) stampWithin(within *thumbs.Within, name string) thumbs.Stamp {
	if own, ok := l.summaries.Get(name); ok && own.First.File == "" && len(own.albums) > 0 {
		return within.StampSince(path.Base(name), own.stamp)
	}
	return within.Stamp(path.Base(name))
}

// onCards is how many photos the cards of an album as the visitor sees it count.
func (l *library) onCards(ctx context.Context, seen album.Listing, v visitor) (n int) {
	looks := manyFolders
	within := l.store.Within(seen.Name)
	defer within.Close()
	for _, sub := range seen.Albums {
		name := path.Join(seen.Name, sub)
		sum, _ := l.summarizeAt(ctx, name, l.stampWithin(within, name), v, false, &looks)
		n += sum.Photos
	}
	return n
}

// collect adds up the summaries of the folders in an album, and counts them. st is its stamp.
// What is below a closed one does not count, whoever may see it: nothing leads there from here.
func (l *library) collect(ctx context.Context, name string, st thumbs.Stamp, v visitor, known bool, looks *int) (sum summary, folders int, ok bool) {
	if ctx.Err() != nil {
		return summary{}, 0, false
	}
	if t, ok := l.totalAt(name, st); ok && t.folders > *looks && !t.Guarded && l.may(v, (summary{Summary: t.Summary}).cover().Album) {
		*looks--
		l.lookAside(name)
		return summary{Summary: t.Summary}, t.folders, true
	}
	*looks--
	folder, ok := l.summarizeFolder(ctx, name, known, st)
	if !ok {
		return summary{}, 0, false
	}
	if folder.Guarded && !l.may(v, name) {
		return summary{Summary: index.Summary{Exact: true, Guarded: true}}, 1, true
	}
	sum, folders = folder.summary, 1
	if len(folder.albums) > 0 {
		within := l.store.Within(name)
		defer within.Close()
		for _, sub := range folder.albums {
			below := path.Join(name, sub)
			part, n, ok := l.collect(ctx, below, l.stampWithin(within, below), v, known, looks)
			if !ok {
				return summary{}, 0, false
			}
			sum.Add(part.Summary, folder.Photos > 0)
			folders += n
		}
	}
	if sum.Guarded {
		l.totals.Delete(name) // of before
	} else {
		l.totals.Put(name, total{sum.Summary, folders})
	}
	return sum, folders, true
}

// totalAt returns the summary of an album and all below it as it was when that was last
// looked at, in this run of the program or before it, if the album's own folder is as it was.
func (l *library) totalAt(name string, st thumbs.Stamp) (total, bool) {
	own, read := l.summaries.Get(name)
	if read && own.stamp != st {
		return total{}, false
	}
	if t, ok := l.totals.Get(name); ok {
		return t, read
	}
	if read {
		return total{}, false
	}
	tree, ok := l.store.ReadTree(name, st)
	if !ok || tree.Files != l.others {
		return total{}, false
	}
	t := total{tree.All, tree.Folders}
	l.summaries.Put(name, folderSummary{summary: summary{Summary: tree.Own}, albums: tree.Albums, stamp: st})
	l.totals.Put(name, t)
	return t, true
}

// summarizeFolder returns a folder's own part of a summary. st is its stamp.
func (l *library) summarizeFolder(ctx context.Context, name string, known bool, st thumbs.Stamp) (folderSummary, bool) {
	now := time.Now()
	sum, ok := l.summaries.Get(name)
	if ok && sum.stamp == st && (sum.until.IsZero() || now.Before(sum.until)) {
		return sum, true
	}
	if known {
		return folderSummary{}, false
	}
	seen := ok && sum.stamp == st // read again, and so at least pageAge after it was seen first
	sum = l.readSummary(ctx, name, st)
	if ctx.Err() != nil {
		return folderSummary{}, false
	}
	sum.stamp = st
	switch {
	case sum.unreadable:
		sum.until = now.Add(thumbs.RetryUnreadable) // what mends it does not show in the stamp
	case !st.NamesSettled(now) || !thumbs.Settled(st.Thumbs, now),
		!seen && (st.Photos.After(now) || st.Thumbs.After(now)): // by a clock that is ahead
		sum.until = now.Add(l.pageAge) // another change may bear the same stamp
	}
	l.summaries.Put(name, sum)
	l.look(name)
	return sum, true
}

// shownPhotos returns those of an album's photos, given in any order, that its page shows:
// all but the one that its name makes the cover. That one is shown where it is alone, since
// an album that has a photo is not empty.
func shownPhotos(a album.Listing, photos []album.Photo) []album.Photo {
	cover, ok := a.ChosenCover()
	if !ok || len(a.Photos)+len(a.Albums) == 1 {
		return photos
	}
	i := slices.Index(photos, cover)
	if i < 0 {
		return photos
	}
	return slices.Concat(photos[:i], photos[i+1:])
}

// readSummary lists a folder and finds its cover and its dates. A photo that
// has no thumbnail makes no cover, unless there is no other.
func (l *library) readSummary(ctx context.Context, name string, st thumbs.Stamp) folderSummary {
	a, err := l.listAt(ctx, name, st)
	if errors.Is(err, album.ErrLeftOut) {
		return folderSummary{summary: summary{Summary: index.Summary{Exact: true}}}
	}
	if err != nil {
		return folderSummary{summary: summary{unreadable: true}}
	}
	// Those left out are looked at, too: that one is no longer shows in its own stamp.
	sum := folderSummary{albums: slices.Concat(a.Albums, a.Left)}
	photos := shownPhotos(a, a.Photos)
	sum.Photos, sum.Others, sum.Folders = len(photos), album.CountOthers(a.Others), 1
	for _, src := range slices.Concat(a.Photos, l.otherFiles(a)) {
		sum.Bytes += src.Size
	}
	sum.Exact, sum.Guarded = true, a.Guarded
	x := l.store.Indexed(name, st)
	if !thumbs.ThumbsListed(x, st) {
		x = nil
	}
	own := l.store.OpenRenditions(name, "")
	if own != nil {
		defer own.Close()
	}
	for _, src := range photos {
		if l.store.FailedBefore(src, "") != nil {
			continue
		}
		if sum.First.File == "" {
			sum.First = src
		}
		r, ok := l.store.FromIndex(x, src, "")
		if !ok {
			r, ok = l.store.Cached(own, src, "")
		}
		date := r.TakenAt()
		if !ok {
			date, sum.Exact = metadata.NameDate(src.File).Time, false
		}
		if date.After(sum.Newest) {
			sum.Newest = date
		}
		if ok && !date.IsZero() {
			sum.Taken.Add(index.DateRange{Cover: src, Newest: date, Oldest: date}, false)
		}
	}
	if cover, ok := a.ChosenCover(); ok && l.store.FailedBefore(cover, "") == nil {
		sum.First, sum.Taken.Cover = cover, cover
	}
	if len(a.Photos) > 0 && sum.First.File == "" {
		sum.First = a.Photos[0]
	}
	return sum
}

const (
	// asideAge is how old what a card says of a large tree may be.
	asideAge = 10 * time.Second
	// asideEach is how old it may be for each folder below the album whose page shows the
	// card, if that is longer: behind the visitors' backs no more folders are looked at in a
	// second than a page looks at.
	asideEach = time.Second / manyFolders
)

// aside is when an album was last looked at behind the visitors' backs, and its stamp then.
type aside struct {
	at    time.Time
	stamp thumbs.Stamp
}

// keepIndexed has an album of photos indexed that a visitor looks at and that is another than
// its index says: now and then where none can be stored.
func (l *library) keepIndexed(name string, st thumbs.Stamp) {
	if thumbs.ThumbsListed(l.store.Indexed(name, st), st) {
		return
	}
	now := time.Now()
	if last, ok := l.aside.Get(name); !ok || last.stamp != st || now.Sub(last.at) > asideAge {
		l.aside.Put(name, aside{now, st})
		l.look(name)
	}
}

// lookAside is look for a tree that a card sums up, whose albums are many: now and then.
func (l *library) lookAside(name string) {
	now := time.Now()
	above, _ := l.totals.Get(path.Dir(name))
	age := max(asideAge, time.Duration(above.folders)*asideEach)
	if last, ok := l.aside.Get(name); !ok || now.Sub(last.at) > age {
		l.aside.Put(name, aside{at: now})
		l.look(name)
	}
}

// look has an album indexed behind the visitors' backs.
func (l *library) look(name string) { l.indexer.Look(name) }

// reindex brings the index of an album, and the summary of it and all below, up to date. It
// returns the albums in it, and whether what is above is to be summed up anew. Unless it is to
// keep the index, it stores it only where there are thumbnails.
func (l *library) reindex(ctx context.Context, name string, keep bool) (albums []string, changed bool, err error) {
	st := l.store.Stamp(name)
	_, doubted := l.doubts.Get(name)
	if keep && !doubted {
		if albums, ok := l.asIndexed(name, st); ok {
			return albums, false, nil
		}
	}
	x := l.store.IndexedOnce(name, st)
	if !thumbs.ThumbsListed(x, st) || doubted {
		l.doubts.Delete(name)
		defer func() {
			if err != nil && doubted {
				l.doubts.Put(name, struct{}{})
			}
		}()
		a, err := l.listNow(ctx, name, st)
		if errors.Is(err, fs.ErrNotExist) {
			l.found.Delete(name)
		}
		if err != nil {
			return nil, false, err
		}
		if len(a.Photos)+len(a.Albums)+len(a.Left) == 0 {
			l.found.Delete(name)
			folder, ok := l.summarizeFolder(ctx, name, false, st)
			if !ok {
				return nil, false, ctx.Err()
			}
			before, known := l.totals.Get(name)
			now := total{folder.Summary, 1}
			l.totals.Put(name, now)
			return nil, !known || before != now, nil
		}
		x, err = l.store.WriteIndex(ctx, a, l.readme(name).Title, keep)
		if x == nil {
			return nil, false, err
		}
		st = l.store.Stamp(name)
	}
	if l.found != nil && l.found.Version(name) != x.Checked {
		l.found.Put(name, cmp.Or(x.Title, album.Readable(path.Base(name))), x.Checked, searched(x))
	}
	folder, ok := l.summarizeFolder(ctx, name, false, st)
	if !ok {
		return nil, false, ctx.Err()
	}
	all := l.sumUp(name, folder)
	before, known := l.totals.Get(name)
	l.totals.Put(name, all)
	err = l.store.WriteTree(name, st, index.Tree{Files: l.others, Folders: all.folders, Albums: folder.albums, Own: folder.Summary, All: all.Summary})
	if err == nil && len(folder.albums) > 0 {
		l.indexed.Put(name, st)
	}
	return folder.albums, !known || before != all, err
}

// sumUp adds up the summaries of an album and of those in it. One of which none is known as it
// is now is looked at, and then the sum is made once more.
func (l *library) sumUp(name string, folder folderSummary) total {
	all := total{folder.Summary, 1}
	if len(folder.albums) == 0 {
		return all
	}
	within := l.store.Within(name)
	defer within.Close()
	for _, sub := range folder.albums {
		below := path.Join(name, sub)
		t, ok := l.totalAt(below, l.stampWithin(within, below))
		if !ok {
			l.look(below)
			continue
		}
		all.Add(t.Summary, folder.Photos > 0)
		all.folders += t.folders
	}
	return all
}

// asIndexed reports whether the indexes of an album of albums, which were brought up to date in
// this run of the program, are so still, and returns these albums. It reads no file.
func (l *library) asIndexed(name string, st thumbs.Stamp) (albums []string, ok bool) {
	at, ok := l.indexed.Get(name)
	folder, read := l.summaries.Get(name)
	if !ok || at != st || !read || folder.stamp != st || !folder.until.IsZero() || l.found != nil && l.found.Version(name) == 0 {
		return nil, false
	}
	before, known := l.totals.Get(name)
	return folder.albums, known && before == l.sumUp(name, folder)
}

// searched is what can be found of an album's photos.
func searched(x *index.Index) []search.Photo {
	photos := make([]search.Photo, x.Photos)
	for i := range photos {
		p := x.At(i)
		r := rendition.Record{Taken: p.Taken, MTime: p.MTime}
		if date := metadata.NameDate(string(p.Name)); p.Width == 0 && !date.IsZero() { // there is no thumbnail yet
			r.Taken = date.Format(rendition.TakenLayout)
		}
		photos[i] = search.Photo{
			File: string(p.Name), Taken: r.TakenAt(), Date: r.Date(), Came: time.Unix(0, cmp.Or(p.CTime, p.MTime)),
			Texts: []string{album.Readable(string(p.Name)), p.Caption, p.Title, strings.Join(p.Keywords, "\n"), p.Camera, p.Lens, p.Creator},
		}
	}
	return photos
}

// photo returns the photo of that name as it is now.
func (l *library) photo(albumName, file string) (album.Photo, error) {
	folder, err := album.Open(l.photos.Root(), albumName)
	if err != nil {
		return album.Photo{}, err
	}
	defer folder.Close()
	return album.Stat(folder, albumName, file)
}

// otherFiles returns an album's other files where they are served.
func (l *library) otherFiles(a album.Listing) []album.Photo {
	if !l.others {
		return nil
	}
	return l.stats(a.Name, a.Others)
}

// stats returns the files of these names in an album, without those that went away.
func (l *library) stats(albumName string, names []string) []album.Photo {
	if len(names) == 0 {
		return nil
	}
	folder, err := album.Open(l.photos.Root(), albumName)
	if err != nil {
		return nil
	}
	defer folder.Close()
	files := make([]album.Photo, 0, len(names))
	for _, name := range names {
		if src, err := album.StatAlone(folder, albumName, name); err == nil {
			files = append(files, src)
		}
	}
	return files
}

// otherForm returns the name under which a photo or an album is there whose name, or that
// of an album above it, is in another normalization form. It reports false where there is
// none, or name itself is there.
func (l *library) otherForm(name string) (string, bool) {
	if norm.NFC.IsNormalString(name) && norm.NFD.IsNormalString(name) {
		return name, false // it has but one form, and a walk costs as much as the answer
	}
	root, changed := l.photos.Root(), false
	for {
		if l.photos.Hangs(name) {
			return name, false
		}
		folder, reached := album.Nearest(root, name)
		if folder == nil || reached == name {
			return name, changed && folder != nil
		}
		above := strings.TrimPrefix(reached+"/", "./")
		segment, below, more := strings.Cut(name[len(above):], "/")
		there, ok := otherForm(folder, segment)
		folder.Close()
		switch {
		case !ok:
			return name, false
		case there == segment: // a photo, or an album that cannot be opened
			return name, changed && !more && album.IsPhotoName(segment)
		}
		name, changed = path.Join(above+there, below), true
	}
}

// otherForm returns the name in a folder of a photo or an album that is name, or else is the
// same in another normalization form.
func otherForm(folder *os.Root, name string) (string, bool) {
	if norm.NFC.String(name) == name && norm.NFD.String(name) == name {
		info, err := folder.Lstat(name)
		return name, err == nil && album.IsPhotoName(name) && info.Mode().IsRegular()
	}
	list, err := nolink.List(folder)
	if err != nil {
		return "", false
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	var names []string
	for _, entry := range entries {
		if album.IsPhoto(entry) || entry.IsDir() && album.Visible(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return filename.Find(names, name)
}

// nearest returns the innermost album on the way to name that there is for the visitor, and
// what it is called; "." for the root.
func (l *library) nearest(name string, v visitor) (up, title string) {
	for name != "." && !l.may(v, name) {
		name = path.Dir(name)
	}
	folder, up := album.Nearest(l.photos.Root(), name)
	if folder == nil {
		return ".", l.title
	}
	defer folder.Close()
	return up, cmp.Or(l.readmeIn(folder, up).Title, album.Readable(path.Base(up)))
}

// details reads how a photo was taken from the photo itself, with where if gps
// says so. What cannot be read is left out.
func (l *library) details(src album.Photo, gps bool) photo.Details {
	folder, err := nolink.Folder(l.photos.Root(), src.Album, false)
	if err != nil {
		return photo.Details{}
	}
	defer folder.Close()
	f, info, err := nolink.File(folder, src.File)
	if err != nil {
		return photo.Details{}
	}
	defer f.Close()
	d, _ := photo.ReadDetails(f, info.Size(), gps)
	return d
}
