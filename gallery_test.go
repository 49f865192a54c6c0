package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/messages"
	"gallery/internal/observe"
)

// smallSite has one of everything.
func smallSite(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "root.jpg"), 600, 400, 1)
	write(t, filepath.Join(dir, "Trip", "1.jpg"), 800, 600, 2)
	write(t, filepath.Join(dir, "Trip", "2.PNG"), 300, 500, 3)
	write(t, filepath.Join(dir, "Trip", "10.gif"), 90, 60, 4)
	write(t, filepath.Join(dir, "Trip", "Day 1", "a b.jpeg"), 500, 500, 5)
	write(t, filepath.Join(dir, "Trip", ".hidden.jpg"), 50, 50, 6)
	write(t, filepath.Join(dir, ".secret", "x.jpg"), 50, 50, 7)
	write(t, filepath.Join(dir, "folder.jpg", "in it.jpg"), 50, 50, 8)
	writeFile(t, filepath.Join(dir, "Trip", "notes.txt"), []byte("not for the web"))
	writeFile(t, filepath.Join(dir, "Trip", "noextension"), []byte("neither"))
	if err := os.Mkdir(filepath.Join(dir, "Empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "Trip", "fifo.jpg"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"Trip/link.jpg":    "1.jpg",
		"Trip/outside.jpg": "/etc/passwd",
		"Linked":           "Trip",
		"Loop":             ".",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return newSite(t, dir, change...)
}

func TestServe_addresses(t *testing.T) {
	s := smallSite(t)
	const page, jpg, errorPage = "text/html; charset=utf-8", "image/jpeg", "text/html; charset=utf-8"
	tests := []struct {
		path   string
		status int
		typ    string
	}{
		{"/", 200, page},
		{"/?sort=-date&utm=x", 200, page},
		{"/?sort=nonsense", 200, page},
		{"/?page=1", 200, page},
		{"/?page=2", 404, errorPage},
		{"/?page=0", 404, errorPage},
		{"/?page=x", 404, errorPage},
		{"/Trip/", 200, page},
		{"/Empty/", 200, page},
		{"/Trip/Day%201/", 200, page},
		{"//Trip//", 200, page},
		{"/Trip/1.jpg", 200, jpg},
		{"/Trip/1.jpg/", 200, page},
		{"/Trip/2.PNG", 200, "image/png"},
		{"/Trip/10.gif", 200, "image/gif"},
		{"/Trip/Day%201/a%20b.jpeg", 200, jpg},
		{"/Trip/Day%201%2Fa%20b.jpeg", 200, jpg},
		{"/root.jpg", 200, jpg},
		{"/_thumbs/root.jpg", 200, jpg},
		{"/_thumbs/root.jpg?v=1", 200, jpg},
		{"/Trip/_thumbs/2.PNG", 200, jpg},
		{"/Trip/_thumbs/10.gif", 200, jpg},
		{"/Trip/_thumbs/800/2.PNG", 200, jpg},
		{"/Trip/_thumbs/1600/1.jpg", 200, jpg},
		{"/folder.jpg/", 200, page},
		{"/folder.jpg/in%20it.jpg", 200, jpg},
		{"/.health", 200, "text/plain; charset=utf-8"},

		{"/Nowhere/", 404, errorPage},
		{"/trip/", 404, errorPage},
		{"/Trip/3.jpg", 404, errorPage},
		{"/Trip/3.jpg/", 404, errorPage},
		{"/Trip/_thumbs/3.jpg", 404, errorPage},
		{"/Trip/_thumbs/", 404, errorPage},
		{"/Trip/_thumbs", 404, errorPage},
		{"/Trip/_thumbs/640/1.jpg", 404, errorPage},
		{"/Trip/notes.txt", 404, errorPage},
		{"/Trip/notes.txt/", 404, errorPage},
		{"/Trip/noextension", 404, errorPage},
		{"/Trip/.hidden.jpg", 404, errorPage},
		{"/Trip/_thumbs/.hidden.jpg", 404, errorPage},
		{"/.secret/", 404, errorPage},
		{"/.secret/x.jpg", 404, errorPage},
		{"/.secret/_thumbs/x.jpg", 404, errorPage},
		{"/Trip/fifo.jpg", 404, errorPage},
		{"/Trip/fifo.jpg/", 404, errorPage},
		{"/Trip/_thumbs/fifo.jpg", 404, errorPage},
		{"/Trip/link.jpg", 404, errorPage},
		{"/Trip/outside.jpg", 404, errorPage},
		{"/Trip/_thumbs/outside.jpg", 404, errorPage},
		{"/Linked/", 404, errorPage},
		{"/Linked/1.jpg", 404, errorPage},
		{"/Loop/Trip/1.jpg", 404, errorPage},
		{"/Loop/Loop/Loop/_thumbs/root.jpg", 404, errorPage},
		{"/Trip/../root.jpg", 404, errorPage},
		{"/Trip/%2e%2e/root.jpg", 404, errorPage},
		{"/Trip/%2e%2e%2froot.jpg", 404, errorPage},
		{"/" + strings.Repeat("x", 300) + ".jpg", 404, errorPage},
		{"/a%00.jpg", 400, errorPage},
		{"/" + strings.Repeat("x", 9000), 414, errorPage},
		{"/favicon.ico", 404, errorPage},
		{"/.health/", 404, errorPage},
	}
	for _, test := range tests {
		got := s.get(test.path)
		if got.StatusCode != test.status || got.Header.Get("Content-Type") != test.typ {
			t.Errorf("GET %.60s = %d %s, want %d %s", test.path, got.StatusCode, got.Header.Get("Content-Type"), test.status, test.typ)
		}
		if got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %.60s: no nosniff", test.path)
		}
		if got.StatusCode >= 400 {
			if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("ETag") != "" || got.Header.Get("Last-Modified") != "" {
				t.Errorf("GET %.60s: an error that may be kept: %v", test.path, got.Header)
			}
			if bytes.Contains(got.body, []byte(s.dir)) || bytes.Contains(got.body, []byte("no such file")) {
				t.Errorf("GET %.60s: the error page tells too much", test.path)
			}
		}
		head := s.do("HEAD", test.path)
		if head.StatusCode != test.status || head.Header.Get("Content-Type") != test.typ || len(head.body) > 0 {
			t.Errorf("HEAD %.60s = %d %s and %d bytes, want %d %s", test.path, head.StatusCode, head.Header.Get("Content-Type"), len(head.body), test.status, test.typ)
		}
	}
}

