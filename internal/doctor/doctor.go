// Package doctor looks at a directory of photos and at what serves it, and says what is wrong
// and what mends it. It only reads, opens no file for writing, and follows no link.
package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity is how bad a finding is.
type Severity int

const (
	Note    Severity = iota // nothing is wrong
	Warning                 // it works, but not as it should
	Error                   // something does not work
)

func (s Severity) String() string { return [...]string{"note", "warning", "error"}[s] }

// MarshalText writes a severity as its word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing that was found. All of it is text of one line.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"`            // one of a fixed list, for programs, such as "photo-unreadable"
	About    string   `json:"about,omitempty"` // a path or an address
	Text     string   `json:"text"`
	Do       string   `json:"do,omitempty"` // a command that mends it, or what to do
}

func (f Finding) String() string {
	line := f.Severity.String() + ": "
	if f.About != "" {
		line += f.About + ": "
	}
	line += f.Text
	if f.Do != "" {
		line += " → " + f.Do
	}
	return line
}

const (
	// maxOfKind bounds the findings of a kind, and maxShown those of them that are shown as
	// lines. Of the others there is one more, which says how many they are.
	maxOfKind = 1000
	maxShown  = 20
)

// Report is what was found.
type Report struct {
	findings []Finding
	kinds    map[string]int // how many of each there were
}

// add notes a finding. Only format and do may hold what is not one line of UTF-8, and then
// quoted.
func (r *Report) add(severity Severity, kind, about, do, format string, args ...any) {
	if r.kinds == nil {
		r.kinds = map[string]int{}
	}
	r.kinds[kind]++
	if r.kinds[kind] <= maxOfKind+1 { // the last of which stands for the others
		r.findings = append(r.findings, Finding{severity, kind, about, fmt.Sprintf(format, args...), do})
	}
}

// Findings returns what was found, the worst first.
func (r *Report) Findings() []Finding { return r.upTo(maxOfKind) }

// Lines are the Findings with fewer of a kind, for people.
func (r *Report) Lines() []Finding { return r.upTo(maxShown) }

// upTo returns at most so many findings of a kind, and how many more there are.
func (r *Report) upTo(most int) (all []Finding) {
	seen := map[string]int{}
	var kinds []string // in the order in which they were found
	for _, f := range r.findings {
		if seen[f.Kind]++; seen[f.Kind] == 1 {
			kinds = append(kinds, f.Kind)
		}
		switch {
		case seen[f.Kind] <= most:
			all = append(all, f)
		case seen[f.Kind] == most+1:
			all = append(all, Finding{f.Severity, f.Kind, "", fmt.Sprintf("and %d more of these (%s)", r.kinds[f.Kind]-most, f.Kind), ""})
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(int(b.Severity-a.Severity), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
	return all
}

// Worst is the severity of the worst finding.
func (r *Report) Worst() Severity {
	worst := Note
	for _, f := range r.findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Write writes the findings, a line each or as JSON: an object with the list "findings".
func (r *Report) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "\t")
		return encoder.Encode(struct {
			Worst    Severity  `json:"worst"`
			Findings []Finding `json:"findings"`
		}{r.Worst(), r.Findings()})
	}
	for _, f := range r.Lines() {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

// Warned is the error of a report that has but warnings.
type Warned struct{ error }

// Err says how much is wrong: nil for nothing, a Warned where nothing is but warnings.
func (r *Report) Err() error {
	var n [Error + 1]int
	for _, f := range r.findings {
		n[f.Severity]++
	}
	for kind, of := range r.kinds {
		if more := of - maxOfKind - 1; more > 0 {
			i := slices.IndexFunc(r.findings, func(f Finding) bool { return f.Kind == kind })
			n[r.findings[i].Severity] += more
		}
	}
	err := fmt.Errorf("%d errors, %d warnings", n[Error], n[Warning])
	switch r.Worst() {
	case Error:
		return err
	case Warning:
		return Warned{err}
	}
	return nil
}

// plain reports whether text is UTF-8 that a terminal shows as it is.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// shown is a path as text: quoted where it holds what a terminal does not show as it is.
func shown(path string) string {
	if plain(path) {
		return path
	}
	return strconv.Quote(path)
}

// word is a path as a word of a shell's command line, in one line. What a terminal does not
// show as it is stands in bash's $” by its bytes.
func word(path string) string {
	switch {
	case path != "" && !strings.ContainsFunc(path, func(r rune) bool {
		return !(r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("/._-+,:@%", r))
	}):
		return path
	case plain(path):
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, c := range []byte(path) {
		if c < ' ' || c >= 0x7F || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
