package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// engines are the three that browsers are made of.
var engines = map[string]func(t *testing.T, script bool) *engine{
	"Chromium": withChromium, "Firefox": withFirefox, "WebKit": withWebKit,
}

// enginesSite is a program with five large photos at /a/, to which ann may add.
func enginesSite(t *testing.T) (p *program, dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range 5 {
		drawLarge(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), 2400, 1600, i)
	}
	users, _ := addUser(t, "ann")
	return start(t, nil, "-users", users, "-upload", dir), dir
}

// What visitors do most works in each engine: open a photo, leaf by key and by finger, zoom,
// read its information, close it, go back and forward, reload, follow a link to a photo, and
// add one.
func TestEngines_mainPath(t *testing.T) {
	for name, begin := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, dir := enginesSite(t)
			e := begin(t, true)
			e.do(setWindowRect, "", map[string]any{"x": 0, "y": 0, "width": 1000, "height": 800})
			page := func(n int) string { return fmt.Sprintf("%s/a/%d.jpg/", p.url, n) }
			shows := func(n int) {
				t.Helper()
				e.until(fmt.Sprintf(`location.href === %q && %s && %s === '%d of 5' && %s`, page(n), dialogOpen, position, n, previewShown))
			}

			e.open(p.url + "/")
			e.click(`.card a`)
			e.untilAt(p.url + "/a/")
			e.until(`document.querySelectorAll('.photo img').length === 5 && document.readyState === 'complete'`)
			e.click(`.photo a`)
			shows(1)
			e.press(keyRight)
			shows(2)
			e.until(atRestNow)
			e.swipe(700, 200, 400)
			shows(3)
			e.until(atRestNow)
			e.swipe(200, 700, 400)
			shows(2)
			e.press(keyRight)
			shows(3)

			e.press("+")
			e.until(scale + ` > 1.4`)
			e.press("+")
			e.until(shownImg + `.naturalWidth === 2400`) // the original
			e.press("0")
			e.until(scale + ` < 1.01`)
			e.press("i")
			e.until(`!document.querySelector('.panel.about').hidden && document.querySelector('.panel.about').textContent.includes('2400 × 1600')`)
			e.press("i")
			e.until(`document.querySelector('.panel.about').hidden`)
			e.click(`#lightbox .close`)
			e.until(dialogClosed + fmt.Sprintf(` && location.href === %q && document.activeElement.href === %q`, p.url+"/a/", page(3)))

			e.click(`.photo a`)
			shows(1)
			e.do(goBack, "", map[string]any{})
			e.until(dialogClosed + fmt.Sprintf(` && location.href === %q`, p.url+"/a/"))
			e.do(goForward, "", map[string]any{})
			shows(1)
			e.do(refresh, "", map[string]any{})
			e.until(`document.body.classList.contains('single') && document.getElementById('photo').complete && document.getElementById('photo').naturalWidth > 0`)

			e.open(page(4))
			e.until(`document.querySelector('a[rel="up"]').textContent === '4 of 5' && document.getElementById('photo').complete && document.getElementById('photo').naturalWidth > 0`)
			e.click(`a[rel="next"]`)
			e.untilAt(page(5))
			e.until(`document.querySelector('a[rel="up"]').textContent === '5 of 5'`) // the address may be ahead of the page
			e.press(keyLeft)
			e.untilAt(page(4))

			e.open(p.url + "/.signin?album=a")
			for field, text := range map[string]string{"name": "ann", "password": password} {
				e.do(sendKeys, e.element(`.sign [name=`+field+`]`), map[string]any{"text": text})
			}
			e.click(`.sign button`)
			e.until(`location.pathname === '/a/'`)
			e.until(`document.querySelector('.add.live')`)
			photo := filepath.Join(t.TempDir(), "new.jpg")
			draw(t, photo, 900, 600, 9)
			e.click(`.add summary`)
			e.do(sendKeys, e.element(`.add input[multiple]`), map[string]any{"text": photo})
			e.until(`document.querySelectorAll('.add .files li').length === 1`)
			e.click(`.add .send button`)
			e.until(`document.querySelectorAll('.photo').length === 6`)
			exist(t, dir, "a/new.jpg")
		})
	}
}

