package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// server is a gallery that can be started.
type server struct {
	name    string
	missing string // what to install, where it cannot run
	command func(ctx context.Context, root string) *exec.Cmd
	banner  *regexp.Regexp // what it says when it listens; its group is HOST:PORT
	stderr  bool           // it says so there, not on standard output
}

// Load on a warm server.
const (
	connections  = 16
	loadDuration = 4 * time.Second
	mostRequests = 200_000
	idleAfter    = 5 * time.Second
)

// standingServer is what one server has reached.
type standingServer struct {
	server
	visits []visit
	cpu    []float64 // of each cold page, seconds
	peak   []float64 // after each, bytes
	loads  map[string]loadReport
	idle   int64 // bytes
}

// compareServers measures all servers and writes a table.
func (b *bench) compareServers(ctx context.Context, photos []photoFile) error {
	gallery, err := b.buildGallery(ctx)
	if err != nil {
		return err
	}
	flask, err := b.flaskServer()
	if err != nil {
		return err
	}
	photos = append(ofCoding(photos, baseline), ofCoding(photos, progressive)...)
	root, err := b.makeAlbum(photos)
	if err != nil {
		return err
	}
	if err := readAhead(photos); err != nil {
		return err
	}
	all := []*standingServer{{server: gallery}, {server: flask}}
	for round := range b.rounds {
		for _, s := range all {
			if s.missing != "" {
				continue
			}
			b.progress.Printf("%s: cold album, round %d of %d", s.name, round+1, b.rounds)
			if err := s.measure(ctx, root, round == b.rounds-1); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	b.printf("\nAn album of %d photos made of %d, median of %d rounds; warm with %d connections\n\n%s\n",
		albumSize, len(photos), b.rounds, connections, serverTable(all))
	b.writeServerNotes(all)
	return nil
}

// buildGallery builds the program as it is released.
func (b *bench) buildGallery(ctx context.Context) (server, error) {
	binary := filepath.Join(b.scratch, "gallery")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "gallery")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return server{}, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return server{
		name: "gallery",
		command: func(ctx context.Context, root string) *exec.Cmd {
			return exec.CommandContext(ctx, binary, "-listen", "127.0.0.1:0", root)
		},
		banner: regexp.MustCompile(` is at http://([^/]+)/ `),
	}, nil
}

//go:embed flask/app.py
var flaskApp string

func (b *bench) flaskServer() (server, error) {
	dir := filepath.Join(b.scratch, "flask")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return server{}, err
	}
	return server{
		name:    "Flask",
		missing: lacksPython("python3-flask", "gunicorn", "python3-pil"),
		command: func(ctx context.Context, root string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, python, "-m", "gunicorn",
				"--workers", "2", "--bind", "127.0.0.1:0", "--timeout", "600", "--chdir", dir, "app:app")
			cmd.Env = append(os.Environ(), "GALLERY_ROOT="+root)
			return cmd
		},
		banner: regexp.MustCompile(`Listening at: http://(\S+)`),
		stderr: true,
	}, os.WriteFile(filepath.Join(dir, "app.py"), []byte(flaskApp), 0o600)
}

// runningServer is a server's process.
type runningServer struct {
	cmd  *exec.Cmd
	host string        // HOST:PORT
	said bytes.Buffer  // all lines so far where the banner is
	done chan struct{} // closed when it says no more
}

// launch starts a server and waits until it listens.
func (s server) launch(ctx context.Context, root string) (*runningServer, error) {
	r := &runningServer{cmd: s.command(ctx, root), done: make(chan struct{})}
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(syscall.SIGTERM) }
	r.cmd.WaitDelay = 20 * time.Second
	pipe := r.cmd.StdoutPipe
	if s.stderr {
		pipe = r.cmd.StderrPipe
	} else {
		r.cmd.Stderr = os.Stderr
	}
	out, err := pipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	host := make(chan string, 1)
	go func() {
		defer close(r.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&r.said, lines.Text())
			if m := s.banner.FindStringSubmatch(lines.Text()); m != nil && len(host) == 0 {
				host <- m[1]
			}
		}
	}()
	select {
	case r.host = <-host:
		return r, nil
	case <-r.done:
		return nil, errors.Join(errors.New("ended before it listened"), r.stop())
	}
}

// stop ends the server. It fails, with all that the server said, if that ended
// badly.
func (r *runningServer) stop() error {
	r.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(r.cmd.WaitDelay, func() { r.cmd.Process.Kill() })
	defer timer.Stop()
	<-r.done
	if err := r.cmd.Wait(); err != nil {
		return fmt.Errorf("%w\n%s", err, &r.said)
	}
	return nil
}

