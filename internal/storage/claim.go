package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
)

const (
	// claimFile is the file in a cache that says whose it is.
	claimFile = ".gallery"
	// maxClaim bounds that file, bytes.
	maxClaim = 8 << 20
	// maxHolds is how many names of what a place holds are kept, enough to tell another
	// disk under another number from an empty mount point.
	maxHolds = 16
	// maxPlaces bounds the places that a claim keeps.
	maxPlaces = 10_000
)

// claim says whose a cache is: the directory of its photos, and where the photos were. It is
// safe for use by many goroutines.
type claim struct {
	cache *Dir
	log   *slog.Logger

	mu     sync.Mutex
	stored storedClaim
}

// storedClaim is a claim as its file has it, in JSON.
type storedClaim struct {
	About string `json:"about"`
	// Dir is the path of the photos' directory.
	Dir string `json:"dir"`
	// Places are DIR itself, ".", the albums in it, and further down those on other
	// devices, by the albums' names.
	Places map[string]place `json:"places"`
}

const about = "The thumbnails here are of the photos in dir. Without this file they are taken for those of whatever photos are asked for next."

// place is a folder of photos as it was seen last.
type place struct {
	Device uint64   `json:"device"`
	Inode  uint64   `json:"inode"`
	Holds  []string `json:"holds"` // the first names in it, sorted
}

// claimCache makes or reads the claim of a cache for photos.
func claimCache(photos, cache *Dir, log *slog.Logger) (*claim, error) {
	c := &claim{cache: cache, log: log}
	here, err := look(photos.root.Load())
	if err != nil {
		return nil, err
	}
	found, err := readClaim(cache.root.Load())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := unclaimed(photos.root.Load(), cache, here); err != nil {
			return nil, err
		}
		found = storedClaim{}
	case err != nil:
		return nil, CacheError{fmt.Errorf("-cache %s: what it says of its photos cannot be read, so remove %s if they are those of DIR: %w", cache.path, claimFile, err)}
	case !found.isOf(photos, here):
		return nil, CacheError{fmt.Errorf("-cache %s holds the thumbnails of %s: give each DIR a cache of its own, or remove %s in it if those photos are now in %s",
			cache.path, found.Dir, claimFile, photos.path)}
	}
	c.stored = found
	before, known := found.Places["."]
	if known && len(before.Holds) > 0 && len(here.Holds) == 0 && !before.same(here) {
		photos.expectMore(fmt.Sprintf("an empty folder is in its place (if it is to be empty, remove %s in -cache)", claimFile))
		return c, nil
	}
	if known && !before.isHere(photos.root.Load(), here) {
		return c, nil // the same name for other photos, which vouch for nothing
	}
	if len(here.Holds) > 0 {
		c.stored.Dir = photos.path
		c.put(".", here)
		for _, name := range here.Holds {
			if !album.IsPhotoName(name) && !photos.Hangs(name) {
				c.see(photos.root.Load(), name)
			}
		}
	}
	c.save()
	return c, nil
}

// Claimed is what a cache says of its photos.
type Claimed struct {
	File   fs.FileInfo // of what says so
	Dir    string      // the path of their directory
	Others bool        // they are not the photos that it is to be the cache of
	Lost   []string    // albums that held something, and are gone or empty
}

// Claimed reads what the cache says of its photos and writes nothing. The error is
// fs.ErrNotExist where it says nothing.
func (s *Storage) Claimed() (Claimed, error) {
	cache, photos := s.Cache.root.Load(), s.Photos.root.Load()
	found, err := readClaim(cache)
	if err != nil {
		return Claimed{}, err
	}
	c := Claimed{Dir: found.Dir}
	if c.File, err = cache.Lstat(claimFile); err != nil {
		return Claimed{}, err
	}
	here, err := look(photos)
	if err != nil {
		return Claimed{}, err
	}
	c.Others = !found.isOf(s.Photos, here)
	for _, name := range slices.Sorted(maps.Keys(found.Places)) {
		before := found.Places[name]
		if len(before.Holds) == 0 || c.Others {
			continue
		}
		var now place
		folder, err := nolink.Folder(photos, name, false)
		if err == nil {
			now, err = look(folder)
			folder.Close()
		}
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(now.Holds) == 0 && !before.same(now) {
			c.Lost = append(c.Lost, name)
		}
	}
	return c, nil
}

// readClaim reads the claim of a cache.
func readClaim(cache *os.Root) (storedClaim, error) {
	f, _, err := nolink.File(cache, claimFile)
	if err != nil {
		return storedClaim{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxClaim))
	if err != nil {
		return storedClaim{}, err
	}
	var found storedClaim
	if err := json.Unmarshal(data, &found); err != nil {
		return storedClaim{}, err
	}
	return found, nil
}

// isOf reports whether a claim is that of a directory of photos, perhaps under another path
// than before. Where another directory is still under that path, it is that one's.
func (s storedClaim) isOf(photos *Dir, here place) bool {
	if s.Dir == photos.path || s.Dir == "" {
		return true
	}
	before := s.Places["."]
	if before.same(here) {
		return true
	}
	if other, err := os.OpenRoot(s.Dir); err == nil {
		defer other.Close()
		if there, err := look(other); err == nil && !there.same(here) && len(there.Holds) > 0 {
			return false
		}
	}
	return before.isHere(photos.root.Load(), here)
}

