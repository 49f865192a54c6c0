package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gallery/internal/picks"
)

// picksTree makes an album for ann, and a running program with a link to it for picking.
func picksTree(t *testing.T) (p *program, dir, link, cookie string) {
	t.Helper()
	dir = t.TempDir()
	for i := range 6 {
		draw(t, filepath.Join(dir, "Wedding", fmt.Sprintf("DSC_000%d.jpg", i)), 900+30*i, 600, i)
	}
	put(t, filepath.Join(dir, "Wedding", ".access"), []byte("ann"))
	users, _ := addUser(t, "ann")
	p = start(t, nil, "-users", users, dir)
	link, cookie = p.linkTo(dir, "-picks", "-name", "Ann & Bob", "Wedding")
	return p, dir, link, cookie
}

// guestLinks are the paths of two more links to the wedding: one that asks for a password, and
// one that has expired.
func guestLinks(t *testing.T, dir string) (closed, over string) {
	t.Helper()
	cmd := exec.Command(binary, "share", "-password", dir, "Wedding")
	cmd.Stdin = strings.NewReader(password + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("share -password: %v", err)
	}
	over, _ = expiredLink(t, dir, "Wedding")
	return strings.TrimSpace(string(out)), over
}

// pick chooses the second and fourth photo as who has the link, sends that, and returns the
// path of the choice.
func (p *program) pick(cookie string) (shown string) {
	p.t.Helper()
	shown = "/Wedding/?picks=" + picks.ID("DSC_0001.jpg") + picks.ID("DSC_0003.jpg")
	_, choice, _ := strings.Cut(shown, "?")
	if got := postTo(p.t, p.url+"/Wedding/?picks", choice+"&name=Ann+%26+Bob&note-"+picks.ID("DSC_0003.jpg")+"=larger", cookie); got != 200 {
		p.t.Fatalf("sending = %d", got)
	}
	return shown
}

// heart is the selector of a photo's heart in the grid.
func heart(n int) string { return fmt.Sprintf(`.photo:nth-of-type(%d) .heart`, n) }