func TestServe_redirect(t *testing.T) {
	s := smallSite(t)
	for path, want := range map[string]string{
		"/Trip":               "/Trip/",
		"/Trip/Day%201":       "/Trip/Day%201/",
		"//Trip":              "/Trip/",
		"/Trip?sort=date":     "/Trip/?sort=date",
		"/folder.jpg":         "/folder.jpg/",
		"/Trip/Day%201?a=%0a": "/Trip/Day%201/?a=%0a",
	} {
		got := s.get(path)
		if got.StatusCode != 301 || got.Header.Get("Location") != want {
			t.Errorf("GET %s = %d %q, want 301 %q", path, got.StatusCode, got.Header.Get("Location"), want)
		}
	}
}

func TestServe_methods(t *testing.T) {
	s := smallSite(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"} {
		for _, path := range []string{"/", "/Trip/", "/Trip/1.jpg", "/nowhere"} {
			got := s.do(method, path)
			if got.StatusCode != 405 || got.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s = %d, Allow %q", method, path, got.StatusCode, got.Header.Get("Allow"))
			}
		}
	}
}

func TestServe_original(t *testing.T) {
	s := smallSite(t)
	want, err := os.ReadFile(filepath.Join(s.dir, "Trip", "1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	whole := s.get("/Trip/1.jpg")
	if !bytes.Equal(whole.body, want) {
		t.Error("GET gives other bytes than the file's")
	}
	etag, modified := whole.Header.Get("ETag"), whole.Header.Get("Last-Modified")
	info, _ := os.Stat(filepath.Join(s.dir, "Trip", "1.jpg"))
	if form := fmt.Sprintf(`"%x-%x"`, info.ModTime().Unix(), info.Size()); etag != form {
		t.Errorf("ETag = %s, want nginx's form %s", etag, form)
	}
	tests := []struct {
		name, value string
		status      int
		body        []byte
	}{
		{"If-None-Match", etag, 304, nil},
		{"If-None-Match", "W/" + etag, 304, nil},
		{"If-None-Match", `"other"`, 200, want},
		{"If-Modified-Since", modified, 304, nil},
		{"Range", "bytes=10-19", 206, want[10:20]},
		{"Range", "bytes=-5", 206, want[len(want)-5:]},
		{"Range", "bytes=99999999-", 416, nil},
	}
	for _, test := range tests {
		got := s.get("/Trip/1.jpg", test.name, test.value)
		if got.StatusCode != test.status || test.body != nil && !bytes.Equal(got.body, test.body) {
			t.Errorf("GET with %s: %s = %d and %d bytes, want %d and %d", test.name, test.value, got.StatusCode, len(got.body), test.status, len(test.body))
		}
	}
}

// A thumbnail's address may be kept for ever only where it names the state of the very
// file that is sent.
func TestServe_thumbnailCaching(t *testing.T) {
	s := smallSite(t)
	if got := s.get("/Trip/_thumbs/1.jpg").Header.Get("Cache-Control"); got != answer.Revalidate {
		t.Errorf("without v: Cache-Control %q", got)
	}
	address := "/Trip/_thumbs/1.jpg?v=" + strings.Trim(s.get("/Trip/_thumbs/1.jpg").Header.Get("ETag"), `"`)
	if shown := values(parse(t, s.get("/Trip/").body), "img[src]", "src"); !slices.Contains(shown, address) {
		t.Errorf("the page shows %q, want %s among them", shown, address)
	}
	got := s.get(address)
	if c := got.Header.Get("Cache-Control"); c != answer.Forever {
		t.Errorf("GET %s: Cache-Control %q", address, c)
	}
	again := s.get(address, "If-None-Match", got.Header.Get("ETag"))
	if again.StatusCode != 304 || again.Header.Get("Cache-Control") != answer.Forever {
		t.Errorf("revalidation = %d, Cache-Control %q", again.StatusCode, again.Header.Get("Cache-Control"))
	}
	for _, other := range []string{address + "0", address + "&x=1", "/Trip/_thumbs/1.jpg?x=1&v=1", "/Trip/_thumbs/1.jpg?v=", "/Trip/_thumbs/1.jpg?v=x"} {
		if c := s.get(other).Header.Get("Cache-Control"); c != answer.Revalidate {
			t.Errorf("GET %s: Cache-Control %q", other, c)
		}
	}
	if missing := s.get("/Trip/_thumbs/3.jpg?v=x"); missing.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("missing with v: Cache-Control %q", missing.Header.Get("Cache-Control"))
	}
}

// What is not there leads to the nearest album that is.
func TestServe_notFoundHelps(t *testing.T) {
	s := smallSite(t)
	for path, want := range map[string]link{
		"/nowhere/":               {Href: "/", Text: "All albums"},
		"/Trip/gone.jpg":          {Href: "/Trip/", Text: "Go to Trip"},
		"/Trip/gone.jpg/":         {Href: "/Trip/", Text: "Go to Trip"},
		"/Trip/Day%201/x/y/z.jpg": {Href: "/Trip/Day%201/", Text: "Go to Day 1"},
		"/Trip/_thumbs/gone.jpg":  {Href: "/Trip/", Text: "Go to Trip"},
		"/Trip/?page=7":           {Href: "/Trip/", Text: "Go to Trip"},
		"/.secret/x.jpg":          {Href: "/", Text: "All albums"},
		"/Linked/x.jpg":           {Href: "/", Text: "All albums"},
		"/Trip/.hidden.jpg":       {Href: "/", Text: "All albums"},
	} {
		a := s.get(path)
		doc := parse(t, a.body)
		href, text := values(doc, "main a", "href"), values(doc, "main a", "")
		if a.StatusCode != 404 || !slices.Equal(href, []string{want.Href}) || !slices.Equal(text, []string{want.Text}) {
			t.Errorf("GET %s = %d, leads to %q, %q, want 404, %q, %q", path, a.StatusCode, href, text, want.Href, want.Text)
		}
	}
}

// A condition that fails is an error that nobody may keep.
func TestServe_preconditionFailed(t *testing.T) {
	s := smallSite(t)
	got := s.get("/Trip/_thumbs/1.jpg?v=1", "If-Match", `"other"`)
	if got.StatusCode != 412 || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("ETag") != "" {
		t.Errorf("a failed condition = %d %v", got.StatusCode, got.Header)
	}
}

// Each visitor gets a page in a language of theirs, also from memory.
func TestServe_languages(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	write(t, filepath.Join(dir, "a", "2.jpg"), 60, 40, 2)
	s := newSite(t, dir)
	for range 3 { // cold, warm, from memory
		for accepted, w := range map[string]*messages.Catalogue{"en": &messages.English, "de-CH, en": &messages.German, "es": &messages.Spanish} {
			for path, want := range map[string]string{
				"/":         w.Count(1, w.CountAlbums),
				"/a/":       w.Count(2, w.CountPhotos),
				"/a/1.jpg/": w.At(1, 2),
				"/nowhere/": "404 " + w.NotFound,
			} {
				a := s.get(path, "Accept-Language", accepted)
				doc := parse(t, a.body)
				if got := values(doc, "html", "lang"); len(got) != 1 || got[0] != w.Lang {
					t.Errorf("%s for %s is in %s, want %s", path, accepted, got, w.Lang)
				}
				if got := values(doc, ".counts, nav .up, .error h1", ""); len(got) != 1 || strings.Split(got[0], " · ")[0] != want {
					t.Errorf("%s for %s says %q, want %q", path, accepted, got, want)
				}
				if got := a.Header.Get("Vary"); got != "Accept-Language, Save-Data" {
					t.Errorf("%s varies by %q, want Accept-Language", path, got)
				}
			}
		}
	}
}

// A mistake of ours in a handler is logged once, with its stack, and answered 500.
func TestServe_panic(t *testing.T) {
	s := smallSite(t)
	s.server.photoPages.views = nil
	for range 2 {
		got := s.get("/Trip/1.jpg/")
		if got.StatusCode != 500 || got.Header.Get("Cache-Control") != "no-store" || len(find(parse(t, got.body), "h1")) != 1 {
			t.Errorf("where a handler panics the answer is %d %q", got.StatusCode, got.body)
		}
	}
	if n := s.log.count("level=ERROR", "msg=panic", "photopage.go"); n != 2 {
		t.Errorf("2 panics are logged %d times with their stacks", n)
	}
	if got := s.get("/Trip/"); got.StatusCode != 200 {
		t.Errorf("afterwards another page = %d", got.StatusCode)
	}
}

// Where a panic comes in the midst of an answer, the connection breaks: half an answer
// must not pass for a whole one.
func TestServe_panicMidway(t *testing.T) {
	s := smallSite(t)
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("fail panics with %v, want http.ErrAbortHandler", v)
		}
	}()
	w := &observe.Writer{ResponseWriter: httptest.NewRecorder()}
	w.WriteHeader(200)
	s.server.answerError(w, httptest.NewRequest("GET", "/", nil), visitor{}, &bounded.PanicError{Value: "ours"})
	t.Error("after half an answer fail answers once more")
}

