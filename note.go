package main

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	mdtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// note is a Markdown file beside photos: an album's README.md, which gives it
// a title and a description, or a photo's caption, called like the photo with
// .md behind it ("beach.jpg.md") or, if there is no such, in place of its
// extension ("beach.md"). Notes are never served as they are.
type note struct {
	title string        // of a README.md: its first heading, one line; "" if it has none
	body  template.HTML // the rest
	text  string        // of body, one line, at most maxNoteText runes
}

const (
	// maxNote is how much of a note is read, in bytes; what is behind is not shown.
	maxNote = 16 << 10
	// maxNoteText bounds captions, in runes, like those within photos.
	maxNoteText = 1000
	// maxNotes bounds the memory for notes, in bytes.
	maxNotes = 8 << 20
)

// noteExtension reports whether a file of this name is a note, and returns the
// name without the extension.
func noteExtension(name string) (string, bool) {
	base, ok := name[:max(0, len(name)-3)], len(name) > 3
	return base, ok && strings.EqualFold(name[len(base):], ".md")
}

// noteCache remembers notes for as long as they do not change.
type noteCache struct {
	mu    sync.Mutex
	m     map[source]note
	bytes int
}

// readNote returns the note in a file, the zero note if it cannot be read.
func (s *server) readNote(src source) note {
	c := &s.notes
	c.mu.Lock()
	n, ok := c.m[src]
	c.mu.Unlock()
	if ok {
		return n
	}
	data, err := s.readSmall(src, maxNote)
	if err != nil {
		s.log.Debug("note", "file", src.name(), "err", err)
		return note{}
	}
	base, _ := noteExtension(src.file)
	n = parseNote(data, strings.EqualFold(base, "readme"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[source]note{}
	}
	size := func(n note) int { return 200 + len(n.title) + len(n.body) + len(n.text) }
	for old, other := range c.m {
		if c.bytes+size(n) <= maxNotes {
			break
		}
		delete(c.m, old)
		c.bytes -= size(other)
	}
	if _, known := c.m[src]; !known {
		c.bytes += size(n)
		c.m[src] = n
	}
	return n
}

// readSmall reads a file below the photos' directory, up to most bytes of it.
func (s *server) readSmall(src source, most int64) ([]byte, error) {
	folder, err := openFolder(s.photos, src.album, false)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, _, err := openPhoto(folder, src.file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// readme returns an album's README.md as it is now, the zero note if it has none.
func (s *server) readme(albumName string) note {
	folder, err := openFolder(s.photos, albumName, false)
	if err != nil {
		return note{}
	}
	defer folder.Close()
	for _, name := range []string{"README.md", "readme.md", "Readme.md"} {
		src, err := statPhoto(folder, albumName, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			return s.readNote(src)
		}
	}
	return note{}
}

// albumTitle is what an album is called: as its README.md says, else as its
// folder.
func (s *server) albumTitle(name string) string {
	if title := s.readme(name).title; title != "" {
		return title
	}
	if name == "." {
		return s.title
	}
	return readable(path.Base(name))
}

// noteOf returns the note about a photo of the album.
func (s *server) noteOf(a album, src source) note {
	for _, name := range []string{src.file, strings.TrimSuffix(src.file, path.Ext(src.file))} {
		if n, ok := a.notes[name]; ok {
			return s.readNote(n)
		}
	}
	return note{}
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.Linkify))

// parseNote reads Markdown. HTML in it is dropped, of pictures only their text
// is kept, and links other than to the web, to mail and within the site become
// text. Where titled, the first heading is taken out, as the title.
func parseNote(md []byte, titled bool) note {
	md = []byte(strings.ReplaceAll(strings.ToValidUTF8(string(md), "\uFFFD"), "\x00", "\uFFFD"))
	md = bytes.TrimPrefix(md, []byte("\ufeff"))
	doc := markdown.Parser().Parse(mdtext.NewReader(md))
	var n note
	var drop, unwrap []ast.Node
	// The walk itself cannot fail, as the function does not.
	_ = ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.HTMLBlock, *ast.RawHTML:
			drop = append(drop, node)
		case *ast.Image:
			unwrap = append(unwrap, node)
		case *ast.Link:
			if !safeLink(node.Destination) {
				unwrap = append(unwrap, node)
			}
		case *ast.AutoLink:
			if node.AutoLinkType == ast.AutoLinkURL && !safeLink(node.URL(md)) {
				drop = append(drop, node)
			}
		case *ast.Heading:
			node.Level = min(node.Level+1, 6) // the page's own is the first
		}
		return ast.WalkContinue, nil
	})
	for _, node := range unwrap {
		for child := node.FirstChild(); child != nil; child = node.FirstChild() {
			node.Parent().InsertBefore(node.Parent(), node, child)
		}
		node.Parent().RemoveChild(node.Parent(), node)
	}
	for _, node := range drop {
		node.Parent().RemoveChild(node.Parent(), node)
	}
	if titled {
		for node := doc.FirstChild(); node != nil; node = node.NextSibling() {
			if node.Kind() == ast.KindHeading {
				n.title = plainText(renderNote(md, node), maxNoteText/10)
				doc.RemoveChild(doc, node)
				break
			}
		}
	}
	body := renderNote(md, doc)
	n.body, n.text = template.HTML(body), plainText(body, maxNoteText)
	return n
}

func renderNote(md []byte, node ast.Node) string {
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, md, node); err != nil {
		panic(err) // a buffer takes everything
	}
	return strings.TrimSpace(b.String())
}

// safeLink reports whether a link leads to the web, to mail, or is relative.
// It judges what the renderer makes of it, with all escapes resolved.
func safeLink(destination []byte) bool {
	u, err := url.Parse(string(util.URLEscape(destination, true)))
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "", "http", "https", "mailto":
		return true
	}
	return false
}

// plainText is the text in HTML of our own making, as one line of at most that
// many runes.
func plainText(markup string, most int) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(markup)); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return oneLine(b.String(), most)
		case html.TextToken:
			b.Write(z.Text())
		default:
			if name, _ := z.TagName(); len(name) > 1 && string(name) != "em" && string(name) != "strong" && string(name) != "code" {
				b.WriteByte(' ') // between blocks
			}
		}
	}
}

// oneLine returns at most that many runes of a text, as one line.
func oneLine(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if n := 0; len(s) > most {
		for i := range s {
			if n++; n > most {
				return strings.TrimSpace(s[:i]) + "…"
			}
		}
	}
	return s
}
