package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const password = "correct horse"

// addUser writes a password file with one user in it, and returns its path and
// the value of Authorization. The hash is a cheap one.
func addUser(t *testing.T, name string) (file, authorization string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "users")
	put(t, file, []byte(name+":$2a$04$86/l1omq2wto0soLWA8Rx.C8eUmBv3uaIUN12pu8iH2BkubiV4Nbi\n"))
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	return file, basic(name, password)
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// private uncomments the line of gallery.conf that asks for passwords.
var private = append([]string{"#include /etc/nginx/sites-available/gallery-private.conf", "include gallery-private.conf"}, noLimit...)

// unread are targets that nginx gives up on before it has read the header, so
// that it knows of no password.
var unread = map[string]bool{"/../root.jpg": true, "/Trip/%2e%2e%2f%2e%2e/etc/passwd": true, "/a%00.jpg": true, "/%zz": true}

// Nothing leaks through nginx: whatever is asked for, and however, there is no
// answer without a password but "401", for what exists and what does not alike.
// That is so by nginx's own doing, even where the program lacks -private.
func TestPrivate_nothingLeaks(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	for name, flags := range map[string][]string{"with -private": {"-private"}, "without -private": nil} {
		t.Run(name, func(t *testing.T) {
			dir := tree(t)
			p := start(t, nil, append(append([]string{"-users", users, "-trust-proxy"}, flags...), dir)...)
			n := startNginx(t, p, dir, "gallery.conf", private...)

			// With everything on disk, so that nginx could answer by itself.
			etags := map[string]string{}
			for range 2 {
				for _, r := range requests {
					got := n.send("GET", r.target, "Authorization", signIn)
					want := r.status
					if unread[r.target] {
						want = 401
					}
					if got.StatusCode != want {
						t.Errorf("GET %.80s with a password = %d, want %d", r.target, got.StatusCode, want)
					}
					if r.status == 200 {
						etags[r.target] = got.Header.Get("ETag")
					}
				}
			}
			_ = exec.Command(binary, "warm", "-webp", dir).Run() // one photo is broken
			for _, on := range []string{"Trip/_thumbs/1.jpg", "Trip/_thumbs/800/1.jpg", "Trip/_thumbs/1600/1.jpg", "Trip/_thumbs/webp/1.jpg"} {
				if _, err := os.Stat(filepath.Join(dir, on)); err != nil {
					t.Fatal(err)
				}
			}

			for _, r := range append(requests, struct {
				target string
				status int
			}{"/.auth", 404}) {
				for _, method := range []string{"GET", "HEAD", "POST", "PROPFIND"} {
					for _, header := range [][]string{
						nil,
						{"Range", "bytes=0-9"},
						{"Accept", "image/webp"},
						{"Accept", "image/webp;q=0.5"},
						{"If-None-Match", etags[r.target]},
						{"If-None-Match", "*"},
						{"If-Match", `"other"`},
						{"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"},
						{"Authorization", "Basic"},
						{"Authorization", "Bearer x"},
						{"X-Original-URI", "/.health"},
						{"X-Forwarded-For", "127.0.0.1"},
					} {
						if method != "GET" && header != nil {
							break
						}
						got := n.send(method, r.target, header...)
						want := 401
						switch {
						case r.target == "/.health":
							want = map[string]int{"GET": 200, "HEAD": 200}[method]
							if want == 0 {
								want = 405
							}
						case r.target == "/.auth": // for nginx itself
							want = 404
						}
						if got.StatusCode != want {
							t.Errorf("%s %.80s with %q = %d, want %d", method, r.target, header, got.StatusCode, want)
						}
						if want != 401 {
							continue
						}
						if method != "HEAD" && !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic realm=") {
							t.Errorf("%s %.80s: WWW-Authenticate: %q", method, r.target, got.Header.Get("WWW-Authenticate"))
						}
						for _, header := range []string{"ETag", "Last-Modified", "Content-Range", "Location", "Accept-Ranges", "Allow"} {
							if got.Header.Get(header) != "" {
								t.Errorf("%s %.80s: a refusal bears %s", method, r.target, header)
							}
						}
						if len(got.body) > 1000 || bytes.Contains(got.body, []byte("Trip")) || bytes.Contains(got.body, []byte("\xff\xd8")) {
							t.Errorf("%s %.80s: a refusal of %d bytes tells something", method, r.target, len(got.body))
						}
					}
				}
			}
		})
	}
}