// atRestNow is true while nothing moves.
const atRestNow = `document.getAnimations().every((a) => a.playState !== 'running')`

// Without script, every page and photo can be reached in each engine.
func TestEngines_withoutScript(t *testing.T) {
	for name, begin := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := enginesSite(t)
			e := begin(t, false)
			e.open(p.url + "/")
			for _, step := range [][2]string{
				{`.card a`, "/a/"}, {`.photo a`, "/a/1.jpg/"}, {`a[rel="next"]`, "/a/2.jpg/"}, {`a[rel="prev"]`, "/a/1.jpg/"},
				{`a[rel="up"]`, "/a/"}, {`.sorts a + a`, "/a/?sort=date"}, {`.crumbs a`, "/?sort=date"}, // the order goes along
			} {
				e.click(step[0])
				e.untilAt(p.url + step[1])
			}
		})
	}
}

// A guest's way works in each engine: the password of a link, hearts in the grid and in the
// lightbox, the bar, what they choose as names, and sending it; and a link that is over says so.
func TestEngines_guest(t *testing.T) {
	for name, begin := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, dir, _, _ := picksTree(t)
			_, over := guestLinks(t, dir)
			cmd := exec.Command(binary, "share", "-password", "-picks", "-name", "Ann & Bob", dir, "Wedding")
			cmd.Stdin = strings.NewReader(password + "\n")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			e := begin(t, true)
			e.do(setWindowRect, "", map[string]any{"x": 0, "y": 0, "width": 1000, "height": 800})
			e.open(p.url + over)
			e.until(`document.querySelector('h1').textContent === 'This link has ended' && !document.querySelector('form')`)
			e.open(p.url + strings.TrimSpace(string(out)))
			e.do(sendKeys, e.element(`.sign [name=password]`), map[string]any{"text": "the wrong one"})
			e.click(`.sign button`)
			e.until(`!!document.querySelector('.sign [role=alert]')`)
			e.do(sendKeys, e.element(`.sign [name=password]`), map[string]any{"text": password})
			e.click(`.sign button`)
			e.until(`location.pathname === '/Wedding/' && document.querySelectorAll('.heart').length === 6 && document.readyState === 'complete'`)
			e.click(heart(2))
			e.until(`document.querySelector('#picks output').value === 'Picked: 1'`)
			e.click(`.photo:nth-of-type(4) a`)
			e.until(dialogOpen + ` && location.pathname === '/Wedding/DSC_0003.jpg/' && ` + previewShown)
			e.press("h")
			e.until(`document.querySelector('[data-do=pick]').ariaPressed === 'true' && !document.querySelector('.remark').hidden`)
			e.do(sendKeys, e.element(`.remark`), map[string]any{"text": "larger, with h"})
			e.click(`#lightbox .close`)
			e.until(dialogClosed + ` && document.querySelector('#picks output').value === 'Picked: 2'`)
			e.click(`#picks [name=list]`)
			e.until(`[...document.querySelectorAll('textarea')][0]?.value === 'DSC_0001, DSC_0003'`)
			e.do(goBack, "", map[string]any{})
			e.until(`document.querySelector('#picks output')?.value === 'Picked: 2' && document.querySelectorAll('.heart:checked').length === 2`)
			e.click(`#picks [name=send]`)
			e.until(`[...document.querySelectorAll('[name^=note-]')].map((f) => f.value).join('|') === '|larger, with h' && document.querySelector('[name=name]').value === 'Ann & Bob'`)
			e.click(`.chosen form button`)
			e.until(`document.querySelector('[role=alert]')?.textContent === 'Your choice was sent.'`)
		})
	}
}
