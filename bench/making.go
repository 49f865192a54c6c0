package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// making is what it took to have an album's thumbnails.
type making struct {
	firstByte, firstFigure []float64 // seconds; of commands none
	ready                  []float64 // until all were there, seconds
	cpu                    []float64 // seconds
	peak                   []float64 // bytes
}

// makingHead and makingRow write a table whose rows are written as they are
// measured.
func (b *bench) makingHead() {
	b.printf("%-42s  first byte  first photo  all ready  CPU ms a photo  peak MB\n", "seconds")
}

func (b *bench) makingRow(name string, m making, photos int) {
	seconds := func(format string, values []float64) string {
		if values == nil {
			return "-"
		}
		return fmt.Sprintf(format, median(values))
	}
	b.printf("%-42s  %10s  %11s  %9s  %14.1f  %7s\n", name, seconds("%.3f", m.firstByte), seconds("%.3f", m.firstFigure),
		seconds("%.2f", m.ready), median(m.cpu)*1e3/float64(photos), seconds("%.0f", m.peak))
}

// compareMaking measures how long an album's thumbnails take: for the first
// visitor of a cold page, and on the command line.
func (b *bench) compareMaking(ctx context.Context, root, binary string, photos []photoFile, gallery, flask server) error {
	b.printf("\nMaking the thumbnails of an album of %d photos made of %d, on %d cores, median of %d rounds\n\n", albumSize, len(photos), b.cores, b.rounds)
	b.makingHead()
	var pages [2]making
	for round := range b.rounds {
		for i, s := range []server{gallery, flask} {
			if s.missing != "" {
				continue
			}
			b.progress.Printf("%s: cold album, round %d of %d", s.name, round+1, b.rounds)
			if err := pages[i].visitCold(ctx, s, root); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	b.makingRow("gallery, cold page (400)", pages[0], albumSize)
	if flask.missing == "" {
		b.makingRow("Flask, cold page (400)", pages[1], albumSize)
	}
	var warm, vips making
	missing := vipsthumbnail().missing
	for round := range b.rounds {
		b.progress.Printf("all three sides by commands, round %d of %d", round+1, b.rounds)
		if err := removeThumbs(root); err != nil {
			return err
		}
		if err := warm.run(exec.CommandContext(ctx, binary, "warm", root)); err != nil {
			return err
		}
		if missing == "" {
			if err := b.vipsAlbum(ctx, root, &vips); err != nil {
				return err
			}
		}
	}
	b.makingRow("gallery warm (all three)", warm, albumSize)
	if missing == "" {
		b.makingRow(fmt.Sprintf("vipsthumbnail, %d processes (all three)", b.cores), vips, albumSize)
	}
	for _, sides := range [][]int{{400}, together} {
		b.progress.Printf("the library alone: %s", rowName(sides))
		alone, err := b.libraryAlone(ctx, photos, sides)
		if err != nil {
			return err
		}
		b.makingRow(fmt.Sprintf("of gallery, internal/photo alone (%s)", rowName(sides)), alone, len(photos))
	}
	b.printf("\n")
	if flask.missing == "" {
		b.printf("All ready, gallery/Flask, cold page: %.2f, at most 0.18 is aimed at\n", median(pages[0].ready)/median(pages[1].ready))
	} else {
		b.printf("Flask is not installed (%s)\n", flask.missing)
	}
	if missing == "" {
		b.printf("All ready, gallery/vipsthumbnail, all three: %.2f, at most 0.45 is aimed at\n", median(warm.ready)/median(vips.ready))
	}
	return nil
}

// visitCold starts the server on a cold album and visits that.
func (m *making) visitCold(ctx context.Context, s server, root string) (err error) {
	if err := removeThumbs(root); err != nil {
		return err
	}
	r, err := s.launch(ctx, root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.ready(ctx, root); err != nil {
		return err
	}
	pid := r.cmd.Process.Pid
	before, err := treeTime(pid)
	if err != nil {
		return err
	}
	v, err := coldVisit(ctx, r.host, root)
	if err != nil {
		return err
	}
	after, err := treeTime(pid)
	if err != nil {
		return err
	}
	peak, err := treeMemory(pid, "status", "VmHWM")
	if err != nil {
		return err
	}
	m.firstByte = append(m.firstByte, v.firstByte.Seconds())
	m.firstFigure = append(m.firstFigure, v.firstFigure.Seconds())
	m.add(v.ready, after-before, peak)
	return nil
}

func (m *making) add(ready, cpu time.Duration, peak int64) {
	m.ready = append(m.ready, ready.Seconds())
	m.cpu = append(m.cpu, cpu.Seconds())
	m.peak = append(m.peak, float64(peak)/1e6)
}

// run runs commands side by side.
func (m *making) run(commands ...*exec.Cmd) error {
	start := time.Now()
	errs := make([]error, len(commands))
	var all sync.WaitGroup
	for i, cmd := range commands {
		all.Go(func() {
			if said, err := cmd.CombinedOutput(); err != nil {
				errs[i] = fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, firstLine(string(said)))
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var cpu time.Duration
	var peak int64
	for _, cmd := range commands {
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		cpu += processTime(usage)
		peak += usage.Maxrss << 10
	}
	m.add(time.Since(start), cpu, peak)
	return nil
}

// vipsAlbum makes all sides of the album's photos with a process for each core,
// each of which takes a part of the photos and makes one side after the other.
func (b *bench) vipsAlbum(ctx context.Context, root string, m *making) error {
	photos, err := filepath.Glob(filepath.Join(root, albumName, "*.jpg"))
	if err != nil {
		return err
	}
	var sum making
	for _, side := range together {
		var commands []*exec.Cmd
		for i := range b.cores {
			dir := filepath.Join(b.scratch, fmt.Sprintf("vips-%d", i))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			args := []string{"--vips-concurrency=1", "-s", fmt.Sprintf("%dx%d>", side, side),
				"-o", filepath.Join(dir, fmt.Sprintf("%%s-%d.jpg[Q=%d,strip]", side, quality))}
			args = append(args, photos[i*len(photos)/b.cores:(i+1)*len(photos)/b.cores]...)
			commands = append(commands, exec.CommandContext(ctx, "vipsthumbnail", args...))
		}
		if err := sum.run(commands...); err != nil {
			return err
		}
	}
	var ready, cpu, peak float64
	for i := range sum.ready {
		ready, cpu, peak = ready+sum.ready[i], cpu+sum.cpu[i], max(peak, sum.peak[i])
	}
	m.ready, m.cpu, m.peak = append(m.ready, ready), append(m.cpu, cpu), append(m.peak, peak)
	return nil
}

// libraryAlone has the photos reduced by the library, on one thread.
func (b *bench) libraryAlone(ctx context.Context, photos []photoFile, sides []int) (m making, err error) {
	w, err := startRole(ctx, "gallery", 1)
	if err != nil {
		return m, err
	}
	defer w.stop()
	for range b.rounds {
		var cpu time.Duration
		for _, p := range photos {
			s, err := galleryRunner{w}.reduce(p.path, b.thumbnail(), sides)
			if err != nil {
				return m, err
			}
			cpu += s.CPU
		}
		m.cpu = append(m.cpu, cpu.Seconds())
	}
	return m, nil
}