// With the line uncommented a folder that says itself who may see it takes a password, too,
// whatever the program is told.
func TestPrivate_ownRules(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	link, err := exec.Command(binary, "share", dir, "Club").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, flags := range map[string][]string{"with -private": {"-users", users, "-private"}, "without -private": {"-users", users}, "without -users": nil} {
		p := start(t, nil, append(append([]string{"-trust-proxy"}, flags...), dir)...)
		n := startNginx(t, p, dir, "gallery.conf", private...)
		cookie := ""
		for _, c := range p.send("GET", strings.TrimSpace(string(link)), "X-Forwarded-Proto", "https").Cookies() {
			cookie = c.Name + "=" + c.Value
		}
		if got := p.send("GET", "/Club/7.jpg", "X-Forwarded-Proto", "https", "Cookie", cookie); got.StatusCode != 200 {
			t.Fatalf("%s, with a link, the program answers %d", name, got.StatusCode)
		}
		want := 401
		if flags == nil {
			want = 502
		}
		for _, target := range []string{"/Family/Press/6.jpg", "/Family/Press/_thumbs/6.jpg", "/Family/Press/_thumbs/800/6.jpg", "/Club/7.jpg", "/Club/_thumbs/7.jpg", "/Nowhere/_thumbs/7.jpg", "/root.jpg"} {
			for _, header := range [][]string{nil, {"Accept", "image/webp"}, {"Cookie", cookie}} {
				if got := n.send("GET", target, header...); got.StatusCode != want {
					t.Errorf("%s, GET %s with %.40q = %d, want %d", name, target, header, got.StatusCode, want)
				}
			}
			if got := n.send("GET", target, "Authorization", basic("ann", password)); want == 401 && (got.StatusCode == 200) != (target != "/Nowhere/_thumbs/7.jpg") {
				t.Errorf("%s, GET %s with a password = %d", name, target, got.StatusCode)
			}
		}
	}
}

// How often somebody without a password may ask does not tell what is there: nginx
// looks at some things before it asks the program for its word.
func TestPrivate_limitsTellNothing(t *testing.T) {
	t.Parallel()
	users, _ := addUser(t, "ann")
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "folder.jpg", "1.jpg"), 60, 40, 1)
	p := start(t, nil, "-users", users, "-private", "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", private[0], private[1], "burst=5000 delay=1000", "burst=10 nodelay", "rate=100r/s", "rate=1r/s")
	for _, target := range []string{"/folder.jpg", "/nothing.jpg"} {
		for _, header := range [][]string{nil, {"Authorization", "Bearer x"}} {
			if got := n.counts(60, func(int) string { return target }, func(int) []string { return header }); got[401] != 60 {
				t.Errorf("60 times GET %s with %q: %v, want only 401", target, header, got)
			}
		}
	}
}

// Too many wrong passwords are a 429 through nginx too, for pages and files
// alike, to that address alone; who is signed in goes on.
func TestPrivate_wrongPasswords(t *testing.T) {
	users, signIn := addUser(t, "ann")
	dir := tree(t)
	p := start(t, nil, "-users", users, "-private", "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", private...)
	if got := n.send("GET", "/Trip/1.jpg", "Authorization", signIn); got.StatusCode != 200 {
		t.Fatalf("with a password = %d", got.StatusCode)
	}
	// It returns how many wrong passwords were tried until one was a 429.
	untilTooMany := func(target string, header ...string) int {
		for i := range 100 {
			got := n.send("GET", target, append(header, "Authorization", basic("ann", fmt.Sprint("wrong", i)))...)
			switch {
			case got.StatusCode == 429 && (got.Header.Get("Retry-After") == "" || got.Header.Get("Cache-Control") != "no-store"):
				t.Errorf("GET %s: a 429 with %v", target, got.Header)
			case got.StatusCode == 429:
				return i
			case got.StatusCode != 401:
				t.Fatalf("GET %s with a wrong password = %d", target, got.StatusCode)
			}
		}
		t.Errorf("GET %s: a hundred wrong passwords are tried", target)
		return 100
	}
	if n := untilTooMany("/Trip/1.jpg"); n < 10 {
		t.Errorf("%d wrong passwords may be tried, want 10", n)
	}
	for _, target := range []string{"/", "/Trip/1.jpg", "/Trip/_thumbs/1.jpg", "/nowhere.jpg"} {
		if n := untilTooMany(target); n > 5 { // every six seconds one more may be
			t.Errorf("GET %s: %d more wrong passwords may be tried", target, n)
		}
		if got := n.send("GET", target, "Authorization", signIn); got.StatusCode == 429 {
			t.Errorf("GET %s by who is signed in = 429", target)
		}
	}
	// X-Forwarded-For from a client does not make it another.
	if n := untilTooMany("/", "X-Forwarded-For", "198.51.100.9"); n > 5 {
		t.Errorf("with a forged X-Forwarded-For %d more wrong passwords may be tried", n)
	}
}

