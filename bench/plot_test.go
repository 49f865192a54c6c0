package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWritePlot(t *testing.T) {
	took := func(ms int) (rows [][]time.Duration) {
		for range sidesOfRows {
			rows = append(rows, []time.Duration{time.Duration(ms) * time.Millisecond})
		}
		return rows
	}
	var results []result
	for _, c := range codings[:3] {
		results = append(results, result{c, []*standing{
			{contender: contender{name: contenderNames[0]}, cpu: took(20)}, {contender: contender{name: contenderNames[2]}, cpu: took(40)},
		}})
	}
	name := filepath.Join(t.TempDir(), "plot.svg")
	if err := writePlot(name, results); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// Each field has eight bars, and the legend one for each of two contenders.
	for i, want := range []int{3*4 + 1, 0, 3*4 + 1} {
		r, g, b, _ := barColors[i].RGBA()
		if got := bytes.Count(file, fmt.Appendf(nil, "fill:#%02X%02X%02X", r>>8, g>>8, b>>8)); got != want {
			t.Errorf("%d bars are of %s's colour, want %d", got, contenderNames[i], want)
		}
	}
	for d := xml.NewDecoder(bytes.NewReader(file)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range codings[:3] {
		if !bytes.Contains(file, []byte(c)) {
			t.Errorf("%s is missing", c)
		}
	}
}
