package index

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// MarshalText writes a name as text, also one that is not UTF-8.
func (n Name) MarshalText() ([]byte, error) {
	if utf8.ValidString(string(n)) {
		return []byte(n), nil
	}
	return []byte("\x00" + hex.EncodeToString([]byte(n))), nil
}

// UnmarshalText reads what MarshalText wrote.
func (n *Name) UnmarshalText(text []byte) error {
	name, ok := parseName(string(text))
	if !ok {
		return errors.New("not a name")
	}
	*n = name
	return nil
}

func parseName(text string) (Name, bool) {
	digits, raw := strings.CutPrefix(text, "\x00")
	if raw {
		name, err := hex.DecodeString(digits)
		return Name(name), err == nil && !utf8.Valid(name) && !strings.ContainsAny(string(name), "/\x00")
	}
	return Name(text), !strings.ContainsAny(text, "/\x00")
}

// scanner reads JSON as Format writes it, without spaces: encoding/json takes ten times as
// long, which a search over a million photos waits for.
type scanner struct {
	s   string // what is left
	bad bool
}

// parseLine reads a photo's line, in which what its file is comes first.
func parseLine(line string) (p Photo, ok bool) {
	c := scanner{s: line}
	c.take('{')
	file := true
	for first := true; !c.bad && !c.next('}'); first = false {
		key := c.key(first)
		if c.fileField(&p.File, key) {
			c.bad = c.bad || !file
			continue
		}
		file = false
		c.field(&p, key)
	}
	return p, !c.bad && c.s == ""
}

// parseFile reads what a line that parseLine has read says of the file, and no further.
func parseFile(line string) (f File) {
	c := scanner{s: line}
	c.take('{')
	for first := true; !c.bad && !c.next('}') && c.fileField(&f, c.key(first)); first = false {
	}
	return f
}

// key takes a key, and before any but the first the comma.
func (c *scanner) key(first bool) string {
	if !first {
		c.take(',')
	}
	key := c.text()
	c.take(':')
	return key
}

// fileField reads the value of a key if it is one of File's.
func (c *scanner) fileField(f *File, key string) bool {
	switch key {
	case "file":
		name, ok := parseName(c.text())
		f.Name, c.bad = name, c.bad || !ok
	case "size":
		f.Size = c.number()
	case "mtime":
		f.MTime = c.number()
	case "ctime":
		f.CTime = c.number()
	case "sidecar":
		f.Sidecar = c.text()
	default:
		return false
	}
	return true
}

// field reads the value of any other key of a photo's line.
func (c *scanner) field(p *Photo, key string) {
	switch key {
	case "taken":
		p.Taken = c.text()
	case "width":
		p.Width = int(c.number())
	case "height":
		p.Height = int(c.number())
	case "color":
		p.Color = c.text()
	case "turned":
		p.Turned = c.yes()
	case "animated":
		p.Animated = c.yes()
	case "caption":
		p.Caption = c.text()
	case "title":
		p.Title = c.text()
	case "keywords":
		p.Keywords = c.texts()
	case "rating":
		p.Rating = int(c.number())
	case "creator":
		p.Creator = c.text()
	case "copyright":
		p.Copyright = c.text()
	case "camera":
		p.Camera = c.text()
	case "lens":
		p.Lens = c.text()
	case "thumb":
		p.Thumb = c.state()
	case "800":
		p.Sharp = c.state()
	case "1600":
		p.Preview = c.state()
	default:
		c.bad = true
	}
}

// next takes a byte if it is the next one.
func (c *scanner) next(b byte) bool {
	if c.s == "" || c.s[0] != b {
		return false
	}
	c.s = c.s[1:]
	return true
}

// take takes a byte that has to be the next one.
func (c *scanner) take(b byte) { c.bad = !c.next(b) || c.bad }

// text takes a string (RFC 8259, section 7).
func (c *scanner) text() string {
	if !c.next('"') {
		c.bad = true
		return ""
	}
	end := strings.IndexByte(c.s, '"')
	if end < 0 {
		c.bad = true
		return ""
	}
	if plain := c.s[:end]; strings.IndexByte(plain, '\\') < 0 {
		c.s = c.s[end+1:]
		c.bad = c.bad || control(plain) || !utf8.ValidString(plain)
		return plain
	}
	for end = 0; end < len(c.s) && c.s[end] != '"'; end++ {
		if c.s[end] == '\\' {
			end++
		}
	}
	var text string
	if end >= len(c.s) || !utf8.ValidString(c.s[:end]) || json.Unmarshal([]byte(`"`+c.s[:end]+`"`), &text) != nil {
		c.bad = true
		return ""
	}
	c.s = c.s[end+1:]
	return text
}

// control reports whether there is a character that JSON has escaped.
func control(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return true
		}
	}
	return false
}

// number takes an integer.
func (c *scanner) number() int64 {
	negative := c.next('-')
	most := uint64(math.MaxInt64)
	if negative {
		most++
	}
	n, digits := uint64(0), 0 // of which 19 fit
	for digits < len(c.s) && '0' <= c.s[digits] && c.s[digits] <= '9' {
		n = n*10 + uint64(c.s[digits]-'0')
		digits++
	}
	c.bad = c.bad || digits == 0 || digits > 19 || n > most || digits > 1 && c.s[0] == '0'
	c.s = c.s[digits:]
	if negative {
		return -int64(n)
	}
	return int64(n)
}

// yes takes what is written of a flag that is set.
func (c *scanner) yes() bool {
	rest, ok := strings.CutPrefix(c.s, "true")
	c.s, c.bad = rest, c.bad || !ok
	return ok
}

func (c *scanner) state() (s State) {
	c.take('[')
	s[0] = c.number()
	c.take(',')
	s[1] = c.number()
	c.take(']')
	return s
}

func (c *scanner) texts() (all []string) {
	c.take('[')
	for first := true; !c.bad && !c.next(']'); first = false {
		if !first {
			c.take(',')
		}
		all = append(all, c.text())
	}
	return all
}
