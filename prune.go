package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"gallery/internal/atomicfile"
	"gallery/internal/photo"
)

// prune removes the renditions in an album whose photos are gone. It looks
// only when the album's folder has changed since it last did.
//
// It removes what bears a record of ours, and JPEGs no larger than a
// thumbnail, which the program's predecessor left; anything else in _thumbs
// is not ours to remove.
func (t *thumbs) prune(a album) {
	t.mu.Lock()
	done := t.pruned[a.name] == a.mtime.UnixNano()
	if time.Since(a.mtime) > settled {
		makeRoom(t.pruned)
		t.pruned[a.name] = a.mtime.UnixNano()
	}
	t.mu.Unlock()
	if done {
		return
	}
	present := make(map[string]bool, len(a.photos))
	for _, p := range a.photos {
		present[p.file] = true
	}
	t.pruneFolder(a.name, "", present)
	for rend := range renditionSides {
		t.pruneFolder(a.name, rend, present)
	}
	t.pruneWebP(a.name, present)
}

// pruneGone removes all renditions of an album that is no longer there, where
// they do not lie within it.
func (t *thumbs) pruneGone(albumName string) {
	if t.cacheDir != "" {
		t.prune(album{name: albumName, mtime: time.Now()})
	}
}

func (t *thumbs) pruneFolder(albumName, rend string, present map[string]bool) {
	folder := t.openRenditions(albumName, rend)
	if folder == nil {
		return
	}
	defer folder.Close()
	list, err := folder.Open(".")
	if err != nil {
		return
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	removed := 0
	for _, entry := range entries {
		file := entry.Name()
		if present[file] || !entry.Type().IsRegular() || contentType(file) == "" || !t.madeByUs(folder, file) {
			continue
		}
		if t.removeIfGone(folder, source{album: albumName, file: file}) {
			removed++
		}
	}
	if removed > 0 {
		t.log.Info("removed thumbnails of photos that are gone", "folder", renditionFolder(albumName, rend), "files", removed)
	}
}

// pruneWebP removes the WebPs in an album whose photos are gone.
func (t *thumbs) pruneWebP(albumName string, present map[string]bool) {
	below := t.openRenditions(albumName, webpDir)
	if below == nil {
		return
	}
	defer below.Close()
	list, err := below.Open(".")
	if err != nil {
		return
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	for _, entry := range entries {
		file := strings.TrimPrefix(entry.Name(), ".")
		if !present[file] && entry.Type().IsRegular() && contentType(file) != "" && t.gone(source{album: albumName, file: file}) {
			_ = below.Remove(entry.Name())
		}
	}
}

// madeByUs reports whether the file is a rendition: by its record or, where
// it has none, by being a JPEG of a thumbnail's size.
func (t *thumbs) madeByUs(folder *os.Root, file string) bool {
	f, info, err := openPhoto(folder, file)
	if err != nil {
		return false
	}
	defer f.Close()
	if _, ok := readRecord(f); ok {
		return true
	}
	return predecessors(f, info, t.side)
}

// predecessors reports whether a file without a record is a thumbnail of the
// program's predecessor, which is replaced when its album is next looked at.
func predecessors(f *os.File, info fs.FileInfo, side int) bool {
	what, err := photo.Inspect(f, info.Size())
	return err == nil && what.Format == photo.JPEG && max(what.Width, what.Height) <= side
}

// removeIfGone removes a rendition from its folder if its photo is no longer
// there, and reports whether it did.
func (t *thumbs) removeIfGone(folder *os.Root, src source) bool {
	return t.gone(src) && folder.Remove(src.file) == nil
}

// gone reports whether a photo is no longer there.
func (t *thumbs) gone(src source) bool {
	photos, err := openFolder(t.photos, src.album, false)
	if err == nil {
		_, err = photos.Lstat(src.file)
		photos.Close()
	}
	return errors.Is(err, fs.ErrNotExist)
}

// sweep removes what interrupted writes left behind in every _thumbs below the
// album name, and all renditions of albums that are gone. It stops with ctx.
func (t *thumbs) sweep(ctx context.Context, name string) {
	folder, err := openFolder(t.cache.Load(), name, false)
	if err != nil || ctx.Err() != nil {
		return
	}
	defer folder.Close()
	t.sweepFolder(folder, name, "")
	for rend := range renditionSides {
		t.sweepFolder(folder, name, rend)
	}
	t.sweepFolder(folder, name, webpDir)
	if photos, err := openFolder(t.photos, name, false); err == nil {
		photos.Close()
	} else if errors.Is(err, fs.ErrNotExist) {
		t.pruneGone(name)
	}
	list, err := folder.Open(".")
	if err != nil {
		return
	}
	entries, _ := list.ReadDir(-1)
	list.Close()
	for _, entry := range entries {
		if entry.IsDir() && visible(entry.Name()) && entry.Name() != thumbsDir {
			t.sweep(ctx, path.Join(name, entry.Name()))
		}
	}
}

// sweepFolder removes what interrupted writes left behind among an album's
// renditions of one kind.
func (t *thumbs) sweepFolder(albumFolder *os.Root, name, rend string) {
	folder, err := openFolder(albumFolder, renditionFolder(".", rend), false)
	if err != nil {
		return
	}
	defer folder.Close()
	if n := atomicfile.SweepAll(folder); n > 0 {
		t.log.Info("removed unfinished thumbnails", "folder", renditionFolder(name, rend), "files", n)
	}
}
