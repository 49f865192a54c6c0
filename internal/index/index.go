// Package index is the file beside an album's thumbnails that says what the album holds, so
// that a page, a card or a search costs one read and no thumbnail is opened. It is made from
// the thumbnails' records, which stay the truth: it may be deleted at any time.
//
// It lies in a folder of its own, _thumbs/.index, so that writing it leaves the time of
// _thumbs as it is, by which both an index and a page in memory tell that a thumbnail came or
// went. nginx and the program serve nothing below a name that begins with a dot.
package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/filename"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
)

const (
	// Dir is the folder of an album's indexes within its _thumbs.
	Dir = ".index"
	// PhotosFile is the index of an album's own photos: JSON, an object a line, of which the
	// first is the Head and each other one photo.
	PhotosFile = "photos"
	// TreeFile sums up an album and all below it: one JSON object, a Tree.
	TreeFile = "tree"

	// version is that of both files. Whoever changes what they mean raises it; others are
	// taken for none.
	version = 1

	// maxBytes bounds what is read of an index: a million photos in one folder.
	maxBytes = 1 << 30
)

// errFormat says that a file is no index of this version.
var errFormat = errors.New("not an index of this version")

// Folder is the folder of an album's indexes below the cache's root.
func Folder(albumName string) string { return path.Join(albumName, album.ThumbsDir, Dir) }

// Head is the first line of an index.
type Head struct {
	Version int              `json:"gallery-index"`
	Options string           `json:"options"` // what the thumbnails were made with
	Folder  int64            `json:"folder"`  // mtime of the album's folder, ns since 1970
	Changed int64            `json:"changed"` // ctime of the same, 0 where the system does not say
	Stores  map[string]int64 `json:"stores"`  // mtimes of the folders of renditions, ns since 1970; none where there is none
	Checked int64            `json:"checked"` // when all of it was looked at, ns since 1970
	Photos  int              `json:"photos"`  // lines that follow
	Spare   int              `json:"spare"`   // files in the folders of renditions that are of none of these photos
	Albums  []Name           `json:"albums,omitempty"`
	Left    []Name           `json:"left,omitempty"` // folders that a .nomedia leaves out
	Notes   []File           `json:"notes,omitempty"`
	Title   string           `json:"title,omitempty"` // as the README.md says
}

// File is a file in an album's folder and its state.
type File struct {
	Name    Name   `json:"file"`
	Size    int64  `json:"size"`
	MTime   int64  `json:"mtime"`             // ns since 1970
	CTime   int64  `json:"ctime,omitempty"`   // ns since 1970
	Sidecar string `json:"sidecar,omitempty"` // the state of the XMP file beside it
}

// In is the file as one of an album.
func (f File) In(albumName string) album.Photo {
	return album.Photo{Album: albumName, File: string(f.Name), Size: f.Size, MTime: f.MTime, CTime: f.CTime, Sidecar: f.Sidecar}
}

// fileOf is a photo's file.
func fileOf(src album.Photo) File {
	return File{Name(src.File), src.Size, src.MTime, src.CTime, src.Sidecar}
}

// Photo is a photo's line. What its thumbnail's record says is missing where it had none
// that was fresh.
type Photo struct {
	File
	Taken     string   `json:"taken,omitempty"` // as rendition.TakenLayout
	Width     int      `json:"width,omitempty"` // upright, pixels
	Height    int      `json:"height,omitempty"`
	Color     string   `json:"color,omitempty"`
	Turned    bool     `json:"turned,omitempty"`
	Animated  bool     `json:"animated,omitempty"`
	Caption   string   `json:"caption,omitempty"`
	Title     string   `json:"title,omitempty"`
	Keywords  []string `json:"keywords,omitempty"`
	Rating    int      `json:"rating,omitempty"`
	Creator   string   `json:"creator,omitempty"`
	Copyright string   `json:"copyright,omitempty"`
	Camera    string   `json:"camera,omitempty"`
	Lens      string   `json:"lens,omitempty"`

	// The files of its renditions.
	Thumb   State `json:"thumb,omitzero"`
	Sharp   State `json:"800,omitzero"`
	Preview State `json:"1600,omitzero"`
}

