package e2e

import (
	"fmt"
	"image"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gallery/internal/photo"
	"gallery/internal/testkit"
)

// view is a picture as the browser shows it: its size, and the mean colours of
// its areas, row by row.
type view struct {
	W, H  int
	Areas [][3]float64
}

// look returns what the browser shows of a picture, a script's expression, after
// a turn by an Exif orientation, on white.
func (b *browser) look(picture string, turn int) view {
	b.t.Helper()
	// To what a pixel at (x, y) goes, of a picture w wide and h high (CIPA DC-008, 4.6.5.1.8).
	matrix := map[int]string{0: "1,0,0,1,0,0", 3: "-1,0,0,-1,w,h", 6: "0,1,-1,0,h,0"}[turn]
	return eval[view](b, fmt.Sprintf(`(async () => {
		const picture = await (%s), turn = %d, w = picture.naturalWidth, h = picture.naturalHeight;
		const canvas = new OffscreenCanvas(turn > 4 ? h : w, turn > 4 ? w : h), pen = canvas.getContext('2d');
		pen.fillStyle = '#fff';
		pen.fillRect(0, 0, canvas.width, canvas.height);
		pen.setTransform(%s);
		pen.drawImage(picture, 0, 0);
		const { width, height } = canvas, { data } = pen.getImageData(0, 0, width, height), Areas = [];
		const across = Math.min(width, 32), down = Math.min(height, 32);
		for (let j = 0; j < down; j++) for (let i = 0; i < across; i++) {
			const sum = [0, 0, 0];
			let n = 0;
			for (let y = Math.floor(j * height / down); y < Math.floor((j + 1) * height / down); y++)
				for (let x = Math.floor(i * width / across); x < Math.floor((i + 1) * width / across); x++, n++)
					for (let c = 0; c < 3; c++) sum[c] += data[4 * (y * width + x) + c];
			Areas.push(sum.map((v) => v / n));
		}
		return { W: width, H: height, Areas };
	})()`, picture, turn, matrix))
}

// fetched is a script's expression for the picture at an address.
func fetched(address string) string {
	return fmt.Sprintf(`(async () => { const i = new Image(); i.src = %q; await i.decode(); return i; })()`, address)
}

// distance returns how far apart the colours of two views are, on average and at most
// (CIE 142-2001).
func distance(a, b view) (mean, worst float64) {
	for i := range a.Areas {
		d := deltaE(lab(a.Areas[i]), lab(b.Areas[i]))
		mean += d / float64(len(a.Areas))
		worst = max(worst, d)
	}
	return mean, worst
}

