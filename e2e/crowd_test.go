package e2e

import (
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd counts the answers that visitors behind one address get.
type crowd struct {
	n  *nginx
	mu sync.Mutex

	statuses map[int]int
}

// visitor is one browser: it keeps its connection and what it was given.
type visitor struct {
	*crowd
	client *http.Client
	etags  map[string]string
}

func (c *crowd) visitor() (*visitor, func()) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	return &visitor{c, &http.Client{Transport: transport}, map[string]string{}}, transport.CloseIdleConnections
}

// get asks for an address, on the condition that it has changed where it was given before.
func (v *visitor) get(target string) []byte {
	r, err := http.NewRequest("GET", "https://"+v.n.tls+target, nil)
	if err != nil {
		v.n.t.Error(err)
		return nil
	}
	if etag := v.etags[target]; etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.n.t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.n.t.Errorf("GET %s: %v", target, err)
	}
	v.etags[target] = resp.Header.Get("ETag")
	v.mu.Lock()
	defer v.mu.Unlock()
	v.statuses[resp.StatusCode]++
	return body
}

var shownImage = regexp.MustCompile(`<img src="([^"]+)"`)

// open asks for an album's page and its thumbnails, and returns their addresses.
func (v *visitor) open(album string) []string {
	var thumbs []string
	for _, m := range shownImage.FindAllSubmatch(v.get(album), -1) {
		thumbs = append(thumbs, html.UnescapeString(string(m[1])))
	}
	for _, thumb := range thumbs {
		v.get(thumb)
	}
	return thumbs
}

// A crowd behind one address is never turned away by the shipped nginx, whose limits are
// those of one visitor: what a warm album asks for comes from disk.
func TestNginx_crowds(t *testing.T) {
	t.Parallel()
	const photos = 30
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 1000, 650, 1)
	data, err := os.ReadFile(filepath.Join(dir, "a", "1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, make([]byte, 600<<10)...) // else the photo is shown and no preview
	for i := range photos {
		put(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), data)
	}
	guard(t, dir)
	warm(t, dir)
	p := start(t, nil, dir)

	// A hundred open an album within ten seconds, and half of them once more, when the
	// page is still valid and the thumbnails are not asked for.
	t.Run("openAnAlbum", func(t *testing.T) {
		t.Parallel()
		const visitors, within = 100, 10 * time.Second
		c := &crowd{n: startNginx(t, p, dir, "gallery.conf"), statuses: map[int]int{}}
		var all sync.WaitGroup
		for i := range visitors {
			all.Go(func() {
				<-time.After(time.Duration(i) * within / visitors)
				v, leave := c.visitor()
				defer leave()
				for range 1 + i%2 {
					v.open("/a/")
				}
			})
		}
		all.Wait()
		if first, again := visitors*(1+photos), visitors/2; c.statuses[200] != first || c.statuses[304] != again || len(c.statuses) != 2 {
			t.Errorf("they were answered with %v, want %d times 200 and %d times 304", c.statuses, first, again)
		}
	})

	// Thirty leaf through it, a photo each second and a half: a preview a step, as the
	// lightbox asks for it, and the information of each tenth photo.
	t.Run("leafThrough", func(t *testing.T) {
		t.Parallel()
		const viewers, steps, pace = 30, 8, 1500 * time.Millisecond
		c := &crowd{n: startNginx(t, p, dir, "gallery.conf"), statuses: map[int]int{}}
		var all sync.WaitGroup
		for i := range viewers {
			all.Go(func() {
				<-time.After(time.Duration(i) * pace / viewers)
				v, leave := c.visitor()
				defer leave()
				thumbs := v.open("/a/")
				if len(thumbs) != photos {
					t.Errorf("a page shows %d photos, want %d", len(thumbs), photos)
					return
				}
				tick := time.NewTicker(pace)
				defer tick.Stop()
				for step := range steps {
					v.get(strings.Replace(thumbs[(i+step)%photos], "/_thumbs/", "/_thumbs/1600/", 1))
					if step == i%steps {
						v.get(fmt.Sprintf("/a/%d.jpg/?part=photo", i+1))
					}
					<-tick.C
				}
			})
		}
		all.Wait()
		if want := viewers * (1 + photos + steps + 1); c.statuses[200] != want || len(c.statuses) != 1 {
			t.Errorf("they were answered with %v, want %d times 200 and nothing else", c.statuses, want)
		}
	})
}
