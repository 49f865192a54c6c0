package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a tab of a real Chromium whose complaints fail the test.
type browser struct {
	t   *testing.T
	ctx context.Context

	tolerant   bool // of answers that are errors
	mu         sync.Mutex
	complaints []string
}

// chromium is the one Chromium of all tests. The first test that needs it starts it, and
// the end of all stops it.
type chromium struct {
	mu   sync.Mutex
	ctx  context.Context // of the running browser, or nil
	stop func()
}

var shared chromium

// browser returns the running browser, which is started if there is none, or none any more.
func (c *chromium) browser(t *testing.T) context.Context {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		select {
		case <-chromedp.FromContext(c.ctx).Browser.LostConnection:
			c.stop()
		default:
			return c.ctx
		}
	}
	profile, err := os.MkdirTemp("", "gallery-e2e-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := startChromium(t, profile)
	c.ctx = ctx
	c.stop = func() {
		stop()
		os.RemoveAll(profile)
		c.ctx = nil
	}
	return ctx
}

// startChromium starts a Chromium with its profile in a folder, which outlives it. What stops
// it lets it end as it does for a person.
func startChromium(t *testing.T, profile string) (running context.Context, stop func()) {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(need(t, "chromium", "chromium")),
		chromedp.NoSandbox, // CI runs as root
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP gallery.example.com 127.0.0.1"), // the name in deploy/nginx
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.UserDataDir(profile),
		chromedp.WindowSize(1440, 900), // in a smaller one than a page's a frame takes longer
	)
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	stop = sync.OnceFunc(func() {
		_ = chromedp.Cancel(ctx) // it may be gone
		cancel()
		release()
	})
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of its first call
		stop()
		t.Fatal(err)
	}
	return ctx, stop
}

// close stops the browser, if there is one.
func (c *chromium) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		c.stop()
	}
}

// newBrowser opens a window of its own, with a profile of its own, until the test ends.
func newBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	return newWindow(t, shared.browser(t), width, height, chromedp.WithNewBrowserContext())
}

// newWindow opens a window of a running browser until the test ends.
func newWindow(t *testing.T, running context.Context, width, height int, options ...chromedp.ContextOption) *browser {
	t.Helper()
	b := &browser{t: t}
	var cancel context.CancelFunc
	b.ctx, cancel = chromedp.NewContext(running, append(options, chromedp.WithListener(func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if thrown := e.ExceptionDetails.Exception; thrown != nil {
				text += " " + thrown.Description
			}
			b.complain(text)
		case *log.EventEntryAdded:
			if !b.tolerant || e.Entry.Source != log.EntrySourceNetwork {
				b.complain(e.Entry.Text + " " + e.Entry.URL)
			}
		}
	}))...)
	t.Cleanup(cancel)
	focused := func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) { // only who has the focus may read the clipboard
		_, err := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return chromedp.Void{}, err
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(int64(width), int64(height)), focused); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, c := range b.complaints {
			t.Errorf("the browser complains: %s", c)
		}
	})
	return b
}

// eachFront runs a test against the program itself, and against the shipped
// files for nginx in front of it. home is an address without a slash at its end.
func eachFront(t *testing.T, dir string, test func(t *testing.T, home string)) {
	t.Run("program", func(t *testing.T) { test(t, start(t, nil, dir).url) })
	t.Run("nginx", func(t *testing.T) {
		n := startNginx(t, start(t, nil, dir), dir, "gallery.conf")
		_, port, _ := strings.Cut(n.tls, ":")
		test(t, "https://gallery.example.com:"+port)
	})
}

// in is the same tab for a subtest.
func (b *browser) in(t *testing.T) *browser { return &browser{t: t, ctx: b.ctx} }

func (b *browser) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, text)
}

// do runs actions, each of which must come to its end in good time.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, action := range actions {
		ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
		_, err := chromedp.Run(ctx, action)
		cancel()
		if err != nil {
			b.t.Fatalf("action %d: %v", i+1, err)
		}
	}
}

// visit opens an address and returns once its page is complete.
func (b *browser) visit(address string) {
	b.t.Helper()
	b.replace(chromedp.Navigate(address))
}

// reload opens the page's own address once more.
func (b *browser) reload() {
	b.t.Helper()
	b.replace(chromedp.Reload())
}

