package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// younger says of what is found in a page whether the checker does not know it yet: by its
// message, and by what it points at.
func younger(message, extract string) bool {
	for _, known := range []struct{ message, extract string }{
		{"“blocking” attribute must have a “rel” attribute whose value is “stylesheet”", `rel="expect"`}, // HTML, since 2024
		{"CSS: ", "view-transition"},               // CSS View Transitions
		{"CSS: ", "ransition-old(*)"},              // cut off before its name
		{"CSS: ", "ransition-new(*)"},              //
		{"CSS: ", "nsition-group(*)"},              //
		{"CSS: ", "@starting-style"},               // CSS Transitions 2
		{"“view-transition-name”", ""},             //
		{"for attribute “sizes”", "(width<=600px"}, // Media Queries 4, section 3.1.1: ranges
		{"for attribute “sizes”", `sizes="auto,`},  // HTML, since 2024
	} {
		if strings.Contains(message, known.message) && strings.Contains(extract, known.extract) {
			return true
		}
	}
	return false
}

// The HTML checker of the W3C finds nothing in any kind of page but what is younger than it.
func TestPages_html(t *testing.T) {
	t.Parallel()
	java := need(t, "java", "default-jre-headless")
	jar := npm(t, "vnu-jar/build/dist/vnu.jar")
	dir := t.TempDir()
	for i := range 3 {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), 1200, 800, i)
	}
	draw(t, filepath.Join(dir, "a", "b", "1.jpg"), 600, 400, 1)
	draw(t, filepath.Join(dir, "a", "b & <c>", "\"ü\" & <i>.jpg"), 60, 900, 1)
	put(t, filepath.Join(dir, "a", "broken.jpg"), []byte("no picture"))
	put(t, filepath.Join(dir, "a", "film.mov"), []byte("film"))
	put(t, filepath.Join(dir, "a", "README.md"), []byte("# A trip\n\nTo the [sea](https://example.com/).\n\n- one\n  - two\n\n> quoted\n"))
	put(t, filepath.Join(dir, "a", "1.jpg.md"), []byte("*Waves*\n\n1. of\n2. water\n"))
	put(t, filepath.Join(dir, "films", "film.mov"), []byte("film"))
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "footer.md": "[Imprint](https://example.com/)\n\n- one\n", "style.css": ":root { --row: 18rem }"} {
		put(t, filepath.Join(dir, ".gallery", name), []byte(content))
	}
	guard(t, dir)
	users, signIn := addUser(t, "ann")
	p := start(t, nil, "-users", users, "-upload", "-zip", "-others", dir)
	pages := t.TempDir()
	for i, request := range [][]string{
		{"/"}, {"/a/"}, {"/a/b%20&%20%3Cc%3E/"}, // streamed
		{"/"}, {"/a/"}, {"/a/b%20&%20%3Cc%3E/"}, {"/a/?sort=-date"}, {"/films/"}, {"/empty/"},
		{"/a/", "Authorization", signIn}, {"/a/", "Accept-Language", "de"},
		{"/a/1.jpg/"}, {"/a/2.jpg/?sort=date"}, {"/a/broken.jpg/"}, {"/a/b%20&%20%3Cc%3E/%22%C3%BC%22%20&%20%3Ci%3E.jpg/"},
		{"/nowhere"}, {"/.signin"},
	} {
		put(t, filepath.Join(pages, fmt.Sprintf("%02d.html", i)), p.send("GET", request[0], request[1:]...).body)
	}
	wedding, dir, link, guest := picksTree(t)
	closed, over := guestLinks(t, dir)
	shown := wedding.pick(guest)
	for i, request := range [][]string{
		{"/.signin"}, {link}, {closed}, {over}, {"/Wedding/", "Cookie", guest}, {"/Wedding/", "Cookie", guest}, {"/Wedding/DSC_0001.jpg/", "Cookie", guest},
		{shown, "Cookie", guest}, {shown + "&list", "Cookie", guest}, {shown + "&send", "Cookie", guest}, {"/Wedding/", "Authorization", signIn}, {"/Wedding/", "Authorization", signIn},
	} {
		put(t, filepath.Join(pages, fmt.Sprintf("private-%02d.html", i)), wedding.send("GET", request[0], request[1:]...).body)
	}
	for name, form := range map[string]string{"/.signin": "name=ann&password=wrong", closed: "password=wrong", "/Wedding/?share": "days=30"} {
		r, err := http.NewRequest("POST", wedding.url+name, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", signIn)
		got, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(pages, strings.Trim(strings.Map(func(r rune) rune {
			if r == '/' || r == '?' {
				return '-'
			}
			return r
		}, name), "-.")+".html"), page)
	}
	out, err := exec.Command(java, "-Xmx256m", "-jar", jar, "--format", "json", "--exit-zero-always", "--stdout", pages).Output()
	var found struct {
		Messages []struct{ URL, Message, Extract string }
	}
	if err != nil || json.Unmarshal(out, &found) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	known := 0
	for _, m := range found.Messages {
		if younger(m.Message, m.Extract) {
			known++
			continue
		}
		t.Errorf("%s: %s: %s", filepath.Base(m.URL), m.Message, m.Extract)
	}
	if known == 0 {
		t.Error("the checker has looked at no page")
	}
}
