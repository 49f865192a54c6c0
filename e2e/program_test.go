// Package e2e tests the program as its users meet it: the built binary, real
// nginx with the files that are shipped, and real Chromium, Firefox and WebKit.
package e2e

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the built program; TestMain makes it.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gallery-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil { // some tests run it as another user
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		binary = filepath.Join(dir, "gallery")
		build := exec.Command("go", "build", "-trimpath", "-o", binary, "gallery")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
			return 1
		}
		defer shared.close()
		return m.Run()
	}())
}

// lacks ends a test for want of something that this machine does not have: on a
// laptop it is skipped, and where CI is set it fails.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// need returns the path of a tool that the test cannot do without.
func need(t *testing.T, tool, debianPackage string) string {
	t.Helper()
	for _, name := range []string{tool, "/usr/sbin/" + tool} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacks(t, "%s is not installed (Debian: apt-get install %s)", tool, debianPackage)
	return ""
}

// program is a running gallery.
type program struct {
	t   *testing.T
	cmd *exec.Cmd
	url string // without a slash at its end
	log said   // on standard error
}

// said keeps what a process writes.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// count is how many times the text was written so far.
func (s *said) count(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), text)
}

var startLine = regexp.MustCompile(` is at http://([^/]+)/\S* `)

// start runs the program on a free port until the test ends.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	return startAs(t, nil, env, args...)
}

// proxy returns one before the program, which passes each piece of an answer on at once.
func (p *program) proxy() *httputil.ReverseProxy {
	p.t.Helper()
	to, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.FlushInterval = -1
	return proxy
}

// startAs runs it as another user, perhaps.
func startAs(t *testing.T, as *syscall.SysProcAttr, env []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(binary, append([]string{"-listen", "127.0.0.1:0", "-host", "gallery.example.com,example.org,x"}, args...)...)}
	p.cmd.SysProcAttr = as
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = io.MultiWriter(testLog{t}, &p.log)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if m := startLine.FindStringSubmatch(lines.Text()); m != nil {
			p.url = "http://" + m[1]
			return p
		}
	}
	t.Fatal("the program ended without saying where it listens")
	return nil
}

// stop ends the program as systemd does, unless it was waited for.
func (p *program) stop() {
	if p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.wait()
}

// wait waits until the program, which has had its signal, ends; it must exit
// with 0. A second signal would end it at once.
func (p *program) wait() {
	timer := time.AfterFunc(20*time.Second, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("after SIGTERM the program ended with %v", err)
	}
}

// testLog passes what a process writes on to the test's log.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

// picture is what draw draws: these arguments give the same bytes again.
type picture struct{ width, height, seed int }

// drawn holds the JPEG of each picture that was drawn: many tests want the same ones, and a
// large one takes half a second.
var drawn sync.Map

// bytes returns the picture as a JPEG, which must not be changed.
func (p picture) bytes(t *testing.T) []byte {
	t.Helper()
	if data, ok := drawn.Load(p); ok {
		return data.([]byte)
	}
	m := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for y := range p.height {
		for x := range p.width {
			m.SetRGBA(x, y, color.RGBA{uint8(x * 255 / p.width), uint8(y * 255 / p.height), uint8(p.seed * 37), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	drawn.Store(p, b.Bytes())
	return b.Bytes()
}

// draw writes a JPEG of the given size.
func draw(t *testing.T, path string, width, height, seed int) {
	t.Helper()
	put(t, path, picture{width, height, seed}.bytes(t))
}

// fill puts n photos into an album, 1.jpg and so on, which have these sizes by
// turns.
func fill(t *testing.T, album string, n int, sizes ...[2]int) {
	t.Helper()
	for i := range n {
		kind := i % len(sizes)
		draw(t, filepath.Join(album, fmt.Sprintf("%d.jpg", i+1)), sizes[kind][0], sizes[kind][1], kind)
	}
}

// drawLarge writes a JPEG of so many bytes that a page shows its preview and
// not the original; what makes it large lies behind the picture.
func drawLarge(t *testing.T, path string, width, height, seed int) {
	t.Helper()
	put(t, path, slices.Concat(picture{width, height, seed}.bytes(t), make([]byte, 3<<20)))
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// guard fails the test if, at its end, anything in dir outside _thumbs is not
// as it is now: bytes, mtime, mode and name.
func guard(t *testing.T, dir string) {
	t.Helper()
	before := describe(t, dir)
	t.Cleanup(func() {
		after := describe(t, dir)
		for name, was := range before {
			if after[name] != was {
				t.Errorf("%s was %s and is now %s", name, was, after[name])
			}
			delete(after, name)
		}
		for name := range after {
			t.Errorf("%s has appeared beside the originals", name)
		}
	})
}

func describe(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "_thumbs" {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var sum [32]byte
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum = sha256.Sum256(data)
		}
		all[path] = fmt.Sprintf("%v %v %x", info.Mode(), info.ModTime(), sum)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
