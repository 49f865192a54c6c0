package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

func vipsthumbnail() contender {
	const name = "vipsthumbnail"
	path, err := exec.LookPath(name)
	c := contender{name: name, anew: true, start: func(ctx context.Context) (runner, error) {
		return &vipsRunner{ctx: ctx, path: path}, nil
	}}
	if err != nil {
		c.missing = "apt-get install libvips-tools"
	}
	return c
}

// vipsRunner is vipsthumbnail, which starts anew for each photo and side.
type vipsRunner struct {
	ctx  context.Context
	path string
	most int64 // memory resident, bytes
}

// run makes a picture in a file whose ending is options' beginning.
func (r *vipsRunner) run(photo, out, options string, side int) (sample, error) {
	cmd := exec.CommandContext(r.ctx, r.path,
		"--vips-concurrency=1", "-s", fmt.Sprintf("%dx%d>", side, side), "-o", out+options, photo)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, firstLine(stderr.String()))
	}
	if err != nil {
		return sample{}, err
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.most = max(r.most, usage.Maxrss<<10)
	// Where it fails for a file, it says so and succeeds.
	ending, _, _ := strings.Cut(options, "[")
	made, err := os.Stat(out + ending)
	if err != nil {
		return sample{}, errors.New(firstLine(stderr.String()))
	}
	return sample{processTime(usage), made.Size()}, os.Rename(out+ending, out)
}

func (r *vipsRunner) reduce(photo, out string, sides []int) (sum sample, err error) {
	for _, side := range sides {
		s, err := r.run(photo, outOf(out, side), fmt.Sprintf(".jpg[Q=%d,strip]", quality), side)
		if err != nil {
			return s, err
		}
		sum.CPU, sum.Bytes = sum.CPU+s.CPU, sum.Bytes+s.Bytes
	}
	return sum, nil
}

func (r *vipsRunner) picture(photo, out string, sides []int) error {
	for _, side := range sides {
		if _, err := r.run(photo, outOf(out, side), ".png[compression=1,strip]", side); err != nil {
			return err
		}
	}
	return nil
}

func (r *vipsRunner) peak() (int64, error) { return r.most, nil }
func (r *vipsRunner) stop() error          { return nil }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
