package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/access"
	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/testkit"
)

// guarded is a site with albums that are open to some: Family to ann, Club to whoever is
// signed in, and within Family one that is open to everybody.
func guarded(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"root.jpg", "Open/1.jpg", "Open/Hidden/2.jpg", "Family/3.jpg", "Family/4.jpg", "Family/Party/5.jpg", "Family/Press/6.jpg", "Club/7.jpg"} {
		write(t, filepath.Join(dir, name), 60+i, 40, i)
	}
	for name, text := range map[string]string{"Open/Hidden": "ann", "Family": "ann", "Family/Press": "@public", "Club": "@all"} {
		writeFile(t, filepath.Join(dir, name, ".access"), []byte(text))
	}
	writeFile(t, filepath.Join(dir, "Family", "README.md"), []byte("# Our secret\n\nNobody knows."))
	return newSite(t, dir, append([]func(*config){func(c *config) {
		c.users = usersFile(t, "ann:"+testHash(t, rightPassword)+"\nbob:"+testHash(t, rightPassword)+"\n")
		c.zip, c.trustProxy = true, true
	}}, change...)...)
}

// Who sees what: an album that is closed to a visitor is answered as one that does not
// exist, in every way of asking.
func TestAccess_whoSeesWhat(t *testing.T) {
	s := guarded(t)
	credentials := map[string][]string{"anybody": nil, "ann": {"Authorization", basic("ann", rightPassword)}, "bob": {"Authorization", basic("bob", rightPassword)},
		"a guesser": {"Authorization", basic("ann", "wrong"), "X-Forwarded-For", "192.0.2.7"}}
	open := map[string]string{ // by album: who may see it
		"": "anybody ann bob a guesser", "Open": "anybody ann bob a guesser", "Open/Hidden": "ann", "Family": "ann", "Family/Party": "ann",
		"Family/Press": "anybody ann bob a guesser", "Club": "ann bob",
	}
	photos := map[string]string{"": "root.jpg", "Open": "1.jpg", "Open/Hidden": "2.jpg", "Family": "3.jpg", "Family/Party": "5.jpg", "Family/Press": "6.jpg", "Club": "7.jpg"}
	for round := range 2 { // before and after there are thumbnails
		for in, who := range open {
			at := "/"
			if in != "" {
				at += in + "/"
			}
			none := strings.TrimSuffix(at, "/")
			none = none[:strings.LastIndexByte(none, '/')+1] + "Nowhere/"
			for name, header := range credentials {
				for _, target := range []string{"", "?zip", "?sort=date", "?page=1", ".news?had=0", "PHOTO", "PHOTO/", "PHOTO/?part=photo", "_thumbs/PHOTO", "_thumbs/PHOTO?v=1", "_thumbs/800/PHOTO", "_thumbs/1600/PHOTO", "none.jpg", "none/"} {
					target = strings.ReplaceAll(target, "PHOTO", photos[in])
					got := s.get(at+target, header...)
					may := strings.Contains(who, name) && !strings.Contains(target, "none")
					if (got.StatusCode == 200 || got.StatusCode == 302) != may {
						t.Errorf("round %d: GET %s by %s = %d, may: %v", round, at+target, name, got.StatusCode, may)
					}
					if may {
						if private := strings.Contains(got.Header.Get("Cache-Control"), "private"); !private && !strings.Contains(who, "anybody") {
							t.Errorf("GET %s by %s may be kept for others: %q", at+target, name, got.Header.Get("Cache-Control"))
						}
						continue
					}
					if strings.Contains(who, name) {
						continue
					}
					missing := s.get(none+target, header...)
					if !bytes.Equal(got.body, missing.body) || fmt.Sprint(got.Header) != fmt.Sprint(missing.Header) && got.Header.Get("Date") == missing.Header.Get("Date") {
						t.Errorf("GET %s by %s is answered with\n%s\n%v\nand what is not there with\n%s\n%v", at+target, name, got.body, got.Header, missing.body, missing.Header)
					}
				}
				if in != "" && !strings.Contains(who, name) {
					if got := s.get(strings.TrimSuffix(at, "/"), header...); got.StatusCode != 404 {
						t.Errorf("GET %s by %s = %d", strings.TrimSuffix(at, "/"), name, got.StatusCode)
					}
				}
			}
		}
	}
}

