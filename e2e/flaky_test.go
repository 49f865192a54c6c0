package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// flaky is a proxy before the program that can be told to fail, and that
// remembers what was asked for.
type flaky struct {
	url string

	mu    sync.Mutex
	fail  func(r *http.Request) int // a status instead of the answer, lost to hang up, 0 for the answer
	asked []string
}

// lost has the proxy hang up in the middle of the answer.
const lost = -1

func newFlaky(t *testing.T, p *program) *flaky {
	t.Helper()
	proxy := p.proxy()
	f := &flaky{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, r.URL.EscapedPath())
		status := 0
		if f.fail != nil {
			status = f.fail(r)
		}
		f.mu.Unlock()
		switch status {
		case 0:
			proxy.ServeHTTP(w, r)
		case lost:
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte("<!doctype html>"))
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			http.Error(w, "busy", status)
		}
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// set has requests fail as the function says; nil ends that.
func (f *flaky) set(fail func(r *http.Request) int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

// times counts the requests whose path has the given end.
func (f *flaky) times(suffix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, path := range f.asked {
		if strings.HasSuffix(path, suffix) {
			n++
		}
	}
	return n
}

// The lightbox recovers by itself from a server that is too busy, that fails,
// and that hangs up in the middle of an answer, for pages and for pictures.
func TestLightbox_recovers(t *testing.T) {
	t.Parallel()
	// Each case has an album of its own, of which the browser has kept nothing.
	dir := t.TempDir()
	for album := range 6 {
		for i := range 3 {
			drawLarge(t, filepath.Join(dir, fmt.Sprint(album), fmt.Sprintf("%d.jpg", i+1)), 2400, 1600, album*3+i)
		}
	}
	p := start(t, nil, dir)
	f := newFlaky(t, p)
	b := newBrowser(t, 1200, 800)
	b.tolerant = true
	for album, c := range []struct {
		name   string
		status int
		path   string // part of the paths that fail
	}{
		{"information 429", 429, ".jpg/"},
		{"information 503", 503, ".jpg/"},
		{"information lost", lost, ".jpg/"},
		{"picture 429", 429, "/1600/"},
		{"picture 502", 502, "/1600/"},
		{"picture lost", lost, "/1600/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := b.in(t)
			f.set(nil)
			b.visit(fmt.Sprintf("%s/%d/", f.url, album))
			left := 2 // failures of each address
			seen := map[string]int{}
			f.set(func(r *http.Request) int {
				if strings.Contains(r.URL.Path, c.path) && seen[r.URL.Path] < left {
					seen[r.URL.Path]++
					return c.status
				}
				return 0
			})
			b.run(`window.waits = []; const set = setTimeout; window.setTimeout = (f, ms) => { waits.push(ms); return set(f, ms); }`)
			b.run(`window.told = 0; new MutationObserver(() => window.told++).observe(document.querySelector('.toast'), { childList: true })`)
			b.run(`document.querySelector('.photo a').click()`)
			b.until(dialogOpen)
			b.do(chromedp.KeyEvent("i"))
			b.until(`window.told > 0`)
			b.until(previewShown)
			b.until(`document.querySelector('.panel.about dl') !== null`)
			// A busy server is first asked again after half a second, a quarter more or less.
			waits := eval[[]float64](b, `waits`)
			if !slices.ContainsFunc(waits, func(ms float64) bool { return 375 <= ms && ms <= 625 }) {
				t.Errorf("its timers are of %v ms, none of them half a second", waits)
			}
			b.until(`document.querySelector('.position').textContent.startsWith('1 ')`)
		})
	}
}

// Thumbnails that fail, of photos and of albums' covers, are asked for again.
func TestGrid_recovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), 8, [2]int{600, 400})
	fill(t, filepath.Join(dir, "a", "b"), 1, [2]int{600, 400})
	warm(t, dir)
	f := newFlaky(t, start(t, nil, dir))
	b := newBrowser(t, 1200, 800)
	b.tolerant = true
	for _, status := range []int{429, 503, lost} {
		seen := map[string]int{}
		f.set(func(r *http.Request) int {
			if strings.Contains(r.URL.Path, "/_thumbs/") && seen[r.URL.Path] < 2 {
				seen[r.URL.Path]++
				return status
			}
			return 0
		})
		b.visit("about:blank")
		b.visit(fmt.Sprintf("%s/a/?%d", f.url, status))
		b.until(`[...document.querySelectorAll('main img')].every((img) => img.naturalWidth > 0) && document.querySelectorAll('main img').length === 9`)
		if len(seen) != 9 {
			t.Errorf("%d: %d thumbnails have failed, want 9", status, len(seen))
		}
		b.visit("about:blank")
		if _, err := chromedp.Call(b.ctx, network.ClearBrowserCache, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	// What is not there is not asked for for ever.
	fill(t, filepath.Join(dir, "c"), 1, [2]int{600, 400})
	f.set(func(r *http.Request) int {
		if strings.Contains(r.URL.Path, "/c/_thumbs/") {
			return 404
		}
		return 0
	})
	b.visit(f.url + "/c/")
	b.run(`new Promise((resolve) => {
		const set = setTimeout;
		window.setTimeout = (f, ms) => set(f, ms > 1e6 ? resolve() ?? ms : 1);
	})`)
	if n := f.times("/c/_thumbs/1.jpg"); n != 7 {
		t.Errorf("a thumbnail that is not there was asked for %d times, want 7", n)
	}
}
