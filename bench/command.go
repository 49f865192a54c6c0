package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func vipsthumbnail() contender {
	run := func(options string) func(photo, out string) []string {
		return func(photo, out string) []string {
			return []string{"--vips-concurrency=1", "-s", fmt.Sprintf("%dx%d>", side, side), "-o", out + options, photo}
		}
	}
	return command(contender{name: "vipsthumbnail"}, "vipsthumbnail", "libvips-tools",
		run(fmt.Sprintf(".jpg[Q=%d,strip]", quality)), run(".png[compression=1,strip]"))
}

func djpeg(denominator int) contender {
	c := contender{name: fmt.Sprintf("djpeg 1/%d", denominator), decodes: true}
	return command(c, "djpeg", "libjpeg-turbo-progs", func(photo, _ string) []string {
		return []string{"-scale", fmt.Sprintf("1/%d", denominator), "-outfile", os.DevNull, photo}
	}, nil)
}

// command completes a contender that is a command of a Debian package. The
// functions return its arguments; the name of the file it makes has an ending
// behind out.
func command(c contender, name, debian string, reduce, picture func(photo, out string) []string) contender {
	path, err := exec.LookPath(name)
	if err != nil {
		c.missing = "apt-get install " + debian
	}
	c.anew = true
	c.start = func(ctx context.Context) (runner, error) {
		return &commandRunner{ctx: ctx, path: path, reduceArgs: reduce, pictureArgs: picture}, nil
	}
	return c
}

// commandRunner is a contender that starts anew for each photo.
type commandRunner struct {
	ctx                     context.Context
	path                    string
	reduceArgs, pictureArgs func(photo, out string) []string
	most                    int64 // memory resident, bytes
}

func (r *commandRunner) run(args []string) (sample, error) {
	cmd := exec.CommandContext(r.ctx, r.path, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	s := sample{Wall: time.Since(start)}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		// djpeg exits with 2 if it had to warn of something in the file.
		if filepath.Base(r.path) != "djpeg" || exit.ExitCode() != 2 {
			return s, fmt.Errorf("%w: %s", err, firstLine(stderr.String()))
		}
	} else if err != nil {
		return s, err
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	s.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	r.most = max(r.most, usage.Maxrss<<10)
	return s, nil
}

func (r *commandRunner) reduce(photo, out string) (sample, error) {
	s, err := r.run(r.reduceArgs(photo, out))
	if err != nil {
		return s, err
	}
	if made, err := os.Stat(out + ".jpg"); err == nil {
		s.Bytes = made.Size()
	}
	return s, nil
}

func (r *commandRunner) picture(photo, out string) error {
	if _, err := r.run(r.pictureArgs(photo, out)); err != nil {
		return err
	}
	return os.Rename(out+".png", out)
}

func (r *commandRunner) peak() (int64, error) { return r.most, nil }
func (r *commandRunner) stop() error          { return nil }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
