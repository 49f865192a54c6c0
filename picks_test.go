package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gallery/internal/picks"
	"gallery/internal/sharing"
)

var formHeader = []string{"Content-Type", "application/x-www-form-urlencoded"}

// picksSite is a site like guarded, where the cookie's link opens Family for picking.
func picksSite(t *testing.T, change ...func(*config)) (s *site, cookie string) {
	t.Helper()
	s = linkSite(t, append([]func(*config){func(c *config) { c.zip = false }}, change...)...)
	for i := range 4 {
		write(t, filepath.Join(s.dir, "Family", fmt.Sprintf("new_%04d.jpg", i)), 60+i, 40, 10+i)
	}
	_, _, cookie = s.share(sharing.Link{Album: "Family", Name: "Ann & Bob", Picks: true})
	return s, cookie
}

// sendPicks sends a choice of Family's photos.
func (s *site) sendPicks(cookie string, form url.Values, header ...string) response {
	s.t.Helper()
	return s.send("POST", "/Family/?picks", form.Encode(), append(append(header, formHeader...), "Cookie", cookie)...)
}

// texts are the names of the choices that were sent of Family.
func (s *site) texts() []string {
	entries, _ := os.ReadDir(filepath.Join(s.dir, "Family", picks.Folder))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Hearts come with the pages of those who may pick, at most 3 kB of them, and with no others.
func TestPicks_offered(t *testing.T) {
	s, cookie := picksSite(t)
	_, _, plain := s.share(sharing.Link{Album: "Family"})
	_, ann := s.signIn("ann", rightPassword)
	for round := range 2 { // cold and warm
		for _, test := range []struct {
			target, cookie string
			hearts         int
		}{
			{"/Family/", cookie, 6}, {"/Family/", ann, 6}, {"/Family/", plain, 0}, {"/Family/Party/", cookie, 1}, {"/Family/Press/", "", 0}, {"/", ann, 1}, {"/", cookie, 0}, {"/Open/", "", 0}, {"/Open/", cookie, 0},
		} {
			got := s.get(test.target, "Cookie", test.cookie)
			page := parse(t, got.body)
			offered := test.hearts > 0
			if n := len(find(page, "input.heart")); n != test.hearts || len(find(page, "form#picks")) > 0 != offered || bytes.Contains(got.body, []byte("picks")) != offered {
				t.Errorf("%d: GET %s with %.20q has %d hearts", round, test.target, test.cookie, n)
			}
			policy := got.Header.Get("Content-Security-Policy")
			if strings.Contains(policy, s.server.views.hearts.source) != offered || offered && got.Header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%d: GET %s: %s, %s", round, test.target, policy, got.Header.Get("Cache-Control"))
			}
		}
	}
	if page := parse(t, s.get("/Family/3.jpg/", "Cookie", cookie).body); len(find(page, "#lightbox [data-do=pick]")) != 1 {
		t.Error("the lightbox of a photo's page has no heart")
	}
	for _, target := range []string{"/Family/3.jpg/", "/Family/?sort=date"} {
		with, without := s.get(target, "Cookie", cookie), s.get(target, "Cookie", plain)
		n := gzipSize(with.body) - gzipSize(without.body)
		t.Logf("%s: hearts and bar take %d bytes gzipped", target, n)
		if n > 3_000 {
			t.Errorf("GET %s: hearts and bar take %d bytes gzipped, want at most 3,000", target, n)
		}
	}
}

// Without users and links nothing of it is there.
func TestPicks_off(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 60, 40, 1)
	s := newSite(t, dir)
	if got := s.get("/"); bytes.Contains(got.body, []byte("picks")) || bytes.Contains(got.body, []byte("heart")) {
		t.Errorf("the page has hearts:\n%s", got.body)
	}
	form := url.Values{"picks": {picks.ID("1.jpg")}}
	if got := s.send("POST", "/?picks", form.Encode(), formHeader...); got.StatusCode != 405 {
		t.Errorf("POST /?picks = %d, want 405", got.StatusCode)
	}
	if got := s.get("/?" + form.Encode() + "&zip"); got.Header.Get("Content-Type") == "application/zip" {
		t.Error("a choice is an archive without -zip")
	}
	if _, err := os.Stat(filepath.Join(dir, picks.Folder)); err == nil {
		t.Error("there is a folder for choices")
	}
	if got := s.get("/?" + form.Encode() + "&list"); bytes.Contains(got.body, []byte("Lightroom")) {
		t.Error("a choice is listed")
	}
}

