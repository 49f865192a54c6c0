package e2e

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// While an album streams in, its first photos are there and can be opened;
// nothing moves; a line tells how far it is, and goes.
func TestGrid_streams(t *testing.T) {
	t.Parallel()
	const photos = 200
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), photos, [2]int{1200, 800}, [2]int{800, 1200}, [2]int{1000, 1000}, [2]int{2400, 500}, [2]int{1200, 900})
	for _, front := range []string{"program", "nginx"} {
		for _, width := range []int{390, 1440} {
			t.Run(fmt.Sprint(front, width), func(t *testing.T) {
				cache := t.TempDir()
				p := start(t, nil, "-cache", cache, dir)
				home := p.url
				if front == "nginx" {
					n := startNginx(t, p, dir, "gallery-simple.conf")
					home = "http://" + n.plain
				}
				b := newBrowser(t, width, 900)
				b.visit("about:blank")
				b.run(fmt.Sprintf(`location.href = %q`, home+"/a/"))
				b.until(`document.querySelector('.photo.placed img.in') && document.readyState === 'loading'`)
				if n := eval[int](b, `document.querySelectorAll('.photo').length`); n >= photos {
					t.Errorf("when the first photo was seen, all %d were there", n)
				}
				b.until(`/^\d+ of 200$/.test(document.querySelector('.progress span').textContent)`)
				b.until(`document.readyState === 'complete'`)
				if n := eval[int](b, `document.querySelectorAll('.photo').length`); n != photos {
					t.Errorf("%d photos came, want %d", n, photos)
				}
				b.until(`getComputedStyle(document.querySelector('.progress')).display === 'none'`)
				b.painted()
				if shifts := b.shifts(); len(shifts) > 0 {
					t.Errorf("the layout has shifted: %q", shifts)
				}
				b.justified(width)
			})
		}
	}
}

// Without JavaScript, too, nothing that is seen moves, and a line says that more
// is to come.
func TestGrid_streamsWithoutScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), 100, [2]int{1800, 1200}, [2]int{1200, 1800}, [2]int{1500, 1500}, [2]int{2400, 800})
	for _, width := range []int{390, 1440} {
		p := start(t, nil, "-cache", t.TempDir(), dir)
		b := newBrowser(t, width, 900)
		b.withoutScript()
		going := make(chan struct{})
		go func() {
			defer close(going)
			b.visit(p.url + "/a/")
		}()
		line, seen, settling := 0, 0, 0
		for loading := true; loading; {
			select {
			case <-going:
				loading = false
			default:
			}
			state := eval[[3]int](b, `[document.querySelector('.progress')?.offsetHeight ?? 0, document.querySelectorAll('.photo').length,
				[...document.querySelectorAll('.photo')].filter((f) => getComputedStyle(f).visibility === 'visible').length]`)
			if state[0] > 0 && state[1] < 100 {
				line++
			}
			if state[2] > 0 && state[2] < 100 {
				seen++
			}
			if state[1] < 100 {
				settling = max(settling, state[1]-state[2])
			}
		}
		if line == 0 || seen == 0 || settling < 6 {
			t.Errorf("%d: while it streamed, the line was there %d times, photos %d times, and at most %d were hidden", width, line, seen, settling)
		}
		if n := eval[int](b, `[...document.querySelectorAll('.photo')].filter((f) => getComputedStyle(f).visibility === 'visible').length`); n != 100 {
			t.Errorf("%d: in the end %d photos are seen, want 100", width, n)
		}
		if h := eval[int](b, `document.querySelector('.progress').offsetHeight`); h != 0 {
			t.Errorf("%d: in the end the line is still there", width)
		}
		if shifts := b.shifts(); len(shifts) > 0 {
			t.Errorf("%d: the layout has shifted: %q", width, shifts)
		}
	}
}

// painted waits until all that happened so far has been painted.
func (b *browser) painted() {
	b.t.Helper()
	b.run(`new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))`)
}

// shifts says of all that has moved on the page by itself what it was, and from where to where.
func (b *browser) shifts() []string {
	b.t.Helper()
	return eval[[]string](b, `(() => {
		const observer = new PerformanceObserver(() => {});
		observer.observe({ type: 'layout-shift', buffered: true });
		const at = (r) => [r.x, r.y, r.width, r.height].map(Math.round).join(' ');
		return observer.takeRecords().map((e) => [e.value.toFixed(5) + ' after ' + Math.round(e.startTime) + ' ms',
			...e.sources.map((s) => (s.node?.cloneNode().outerHTML ?? s.node?.nodeName) + ' ' + at(s.previousRect) + ' -> ' + at(s.currentRect))].join(', '));
	})()`)
}