// unclaimed refuses a cache without a claim that has something else in it than thumbnails of
// the photos: photos, or the thumbnails of others.
func unclaimed(photos *os.Root, cache *Dir, here place) error {
	inside, err := names(cache.root.Load(), 0)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(inside, album.IsPhotoName) {
		return CacheError{fmt.Errorf("-cache %s holds photos: choose an empty directory", cache.path)}
	}
	if len(inside) == 0 || len(here.Holds) == 0 {
		return nil
	}
	for _, name := range inside {
		if _, err := photos.Lstat(name); err == nil {
			return nil
		}
	}
	return CacheError{fmt.Errorf("-cache %s holds %s, which is not in DIR: choose an empty directory, or the cache of these photos", cache.path, inside[0])}
}

// look returns a folder as a place.
func look(folder *os.Root) (place, error) {
	info, err := folder.Stat(".")
	if err != nil {
		return place{}, err
	}
	p := place{}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		p.Device, p.Inode = uint64(sys.Dev), uint64(sys.Ino)
	}
	p.Holds, err = names(folder, maxHolds)
	return p, err
}

// same reports whether two places are one folder.
func (p place) same(other place) bool { return p.Device == other.Device && p.Inode == other.Inode }

// isHere reports whether a folder, which is the place now, is the place that p was: the same
// folder, or one that still holds at least half of what was there, as after a restart that
// numbers disks anew, or a copy.
func (p place) isHere(folder *os.Root, now place) bool {
	if p.same(now) {
		return true
	}
	there := 0
	for _, name := range p.Holds {
		if _, err := folder.Lstat(name); err == nil {
			there++
		}
	}
	return there > 0 && 2*there >= len(p.Holds)
}

// verdict is what a claim says of an album's folder.
type verdict int

const (
	strange  verdict = iota // not seen before
	familiar                // the one that was there before
	lost                    // another folder in the place of one that held something
)

// check compares the folder that bears an album's name, nil for none, with what was there
// before, and all those that it lies in likewise; what is seen for the first time is noted.
func (c *claim) check(photos *os.Root, albumName string, folder *os.Root) verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	result := familiar
	device, changed := uint64(0), false
	for i, name := range above(albumName) {
		before, known := c.stored.Places[name]
		if !known && i > 1 {
			// Further down only what is on another device is a place of its own.
			if at, err := deviceOf(photos, name); err != nil || at == device {
				continue
			}
		}
		there := folder
		if name != albumName {
			if there, _ = nolink.Folder(photos, name, false); there != nil {
				defer there.Close()
			}
		}
		var now place
		err := errAbsent
		if there != nil {
			now, err = look(there)
		}
		heldNothing := len(before.Holds) == 0
		switch {
		case err != nil && known && !heldNothing:
			return lost
		case err != nil:
			return strange
		case known && before.isHere(there, now):
			if !before.same(now) || heldNothing && len(now.Holds) > 0 {
				c.put(name, now)
				changed = true
			}
		case known && !heldNothing && len(now.Holds) == 0:
			return lost
		default:
			// What held something else is not forgotten for what may be mounted by mistake, or
			// lie under a mount point: clean is told, or finds out, whether it is gone.
			result = strange
			if heldNothing && len(now.Holds) > 0 {
				c.put(name, now)
				changed = true
			}
		}
		device = now.Device
	}
	if changed {
		c.save()
	}
	return result
}

// errAbsent says that no folder bears a name.
var errAbsent = errors.New("no folder of that name")

// above returns the names of the albums that an album lies in, outermost first, and its own.
func above(albumName string) []string {
	all := []string{"."}
	for i := range albumName {
		if albumName[i] == '/' {
			all = append(all, albumName[:i])
		}
	}
	if albumName != "." {
		all = append(all, albumName)
	}
	return all
}

func deviceOf(photos *os.Root, name string) (uint64, error) {
	info, err := photos.Lstat(name)
	if err != nil {
		return 0, err
	}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(sys.Dev), nil
	}
	return 0, nil
}

// see notes a folder of photos, if it can be looked at and holds something.
func (c *claim) see(photos *os.Root, name string) {
	if _, known := c.stored.Places[name]; known {
		return // what becomes of it is for check to say
	}
	folder, err := nolink.Folder(photos, name, false)
	if err != nil {
		return
	}
	defer folder.Close()
	if now, err := look(folder); err == nil && len(now.Holds) > 0 {
		c.put(name, now)
	}
}

func (c *claim) put(name string, p place) {
	if c.stored.Places == nil {
		c.stored.Places = map[string]place{}
	}
	if _, known := c.stored.Places[name]; known || len(c.stored.Places) < maxPlaces {
		c.stored.Places[name] = p
	}
}

// save writes the claim into its cache, unless it says nothing yet. Where that fails, on a
// full disk for one, the log says so, and what was noted is seen for the first time again.
func (c *claim) save() {
	if len(c.stored.Places) == 0 {
		return
	}
	c.stored.About = about
	data, err := json.MarshalIndent(c.stored, "", "\t")
	if err == nil {
		err = atomicfile.Write(c.cache.root.Load(), claimFile, append(data, '\n'), 0o644)
	}
	if err != nil {
		c.log.Warn("the cache cannot note whose it is", "cache", c.cache.path, "err", nolink.Cause(err))
	}
}
