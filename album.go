package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/maruel/natural"
	"golang.org/x/sync/singleflight"
)

// errNotHere says that what is there under a name is not what is served under
// such a name: a symbolic link, a FIFO, a folder where a photo was expected.
var errNotHere = fmt.Errorf("not a plain file or folder: %w", fs.ErrNotExist)

// source is a photo as its folder shows it, without opening it.
type source struct {
	album string // the album's name relative to the root, "." for the root itself
	file  string // the file's name in it
	size  int64  // bytes
	mtime int64  // ns since 1970
}

func (s source) name() string { return path.Join(s.album, s.file) }

func (s source) modified() time.Time { return time.Unix(0, s.mtime) }

// album is a folder of photos, listed. It is shared and not changed once made.
type album struct {
	name   string    // relative to the root, slash-separated, "." for the root
	mtime  time.Time // of the folder: when a name was last added or removed
	albums []string  // the names of its sub-albums, sorted
	photos []source  // sorted by name

	// notes are the .md files about photos, by their names without the extension.
	notes map[string]source
}

// openFolder opens the folder name below root, or fails with an error that is
// fs.ErrNotExist. It follows no symbolic link in any component: os.Root keeps
// links from leading out of the root, and here, where a link within the root
// would make two names for one folder (or _thumbs a name for the photos),
// there are none at all. With create, what is missing is made.
func openFolder(root *os.Root, name string, create bool) (*os.Root, error) {
	if name == "." {
		return root.OpenRoot(".")
	}
	current := root
	for segment := range strings.SplitSeq(name, "/") {
		next, err := openStep(current, segment, create)
		if current != root {
			current.Close()
		}
		if err != nil {
			return nil, err
		}
		current = next
	}
	return current, nil
}

// openStep opens the folder called segment in parent. What it returns is the
// very folder that bears the name, not something a link was swapped in for
// between the look and the opening.
func openStep(parent *os.Root, segment string, create bool) (*os.Root, error) {
	seen, err := parent.Lstat(segment)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err := parent.Mkdir(segment, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		seen, err = parent.Lstat(segment)
	}
	if err != nil {
		return nil, err
	}
	if !seen.IsDir() {
		return nil, errNotHere
	}
	folder, err := parent.OpenRoot(segment)
	if err != nil {
		return nil, swapped(err)
	}
	opened, err := folder.Stat(".")
	if err != nil || !os.SameFile(seen, opened) {
		folder.Close()
		return nil, errNotHere
	}
	return folder, nil
}

// swapped returns the error of opening what was seen to be a plain file or
// folder just before. Unless it may not be read, or the system is at its
// limits, something else took its name, a link perhaps.
func swapped(err error) error {
	for _, own := range []error{fs.ErrPermission, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO} {
		if errors.Is(err, own) {
			return err
		}
	}
	return errNotHere
}

// openPhoto opens the regular file called name in folder for reading. It
// never waits (a FIFO or a device is refused before and after opening) and
// never follows a link.
func openPhoto(folder *os.Root, name string) (*os.File, fs.FileInfo, error) {
	// Between the look and the opening another file may take the name, as when
	// a second server has made the same thumbnail: then it is looked at anew.
	for range 5 {
		f, info, err := openSeen(folder, name)
		if !errors.Is(err, errReplaced) {
			return f, info, err
		}
	}
	return nil, nil, errReplaced
}

// errReplaced says that the file opened is not the one seen just before.
var errReplaced = fmt.Errorf("replaced while it was opened: %w", fs.ErrNotExist)

// openSeen is one attempt of openPhoto.
func openSeen(folder *os.Root, name string) (*os.File, fs.FileInfo, error) {
	seen, err := folder.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !seen.Mode().IsRegular() {
		return nil, nil, errNotHere
	}
	f, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, swapped(err)
	}
	opened, err := f.Stat()
	if err != nil || !os.SameFile(seen, opened) {
		f.Close()
		return nil, nil, errReplaced
	}
	return f, opened, nil
}

// statPhoto returns the photo called file in the folder of an album.
func statPhoto(folder *os.Root, albumName, file string) (source, error) {
	info, err := folder.Lstat(file)
	if err != nil {
		return source{}, err
	}
	if !info.Mode().IsRegular() {
		return source{}, errNotHere
	}
	return source{albumName, file, info.Size(), info.ModTime().UnixNano()}, nil
}

