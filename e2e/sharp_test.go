package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shapes are those of photos, from 1:3 to 8:1.
var shapes = [][2]int{{1, 3}, {2, 5}, {6, 13}, {9, 16}, {2, 3}, {3, 4}, {4, 5}, {1, 1}, {5, 4}, {4, 3}, {3, 2}, {16, 9}, {2, 1}, {12, 5}, {3, 1}, {5, 1}, {8, 1}}

// drawShapes writes a photo of each shape.
func drawShapes(t *testing.T, album string, longer int) {
	t.Helper()
	for i, s := range shapes {
		drawShape(t, filepath.Join(album, fmt.Sprintf("%02d.jpg", i+1)), s, longer)
	}
}

// drawShape writes a photo of many pixels and, but for what lies behind the picture, few bytes.
func drawShape(t *testing.T, file string, s [2]int, longer int) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, longer*s[0]/max(s[0], s[1]), longer*s[1]/max(s[0], s[1])))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	put(t, file, append(b.Bytes(), make([]byte, 600<<10)...))
}

// screen makes the browser's window one of so many device pixels to a CSS pixel.
func (b *browser) screen(width, height int64, ratio float64) {
	b.t.Helper()
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: ratio, Mobile: width < 600})
		return chromedp.Void{}, err
	})
}

// soft is a script's function: how many device pixels a picture has for each of its file's, or
// 0 for the original, which has no more. (An img's own natural width is that of its srcset's
// descriptor and sizes.)
const soft = `async (img) => {
	const file = new Image();
	await new Promise((resolve) => {
		file.onload = resolve;
		file.src = img.currentSrc;
	});
	const box = img.getBoundingClientRect();
	const own = Number(img.closest('.photo') ? img.closest('a').dataset.size.split('x')[0] : NaN);
	const shown = Math.min(box.width, box.height * file.naturalWidth / file.naturalHeight); // a very tall one is framed
	return file.naturalWidth >= own || !img.currentSrc.includes('/_thumbs/') ? 0 : shown * devicePixelRatio / file.naturalWidth;
}`

// Whatever its shape and the screen, no photo of a warm album is shown with more device pixels
// than 1.1 for each of its file's, neither in the grid nor in the lightbox.
func TestSharp_shapes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	drawShapes(t, filepath.Join(dir, "a"), 4800)
	warm(t, dir)
	p := start(t, nil, dir)
	b := newBrowser(t, 1440, 900)
	for _, screen := range []struct {
		width, height int64
		ratio         float64
		largest       string // preview that the lightbox shows
	}{{1440, 900, 1, "1600"}, {1440, 900, 2, "4096"}, {390, 844, 3, "2560"}, {1440, 900, 3, "4096"}} {
		what := fmt.Sprintf("%d x %d at %v", screen.width, screen.height, screen.ratio)
		b.screen(screen.width, screen.height, screen.ratio)
		b.visit(p.url + "/a/")
		b.decoded()
		worst := eval[[]string](b, `(async () => {
			const soft = `+soft+`;
			const late = performance.now() + 10000;
			for (;;) { // some are asked for again, once they are known to be stretched
				const found = [];
				for (const img of document.querySelectorAll('.photo img')) {
					const by = await soft(img);
					if (by > 1.1) found.push(img.alt + ': ' + by.toFixed(2) + ' of ' + img.currentSrc);
				}
				if (!found.length || performance.now() > late) return found;
				await new Promise((resolve) => { setTimeout(resolve, 100); });
			}
		})()`)
		for _, photo := range worst {
			t.Errorf("%s, in the grid, stretched: %s", what, photo)
		}
		b.run(`document.querySelector('.photo a').click()`)
		b.until(dialogOpen)
		for i := range shapes {
			if i > 0 {
				b.do(chromedp.KeyEvent(kb.ArrowRight))
			}
			b.until(fmt.Sprintf(position+` === '%d of %d'`, i+1, len(shapes)))
			by := eval[float64](b, `(async () => {
				const soft = `+soft+`;
				const late = performance.now() + 10000;
				for (;;) {
					const img = `+shownImg+`;
					const by = img && /_thumbs.\d+.\d+.jpg|[^s].\d+.jpg$/.test(img.currentSrc) ? await soft(img) : 9;
					if (by <= 1.1 || performance.now() > late) return by;
					await new Promise((resolve) => { setTimeout(resolve, 20); });
				}
			})()`)
			if by > 1.1 {
				t.Errorf("%s, in the lightbox, stretched: %v by %v", what, shapes[i], by)
			}
		}
		if larger := map[string]string{"1600": "2560", "2560": "4096", "4096": "/a/17.jpg"}[screen.largest]; screen.ratio < 3 || screen.width < 600 {
			sent := eval[[]string](b, `performance.getEntriesByType('resource').map((e) => e.name)`)
			if all := strings.Join(sent, " "); strings.Contains(all, larger) || !strings.Contains(all, screen.largest) {
				t.Errorf("%s: want %s and not %s among %s", what, screen.largest, larger, all)
			}
		}
	}
}