// justified fails the test unless the photos stand in full rows of equal
// height, in their own proportions, and the last row is not stretched.
func (b *browser) justified(width int) {
	b.t.Helper()
	type figure struct{ X, Y, W, H, R float64 }
	figures := eval[[]figure](b, `[...document.querySelectorAll('.photo')].map((f) => {
		const r = f.getBoundingClientRect();
		const i = f.querySelector('img');
		return { X: r.x, Y: r.y, W: r.width, H: r.height, R: i.getAttribute('width') / i.getAttribute('height') };
	})`)
	row := map[float64]float64{}
	last := figures[len(figures)-1]
	for i, f := range figures {
		if ratio := f.W / f.H; math.Abs(ratio/f.R-1) > 0.1 {
			b.t.Errorf("photo %d of ratio %.2f is shown as %.2f: more than 10 %% is lost", i, f.R, ratio)
		}
		if h := row[f.Y]; h != 0 && math.Abs(h-f.H) > 1 {
			b.t.Errorf("photo %d is %.1f high, the others of its row %.1f", i, f.H, h)
		}
		row[f.Y] = f.H
		if i > 0 && f.Y != figures[i-1].Y {
			if end := figures[i-1].X + figures[i-1].W; end < float64(width)*0.7 {
				b.t.Errorf("the row before photo %d ends at %.0f of %d", i, end, width)
			}
		}
	}
	if last.H > 260 {
		b.t.Errorf("the last row is stretched to a height of %.0f", last.H)
	}
}

// Who goes back to an album from a photo finds that photo in view: from its
// own page, and from the lightbox where it has turned to another page's.
func TestGrid_backToPhoto(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), 560, [2]int{60, 40})
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	inView := func(photo string) {
		t.Helper()
		b.until(fmt.Sprintf(`(() => { const a = document.querySelector('.photo a[href="%s"]'); const r = a?.getBoundingClientRect();
			return r && r.top >= 0 && r.bottom <= innerHeight && document.activeElement === a; })()`, photo))
	}
	b.visit(p.url + "/a/")
	b.visit(p.url + "/a/400.jpg/")
	b.do(chromedp.Click(chromedp.CSS(`a[rel="up"]`)))
	b.at("/a/")
	inView("/a/400.jpg/")
	// Back leads to where one was on the photo's page, and a reload stays.
	b.run(`scrollTo(0, 0)`)
	b.reload()
	b.until(`document.readyState === 'complete' && scrollY === 0`)

	b.run(`document.querySelectorAll('.photo a')[499].click()`)
	b.until(dialogOpen)
	b.until(position + ` === '500 of 560'`)
	b.do(chromedp.KeyEvent(kb.End))
	b.at("/a/560.jpg/")
	b.until(position + ` === '560 of 560'`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`location.search === '?page=2'`)
	inView("/a/560.jpg/")

	// A page that streams in does not leap away from who has begun to use it.
	fill(t, filepath.Join(dir, "cold"), 120, [2]int{2400, 1600})
	b.visit(p.url + "/cold/120.jpg/")
	b.do(chromedp.Click(chromedp.CSS(`a[rel="up"]`)))
	b.until(`location.pathname === '/cold/' && document.readyState === 'loading' && document.querySelector('.photo') !== null
		&& (document.querySelector('.sorts a').focus(), true)`)
	b.until(`document.readyState === 'complete' && document.querySelectorAll('.photo').length === 120`)
	b.rest()
	if !eval[bool](b, `scrollY === 0 && document.activeElement.closest('.sorts') !== null`) {
		t.Errorf("the streamed page was scrolled to %d, or %q has the focus", eval[int](b, `Math.round(scrollY)`), eval[string](b, `document.activeElement.cloneNode().outerHTML`))
	}

	// Who comes from elsewhere begins at the top.
	b.visit(p.url + "/")
	b.do(chromedp.Click(chromedp.CSS(`.card a[href="/a/"]`)))
	b.until(`document.querySelectorAll('.photo').length >= 500 && scrollY === 0`)
}

// An album of 500 scrolls at 60 frames a second, from its top to its end.
func TestGrid_scrollsSmoothly(t *testing.T) {
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), 500, [2]int{400, 250}, [2]int{400, 325}, [2]int{400, 400})
	warm(t, dir)
	p := start(t, nil, dir)
	b := newBrowser(t, 1440, 900)
	best := 0.0
	for range 5 {
		b.visit(p.url + "/a/")
		b.until(`document.querySelectorAll('.photo').length === 500 && document.readyState === 'complete'`)
		b.rest()
		rate := eval[float64](b, `new Promise((resolve) => {
			let frames = 0, began = 0;
			const step = (now) => {
				began ||= now;
				scrollBy(0, 100);
				const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
				if (end) resolve(1000 * frames / (now - began));
				else frames++, requestAnimationFrame(step);
			};
			requestAnimationFrame(step);
		})`)
		t.Logf("%.1f frames a second", rate)
		if best = max(best, rate); best > 58 {
			return
		}
	}
	t.Errorf("scrolling shows %.1f frames a second at best, want 60", best)
}

