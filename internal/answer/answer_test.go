package answer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gallery/internal/patient"
)

// counting counts the writes to the connections that it accepts.
type counting struct {
	net.Listener
	writes *atomic.Int64
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, l.writes}, err
}

type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// A small file is answered by one write, with the bytes and the header that
// http.ServeContent would give it, whatever its size, and so is the next on the connection.
func TestFile_oneWrite(t *testing.T) {
	dir := t.TempDir()
	modified := time.Date(2014, 7, 1, 12, 0, 0, 5e8, time.UTC)
	var writes atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ConnContext: patient.ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(filepath.Join(dir, filepath.Base(r.URL.Path)))
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Error(err)
			return
		}
		if r.URL.Query().Has("reference") {
			w.Header().Set("Content-Type", "image/jpeg")
			w.Header().Set("Cache-Control", Revalidate)
			w.Header().Set("ETag", `"`+Validator(modified, info.Size())+`"`)
			http.ServeContent(w, r, "", modified, f)
			return
		}
		File(w, r, f, modified, info.Size(), "image/jpeg", Revalidate)
	})}
	go server.Serve(patient.Listener(counting{l, &writes}))
	t.Cleanup(func() { server.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	ask := func(method, target, header string) (http.Header, []byte, int) {
		t.Helper()
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, header)
		resp, err := http.ReadResponse(answers, &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Header.Del("Date")
		return resp.Header, body, resp.StatusCode
	}
	for _, size := range []int{0, 1, 100, 3000, 3790, 3800, 4096, 5000, 20_000, maxBuffered - 1, maxBuffered, maxBuffered + 1, 300_000} {
		name, data := fmt.Sprint(size), bytes.Repeat([]byte("01234567"), size/8+1)[:size]
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, request := range []struct{ method, header string }{
			{"GET", ""}, {"GET", ""}, {"HEAD", ""}, {"GET", "Range: bytes=0-0\r\n"},
			{"GET", fmt.Sprintf("If-None-Match: \"%s\"\r\n", Validator(modified, int64(size)))}, {"GET", "If-Match: \"other\"\r\n"}, {"GET", ""},
		} {
			writes.Store(0)
			header, body, status := ask(request.method, "/"+name, request.header)
			n := writes.Load()
			want, wantBody, wantStatus := ask(request.method, "/"+name+"?reference", request.header)
			if status != wantStatus || !bytes.Equal(body, wantBody) {
				t.Errorf("%s of %d bytes, %q = %d with %d bytes, want %d with %d", request.method, size, request.header, status, len(body), wantStatus, len(wantBody))
			}
			if status < 400 {
				for _, names := range []http.Header{header, want} {
					for name := range names {
						if !slices.Equal(header[name], want[name]) {
							t.Errorf("%s of %d bytes, %q: %s = %q, want %q", request.method, size, request.header, name, header[name], want[name])
						}
					}
				}
			}
			// Of content that hardly exceeds net/http's buffer the end goes alone.
			if n != 1 && size <= maxBuffered && (size < 3700 || size >= 4096) {
				t.Errorf("%s of %d bytes, %q: %d writes", request.method, size, request.header, n)
			}
		}
	}
}
