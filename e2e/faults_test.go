package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mountSmall mounts a file system of so many kB at dir until the test ends.
func mountSmall(t *testing.T, dir string, kB int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kB)); err != nil {
		lacks(t, "a small file system cannot be mounted, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// noisy writes a JPEG whose thumbnail is large.
func noisy(t *testing.T, path string, seed uint64) {
	t.Helper()
	draw(t, path, 500, 400, int(seed))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// What follows the tables is turned into noise: any bits decode to something.
	random := rand.New(rand.NewPCG(seed, 1))
	for i := 700; i < len(data)-2; i++ {
		data[i] = byte(random.IntN(0xff))
	}
	put(t, path, data)
}

// album makes an album of so many photos and returns the directory around it,
// which any user may enter.
func album(t *testing.T, photos int) string {
	t.Helper()
	dir := openTempDir(t)
	for i := range photos {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 1000, 750, i)
	}
	return dir
}

// openTempDir is a temporary directory that any user may enter.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// settled fails the test unless every file in the folder thumbs that has a
// final name is a whole thumbnail, fresh for its photo as it is now, and
// returns their number and that of temporary files.
func settled(t *testing.T, photos, thumbs string) (n, litter int) {
	t.Helper()
	entries, err := os.ReadDir(thumbs)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, entry := range entries {
		switch {
		case entry.IsDir():
		case strings.HasPrefix(entry.Name(), "."):
			litter++
		default:
			n++
			fresh(t, filepath.Join(photos, entry.Name()), filepath.Join(thumbs, entry.Name()))
		}
	}
	return n, litter
}

// fresh fails the test unless thumb is a whole JPEG whose record is that of
// the photo.
func fresh(t *testing.T, photo, thumb string) {
	t.Helper()
	data, err := os.ReadFile(thumb)
	if err != nil {
		t.Error(err)
		return
	}
	if !bytes.HasPrefix(data, []byte("\xff\xd8\xff\xfe")) || !bytes.HasSuffix(data, []byte("\xff\xd9")) {
		t.Errorf("%s is torn: %d bytes", thumb, len(data))
		return
	}
	if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
		t.Errorf("%s: %v", thumb, err)
	}
	var record struct{ Size, MTime int64 }
	_, comment, _ := bytes.Cut(data[:4+int(data[4])<<8+int(data[5])], []byte("gallery 1 "))
	if err := json.Unmarshal(comment, &record); err != nil {
		t.Errorf("%s has no record: %v", thumb, err)
	}
	if info, err := os.Stat(photo); err != nil || info.Size() != record.Size || info.ModTime().UnixNano() != record.MTime {
		t.Errorf("%s is not that of its photo as it is: %+v", thumb, record)
	}
}

// shows asks for a page, which must be whole, and returns how many pictures it
// shows and how many placeholders.
func (p *program) shows(target string) (pictures, placeholders int) {
	p.t.Helper()
	a := p.send("GET", target)
	if a.StatusCode != 200 || !bytes.HasSuffix(bytes.TrimSpace(a.body), []byte("</html>")) {
		p.t.Errorf("GET %s = %d and ends with %.40q", target, a.StatusCode, a.body[max(0, len(a.body)-40):])
	}
	return bytes.Count(a.body, []byte("<img src")), bytes.Count(a.body, []byte(`class="placeholder"`))
}

