package e2e

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginx is a running nginx with the files that are shipped.
type nginx struct {
	t     *testing.T
	plain string // host:port for HTTP
	tls   string // host:port for HTTPS
	conf  string // the path of its configuration
}

// startNginx runs nginx with the shipped site file in front of p, over the
// photos in dir, until the test ends. Only ports and paths in the shipped files
// are changed, and what further replaces says, in pairs of old and new, there and
// in nginx.conf.
func startNginx(t *testing.T, p *program, dir, site string, further ...string) *nginx {
	t.Helper()
	path := need(t, "nginx", "nginx-light")
	at := t.TempDir()
	n := &nginx{t: t, plain: freePort(t), tls: freePort(t)}
	certificate(t, at)
	changes := append([]string{
		"listen [::]:443 ssl http2;", "",
		"listen [::]:80;", "",
		"listen 443 ssl http2;", "listen " + n.tls + " ssl http2;",
		"listen 80;", "listen " + n.plain + ";",
		"127.0.0.1:5001", strings.TrimPrefix(p.url, "http://"),
		"/srv/photos", dir,
		"/etc/letsencrypt/live/gallery.example.com", at,
		"/etc/nginx/snippets", filepath.Join(at, "snippets"),
		"/var/log/nginx", at,
		"/var/lib/nginx", at,
		"/var/www/letsencrypt", filepath.Join(at, "acme"),
	}, further...)
	shipped := filepath.Join("..", "deploy", "nginx")
	for _, pattern := range []string{"*.conf", "*/*.conf"} {
		files, err := filepath.Glob(filepath.Join(shipped, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s in %s", pattern, shipped)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, _ := filepath.Rel(shipped, file)
			put(t, filepath.Join(at, name), []byte(strings.NewReplacer(changes...).Replace(string(data))))
		}
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // so that it may enter the test's own directories
	}
	main := filepath.Join(at, "nginx.conf")
	n.conf = main
	conf := fmt.Sprintf(`%s
daemon off;
pid %[2]s/pid;
error_log %[2]s/error.log;
events { worker_connections 512; }
http {
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	default_type application/octet-stream;
	include %[2]s/conf.d/*.conf;
	include %[2]s/%[3]s;
}
`, user, at, site)
	put(t, main, []byte(strings.NewReplacer(further...).Replace(conf)))
	if out, err := exec.Command(path, "-t", "-c", main).CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	cmd := exec.Command(path, "-c", main)
	cmd.Stderr = testLog{t}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(at, "error.log"))
			t.Logf("nginx's log:\n%s", log)
		}
	})
	addresses := []string{n.plain, n.tls}
	if site == "gallery-simple.conf" || site == "gallery-cluster.conf" {
		addresses = addresses[:1]
	}
	for range 200 {
		if len(addresses) == 0 {
			return n
		}
		if conn, err := net.Dial("tcp", addresses[0]); err == nil {
			conn.Close()
			addresses = addresses[1:]
			continue
		}
		time.Sleep(20 * time.Millisecond) // nginx has no way to say that it is ready
	}
	t.Fatalf("nginx does not listen on %v", addresses)
	return nil
}

// freePort returns an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certificate writes fullchain.pem and privkey.pem into dir.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "gallery.example.com"},
		DNSNames:     []string{"gallery.example.com"},
		NotAfter:     time.Now().Add(time.Hour),
	}
	chain, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "fullchain.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain}))
	put(t, filepath.Join(dir, "privkey.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	body []byte
}

// send sends a request whose target is the very text given, which no client
// has cleaned, over TLS where secure.
func send(t *testing.T, address string, secure bool, method, target string, header ...string) answer {
	t.Helper()
	return sendBy(t, "HTTP/1.1", address, secure, method, target, header...)
}

// sendBy is send by another version of HTTP/1.
func sendBy(t *testing.T, protocol, address string, secure bool, method, target string, header ...string) answer {
	t.Helper()
	a, err := trySend(protocol, address, secure, method, target, header...)
	if err != nil {
		t.Fatalf("%s %.80q: %v", method, target, err)
	}
	return a
}

// errCut says that an answer broke off behind its head.
var errCut = errors.New("the answer breaks off")

// trySend is sendBy with an error, which is errCut where the head of an answer came.
func trySend(protocol, address string, secure bool, method, target string, header ...string) (answer, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	if secure {
		conn = tls.Client(conn, &tls.Config{ServerName: "gallery.example.com", InsecureSkipVerify: true})
	}
	var request strings.Builder
	fmt.Fprintf(&request, "%s %s %s\r\nHost: gallery.example.com\r\nConnection: close\r\n", method, target, protocol)
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(&request, "%s: %s\r\n", header[i], header[i+1])
	}
	io.WriteString(conn, request.String()+"\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		err = fmt.Errorf("%w: %w", errCut, err)
	}
	return answer{resp, body}, err
}