// The address of a choice shows just that to whoever may see the album.
func TestPicks_shown(t *testing.T) {
	s, cookie := picksSite(t)
	_, ann := s.signIn("ann", rightPassword)
	at := "/Family/?picks=" + picks.ID("new_0003.jpg") + picks.ID("new_0001.jpg") + picks.ID("gone.jpg")
	for range 2 {
		for _, cookie := range []string{cookie, ann} {
			page := parse(t, s.get(at, "Cookie", cookie).body)
			if got := values(page, ".photo a", "href"); !slices.Equal(got, []string{"/Family/new_0001.jpg/", "/Family/new_0003.jpg/"}) {
				t.Errorf("the choice shows %q", got)
			}
			if len(find(page, ".card")) > 0 || len(find(page, ".heart[checked]")) != 2 || len(find(page, ".grid[data-closed]")) != 1 || len(find(page, "meta[name=robots]")) != 1 || len(find(page, ".crumbs a[href='/Family/']")) != 1 {
				t.Error("the page of a choice is not of that alone")
			}
		}
	}
	// By check boxes it is the same.
	if got := s.get("/Family/?picks="+picks.ID("new_0003.jpg")+"&picks="+picks.ID("new_0001.jpg"), "Cookie", cookie); len(find(parse(t, got.body), ".photo")) != 2 {
		t.Error("a form's choice shows others")
	}
	for rest, want := range map[string]int{"?picks=": 200, "?picks=" + picks.ID("gone.jpg"): 200, "?picks=x": 404, "?picks=ABCDEF": 404, "?picks=..%2f..%2f": 404, "?picks=" + strings.Repeat(picks.ID("new_0001.jpg"), 1000): 200,
		"?picks=" + strings.Repeat(picks.ID("new_0001.jpg"), 1001): 404} {
		if got := s.get("/Family/"+rest, "Cookie", cookie); got.StatusCode != want {
			t.Errorf("GET %.40s = %d, want %d", rest, got.StatusCode, want)
		}
	}
	for _, rest := range []string{"", "&zip", "&list", "&send"} {
		if got, missing := s.get(at+rest), s.get(strings.Replace(at, "Family", "Nowhere", 1)+rest); got.StatusCode != 404 || len(got.body) != len(missing.body) {
			t.Errorf("without a link, GET %s = %d", at+rest, got.StatusCode)
		}
	}
}

// A choice is an archive of just that, resumable, for whoever may download.
func TestPicks_archive(t *testing.T) {
	s, cookie := picksSite(t)
	_, _, previews := s.share(sharing.Link{Album: "Family", Picks: true, NoDownload: true})
	_, _, plain := s.share(sharing.Link{Album: "Family"})
	at := "/Family/?picks=" + picks.ID("new_0003.jpg") + picks.ID("new_0001.jpg") + picks.ID("5.jpg") + "&zip"
	got := s.get(at, "Cookie", cookie)
	z, err := zip.NewReader(bytes.NewReader(got.body), int64(len(got.body)))
	if err != nil {
		t.Fatalf("GET %s = %d: %v", at, got.StatusCode, err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"new_0001.jpg", "new_0003.jpg"}) {
		t.Errorf("the archive holds %q", names)
	}
	if d := got.Header.Get("Content-Disposition"); !strings.Contains(d, `"Our secret (2).zip"`) {
		t.Errorf("Content-Disposition: %s", d)
	}
	half := len(got.body) / 2
	rest := s.get(at, "Cookie", cookie, "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", got.Header.Get("ETag"))
	if rest.StatusCode != 206 || !bytes.Equal(rest.body, got.body[half:]) {
		t.Errorf("the rest of it = %d with %d bytes, want %d", rest.StatusCode, len(rest.body), len(got.body)-half)
	}
	for name, test := range map[string]struct{ at, cookie string }{"with -no-download": {at, previews}, "by a plain link without -zip": {at, plain}, "whole": {"/Family/?zip", cookie}} {
		if got := s.get(test.at, "Cookie", test.cookie); got.Header.Get("Content-Type") == "application/zip" {
			t.Errorf("%s there is an archive", name)
		}
	}
	if page := parse(t, s.get("/Family/", "Cookie", previews).body); len(find(page, "#picks button")) != 3 || len(find(page, "#picks [name=zip]")) > 0 {
		t.Error("where nothing may be downloaded, that is offered")
	}
}

func TestPicks_list(t *testing.T) {
	s, cookie := picksSite(t)
	write(t, filepath.Join(s.dir, "Family", "new_0003.png"), 60, 40, 3)
	choice := picks.ID("new_0003.jpg") + picks.ID("new_0001.jpg") + picks.ID("new_0003.png")
	page := parse(t, s.get("/Family/?picks="+choice+"&list", "Cookie", cookie).body)
	var lists []string
	for _, n := range find(page, "textarea") {
		lists = append(lists, text(n))
	}
	if want := []string{"new_0001, new_0003", "new_0001 new_0003", "new_0001.jpg\nnew_0003.jpg\nnew_0003.png"}; !slices.Equal(lists, want) {
		t.Errorf("the lists are %q, want %q", lists, want)
	}
}

