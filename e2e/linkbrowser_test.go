package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"gallery/internal/sharing"
	"gallery/internal/storage"
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
		b.visit(home + link)
		b.until(`location.pathname === '/Family/' && !!document.querySelector('a[href*="large.jpg"]')`)
		for _, way := range []string{"the grid", "the photo's page"} {
			if way == "the photo's page" {
				b.visit(home + "/Family/large.jpg/")
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

// expiredLink is the path of a link that ended an hour ago, and the cookie of who opened it
// before.
func expiredLink(t *testing.T, dir, album string) (path, cookie string) {
	t.Helper()
	photos, err := storage.Open("DIR", dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer photos.Close()
	links := sharing.New(photos, slog.New(slog.DiscardHandler))
	link, err := links.Add(sharing.Link{Album: album, Expires: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return "/.share/" + links.Token(link), "gallery-link-" + link.ID + "=" + links.Opened(link)
}

// scan reads the QR code in a picture.
func scan(t *testing.T, picture []byte) string {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	bits, err := gozxing.NewBinaryBitmapFromImage(m)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil { // of some links' codes it finds the corners a module off
		read, err = qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true})
	}
	if err != nil {
		t.Errorf("the QR code cannot be read: %v", err)
		return ""
	}
	return read.GetText()
}

// The owner makes a link by the form, with all its options; a guest photographs its QR code,
// is asked for the password, and sees the album alone. Once the link is revoked its page says
// so kindly, and nothing of what it was; so does one that has expired.
func TestLink_browser(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	put(t, filepath.Join(dir, "Family", "README.md"), []byte("# Our secret"))
	p := start(t, nil, "-users", users, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	_, port, _ := strings.Cut(n.tls, ":")
	for by, home := range map[string]string{"program": p.url, "nginx": "https://gallery.example.com:" + port} {
		t.Run(by, func(t *testing.T) {
			owner := newBrowser(t, 390, 844)
			owner.expect(home+"/.signin?album=Family", 200)
			owner.fill(".sign", map[string]string{"name": "ann", "password": password})
			owner.do(chromedp.Click(chromedp.CSS(`.sign button`)))
			owner.until(`location.pathname === '/Family/' && document.readyState === 'complete'`)
			const form = `form[action$="?share"]`
			owner.do(chromedp.Click(chromedp.CSS(`details:has(` + form + `) summary`)))
			if out := eval[[]string](owner, "[...document.querySelector('"+form+"').elements].filter((e) => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth; }).map((e) => e.name || e.textContent)"); len(out) > 0 {
				t.Errorf("outside of the window are %q", out)
			}
			owner.fill(form, map[string]string{"name": "Ann & Bob " + by, "days": "30", "password": "for the guests"})
			owner.do(chromedp.Click(chromedp.CSS(form+` [name=no-download]`)), chromedp.Click(chromedp.CSS(form+` [name=picks]`)), chromedp.Click(chromedp.CSS(form+` button`)))
			owner.until(`!!document.querySelector('svg.qr') && document.readyState === 'complete'`)
			link := eval[string](owner, `document.querySelector('main a').href`)
			picture, err := chromedp.Run(owner.ctx, chromedp.Screenshot(chromedp.CSS(`svg.qr`)))
			if err != nil {
				t.Fatal(err)
			}
			if got := scan(t, picture); got != link || !strings.HasPrefix(link, home+"/.share/") {
				t.Errorf("the QR code leads to %q, the link to %q", got, link)
			}
			if got := eval[string](owner, `document.body.textContent`); strings.Contains(got, "for the guests") {
				t.Error("the page shows the link's password")
			}
			list, err := exec.Command(binary, "shares", dir).CombinedOutput()
			if err != nil {
				t.Fatalf("shares: %v\n%s", err, list)
			}
			var id, line string
			for _, line = range strings.Split(string(list), "\n") {
				if strings.Contains(line, "Ann & Bob "+by) {
					id, _, _ = strings.Cut(line, " ")
					break
				}
			}
			if want := id + " to Family with a password without downloads with picks for Ann & Bob " + by + " until " + time.Now().AddDate(0, 0, 30).UTC().Format(time.DateOnly); line != want {
				t.Errorf("the link is %q, want %q", line, want)
			}

			guest := newBrowser(t, 390, 844)
			guest.tolerant = true // of 403, 404 and 410
			tellsNothing := func(what string) {
				t.Helper()
				for _, of := range []string{"Family", "secret", "Our", ".jpg", "Bob"} {
					if page := eval[string](guest, `document.documentElement.outerHTML`); strings.Contains(page, of) {
						t.Errorf("%s tells of %q", what, of)
					}
				}
			}
			guest.expect(link, 200)
			tellsNothing("the page that asks for the password")
			guest.fill(".sign", map[string]string{"password": "for the ghosts"})
			guest.do(chromedp.Click(chromedp.CSS(`.sign button`)))
			guest.until(`!!document.querySelector('.sign [role=alert]')`)
			tellsNothing("the page after a wrong password")
			if got := eval[int](guest, answered); got != 403 || len(guest.cookies(home+"/Family/")) > 0 {
				t.Errorf("a wrong password = %d, with %v", got, guest.cookies(home+"/Family/"))
			}
			guest.fill(".sign", map[string]string{"password": "for the guests"})
			guest.do(chromedp.Click(chromedp.CSS(`.sign button`)))
			guest.until(`location.href === '` + home + `/Family/' && document.querySelectorAll('.photo .heart').length === 1 && document.readyState === 'complete'`)
			guest.decoded()
			if ref := eval[string](guest, `document.referrer`); strings.Contains(ref, ".share") {
				t.Errorf("the album's page is told of the link: %q", ref)
			}
			if eval[bool](guest, `!!document.querySelector('a[download], a[href*="zip"], form.signin, '+`+"`"+form+"`"+`)`) {
				t.Error("the guest is offered what the link does not give")
			}
			for target, want := range map[string]int{"/": 200, "/Family/Party/": 200, "/Club/": 404, "/Open/Hidden/": 404} {
				guest.expect(home+target, want)
				if target == "/" && eval[bool](guest, `document.body.textContent.includes('secret')`) {
					t.Error("the root shows the guest the album")
				}
			}

			if out, err := exec.Command(binary, "shares", "-revoke", id, dir).CombinedOutput(); err != nil {
				t.Fatalf("shares -revoke: %v\n%s", err, out)
			}
			revoked := time.Now()
			for guest.visit(home + "/Family/"); eval[int](guest, answered) != 404; guest.visit(home + "/Family/") {
				if time.Since(revoked) > 10*time.Second {
					t.Fatal("a revoked link opens the album still")
				}
			}
			expired, _ := expiredLink(t, dir, "Family")
			for what, at := range map[string]string{"revoked": strings.TrimPrefix(link, home), "expired": expired} {
				guest.expect(home+at, 410)
				tellsNothing("the page of a link that is " + what)
				if text := eval[string](guest, `[...document.querySelectorAll('h1, main')].map((e) => e.textContent.trim()).join(': ')`); text != "This link has ended: It opens nothing any more. Whoever sent it to you can send another." {
					t.Errorf("of a link that is %s the page says %q", what, text)
				}
			}
		})
	}
}
