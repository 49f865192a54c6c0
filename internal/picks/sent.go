package picks

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
	"gallery/internal/zipstream"
)

const (
	// Folder is where choices are, in their album's folder: its dot hides it from visitors.
	Folder = ".picks"
	// MaxName and MaxNote bound a sender's name and a note, in runes.
	MaxName, MaxNote = 60, 500
	// maxFiles is how many choices an album takes, and maxBytes how much all of them hold.
	maxFiles, maxBytes = 500, 8 << 20
	// maxFileName bounds a sender's name as part of a file's, in bytes. File systems take 255;
	// what is left is for date and number.
	maxFileName = 200
	// tempPrefix begins the name of a text that is being written.
	tempPrefix = ".picks-"
	// timeLayout is how a text says when it was sent.
	timeLayout = "2006-01-02 15:04:05 -0700"
)

// Sent is a choice that somebody has sent.
type Sent struct {
	Name   string // what they call themselves
	By     string // how they came: a user, or a link
	Album  string // its title
	At     time.Time
	Photos []Photo
}

// Photo is a photo that was chosen, and what was said of it, "" for nothing.
type Photo struct{ File, Note string }

// Choice is what was chosen.
func (s Sent) Choice() Choice {
	var files []string
	for _, p := range s.Photos {
		files = append(files, p.File)
	}
	return Of(files)
}

// Line is a text as one line of at most so many runes, without controls and what turns the
// direction of writing round.
func Line(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > most {
		text = strings.TrimSpace(string(runes[:most]))
	}
	return text
}

// text writes what a person can read, and parse:
//
//	Name: Ann & Bob
//	By: link “Ann & Bob”
//	Album: Wedding
//	Sent: 2026-11-26 20:15:00 +0100
//
//	DSC_0001.jpg
//		larger, please
//	DSC_0007.jpg
func (s Sent) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Name: %s\nBy: %s\nAlbum: %s\nSent: %s\n\n", Line(s.Name, MaxName), Line(s.By, 200), Line(s.Album, 200), s.At.Format(timeLayout))
	for _, p := range s.Photos {
		fmt.Fprintln(&b, quoted(p.File))
		if note := Line(p.Note, MaxNote); note != "" {
			fmt.Fprintf(&b, "\t%s\n", note)
		}
	}
	return b.Bytes()
}

// quoted is a file's name in a line. One that could be taken for something else is in quotes,
// as Go writes them.
func quoted(file string) string {
	if Line(file, len(file)) != file || strings.HasPrefix(file, `"`) {
		return strconv.Quote(file)
	}
	return file
}

// errForeign says that a text is no choice.
var errForeign = errors.New("this is no choice that was sent")

// parse reads what text wrote, and what a person or an editor has made of it. Each photo
// counts once.
func parse(data []byte) (Sent, error) {
	var s Sent
	head, seen := true, map[string]bool{}
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case head && text == "":
			head = false
		case head:
			name, value, _ := strings.Cut(text, ":")
			s.set(name, strings.TrimSpace(value))
		case strings.HasPrefix(text, "\t"):
			if n := len(s.Photos); n > 0 && s.Photos[n-1].Note == "" {
				s.Photos[n-1].Note = Line(text, MaxNote)
			}
		case strings.TrimSpace(text) != "":
			file := text
			if strings.HasPrefix(text, `"`) {
				if file, _ = strconv.Unquote(text); file == "" {
					continue
				}
			}
			if !seen[file] && len(s.Photos) < Most {
				s.Photos = append(s.Photos, Photo{File: file})
				seen[file] = true
			}
		}
	}
	if s.At.IsZero() {
		return Sent{}, errForeign
	}
	return s, nil
}

// set takes a line of the head.
func (s *Sent) set(name, value string) {
	switch name {
	case "Name":
		s.Name = Line(value, MaxName)
	case "By":
		s.By = Line(value, 200)
	case "Album":
		s.Album = Line(value, 200)
	case "Sent":
		s.At, _ = time.Parse(timeLayout, value)
	}
}

// ErrFull says that an album takes no more choices.
var ErrFull = errors.New("the album takes no more choices: remove some of the texts in " + Folder)

// Write adds a choice to those in an album's folder, and returns the name of its text. The
// text is whole and on the disk, or not there; it never takes another's name.
func Write(albumFolder *os.Root, s Sent) (string, error) {
	folder, err := nolink.Step(albumFolder, Folder, true)
	if err != nil {
		return "", err
	}
	defer folder.Close()
	atomicfile.SweepPrefix(folder, tempPrefix)
	data := s.text()
	if n, size := count(folder); n >= maxFiles || size+int64(len(data)) > maxBytes {
		return "", ErrFull
	}
	f, err := atomicfile.Create(folder, tempPrefix, 0o640)
	if err != nil {
		return "", err
	}
	defer f.Close()
	_ = f.Chmod(0o640) // whatever the umask; some file systems have no modes
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	stem := fileName(s.Name) + " " + s.At.Format(time.DateOnly)
	name := stem + ".txt"
	for n := 2; ; n++ {
		err := f.Add(name)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || n > 2*maxFiles {
			return "", err
		}
		name = fmt.Sprintf("%s %d.txt", stem, n)
	}
	return name, errors.Join(atomicfile.Flush(folder), atomicfile.Flush(albumFolder))
}

// fileName is a sender's name as part of a file's that any system can keep.
func fileName(name string) string {
	name = strings.TrimLeft(zipstream.SafeName(Line(name, MaxName)), "._ ")
	for len(name) > maxFileName {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return cmp.Or(strings.TrimSpace(name), "picks")
}

// count returns how many texts are in the folder, and their size in bytes.
func count(folder *os.Root) (n int, size int64) {
	for _, entry := range texts(folder) {
		n++
		if info, err := folder.Lstat(entry.Name()); err == nil {
			size += info.Size()
		}
	}
	return n, size
}

// texts lists what may be a choice.
func texts(folder *os.Root) []fs.DirEntry {
	list, err := nolink.List(folder)
	if err != nil {
		return nil
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".txt") || strings.HasPrefix(e.Name(), ".")
	})
}

// List returns the choices in an album's folder, the newest first. What is no choice, or can
// not be read, is passed over.
func List(albumFolder *os.Root) []Sent {
	folder, err := nolink.Step(albumFolder, Folder, false)
	if err != nil {
		return nil
	}
	defer folder.Close()
	var all []Sent
	left := int64(maxBytes)
	for _, entry := range texts(folder) {
		if s, size, err := read(folder, entry.Name(), left); err == nil && len(all) < maxFiles {
			all = append(all, s)
			left -= size
		}
	}
	slices.SortFunc(all, func(a, b Sent) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Name, b.Name)) })
	return all
}

// read reads a text of at most so many bytes.
func read(folder *os.Root, name string, most int64) (Sent, int64, error) {
	f, info, err := nolink.File(folder, name)
	if err != nil {
		return Sent{}, 0, err
	}
	defer f.Close()
	if info.Size() > most {
		return Sent{}, 0, errForeign
	}
	data, err := io.ReadAll(io.LimitReader(f, info.Size()))
	if err != nil {
		return Sent{}, 0, err
	}
	s, err := parse(data)
	return s, info.Size(), err
}