// An address in one normalization form leads to the file or folder that is there in the
// other; where both are there, each has its own.
func TestServe_otherForm(t *testing.T) {
	dir := t.TempDir()
	const nfc, nfd = "\u00e9", "e\u0301"
	write(t, filepath.Join(dir, nfd+" album", nfd+".jpg"), 60, 40, 1)
	write(t, filepath.Join(dir, nfd+" album", nfc+"2.jpg"), 60, 40, 2)
	write(t, filepath.Join(dir, nfd+" album", "plain.jpg"), 60, 40, 3)
	write(t, filepath.Join(dir, "both", nfc+".jpg"), 60, 40, 4)
	write(t, filepath.Join(dir, "both", nfd+".jpg"), 60, 40, 5)
	writeFile(t, filepath.Join(dir, nfd+".txt"), []byte("no photo"))
	write(t, filepath.Join(dir, "left out "+nfd, "1.jpg"), 60, 40, 6)
	writeFile(t, filepath.Join(dir, "left out "+nfd, ".nomedia"), nil)
	s := newSite(t, dir)
	c, d := "%C3%A9", "e%CC%81"
	for path, want := range map[string]string{
		"/" + c + "%20album/":                          "/" + d + "%20album/",
		"/" + c + "%20album?sort=date":                 "/" + d + "%20album?sort=date",
		"/" + c + "%20album/" + c + ".jpg":             "/" + d + "%20album/" + d + ".jpg",
		"/" + d + "%20album/" + c + ".jpg/":            "/" + d + "%20album/" + d + ".jpg/",
		"/" + c + "%20album/" + d + "2.jpg":            "/" + d + "%20album/" + c + "2.jpg",
		"/" + c + "%20album/plain.jpg/?sort=date":      "/" + d + "%20album/plain.jpg/?sort=date",
		"/" + c + "%20album/_thumbs/" + c + ".jpg":     "/" + d + "%20album/_thumbs/" + d + ".jpg",
		"/" + c + "%20album/_thumbs/800/" + c + ".jpg": "/" + d + "%20album/_thumbs/800/" + d + ".jpg",
		"/both/" + c + ".jpg":                          "200",
		"/both/" + d + ".jpg":                          "200",
		"/" + c + "%20album/none.jpg":                  "404",
		"/" + c + "%20album/none":                      "404",
		"/" + c + ".txt":                               "404",
		"/left%20out%20" + c + "/":                     "404",
		"/left%20out%20" + c + "/1.jpg":                "404",
		"/" + c + "/":                                  "404",
	} {
		got := s.get(path)
		if is := strconv.Itoa(got.StatusCode); got.StatusCode == 301 && got.Header.Get("Location") != want || got.StatusCode != 301 && is != want {
			t.Errorf("GET %s = %d, Location: %s, want %s", path, got.StatusCode, got.Header.Get("Location"), want)
		}
		if got.StatusCode == 301 && s.get(got.Header.Get("Location")).StatusCode != 200 && !strings.HasSuffix(want, "sort=date") {
			t.Errorf("%s is not there", want)
		}
	}
}
