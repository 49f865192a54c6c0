package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// warm runs "gallery warm".
func warm(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(binary, append([]string{"warm"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("gallery warm %q: %v\n%s", args, err, out)
	}
}

// nginx and the program agree on who is given WebP, and on what.
func TestNginx_webp(t *testing.T) {
	t.Parallel()
	for _, cache := range []bool{false, true} {
		dir := t.TempDir()
		for i, name := range []string{"a/1.jpg", "a/b c/what?.jpg", "x.jpg", "a/jpeg.jpg"} {
			draw(t, filepath.Join(dir, name), 900, 600, i)
		}
		var args, changes []string
		thumbs := dir
		if cache {
			thumbs = t.TempDir()
			args = []string{"-cache", thumbs}
			changes = []string{"set $gallery_cache $document_root;", "set $gallery_cache " + thumbs + ";"}
		}
		guard(t, dir)
		p := start(t, nil, append(args, dir)...)
		n := startNginx(t, p, dir, "gallery.conf", append(changes, noLimit...)...)
		warm(t, append(args, "-webp", dir)...)
		if err := os.Remove(filepath.Join(thumbs, "a", "_thumbs", "webp", "jpeg.jpg")); err != nil {
			t.Fatal(err)
		}
		const browser = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
		accepts := map[string]string{
			browser: "webp", "image/webp": "webp", "IMAGE/WEBP": "webp", "text/html, image/webp , */*;q=0.8": "webp",
			"image/webp;q=0.5": "webp", "image/webp;q=0.5,image/*;q=0.4": "webp",
			"": "jpeg", "*/*": "jpeg", "image/*": "jpeg", "image/webpx": "jpeg", "ximage/webp": "jpeg", "x/image/webp": "jpeg",
			"image/webp;q=0": "jpeg", "image/webp ; q=0.000": "jpeg", "image/webp;q=0,*/*": "jpeg",
			"image/webp;q=0.5,image/jpeg": "jpeg", `text/x;y=",image/webp,"`: "jpeg",
		}
		for accept, want := range accepts {
			for _, target := range []string{"/a/_thumbs/1.jpg", "/a/b%20c/_thumbs/what%3F.jpg?v=1", "/_thumbs/x.jpg", "/a/_thumbs/jpeg.jpg", "/a/_thumbs/800/1.jpg", "/a/_thumbs/gone.jpg", "/a/_thumbs/webp/1.jpg"} {
				what := fmt.Sprintf("GET %s, Accept: %s", target, accept)
				byNginx, byProgram := n.send("GET", target, "Accept", accept), p.send("GET", target, "Accept", accept)
				alike(t, what, byNginx, byProgram, !strings.Contains(target, "gone") && !strings.Contains(target, "webp/"))
				for _, by := range []answer{byNginx, byProgram} {
					if by.StatusCode != 200 {
						continue
					}
					wantType, vary := "image/"+want, "Accept"
					if target == "/a/_thumbs/jpeg.jpg" {
						wantType = "image/jpeg"
					}
					if target == "/a/_thumbs/800/1.jpg" {
						wantType, vary = "image/jpeg", ""
					}
					if by.Header.Get("Content-Type") != wantType || by.Header.Get("Vary") != vary {
						t.Errorf("%s is answered with %s, Vary: %q, want %s", what, by.Header.Get("Content-Type"), by.Header.Get("Vary"), wantType)
					}
				}
				// A copy is valid for one and not for the other, by either.
				tag := byProgram.Header.Get("ETag")
				if byProgram.StatusCode != 200 {
					continue
				}
				for _, now := range []string{accept, browser, "image/jpeg"} {
					a, b := n.send("GET", target, "Accept", now, "If-None-Match", tag), p.send("GET", target, "Accept", now, "If-None-Match", tag)
					alike(t, what+" and again with "+now, a, b, false)
					if a.Header.Get("Vary") != b.Header.Get("Vary") || a.StatusCode == 304 && target != "/a/_thumbs/800/1.jpg" && a.Header.Get("Vary") != "Accept" {
						t.Errorf("%s and again with %s = %d: nginx says Vary: %q, the program %q", what, now, a.StatusCode, a.Header.Get("Vary"), b.Header.Get("Vary"))
					}
				}
			}
		}
		for _, header := range [][]string{{"Range", "bytes=0-9"}, {"If-Match", `"x"`}, {"If-None-Match", "*"}} {
			header = append(header, "Accept", browser)
			alike(t, fmt.Sprint(header), n.send("GET", "/a/_thumbs/1.jpg", header...), p.send("GET", "/a/_thumbs/1.jpg", header...), false)
		}
		alike(t, "HEAD", n.send("HEAD", "/a/_thumbs/1.jpg", "Accept", browser), p.send("HEAD", "/a/_thumbs/1.jpg", "Accept", browser), true)
		alike(t, "POST", n.send("POST", "/a/_thumbs/1.jpg", "Accept", browser), p.send("POST", "/a/_thumbs/1.jpg", "Accept", browser), true)

		// From disk, without the program.
		p.stop()
		if a := n.send("GET", "/a/_thumbs/1.jpg", "Accept", browser); a.StatusCode != 200 || a.Header.Get("Content-Type") != "image/webp" {
			t.Errorf("without the program: %d %s", a.StatusCode, a.Header.Get("Content-Type"))
		}
	}
}

// A server, a warming and a cleaning of the same photos do not disturb each
// other: nothing fails, and in the end all is there.
func TestWarmAndClean_besideServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const photos = 12
	for i := range photos {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 1000, 700, i)
	}
	guard(t, dir)
	p := start(t, nil, "-webp", dir)
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for round := 0; ; round++ {
			select {
			case <-done:
				return
			default:
			}
			// Everything old goes, and now and then everything.
			args := []string{"clean", "-older-than", "1h", dir}
			if round%3 == 2 {
				args = []string{"clean", "-max-size", "1B", dir}
			}
			if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
				t.Errorf("gallery %q: %v\n%s", args, err, out)
			}
		}
	})
	for range 3 {
		warm(t, "-webp", dir)
		page := p.send("GET", "/a/")
		if page.StatusCode != 200 || strings.Count(string(page.body), "<img src") != photos {
			t.Errorf("the page = %d, and shows %d photos", page.StatusCode, strings.Count(string(page.body), "<img src"))
		}
		for i := range photos {
			if a := p.send("GET", fmt.Sprintf("/a/_thumbs/%d.jpg", i), "Accept", "image/webp"); a.StatusCode != 200 {
				t.Errorf("a thumbnail = %d", a.StatusCode)
			}
		}
	}
	close(done)
	others.Wait()
	warm(t, "-webp", dir)
	for _, pattern := range []string{"*.jpg", "800/*.jpg", "1600/*.jpg", "webp/*.jpg"} {
		if found, _ := filepath.Glob(filepath.Join(dir, "a", "_thumbs", pattern)); len(found) != photos {
			t.Errorf("in the end there are %d files %s, want %d", len(found), pattern, photos)
		}
	}
}
