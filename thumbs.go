package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"gallery/internal/accept"
	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// thumbnails answers requests for renditions.
type thumbnails struct {
	photos    *storage.Dir
	entries   *album.Entries
	store     *thumbs.Store
	addresses addresses
}

// serve answers with a rendition of a photo, made now if there is none.
func (t *thumbnails) serve(w http.ResponseWriter, r *http.Request, at target) error {
	albumName, file := at.album(), at.file()
	// An index of the folder as it is now says that there is no .nomedia in it, and no sidecar:
	// each look for what is not there may be a round trip to another machine.
	folder, state, err := t.entries.Enter(t.photos.Below(), albumName, func(name string, folder *nolink.Dir) bool {
		state, err := folder.Lstat(".")
		return err == nil && t.store.Listed(name, state) != nil
	})
	if err != nil {
		return err
	}
	defer folder.Close()
	look := album.Stat
	if t.store.ListedAlone(albumName, state, file) {
		look = album.StatAlone
	}
	src, err := look(folder, albumName, file)
	if err != nil {
		return err
	}
	accepts := func(string) bool { return false }
	if at.rend == "" {
		w.Header().Set("Vary", "Accept")
		accepts = func(mediaType string) bool { return accept.Prefers(r.Header.Values("Accept"), mediaType) }
	}
	if t.serveStored(w, r, folder, src, at.rend, accepts) {
		return nil
	}
	m, err := t.store.Ensure(r.Context(), src, at.rend)
	if errors.Is(err, thumbs.ErrSavesNothing) {
		// A page from before that was known asks for it. nginx passes it on, as it does for
		// whatever is not on disk, and serves the photo.
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, t.addresses.file(src.Name()), http.StatusFound)
		return nil
	}
	if rendition.IsPreview(at.rend) && at.rend != rendition.Preview && errors.Is(err, thumbs.ErrUnfit) {
		// Decoding for it may take more memory than there is.
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, t.addresses.file(rendition.Name(src, rendition.Preview)), http.StatusFound)
		return nil
	}
	if err != nil {
		return err
	}
	if m.JPEG != nil {
		answer.File(w, r, bytes.NewReader(m.JPEG), time.Unix(0, m.MTime), int64(len(m.JPEG)), "image/jpeg", answer.Revalidate)
		return nil
	}
	src.Size, src.MTime, src.CTime = m.Size, m.MTime, m.CTime // as they were when it was made
	if !t.serveStored(w, r, folder, src, at.rend, accepts) {
		return fmt.Errorf("%s went away while its thumbnail was made: %w", src.Name(), fs.ErrNotExist)
	}
	return nil
}

// serveStored answers with a fresh rendition from disk, and reports whether
// there is one. At an address that names its state it may be kept for ever.
func (t *thumbnails) serveStored(w http.ResponseWriter, r *http.Request, photos *nolink.Dir, src album.Photo, rend string, accepts func(mediaType string) bool) bool {
	f, info, mediaType, ok := t.store.Open(photos, src, rend, accepts)
	if !ok {
		return false
	}
	defer f.Close()
	caching := answer.Revalidate
	if named(r.URL.RawQuery, info, mediaType != "image/jpeg") {
		caching = answer.Forever
	}
	answer.Handle(w, r, f, info, mediaType, caching)
	return true
}
