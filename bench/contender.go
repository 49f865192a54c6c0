package main

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// contender is one way to reduce photos.
type contender struct {
	name    string
	missing string // what it lacks, where it cannot run
	anew    bool   // a process of its own for each photo
	start   func(ctx context.Context) (runner, error)
}

// runner is a contender at work, on one thread.
type runner interface {
	// reduce makes thumbnails whose longer side has so many pixels at most.
	// Only gallery's is ever asked for several. They are in files whose names
	// begin with out.
	reduce(photo, out string, sides []int) (sample, error)
	// picture writes what reduce would encode as PNG, to files as named by
	// outOf.
	picture(photo, out string, sides []int) error
	// peak returns the most memory that a process had resident so far, in
	// bytes.
	peak() (int64, error)
	stop() error
}

// outOf names a file for what is made at a side.
func outOf(out string, side int) string { return fmt.Sprintf("%s-%d", out, side) }

// sample is what one photo took.
type sample struct {
	CPU   time.Duration `json:"cpu"`   // user and system
	Bytes int64         `json:"bytes"` // of what was made
}

// contenderNames are of all, in the order of the tables' columns.
var contenderNames = [...]string{"gallery", "vipsthumbnail", "sharp", "Pillow"}

// contenders returns all, in that order.
func contenders() []contender {
	return []contender{
		{name: "gallery", start: func(ctx context.Context) (runner, error) {
			w, err := startRole(ctx, "gallery", 1)
			return galleryRunner{w}, err
		}},
		vipsthumbnail(),
		sharp(),
		pillow(),
	}
}

// galleryOrder asks for a photo at all the given sides.
type galleryOrder struct {
	Photo   string `json:"photo"`
	Out     string `json:"out"`
	Sides   []int  `json:"sides"` // the largest first
	Picture bool   `json:"picture"`
}

type galleryRunner struct{ *worker }

func (r galleryRunner) reduce(photo, out string, sides []int) (s sample, err error) {
	return s, r.call(galleryOrder{photo, out, sides, false}, &s)
}

func (r galleryRunner) picture(photo, out string, sides []int) error {
	return r.call(galleryOrder{photo, out, sides, true}, &sample{})
}

// order asks a script for a thumbnail, or for the picture that it shows.
type order struct {
	Photo   string `json:"photo"`
	Out     string `json:"out"`
	Side    int    `json:"side"`
	Picture bool   `json:"picture"`
}

// scriptRunner is a peer that lives on from photo to photo.
type scriptRunner struct{ *worker }

func (r scriptRunner) reduce(photo, out string, sides []int) (sum sample, err error) {
	for _, side := range sides {
		var s sample
		if err := r.call(order{photo, outOf(out, side), side, false}, &s); err != nil {
			return s, err
		}
		sum.CPU, sum.Bytes = sum.CPU+s.CPU, sum.Bytes+s.Bytes
	}
	return sum, nil
}

func (r scriptRunner) picture(photo, out string, sides []int) error {
	for _, side := range sides {
		if err := r.call(order{photo, outOf(out, side), side, true}, &sample{}); err != nil {
			return err
		}
	}
	return nil
}

// python is Debian's, which has the peers as Debian packages.
const python = "/usr/bin/python3"

// lacksPython says which Debian packages are missing, "" if none is.
func lacksPython(packages ...string) string {
	var missing []string
	for _, name := range packages {
		module := map[string]string{"python3-pil": "PIL", "python3-flask": "flask", "gunicorn": "gunicorn"}[name]
		if exec.Command(python, "-c", "import "+module).Run() != nil {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return ""
	}
	return "apt-get install " + strings.Join(missing, " ")
}

//go:embed pillow.py
var pillowScript string

func pillow() contender {
	return contender{
		name:    "Pillow",
		missing: lacksPython("python3-pil"),
		start: func(ctx context.Context) (runner, error) {
			w, err := startWorker(exec.CommandContext(ctx, python, "-c", pillowScript, strconv.Itoa(quality)))
			return scriptRunner{w}, err
		},
	}
}

// sharpDir is where sharp is installed, of this module's own.
var sharpDir = filepath.Join("bench", "sharp")

func sharp() contender {
	c := contender{
		name: "sharp",
		start: func(ctx context.Context) (runner, error) {
			w, err := startWorker(exec.CommandContext(ctx, "node", filepath.Join(sharpDir, "reduce.cjs"), strconv.Itoa(quality)))
			return scriptRunner{w}, err
		},
	}
	if versionOf(sharpVersion(context.Background())) == "-" {
		c.missing = "npm ci --prefix " + sharpDir
	}
	return c
}

func sharpVersion(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", "-p", "require('sharp').versions.sharp")
	cmd.Dir = sharpDir
	return cmd
}