// replace runs an action that puts a new page in this one's place. The action alone also
// returns for what the old page does last, such as to change its address.
func (b *browser) replace(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.run(`window.replaced = true`)
	b.do(action)
	for range 500 {
		if eval[bool](b, `!window.replaced && document.readyState === 'complete'`) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatal("the page before it is still there")
}

// prefers sets what the visitor prefers, such as "dark" of "color-scheme".
func (b *browser) prefers(feature, value string) {
	b.t.Helper()
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-" + feature, Value: value}}})
		return chromedp.Void{}, err
	})
}

// withoutScript runs no script of a page any more; tests still can, but not wait for events.
func (b *browser) withoutScript() { b.scripts(false) }

// scripts has pages that come run their scripts or not.
func (b *browser) scripts(run bool) {
	b.t.Helper()
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
		return chromedp.Void{}, err
	})
}

// run runs a script.
func (b *browser) run(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
}

// eval returns the value of an expression, a promise's once it is settled.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := stayed(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// stayed runs an action, and again where the page was just being left for another.
func stayed[T any](b *browser, action chromedp.Action[T]) (T, error) {
	value, err := chromedp.Run(b.ctx, action)
	for tries := 0; err != nil && tries < 50 && strings.Contains(err.Error(), "navigated"); tries++ {
		time.Sleep(20 * time.Millisecond)
		value, err = chromedp.Run(b.ctx, action)
	}
	return value, err
}

// until waits for a condition in the page, also if the page is another by then.
func (b *browser) until(condition string) {
	b.t.Helper()
	poll := chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingTimeout(5*time.Second))
	within := func(do func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		defer cancel()
		return do(ctx)
	}
	var err error
	for range 4 {
		err = within(func(ctx context.Context) error { _, err := chromedp.Run(ctx, poll); return err })
		if err == nil {
			return
		}
		if errors.Is(err, context.DeadlineExceeded) { // after Back chromedp may not know the page's frame, for ever
			_ = within(func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.Reload()) })
		}
	}
	b.t.Fatalf("waiting for %s: %v", condition, err)
}

