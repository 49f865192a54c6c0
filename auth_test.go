package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

const rightPassword = "correct horse"

// testHash is cheap, so that a test's time is its own.
func testHash(t testing.TB, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// usersFile writes a password file and returns its path.
func usersFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withUsers has a site know "ann", whose password is rightPassword.
func withUsers(t testing.TB, c *config) {
	c.users = usersFile(t, "ann:"+testHash(t, rightPassword)+"\n")
}

// basic is the value of Authorization.
func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func TestVisitor(t *testing.T) {
	for _, test := range []struct {
		trust     bool
		remote    string
		forwarded []string
		want      string
	}{
		{false, "192.0.2.1:99", nil, "192.0.2.1"},
		{false, "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{true, "127.0.0.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{true, "127.0.0.1:99", []string{"10.0.0.1, 198.51.100.7"}, "198.51.100.7"},
		{true, "127.0.0.1:99", []string{"10.0.0.1", "198.51.100.7"}, "198.51.100.7"},
		{true, "127.0.0.1:99", []string{"nonsense"}, "127.0.0.1"},
		{true, "127.0.0.1:99", nil, "127.0.0.1"},
		{false, "[2001:db8:1:2:3:4:5:6]:99", nil, "2001:db8:1:2:3:4:5:6"},
		{false, "[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{false, "[fe80::1%eth0]:99", nil, "fe80::1"},
		{false, "@", nil, "invalid IP"},
	} {
		g := gate{trustProxy: test.trust}
		r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := g.visitor(r).String(); got != test.want {
			t.Errorf("visitor(%s, %q, trust %v) = %s, want %s", test.remote, test.forwarded, test.trust, got, test.want)
		}
	}
}

// With -private nothing but /.health answers without a password, and a refusal
// says nothing of what is there.
func TestServe_private(t *testing.T) {
	s := smallSite(t, func(c *config) { withUsers(t, c); c.private, c.trustProxy = true, true })
	signIn := []string{"Authorization", basic("ann", rightPassword)}
	s.get("/Trip/", signIn...)
	s.get("/Trip/1.jpg/", signIn...)
	targets := []string{"/", "/?sort=date", "/Trip/", "/Trip", "/Trip/1.jpg", "/Trip/1.jpg/", "/Trip/_thumbs/1.jpg", "/Trip/_thumbs/1600/1.jpg",
		"/Trip/Day%201/a%20b.jpeg", "/nowhere", "/nowhere/", "/Trip/nowhere/", "/Trip/3.jpg", "/Trip/../root.jpg", "/.secret/x.jpg", "/.auth", "/a%00.jpg", "//", "/.health/", "/%2ehealth/x"}
	refused := s.get("/nowhere")
	n := 0
	for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
		for _, target := range targets {
			for _, header := range [][]string{nil, {"Authorization", basic("ann", "wrong")}, {"Authorization", "Basic !"}, {"Authorization", "Bearer x"}} {
				n++ // each from an address of its own, so that none is refused for its number
				got := s.do(method, target, append(header, "X-Forwarded-For", fmt.Sprintf("10.0.%d.%d", n/256, n%256))...)
				if got.StatusCode != 401 || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic realm=") {
					t.Errorf("%s %s with %q = %d %q, want 401", method, target, header, got.StatusCode, got.Header.Get("WWW-Authenticate"))
				}
				if method != "HEAD" && !bytes.Equal(got.body, refused.body) {
					t.Errorf("%s %s: a refusal differs from another", method, target)
				}
				for name := range got.Header {
					if refused.Header.Get(name) == "" {
						t.Errorf("%s %s: a refusal bears %s", method, target, name)
					}
				}
			}
		}
	}
	for target, want := range map[string]int{"/": 200, "/Trip/1.jpg": 200, "/Trip/_thumbs/1.jpg": 200, "/nowhere": 404, "/.auth": 204, "/.health": 200} {
		if got := s.get(target, signIn...); got.StatusCode != want {
			t.Errorf("GET %s with a password = %d, want %d", target, got.StatusCode, want)
		}
	}
	if got := s.get("/.health"); got.StatusCode != 200 {
		t.Errorf("GET /.health = %d, want 200", got.StatusCode)
	}
}

// Without -private a password guards nothing that is shown.
func TestServe_usersOnly(t *testing.T) {
	s := smallSite(t, func(c *config) { withUsers(t, c) })
	for _, header := range [][]string{nil, {"Authorization", basic("ann", "wrong")}} {
		if got := s.get("/Trip/", header...); got.StatusCode != 200 {
			t.Errorf("GET /Trip/ with %q = %d, want 200", header, got.StatusCode)
		}
		if got := s.get("/.auth", header...); got.StatusCode != 401 {
			t.Errorf("GET /.auth with %q = %d, want 401", header, got.StatusCode)
		}
	}
	if got := s.get("/.auth", "Authorization", basic("ann", rightPassword)); got.StatusCode != 204 || len(got.body) > 0 {
		t.Errorf("GET /.auth with a password = %d %q, want 204", got.StatusCode, got.body)
	}
	if got := smallSite(t).get("/.auth"); got.StatusCode != 404 {
		t.Errorf("GET /.auth without -users = %d, want 404", got.StatusCode)
	}
}

// Wrong passwords are limited by address, while who is signed in goes on.
func TestServe_wrongPasswords(t *testing.T) {
	s := smallSite(t, func(c *config) { withUsers(t, c); c.private, c.trustProxy = true, true })
	try := func(from, password string) response {
		return s.get("/", "Authorization", basic("ann", password), "X-Forwarded-For", from)
	}
	if got := try("192.0.2.1", rightPassword); got.StatusCode != 200 {
		t.Fatalf("the right password = %d", got.StatusCode)
	}
	for i := range 10 {
		if got := try("192.0.2.1", fmt.Sprint("wrong", i)); got.StatusCode != 401 {
			t.Errorf("wrong password %d = %d, want 401", i, got.StatusCode)
		}
	}
	got := try("192.0.2.1", "one more")
	if got.StatusCode != 429 || got.Header.Get("Retry-After") != "6" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("one more = %d, %v, want 429 with Retry-After: 6", got.StatusCode, got.Header)
	}
	if got := try("192.0.2.1", rightPassword); got.StatusCode != 200 {
		t.Errorf("who is signed in already gets %d, want 200", got.StatusCode)
	}
	if got := try("192.0.2.2", "wrong"); got.StatusCode != 401 {
		t.Errorf("another address = %d, want 401", got.StatusCode)
	}
}

