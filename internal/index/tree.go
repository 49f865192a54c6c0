package index

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"time"

	"gallery/internal/album"
)

// Summary is what an album's card says of it, sub-albums and all.
type Summary struct {
	Photos  int // how many there are in it and below
	Others  album.Others
	Folders int         // how many albums there are, with this one
	Bytes   int64       // of all that an archive holds
	First   album.Photo // the first by name that makes a cover; no name where there is none
	Taken   DateRange   // of the photos that say when they were taken
	Exact   bool        // every photo has a record, so that Taken is that of all
	Newest  time.Time   // by records and, where there is none yet, by files' names
	Guarded bool        // an album says itself who may see it
}

// DateRange is the span of capture dates in an album, and its cover photo: the newest, or
// the one that its name makes the cover.
type DateRange struct {
	Cover          album.Photo // no name where there is none
	Newest, Oldest time.Time   // zero where no photo says when it was taken
}

// Add takes a sub-album's summary in. An album's own photos make the better cover.
func (s *Summary) Add(below Summary, own bool) {
	s.Taken.Add(below.Taken, own)
	if s.First.File == "" {
		s.First = below.First
	}
	s.Photos += below.Photos
	s.Others.Add(below.Others)
	s.Folders += below.Folders
	s.Bytes += below.Bytes
	s.Guarded = s.Guarded || below.Guarded
	s.Exact = s.Exact && below.Exact
	if below.Newest.After(s.Newest) {
		s.Newest = below.Newest
	}
}

// Add takes another range in. With own its cover is not.
func (d *DateRange) Add(below DateRange, own bool) {
	newer := below.Newest.After(d.Newest)
	if !own && below.Cover.File != "" && (newer || d.Cover.File == "") {
		d.Cover = below.Cover
	}
	if newer {
		d.Newest = below.Newest
	}
	if !below.Oldest.IsZero() && (d.Oldest.IsZero() || below.Oldest.Before(d.Oldest)) {
		d.Oldest = below.Oldest
	}
}

// Tree sums up an album and all below it.
type Tree struct {
	Options string
	Files   bool  // Bytes are also those of other files, which an archive holds where they are served
	Folder  int64 // mtime of the album's folder, ns since 1970
	Changed int64 // ctime of the same, 0 where the system does not say
	Thumbs  int64 // mtime of its _thumbs, 0 where there is none
	Folders int   // how many it sums up, itself included
	Albums  []string
	Own     Summary // of the album's own photos
	All     Summary // and of all below
}

// Stamp says of which state of its folders the tree is: the album's, by its mtime and ctime,
// and its _thumbs.
func (t *Tree) Stamp(folder time.Time, changed int64, thumbs time.Time) {
	t.Folder, t.Changed, t.Thumbs = nanoseconds(folder), changed, nanoseconds(thumbs)
}

// Of reports whether the tree is of that state of its folders.
func (t *Tree) Of(folder time.Time, changed int64, thumbs time.Time) bool {
	return !folder.IsZero() && t.Folder == nanoseconds(folder) && t.Changed == changed && t.Thumbs == nanoseconds(thumbs)
}

// Equal reports whether both say the same.
func (t Tree) Equal(other Tree) bool { return bytes.Equal(t.Format(), other.Format()) }

func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// written is a Tree as it is written.
type written struct {
	Version int     `json:"gallery-tree"`
	Options string  `json:"options"`
	Files   bool    `json:"files,omitempty"`
	Folder  int64   `json:"folder"`
	Changed int64   `json:"changed"`
	Thumbs  int64   `json:"thumbs"`
	Folders int     `json:"folders"`
	Albums  []Name  `json:"albums"`
	Own     summary `json:"own"`
	All     summary `json:"all"`
}

