package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	albumName = "album"
	albumSize = 200 // photos
)

// makeAlbum makes a root with one album of the given photos, again and again
// until there are enough.
func (b *bench) makeAlbum(photos []photoFile) (root string, err error) {
	root = filepath.Join(b.scratch, "root")
	album := filepath.Join(root, albumName)
	err = os.MkdirAll(album, 0o755)
	for i := 0; i < albumSize && err == nil; i++ {
		var from string
		if from, err = filepath.EvalSymlinks(photos[i%len(photos)].path); err != nil {
			break // a link to a symbolic link would be one
		}
		to := filepath.Join(album, fmt.Sprintf("%03d-%s.jpg", i, strings.TrimSuffix(filepath.Base(from), filepath.Ext(from))))
		if err = os.Link(from, to); err != nil {
			err = copyFile(from, to)
		}
	}
	return root, err
}

func copyFile(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// removeThumbs makes the album cold again.
func removeThumbs(root string) error {
	return os.RemoveAll(filepath.Join(root, albumName, "_thumbs"))
}

// visit is a first look at an album's page.
type visit struct {
	firstByte   time.Duration
	firstFigure time.Duration // its last byte
	ready       time.Duration // the page has ended and all thumbnails are on disk
	thumbs      []string      // request targets
}

// coldVisit asks for the album's page, which must make all thumbnails before it
// ends, and then checks that each can be had.
func coldVisit(ctx context.Context, host, root string) (visit, error) {
	var v visit
	page := "http://" + host + "/" + albumName + "/"
	start := time.Now()
	answer, err := get(ctx, page)
	if err != nil {
		return v, err
	}
	defer answer.Body.Close()
	var body []byte
	figureEnd := []byte("</figure>")
	buffer := make([]byte, 32<<10)
	for {
		n, err := answer.Body.Read(buffer)
		if n > 0 && v.firstByte == 0 {
			v.firstByte = time.Since(start)
		}
		body = append(body, buffer[:n]...)
		if v.firstFigure == 0 && bytes.Contains(body, figureEnd) {
			v.firstFigure = time.Since(start)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return v, fmt.Errorf("%s: %w", page, err)
		}
	}
	v.ready = time.Since(start)
	made, err := os.ReadDir(filepath.Join(root, albumName, "_thumbs"))
	if err != nil {
		return v, err
	}
	if v.thumbs, err = thumbTargets(page, body); err != nil {
		return v, err
	}
	if len(made) < albumSize || len(v.thumbs) != albumSize {
		return v, fmt.Errorf("the page ended with %d thumbnails on disk and %d on it, of %d", len(made), len(v.thumbs), albumSize)
	}
	return v, checkThumbs(ctx, host, v.thumbs)
}

// thumbTargets returns the request targets of all thumbnails on a page.
func thumbTargets(page string, body []byte) ([]string, error) {
	base, err := url.Parse(page)
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, m := range regexp.MustCompile(`<img src="([^"]*_thumbs/[^"]*)"`).FindAllSubmatch(body, -1) {
		to, err := base.Parse(html.UnescapeString(string(m[1])))
		if err != nil {
			return nil, err
		}
		targets = append(targets, to.RequestURI())
	}
	return targets, nil
}

func checkThumbs(ctx context.Context, host string, targets []string) error {
	for _, target := range targets {
		answer, err := get(ctx, "http://"+host+target)
		if err != nil {
			return err
		}
		head := make([]byte, 2)
		_, err = io.ReadFull(answer.Body, head)
		answer.Body.Close()
		if err != nil || string(head) != "\xff\xd8" {
			return fmt.Errorf("%s is no JPEG", target)
		}
	}
	return nil
}

// get fails where the answer is not 200.
func get(ctx context.Context, address string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", address, answer.Status)
	}
	return answer, nil
}
