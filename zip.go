package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/picks"
	"gallery/internal/zipstream"
)

// maxChecksums bounds the checksums that are remembered: at some 200 bytes each, 20 MB.
const maxChecksums = 100_000

const (
	// maxArchived is how many files an archive may hold, and maxArchivedAlbums how many
	// albums. What holds more is offered by its parts.
	maxArchived       = 50_000
	maxArchivedAlbums = 5_000
	// maxLaidOut bounds the files in the layouts that are remembered: at some 200 bytes
	// each, 10 MB.
	maxLaidOut = maxArchived
)

// archives answers with albums as ZIP archives.
type archives struct {
	library *library
	whole   bool                              // albums may be downloaded whole, not only what was picked
	most    int                               // files in an archive
	layouts *bounded.Map[archived, layout]    // by what is archived
	checked *bounded.Map[archived, time.Time] // when it was last looked at
	laying  bounded.Calls[layout]             // by album and visitor
	sums    *bounded.Map[album.Photo, uint32] // CRC-32; a photo that changes is another
	log     *slog.Logger
}

func newArchives(l *library, whole bool, log *slog.Logger) *archives {
	return &archives{
		library: l, whole: whole, most: maxArchived, log: log,
		layouts: bounded.NewMap[archived](maxLaidOut, layout.cost),
		checked: bounded.NewMap[archived, time.Time](maxArchivedAlbums, nil),
		sums:    bounded.NewMap[album.Photo, uint32](maxChecksums, nil),
	}
}

// offers reports whether a visitor may have an album as an archive, or what is chosen of it.
func (a *archives) offers(v visitor, albumName string, chosen picks.Choice) bool {
	if !a.library.mayDownload(v, albumName) {
		return false
	}
	if a.whole || chosen == "" {
		return a.whole
	}
	_, _, ok := a.library.picker(v, albumName)
	return ok
}

// archived is an album with the albums in it that a visitor may see.
type archived struct {
	album   string
	visitor visitor
}

// layout is what an archive holds. It stays while no file of the albums changes.
type layout struct {
	files   []album.Photo
	entries []zipstream.Photo
	etag    string
}

func (l layout) cost() int64 { return int64(max(1, len(l.files))) }

