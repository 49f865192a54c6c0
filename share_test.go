package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gallery/internal/sharing"
)

// shared is a site like guarded, and a link to an album in it: its address and the cookie
// that it leaves, "" where it asks for a password.
func (s *site) share(l sharing.Link) (link sharing.Link, at, cookie string) {
	s.t.Helper()
	link, err := s.server.library.links.Add(l)
	if err != nil {
		s.t.Fatal(err)
	}
	at = "/.share/" + s.server.library.links.Token(link)
	for _, c := range s.get(at).Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return link, at, cookie
}

// linkSite is guarded, where .gallery may appear.
func linkSite(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	return guarded(t, change...)
}

// A link opens its album and what is below, and nothing else.
func TestShare_opens(t *testing.T) {
	s := linkSite(t)
	writeFile(t, filepath.Join(s.dir, "Family", "new", ".access"), []byte("bob"))
	write(t, filepath.Join(s.dir, "Family", "new", "9.jpg"), 60, 40, 9)
	_, at, cookie := s.share(sharing.Link{Album: "Family", Name: "Grandma"})
	page := s.get(at)
	if page.StatusCode != 200 || page.Header.Get("Refresh") != "0; url=/Family/" || page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("GET %s = %d, %v", at, page.StatusCode, page.Header)
	}
	if c := page.Header.Get("Set-Cookie"); !strings.Contains(c, "; Path=/Family/;") || !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
		t.Errorf("Set-Cookie: %s", c)
	}
	if strings.Contains(cookie, strings.TrimPrefix(at, "/.share/")) {
		t.Error("the cookie holds the address's token")
	}
	for target, want := range map[string]int{"/Family/": 200, "/Family/3.jpg": 200, "/Family/3.jpg/": 200, "/Family/_thumbs/3.jpg": 200, "/Family/?zip": 200, "/Family/Party/": 200,
		"/Family/Party/5.jpg": 200, "/Family/new/": 404, "/Family/new/9.jpg": 404, "/Open/Hidden/": 404, "/Club/7.jpg": 404, "/Nowhere/": 404} {
		if got := s.get(target, "Cookie", cookie); got.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", target, got.StatusCode, want)
		}
	}
	album := s.get("/Family/", "Cookie", cookie)
	if bytes.Contains(album.body, []byte("new")) && bytes.Contains(album.body, []byte("/Family/new/")) || !strings.Contains(album.Header.Get("Cache-Control"), "private") {
		t.Errorf("the album's page shows what the link does not open, or may be kept: %q", album.Header.Get("Cache-Control"))
	}
	if forms := find(parse(t, album.body), "form[method]"); len(forms) > 0 {
		t.Error("who has a link may share, or sign out")
	}
	// A messenger finds title and cover without a cookie.
	doc := parse(t, page.body)
	image := values(doc, `meta[property="og:image"]`, "content")
	if title := values(doc, `meta[property="og:title"]`, "content"); len(title) != 1 || title[0] != "Our secret" || len(image) != 1 {
		t.Fatalf("a messenger finds %q and %q", title, image)
	}
	u, err := url.Parse(image[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := s.get(u.Path); got.StatusCode != 200 && got.StatusCode != 302 || !strings.Contains(got.Header.Get("Cache-Control"), "no-cache") {
		t.Errorf("GET %s = %d, %v", u.Path, got.StatusCode, got.Header)
	}
}

// A link that is over says so, and no more; one that never was is not there.
func TestShare_over(t *testing.T) {
	s := linkSite(t)
	revoked, at, cookie := s.share(sharing.Link{Album: "Family"})
	if err := runShares([]string{"-revoke", revoked.ID, s.dir}, os.Stdout, os.Stderr); err != nil {
		t.Fatal(err)
	}
	if got := s.get("/Family/", "Cookie", cookie); got.StatusCode != 404 {
		t.Errorf("with a revoked link GET /Family/ = %d", got.StatusCode)
	}
	_, expired, _ := s.share(sharing.Link{Album: "Family", Expires: time.Now().Add(-time.Hour)})
	for _, at := range []string{at, expired, at + "/cover.jpg"} {
		got := s.get(at)
		if got.StatusCode != 410 || got.Header.Get("Set-Cookie") != "" || !strings.Contains(string(got.body), "This link has ended") ||
			strings.Contains(string(got.body), "secret") || strings.Contains(string(got.body), "Family") || len(find(parse(t, got.body), "form")) > 0 {
			t.Errorf("GET %s = %d\n%s", at, got.StatusCode, got.body)
		}
	}
	for _, at := range []string{"/.share/", "/.share/x", at + "x", at[:len(at)-1], strings.ToLower(at), "/.share/" + revoked.ID + ".", at + "/", at + "/cover.png", "/.share/../Family/"} {
		if got := s.get(at); got.StatusCode != 404 || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("GET %s = %d", at, got.StatusCode)
		}
	}
}

