package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// together is the row in which all sides are made of each photo. The peers
// make one after the other, so that they take the sum of the rows before.
var together = []int{1600, 800, 400}

// sidesOfRows is what each row of a table makes, the largest first.
var sidesOfRows = [][]int{{400}, {800}, {1600}, together}

func rowName(sides []int) string {
	if len(sides) > 1 {
		return "all three"
	}
	return fmt.Sprint(sides[0])
}

// aims is what gallery is to take at most, divided by the better of
// vipsthumbnail and sharp, in each row.
var aims = map[coding][4]float64{
	baseline:    {0.50, 0.70, 0.90, 0.50},
	progressive: {0.15, 0.40, 0.60, 0.20},
	codingPNG:   {1.0, 1.0, 1.0, 0.60},
	webpLossy:   {2.0, 2.0, 2.0, 1.0},
	codingGIF:   {1.2, 1.2, 1.2, 1.2},
}

// standing is what one contender has reached with the photos of one coding.
type standing struct {
	contender
	runner
	startup []sample          // of each turn, where the contender starts anew
	cpu     [][]time.Duration // of each row and photo; of a row that was not measured none
	bytes   []int64           // of each row, of what was made, mean
	psnr    [][]float64       // of each row and picture, dB
	peak    int64             // bytes
}

// compareThumbnails measures all contenders and writes a table for each
// coding.
func (b *bench) compareThumbnails(ctx context.Context, photos []photoFile) (err error) {
	if err := b.drawSmallPicture(); err != nil {
		return err
	}
	var results []result
	var able []contender
	for _, c := range contenders() {
		if c.missing != "" {
			b.printf("%s is not installed (%s)\n", c.name, c.missing)
			continue
		}
		able = append(able, c)
	}
	for _, c := range codings {
		group := spread(ofCoding(photos, c), b.most)
		if len(group) == 0 {
			b.progress.Printf("%s: converting photos", c)
			var missing string
			if group, missing, err = b.convert(ctx, photos, c); err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
			if missing != "" {
				b.printf("\nNo %s files, and nothing to make them with (apt-get install %s).\n", c, missing)
				continue
			}
		}
		r, err := b.compareCoding(ctx, c, able, spread(group, b.most))
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		results = append(results, r)
		if b.plot != "" {
			if err := writePlot(b.plot, results); err != nil {
				return err
			}
		}
	}
	return b.compareFiles(ctx, spread(ofCoding(photos, baseline), b.most))
}

// result is what became of one coding.
type result struct {
	coding coding
	all    []*standing
}

func (b *bench) compareCoding(ctx context.Context, c coding, able []contender, photos []photoFile) (r result, err error) {
	r.coding = c
	if err := readAhead(photos); err != nil {
		return r, err
	}
	for _, one := range able {
		s := &standing{contender: one}
		if s.runner, err = s.start(ctx); err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
		defer s.stop()
		r.all = append(r.all, s)
	}
	b.progress.Printf("%s: trying %d photos", c, len(photos))
	if photos, err = b.tryPhotos(&r, photos); err != nil {
		return r, err
	}
	b.printf("\n%s\n\n", describePhotos(c, photos, b.rounds))
	widths := b.timeHead(r.all)
	for row, sides := range sidesOfRows {
		b.progress.Printf("%s: %s", c, rowName(sides))
		if err := b.takeTimes(ctx, r.all, row, photos); err != nil {
			return r, err
		}
		b.timeRow(r, row, widths)
	}
	for _, s := range r.all {
		if s.peak, err = s.runner.peak(); err != nil {
			return r, err
		}
	}
	if b.each {
		b.printf("\n%s", photoTable(r.all, photos))
	}
	b.progress.Printf("%s: comparing pictures", c)
	if err := b.judgePictures(ctx, r.all, photos); err != nil {
		return r, err
	}
	b.printf("\n%s", pictureTable(r.all))
	b.writePictureNotes(r.all, photos)
	return r, nil
}

// tryPhotos has all contenders reduce all photos, once in vain, and returns
// the photos that can be read. Who can read none of the first ones is out.
func (b *bench) tryPhotos(r *result, photos []photoFile) (readable []photoFile, err error) {
	var able []*standing
	for _, s := range r.all {
		_, err := s.reduce(photos[0].path, b.thumbnail(), []int{400})
		if err != nil && s.name != "gallery" {
			if _, again := s.reduce(photos[len(photos)-1].path, b.thumbnail(), []int{400}); again != nil {
				b.printf("\n%s cannot read %s: %v\n", s.name, r.coding, err)
				continue
			}
		}
		able = append(able, s)
	}
	r.all = able
	for _, p := range photos {
		for _, s := range able {
			if _, err = s.reduce(p.path, b.thumbnail(), []int{400}); err != nil {
				b.printf("left out: %s: %s: %v\n", filepath.Base(p.path), s.name, err)
				break
			}
		}
		if err == nil {
			readable = append(readable, p)
		}
	}
	if len(readable) == 0 {
		return nil, errors.New("no photo can be read by all contenders")
	}
	return readable, nil
}