// Pages that all may see say nothing of what is closed: cards, counts, covers, dates, crumbs.
func TestAccess_pagesSayNothing(t *testing.T) {
	s := guarded(t)
	ann := []string{"Authorization", basic("ann", rightPassword)}
	for range 2 { // cold and warm, and whoever came before
		for _, sort := range []string{"", "?sort=-name", "?sort=date", "?sort=-date"} {
			for _, header := range [][]string{ann, nil} {
				root := parse(t, s.get("/"+sort, header...).body)
				cards, counts := strings.Join(values(root, "figure.card h2", ""), " "), strings.Join(values(root, "figure.card span", ""), " ")
				wantCards, wantCounts := "Open", "1 photo"
				if header != nil {
					wantCards = "Club Our secret Open"
					if sort == "?sort=-name" {
						wantCards = "Open Our secret Club"
					}
				}
				if sort != "?sort=date" && sort != "?sort=-date" && cards != wantCards || header == nil && counts != wantCounts {
					t.Errorf("/%s with %q shows %q with %q, want %q", sort, header, cards, counts, wantCards)
				}
				if header == nil {
					if page := string(s.get("/" + sort).body); strings.Contains(page, "secret") || strings.Contains(page, "Family") || strings.Contains(page, "Club") {
						t.Errorf("/%s tells of what is closed:\n%s", sort, page)
					}
				}
			}
		}
	}
	// An open album within a closed one has its page, and no way up into it.
	for _, target := range []string{"/Family/Press/", "/Family/Press/6.jpg/", "/Family/Press/none.jpg/"} {
		page := s.get(target).body
		if bytes.Contains(page, []byte("secret")) || bytes.Contains(page, []byte(`"/Family/"`)) {
			t.Errorf("%s tells of the album around it:\n%s", target, page)
		}
		if page := s.get(target, ann...).body; !bytes.Contains(page, []byte(`"/Family/"`)) && target != "/Family/Press/none.jpg/" {
			t.Errorf("%s shows ann no way up", target)
		}
	}
}

