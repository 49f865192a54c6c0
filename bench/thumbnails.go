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
	"sync"
	"time"
)

// standing is what one contender has reached with the photos of one coding.
type standing struct {
	contender
	samples    [][]sample    // of each photo, in each round
	startup    []sample      // of each turn, where the contender starts anew
	psnr       []float64     // of each photo, dB
	throughput float64       // photos a second on all cores
	peak       int64         // bytes
	cpu, wall  time.Duration // of a photo, mean
	bytes      int64         // of a thumbnail, mean
}

// compareThumbnails measures all contenders and writes a table for each
// coding.
func (b *bench) compareThumbnails(ctx context.Context, photos []photoFile) error {
	if err := errors.Join(readAhead(photos), b.drawSmallPicture()); err != nil {
		return err
	}
	for _, c := range []coding{baseline, progressive} {
		var group []photoFile
		for _, p := range photos {
			if p.coding == c {
				group = append(group, p)
			}
		}
		if len(group) == 0 {
			b.printf("\nNo %s files.\n", c)
			continue
		}
		if err := b.compareCoding(ctx, c, group); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) compareCoding(ctx context.Context, c coding, photos []photoFile) error {
	var all []*standing
	var able []*standing
	for _, c := range contenders() {
		s := &standing{contender: c}
		all = append(all, s)
		if c.missing == "" {
			able = append(able, s)
		}
	}
	b.progress.Printf("%s: comparing pictures of %d photos", c, len(photos))
	photos, err := b.judgePictures(ctx, able, photos)
	if err != nil {
		return err
	}
	if len(photos) == 0 {
		return fmt.Errorf("no %s photo can be read by all contenders", c)
	}
	if err := b.takeTimes(ctx, c, able, photos); err != nil {
		return err
	}
	for _, s := range able {
		s.summarize()
		b.progress.Printf("%s: %s on all cores", c, s.name)
		if s.throughput, err = b.throughput(ctx, s, photos); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	b.printf("\n%s\n\n%s\n", describePhotos(c, photos, b.rounds), thumbnailTable(all))
	if b.each {
		b.printf("%s\n", photoTable(able, photos))
	}
	b.writeRatios(c, able, photos)
	return nil
}

// judgePictures fills in all PSNR and returns the photos that all contenders
// can read.
func (b *bench) judgePictures(ctx context.Context, able []*standing, photos []photoFile) (readable []photoFile, err error) {
	judge, err := startRole(ctx, "judge", b.cores)
	if err != nil {
		return nil, err
	}
	defer judge.stop()
	runners, stop, err := startAll(ctx, able)
	if err != nil {
		return nil, err
	}
	defer stop()
	out := filepath.Join(b.scratch, "picture")
	for _, p := range photos {
		values, err := judgePhoto(judge, able, runners, p.path, out)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			b.printf("left out: %s: %v\n", filepath.Base(p.path), err)
			continue
		}
		readable = append(readable, p)
		for i, s := range able {
			s.psnr = append(s.psnr, values[i])
		}
	}
	return readable, nil
}

// judgePhoto returns each contender's PSNR for a photo, NaN where there is no
// picture.
func judgePhoto(judge *worker, able []*standing, runners []runner, photo, out string) ([]float64, error) {
	var values []float64
	for i, s := range able {
		if s.decodes {
			values = append(values, math.NaN())
			continue
		}
		if err := runners[i].picture(photo, out); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		var d difference
		if err := judge.call(comparison{photo, out}, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		values = append(values, psnr(d.MSE))
	}
	return values, nil
}

func startAll(ctx context.Context, able []*standing) (runners []runner, stop func() error, err error) {
	stop = func() error {
		var errs []error
		for _, r := range runners {
			errs = append(errs, r.stop())
		}
		return errors.Join(errs...)
	}
	for _, s := range able {
		r, err := s.start(ctx)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: %w", s.name, err), stop())
		}
		runners = append(runners, r)
	}
	return runners, stop, nil
}

// takeTimes has the contenders make thumbnails, in turn for each photo.
func (b *bench) takeTimes(ctx context.Context, c coding, able []*standing, photos []photoFile) error {
	runners, stop, err := startAll(ctx, able)
	if err != nil {
		return err
	}
	defer stop()
	out := filepath.Join(b.scratch, "thumbnail")
	for i, s := range able { // once in vain: what is done at first use only
		if _, err := runners[i].reduce(photos[0].path, out); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		s.samples = make([][]sample, len(photos))
	}
	for round := range b.rounds {
		b.progress.Printf("%s: round %d of %d", c, round+1, b.rounds)
		for n, p := range photos {
			for i, s := range able {
				if s.anew {
					took, err := runners[i].reduce(b.smallPicture(), out)
					if err != nil {
						return fmt.Errorf("%s: %w", s.name, err)
					}
					s.startup = append(s.startup, took)
				}
				took, err := runners[i].reduce(p.path, out)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s.name, p.path, err)
				}
				s.samples[n] = append(s.samples[n], took)
			}
		}
	}
	for i, s := range able {
		if s.peak, err = runners[i].peak(); err != nil {
			return err
		}
	}
	return nil
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

