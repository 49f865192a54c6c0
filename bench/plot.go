package main

import (
	"fmt"
	"image/color"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// barColors are those of contenders, told apart by those who see no red or no
// green as well.
var barColors = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff},
	color.RGBA{0x56, 0xb4, 0xe9, 0xff},
	color.RGBA{0x99, 0x99, 0x99, 0xff},
}

// writePlot writes the tables of processor time as a picture in SVG: one field
// for each coding, two beside each other, and in it a group of bars for each row.
func writePlot(name string, results []result) error {
	const width, height, columns = 14 * vg.Centimeter, 8 * vg.Centimeter, 2
	rows := (len(results) + columns - 1) / columns
	fields := make([][]*plot.Plot, rows)
	for i := range fields {
		fields[i] = make([]*plot.Plot, columns)
	}
	for i, r := range results {
		p, err := plotOf(r, i == 0)
		if err != nil {
			return err
		}
		fields[i/columns][i%columns] = p
	}
	canvas := vgsvg.New(columns*width, vg.Length(rows)*height)
	tiles := draw.Tiles{Rows: rows, Cols: columns, PadX: vg.Centimeter, PadY: vg.Centimeter, PadTop: vg.Millimeter, PadRight: vg.Millimeter}
	for y, line := range plot.Align(fields, tiles, draw.New(canvas)) {
		for x, c := range line {
			if fields[y][x] != nil {
				fields[y][x].Draw(c)
			}
		}
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(f); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}

// plotOf draws one coding.
func plotOf(r result, legend bool) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = string(r.coding)
	p.Y.Label.Text = "CPU ms a photo"
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	var names []string
	for _, sides := range sidesOfRows {
		names = append(names, rowName(sides))
	}
	p.NominalX(names...)
	const wide = 0.55 * vg.Centimeter
	for i, s := range r.all {
		var values plotter.Values
		for row := range sidesOfRows {
			values = append(values, float64(s.mean(row))/1e6)
		}
		bars, err := plotter.NewBarChart(values, wide)
		if err != nil {
			return nil, err
		}
		bars.Color = barColor(s.name)
		bars.LineStyle.Width = 0
		bars.Offset = wide * vg.Length(2*i-len(r.all)+1) / 2
		p.Add(bars)
		if legend {
			p.Legend.Add(s.name, bars)
		}
	}
	return p, nil
}

// barColor is the same for a contender wherever another is missing.
func barColor(name string) color.Color {
	for i, c := range contenderNames {
		if c == name {
			return barColors[i]
		}
	}
	return color.Black
}
