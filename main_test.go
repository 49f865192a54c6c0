package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gallery/internal/listen"
	"gallery/internal/patient"
)

// TestMain lets the scripts in testdata/script run this program as gallery.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gallery": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// A port that is taken for as long as the script runs.
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { taken.Close() })
			env.Setenv("TAKEN", taken.Addr().String())
			me, err := user.Current()
			if err != nil {
				return err
			}
			env.Setenv("ME", me.Username)
			socket, err := net.Listen("unix", filepath.Join(env.WorkDir, "taken.sock"))
			if err != nil {
				return err
			}
			env.Defer(func() { socket.Close() })
			writeLarge(t, filepath.Join(env.WorkDir, "pictures", "1.jpg"), 1000, 600, 1)
			write(t, filepath.Join(env.WorkDir, "pictures", "Trip", "2.jpg"), 300, 400, 2)
			return nil
		},
	})
}

// A socket file that nobody listens on any more is replaced.
func TestListen_staleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()
	l, err := listen.Listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has mode %v, %v, want 0660", info.Mode(), err)
	}
}

// A file that is no socket is not touched.
func TestListen_notASocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "photo.jpg")
	writeFile(t, path, []byte("sacred"))
	if _, err := listen.Listen("unix:" + path); err == nil {
		t.Error("listening on a photo's name succeeded")
	}
	if data, _ := os.ReadFile(path); string(data) != "sacred" {
		t.Error("the file was changed")
	}
}

func TestRun_endsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-listen", "127.0.0.1:0", t.TempDir()}, in, in) }()
	line := make([]byte, 200)
	if n, err := out.Read(line); err != nil || !strings.Contains(string(line[:n]), "http://127.0.0.1:") {
		t.Errorf("it says %q, %v", line, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run = %v, want nil after its context ended", err)
	}
}

// hostSite runs the program at a loopback address, with metrics at another, until the test ends.
func hostSite(t *testing.T, flags ...string) (site, debug string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	args := append([]string{"-listen", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, flags...)
	go func() { ended <- run(ctx, append(args, t.TempDir()), in, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)
	lines := bufio.NewScanner(out)
	var found []string
	for len(found) < 2 && lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			found = append(found, m[1])
		}
	}
	if len(found) < 2 {
		t.Fatalf("it says the addresses %q", found)
	}
	return found[0], found[1]
}

// At a loopback address no name of another site's is answered to; behind a proxy any is, and
// where -host names some, none but these. Metrics never are, by another name.
func TestRun_hosts(t *testing.T) {
	for _, test := range []struct {
		flags                        []string
		localhost, given, evil, info int // what is answered, and for evil at -debug
	}{
		{nil, 200, 421, 421, 421},
		{[]string{"-host", "photos.lan, other.lan"}, 200, 200, 421, 421},
		{[]string{"-trust-proxy"}, 200, 200, 200, 421},
		{[]string{"-trust-proxy", "-host", "photos.lan"}, 200, 200, 421, 421},
	} {
		site, debug := hostSite(t, test.flags...)
		ask := func(at, path, host string) int {
			r, err := http.NewRequest("GET", "http://"+at+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode
		}
		for _, one := range []struct {
			at, path, host string
			want           int
		}{
			{site, "/", site, 200}, {site, "/", "localhost:1", test.localhost}, {site, "/", "Photos.lan", test.given}, {site, "/", "evil.example", test.evil},
			{site, "/.health", "evil.example", test.evil}, {debug, "/metrics", debug, 200}, {debug, "/metrics", "localhost", 200},
			{debug, "/metrics", "evil.example", test.info}, {debug, "/debug/pprof/", "evil.example:1", test.info},
		} {
			if got := ask(one.at, one.path, one.host); got != one.want {
				t.Errorf("with %q, GET %s of Host: %s = %d, want %d", test.flags, one.path, one.host, got, one.want)
			}
		}
	}
	for _, names := range []string{"", "a b", "photos.lan:80", "http://photos.lan", "photos.lan,", "[::1]", "*"} {
		if _, err := parseFlags([]string{"-host=" + names}, io.Discard); err == nil {
			t.Errorf("-host %q is taken", names)
		}
	}
}

// What is announced and never sent does not hold a connection.
func TestServe_timeLimits(t *testing.T) {
	s := smallSite(t)
	web := newHTTPServer(s.server, s.server.log)
	for name, limit := range map[string]time.Duration{
		"header": web.ReadHeaderTimeout, "request": web.ReadTimeout, "idle": web.IdleTimeout,
	} {
		if limit <= 0 || limit > 2*time.Minute {
			t.Errorf("the %s may take %v", name, limit)
		}
	}
	if web.WriteTimeout != 0 {
		t.Error("long downloads are cut")
	}
	web.ReadHeaderTimeout, web.ReadTimeout = 300*time.Millisecond, 300*time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go web.Serve(l)
	defer web.Close()
	for _, request := range []string{
		"GET /Trip/1.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nx",
		"GET /Tr",
		"",
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, request)
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Errorf("after %.30q the connection stays open: %v", request, err)
		}
		if strings.HasSuffix(request, "\r\nhe") && !bytes.HasPrefix(answer, []byte("HTTP/1.1 ")) {
			t.Errorf("%.30q is answered with %.30q", request, answer)
		}
		conn.Close()
	}
}

// deadlines accepts connections that tell when a deadline for writing is set.
type deadlines struct {
	net.Listener
	set chan time.Time
}

func (l deadlines) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return deadlineConn{c, l.set}, err
}

type deadlineConn struct {
	net.Conn
	set chan time.Time
}

func (c deadlineConn) SetWriteDeadline(t time.Time) error {
	select {
	case c.set <- t:
	default:
	}
	return c.Conn.SetWriteDeadline(t)
}

// The program listens through a patient.listener.
func TestServe_isPatient(t *testing.T) {
	s := smallSite(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	set := make(chan time.Time, 1)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, deadlines{l, set}, false, s.server, s.server.log) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/Trip/1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	select {
	case at := <-set:
		if left := time.Until(at); left <= 0 || left > patient.PieceTime {
			t.Errorf("a piece may take %v", left)
		}
	default:
		t.Error("an answer was written without a deadline")
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
