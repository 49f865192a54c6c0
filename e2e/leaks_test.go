package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// linkTo runs "gallery share" and returns the link's path and the cookie that it leaves.
func (p *program) linkTo(dir string, flags ...string) (path, cookie string) {
	p.t.Helper()
	out, err := exec.Command(binary, append(append([]string{"share"}, flags[:len(flags)-1]...), dir, flags[len(flags)-1])...).Output()
	if err != nil {
		p.t.Fatalf("share: %v", err)
	}
	path = strings.TrimSpace(string(out))
	for _, c := range p.send("GET", path).Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return path, cookie
}

// wrongWay is a way to ask for what one may not see: further header fields.
type wrongWay struct {
	name   string
	header []string
}

// Nothing of what is closed leaks, by the program or by nginx, to whoever asks in whichever
// way: the answer is the same as for what is not there.
func TestLeaks(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	put(t, filepath.Join(dir, "Family", "README.md"), []byte("# Our secret"))
	p := start(t, nil, "-users", users, "-zip", "-webp", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)

	_, family := p.linkTo(dir, "Family")
	link, club := p.linkTo(dir, "Club")
	_, revoked := p.linkTo(dir, "Family")
	id, _, _ := strings.Cut(strings.TrimPrefix(revoked, "gallery-link-"), "=")
	if out, err := exec.Command(binary, "shares", "-revoke", id, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, expired := expiredLink(t, dir, "Family")
	if got := p.send("GET", "/Family/3.jpg", "Cookie", family); got.StatusCode != 200 {
		t.Fatalf("with its link GET /Family/3.jpg = %d", got.StatusCode)
	}
	signedIn := p.post("/.signin", url.Values{"name": {"bob"}, "password": {password}}.Encode())
	bob := signedIn.Cookies()[0].Name + "=" + signedIn.Cookies()[0].Value
	if got := p.send("GET", "/Club/7.jpg", "Cookie", bob); got.StatusCode != 200 {
		t.Fatalf("bob gets %d of the club's photo", got.StatusCode)
	}
	name, value, _ := strings.Cut(family, "=")
	flip := func(s string, i int) string { return s[:i] + string(s[i]^1) + s[i+1:] }
	clubID, _, _ := strings.Cut(strings.TrimPrefix(club, "gallery-link-"), "=")
	token := strings.TrimPrefix(link, "/.share/")
	wrong := []wrongWay{
		{"nothing", nil},
		{"another album's cookie", []string{"Cookie", club}},
		{"another's, under this one's name", []string{"Cookie", name + "=" + club[strings.IndexByte(club, '=')+1:]}},
		{"this one's, under another's name", []string{"Cookie", "gallery-link-" + clubID + "=" + value}},
		{"a revoked one", []string{"Cookie", revoked}},
		{"one that has expired", []string{"Cookie", expired}},
		{"one that is cut", []string{"Cookie", family[:len(family)-1]}},
		{"one that is longer", []string{"Cookie", family + "A"}},
		{"one of another bit", []string{"Cookie", name + "=" + flip(value, len(value)-2)}},
		{"one whose ID has another bit", []string{"Cookie", name + "=" + flip(value, 1)}},
		{"one in upper case", []string{"Cookie", name + "=" + strings.ToUpper(value)}},
		{"one that is escaped", []string{"Cookie", name + "=" + strings.ReplaceAll(value, ".", "%2E")}},
		{"an address's token", []string{"Cookie", name + "=" + token}},
		{"another user's session", []string{"Cookie", bob}},
		{"a session that is changed to another's", []string{"Cookie", strings.Replace(bob, "Ym9i", "YW5u", 1)}},
		{"another user's password", []string{"Authorization", basic("bob", password)}},
		{"a bearer", []string{"Authorization", "Bearer " + value}},
		{"headers for proxies", []string{"X-Original-URI", "/Open/1.jpg", "X-Forwarded-User", "ann", "X-Accel-Redirect", "/Family/3.jpg", "X-Forwarded-For", "127.0.0.1"}},
	}
	// By the rest of a path in the album Family, each beside what is not there.
	rests := []string{"", "?zip", "?sort=date", "?page=2", "3.jpg", "3.jpg?x", "3.jpg/", "3.jpg/?part=photo", "_thumbs/3.jpg", "_thumbs/3.jpg?v=1", "_thumbs/800/3.jpg", "_thumbs/1600/3.jpg",
		"_thumbs/webp/3.jpg", "Party/", "Party/5.jpg", "Party/_thumbs/5.jpg", "%33.jpg", "_%74humbs/3.jpg", "/3.jpg", "%2F3.jpg", ".access", "README.md", "../Family/3.jpg",
		"?picks=bd6q3a", "?picks=bd6q3a&zip", "?picks=bd6q3a&send", ".picks/Ann.txt"}
	ways := [][]string{nil, {"Accept", "image/webp"}, {"Range", "bytes=0-9"}, {"If-None-Match", "*"}}
	asked := 0
	for _, h := range wrong {
		for _, rest := range rests {
			way := ways[asked%len(ways)]
			header := append(append([]string{}, h.header...), way...)
			for by, send := range map[string]func(string, string, ...string) answer{"the program": p.send, "nginx": n.send} {
				asked++
				got, missing := send("GET", "/Family/"+rest, header...), send("GET", "/Nowher/"+strings.ReplaceAll(rest, "Family", "Nowher"), header...)
				if got.StatusCode != missing.StatusCode || got.StatusCode < 400 || !bytes.Equal(got.body, missing.body) || fmt.Sprint(len(got.Header)) != fmt.Sprint(len(missing.Header)) {
					t.Errorf("%s: GET /Family/%s with %s, %q = %d with %d bytes, what is not there %d with %d", by, rest, h.name, way, got.StatusCode, len(got.body), missing.StatusCode, len(missing.body))
				}
				if bytes.Contains(got.body, []byte("secret")) || bytes.Contains(got.body, []byte("\xff\xd8")) {
					t.Errorf("%s: GET /Family/%s with %s leaks", by, rest, h.name)
				}
			}
		}
	}
	// Every cut of the right cookie.
	for i := range value {
		asked++
		if got := n.send("GET", "/Family/_thumbs/3.jpg", "Cookie", name+"="+value[:i]); got.StatusCode != 404 {
			t.Errorf("with %d bytes of the cookie = %d", i, got.StatusCode)
		}
	}
	for _, method := range []string{"HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"} {
		for _, target := range []string{"", "3.jpg", "_thumbs/3.jpg"} {
			asked += 2
			for by, send := range map[string]func(string, string, ...string) answer{"the program": p.send, "nginx": n.send} {
				if got, missing := send(method, "/Family/"+target), send(method, "/Nowher/"+target); got.StatusCode != missing.StatusCode || got.StatusCode < 400 {
					t.Errorf("%s: %s /Family/%s = %d, what is not there %d", by, method, target, got.StatusCode, missing.StatusCode)
				}
			}
		}
	}
	// HTTP/1.0, without a host, and HTTP/2.
	for at, secure := range map[string]bool{strings.TrimPrefix(p.url, "http://"): false, n.tls: true} {
		for _, target := range []string{"/Family/", "/Family/3.jpg", "/Family/_thumbs/3.jpg"} {
			asked++
			if got := raw(t, at, secure, "GET "+target+" HTTP/1.0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.") || strings.Contains(got, " 200 ") || strings.Contains(got, "\xff\xd8") {
				t.Errorf("GET %s HTTP/1.0 at %s: %.60q", target, at, got)
			}
		}
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	for _, rest := range []string{"", "3.jpg", "_thumbs/3.jpg", "_thumbs/1600/3.jpg"} {
		asked++
		r, err := http.NewRequest("GET", "https://"+n.tls+"/Family/"+rest, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "gallery.example.com"
		got, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != 404 || got.ProtoMajor != 2 {
			t.Errorf("GET /Family/%s by %s = %d", rest, got.Proto, got.StatusCode)
		}
	}
	if asked < 500 {
		t.Errorf("only %d requests were made", asked)
	}
	t.Logf("%d requests", asked)
	_ = os.Remove(filepath.Join(dir, ".gallery"))
}

// All that there is of the site itself, and of what is open, is by either and over each version
// of HTTP as if what is closed had never been: byte by byte as from a site that lacks it.
func TestLeaks_twin(t *testing.T) {
	dir, users := guardedTree(t)
	draw(t, filepath.Join(dir, "Open", "20140705_120000.jpg"), 600, 400, 1)
	draw(t, filepath.Join(dir, "Family", "20140706_120000 secret.jpg"), 600, 400, 2)
	draw(t, filepath.Join(dir, "Open", "Hidden", "20150801_120000.jpg"), 600, 400, 3)
	put(t, filepath.Join(dir, "Family", "README.md"), []byte("# Our secret\n\nNobody knows."))
	if err := os.RemoveAll(filepath.Join(dir, "Family", "Press")); err != nil { // open, and within what is closed
		t.Fatal(err)
	}
	then := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	age := func(dir string) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "_thumbs" {
				return fs.SkipDir
			}
			return errors.Join(err, os.Chtimes(path, then, then))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	age(dir)
	warm(t, "-webp", dir)
	lacking := filepath.Join(t.TempDir(), "lacking")
	if out, err := exec.Command("cp", "-a", dir, lacking).CombinedOutput(); err != nil { // thumbnails' times, too
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"Family", "Club", "Open/Hidden", "1/2/3/4/5/6"} {
		if err := os.RemoveAll(filepath.Join(lacking, name)); err != nil {
			t.Fatal(err)
		}
	}
	// The folders' times do not show that indexes are of before.
	if out, err := exec.Command("find", lacking, "-name", ".index", "-prune", "-exec", "rm", "-r", "{}", "+").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for root, album := range map[string]string{dir: "Family", lacking: "Open"} { // there is a folder for links in both
		if out, err := exec.Command(binary, "share", root, album).CombinedOutput(); err != nil {
			t.Fatalf("share: %v\n%s", err, out)
		}
		age(root)
	}
	warm(t, "-webp", lacking)
	full := start(t, nil, "-users", users, "-zip", "-webp", "-title", "Photos", dir)
	twin := start(t, nil, "-users", users, "-zip", "-webp", "-title", "Photos", lacking)
	fullNginx := startNginx(t, full, dir, "gallery.conf", noLimit...)
	twinNginx := startNginx(t, twin, lacking, "gallery.conf", noLimit...)
	ann := []string{"Authorization", basic("ann", password)}
	for what, ready := range map[string]func() bool{ // what is found is found once it is indexed
		"what is closed": func() bool {
			return bytes.Contains(full.send("GET", "/.search?q=secret", ann...).body, []byte("20140706"))
		},
		"what is open": func() bool {
			return bytes.Contains(full.send("GET", "/.search?q=jpg").body, []byte("20140705")) && bytes.Contains(twin.send("GET", "/.search?q=jpg").body, []byte("20140705"))
		},
	} {
		for deadline := time.Now().Add(20 * time.Second); !ready(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s is not found", what)
			}
		}
	}
	_, revoked := full.linkTo(dir, "Family")
	id, _, _ := strings.Cut(strings.TrimPrefix(revoked, "gallery-link-"), "=")
	if out, err := exec.Command(binary, "shares", "-revoke", id, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, good := full.linkTo(dir, "Family")
	_, expired := expiredLink(t, dir, "Family")
	ways := []wrongWay{
		{"nothing", nil}, {"a revoked link", []string{"Cookie", revoked}}, {"one that has expired", []string{"Cookie", expired}},
		{"one that is cut", []string{"Cookie", good[:len(good)-1]}}, {"a wrong password", []string{"Authorization", "Bearer x"}},
	}
	targets := []string{"/", "/?sort=date", "/?sort=-date", "/?zip", "/Open/", "/Open/?zip", "/Open/?sort=-date", "/Open/1.jpg/", "/Open/20140705_120000.jpg/?sort=date", "/root.jpg/",
		"/.search", "/.search?q=jpg", "/.search?q=secret", "/.search?q=family", "/.search?q=2014", "/.search?q=july+2014", "/.search?q=2015", "/.recent/", "/.timeline/", "/.timeline/2014-07/", "/.timeline/2015-08/",
		"/.feed.atom", "/Open/.feed.atom", "/Family/.feed.atom", "/Club/.feed.atom", "/Open/Hidden/.feed.atom", "/.sitemap.xml", "/.sitemap-1.xml", "/.sitemap-2.xml", "/robots.txt", "/.nothing", "/.doctor",
		"/Family/", "/Family", "/Club/", "/Club/7.jpg", "/Open/Hidden/", "/Open/Hidden/_thumbs/2.jpg", "/1/2/3/4/5/", "/1/2/3/4/5/6/", "/1/2/3/4/5/6/7/8.jpg", "/.signin?album=Family", "/Open/_thumbs/1.jpg"}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	direct := func(protocol string) func(bool, string, []string) answer {
		return func(whole bool, target string, header []string) answer {
			return sendBy(t, protocol, strings.TrimPrefix(map[bool]*program{true: full, false: twin}[whole].url, "http://"), false, "GET", target, header...)
		}
	}
	fronts := map[bool]*nginx{true: fullNginx, false: twinNginx}
	for _, p := range []*program{full, twin} {
		for _, target := range append(targets, targets...) { // warm pages are sent with their length
			p.send("GET", target)
		}
	}
	asked := 0
	for by, ask := range map[string]func(whole bool, target string, header []string) answer{
		"the program over HTTP/1.0": direct("HTTP/1.0"), "the program over HTTP/1.1": direct("HTTP/1.1"),
		"nginx over HTTP/1.0": func(whole bool, target string, header []string) answer {
			return sendBy(t, "HTTP/1.0", fronts[whole].tls, true, "GET", target, header...)
		},
		"nginx over HTTP/1.1": func(whole bool, target string, header []string) answer {
			return fronts[whole].send("GET", target, header...)
		},
		"nginx over HTTP/2": func(whole bool, target string, header []string) answer {
			r, err := http.NewRequest("GET", "https://"+fronts[whole].tls+target, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "gallery.example.com"
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			got, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			body, err := io.ReadAll(got.Body)
			if err != nil || got.ProtoMajor != 2 {
				t.Fatalf("%s: %v", got.Proto, err)
			}
			return answer{got, body}
		},
	} {
		for _, target := range targets {
			for _, way := range ways {
				asked++
				got, want := ask(true, target, way.header), ask(false, target, way.header)
				for _, a := range []answer{got, want} {
					for _, name := range []string{"Date", "Etag", "Last-Modified"} { // of the files themselves
						a.Header.Del(name)
					}
				}
				if got.StatusCode != want.StatusCode || !bytes.Equal(got.body, want.body) || fmt.Sprint(got.Header) != fmt.Sprint(want.Header) {
					t.Errorf("%s: GET %s with %s = %d, %v\n%.9000q\nwhere nothing is closed %d, %v\n%.9000q", by, target, way.name, got.StatusCode, got.Header, got.body, want.StatusCode, want.Header, want.body)
				}
			}
		}
	}
	t.Logf("%d requests", asked)
}

// raw sends bytes and returns what comes.
func raw(t *testing.T, at string, secure bool, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	all, _ := io.ReadAll(bufio.NewReader(conn)) // an error is its end
	return string(all)
}

// post sends a form.
func (p *program) post(target, form string) answer {
	p.t.Helper()
	r, err := http.NewRequest("POST", p.url+target, strings.NewReader(form))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{got, body}
}
