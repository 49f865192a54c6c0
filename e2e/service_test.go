package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The shipped units are shut in: systemd's own measure of exposure is 2.0 or
// lower of 10.
func TestSystemd_security(t *testing.T) {
	t.Parallel()
	analyze := need(t, "systemd-analyze", "systemd")
	for _, name := range []string{"gallery.service", "gallery-warm.service", "gallery-clean.service"} {
		unit := filepath.Join("..", "deploy", "systemd", name)
		out, err := exec.Command(analyze, "security", "--offline=true", unit).CombinedOutput()
		m := regexp.MustCompile(`Overall exposure level for ` + name + `: ([0-9.]+)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("systemd-analyze security: %v\n%s", err, out)
		}
		if level, _ := strconv.ParseFloat(string(m[1]), 64); level > 2.0 {
			t.Errorf("the exposure level of %s is %v, want at most 2.0", name, level)
		}
	}
}

func TestSystemd_verify(t *testing.T) {
	t.Parallel()
	analyze := need(t, "systemd-analyze", "systemd")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"gallery.service", "gallery.socket", "gallery-debug.socket", "gallery-warm.service", "gallery-warm.timer", "gallery-clean.service", "gallery-clean.timer"} {
		data, err := os.ReadFile(filepath.Join("..", "deploy", "systemd", name))
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(dir, name)
		put(t, unit, bytes.ReplaceAll(data, []byte("/usr/local/bin/gallery"), []byte(binary)))
		units = append(units, unit)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=false"}, units...)...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// startHanded starts the program with these sockets handed over as systemd does it, by
// name, until the test ends.
func startHanded(t *testing.T, sockets map[string]net.Listener, args ...string) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, binary}, args...)...)
	var names []string
	for name, l := range sockets {
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		names, cmd.ExtraFiles = append(names, name), append(cmd.ExtraFiles, f)
	}
	cmd.Env = append(os.Environ(), fmt.Sprint("LISTEN_FDS=", len(names)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	cmd.Stderr = testLog{t}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("after SIGTERM: %v", err)
		}
	})
}

// Sockets that systemd hands over go before -listen and -debug, and each is for what its
// name says.
func TestListen_socketsFromSystemd(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"gallery.socket"}, {"gallery.socket", "debug"}} {
		dir := t.TempDir()
		draw(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
		sockets := map[string]net.Listener{}
		for _, name := range names {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			sockets[name] = l
		}
		args := []string{"-listen", "127.0.0.1:1", "-host", "gallery.example.com", dir}
		if sockets["debug"] != nil {
			args = append([]string{"-debug", "127.0.0.1:1"}, args...)
		}
		startHanded(t, sockets, args...)
		for name, l := range sockets {
			want := map[string]int{"/": 200, "/1.jpg": 200, "/metrics": 404}
			if name == "debug" {
				want = map[string]int{"/1.jpg": 404, "/metrics": 200, "/debug/pprof/": 200}
			}
			for target, status := range want {
				if got := send(t, l.Addr().String(), false, "GET", target); got.StatusCode != status {
					t.Errorf("of %q, GET %s over the socket %s = %d, want %d", names, target, name, got.StatusCode, status)
				}
			}
		}
	}
}

// Metrics can be had on a socket file, too.
func TestListen_debugUnixSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "photos", "1.jpg"), 60, 40, 1)
	socket := filepath.Join(dir, "debug")
	p := start(t, []string{"GALLERY_DEBUG=unix:" + socket}, filepath.Join(dir, "photos"))
	p.shows("/")
	client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", socket)
	}}}
	defer client.CloseIdleConnections()
	// The profile names at least one allocation, and the usual rate (twice, as pprof takes it).
	for target, want := range map[string]string{"/metrics": `gallery_`, "/debug/pprof/allocs?debug=1": `(?s)\Aheap profile: \d+: \d+ \[[1-9]\d*: [1-9]\d*\] @ heap/1048576\n`} {
		resp, err := client.Get("http://localhost" + target)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !regexp.MustCompile(want).Match(body) {
			t.Errorf("GET %s over the socket = %d, %.100q, %v", target, resp.StatusCode, body, err)
		}
	}
}

func TestListen_unixSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "photos", "1.jpg"), 60, 40, 1)
	socket := filepath.Join(dir, "s")
	cmd := exec.Command(binary, "-listen", "unix:"+socket, filepath.Join(dir, "photos"))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 500)
	if n, err := stdout.Read(line); err != nil || !strings.Contains(string(line[:n]), "unix:"+socket) {
		t.Errorf("it says %q, %v", line[:n], err)
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", socket)
	}}}
	if resp, err := client.Get("http://gallery/1.jpg"); err != nil || resp.StatusCode != 200 {
		t.Errorf("GET over the socket: %v", err)
	}
	client.CloseIdleConnections()
	cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGINT: %v", err)
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket file is still there")
	}
}

// SIGTERM lets a request under way finish: a download arrives whole.
func TestShutdown_letsRequestsFinish(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	put(t, filepath.Join(dir, "large.jpg"), large)
	p := start(t, nil, dir)
	resp, err := http.Get(p.url + "/large.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	p.cmd.Process.Signal(syscall.SIGTERM)
	body, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Equal(body, large) {
		t.Errorf("%d of %d bytes arrived, %v", len(body), len(large), err)
	}
	p.wait()
}

// Fifty visitors of one cold album: nothing fails, and each thumbnail is made
// once, so that none changes any more after the first page has come.
func TestSoak_fiftyVisitors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const photos, visitors = 30, 50
	for i := range photos {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 1000, 750, i)
	}
	guard(t, dir)
	p := start(t, nil, dir)
	var mu sync.Mutex
	seen := map[string]time.Time{}
	var all sync.WaitGroup
	for range visitors {
		all.Go(func() {
			resp, err := http.Get(p.url + "/a/")
			if err != nil {
				t.Error(err)
				return
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("a page = %d, %v", resp.StatusCode, err)
			}
			sources := regexp.MustCompile(`img src="([^"?]+)`).FindAllSubmatch(body, -1)
			if len(sources) != photos {
				t.Errorf("a page shows %d photos, want %d", len(sources), photos)
			}
			for _, m := range sources {
				info, err := os.Stat(filepath.Join(dir, string(m[1])))
				if err != nil {
					t.Error(err)
					continue
				}
				mu.Lock()
				if was, ok := seen[string(m[1])]; ok && !was.Equal(info.ModTime()) {
					t.Errorf("%s was made twice", m[1])
				}
				seen[string(m[1])] = info.ModTime()
				mu.Unlock()
			}
		})
	}
	all.Wait()
}
