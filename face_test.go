package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/photo"
)

// withFace puts the owner's files beside the albums in dir.
func withFace(t *testing.T, dir string) {
	t.Helper()
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewGray(image.Rect(0, 0, 192, 192))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "icon.png": icon.String(),
		"footer.md": "[Imprint](https://example.com/imprint) <b>x</b>", "style.css": ":root { --paper: #eef }", "secret.txt": "secret",
	} {
		writeFile(t, filepath.Join(dir, ".gallery", name), []byte(content))
	}
}

// The owner's logo, icon, footer and style are on every page, and what a page names is there;
// nothing else in the folder is served, and without a folder nothing of it is named.
func TestFace(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	s := newSite(t, dir, func(c *config) { c.base = "/p" })
	pages := []string{"/p/", "/p/a/", "/p/a/", "/p/a/1.jpg/", "/p/nowhere"}
	for _, path := range pages {
		page := s.get(path).body
		if bytes.Contains(page, []byte("/.face/")) || bytes.Contains(page, []byte("<footer")) {
			t.Errorf("%s has a face where there is none", path)
		}
	}
	if got := s.get("/p/.face/manifest.webmanifest"); got.StatusCode != http.StatusNotFound {
		t.Errorf("a manifest without an icon = %d", got.StatusCode)
	}
	dir = t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	withFace(t, dir)
	s = newSite(t, dir, func(c *config) { c.base = "/p" })
	types := map[string]string{".logo img": "image/svg+xml", `link[rel="icon"]`: "image/png", `link[rel="apple-touch-icon"]`: "image/png",
		`link[rel="stylesheet"]`: "text/css; charset=utf-8", `link[rel="manifest"]`: "application/manifest+json"}
	for _, path := range pages {
		doc := parse(t, s.get(path).body)
		for selector, mediaType := range types {
			name := "href"
			if strings.HasSuffix(selector, "img") {
				name = "src"
			}
			at := values(doc, selector, name)
			if len(at) != 1 {
				t.Errorf("%s has %q at %s", path, at, selector)
				continue
			}
			got := s.get(at[0])
			if got.StatusCode != 200 || got.Header.Get("Content-Type") != mediaType || strings.Contains(at[0], "?v=") != strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: GET %s = %d %v", path, at[0], got.StatusCode, got.Header)
			}
			if mediaType == "image/svg+xml" && !strings.Contains(got.Header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("the logo may run scripts: %v", got.Header)
			}
		}
		if got := values(doc, "footer", ""); !slices.Equal(got, []string{"Imprint x"}) || len(find(doc, "footer b")) > 0 {
			t.Errorf("%s has the footers %q", path, got)
		}
	}
	var manifest struct {
		Start string `json:"start_url"`
		Icons []struct{ Src, Sizes string }
	}
	if err := json.Unmarshal(s.get("/p/.face/manifest.webmanifest").body, &manifest); err != nil || manifest.Start != "/p/" ||
		len(manifest.Icons) != 1 || manifest.Icons[0].Sizes != "192x192" || s.get(manifest.Icons[0].Src).StatusCode != 200 {
		t.Errorf("the manifest is %+v, %v", manifest, err)
	}
	for _, path := range []string{"/p/.face/secret.txt", "/p/.face/footer.md", "/p/.face/", "/p/.face/../.gallery/secret.txt", "/p/.gallery/", "/p/.gallery/secret.txt", "/p/.gallery/icon.png", "/p/.gallery/_thumbs/icon.png"} {
		if got := s.get(path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s = %d", path, got.StatusCode)
		}
	}
	// What has changed shows, without a restart.
	os.Remove(filepath.Join(dir, ".gallery", "style.css"))
	for deadline := time.Now().Add(20 * time.Second); len(find(parse(t, s.get("/p/nowhere").body), `link[rel="stylesheet"]`)) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("a style that was removed is named still")
		}
	}
}

