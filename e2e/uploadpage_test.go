package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// signIn goes to an address that asks for a password, and gives ann's.
func (b *browser) signIn(to string) {
	b.t.Helper()
	b.visit(to)
	b.do(chromedp.SendKeys(chromedp.CSS(`.sign [name=name]`), "ann"), chromedp.SendKeys(chromedp.CSS(`.sign [name=password]`), password),
		chromedp.Click(chromedp.CSS(`.sign button`)), chromedp.WaitVisible(chromedp.CSS(`.add`)))
}

// uploadSite is a running program that takes photos into Trip, with three
// files on the visitor's side, the last of which is none.
func uploadSite(t *testing.T) (p *program, dir string, files []string) {
	t.Helper()
	users, _ := addUser(t, "ann")
	dir = t.TempDir()
	for i := range 3 {
		draw(t, filepath.Join(dir, "Trip", fmt.Sprintf("%d.jpg", i)), 600, 400, i)
	}
	sent := t.TempDir()
	for i, name := range []string{"beach.jpg", "été.jpg", "notes.txt"} {
		files = append(files, filepath.Join(sent, name))
		draw(t, files[i], 900, 600, 5+i)
	}
	return start(t, nil, "-users", users, "-upload", dir), dir, files
}

// exist fails the test unless the files are in dir.
func exist(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// A visitor signs in, adds photos in a real browser, and sees them.
func TestUpload_browser(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1440, 900}, {390, 844}} {
		t.Run(fmt.Sprint(size[0]), func(t *testing.T) {
			p, dir, files := uploadSite(t)
			b := newBrowser(t, size[0], size[1])
			phone := size[0] < 600
			if phone {
				b.do(chromedp.EmulateViewport(int64(size[0]), int64(size[1]), chromedp.EmulateMobile, chromedp.EmulateTouch))
			}
			b.visit(p.url + "/Trip/")
			if n := eval[int](b, `document.querySelectorAll('.add').length`); n != 0 {
				t.Errorf("there are %d forms before the visitor has signed in", n)
			}
			to := eval[string](b, `document.querySelector('.signin a').href`)
			b.signIn(to)
			b.until(`location.pathname === '/Trip/' && document.querySelector('.add.live') !== null`)
			b.do(chromedp.Click(chromedp.CSS(`.add summary`)))
			if camera := eval[bool](b, `getComputedStyle(document.querySelector('.camera')).display !== 'none'`); camera != phone {
				t.Errorf("the camera is offered: %v", camera)
			}
			b.do(chromedp.SetUploadFiles(chromedp.CSS(`.add input[multiple]`), files[:2]))
			b.until(`document.querySelectorAll('.add .files li').length === 2`)
			b.do(chromedp.Click(chromedp.CSS(`.add .send button`)))
			b.until(`document.querySelectorAll('.photo').length === 5`)

			// What is no photo is named, with the reason, and the others arrive.
			b.do(chromedp.Click(chromedp.CSS(`.add summary`)), chromedp.SetValue(chromedp.CSS(`.add [name=album]`), "Sommer"),
				chromedp.SetUploadFiles(chromedp.CSS(`.add input[multiple]`), files))
			b.until(`document.querySelectorAll('.add .files li').length === 3`)
			b.do(chromedp.Click(chromedp.CSS(`.add .send button`)))
			b.until(`document.querySelectorAll('.refused').length === 1 && document.querySelector('.files a[href$="/Trip/Sommer/"]') !== null`)
			if got := eval[string](b, `document.querySelector('.refused').textContent`); !strings.Contains(got, "notes.txt") || !strings.Contains(got, "not a JPEG") {
				t.Errorf("of the refused it says %q", got)
			}
			if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > size[0] {
				t.Errorf("the page is %d pixels wide in a window of %d", wide, size[0])
			}
			b.visit(p.url + "/Trip/Sommer/")
			b.until(`document.querySelectorAll('.photo').length === 2`)
			exist(t, dir, "Trip/beach.jpg", "Trip/été.jpg", "Trip/Sommer/beach.jpg", "Trip/Sommer/été.jpg")
		})
	}
}

// Files may be dropped anywhere on the page: here a thumbnail, since the photo itself is
// there already.
func TestUpload_dropped(t *testing.T) {
	t.Parallel()
	p, dir, _ := uploadSite(t)
	b := newBrowser(t, 1440, 900)
	b.signIn(p.url + "/.signin?album=Trip")
	b.until(`location.pathname === '/Trip/' && document.querySelector('.add.live') !== null`)
	eval[bool](b, `fetch('/Trip/_thumbs/1.jpg').then((r) => r.blob()).then((photo) => {
		const files = new DataTransfer();
		files.items.add(new File([photo], 'dropped.jpg', {type: 'image/jpeg'}));
		for (const type of ['dragover', 'drop']) {
			document.querySelector('main').dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
		}
		return true;
	})`)
	b.do(chromedp.Click(chromedp.CSS(`.add .send button`)))
	b.until(`document.querySelectorAll('.photo').length === 4`)
	exist(t, dir, "Trip/dropped.jpg")
}

// Photos can be added without JavaScript.
func TestUpload_withoutScript(t *testing.T) {
	t.Parallel()
	p, dir, files := uploadSite(t)
	b := newBrowser(t, 820, 1180)
	b.withoutScript()
	b.signIn(p.url + "/.signin?album=Trip")
	b.do(chromedp.Click(chromedp.CSS(`.add summary`)), chromedp.SetUploadFiles(chromedp.CSS(`.add input[multiple]`), files[:2]),
		chromedp.Click(chromedp.CSS(`.add .send button`)), chromedp.WaitVisible(chromedp.CSS(`.photo:nth-child(5)`)))
	b.do(chromedp.Click(chromedp.CSS(`.add summary`)), chromedp.SendKeys(chromedp.CSS(`.add [name=album]`), "Sommer"),
		chromedp.SetUploadFiles(chromedp.CSS(`.add input[multiple]`), files))
	b.do(chromedp.Click(chromedp.CSS(`.add .send button`)), chromedp.WaitVisible(chromedp.CSS(`.uploaded .refused`)))
	b.do(chromedp.Click(chromedp.CSS(`a.up`)), chromedp.WaitVisible(chromedp.CSS(`.photo:nth-child(2)`)))
	exist(t, dir, "Trip/beach.jpg", "Trip/été.jpg", "Trip/Sommer/beach.jpg", "Trip/Sommer/été.jpg")
}
