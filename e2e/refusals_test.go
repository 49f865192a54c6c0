package e2e

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gauge returns the value of a metric that the program shows on a socket.
func gauge(t *testing.T, socket, name string) float64 {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}, DisableKeepAlives: true}}
	response, err := client.Get("http://localhost/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// Folders that may not be read or written are heard of: one line for each, and counts.
func TestFault_refusals(t *testing.T) {
	t.Parallel()
	dir, sockets := t.TempDir(), t.TempDir()
	for _, album := range []string{"closed", "open", "full", "fuller"} {
		draw(t, filepath.Join(dir, album, "1.jpg"), 600, 400, 1)
	}
	modes := map[string]fs.FileMode{"closed": 0o700, "open": 0o777, "full": 0o755, "fuller": 0o755}
	for album, mode := range modes {
		if err := os.Chmod(filepath.Join(dir, album), mode); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(sockets, 0o777)
	os.Chmod(filepath.Dir(sockets), 0o755)
	socket := filepath.Join(sockets, "debug")
	p := asNobody(t, "-debug", "unix:"+socket, dir)
	look := func() {
		for _, path := range []string{"/", "/closed/", "/open/", "/full/", "/fuller/", "/full/_thumbs/1.jpg", "/fuller/_thumbs/1.jpg"} {
			p.send("GET", path)
		}
	}
	for range 3 {
		look()
		time.Sleep(time.Second) // until the listings are read anew
	}
	for text, want := range map[string]int{"album=closed": 1, "folder=full/_thumbs": 1, "folder=fuller/_thumbs": 1, "album=open": 0} {
		if n := p.log.count(text); n != want {
			t.Errorf("%d lines of the log have %s, want %d", n, text, want)
		}
	}
	for name, want := range map[string]float64{"gallery_unreadable_albums": 1, "gallery_unstored_thumbnails": 2} {
		if got := gauge(t, socket, name); got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if gauge(t, socket, "gallery_free_bytes") <= 0 {
		t.Error("no space is left, by the metrics")
	}
	for album := range modes {
		if err := os.Chmod(filepath.Join(dir, album), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		time.Sleep(200 * time.Millisecond)
		look()
		if gauge(t, socket, "gallery_unreadable_albums") == 0 && gauge(t, socket, "gallery_unstored_thumbnails") == 0 {
			return
		}
	}
	t.Error("what can be read and stored again is still counted")
}

// Where nothing can be stored, warming fails: that only photos that are no pictures are left
// out, which a unit may count as success, is said of nothing else.
func TestFault_warmStoresNothing(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		lacks(t, "the program is to run as another user, which takes root")
	}
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "1.jpg"), 600, 400, 1)
	warm := func(as *syscall.SysProcAttr) (int, string) {
		command := exec.Command(binary, "warm", dir)
		command.SysProcAttr = as
		out, err := command.CombinedOutput()
		if err != nil && command.ProcessState == nil {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode(), string(out)
	}
	const nobody = 65534
	if code, out := warm(&syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}); code != 1 {
		t.Errorf("where it may not write it ends with %d: %s", code, out)
	}
	put(t, filepath.Join(dir, "2.jpg"), []byte("no picture"))
	if code, out := warm(nil); code != 3 {
		t.Errorf("with a photo that is no picture it ends with %d: %s", code, out)
	}
}
