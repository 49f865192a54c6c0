package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
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
	write(t, filepath.Join(dir, "Größe, \"x\"", "below", "not in it.jpg"), 40, 30, 1)
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
		if seen[strings.ToLower(f.Name)] || safeFileName(f.Name) != f.Name || f.NonUTF8 {
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
	a, err := s.server.library.list(t.Context(), `Größe, "x"`)
	if err != nil {
		t.Fatal(err)
	}
	z := s.server.archives.archive(context.Background(), a.Photos)
	defer z.close()
	var bounds []int64
	for _, e := range z.entries {
		bounds = append(bounds, e.offset, e.offset+localSize, e.offset+e.headSize(), e.offset+e.headSize()+e.photo.Size/2, e.offset+e.headSize()+e.photo.Size, e.central, e.central+centralSize)
	}
	bounds = append(bounds, z.central, z.end, z.size-1)
	for i, from := range bounds {
		for _, from := range []int64{max(0, from-1), from, from + 1} {
			to := min(z.size-1, from+[]int64{0, 40, 3000}[i%3])
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
	middle := fmt.Sprintf("bytes=%d-", z.size/2)
	for name, test := range map[string]struct {
		header []string
		status int
		body   []byte
	}{
		"the same":          {[]string{"Range", middle, "If-Range", whole.Header.Get("ETag")}, 206, whole.body[z.size/2:]},
		"another":           {[]string{"Range", middle, "If-Range", `"other"`}, 200, whole.body},
		"the end":           {[]string{"Range", "bytes=-100"}, 206, whole.body[z.size-100:]},
		"beyond":            {[]string{"Range", fmt.Sprintf("bytes=%d-", z.size)}, 416, nil},
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
		if got := s.get("/?zip"); offered && got.StatusCode != 404 {
			t.Errorf("an archive of nothing = %d, want 404", got.StatusCode)
		}
	}
}

// Albums and photos beyond what 32 bits hold, by files with holes.
func TestZip_large(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int64{"a.jpg": max32 + 5, "b.jpg": 3 << 30, "c.jpg": 1000, "d.jpg": max32, "e.jpg": max32 - 1} {
		writeFile(t, filepath.Join(dir, name), []byte(name))
		if err := os.Truncate(filepath.Join(dir, name), size); err != nil {
			lacks(t, "the file system takes no files of 5 GB with holes: %v", err)
		}
	}
	photos, err := openDir("DIR", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer photos.Close()
	s := newArchives(&library{photos: photos}, nil)
	a, err := album.List(photos, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range a.Photos {
		if src.Size > 1<<20 {
			s.sums.Put(src, 0) // reading so much would take a minute
		}
	}
	z := s.archive(t.Context(), a.Photos)
	defer z.close()
	r, err := zip.NewReader(readerAt{z}, z.size)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 5 {
		t.Fatalf("the archive has %d files, want 5", len(r.File))
	}
	for i, f := range r.File {
		offset, err := f.DataOffset()
		if e := z.entries[i]; err != nil || f.UncompressedSize64 != uint64(e.photo.Size) || f.Name != e.photo.Title || offset != e.offset+e.headSize() {
			t.Errorf("%s has %d bytes at %d, %v, want %+v", f.Name, f.UncompressedSize64, offset, err, e)
		}
	}
	// The small one lies beyond 4 GiB, and its checksum is that of its bytes.
	f, err := r.File[2].Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Error(err)
	}
}

// readerAt reads an archive anywhere.
type readerAt struct{ *archive }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if _, err := r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(r.archive, p)
}

// More photos than 16 bits count.
func TestZip_manyEntries(t *testing.T) {
	photos := make([]album.Photo, 70_000)
	s := newArchives(nil, nil)
	for i := range photos {
		photos[i] = album.Photo{Album: ".", File: fmt.Sprintf("%d.jpg", i)}
		s.sums.Put(photos[i], 0) // empty, and so never read
	}
	z := s.archive(t.Context(), photos)
	var b bytes.Buffer
	if n, err := io.Copy(&b, z); err != nil || n != z.size {
		t.Fatalf("read %d of %d bytes, %v", n, z.size, err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), z.size)
	if err != nil || len(r.File) != len(photos) {
		t.Fatalf("%v, or the archive has not %d files", err, len(photos))
	}
}

func TestSafeFileName(t *testing.T) {
	for name, want := range map[string]string{
		"a.jpg": "a.jpg", "größe 日本.jpg": "größe 日本.jpg", `a<b>c:d"e/f\g|h?i*j.jpg`: "a_b_c_d_e_f_g_h_i_j.jpg",
		"new\nline.jpg": "new_line.jpg", "latin1 \xe9.jpg": "latin1 _.jpg", "right\u202eto.jpg": "right_to.jpg",
		"CON.jpg": "_CON.jpg", "con": "_con", "Com1.tar.jpg": "_Com1.tar.jpg", "COM10.jpg": "COM10.jpg", "LPT¹.jpg": "_LPT¹.jpg", "COM.jpg": "COM.jpg",
		"console.jpg": "console.jpg", "nul .jpg": "_nul .jpg", "a. . ": "a", "...": "_", "": "_", ".jpg": "_.jpg",
	} {
		if got := safeFileName(name); got != want {
			t.Errorf("safeFileName(%q) = %q, want %q", name, got, want)
		}
	}
}
