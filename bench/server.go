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
	host    string         // instead of a banner, of one that says nothing: HOST:PORT
}

// compareServers measures all servers, and commands that make as much, and
// writes tables.
func (b *bench) compareServers(ctx context.Context, photos []photoFile) error {
	binary, err := b.buildGallery(ctx)
	if err != nil {
		return err
	}
	gallery := galleryServer(binary)
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
	if err := b.compareMaking(ctx, root, binary, photos, gallery, flask); err != nil {
		return err
	}
	return b.compareServing(ctx, root, gallery, flask)
}

// buildGallery builds the program as it is released.
func (b *bench) buildGallery(ctx context.Context) (binary string, err error) {
	binary = filepath.Join(b.scratch, "gallery")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "gallery")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return binary, nil
}

func galleryServer(binary string) server {
	return server{
		name: "gallery",
		command: func(ctx context.Context, root string) *exec.Cmd {
			return exec.CommandContext(ctx, binary, "-listen", "127.0.0.1:0", root)
		},
		banner: regexp.MustCompile(` is at http://([^/]+)/ `),
	}
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
	if s.host != "" {
		host <- s.host
	}
	go func() {
		defer close(r.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&r.said, lines.Text())
			if s.banner == nil {
				continue
			}
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
