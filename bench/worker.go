package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// roleVariable is the environment variable that makes a copy of this program
// a worker. What is measured runs in workers, and so does all that takes much
// memory: a child's peak, as the kernel reports it, is never below its
// parent's.
const roleVariable = "GALLERY_BENCH_ROLE"

// role answers one request after the other.
type role func(request json.RawMessage) (answer any, err error)

func roleOf(name string) (role, error) {
	switch name {
	case "gallery":
		return reduceOurs, nil
	case "convert":
		return convertPicture, nil
	case "code":
		return codePicture, nil
	case "judge":
		return judge(), nil
	case "draw":
		return drawPicture, nil
	case "load":
		return generateLoad, nil
	}
	return nil, fmt.Errorf("unknown role %q", name)
}

// work is a worker: it reads one JSON value for each request and writes one
// line of JSON for each answer, until there are no more.
func work(name string, in io.Reader, out io.Writer) error {
	role, err := roleOf(name)
	if err != nil {
		return err
	}
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var request json.RawMessage
		if err := requests.Decode(&request); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		answer, err := role(request)
		if err != nil {
			answer = failure{err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// failure is an answer instead of the one expected.
type failure struct {
	Error string `json:"error"`
}

// worker is a running worker, of this program or one that does as it does.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startRole starts a copy of this program in the given role, on so many
// threads, perhaps behind another command.
func startRole(ctx context.Context, name string, threads int, behind ...string) (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(behind, self)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), roleVariable+"="+name, fmt.Sprintf("GOMAXPROCS=%d", threads))
	return startWorker(cmd)
}

func startWorker(cmd *exec.Cmd) (*worker, error) {
	w := &worker{cmd: cmd}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewReader(out)
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 10 * time.Second
	return w, cmd.Start()
}

// call has a request answered.
func (w *worker) call(request, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("worker has ended: %w", err)
	}
	if line, err = w.out.ReadBytes('\n'); err != nil {
		return fmt.Errorf("worker has ended: %w", err)
	}
	var failed failure
	if err := json.Unmarshal(line, &failed); err != nil {
		return err
	}
	if failed.Error != "" {
		return errors.New(failed.Error)
	}
	return json.Unmarshal(line, answer)
}

// peak returns the most memory that it had resident so far, in bytes.
func (w *worker) peak() (int64, error) {
	return memory(w.cmd.Process.Pid, "status", "VmHWM")
}

// stop has the worker end.
func (w *worker) stop() error {
	w.in.Close()
	return w.cmd.Wait()
}
