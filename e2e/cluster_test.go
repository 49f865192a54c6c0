package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// made returns how many renderings a program with -debug counts.
func made(t *testing.T, address string) (n int) {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?m)^gallery_render_seconds_count\{result="made"\} (\d+)`).FindSubmatch(body); m != nil {
		n, _ = strconv.Atoi(string(m[1]))
	}
	return n
}

// Two servers behind gallery-cluster.conf: an album is answered by one of them, each thumbnail
// is made once, and when one is killed no request fails but what it had begun to answer.
func TestCluster_localDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := startCluster(t, dir, dir)
	c.makesOnce()
	c.killOne()
}

// cluster is some servers over one tree, with nginx before them.
type cluster struct {
	t       *testing.T
	servers []*program
	debug   []string // where their metrics are
	nginx   *nginx
}

// clusterAlbums is how many albums the tree has, and clusterPhotos how many photos each.
const clusterAlbums, clusterPhotos = 6, 4

// startCluster draws the tree and starts a server for each directory, in all of which it is.
func startCluster(t *testing.T, dirs ...string) *cluster {
	t.Helper()
	c := &cluster{t: t}
	last := ""
	for a := range clusterAlbums {
		for i := range clusterPhotos {
			last = filepath.Join(fmt.Sprintf("a%d", a), fmt.Sprintf("%d.jpg", i))
			draw(t, filepath.Join(dirs[0], last), 1000, 750, a*clusterPhotos+i)
		}
	}
	upstream := ""
	for _, dir := range dirs {
		for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) { // mounts remember for a second what there is
			if info, err := os.Stat(filepath.Join(dir, last)); err == nil && info.Size() > 0 {
				break
			} else if time.Since(begun) > 10*time.Second {
				t.Fatalf("what was written by one mount is not on the other: %v", err)
			}
		}
		inside := freePort(t)
		p := start(t, nil, "-background=false", "-trust-proxy", "-debug", inside, dir)
		c.servers, c.debug = append(c.servers, p), append(c.debug, inside)
		upstream += "    server " + strings.TrimPrefix(p.url, "http://") + " max_fails=2 fail_timeout=10s;\n"
	}
	c.nginx = startNginx(t, c.servers[0], dirs[0], "gallery-cluster.conf",
		"    server 10.0.0.11:5001 max_fails=2 fail_timeout=10s;\n    server 10.0.0.12:5001 max_fails=2 fail_timeout=10s;\n", upstream)
	return c
}

// made is how many renderings each server has made.
func (c *cluster) made() (by []int, all int) {
	c.t.Helper()
	for _, address := range c.debug {
		n := made(c.t, address)
		by, all = append(by, n), all+n
	}
	return by, all
}

// makesOnce has everybody open all cold albums, by nginx and around it: each thumbnail is made
// once. What nginx is asked for of an album is made by one server.
func (c *cluster) makesOnce() {
	t := c.t
	t.Helper()
	var all sync.WaitGroup
	addresses := []string{c.nginx.plain}
	for _, p := range c.servers {
		addresses = append(addresses, strings.TrimPrefix(p.url, "http://"))
	}
	for a := range clusterAlbums {
		for _, address := range addresses {
			all.Go(func() {
				page := send(t, address, false, "GET", fmt.Sprintf("/a%d/", a))
				if got := strings.Count(string(page.body), "<figure"); page.StatusCode != 200 || got != clusterPhotos {
					t.Errorf("album %d = %d with %d photos", a, page.StatusCode, got)
				}
			})
		}
	}
	all.Wait()
	if by, got := c.made(); got != clusterAlbums*clusterPhotos {
		t.Errorf("%d thumbnails were made of %d photos: %v", got, clusterAlbums*clusterPhotos, by)
	}
	for a := range clusterAlbums {
		before, _ := c.made()
		for i := range clusterPhotos {
			if got := c.nginx.plainly("GET", fmt.Sprintf("/a%d/_thumbs/800/%d.jpg", a, i)); got != 200 {
				t.Errorf("a preview = %d", got)
			}
		}
		after, _ := c.made()
		makers := 0
		for i := range after {
			if after[i] > before[i] {
				makers++
			}
		}
		if makers != 1 {
			t.Errorf("the previews of album %d were made by %d servers: %v, before %v", a, makers, after, before)
		}
	}
}

// killOne kills a server while visitors come. An answer whose head has gone out cannot be
// another server's any more: it breaks off, once for each visitor at most.
func (c *cluster) killOne() {
	c.t.Helper()
	c.whileVisitorsCome(1, func(wait func()) {
		c.servers[1].cmd.Process.Kill()
		c.servers[1].cmd.Wait()
		wait()
	})
}

// whileVisitorsCome has something happen while visitors ask for pages, thumbnails and photos,
// none of which may fail, but so many of each visitor's may break off. wait waits until many
// more were answered.
func (c *cluster) whileVisitorsCome(cut int, happens func(wait func())) {
	t := c.t
	t.Helper()
	var done atomic.Bool
	var asked atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			left := cut
			for i := 0; !done.Load() && !t.Failed(); i++ {
				target := fmt.Sprintf([]string{"/a%d/", "/a%d/1.jpg/", "/a%d/_thumbs/2.jpg", "/a%d/3.jpg"}[i%4], i/4%clusterAlbums)
				a, err := trySend("HTTP/1.1", c.nginx.plain, false, "GET", target)
				switch {
				case errors.Is(err, errCut) && left > 0:
					left--
				case err != nil:
					t.Errorf("GET %s: %v", target, err)
				case a.StatusCode != 200:
					t.Errorf("GET %s = %d", target, a.StatusCode)
				}
				asked.Add(1)
			}
		})
	}
	wait := func() {
		for before := asked.Load(); asked.Load() < before+200 && !t.Failed(); {
			time.Sleep(time.Millisecond) // it is requests that are waited for
		}
	}
	wait()
	happens(wait)
	done.Store(true)
	all.Wait()
}

// plainly asks over plain HTTP, and returns the status.
func (n *nginx) plainly(method, target string) int {
	return send(n.t, n.plain, false, method, target).StatusCode
}
