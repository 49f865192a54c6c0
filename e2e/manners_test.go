package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Preconditions and ranges of RFC 9110, sections 13 and 14, on originals and
// thumbnails, by the program and by nginx.
func TestManners_conditions(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	p.shows("/Trip/")
	for _, target := range []string{"/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/Trip/_thumbs/1.jpg?v=1"} {
		first := p.send("GET", target)
		etag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
		at, err := http.ParseTime(modified)
		if err != nil || etag == "" || strings.HasPrefix(etag, "W/") {
			t.Fatalf("%s: ETag %q, Last-Modified %q", target, etag, modified)
		}
		size := len(first.body)
		before, after := at.Add(-time.Hour).Format(http.TimeFormat), at.Add(time.Hour).Format(http.TimeFormat)
		whole := func(b []byte) bool { return bytes.Equal(b, first.body) }
		part := func(from, to int) func([]byte) bool {
			return func(b []byte) bool { return bytes.Equal(b, first.body[from:to]) }
		}
		nothing := func(b []byte) bool { return len(b) == 0 }
		anything := func([]byte) bool { return true }
		bothConditions := "If-None-Match: " + etag + ";;If-Modified-Since: " + before
		for _, test := range []struct {
			header string // NAME: VALUE, several apart by ;;
			status int
			body   func([]byte) bool
		}{
			{"If-None-Match: " + etag, 304, nothing},
			{"If-None-Match: W/" + etag, 304, nothing},
			{`If-None-Match: "a", ` + etag + `, "b"`, 304, nothing},
			{"If-None-Match: *", 304, nothing},
			{`If-None-Match: "other"`, 200, whole},
			{"If-None-Match: nonsense", 200, whole},
			{"If-Modified-Since: " + modified, 304, nothing},
			{"If-Modified-Since: " + after, 304, nothing},
			{"If-Modified-Since: " + before, 200, whole},
			{"If-Modified-Since: yesterday", 200, whole},
			// If-None-Match goes before If-Modified-Since (13.1.3).
			{`If-None-Match: "other";;If-Modified-Since: ` + modified, 200, whole},
			{bothConditions, 304, nothing},
			{"If-Match: " + etag, 200, whole},
			{"If-Match: *", 200, whole},
			{`If-Match: "other"`, 412, anything},
			{"If-Unmodified-Since: " + modified, 200, whole},
			{"If-Unmodified-Since: " + before, 412, anything},
			{"Range: bytes=0-0", 206, part(0, 1)},
			{"Range: bytes=100-199", 206, part(100, 200)},
			{"Range: bytes=100-", 206, part(100, size)},
			{"Range: bytes=-7", 206, part(size-7, size)},
			{fmt.Sprintf("Range: bytes=0-%d", 10*size), 206, whole},
			{fmt.Sprintf("Range: bytes=%d-", size), 416, anything},
			{"Range: lines=1-2", 416, anything}, // an unknown unit may be ignored or refused
			{"Range: bytes=100-199;;If-Range: " + etag, 206, part(100, 200)},
			{"Range: bytes=100-199;;If-Range: " + modified, 206, part(100, 200)},
			{`Range: bytes=100-199;;If-Range: "other"`, 200, whole},
			{"Range: bytes=100-199;;If-Range: W/" + etag, 200, whole},
			{"Range: bytes=100-199;;If-Range: " + before, 200, whole},
			{"Range: bytes=100-199;;If-None-Match: " + etag, 304, nothing},
			{"Range: bytes=100-199;;If-Match: \"other\"", 412, anything},
		} {
			var header []string
			for field := range strings.SplitSeq(test.header, ";;") {
				name, value, _ := strings.Cut(field, ": ")
				header = append(header, name, value)
			}
			for who, a := range map[string]answer{"program": p.send("GET", target, header...), "nginx": n.send("GET", target, header...)} {
				if who == "nginx" && test.header == bothConditions && a.StatusCode == 200 && whole(a.body) {
					continue // nginx heeds the date, too, and sends what it need not
				}
				if a.StatusCode != test.status || !test.body(a.body) {
					t.Errorf("%s: GET %s with %s = %d and %d bytes, want %d", who, target, test.header, a.StatusCode, len(a.body), test.status)
				}
				switch h := a.Header; {
				case a.StatusCode >= 400:
					if h.Get("ETag") != "" || h.Get("Last-Modified") != "" || h.Get("Cache-Control") != "no-store" {
						t.Errorf("%s: GET %s with %s: an error that may be kept: %v", who, target, test.header, h)
					}
				case h.Get("ETag") != etag, a.StatusCode != 304 && h.Get("Accept-Ranges") != "bytes":
					t.Errorf("%s: GET %s with %s: ETag %q, Accept-Ranges %q", who, target, test.header, h.Get("ETag"), h.Get("Accept-Ranges"))
				}
			}
			byGet, byHead := p.send("GET", target, header...), p.send("HEAD", target, header...)
			if byHead.StatusCode != byGet.StatusCode || len(byHead.body) > 0 || byGet.StatusCode < 400 && byHead.Header.Get("Content-Length") != byGet.Header.Get("Content-Length") {
				t.Errorf("HEAD %s with %s = %d, Content-Length %s; GET = %d, %s", target, test.header,
					byHead.StatusCode, byHead.Header.Get("Content-Length"), byGet.StatusCode, byGet.Header.Get("Content-Length"))
			}
		}
		for who, a := range map[string]answer{"program": p.send("GET", target, "Range", "bytes=0-9,100-109,-5"), "nginx": n.send("GET", target, "Range", "bytes=0-9,100-109,-5")} {
			kind, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
			if err != nil || a.StatusCode != 206 || kind != "multipart/byteranges" {
				t.Errorf("%s: GET %s of three ranges = %d %s", who, target, a.StatusCode, kind)
				continue
			}
			parts := multipart.NewReader(bytes.NewReader(a.body), params["boundary"])
			for _, want := range [][2]int{{0, 10}, {100, 110}, {size - 5, size}} {
				part, err := parts.NextPart()
				if err != nil {
					t.Fatal(err)
				}
				data, _ := io.ReadAll(part)
				if !bytes.Equal(data, first.body[want[0]:want[1]]) || part.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", want[0], want[1]-1, size) {
					t.Errorf("%s: GET %s: the part %s has other bytes", who, target, part.Header.Get("Content-Range"))
				}
			}
		}
		// Many overlapping ranges must not make much of little.
		many := "bytes=0-" + strings.Repeat(",0-", 1000)
		for who, a := range map[string]answer{"program": p.send("GET", target, "Range", many), "nginx": n.send("GET", target, "Range", many)} {
			if len(a.body) > 2*size+1000 {
				t.Errorf("%s: GET %s of a thousand ranges = %d bytes of %d", who, target, len(a.body), size)
			}
		}
	}
}

