// Screenshots takes the pictures that the README shows, of the program's own
// sample, with the Chromium that is installed:
//
//	go run ./e2e/screenshots [DIR]
//
// They go to DIR, docs/screenshots by default, as JPEG files.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
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
	path          string
	then          string // a script that leads to what is shown
	until         string // what is so when it is there
}

var shots = []shot{
	{file: "grid.jpg", width: 1280, height: 764, scale: 1, path: "/Landscapes/",
		then:  `document.querySelector('.grid').scrollIntoView()`,
		until: `[...document.images].slice(1, 9).every((i) => i.complete && i.classList.contains('in'))`},
	{file: "lightbox.jpg", width: 390, height: 844, scale: 1.5, path: "/Landscapes/",
		then:  `document.querySelectorAll('.photo a')[3].click()`,
		until: `document.querySelector('[aria-hidden="false"] img')?.naturalWidth > 400 && document.querySelector('.position').textContent`},
	{file: "photo.jpg", width: 1280, height: 800, scale: 1, dark: true, path: "/Landscapes/alps.jpg/",
		until: `document.getElementById('photo').complete`},
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
	url, stop, err := start(temporary)
	if err != nil {
		return err
	}
	defer stop()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(allocated)
	defer cancel()
	// The browser lives as long as the context of the first call.
	if _, err := chromedp.Run(ctx, chromedp.Navigate("about:blank")); err != nil {
		return err
	}
	for _, s := range shots {
		picture, err := s.take(ctx, url)
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

// start builds the program and runs it on its sample, which it draws below
// dir, with every rendition made. It returns its address and what ends it.
func start(dir string) (url string, stop func(), err error) {
	binary := filepath.Join(dir, "gallery")
	if out, err := exec.Command("go", "build", "-o", binary, "gallery").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("building the program: %w\n%s", err, out)
	}
	cmd := exec.Command(binary, "-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if m := startLine.FindStringSubmatch(lines.Text()); m != nil {
			if out, err := exec.Command(binary, "warm", m[1]).CombinedOutput(); err != nil {
				stop()
				return "", nil, fmt.Errorf("gallery warm: %w\n%s", err, out)
			}
			return m[2], stop, nil
		}
	}
	stop()
	return "", nil, errors.New("the program ended without saying where it listens")
}

func (s shot) take(ctx context.Context, url string) ([]byte, error) {
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
	steps := []chromedp.Action[chromedp.Void]{emulate, chromedp.Navigate(url + s.path)}
	if s.then != "" {
		steps = append(steps, chromedp.Evaluate[chromedp.Void](s.then))
	}
	steps = append(steps, chromedp.Poll[chromedp.Void](s.until))
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
