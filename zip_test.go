package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/messages"
	"gallery/internal/zipstream"
)

func withZip(c *config) { c.zip = true }

// zipSite has an album with photos of hostile names.
func zipSite(t *testing.T) (s *site, files map[string][]byte) {
	dir := t.TempDir()
	files = map[string][]byte{}
	for i, name := range append([]string{"CON.jpg", "a:b.jpg", "a?b.jpg", "A_B.JPG", "größe.jpg", "changing.jpg"}, hostileNames...) {
		write(t, filepath.Join(dir, "Größe, \"x\"", name), 40+i, 30, i)
		data, err := os.ReadFile(filepath.Join(dir, "Größe, \"x\"", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	writeFile(t, filepath.Join(dir, "Größe, \"x\"", "notes.txt"), []byte("not in it"))
	return newSite(t, dir, withZip), files
}

const zipAddress = "/Gr%C3%B6%C3%9Fe%2C%20%22x%22/?zip"

func TestZip_whole(t *testing.T) {
	s, files := zipSite(t)
	a := s.get(zipAddress)
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/zip" || a.ContentLength != int64(len(a.body)) || a.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("GET %s = %d %v", zipAddress, a.StatusCode, a.Header)
	}
	disposition, params, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" || params["filename"] != "Größe, _x_.zip" {
		t.Errorf("Content-Disposition: %s means %s, %q, %v", a.Header.Get("Content-Disposition"), disposition, params, err)
	}
	z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(files) {
		t.Errorf("the archive has %d files, want %d", len(z.File), len(files))
	}
	var contents [][]byte
	seen := map[string]bool{}
	for _, f := range z.File {
		if seen[strings.ToLower(f.Name)] || zipstream.SafeName(f.Name) != f.Name || f.NonUTF8 {
			t.Errorf("the archive has the name %q", f.Name)
		}
		seen[strings.ToLower(f.Name)] = true
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r) // which compares the checksum
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if since := time.Since(f.Modified); since < -time.Minute || since > time.Hour {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		contents = append(contents, data)
	}
	for name, data := range files {
		if !slices.ContainsFunc(contents, func(c []byte) bool { return bytes.Equal(c, data) }) {
			t.Errorf("the archive lacks %q", name)
		}
	}
	head := s.do("HEAD", zipAddress)
	if head.StatusCode != 200 || head.ContentLength != a.ContentLength || head.Header.Get("ETag") != a.Header.Get("ETag") {
		t.Errorf("HEAD %s = %d %v", zipAddress, head.StatusCode, head.Header)
	}
	if tool, err := exec.LookPath("unzip"); err == nil {
		file := filepath.Join(t.TempDir(), "x.zip")
		writeFile(t, file, a.body)
		if out, err := exec.Command(tool, "-tqq", file).CombinedOutput(); err != nil {
			t.Errorf("unzip -t: %v\n%s", err, out)
		}
	}
}

// Any range is that of the whole, on a server that knows no checksum yet.
func TestZip_ranges(t *testing.T) {
	s, _ := zipSite(t)
	whole := s.get(zipAddress)
	var bounds []int64 // of every header and descriptor, and within the photos
	for _, signature := range []string{"PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x07\x08"} {
		for at := 0; ; at++ {
			next := bytes.Index(whole.body[at:], []byte(signature))
			if next < 0 {
				break
			}
			at += next
			bounds = append(bounds, int64(at), int64(at+16), int64(at+30), int64(at+46), int64(at+200))
		}
	}
	size := int64(len(whole.body))
	bounds = append(bounds, size-1)
	for i, from := range bounds {
		for _, from := range []int64{max(0, from-1), from, from + 1} {
			to := min(size-1, from+[]int64{0, 40, 3000}[i%3])
			if from > to {
				continue
			}
			if i%2 == 0 {
				s.server.archives.sums.Clear()
			}
			got := s.get(zipAddress, "Range", fmt.Sprintf("bytes=%d-%d", from, to))
			if got.StatusCode != 206 || !bytes.Equal(got.body, whole.body[from:to+1]) {
				t.Fatalf("bytes %d to %d: %d, %d bytes, or others than in the whole", from, to, got.StatusCode, len(got.body))
			}
		}
	}
	middle := fmt.Sprintf("bytes=%d-", size/2)
	for name, test := range map[string]struct {
		header []string
		status int
		body   []byte
	}{
		"the same":          {[]string{"Range", middle, "If-Range", whole.Header.Get("ETag")}, 206, whole.body[size/2:]},
		"another":           {[]string{"Range", middle, "If-Range", `"other"`}, 200, whole.body},
		"the end":           {[]string{"Range", "bytes=-100"}, 206, whole.body[size-100:]},
		"beyond":            {[]string{"Range", fmt.Sprintf("bytes=%d-", size)}, 416, nil},
		"have it":           {[]string{"If-None-Match", whole.Header.Get("ETag")}, 304, []byte{}},
		"no such condition": {[]string{"If-Match", `"other"`}, 412, nil},
	} {
		got := s.get(zipAddress, test.header...)
		if got.StatusCode != test.status || test.body != nil && !bytes.Equal(got.body, test.body) {
			t.Errorf("%s: %d with %d bytes, want %d with %d", name, got.StatusCode, len(got.body), test.status, len(test.body))
		}
		if got.StatusCode >= 400 && (got.Header.Get("ETag") != "" || got.Header.Get("Content-Disposition") != "") {
			t.Errorf("%s: an error has %v", name, got.Header)
		}
	}
}

// An album that changes is another archive; one that changes while it is sent
// is cut short.
func TestZip_changes(t *testing.T) {
	s, _ := zipSite(t)
	first := s.get(zipAddress).Header.Get("ETag")
	changing := filepath.Join(s.dir, `Größe, "x"`, "changing.jpg")
	if err := os.Chtimes(changing, time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.later()
	if second := s.get(zipAddress).Header.Get("ETag"); second == first || second == "" {
		t.Errorf("a changed album has the ETag %s, had %s", second, first)
	}
	s.get(zipAddress) // the album is listed now
	if err := os.WriteFile(changing, []byte("short"), 0o644); err != nil {
		t.Fatal(err)
	}
	l, _ := s.server.library.listings.Get(`Größe, "x"`)
	l.listed = time.Now().Add(time.Hour)
	s.server.library.listings.Put(l.Name, l)
	s.server.archives.sums.Clear()
	resp, err := http.Get(s.URL + zipAddress)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("an archive of a photo that changed came whole: %d of %d bytes", n, resp.ContentLength)
	}
}

// Without -zip there is no such address, nor a link to it; an album without
// photos has no archive.
func TestZip_offered(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	for _, offered := range []bool{false, true} {
		s := newSite(t, dir, func(c *config) { c.zip = offered })
		var want []string
		if offered {
			want = []string{"/a/?zip"}
		}
		if got := values(s.page("/a/"), ".zip a[download]", "href"); !slices.Equal(got, want) {
			t.Errorf("-zip=%v: the album offers %q, want %q", offered, got, want)
		}
		if got := s.get("/a/?zip").Header.Get("Content-Type") == "application/zip"; got != offered {
			t.Errorf("-zip=%v: /a/?zip is an archive: %v", offered, got)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "none", "in it"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir, withZip)
	s.page("/none/")
	if got := find(s.page("/none/"), ".zip"); len(got) > 0 {
		t.Error("an archive of nothing is offered")
	}
	if got := s.get("/none/?zip"); got.StatusCode != 404 {
		t.Errorf("an archive of nothing = %d, want 404", got.StatusCode)
	}
}

// The albums in an album are folders of its archive, under names that can all be unpacked;
// what the pages leave out is not in it. It can be read from anywhere, and notices what
// changes below.
func TestZip_albumsInAlbums(t *testing.T) {
	dir := t.TempDir()
	inside := map[string]string{
		"Trip/1.jpg": "1.jpg", "Trip/cover.jpg": "cover.jpg", "Trip/A_B/1.jpg": "A_B/1.jpg", "Trip/a:b/1.jpg": "a_b (2)/1.jpg",
		"Trip/a?b/1.jpg": "a_b (3)/1.jpg", "Trip/x.jpg/1.jpg": "x.jpg/1.jpg", "Trip/X.JPG": "X (2).JPG", "Trip/CON/deep/er/1.jpg": "_CON/deep/er/1.jpg",
	}
	i := 0
	for name := range inside {
		write(t, filepath.Join(dir, name), 40+i, 30, i)
		i++
	}
	for _, name := range []string{"Trip/.hidden/1.jpg", "Trip/@eaDir/1.jpg", "Trip/left/1.jpg", "Trip/left/in/1.jpg", "Other/1.jpg"} {
		write(t, filepath.Join(dir, name), 50, 30, 1)
	}
	writeFile(t, filepath.Join(dir, "Trip", "left", ".nomedia"), nil)
	writeFile(t, filepath.Join(dir, "Trip", "CON", "film.mov"), []byte("film"))
	for _, others := range []bool{false, true} {
		s := newSite(t, dir, withZip, func(c *config) { c.others = others }).unhurried()
		a := s.get("/Trip/?zip")
		z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		if err != nil || a.ContentLength != int64(len(a.body)) {
			t.Fatalf("%d of %d bytes: %v", len(a.body), a.ContentLength, err)
		}
		want := map[string][]byte{}
		for name, title := range inside {
			want[title], _ = os.ReadFile(filepath.Join(dir, name))
		}
		if others {
			want["_CON/film.mov"] = []byte("film")
		}
		bytesOf := 0
		for _, data := range want {
			bytesOf += len(data)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if content, ok := want[f.Name]; !ok || err != nil || !bytes.Equal(data, content) {
				t.Errorf("others %v: the archive has %q with %d bytes, %v", others, f.Name, len(data), err)
			}
			delete(want, f.Name)
		}
		if len(want) > 0 {
			t.Errorf("others %v: the archive lacks %q", others, slices.Collect(maps.Keys(want)))
		}
		half := len(a.body) / 2
		if got := s.get("/Trip/?zip", "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", a.Header.Get("ETag")); got.StatusCode != 206 || !bytes.Equal(got.body, a.body[half:]) {
			t.Errorf("others %v: from the middle on = %d", others, got.StatusCode)
		}
		s.page("/Trip/")
		s.later()
		if got, want := values(s.page("/Trip/"), ".zip", ""), "Download album "+messages.English.Bytes(int64(bytesOf)); !slices.Equal(got, []string{want}) {
			t.Errorf("others %v: the page offers %q, want %q", others, got, want)
		}
	}
}

// An archive in which a photo far below has changed is another, once it is looked at again.
func TestZip_changesBelow(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "Trip", "a", "b", "changing.jpg")
	write(t, deep, 60, 40, 1)
	s := newSite(t, dir, withZip)
	first := s.do("HEAD", "/Trip/?zip").Header.Get("ETag")
	write(t, deep, 60, 40, 2)
	s.later()
	if got := s.do("HEAD", "/Trip/?zip").Header.Get("ETag"); got == first || got == "" {
		t.Errorf("its tag is %s, was %s", got, first)
	}
}

// What holds more than an archive may is offered by its parts.
func TestZip_bounded(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "all", "0.gif"), 4, 3, 1)
	write(t, filepath.Join(dir, "all", "half", "1.gif"), 4, 3, 1)
	write(t, filepath.Join(dir, "all", "half", "2.gif"), 4, 3, 1)
	s := newSite(t, dir, withZip)
	s.server.archives.most = 2
	for path, want := range map[string]int{"/all/?zip": 404, "/all/half/?zip": 200} {
		if got := s.do("HEAD", path); got.StatusCode != want {
			t.Errorf("HEAD %s = %d, want %d", path, got.StatusCode, want)
		}
	}
}

// An archive holds what its visitor may see, whoever asked before, and no cache keeps one
// visitor's for others.
func TestZip_byVisitor(t *testing.T) {
	s := guarded(t)
	for _, test := range []struct{ name, want string }{
		{"ann", "Club/7.jpg Family/3.jpg Family/4.jpg Family/Party/5.jpg Family/Press/6.jpg Open/1.jpg Open/Hidden/2.jpg root.jpg"},
		{"", "Open/1.jpg root.jpg"},
		{"bob", "Club/7.jpg Open/1.jpg root.jpg"},
	} {
		var header []string
		if test.name != "" {
			header = []string{"Authorization", basic(test.name, rightPassword)}
		}
		a := s.get("/?zip", header...)
		z, err := zip.NewReader(bytes.NewReader(a.body), int64(len(a.body)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range z.File {
			names = append(names, f.Name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != test.want || strings.Contains(a.Header.Get("Cache-Control"), "private") != (test.name != "") {
			t.Errorf("%q gets %s, want %s; Cache-Control: %s", test.name, got, test.want, a.Header.Get("Cache-Control"))
		}
	}
}