// What every answer bears, and what none does.
func TestManners_headers(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	p.shows("/Trip/")
	for _, target := range []string{
		"/", "/Trip/", "/Trip/?sort=date", "/Trip/1.jpg/", "/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/Trip/_thumbs/1600/1.jpg?v=1", "/Trip/bad.jpg", "/Trip/_thumbs/bad.jpg",
		"/Trip/bad.jpg/", "/nowhere", "/nowhere/", "/Trip", "/Trip/fifo.jpg", "/Trip/link.jpg", "/Trip/notes.txt", "/a%00.jpg", "/.health", "/?page=9",
	} {
		for who, a := range map[string]answer{"program": p.send("GET", target), "nginx": n.send("GET", target), "POST": p.send("POST", target), "nginx POST": n.send("POST", target)} {
			what := who + " " + target
			harmless(t, what, a, dir)
			h := a.Header
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-site",
			} {
				if got := h.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s = %d with %s: %q, want %q once", what, a.StatusCode, name, got, want)
				}
			}
			if strings.HasPrefix(h.Get("Content-Type"), "text/html") && a.StatusCode != 301 { // a link, and nothing else
				policy := h.Get("Content-Security-Policy")
				directives := map[string]string{}
				for directive := range strings.SplitSeq(policy, ";") {
					name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
					directives[name] = value
				}
				for name, want := range map[string]string{"default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"} {
					if directives[name] != want {
						t.Errorf("%s: the policy says %s %s, want %s", what, name, directives[name], want)
					}
				}
				if s := directives["script-src"]; s == "" || strings.Contains(s, "unsafe") || strings.Contains(s, "*") || strings.Contains(s, "data:") {
					t.Errorf("%s: the policy says script-src %s", what, s)
				}
				if h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
					t.Errorf("%s: no Cross-Origin-Opener-Policy", what)
				}
			}
			if h.Get("Date") == "" {
				t.Errorf("%s: no Date", what)
			}
			if who == "program" && h.Get("Server") != "" {
				t.Errorf("%s: Server: %s", what, h.Get("Server"))
			}
		}
	}
}
