package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gallery/internal/album"
	"gallery/internal/index"
	"gallery/internal/messages"
	"gallery/internal/rendition"
	"gallery/internal/testkit"
	"gallery/internal/zipstream"
)

// fuzzServer is a server over an empty directory.
func fuzzServer(f *testing.F) *server {
	f.Helper()
	c, err := parseFlags([]string{f.TempDir()}, io.Discard)
	if err != nil {
		f.Fatal(err)
	}
	return assembled(f, c, slog.New(slog.DiscardHandler)).server
}

// FuzzServe asks for any path with any query of a server whose only photo is
// /a/1.jpg. No answer is a server's error, none that is not an error is of
// another type than it should be, and only the photo's own addresses give a
// picture.
func FuzzServe(f *testing.F) {
	s := fuzzServer(f)
	m := testkit.Honest()[0].Data
	for name, data := range map[string][]byte{"a/1.jpg": m, "a/.2.jpg": m, "a/3.txt": m, ".b/1.jpg": m} {
		file := filepath.Join(s.root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			f.Fatal(err)
		}
	}
	for _, seed := range []string{"/", "/a/", "/a", "/a/1.jpg", "/a/1.jpg/", "/a/_thumbs/1.jpg", "/a/_thumbs/1600/1.jpg?v=1", "/a/.2.jpg", "/.b/1.jpg", "/a/3.txt",
		"/a/%2e%2e/a/1.jpg", "//a//1.jpg", "/a/?sort=-date&page=1", "/a/?page=-1", "/.health", "/_thumbs/", "/a%00", "*"} {
		f.Add(seed, "de;q=0.9, en")
	}
	f.Fuzz(func(t *testing.T, target, accept string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL, r.RequestURI = u, target
		r.Header.Set("Accept-Language", accept)
		w := httptest.NewRecorder()
		began := testkit.ProcessorTime()
		s.ServeHTTP(w, r)
		if took := testkit.ProcessorTime() - began; took > 5*time.Second {
			t.Errorf("%q took %v", target, took)
		}
		kind := w.Header().Get("Content-Type")
		switch {
		case w.Code >= 500:
			t.Errorf("GET %q = %d", target, w.Code)
		case strings.HasPrefix(kind, "image/") != (w.Code == 200 && path.Base(path.Clean(u.Path)) == "1.jpg" && !strings.HasSuffix(u.Path, "/")):
			t.Errorf("GET %q = %d %s", target, w.Code, kind)
		case w.Code == 404 && w.Header().Get("Cache-Control") != "no-store":
			t.Errorf("GET %q = 404, which may be kept", target)
		}
		if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\r\n\\")) {
			t.Errorf("GET %q leads to %q", target, to)
		}
		for line := range strings.Lines(string(body(w))) {
			if strings.Contains(line, s.root) {
				t.Errorf("GET %q tells the photos' path: %s", target, line)
			}
		}
	})
}

// FuzzUpload sends any bytes as a form with photos. No answer is a server's error; what is
// there afterwards are the photos that the answer names, in one folder at most one deeper,
// and nothing else.
func FuzzUpload(f *testing.F) {
	c, err := parseFlags([]string{f.TempDir()}, io.Discard)
	if err != nil {
		f.Fatal(err)
	}
	withUsers(f, &c)
	c.upload, c.uploadMax = true, 1<<20
	s := assembled(f, c, slog.New(slog.DiscardHandler)).server
	honest := testkit.Honest()[0].Data
	head := func(disposition string) string {
		return "--x\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n"
	}
	photo := head(`name="photo"; filename="new.jpg"`) + string(honest) + "\r\n"
	for _, seed := range []string{
		photo + "--x--", head(`name="album"`) + "new\r\n" + photo + "--x--", photo + photo + head(`name="album"`) + "b\r\n--x--",
		head(`name=album`) + "a/../b\r\n" + head(`name=album`) + "c\r\n" + photo, photo[:len(photo)/2], "--x\r\nA: " + strings.Repeat("b", 20<<10), "--x--", "",
		head(`name="photo"; filename*=UTF-8''%2e%2e%2fx.jpg`) + string(honest) + "\r\n--x--", head(`name="photo"; filename="..\\..\\x.jpg"`) + string(honest) + "\r\n--x--",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(form))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Accept", "application/json")
		r.SetBasicAuth("ann", rightPassword)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code < 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var up uploads
		if err := json.Unmarshal(w.Body.Bytes(), &up); err != nil {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if most := 4<<10 + 8*len(form); w.Body.Len() > most {
			t.Errorf("%d bytes are answered with %d", len(form), w.Body.Len())
		}
		at, ok := parsePath(s.root, mustUnescape(t, up.Album))
		if !ok || strings.Contains(at.name, "/") || len(at.name) > maxNameSize {
			t.Errorf("the album is %q", up.Album)
		}
		want := map[string]bool{}
		for _, stored := range up.Stored {
			want[path.Join(at.name, stored.Name)] = true
		}
		files := os.DirFS(s.root)
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || name == "." || entry.IsDir() && name == at.name {
				return err
			}
			if !want[name] || !album.IsPhoto(entry) {
				t.Errorf("%q is there, of %q", name, up.Stored)
			}
			delete(want, name)
			return nil
		})
		if err != nil || len(want) > 0 {
			t.Errorf("%v are not there, %v", want, err)
		}
		entries, _ := os.ReadDir(s.root)
		for _, entry := range entries {
			os.RemoveAll(filepath.Join(s.root, entry.Name()))
		}
	})
}