// thumbnail is what the names of thumbnails begin with.
func (b *bench) thumbnail() string { return filepath.Join(b.scratch, "thumbnail") }

// takeTimes has the contenders make what a row asks for, in turn for each
// photo.
func (b *bench) takeTimes(ctx context.Context, all []*standing, row int, photos []photoFile) error {
	sides := sidesOfRows[row]
	for _, s := range all {
		s.cpu, s.bytes = append(s.cpu, nil), append(s.bytes, 0)
		if !s.measured(row) {
			s.cpu[row] = make([]time.Duration, len(photos))
			for i, took := range s.cpu[:row] {
				for n := range took {
					s.cpu[row][n] += took[n]
				}
				s.bytes[row] += s.bytes[i]
			}
		}
	}
	for _, p := range photos {
		rounds := make([][]sample, len(all))
		for range b.rounds {
			for i, s := range all {
				if !s.measured(row) {
					continue
				}
				if s.anew {
					took, err := s.reduce(b.smallPicture(), b.thumbnail(), sides)
					if err != nil {
						return fmt.Errorf("%s: %w", s.name, err)
					}
					s.startup = append(s.startup, took)
				}
				took, err := s.reduce(p.path, b.thumbnail(), sides)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s.name, p.path, err)
				}
				rounds[i] = append(rounds[i], took)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		for i, s := range all {
			if rounds[i] != nil {
				m := medianSample(rounds[i])
				s.cpu[row] = append(s.cpu[row], m.CPU)
				s.bytes[row] += m.Bytes
			}
		}
	}
	for _, s := range all {
		if !s.measured(row) {
			continue
		}
		s.bytes[row] /= int64(len(photos))
		if s.anew {
			start := medianSample(s.startup).CPU
			for i := range s.cpu[row] {
				s.cpu[row][i] -= start
			}
		}
	}
	return nil
}

// measured reports whether a row is not the sum of others.
func (s *standing) measured(row int) bool {
	return len(sidesOfRows[row]) == 1 || s.name == "gallery"
}

// mean is what a photo took in a row.
func (s *standing) mean(row int) time.Duration {
	var sum time.Duration
	for _, took := range s.cpu[row] {
		sum += took
	}
	return sum / time.Duration(len(s.cpu[row]))
}

// smallPicture names a JPEG that takes next to no time.
func (b *bench) smallPicture() string { return filepath.Join(b.scratch, "small.jpg") }

func (b *bench) drawSmallPicture() error {
	f, err := os.Create(b.smallPicture())
	if err != nil {
		return err
	}
	m := image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420)
	return errors.Join(jpeg.Encode(f, m, nil), f.Close())
}

func medianSample(samples []sample) sample {
	var cpu, bytes []float64
	for _, s := range samples {
		cpu, bytes = append(cpu, float64(s.CPU)), append(bytes, float64(s.Bytes))
	}
	return sample{time.Duration(median(cpu)), int64(median(bytes))}
}