func TestPasswd_mistakes(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		args     []string
		password string
		want     string
		usage    bool
	}{
		{nil, "", "FILE and NAME are expected", true},
		{[]string{"a", "b", "c"}, "", "FILE and NAME are expected", true},
		{[]string{"x", "a:b"}, "", `the name "a:b" will not do`, true},
		{[]string{"x", ""}, "", "will not do", true},
		{[]string{"x", "#a"}, "", "will not do", true},
		{[]string{"x", "a\n"}, "", "will not do", true},
		{[]string{"x", "ann"}, "short\n", "too short: at least 8", false},
		{[]string{"x", "ann"}, "", "too short: at least 8", false},
		{[]string{"x", "ann"}, strings.Repeat("x", 73), "too long: at most 72", false},
		{[]string{"nowhere/x", "ann"}, rightPassword, "nowhere/x cannot be written: no such file or directory", false},
	} {
		stdin := filepath.Join(dir, "stdin")
		writeFile(t, stdin, []byte(test.password))
		in, err := os.Open(stdin)
		if err != nil {
			t.Fatal(err)
		}
		args := test.args
		if len(args) > 0 {
			args[0] = filepath.Join(dir, args[0])
		}
		err = runPasswd(t.Context(), args, in, io.Discard, io.Discard)
		in.Close()
		var usage usageError
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, &usage) != test.usage {
			t.Errorf("passwd(%q) with %q = %v, want %q", test.args, test.password, err, test.want)
		}
	}
}

// What makes the limits of wrong passwords weaker than they seem is warned of: cheap
// hashes, and proxies that are not trusted, once.
func TestSignIn_warnings(t *testing.T) {
	for _, trust := range []bool{false, true} {
		s := smallSite(t, func(c *config) { withUsers(t, c); c.private, c.trustProxy = true, trust })
		if n := s.log.count("level=WARN", "hashed so cheaply", "first=ann"); n != 1 {
			t.Errorf("a cheap hash is warned of %d times", n)
		}
		s.get("/", "Authorization", basic("ann", "wrong"))
		want := 0
		if s.log.count("-trust-proxy") != 0 {
			t.Errorf("a proxy is warned of where there is none")
		}
		for range 3 {
			s.get("/", "Authorization", basic("ann", "wrong"), "X-Forwarded-For", "198.51.100.7")
		}
		if !trust {
			want = 1
		}
		if n := s.log.count("level=WARN", "-trust-proxy"); n != want {
			t.Errorf("with -trust-proxy=%v a proxy is warned of %d times, want %d", trust, n, want)
		}
	}
	for addr, want := range map[net.Addr]int{
		&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}: 1, &net.UnixAddr{Name: "/run/x"}: 1, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}: 0, &net.TCPAddr{}: 0,
	} {
		var log logBuffer
		if warnOfOneVisitor(addr, log.logger()); log.count("-trust-proxy") != want {
			t.Errorf("at %v a proxy is warned of %d times, want %d", addr, log.count("-trust-proxy"), want)
		}
	}
}

// Ten wrong passwords for one name keep nobody else out who comes from the same address, as
// all do behind a proxy that is not trusted.
func TestServe_wrongPasswords_others(t *testing.T) {
	s := smallSite(t, func(c *config) {
		c.users = usersFile(t, "ann:"+testHash(t, rightPassword)+"\nbob:"+testHash(t, "other")+"\n")
		c.private = true
	})
	for i := range 20 {
		s.get("/", "Authorization", basic("ann", fmt.Sprint("wrong", i)))
	}
	if got := s.get("/", "Authorization", basic("ann", rightPassword)); got.StatusCode != 429 {
		t.Errorf("ann, at whose name was guessed, gets %d, want 429", got.StatusCode)
	}
	if got := s.get("/", "Authorization", basic("bob", "other")); got.StatusCode != 200 {
		t.Errorf("bob gets %d, want 200", got.StatusCode)
	}
}
