package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
)

var shipped = os.DirFS("../../deploy/nginx")

// dump is what nginx -T prints of what is shipped, installed as install.md says.
func dump(t *testing.T, change ...string) *Configuration {
	t.Helper()
	var b strings.Builder
	b.WriteString("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n# configuration file /etc/nginx/nginx.conf:\n" +
		"user www-data;\nevents { }\nhttp {\n\tinclude /etc/nginx/conf.d/*.conf;\n\tinclude sites-enabled/*;\n}\n\n")
	base := filepath.Join("..", "..", "deploy", "nginx")
	for _, name := range []string{"conf.d/gallery-zone.conf", "gallery.conf", "snippets/gallery-acme.conf", "snippets/gallery-listen.conf", "snippets/gallery-hsts.conf",
		"snippets/gallery-site.conf", "snippets/gallery-drop.conf", "snippets/gallery-photo.conf", "snippets/gallery-headers.conf", "snippets/gallery-guarded.conf", "snippets/gallery-proxy.conf"} {
		text, err := os.ReadFile(filepath.Join(base, name))
		if err != nil {
			t.Fatal(err)
		}
		at := "/etc/nginx/" + name
		if name == "gallery.conf" {
			at = "/etc/nginx/sites-enabled/gallery.conf"
		}
		b.WriteString("# configuration file " + at + ":\n" + string(text) + "\n")
	}
	text := b.String()
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(text, change[i]) {
			t.Fatalf("there is no %q in what is shipped", change[i])
		}
		text = strings.ReplaceAll(text, change[i], change[i+1])
	}
	c, err := ParseConfiguration(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfiguration_Compare(t *testing.T) {
	for name, test := range map[string]struct {
		change []string
		says   []string // the findings, in part
	}{
		"as shipped": {},
		"adapted": {[]string{"gallery.example.com", "photos.example.org", "/srv/photos", "/srv/photos", "127.0.0.1:5001", "unix:/run/gallery.sock",
			"/etc/letsencrypt/live/", "/etc/ssl/", "listen [::]:80;\n", "", "rate=10r/s", "rate=50r/s", "client_max_body_size    1g", "client_max_body_size 2g",
			"#include /etc/nginx/sites-available/gallery-private.conf;", "include /etc/nginx/sites-available/gallery-private.conf;", "# Pages, and everything else.", ""}, nil},
		"a limit taken out": {[]string{"    limit_req zone=gallery burst=60 nodelay;\n", ""},
			[]string{"warning: /etc/nginx/snippets/gallery-site.conf: line ", `as shipped "limit_req zone=gallery burst=60 nodelay;"`}},
		"a line changed": {[]string{"proxy_buffers            8 64k;", "proxy_buffers 8 4k;"},
			[]string{`warning: /etc/nginx/snippets/gallery-proxy.conf: line 31 is "proxy_buffers 8 4k;", and as shipped "proxy_buffers 8 64k;"`}},
		"a line more at the end": {[]string{"# How the program is asked.", "# How the program is asked.", "proxy_next_upstream error timeout http_503;\n", "proxy_next_upstream error timeout http_503;\nproxy_buffering off;\n"},
			[]string{`"proxy_buffering off;", is not in what is shipped`}},
		"another root": {[]string{"/srv/photos", "/srv/other"},
			[]string{"error: /etc/nginx/sites-enabled/gallery.conf: nginx serves photos of /srv/other, and DIR is /srv/photos → root /srv/photos;", "nginx looks for thumbnails in /srv/other, and they are in /srv/photos"}},
		"another cache": {[]string{"set $gallery_cache $document_root", "set $gallery_cache /var/cache/gallery"}, []string{"nginx looks for thumbnails in /var/cache/gallery, and they are in /srv/photos"}},
		"not included":  {[]string{"include sites-enabled/*;", ""}, []string{"warning: the gallery's files are there, and no server of nginx's includes them"}},
	} {
		var r Report
		dump(t, test.change...).Compare(&r, shipped, "/srv/photos", "/srv/photos")
		var all []string
		for _, f := range r.Findings() {
			all = append(all, f.String())
		}
		text := strings.Join(all, "\n")
		if len(test.says) == 0 && text != "" {
			t.Errorf("%s: found\n%s", name, text)
		}
		for _, says := range test.says {
			if !strings.Contains(text, says) {
				t.Errorf("%s: found\n%s\nand not %s", name, text, says)
			}
		}
	}
}

func TestConfiguration_Sites(t *testing.T) {
	c := dump(t)
	if got := c.User(); got != "www-data" {
		t.Errorf("User = %q", got)
	}
	want := Site{Name: "gallery.example.com", Secure: true, Port: "443", Root: "/srv/photos", Cache: "/srv/photos", file: "/etc/nginx/sites-enabled/gallery.conf"}
	if got := c.Sites(); len(got) != 1 || got[0] != want {
		t.Errorf("Sites = %+v, want %+v", got, want)
	}
	w, ok := c.Way(nil, nil, Tree{Sample: album.Photo{Album: "A #1", File: "x y.jpg"}})
	if !ok || w.URL.String() != "https://gallery.example.com/" || !slices.Equal(w.Paths, []string{"A #1/_thumbs/x y.jpg", "A #1/x y.jpg"}) {
		t.Errorf("Way = %v, %q", w.URL, w.Paths)
	}
	if _, ok := (*Configuration)(nil).Way(nil, nil, Tree{}); ok {
		t.Error("there is a way without nginx")
	}
	if _, err := ParseConfiguration("nothing"); err == nil {
		t.Error("what is no configuration is taken for one")
	}
	// Whatever is in it, it ends.
	for _, text := range []string{"include /x;", "http { server { include /x; } }", "}}}{{{;;;", `"`, `'${`, "a { b \\"} {
		c, err := ParseConfiguration("# configuration file /x:\n" + text)
		if err != nil {
			t.Fatal(err)
		}
		c.Compare(new(Report), shipped, "/srv/photos", "/srv/photos")
	}
}

// What is asked for both ways has to be answered alike.
func TestAsk(t *testing.T) {
	answer := func(status int, mediaType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.WriteHeader(status)
			if r.URL.Path == "/p/" {
				_, _ = io.WriteString(w, "page")
				return
			}
			_, _ = io.WriteString(w, body)
		}
	}
	sound := answer(200, "image/jpeg", "photo")
	for name, test := range map[string]struct {
		through, around http.Handler
		want            string // kind; "" for nothing wrong
	}{
		"alike":          {sound, sound, ""},
		"another status": {answer(403, "image/jpeg", "photo"), sound, "site-differs"},
		"another type":   {answer(200, "text/html", "photo"), sound, "site-differs"},
		"fewer bytes":    {answer(200, "image/jpeg", "phot"), sound, "site-differs"},
		"other bytes":    {answer(200, "image/jpeg", "phota"), sound, "site-differs"},
		"both fail":      {answer(500, "text/html", "x"), answer(500, "text/html", "x"), "site-fails"},
		"no program":     {sound, nil, "program-silent"},
		"no nginx":       {nil, sound, "site-silent"},
	} {
		var r Report
		at, err := url.Parse("http://gallery.example.com/p/")
		if err != nil {
			t.Fatal(err)
		}
		Ask(t.Context(), &r, Way{URL: at, Through: dialer(t, test.through), Around: dialer(t, test.around), Paths: []string{"A #1/x%.jpg"}})
		if got := kinds(&r); test.want == "" && len(got) > 0 || test.want != "" && !slices.Contains(got, test.want) {
			t.Errorf("%s: found %q, want %q", name, r.Findings(), test.want)
		}
	}
}