// listAlbum reads an album's folder. Hidden, foreign and non-regular files are
// not in the list, nor is a photo that went away meanwhile.
func listAlbum(folder *os.Root, name string) (album, error) {
	list, err := folder.Open(".")
	if err != nil {
		return album{}, err
	}
	defer list.Close()
	info, err := list.Stat()
	if err != nil {
		return album{}, err
	}
	entries, err := list.ReadDir(-1)
	if err != nil {
		return album{}, err
	}
	a := album{name: name, mtime: info.ModTime()}
	for _, entry := range entries {
		switch {
		case isAlbum(entry):
			a.albums = append(a.albums, entry.Name())
		case isPhoto(entry):
			if src, err := statPhoto(folder, name, entry.Name()); err == nil {
				a.photos = append(a.photos, src)
			}
		case entry.Type().IsRegular() && visible(entry.Name()):
			about, ok := noteExtension(entry.Name())
			if !ok || strings.EqualFold(about, "readme") {
				continue
			}
			if src, err := statPhoto(folder, name, entry.Name()); err == nil {
				if a.notes == nil {
					a.notes = map[string]source{}
				}
				a.notes[about] = src
			}
		}
	}
	slices.SortFunc(a.albums, compareNames)
	slices.SortFunc(a.photos, func(x, y source) int { return compareNames(x.file, y.file) })
	return a, nil
}

// isAlbum reports whether an entry of an album's folder is a sub-album.
func isAlbum(entry fs.DirEntry) bool {
	return entry.IsDir() && visible(entry.Name()) && !strings.EqualFold(entry.Name(), thumbsDir)
}

// isPhoto reports whether an entry of an album's folder is a photo.
func isPhoto(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && visible(entry.Name()) && contentType(entry.Name()) != ""
}

// compareNames orders names as a person would: numbers by value, capitals
// beside small letters, and otherwise equal names ("1.jpg", "01.jpg") always
// in the same order.
func compareNames(a, b string) int {
	return cmp.Or(natural.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// The orders that a visitor can ask for with ?sort=.
const (
	byName     = "name"
	byNameDown = "-name"
	byDate     = "date"
	byDateDown = "-date"
)

// sorted returns the photos, which come sorted by name, in the given order;
// dates holds their dates where the order is one by date. Photos of the same
// date stay in the order of their names either way.
func sorted(photos []source, order string, dates []time.Time) []source {
	switch order {
	case byNameDown:
		photos = slices.Clone(photos)
		slices.Reverse(photos)
	case byDate, byDateDown:
		index := make([]int, len(photos))
		for i := range index {
			index[i] = i
		}
		slices.SortStableFunc(index, func(i, j int) int {
			if order == byDateDown {
				i, j = j, i
			}
			return dates[i].Compare(dates[j])
		})
		inOrder := make([]source, len(photos))
		for to, from := range index {
			inOrder[to] = photos[from]
		}
		return inOrder
	}
	return photos
}

const (
	// settled is how old a folder's mtime is when no further change can bear the
	// same one: file systems' clocks tick every few milliseconds.
	settled = 20 * time.Millisecond
	// maxListed bounds the albums that are remembered, by their photos and notes:
	// at some 100 bytes each, 10 MB.
	maxListed = 100_000
)

// albumCache holds listings of albums for a moment, so that many visitors of
// one album cost one listing, and so do the photos' pages, which need their
// neighbours.
type albumCache struct {
	flight singleflight.Group

	mu    sync.Mutex
	m     map[string]listing
	files int // in all listings
}

type listing struct {
	album
	stamp  stamp
	listed time.Time
}

// files is how many files the listing holds.
func (l listing) files() int { return len(l.photos) + len(l.notes) }

// list returns an album as it is, or was less than pageAge ago if no name in
// it has changed since.
func (s *server) list(name string) (album, error) {
	st := s.stamp(name)
	c := &s.albums
	c.mu.Lock()
	l, ok := c.m[name]
	c.mu.Unlock()
	if ok && l.stamp.photos.Equal(st.photos) && time.Since(l.listed) < pageAge {
		return l.album, nil
	}
	result, err, _ := c.flight.Do(name, func() (any, error) {
		l := listing{stamp: s.stamp(name), listed: time.Now()}
		folder, err := openFolder(s.photos, name, false)
		if err != nil {
			return nil, err
		}
		defer folder.Close()
		if l.album, err = listAlbum(folder, name); err != nil {
			return nil, err
		}
		s.thumbs.prune(l.album)
		c.put(l)
		return l.album, nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		s.thumbs.pruneGone(name)
	}
	a, _ := result.(album)
	return a, err
}

// put remembers a listing and drops others, whichever come first, to make room.
func (c *albumCache) put(l listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]listing{}
	}
	c.files += l.files() - c.m[l.name].files()
	c.m[l.name] = l
	for name, other := range c.m {
		if c.files <= maxListed {
			break
		}
		delete(c.m, name)
		c.files -= other.files()
	}
}