type summary struct {
	Photos  int      `json:"photos"`
	Exact   bool     `json:"exact"`
	Cover   *photo   `json:"cover,omitempty"`
	First   *photo   `json:"first,omitempty"`
	Newest  string   `json:"newest,omitempty"` // capture dates, wall clock
	Oldest  string   `json:"oldest,omitempty"`
	Latest  string   `json:"latest,omitempty"` // Newest, or by a name
	Others  int      `json:"others,omitempty"`
	Kinds   []string `json:"kinds,omitempty"` // of the others
	Folders int      `json:"folders"`
	Bytes   int64    `json:"bytes"`
	Guarded bool     `json:"guarded,omitempty"`
}

// photo is a photo below the album.
type photo struct {
	Album Path `json:"album"`
	File
}

// Path is an album's name, of several Names perhaps.
type Path string

// MarshalText writes a path as text, also one that is not UTF-8.
func (p Path) MarshalText() ([]byte, error) { return Name(p).MarshalText() }

// UnmarshalText reads what MarshalText wrote.
func (p *Path) UnmarshalText(text []byte) error {
	path := string(text)
	if digits, raw := strings.CutPrefix(path, "\x00"); raw {
		bytes, err := hex.DecodeString(digits)
		if err != nil {
			return err
		}
		path = string(bytes)
	}
	if path != "." && !visible(path) {
		return errFormat
	}
	*p = Path(path)
	return nil
}

// visible reports whether each name in an album's may be seen.
func visible(albumName string) bool {
	for segment := range strings.SplitSeq(albumName, "/") {
		if !album.Visible(segment) {
			return false
		}
	}
	return true
}

func writtenPhoto(src album.Photo) *photo {
	if src.File == "" {
		return nil
	}
	return &photo{Path(src.Album), fileOf(src)}
}

func (p *photo) read() album.Photo {
	if p == nil || p.Name == "" || !album.Visible(string(p.Name)) || p.Album == "" {
		return album.Photo{}
	}
	return p.In(string(p.Album))
}

const layout = time.RFC3339Nano

func writtenTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

func readTime(s string) time.Time {
	t, _ := time.Parse(layout, s)
	return t
}

func writtenSummary(s Summary) summary {
	return summary{
		s.Photos, s.Exact, writtenPhoto(s.Taken.Cover), writtenPhoto(s.First),
		writtenTime(s.Taken.Newest), writtenTime(s.Taken.Oldest), writtenTime(s.Newest),
		s.Others.Number, s.Others.Labels(), s.Folders, s.Bytes, s.Guarded,
	}
}

func (s summary) read() Summary {
	return Summary{
		Photos: s.Photos, Exact: s.Exact, First: s.First.read(), Newest: readTime(s.Latest),
		Taken:  DateRange{s.Cover.read(), readTime(s.Newest), readTime(s.Oldest)},
		Others: album.LabelledOthers(s.Others, s.Kinds), Folders: s.Folders, Bytes: s.Bytes, Guarded: s.Guarded,
	}
}

// Format writes the tree as text.
func (t Tree) Format() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(written{version, t.Options, t.Files, t.Folder, t.Changed, t.Thumbs, t.Folders, names(t.Albums), writtenSummary(t.Own), writtenSummary(t.All)}))
	return b.Bytes()
}

// ParseTree reads a tree.
func ParseTree(data []byte) (Tree, error) {
	var w written
	if err := json.Unmarshal(data, &w); err != nil || w.Version != version || w.Folders < 1 || w.All.Photos < w.Own.Photos || w.Own.Photos < 0 {
		return Tree{}, errFormat
	}
	return Tree{w.Options, w.Files, w.Folder, w.Changed, w.Thumbs, w.Folders, texts(w.Albums), w.Own.read(), w.All.read()}, nil
}

// ReadTree reads the tree of an album below the cache's root.
func ReadTree(root *os.Root, albumName string) (Tree, error) {
	data, err := read(root, albumName, TreeFile)
	if err != nil {
		return Tree{}, err
	}
	return ParseTree(data)
}
