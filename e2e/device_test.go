package e2e

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	permissions "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A slideshow keeps the screen on, and lets go of it when a person steps in or
// the slideshow ends.
func TestSlideshow_keepsScreenOn(t *testing.T) {
	t.Parallel()
	dir, links := fivePhotos(t)
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	b.open(p.url+"/a/", 0)
	b.run(`window.locks = [];
		Object.defineProperty(navigator, 'wakeLock', { value: { request: async (type) => {
			const lock = { type, held: true, release: async () => { lock.held = false; } };
			window.locks.push(lock);
			return lock;
		} } });
		document.querySelector('#lightbox').dataset.interval = 50`)
	held := `window.locks.filter((l) => l.held).map((l) => l.type).join()`
	for name, end := range map[string]func(){
		"a key":   func() { b.do(chromedp.KeyEvent(kb.ArrowLeft)) },
		"s again": func() { b.do(chromedp.KeyEvent("s")) },
		"a click": func() { b.do(chromedp.MouseClickXY(600, 400)) },
		"Escape":  func() { b.do(chromedp.KeyEvent(kb.Escape)) },
	} {
		from := eval[string](b, `location.pathname`)
		b.do(chromedp.KeyEvent("s"))
		b.until(held + ` === 'screen'`)
		b.until(fmt.Sprintf(`location.pathname !== %q`, from))
		end()
		b.until(held + ` === ''`)
		b.until(`document.querySelector('[data-do="slideshow"]').ariaPressed === 'false'`)
		still := eval[string](b, `location.pathname`)
		if name != "a key" && eval[string](b, `new Promise((resolve) => setTimeout(() => resolve(location.pathname), 200))`) != still {
			t.Errorf("after %s the slideshow goes on", name)
		}
		if !eval[bool](b, dialogOpen) {
			t.Fatalf("%s closed the lightbox and not only the slideshow", name)
		}
		b.do(chromedp.KeyEvent("0"))
	}
	// A browser that has no such thing, or refuses, shows photos nonetheless.
	b.run(`navigator.wakeLock.request = async () => { throw new Error('no'); }`)
	b.do(chromedp.KeyEvent(kb.Home))
	b.at(links[0])
	b.do(chromedp.KeyEvent("s"))
	b.at(links[2])
	b.do(chromedp.KeyEvent("s"))
}

// The link goes on the clipboard, by the old way where the new one is refused,
// or to the system's own dialog on a phone.
func TestLightbox_share(t *testing.T) {
	t.Parallel()
	dir, links := fivePhotos(t)
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, tab, permissions.SetPermission, permissions.SetPermissionParams{
				Permission: &permissions.PermissionDescriptor{Name: name}, Setting: permissions.PermissionSettingGranted, Origin: p.url,
				BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID})
			return chromedp.Void{}, err
		})
	}
	// The album's own button copies its one address, whatever the order, either way.
	b.visit(p.url + "/a/?sort=-date")
	for _, way := range []string{"navigator.clipboard.readText()", "window.copied"} {
		b.until(`document.querySelector('header .share')?.checkVisibility()`)
		b.run(`document.querySelector('header .share').focus(); document.activeElement.click()`)
		b.until(`document.querySelector('header .share').textContent === document.getElementById('lightbox').dataset.copied`)
		if got := eval[string](b, way); got != p.url+"/a/" {
			t.Errorf("the album's button: %s = %q, want %q", way, got, p.url+"/a/")
		}
		if !eval[bool](b, `document.activeElement.matches('header .share') && !document.querySelector('textarea')`) {
			t.Error("copying an album's address has taken the focus along")
		}
		b.run(`document.querySelector('header .share').textContent = '';
			navigator.clipboard.writeText = async () => { throw new Error('not allowed'); };
			document.addEventListener('copy', () => { window.copied = document.activeElement.value; })`)
	}

	b.open(p.url+"/a/", 1)
	share := `document.querySelector('[data-do="share"]').click()`
	said := `document.querySelector('.toast').textContent !== ''`
	b.run(share)
	b.until(said)
	if got := eval[string](b, `navigator.clipboard.readText()`); got != p.url+links[1] {
		t.Errorf("the clipboard holds %q, want %q", got, p.url+links[1])
	}
	b.run(`document.querySelector('.toast').textContent = '';
		navigator.clipboard.writeText = async () => { throw new Error('not allowed'); };
		document.addEventListener('copy', () => { window.copied = document.activeElement.value; })`)
	b.run(share)
	b.until(said)
	if got := eval[string](b, `window.copied`); got != p.url+links[1] {
		t.Errorf("the old way copied %q, want %q", got, p.url+links[1])
	}
	if !eval[bool](b, `document.activeElement.id === 'lightbox' && !document.querySelector('textarea')`) {
		t.Error("copying has taken the focus along")
	}

	b.phone()
	b.visit(p.url + "/a/")
	b.run(`Object.defineProperty(navigator, 'share', { value: async (what) => { window.shared = what; } })`)
	b.run(`document.querySelector('.photo a').click()`)
	b.until(position + ` === '1 of 5'`)
	b.run(share)
	b.until(fmt.Sprintf(`window.shared?.url === %q && window.shared.title === document.title`, p.url+links[0]))
}

