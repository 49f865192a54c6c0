package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
	"golang.org/x/net/html"

	"gallery/internal/album"
	"gallery/internal/messages"
)

// hostileNames are names that would break out of the place where a page puts
// them, were they not escaped.
var hostileNames = []string{
	`Sun'><img src=x onerror=alert(1)>.jpg`,
	`"onmouseover="alert(1).jpg`,
	`<script>alert(1)<⁄script>.jpg`,
	`javascript:alert(1).jpg`,
	`{{.Title}}.jpg`,
	`a&amp;b&b.jpg`,
	`100% #1?.jpg`,
	"new\nline\ttab.jpg",
	"latin1 \xe9.jpg",
	"right\u202eto left.jpg",
	`back\slash.jpg`,
	`semi;colon+plus .jpg`,
	strings.Repeat("ü", 120) + ".jpg",
}

// Every view is rendered with hostile names, parsed, and must show just what
// it shows for harmless ones; every address in it must be that of something.
func TestViews_hostileNames(t *testing.T) {
	dir := t.TempDir()
	for i, name := range hostileNames {
		write(t, filepath.Join(dir, "x", name), 40, 30, i)
	}
	for i, name := range hostileNames[:6] {
		album := strings.TrimSuffix(name, ".jpg")
		write(t, filepath.Join(dir, album, name), 40, 30, i)
	}
	s := newSite(t, dir, func(c *config) { c.title = `</title><script>alert("t")</script>` })
	paths := []string{"/", "/x/", "/nowhere"}
	for round := range 2 { // cold and warm
		seen := map[string]bool{}
		for todo := slices.Clone(paths); len(todo) > 0; todo = todo[1:] {
			path := todo[0]
			if seen[path] {
				continue
			}
			seen[path] = true
			doc := parse(t, s.get(path).body)
			s.harmless(path, doc)
			for _, href := range values(doc, "a[href]", "href") {
				if strings.HasSuffix(href, "/") {
					todo = append(todo, href)
				}
				if got := s.get(href); got.StatusCode != 200 {
					t.Errorf("%s leads to %s, which is %d", path, href, got.StatusCode)
				}
			}
			for _, src := range values(doc, "img[src]", "src") {
				if got := s.get(src); got.StatusCode != 200 || got.Header.Get("Content-Type") != "image/jpeg" {
					t.Errorf("%s shows %s, which is %d", path, src, got.StatusCode)
				}
			}
		}
		// The index, its albums, their photos, the page that is not there, the timeline and
		// what came last.
		if want := 2 + 2 + 7 + len(hostileNames) + 6; len(seen) != want {
			t.Errorf("round %d: %d pages were seen, want %d", round, len(seen), want)
		}
	}
	for _, name := range hostileNames {
		if want := album.Title(name); !slices.Contains(values(s.page("/x/"), ".photo img", "alt"), want) {
			t.Errorf("no picture is called %q", want)
		}
	}
}

// harmless fails the test if a page holds a script other than the program's
// own, a handler, or an address that leads elsewhere.
func (s *site) harmless(path string, doc *html.Node) {
	s.t.Helper()
	for _, script := range find(doc, "script") {
		if text(script) != string(sentAssets().script) && text(script) != string(sentAssets().heartsScript) {
			s.t.Errorf("%s holds the script %.80q", path, text(script))
		}
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				s.t.Errorf("%s holds <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
			if (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(strings.TrimPrefix(a.Val, s.URL), "/") && a.Val != "#end" && a.Val != "#main" && !strings.HasPrefix(a.Val, "data:image/svg+xml,") {
				s.t.Errorf("%s leads to %q", path, a.Val)
			}
		}
	}
	if got := values(doc, "title", ""); len(got) != 1 || !strings.HasSuffix(got[0], s.server.library.title) {
		s.t.Errorf("%s has the titles %q", path, got)
	}
}

// The policy names the very script that the page holds.
func TestViews_policy(t *testing.T) {
	s := smallSite(t)
	s.get("/Trip/")
	a := s.get("/Trip/")
	scripts := find(parse(t, a.body), "script")
	if len(scripts) != 1 {
		t.Fatalf("the page has %d scripts, want 1", len(scripts))
	}
	hash := sha256.Sum256([]byte(scripts[0].FirstChild.Data))
	policy := a.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'") {
		t.Errorf("the policy %q does not name the page's script", policy)
	}
	if strings.Contains(policy, "script-src 'unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy %q allows too much", policy)
	}
}