// "gallery passwd" writes what the program reads, also while it runs.
func TestPasswd_whileRunning(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
	p := start(t, nil, "-users", users, "-private", dir)
	if got := p.send("GET", "/", "Authorization", signIn); got.StatusCode != 200 {
		t.Fatalf("with a password = %d", got.StatusCode)
	}
	cmd := exec.Command(binary, "passwd", users, "ann")
	cmd.Stdin = strings.NewReader("another one\n")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("gallery passwd: %v\n%s", err, out)
	}
	deadline := time.Now().Add(10 * time.Second)
	for p.send("GET", "/", "Authorization", signIn).StatusCode != 401 {
		if time.Now().After(deadline) {
			t.Fatal("the old password is right still")
		}
		time.Sleep(50 * time.Millisecond) // the file is looked at once a second
	}
	if got := p.send("GET", "/", "Authorization", basic("ann", "another one")); got.StatusCode != 200 {
		t.Errorf("with the new password = %d", got.StatusCode)
	}
}

// Without the program nobody gets in.
func TestPrivate_withoutTheProgram(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	dir := tree(t)
	p := start(t, nil, "-users", users, dir)
	n := startNginx(t, p, dir, "gallery.conf", private...)
	p.stop()
	for _, target := range []string{"/", "/Trip/1.jpg", "/nowhere.jpg"} {
		if got := n.send("GET", target, "Authorization", signIn); got.StatusCode != 502 {
			t.Errorf("GET %s = %d, want 502", target, got.StatusCode)
		}
	}
}

// With the line uncommented but no -users, nobody gets in either.
func TestPrivate_withoutUsers(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", private...)
	for _, target := range []string{"/", "/Trip/1.jpg", "/nowhere.jpg"} {
		if got := n.send("GET", target); got.StatusCode != 502 {
			t.Errorf("GET %s = %d, want 502", target, got.StatusCode)
		}
	}
}

// At a terminal, passwd asks twice, shows nothing of what is typed, and changes
// nothing where the two differ.
func TestPasswd_terminal(t *testing.T) {
	t.Parallel()
	script := need(t, "script", "bsdutils")
	file := filepath.Join(t.TempDir(), "users")
	passwd := func(first, second string) (said string, err error) {
		t.Helper()
		cmd := exec.Command(script, "-qec", binary+" passwd "+file+" ann", "/dev/null")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var all []byte
		answers := map[string]string{"Password for ann: ": first, "Once more: ": second}
		for b := make([]byte, 1); ; {
			if _, err := out.Read(b); err != nil {
				break
			}
			all = append(all, b[0])
			for prompt, answer := range answers {
				if bytes.HasSuffix(all, []byte(prompt)) {
					time.Sleep(200 * time.Millisecond) // no person is faster than the echo goes off after the prompt
					fmt.Fprintln(in, answer)
				}
			}
		}
		return string(all), cmd.Wait()
	}
	if said, err := passwd("opensesame", "opensesame"); err != nil || strings.Contains(said, "opensesame") {
		t.Errorf("passwd says %q, %v", said, err)
	}
	before, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(before, []byte("ann:$2")) {
		t.Fatalf("the file holds %q, %v", before, err)
	}
	if said, err := passwd("another one", "another two"); err == nil || !strings.Contains(said, "differ") {
		t.Errorf("with two different passwords it says %q, %v", said, err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(after, before) {
		t.Error("with two different passwords the file has changed")
	}
}
