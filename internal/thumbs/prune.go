package thumbs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/index"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

// Prune removes the renditions in an album whose photos are gone. It looks
// only when the album's folder has changed since it last did.
//
// It removes what bears a record of ours, and JPEGs no larger than a
// thumbnail, which the program's predecessor left; anything else in _thumbs
// is not ours to remove.
func (t *Store) Prune(a album.Listing) {
	now := Stamp{Photos: a.MTime, Changed: a.CTime}
	if before, ok := t.pruned.Get(a.Name); ok && before.SameNames(now) {
		return
	}
	folder, err := nolink.Folder(t.storage.Photos.Root(), a.Name, false)
	if err != nil {
		return
	}
	known := t.Recognize(a.Name, folder)
	folder.Close()
	if !known {
		return
	}
	if now.NamesSettled(time.Now()) {
		t.pruned.Put(a.Name, now)
	}
	if st := t.Stamp(a.Name); st.SameNames(now) {
		if x := t.Indexed(a.Name, st); ThumbsListed(x, st) && x.Spare == 0 {
			return
		}
	}
	present := make(map[string]bool, len(a.Photos))
	for _, p := range a.Photos {
		present[p.File] = true
	}
	t.pruneFolder(a.Name, "", present)
	for rend := range rendition.Sides {
		t.pruneFolder(a.Name, rend, present)
	}
	for _, alt := range rendition.Alternatives {
		t.pruneAlternatives(a.Name, alt, present)
	}
}

func (t *Store) pruneFolder(albumName, rend string, present map[string]bool) {
	folder := t.OpenRenditions(albumName, rend)
	if folder == nil {
		return
	}
	defer folder.Close()
	list, err := nolink.List(folder)
	if err != nil {
		return
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	removed := 0
	for _, entry := range entries {
		file := entry.Name()
		if present[file] || !entry.Type().IsRegular() || !album.IsPhotoName(file) || !t.madeByUs(folder, file) {
			continue
		}
		if t.removeIfGone(folder, album.Photo{Album: albumName, File: file}) {
			removed++
		}
	}
	if removed > 0 {
		t.log.Info("removed thumbnails of photos that are gone", "folder", rendition.Folder(albumName, rend), "files", removed)
	}
}

// pruneAlternatives removes the alternatives in an album whose photos are gone.
func (t *Store) pruneAlternatives(albumName string, alt rendition.Alternative, present map[string]bool) {
	below := t.OpenRenditions(albumName, alt.Dir)
	if below == nil {
		return
	}
	defer below.Close()
	list, err := nolink.List(below)
	if err != nil {
		return
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	for _, entry := range entries {
		file := strings.TrimPrefix(entry.Name(), ".")
		if !present[file] && entry.Type().IsRegular() && album.IsPhotoName(file) && t.gone(album.Photo{Album: albumName, File: file}) {
			_ = below.Remove(entry.Name())
		}
	}
}

// madeByUs reports whether the file is a rendition: by its record or, where
// it has none, by being a JPEG of a thumbnail's size.
func (t *Store) madeByUs(folder *os.Root, file string) bool {
	f, info, err := nolink.File(folder, file)
	if err != nil {
		return false
	}
	defer f.Close()
	if _, ok := rendition.ReadRecord(f); ok {
		return true
	}
	return Predecessors(f, info, t.side)
}

// Predecessors reports whether a file without a record is a thumbnail of the
// program's predecessor, which is replaced when its album is next looked at.
func Predecessors(f *os.File, info fs.FileInfo, side int) bool {
	what, err := photo.Inspect(f, info.Size())
	return err == nil && what.Format == photo.JPEG && max(what.Width, what.Height) <= side
}

// removeIfGone removes a rendition from its folder if its photo is no longer
// there, and reports whether it did.
func (t *Store) removeIfGone(folder *os.Root, src album.Photo) bool {
	return t.gone(src) && folder.Remove(src.File) == nil
}

// gone reports whether a photo was removed: it is not in its folder, which is there and is
// the one that it was in. With a folder that is missing, or an empty one in its place, a
// disk may be away.
func (t *Store) gone(src album.Photo) bool {
	photos, err := nolink.Folder(t.storage.Photos.Root(), src.Album, false)
	if err != nil {
		return false
	}
	defer photos.Close()
	_, err = photos.Lstat(src.File)
	return errors.Is(err, fs.ErrNotExist) && t.Recognize(src.Album, photos)
}

// Recognize reports whether an album's folder is the one that its photos were in. One that is
// seen for the first time is noted.
func (t *Store) Recognize(albumName string, folder *os.Root) bool {
	return t.storage.Vouches(albumName, folder)
}

// Lost reports whether an album is empty because the disk that its photos were on is away.
func (t *Store) Lost(albumName string) bool { return t.storage.Lost(albumName) }

// Sweep removes what interrupted writes left behind in every _thumbs below the
// album name. It stops with ctx.
func (t *Store) Sweep(ctx context.Context, name string) {
	if ctx.Err() != nil || t.storage.Cache.Hangs(name) {
		return
	}
	folder, err := nolink.Folder(t.storage.Cache.Root(), name, false)
	if err != nil {
		return
	}
	defer folder.Close()
	t.sweepFolder(folder, name, "")
	for rend := range rendition.Sides {
		t.sweepFolder(folder, name, rend)
	}
	for _, alt := range rendition.Alternatives {
		t.sweepFolder(folder, name, alt.Dir)
	}
	t.sweepFolder(folder, name, index.Dir)
	list, err := nolink.List(folder)
	if err != nil {
		return
	}
	entries, _ := list.ReadDir(-1)
	list.Close()
	for _, entry := range entries {
		if album.IsAlbum(entry) && album.Depth(name) < album.MaxDepth {
			t.Sweep(ctx, path.Join(name, entry.Name()))
		}
	}
}

// sweepFolder removes what interrupted writes left behind among an album's
// renditions of one kind.
func (t *Store) sweepFolder(albumFolder *os.Root, name, rend string) {
	folder, err := nolink.Folder(albumFolder, rendition.Folder(".", rend), false)
	if err != nil {
		return
	}
	defer folder.Close()
	if n := atomicfile.SweepAll(folder); n > 0 {
		t.log.Info("removed unfinished thumbnails", "folder", rendition.Folder(name, rend), "files", n)
	}
}