// A link's password is asked for on its page, counts for no other link, and is not guessed.
func TestShare_password(t *testing.T) {
	s := linkSite(t)
	hash, err := bcrypt.GenerateFromPassword([]byte(rightPassword), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	_, at, cookie := s.share(sharing.Link{Album: "Family", Password: string(hash)})
	_, other, _ := s.share(sharing.Link{Album: "Club", Password: string(hash)})
	page := s.get(at)
	if cookie != "" || len(find(parse(t, page.body), "form input[type=password]")) != 1 || strings.Contains(string(page.body), "secret") || s.get(at+"/cover.jpg").StatusCode != 404 {
		t.Errorf("before its password the link leaves %q and shows\n%s", cookie, page.body)
	}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	right := "password=" + url.QueryEscape(rightPassword)
	if got := s.send("POST", at, right, append(form, "Origin", "https://evil.example")...); got.StatusCode != 403 || got.Header.Get("Set-Cookie") != "" {
		t.Errorf("by a form of another site's = %d", got.StatusCode)
	}
	got := s.send("POST", at, right, form...)
	if got.StatusCode != 303 || got.Header.Get("Location") != "/Family/" || len(got.Cookies()) != 1 {
		t.Fatalf("with its password = %d, %v", got.StatusCode, got.Header)
	}
	cookie = got.Cookies()[0].Name + "=" + got.Cookies()[0].Value
	if a, b := s.get("/Family/", "Cookie", cookie).StatusCode, s.get("/Club/", "Cookie", cookie).StatusCode; a != 200 || b != 404 {
		t.Errorf("with its password, its album = %d, the other link's = %d", a, b)
	}
	// The token of the address is no cookie, under whichever name.
	token := strings.TrimPrefix(at, "/.share/")
	id, _, _ := strings.Cut(token, ".")
	if got := s.get("/Family/", "Cookie", "gallery-link-"+id+"="+token); got.StatusCode != 404 {
		t.Errorf("the address's token opens the album past its password: %d", got.StatusCode)
	}
	for i := range 10 {
		if got := s.send("POST", other, fmt.Sprint("password=wrong", i), form...); got.StatusCode != 403 || !strings.Contains(string(got.body), "Wrong password.") {
			t.Errorf("wrong password %d = %d, or the page does not say so", i, got.StatusCode)
		}
	}
	if got := s.send("POST", other, right, form...); got.StatusCode != 429 {
		t.Errorf("after ten wrong ones = %d, want 429", got.StatusCode)
	}
}

// Without downloads there are previews, and no originals but those that are shown themselves.
func TestShare_noDownload(t *testing.T) {
	s := linkSite(t)
	writeLarge(t, filepath.Join(s.dir, "Family", "new.jpg"), 3000, 2000, 3)
	_, _, cookie := s.share(sharing.Link{Album: "Family", NoDownload: true})
	s.get("/Family/", "Cookie", cookie)
	for target, want := range map[string]int{"/Family/": 200, "/Family/new.jpg/": 200, "/Family/_thumbs/new.jpg": 200, "/Family/_thumbs/1600/new.jpg": 200,
		"/Family/new.jpg": 404, "/Family/3.jpg": 200} {
		if got := s.get(target, "Cookie", cookie); got.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", target, got.StatusCode, want)
		}
	}
	if got := s.get("/Family/?zip", "Cookie", cookie); got.Header.Get("Content-Type") == "application/zip" {
		t.Error("the album can be had as an archive")
	}
	if page := parse(t, s.get("/Family/new.jpg/", "Cookie", cookie).body); len(find(page, "a.download")) > 0 {
		t.Error("the photo's page offers the original")
	}
	for asked, want := range map[string]int{"/Family/new.jpg": 401, "/Family/_thumbs/new.jpg": 204} {
		if got := s.get("/.may", "Cookie", cookie, "X-Original-URI", asked); got.StatusCode != want {
			t.Errorf("/.may of %s = %d, want %d", asked, got.StatusCode, want)
		}
	}
}

// An archive holds no album of which the visitor may have previews only, whatever link or name
// opens the album around it.
func TestShare_noDownloadWithin(t *testing.T) {
	s := linkSite(t)
	for _, name := range []string{"Open/new", "Club/new"} {
		write(t, filepath.Join(s.dir, name, "9.jpg"), 60, 40, 9)
		writeFile(t, filepath.Join(s.dir, name, ".access"), []byte("ann"))
	}
	_, _, club := s.share(sharing.Link{Album: "Club"})
	for _, test := range []struct{ around, within, how, header string }{
		{"Open", "Open/new", "everybody", ""},
		{"Club", "Club/new", "another link", club},
		{"Club", "Club/new", "a name", ""},
	} {
		_, _, previews := s.share(sharing.Link{Album: test.within, NoDownload: true})
		header := []string{"Cookie", strings.TrimPrefix(test.header+"; "+previews, "; ")}
		if test.how == "a name" {
			header = append(header, "Authorization", basic("bob", rightPassword))
		}
		if got := s.get("/"+test.within+"/_thumbs/9.jpg", header...); got.StatusCode != 200 {
			t.Fatalf("%s with previews = %d", test.within, got.StatusCode)
		}
		got := s.get("/"+test.around+"/?zip", header...)
		z, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
		if err != nil {
			t.Fatalf("the archive of %s, opened by %s: %d, %v", test.around, test.how, got.StatusCode, err)
		}
		for _, f := range z.File {
			if strings.Contains(f.Name, "/") {
				t.Errorf("the archive of %s, opened by %s, holds %s, of which there are previews only", test.around, test.how, f.Name)
			}
		}
	}
}