// Width and height are always known, so that nothing moves while pictures load.
func TestViews_noLayoutShift(t *testing.T) {
	s := smallSite(t)
	for _, path := range []string{"/", "/Trip/", "/Trip/1.jpg/"} {
		for _, img := range find(s.page(path), "main img") {
			has := map[string]string{}
			for _, a := range img.Attr {
				has[a.Key] = a.Val
			}
			_, named := has["alt"] // "" beside a card's heading
			if has["width"] == "" || has["height"] == "" || !named {
				t.Errorf("%s has a picture with %v", path, has)
			}
		}
	}
}

func TestCSSColor(t *testing.T) {
	for in, want := range map[string]template.CSS{
		"#a0b1c2":      "#9ab",
		"#000000":      "#000",
		"#fff7f8":      "#fff",
		"a0b1c2d":      "transparent",
		"#a0b1c":       "transparent",
		"#a0b1c2;x:y":  "transparent",
		"red;}":        "transparent",
		"url(x)":       "transparent",
		"":             "transparent",
		"#a0b1c\u00e9": "transparent",
	} {
		if got := cssColor(in); got != want {
			t.Errorf("cssColor(%q) = %q, want %q", in, got, want)
		}
	}
}

// The script and the stylesheet hold no end tag of their own element.
func TestAssets_stayInTheirElements(t *testing.T) {
	a := sentAssets()
	for asset, end := range map[string]string{
		string(a.style): "</style", string(a.uploadStyle): "</style", string(a.script): "</script", string(a.uploadScript): "</script",
	} {
		if asset == "" || strings.Contains(strings.ToLower(asset), end) || strings.Contains(asset, "<!--") {
			t.Errorf("the asset holds %s, or nothing: %.80s", end, asset)
		}
	}
}

// Each of the script's files is joined once.
func TestJoinScript(t *testing.T) {
	files, err := filepath.Glob("assets/script/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(scriptText, string(file)); n != 1 {
			t.Errorf("%s is in the script %d times, want once", name, n)
		}
	}
}

// Hostile names, captions, descriptions and titles show as they are, in every
// language, and nothing of them runs.
func TestViews_hostileTexts(t *testing.T) {
	const markup = `<script>alert(1)</script>'"><img src=x onerror=alert(2)><b>bold</b> &lt;i&gt; [x](javascript:alert(3)) {{.T}} ` + "\u202e%?#&"
	dir := t.TempDir()
	const albumName = `<b onclick=alert(1)>'"&{{.T}}`
	names := append([]string{"שלום עולם.jpg", "مرحبا.jpg", strings.Repeat("x", 200) + ".jpg"}, hostileNames[:8]...)
	for i, name := range names {
		at := filepath.Join(dir, albumName, name)
		if i%2 == 0 {
			writeCameraPhoto(t, at, markup) // a caption in Exif
		} else {
			write(t, at, 60, 40, i)
			writeFile(t, at+".md", []byte(markup))
		}
	}
	writeFile(t, filepath.Join(dir, albumName, "README.md"), []byte("# T "+markup+"\n\n"+markup+"\n\n<iframe src=x></iframe>"))
	s := newSite(t, dir, func(c *config) { c.zip, c.gps = true, true })
	album := values(s.page("/"), ".card a", "href")
	if len(album) != 1 {
		t.Fatalf("the index has the albums %q", album)
	}
	for _, w := range messages.Languages {
		pages := []string{"/", album[0], album[0] + "?sort=-date", "/nowhere/"}
		photos := values(s.page(album[0]), ".photo a", "href")
		if len(photos) != len(names) {
			t.Errorf("the album has %d photos, want %d", len(photos), len(names))
		}
		for _, path := range append(pages, photos...) {
			doc := parse(t, s.get(path, "Accept-Language", w.Lang).body)
			if got := values(doc, "html", "lang"); !slices.Equal(got, []string{w.Lang}) {
				t.Errorf("%s is in %q, want %s", path, got, w.Lang)
			}
			for _, n := range find(doc, "main b, iframe, [onerror], [src=x], a[href^=javascript], main script, header script, i:not(.progress i)") {
				if n.Parent.Data != "button" {
					t.Errorf("%s in %s holds <%s>%s", path, w.Lang, n.Data, text(n))
				}
			}
		}
		doc := parse(t, s.get(photos[0], "Accept-Language", w.Lang).body)
		if got := strings.Join(values(doc, "figcaption", ""), ""); !strings.Contains(got, "bold") {
			t.Errorf("the caption is %q", got)
		}
	}
}