func (n *nginx) send(method, target string, header ...string) answer {
	n.t.Helper()
	return send(n.t, n.tls, true, method, target, header...)
}

func (p *program) send(method, target string, header ...string) answer {
	p.t.Helper()
	return send(p.t, strings.TrimPrefix(p.url, "http://"), false, method, target, header...)
}

// noLimit lifts the limit on requests, for tests of other things.
var noLimit = []string{"rate=10r/s", "rate=100000r/s"}

// tree is a directory with one of everything.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "root.jpg"), 600, 400, 1)
	draw(t, filepath.Join(dir, "Trip", "1.jpg"), 2000, 1333, 2)
	draw(t, filepath.Join(dir, "Trip", "2.JPEG"), 300, 500, 3)
	draw(t, filepath.Join(dir, "Trip", "3.png"), 300, 500, 4) // a JPEG, whatever its name
	for i, name := range []string{"a b.jpg", "ü.jpg", "new\nline.jpg", "100%.jpg", "what?.jpg", "a#b.jpg", "a+b&c.jpg", "it's \"x\".jpg", "a..b.jpg", "\xe9.jpg", "back\\slash.jpg", "semi;colon.jpg", "x.php.jpg"} {
		draw(t, filepath.Join(dir, "Trip", "Day 1", name), 90, 60, i)
	}
	draw(t, filepath.Join(dir, "Trip", ".hidden.jpg"), 50, 50, 5)
	draw(t, filepath.Join(dir, ".secret", "x.jpg"), 50, 50, 6)
	draw(t, filepath.Join(dir, "_Thumbs", "x.jpg"), 50, 50, 7)
	draw(t, filepath.Join(dir, "folder.jpg", "in it.jpg"), 50, 50, 8)
	put(t, filepath.Join(dir, "Trip", "bad.jpg"), []byte("<script>alert(1)</script>"))
	put(t, filepath.Join(dir, "Trip", "notes.txt"), []byte("not for the web"))
	if err := os.Mkdir(filepath.Join(dir, "Empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "Trip", "fifo.jpg"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"Trip/link.jpg": "1.jpg", "Trip/outside.jpg": "/etc/passwd", "Linked": "Trip", "Loop": "."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	guard(t, dir)
	return dir
}

// requests are targets that nginx and the program must answer alike, with the
// status of the answer.
var requests = []struct {
	target string
	status int
}{
	{"/", 200}, {"/?sort=-date", 200}, {"/?page=2", 404},
	{"/Trip/", 200}, {"//Trip//", 200}, {"/Trip", 301}, {"/Trip?sort=date", 301}, {"/Empty/", 200}, {"/Trip/Day%201/", 200},
	{"/Trip/1.jpg", 200}, {"/Trip/1.jpg/", 200}, {"/Trip//1.jpg", 200}, {"//Trip/1.jpg", 200}, {"/Trip%2f1.jpg", 200}, {"/%54rip/1.jpg", 200},
	{"/Trip/1.jpg?download", 200}, {"/Trip/1.jpg?x=/../", 200},
	{"/Trip/2.JPEG", 200}, {"/Trip/3.png", 200}, {"/root.jpg", 200}, {"/Trip/bad.jpg", 200}, {"/Trip/bad.jpg/", 200},
	{"/_thumbs/root.jpg", 200}, {"/Trip/_thumbs/1.jpg", 200}, {"/Trip/_thumbs/1.jpg?v=1", 200}, {"/Trip/_thumbs/3.png", 200}, {"/Trip/_thumbs/3.png?v=1", 200},
	{"/Trip/_thumbs/800/1.jpg", 200}, {"/Trip/_thumbs/1600/1.jpg?v=x", 200}, {"/Trip//_thumbs//1.jpg", 200}, {"/Trip/%5fthumbs/1.jpg", 200},
	{"/Trip/_thumbs/bad.jpg", 404}, {"/Trip/_thumbs/bad.jpg?v=1", 404},
	{"/Trip/Day%201/a%20b.jpg", 200}, {"/Trip/Day%201/%C3%BC.jpg", 200}, {"/Trip/Day%201/new%0Aline.jpg", 200}, {"/Trip/Day%201/100%25.jpg", 200},
	{"/Trip/Day%201/what%3F.jpg", 200}, {"/Trip/Day%201/a%23b.jpg", 200}, {"/Trip/Day%201/a+b&c.jpg", 200}, {"/Trip/Day%201/it's%20%22x%22.jpg", 200},
	{"/Trip/Day%201/a..b.jpg", 200}, {"/Trip/Day%201/%E9.jpg", 200}, {"/Trip/Day%201/back%5cslash.jpg", 200}, {"/Trip/Day%201/semi;colon.jpg", 200}, {"/Trip/Day%201/x.php.jpg", 200},
	{"/Trip/Day%201/_thumbs/new%0Aline.jpg", 200}, {"/Trip/Day%201/_thumbs/%E9.jpg?v=1", 200}, {"/Trip/Day%201/_thumbs/what%3F.jpg", 200},
	{"/folder.jpg", 301}, {"/folder.jpg/", 200}, {"/folder.jpg/in%20it.jpg", 200},
	{"/.health", 200},

	{"/Nowhere/", 404}, {"/Nowhere", 404}, {"/trip/1.jpg", 404}, {"/Trip/4.jpg", 404}, {"/Trip/_thumbs/4.jpg?v=1", 404},
	{"/Trip/_thumbs/", 404}, {"/Trip/_thumbs", 404}, {"/Trip/_thumbs/640/1.jpg", 404}, {"/Trip/_thumbs/1600/", 404}, {"/Trip/_thumbs/1600/800/1.jpg", 404},
	{"/Trip/_thumbs/_thumbs/1.jpg", 404}, {"/_Thumbs/x.jpg", 404}, {"/_THUMBS/x.jpg", 404}, {"/_Thumbs/", 404}, {"/_thumbs/Trip/1.jpg", 404},
	{"/Trip/notes.txt", 404}, {"/Trip/notes.txt/", 404}, {"/Trip/_thumbs/notes.txt", 404},
	{"/Trip/.hidden.jpg", 404}, {"/Trip/%2ehidden.jpg", 404}, {"/Trip/_thumbs/.hidden.jpg", 404}, {"/.secret/x.jpg", 404}, {"/.secret/", 404}, {"/.secret/_thumbs/x.jpg", 404},
	{"/Trip/fifo.jpg", 404}, {"/Trip/_thumbs/fifo.jpg", 404}, {"/Trip/link.jpg", 404}, {"/Trip/outside.jpg", 404}, {"/Trip/_thumbs/outside.jpg", 404},
	{"/Linked/", 404}, {"/Linked/1.jpg", 404}, {"/Linked/_thumbs/1.jpg", 404}, {"/Loop/root.jpg", 404}, {"/Loop/_thumbs/root.jpg", 404},
	{"/../root.jpg", 404}, {"/Trip/../root.jpg", 404}, {"/Trip/..", 404}, {"/Trip/./1.jpg", 404}, {"/Trip/%2e%2e/root.jpg", 404}, {"/Trip/.%2e%2froot.jpg", 404}, {"/Trip/%2e%2e%2f%2e%2e/etc/passwd", 404},
	{"/" + strings.Repeat("x", 300) + ".jpg", 404}, {"/favicon.ico", 404}, {"/.health/", 404}, {"/.well-known/x", 404},
	{"/a%00.jpg", 400}, {"/%zz", 400},
}

func TestNginx_answersAlike(t *testing.T) {
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for round := range 2 { // before and after the thumbnails exist
		for _, r := range requests {
			byNginx, byProgram := n.send("GET", r.target), p.send("GET", r.target)
			if byProgram.StatusCode != r.status {
				t.Errorf("the program answers GET %.80s with %d, want %d", r.target, byProgram.StatusCode, r.status)
			}
			// A page that was still being made has no validator.
			settled := round > 0 && byProgram.Header.Get("Content-Type") != "text/html; charset=utf-8"
			alike(t, "GET "+r.target, byNginx, byProgram, settled)
			if r.target == "/a%00.jpg" || r.target == "/%zz" {
				continue // no HTTP servers agree on HEAD of what is no request
			}
			alike(t, "HEAD "+r.target, n.send("HEAD", r.target), p.send("HEAD", r.target), settled)
		}
		for _, method := range []string{"POST", "DELETE", "OPTIONS"} {
			for _, target := range []string{"/", "/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/Trip/4.jpg"} {
				byNginx, byProgram := n.send(method, target), p.send(method, target)
				alike(t, method+" "+target, byNginx, byProgram, true)
				if byNginx.StatusCode != 405 || byNginx.Header.Get("Allow") != "GET, HEAD" {
					t.Errorf("%s %s = %d, Allow %q", method, target, byNginx.StatusCode, byNginx.Header.Get("Allow"))
				}
			}
		}
	}
}

// Below a path of another site the two answer alike, too, with the changes to
// the shipped files that install.md names.
func TestNginx_belowAPath(t *testing.T) {
	dir := tree(t)
	www := t.TempDir()
	if err := os.Rename(dir, filepath.Join(www, "photos")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Rename(filepath.Join(www, "photos"), dir) }) // where the originals are looked for
	p := start(t, []string{"GALLERY_BASE=/photos"}, filepath.Join(www, "photos"))
	n := startNginx(t, p, dir, "gallery.conf", append([]string{
		"root /srv/photos;", "root " + www + ";",
		`"^/(?:`, `"^/photos/(?:`,
		"$gallery_cache/_thumbs/.public", "$gallery_cache/photos/_thumbs/.public",
	}, noLimit...)...)
	for round := range 2 { // before and after the thumbnails exist
		for _, r := range requests {
			target := "/photos" + r.target
			byNginx, byProgram := n.send("GET", target), p.send("GET", target)
			if byProgram.StatusCode != r.status {
				t.Errorf("the program answers GET %.80s with %d, want %d", target, byProgram.StatusCode, r.status)
			}
			settled := round > 0 && byProgram.Header.Get("Content-Type") != "text/html; charset=utf-8"
			alike(t, "GET "+target, byNginx, byProgram, settled)
		}
		for _, target := range []string{"/", "/Trip/", "/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/photos2/", "/photo"} {
			byNginx, byProgram := n.send("GET", target), p.send("GET", target)
			alike(t, "GET "+target, byNginx, byProgram, true)
			if byNginx.StatusCode != 404 {
				t.Errorf("GET %s = %d, want 404", target, byNginx.StatusCode)
			}
		}
		if got := n.send("GET", "/photos"); got.StatusCode != 301 || got.Header.Get("Location") != "/photos/" {
			t.Errorf("GET /photos = %d to %q, want 301 to /photos/", got.StatusCode, got.Header.Get("Location"))
		}
	}
	// nginx finds the files by itself.
	p.stop()
	for _, target := range []string{"/photos/Trip/1.jpg", "/photos/Trip/_thumbs/1.jpg", "/photos/Trip/_thumbs/1600/1.jpg"} {
		if got := n.send("GET", target); got.StatusCode != 200 {
			t.Errorf("without the program, GET %s = %d, want 200", target, got.StatusCode)
		}
	}
}

