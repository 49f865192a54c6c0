package main

import (
	"strings"
	"unicode/utf8"
)

// table is plain text in columns: the first aligned left, all others right.
type table struct {
	rows []row
}

type row struct {
	cells []string
	note  string // instead of all cells but the first
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, row{cells: cells}) }
func (t *table) note(name, text string) {
	t.rows = append(t.rows, row{cells: []string{name}, note: text})
}

func (t *table) String() string {
	var widths []int
	for _, r := range t.rows {
		for i, cell := range r.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, r := range t.rows {
		line := ""
		for i, cell := range r.cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line = cell + pad
			} else {
				line += "  " + pad + cell
			}
		}
		if r.note != "" {
			line += "  " + r.note
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