// serve answers with an album's photos, and with the albums in it as folders, or with the
// chosen photos alone, as a ZIP archive, of known length and resumable from anywhere. The address is the album's own with ?zip: nginx passes it
// on like any page, ranges and all, and no album or photo can have it.
func (a *archives) serve(w http.ResponseWriter, r *http.Request, albumName string, v visitor, chosen picks.Choice) error {
	what, name := archived{albumName, v}, a.library.albumTitle(albumName)
	lay := a.layout
	if chosen != "" {
		// Kept for nobody: there are as many choices as anybody makes up.
		lay = func(ctx context.Context, what archived) (layout, error) { return a.lay(ctx, what, chosen) }
	}
	l, err := lay(r.Context(), what)
	if err != nil {
		return err
	}
	if chosen != "" {
		name += fmt.Sprintf(" (%d)", len(l.files))
	}
	z := a.archive(r.Context(), l)
	defer z.Close()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", attachment(name+".zip"))
	h.Set("Cache-Control", answer.Revalidate)
	if v != (visitor{}) {
		h.Set("Cache-Control", "private, no-cache") // another visitor's may hold less
	}
	h.Set("ETag", l.etag)
	answer.Content(w, r, time.Time{}, z)
	if err := z.Err(); err != nil {
		// What was sent is no archive; that the connection breaks tells the client.
		if r.Context().Err() == nil {
			a.log.Warn("archive cut short", "album", albumName, "err", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// layout returns what the archive of an album holds, unless the visitor has left. Requests
// for parts of an archive cost one look at its albums in pageAge.
func (a *archives) layout(ctx context.Context, what archived) (layout, error) {
	if l, ok := a.layouts.Get(what); ok {
		if at, ok := a.checked.Get(what); ok && time.Since(at) < a.library.pageAge {
			return l, nil
		}
	}
	return a.laying.Do(ctx, fmt.Sprintf("%q %s", what.visitor, what.album), func() (layout, error) {
		began := time.Now()
		l, err := a.lay(ctx, what, "")
		if err != nil {
			return layout{}, err
		}
		a.layouts.Put(what, l)
		a.checked.Put(what, began)
		return l, nil
	})
}

// lay lays an archive out. What it held before stays in use while no file has changed.
func (a *archives) lay(ctx context.Context, what archived, chosen picks.Choice) (layout, error) {
	c := contents{library: a.library, visitor: what.visitor, chosen: chosen, most: a.most, ctx: ctx}
	if err := c.add(what.album, ""); err != nil {
		return layout{}, err
	}
	if len(c.files) == 0 {
		return layout{}, answer.NotFound
	}
	l, ok := a.layouts.Get(what)
	if !ok || !slices.Equal(l.files, c.files) {
		l = layout{files: c.files, entries: make([]zipstream.Photo, len(c.files))}
		for i, src := range c.files {
			l.entries[i] = zipstream.Photo{Name: src.Name(), Title: c.titles[i], Size: src.Size, Modified: src.Modified()}
		}
		l.etag = zipstream.New(ctx, l.entries, zipstream.Source{}).ETag()
	}
	return l, ctx.Err()
}

// contents are the files of an archive, gathered album by album.
type contents struct {
	library *library
	visitor visitor
	chosen  picks.Choice // "" for all
	most    int
	ctx     context.Context
	albums  int
	files   []album.Photo
	titles  []string // their names in the archive
}

// add adds an album's files in the archive's folder, which ends with a slash or is "", and
// the albums in it. One of those that went away or may not be read is left out, as from the
// pages, and so is one of which the visitor may have previews only.
func (c *contents) add(albumName, folder string) error {
	listing, err := c.library.list(c.ctx, albumName)
	if err != nil {
		return err
	}
	listing.Albums = slices.DeleteFunc(slices.Clone(listing.Albums), func(sub string) bool {
		return !c.library.mayDownload(c.visitor, path.Join(albumName, sub))
	})
	files := slices.Concat(listing.Photos, c.library.otherFiles(listing))
	if c.chosen != "" {
		files, listing.Albums = chosenOf(shownPhotos(listing, listing.Photos), c.chosen), nil
	}
	if c.albums++; c.albums > maxArchivedAlbums || len(c.files)+len(files) > c.most {
		return answer.NotFound
	}
	// A folder and a file of one name cannot be unpacked, either.
	names := slices.Clone(listing.Albums)
	for _, src := range files {
		names = append(names, src.File)
	}
	names = zipstream.SafeNames(names)
	c.files = append(c.files, files...)
	for _, name := range names[len(listing.Albums):] {
		c.titles = append(c.titles, folder+name)
	}
	for i, sub := range listing.Albums {
		err := c.add(path.Join(albumName, sub), folder+names[i]+"/")
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// archive is the archive that is laid out so, to be read while ctx lasts.
func (a *archives) archive(ctx context.Context, l layout) *zipstream.Archive {
	photos := l.files
	return zipstream.New(ctx, l.entries, zipstream.Source{
		Open: func(i int) (*os.File, error) {
			folder, err := album.Open(a.library.photos.Root(), photos[i].Album)
			if err != nil {
				return nil, err
			}
			defer folder.Close()
			f, _, err := nolink.File(folder, photos[i].File)
			return f, err
		},
		Sum:      func(i int) (uint32, bool) { return a.sums.Get(photos[i]) },
		Remember: func(i int, sum uint32) { a.sums.Put(photos[i], sum) },
	})
}

// attachment has a browser save the answer under that name: RFC 6266 with the
// name in UTF-8 as in RFC 8187, and in ASCII for clients that do not know that.
func attachment(name string) string {
	name = zipstream.SafeName(name)
	ascii := strings.Map(func(r rune) rune {
		if r >= 0x7f || r == '%' {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
}