// A photo's page names its absolute address: that at which nginx is asked, with
// its scheme, whatever headers the visitor makes up.
func TestNginx_absoluteAddresses(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, []string{"GALLERY_TRUST_PROXY=true"}, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for _, made := range [][]string{nil, {"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http"}} {
		page := string(n.send("GET", "/Trip/1.jpg/", made...).body)
		for _, want := range []string{
			`<link rel="canonical" href="https://gallery.example.com/Trip/1.jpg/">`,
			`<meta property="og:image" content="https://gallery.example.com/Trip/`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("with %q, the page lacks %s", made, want)
			}
		}
		if strings.Contains(page, "evil.example") || strings.Contains(page, "http://gallery") {
			t.Errorf("with %q, the page names another address", made)
		}
	}
}

// alike fails the test unless two answers to the same request have the same
// status, type, bytes and, where settled, validators and caching.
func alike(t *testing.T, what string, byNginx, byProgram answer, settled bool) {
	t.Helper()
	nginxBody, programBody := byNginx.body, byProgram.body
	streamed := byNginx.Header.Get("ETag") == "" || byProgram.Header.Get("ETag") == ""
	if streamed && !settled && byProgram.StatusCode == http.StatusOK && strings.HasPrefix(byProgram.Header.Get("Content-Type"), "text/html") {
		// Its head knows less than that of a later one.
		_, nginxBody, _ = bytes.Cut(nginxBody, []byte("<main>"))
		_, programBody, _ = bytes.Cut(programBody, []byte("<main>"))
	}
	if byNginx.StatusCode != byProgram.StatusCode || !bytes.Equal(nginxBody, programBody) {
		t.Errorf("%.80s: nginx answers %d with %d bytes, the program %d with %d", what, byNginx.StatusCode, len(byNginx.body), byProgram.StatusCode, len(byProgram.body))
	}
	names := []string{"Content-Type", "Location", "Cache-Control", "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "Cross-Origin-Opener-Policy"}
	if settled {
		names = append(names, "ETag", "Last-Modified")
	}
	for _, name := range names {
		if a, b := byNginx.Header.Values(name), byProgram.Header.Values(name); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%.80s: nginx says %s: %q, the program %q", what, name, a, b)
		}
	}
}

