package e2e

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Names and captions that try to be something else are shown as what they
// are, in the grid, in the lightbox and on their own pages, and run nothing.
func TestLightbox_hostileNames(t *testing.T) {
	t.Parallel()
	names := []string{
		`Sun'><img src=x onerror=alert(1)>.jpg`, `"onload="alert(1).jpg`, `100%.jpg`, `a%2Fb.jpg`, `what?.jpg`, `a#b.jpg`, `a&amp;b.jpg`,
		"new\nline.jpg", `back\slash.jpg`, `"].jpg`, "\u202eright to left.jpg", "שלום.jpg", strings.Repeat("x", 200) + ".jpg",
	}
	dir := t.TempDir()
	for i, name := range names {
		drawLarge(t, filepath.Join(dir, "a", name), 900, 600, i)
	}
	put(t, filepath.Join(dir, "a", "what?.jpg.md"), []byte("<img src=x onerror=alert(2)> <script>alert(3)</script> *sea*"))
	p := start(t, nil, dir)
	b := newBrowser(t, 1000, 700)
	b.visit(p.url + "/a/")
	b.run(`window.alert = () => { window.ran = true; }`)
	links := eval[[]string](b, `[...document.querySelectorAll('.photo a')].map((a) => a.pathname)`)
	if len(links) != len(names) {
		t.Fatalf("%d photos are shown, want %d", len(links), len(names))
	}
	b.run(`document.querySelector('.photo a').click()`)
	b.until(dialogOpen)
	found := map[string]bool{}
	for i, link := range links {
		b.at(link)
		b.until(fmt.Sprintf(`%s === '%d of %d'`, position, i+1, len(links)))
		b.until(previewShown)
		name, err := url.PathUnescape(strings.Trim(strings.TrimPrefix(link, "/a/"), "/"))
		if err != nil {
			t.Error(err)
		}
		found[name] = true
		b.do(chromedp.KeyEvent(kb.ArrowRight))
	}
	for _, name := range names {
		if !found[name] {
			t.Errorf("%q was not among the photos that could be turned to", name)
		}
	}
	if eval[bool](b, `window.ran === true || document.querySelector('img[src="x"], script:not(#lightbox + script)') !== null`) {
		t.Error("a name or caption has become part of the page")
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(dialogClosed)
	b.until(fmt.Sprintf(`document.activeElement.pathname === %q`, links[len(links)-1]))
	for _, link := range links[:3] {
		b.visit(p.url + link)
		b.until(`document.getElementById('photo').naturalWidth > 400`)
	}
}