// fetch asks for an address and reads the answer to its end.
func fetch(url string) (status int, body []byte, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// A full disk costs nothing but speed, and is forgotten when there is space.
func TestFault_diskFull(t *testing.T) {
	t.Parallel()
	const photos = 40
	dir := openTempDir(t)
	originals, cache := filepath.Join(dir, "photos"), filepath.Join(dir, "cache")
	for i := range photos {
		noisy(t, filepath.Join(originals, "a", fmt.Sprintf("%d.jpg", i)), uint64(i))
	}
	guard(t, originals)
	if err := os.Mkdir(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	mountSmall(t, cache, 200)
	p := start(t, nil, "-cache", cache, originals)
	thumbs := filepath.Join(cache, "a", "_thumbs")
	for view := range 3 {
		if pictures, _ := p.shows("/a/"); pictures != photos {
			t.Errorf("view %d with a full disk shows %d pictures, want %d", view, pictures, photos)
		}
		for i := range photos {
			target := fmt.Sprintf("/a/_thumbs/%d.jpg", i)
			a := p.send("GET", target)
			if _, err := jpeg.Decode(bytes.NewReader(a.body)); err != nil || a.StatusCode != 200 {
				t.Errorf("GET %s with a full disk = %d, %v", target, a.StatusCode, err)
			}
		}
		if n, litter := settled(t, filepath.Join(originals, "a"), thumbs); n == 0 || n >= photos || litter > 0 {
			t.Errorf("on the full disk there are %d thumbnails and %d temporary files", n, litter)
		}
	}
	// One who writes under the final name leaves half a file there.
	unsafe := filepath.Join(cache, "unsafe.jpg")
	err := os.WriteFile(unsafe, make([]byte, 1<<20), 0o644)
	if info, statErr := os.Stat(unsafe); err == nil || statErr != nil || info.Size() == 1<<20 {
		t.Errorf("the disk was not full: %v, %v", err, statErr)
	}
	os.Remove(unsafe)
	if err := syscall.Mount("tmpfs", cache, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	for i := range photos {
		p.send("GET", fmt.Sprintf("/a/_thumbs/%d.jpg", i))
	}
	p.shows("/a/")
	if n, litter := settled(t, filepath.Join(originals, "a"), thumbs); n != photos || litter != 0 {
		t.Errorf("with space again there are %d thumbnails and %d temporary files, want %d and 0", n, litter, photos)
	}
}

// asNobody runs the program as a user who may do little.
func asNobody(t *testing.T, args ...string) *program {
	t.Helper()
	if os.Geteuid() != 0 {
		lacks(t, "the program is to run as another user, which takes root")
	}
	const nobody = 65534
	return startAs(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, nil, args...)
}

// Photos that may only be read are shown, their thumbnails kept in memory.
func TestFault_readOnlyPhotos(t *testing.T) {
	t.Parallel()
	const photos = 12
	dir := album(t, photos)
	guard(t, dir)
	p := asNobody(t, dir)
	for range 2 {
		if pictures, _ := p.shows("/a/"); pictures != photos {
			t.Errorf("the page shows %d pictures, want %d", pictures, photos)
		}
	}
	if a := p.send("GET", "/a/_thumbs/1600/1.jpg"); a.StatusCode != 200 {
		t.Errorf("a rendition = %d", a.StatusCode)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "_thumbs")); err == nil {
		t.Error("a user who may not write has written")
	}
}

// A file or a folder that may not be read costs nothing but itself, and no
// answer tells why.
func TestFault_permissionDenied(t *testing.T) {
	t.Parallel()
	dir := album(t, 3)
	draw(t, filepath.Join(dir, "a", "denied.jpg"), 60, 40, 1)
	draw(t, filepath.Join(dir, "denied", "1.jpg"), 60, 40, 1)
	draw(t, filepath.Join(dir, "listed", "1.jpg"), 60, 40, 1)
	guard(t, dir)
	for name, mode := range map[string]os.FileMode{"a/denied.jpg": 0, "denied": 0, "listed": 0o644} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, info.Mode()) })
	}
	p := asNobody(t, dir)
	for range 2 {
		if pictures, placeholders := p.shows("/a/"); pictures != 3 || placeholders != 1 {
			t.Errorf("the page shows %d pictures and %d placeholders, want 3 and 1", pictures, placeholders)
		}
		p.shows("/")
	}
	for target, want := range map[string]int{
		"/a/denied.jpg": 404, "/a/_thumbs/denied.jpg": 404, "/denied/": 404, "/denied": 404, "/denied/1.jpg": 404,
		"/denied/1.jpg/": 404, "/denied/_thumbs/1.jpg": 404, "/listed/1.jpg": 404, "/listed/_thumbs/1.jpg": 404, "/a/1.jpg": 200,
	} {
		a := p.send("GET", target)
		if a.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", target, a.StatusCode, want)
		}
		harmless(t, target, a, dir)
	}
}