// Who wants less motion sees none: photos change at once.
func TestLightbox_reducedMotion(t *testing.T) {
	dir, links := fivePhotos(t)
	p := start(t, nil, dir)
	b := newBrowser(t, 390, 844)
	b.phone()
	// count counts the transitions of what a person does.
	count := func(motion string) (moved int) {
		t.Helper()
		b.prefers("reduced-motion", motion)
		b.visit(p.url + "/a/")
		b.run(`window.moved = 0;
			document.addEventListener('transitionrun', (e) => { if (/transform/.test(e.propertyName)) window.moved++; });
			const start = document.startViewTransition.bind(document);
			document.startViewTransition = (change) => { window.moved++; return start(change); }`)
		b.run(`document.querySelectorAll('.photo a')[1].click()`)
		b.until(dialogOpen)
		b.until(previewShown)
		b.rest()
		b.do(chromedp.KeyEvent(kb.ArrowRight))
		b.at(links[2])
		b.rest()
		b.do(touch(down, 300, 400), touch(move, 280, 400), touch(move, 100, 402), touch(lift))
		b.at(links[3])
		b.rest()
		b.do(chromedp.KeyEvent("+"))
		b.until(scale + ` > 1.4`)
		b.rest()
		b.do(chromedp.KeyEvent("0"))
		b.until(scale + ` < 1.01`)
		b.rest() // or the lightbox closes before that motion begins
		b.do(chromedp.KeyEvent(kb.Escape))
		b.until(dialogClosed)
		b.rest()
		return eval[int](b, `window.moved`)
	}
	if n := count("no-preference"); n < 5 {
		t.Errorf("%d motions were seen where they are wanted, want 5 or more", n)
	}
	if n := count("reduce"); n != 0 {
		t.Errorf("%d motions were seen where none is wanted", n)
	}
}

// A zoomed photo runs on when the finger leaves it, ever more slowly, and stops
// within its bounds; where less motion is wanted, it stays.
func TestLightbox_inertia(t *testing.T) {
	dir, _ := fivePhotos(t)
	p := start(t, nil, dir)
	b := newBrowser(t, 390, 844)
	b.phone()
	left := shownImg + `.getBoundingClientRect().left`
	for _, motion := range []string{"no-preference", "reduce"} {
		b.prefers("reduced-motion", motion)
		b.open(p.url+"/a/", 1)
		b.do(chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"))
		b.until(scale + ` > 2.9`)
		b.rest()
		b.run(`window.at = []; const watch = () => { window.at.push(` + left + `); requestAnimationFrame(watch); }; watch()`)
		before := eval[float64](b, left)
		b.do(touch(down, 200, 400))
		for x := 190.0; x >= 140; x -= 10 {
			b.run(`new Promise(requestAnimationFrame)`)
			b.do(touch(move, x, 400))
		}
		b.do(touch(lift))
		released := before - 60 // where the finger has left it
		b.until(`window.at.length > 8 && window.at.slice(-8).every((x) => x === window.at.at(-1)) && window.at.at(-1) < ` + fmt.Sprint(before-50))
		rest := eval[float64](b, left)
		ran := released - rest
		t.Logf("%s: ran on for %.0f px", motion, ran)
		if motion == "reduce" && math.Abs(ran) > 1 || motion != "reduce" && ran < 10 {
			t.Errorf("%s: the photo was left at %.0f and rests at %.0f", motion, released, rest)
		}
		right := eval[float64](b, shownImg+`.getBoundingClientRect().right`)
		if rest > 0.5 || right < 389.5 {
			t.Errorf("%s: the photo rests at %.0f to %.0f, beside the room", motion, rest, right)
		}
		if motion == "reduce" {
			continue
		}
		steps := eval[[]float64](b, `window.at.map((x, i, all) => i ? all[i - 1] - x : 0).filter((d) => d > 0.5)`)
		if len(steps) < 4 || steps[len(steps)-1] > steps[len(steps)/2]+1 {
			t.Errorf("it does not slow down: %s", strings.Trim(fmt.Sprint(steps), "[]"))
		}
	}
}

// On a screen of two device pixels each, a warm grid shows no wide photo with more of
// them than its file has.
func TestDevice_sharpWide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, size := range [][2]int{{1920, 1080}, {1080, 1920}, {2000, 1000}, {1600, 1600}, {1920, 1080}, {2100, 900}} {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), size[0], size[1], i)
	}
	warm(t, dir)
	p := start(t, nil, dir)
	for _, width := range []int{390, 820, 1440} {
		b := newBrowser(t, width, 900)
		b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: int64(width), Height: 900, DeviceScaleFactor: 2})
			return chromedp.Void{}, err
		})
		b.visit(p.url + "/a/")
		b.decoded()
		b.rest()
		soft := eval[[]string](b, `(async () => {
			const soft = [];
			for (const img of document.querySelectorAll('.photo img')) {
				if (img.width < 1.6 * img.height) continue;
				const file = new Image(); // an img's own natural width is that of its srcset's descriptor and sizes
				file.src = img.currentSrc;
				await file.decode();
				const stretched = img.getBoundingClientRect().width * devicePixelRatio / file.naturalWidth;
				if (stretched > 1.1) soft.push(img.alt + ': ' + stretched.toFixed(2) + ' of ' + img.currentSrc);
			}
			return soft;
		})()`)
		for _, photo := range soft {
			t.Errorf("at %d px, stretched: %s", width, photo)
		}
	}
}
