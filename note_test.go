package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/note"
	"gallery/internal/testkit"
)

func TestParseNote(t *testing.T) {
	for _, test := range []struct{ md, title, body, text string }{
		{"", "", "", ""},
		{"# Our *trip*\n\nTo the **sea**.", "Our trip", "<p>To the <strong>sea</strong>.</p>", "To the sea."},
		{"Intro\n\n# Title\n\n# Second", "Title", "<p>Intro</p>\n<h2>Second</h2>", "Intro Second"},
		{"a <b onclick=alert(1)>b</b> c", "", "<p>a b c</p>", "a b c"},
		{"<script>alert(1)</script>\n\nafter", "", "<p>after</p>", "after"},
		{"# <img src=x onerror=alert(1)>T", "T", "", ""},
		{"[x](https://example.com/?a&b)", "", `<p><a href="https://example.com/?a&amp;b">x</a></p>`, "x"},
		{"[x](javascript:alert(1))", "", "<p>x</p>", "x"},
		{"[x](JaVaScRiPt:alert(1))", "", "<p>x</p>", "x"},
		{"[x](javascript&#58;alert(1))", "", "<p>x</p>", "x"},
		{"[x](java&Tab;script:alert(1))", "", "<p>x</p>", "x"},
		{"[x](&#1;javascript:alert(1))", "", "<p>x</p>", "x"},
		{"[x](data:text/html,x) [y](vbscript:x) [z](file:///etc/passwd)", "", "<p>x y z</p>", "x y z"},
		{"[*x*][r]\n\n[r]: javascript:alert(1)", "", "<p><em>x</em></p>", "x"},
		{"a <javascript:alert(1)> b", "", "<p>a  b</p>", "a b"},
		{"![alt *text*](1.jpg) ![x](https://tracker.example/)", "", "<p>alt <em>text</em> x</p>", "alt text x"},
		{"[![pic](javascript:x)](1.jpg/)", "", `<p><a href="1.jpg/">pic</a></p>`, "pic"},
		{"a &lt;b&gt; \"c\"", "", "<p>a &lt;b&gt; &quot;c&quot;</p>", `a <b> "c"`},
		{"\ufeff# T\x00\n\nbad \xff", "T\uFFFD", "<p>bad ÿ</p>", "bad ÿ"},
		{"one\n\ntwo", "", "<p>one</p>\n<p>two</p>", "one two"},
	} {
		got := note.Parse([]byte(test.md), true)
		if got.Title != test.title || string(got.Body) != test.body || got.Text != test.text {
			t.Errorf("parseNote(%q) = %q, %q, %q, want %q, %q, %q", test.md, got.Title, got.Body, got.Text, test.title, test.body, test.text)
		}
	}
	if got := note.Parse([]byte("# Kept"), false); got.Title != "" || got.Text != "Kept" {
		t.Errorf("a photo's note has the title %q and the text %q", got.Title, got.Text)
	}
	if n := len([]rune(note.Parse([]byte(strings.Repeat("ü", 5000)), true).Text)); n != note.MaxNoteText+1 {
		t.Errorf("a long note's text has %d runes, want %d", n, note.MaxNoteText+1)
	}
}

// What is read of a note is parsed in no time, whatever it is.
func TestParseNote_hostile(t *testing.T) {
	for _, piece := range []string{"[", "![", "*a", "_a *", "> ", "- ", "`", "<", "[a](", "[a]: b\n", "&", "\\", "#", "|a", "http://a.b/(", "((", "a*__"} {
		md := strings.Repeat(piece, note.MaxNote/len(piece))
		const limit = 3 * time.Second
		if took := testkit.Took(limit, func() { note.Parse([]byte(md), true) }); took > limit {
			t.Errorf("%d times %q takes a processor %v", note.MaxNote/len(piece), piece, took)
		}
	}
}

func FuzzParseNote(f *testing.F) {
	for _, seed := range []string{"# a\n\n[b](javascript:c) ![d](e) <f>", "[a&#58;](b&colon;c)", "<javascript:a>", "http://a.b javascript:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, md string) {
		if len(md) > note.MaxNote {
			return
		}
		n := note.Parse([]byte(md), true)
		doc := parse(t, []byte("<!doctype html><title>x</title><body>"+string(n.Body)))
		if got := find(doc, "script, style, img, iframe, object, embed, form, svg, base, meta, link"); len(got) > 0 {
			t.Errorf("parseNote(%q) has <%s>", md, got[0].Data)
		}
		for node := range doc.Descendants() {
			for _, a := range node.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" && !note.SafeLink([]byte(a.Val)) {
					t.Errorf("parseNote(%q) has %s=%q", md, a.Key, a.Val)
				}
			}
		}
		if strings.ContainsAny(n.Title+n.Text, "\n\r\x00") {
			t.Errorf("parseNote(%q) has the title %q and the text %q", md, n.Title, n.Text)
		}
	})
}

