package e2e

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// uploadForm is the content of a form that brings photos into an album.
func uploadForm(t *testing.T, album string, photos map[string][]byte) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("album", album)
	for name, data := range photos {
		part, err := w.CreateFormFile("photo", name)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(data)
	}
	w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// upload posts a form, and returns status and body of the answer.
func upload(t *testing.T, to, signIn, contentType string, body io.Reader) (int, string) {
	t.Helper()
	r, err := http.NewRequest("POST", to, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", signIn)
	r.Header.Set("Accept", "application/json")
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// photoData is a JPEG with so many bytes of nothing behind it.
func photoData(t *testing.T, seed, more int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.jpg")
	draw(t, path, 300, 200, seed)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, make([]byte, more)...)
}

// everything lists all files and folders in dir, by their paths below it.
func everything(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for name := range describe(t, dir) {
		all = append(all, name)
	}
	folders, _ := filepath.Glob(filepath.Join(dir, "*"))
	all = append(all, folders...)
	slices.Sort(all)
	return slices.Compact(all)
}

// On a full disk the answer is 507 and nothing is left behind; what fits still
// arrives.
func TestUpload_fullDisk(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	dir := t.TempDir()
	mountSmall(t, dir, 400)
	draw(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
	p := start(t, nil, "-users", users, "-upload", "-cache", t.TempDir(), dir)
	before := everything(t, dir)
	for _, album := range []string{"", "New"} {
		body, contentType := uploadForm(t, album, map[string][]byte{"large.jpg": photoData(t, 2, 1<<20)})
		status, answer := upload(t, p.url+"/", signIn, contentType, bytes.NewReader(body))
		if status != 507 || !strings.Contains(answer, "The disk is full.") {
			t.Errorf("into %q: %d %s, want 507", album, status, answer)
		}
		if got := everything(t, dir); !slices.Equal(got, before) {
			t.Errorf("into %q: the disk holds %q, want %q", album, got, before)
		}
	}
	body, contentType := uploadForm(t, "New", map[string][]byte{"small.jpg": photoData(t, 3, 0)})
	if status, answer := upload(t, p.url+"/", signIn, contentType, bytes.NewReader(body)); status != 201 {
		t.Errorf("one that fits: %d %s, want 201", status, answer)
	}
}

// A photo passes through nginx and the program as it comes, neither of which
// waits for the whole; a kill in the middle leaves nothing that the next start
// does not remove.
func TestUpload_streamsThroughNginx(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	guardOnly(t, dir, "a/1.jpg")
	p := start(t, nil, "-users", users, "-upload", "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf")

	photo := photoData(t, 2, 30<<20)
	body, contentType := uploadForm(t, "", map[string][]byte{"2.jpg": photo})
	status, answer := upload(t, "https://"+n.tls+"/a/", signIn, contentType, bytes.NewReader(body))
	if status != 201 {
		t.Fatalf("30 MB through nginx = %d %s", status, answer)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "a", "2.jpg")); err != nil || !bytes.Equal(data, photo) {
		t.Errorf("what arrived are other bytes, %v", err)
	}

	in, out := io.Pipe()
	r, err := http.NewRequest("POST", "https://"+n.tls+"/a/", in)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", signIn)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if resp, err := transport.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
	}()
	if _, err := out.Write(body[:4<<20]); err != nil {
		t.Fatal(err)
	}
	litter := func() []string {
		found, _ := filepath.Glob(filepath.Join(dir, "a", ".gallery-upload-*"))
		return found
	}
	waitFor(t, "a temporary file while the rest is still to come", func() bool { return len(litter()) == 1 })
	p.cmd.Process.Kill()
	p.cmd.Wait()
	out.CloseWithError(io.ErrUnexpectedEOF)
	<-ended
	if len(litter()) != 1 {
		t.Fatalf("after the kill there is %q", litter())
	}
	start(t, nil, "-users", users, "-upload", dir)
	waitFor(t, "the next start's sweeping", func() bool { return len(litter()) == 0 })
}

// waitFor waits until a condition holds that no event tells of.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// guardOnly fails the test unless a file is at its end as it is now.
func guardOnly(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, name)
	before := describe(t, dir)[path]
	t.Cleanup(func() {
		if after := describe(t, dir)[path]; after != before {
			t.Errorf("%s was %s and is now %s", name, before, after)
		}
	})
}

// What is received is not held in memory.
func TestUpload_memory(t *testing.T) {
	users, signIn := addUser(t, "ann")
	dir := t.TempDir()
	p := start(t, nil, "-users", users, "-upload", "-upload-max", "1GB", "-memory", "32MiB", dir)
	const size = 300 << 20
	head, contentType := uploadForm(t, "", map[string][]byte{"1.jpg": nil})
	at := bytes.LastIndex(head, []byte("\r\n--"))
	body := io.MultiReader(bytes.NewReader(head[:at]), io.LimitReader(zeros{}, size), bytes.NewReader(head[at:]))
	if status, answer := upload(t, p.url+"/", signIn, contentType, body); status != 415 {
		t.Errorf("300 MB of zeros = %d %s, want 415", status, answer)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		lacks(t, "what the program takes of memory is read from /proc, which only Linux has: %v", err)
	}
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if kB, _ := strconv.Atoi(string(peak[1])); kB > 80<<10 {
		t.Errorf("the program took %d MB, want less than 80", kB>>10)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
