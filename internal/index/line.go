package index

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
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

// parseLine reads a photo's line.
func parseLine(line string) (p Photo, ok bool) {
	c := scanner{s: line}
	c.take('{')
	for first := true; !c.bad && !c.next('}'); first = false {
		if !first {
			c.take(',')
		}
		key := c.text()
		c.take(':')
		c.field(&p, key)
	}
	return p, !c.bad && c.s == ""
}

// field reads the value of a key of a photo's line.
func (c *scanner) field(p *Photo, key string) {
	switch key {
	case "file":
		name, ok := parseName(c.text())
		p.Name, c.bad = name, c.bad || !ok
	case "size":
		p.Size = c.number()
	case "mtime":
		p.MTime = c.number()
	case "ctime":
		p.CTime = c.number()
	case "sidecar":
		p.Sidecar = c.text()
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
	end := 0
	for end < len(c.s) && (c.s[end] == '-' && end == 0 || '0' <= c.s[end] && c.s[end] <= '9') {
		end++
	}
	digits := strings.TrimPrefix(c.s[:end], "-")
	n, err := strconv.ParseInt(c.s[:end], 10, 64)
	c.bad = c.bad || err != nil || len(digits) > 1 && digits[0] == '0'
	c.s = c.s[end:]
	return n
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
