package main

import (
	"crypto/tls"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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
		if len(seen) != 10 { // 4 albums, 4 photos, 1 in another order, 1 that is not there
			t.Errorf("%d pages were seen, want 10: %v", len(seen), seen)
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

// A shared link to a photo shows it, at the address where its visitor is.
func TestPhotoPage_shared(t *testing.T) {
	dir := t.TempDir()
	writeNoise(t, filepath.Join(dir, "a b", "large.jpg"), 1800, 1200)
	writeCameraPhoto(t, filepath.Join(dir, "a b", "small.jpg"), `"Quotes" & <b>`)
	writeFile(t, filepath.Join(dir, "a b", "bad.jpg"), []byte("not a picture"))
	s := newSite(t, dir, func(c *config) { c.base, c.trustProxy = "/p", true })
	proxied := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "example.com"}
	for _, test := range []struct {
		path   string
		header []string
		want   map[string]string
	}{
		{"/p/a%20b/large.jpg/?sort=date", proxied, map[string]string{
			"og:url": "https://example.com/p/a%20b/large.jpg/", "og:image": "https://example.com/p/a%20b/_thumbs/1600/large.jpg",
			"og:image:width": "1600", "og:image:height": "1067", "og:image:type": "image/jpeg", "og:title": "large", "og:site_name": "Gallery",
			"og:description": "Photo 2 of 3 · a b", "og:type": "website", "og:image:alt": "Photo 2 of 3 · a b"}},
		{"/p/a%20b/small.jpg/", proxied, map[string]string{
			"og:url": "https://example.com/p/a%20b/small.jpg/", "og:image": "https://example.com/p/a%20b/small.jpg",
			"og:image:width": "60", "og:image:height": "40", "og:image:type": "image/jpeg", "og:title": "small", "og:site_name": "Gallery",
			"og:description": `"Quotes" & <b>`, "og:type": "website", "og:image:alt": `"Quotes" & <b>`}},
		{"/p/a%20b/small.jpg/", nil, map[string]string{
			"og:url": s.URL + "/p/a%20b/small.jpg/", "og:image": s.URL + "/p/a%20b/small.jpg",
			"og:image:width": "60", "og:image:height": "40", "og:image:type": "image/jpeg", "og:title": "small", "og:site_name": "Gallery",
			"og:description": `"Quotes" & <b>`, "og:type": "website", "og:image:alt": `"Quotes" & <b>`}},
		{"/p/a%20b/bad.jpg/", proxied, map[string]string{}},
		{"/p/a%20b/", proxied, map[string]string{}},
	} {
		doc := parse(t, s.get(test.path, test.header...).body)
		got := map[string]string{}
		for _, n := range find(doc, `meta[property^="og:"]`) {
			before, _, _ := strings.Cut(attribute(n, "content"), "?v=")
			got[attribute(n, "property")] = before
		}
		if len(got) != len(test.want) {
			t.Errorf("%s has %q, want %q", test.path, got, test.want)
		}
		for property, want := range test.want {
			if got[property] != want {
				t.Errorf("%s: %s = %q, want %q", test.path, property, got[property], want)
			}
		}
		if got := values(doc, `link[rel="canonical"]`, "href"); len(test.want) > 0 && !slices.Equal(got, []string{test.want["og:url"]}) {
			t.Errorf("%s: the canonical address is %q", test.path, got)
		}
		if got := values(doc, `meta[name="description"]`, "content"); len(got) != 1 || got[0] == "" {
			t.Errorf("%s has the descriptions %q", test.path, got)
		}
	}
}
