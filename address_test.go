package main

import (
	"bytes"
	"crypto/tls"
	"image/jpeg"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestBasePath(t *testing.T) {
	for given, want := range map[string]string{
		"/": "", "": "", "/photos": "/photos", "/photos/": "/photos", "/a/b": "/a/b", "/my photos": "/my photos",
		"photos": "error", "/../x": "error", "/a//b": "error", "/.hidden": "error", "/_thumbs": "error", "/a/./b": "error", "http://x/": "error",
	} {
		c, err := parseFlags([]string{"-base", given, "x"}, io.Discard)
		got := c.base
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("-base %q = %q, %v, want %q", given, got, err, want)
		}
	}
}

func TestWithoutBase(t *testing.T) {
	for _, test := range []struct{ base, path, want string }{
		{"/photos", "/photos/Trip/", "/Trip/"},
		{"/photos", "/photos/", "/"},
		{"/photos", "/photos", ""},
		{"/photos", "//photos//Trip/", "//Trip/"},
		{"/photos", "/photos2/", "no"},
		{"/photos", "/phot", "no"},
		{"/photos", "/", "no"},
		{"/photos", "/Trip/photos/", "no"},
		{"/photos", "/photos/../x", "/../x"},
		{"/a/b", "/a/b/c", "/c"},
		{"/a/b", "/a//b", ""},
		{"/a/b", "/ab/c", "no"},
	} {
		got, ok := withoutBase(test.base, test.path)
		if !ok {
			got = "no"
		}
		if got != test.want {
			t.Errorf("withoutBase(%q, %q) = %q, want %q", test.base, test.path, got, test.want)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, test := range []struct {
		trust, secure                bool
		host, forwarded, proto, want string
	}{
		{false, false, "example.com", "", "", "http://example.com"},
		{false, true, "example.com:8443", "", "", "https://example.com:8443"},
		{false, false, "example.com", "evil.example", "https", "http://example.com"},
		{true, false, "127.0.0.1:5001", "example.com", "https", "https://example.com"},
		{true, false, "127.0.0.1:5001", "", "https", "https://127.0.0.1:5001"},
		{true, false, "example.com", "", "", "http://example.com"},
		{true, false, "example.com", "a.example, b.example", "https, http", "http://example.com"},
		{true, false, "example.com", `x"><script>`, "javascript", "http://example.com"},
		{true, false, "[::1]:5001", "", "HTTPS", "https://[::1]:5001"},
		{false, false, "", "", "", ""},
		{false, false, `a"b`, "", "", ""},
		{false, false, "a/b", "", "", ""},
		{false, false, "a@b", "", "", ""},
		{false, false, "a.b:port", "", "", ""},
		{false, false, strings.Repeat("a", 300), "", "", ""},
		{false, false, "a\nb", "", "", ""},
	} {
		s := addresses{trustProxy: test.trust}
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = test.host
		if test.secure {
			r.TLS = &tls.ConnectionState{}
		}
		if test.forwarded != "" {
			r.Header.Set("X-Forwarded-Host", test.forwarded)
		}
		if test.proto != "" {
			r.Header.Set("X-Forwarded-Proto", test.proto)
		}
		if got := s.origin(r); got != test.want {
			t.Errorf("origin of %+v = %q", test, got)
		}
	}
}

// Below a base nothing leads out of it, and everything is found.
func TestServe_base(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"root.jpg", "Trip/1.jpg", "Trip/photos/a b.jpg", "photos/2.jpg"} {
		write(t, filepath.Join(dir, name), 900, 600, i)
	}
	s := newSite(t, dir, func(c *config) { c.base, c.trustProxy = "/my photos/x", true })
	const base = "/my%20photos/x"
	for range 2 { // cold and warm
		seen := map[string]bool{}
		for todo := []string{base + "/", base + "/Trip/?sort=-date", base + "/gone/"}; len(todo) > 0; todo = todo[1:] {
			if seen[todo[0]] {
				continue
			}
			seen[todo[0]] = true
			doc := parse(t, s.get(todo[0]).body)
			addresses := slices.Concat(values(doc, `a[href]:not([href^="#"]), link[href]:not([rel=icon]):not([rel=expect])`, "href"), values(doc, "img", "src"), values(doc, "img", "data-thumb"))
			for _, address := range addresses {
				path := strings.TrimPrefix(address, s.URL)
				if !strings.HasPrefix(path, base+"/") {
					t.Errorf("%s leads to %s", todo[0], address)
				} else if got := s.get(path); got.StatusCode != 200 {
					t.Errorf("%s leads to %s, which is %d", todo[0], address, got.StatusCode)
				}
				if strings.HasSuffix(path, "/") {
					todo = append(todo, path)
				}
			}
		}
		if len(seen) != 12 { // 4 albums, 4 photos, 1 in another order, 1 that is not there, months, what came last
			t.Errorf("%d pages were seen, want 12: %v", len(seen), seen)
		}
	}
	for path, want := range map[string]string{
		"/": "404", "/Trip/": "404", "/my%20photos/": "404", "/my%20photos/xy/": "404", "/root.jpg": "404", "/_thumbs/root.jpg": "404",
		"/.health": "200", base + "/.health": "200", "//my%20photos//x//Trip//1.jpg": "200",
		base: "301 " + base + "/", base + "?sort=date": "301 " + base + "/?sort=date", base + "/Trip": "301 " + base + "/Trip/",
		base + "/Trip/..": "404", base + "/../../Trip/": "404", base + "/Trip/1.jpg": "200",
	} {
		a := s.get(path)
		if got := strings.TrimSpace(a.Status[:3] + " " + a.Header.Get("Location")); got != want {
			t.Errorf("GET %s = %s, want %s", path, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "my photos")); err == nil {
		t.Error("the base has become a folder")
	}
}

// A shared link to a photo, an album or the index shows a picture that messengers
// take, at the address where its visitor is, in whatever order the visitor had it.
func TestPages_shared(t *testing.T) {
	dir := t.TempDir()
	writeNoise(t, filepath.Join(dir, "a b", "large.jpg"), 1800, 1200)
	writeCameraPhoto(t, filepath.Join(dir, "a b", "small.jpg"), `"Quotes" & <b>`)
	writeFile(t, filepath.Join(dir, "a b", "bad.jpg"), []byte("not a picture"))
	writeFile(t, filepath.Join(dir, "covered", "README.md"), []byte("# A *trip*\n\nTo the sea."))
	write(t, filepath.Join(dir, "covered", "1.jpg"), 90, 60, 1)
	write(t, filepath.Join(dir, "covered", "cover.jpg"), 60, 90, 2)
	writeFile(t, filepath.Join(dir, "none", "bad.jpg"), []byte("not a picture"))
	s := newSite(t, dir, func(c *config) { c.base, c.trustProxy = "/p", true }).unhurried()
	proxied := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "example.com"}
	const site = "https://example.com/p"
	of := func(at, url, image, title, description string, width, height int) map[string]string {
		m := map[string]string{"og:type": "website", "og:site_name": "Gallery", "og:url": at + url, "og:title": title, "og:description": description}
		if image != "" {
			m["og:image"], m["og:image:type"], m["og:image:alt"] = at+image, "image/jpeg", description
			m["og:image:width"], m["og:image:height"] = strconv.Itoa(width), strconv.Itoa(height)
		}
		return m
	}
	for range 2 { // the first visitor's page is streamed before the pictures are known
		for _, path := range []string{"/p/a%20b/", "/p/covered/", "/p/none/", "/p/"} {
			s.get(path)
		}
		s.later()
	}
	for _, test := range []struct {
		path   string
		header []string
		want   map[string]string
	}{
		{"/p/", proxied, of(site, "/", "/a%20b/_thumbs/1200/small.jpg", "Gallery", "3 albums", 60, 40)},
		{"/p/a%20b/large.jpg/?sort=date", proxied, of(site, "/a%20b/large.jpg/", "/a%20b/_thumbs/1200/large.jpg", "large", "Photo 2 of 3 · a b", 1200, 800)},
		{"/p/a%20b/small.jpg/", proxied, of(site, "/a%20b/small.jpg/", "/a%20b/_thumbs/1200/small.jpg", "small", `"Quotes" & <b>`, 60, 40)},
		{"/p/a%20b/small.jpg/", nil, of(s.URL+"/p", "/a%20b/small.jpg/", "/a%20b/_thumbs/1200/small.jpg", "small", `"Quotes" & <b>`, 60, 40)},
		{"/p/a%20b/bad.jpg/", proxied, of(site, "/a%20b/bad.jpg/", "", "bad", "Photo 1 of 3 · a b", 0, 0)},
		{"/p/a%20b/?sort=-date", proxied, of(site, "/a%20b/", "/a%20b/_thumbs/1200/large.jpg", "a b", "3 photos · March 2024", 1200, 800)},
		{"/p/covered/", proxied, of(site, "/covered/", "/covered/_thumbs/1200/cover.jpg", "A trip", "To the sea.", 60, 90)},
		{"/p/covered/", nil, of(s.URL+"/p", "/covered/", "/covered/_thumbs/1200/cover.jpg", "A trip", "To the sea.", 60, 90)},
		{"/p/none/", proxied, of(site, "/none/", "", "none", "1 photo", 0, 0)},
	} {
		doc := parse(t, s.get(test.path, test.header...).body)
		got := map[string]string{}
		for _, n := range find(doc, `meta[property^="og:"]`) {
			before, version, _ := strings.Cut(attribute(n, "content"), "?v=")
			got[attribute(n, "property")] = before
			if attribute(n, "property") != "og:image" {
				continue
			}
			_, path, _ := strings.Cut(before, "/p/")
			a := s.get("/p/" + path + "?v=" + version)
			size, err := jpeg.DecodeConfig(bytes.NewReader(a.body))
			if err != nil || strconv.Itoa(size.Width) != test.want["og:image:width"] || strconv.Itoa(size.Height) != test.want["og:image:height"] || len(a.body) > 300_000 {
				t.Errorf("%s: the picture is of %d x %d pixels and %d bytes, %v", test.path, size.Width, size.Height, len(a.body), err)
			}
		}
		if !maps.Equal(got, test.want) {
			t.Errorf("%s has %q, want %q", test.path, got, test.want)
		}
		if got := values(doc, `link[rel="canonical"]`, "href"); !slices.Equal(got, []string{test.want["og:url"]}) {
			t.Errorf("%s: the canonical address is %q", test.path, got)
		}
		if got := values(doc, `meta[name="description"]`, "content"); len(got) != 1 || got[0] == "" {
			t.Errorf("%s has the descriptions %q", test.path, got)
		}
	}
}

// A link to an album that nobody has looked at yet shows a picture, too: messengers ask once.
func TestPages_sharedCold(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "trips", "a", "2.jpg"), 1500, 1000, 2)
	write(t, filepath.Join(dir, "trips", "a", "1.jpg"), 90, 60, 1)
	write(t, filepath.Join(dir, "trips", "covered", "1.jpg"), 90, 60, 1)
	write(t, filepath.Join(dir, "trips", "covered", "cover.jpg"), 60, 90, 2)
	for page, want := range map[string]string{"/": "/trips/a/_thumbs/1200/1.jpg", "/trips/": "/trips/a/_thumbs/1200/1.jpg",
		"/trips/a/": "/trips/a/_thumbs/1200/1.jpg", "/trips/covered/": "/trips/covered/_thumbs/1200/cover.jpg"} {
		s := newSite(t, dir, func(c *config) { c.cache = t.TempDir() })
		image := values(s.page(page), `meta[property="og:image"]`, "content")
		if !slices.Equal(image, []string{s.URL + want}) {
			t.Errorf("cold, %s shows %q, want %s", page, image, want)
			continue
		}
		if a := s.get(want); a.StatusCode != 200 {
			t.Errorf("%s = %d", want, a.StatusCode)
		}
	}
}

// What a shared link says to anybody tells nothing of an album that is closed to them, though
// others have looked at it.
func TestPages_sharedNothingClosed(t *testing.T) {
	s := guarded(t)
	for range 2 {
		for _, path := range []string{"/", "/Open/", "/Open/Hidden/", "/Family/", "/Club/"} {
			s.get(path, "Authorization", basic("ann", rightPassword))
		}
		s.later()
	}
	for _, path := range []string{"/", "/Open/"} {
		doc := s.page(path)
		for _, n := range find(doc, `meta[property^="og:"], meta[name="description"]`) {
			for _, closed := range []string{"Family", "Club", "Hidden", "secret"} {
				if strings.Contains(attribute(n, "content"), closed) {
					t.Errorf("%s tells anybody %q", path, attribute(n, "content"))
				}
			}
		}
	}
}