func mustUnescape(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

func body(w *httptest.ResponseRecorder) []byte { b, _ := io.ReadAll(w.Result().Body); return b }

// FuzzAlbumPage renders a page of any names and records, parsed back. It holds
// no script but ours and no handler, and every address in it is that of what
// it stands for.
func FuzzAlbumPage(f *testing.F) {
	s := fuzzServer(f)
	for _, name := range hostileNames {
		f.Add("x", name, name, name, "#aabbcc", 3, 2)
		f.Add(strings.TrimSuffix(name, ".jpg")+"/y", "1.jpg", "caption", name, name, -1, 1<<30)
	}
	f.Fuzz(func(t *testing.T, albumName, file, sub, caption, color string, width, height int) {
		for _, name := range []string{albumName + "/" + file, albumName + "/" + sub} {
			got, ok := parsePath(s.root, "/"+name)
			if !ok || got.name != name || got.thumb {
				return // no such file can be shown
			}
		}
		if !album.IsPhotoName(file) || strings.ContainsRune(file, '/') || strings.ContainsRune(sub, '/') {
			return
		}
		src := album.Photo{Album: albumName, File: file, Size: 10, MTime: 5}
		r := rendition.Record{Size: 10, MTime: 5, Width: width, Height: height, Caption: caption, Color: color, Taken: caption, Options: s.albumPages.store.Options("")}
		g := &grid{p: s.albumPages, key: pageKey{album: albumName, choice: album.ByDate, n: 1, texts: messages.Languages[0], mayPick: true}, album: album.Listing{Name: albumName, Albums: []string{sub}, Photos: []album.Photo{src, src}}, pages: 2}
		g.cells = []cell{
			{sub: albumName + "/" + sub, src: src, record: r, known: true, sum: summary{Summary: index.Summary{Photos: 2}}},
			{src: src, record: r, sharp: r, known: true},
			{src: src, broken: true, known: true},
		}
		var page bytes.Buffer
		if _, err := g.write(&page, cachedPage{}); err != nil {
			t.Fatal(err)
		}
		doc := parse(t, page.Bytes())
		(&site{Server: &httptest.Server{URL: "http://gallery.test"}, t: t, server: s}).harmless("the page", doc)
		if n := len(find(doc, "script")); n != 2 { // the second is for picks
			t.Errorf("there are %d scripts", n)
		}
		if n, m := len(find(doc, "figure.photo")), len(find(doc, "figure.card")); n != 2 || m != 1 {
			t.Errorf("there are %d photos and %d albums", n, m)
		}
		want := []string{".", albumName, albumName + "/" + sub, albumName + "/" + file}
		for dir := path.Dir(albumName); dir != "."; dir = path.Dir(dir) {
			want = append(want, dir)
		}
		for _, href := range slices.Concat(values(doc, "a[href]:not(.skip)", "href"), values(doc, "img[src]", "src")) {
			u, err := url.Parse(href)
			if err != nil || u.Host != "" || u.Scheme != "" {
				t.Errorf("%q leads elsewhere, %v", href, err)
				continue
			}
			if got, ok := parsePath(s.root, u.Path); !ok || !slices.Contains(want, got.name) {
				t.Errorf("%q names %+v, %v, want one of %q", href, got, ok, want)
			}
		}
		for _, img := range find(doc, "main img") {
			for _, a := range img.Attr {
				if a.Key == "style" && strings.ContainsAny(a.Val, "\"'()<>\\") {
					t.Errorf("there is a style %q", a.Val)
				}
			}
		}
	})
}

// FuzzZipNames gives any file names their names in an archive: different ones
// in any case, that every system can keep and that lead nowhere.
func FuzzZipNames(f *testing.F) {
	f.Add("a.jpg/A.JPG/a (2).jpg/a:.jpg/a?.jpg", "x")
	f.Add("CON.jpg/com1.png/../\\..\\x.gif/\u202e.jpg/ .jpg/..jpg/x.jpg. /\xff.jpg", "\"\r\nX: y")
	f.Fuzz(func(t *testing.T, names, archive string) {
		var files []string
		for name := range strings.SplitSeq(names, "/") {
			if album.IsPhotoName(name) && len(files) < 200 && !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
		seen := map[string]bool{}
		for i, name := range zipstream.SafeNames(files) {
			folded := strings.ToLower(name)
			if seen[folded] {
				t.Errorf("%q becomes %q, as another does", files[i], name)
			}
			seen[folded] = true
			if !utf8.ValidString(name) || strings.ContainsAny(name, "/\\:*?\"<>|\x00\r\n") || strings.Trim(name, ". ") == "" ||
				strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || !album.IsPhotoName(name) {
				t.Errorf("%q becomes %q", files[i], name)
			}
		}
		header := attachment(archive + ".zip")
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || params["filename"] != zipstream.SafeName(archive+".zip") {
			t.Errorf("the archive of %q is offered by %q, %q, %v", archive, header, params, err)
		}
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("the archive of %q is offered by %q", archive, header)
		}
	})
}
