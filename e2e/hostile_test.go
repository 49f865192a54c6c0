package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// canary is in every file that no answer may hold a byte of.
const canary = "CANARY-not-for-the-web"

// hostileTree is a directory of photos in which, and around which, lies what
// is not to be served. Every such file holds the canary.
func hostileTree(t *testing.T) (root string) {
	t.Helper()
	base := t.TempDir()
	root = filepath.Join(base, "photos")
	draw(t, filepath.Join(root, "root.jpg"), 60, 40, 1)
	draw(t, filepath.Join(root, "Trip", "1.jpg"), 600, 400, 2)
	draw(t, filepath.Join(root, "Trip", "Day 1", "a b.jpg"), 60, 40, 3)
	for _, name := range []string{
		"../secret.jpg", "../photos-private/secret.jpg", "../secret.txt", "secret.txt", "Trip/secret.txt", "Trip/secret",
		".secret.jpg", "Trip/.secret.jpg", ".git/config", ".git/secret.jpg", ".secret/secret.jpg", "Trip/.secret/secret.jpg",
		"Trip/_thumbs/secret.txt", "Trip/_thumbs/.secret.jpg", "Trip/_thumbs/secret.jpg", "Trip/_thumbs/640/secret.jpg", "Trip/_thumbs/sub/secret.jpg",
		"Trip/secret.jpg.bak", "Trip/secret.jpg~", "Trip/secret.svg", "Trip/secret.html", "Trip/secret.php", "Trip/secret.avif",
		"_Thumbs/secret.jpg", "_THUMBS/secret.jpg", "Trip/_Thumbs/secret.jpg", "CON", "CON.txt", "secret.conf",
	} {
		put(t, filepath.Join(root, name), []byte("\xff\xd8\xff\xe0"+canary))
	}
	for link, to := range map[string]string{
		"Trip/link.jpg": "../../secret.jpg", "out": "..", "Trip/self": ".", "abs": base, "abs.jpg": filepath.Join(base, "secret.jpg"),
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// hostile are request targets, one a line, exactly as they are sent. {root} is
// the photos' directory, {base} the one above it. Those behind a "!" are
// denied by nginx itself, with 403, as scanners' favourites; those behind a "~"
// are no HTTP, and each refuses them in its own words.
const hostile = `
# .. in plain
/../secret.jpg
/../../secret.jpg
/../../../../../../../../etc/passwd
/../photos-private/secret.jpg
/../photos/root.jpg
/Trip/../../secret.jpg
/Trip/../root.jpg
/Trip/../../photos/root.jpg
/Trip/../.secret.jpg
/Trip/Day%201/../../../secret.jpg
/..
/../
/Trip/..
/Trip/../
/Trip/.
/Trip/./1.jpg
/./root.jpg
/./././root.jpg
/Trip/1.jpg/..
/Trip/1.jpg/../1.jpg
/Trip/1.jpg/.
/nowhere/../root.jpg
/.../secret.jpg
/..../secret.jpg
/Trip/.../1.jpg
/..secret.jpg
/..jpg
/Trip/..%00/1.jpg
# .. encoded
/%2e%2e/secret.jpg
/%2E%2E/secret.jpg
/.%2e/secret.jpg
/%2e./secret.jpg
/%2e%2e%2fsecret.jpg
/..%2fsecret.jpg
/..%2Fsecret.jpg
/Trip/..%2f..%2fsecret.jpg
/Trip%2f..%2f..%2fsecret.jpg
/Trip/%2e%2e/%2e%2e/secret.jpg
/Trip/%2e%2e%2f%2e%2e%2fsecret.jpg
/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd
/%2f..%2fsecret.jpg
/%2f%2e%2e%2fsecret.jpg
/Trip/%2e/1.jpg
/%2e/root.jpg
/%2e
/%2e%2e
/%2e%2e/
/Trip/%2e%2e
# encoded twice and thrice
/%252e%252e/secret.jpg
/%252e%252e%252fsecret.jpg
/..%252fsecret.jpg
/..%252f..%252fsecret.jpg
/%25252e%25252e%25252fsecret.jpg
/Trip/%252e%252e/root.jpg
/%25%32%65%25%32%65/secret.jpg
/Trip%252f1.jpg
/%2525%2532%2565%2525%2532%2565/secret.jpg
# backslash
/..\secret.jpg
/..\..\secret.jpg
/Trip\1.jpg
/Trip\..\..\secret.jpg
/..%5csecret.jpg
/..%5Csecret.jpg
/%2e%2e%5csecret.jpg
/%2e%2e%255csecret.jpg
/Trip/..%5c..%5csecret.jpg
/..%5c/secret.jpg
/..\/secret.jpg
/\..\secret.jpg
/%5c..%5csecret.jpg
/C:\secret.jpg
/C:/secret.jpg
/c%3a%5csecret.jpg
~\..\secret.jpg
# NUL and control characters
/root.jpg%00
/root.jpg%00.txt
/secret.txt%00.jpg
/Trip/secret.txt%00.jpg
/%00
/%00/root.jpg
/Trip%00/1.jpg
/../secret.jpg%00
/secret.txt%0a.jpg
/secret.txt%0d%0aX-Injected:%20yes%0d%0a.jpg
/Trip%0d%0aSet-Cookie:%20a=b/
/root.jpg%0a
/root.jpg%0d
/root.jpg%09
/root.jpg%20
/%20root.jpg
/root.jpg%7f
/root.jpg%1b
# overlong and broken UTF-8, full width
/%c0%ae%c0%ae/secret.jpg
/%c0%ae%c0%ae%c0%afsecret.jpg
/..%c0%afsecret.jpg
/..%c1%9csecret.jpg
/%e0%80%ae%e0%80%ae/secret.jpg
/%f0%80%80%ae%f0%80%80%ae/secret.jpg
/%fc%80%80%80%80%ae/secret.jpg
/..%e0%80%afsecret.jpg
/%uff0e%uff0e/secret.jpg
/%u002e%u002e%u2215secret.jpg
/%ef%bc%8e%ef%bc%8e/secret.jpg
/%ef%bc%8e%ef%bc%8e%ef%bc%8fsecret.jpg
/%e2%80%a5/secret.jpg
/..%e2%88%95secret.jpg
/%ff%fe/root.jpg
/Tr%ffip/1.jpg
/%ed%a0%80.jpg
/Trip/1%cc%81.jpg
/Trip/1.j%E2%80%8Dpg
# broken escapes
/%
/%2
/%zz
/%2z/root.jpg
/Trip/1.jp%
/Trip/%g1.jpg
/%%2e%%2e/secret.jpg
/%-1/root.jpg
# ; and parameters
/..;/secret.jpg
/..;a=b/secret.jpg
/Trip/..;/..;/secret.jpg
/;/../secret.jpg
/Trip;/1.jpg
/Trip/1.jpg;.txt
/secret.txt;.jpg
/secret.txt;x=.jpg
/.;/secret.jpg
/%3b/root.jpg
/Trip/..%3b/root.jpg
# absolute forms, other authorities, other schemes
http://127.0.0.1/../secret.jpg
http://127.0.0.1/Trip/1.jpg
http://127.0.0.1
!http://127.0.0.1/.git/secret.jpg
http://example.org/%2e%2e/secret.jpg
~file://{base}/secret.jpg
~file:///etc/passwd
{base}/secret.jpg
{root}/root.jpg
/{root}/root.jpg
//etc/passwd
//{base}/secret.jpg
///etc/passwd
/etc/passwd
//example.org/root.jpg
//example.org/..
/http://127.0.0.1/secret.jpg
/file:/etc/passwd
/~root/secret.jpg
/~/secret.jpg
~*
~root.jpg
~../secret.jpg
~?
~#
/#/../secret.jpg
/root.jpg#.txt
/secret.txt#.jpg
# empty, repeated and trailing segments
//
///
////Trip////1.jpg
//root.jpg
/Trip//
/Trip//1.jpg//
/root.jpg//
/root.jpg/1.jpg
/root.jpg/_thumbs/root.jpg
/Trip/1.jpg/1.jpg
/%2f
/%2f%2f
/Trip%2f
/Trip%2f%2f1.jpg
# trailing dots, tildes, streams, backups
/root.jpg.
/root.jpg..
/root.jpg...
/Trip./1.jpg
/Trip../1.jpg
/Trip/1.jpg%2e
/root.jpg::$DATA
/secret.txt::$DATA.jpg
/root.jpg:stream.jpg
/Trip/secret.jpg.bak
/Trip/secret.jpg~
/Trip/secret.jpg%20
/Trip/secret
/Trip/secret/
# other kinds of file
/secret.txt
/secret.txt/
/Trip/secret.txt
/Trip/secret.svg
/Trip/secret.html
/Trip/secret.avif
/Trip/secret.html/1.jpg
/secret.txt?.jpg
/secret.txt?x=/root.jpg
/secret.txt/.jpg
/secret.txt/x.jpg
# _thumbs in every place and case
/_thumbs
/_thumbs/
/_thumbs/.
/_thumbs/..
/_thumbs/../root.jpg
/_thumbs/../../secret.jpg
/_thumbs/..%2froot.jpg
/_thumbs/%2e%2e/root.jpg
/_thumbs/%2e%2e%2f%2e%2e%2fsecret.jpg
/_thumbs/_thumbs/root.jpg
/_thumbs/Trip/1.jpg
/_thumbs/Trip/_thumbs/1.jpg
/_thumbs/root.jpg/
/_thumbs/root.jpg/root.jpg
/_thumbs//
/_thumbs//root.jpg
//_thumbs/root.jpg
/_THUMBS/secret.jpg
/_Thumbs/secret.jpg
/_Thumbs/
/_thumbS/root.jpg
/%5f%54humbs/secret.jpg
/_thumbs%2froot.jpg
/_thumbs%2f..%2froot.jpg
/%5fthumbs/root.jpg
/_thumbs./root.jpg
/_thumbs%20/root.jpg
/_thumbs;/root.jpg
/_thumbs\root.jpg
/_thumbs%5croot.jpg
/_thumbs%00/root.jpg
/_thumbs~1/root.jpg
/_thumb/root.jpg
/_thumbss/root.jpg
/_thumbs/secret.jpg
/Trip/_thumbs/secret.txt
/Trip/_thumbs/.secret.jpg
/Trip/_thumbs/%2esecret.jpg
/Trip/_thumbs/.tmp-00000000
/Trip/_Thumbs/secret.jpg
/Trip/_thumbs/640/secret.jpg
/Trip/_thumbs/sub/secret.jpg
# variants that do not exist
/Trip/_thumbs/0/1.jpg
/Trip/_thumbs/-1/1.jpg
/Trip/_thumbs/401/1.jpg
/Trip/_thumbs/99999999/1.jpg
/Trip/_thumbs/1600/1600/1.jpg
/Trip/_thumbs/1600.0/1.jpg
/Trip/_thumbs/01600/1.jpg
/Trip/_thumbs/+1600/1.jpg
/Trip/_thumbs/1600%20/1.jpg
/Trip/_thumbs/1600/../1.jpg
/Trip/_thumbs/1600%2f1.jpg
/Trip/_thumbs/1600/
/Trip/_thumbs/1600
/Trip/_thumbs/1600/.secret.jpg
/Trip/_thumbs/webp/../../secret.txt
/Trip/_thumbs/../secret.txt
/Trip/_thumbs/1600/1.txt
/Trip/_thumbs/800x600/1.jpg
/Trip/_thumbs/%31600/1.jpg
# names with a leading dot
/.secret.jpg
/%2esecret.jpg
/Trip/.secret.jpg
/Trip/%2Esecret.jpg
/.secret/secret.jpg
/.secret/
/.secret
/.secret/_thumbs/secret.jpg
/Trip/.secret/secret.jpg
/.
/./
/.jpg
/Trip/.jpg
/.health/../root.jpg
/.health/
/.health%00
/.HEALTH
!/.htaccess.jpg
/.well-known/security.txt
!/.git/config
!/.git/secret.jpg
!/.GIT/config
!/%2egit/config
!/Trip/.env
!/secret.conf
!/Trip/secret.php
!/Trip/secret.php/x.jpg
!/index.php?x=/root.jpg
# reserved names of other systems, globs, shell, templates
/CON
/CON.txt
/NUL.jpg
/aux/1.jpg
/COM1
/PRN.jpg/
/*.jpg
/*
/Trip/?.jpg
/Trip/%3f.jpg
/Trip/[0-9].jpg
/Trip/%5b1%5d.jpg
/{root,Trip}/1.jpg
/Trip/*/../1.jpg
/$(id).jpg
/${HOME}/secret.jpg
/%24%7bjndi:ldap://x%7d.jpg
/|id.jpg
/` + "`id`" + `.jpg
/{{7*7}}.jpg
/<script>alert(1)</script>.jpg
/%3cscript%3ealert(1)%3c/script%3e/
/"onload="x.jpg
/'or'1'='1.jpg
# links
/Trip/link.jpg
/Trip/link.jpg/
/Trip/_thumbs/link.jpg
/out/secret.jpg
/out/photos/root.jpg
/out/
/abs/secret.jpg
/abs.jpg
/_thumbs/abs.jpg
/Trip/self/1.jpg
/Trip/self/self/1.jpg
/Trip/self/_thumbs/1.jpg
# queries
/?sort=../../secret.jpg
/?page=-1
/?page=99999999999999999999
/?page=1e9
/?page=%00
/?sort=%00
/?%zz=%zz
/?a;b
/Trip/?page=0x1
/Trip/_thumbs/1.jpg?v=../../secret.txt
/root.jpg?v=%0d%0aX-Injected:yes
`

// hostileTargets are the rows, and some that are too long to write down.
func hostileTargets(root string) []string {
	var targets []string
	for row := range strings.Lines(hostile) {
		row = strings.TrimSuffix(row, "\n")
		if row == "" || strings.HasPrefix(row, "# ") {
			continue
		}
		targets = append(targets, strings.NewReplacer("{root}", root, "{base}", filepath.Dir(root)).Replace(row))
	}
	return append(targets,
		"/"+strings.Repeat("x", 255)+".jpg",
		"/"+strings.Repeat("x", 7000)+".jpg",
		"~/"+strings.Repeat("x", 10_000)+".jpg",
		"/"+strings.Repeat("a/", 2000)+"1.jpg",
		"/"+strings.Repeat("../", 2000)+"etc/passwd",
		"/"+strings.Repeat("%2e%2e/", 1000)+"etc/passwd",
		"/"+strings.Repeat("Trip/self/", 600)+"1.jpg",
		"/"+strings.Repeat("/", 4000)+"root.jpg",
		"/"+strings.Repeat("%00", 2000),
		"/"+strings.Repeat("_thumbs/", 900)+"root.jpg",
		"/root.jpg?"+strings.Repeat("v", 7000),
		"~/root.jpg?"+strings.Repeat("v", 10_000),
	)
}

// ask writes the lines of a request as they are and returns the answer. It
// reports false where the connection is closed without one.
func ask(t *testing.T, address string, secure bool, request string) (answer, bool) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if secure {
		conn = tls.Client(conn, &tls.Config{ServerName: "gallery.example.com", InsecureSkipVerify: true})
	}
	// An error is the server's refusing to read on; what it says still counts.
	io.WriteString(conn, request)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{}, false
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return answer{resp, body}, true
}

// naive is what a server does that joins the decoded path to its directory: the
// rows are hostile to that.
func naive(root, target string) []byte {
	path, _, _ := strings.Cut(target, "?")
	for range 3 {
		if data, err := os.ReadFile(root + "/" + strings.ReplaceAll(path, "\\", "/")); err == nil {
			return data
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			break
		}
		path = decoded
	}
	return nil
}

// Whatever is asked for, no byte comes from outside the photos' directory,
// from a hidden file or one of another kind; nothing is answered with a
// server's error; and nginx answers as the program does.
func TestHostile_paths(t *testing.T) {
	root := hostileTree(t)
	guard(t, filepath.Dir(root))
	p := start(t, nil, root)
	n := startNginx(t, p, root, "gallery.conf", noLimit...)
	// So that both have the same thumbnails on disk; secret.jpg in there, which is
	// no photo's, is removed with that.
	p.send("GET", "/")
	p.send("GET", "/Trip/")
	p.send("GET", "/Trip/_thumbs/1600/1.jpg")

	targets := hostileTargets(root)
	leaks := 0
	for _, target := range targets {
		target, dropped := strings.CutPrefix(target, "!")
		target, refused := strings.CutPrefix(target, "~")
		if bytes.Contains(naive(root, target), []byte(canary)) {
			leaks++
		}
		request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: gallery.example.com\r\nConnection: close\r\n\r\n", target)
		byProgram, ok := ask(t, strings.TrimPrefix(p.url, "http://"), false, request)
		if !ok {
			t.Errorf("%.80q: no answer from the program", target)
			continue
		}
		byNginx, ok := ask(t, n.tls, true, request)
		if !ok {
			t.Errorf("%.80q: no answer from nginx", target)
			continue
		}
		harmless(t, target, byProgram, root)
		harmless(t, target, byNginx, root)
		if refused {
			if byNginx.StatusCode != byProgram.StatusCode || byNginx.StatusCode != 400 && byNginx.StatusCode != 414 {
				t.Errorf("%.80q: nginx answers %d, the program %d, want 400 or 414", target, byNginx.StatusCode, byProgram.StatusCode)
			}
			continue
		}
		if dropped {
			if byNginx.StatusCode != 403 || byProgram.StatusCode != 404 {
				t.Errorf("%.80q: nginx answers %d, want 403, the program %d, want 404", target, byNginx.StatusCode, byProgram.StatusCode)
			}
			continue
		}
		alike(t, target, byNginx, byProgram, false)
	}
	if len(targets) < 150 || leaks < 60 {
		t.Errorf("of %d targets a naive server leaks at %d: they are not hostile enough", len(targets), leaks)
	}
	t.Logf("%d targets, of which a naive server leaks at %d", len(targets), leaks)
	if _, err := os.Stat(filepath.Join(root, "Trip", "_thumbs", "secret.txt")); err != nil {
		t.Error("what is not ours in _thumbs has been removed")
	}
}

// harmless fails the test if an answer holds anything it must not.
func harmless(t *testing.T, what string, a answer, root string) {
	t.Helper()
	if a.StatusCode >= 500 {
		t.Errorf("%.80q = %d", what, a.StatusCode)
	}
	var all bytes.Buffer
	a.Header.Write(&all)
	all.Write(a.body)
	for _, secret := range []string{canary, "root:x:0", "no such file", "not a directory", "permission denied", "goroutine", "nginx/", "go1."} {
		if bytes.Contains(all.Bytes(), []byte(secret)) {
			t.Errorf("%.80q = %d, which holds %q", what, a.StatusCode, secret)
		}
	}
	if !strings.Contains(what, root) && bytes.Contains(all.Bytes(), []byte(root)) {
		t.Errorf("%.80q = %d, which holds the photos' path", what, a.StatusCode)
	}
	if a.Header.Get("X-Injected") != "" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%.80q puts a header of its own into the answer: %v", what, a.Header)
	}
	if s := a.Header.Get("Server"); s != "" && s != "nginx" {
		t.Errorf("%.80q says Server: %s", what, s)
	}
	if a.StatusCode >= 400 && (a.Header.Get("ETag") != "" || a.Header.Get("Last-Modified") != "") {
		t.Errorf("%.80q = %d with a validator", what, a.StatusCode)
	}
	if (a.StatusCode == 404 || a.StatusCode == 429) && a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%.80q = %d, which may be kept: %q", what, a.StatusCode, a.Header.Get("Cache-Control"))
	}
}

