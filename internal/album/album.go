// Package album knows a photo as its folder shows it: listings, their orders,
// which names are those of photos, and names as text. It opens no photo.
package album

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gallery/internal/filename"
	"gallery/internal/nolink"
)

// Photo is a photo as its folder shows it, without opening it.
type Photo struct {
	Album string // the album's name relative to the root, "." for the root itself
	File  string // the file's name in it
	Size  int64  // bytes
	MTime int64  // ns since 1970
	CTime int64  // when it or its attributes last changed, ns since 1970; 0 where the system does not say

	Sidecar string // the state of the XMP file beside it, "" where there is none
}

// ChangeTime returns when a file or its attributes last changed, in ns since 1970. No program
// sets it, unlike the mtime. It is 0 where the system does not say.
func ChangeTime(info fs.FileInfo) int64 { return changeTime(info) }

func (s Photo) Name() string { return path.Join(s.Album, s.File) }

func (s Photo) Modified() time.Time { return time.Unix(0, s.MTime) }

// Listing is a folder of photos, listed. It is shared and not changed once made.
type Listing struct {
	Name   string    // relative to the root, slash-separated, "." for the root
	MTime  time.Time // of the folder: when a name was last added or removed, unless a program set it
	CTime  int64     // of the folder, ns since 1970, which no program sets; 0 where the system does not say
	Albums []string  // the names of its sub-albums, sorted
	Left   []string  // the names of folders that would be, but for a .nomedia in them
	Photos []Photo   // sorted by name
	Others []string  // the names of files that are no photos but pictures, film or sound; sorted

	cover int // the place in Photos of what ChosenCover returns, from 1; 0 unknown, -1 none

	Guarded bool // an AccessFile says who may see it

	// notes are the .md files about photos, by their names without the extension.
	Notes map[string]Photo
}

// AccessFile is the file in which an album's folder says who may see it.
const AccessFile = ".access"

// Stat returns the photo called file in the folder of an album.
func Stat(folder Folder, albumName, file string) (Photo, error) {
	src, err := StatAlone(folder, albumName, file)
	if err == nil {
		src.Sidecar = sidecarState(folder, file)
	}
	return src, err
}

// StatAlone is Stat of what has no sidecar.
func StatAlone(folder Folder, albumName, file string) (Photo, error) {
	info, err := folder.Lstat(file)
	if err != nil {
		return Photo{}, err
	}
	if !info.Mode().IsRegular() {
		return Photo{}, nolink.ErrNotHere
	}
	return Photo{Album: albumName, File: file, Size: info.Size(), MTime: info.ModTime().UnixNano(), CTime: ChangeTime(info)}, nil
}

// List reads an album's folder. Hidden, foreign and non-regular files are
// not in the list, nor is a photo that went away meanwhile, nor an album deeper than
// MaxDepth. It fails with ErrLeftOut where the folder, which is not the root, says so.
func List(folder *os.Root, name string) (Listing, error) {
	return ListBeside(folder, name, func(string) bool { return false })
}

// ListBeside is List of a folder in which nothing is to be asked of those sub-albums that hang:
// whether they are left out shows when they answer.
func ListBeside(folder *os.Root, name string, hangs func(sub string) bool) (Listing, error) {
	list, err := nolink.List(folder)
	if err != nil {
		return Listing{}, err
	}
	defer list.Close()
	if name != "." && leftOut(folder) {
		return Listing{}, ErrLeftOut
	}
	info, err := list.Stat()
	if err != nil {
		return Listing{}, err
	}
	entries, err := list.ReadDir(-1)
	if err != nil {
		return Listing{}, err
	}
	a := Listing{Name: name, MTime: info.ModTime(), CTime: ChangeTime(info)}
	stat := StatAlone
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isSidecar(e.Name()) }) {
		stat = Stat
	}
	for _, entry := range entries {
		switch {
		case strings.EqualFold(entry.Name(), AccessFile): // some file systems open it in any case
			a.Guarded = true
		case IsAlbum(entry) && Depth(name) < MaxDepth:
			if !hangs(entry.Name()) && LeavesOut(folder, entry.Name()) {
				a.Left = append(a.Left, entry.Name())
			} else {
				a.Albums = append(a.Albums, entry.Name())
			}
		case IsPhoto(entry):
			src, err := stat(folder, name, entry.Name())
			switch {
			case err == nil:
				a.Photos = append(a.Photos, src)
			case nolink.Disconnected(err):
				return Listing{}, err
			}
		case isOther(entry):
			a.Others = append(a.Others, entry.Name())
		case entry.Type().IsRegular() && Visible(entry.Name()):
			about, ok := NoteExtension(entry.Name())
			if !ok || strings.EqualFold(about, "readme") {
				continue
			}
			if src, err := Stat(folder, name, entry.Name()); err == nil {
				if a.Notes == nil {
					a.Notes = map[string]Photo{}
				}
				a.Notes[filename.Canonical(about)] = src
			}
		}
	}
	filename.Sort(a.Albums, func(name string) string { return name })
	filename.Sort(a.Photos, func(p Photo) string { return p.File })
	filename.Sort(a.Others, func(name string) string { return name })
	a.FindCover()
	return a, nil
}

// ChosenCover returns the photo that its name makes the album's cover: one called "cover" or,
// failing that, "folder".
func (a Listing) ChosenCover() (cover Photo, ok bool) {
	if a.cover == 0 {
		a.FindCover()
	}
	if a.cover < 0 {
		return Photo{}, false
	}
	return a.Photos[a.cover-1], true
}

// FindCover looks for the cover once for all: in a folder of a hundred thousand that takes
// longer than all else of a page.
func (a *Listing) FindCover() {
	a.cover = -1
	for i := range a.Photos {
		file := a.Photos[i].File
		switch stem := strings.TrimSuffix(file, path.Ext(file)); {
		case strings.EqualFold(stem, "cover"):
			a.cover = i + 1
			return
		case a.cover < 0 && strings.EqualFold(stem, "folder"):
			a.cover = i + 1
		}
	}
}

// The orders that a visitor can ask for with ?sort=.
const (
	ByName     = "name"
	ByNameDown = "-name"
	ByDate     = "date"
	ByDateDown = "-date"
)

// IsOrder reports whether there is an order of that name.
func IsOrder(name string) bool {
	switch name {
	case ByName, ByNameDown, ByDate, ByDateDown:
		return true
	}
	return false
}

// Sorted returns the photos, which come sorted by name, in the given order;
// dates holds their dates where the order is one by date. Photos of the same
// date stay in the order of their names either way.
func Sorted[T any](photos []T, order string, dates []time.Time) []T {
	switch order {
	case ByNameDown:
		photos = slices.Clone(photos)
		slices.Reverse(photos)
	case ByDate, ByDateDown:
		index := make([]int, len(photos))
		for i := range index {
			index[i] = i
		}
		slices.SortStableFunc(index, func(i, j int) int {
			if order == ByDateDown {
				i, j = j, i
			}
			return dates[i].Compare(dates[j])
		})
		inOrder := make([]T, len(photos))
		for to, from := range index {
			inOrder[to] = photos[from]
		}
		return inOrder
	}
	return photos
}

// WallClock is what a clock on the wall of this machine's zone shows at t, as a time in
// UTC: what a camera there would write.
func WallClock(t time.Time) time.Time {
	t = t.In(time.Local)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
