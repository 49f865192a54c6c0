package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"gallery/internal/album"
	"gallery/internal/picks"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// site is a server over a directory of a test's own.
type site struct {
	*httptest.Server
	t      *testing.T
	config config
	server *server
	store  *thumbs.Store
	dir    string
	log    *logBuffer
}

// assembled is the program that main puts together for c.
func assembled(t testing.TB, c config, log *slog.Logger) *program {
	t.Helper()
	st, err := storage.New(c.root, c.cache, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	p, err := assemble(c, st, log)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newSite serves dir, whose photos must be as they were when the test ends.
func newSite(t *testing.T, dir string, change ...func(*config)) *site {
	t.Helper()
	c, err := parseFlags([]string{dir}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&c)
	}
	guardOriginals(t, dir)
	c.debug = "127.0.0.1:0" // what is made is counted
	s := &site{t: t, config: c, dir: dir, log: &logBuffer{}}
	s.restart()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	return s
}

// restart puts the program together anew: it remembers nothing.
func (s *site) restart() {
	s.t.Helper()
	p := assembled(s.t, s.config, s.log.logger())
	s.server, s.store = p.server, p.store
}

// unhurried has the server believe for an hour what it does for pageAge, but for what later has it
// forget. A test wants it that asks for something twice, and would fail where a slow machine lets
// a second pass.
func (s *site) unhurried() *site {
	s.server.library.pageAge = time.Hour
	return s
}

// later lets the server forget what it remembers for pageAge.
func (s *site) later() {
	s.server.albumPages.pages.Clear()
	s.server.library.listings.Clear()
	s.server.archives.checked.Clear()
	s.server.news.counts.Clear()
}

// made is how many renditions were made since the program was put together.
func (s *site) made() int {
	s.t.Helper()
	for line := range strings.Lines(s.scrape()) {
		if n, ok := strings.CutPrefix(line, `gallery_render_seconds_count{result="made"} `); ok {
			made, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				s.t.Fatal(err)
			}
			return made
		}
	}
	return 0
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// logger writes all there is to log into the buffer.
func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// count returns how many lines logged hold all of the texts.
func (l *logBuffer) count(texts ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
lines:
	for line := range strings.Lines(l.b.String()) {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		n++
	}
	return n
}

// response is what was answered, whose body has been read.
type response struct {
	*http.Response
	body []byte
}

// do asks for a path, which is sent as it is, with pairs of header names and values.
func (s *site) do(method, path string, header ...string) response {
	s.t.Helper()
	return s.send(method, path, "", header...)
}

// send is do with a body.
func (s *site) send(method, path, body string, header ...string) response {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: reading the body: %v", method, path, err)
	}
	return response{resp, got}
}

func (s *site) get(path string, header ...string) response {
	s.t.Helper()
	return s.do("GET", path, header...)
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

// page asks for a page, which must be there, and parses it.
func (s *site) page(path string) *html.Node {
	s.t.Helper()
	a := s.get(path)
	if a.StatusCode != 200 {
		s.t.Fatalf("GET %s = %d, want 200", path, a.StatusCode)
	}
	return parse(s.t, a.body)
}

func parse(t *testing.T, body []byte) *html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// find returns the elements that match a selector.
func find(doc *html.Node, selector string) []*html.Node {
	return cascadia.QueryAll(doc, cascadia.MustCompile(selector))
}

// values returns an attribute, or with "" the text, of the elements that match.
func values(doc *html.Node, selector, attribute string) []string {
	var all []string
	for _, n := range find(doc, selector) {
		if attribute == "" {
			all = append(all, text(n))
			continue
		}
		for _, a := range n.Attr {
			if a.Key == attribute {
				all = append(all, a.Val)
			}
		}
	}
	return all
}

// attribute returns an element's attribute, "" where it has none.
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return strings.TrimSpace(b.String())
}

// draw returns a picture with something in it: a gradient whose hue the seed turns.
func draw(width, height, seed int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, color.NRGBA{
				uint8(x * 255 / width), uint8(y * 255 / height), uint8(seed * 37), 255,
			})
		}
	}
	return m
}

// write draws a picture into a file, in the format of the name's extension.
func write(t *testing.T, path string, width, height, seed int) {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch m := draw(width, height, seed); strings.ToLower(filepath.Ext(path)) {
	case ".png":
		err = png.Encode(&b, m)
	case ".gif":
		err = gif.Encode(&b, m, nil)
	default:
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.Bytes())
}

// writeLarge draws a picture into a file of so many bytes that pages show its preview;
// what makes it large lies behind the picture.
func writeLarge(t *testing.T, path string, width, height, seed int) {
	t.Helper()
	write(t, path, width, height, seed)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, append(data, make([]byte, 1<<20)...))
}

// writeNoise draws a JPEG that hardly compresses.
func writeNoise(t *testing.T, path string, width, height int) {
	t.Helper()
	noise := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(i * i >> 3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, noise, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, b.Bytes())
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// guardOriginals fails the test if, at its end, a file that is now in dir,
// outside _thumbs, differs in anything, unless the test itself changed or
// removed it through one of the functions below.
func guardOriginals(t *testing.T, dir string) {
	t.Helper()
	before := originals(t, dir)
	t.Cleanup(func() {
		after := originals(t, dir)
		for name, was := range before {
			if now, ok := after[name]; ok && now != was && !strings.Contains(name, "changing") {
				t.Errorf("original %s was %s and is now %s", name, was, now)
			}
		}
		for name := range after {
			if _, ok := before[name]; !ok && !strings.Contains(name, "new") {
				t.Errorf("%s has appeared beside the originals", name)
			}
		}
	})
}

// originals describes each file in dir outside _thumbs: mode, mtime and hash.
func originals(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == album.ThumbsDir || entry.Name() == ".gallery" || entry.Name() == picks.Folder {
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