// Where a password is needed, no such request is a way around it.
func TestHostile_private(t *testing.T) {
	root := hostileTree(t)
	users, _ := addUser(t, "ann")
	p := start(t, nil, "-users", users, "-private", "-trust-proxy", root)
	n := startNginx(t, p, root, "gallery.conf", private...)
	for _, target := range hostileTargets(root) {
		target = strings.TrimLeft(target, "!~")
		request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: gallery.example.com\r\nConnection: close\r\n\r\n", target)
		for who, ask := range map[string]func() (answer, bool){
			"program": func() (answer, bool) { return ask(t, strings.TrimPrefix(p.url, "http://"), false, request) },
			"nginx":   func() (answer, bool) { return ask(t, n.tls, true, request) },
		} {
			a, ok := ask()
			if !ok {
				t.Errorf("%.80q: no answer from %s", target, who)
				continue
			}
			harmless(t, target, a, root)
			switch a.StatusCode {
			case 400, 401, 403, 414:
			default:
				t.Errorf("%s: GET %.80q without a password = %d", who, target, a.StatusCode)
			}
			if bytes.HasPrefix(a.body, []byte("\xff\xd8")) || bytes.Contains(a.body, []byte("Day 1")) {
				t.Errorf("%s: GET %.80q without a password shows what there is", who, target)
			}
		}
	}
}