// Nor is an album's cover, which fills its card: but for what is 5 and 8 times wider than high,
// of which there is no larger preview.
func TestSharp_cards(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, s := range shapes {
		drawShape(t, filepath.Join(dir, fmt.Sprintf("%02d", i+1), "1.jpg"), s, 4800)
	}
	warm(t, dir)
	p := start(t, nil, dir)
	b := newBrowser(t, 1440, 900)
	sent := map[string]bool{} // widths of all files
	for _, screen := range []struct {
		width, height int64
		ratio         float64
	}{{320, 640, 2}, {360, 740, 3}, {390, 844, 3}, {820, 1180, 1}, {820, 1180, 2}, {1040, 800, 3}, {1366, 768, 1}, {1440, 900, 1}, {1440, 900, 2}, {1440, 900, 3}, {1920, 1080, 1}, {1920, 1080, 2}} {
		b.screen(screen.width, screen.height, screen.ratio)
		b.visit(p.url + "/")
		if n := b.decoded(); n != len(shapes) {
			t.Fatalf("%d covers are shown, want %d", n, len(shapes))
		}
		for _, cover := range eval[[]struct {
			Src             string
			By, Width, Most float64
		}](b, `Promise.all([...document.querySelectorAll('.card img')].map(async (img) => {
			const file = new Image();
			file.src = img.currentSrc;
			await file.decode();
			const box = img.getBoundingClientRect();
			const shown = Math.max(box.width, box.height * file.naturalWidth / file.naturalHeight) * devicePixelRatio;
			return { src: img.currentSrc, by: shown / file.naturalWidth, width: file.naturalWidth, most: Math.max(file.naturalWidth, file.naturalHeight) };
		}))`) {
			sent[fmt.Sprint(cover.Width)] = true
			if cover.By > 1.1 && cover.Most < 4096 {
				t.Errorf("%d x %d at %v: %s is stretched %.2f times", screen.width, screen.height, screen.ratio, cover.Src, cover.By)
			}
			if cover.By < 0.35 && cover.Width > 400 {
				t.Errorf("%d x %d at %v: %s has %.1f times the pixels that are shown", screen.width, screen.height, screen.ratio, cover.Src, 1/cover.By)
			}
		}
	}
	if !sent["400"] {
		t.Errorf("no screen gets by with thumbnails, but %v", sent)
	}
}

// Who saves data gets thumbnails and the smallest previews, whatever the screen; and a photo's
// own page chooses by the screen without a script, too.
func TestSharp_pageAndSaveData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	drawShapes(t, filepath.Join(dir, "a"), 4800)
	warm(t, dir)
	p := start(t, nil, dir)
	b := newBrowser(t, 1440, 900)
	shown := func(page, selector string) string {
		t.Helper()
		b.visit(p.url + page)
		b.decoded()
		_, path, _ := strings.Cut(eval[string](b, fmt.Sprintf(`document.querySelector(%q).currentSrc`, selector)), "_thumbs/")
		path, _, _ = strings.Cut(path, "?")
		return path
	}
	b.withoutScript()
	saving := true
	for _, test := range []struct {
		width, height int64
		ratio         float64
		want          string
	}{{1440, 900, 1, "1600/11.jpg"}, {1440, 900, 2, "2560/11.jpg"}, {2560, 1440, 2, "4096/11.jpg"}, {390, 844, 3, "1600/11.jpg"}} {
		b.screen(test.width, test.height, test.ratio)
		if got := shown("/a/11.jpg/", "#photo"); got != test.want {
			t.Errorf("without script, the page of 3:2 on %d x %d at %v shows %s, want %s", test.width, test.height, test.ratio, got, test.want)
		}
		b.scripts(true) // so that the test's own may wait for a picture
		if by := eval[float64](b, `(`+soft+`)(document.getElementById('photo'))`); by > 1.1 {
			t.Errorf("without script, it is stretched by %v on %d x %d at %v", by, test.width, test.height, test.ratio)
		}
		b.withoutScript()
	}
	b.scripts(true)
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetDataSaverOverride, emulation.SetDataSaverOverrideParams{DataSaverEnabled: &saving})
		if err == nil {
			_, err = cdp.Call(ctx, tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Save-Data": "on"}})
		}
		return chromedp.Void{}, err
	})
	b.screen(1440, 900, 2)
	if got := shown("/a/11.jpg/", "#photo"); got != "1600/11.jpg" {
		t.Errorf("with Save-Data, the page shows %s, want the smallest preview", got)
	}
	if got := shown("/a/", ".photo img"); got != "01.jpg" || eval[int](b, `document.querySelectorAll('[srcset]').length`) != 0 {
		t.Errorf("with Save-Data, the grid shows %s, want the thumbnail, and offers others", got)
	}
	b.open(p.url+"/a/", 10)
	b.until(shownImg + `.naturalWidth === 1600`)
	if !eval[bool](b, `navigator.connection.saveData`) {
		t.Error("the browser saves no data")
	}
}
