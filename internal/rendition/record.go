package rendition

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"io/fs"
	"time"

	"gallery/internal/album"
)

// Record is what a thumbnail says of its source and of itself, so that the
// cache is its own index. It stands as JSON behind recordMarker in a COM
// segment (ITU-T T.81, B.2.4.5) right behind SOI.
type Record struct {
	Size    int64  `json:"size"`              // of the source, bytes
	MTime   int64  `json:"mtime"`             // of the source, ns since 1970
	CTime   int64  `json:"ctime,omitempty"`   // of the source, ns since 1970
	Read    int64  `json:"read,omitempty"`    // when the source was read, ns since 1970
	Digest  string `json:"digest,omitempty"`  // of the source's bytes
	Sidecar string `json:"sidecar,omitempty"` // the state of the XMP file beside the source
	Width   int    `json:"width"`             // of the source, upright, pixels
	Height  int    `json:"height"`            // of the source, upright, pixels
	Taken   string `json:"taken,omitempty"`   // wall clock of capture, as TakenLayout
	Caption string `json:"caption,omitempty"` // what the source says it shows

	Turned   bool `json:"turned,omitempty"`   // a browser shows the source itself on its side
	Animated bool `json:"animated,omitempty"` // the source moves

	// What else the source says, for searches and for the owner's line.
	Title     string   `json:"title,omitempty"`
	Keywords  []string `json:"keywords,omitempty"` // of maxKeywords bytes in all
	Rating    int      `json:"rating,omitempty"`   // 1 to 5, -1 if rejected
	Creator   string   `json:"creator,omitempty"`
	Copyright string   `json:"copyright,omitempty"`
	Camera    string   `json:"camera,omitempty"` // make and model
	Lens      string   `json:"lens,omitempty"`

	Color   string `json:"color"`   // average colour, "#rrggbb"
	Options string `json:"options"` // what it was made with

	// What file the rendition is in. Both are 0 where it is in memory only.
	FileSize  int64 `json:"-"` // bytes
	FileMTime int64 `json:"-"` // ns since 1970
}

const (
	recordMarker = "gallery 1 "
	TakenLayout  = "2006-01-02T15:04:05.999999999"

	// recordHead is read first: room for every record but those with a long
	// caption, which take a second read.
	recordHead = 1024
)

// TakenAt returns when the photo was taken, or the zero time.
func (r Record) TakenAt() time.Time {
	t, _ := time.Parse(TakenLayout, r.Taken)
	return t
}

// Date is the photo's capture date or, where it has none, when it was modified, by the
// wall clock of this machine's zone as cameras' dates are by theirs. It sorts; as a
// heading only TakenAt will do, since copying a file modifies it.
func (r Record) Date() time.Time {
	if t := r.TakenAt(); !t.IsZero() {
		return t
	}
	return album.WallClock(time.Unix(0, r.MTime))
}

// maxShown is the size in bytes up to which a page shows the source itself: a preview
// would hardly be smaller.
const maxShown = 512 << 10

// ShowsSource reports whether a page shows the source rather than a preview, which
// neither moves nor, of a small file, saves anything. One that a browser does not turn
// upright is never shown itself.
func (r Record) ShowsSource() bool { return !r.Turned && (r.Animated || r.Size <= maxShown) }

// In returns the record as that of a rendition in this file.
func (r Record) In(file fs.FileInfo) Record {
	r.FileSize, r.FileMTime = file.Size(), file.ModTime().UnixNano()
	return r
}

// IsOf reports whether the record is that of a rendition in this file.
func (r Record) IsOf(file fs.FileInfo) bool {
	return r.FileSize == file.Size() && r.FileMTime == file.ModTime().UnixNano()
}

// Comment is the content of the COM segment.
func (r Record) Comment() []byte {
	j, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return append([]byte(recordMarker), j...)
}

// ReadRecord reads the record of a thumbnail. It reports false for a file that
// has none: another program's, or damaged.
func ReadRecord(f io.ReaderAt) (Record, bool) {
	head := make([]byte, recordHead)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return Record{}, false
	}
	head = head[:n]
	if len(head) < 6 || head[0] != 0xFF || head[1] != 0xD8 || head[2] != 0xFF || head[3] != 0xFE {
		return Record{}, false
	}
	// The length counts its own two bytes; sixteen bits bound it.
	end := 4 + int(binary.BigEndian.Uint16(head[4:6]))
	if end > len(head) {
		head = make([]byte, end)
		if _, err := f.ReadAt(head, 0); err != nil {
			return Record{}, false
		}
	}
	j, ok := bytes.CutPrefix(head[6:max(end, 6)], []byte(recordMarker))
	var r Record
	return r, ok && json.Unmarshal(j, &r) == nil
}