// location is the address of the page.
func (b *browser) location() string {
	b.t.Helper()
	at, err := stayed(b, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// decoded returns how many pictures the page has, and fails the test unless
// the browser can show every one of them.
func (b *browser) decoded() int {
	b.t.Helper()
	failed := eval[[]string](b, `Promise.all([...document.querySelectorAll('main img')].map(async (img) => {
		img.loading = 'eager';
		for (let n = 0; n < 20; n++) { // one that is given another file meanwhile is refused
			await img.decode().catch(() => {});
			if (img.naturalWidth) break;
		}
		return img.naturalWidth > 0 ? '' : img.src;
	})).then((all) => all.filter((src) => src))`)
	for _, src := range failed {
		b.t.Errorf("%s is not shown", src)
	}
	return eval[int](b, `document.querySelectorAll('main img').length`)
}

// samplePhotos walks over the whole sample and returns the pages of its albums
// that hold photos.
func (b *browser) sampleAlbums(home string) []string {
	b.t.Helper()
	var withPhotos []string
	photos := 0
	for todo := []string{home + "/"}; len(todo) > 0; todo = todo[1:] {
		b.visit(todo[0])
		b.decoded()
		if n := eval[int](b, `document.querySelectorAll('.photo img').length`); n > 0 {
			photos += n
			withPhotos = append(withPhotos, todo[0])
		}
		todo = append(todo, eval[[]string](b, `[...document.querySelectorAll('.card a')].map((a) => a.href)`)...)
	}
	if photos < 24 {
		b.t.Errorf("the sample shows %d photos, want two dozen", photos)
	}
	return withPhotos
}

const (
	dialogOpen   = `document.getElementById('lightbox').open`
	dialogClosed = `!document.getElementById('lightbox').open`
	previewShown = `(() => { const i = document.querySelector('[aria-hidden="false"] img'); return i && i.complete && i.naturalWidth > 400; })()`
)

func TestBrowser_sampleAndLightbox(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1440, 900}, {390, 844}} {
		t.Run(fmt.Sprint(size[0]), func(t *testing.T) {
			p := start(t, []string{"XDG_CACHE_HOME=" + t.TempDir()})
			b := newBrowser(t, size[0], size[1])
			albums := b.sampleAlbums(p.url)
			if len(albums) < 3 {
				t.Fatalf("the sample has %d albums with photos, want 3", len(albums))
			}
			b.visit(albums[0])
			links := eval[[]string](b, `[...document.querySelectorAll('.photo a')].map((a) => a.href)`)

			// By click, and closed by its button.
			b.do(chromedp.Click(chromedp.CSS(`.photo a`)))
			b.until(dialogOpen)
			b.until(previewShown)
			if b.location() != links[0] {
				t.Errorf("the address is %s, want the photo's, %s", b.location(), links[0])
			}
			b.do(chromedp.Click(chromedp.CSS(`#lightbox .close`)))
			b.until(dialogClosed)
			b.until(fmt.Sprintf(`location.href === %q`, albums[0]))

			// By key, on to the next and back, and closed by Escape.
			b.do(chromedp.Focus(chromedp.CSS(`.photo a`)), chromedp.KeyEvent(kb.Enter))
			b.until(dialogOpen)
			b.until(previewShown)
			b.do(chromedp.KeyEvent(kb.ArrowRight))
			b.until(fmt.Sprintf(`location.href === %q`, links[1]))
			b.until(fmt.Sprintf(`document.querySelector('#lightbox .position').textContent.startsWith('2 of %d')`, len(links)))
			b.until(previewShown)
			b.do(chromedp.KeyEvent(kb.ArrowLeft))
			b.until(fmt.Sprintf(`location.href === %q`, links[0]))
			b.do(chromedp.KeyEvent(kb.Escape))
			b.until(dialogClosed)
			if focused := eval[string](b, `document.activeElement.href`); focused != links[0] {
				t.Errorf("the focus went to %q, want the photo that was shown", focused)
			}

			// Back closes it, Forward opens it again, a reload shows the photo's page.
			b.do(chromedp.Click(chromedp.CSS(`.photo a`)))
			b.until(dialogOpen)
			b.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
			b.until(dialogClosed)
			b.do(chromedp.Evaluate[chromedp.Void](`history.forward()`))
			b.until(dialogOpen)
			b.until(previewShown)
			b.reload()
			b.until(`document.body.classList.contains('single')`)
			if n := b.decoded(); n != 1 {
				t.Errorf("the photo's page shows %d pictures, want 1", n)
			}
			b.do(chromedp.KeyEvent(kb.ArrowRight))
			b.until(fmt.Sprintf(`location.href === %q`, links[1]))

			// Nothing may move, and nothing may stick out.
			b.visit(albums[0])
			b.decoded()
			b.run(`new Promise((resolve) => setTimeout(resolve, 300))`)
			if shifts := b.shifts(); len(shifts) > 0 {
				t.Errorf("the layout shifts: %q", shifts)
			}
			if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > size[0] {
				t.Errorf("the page is %d px wide in a window of %d", wide, size[0])
			}
		})
	}
}

// Everything can be reached without JavaScript.
func TestBrowser_withoutScript(t *testing.T) {
	t.Parallel()
	dir, links := fivePhotos(t)
	eachFront(t, dir, func(t *testing.T, home string) {
		b := newBrowser(t, 820, 1180)
		b.withoutScript()
		follow := func(selector, path string) {
			t.Helper()
			// No script can tell when the page is there, or has changed.
			for !eval[bool](b, `document.readyState === 'complete'`) {
				time.Sleep(20 * time.Millisecond)
			}
			b.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
			for range 1000 {
				if b.location() == home+path {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Fatalf("%s led to %s, want %s", selector, b.location(), path)
		}
		b.visit(home + "/")
		follow(`.card a`, "/a/")
		follow(`.photo a`, links[0])
		follow(`a[rel="next"]`, links[1])
		follow(`a[rel="prev"]`, links[0])
		follow(`a[rel="up"]`, "/a/")
		follow(`.sorts a + a`, "/a/?sort=date")
		follow(`.photo a`, links[0]+"?sort=date")
		follow(`.crumbs a`, "/?sort=date") // the order goes along
		b.visit(home + links[3])           // a deep link
		b.do(chromedp.WaitVisible(chromedp.CSS(`#photo`)))
		follow(`a[rel="up"]`, "/a/")
	})
}