// A rule that comes or goes counts within a second, also for pages that are remembered.
func TestAccess_changes(t *testing.T) {
	s := guarded(t)
	const changing = "new changing"
	write(t, filepath.Join(s.dir, changing, "8.jpg"), 60, 40, 8)
	shown := func() int { return len(values(parse(t, s.get("/").body), "figure.card", "class")) }
	for _, change := range []struct {
		who          string
		shown, photo int
	}{{"@public", 2, 200}, {"nobody-there", 1, 404}, {"@public", 2, 200}, {"", 1, 404}} {
		root, err := os.OpenRoot(filepath.Join(s.dir, changing))
		if err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(root, album.AccessFile, []byte(change.who), 0o644); err != nil {
			t.Fatal(err)
		}
		root.Close()
		deadline := time.Now().Add(10 * time.Second)
		for shown() != change.shown || s.get("/new%20changing/8.jpg").StatusCode != change.photo {
			if time.Now().After(deadline) {
				t.Fatalf("with %q in the file, / shows %d albums, want %d", change.who, shown(), change.shown)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if n := s.log.count("level=ERROR", "an album is closed", changing); n != 1 {
		t.Errorf("an empty file is logged %d times", n)
	}
}

// Who may add photos may do so in albums that they may see.
func TestAccess_uploads(t *testing.T) {
	s := guarded(t, func(c *config) { c.upload = true })
	for name, want := range map[string]int{"ann": 422, "bob": 404} { // a form without a file
		form := "--x\r\nContent-Disposition: form-data; name=\"album\"\r\n\r\n\r\n--x--\r\n"
		r := s.postForm("/Family/", form, "Authorization", basic(name, rightPassword))
		if r.StatusCode != want {
			t.Errorf("POST /Family/ by %s = %d, want %d", name, r.StatusCode, want)
		}
		form = strings.Replace(form, "\r\n\r\n\r\n", "\r\n\r\nFamily\r\n", 1)
		if r := s.postForm("/", form, "Authorization", basic(name, rightPassword)); r.StatusCode != 422 || name == "bob" && bytes.Contains(r.body, []byte("secret")) {
			t.Errorf("POST / for the album Family by %s = %d\n%s", name, r.StatusCode, r.body)
		}
	}
	if s.postForm("/Family/", "").StatusCode != 401 || s.postForm("/Nowhere/", "").StatusCode != 401 {
		t.Error("without a password, POST tells what is there")
	}
}

// postForm sends a form with the boundary x.
func (s *site) postForm(path, form string, header ...string) response {
	s.t.Helper()
	return s.send("POST", path, form, append(header, "Content-Type", "multipart/form-data; boundary=x")...)
}

// With -private the root is for whoever is signed in, unless its own file says otherwise,
// and an album may be open to everybody.
func TestAccess_private(t *testing.T) {
	s := guarded(t, func(c *config) { c.private = true })
	for target, want := range map[string]int{"/": 401, "/Open/": 401, "/Nowhere/": 401, "/Family/": 401, "/Family/Press/": 200, "/Family/Press/6.jpg": 200, "/Family/Press/none.jpg": 404} {
		if got := s.get(target); got.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", target, got.StatusCode, want)
		}
	}
	bob := []string{"Authorization", basic("bob", rightPassword)}
	for target, want := range map[string]int{"/": 200, "/Open/": 200, "/Family/": 404, "/Nowhere/": 404, "/Family/Press/": 200} {
		if got := s.get(target, bob...); got.StatusCode != want {
			t.Errorf("GET %s by bob = %d, want %d", target, got.StatusCode, want)
		}
	}
}

// An archive holds the albums in its album that its visitor may see, whoever came before.
func TestAccess_archives(t *testing.T) {
	s := guarded(t)
	for _, name := range []string{"ann", "", "bob", "ann"} {
		var header []string
		if name != "" {
			header = []string{"Authorization", basic(name, rightPassword)}
		}
		archive := s.get("/?zip", header...).body
		for photo, who := range map[string]string{"1.jpg": "ann  bob", "Open/Hidden/2.jpg": "ann", "Family/3.jpg": "ann", "Club/7.jpg": "ann bob"} {
			open := who == "ann  bob" || name != "" && strings.Contains(who, name)
			if bytes.Contains(archive, []byte(photo)) != open {
				t.Errorf("the archive for %q holds %s: %v", name, photo, !open)
			}
		}
	}
}

// Search, timeline and what came last tell nobody of what is closed to them.
func TestAccess_search(t *testing.T) {
	s := guarded(t)
	ann := []string{"Authorization", basic("ann", rightPassword)}
	albums := []string{"Open/Hidden", "Family/Party", "Family/Press", "Open", "Family", "Club", "."}
	for _, name := range albums {
		s.get("/"+name+"/", ann...)
	}
	s.get("/Club/", "Authorization", basic("bob", rightPassword))
	s.index(albums...)
	for _, target := range []string{"/.search?q=jpg", "/.search?q=secret", "/.search?q=family", "/.recent/", "/.timeline/", "/.search?q=3"} {
		for who, header := range map[string][]string{"anybody": nil, "ann": ann} {
			page := s.get(target, header...)
			if page.StatusCode != 200 {
				t.Errorf("GET %s by %s = %d", target, who, page.StatusCode)
			}
			for _, closed := range []string{"secret", "Family/3.jpg", "Hidden", "Club"} {
				told := bytes.Contains(page.body, []byte("/"+closed)) || closed == "secret" && bytes.Contains(page.body, []byte("Our secret"))
				if told && who == "anybody" {
					t.Errorf("%s tells anybody of %s:\n%s", target, closed, page.body)
				}
			}
			if found := bytes.Contains(page.body, []byte("/Family/3.jpg/")); target == "/.search?q=jpg" && found != (who == "ann") {
				t.Errorf("%s for %s finds a photo of ann's: %v", target, who, found)
			}
		}
	}
}

// What is closed takes as long as what is not there, in time of the processor: the medians of
// many times of each, in turn.
func TestAccess_time(t *testing.T) {
	s := guarded(t)
	for _, pair := range [][2]string{{"/Family/", "/Nowher/"}, {"/Family/3.jpg", "/Nowher/3.jpg"}, {"/Family/_thumbs/3.jpg", "/Nowher/_thumbs/3.jpg"},
		{"/Family/3.jpg/", "/Nowher/3.jpg/"}, {"/Family/?zip", "/Nowher/?zip"}, {"/Family", "/Nowher"}} {
		var took [2][]time.Duration // sorted
		ratio := 0.0
		for round := 0; round < 200 && (round < 20 || ratio < 0.8 || ratio > 1.25); round++ {
			for i, target := range pair {
				began := testkit.ProcessorTime()
				for range 20 {
					s.server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
				}
				one := testkit.ProcessorTime() - began
				at, _ := slices.BinarySearch(took[i], one)
				took[i] = slices.Insert(took[i], at, one)
			}
			ratio = float64(took[0][round/2]) / float64(took[1][round/2])
		}
		if ratio < 0.8 || ratio > 1.25 {
			t.Errorf("GET %s takes %.2f of what %s takes", pair[0], ratio, pair[1])
		}
	}
}

// Who may not see the root is not told what is wrong with the photos in it.
func TestDoctor_closedRoot(t *testing.T) {
	s := guarded(t, func(c *config) {
		writeFile(t, filepath.Join(c.root, ".access"), []byte("ann"))
		if err := os.Chtimes(filepath.Join(c.root, "root.jpg"), time.Time{}, time.Date(2105, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	})
	for name, sees := range map[string]bool{"ann": true, "bob": false} {
		if got := s.get("/.doctor", "Authorization", basic(name, rightPassword)); strings.Contains(string(got.body), "root.jpg") != sees {
			t.Errorf("%s is told of a photo in the root: %v", name, !sees)
		}
	}
}

// What is wrong is told to who is signed in, and of no album that they may not see.
func TestDoctor_page(t *testing.T) {
	s := guarded(t, func(c *config) {
		for _, name := range []string{"Open/1.jpg", "Family/3.jpg"} {
			if err := os.Chtimes(filepath.Join(c.root, name), time.Time{}, time.Date(2105, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got, none := s.get("/.doctor"), s.get("/.nothing"); got.StatusCode != none.StatusCode || string(got.body) != string(none.body) {
		t.Errorf("anybody gets %s, not as of what is not there: %s", got.Status, none.Status)
	}
	for name, sees := range map[string]bool{"ann": true, "bob": false} {
		got := s.get("/.doctor", "Authorization", basic(name, rightPassword))
		if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "no-store" || !strings.Contains(string(got.body), "gallery doctor") {
			t.Errorf("%s gets %s, %q", name, got.Status, got.Header.Get("Cache-Control"))
		}
		if !strings.Contains(string(got.body), "1.jpg") || strings.Contains(string(got.body), "3.jpg") != sees {
			t.Errorf("%s is told of Open %v, of Family %v", name, strings.Contains(string(got.body), "1.jpg"), strings.Contains(string(got.body), "3.jpg"))
		}
	}
	if err := os.Rename(s.dir, s.dir+".away"); err != nil {
		t.Fatal(err)
	}
	defer os.Rename(s.dir+".away", s.dir)
	for end := time.Now().Add(5 * time.Second); s.get("/").StatusCode != http.StatusServiceUnavailable; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the photos are away, and nobody is told")
		}
	}
	if got, none := s.get("/.doctor"), s.get("/.nothing"); got.StatusCode != none.StatusCode || string(got.body) != string(none.body) {
		t.Errorf("anybody gets %s while the photos are away, not as of what is not there: %s", got.Status, none.Status)
	}
	if got := s.get("/.doctor", "Authorization", basic("ann", rightPassword)); got.StatusCode != 200 || !strings.Contains(string(got.body), "is away") {
		t.Errorf("who is signed in gets %s while the photos are away, and is not told so", got.Status)
	}
}

// An album that "gallery access" closes is at once in no count of what is above it, also where
// that is too much to be looked through for each visitor.
func TestAccess_closedInLargeTree(t *testing.T) {
	dir := t.TempDir()
	for i := range manyFolders + 10 {
		write(t, filepath.Join(dir, "big", fmt.Sprint(i/50), fmt.Sprint("new ", i), "1.jpg"), 30, 20, i)
	}
	s := newSite(t, dir)
	counts := func() string {
		s.later()
		return strings.Join(values(parse(t, s.get("/").body), "figure.card span", ""), " ")
	}
	for range 2 {
		if got, want := counts(), fmt.Sprint(manyFolders+10, " photos"); !strings.Contains(got, want) {
			t.Fatalf("the card says %q, want %s", got, want)
		}
	}
	rule, err := access.NewRule("ann")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond) // times of folders are that fine
	if err := access.Set(s.server.library.photos.Root(), "big/2/new 105", rule); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(manyFolders+9, " photos")
	for begun := time.Now(); !strings.Contains(counts(), want); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 2*time.Second { // a rule is relied on for half of one
			t.Fatalf("two seconds after one was closed the card says %q, want %s", counts(), want)
		}
	}
}