// State is a rendition's file: its size in bytes and its mtime in ns since 1970.
type State [2]int64

// rendition returns the state of a rendition's file.
func (p *Photo) rendition(rend string) *State {
	switch rend {
	case "":
		return &p.Thumb
	case rendition.Sharp:
		return &p.Sharp
	case rendition.Preview:
		return &p.Preview
	}
	return &State{}
}

// Describe makes the line of a photo with what its thumbnail's record says, or where there is
// none with its file alone.
func Describe(src album.Photo, r rendition.Record, ok bool) Photo {
	if !ok {
		return Photo{File: fileOf(src)}
	}
	return Photo{
		File: fileOf(src), Taken: r.Taken, Width: r.Width, Height: r.Height, Color: r.Color, Turned: r.Turned, Animated: r.Animated,
		Caption: r.Caption, Title: r.Title, Keywords: r.Keywords, Rating: r.Rating, Creator: r.Creator, Copyright: r.Copyright,
		Camera: r.Camera, Lens: r.Lens, Thumb: State{r.FileSize, r.FileMTime},
	}
}

// Add notes a further rendition, whose record that is.
func (p *Photo) Add(rend string, r rendition.Record) {
	*p.rendition(rend) = State{r.FileSize, r.FileMTime}
}

// Record returns the record of a rendition as one read at a time, ns since 1970, with these
// options, and whether there was one.
func (p *Photo) Record(rend string, read int64, options string) (rendition.Record, bool) {
	at := *p.rendition(rend)
	return rendition.Record{
		Size: p.Size, MTime: p.MTime, CTime: p.CTime, Sidecar: p.Sidecar, Read: read,
		Width: p.Width, Height: p.Height, Taken: p.Taken, Caption: p.Caption, Turned: p.Turned, Animated: p.Animated,
		Title: p.Title, Keywords: p.Keywords, Rating: p.Rating, Creator: p.Creator, Copyright: p.Copyright,
		Camera: p.Camera, Lens: p.Lens, Color: p.Color, Options: options, FileSize: at[0], FileMTime: at[1],
	}, at != State{}
}

// TakenAt returns when the photo was taken, or the zero time.
func (p *Photo) TakenAt() time.Time { return rendition.Record{Taken: p.Taken}.TakenAt() }

// Name is a file's name, which need not be UTF-8. In JSON, one that is not stands in
// hexadecimal behind a NUL, which no name holds.
type Name string

// Index is an album's index, read. It holds the text of the file, of which it parses a line
// when that is asked for. It is safe for use by many goroutines.
type Index struct {
	Head
	text  string         // the photos' lines
	begin []uint32       // where the lines begin in text, and where the last ends
	by    map[Name]int32 // the line of each photo

	sidecars bool // some photo has one
}

// Parse reads an index. What it returns takes a few times the bytes of data at most.
func Parse(data []byte) (*Index, error) {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	x := &Index{text: string(rest)}
	if err := json.Unmarshal(first, &x.Head); err != nil || x.Version != version || x.Photos < 0 || int64(len(data)) > maxBytes {
		return nil, errFormat
	}
	lines := strings.Count(x.text, "\n")
	if lines != x.Photos || rest == nil || lines > 0 && !strings.HasSuffix(x.text, "\n") || lines == 0 && x.text != "" {
		return nil, errFormat
	}
	x.begin = make([]uint32, 0, lines+1)
	x.by = make(map[Name]int32, lines)
	for at := 0; at < len(x.text); {
		line := x.text[at : at+strings.IndexByte(x.text[at:], '\n')]
		p, ok := parseLine(line)
		if !ok || p.Name == "" {
			return nil, errFormat
		}
		x.by[p.Name] = int32(len(x.begin))
		x.sidecars = x.sidecars || p.Sidecar != ""
		x.begin = append(x.begin, uint32(at))
		at += len(line) + 1
	}
	x.begin = append(x.begin, uint32(len(x.text)))
	if len(x.by) != lines {
		return nil, errFormat
	}
	return x, nil
}