// The couple pick photos in the grid and in the lightbox, show them to somebody else, download
// them, copy their names, and send them with a note; the photographer sees that.
func TestPicks_browser(t *testing.T) {
	t.Parallel()
	p, dir, link, cookie := picksTree(t)
	b := newBrowser(t, 1440, 900)
	b.visit(p.url + link)
	b.until(`location.pathname === '/Wedding/' && document.querySelectorAll('.heart').length === 6`)
	if !eval[bool](b, `getComputedStyle(document.getElementById('picks')).display === 'none'`) {
		t.Error("the bar is there before anything is picked")
	}
	b.do(chromedp.Click(chromedp.CSS(heart(2))))
	b.until(`document.querySelector('#picks output').value === 'Picked: 1'`)
	if eval[bool](b, `document.getElementById('lightbox').open`) {
		t.Error("a heart opens the lightbox")
	}

	if kept := eval[string](b, `Object.keys(localStorage).filter((key) => key.includes('picks')).join()`); kept != "picks /Wedding/" {
		t.Errorf("it is kept for %q, not for this album", kept)
	}

	// In the lightbox, by key and by button; on the page itself the key does nothing.
	b.do(chromedp.KeyEvent("h"))
	b.lightbox(3)
	b.do(chromedp.KeyEvent("h"))
	b.until(`document.querySelector('[data-do=pick]').ariaPressed === 'true' && !document.querySelector('.remark').hidden`)
	b.do(chromedp.SendKeys(chromedp.CSS(`.remark`), "larger, with h and i"))
	if got := eval[string](b, `document.querySelector('.remark').value`); got != "larger, with h and i" {
		t.Errorf("the note is %q", got)
	}
	b.run(`document.getElementById('lightbox').focus()`)
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	b.until(`location.pathname === '/Wedding/DSC_0004.jpg/' && document.querySelector('[data-do=pick]').ariaPressed === 'false' && document.querySelector('.remark').hidden`)
	b.do(chromedp.Click(chromedp.CSS(`[data-do=pick]`)))
	b.until(`document.querySelector('[data-do=pick]').ariaPressed === 'true' && document.querySelector('.remark').value === ''`)
	b.do(chromedp.KeyEvent("H"))
	b.until(`document.querySelector('[data-do=pick]').ariaPressed === 'false'`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.getElementById('lightbox').open && document.querySelector('#picks output').value === 'Picked: 2'`)
	if !eval[bool](b, fmt.Sprintf(`document.querySelector(%q).checked`, heart(4))) {
		t.Error("the grid does not show what was picked in the lightbox")
	}

	// It outlives the page, and on a photo's own page the lightbox has the same.
	b.visit(p.url + "/Wedding/DSC_0003.jpg/")
	b.do(chromedp.Click(chromedp.CSS(`#photo`)))
	b.until(`document.getElementById('lightbox').open && document.querySelector('[data-do=pick]').ariaPressed === 'true' && document.querySelector('.remark').value === 'larger, with h and i'`)
	b.visit(p.url + "/Wedding/")
	b.until(`document.querySelector('#picks output').value === 'Picked: 2' && document.querySelectorAll('.heart:checked').length === 2`)

	b.do(chromedp.Click(chromedp.CSS(`#picks button:not([name])`)))
	b.until(`location.search.startsWith('?picks=') && document.querySelectorAll('.photo').length === 2`)
	shown := eval[string](b, `location.pathname + location.search`)
	archive := p.send("GET", shown+"&zip", "Cookie", cookie)
	names := unzipped(t, archive.body)
	if !slices.Equal(names, []string{"DSC_0001.jpg", "DSC_0003.jpg"}) {
		t.Errorf("the archive holds %q", names)
	}
	if eval[int](b, `document.querySelectorAll('#picks [name=zip]').length`) != 1 {
		t.Error("the bar has no download")
	}
	// Somebody else opens the address, and leafs through just that.
	other := newBrowser(t, 390, 844)
	other.visit(p.url + link)
	other.until(`location.pathname === '/Wedding/' && document.querySelectorAll('.heart:checked').length === 0 && document.readyState === 'complete'`)
	other.visit(p.url + shown)
	other.until(`document.querySelectorAll('.photo').length === 2 && document.querySelectorAll('.heart:checked').length === 2 && document.querySelector('#picks output').value === 'Picked: 2'`)
	other.lightbox(1)
	other.until(`location.pathname === '/Wedding/DSC_0003.jpg/' && document.querySelector('.turn.next').disabled && !document.querySelector('.turn.prev').disabled`)

	b.do(chromedp.Click(chromedp.CSS(`#picks [name=list]`)))
	b.until(`document.querySelectorAll('textarea').length === 3`)
	b.do(chromedp.Click(chromedp.CSS(`.copy`)))
	b.until(`document.querySelector('.copy').textContent === 'Copied'`)
	if got := eval[string](b, `document.querySelector('textarea').value`); got != "DSC_0001, DSC_0003" {
		t.Errorf("for Lightroom the names are %q", got)
	}
	b.run(`history.back()`)
	b.until(`document.querySelector('#picks output')?.value === 'Picked: 2'`)
	b.run(`document.querySelector('#picks [name=send]').click()`)
	b.until(`[...document.querySelectorAll('[name^=note-]')].map((f) => f.value).join('|') === '|larger, with h and i'`)
	if got := eval[string](b, `document.querySelector('[name=name]').value`); got != "Ann & Bob" {
		t.Errorf("the sender is %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.CSS(`[name^=note-]`), "the first"))
	b.do(chromedp.Click(chromedp.CSS(`.chosen form button`)))
	b.until(`document.querySelector('[role=alert]')?.textContent === 'Your choice was sent.'`)
	data, err := os.ReadFile(filepath.Join(dir, "Wedding", ".picks", "Ann & Bob "+time.Now().Format(time.DateOnly)+".txt"))
	if err != nil || !strings.HasSuffix(string(data), "\n\nDSC_0001.jpg\n\tthe first\nDSC_0003.jpg\n\tlarger, with h and i\n") {
		t.Errorf("what was sent is %q, %v", data, err)
	}

	// The photographer sees it, and nobody else does.
	owner := newBrowser(t, 1440, 900)
	owner.visit(p.url + "/.signin?album=Wedding")
	owner.do(chromedp.SendKeys(chromedp.CSS(`.sign [name=name]`), "ann"), chromedp.SendKeys(chromedp.CSS(`.sign [name=password]`), password),
		chromedp.Click(chromedp.CSS(`.sign button`)))
	owner.until(`location.pathname === '/Wedding/' && document.querySelectorAll('.times').length === 2`)
	owner.do(chromedp.Click(chromedp.CSS(`.sent summary`)))
	if got := eval[string](owner, `[...document.querySelectorAll('.sent tbody tr')].map((r) => r.textContent).join('|')`); got != "DSC_0001.jpg1♥ the first|DSC_0003.jpg1♥ larger, with h and i" {
		t.Errorf("the photographer sees %q", got)
	}
	owner.do(chromedp.Click(chromedp.CSS(`.sent thead a`)))
	owner.until(`location.search.startsWith('?picks=') && document.querySelectorAll('.photo').length === 2`)
	b.visit(p.url + "/Wedding/")
	b.until(`document.querySelectorAll('.photo').length === 6`)
	if eval[int](b, `document.querySelectorAll('.sent, .times').length`) != 0 {
		t.Error("the couple see what was sent")
	}
}

// lightbox opens the photo at a place in the grid.
func (b *browser) lightbox(n int) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.querySelectorAll('.photo a')[%d].click()`, n))
	b.until(dialogOpen)
	b.rest()
}

// postTo sends a form and returns the status of the answer.
func postTo(t *testing.T, address, form, cookie string) int {
	t.Helper()
	r, err := http.NewRequest("POST", address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "gallery.example.com"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	got, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	return got.StatusCode
}

// unzipped are the names in an archive.
func unzipped(t *testing.T, archive []byte) (names []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		r.Close()
		names = append(names, f.Name)
	}
	return names
}

// Without the script, check boxes in a form do the same.
func TestPicks_withoutScript(t *testing.T) {
	t.Parallel()
	p, dir, link, cookie := picksTree(t)
	b := newBrowser(t, 820, 1180)
	b.withoutScript()
	p.send("GET", "/Wedding/", "Cookie", cookie) // no cell moves any more
	b.visit(p.url + link)
	b.do(chromedp.WaitVisible(chromedp.CSS(`#picks`)))
	b.do(chromedp.Click(chromedp.CSS(heart(2))), chromedp.Click(chromedp.CSS(heart(5))), chromedp.Click(chromedp.CSS(`#picks button:not([name])`)))
	b.do(chromedp.WaitVisible(chromedp.CSS(`.grid[data-closed] .heart:checked`)))
	shown := strings.TrimPrefix(b.location(), p.url)
	if got := strings.Count(shown, "picks="); got != 2 {
		t.Fatalf("the choice is at %s", shown)
	}
	if names := unzipped(t, p.send("GET", shown+"&zip=", "Cookie", cookie).body); !slices.Equal(names, []string{"DSC_0001.jpg", "DSC_0004.jpg"}) {
		t.Errorf("the archive holds %q", names)
	}
	b.do(chromedp.Click(chromedp.CSS(`#picks [name=list]`)), chromedp.WaitVisible(chromedp.CSS(`textarea`)))
	b.visit(p.url + shown)
	b.do(chromedp.WaitVisible(chromedp.CSS(`.heart:checked`)))
	b.do(chromedp.Click(chromedp.CSS(`#picks [name=send]`)), chromedp.WaitVisible(chromedp.CSS(`[name^=note-]`)))
	b.do(chromedp.SendKeys(chromedp.CSS(`[name^=note-]`), "this one"), chromedp.Click(chromedp.CSS(`.chosen form button`)), chromedp.WaitVisible(chromedp.CSS(`[role=alert]`)))
	texts, err := filepath.Glob(filepath.Join(dir, "Wedding", ".picks", "*.txt"))
	if err != nil || len(texts) != 1 {
		t.Fatalf("%q, %v", texts, err)
	}
	data, err := os.ReadFile(texts[0])
	if err != nil || !strings.HasSuffix(string(data), "\n\nDSC_0001.jpg\n\tthis one\nDSC_0004.jpg\n") {
		t.Errorf("what was sent is %q, %v", data, err)
	}
}

// nginx and the program answer alike: who may pick gets the choice, its archive by ranges and
// its lists, of a thousand photos, too; for all others there is none of it. What was sent is
// given out by neither.
func TestPicks_nginx(t *testing.T) {
	t.Parallel()
	p, dir, _, cookie := picksTree(t)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	_, plain := p.linkTo(dir, "Wedding")
	shown := eval[string](newBrowser(t, 820, 1180), `((names) => names.map((file) => {
		let h = 0xcbf29ce484222325n;
		for (const c of file) h = BigInt.asUintN(64, (h ^ BigInt(c.charCodeAt())) * 0x100000001b3n);
		return (h % 36n ** 6n).toString(36).padStart(6, '0');
	}).join(''))(['DSC_0001.jpg', 'DSC_0003.jpg'])`)
	choice := "?picks=" + shown + strings.Repeat(shown[:6], 998)
	form := url.Values{"picks": {shown}, "name": {"Ann"}}.Encode()
	for by, send := range map[string]func(string, string, ...string) answer{"the program": p.send, "nginx": n.send} {
		whole := send("GET", "/Wedding/"+choice+"&zip", "Cookie", cookie)
		if whole.StatusCode != 200 || !slices.Equal(unzipped(t, whole.body), []string{"DSC_0001.jpg", "DSC_0003.jpg"}) {
			t.Errorf("%s: the archive of a choice = %d", by, whole.StatusCode)
		}
		part := send("GET", "/Wedding/"+choice+"&zip", "Cookie", cookie, "Range", "bytes=100-", "If-Range", whole.Header.Get("ETag"))
		if part.StatusCode != 206 || !bytes.Equal(part.body, whole.body[100:]) {
			t.Errorf("%s: the rest of it = %d", by, part.StatusCode)
		}
		for _, rest := range []string{choice, choice + "&list", choice + "&send", choice + "&zip", "?picks=x", ".picks/", ".picks/Ann.txt"} {
			missing := send("GET", "/Nowhere/"+rest)
			for who, header := range map[string][]string{"nobody": nil, "who made the cookie up": {"Cookie", cookie[:len(cookie)-2]}} {
				if got := send("GET", "/Wedding/"+rest, header...); got.StatusCode != 404 || len(got.body) != len(missing.body) {
					t.Errorf("%s: GET %.40s by %s = %d with %d bytes, what is not there has %d", by, rest, who, got.StatusCode, len(got.body), len(missing.body))
				}
			}
		}
		for who, test := range map[string]struct {
			cookie string
			want   int
		}{"who may": {cookie, 200}, "who may not pick": {plain, 404}} {
			if got := postTo(t, map[string]string{"nginx": "https://" + n.tls, "the program": p.url}[by]+"/Wedding/?picks", form, test.cookie); got != test.want {
				t.Errorf("%s: sending by %s = %d, want %d", by, who, got, test.want)
			}
		}
	}
	texts, err := os.ReadDir(filepath.Join(dir, "Wedding", ".picks"))
	if err != nil || len(texts) != 2 {
		t.Fatalf("%v, %v", texts, err)
	}
	for by, send := range map[string]func(string, string, ...string) answer{"the program": p.send, "nginx": n.send} {
		for _, rest := range []string{"", url.PathEscape(texts[0].Name()), "../.picks/" + url.PathEscape(texts[0].Name()), "%2e" + url.PathEscape(texts[0].Name())} {
			if got := send("GET", "/Wedding/.picks/"+rest, "Cookie", cookie); got.StatusCode != 404 || bytes.Contains(got.body, []byte("Name:")) {
				t.Errorf("%s: GET .picks/%s = %d", by, rest, got.StatusCode)
			}
		}
	}
}
