package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// grainy writes a JPEG like a camera's: its previews take some 300 kB.
func grainy(t *testing.T, path string, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	m := image.NewGray(image.Rect(0, 0, 2400, 1600))
	for i := range m.Pix {
		m.Pix[i] = uint8(i/2400/8) + uint8(random.IntN(40))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	put(t, path, b.Bytes())
}

// throttle gives the tab a phone's network: slow 4G, as Lighthouse has it.
func (b *browser) throttle() {
	b.do(func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: 150, DownloadThroughput: 1638.4 * 1000 / 8, UploadThroughput: 750 * 1000 / 8}},
		})
		return chromedp.Void{}, err
	})
}

// On a phone's network, the first preview in the lightbox takes at most 1.1 times as long from
// the press as its file alone: nothing is asked for before it, nothing beside it.
func TestLightbox_throttled(t *testing.T) {
	dir := t.TempDir()
	for i := range 12 {
		grainy(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i+1)), uint64(i))
	}
	warm(t, dir)
	p := start(t, nil, dir)
	var ratios []float64
	for round := range 3 {
		b := newBrowser(t, 390, 844)
		b.screen(390, 844, 3)
		b.throttle()
		b.visit(p.url + "/a/")
		b.until(`document.readyState === 'complete'`)
		b.rest()
		took := eval[struct {
			Shown, Alone float64
			Address      string
			Bytes        int
		}](b, fmt.Sprintf(`(async () => {
			const shown = () => [...document.querySelectorAll('[aria-hidden="false"] img')].find((i) => i.src.includes('/_thumbs/1600/') && i.complete && i.naturalWidth);
			const pressed = performance.now();
			document.querySelectorAll('.photo a')[%d].click();
			while (!shown()) await new Promise(requestAnimationFrame);
			const Shown = performance.now() - pressed;
			const Address = shown().src;
			while (![...document.querySelectorAll('.slide img')].every((i) => i.src.includes('/1600/') && i.complete)) await new Promise(requestAnimationFrame); // its neighbours
			const asked = performance.now();
			const file = await (await fetch(Address, { cache: 'no-store' })).blob();
			return { Shown, Alone: performance.now() - asked, Address, Bytes: file.size };
		})()`, 3+round))
		t.Logf("%s, %d bytes: %.0f ms, alone %.0f ms", took.Address, took.Bytes, took.Shown, took.Alone)
		if took.Bytes < 150_000 {
			t.Fatalf("the preview has but %d bytes", took.Bytes)
		}
		ratios = append(ratios, took.Shown/took.Alone)
	}
	slices.Sort(ratios)
	if ratios[1] > 1.1 {
		t.Errorf("the first preview takes %.2f times as long as its file, want at most 1.1", ratios)
	}
}