// dialer connects to a server with a handler, or for nil to none.
func dialer(t *testing.T, h http.Handler) func(ctx context.Context) (net.Conn, error) {
	t.Helper()
	s := httptest.NewServer(h)
	if h == nil {
		s.Close()
	} else {
		t.Cleanup(s.Close)
	}
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", s.Listener.Addr().String())
	}
}

func TestCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		host    string
		left    time.Duration
		trusted bool
		want    Severity
		says    string
	}{
		"sound":        {"gallery.example.com", 60 * 24 * time.Hour, true, Note, "holds until"},
		"ends soon":    {"gallery.example.com", 5 * 24 * time.Hour, true, Warning, "ends on"},
		"ended":        {"gallery.example.com", -time.Hour, true, Error, "ended on"},
		"of another":   {"other.example.com", 60 * 24 * time.Hour, true, Error, "do not trust"},
		"of no issuer": {"gallery.example.com", 60 * 24 * time.Hour, false, Error, "do not trust"},
	} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"gallery.example.com"}, NotBefore: time.Now().Add(-99 * 24 * time.Hour), NotAfter: time.Now().Add(test.left)}
		data, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		own, err := x509.ParseCertificate(data)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		if test.trusted {
			roots.AddCert(own)
		}
		var r Report
		certificate(&r, test.host, []*x509.Certificate{own}, roots)
		if f := r.Findings(); len(f) != 1 || f[0].Severity != test.want || !strings.Contains(f[0].Text, test.says) {
			t.Errorf("%s: %q", name, f)
		}
	}
}
