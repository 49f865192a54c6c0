package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// signIn sends the form to sign in by, and returns the answer and the cookie that it sets,
// "" for none.
func (s *site) signIn(name, password string, header ...string) (response, string) {
	s.t.Helper()
	form := url.Values{"name": {name}, "password": {password}, "album": {"Family"}}
	got := s.send("POST", "/.signin", form.Encode(), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
	for _, c := range got.Cookies() {
		return got, c.Name + "=" + c.Value
	}
	return got, ""
}

func TestSignIn_session(t *testing.T) {
	s := guarded(t)
	if page := s.page("/.signin?album=Family"); len(find(page, "form[action='/.signin'][method=post] input[type=password]")) != 1 {
		t.Error("the page has no form")
	}
	got, cookie := s.signIn("ann", rightPassword)
	if got.StatusCode != 303 || got.Header.Get("Location") != "/Family/" || got.Header.Get("Cache-Control") != "no-store" || cookie == "" {
		t.Fatalf("signing in = %d to %q, %v", got.StatusCode, got.Header.Get("Location"), got.Header)
	}
	if c := got.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "gallery=") || !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "; SameSite=Lax") ||
		!strings.Contains(c, "; Path=/;") || strings.Contains(c, "Domain") || strings.Contains(c, "Max-Age") || strings.Contains(c, "Secure") {
		t.Errorf("Set-Cookie: %s", c)
	}
	for target, want := range map[string]int{"/Family/": 200, "/Family/3.jpg": 200, "/Club/": 200, "/.may": 404} {
		if got := s.get(target, "Cookie", cookie); got.StatusCode != want {
			t.Errorf("GET %s signed in = %d, want %d", target, got.StatusCode, want)
		}
	}
	page := parse(t, s.get("/Family/", "Cookie", "other=1; gallery=wrong; "+cookie).body)
	if out := values(page, "form.signin", "action"); len(out) != 1 || out[0] != "/.signout" || len(find(page, ".signin a")) > 0 {
		t.Errorf("the page offers to sign out at %q", out)
	}
	// A form of another site's signs nobody in or out.
	for _, path := range []string{"/.signin", "/.signout"} {
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
			if got := s.send("POST", path, "", append(header, "Cookie", cookie)...); got.StatusCode != 403 || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("POST %s with %q = %d", path, header, got.StatusCode)
			}
		}
	}
	// Who signs out is out, with every copy of the cookie.
	if got := s.send("POST", "/.signout", "", "Cookie", cookie); got.StatusCode != 303 || !strings.Contains(got.Header.Get("Set-Cookie"), "gallery=; Path=/; Max-Age=0") {
		t.Errorf("signing out = %d, %v", got.StatusCode, got.Header)
	}
	if got := s.get("/Family/", "Cookie", cookie); got.StatusCode != 404 {
		t.Errorf("signed out, GET /Family/ = %d", got.StatusCode)
	}
	if got := s.get("/.signout"); got.StatusCode != 404 {
		t.Errorf("GET /.signout = %d", got.StatusCode)
	}
}

// Behind TLS the cookie is for TLS and this host alone, and no other of that purpose counts.
func TestSignIn_secure(t *testing.T) {
	s := guarded(t)
	tls := []string{"X-Forwarded-Proto", "https"}
	got, cookie := s.signIn("ann", rightPassword, tls...)
	if c := got.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-gallery=") || !strings.Contains(c, "; Secure") {
		t.Errorf("Set-Cookie: %s", c)
	}
	if got := s.get("/Family/", append(tls, "Cookie", cookie)...); got.StatusCode != 200 {
		t.Errorf("GET /Family/ = %d", got.StatusCode)
	}
	if got := s.get("/Family/", append(tls, "Cookie", strings.TrimPrefix(cookie, "__Host-"))...); got.StatusCode != 404 {
		t.Errorf("with a cookie that any host of the domain can set, GET /Family/ = %d", got.StatusCode)
	}
	based := guarded(t, func(c *config) { c.base = "/photos" })
	form := url.Values{"name": {"ann"}, "password": {rightPassword}}
	got = based.send("POST", "/photos/.signin", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", "https")
	if c := got.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Secure-gallery=") || !strings.Contains(c, "Path=/photos/") || got.Header.Get("Location") != "/photos/" {
		t.Errorf("below a path: %d, Set-Cookie: %s, Location: %s", got.StatusCode, c, got.Header.Get("Location"))
	}
}

// Guesses are limited like those of Basic, with which they count together.
func TestSignIn_guesses(t *testing.T) {
	s := guarded(t)
	for i := range 5 {
		if got, cookie := s.signIn("ann", fmt.Sprint("wrong", i)); got.StatusCode != 403 || cookie != "" || !strings.Contains(string(got.body), "Wrong name or password") {
			t.Errorf("a wrong password = %d, cookie %q", got.StatusCode, cookie)
		}
		s.get("/", "Authorization", basic("ann", fmt.Sprint("wrong", 10+i)))
	}
	if got, _ := s.signIn("ann", rightPassword); got.StatusCode != 429 || got.Header.Get("Retry-After") == "" {
		t.Errorf("after ten wrong ones = %d, want 429", got.StatusCode)
	}
	for _, body := range []string{"", "name=ann", strings.Repeat("a", 1<<20), "name=ann&password=" + rightPassword + "%zz"} {
		if got := s.send("POST", "/.signin", body, "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", "192.0.2.9"); got.StatusCode != 403 && got.StatusCode != 400 {
			t.Errorf("POST of %.30q = %d", body, got.StatusCode)
		}
	}
	if got := s.get("/.signin?name=bob&password=" + url.QueryEscape(rightPassword)); got.Header.Get("Set-Cookie") != "" {
		t.Error("a password in an address signs in")
	}
}

