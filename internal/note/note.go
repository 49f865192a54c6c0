// Package note turns Markdown beside photos into a title, safe HTML and plain
// text.
package note

import (
	"bytes"
	"cmp"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	mdtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"gallery/internal/charset"
)

// Note is a Markdown file beside photos: an album's README.md, which gives it
// a title and a description, or a photo's caption, called like the photo with
// .md behind it ("beach.jpg.md") or, if there is no such, in place of its
// extension ("beach.md"). Notes are never served as they are.
type Note struct {
	Title string        // of a README.md: its first heading, one line; "" if it has none
	Body  template.HTML // the rest
	Text  string        // of body, one line, at most MaxNoteText runes

	Settings // of a README.md
}

// Settings are what an album's README.md says in its front matter, "sort: -date" and the
// like between two lines of "---" at its very beginning. "" is for what it does not say.
type Settings struct {
	Sort  string // the order of the album's photos and albums
	Cover string // the name of its cover's file
}

// Over returns the settings with those of an album above in place of what they do not say.
func (s Settings) Over(above Settings) Settings {
	return Settings{cmp.Or(s.Sort, above.Sort), cmp.Or(s.Cover, above.Cover)}
}

// frontMatter takes the settings off a text. Without a second line of "---" it has none.
func frontMatter(md string) (s Settings, rest string) {
	lines := strings.SplitAfter(md, "\n")
	is := func(line, text string) bool { return strings.TrimRight(line, " \t\r\n") == text }
	if !is(lines[0], "---") {
		return s, md
	}
	end := slices.IndexFunc(lines[1:], func(line string) bool { return is(line, "---") })
	if end < 0 {
		return s, md
	}
	for _, line := range lines[1 : 1+end] {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "sort":
			s.Sort = value
		case "cover":
			s.Cover = value
		}
	}
	return s, strings.Join(lines[2+end:], "")
}

const (
	// MaxNote is how much of a note is read, in bytes; what is behind is not shown.
	MaxNote = 16 << 10
	// maxNested is how many quotes and lists may begin on one line, within one another.
	maxNested = 8
	// maxMarkup is how many characters of a note may be punctuation, and maxEffort that
	// number times the bytes of the longest word, such as an address, or the lines. A parser
	// of Markdown looks through what is open, to the word's end, or through a paragraph's
	// lines, for each that begins: 16 kB of ">" take it 200 times as long as 16 kB of words.
	// People write no such note.
	maxMarkup = 2000
	maxEffort = 4 << 20
	// maxCells is how many cells a table may have: the bars in a note's fullest line times
	// its lines, since each row gets as many as its head.
	maxCells = 5000
	// MaxNoteText bounds captions, in runes, like those within photos.
	MaxNoteText = 1000
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Table))

// Parse reads Markdown. HTML in it is dropped, of pictures only their text
// is kept, and links other than to the web, to mail and within the site become
// text. Where titled, the front matter and the first heading are taken out, as the settings
// and the title.
func Parse(md []byte, titled bool) Note {
	text := strings.ReplaceAll(charset.File(md), "\x00", "\uFFFD")
	var n Note
	if titled {
		n.Settings, text = frontMatter(text)
	}
	md = []byte(text)
	if tooDear(md) {
		body := "<p>" + template.HTMLEscapeString(strings.TrimSpace(string(md))) + "</p>"
		n.Body, n.Text = template.HTML(body), plainText(body, MaxNoteText)
		return n
	}
	md = flattened(md)
	doc := markdown.Parser().Parse(mdtext.NewReader(md))
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
			if !SafeLink(node.Destination) {
				unwrap = append(unwrap, node)
			}
		case *ast.AutoLink:
			if node.AutoLinkType == ast.AutoLinkURL && !SafeLink(node.URL(md)) {
				drop = append(drop, node)
			}
		case *ast.Heading:
			node.Level = min(node.Level+1, 6) // the page's own is the first
		case *extast.Table:
			node.SetAttributeString("tabindex", "0") // a wide one is scrolled by key, too
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
				n.Title = plainText(renderNote(md, node), MaxNoteText/10)
				doc.RemoveChild(doc, node)
				break
			}
		}
	}
	body := renderNote(md, doc)
	n.Body, n.Text = template.HTML(body), plainText(body, MaxNoteText)
	return n
}

// tooDear reports whether a note holds so many of the characters that Markdown may give a
// meaning (CommonMark 0.31, section 2.1), or of tables' cells, that it is shown as it is.
func tooDear(md []byte) bool {
	markup, word, longest := 0, 0, 0
	lines, bars, fullest := 0, 0, 0
	for _, c := range md {
		switch c {
		case '|':
			bars++
		case '\n':
			lines, bars = lines+1, 0
		}
		fullest = max(fullest, bars)
		if util.IsPunct(c) {
			markup++
		}
		if word++; util.IsSpace(c) {
			word = 0
		}
		longest = max(longest, word)
	}
	return markup > maxMarkup || markup*max(longest, lines) > maxEffort || fullest*lines > maxCells
}

// flattened has each line begin at most maxNested quotes and lists, so that what comes behind
// them is text, and leaves two of more blank lines: for each, all open lists are looked through.
func flattened(md []byte) []byte {
	var flat []byte
	blank := 0
	for line := range bytes.Lines(md) {
		if blank++; !util.IsBlank(line) {
			blank = 0
		} else if blank > 2 {
			continue
		}
		if at := nestedTooDeep(line); at >= 0 {
			flat = append(append(flat, line[:at]...), '\\')
			line = line[at:]
		}
		flat = append(flat, line...)
	}
	return flat
}

// nestedTooDeep returns where in a line the quote or list begins that is one too many, or -1.
func nestedTooDeep(line []byte) int {
	begun := 0
	for i, c := range line {
		var next byte = '\n'
		if i+1 < len(line) {
			next = line[i+1]
		}
		switch c {
		case ' ', '\t', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			continue
		case '>':
		case '-', '+', '*', '.', ')':
			if !util.IsSpace(next) {
				return -1
			}
		default:
			return -1
		}
		if begun++; begun > maxNested {
			return i
		}
	}
	return -1
}

func renderNote(md []byte, node ast.Node) string {
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, md, node); err != nil {
		panic(err) // a buffer takes everything
	}
	return strings.TrimSpace(b.String())
}

// SafeLink reports whether a link leads to the web, to mail, or is relative.
// It judges what the renderer makes of it, with all escapes resolved.
func SafeLink(destination []byte) bool {
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

// Plain reports whether the body is no more than its text: one paragraph without markup.
func (n Note) Plain() bool {
	inner, opened := strings.CutPrefix(strings.TrimSpace(string(n.Body)), "<p>")
	inner, closed := strings.CutSuffix(inner, "</p>")
	return n.Body == "" || opened && closed && !strings.Contains(inner, "<") && html.UnescapeString(inner) == n.Text
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