// summarize computes means over photos of medians over rounds, less what
// starting takes.
func (s *standing) summarize() {
	start := medianSample(s.startup)
	for _, rounds := range s.samples {
		m := medianSample(rounds)
		s.cpu += m.CPU - start.CPU
		s.wall += m.Wall - start.Wall
		s.bytes += m.Bytes
	}
	n := len(s.samples)
	s.cpu, s.wall, s.bytes = s.cpu/time.Duration(n), s.wall/time.Duration(n), s.bytes/int64(n)
}

func medianSample(samples []sample) sample {
	var cpu, wall, bytes []float64
	for _, s := range samples {
		cpu, wall, bytes = append(cpu, float64(s.CPU)), append(wall, float64(s.Wall)), append(bytes, float64(s.Bytes))
	}
	return sample{time.Duration(median(cpu)), time.Duration(median(wall)), int64(median(bytes))}
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

// throughput returns photos a second with a process for each core. Where each
// photo starts a process, as many starts are timed in the same way and taken
// out.
func (b *bench) throughput(ctx context.Context, s *standing, photos []photoFile) (float64, error) {
	const enough = 8 // photos for each core, so that the end, when not all work, is short
	n := len(photos) * ((enough*b.cores + len(photos) - 1) / len(photos))
	var paths, small []string
	for i := range n {
		paths = append(paths, photos[i%len(photos)].path)
		small = append(small, b.smallPicture())
	}
	crew := make([]*standing, b.cores)
	for i := range crew {
		crew[i] = s
	}
	runners, stop, err := startAll(ctx, crew)
	if err != nil {
		return 0, err
	}
	defer stop()
	var start time.Duration
	if s.anew {
		if start, err = b.timeQueue(runners, small); err != nil {
			return 0, err
		}
	} else if _, err = b.timeQueue(runners, paths[:b.cores]); err != nil { // what is done at first use only
		return 0, err
	}
	took, err := b.timeQueue(runners, paths)
	return float64(n) / (took - start).Seconds(), err
}

// timeQueue returns how long the runners together take for all photos. Each
// takes the next one when it is done with one.
func (b *bench) timeQueue(runners []runner, photos []string) (time.Duration, error) {
	queue := make(chan string, len(photos))
	for _, photo := range photos {
		queue <- photo
	}
	close(queue)
	errs := make([]error, len(runners))
	start := time.Now()
	var all sync.WaitGroup
	for i, r := range runners {
		out := filepath.Join(b.scratch, fmt.Sprint("thumbnail-", i))
		all.Go(func() {
			for photo := range queue {
				if _, errs[i] = r.reduce(photo, out); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(start), errors.Join(errs...)
}

// describePhotos is the line above a table.
func describePhotos(c coding, photos []photoFile, rounds int) string {
	var bytes int64
	for _, p := range photos {
		if info, err := os.Stat(p.path); err == nil {
			bytes += info.Size()
		}
	}
	return fmt.Sprintf("%d %s photos, mean %.1f MB; median of %d rounds", len(photos), c, float64(bytes)/float64(len(photos))/1e6, rounds)
}

func thumbnailTable(all []*standing) *table {
	t := &table{}
	t.add("", "CPU ms", "wall ms", "photos/s", "peak MB", "bytes out", "PSNR mean", "least")
	own, _ := memory(os.Getpid(), "status", "VmHWM")
	for _, s := range all {
		if s.missing != "" {
			t.note(s.name, "not installed ("+s.missing+")")
			continue
		}
		peak := fmt.Sprintf("%.0f", float64(s.peak)/1e6)
		if s.anew && s.peak <= own+1<<20 {
			peak = "<" + peak
		}
		cells := []string{s.name, milliseconds(s.cpu), milliseconds(s.wall), fmt.Sprintf("%.1f", s.throughput), peak, "-", "-", "-"}
		if !s.decodes {
			mean, least := meanAndLeast(s.psnr)
			cells[5], cells[6], cells[7] = fmt.Sprint(s.bytes), decibels(mean), decibels(least)
		}
		t.add(cells...)
	}
	return t
}

// photoTable has a row for each photo: CPU ms of every contender, then PSNR of
// those that make thumbnails.
func photoTable(able []*standing, photos []photoFile) *table {
	t := &table{}
	head := []string{"CPU ms and PSNR of"}
	for _, s := range able {
		head = append(head, s.name)
	}
	for _, s := range able {
		if !s.decodes {
			head = append(head, s.name)
		}
	}
	t.add(head...)
	for i, p := range photos {
		cells := []string{filepath.Base(p.path)}
		for _, s := range able {
			cells = append(cells, milliseconds(medianSample(s.samples[i]).CPU-medianSample(s.startup).CPU))
		}
		for _, s := range able {
			if !s.decodes {
				cells = append(cells, decibels(s.psnr[i]))
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

func meanAndLeast(values []float64) (mean, least float64) {
	for _, v := range values {
		mean += v
	}
	return mean / float64(len(values)), slices.Min(values)
}

// writeRatios writes what the table comes down to, and what is aimed at.
func (b *bench) writeRatios(c coding, able []*standing, photos []photoFile) {
	named := func(name string) *standing {
		i := slices.IndexFunc(able, func(s *standing) bool { return s.name == name })
		if i < 0 {
			return nil
		}
		return able[i]
	}
	gallery, vips, pillow := named("gallery"), named("vipsthumbnail"), named("Pillow")
	aims := map[coding]map[*standing]string{
		baseline:    {vips: ", at most 0.50 is aimed at", pillow: ", at most 0.60 is aimed at"},
		progressive: {vips: ", at most 0.25 is aimed at"},
	}[c]
	for _, peer := range []*standing{vips, pillow, named("imaging")} {
		if peer != nil {
			b.printf("CPU gallery/%s: %.2f%s\n", peer.name, float64(gallery.cpu)/float64(peer.cpu), aims[peer])
		}
	}
	mean, _ := meanAndLeast(gallery.psnr)
	b.printf("PSNR gallery: %s dB on average, at least 45 is aimed at\n", decibels(mean))
	if vips != nil && pillow != nil {
		i, gap := furthestBehind(gallery.psnr, vips.psnr, pillow.psnr)
		b.printf("PSNR gallery less the worse of vipsthumbnail and Pillow: %+.1f dB at the least (%s), -1.0 is aimed at\n",
			gap, filepath.Base(photos[i].path))
	}
	for _, s := range able {
		if s.anew {
			start := medianSample(s.startup)
			b.printf("Taken out for starting %s: CPU %s ms, wall %s ms\n", s.name, milliseconds(start.CPU), milliseconds(start.Wall))
			if strings.HasPrefix(s.name, "djpeg") {
				break // the others are the same
			}
		}
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