// However many photos have come, only those near the window are in the page, and
// nothing moves or gets lost by it: the lightbox leads to each, closing leads back.
func TestGrid_takesOutWhatIsFar(t *testing.T) {
	const photos = 1600
	dir := t.TempDir()
	fill(t, filepath.Join(dir, "a"), photos, [2]int{60, 40}, [2]int{40, 60}, [2]int{90, 40})
	warm(t, dir)
	p := start(t, nil, dir)
	for _, width := range []int{390} {
		b := newBrowser(t, width, 800)
		b.visit(p.url + "/a/")
		b.until(`document.readyState === 'complete'`)
		height := 0
		for range 400 {
			b.run(`scrollBy(0, 1500); new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))`)
			if eval[bool](b, `!document.querySelector('.pages [rel="next"]') && scrollY + innerHeight >= document.documentElement.scrollHeight - 1`) {
				break
			}
		}
		b.until(`document.querySelectorAll('.photo').length < 800`)
		height = eval[int](b, `document.documentElement.scrollHeight`)
		if !eval[bool](b, `!document.querySelector('.pages [rel="next"]')`) {
			t.Fatalf("%d: the end was not reached", width)
		}
		b.painted()
		before := len(b.shifts())
		// Back to the top, step by step: all are there where they are looked for.
		for range 400 {
			seen := eval[bool](b, `(() => { const at = document.elementFromPoint(innerWidth / 2, innerHeight / 2); return at.closest('.photo, header, main') !== null && !at.matches('.away'); })()`)
			if !seen {
				t.Errorf("%d: nothing is seen at %d of %d", width, eval[int](b, `scrollY`), height)
			}
			b.run(`scrollBy(0, -2500); new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve))))`)
			if eval[bool](b, `scrollY === 0`) {
				break
			}
		}
		if h := eval[int](b, `document.documentElement.scrollHeight`); h != height {
			t.Errorf("%d: the page was %d px high and is %d", width, height, h)
		}
		b.painted()
		if shifts := b.shifts(); len(shifts) > before {
			t.Errorf("%d: the layout has shifted: %q", width, shifts[before:])
		}
		b.until(`document.querySelectorAll('.photo').length < 800`)

		// From the first to the last, which is out of the page, and back to the grid.
		b.run(`document.querySelector('.photo a').click()`)
		b.until(dialogOpen + ` && ` + position + ` === '1 of 1600'`)
		b.do(chromedp.KeyEvent(kb.End))
		b.until(position + ` === '1600 of 1600'`)
		b.do(chromedp.KeyEvent(kb.ArrowLeft))
		b.until(position + ` === '1599 of 1600'`)
		b.do(chromedp.KeyEvent(kb.Escape))
		b.until(dialogClosed)
		b.until(`(() => { const a = document.querySelector('.photo a[href="/a/1599.jpg/"]'); const r = a?.getBoundingClientRect();
			return r && r.bottom > 0 && r.top < innerHeight && document.activeElement === a; })()`)
	}
}

// A table in a description is one, and wider than the window it scrolls within the page, by
// key, too.
func TestGrid_tables(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(npm(t, "axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "a", "1.jpg"), 600, 400, 1)
	put(t, filepath.Join(dir, "a", "README.md"), []byte("# A trip\n\n| Day | Where |\n|--:|---|\n| 1 | [Brig](https://example.com/) |\n\n"+
		strings.Repeat("| Kilometres", 12)+"|\n"+strings.Repeat("|---", 12)+"|\n"+strings.Repeat("| 1234", 12)+"|\n"))
	p := start(t, nil, dir)
	b := newBrowser(t, 320, 640)
	b.visit(p.url + "/a/")
	b.until(`document.readyState === 'complete'`)
	if got := eval[[]string](b, `[...document.querySelectorAll('.about td')].slice(0, 2).map((td) => td.textContent + ' ' + getComputedStyle(td).textAlign)`); !slices.Equal(got, []string{"1 right", "Brig start"}) {
		t.Errorf("the first row is %q", got)
	}
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 320 {
		t.Errorf("the page is %d px wide, want 320", wide)
	}
	if within := eval[[]bool](b, `[...document.querySelectorAll('.about table')].map((t) => t.scrollWidth > t.clientWidth && t.getBoundingClientRect().right <= 320)`); !slices.Equal(within, []bool{false, true}) {
		t.Errorf("the tables scroll: %t, want just the wide one", within)
	}
	b.run(string(axe) + ";0")
	for _, violation := range eval[[]string](b, `axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join('; ')))`) {
		t.Error(violation)
	}
	for range 20 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if eval[bool](b, `document.activeElement.matches('table + table')`) {
			break
		}
	}
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	b.until(`document.activeElement.matches('table + table') && document.activeElement.scrollLeft > 0`)
}