// A cache that vanishes is made anew.
func TestFault_cacheVanishes(t *testing.T) {
	t.Parallel()
	const photos = 6
	dir := album(t, photos)
	guard(t, dir)
	cache := filepath.Join(t.TempDir(), "cache")
	p := start(t, nil, "-cache", cache, dir)
	for _, gone := range []string{filepath.Join(cache, "a", "_thumbs"), filepath.Join(cache, "a"), cache} {
		p.shows("/a/")
		if n, _ := settled(t, filepath.Join(dir, "a"), filepath.Join(cache, "a", "_thumbs")); n != photos {
			t.Fatalf("there are %d thumbnails, want %d", n, photos)
		}
		waitFor(t, filepath.Base(gone)+" to be gone", func() bool { return os.RemoveAll(gone) == nil }) // while an index is written it may not be empty
		if pictures, _ := p.shows("/a/"); pictures != photos {
			t.Errorf("without %s the page shows %d pictures", filepath.Base(gone), pictures)
		}
		for i := range photos {
			if a := p.send("GET", fmt.Sprintf("/a/_thumbs/%d.jpg", i)); a.StatusCode != 200 {
				t.Errorf("without %s a thumbnail = %d", filepath.Base(gone), a.StatusCode)
			}
		}
	}
	p.shows("/a/")
	if n, litter := settled(t, filepath.Join(dir, "a"), filepath.Join(cache, "a", "_thumbs")); n != photos || litter > 0 {
		t.Errorf("in the end there are %d thumbnails and %d temporary files, want %d", n, litter, photos)
	}
}

