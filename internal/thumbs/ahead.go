package thumbs

import (
	"context"
	"os"
	"slices"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

// aheadOfTime are the renditions that are made before anybody asks for them,
// from the smallest to the largest.
var aheadOfTime = [...]string{"", "800", rendition.Preview}

// warmFolders are an album's folders of these renditions, and of its alternatives,
// nil where there is none.
type warmFolders struct {
	rend [len(aheadOfTime)]*os.Root
	alt  []*os.Root // of t.alternatives
}

func (t *Store) OpenWarmFolders(albumName string) *warmFolders {
	var folders warmFolders
	for i, rend := range aheadOfTime {
		folders.rend[i] = t.OpenRenditions(albumName, rend)
	}
	for _, alt := range t.alternatives {
		folders.alt = append(folders.alt, t.OpenRenditions(albumName, alt.Dir))
	}
	return &folders
}

func (folders *warmFolders) Close() {
	for _, folder := range slices.Concat(folders.rend[:], folders.alt) {
		if folder != nil {
			folder.Close()
		}
	}
}

// wanted reports whether rendition number i shows more of a photo than the
// next smaller one.
func (t *Store) wanted(i int, r rendition.Record) bool {
	return i == 0 || max(r.Width, r.Height) > t.SideOf(aheadOfTime[i-1])
}

// Complete reports whether every wanted rendition of src is there, without opening
// the photo.
func (t *Store) Complete(folders *warmFolders, src album.Photo) bool {
	var thumb rendition.Record
	for i, rend := range aheadOfTime {
		if !t.wanted(i, thumb) {
			continue
		}
		r, ok := t.Cached(folders.rend[i], src, rend)
		if !ok {
			return false
		}
		if i == 0 {
			thumb = r
		}
	}
	for i := range t.alternatives {
		if !alternativeSettled(folders.rend[0], folders.alt[i], src.File) {
			return false
		}
	}
	return true
}

// Warm makes the wanted renditions of src that are missing. Before each it
// calls next, whose error ends it.
func (t *Store) Warm(ctx context.Context, src album.Photo, next func() error) error {
	var thumb rendition.Record
	for i, rend := range aheadOfTime {
		if !t.wanted(i, thumb) {
			continue
		}
		if err := next(); err != nil {
			return err
		}
		m, err := t.Ensure(ctx, src, rend)
		if err == nil && m.JPEG != nil {
			// Once more, which says why it could not be stored. It is not to take
			// the memory that is there for what visitors see.
			if _, err = t.put(src, rend, m); err != nil {
				err = NotStored{err}
			}
			if i > 0 || err == nil {
				t.forget(src, rend)
			}
		}
		if err != nil {
			return err
		}
		if i == 0 {
			thumb = m.Record
		}
	}
	for _, alt := range t.alternatives {
		if err := next(); err != nil {
			return err
		}
		if err := t.ensureAlternative(ctx, src, alt); err != nil {
			return err
		}
	}
	return nil
}

// NotStored marks an error as that of the place for thumbnails, not of a photo.
type NotStored struct{ error }

func (e NotStored) Unwrap() error { return e.error }