// Who has a link for picking, or is signed in, sends a choice; whoever is signed in sees it.
func TestPicks_send(t *testing.T) {
	s, cookie := picksSite(t)
	_, ann := s.signIn("ann", rightPassword)
	id := picks.ID("new_0001.jpg")
	page := parse(t, s.get("/Family/?picks="+id+picks.ID("3.jpg")+"&send", "Cookie", cookie).body)
	if got := values(page, "main form", "action"); len(got) != 1 || got[0] != "/Family/?picks" || !slices.Equal(values(page, "input[name=name]", "value"), []string{"Ann & Bob"}) || len(find(page, "input[name^=note-]")) != 2 {
		t.Fatalf("the form is at %q", got)
	}
	got := s.sendPicks(cookie, url.Values{"picks": {id, picks.ID("3.jpg"), picks.ID("5.jpg"), picks.ID("7.jpg")}, "name": {"Ann/../Bob\n<b>"}, "note-" + id: {"larger,\r\nplease \x00\u202e<i>"}, "note-" + picks.ID("5.jpg"): {"not ours"}})
	if got.StatusCode != 200 || !strings.Contains(string(got.body), "Your choice was sent.") {
		t.Fatalf("sending = %d\n%s", got.StatusCode, got.body)
	}
	s.sendPicks(ann, url.Values{"picks": {id}, "name": {"ann"}})
	today := time.Now().Format(time.DateOnly)
	names := s.texts()
	if len(names) != 2 || !strings.HasSuffix(names[0], " "+today+".txt") || names[1] != "ann "+today+".txt" {
		t.Fatalf("the texts are %q", names)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, "Family", picks.Folder, names[0]))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); !strings.HasPrefix(text, "Name: Ann/../Bob <b>\nBy: link ") || !strings.HasSuffix(text, "\n\n3.jpg\nnew_0001.jpg\n\tlarger,  please <i>\n") || !strings.Contains(text, "\nAlbum: Our secret\nSent: "+today) {
		t.Errorf("the text is %q", text)
	}
	s.later()
	doc := parse(t, s.get("/Family/", "Cookie", ann).body)
	if n := len(find(doc, ".sent thead th")); n != 4 {
		t.Errorf("the table has %d columns", n)
	}
	var rows []string
	for _, n := range find(doc, ".sent tbody tr") {
		rows = append(rows, text(n))
	}
	if len(rows) != 2 || !strings.HasPrefix(rows[0], "new_0001.jpg2") || !strings.Contains(rows[0], "♥ larger,  please <i>") || !strings.HasPrefix(rows[1], "3.jpg1") {
		t.Errorf("the table is %q", rows)
	}
	if n := len(find(doc, ".times")); n != 2 {
		t.Errorf("%d photos say how often they were picked", n)
	}
	for _, at := range values(doc, ".sent thead a", "href") {
		if got := s.get(at, "Cookie", ann); got.StatusCode != 200 || len(find(parse(t, got.body), ".photo")) == 0 {
			t.Errorf("GET %s = %d", at, got.StatusCode)
		}
	}
	// Nobody else learns of it.
	if page := s.get("/Family/", "Cookie", cookie); len(find(parse(t, page.body), ".sent, .times")) > 0 || strings.Contains(string(page.body), "larger") {
		t.Error("who has a link sees what others sent")
	}
	for _, target := range []string{"/Family/.picks/", "/Family/.picks", "/Family/.picks/" + url.PathEscape(names[1])} {
		if got := s.get(target, "Cookie", ann); got.StatusCode != 404 {
			t.Errorf("GET %s = %d", target, got.StatusCode)
		}
	}
}

