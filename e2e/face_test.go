package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// faceTree is an album with the owner's files beside it.
func faceTree(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	draw(t, filepath.Join(dir, "Trip", "1.jpg"), 2400, 1600, 1)
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewGray(image.Rect(0, 0, 192, 192))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"logo.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='30'><rect width='90' height='30'/></svg>", "icon.png": icon.String(),
		"footer.md": "[Imprint](https://example.com/imprint)", "style.css": ":root { --paper: #eef }", "1.jpg": "not for the web", "clip.mov": "neither",
	} {
		put(t, filepath.Join(dir, ".gallery", name), []byte(content))
	}
	guard(t, dir)
	return dir
}

// The owner's files come alike from nginx and the program: whole, in part, asked for again, and
// by the addresses that pages name; where they lie nobody gets at them.
func TestNginx_face(t *testing.T) {
	t.Parallel()
	dir := faceTree(t)
	p := start(t, []string{"GALLERY_OTHERS=1"}, dir)
	n := startNginx(t, p, dir, "gallery.conf", append([]string{"#include /etc/nginx/sites-available/gallery-others.conf", "include gallery-others.conf"}, noLimit...)...)
	n.send("GET", "/Trip/") // which makes what a page shows
	page := string(n.send("GET", "/Trip/").body)
	if !strings.Contains(page, ">Imprint</a>") {
		t.Error("the page has no footer")
	}
	named := map[string]string{"logo.svg": "image/svg+xml", "icon.png": "image/png", "style.css": "text/css; charset=utf-8", "manifest.webmanifest": "application/manifest+json"}
	var targets []string
	for name, mediaType := range named {
		_, rest, found := strings.Cut(page, `"/.face/`+name)
		version, _, _ := strings.Cut(rest, `"`)
		if !found {
			t.Errorf("the page does not name %s", name)
		}
		for _, target := range []string{"/.face/" + name, "/.face/" + name + version, "/.face/" + name + "?v=other"} {
			targets = append(targets, target)
			got := n.send("GET", target)
			if got.StatusCode != 200 || got.Header.Get("Content-Type") != mediaType || len(got.body) == 0 {
				t.Errorf("GET %s = %d %s with %d bytes", target, got.StatusCode, got.Header.Get("Content-Type"), len(got.body))
			}
			for _, header := range [][]string{
				{"If-None-Match", got.Header.Get("ETag")}, {"If-None-Match", `"other"`}, {"If-Modified-Since", got.Header.Get("Last-Modified")},
				{"Range", "bytes=3-9"}, {"Range", "bytes=999999999-"}, {"Accept-Encoding", "gzip"},
			} {
				alike(t, fmt.Sprintf("GET %s with %q", target, header), n.send("GET", target, header...), p.send("GET", target, header...), true)
			}
		}
	}
	for _, target := range []string{"/.face/footer.md", "/.face/1.jpg", "/.face/", "/.face", "/.face/logo.svg/", "/.face/../Trip/1.jpg", "/.gallery/", "/.gallery/logo.svg",
		"/.gallery/icon.png", "/.gallery/1.jpg", "/.gallery/clip.mov", "/.gallery/_thumbs/icon.png", "/%2egallery/icon.png", "/Trip/.gallery/icon.png"} {
		targets = append(targets, target)
		if got := n.send("GET", target); got.StatusCode != 404 {
			t.Errorf("GET %s = %d, want 404", target, got.StatusCode)
		}
	}
	for _, target := range targets {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			alike(t, method+" "+target, n.send(method, target), p.send(method, target), true)
		}
	}
}

// Through nginx, too, those that -embed names may show pages within theirs, and no others: a
// browser obeys. Files say nothing of it, from either. With -robots=false crawlers are asked to
// stay away.
func TestNginx_embedAndRobots(t *testing.T) {
	t.Parallel()
	dir := faceTree(t)
	var site string // the address of what is framed
	frames := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "<!doctype html><title>x</title><link rel=icon href=data:,><iframe src=%q></iframe>", site)
	})
	friend, stranger := httptest.NewServer(frames), httptest.NewServer(frames)
	defer friend.Close()
	defer stranger.Close()
	p := start(t, nil, "-embed", friend.URL+",https://blog.example", "-robots=false", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	_, port, _ := strings.Cut(n.tls, ":")
	n.send("GET", "/Trip/")
	for target, framed := range map[string]bool{
		"/": true, "/Trip/": true, "/Trip/1.jpg/": true, "/.search?q=x": true, "/.timeline/": true, "/.recent/": true, "/nowhere/": true,
		"/Trip/1.jpg": false, "/Trip/_thumbs/1.jpg": false, "/Trip/_thumbs/1600/1.jpg": false, "/.face/icon.png": false, "/robots.txt": false,
	} {
		byNginx, byProgram := n.send("GET", target), p.send("GET", target)
		alike(t, "GET "+target, byNginx, byProgram, false)
		policy := byNginx.Header.Get("Content-Security-Policy")
		if framed != strings.HasSuffix(policy, "; frame-ancestors "+friend.URL+" https://blog.example") {
			t.Errorf("GET %s: the policy is %q", target, policy)
		}
		if strings.Contains(policy, "'none'; frame-ancestors 'none'") || byNginx.Header.Get("X-Frame-Options") != "" {
			t.Errorf("GET %s forbids frames: %v", target, byNginx.Header)
		}
		if framed != strings.Contains(string(byNginx.body), `<meta name="robots" content="noindex">`) {
			t.Errorf("GET %s does not send crawlers away", target)
		}
	}
	if got := string(n.send("GET", "/robots.txt").body); got != "User-agent: *\nDisallow: /\n" {
		t.Errorf("crawlers are told %q", got)
	}
	if got := n.send("GET", "/.sitemap.xml"); got.StatusCode != 404 {
		t.Errorf("the sitemap = %d, want 404", got.StatusCode)
	}

	for _, target := range []string{"/Trip/", "/Trip/1.jpg"} {
		for from, may := range map[string]bool{friend.URL: true, stranger.URL: target == "/Trip/1.jpg"} {
			site = "https://gallery.example.com:" + port + target
			b := newBrowser(t, 800, 600)
			b.visit(from)
			b.until(`document.readyState === 'complete'`)
			b.rest()
			b.mu.Lock()
			refused := slices.ContainsFunc(b.complaints, func(text string) bool { return strings.Contains(text, "frame-ancestors") })
			if refused {
				b.complaints = nil
			}
			b.mu.Unlock()
			if refused == may {
				t.Errorf("%s may frame %s: %t, want %t", from, target, !refused, may)
			}
		}
	}
}
