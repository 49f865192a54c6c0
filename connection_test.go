package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowly accepts connections whose buffers are small, so that what a client
// does not take is felt at once.
type slowly struct{ net.Listener }

func (l slowly) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		err = c.(*net.TCPConn).SetWriteBuffer(64 << 10)
	}
	return c, err
}

// slowDownload serves 8 MB, wraps the listener as the test says, and returns a
// connection that has asked for them, and what the handler has written once
// it returns.
func slowDownload(t *testing.T, file bool, wrap func(net.Listener) net.Listener, total time.Duration) (net.Conn, <-chan int64) {
	t.Helper()
	data := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	path := filepath.Join(t.TempDir(), "x")
	writeFile(t, path, data)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan int64, 1)
	server := &http.Server{WriteTimeout: total, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		var from io.Reader = struct{ io.Reader }{bytes.NewReader(data)}
		if file {
			f, err := os.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			from = f
		}
		n, _ := io.Copy(w, from) // an error shows in n
		wrote <- n
	})}
	go server.Serve(wrap(slowly{l}))
	t.Cleanup(func() { server.Close() })
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
	}}
	conn, err := dialer.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	return conn, wrote
}

// readSlowly takes n bytes from a connection, 64 kB every 10 ms.
func readSlowly(conn net.Conn, n int) (int, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	piece := make([]byte, 64<<10)
	for got := 0; ; {
		<-tick.C
		m, err := conn.Read(piece)
		if got += m; got >= n || err != nil {
			return got, err
		}
	}
}

const testPieceTime = 400 * time.Millisecond

func patient(l net.Listener) net.Listener { return patientListener{l, testPieceTime} }
func plainly(l net.Listener) net.Listener { return l }

// Who takes nothing is cut; without the listener, he holds a goroutine and a
// file for as long as he likes.
func TestPatientListener_cuts(t *testing.T) {
	for _, file := range []bool{false, true} {
		_, wrote := slowDownload(t, file, patient, 0)
		_, wroteWithout := slowDownload(t, file, plainly, 0)
		select {
		case n := <-wrote:
			if n >= 8<<20 {
				t.Errorf("file %v: all %d bytes were taken by a client that takes none", file, n)
			}
		case <-time.After(20 * testPieceTime):
			t.Errorf("file %v: a client that takes nothing is not cut", file)
		}
		select {
		case n := <-wroteWithout:
			t.Errorf("file %v: without a deadline the client was cut after %d bytes", file, n)
		default:
		}
	}
}

// Who takes his time but takes gets all of it, however long that is; with a
// time limit for the whole he would not.
func TestPatientListener_longDownload(t *testing.T) {
	for _, file := range []bool{false, true} {
		conn, _ := slowDownload(t, file, patient, 0)
		start := time.Now()
		if n, err := readSlowly(conn, 8<<20); n < 8<<20 {
			t.Errorf("file %v: %d of %d bytes arrived, %v", file, n, 8<<20, err)
		}
		if took := time.Since(start); took < 2*testPieceTime {
			t.Errorf("file %v: it took %v, no longer than a piece may", file, took)
		}
		conn, _ = slowDownload(t, file, plainly, testPieceTime)
		if n, err := readSlowly(conn, 8<<20); err == nil || n >= 8<<20 {
			t.Errorf("file %v: %d bytes arrived within a limit for the whole, %v", file, n, err)
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

// The program listens through a patientListener.
func TestServe_isPatient(t *testing.T) {
	s := smallSite(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	set := make(chan time.Time, 1)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, deadlines{l, set}, s.server, s.server.log) }()
	resp, err := http.Get("http://" + l.Addr().String() + "/Trip/1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	select {
	case at := <-set:
		if left := time.Until(at); left <= 0 || left > pieceTime {
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