// By the form, a wrong password takes as long for a name that nobody has, in time of the
// processor: the medians of many tries of each, in turn.
func TestSignIn_time(t *testing.T) {
	s := guarded(t)
	ratio := 0.0
	for round := 0; round < 5 && (ratio < 0.7 || ratio > 1.4); round++ {
		var took [2][]time.Duration
		for i := range 15 { // a name may be guessed at a hundred times
			for j, name := range []string{"ann", "eve"} {
				form := url.Values{"name": {name}, "password": {fmt.Sprint("wrong", i)}}.Encode()
				r := httptest.NewRequest("POST", "/.signin", strings.NewReader(form))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", round, i))
				w := httptest.NewRecorder()
				began := testkit.ProcessorTime()
				s.server.ServeHTTP(w, r)
				took[j] = append(took[j], testkit.ProcessorTime()-began)
				if w.Code != 403 {
					t.Fatalf("POST /.signin by %s = %d", name, w.Code)
				}
			}
		}
		slices.Sort(took[0])
		slices.Sort(took[1])
		ratio = float64(took[1][7]) / float64(took[0][7])
		t.Logf("a wrong password %v, an unknown name %v", took[0][7], took[1][7])
	}
	if ratio < 0.7 || ratio > 1.4 {
		t.Errorf("an unknown name takes %.2f of what a wrong password takes", ratio)
	}
}

// A new password or the removal of a user ends sessions, and a restart does not.
func TestSignIn_ends(t *testing.T) {
	s := guarded(t)
	_, ann := s.signIn("ann", rightPassword)
	_, bob := s.signIn("bob", rightPassword)
	s.restart()
	if a, b := s.get("/Club/", "Cookie", ann).StatusCode, s.get("/Club/", "Cookie", bob).StatusCode; a != 200 || b != 200 {
		t.Fatalf("after a restart, GET /Club/ = %d, %d", a, b)
	}
	if err := os.WriteFile(s.config.users, []byte("ann:"+testHash(t, "another one")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for s.get("/Club/", "Cookie", ann).StatusCode != 404 || s.get("/Club/", "Cookie", bob).StatusCode != 404 {
		if time.Now().After(deadline) {
			t.Fatal("an old password's session counts still")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A session that is in use gets a new value from time to time.
func TestSignIn_renewed(t *testing.T) {
	s := guarded(t)
	_, cookie := s.signIn("ann", rightPassword)
	r, _ := http.NewRequest("GET", s.URL+"/", nil)
	r.Header.Set("Cookie", cookie)
	session, ok := s.server.gate.session(r)
	if !ok {
		t.Fatal("there is no session")
	}
	hash, _ := s.server.gate.users.Proof("ann")
	for age, want := range map[time.Duration]bool{30 * time.Minute: false, 2 * time.Hour: true, 13 * time.Hour: false} {
		old := s.server.gate.sessions.Sign(session, hash, time.Now().Add(-age))
		got := s.get("/Open/", "Cookie", "gallery="+old)
		if renewed := got.Header.Get("Set-Cookie") != ""; renewed != want || renewed && !strings.Contains(got.Header.Get("Cache-Control"), "private") {
			t.Errorf("a session of %v is renewed: %v, want %v", age, renewed, want)
		}
	}
}

// With -private a browser is shown the form, and other clients are asked for Basic.
func TestSignIn_private(t *testing.T) {
	s := guarded(t, func(c *config) { c.private = true })
	got := s.get("/Open/", "Accept", "text/html,*/*;q=0.8")
	if got.StatusCode != 401 || strings.Contains(got.Header.Get("WWW-Authenticate"), "Basic") || len(find(parse(t, got.body), "form.sign")) != 1 || strings.Contains(string(got.body), "/Trip") {
		t.Errorf("a browser gets %d, %q", got.StatusCode, got.Header.Get("WWW-Authenticate"))
	}
	if got := s.get("/Open/"); got.StatusCode != 401 || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic") {
		t.Errorf("another client gets %d, %q", got.StatusCode, got.Header.Get("WWW-Authenticate"))
	}
	if got := s.get("/.signin"); got.StatusCode != 200 {
		t.Errorf("GET /.signin = %d", got.StatusCode)
	}
	_, cookie := s.signIn("ann", rightPassword)
	if got := s.get("/Open/", "Cookie", cookie); got.StatusCode != 200 {
		t.Errorf("signed in, GET /Open/ = %d", got.StatusCode)
	}
}