// An album as an archive comes through nginx with its exact length, and a
// download that broke off goes on where it was.
func TestNginx_zip(t *testing.T) {
	t.Parallel()
	dir, _ := fivePhotos(t)
	p := start(t, []string{"GALLERY_ZIP=1"}, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	const target = "/a/?zip"
	byProgram, byNginx := p.send("GET", target), n.send("GET", target)
	alike(t, target, byNginx, byProgram, true)
	z, err := zip.NewReader(bytes.NewReader(byNginx.body), int64(len(byNginx.body)))
	if err != nil || len(z.File) != 5 {
		t.Fatalf("the archive of %d bytes holds %v, %v, want 5 photos", len(byNginx.body), z, err)
	}
	for _, method := range []string{"GET", "HEAD"} {
		h := n.send(method, target).Header
		if h.Get("Content-Length") != fmt.Sprint(len(byNginx.body)) || h.Get("Accept-Ranges") != "bytes" || h.Get("Content-Type") != "application/zip" ||
			h.Get("Content-Disposition") != byProgram.Header.Get("Content-Disposition") {
			t.Errorf("%s %s: %v", method, target, h)
		}
	}
	half := len(byNginx.body) / 2
	rest := n.send("GET", target, "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", byNginx.Header.Get("ETag"))
	if rest.StatusCode != 206 || !bytes.Equal(rest.body, byNginx.body[half:]) {
		t.Errorf("from the middle on: %d with %d bytes, want 206 with %d", rest.StatusCode, len(rest.body), len(byNginx.body)-half)
	}
}

// A client that has an answer from one may ask the other whether it is valid.
func TestNginx_conditions(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, []string{"GALLERY_ZIP=1"}, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for _, target := range []string{"/Trip/1.jpg", "/Trip/_thumbs/1.jpg?v=1", "/Trip/_thumbs/3.png", "/Trip/?zip"} {
		first := p.send("GET", target)
		for _, header := range [][]string{
			{"If-None-Match", first.Header.Get("ETag")},
			{"If-None-Match", `"other"`},
			{"If-Modified-Since", first.Header.Get("Last-Modified")},
			{"Range", "bytes=100-199"},
			{"Range", "bytes=-10"},
			{"Range", "bytes=100-199", "If-Range", first.Header.Get("ETag")},
			{"Range", "bytes=100-199", "If-Range", `"other"`},
			{"Range", "bytes=999999999-"},
		} {
			byNginx, byProgram := n.send("GET", target, header...), p.send("GET", target, header...)
			if byNginx.StatusCode != byProgram.StatusCode || byNginx.StatusCode != 416 && !bytes.Equal(byNginx.body, byProgram.body) {
				t.Errorf("GET %s with %q: nginx answers %d with %d bytes, the program %d with %d", target, header,
					byNginx.StatusCode, len(byNginx.body), byProgram.StatusCode, len(byProgram.body))
			}
		}
	}
}

// What is on disk comes from nginx, without the program.
func TestNginx_servesWithoutTheProgram(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	n.send("GET", "/Trip/")
	p.stop()
	for target, want := range map[string]int{
		"/Trip/1.jpg": 200, "/Trip/_thumbs/1.jpg?v=1": 200, "/Trip/_thumbs/3.png": 200,
		"/Trip/": 502, "/Trip/_thumbs/1600/1.jpg": 502, "/Trip/link.jpg": 502,
	} {
		got := n.send("GET", target)
		if got.StatusCode != want {
			t.Errorf("without the program GET %s = %d, want %d", target, got.StatusCode, want)
		}
		if want == 502 && (got.Header.Get("Cache-Control") != "" && !strings.Contains(got.Header.Get("Cache-Control"), "no-store") || bytes.Contains(got.body, []byte("nginx/"))) {
			t.Errorf("without the program GET %s may be kept or names a version: %v", target, got.Header)
		}
	}
}

// Scanners' favourites are denied before the program is asked.
func TestNginx_drops(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for _, target := range []string{"/.env", "/.git/config", "/Trip/.git/HEAD", "/wp-admin/", "/wp-login.php", "/index.php", "/a/b.php?x=1", "/xmlrpc.php", "/cgi-bin/test.cgi", "/phpmyadmin/"} {
		if got := n.send("GET", target); got.StatusCode != 403 {
			t.Errorf("GET %s = %d, want 403", target, got.StatusCode)
		}
	}
}

// Above the limit there is a 429 that nobody keeps; what is on disk is not
// counted; and a page view is never met by it.
func TestNginx_limit(t *testing.T) {
	dir := t.TempDir()
	const photos = 150
	for i := range photos {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 60, 40, i)
	}
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf")
	page := n.send("GET", "/a/")
	if got := bytes.Count(page.body, []byte("<img src")); got != photos {
		t.Fatalf("the page shows %d photos, want %d", got, photos)
	}
	for i := range photos {
		for _, target := range []string{"/a/_thumbs/%d.jpg?v=1", "/a/%d.jpg"} {
			if got := n.send("GET", fmt.Sprintf(target, i)); got.StatusCode != 200 {
				t.Fatalf("GET "+target+" = %d, want 200 from disk", i, got.StatusCode)
			}
		}
	}
	statuses := map[int]int{}
	for range 150 {
		got := n.send("GET", "/a/")
		statuses[got.StatusCode]++
		if got.StatusCode == 429 && (got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("ETag") != "") {
			t.Fatalf("a 429 that may be kept: %v", got.Header)
		}
	}
	if statuses[200] < 60 || statuses[429] == 0 || statuses[200]+statuses[429] != 150 {
		t.Errorf("150 pages at once were answered with %v, want about 60 times 200 and then 429", statuses)
	}
}

