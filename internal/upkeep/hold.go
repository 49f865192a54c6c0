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
	"sync"

	"golang.org/x/sync/errgroup"

	"gallery/internal/album"
	"gallery/internal/nolink"
)

// hold finds the albums whose thumbnails are to be left alone, since a disk may be away
// rather than their photos deleted: those of which the store says so, and those directly in
// DIR of which, with all below, most thumbnails would go with folders that are not there or
// that the cache does not know. Where thumbnails lie beside their photos, the folder is the
// one that they were made for, and emptying it is no reason, unless most of all would go.
func (c *cleanRun) hold(ctx context.Context) {
	folder, err := c.thumbs.CacheRoot().OpenRoot(".")
	if err != nil {
		return // the cleaning will say why
	}
	defer folder.Close()
	counts := map[string]*census{}
	var albums errgroup.Group
	albums.SetLimit(c.jobs)
	var mu sync.Mutex
	c.visit(ctx, folder, ".", func(name string, thumbs *os.Root) {
		albums.Go(func() error {
			lost, n := c.count(name, thumbs)
			mu.Lock()
			defer mu.Unlock()
			if lost {
				c.held[name] = 0
			}
			if thumbs != nil {
				outermost, _, _ := strings.Cut(name, "/")
				if counts[outermost] == nil {
					counts[outermost] = &census{}
				}
				counts[outermost].add(n)
			}
			return nil
		})
	})
	_ = albums.Wait() // which has none
	var all census
	for _, n := range counts {
		all.add(*n)
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

func (n *census) add(more census) {
	n.all += more.all
	n.missing += more.missing
	n.unknown += more.unknown
}

// visit shows the album name, whose folder below the cache's root that is, and those in it,
// each with its _thumbs, nil for none, which is to be closed.
func (c *cleanRun) visit(ctx context.Context, folder *os.Root, name string, show func(name string, thumbs *os.Root)) {
	thumbs, err := nolink.Step(folder, album.ThumbsDir, false)
	if err != nil {
		thumbs = nil
	}
	show(name, thumbs)
	for _, entry := range listed(folder) {
		if !album.IsAlbum(entry) || ctx.Err() != nil {
			continue
		}
		sub, err := nolink.Step(folder, entry.Name(), false)
		if err != nil {
			continue // the cleaning will say why
		}
		c.visit(ctx, sub, path.Join(name, entry.Name()), show)
		sub.Close()
	}
}

// count reports whether the disk of an album's photos is away, takes the census of its _thumbs,
// which may be nil, and closes that.
func (c *cleanRun) count(name string, thumbs *os.Root) (lost bool, n census) {
	lost = c.thumbs.Lost(name)
	if thumbs == nil {
		return lost, n
	}
	defer thumbs.Close()
	var files []string
	for _, entry := range listed(thumbs) {
		if entry.Type().IsRegular() && album.IsPhotoName(entry.Name()) {
			files = append(files, entry.Name())
		}
	}
	n.all = len(files)
	if c.holdsAny(name, files) {
		return lost, n
	}
	missing, unknown := c.missing(name)
	if missing {
		n.missing = n.all
	}
	if unknown {
		n.unknown = n.all
	}
	return lost, n
}

// holdsAny reports whether any of these files is a photo in an album; none is in a folder that
// cannot be read.
func (c *cleanRun) holdsAny(name string, files []string) bool {
	folder, err := album.Open(c.thumbs.PhotosRoot(), name)
	if err != nil {
		return false
	}
	defer folder.Close()
	return slices.ContainsFunc(files, func(file string) bool {
		if !album.Visible(file) || !album.IsPhotoName(file) {
			return false
		}
		_, err := album.StatAlone(folder, name, file)
		return err == nil
	})
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