// Each further page stands for itself, leads on, and has the photos in one grid.
func TestAlbum_furtherPages(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, draw(9, 6, 1), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 2*pageSize + 3 {
		writeFile(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), b.Bytes())
	}
	write(t, filepath.Join(dir, "a", "sub", "1.jpg"), 9, 6, 1)
	s := newSite(t, dir)
	var seen []string
	path := "/a/"
	for n := 1; path != ""; n++ {
		doc := s.page(path)
		if got := len(find(doc, ".grid")); got != 1 {
			t.Errorf("%s has %d grids, want 1", path, got)
		}
		seen = append(seen, values(doc, ".grid > .photo > a", "href")...)
		next := values(doc, `a[rel="next"]`, "href")
		if links := values(doc, `nav.pages a[rel="next"]`, "href"); !slices.Equal(next, links) {
			t.Errorf("%s leads on to %q and %q", path, next, links)
		}
		if n > 3 {
			t.Fatal("there is always another page")
		}
		path = strings.Join(next, "")
	}
	if len(seen) != 2*pageSize+3 || seen[0] != "/a/1.jpg/" || seen[len(seen)-1] != fmt.Sprintf("/a/%d.jpg/", 2*pageSize+3) {
		t.Errorf("%d photos were seen, from %s to %s", len(seen), seen[0], seen[len(seen)-1])
	}
}

// docs/ARCHITECTURE.md says what each part of style and script adds to a page as it is sent:
// gzipped bytes that it takes fewer without. All of it takes fewer than 14,000.
func TestAssets_cost(t *testing.T) {
	var styles []string // the stylesheet's parts: each begins with a comment at the start of a line
	for part := range strings.SplitSeq(styleText, "\n/* ") {
		styles = append(styles, "/* "+strings.TrimPrefix(part, "/* "))
	}
	scripts := strings.Fields(scriptParts)
	m := minify.New()
	m.AddFunc("css", css.Minify)
	m.AddFunc("js", js.Minify)
	sent := func(without string) int { // bytes
		var style strings.Builder
		for _, part := range styles {
			if part != without {
				style.WriteString(part + "\n")
			}
		}
		rest := slices.DeleteFunc(slices.Clone(scripts), func(part string) bool { return part == without })
		smallStyle, err := m.String("css", style.String())
		if err != nil {
			t.Fatal(err)
		}
		smallScript, err := m.String("js", joinScript(strings.Join(rest, " ")))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		z.Write([]byte(smallStyle + smallScript))
		z.Close()
		return b.Len()
	}
	all := sent("")
	if all >= 14_000 {
		t.Errorf("style and script take %d bytes gzipped, want fewer than 14,000", all)
	}
	type cost struct {
		part  string
		bytes int
	}
	costs := []cost{{"all", all}}
	for _, part := range styles {
		name, _, _ := strings.Cut(strings.TrimPrefix(part, "/* "), "*/")
		name, _, _ = strings.Cut(name, ":")
		costs = append(costs, cost{"style: " + strings.ToLower(strings.TrimSpace(name)), all - sent(part)})
	}
	for _, part := range scripts {
		costs = append(costs, cost{"`script/" + part + ".js`", all - sent(part)})
	}
	page, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (all|style: [^|]+|`+"`script/[^|]+`"+`) \| ([0-9,]+) \|$`).FindAllStringSubmatch(string(page), -1) {
		said[row[1]], _ = strconv.Atoi(strings.ReplaceAll(row[2], ",", ""))
	}
	var table strings.Builder
	right := len(said) == len(costs)
	for _, c := range costs {
		fmt.Fprintf(&table, "| %s | %d |\n", c.part, c.bytes)
		// Compressors of other versions differ by a few bytes.
		if n, ok := said[c.part]; !ok || n < c.bytes-10-c.bytes/50 || n > c.bytes+10+c.bytes/50 {
			right = false
		}
	}
	if !right {
		t.Errorf("docs/ARCHITECTURE.md is to say:\n%s", table.String())
	}
}
