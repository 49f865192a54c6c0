package picks

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

const (
	// MaxPeople and maxRows bound the table of choices. The newest and the most picked stay.
	MaxPeople, maxRows = 12, 300
)

// Row is a photo, and what each of the people said of it: "" where they did not pick it.
type Row struct {
	File  string
	Times int // how many picked it, also of those without a column
	Said  []string
}

// Rows puts choices side by side, of which the first MaxPeople have a column each: the photos
// that most picked come first.
func Rows(sent []Sent) (all []Row) {
	rows := map[string]*Row{}
	for i, s := range sent {
		for _, p := range s.Photos {
			row := rows[p.File]
			if row == nil {
				row = &Row{File: p.File, Said: make([]string, min(len(sent), MaxPeople))}
				rows[p.File] = row
			}
			row.Times++
			if i < MaxPeople {
				row.Said[i] = strings.TrimSpace("♥ " + p.Note)
			}
		}
	}
	for _, row := range rows {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Or(b.Times-a.Times, strings.Compare(a.File, b.File)) })
	return all[:min(len(all), maxRows)]
}

// Names is the names of files as a program takes them.
type Names struct{ Program, Text string }

// NamesFor writes the names of files as programs search for them. Where a photographer's files
// are raw, they have another extension.
func NamesFor(files []string) []Names {
	var stems []string
	for _, file := range files {
		if stem := strings.TrimSuffix(file, path.Ext(file)); !slices.Contains(stems, stem) {
			stems = append(stems, stem)
		}
	}
	return []Names{{"Lightroom", strings.Join(stems, ", ")}, {"Capture One, Photo Mechanic", strings.Join(stems, " ")}}
}
