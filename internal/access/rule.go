// Package access knows who may see which album. The folders say so themselves, in files
// called .access that hold for all below until another says otherwise.
package access

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gallery/internal/users"
)

const (
	// All stands for whoever is signed in, and Public for everybody.
	All    = "@all"
	Public = "@public"
)

// Rule says who may see an album. The zero Rule lets nobody in.
type Rule struct {
	who  []string // names of users, or All or Public alone
	from string   // the album whose file says so, "" where it is the site's default
	lost bool     // the disk was away when it was to be read: it lets nobody in, and is not remembered
}

// NewRule makes a rule of users' names, or of All or Public.
func NewRule(who ...string) (Rule, error) {
	r := Rule{who: slices.Clone(who)}
	for _, name := range who {
		switch {
		case (name == All || name == Public) && len(who) > 1:
			return Rule{}, fmt.Errorf("%s stands alone", name)
		case name == All, name == Public:
		case strings.HasPrefix(name, "@"):
			return Rule{}, fmt.Errorf("%q: a user's name, %s or %s is expected", name, All, Public)
		default:
			if err := users.CheckName(name); err != nil {
				return Rule{}, err
			}
		}
	}
	if len(who) == 0 {
		return Rule{}, fmt.Errorf("a user's name, %s or %s is expected", All, Public)
	}
	return r, nil
}

// Everybody and SignedIn are the rules that a site may have where no folder says anything.
func Everybody() Rule { return Rule{who: []string{Public}} }
func SignedIn() Rule  { return Rule{who: []string{All}} }

// Parse reads a file .access: a name in each line. Empty lines, and those that begin
// with #, say nothing. Of a file with a mistake in it nothing counts.
func Parse(data []byte) (Rule, error) {
	if len(data) > maxFile {
		return Rule{}, fmt.Errorf("larger than %d kB", maxFile>>10)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return Rule{}, errors.New("not a text")
	}
	var who []string
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as Windows' editors begin a text
	for line := range strings.Lines(string(data)) {
		name := strings.TrimSpace(line)
		if name != "" && name[0] != '#' && !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	return NewRule(who...)
}

// Text is the rule as Parse reads it.
func (r Rule) Text() string { return strings.Join(r.who, "\n") + "\n" }

// Who is the names that the rule consists of; none for a closed album.
func (r Rule) Who() []string { return r.who }

// From is the album whose file the rule is from, "" where it is the site's default.
func (r Rule) From() string { return r.from }

// IsPublic reports whether everybody is let in.
func (r Rule) IsPublic() bool { return len(r.who) == 1 && r.who[0] == Public }

// Lost reports whether the rule could not be read since the disk is away. It lets nobody in.
func (r Rule) Lost() bool { return r.lost }

// Guarded reports whether the album may be closed to some, now or at any time: no cache
// that is not a visitor's own may keep what is in it.
func (r Rule) Guarded() bool { return r.from != "" || !r.IsPublic() }

// Admits reports whether the user of that name is let in; "" is nobody who is signed in.
func (r Rule) Admits(name string) bool {
	if r.IsPublic() {
		return true
	}
	return name != "" && (slices.Contains(r.who, name) || len(r.who) == 1 && r.who[0] == All)
}