// lab converts a colour of sRGB to CIELAB (IEC 61966-2-1, CIE 15).
func lab(rgb [3]float64) [3]float64 {
	var lin [3]float64
	for i, v := range rgb {
		if v /= 255; v <= 0.04045 {
			lin[i] = v / 12.92
		} else {
			lin[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	f := func(r, g, b float64) float64 {
		t := r*lin[0] + g*lin[1] + b*lin[2]
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f(0.4124/0.9505, 0.3576/0.9505, 0.1805/0.9505)
	y := f(0.2126, 0.7152, 0.0722)
	z := f(0.0193/1.089, 0.1192/1.089, 0.9505/1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// deltaE is the colour difference CIEDE2000.
func deltaE(p, q [3]float64) float64 {
	c1, c2 := math.Hypot(p[1], p[2]), math.Hypot(q[1], q[2])
	seventh := func(c float64) float64 { return math.Sqrt(math.Pow(c, 7) / (math.Pow(c, 7) + math.Pow(25, 7))) }
	g := (1 - seventh((c1+c2)/2)) / 2
	a1, a2 := (1+g)*p[1], (1+g)*q[1]
	c1, c2 = math.Hypot(a1, p[2]), math.Hypot(a2, q[2])
	hue := func(b, a float64) float64 { return math.Mod(math.Atan2(b, a)+2*math.Pi, 2*math.Pi) }
	h1, h2 := hue(p[2], a1), hue(q[2], a2)
	dh, h := 0.0, h1+h2
	if c1*c2 != 0 {
		dh = h2 - h1
		h = (h1 + h2) / 2
		if math.Abs(dh) > math.Pi {
			h = math.Mod(h+math.Pi, 2*math.Pi)
			dh -= math.Copysign(2*math.Pi, dh)
		}
	}
	dL, dC, dH := q[0]-p[0], c2-c1, 2*math.Sqrt(c1*c2)*math.Sin(dh/2)
	l, c := (p[0]+q[0])/2-50, (c1+c2)/2
	deg := math.Pi / 180
	t := 1 - 0.17*math.Cos(h-30*deg) + 0.24*math.Cos(2*h) + 0.32*math.Cos(3*h+6*deg) - 0.2*math.Cos(4*h-63*deg)
	sL, sC, sH := 1+0.015*l*l/math.Sqrt(20+l*l), 1+0.045*c, 1+0.015*c*t
	x := (h/deg - 275) / 25
	rT := -math.Sin(60*deg*math.Exp(-x*x)) * 2 * seventh(c)
	dL, dC, dH = dL/sL, dC/sC, dH/sH
	return math.Sqrt(dL*dL + dC*dC + dH*dH + rT*dC*dH)
}

// The measure is right for colours of the published test data (Sharma, Wu and
// Dalal 2005, table 1).
func TestDeltaE(t *testing.T) {
	for _, test := range []struct {
		p, q [3]float64
		want float64
	}{
		{[3]float64{50, 2.6772, -79.7751}, [3]float64{50, 0, -82.7485}, 2.0425},
		{[3]float64{50, 2.5, 0}, [3]float64{73, 25, -18}, 27.1492},
		{[3]float64{60.2574, -34.0099, 36.2677}, [3]float64{60.4626, -34.1751, 39.4387}, 1.2644},
		{[3]float64{22.7233, 20.0904, -46.694}, [3]float64{23.0331, 14.973, -42.5619}, 2.0373},
		{[3]float64{90.8027, -2.0831, 1.441}, [3]float64{91.1528, -1.6435, 0.0447}, 1.4441},
	} {
		if got := deltaE(test.p, test.q); math.Abs(got-test.want) > 1e-4 {
			t.Errorf("deltaE(%v, %v) = %.4f, want %.4f", test.p, test.q, got, test.want)
		}
	}
}

// Every class of file looks in each rendition, on the photo's page and in the lightbox
// as the browser shows the original: of the same colours, the same way up and of the
// same shape. Where the browser leaves an original on its side, all are upright.
func TestFidelity(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	all := testkit.Kinds(t)
	for _, k := range all {
		put(t, filepath.Join(dir, "a", k.Name), k.Data)
	}
	guard(t, dir)
	p := start(t, nil, dir)
	b := newBrowser(t, 1200, 800)
	b.visit(p.url + "/a/")
	b.decoded()

	const itself = 1 << 30 // the side of an original, which is shown itself
	originals := map[string]view{}
	compare := func(name, where, picture string, sides ...int) {
		t.Helper()
		want, got := originals[name], b.look(picture, 0)
		var sizes []image.Point
		for _, side := range sides {
			sizes = append(sizes, photo.Fitted(image.Pt(want.W, want.H), side))
		}
		if !slices.Contains(sizes, image.Pt(got.W, got.H)) {
			t.Errorf("%s: %s is %d x %d, want one of %v", name, where, got.W, got.H, sizes)
			return
		}
		mean, worst := distance(want, got)
		t.Logf("%s: %s: %.2f in the mean, %.2f at most", name, where, mean, worst)
		if mean > 1.5 {
			t.Errorf("%s: %s has colours that are %.2f away in the mean, %.2f at most, want 1.5", name, where, mean, worst)
		}
	}
	for _, k := range all {
		originals[k.Name] = b.look(fetched("/a/"+k.Name), k.Turn)
		compare(k.Name, "the thumbnail", fetched("/a/_thumbs/"+k.Name), 400)
		compare(k.Name, "800", fetched("/a/_thumbs/800/"+k.Name), 800)
		compare(k.Name, "1600", fetched("/a/_thumbs/1600/"+k.Name), 1600)
	}

	warm(t, "-webp", dir)
	for _, k := range all {
		if _, err := os.Stat(filepath.Join(dir, "a", "_thumbs", "webp", k.Name)); err == nil {
			compare(k.Name, "the WebP thumbnail", fetched("/a/_thumbs/"+k.Name+"?webp"), 400)
		}
	}

	// In the lightbox, from one to the next, and each photo's page.
	b.run(`document.querySelector('.photo a').click()`)
	b.until(dialogOpen)
	for i := range all {
		if i > 0 {
			b.do(chromedp.KeyEvent(kb.ArrowRight))
		}
		b.until(fmt.Sprintf(position+`.startsWith('%d of')`, i+1))
		b.until(`(() => { const i = ` + shownImg + `; return i && i.complete && i.naturalWidth > 0 && !i.src.includes('/_thumbs/') || i && i.src.includes('/_thumbs/1600/') && i.complete; })()`)
		path, _ := url.PathUnescape(strings.TrimPrefix(b.location(), p.url))
		name := filepath.Base(path)
		compare(name, "the lightbox", shownImg, 1600, itself)
	}
	for _, k := range all {
		b.visit(p.url + "/a/" + k.Name + "/")
		b.until(`document.readyState === 'complete'`)
		compare(k.Name, "the page", `document.querySelector('#photo img, img#photo')`, 1600, itself)
	}
}
