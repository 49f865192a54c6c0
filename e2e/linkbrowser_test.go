package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Under a link without downloads the lightbox offers none and asks for no original, however far
// one zooms, by nginx and by the program.
func TestBrowser_linkWithoutDownload(t *testing.T) {
	dir, users := guardedTree(t)
	noise := image.NewGray(image.Rect(0, 0, 3000, 2000)) // so that previews save something
	for i := range noise.Pix {
		noise.Pix[i] = byte(rand.N(256))
	}
	var large bytes.Buffer
	if err := jpeg.Encode(&large, noise, nil); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "Family", "large.jpg"), large.Bytes())
	p := start(t, nil, "-users", users, "-trust-proxy", dir)
	link, _ := p.linkTo(dir, "-no-download", "Family")
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	_, port, _ := strings.Cut(n.tls, ":")
	for _, home := range []string{p.url, "https://gallery.example.com:" + port} {
		b := newBrowser(t, 1440, 900)
		b.do(chromedp.Navigate(home + link))
		b.until(`location.pathname === '/Family/' && !!document.querySelector('a[href*="large.jpg"]')`)
		for _, way := range []string{"the grid", "the photo's page"} {
			if way == "the photo's page" {
				b.do(chromedp.Navigate(home + "/Family/large.jpg/"))
				b.do(chromedp.Click(chromedp.CSS(`#photo`)))
			} else {
				b.do(chromedp.Click(chromedp.CSS(`a[href*="large.jpg"]`)))
			}
			b.until(dialogOpen)
			b.until(previewShown)
			for range 6 {
				b.do(chromedp.KeyEvent("+"))
			}
			b.until(`[...document.querySelectorAll('#lightbox img')].some((img) => img.src.includes('/_thumbs/2560/') && img.complete)`)
			b.do(chromedp.KeyEvent("d"), chromedp.KeyEvent("i"))
			b.until(`!document.querySelector('#lightbox .panel.about').hidden`)
			if eval[bool](b, `!!document.querySelector('[data-do="download"], a.download, a[download], a[href$=".jpg"]')`) {
				t.Errorf("%s: by %s a download is offered", home, way)
			}
			asked := eval[[]string](b, `performance.getEntriesByType('resource').map((r) => new URL(r.name).pathname)`)
			if i := slices.IndexFunc(asked, func(path string) bool {
				return strings.HasSuffix(path, "/large.jpg") && !strings.Contains(path, "/_thumbs/")
			}); i >= 0 || len(asked) == 0 {
				t.Errorf("%s: by %s the original is asked for: %q", home, way, asked)
			}
			b.do(chromedp.KeyEvent(kb.Escape))
		}
	}
}
