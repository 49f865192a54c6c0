package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// answered is the status of the page's answer.
const answered = `performance.getEntriesByType('navigation')[0].responseStatus`

// expect goes to an address, whose answer must have that status.
func (b *browser) expect(address string, status int) {
	b.t.Helper()
	b.visit(address)
	if got := eval[int](b, answered); got != status {
		b.t.Errorf("GET %s = %d, want %d", address, got, status)
	}
}

// fill types into the fields of a form, by their names.
func (b *browser) fill(form string, fields map[string]string) {
	b.t.Helper()
	for name, text := range fields {
		b.run(`document.querySelector('` + form + ` [name=` + name + `]').value = ''`)
		b.do(chromedp.SendKeys(chromedp.CSS(form+` [name=`+name+`]`), text))
	}
}

// cookies are what the browser keeps for a page of that address.
func (b *browser) cookies(address string) []*network.Cookie {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, func(ctx context.Context, tab *chromedp.Target) ([]*network.Cookie, error) {
		result, err := cdp.Call(ctx, tab, network.GetCookies, network.GetCookiesParams{URLs: []string{address}})
		return result.Cookies, err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// A person signs in by the form, mistypes the password first, and is signed in until the
// browser ends or, where they asked to stay signed in, after that; and signs out, for good.
func TestSignIn_browser(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	p := start(t, nil, "-users", users, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	_, port, _ := strings.Cut(n.tls, ":")
	for by, home := range map[string]string{"program": p.url, "nginx": "https://gallery.example.com:" + port} {
		t.Run(by, func(t *testing.T) {
			profile, err := os.MkdirTemp("", "gallery-e2e-chromium-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(profile) }) // what Chromium leaves running may write there still
			var stop func()
			restarted := func() *browser {
				t.Helper()
				if stop != nil {
					stop()
				}
				var running context.Context
				running, stop = startChromium(t, profile)
				t.Cleanup(stop)
				b := newWindow(t, running, 1000, 800)
				b.tolerant = true // of 403 and 404
				return b
			}
			b := restarted()
			b.expect(home+"/Family/", 404)
			b.expect(home+"/.signin?album=Family", 200)
			b.fill(".sign", map[string]string{"name": "ann", "password": "wrong horse"})
			b.do(chromedp.Click(chromedp.CSS(`.sign button`)))
			b.until(`document.querySelector('.sign [role=alert]')?.textContent === 'Wrong name or password.'`)
			if got := b.location(); got != home+"/.signin" || len(b.cookies(home+"/")) > 0 || eval[string](b, `document.querySelector('.sign [name=password]').value`) != "" {
				t.Errorf("a wrong password leads to %s with %v", got, b.cookies(home+"/"))
			}
			signIn := func(b *browser, stay bool) *network.Cookie {
				t.Helper()
				b.fill(".sign", map[string]string{"name": "ann", "password": password})
				if stay {
					b.do(chromedp.Click(chromedp.CSS(`.sign [name=stay]`)))
				}
				b.do(chromedp.Click(chromedp.CSS(`.sign button`)))
				b.until(`location.pathname + location.search === '/Family/' && document.querySelectorAll('.photo').length === 1`)
				cookies := b.cookies(home + "/")
				if len(cookies) != 1 || !cookies[0].HTTPOnly || cookies[0].SameSite != network.CookieSameSiteLax || cookies[0].Secure != strings.HasPrefix(home, "https:") || eval[string](b, `document.cookie`) != "" {
					t.Fatalf("signed in, the browser has %+v", cookies)
				}
				return cookies[0]
			}
			if c := signIn(b, false); !c.Session {
				t.Errorf("the session lasts until %v", time.Unix(int64(c.Expires), 0))
			}

			b = restarted()
			b.expect(home+"/Family/", 404)
			b.expect(home+"/.signin?album=Family", 200)
			c := signIn(b, true)
			if days := time.Until(time.Unix(int64(c.Expires), 0)).Hours() / 24; c.Session || days < 29 || days > 31 {
				t.Errorf("who stays signed in does so for %.1f days", days)
			}

			b = restarted()
			b.expect(home+"/Family/", 200)
			b.decoded()
			b.do(chromedp.Click(chromedp.CSS(`form.signin button`)))
			b.until(`location.pathname === '/' && !!document.querySelector('.signin a') && !document.body.textContent.includes('Family')`)
			if left := b.cookies(home + "/"); len(left) > 0 {
				t.Errorf("signed out, the browser has %+v", left)
			}
			b.expect(home+"/Family/", 404)
			signedOut := time.Now() // nginx remembers a second
			for n.send("GET", "/Family/_thumbs/3.jpg", "Cookie", c.Name+"="+c.Value).StatusCode != 404 && time.Since(signedOut) < 10*time.Second {
				time.Sleep(50 * time.Millisecond)
			}
			for _, target := range []string{"/Family/", "/Family/3.jpg", "/Family/_thumbs/3.jpg"} {
				for by, send := range map[string]func(string, string, ...string) answer{"the program": p.send, "nginx": n.send} {
					if got := send("GET", target, "Cookie", c.Name+"="+c.Value); got.StatusCode != 404 {
						t.Errorf("%s: with the cookie of who has signed out GET %s = %d", by, target, got.StatusCode)
					}
				}
			}
			b = restarted()
			b.expect(home+"/Family/", 404)
		})
	}
}
