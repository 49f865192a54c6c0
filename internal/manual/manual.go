// Package manual reads the program's manual, which is the comment at the head of its
// source, and writes it as help for one command, as a man page (man(7) of groff), and, with
// the flags, as completions for shells.
package manual

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Manual is the manual of a program with subcommands. It is plain text: blocks that begin
// with a tab stand as they are, and a line that begins with "# " is a heading.
type Manual struct {
	Program  string // the program's name
	sections []section
}

// section is what stands below one heading.
type section struct {
	title string // "" for what comes before the first heading
	lines []string
}

// Parse reads the comment before the line that begins with "package" in a Go source file.
func Parse(program, source string) Manual {
	m := Manual{program, []section{{}}}
	for line := range strings.Lines(source) {
		if strings.HasPrefix(line, "package ") {
			break
		}
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(line, "\n"), "//"), " ")
		if title, ok := strings.CutPrefix(line, "# "); ok {
			m.sections = append(m.sections, section{title: title})
			continue
		}
		last := &m.sections[len(m.sections)-1]
		last.lines = append(last.lines, line)
	}
	return m
}

// String is the whole manual.
func (m Manual) String() string {
	var b strings.Builder
	for _, s := range m.sections {
		b.WriteString(s.String())
	}
	return b.String()
}

func (s section) String() string {
	lines := s.lines
	if s.title != "" {
		lines = append([]string{s.title}, lines...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// usage is the line of the manual's beginning that shows how a command is called.
func (m Manual) usage(command string) (string, bool) {
	for _, line := range m.sections[0].lines {
		if call := strings.TrimPrefix(line, "\t"); call != line && (call == command || strings.HasPrefix(call, command+" ")) {
			return call, true
		}
	}
	return "", false
}

// Help is the part of the manual about a subcommand: how it is called, the section in which
// a line begins with its name, and what the manual says elsewhere of flags that it has as
// well. It reports false for one that the manual does not know.
func (m Manual) Help(name string, flags *flag.FlagSet) (string, bool) {
	command := m.Program + " " + name
	call, ok := m.usage(command)
	if !ok {
		return "", false
	}
	about := slices.IndexFunc(m.sections, func(s section) bool {
		return slices.ContainsFunc(s.lines, func(line string) bool { return line == command || strings.HasPrefix(line, command+" ") })
	})
	if about < 0 {
		return "\t" + call + "\n", true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\t%s\n\n%s", call, strings.TrimRight(m.sections[about].String(), "\n")+"\n")
	var others []string
	for i, s := range m.sections {
		if i == about {
			continue
		}
		for _, item := range s.items() {
			if name, _, _ := strings.Cut(strings.TrimPrefix(item.flag, "-"), " "); flags.Lookup(name) != nil && !strings.Contains(b.String(), "\t-"+name+" ") {
				others = append(others, item.lines...)
			}
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(&b, "\nAs for the server:\n\n%s\n", strings.Join(others, "\n"))
	}
	return b.String(), true
}

// item is what a section says of one flag.
type item struct {
	flag, variable, text string // such as "-cache DIR", its environment variable, "" for none, and its meaning
	lines                []string
}

// itemLine is the first line about a flag.
var itemLine = regexp.MustCompile(`^\t(-[a-z-]+(?:, -[a-z]+)?(?: [A-Z]+)?) +(GALLERY_\w+)? *(\S.*)$`)

// items are the flags that a section explains.
func (s section) items() []item {
	var items []item
	for _, line := range s.lines {
		if m := itemLine.FindStringSubmatch(line); m != nil {
			items = append(items, item{m[1], m[2], m[3], []string{line}})
		} else if rest := strings.TrimPrefix(line, "\t  "); rest != line && len(items) > 0 {
			last := &items[len(items)-1]
			last.text += " " + strings.TrimSpace(rest)
			last.lines = append(last.lines, line)
		}
	}
	return items
}
