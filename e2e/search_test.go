package e2e

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A visitor finds photos by the key / and some words, as they are typed, and goes through
// what was found in the lightbox.
func TestSearch_browser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, name := range []string{"Summer/20140705_120000 dog.jpg", "Summer/20140706_120000 cat.jpg", "Winter/20150101_120000 dog.jpg"} {
		draw(t, filepath.Join(dir, name), 900, 600, i)
	}
	warm(t, dir)
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery-simple.conf", noLimit...)
	b := newBrowser(t, 360, 740)
	b.visit("http://" + n.plain + "/")
	b.until(`document.querySelector('.search input')`)
	b.do(chromedp.KeyEvent("/"))
	b.until(`document.activeElement.matches('.search input')`)
	b.run(`document.activeElement.value = ''`) // the protocol types the key that the page refused
	b.do(chromedp.KeyEvent("dog"), chromedp.KeyEvent(kb.Enter))
	b.until(`location.pathname === '/.search' && document.querySelectorAll('.grid figure img').length === 2`)
	b.run(`window.same = true; document.querySelector('.search input').focus()`)
	b.do(chromedp.KeyEvent(kb.End), chromedp.KeyEvent(" 2014"))
	b.until(`document.querySelectorAll('.grid figure img').length === 1 && location.search.includes('2014')`)
	if !eval[bool](b, `window.same === true`) {
		t.Error("typing loaded another page")
	}
	b.do(chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent(kb.Backspace))
	b.until(`document.querySelectorAll('.grid figure img').length === 2`)
	b.run(`document.querySelector('.grid a').click()`)
	b.until(dialogOpen)
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	b.until(`document.querySelector('dialog').open && decodeURIComponent(location.pathname).startsWith('/Summer/')`)
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 360 {
		t.Errorf("a page of what was found is %d px wide in a window of 360", wide)
	}
}
