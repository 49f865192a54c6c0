package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
)

// An album in an order by date has a heading for each month, where a row begins, and ways
// there from its head. Pages that come as one scrolls bring theirs, the lightbox goes through
// all, and in an order by name the ways lead to pages.
func TestGrid_months(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const photos = 600 // two pages
	for i := range photos {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("2014%02d%02d_120000 %d.jpg", 1+i/100, 1+i%100*28/100, i)), 90+i%3*30, 90, i)
	}
	warm(t, dir)
	p := start(t, nil, dir)
	for _, width := range []int{360, 820, 1440} {
		b := newBrowser(t, width, 900)
		b.visit(p.url + "/a/?sort=date")
		b.until(`document.readyState === 'complete' && document.querySelectorAll('.photo').length >= 500`)
		if got := eval[string](b, `[...document.querySelectorAll('.jump a')].map((a) => a.textContent + a.hash).join()`); got != "January 2014#2014-01,February 2014#2014-02,March 2014#2014-03,April 2014#2014-04,May 2014#2014-05,June 2014#2014-06" {
			t.Errorf("ways to %s", got)
		}
		if !eval[bool](b, `[...document.querySelectorAll('.grid .day')].every((h) => h.nextElementSibling.offsetTop > h.offsetTop
			&& (h.previousElementSibling.previousElementSibling?.offsetTop ?? -1) < h.offsetTop && h.offsetHeight < 60)`) {
			t.Error("a heading does not stand alone above its photos")
		}
		if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("%d px wide in a window of %d", wide, width)
		}
		b.run(`document.querySelectorAll('.photo a').forEach((a) => /%2099\.jpg/.test(a.href) && a.click())`)
		b.until(dialogOpen)
		b.run(`document.querySelector('[data-do="next"]').click()`)
		b.until(`location.pathname.endsWith('%20100.jpg/')`)
		b.run(`history.back()`)
		b.until(`!document.querySelector('dialog').open`)
		b.run(`document.querySelector('.jump a[href$="#2014-03"]').click()`)
		b.until(`Math.abs(document.getElementById('2014-03').getBoundingClientRect().top) < 300 && scrollY > 100`)
		b.run(`window.same = true; scrollTo(0, document.body.scrollHeight)`)
		b.until(`document.getElementById('2014-06')`)
	}
	b := newBrowser(t, 820, 900)
	b.visit(p.url + "/a/?page=2")
	b.until(`document.readyState === 'complete'`)
	if got := eval[string](b, `[...document.querySelectorAll('.jump a')].map((a) => a.textContent + a.search + (a.ariaCurrent ?? '')).join()`); got != "1 20140101_120000 0,2 20140601_120000 500?page=2page" {
		t.Errorf("ways to %s", got)
	}
	if eval[bool](b, `!!document.querySelector('.day')`) {
		t.Error("an order by name has months")
	}
}
