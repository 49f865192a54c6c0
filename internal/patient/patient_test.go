package patient

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gallery/internal/nolink"
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
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan int64, 1)
	server := &http.Server{WriteTimeout: total, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		var from io.Reader = struct{ io.Reader }{bytes.NewReader(data)}
		if file {
			f := open(t, path)
			defer f.Close()
			from = io.NewSectionReader(f, 0, int64(len(data)))
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

// open opens a file to be served.
func open(t *testing.T, path string) *nolink.Handle {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	below, err := nolink.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := below.File(filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return f
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

func patient(l net.Listener) net.Listener { return listener{l, testPieceTime} }
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
