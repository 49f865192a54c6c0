package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
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
	t.Parallel()
	for _, args := range [][]string{
		{npm(t, ".bin/eslint"), "--max-warnings=0", "-c", "e2e/eslint.config.js", "assets/script", "assets/hearts.js", "e2e/audit.js", "e2e/gainmap.js", "e2e/script.test.js"},
		{npm(t, ".bin/stylelint"), "--config", "e2e/stylelint.config.js", "assets/style.css", "assets/hearts.css", "assets/signin.css"},
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
	t.Parallel()
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
	t.Parallel()
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
				b.visit(p.url + state.path)
			}
			if state.then != "" {
				b.run(state.then)
			}
			b.until(state.until)
			b.rest()
			b.axe(axe, state.name+", "+scheme)
		}
	}
}

// axe fails the test for each thing that axe objects to in the page.
func (b *browser) axe(script []byte, what string) {
	b.t.Helper()
	b.run(string(script) + ";0")
	for _, violation := range eval[[]string](b, `axe.run(document, { resultTypes: ['violations'] }).then((r) =>
		r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.map((n) => n.html.slice(0, 120) + ' ' + n.failureSummary.slice(0, 300)).join('; ')))`) {
		b.t.Errorf("%s: %s", what, violation)
	}
}

// axe finds nothing to object to in what a guest and an owner of private albums meet, in
// either colour scheme: signing in, links, hearts, and what was sent.
func TestAccessibility_private(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(npm(t, "axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	p, dir, link, cookie := picksTree(t)
	closed, over := guestLinks(t, dir)
	shown := p.pick(cookie)
	guest, owner := newBrowser(t, 1200, 800), newBrowser(t, 1200, 800)
	guest.tolerant, owner.tolerant = true, true // of 403 and 410
	guest.visit(p.url + link)
	guest.until(`location.pathname === '/Wedding/' && document.readyState === 'complete'`)
	owner.expect(p.url+"/.signin?album=Wedding", 200)
	owner.fill(".sign", map[string]string{"name": "ann", "password": password})
	owner.do(chromedp.Click(chromedp.CSS(`.sign button`)))
	owner.until(`location.pathname === '/Wedding/' && document.readyState === 'complete'`)
	for _, scheme := range []string{"light", "dark"} {
		for _, state := range []struct {
			b                       *browser
			name, path, then, until string
		}{
			{guest, "signing in", "/.signin", "", "true"},
			{guest, "a wrong password", "", "document.querySelector('[name=name]').value = document.querySelector('[name=password]').value = 'x'; document.querySelector('.sign button').click()", "!!document.querySelector('.sign [role=alert]')"},
			{guest, "a link's password", closed, "", "!!document.querySelector('[type=password]')"},
			{guest, "a link that is over", over, "", "document.querySelector('h1').textContent === 'This link has ended'"},
			{guest, "hearts", "/Wedding/", "document.querySelector('.heart:not(:checked)')?.click()", "!!document.querySelector('.heart:checked') && getComputedStyle(document.getElementById('picks')).display !== 'none'"},
			{guest, "hearts in the lightbox", "", "document.querySelector('.photo a').click()", previewShown + " && " + position + " && !document.querySelector('.remark').hidden"},
			{guest, "a choice", shown, "", "document.querySelectorAll('.photo').length === 2"},
			{guest, "its names", shown + "&list", "", "document.querySelectorAll('textarea').length === 3"},
			{guest, "sending it", shown + "&send", "", "!!document.querySelector('[name^=note-]')"},
			{owner, "what was sent", "/Wedding/", "document.querySelector('.sent summary').click()", "document.querySelector('.sent').open"},
			{owner, "sharing", "", "document.querySelector('details.signin summary').click()", "document.querySelector('details.signin').open"},
			{owner, "a link", "", "document.querySelector('details.signin form button').click()", "!!document.querySelector('svg.qr')"},
		} {
			b := state.b
			b.prefers("color-scheme", scheme)
			if state.path != "" {
				b.visit(p.url + state.path)
			}
			if state.then != "" {
				b.run(state.then)
			}
			b.until(state.until)
			b.rest()
			b.axe(axe, state.name+", "+scheme)
		}
	}
}

// Everything is read once: cards are headings, and neither their pictures nor
// captions repeat them. One link leads past the photos. Information takes the
// focus when it opens and gives it back. Captions run in their own direction, and
// long ones are folded until they have the focus.
func TestAccessibility_readOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), 1200, 800, i)
	}
	put(t, filepath.Join(dir, "a", "1.jpg.md"), []byte("שלום"))
	put(t, filepath.Join(dir, "a", "2.jpg.md"), []byte(strings.Repeat("A long caption goes on and on. ", 30)))
	draw(t, filepath.Join(dir, "a", "Sub", "1.jpg"), 600, 400, 1)
	p := start(t, nil, dir)
	b := newBrowser(t, 800, 600)
	names := func(role string) (all []string) {
		nodes, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes.Nodes {
			if n.Role != nil && string(n.Role.Value) == strconv.Quote(role) && !n.Ignored {
				name, _ := strconv.Unquote(string(n.Name.Value))
				all = append(all, name)
			}
		}
		return all
	}
	b.visit(p.url + "/a/")
	b.until(`document.querySelectorAll('.photo').length === 3 && document.readyState === 'complete'`)
	if got, want := names("heading"), []string{"a", "Sub"}; !slices.Equal(got, want) {
		t.Errorf("the headings are %q, want %q", got, want)
	}
	links := ""
	for range 50 { // the browser follows the page in its own time
		if links = strings.Join(names("link"), "|"); strings.Contains(links, "שלום") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, text := range []string{"Sub", "שלום", "Skip the photos"} {
		if n := strings.Count(links, text); n != 1 {
			t.Errorf("links say %q %d times, want once: %s", text, n, links)
		}
	}

	for range 12 { // stops before the photos, at most
		b.do(chromedp.KeyEvent(kb.Tab))
		if eval[bool](b, `document.activeElement.matches('.skip')`) {
			break
		}
	}
	if size := eval[int](b, `document.activeElement.offsetWidth`); size < 40 {
		t.Errorf("with the focus, the link past the photos is %d px wide", size)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`location.hash === '#end'`)
	b.do(chromedp.KeyEvent(kb.Tab))
	if eval[bool](b, `document.activeElement.matches('.photo a')`) {
		t.Error("the link past the photos leads to one")
	}

	b.open(p.url+"/a/", 0)
	if got := eval[string](b, `getComputedStyle(document.querySelector('.text')).direction`); got != "rtl" {
		t.Errorf("a Hebrew caption runs %s", got)
	}
	b.do(chromedp.Focus(chromedp.CSS(`[data-do="info"]`)), chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.matches('.panel.about') && document.activeElement.querySelector('dl')`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`document.activeElement.dataset.do === 'info'`)

	b.do(chromedp.KeyEvent(kb.ArrowRight))
	const lines = `Math.round(document.querySelector('.text').clientHeight / parseFloat(getComputedStyle(document.querySelector('.text')).lineHeight))`
	b.until(position + ` === '2 of 3'`)
	if n := eval[int](b, lines); n != 3 {
		t.Errorf("a long caption takes %d lines, want 3", n)
	}
	b.do(chromedp.Click(chromedp.CSS(`.text`)))
	b.until(lines + ` > 5`)
	if eval[bool](b, dialogClosed) {
		t.Error("a press on the caption has closed the lightbox")
	}
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	b.until(position + ` === '3 of 3' && document.activeElement.id === 'lightbox'`)
}

// mainThread returns the processor time that a page takes on the browser's main thread
// until it is at rest.
func mainThread(t *testing.T, address string) time.Duration {
	t.Helper()
	b := newBrowser(t, 412, 823)
	var metrics performance.GetMetricsResult
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
		return chromedp.Void{}, err
	}, chromedp.Navigate(address))
	b.until(`document.readyState === 'complete'`)
	b.rest()
	b.do(func(ctx context.Context, tab *chromedp.Target) (_ chromedp.Void, err error) {
		metrics, err = cdp.Call(ctx, tab, performance.GetMetrics, cdp.Empty{})
		return chromedp.Void{}, err
	})
	for _, m := range metrics.Metrics {
		if m.Name == "TaskDuration" {
			return time.Duration(m.Value * float64(time.Second))
		}
	}
	t.Fatalf("the browser says nothing of it: %v", metrics.Metrics)
	return 0
}

// plainly puts /plain beside a program's pages: so many photos of its album a, and nothing else. A
// list of links and thumbnails without style or script is the least that a page of them takes.
func plainly(t *testing.T, p *program, photos int) (home string) {
	page := []byte("<!doctype html><title>Plain</title><link rel=icon href=data:,><ul>\n")
	for n := range photos {
		page = fmt.Appendf(page, `<li><a href="/a/%d.jpg/"><img src="/a/_thumbs/%[1]d.jpg" width="400" height="267" alt="%[1]d" loading="lazy"></a></li>`+"\n", n+1)
	}
	pages := http.NewServeMux()
	pages.Handle("/", p.proxy())
	pages.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	s := httptest.NewServer(pages)
	t.Cleanup(s.Close)
	return s.URL
}

// Lighthouse gives at least 98 of 100 to a warm album of 200 on a phone, and to the first page
// of one of 7,500, the speed as the middle of five. The main thread has little more to do than for
// the same photos without style and script: the least of three loads each, in turns.
func TestLighthouse(t *testing.T) {
	npm(t, "lighthouse/package.json")
	for _, test := range []struct {
		photos int
		most   float64 // times what the plain page takes
	}{{200, 2.7}, {7500, 2}} {
		t.Run(fmt.Sprint(test.photos), func(t *testing.T) {
			dir := t.TempDir()
			linked(t, filepath.Join(dir, "a"), test.photos, [2]int{600, 400}, [2]int{400, 600}, [2]int{600, 450})
			put(t, filepath.Join(dir, "a", "README.md"), []byte("# A trip\n\nA few photos of the sea.\n"))
			p := start(t, nil, dir)
			p.send("GET", "/a/")
			audit(t, p.url+"/a/")
			home := plainly(t, p, min(test.photos, 500))
			took, plain := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for range 3 {
				took, plain = min(took, mainThread(t, home+"/a/")), min(plain, mainThread(t, home+"/plain"))
			}
			t.Logf("main thread: a processor %v, for the plain page %v", took, plain)
			if float64(took) > test.most*float64(plain) {
				t.Errorf("the page takes a processor %v on the main thread, want at most %.1f times the %v of a plain one", took, test.most, plain)
			}
		})
	}
}

// linked puts n photos into an album as fill does, but each size is one file of many names.
func linked(t *testing.T, album string, n int, sizes ...[2]int) {
	t.Helper()
	fill(t, album, len(sizes), sizes...)
	for i := len(sizes); i < n; i++ {
		name := func(i int) string { return filepath.Join(album, fmt.Sprintf("%d.jpg", i+1)) }
		if err := os.Link(name(i%len(sizes)), name(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// audit fails the test for each of Lighthouse's categories that gives the page less than 98.
func audit(t *testing.T, address string) {
	t.Helper()
	const wanted = 98
	out, err := exec.Command("node", "audit.js", debuggedChromium(t), address, strconv.Itoa(wanted)).Output()
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
		if score < wanted {
			t.Errorf("%s gets %d of 100, want at least %d: %s", category, score, wanted, strings.Join(report.Lost[category], "\n"))
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
