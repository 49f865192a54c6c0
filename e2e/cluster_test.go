package e2e

import (
	"fmt"
	"io"
	"net/http"
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
// is made once, and when one is killed no request fails.
func TestCluster_localDirectory(t *testing.T) { testCluster(t, nil) }

// testCluster uses one mount for each server, or where there are none one directory.
func testCluster(t *testing.T, mounts []string) {
	const albums, photos = 6, 4
	if mounts == nil {
		dir := t.TempDir()
		mounts = []string{dir, dir}
	}
	for a := range albums {
		for i := range photos {
			draw(t, filepath.Join(mounts[0], fmt.Sprintf("a%d", a), fmt.Sprintf("%d.jpg", i)), 1000, 750, a*photos+i)
		}
	}
	var servers []*program
	var debug []string
	upstream := ""
	for _, dir := range mounts {
		inside := freePort(t)
		p := start(t, nil, "-background=false", "-trust-proxy", "-debug", inside, dir)
		servers, debug = append(servers, p), append(debug, inside)
		upstream += "    server " + strings.TrimPrefix(p.url, "http://") + " max_fails=2 fail_timeout=10s;\n"
	}
	n := startNginx(t, servers[0], mounts[0], "gallery-cluster.conf",
		"    server 10.0.0.11:5001 max_fails=2 fail_timeout=10s;\n    server 10.0.0.12:5001 max_fails=2 fail_timeout=10s;\n", upstream)
	// Everybody opens all cold albums, by nginx and around it.
	var all sync.WaitGroup
	for a := range albums {
		for _, address := range []string{n.plain, strings.TrimPrefix(servers[0].url, "http://"), strings.TrimPrefix(servers[1].url, "http://")} {
			all.Go(func() {
				page := send(t, address, false, "GET", fmt.Sprintf("/a%d/", a))
				if got := strings.Count(string(page.body), "<figure"); page.StatusCode != 200 || got != photos {
					t.Errorf("album %d = %d with %d photos", a, page.StatusCode, got)
				}
			})
		}
	}
	all.Wait()
	if got := made(t, debug[0]) + made(t, debug[1]); got != albums*photos {
		t.Errorf("%d thumbnails were made of %d photos", got, albums*photos)
	}
	// What is about an album is made by one server.
	for a := range albums {
		before := [2]int{made(t, debug[0]), made(t, debug[1])}
		for i := range photos {
			if got := n.plainly("GET", fmt.Sprintf("/a%d/_thumbs/800/%d.jpg", a, i)); got != 200 {
				t.Errorf("a preview = %d", got)
			}
		}
		if by := [2]int{made(t, debug[0]) - before[0], made(t, debug[1]) - before[1]}; by[0] != 0 && by[1] != 0 {
			t.Errorf("the previews of album %d were made by both: %v", a, by)
		}
	}
	// One is killed while visitors come.
	var done atomic.Bool
	var asked atomic.Int64
	for range 4 {
		all.Go(func() {
			for i := 0; !done.Load() && !t.Failed(); i++ {
				target := fmt.Sprintf([]string{"/a%d/", "/a%d/1.jpg/", "/a%d/_thumbs/2.jpg", "/a%d/3.jpg"}[i%4], i%albums)
				if got := n.plainly("GET", target); got != 200 {
					t.Errorf("GET %s = %d", target, got)
				}
				asked.Add(1)
			}
		})
	}
	wait := func() {
		for before := asked.Load(); asked.Load() < before+60 && !t.Failed(); {
			time.Sleep(time.Millisecond) // it is requests that are waited for
		}
	}
	wait()
	servers[1].cmd.Process.Kill()
	servers[1].cmd.Wait()
	wait()
	done.Store(true)
	all.Wait()
}

// plainly asks over plain HTTP, and returns the status.
func (n *nginx) plainly(method, target string) int {
	return send(n.t, n.plain, false, method, target).StatusCode
}
