package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"gallery/internal/album"
	"gallery/internal/nolink"
)

// hold finds the albums whose thumbnails are to be left alone, since a disk may be away
// rather than their photos deleted: those of which the store says so, and those directly in
// DIR of which, with all below, most thumbnails would go with folders that are not there or
// that the cache does not know. Where thumbnails lie beside their photos, the folder is the
// one that they were made for, and emptying it is no reason, unless most of all would go.
func (c *cleanRun) hold(ctx context.Context) {
	counts := map[string]*census{}
	c.count(ctx, ".", counts)
	var all census
	for _, n := range counts {
		all.all += n.all
		all.missing += n.missing
	}
	for name, n := range counts {
		if 2*n.unknown > n.all || 2*all.missing > all.all && 2*n.missing > n.all {
			c.held[name] = n.missing
		}
	}
}

// census counts the thumbnails of an album directly in DIR and those below it, or of DIR's
// own photos.
type census struct {
	all     int
	missing int // in folders that hold none of their photos any more
	unknown int // of these, in folders that are not there, or not known to be the same
}

// count takes the census of the album name and of those in it.
func (c *cleanRun) count(ctx context.Context, name string, counts map[string]*census) {
	folder, err := nolink.Folder(c.thumbs.CacheRoot(), name, false)
	if err != nil || ctx.Err() != nil {
		return // the cleaning will say why
	}
	defer folder.Close()
	if c.thumbs.Lost(name) {
		c.held[name] = 0
	}
	if thumbs, err := nolink.Step(folder, album.ThumbsDir, false); err == nil {
		outermost, _, _ := strings.Cut(name, "/")
		if counts[outermost] == nil {
			counts[outermost] = &census{}
		}
		present := c.present(name)
		n, there := 0, false
		for _, entry := range listed(thumbs) {
			if entry.Type().IsRegular() && album.IsPhotoName(entry.Name()) {
				n++
				there = there || present(entry.Name())
			}
		}
		thumbs.Close()
		counts[outermost].all += n
		if !there {
			missing, unknown := c.missing(name)
			if missing {
				counts[outermost].missing += n
			}
			if unknown {
				counts[outermost].unknown += n
			}
		}
	}
	for _, entry := range listed(folder) {
		if album.IsAlbum(entry) {
			c.count(ctx, path.Join(name, entry.Name()), counts)
		}
	}
}

// present returns what tells whether a photo is in an album; none is in a folder that cannot be
// read.
func (c *cleanRun) present(name string) func(file string) bool {
	if x := c.indexOf(name); x != nil {
		if folder, err := album.Open(c.thumbs.PhotosRoot(), name); err == nil {
			folder.Close() // and not left out
			return func(file string) bool {
				_, ok := x.Find(file)
				return ok
			}
		}
	}
	photos, _ := c.photos(name)
	return func(file string) bool {
		_, ok := photos[file]
		return ok
	}
}

// missing reports whether an album's photos may be missing, unlike those in a folder that is
// left out on purpose, and whether its folder, too, is not there or not known to be the one
// that its thumbnails were made for.
func (c *cleanRun) missing(name string) (photos, folder bool) {
	opened, err := album.Open(c.thumbs.PhotosRoot(), name)
	if errors.Is(err, album.ErrLeftOut) {
		return false, false
	}
	if err != nil {
		return true, true
	}
	defer opened.Close()
	return true, !c.thumbs.Recognize(name, opened)
}

// listed lists a folder, as far as it can be read; cleaning it says what cannot.
func listed(folder *os.Root) []fs.DirEntry {
	list, err := nolink.List(folder)
	if err != nil {
		return nil
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	return entries
}

// heldAlbums names the albums that are held, up to three of them.
func (c *cleanRun) heldAlbums() string {
	names := slices.Sorted(maps.Keys(c.held))
	more := ""
	if len(names) > 3 {
		more = fmt.Sprintf(" and %d more", len(names)-3)
		names = names[:3]
	}
	for i, name := range names {
		if name == "." {
			names[i] = "DIR itself"
		} else {
			names[i] = strconv.QuoteToGraphic(name)
		}
	}
	return strings.Join(names, ", ") + more
}
