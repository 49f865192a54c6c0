package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A page that is open says by itself that photos have come, through nginx, in the visitor's
// language and to screen readers, and shows them when it is asked to. A page that nobody looks
// at asks nothing, and without the script nothing of it is seen.
func TestNews_browser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("2014070%d_120000.jpg", i+1)), 900, 600, i)
	}
	warm(t, dir)
	p := start(t, nil, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf")
	_, port, _ := strings.Cut(n.tls, ":")
	home := "https://gallery.example.com:" + port
	const told = `!document.querySelector('.news a').hidden`
	const asked = `performance.getEntriesByType('resource').filter((r) => r.name.includes('.news')).length`
	b := newBrowser(t, 360, 740)
	b.visit(home + "/.recent/")
	b.until(`document.querySelectorAll('.photo').length === 3`)
	away := newBrowser(t, 360, 740)
	away.visit(home + "/a/")
	away.until(`document.querySelectorAll('.photo').length === 3`)
	away.run(`Object.defineProperty(document, 'hidden', { get: () => window.hides ?? true, configurable: true })`)
	album := newBrowser(t, 360, 740)
	album.visit(home + "/a/?sort=-date")
	album.until(`document.querySelectorAll('.photo').length === 3`)

	for i := range 2 {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("2014080%d_120000.jpg", i+1)), 900, 600, i+3)
	}
	album.until(told)
	if got := eval[string](album, `document.querySelector('.news[role=status] a').textContent`); got != "2 new photos" {
		t.Errorf("the page says %q", got)
	}
	if !eval[bool](album, `(({ top, bottom, left, right }) => top >= 0 && bottom < innerHeight && left >= 0 && right <= innerWidth)(document.querySelector('.news a').getBoundingClientRect())`) {
		t.Error("what the page says is out of the window")
	}
	// A page that says it already says it once: each change would be read out.
	album.run(`window.said = 0; new MutationObserver(() => window.said++).observe(document.querySelector('.news'), { subtree: true, childList: true, attributes: true, characterData: true })`)
	asks := eval[int](album, asked)
	album.until(asked + fmt.Sprintf(" > %d", asks))
	if n := eval[int](album, `new Promise((done) => setTimeout(() => done(window.said), 200))`); n != 0 {
		t.Errorf("it was said anew %d times", n)
	}
	album.run(`document.querySelector('.news a').click()`)
	album.until(`document.querySelectorAll('.photo').length === 5 && document.querySelector('.news a').hidden && location.search === '?sort=-date'`)
	b.until(told)
	b.run(`document.querySelector('.news a').click()`)
	b.until(`document.querySelectorAll('.photo').length === 5 && location.pathname === '/.recent/'`)

	if n := eval[int](away, asked); n != 0 {
		t.Errorf("a page that nobody looks at asked %d times", n)
	}
	away.run(`window.hides = false`)
	away.until(told)
	away.withoutScript()
	away.visit(home + "/a/")
	if got := eval[float64](away, `document.querySelector('.news').getBoundingClientRect().height + document.querySelector('.news a').offsetHeight`); got != 0 {
		t.Errorf("without the script it takes %v px", got)
	}
}

// To ask what has come takes nothing of a visitor's share of pages.
func TestNews_limit(t *testing.T) {
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf")
	if got := n.counts(150, func(int) string { return "/a/.news?had=1" }, nil); got[http.StatusNoContent] != 150 {
		t.Errorf("150 questions: %v", got)
	}
	if got := n.counts(30, func(int) string { return "/a/" }, nil); got[200] != 30 {
		t.Errorf("30 pages behind them: %v", got)
	}
	if got := n.counts(400, func(int) string { return "/a/.news?had=1" }, nil); got[429] == 0 {
		t.Errorf("400 questions at once: %v, want some refused", got)
	}
}