// A cold page passes through nginx figure by figure, compressed or not.
func TestNginx_streams(t *testing.T) {
	const photos = 60
	for _, encoding := range []string{"identity", "gzip"} {
		t.Run(encoding, func(t *testing.T) {
			dir := t.TempDir()
			draw(t, filepath.Join(dir, "a", "0.jpg"), 1600, 1200, 1)
			data, err := os.ReadFile(filepath.Join(dir, "a", "0.jpg"))
			if err != nil {
				t.Fatal(err)
			}
			for i := 1; i < photos; i++ {
				put(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), data)
			}
			guard(t, dir)
			p := start(t, nil, dir)
			n := startNginx(t, p, dir, "gallery.conf")
			r, err := http.NewRequest("GET", "https://"+n.tls+"/a/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", encoding)
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
			defer transport.CloseIdleConnections()
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got := resp.Header.Get("Content-Encoding"); (got == "gzip") != (encoding == "gzip") {
				t.Fatalf("Content-Encoding: %q where %s was asked for", got, encoding)
			}
			body := io.Reader(resp.Body)
			if encoding == "gzip" {
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			lines := bufio.NewScanner(body)
			figures := 0
			for lines.Scan() {
				if !strings.Contains(lines.Text(), "</figure>") {
					continue
				}
				if figures++; figures == 1 {
					made, err := filepath.Glob(filepath.Join(dir, "a", "_thumbs", "*.jpg"))
					if err != nil || len(made) == 0 || len(made) > photos/2 {
						t.Errorf("when the first figure came, %d of %d thumbnails had been made", len(made), photos)
					}
				}
			}
			if lines.Err() != nil || figures != photos {
				t.Errorf("%d figures came, %v, want %d", figures, lines.Err(), photos)
			}
		})
	}
}

// Plain HTTP leads to HTTPS, but for what the certificate authority asks.
func TestNginx_plainHTTP(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf")
	got := send(t, n.plain, false, "GET", "/Trip/?sort=date")
	if got.StatusCode != 301 || got.Header.Get("Location") != "https://gallery.example.com/Trip/?sort=date" {
		t.Errorf("GET over HTTP = %d %s", got.StatusCode, got.Header.Get("Location"))
	}
}

// The simple file proxies everything.
func TestNginx_simple(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery-simple.conf")
	for _, target := range []string{"/", "/Trip/", "/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/Trip/Day%201/what%3F.jpg", "/Trip/link.jpg", "/nowhere"} {
		alike(t, "GET "+target, send(t, n.plain, false, "GET", target), p.send("GET", target), false)
	}
}