func TestPicks_refused(t *testing.T) {
	s, cookie := picksSite(t)
	_, _, plain := s.share(sharing.Link{Album: "Family"})
	_, _, club := s.share(sharing.Link{Album: "Club", Picks: true})
	id := picks.ID("new_0001.jpg")
	for name, test := range map[string]struct {
		cookie string
		form   url.Values
		header []string
		want   int
	}{
		"nobody":                     {"", url.Values{"picks": {id}}, nil, 405},
		"a link without -picks":      {plain, url.Values{"picks": {id}}, nil, 404},
		"another album's link":       {club, url.Values{"picks": {id}}, nil, 404},
		"another site's form":        {cookie, url.Values{"picks": {id}}, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another origin's":           {cookie, url.Values{"picks": {id}}, []string{"Origin", "https://evil.example"}, 403},
		"nothing":                    {cookie, url.Values{}, nil, 422},
		"photos of other albums":     {cookie, url.Values{"picks": {picks.ID("7.jpg"), picks.ID("5.jpg")}}, nil, 422},
		"what is no choice":          {cookie, url.Values{"picks": {"../../etc/passwd"}}, nil, 400},
		"more than a megabyte":       {cookie, url.Values{"picks": {id}, "note-" + id: {strings.Repeat("x", 1<<20)}}, nil, 413},
		"in the photo's own address": {cookie, url.Values{"picks": {id}}, nil, 404},
	} {
		at := "/Family/?picks"
		if name == "in the photo's own address" {
			at = "/Family/3.jpg/?picks"
		}
		got := s.send("POST", at, test.form.Encode(), append(append(test.header, formHeader...), "Cookie", test.cookie)...)
		if got.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", name, got.StatusCode, test.want)
		}
	}
	if names := s.texts(); len(names) > 0 {
		t.Errorf("there are %q", names)
	}
	// A folder that cannot be written: a line to the visitor, and one in the log.
	writeFile(t, filepath.Join(s.dir, "Family", picks.Folder), []byte("a file in its place"))
	got := s.sendPicks(cookie, url.Values{"picks": {id}, "name": {"Ann"}, "note-" + id: {"keep me"}})
	if got.StatusCode != 507 || !strings.Contains(string(got.body), "could not be kept") || !slices.Equal(values(parse(t, got.body), "input[name^=note-]", "value"), []string{"keep me"}) {
		t.Errorf("where it cannot be written: %d\n%s", got.StatusCode, got.body)
	}
	if err := os.Remove(filepath.Join(s.dir, "Family", picks.Folder)); err != nil {
		t.Fatal(err)
	}
	if n := s.log.count("a choice could not be kept", "album=Family"); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
}

// A party sends at once, and nobody's is lost; one who goes on and on is told to wait.
func TestPicks_sendAtOnce(t *testing.T) {
	s, cookie := picksSite(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			file := fmt.Sprintf("new_%04d.jpg", i%4)
			if got := s.sendPicks(cookie, url.Values{"picks": {picks.ID(file)}, "name": {"Guest"}, "note-" + picks.ID(file): {fmt.Sprint("guest ", i)}}); got.StatusCode != 200 {
				t.Errorf("guest %d gets %d", i, got.StatusCode)
			}
		})
	}
	all.Wait()
	notes := map[string]bool{}
	for _, sent := range s.server.library.sent("Family") {
		notes[sent.Photos[0].Note] = true
	}
	if len(notes) != 50 {
		t.Errorf("%d of 50 are there: %q", len(notes), slices.Sorted(maps.Keys(notes)))
	}
	for range 100 { // with the guests', more than one visitor may
		s.sendPicks(cookie, url.Values{"picks": {picks.ID("3.jpg")}})
	}
	if got := s.sendPicks(cookie, url.Values{"picks": {picks.ID("3.jpg")}}); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("after all these: %d", got.StatusCode)
	}
}

// What was sent is in no count, archive, index and search, and changes no other page.
func TestPicks_leaveNoTrace(t *testing.T) {
	s, cookie := picksSite(t, func(c *config) { c.zip, c.others = true, true })
	look := func(target string) (page string) {
		for range 50 { // one that is sent while it is made says less
			s.later()
			if page = string(s.get(target, "Cookie", cookie).body); !strings.Contains(page, `class="progress"`) {
				break
			}
		}
		return page
	}
	targets := []string{"/", "/Family/", "/Family/?zip", "/.search?q=ann", "/Family/.feed.atom", "/Family/new_0001.jpg/"}
	for _, target := range targets {
		look(target) // warm
	}
	before := map[string]string{}
	for _, target := range targets {
		before[target] = look(target)
	}
	if got := s.sendPicks(cookie, url.Values{"picks": {picks.ID("new_0001.jpg")}, "name": {"Ann"}}); got.StatusCode != 200 {
		t.Fatal(got.StatusCode)
	}
	for _, target := range targets {
		if target == "/Family/.feed.atom" {
			continue // the folder's time may be in it
		}
		look(target) // warm again
		if after := look(target); after != before[target] {
			t.Errorf("GET %s has changed from\n%s\nto\n%s", target, before[target], after)
		}
	}
	if after := look("/Family/.feed.atom"); strings.Contains(after, "Ann") || strings.Contains(after, "picks") {
		t.Error("the feed tells of it")
	}
}

// gzipSize is the size of data as it is sent.
func gzipSize(data []byte) int {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one
	z.Write(data)
	z.Close()
	return b.Len()
}
