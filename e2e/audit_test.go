package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// npm returns the path of what `npm ci` has installed here.
func npm(t *testing.T, path string) string {
	t.Helper()
	need(t, "node", "nodejs")
	path, err := filepath.Abs(filepath.Join("node_modules", path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		lacks(t, "%v: run `npm ci` in e2e", err)
	}
	return path
}

func TestAssets_lint(t *testing.T) {
	for _, args := range [][]string{
		{npm(t, ".bin/eslint"), "--max-warnings=0", "-c", "e2e/eslint.config.js", "assets/script", "e2e/audit.js", "e2e/script.test.js"},
		{npm(t, ".bin/stylelint"), "--config", "e2e/stylelint.config.js", "assets/style.css"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args[1:], err, out)
		}
	}
}

// Style and script together are under 14 kB as they are sent, and the page of
// an album of 200 is under 22 kB with both.
func TestAssets_size(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("IMG_%04d.jpg", 1000+i*7)), 300, 200, i)
	}
	p := start(t, nil, dir)
	for range 2 {
		resp, err := http.Get(p.url + "/a/")
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		between := func(start, end string) []byte {
			_, rest, _ := bytes.Cut(page, []byte(start))
			code, _, found := bytes.Cut(rest, []byte(end))
			if !found || len(code) < 1000 {
				t.Fatalf("no %s in the page", start)
			}
			return code
		}
		code := append(between("<style>", "</style>"), between("<script>", "</script>")...)
		t.Logf("gzipped: style and script %d bytes, page %d bytes", gzipped(code), gzipped(page))
		if n := gzipped(code); n >= 14_000 {
			t.Errorf("style and script take %d bytes gzipped, want fewer than 14,000", n)
		}
		if n := gzipped(page); n >= 22_000 {
			t.Errorf("the page takes %d bytes gzipped, want fewer than 22,000", n)
		}
	}
}

func gzipped(data []byte) int {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // as the program does
	w.Write(data)
	w.Close()
	return b.Len()
}

// axe finds nothing to object to, in either colour scheme.
func TestAccessibility_axe(t *testing.T) {
	axe, err := os.ReadFile(npm(t, "axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range 3 {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), 1200, 800, i)
	}
	draw(t, filepath.Join(dir, "a", "b", "1.jpg"), 600, 400, 1)
	put(t, filepath.Join(dir, "a", "broken.jpg"), []byte("no picture"))
	put(t, filepath.Join(dir, "a", "README.md"), []byte("# A trip\n\nTo the [sea](https://example.com/).\n"))
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	b.tolerant = true // of the 404
	for _, scheme := range []string{"light", "dark"} {
		b.prefers("color-scheme", scheme)
		for _, state := range []struct{ name, path, then, until string }{
			{"index", "/", "", "true"},
			{"album", "/a/", "", "document.querySelector('.photo img').complete"},
			{"empty album", "/empty/", "", "true"},
			{"photo", "/a/2.jpg/", "", "true"},
			{"broken photo", "/a/broken.jpg/", "", "true"},
			{"404", "/nowhere/", "", "true"},
			{"lightbox", "/a/", "document.querySelector('.photo a').click()", previewShown + " && " + position},
			{"information", "", "document.querySelector('[data-do=info]').click()", "!document.querySelector('.panel.about').hidden"},
			{"help", "", "document.querySelector('[data-do=help]').click()", "!document.querySelector('.panel.help').hidden"},
		} {
			if state.path != "" {
				b.do(chromedp.Navigate(p.url + state.path))
			}
			if state.then != "" {
				b.run(state.then)
			}
			b.until(state.until)
			b.rest()
			b.run(string(axe) + ";0")
			for _, violation := range eval[[]string](b, `axe.run(document, { resultTypes: ['violations'] }).then((r) =>
				r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.map((n) => n.html.slice(0, 120) + ' ' + n.failureSummary.slice(0, 300)).join('; ')))`) {
				t.Errorf("%s, %s: %s", state.name, scheme, violation)
			}
		}
	}
}

// Lighthouse gives at least 98 of 100 to a warm album of 200 on a phone, the
// speed as the middle of five.
func TestLighthouse(t *testing.T) {
	npm(t, "lighthouse/package.json")
	dir := t.TempDir()
	for i := range 200 {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), 600, 400, i)
	}
	put(t, filepath.Join(dir, "a", "README.md"), []byte("# A trip\n\nTwo hundred photos of the sea.\n"))
	p := start(t, nil, dir)
	p.send("GET", "/a/")
	port := debuggedChromium(t)
	out, err := exec.Command("node", "audit.js", port, p.url+"/a/").Output()
	if err != nil {
		t.Fatalf("audit.js: %v\n%s", err, out)
	}
	var report struct {
		Scores map[string]int
		Lost   map[string][]string
		Ran    string
		Speeds []string // of all audits, with how much slower the phone is than this machine
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Log(report.Scores, report.Speeds, report.Ran)
	for category, score := range report.Scores {
		if score < 98 {
			t.Errorf("%s gets %d of 100, want at least 98: %s", category, score, strings.Join(report.Lost[category], "\n"))
		}
	}
	if len(report.Scores) != 4 {
		t.Errorf("%d categories were audited, want 4: %s", len(report.Scores), report.Ran)
	}
}

// debuggedChromium starts a Chromium and returns the port of its remote
// debugging.
func debuggedChromium(t *testing.T) string {
	t.Helper()
	address := freePort(t)
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.Command(need(t, "chromium", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--disable-background-networking", "--no-first-run", "--remote-debugging-port="+port, "--user-data-dir="+t.TempDir(), "about:blank")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return port
		}
		time.Sleep(20 * time.Millisecond) // Chromium has no way to say that it is ready
	}
	t.Fatal("Chromium does not listen")
	return ""
}
