package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// otherProxy is a proxy with the file that is shipped for it. It serves no file itself.
type otherProxy struct {
	name, shipped string
	tool, pkg     string // the program, and Debian's name of its package
	// command is how it is run in the foreground with its file at conf, and changes the pairs of
	// old and new that let it run in the folder at, at the address given.
	command func(conf string) []string
	changes func(at, address string) []string
	// refuses are targets that it answers itself, with 400 or 404: to it they are no paths.
	refuses []string
}

var otherProxies = []otherProxy{
	{
		name: "caddy", shipped: "caddy/Caddyfile", tool: "caddy", pkg: "caddy",
		command: func(conf string) []string { return []string{"run", "--adapter", "caddyfile", "--config", conf} },
		changes: func(at, address string) []string {
			_, port, _ := net.SplitHostPort(address)
			return []string{"\ngallery.example.com {", "{\n\tadmin off\n\tauto_https off\n}\nhttps://gallery.example.com:" + port + " {\n\tbind 127.0.0.1\n\ttls " + at + "/fullchain.pem " + at + "/privkey.pem"}
		},
	},
	{
		name: "apache", shipped: "apache/gallery.conf", tool: "apache2", pkg: "apache2",
		command: func(conf string) []string { return []string{"-DFOREGROUND", "-f", conf} },
		changes: func(at, address string) []string {
			modules := fmt.Sprintf("ServerRoot %s\nPidFile %[1]s/pid\nErrorLog %[1]s/error.log\nListen %s\nServerName localhost\nDefaultRuntimeDir %[1]s\nMutex file:%[1]s\n", at, address)
			for _, m := range []string{"mpm_event", "authz_core", "ssl", "proxy", "proxy_http", "headers"} {
				modules += fmt.Sprintf("LoadModule %s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", m)
			}
			if os.Geteuid() == 0 {
				modules += "User www-data\nGroup www-data\n"
			}
			return []string{"<VirtualHost *:443>", modules + "<VirtualHost *:*>", "/etc/letsencrypt/live/gallery.example.com", at}
		},
		refuses: []string{"/../root.jpg", "/a%00.jpg", "/%zz"},
	},
	{
		name: "haproxy", shipped: "haproxy/haproxy.cfg", tool: "haproxy", pkg: "haproxy",
		command: func(conf string) []string { return []string{"-db", "-f", conf} },
		changes: func(at, address string) []string {
			return []string{"bind :443", "bind " + address, "/etc/haproxy/gallery.pem", at + "/gallery.pem"}
		},
	},
}

// startOther runs a proxy in front of p until the test ends, and returns its address.
func startOther(t *testing.T, o otherProxy, p *program) string {
	t.Helper()
	path := need(t, o.tool, o.pkg)
	at := t.TempDir()
	address := freePort(t)
	certificate(t, at)
	var both []byte
	for _, name := range []string{"fullchain.pem", "privkey.pem"} {
		data, err := os.ReadFile(filepath.Join(at, name))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, data...)
	}
	put(t, filepath.Join(at, "gallery.pem"), both)
	data, err := os.ReadFile(filepath.Join("..", "deploy", o.shipped))
	if err != nil {
		t.Fatal(err)
	}
	changes := append([]string{"127.0.0.1:5001", strings.TrimPrefix(p.url, "http://")}, o.changes(at, address)...)
	for i := 0; i < len(changes); i += 2 {
		if !bytes.Contains(data, []byte(changes[i])) {
			t.Fatalf("deploy/%s holds no %q", o.shipped, changes[i])
		}
	}
	conf := filepath.Join(at, "conf")
	put(t, conf, []byte(strings.NewReplacer(changes...).Replace(string(data))))
	cmd := exec.Command(path, o.command(conf)...)
	cmd.Env = append(os.Environ(), "HOME="+at, "XDG_DATA_HOME="+at, "XDG_CONFIG_HOME="+at)
	cmd.Stdout, cmd.Stderr = testLog{t}, testLog{t}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if log, err := os.ReadFile(filepath.Join(at, "error.log")); err == nil && t.Failed() {
			t.Logf("its log:\n%s", log)
		}
	})
	deadline := time.Now().Add(20 * time.Second)
	for { // none has a way to say that it is ready
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen on %s", o.name, address)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// eachOther tests all proxies besides nginx.
func eachOther(t *testing.T, test func(t *testing.T, o otherProxy)) {
	for _, o := range otherProxies {
		t.Run(o.name, func(t *testing.T) { test(t, o) })
	}
}

// forwarded is what a proxy says of requests that came to it by TLS.
var forwarded = []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "gallery.example.com"}

