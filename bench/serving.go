package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Load on a warm server.
const (
	connections  = 16
	loadDuration = 4 * time.Second
	mostRequests = 200_000
)

// A server is idle when it has used less than idleTime of a processor in
// idlePeriod, and is waited for no longer than idleWait.
const (
	idlePeriod = 20 * time.Second
	idleTime   = 200 * time.Millisecond
	idleWait   = 4 * time.Minute
)

// What load asks for.
const (
	warmPage      = "page"
	warmThumbnail = "thumbnail"
	warmOriginal  = "original"
)

// compareServing puts load on servers that have all thumbnails, and on others
// that serve the same files.
func (b *bench) compareServing(ctx context.Context, root string, gallery, flask server) error {
	generator := "a generator of this program's own"
	if _, err := exec.LookPath("wrk"); err == nil {
		generator = "wrk"
	}
	where := "on the same core"
	if b.cores > 1 {
		where = "on a core of its own"
	}
	b.printf("\nServing: %d connections, load by %s %s\n\n", connections, generator, where)
	b.printf("%-8s  %8s  %7s  %7s  %11s  %7s  %7s  %10s  %7s  %7s  %7s\n", "",
		"page/s", "CPU us", "p99 ms", "thumbnail/s", "CPU us", "p99 ms", "original/s", "CPU us", "MB/s", "idle MB")
	nginx, err := b.nginxServer(root)
	if err != nil {
		return err
	}
	caddy, err := b.caddyServer(root)
	if err != nil {
		return err
	}
	for _, s := range []server{gallery, nginx, caddy, flask} {
		if s.missing != "" {
			b.printf("%-8s  is not installed (%s)\n", s.name, s.missing)
			continue
		}
		b.progress.Printf("%s: load", s.name)
		if err := b.serve(ctx, s, root); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// serve measures one server and writes its row. One that makes thumbnails
// starts with a cold album; others find gallery's.
func (b *bench) serve(ctx context.Context, s server, root string) (err error) {
	makes := s.host == ""
	if makes {
		if err := removeThumbs(root); err != nil {
			return err
		}
	}
	r, err := s.launch(ctx, root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.ready(ctx, root); err != nil {
		return err
	}
	originals, err := originalTargets(root)
	if err != nil {
		return err
	}
	targets := map[string][]string{warmOriginal: originals}
	idle := int64(0)
	if makes {
		v, err := coldVisit(ctx, r.host, root)
		if err != nil {
			return err
		}
		targets[warmPage], targets[warmThumbnail] = []string{"/" + albumName + "/"}, v.thumbs
		b.progress.Printf("%s: waiting until its work behind the visitors' backs is done", s.name)
		if err := r.waitIdle(ctx); err != nil {
			return err
		}
		if idle, err = treeMemory(r.cmd.Process.Pid, "smaps_rollup", "Pss"); err != nil {
			return err
		}
	} else if targets[warmThumbnail], err = thumbnailFiles(root); err != nil {
		return err
	}
	line := fmt.Sprintf("%-8s", s.name)
	for _, kind := range []string{warmPage, warmThumbnail, warmOriginal} {
		widths := map[string][3]int{warmPage: {8, 7, 7}, warmThumbnail: {11, 7, 7}, warmOriginal: {10, 7, 7}}[kind]
		cells := [3]string{"-", "-", "-"}
		if targets[kind] != nil {
			report, cpu, err := b.load(ctx, r, targets[kind])
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			cells[0] = fmt.Sprintf("%.0f", float64(report.Requests)/report.Took.Seconds())
			cells[1] = fmt.Sprintf("%.0f", cpu.Seconds()*1e6/float64(max(1, report.Requests)))
			cells[2] = fmt.Sprintf("%.1f", report.P99.Seconds()*1e3)
			if kind == warmOriginal {
				cells[2] = fmt.Sprintf("%.0f", float64(report.Bytes)/1e6/report.Took.Seconds())
			}
		}
		for i, cell := range cells {
			line += fmt.Sprintf("  %*s", widths[i], cell)
		}
	}
	memory := "-"
	if makes {
		memory = fmt.Sprintf("%.0f", float64(idle)/1e6)
	}
	b.printf("%s  %7s\n", line, memory)
	return nil
}

// ready waits until the server answers, workers and all.
func (r *runningServer) ready(ctx context.Context, root string) error {
	originals, err := originalTargets(root)
	if err != nil {
		return err
	}
	return r.answers(ctx, originals[0])
}

// answers waits until the server answers a target.
func (r *runningServer) answers(ctx context.Context, target string) error {
	for start := time.Now(); ; {
		answer, err := get(ctx, "http://"+r.host+target)
		if err == nil {
			return answer.Body.Close()
		}
		if ctx.Err() != nil || time.Since(start) > patience {
			return err
		}
		select {
		case <-r.done:
			return errors.New("ended before it answered")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// waitIdle waits until the server has nothing more to do.
func (r *runningServer) waitIdle(ctx context.Context) error {
	pid := r.cmd.Process.Pid
	last, err := treeTime(pid)
	for start, since := time.Now(), time.Now(); err == nil && time.Since(since) < idlePeriod && time.Since(start) < idleWait; {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		var now time.Duration
		if now, err = treeTime(pid); now-last > idleTime {
			last, since = now, time.Now()
		}
	}
	return err
}

// load asks for targets as fast as the server answers, and returns what the
// server took for it. The generator has the last core for itself, if there are
// several.
func (b *bench) load(ctx context.Context, r *runningServer, targets []string) (report loadReport, cpu time.Duration, err error) {
	pid := r.cmd.Process.Pid
	pinned := []string(nil)
	if _, err := exec.LookPath("taskset"); err == nil && b.cores > 1 {
		tree, err := processTree(pid)
		if err != nil {
			return report, 0, err
		}
		for pid := range tree {
			others := fmt.Sprintf("0-%d", b.cores-2)
			if said, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", others, fmt.Sprint(pid)).CombinedOutput(); err != nil {
				return report, 0, fmt.Errorf("taskset: %w: %s", err, firstLine(string(said)))
			}
		}
		pinned = []string{"taskset", "-c", fmt.Sprint(b.cores - 1)}
	}
	before, err := treeTime(pid)
	if err != nil {
		return report, 0, err
	}
	if _, err := exec.LookPath("wrk"); err == nil {
		report, err = b.wrk(ctx, pinned, r.host, targets, loadDuration)
		if err != nil {
			return report, 0, fmt.Errorf("wrk: %w", err)
		}
	} else {
		generator, err := startRole(ctx, "load", 1, pinned...)
		if err != nil {
			return report, 0, err
		}
		defer generator.stop()
		if err := generator.call(loadOrder{r.host, targets, connections, loadDuration, mostRequests}, &report); err != nil {
			return report, 0, fmt.Errorf("load: %w", err)
		}
	}
	after, err := treeTime(pid)
	return report, after - before, err
}

//go:embed wrk.lua
var wrkScript string

// wrk has wrk generate the load.
func (b *bench) wrk(ctx context.Context, pinned []string, host string, targets []string, duration time.Duration) (report loadReport, err error) {
	script, list := filepath.Join(b.scratch, "wrk.lua"), filepath.Join(b.scratch, "targets")
	if err := errors.Join(os.WriteFile(script, []byte(wrkScript), 0o600),
		os.WriteFile(list, []byte(strings.Join(targets, "\n")), 0o600)); err != nil {
		return report, err
	}
	args := append(pinned, "wrk", "-t1", fmt.Sprintf("-c%d", connections), fmt.Sprintf("-d%ds", int(duration.Seconds())),
		"--timeout", "20s", "-s", script, "http://"+host+"/")
	if b.header != "" {
		args = slices.Insert(args, len(args)-1, "-H", b.header)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "TARGETS="+list)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return report, fmt.Errorf("%w: %s", err, firstLine(string(out)))
	}
	_, text, _ := bytes.Cut(out, []byte("\nreport "))
	var said struct {
		loadReport
		Failed int `json:"failed"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return report, fmt.Errorf("%w: %s", err, out)
	}
	if said.Failed > 0 || said.Requests == 0 {
		return report, fmt.Errorf("%d requests, %d failed", said.Requests, said.Failed)
	}
	return said.loadReport, nil
}

// thumbnailFiles returns the request targets of the album's thumbnails as
// files.
func thumbnailFiles(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, albumName, "_thumbs"))
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && filepath.Ext(entry.Name()) == ".jpg" {
			targets = append(targets, "/"+albumName+"/_thumbs/"+url.PathEscape(entry.Name()))
		}
	}
	return targets, nil
}

// freeAddress returns an address where nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// nginxConfig serves files, and looks at links as gallery's own configuration
// does. Its arguments are a directory for what it writes, an address and the
// root.
const nginxConfig = `daemon off;
worker_processes auto;
pid %[1]s/pid;
error_log stderr;
events { worker_connections 512; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	types { image/jpeg jpg; }
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s;
		root %[3]s;
		disable_symlinks on from=%[3]s;
	}
}
`

func (b *bench) nginxServer(root string) (s server, err error) {
	s.name = "nginx"
	dir := filepath.Join(b.scratch, "nginx")
	if _, err := exec.LookPath("nginx"); err != nil {
		s.missing = "apt-get install nginx-light"
		return s, nil
	}
	if s.host, err = freeAddress(); err != nil {
		return s, err
	}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, dir, s.host, root)
	if os.Getuid() == 0 { // its workers would be somebody who may not look here
		text = "user root;\n" + text
	}
	s.command = func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, "nginx", "-p", dir, "-e", "stderr", "-c", config)
	}
	return s, errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(config, []byte(text), 0o600))
}

func (b *bench) caddyServer(root string) (s server, err error) {
	s.name = "Caddy"
	if _, err := exec.LookPath("caddy"); err != nil {
		s.missing = "apt-get install caddy"
		return s, nil
	}
	if s.host, err = freeAddress(); err != nil {
		return s, err
	}
	s.stderr = true
	s.command = func(ctx context.Context, _ string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "caddy", "file-server", "--root", root, "--listen", s.host)
		home := filepath.Join(b.scratch, "caddy")
		cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
		return cmd
	}
	return s, nil
}