// median returns the middle value, or the mean of the two in the middle; 0 of
// none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// judgePictures fills in all PSNR.
func (b *bench) judgePictures(ctx context.Context, all []*standing, photos []photoFile) error {
	judge, err := startRole(ctx, "judge", b.cores)
	if err != nil {
		return err
	}
	defer judge.stop()
	out := filepath.Join(b.scratch, "picture")
	for _, s := range all {
		s.psnr = make([][]float64, len(sidesOfRows))
	}
	for _, p := range photos {
		for row, sides := range sidesOfRows {
			for _, s := range all {
				if !s.measured(row) {
					continue
				}
				if err := s.picture(p.path, out, sides); err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				for _, side := range sides {
					var d difference
					if err := judge.call(comparison{p.path, outOf(out, side), side}, &d); err != nil {
						return fmt.Errorf("%s: %s: %w", s.name, filepath.Base(p.path), err)
					}
					s.psnr[row] = append(s.psnr[row], psnr(d.MSE))
				}
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// describePhotos is the line above a table.
func describePhotos(c coding, photos []photoFile, rounds int) string {
	var bytes int64
	for _, p := range photos {
		if info, err := os.Stat(p.path); err == nil {
			bytes += info.Size()
		}
	}
	return fmt.Sprintf("%s: %d photos, mean %.1f MB; CPU ms, median of %d rounds", c, len(photos), float64(bytes)/float64(len(photos))/1e6, rounds)
}

// timeHead writes the head of a table whose rows are written one by one, and
// returns the columns' widths.
func (b *bench) timeHead(all []*standing) (widths []int) {
	cells := []string{"         "}
	for _, s := range all {
		cells = append(cells, fmt.Sprintf("%7s", s.name))
	}
	for _, s := range all[1:] {
		cells = append(cells, "/"+s.name)
	}
	cells = append(cells, "aim")
	for _, cell := range cells {
		widths = append(widths, len(cell))
	}
	b.printf("%s\n", strings.Join(cells, "  "))
	return widths
}

// timeRow writes what each contender took, gallery's share of that, and what
// is aimed at.
func (b *bench) timeRow(r result, row int, widths []int) {
	cells := []string{rowName(sidesOfRows[row])}
	ours := r.all[0].mean(row)
	for _, s := range r.all {
		cells = append(cells, milliseconds(s.mean(row)))
	}
	for _, s := range r.all[1:] {
		cells = append(cells, fmt.Sprintf("%.2f", float64(ours)/float64(s.mean(row))))
	}
	aim := "-"
	if values, ok := aims[r.coding]; ok {
		aim = fmt.Sprintf("%.2f", values[row])
	}
	cells = append(cells, aim)
	line := fmt.Sprintf("%-*s", widths[0], cells[0])
	for i, cell := range cells[1:] {
		line += fmt.Sprintf("  %*s", widths[i+1], cell)
	}
	b.printf("%s\n", line)
}

// pictureTable says what the thumbnails are like.
func pictureTable(all []*standing) *table {
	t := &table{}
	head := []string{"PSNR dB, mean (least)"}
	for _, s := range all {
		head = append(head, s.name)
	}
	t.add(head...)
	for row, sides := range sidesOfRows {
		cells := []string{rowName(sides)}
		for _, s := range all {
			if s.psnr[row] == nil {
				cells = append(cells, "-")
				continue
			}
			mean, least := meanAndLeast(s.psnr[row])
			cells = append(cells, fmt.Sprintf("%s (%s)", decibels(mean), decibels(least)))
		}
		t.add(cells...)
	}
	for row, sides := range sidesOfRows {
		cells := []string{"bytes, " + rowName(sides)}
		for _, s := range all {
			cells = append(cells, fmt.Sprint(s.bytes[row]))
		}
		t.add(cells...)
	}
	cells := []string{"peak MB"}
	own, _ := memory(os.Getpid(), "status", "VmHWM")
	for _, s := range all {
		peak := fmt.Sprintf("%.0f", float64(s.peak)/1e6)
		if s.anew && s.peak <= own+1<<20 {
			peak = "<" + peak
		}
		cells = append(cells, peak)
	}
	t.add(cells...)
	return t
}

// photoTable has a row for each photo: CPU ms of every contender at each side.
func photoTable(all []*standing, photos []photoFile) *table {
	t := &table{}
	head := []string{"CPU ms of"}
	for _, sides := range sidesOfRows {
		for _, s := range all {
			head = append(head, s.name+" "+rowName(sides))
		}
	}
	t.add(head...)
	for i, p := range photos {
		cells := []string{filepath.Base(p.path)}
		for row := range sidesOfRows {
			for _, s := range all {
				cells = append(cells, milliseconds(s.cpu[row][i]))
			}
		}
		t.add(cells...)
	}
	return t
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }

func decibels(v float64) string {
	if math.IsInf(v, 1) {
		return "exact"
	}
	return fmt.Sprintf("%.1f", v)
}

// meanAndLeast takes an exact picture for one of 99 dB.
func meanAndLeast(values []float64) (mean, least float64) {
	for _, v := range values {
		mean += min(v, 99)
	}
	return mean / float64(len(values)), slices.Min(values)
}

// writePictureNotes writes how far behind gallery's pictures are, and what was
// taken out for starting.
func (b *bench) writePictureNotes(all []*standing, photos []photoFile) {
	named := func(name string) *standing {
		i := slices.IndexFunc(all, func(s *standing) bool { return s.name == name })
		if i < 0 {
			return nil
		}
		return all[i]
	}
	vips, pillow := named("vipsthumbnail"), named("Pillow")
	if vips != nil && pillow != nil {
		i, gap := furthestBehind(all[0].psnr[0], vips.psnr[0], pillow.psnr[0])
		b.printf("PSNR at 400, gallery's less the worse of vipsthumbnail's and Pillow's: %+.1f dB at the least (%s), -1.0 is aimed at\n",
			gap, filepath.Base(photos[i].path))
	}
	if vips != nil {
		b.printf("Taken out for each start of vipsthumbnail: %s ms\n", milliseconds(medianSample(vips.startup).CPU))
	}
}

// furthestBehind returns where ours exceeds the lesser of a and b the least,
// and by how much.
func furthestBehind(ours, a, b []float64) (at int, gap float64) {
	gap = math.Inf(1)
	for i := range ours {
		if d := ours[i] - min(a[i], b[i]); d < gap {
			at, gap = i, d
		}
	}
	return at, gap
}
