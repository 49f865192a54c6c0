package manual

import (
	"fmt"
	"strings"
)

// Man is the manual as a page of section 1 for man(1), in the macros of groff_man(7).
func (m Manual) Man(version string) string {
	var b strings.Builder
	about := strings.TrimSuffix(strings.Join(m.sections[0].lines[:1], ""), ".")
	_, about, _ = strings.Cut(about, " ")
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(m.Program), roff(version), roff(m.Program), roff(about))
	for i, s := range m.sections {
		lines := s.lines
		if i == 0 {
			b.WriteString(".SH SYNOPSIS\n")
			lines = lines[1:]
		} else {
			fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(s.title)))
		}
		writeBlocks(&b, lines, i == 0)
	}
	return b.String()
}

// writeBlocks writes a section's paragraphs, the explained flags as tagged ones, and other
// blocks that begin with a tab line by line. Of the first section, synopsis says that
// what follows its first such block is the description.
func writeBlocks(b *strings.Builder, lines []string, synopsis bool) {
	items := section{lines: lines}.items()
	blank := true // the line before was empty: a paragraph begins
	for _, line := range lines {
		text, indented := strings.CutPrefix(line, "\t")
		switch {
		case line == "":
			blank = true
			continue
		case indented && len(items) > 0 && line == items[0].lines[0]:
			fmt.Fprintf(b, ".TP\n\\fB%s\\fR", roff(items[0].flag))
			if items[0].variable != "" {
				fmt.Fprintf(b, " (%s)", roff(items[0].variable))
			}
			fmt.Fprintf(b, "\n%s\n", roff(items[0].text))
			items = items[1:]
		case indented && strings.HasPrefix(text, "  "): // goes on about a flag; written already
		case indented:
			if blank && !synopsis {
				b.WriteString(".PP\n")
			}
			fmt.Fprintf(b, "%s\n.br\n", roff(text))
		default:
			if blank {
				if synopsis && strings.HasSuffix(b.String(), ".br\n") {
					b.WriteString(".SH DESCRIPTION\n")
				} else {
					b.WriteString(".PP\n")
				}
			}
			b.WriteString(roff(line) + "\n")
		}
		blank = false
	}
}

// roff escapes text for groff: backslashes, hyphens, which else become typographic ones, and
// what would be a request at a line's beginning.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\"", `\(dq`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