func TestNotes_captions(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, "x", name) }
	for i, name := range []string{"both.jpg", "short.jpg", "capital.JPG", "no-caption_at-all.jpg", "IMG_1234.jpg", "empty.jpg", "linked.jpg", "README.jpg"} {
		write(t, at(name), 60, 40, i)
	}
	writeCameraPhoto(t, at("camera.jpg"), "from the camera")
	writeCameraPhoto(t, at("own.jpg"), "from the camera")
	writeFile(t, at("both.jpg.md"), []byte("by the *full* name"))
	writeFile(t, at("both.md"), []byte("by the short name"))
	writeFile(t, at("short.md"), []byte("by the short name"))
	writeFile(t, at("capital.JPG.MD"), []byte("in capitals <script>alert(1)</script>"))
	writeFile(t, at("own.md"), []byte("from the side file"))
	writeFile(t, at("empty.md"), nil)
	writeFile(t, at("README.md"), []byte("# The album\n\nabout it"))
	secret := filepath.Join(t.TempDir(), "secret.md")
	writeFile(t, secret, []byte("secret"))
	if err := os.Symlink(secret, at("linked.md")); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, dir)
	for _, round := range []string{"cold", "warm"} {
		doc := s.page("/x/")
		for file, want := range map[string][2]string{
			"both.jpg":              {"by the full name", "by the full name"},
			"short.jpg":             {"by the short name", "by the short name"},
			"capital.JPG":           {"in capitals alert(1)", "in capitals alert(1)"},
			"camera.jpg":            {"from the camera", "from the camera"},
			"own.jpg":               {"from the side file", "from the side file"},
			"no-caption_at-all.jpg": {"no caption at all", ""},
			"IMG_1234.jpg":          {"IMG_1234", ""},
			"empty.jpg":             {"empty", ""},
			"linked.jpg":            {"linked", ""},
			"README.jpg":            {"README", ""},
		} {
			link := `.photo a[href="/x/` + file + `/"]`
			if got := values(doc, link+" img", "alt"); !slices.Equal(got, []string{want[0]}) {
				t.Errorf("%s: the alternative of %s is %q, want %q", round, file, got, want[0])
			}
			if got := strings.Join(values(doc, `.photo:has(a[href="/x/`+file+`/"]) figcaption`, ""), ""); got != want[1] {
				t.Errorf("%s: the caption of %s is %q, want %q", round, file, got, want[1])
			}
			page := s.page("/x/" + file + "/")
			if got := values(page, "figcaption", ""); !slices.Equal(got, []string{want[1]}) {
				t.Errorf("%s: the page of %s has the caption %q, want %q", round, file, got, want[1])
			}
			s.harmless(file, page)
		}
	}
	if got := values(s.page("/x/both.jpg/"), "figcaption em", ""); !slices.Equal(got, []string{"full"}) {
		t.Errorf("emphasis is lost: %q", got)
	}
	for _, name := range []string{"both.jpg.md", "README.md", "both.jpg.md/", "README.md/", "_thumbs/both.jpg.md"} {
		if got := s.get("/x/" + name); got.StatusCode != 404 {
			t.Errorf("/x/%s = %d, want 404", name, got.StatusCode)
		}
	}
}

// A note that is changed, added or removed shows.
func TestNotes_changes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x", "1.jpg"), 60, 40, 1)
	s := newSite(t, dir)
	side, readme := filepath.Join(dir, "x", "1.md"), filepath.Join(dir, "x", "README.md")
	check := func(step, caption, title string) {
		t.Helper()
		s.later()
		doc := s.page("/x/")
		if got := values(doc, ".photo img", "alt"); !slices.Equal(got, []string{caption}) {
			t.Errorf("%s: the alternative is %q, want %q", step, got, caption)
		}
		for _, shown := range [][]string{values(doc, "h1", ""), values(doc, ".crumbs [aria-current]", ""),
			values(s.page("/x/1.jpg/"), `.crumbs a[href="/x/"]`, ""), values(s.page("/"), ".card h2", "")} {
			if !slices.Equal(shown, []string{title}) {
				t.Errorf("%s: the album is called %q, want %q", step, shown, title)
			}
		}
	}
	check("at first", "1", "x")
	os.WriteFile(side, []byte("one"), 0o644)
	os.WriteFile(readme, []byte("# First"), 0o644)
	check("added", "one", "First")
	os.WriteFile(side, []byte("another"), 0o644)
	os.WriteFile(readme, []byte("# Second & more"), 0o644)
	check("changed", "another", "Second & more")
	os.Remove(side)
	os.Remove(readme)
	check("removed", "1", "x")
}