// At returns the photo of line i.
func (x *Index) At(i int) Photo {
	p, _ := parseLine(x.text[x.begin[i] : x.begin[i+1]-1]) // which Parse has seen
	return p
}

// FileAt returns the file of the photo of line i.
func (x *Index) FileAt(i int) File { return parseFile(x.text[x.begin[i] : x.begin[i+1]-1]) }

// Find returns the photo of that file. In a nil index there is none.
func (x *Index) Find(file string) (Photo, bool) {
	if x == nil {
		return Photo{}, false
	}
	i, ok := x.by[Name(file)]
	if !ok {
		return Photo{}, false
	}
	return x.At(int(i)), true
}

// Alone reports whether it names a photo and no sidecar of it. A nil index names none.
func (x *Index) Alone(file string) bool {
	if x == nil {
		return false
	}
	i, ok := x.by[Name(file)]
	return ok && (!x.sidecars || x.FileAt(int(i)).Sidecar == "")
}

// Cost is what the index takes in memory, bytes.
func (x *Index) Cost() int64 { return int64(len(x.text) + 60*len(x.begin) + 500) }

// Listing is the album as it was listed.
func (x *Index) Listing(name string) album.Listing {
	a := album.Listing{Name: name, MTime: time.Unix(0, x.Folder), CTime: x.Changed, Albums: texts(x.Albums), Left: texts(x.Left)}
	a.Photos = make([]album.Photo, x.Photos)
	for i := range a.Photos {
		a.Photos[i] = x.FileAt(i).In(name)
		// Not to hold the text of the whole index.
		a.Photos[i].File, a.Photos[i].Sidecar = strings.Clone(a.Photos[i].File), strings.Clone(a.Photos[i].Sidecar)
	}
	for _, f := range x.Notes {
		if a.Notes == nil {
			a.Notes = map[string]album.Photo{}
		}
		about, _ := album.NoteExtension(string(f.Name))
		a.Notes[filename.Canonical(about)] = f.In(name)
	}
	a.FindCover()
	return a
}

// Of makes the head of a listing's index.
func Of(a album.Listing, options string, checked time.Time) Head {
	h := Head{
		Version: version, Options: options, Folder: a.MTime.UnixNano(), Changed: a.CTime, Stores: map[string]int64{},
		Checked: checked.UnixNano(), Photos: len(a.Photos), Albums: names(a.Albums), Left: names(a.Left),
	}
	for _, name := range slices.Sorted(maps.Keys(a.Notes)) {
		h.Notes = append(h.Notes, fileOf(a.Notes[name]))
	}
	return h
}

func texts(names []Name) (all []string) {
	for _, n := range names {
		all = append(all, string(n))
	}
	return all
}

func names(texts []string) (all []Name) {
	for _, s := range texts {
		all = append(all, Name(s))
	}
	return all
}

// Format writes an index as text.
func Format(h Head, photos []Photo) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(h))
	for i := range photos {
		must(encoder.Encode(&photos[i]))
	}
	return b.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
}

// Read reads one of an album's indexes from its folder of indexes.
func read(root *os.Root, albumName, file string) ([]byte, error) {
	folder, err := nolink.Folder(root, Folder(albumName), false)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, info, err := nolink.File(folder, file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > maxBytes {
		return nil, errFormat
	}
	var b bytes.Buffer
	b.Grow(int(info.Size()) + bytes.MinRead)
	_, err = b.ReadFrom(io.LimitReader(f, maxBytes))
	return b.Bytes(), err
}

// Read reads the index of an album's photos below the cache's root.
func Read(root *os.Root, albumName string) (*Index, error) {
	data, err := read(root, albumName, PhotosFile)
	if err != nil {
		return nil, err
	}
	x, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(Folder(albumName), PhotosFile), err)
	}
	return x, nil
}

// Write stores one of the indexes in an album's folder of indexes, with the permissions of
// whoever may read and enter that.
func Write(folder *os.Root, file string, data []byte) error {
	info, err := folder.Stat(".")
	if err != nil {
		return err
	}
	return atomicfile.Write(folder, file, data, 0o600|info.Mode()&0o044&fs.ModePerm)
}