// Behind a password there is nothing of the face without one; where only folders are closed,
// the imprint is for everybody.
func TestFace_access(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	withFace(t, dir)
	s := newSite(t, dir, func(c *config) { withUsers(t, c); c.private = true })
	for _, path := range []string{"/", "/.face/logo.svg", "/.face/manifest.webmanifest", "/robots.txt"} {
		if got := s.get(path); got.StatusCode != http.StatusUnauthorized || bytes.Contains(got.body, []byte("Imprint")) || bytes.Contains(got.body, []byte("/.face/")) {
			t.Errorf("without a password GET %s = %d %s", path, got.StatusCode, got.body)
		}
	}
	dir = t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	withFace(t, dir)
	writeFile(t, filepath.Join(dir, ".access"), []byte("nobody\n"))
	writeFile(t, filepath.Join(dir, "a", ".access"), []byte("@public\n"))
	s = newSite(t, dir)
	doc := s.page("/a/")
	if got := s.get(values(doc, ".logo img", "src")[0]); got.StatusCode != 200 || len(find(doc, "footer")) != 1 {
		t.Errorf("of an open album in a closed site the logo = %d", got.StatusCode)
	}
}

// Who made a photo and whose it is stand beside its caption.
func TestPhotoPage_credit(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
	s := newSite(t, dir)
	if got := find(s.page("/1.jpg/"), "figcaption small"); len(got) > 0 {
		t.Error("a photo of nobody's has a credit")
	}
	for _, test := range []struct{ creator, copyright, want string }{
		{"Ann", "", "Ann"}, {"", "© 2024", "© 2024"}, {"Ann", "© 2024 Ann", "© 2024 Ann"}, {"Ann", "© 2024", "Ann · © 2024"}, {"", "", ""},
	} {
		if got := credit(photo.Details{Creator: test.creator, Copyright: test.copyright}); got != test.want {
			t.Errorf("the credit of %q, %q is %q, want %q", test.creator, test.copyright, got, test.want)
		}
	}
}

// Pages may be framed only by those that -embed names, and search engines are sent away only
// where they are to be.
func TestEmbed_robots(t *testing.T) {
	s := smallSite(t)
	if got := s.get("/"); !strings.Contains(got.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || len(find(parse(t, got.body), `meta[name="robots"]`)) > 0 {
		t.Errorf("GET / = %v", got.Header)
	}
	if got := s.get("/robots.txt"); string(got.body) != "User-agent: *\nAllow: /\nSitemap: "+s.URL+"/.sitemap.xml\n" {
		t.Errorf("GET /robots.txt = %d %q", got.StatusCode, got.body)
	}
	c := s.config
	for _, args := range [][]string{{"-embed", "https://example.com/, http://x.example:8080", "-robots=false", s.dir}} {
		var err error
		if c, err = parseFlags(args, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	}
	s = newSite(t, s.dir, func(to *config) { *to = c })
	for _, path := range []string{"/", "/Trip/", "/Trip/1.jpg/", "/nowhere"} {
		got := s.get(path)
		if !strings.HasSuffix(got.Header.Get("Content-Security-Policy"), "frame-ancestors https://example.com http://x.example:8080") {
			t.Errorf("GET %s: %s", path, got.Header.Get("Content-Security-Policy"))
		}
		if robots := values(parse(t, got.body), `meta[name="robots"]`, "content"); !slices.Equal(robots, []string{"noindex"}) {
			t.Errorf("%s says %q to crawlers", path, robots)
		}
	}
	if got := s.get("/robots.txt"); string(got.body) != "User-agent: *\nDisallow: /\n" {
		t.Errorf("GET /robots.txt = %d %q", got.StatusCode, got.body)
	}
	if got := s.get("/.sitemap.xml"); got.StatusCode != http.StatusNotFound {
		t.Errorf("GET /.sitemap.xml = %d where crawlers are to stay away", got.StatusCode)
	}
	for _, bad := range []string{"example.com", "https://", "https://a b", "https://x/y", "*", "javascript://x", "https://x; script-src *"} {
		if _, err := parseFlags([]string{"-embed", bad, s.dir}, &bytes.Buffer{}); err == nil {
			t.Errorf("-embed %q is accepted", bad)
		}
	}
}
