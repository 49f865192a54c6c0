package main

import (
	"context"
	_ "embed"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// contender is one way to reduce photos.
type contender struct {
	name    string
	missing string // what it lacks, where it cannot run
	decodes bool   // it only decodes: there is no thumbnail and no picture
	anew    bool   // a process of its own for each photo
	start   func(ctx context.Context) (runner, error)
}

// runner is a contender at work, on one thread.
type runner interface {
	// reduce makes a thumbnail in a file.
	reduce(photo, out string) (sample, error)
	// picture writes what reduce would encode as PNG.
	picture(photo, out string) error
	// peak returns the most memory that a process had resident so far, in
	// bytes.
	peak() (int64, error)
	stop() error
}

// sample is what one photo took.
type sample struct {
	CPU   time.Duration `json:"cpu"` // user and system
	Wall  time.Duration `json:"wall"`
	Bytes int64         `json:"bytes"` // of the thumbnail
}

// contenders returns all, in the order of the table's rows.
func contenders() []contender {
	all := []contender{
		{name: "gallery", start: inRole("gallery")},
		{name: "imaging", start: inRole("imaging")},
		vipsthumbnail(),
		pillow(),
	}
	for _, denominator := range []int{8, 4, 1} {
		all = append(all, djpeg(denominator))
	}
	return all
}

// inRole starts this program in a role that reduces photos.
func inRole(name string) func(context.Context) (runner, error) {
	return func(ctx context.Context) (runner, error) {
		w, err := startRole(ctx, name, 1)
		return workerRunner{w}, err
	}
}

// order asks a worker for a thumbnail, or for the picture that it shows.
type order struct {
	Photo   string `json:"photo"`
	Out     string `json:"out"`
	Picture bool   `json:"picture"`
}

// workerRunner is a contender that lives on from photo to photo.
type workerRunner struct{ *worker }

func (r workerRunner) reduce(photo, out string) (s sample, err error) {
	return s, r.call(order{photo, out, false}, &s)
}

func (r workerRunner) picture(photo, out string) error {
	return r.call(order{photo, out, true}, &sample{})
}

func (r workerRunner) peak() (int64, error) {
	return memory(r.cmd.Process.Pid, "status", "VmHWM")
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
			w, err := startWorker(exec.CommandContext(ctx, python, "-c", pillowScript, strconv.Itoa(side), strconv.Itoa(quality)))
			return workerRunner{w}, err
		},
	}
}
