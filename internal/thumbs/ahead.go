package thumbs

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

// aheadOfTime are the renditions that are made before anybody asks for them,
// from the smallest to the largest: the first usualAhead of them, or all.
var aheadOfTime = [...]string{"", rendition.Sharp, rendition.Preview, "2560", "4096"}

const usualAhead = 3

// warmFolders are an album's folders of these renditions, and of its alternatives,
// nil where there is none.
type warmFolders struct {
	rend [len(aheadOfTime)]*os.Root
	alt  []*os.Root // of t.alternatives
}

func (t *Store) OpenWarmFolders(albumName string) *warmFolders {
	var folders warmFolders
	for i, rend := range aheadOfTime[:t.ahead] {
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
// next smaller one, and no page shows the photo itself, of as many pixels, in its place.
func (t *Store) wanted(i int, r rendition.Record) bool {
	if i == 0 {
		return true
	}
	side := max(r.Width, r.Height)
	whole := rendition.IsPreview(aheadOfTime[i]) && r.ShowsSource() && (i >= usualAhead || side <= t.SideOf(rendition.Preview))
	return side > t.SideOf(aheadOfTime[i-1]) && !whole
}

// Complete reports whether every wanted rendition of src is there, without opening
// the photo.
func (t *Store) Complete(folders *warmFolders, src album.Photo) bool {
	var thumb rendition.Record
	for i, rend := range aheadOfTime[:t.ahead] {
		if !t.wanted(i, thumb) {
			continue
		}
		r, ok := t.Cached(folders.rend[i], src, rend)
		if !ok && !errors.Is(t.FailedBefore(src, rend), ErrSavesNothing) {
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

// Warm makes the wanted renditions of src that are missing, and alternatives, from one
// decoding.
func (t *Store) Warm(ctx context.Context, src album.Photo) error {
	made, err := t.ensure(ctx, src, "", func(r rendition.Record) (tasks []task) {
		for i := range t.alternatives {
			tasks = append(tasks, task{alternative: &t.alternatives[i]})
		}
		for i, rend := range aheadOfTime[:t.ahead] {
			if t.wanted(i, r) {
				tasks = append(tasks, task{rend: rend})
			}
		}
		return tasks
	})
	if errors.Is(err, ErrSavesNothing) {
		err = nil
	}
	for i, rend := range aheadOfTime[:t.ahead] {
		m := made[rend]
		if m.JPEG == nil {
			continue
		}
		// Once more, which says why it could not be stored. It is not to take
		// the memory that is there for what visitors see.
		_, unstored := t.put(src, rend, m)
		if unstored != nil {
			err = NotStored{unstored}
		}
		if i > 0 || unstored == nil {
			t.forget(src, rend)
		}
	}
	return err
}

// NotStored marks an error as that of the place for thumbnails, not of a photo.
type NotStored struct{ error }

func (e NotStored) Unwrap() error { return e.error }

// Try makes the thumbnail of src in memory, keeps nothing of it, and returns why there can be
// none. An error that is no ErrUnfit is not the photo's.
func (t *Store) Try(ctx context.Context, src album.Photo) error {
	files, err := t.render(ctx, src, func(rendition.Record) []task { return []task{{}} })
	for _, f := range files {
		err = cmp.Or(err, f.err)
	}
	return err
}
