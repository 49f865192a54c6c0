package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/zipstream"
)

// maxChecksums bounds the checksums that are remembered: at some 200 bytes each, 20 MB.
const maxChecksums = 100_000

// maxLaidOut bounds the photos in the layouts that are remembered: at some 200 bytes each,
// 10 MB.
const maxLaidOut = 50_000

// archives answers with albums as ZIP archives.
type archives struct {
	library *library
	layouts *bounded.Map[string, layout]      // by album
	sums    *bounded.Map[album.Photo, uint32] // CRC-32; a photo that changes is another
	log     *slog.Logger
}

func newArchives(l *library, log *slog.Logger) *archives {
	return &archives{
		library: l, log: log,
		layouts: bounded.NewMap[string](maxLaidOut, layout.cost),
		sums:    bounded.NewMap[album.Photo, uint32](maxChecksums, nil),
	}
}

// layout is what an archive holds. It stays while no photo of the album changes.
type layout struct {
	photos  []album.Photo
	entries []zipstream.Photo
	etag    string
}

func (l layout) cost() int64 { return int64(max(1, len(l.photos))) }

// serve answers with an album's photos as a ZIP archive, of known length and
// resumable from anywhere. The address is the album's own with ?zip: nginx passes it
// on like any page, ranges and all, and no album or photo can have it.
func (a *archives) serve(w http.ResponseWriter, r *http.Request, albumName string) error {
	listing, err := a.library.list(r.Context(), albumName)
	if err != nil {
		return err
	}
	if len(listing.Photos) == 0 {
		return answer.NotFound
	}
	l, err := a.layout(r.Context(), listing)
	if err != nil {
		return err
	}
	z := a.archive(r.Context(), l)
	defer z.Close()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", attachment(a.library.albumTitle(albumName)+".zip"))
	h.Set("Cache-Control", answer.Revalidate)
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

// layout returns what the archive of an album holds, unless the visitor has left.
func (a *archives) layout(ctx context.Context, listing album.Listing) (layout, error) {
	if l, ok := a.layouts.Get(listing.Name); ok && slices.Equal(l.photos, listing.Photos) {
		return l, nil
	}
	files := make([]string, len(listing.Photos))
	for i, src := range listing.Photos {
		files[i] = src.File
	}
	l := layout{photos: listing.Photos, entries: make([]zipstream.Photo, len(listing.Photos))}
	for i, title := range zipstream.SafeNames(files) {
		src := listing.Photos[i]
		l.entries[i] = zipstream.Photo{Name: src.Name(), Title: title, Size: src.Size, Modified: src.Modified()}
	}
	if err := ctx.Err(); err != nil {
		return layout{}, err
	}
	l.etag = zipstream.New(ctx, l.entries, zipstream.Source{}).ETag()
	a.layouts.Put(listing.Name, l)
	return l, nil
}

// archive is the archive that is laid out so, to be read while ctx lasts.
func (a *archives) archive(ctx context.Context, l layout) *zipstream.Archive {
	photos := l.photos
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
