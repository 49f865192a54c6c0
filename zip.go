package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
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

// archives answers with albums as ZIP archives.
type archives struct {
	library *library
	sums    *bounded.Map[album.Photo, uint32] // CRC-32; a photo that changes is another
	log     *slog.Logger
}

func newArchives(l *library, log *slog.Logger) *archives {
	return &archives{l, bounded.NewMap[album.Photo, uint32](maxChecksums, nil), log}
}

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
	z := a.archive(r.Context(), listing.Photos)
	defer z.Close()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", attachment(a.library.albumTitle(albumName)+".zip"))
	h.Set("Cache-Control", answer.Revalidate)
	h.Set("ETag", z.ETag())
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

// archive lays out an archive of these photos.
func (a *archives) archive(ctx context.Context, photos []album.Photo) *zipstream.Archive {
	files := make([]string, len(photos))
	for i, src := range photos {
		files[i] = src.File
	}
	entries := make([]zipstream.Photo, len(photos))
	for i, title := range zipstream.SafeNames(files) {
		src := photos[i]
		entries[i] = zipstream.Photo{Name: src.Name(), Title: title, Size: src.Size, Modified: src.Modified()}
	}
	return zipstream.New(ctx, entries, zipstream.Source{
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