// A link made on a page opens the album while its maker may see it, and is over then, also
// where the maker is no user any more; one from the command has no such end.
func TestShare_makerIsOut(t *testing.T) {
	s := linkSite(t)
	write(t, filepath.Join(s.dir, "new", "9.jpg"), 60, 40, 9)
	rule := func(who string) { writeFile(t, filepath.Join(s.dir, "new", ".access"), []byte(who)) }
	rule("ann\nbob")
	_, _, byCommand := s.share(sharing.Link{Album: "new"})
	links := map[string]string{} // by maker
	at := map[string]string{}
	for _, name := range []string{"ann", "bob"} {
		_, session := s.signIn(name, rightPassword)
		got := s.send("POST", "/new/?share", "", "Content-Type", "application/x-www-form-urlencoded", "Cookie", session)
		address := values(parse(t, got.body), "main a", "href")
		if len(address) != 1 {
			t.Fatalf("%s shares: %s", name, got.Status)
		}
		at[name] = strings.TrimPrefix(address[0], s.URL)
		c := s.get(at[name]).Cookies()[0]
		links[name] = c.Name + "=" + c.Value
	}
	opened := func(maker string, want int) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for s.get("/new/9.jpg", "Cookie", links[maker]).StatusCode != want {
			if time.Now().After(deadline) {
				t.Fatalf("the link of %s does not become %d", maker, want)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	opened("ann", 200)
	opened("bob", 200)
	rule("ann")
	opened("bob", 404)
	if got := s.get(at["bob"]); got.StatusCode != 410 || got.Header.Get("Set-Cookie") != "" {
		t.Errorf("the link of who may not see the album = %d", got.StatusCode)
	}
	opened("ann", 200)
	rule("ann\nbob")
	opened("bob", 200)
	if err := os.WriteFile(s.config.users, []byte("bob:"+testHash(t, rightPassword)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	opened("ann", 404)
	opened("bob", 200)
	if got := s.get("/new/9.jpg", "Cookie", byCommand); got.StatusCode != 200 {
		t.Errorf("the command's link = %d", got.StatusCode)
	}
}

// A signed-in user shares what they may see.
func TestShare_page(t *testing.T) {
	s := linkSite(t)
	_, cookie := s.signIn("ann", rightPassword)
	if at := values(parse(t, s.get("/Family/", "Cookie", cookie).body), "details form", "action"); len(at) != 1 || at[0] != "/Family/?share" {
		t.Fatalf("the page shares at %q", at)
	}
	form := []string{"Content-Type", "application/x-www-form-urlencoded", "Cookie", cookie}
	got := s.send("POST", "/Family/?share", "name=Grandma&days=30&no-download=1", form...)
	doc := parse(t, got.body)
	links := values(doc, "main a", "href")
	if got.StatusCode != 200 || len(links) != 1 || len(find(doc, "svg.qr path")) != 2 || got.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("sharing = %d, %q", got.StatusCode, links)
	}
	if got := s.get(strings.TrimPrefix(links[0], s.URL)); got.StatusCode != 200 || got.Header.Get("Refresh") == "" {
		t.Errorf("GET %s = %d", links[0], got.StatusCode)
	}
	all := s.server.library.links.All()
	if len(all) != 1 || all[0].By != "ann" || all[0].Name != "Grandma" || !all[0].NoDownload || time.Until(all[0].Expires) < 29*24*time.Hour {
		t.Errorf("the links are %+v", all)
	}
	for _, test := range []struct {
		path, cookie, origin string
		want                 int
	}{{"/Family/?share", "", "", 404}, {"/Nowhere/?share", cookie, "", 404}, {"/Family/?share", cookie, "https://evil.example", 403}} {
		if got := s.send("POST", test.path, "", "Content-Type", "application/x-www-form-urlencoded", "Cookie", test.cookie, "Origin", test.origin); got.StatusCode != test.want {
			t.Errorf("POST %s = %d, want %d", test.path, got.StatusCode, test.want)
		}
	}
	if n := len(s.server.library.links.All()); n != 1 {
		t.Errorf("%d links are there", n)
	}
}