func TestNotes_readme(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	writeFile(t, filepath.Join(dir, "README.md"), []byte("# Holidays\n\nAll <b>of</b> them, see [there](https://example.com/)."))
	writeFile(t, filepath.Join(dir, "a", "readme.md"), []byte("no heading, but `text`"))
	s := newSite(t, dir)
	doc := s.page("/")
	for selector, want := range map[string]string{
		"h1": "Holidays", "title": "Holidays · Gallery", ".about p": "All of them, see there.",
		`.about a[href="https://example.com/"]`: "there", ".card h2": "a",
	} {
		if got := values(doc, selector, ""); !slices.Equal(got, []string{want}) {
			t.Errorf("the index has %s %q, want %q", selector, got, want)
		}
	}
	doc = s.page("/a/")
	for selector, want := range map[string]string{"h1": "a", ".about code": "text", ".crumbs a": "Gallery"} {
		if got := values(doc, selector, ""); !slices.Equal(got, []string{want}) {
			t.Errorf("the album has %s %q, want %q", selector, got, want)
		}
	}
}

func TestDisplayName(t *testing.T) {
	for file, want := range map[string]string{
		"IMG_1234.JPG":                    "IMG_1234",
		"_MG_9376.JPG":                    "_MG_9376",
		"DSC00007.jpg":                    "DSC00007",
		"IMG-20210101-WA0001.jpg":         "IMG-20210101-WA0001",
		"PXL_20210101_123456.jpg":         "PXL_20210101_123456",
		"sunset-over_the-lake.jpg":        "sunset over the lake",
		"beach_day_2019.jpg":              "beach day 2019",
		"2021-03-04_beach.jpg":            "2021-03-04 beach",
		"Trip - Day 1.jpeg":               "Trip - Day 1",
		"größe_über-alles.png":            "größe über alles",
		"日本語_写真.jpg":                      "日本語 写真",
		"1.jpg":                           "1",
		"a.b.jpg":                         "a.b",
		"__name__.gif":                    "name",
		"new\nline-of text.webp":          "new line of text",
		"2021-03-04 12.33.44.jpg":         "2021-03-04 12.33.44",
		strings.Repeat("x", 200) + ".jpg": strings.Repeat("x", 200),
	} {
		if got := album.Title(file); got != want {
			t.Errorf("displayName(%q) = %q, want %q", file, got, want)
		}
	}
}

// What the grid says of a photo is what its page says, and what the page is asked
// for besides is all that the grid leaves out.
func TestAlbum_cellsSayWhatPagesSay(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, "a b", name) }
	writeNoise(t, at("1 large.jpg"), 1800, 1200)
	write(t, at("2 small.jpg"), 60, 40, 1)
	writeFile(t, at("3 broken.jpg"), []byte("no picture"))
	writeNoise(t, at("4 noted.jpg"), 1200, 1800)
	writeFile(t, at("4 noted.md"), []byte("It's *here*"))
	writeNoise(t, at("5 plain.jpg"), 1800, 1200)
	writeFile(t, at("5 plain.md"), []byte("It's \"here\" & there"))
	s := newSite(t, dir)
	s.get("/a%20b/")
	album := s.page("/a%20b/")
	grid := find(album, ".grid")[0]
	if first, total := attribute(grid, "data-first"), attribute(grid, "data-total"); first != "1" || total != "5" {
		t.Errorf("the grid begins at %s of %s, want 1 of 5", first, total)
	}
	for _, link := range find(album, ".photo > a") {
		address := attribute(link, "href")
		a := s.get(address + "?part=photo")
		if len(a.body) > 2500 || bytes.Contains(a.body, []byte("<script")) || bytes.Contains(a.body, []byte("<style")) {
			t.Errorf("%s?part=photo is of %d bytes: %s", address, len(a.body), a.body)
		}
		part, page := parse(t, a.body), s.page(address)
		for _, of := range []string{"main", "title"} {
			if got, want := values(part, of, ""), values(page, of, ""); !slices.Equal(got, want) {
				t.Errorf("%s: the part has the %s %q, the page %q", address, of, got, want)
			}
		}
		shown := values(page, "#photo", "src")
		var says []string
		if size := attribute(link, "data-size"); size != "" {
			src := strings.Replace(values(link, "img", "src")[0], "/_thumbs/", "/_thumbs/1600/", 1)
			if slices.Contains(values(album, "[data-itself]", "href"), address) {
				src = strings.TrimSuffix(address, "/")
			}
			says = []string{src}
			if want := values(page, "#photo", "width")[0] + "x" + values(page, "#photo", "height")[0]; size != want {
				t.Errorf("%s: the cell says %s, the page %s", address, size, want)
			}
		}
		if !slices.Equal(says, shown) {
			t.Errorf("%s: by its cell %q is shown, by its page %q", address, says, shown)
		}
	}
	if got := values(album, "[data-more]", "data-name"); !slices.Equal(got, []string{"4 noted"}) {
		t.Errorf("the pages of %q are said to have more of a caption", got)
	}
}
