package thumbs

import (
	"cmp"
	"io/fs"
	"path"
	"time"

	"gallery/internal/album"
	"gallery/internal/index"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
)

// Stamp is the state of an album's folder and of its thumbnails' folder: it
// changes when a name is added to or removed from either.
type Stamp struct {
	Photos, Thumbs time.Time // their mtimes
	// Changed is the ctime of the album's folder, ns since 1970, 0 where the system does not say.
	// What copies a folder gives it the mtime of the other, each time that it adds something.
	Changed int64
}

// SameNames reports whether two stamps are of the same names in an album's folder.
func (s Stamp) SameNames(other Stamp) bool {
	return s.Photos.Equal(other.Photos) && s.Changed == other.Changed
}

// NamesSettled reports whether no further change of the names in an album's folder could leave
// its state as it is, now that it is now.
func (s Stamp) NamesSettled(now time.Time) bool {
	return !s.timeless() && settled(s.changed(), now.UnixNano())
}

// changed is the time by which a change of the names shows, ns since 1970.
func (s Stamp) changed() int64 { return cmp.Or(s.Changed, s.Photos.UnixNano()) }

// timeless reports whether the folder has no time, so that nothing shows whether a name in it
// changed: so is the root of a FAT, which has none after each mounting, and are folders of some
// storage that knows none.
func (s Stamp) timeless() bool { return s.changed() <= 0 }

func (s Stamp) isOf(tree index.Tree) bool {
	return !s.timeless() && tree.Of(s.Photos, s.Changed, s.Thumbs)
}

func (t *Store) Stamp(albumName string) Stamp {
	if t.storage.Photos.Hangs(albumName) {
		return Stamp{}
	}
	info, err := t.storage.Photos.Below().LstatAt(albumName)
	if err != nil {
		return Stamp{} // of what is not there nothing is looked for
	}
	st := stampOf(info)
	if info, err := t.storage.Cache.Below().LstatAt(rendition.Folder(albumName, "")); err == nil {
		st.Thumbs = info.ModTime()
	}
	return st
}

// stampOf is the part of a stamp that the album's folder tells.
func stampOf(folder fs.FileInfo) Stamp {
	return Stamp{Photos: folder.ModTime(), Changed: album.ChangeTime(folder)}
}

// Within is an album's folder and that of its renditions, open to take the stamps of many
// albums in it: with one call less for each than Stamp, and two where both are one.
type Within struct {
	store         *Store
	album         string
	photos, cache *nolink.Dir // nil where there is none
}

// Within opens an album. The caller closes it.
func (t *Store) Within(albumName string) *Within {
	w := &Within{store: t, album: albumName}
	if t.storage.Photos.Hangs(albumName) {
		return w
	}
	w.photos, _ = t.storage.Photos.Below().Folder(albumName)
	w.cache = w.photos
	if !t.storage.Beside() {
		w.cache, _ = t.storage.Cache.Below().Folder(albumName)
	}
	return w
}

// Stamp is the stamp of the album in it that bears a name.
func (w *Within) Stamp(sub string) Stamp { return w.stamp(sub, Stamp{}) }

// StampSince is Stamp for an album of no photos, whose stamp was before: while it has the same
// names that is returned, whatever came to its _thumbs since, on which nothing depends.
func (w *Within) StampSince(sub string, before Stamp) Stamp { return w.stamp(sub, before) }

func (w *Within) stamp(sub string, before Stamp) Stamp {
	if w.photos == nil || w.store.storage.Photos.Hangs(path.Join(w.album, sub)) {
		return Stamp{}
	}
	info, err := w.photos.Lstat(sub)
	if err != nil {
		return Stamp{}
	}
	st := stampOf(info)
	if !before.timeless() && st.SameNames(before) {
		return before
	}
	if w.cache == nil {
		return st
	}
	if info, err := w.cache.LstatAt(rendition.Folder(sub, "")); err == nil {
		st.Thumbs = info.ModTime()
	}
	return st
}

func (w *Within) Close() {
	if w.photos != nil {
		w.photos.Close()
	}
	if w.cache != nil && w.cache != w.photos {
		w.cache.Close()
	}
}
