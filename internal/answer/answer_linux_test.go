package answer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gallery/internal/nolink"
	"gallery/internal/patient"
)

// A small file is answered in one piece, with the bytes and the header that http.ServeContent
// would give it, whatever its size, and so is the next on the connection.
func TestHandle_onePiece(t *testing.T) {
	dir := t.TempDir()
	modified := time.Date(2014, 7, 1, 12, 0, 0, 5e8, time.UTC)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	below, err := nolink.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ConnContext: patient.ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, info, err := below.File(filepath.Base(r.URL.Path))
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if r.URL.Query().Has("reference") {
			w.Header().Set("Content-Type", "image/jpeg")
			w.Header().Set("Cache-Control", Revalidate)
			w.Header().Set("ETag", `"`+Validator(modified, info.Size())+`"`)
			http.ServeContent(w, r, "", modified, io.NewSectionReader(f, 0, info.Size()))
			return
		}
		Handle(w, r, f, info, "image/jpeg", Revalidate)
	})}
	go server.Serve(patient.Listener(l))
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
	for _, size := range []int{0, 1, 100, 3000, 3790, 3800, 4096, 5000, 20_000, 60_000, 300_000, 3_000_000} {
		name, data := fmt.Sprint(size), bytes.Repeat([]byte("01234567"), size/8+1)[:size]
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, modified, modified)); err != nil {
			t.Fatal(err)
		}
		for _, request := range []struct{ method, header string }{
			{"GET", ""}, {"GET", ""}, {"HEAD", ""}, {"GET", "Range: bytes=0-0\r\n"},
			{"GET", fmt.Sprintf("If-None-Match: \"%s\"\r\n", Validator(modified, int64(size)))}, {"GET", "If-Match: \"other\"\r\n"}, {"GET", ""},
		} {
			before := pieces(t, conn)
			header, body, status := ask(request.method, "/"+name, request.header)
			n := pieces(t, conn) - before
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
			if n != 1 && size <= 60_000 && request.header == "" {
				t.Errorf("%s of %d bytes: %d pieces", request.method, size, n)
			}
		}
	}
}

// pieces is how many segments with content have come by a connection.
func pieces(t *testing.T, conn net.Conn) (n int) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Error(err)
			return
		}
		n = int(info.Data_segs_in)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}
