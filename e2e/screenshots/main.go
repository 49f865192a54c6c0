// Screenshots takes the pictures that the README and docs/private-albums.md show,
// of the program's own sample, with the Chromium that is installed:
//
//	go run ./e2e/screenshots [DIR]
//
// They go to DIR, docs/screenshots by default, as JPEG files.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"gallery/internal/picks"
)

func main() {
	dir := filepath.Join("docs", "screenshots")
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		log.Fatal("screenshots: ", err)
	}
}

// shot is a picture of a page in a window.
type shot struct {
	file          string
	width, height int64 // CSS pixels
	scale         float64
	dark          bool
	of            *site  // what shows it
	owner         bool   // who looks is signed in
	first         string // a path that is visited before, "" for none
	path          string
	then          string // a script that leads to what is shown
	until         string // what is so when it is there
}

// shots are all pictures: of the sample, and of an album in it that is private, to which there is
// a link.
func shots(sample, private *site, link string) []shot {
	return []shot{
		{file: "grid.jpg", width: 1280, height: 764, scale: 1, of: sample, path: "/Landscapes/",
			then:  `document.querySelector('.grid').scrollIntoView()`,
			until: `[...document.images].slice(1, 9).every((i) => i.complete && i.classList.contains('in'))`},
		{file: "lightbox.jpg", width: 390, height: 844, scale: 1.5, of: sample, path: "/Landscapes/",
			then:  `document.querySelectorAll('.photo a')[3].click()`,
			until: `document.querySelector('[aria-hidden="false"] img')?.naturalWidth > 400 && document.querySelector('.position').textContent`},
		{file: "photo.jpg", width: 1280, height: 800, scale: 1, dark: true, of: sample, path: "/Landscapes/alps.jpg/",
			until: `document.getElementById('photo').complete`},
		{file: "share.jpg", width: 900, height: 700, scale: 1, of: private, owner: true, path: "/Wedding/",
			then: `document.querySelector('details.signin').open = true;
				document.querySelector('[name=name]').value = 'Ann & Bob'; document.querySelector('[name=days]').value = 30; document.querySelector('[name=picks]').checked = true`,
			until: `[...document.images].slice(0, 3).every((i) => i.complete)`},
		{file: "sent.jpg", width: 900, height: 640, scale: 1, of: private, owner: true, path: "/Wedding/",
			then:  `document.querySelector('.sent').open = true; document.querySelector('.sent').scrollIntoView()`,
			until: `[...document.images].slice(0, 3).every((i) => i.complete)`},
		{file: "picks.jpg", width: 900, height: 640, scale: 1, of: private, first: link, path: "/Wedding/",
			then:  `for (const n of [0, 2, 3]) document.querySelectorAll('.heart')[n].click(); document.querySelector('.grid').scrollIntoView()`,
			until: `document.querySelectorAll('.heart:checked').length === 3 && [...document.images].slice(0, 6).every((i) => i.complete)`},
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "gallery-screenshots-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	sample, err := start(temporary)
	if err != nil {
		return err
	}
	defer sample.stop()
	private, link, err := startPrivate(temporary, sample.dir)
	if err != nil {
		return err
	}
	defer private.stop()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(allocated)
	defer cancel()
	// The browser lives as long as the context of the first call.
	if _, err := chromedp.Run(ctx, chromedp.Navigate("about:blank")); err != nil {
		return err
	}
	for _, s := range shots(sample, private, link) {
		picture, err := s.take(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.file), picture, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d kB\n", filepath.Join(dir, s.file), len(picture)/1000)
	}
	return nil
}

var startLine = regexp.MustCompile(`^gallery: (.+) is at (http://[^/]+)/ `)

// site is a running program.
type site struct {
	binary, dir string // dir holds the photos
	url         string // without a slash at its end
	stop        func()
}

// start builds the program and runs it on its sample, which it draws below
// dir, with every rendition made.
func start(dir string) (*site, error) {
	binary := filepath.Join(dir, "gallery")
	if out, err := exec.Command("go", "build", "-o", binary, "gallery").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return launch(binary, dir)
}

// launch runs the program, by which renditions are made, too.
func launch(binary, home string, args ...string) (*site, error) {
	cmd := exec.Command(binary, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &site{binary: binary, stop: func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if m := startLine.FindStringSubmatch(lines.Text()); m != nil {
			if out, err := exec.Command(binary, "warm", m[1]).CombinedOutput(); err != nil {
				s.stop()
				return nil, fmt.Errorf("gallery warm: %w\n%s", err, out)
			}
			s.dir, s.url = m[1], m[2]
			return s, nil
		}
	}
	s.stop()
	return nil, errors.New("the program ended without saying where it listens")
}

// startPrivate runs the program on a wedding made of the sample's landscapes, which is for ann
// alone, with a link to it, by which two choices were sent.
func startPrivate(home, sample string) (s *site, link string, err error) {
	dir, users := filepath.Join(home, "photos"), filepath.Join(home, "users")
	wedding := filepath.Join(dir, "Wedding")
	binary := filepath.Join(home, "gallery")
	passwd := exec.Command(binary, "passwd", users, "ann")
	passwd.Stdin = strings.NewReader(password)
	if err := errors.Join(os.CopyFS(wedding, os.DirFS(filepath.Join(sample, "Landscapes"))), os.RemoveAll(filepath.Join(wedding, "_thumbs")), os.RemoveAll(filepath.Join(wedding, "Night")),
		os.WriteFile(filepath.Join(wedding, "README.md"), []byte("# Ann & Bob\n"), 0o644), passwd.Run(),
		exec.Command(binary, "access", dir, "Wedding", "ann").Run()); err != nil {
		return nil, "", fmt.Errorf("making a private album: %w", err)
	}
	out, err := exec.Command(binary, "share", "-picks", "-name", "Ann & Bob", dir, "Wedding").Output()
	if err != nil {
		return nil, "", fmt.Errorf("gallery share: %w", err)
	}
	photos, err := filepath.Glob(filepath.Join(wedding, "*.jpg"))
	if err != nil || len(photos) < 5 {
		return nil, "", fmt.Errorf("the sample's landscapes are %d photos: %w", len(photos), err)
	}
	for _, c := range []struct {
		name   string
		picked []int
		note   string
	}{{"Ann", []int{0, 2, 3}, "for the cover"}, {"Bob", []int{0, 3, 4}, "larger, please"}} {
		sent := picks.Sent{Name: c.name, By: "link", Album: "Ann & Bob", At: time.Date(2026, 11, 26, 20, 15, 0, 0, time.Local)}
		for i, n := range c.picked {
			sent.Photos = append(sent.Photos, picks.Photo{File: filepath.Base(photos[n]), Note: []string{c.note, "", ""}[i]})
		}
		root, err := os.OpenRoot(wedding)
		if err != nil {
			return nil, "", err
		}
		_, err = picks.Write(root, sent)
		root.Close()
		if err != nil {
			return nil, "", fmt.Errorf("sending a choice: %w", err)
		}
	}
	s, err = launch(binary, home, "-users", users, dir)
	return s, strings.TrimSpace(string(out)), err
}

// password is ann's.
const password = "correct horse"

func (s shot) take(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	emulate := func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: s.width, Height: s.height, DeviceScaleFactor: s.scale, Mobile: s.width < 600})
		if err == nil {
			_, err = cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "hover", Value: "none"}}})
		}
		return chromedp.Void{}, err
	}
	headers := network.Headers{}
	if s.owner {
		headers["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+password))
	}
	signIn := func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
		return chromedp.Void{}, err
	}
	steps := []chromedp.Action[chromedp.Void]{emulate, signIn}
	if s.first != "" {
		steps = append(steps, chromedp.Navigate(s.of.url+s.first), until(fmt.Sprintf("location.pathname === %q && document.readyState === 'complete'", s.path)))
	}
	steps = append(steps, chromedp.Navigate(s.of.url+s.path))
	if s.then != "" {
		steps = append(steps, chromedp.Evaluate[chromedp.Void](s.then))
	}
	steps = append(steps, until(s.until))
	for _, step := range steps {
		if _, err := chromedp.Run(ctx, step); err != nil {
			return nil, err
		}
	}
	return chromedp.Run(ctx, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		quality := int64(82)
		shot, err := cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: &quality})
		return shot.Data, err
	})
}

// until waits for a condition in the page, also if the page is another by then.
func until(condition string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, tab *chromedp.Target) (_ chromedp.Void, err error) {
		for range 4 {
			if _, err = chromedp.Poll[chromedp.Void](condition)(ctx, tab); err == nil {
				break
			}
		}
		return chromedp.Void{}, err
	}
}