// measure starts the server on a cold album, and puts load on it if this is
// the last round.
func (s *standingServer) measure(ctx context.Context, root string, last bool) (err error) {
	if err := removeThumbs(root); err != nil {
		return err
	}
	r, err := s.launch(ctx, root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	originals, err := originalTargets(root)
	if err != nil {
		return err
	}
	// One answer says that it is ready, workers and all.
	answer, err := get(ctx, "http://"+r.host+originals[0])
	if err != nil {
		return err
	}
	answer.Body.Close()
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
	s.visits = append(s.visits, v)
	s.cpu = append(s.cpu, (after - before).Seconds())
	s.peak = append(s.peak, float64(peak))
	if !last {
		return nil
	}
	return s.putLoad(ctx, r, map[string][]string{
		warmPage:      {"/" + albumName + "/"},
		warmThumbnail: v.thumbs,
		warmOriginal:  originals,
	})
}

// What load asks for.
const (
	warmPage      = "page"
	warmThumbnail = "thumbnail"
	warmOriginal  = "original"
)

// putLoad has each kind of target asked for as fast as the server answers, and
// then looks at what memory it keeps.
func (s *standingServer) putLoad(ctx context.Context, r *runningServer, targets map[string][]string) error {
	generator, err := startRole(ctx, "load", 1)
	if err != nil {
		return err
	}
	defer generator.stop()
	s.loads = map[string]loadReport{}
	for _, kind := range []string{warmPage, warmThumbnail, warmOriginal} {
		order := loadOrder{
			Host:        r.host,
			Targets:     targets[kind],
			Connections: connections,
			Duration:    loadDuration,
			Most:        mostRequests,
		}
		var report loadReport
		if err := generator.call(order, &report); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		s.loads[kind] = report
	}
	select {
	case <-time.After(idleAfter):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.idle, err = treeMemory(r.cmd.Process.Pid, "smaps_rollup", "Pss")
	return err
}

// originalTargets returns the request targets of the album's photos.
func originalTargets(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, albumName))
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			targets = append(targets, "/"+albumName+"/"+url.PathEscape(entry.Name()))
		}
	}
	if targets == nil {
		return nil, fmt.Errorf("no photos in %s", root)
	}
	return targets, nil
}

// serverTable has a row for each measure and a column for each server.
func serverTable(all []*standingServer) *table {
	var able []*standingServer
	head := []string{""}
	for _, s := range all {
		if s.missing == "" {
			able = append(able, s)
			head = append(head, s.name)
		}
	}
	t := &table{}
	if len(able) == 2 {
		head = append(head, able[0].name+"/"+able[1].name)
	}
	t.add(head...)
	line := func(name, format string, value func(*standingServer) float64) {
		cells := []string{name}
		for _, s := range able {
			cells = append(cells, fmt.Sprintf(format, value(s)))
		}
		if len(able) == 2 {
			cells = append(cells, fmt.Sprintf("%.3g", value(able[0])/value(able[1])))
		}
		t.add(cells...)
	}
	ofVisits := func(d func(visit) time.Duration) func(*standingServer) float64 {
		return func(s *standingServer) float64 {
			var seconds []float64
			for _, v := range s.visits {
				seconds = append(seconds, d(v).Seconds())
			}
			return median(seconds)
		}
	}
	line("cold: first byte, s", "%.3f", ofVisits(func(v visit) time.Duration { return v.firstByte }))
	line("cold: first figure, s", "%.3f", ofVisits(func(v visit) time.Duration { return v.firstFigure }))
	line("cold: all ready, s", "%.2f", ofVisits(func(v visit) time.Duration { return v.ready }))
	line("cold: CPU, s", "%.2f", func(s *standingServer) float64 { return median(s.cpu) })
	line("cold: peak, MB", "%.0f", func(s *standingServer) float64 { return median(s.peak) / 1e6 })
	for _, kind := range []string{warmPage, warmThumbnail, warmOriginal} {
		line(kind+": requests/s", "%.0f", func(s *standingServer) float64 {
			return float64(s.loads[kind].Requests) / s.loads[kind].Took.Seconds()
		})
		if kind == warmOriginal {
			line(kind+": MB/s", "%.0f", func(s *standingServer) float64 {
				return float64(s.loads[kind].Bytes) / 1e6 / s.loads[kind].Took.Seconds()
			})
		} else {
			line(kind+": bytes", "%.0f", func(s *standingServer) float64 {
				return float64(s.loads[kind].Bytes) / float64(max(1, s.loads[kind].Requests))
			})
		}
		line(kind+": median, ms", "%.2f", func(s *standingServer) float64 { return s.loads[kind].Median.Seconds() * 1e3 })
		line(kind+": p99, ms", "%.2f", func(s *standingServer) float64 { return s.loads[kind].P99.Seconds() * 1e3 })
	}
	line("idle, MB", "%.0f", func(s *standingServer) float64 { return float64(s.idle) / 1e6 })
	return t
}

// writeServerNotes writes what the table does not say.
func (b *bench) writeServerNotes(all []*standingServer) {
	for _, s := range all {
		switch {
		case s.missing != "":
			b.printf("%s: not installed (%s)\n", s.name, s.missing)
		case !s.loads[warmPage].Reused:
			b.printf("%s closes the connection after each answer.\n", s.name)
		}
	}
	if all[1].missing == "" {
		b.printf("All ready: at most 0.40 of %s is aimed at.\n", all[1].name)
	}
}