// Photos that are replaced, rewritten in place, cut short or deleted while they
// are read cost no page; once they are left alone, what is shown is what they
// are.
func TestFault_photosChange(t *testing.T) {
	t.Parallel()
	const photos = 6
	dir := t.TempDir()
	var versions [][]byte
	for i := range 3 {
		draw(t, filepath.Join(dir, "version.jpg"), 1200, 900+i, i*3)
		data, err := os.ReadFile(filepath.Join(dir, "version.jpg"))
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, data)
	}
	root := filepath.Join(dir, "photos")
	path := func(i int) string { return filepath.Join(root, "a", fmt.Sprintf("%d.jpg", i)) }
	for i := range photos {
		put(t, path(i), versions[0])
	}
	p := start(t, nil, root)
	var done atomic.Bool
	var asked atomic.Int64
	var visitors sync.WaitGroup
	for _, target := range []string{"/a/", "/a/_thumbs/%d.jpg", "/a/_thumbs/1600/%d.jpg", "/a/%d.jpg", "/a/%d.jpg/", "/"} {
		visitors.Go(func() {
			for i := 0; !done.Load(); i++ {
				to := strings.ReplaceAll(target, "%d", strconv.Itoa(i%photos))
				status, body, err := fetch(p.url + to)
				asked.Add(1)
				switch {
				case status >= 500:
					t.Errorf("GET %s = %d", to, status)
				case err != nil && target != "/a/%d.jpg": // an original that shrinks cannot come whole
					t.Errorf("GET %s: %v", to, err)
				case status == 200 && strings.Contains(to, "_thumbs") && !bytes.HasSuffix(body, []byte("\xff\xd9")):
					t.Errorf("GET %s ends with %.10q", to, body[max(0, len(body)-10):])
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(1, 2))
	const changes = 400
	for change := range changes {
		at, data := path(random.IntN(photos)), versions[random.IntN(len(versions))]
		var err error
		switch change % 4 {
		case 0: // in place
			err = os.WriteFile(at, data, 0o644)
		case 1: // at once
			if err = os.WriteFile(filepath.Join(root, ".new"), data, 0o644); err == nil {
				err = os.Rename(filepath.Join(root, ".new"), at)
			}
		case 2:
			err = os.Truncate(at, int64(random.IntN(len(data))))
		case 3:
			err = os.Remove(at)
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for before := asked.Load(); asked.Load() == before && !t.Failed(); {
			p.send("GET", "/.health")
		}
	}
	done.Store(true)
	visitors.Wait()
	for i := range photos {
		put(t, path(i), versions[2])
	}
	for i := range photos {
		p.send("GET", fmt.Sprintf("/a/_thumbs/%d.jpg", i))
	}
	if n, litter := settled(t, filepath.Join(root, "a"), filepath.Join(root, "a", "_thumbs")); n != photos || litter > 0 {
		t.Errorf("in the end there are %d thumbnails and %d temporary files, want %d", n, litter, photos)
	}
	t.Logf("%d requests during %d changes", asked.Load(), changes)
}

// Whenever it is killed, what has a final name is whole and fresh, the next
// start removes what was left lying about, and no original is touched.
// GALLERY_KILLS says how often it is killed; bench/safety sets it.
func TestFault_killed(t *testing.T) {
	t.Parallel()
	kills := 30
	if text := os.Getenv("GALLERY_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const photos = 40
	dir := album(t, photos)
	guard(t, dir)
	thumbs := filepath.Join(dir, "a", "_thumbs")
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	left, torn := 0, 0
	for round := 0; round < kills && !t.Failed(); round++ {
		p := start(t, nil, dir)
		ended := make(chan struct{})
		go func() { // a cold album, of which as much is made as there is time for
			defer close(ended)
			_, _, _ = fetch(p.url + "/a/") // an error is the kill
		}()
		select {
		case <-time.After(time.Duration(random.IntN(400_000)) * time.Microsecond): // the moment is what is random
		case <-ended:
		}
		p.cmd.Process.Kill()
		p.cmd.Wait()
		<-ended
		n, litter := settled(t, filepath.Join(dir, "a"), thumbs)
		left += n
		torn += litter
		if n == photos {
			os.RemoveAll(thumbs)
		}
	}
	p := start(t, nil, dir)
	if pictures, _ := p.shows("/a/"); pictures != photos {
		t.Errorf("in the end the page shows %d pictures, want %d", pictures, photos)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		n, litter := settled(t, filepath.Join(dir, "a"), thumbs)
		if n == photos && litter == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("in the end there are %d thumbnails and %d temporary files", n, litter)
		}
		p.send("GET", "/.health") // it sweeps while it serves
	}
	if kills >= 30 && torn == 0 {
		t.Error("no kill met a write under way")
	}
	t.Logf("%d kills left %d whole thumbnails and %d temporary files behind", kills, left, torn)
}

// Several servers over one directory do not get in each other's way.
func TestFault_severalServers(t *testing.T) {
	t.Parallel()
	for _, servers := range []int{2, 4} {
		const photos, visitors = 30, 4
		dir := album(t, photos)
		guard(t, dir)
		var all sync.WaitGroup
		for range servers {
			p := start(t, nil, dir)
			for range visitors {
				all.Go(func() {
					for target, want := range map[string]int{"/a/": photos, "/a/?sort=date": photos, "/": 1} {
						status, body, err := fetch(p.url + target)
						if n := bytes.Count(body, []byte("<img src")); err != nil || status != 200 || n != want {
							t.Errorf("GET %s = %d with %d pictures, %v", target, status, n, err)
						}
					}
				})
			}
			all.Go(func() {
				for i := range 2 * photos {
					target := fmt.Sprintf("/a/_thumbs/%s%d.jpg", []string{"", "800/"}[i%2], i/2)
					status, body, err := fetch(p.url + target)
					if err != nil || status != 200 || !bytes.HasSuffix(body, []byte("\xff\xd9")) {
						t.Errorf("GET %s = %d, %d bytes, %v", target, status, len(body), err)
					}
				}
			})
		}
		all.Wait()
		for _, folder := range []string{"_thumbs", "_thumbs/800"} {
			if n, litter := settled(t, filepath.Join(dir, "a"), filepath.Join(dir, "a", folder)); n != photos || litter != 0 {
				t.Errorf("%d servers left %d thumbnails and %d temporary files in %s, want %d", servers, n, litter, folder, photos)
			}
		}
	}
}

// Behind nginx, which sends each address to the same one of four servers, the
// death of one of them under load is not noticed by anybody.
func TestFault_serverKilledBehindNginx(t *testing.T) {
	t.Parallel()
	const photos = 24
	dir := album(t, photos)
	guard(t, dir)
	var servers []*program
	upstream := "    hash $uri consistent;\n"
	for range 4 {
		p := start(t, nil, dir)
		servers = append(servers, p)
		upstream += "    server " + strings.TrimPrefix(p.url, "http://") + ";\n"
	}
	n := startNginx(t, servers[0], dir, "gallery.conf", append([]string{"    server 127.0.0.1:5001;\n", upstream}, noLimit...)...)
	n.send("GET", "/a/")
	n.send("GET", "/")
	var done atomic.Bool
	var asked atomic.Int64
	var visitors sync.WaitGroup
	for v := range 6 {
		visitors.Go(func() {
			random := rand.New(rand.NewPCG(uint64(v), 3))
			for !done.Load() && !t.Failed() {
				photo := random.IntN(photos)
				target := []string{"/a/", "/", fmt.Sprintf("/a/%d.jpg/", photo), fmt.Sprintf("/a/%d.jpg", photo),
					fmt.Sprintf("/a/_thumbs/800/%d.jpg", photo), fmt.Sprintf("/a/_thumbs/1600/%d.jpg", photo)}[random.IntN(6)]
				a := n.send("GET", target)
				if a.StatusCode != 200 || int64(len(a.body)) < a.ContentLength {
					t.Errorf("GET %s = %d with %d of %d bytes", target, a.StatusCode, len(a.body), a.ContentLength)
				}
				asked.Add(1)
			}
		})
	}
	wait := func(requests int64) {
		for before := asked.Load(); asked.Load() < before+requests && !t.Failed(); {
			time.Sleep(time.Millisecond) // it is requests that are waited for
		}
	}
	for _, p := range servers[1:] {
		wait(100)
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
	wait(100)
	done.Store(true)
	visitors.Wait()
	t.Logf("%d requests while three of four servers were killed one by one", asked.Load())
}

// Of two servers behind nginx one loses its disk: visitors get their pages from the other.
func TestFault_diskLostBehindNginx(t *testing.T) {
	t.Parallel()
	dir, other := album(t, 3), openTempDir(t)
	if err := os.CopyFS(filepath.Join(other, "p"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	first, second := start(t, nil, dir), start(t, nil, filepath.Join(other, "p"))
	upstream := "    server " + strings.TrimPrefix(second.url, "http://") + ";\n    server " + strings.TrimPrefix(first.url, "http://") + ";\n"
	n := startNginx(t, first, dir, "gallery.conf", append([]string{"    server 127.0.0.1:5001;\n", upstream}, noLimit...)...)
	if err := os.Rename(filepath.Join(other, "p"), filepath.Join(other, "off")); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if second.send("GET", "/.ready").StatusCode == http.StatusServiceUnavailable {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if status := second.send("GET", "/").StatusCode; status != http.StatusServiceUnavailable {
		t.Fatalf("the server without a disk answers %d itself", status)
	}
	for i := range 20 {
		for _, target := range []string{"/", "/a/", fmt.Sprintf("/a/%d.jpg/", i%3)} {
			if a := n.send("GET", target); a.StatusCode != http.StatusOK {
				t.Errorf("GET %s = %d", target, a.StatusCode)
			}
		}
	}
}
