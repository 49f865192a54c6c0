// Package face reads what the owner of a site puts around its photos: a logo, an icon, a
// footer and a stylesheet, from a folder beside them.
package face

import (
	"bytes"
	"fmt"
	"html/template"
	"image/png"
	"io"
	"log/slog"
	"os"
	"path"
	"sync"
	"time"

	"gallery/internal/album"
	"gallery/internal/nolink"
	"gallery/internal/note"
)

// The names of the files in the folder. Each may be missing.
const (
	Logo   = "logo.svg"
	Icon   = "icon.png"
	Style  = "style.css"
	footer = "footer.md"
)

// limits are how many bytes of each file count. A larger file is not used.
var limits = map[string]int64{Logo: 256 << 10, Icon: 1 << 20, Style: 128 << 10, footer: note.MaxNote}

// lookEvery is how long what was read is used before the folder is looked at again.
const lookEvery = time.Second

// File is a file as it is sent.
type File struct {
	Content  []byte
	Modified time.Time
	Version  string // names the content's state in an address
}

// Face is what was read of a folder. It does not change; the zero Face is that of a site
// without one.
type Face struct {
	Files    map[string]File // by name: Logo, Icon and Style, those that there are
	IconSide int             // of the icon, which is square, pixels
	Footer   template.HTML
}

// Reader reads the folder anew when it has changed. It is safe for use by many goroutines.
type Reader struct {
	root func() *os.Root // the photos' directory
	log  *slog.Logger

	mu     sync.Mutex
	looked time.Time
	state  string // of the files, when they were read
	face   Face
}

// NewReader returns a reader of the folder in the directory that root returns.
func NewReader(root func() *os.Root, log *slog.Logger) *Reader { return &Reader{root: root, log: log} }

// Face returns the site's face as it is, or was less than a second ago.
func (r *Reader) Face() Face {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.looked) < lookEvery {
		return r.face
	}
	r.looked = time.Now()
	folder, err := nolink.Step(r.root(), album.OwnersDir, false)
	if err != nil {
		r.state, r.face = "", Face{}
		return r.face
	}
	defer folder.Close()
	if state := stateOf(folder); state != r.state {
		r.state, r.face = state, r.read(folder)
	}
	return r.face
}

// stateOf names the state of the folder's files.
func stateOf(folder *os.Root) string {
	state := ""
	for _, name := range []string{Logo, Icon, Style, footer} {
		if info, err := folder.Lstat(name); err == nil {
			state += fmt.Sprintf("%s %d %d %d\n", name, info.Size(), info.ModTime().UnixNano(), album.ChangeTime(info))
		}
	}
	return state
}

// read reads all files of the folder. What cannot be used is named in the log, and missing.
func (r *Reader) read(folder *os.Root) Face {
	f := Face{Files: map[string]File{}}
	for _, name := range []string{Logo, Icon, Style, footer} {
		file, err := readFile(folder, name)
		if err == nil && name == Icon {
			f.IconSide, err = side(file.Content)
		}
		switch {
		case os.IsNotExist(err):
		case err != nil:
			r.log.Warn("a file is not used", "file", path.Join(album.OwnersDir, name), "err", err)
		case name == footer:
			f.Footer = note.Parse(file.Content, false).Body
		default:
			f.Files[name] = file
		}
	}
	return f
}

func readFile(folder *os.Root, name string) (File, error) {
	file, info, err := nolink.File(folder, name)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limits[name]+1))
	if err != nil {
		return File{}, err
	}
	if int64(len(content)) > limits[name] {
		return File{}, fmt.Errorf("it is larger than %d bytes", limits[name])
	}
	return File{content, info.ModTime(), fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), len(content))}, nil
}

// side is the side of a square PNG in pixels.
func side(content []byte) (int, error) {
	c, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return 0, fmt.Errorf("it is no PNG: %w", err)
	}
	if c.Width != c.Height || c.Width < 16 || c.Width > 4096 {
		return 0, fmt.Errorf("a square of 16 to 4096 pixels is expected, not %d x %d", c.Width, c.Height)
	}
	return c.Width, nil
}
