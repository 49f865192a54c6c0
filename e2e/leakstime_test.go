package e2e

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// withOthers uncomments the line of gallery.conf that has nginx serve files beside photos.
var withOthers = []string{"#include /etc/nginx/sites-available/gallery-others.conf", "include gallery-others.conf"}

// closedAndMissing are paths of what is closed, each beside one of what is not there.
var closedAndMissing = [][2]string{
	{"/Family/", "/Nowher/"}, {"/Family", "/Nowher"}, {"/Family/?zip", "/Nowher/?zip"}, {"/Family/.feed.atom", "/Nowher/.feed.atom"},
	{"/Family/3.jpg", "/Nowher/3.jpg"}, {"/Family/3.jpg", "/Family/4.jpg"}, {"/Family/3.jpg/", "/Nowher/3.jpg/"},
	{"/Family/_thumbs/3.jpg", "/Nowher/_thumbs/3.jpg"}, {"/Family/_thumbs/3.jpg", "/Open/_thumbs/3.jpg"}, {"/Family/_thumbs/1600/3.jpg", "/Nowher/_thumbs/1600/3.jpg"},
	{"/Family/raw.heic", "/Nowher/raw.heic"}, {"/Family/Party/5.jpg", "/Nowher/Party/5.jpg"}, {"/Open/Hidden/_thumbs/2.jpg", "/Open/Nowher/_thumbs/2.jpg"},
}

// What is closed takes as long as what is not there, through nginx, too: nginx asks the
// program as often about either, and the medians of many turns are alike.
func TestLeaks_time(t *testing.T) {
	dir, users := guardedTree(t)
	put(t, filepath.Join(dir, "Family", "raw.heic"), []byte("heic"))
	p := start(t, nil, "-users", users, "-zip", "-others", "-trust-proxy", dir)
	changes := append(slices.Clone(noLimit), withOthers...)
	var mu sync.Mutex
	asked := map[string]int{} // by whether it is nginx's question
	proxy := p.proxy()
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[map[bool]string{true: "questions", false: "requests"}[r.URL.Path == "/.may"]]++
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(counting.Close)
	counted := startNginx(t, &program{t: t, url: counting.URL}, dir, "gallery.conf", changes...)
	visitor := 0
	for _, pair := range closedAndMissing {
		for i, way := range [][]string{nil, {"Accept", "image/webp"}, {"Range", "bytes=0-9"}, {"Cookie", "gallery-link-x=y"}, nil, nil} {
			method := []string{"GET", "GET", "GET", "GET", "HEAD", "POST"}[i]
			var by [2]string
			for j, target := range pair {
				mu.Lock()
				clear(asked)
				mu.Unlock()
				visitor++ // whom nginx does not remember
				counted.send(method, target, append(slices.Clone(way), "Authorization", fmt.Sprintf("Bearer %d", visitor))...)
				mu.Lock()
				by[j] = fmt.Sprint(asked)
				mu.Unlock()
			}
			if by[0] != by[1] {
				t.Errorf("for %s %s with %q the program is asked %s, for %s %s", method, pair[0], way, by[0], pair[1], by[1])
			}
		}
	}

	n := startNginx(t, p, dir, "gallery.conf", changes...)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	took := func(home, target string) time.Duration {
		r, err := http.NewRequest("GET", home+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "gallery.example.com"
		visitor++
		r.Header.Set("Cookie", fmt.Sprint("visitor=", visitor))
		began := time.Now()
		got, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, got.Body)
		got.Body.Close()
		return time.Since(began)
	}
	for by, home := range map[string]string{"the program": p.url, "nginx": "https://" + n.tls} {
		for _, pair := range closedAndMissing {
			ratio := 0.0
			for round := 0; round < 6 && (ratio < 0.8 || ratio > 1.25); round++ {
				var times [2][]time.Duration
				for i := range 400 {
					for j := range pair {
						j = (i + j) % 2
						times[j] = append(times[j], took(home, pair[j]))
					}
				}
				slices.Sort(times[0])
				slices.Sort(times[1])
				ratio = float64(times[0][200]) / float64(times[1][200])
			}
			t.Logf("%s: GET %s takes %.2f of what %s takes", by, pair[0], ratio, pair[1])
			if ratio < 0.8 || ratio > 1.25 {
				t.Errorf("%s: GET %s takes %.2f of what %s takes", by, pair[0], ratio, pair[1])
			}
		}
	}
}

// nginx's limit of requests tells nobody what is closed: who asks too often for that is told
// so as for what is not there. So it is for files beside photos, and deeper than nginx looks.
func TestLeaks_limits(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	put(t, filepath.Join(dir, "Family", "raw.heic"), []byte("heic"))
	draw(t, filepath.Join(dir, "Family/2/3/4/5/6/9.jpg"), 60, 40, 9)
	p := start(t, nil, "-users", users, "-others", "-trust-proxy", dir)
	for _, pair := range [][2]string{
		{"/Family/", "/Nowher/"}, {"/Family/3.jpg", "/Nowher/3.jpg"}, {"/Family/_thumbs/3.jpg", "/Nowher/_thumbs/3.jpg"}, {"/Family/raw.heic", "/Nowher/raw.heic"},
		{"/Family/2/3/4/5/6/9.jpg", "/Nowher/2/3/4/5/6/9.jpg"}, {"/1/2/3/4/5/6/7/8.jpg", "/1/2/3/4/5/6/7/9.jpg"},
	} {
		var limited [2]bool
		for i, target := range pair {
			n := startNginx(t, p, dir, "gallery.conf", append(slices.Clone(withOthers), "rate=10r/s", "rate=1r/m")...)
			got := n.counts(80, func(int) string { return target }, nil)
			if limited[i] = got[429] > 0; got[429]+got[404] != 80 {
				t.Errorf("GET %s = %v", target, got)
			}
		}
		if limited[0] != limited[1] {
			t.Errorf("there is a limit for %s: %v, for %s: %v", pair[0], limited[0], pair[1], limited[1])
		}
	}
}
