package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tagByTag passes a page on one tag at a time, each late enough to be painted before the next:
// as it comes where the machine or the line is slow. What is not seen, the head and the lightbox,
// comes at once.
type tagByTag struct {
	io.Closer
	rest []byte
}

func (t *tagByTag) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		return 0, io.EOF
	}
	end := ">"
	for begin, of := range map[string]string{"<!doctype": "<body", "<dialog": "</dialog>", "<script": "</script>"} {
		if bytes.HasPrefix(bytes.TrimSpace(t.rest), []byte(begin)) {
			end = of
		}
	}
	i := bytes.Index(t.rest, []byte(end))
	if i < 0 { // the last line's end
		i = len(t.rest) - len(end)
	}
	n := copy(p, t.rest[:i+len(end)])
	t.rest = t.rest[n:]
	time.Sleep(25 * time.Millisecond)
	return n, nil
}

// Nothing that is seen moves while a page comes, wherever in it the browser paints.
func TestPages_inPieces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), 6, [2]int{1200, 800}, [2]int{800, 1200})
	fill(t, filepath.Join(dir, "a", "b"), 1, [2]int{600, 400})
	p := start(t, nil, "-cache", t.TempDir(), "-zip", dir)
	proxy := p.proxy()
	proxy.ModifyResponse = func(a *http.Response) error {
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			return nil
		}
		page, err := io.ReadAll(a.Body)
		a.Body = &tagByTag{a.Body, page}
		return err
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Accept-Encoding", "identity")
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	for _, script := range []bool{true, false} {
		for _, width := range []int{390, 1440} {
			t.Run(fmt.Sprint(script, width), func(t *testing.T) {
				t.Parallel()
				b := newBrowser(t, width, 900)
				if !script {
					b.withoutScript()
				}
				for _, path := range []string{"/", "/a/", "/a/", "/a/1.jpg/", "/.search?q=jpg", "/.timeline/"} {
					b.visit(front.URL + path)
					time.Sleep(100 * time.Millisecond) // until its end is painted, which no script can tell
					if shifts := b.shifts(); len(shifts) > 0 {
						t.Errorf("%s: the layout has shifted: %q", path, shifts)
					}
				}
			})
		}
	}
}
