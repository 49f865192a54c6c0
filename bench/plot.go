package main

import (
	"fmt"
	"image/color"
	"os"
	"slices"
	"strconv"

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

// growthColors are those of the columns of a growth that are drawn.
var growthColors = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0x55, 0x55, 0x55, 0xff},
}

// writeGrowth draws columns of the table of a growth over the number of photos, both
// logarithmic, as a picture in SVG.
func writeGrowth(name string, t table) error {
	p := plot.New()
	p.X.Label.Text = "photos"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	for i, column := range []string{"again CPU ms", "page CPU ms", "p99 ms", "peak MB", "warm s", "clean s"} {
		at := slices.Index(t.rows[0].cells, column)
		var points plotter.XYs
		for _, r := range t.rows[1:] {
			x, err := strconv.ParseFloat(r.cells[0], 64)
			if err != nil {
				return err
			}
			y, err := strconv.ParseFloat(r.cells[at], 64)
			if err != nil {
				return err
			}
			points = append(points, plotter.XY{X: x, Y: max(y, 0.01)}) // of which there is a logarithm
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color, dots.Shape = growthColors[i], growthColors[i], draw.CircleGlyph{}
		p.Add(line, dots)
		p.Legend.Add(column, line)
	}
	return p.Save(16*vg.Centimeter, 11*vg.Centimeter, name)
}