// Behind each proxy an address has the answer that the program gives, down to the bytes.
func TestOtherProxies_answerAlike(t *testing.T) {
	dir := tree(t)
	p := start(t, []string{"GALLERY_TRUST_PROXY=true"}, dir)
	eachOther(t, func(t *testing.T, o otherProxy) {
		address := startOther(t, o, p)
		for round := range 2 { // before and after the thumbnails exist
			for _, r := range requests {
				if slices.Contains(o.refuses, r.target) {
					if got := send(t, address, true, "GET", r.target); got.StatusCode != 400 && got.StatusCode != 404 {
						t.Errorf("GET %s = %d, want 400 or 404", r.target, got.StatusCode)
					}
					continue
				}
				byProxy, byProgram := send(t, address, true, "GET", r.target), p.send("GET", r.target, forwarded...)
				if byProgram.StatusCode != r.status {
					t.Errorf("the program answers GET %.80s with %d, want %d", r.target, byProgram.StatusCode, r.status)
				}
				settled := round > 0 && byProgram.Header.Get("Content-Type") != "text/html; charset=utf-8"
				alike(t, "GET "+r.target, byProxy, byProgram, settled)
			}
		}
		for _, target := range []string{"/Trip/1.jpg", "/Trip/_thumbs/1.jpg?v=1"} {
			first := p.send("GET", target)
			for _, header := range [][]string{{"If-None-Match", first.Header.Get("ETag")}, {"Range", "bytes=100-199"}, {"Range", "bytes=-10"}, {"Range", "bytes=999999999-"}} {
				byProxy, byProgram := send(t, address, true, "GET", target, header...), p.send("GET", target, header...)
				if byProxy.StatusCode != byProgram.StatusCode || !bytes.Equal(byProxy.body, byProgram.body) || byProxy.Header.Get("Content-Range") != byProgram.Header.Get("Content-Range") {
					t.Errorf("GET %s with %q: %d with %d bytes, the program %d with %d", target, header, byProxy.StatusCode, len(byProxy.body), byProgram.StatusCode, len(byProgram.body))
				}
			}
		}
	})
}

// Whatever a visitor says of where a request came from, the program hears it from the proxy.
func TestOtherProxies_forwarded(t *testing.T) {
	t.Parallel()
	eachOther(t, func(t *testing.T, o otherProxy) {
		dir, _ := fivePhotos(t)
		p := start(t, []string{"GALLERY_TRUST_PROXY=true"}, "-log-requests", dir)
		address := startOther(t, o, p)
		for _, made := range [][]string{nil, {"X-Forwarded-For", "192.0.2.9", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http"}} {
			page := string(send(t, address, true, "GET", "/a/1.jpg/", made...).body)
			if !strings.Contains(page, `<link rel="canonical" href="https://gallery.example.com/a/1.jpg/">`) || strings.Contains(page, "evil.example") {
				t.Errorf("with %q the page does not name its address", made)
			}
		}
		waitFor(t, "both requests to be logged", func() bool { return p.log.count("path=/a/1.jpg/ ") == 2 })
		if n := p.log.count("from=192.0.2.9"); n > 0 {
			t.Errorf("%d requests came from where the visitor says", n)
		}
	})
}

// A page that is still being made comes piece by piece.
func TestOtherProxies_stream(t *testing.T) {
	eachOther(t, func(t *testing.T, o otherProxy) {
		dir := t.TempDir()
		fill(t, filepath.Join(dir, "a"), 12, [2]int{3000, 2000})
		p := start(t, []string{"GALLERY_TRUST_PROXY=true"}, dir)
		address := startOther(t, o, p)
		pieces, body := readPieces(t, address, "/a/")
		if n := bytes.Count(body, []byte("<img")); n < 12 {
			t.Errorf("the page shows %d photos, want 12", n)
		}
		if pieces < 4 {
			t.Errorf("the page came in %d pieces", pieces)
		}
	})
}

// Private albums are nobody else's: there is no file that a proxy would serve by itself, and
// none keeps an answer for another visitor.
func TestOtherProxies_private(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	p := start(t, []string{"GALLERY_TRUST_PROXY=true"}, "-users", users, dir)
	eachOther(t, func(t *testing.T, o otherProxy) {
		address := startOther(t, o, p)
		for _, target := range []string{"/Family/", "/Family/3.jpg", "/Family/3.jpg/", "/Family/_thumbs/3.jpg", "/Family/_thumbs/800/3.jpg", "/%46amily/3.jpg", "//Family/3.jpg", "/Family%2F3.jpg", "/Open/../Family/3.jpg", "/Open/Hidden/2.jpg"} {
			for _, who := range []string{"ann", "", "bob", "ann"} {
				var credentials []string
				if who != "" {
					credentials = []string{"Authorization", basic(who, password)}
				}
				byProxy := send(t, address, true, "GET", target, credentials...)
				may := who == "ann" && !strings.Contains(target, "..")
				if ok := byProxy.StatusCode == 200; ok != may {
					t.Errorf("GET %s by %q = %d, may: %v", target, who, byProxy.StatusCode, may)
				}
			}
		}
	})
}

// readPieces gets a page by TLS, and returns in how many chunks it came, and its text.
func readPieces(t *testing.T, address, target string) (pieces int, body []byte) {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "gallery.example.com", InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: gallery.example.com\r\nConnection: close\r\n\r\n", target)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	piece := make([]byte, 1<<20)
	for {
		n, err := resp.Body.Read(piece)
		body = append(body, piece[:n]...)
		if n > 0 {
			pieces++
		}
		if err == io.EOF {
			return pieces, body
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
