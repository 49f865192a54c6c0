package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/disintegration/imaging"
)

// photoFile is a picture to measure with.
type photoFile struct {
	path   string // absolute
	coding coding
}

// findPhotos returns the photos in the directories that the flags name, or
// draws some.
func (b *bench) findPhotos(ctx context.Context) ([]photoFile, error) {
	dirs := b.photos
	if len(dirs) == 0 {
		dir, err := b.drawPhotos(ctx)
		if err != nil {
			return nil, fmt.Errorf("drawing pictures: %w", err)
		}
		dirs = []string{dir}
	}
	var photos []photoFile
	for _, dir := range dirs {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			path := filepath.Join(dir, entry.Name())
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				continue
			}
			c, err := codingOfFile(path)
			if errors.Is(err, errNotPicture) {
				continue
			}
			if err != nil {
				b.progress.Printf("left out: %s: %v", entry.Name(), err)
				continue
			}
			photos = append(photos, photoFile{path, c})
		}
	}
	if len(ofCoding(photos, baseline)) == 0 {
		return nil, fmt.Errorf("no baseline JPEG files in %s: name a directory that has some with -photos", strings.Join(dirs, ", "))
	}
	return photos, nil
}

func ofCoding(photos []photoFile, c coding) []photoFile {
	return slices.DeleteFunc(slices.Clone(photos), func(p photoFile) bool { return p.coding != c })
}

// spread returns at most n of the photos, from all over.
func spread(photos []photoFile, n int) []photoFile {
	if n == 0 || len(photos) <= n {
		return photos
	}
	var some []photoFile
	for i := range n {
		some = append(some, photos[i*len(photos)/n])
	}
	return some
}

// drawPhotos draws four pictures.
func (b *bench) drawPhotos(ctx context.Context) (dir string, err error) {
	const n, width, height = 4, 4000, 3000
	dir = filepath.Join(b.scratch, "drawn")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	artist, err := startRole(ctx, "draw", b.cores)
	if err != nil {
		return "", err
	}
	defer artist.stop()
	b.progress.Printf("drawing %d pictures of %d x %d", n, width, height)
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("drawn-%d.jpg", i))
		if err := artist.call(drawing{path, width, height, uint64(i)}, &struct{}{}); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// converted is of how many photos files are made in a coding that none has.
const converted = 3

// convert makes files of a coding of some of the photos. missing says what it
// would need.
func (b *bench) convert(ctx context.Context, photos []photoFile, c coding) (made []photoFile, missing string, err error) {
	dir := filepath.Join(b.scratch, strings.ReplaceAll(string(c), " ", "-"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, "", err
	}
	converter, err := startRole(ctx, "convert", b.cores)
	if err != nil {
		return nil, "", err
	}
	defer converter.stop()
	for i, p := range spread(ofCoding(photos, baseline), converted) {
		out := filepath.Join(dir, fmt.Sprintf("%d-%s%s", i, strings.TrimSuffix(filepath.Base(p.path), filepath.Ext(p.path)), c.ending()))
		from, command := p.path, []string(nil)
		switch c {
		case progressive:
			command = []string{"jpegtran", "-progressive", "-copy", "all", "-outfile", out, from}
		case webpLossy, webpLossless:
			from = filepath.Join(b.scratch, "whole.png")
			command = []string{"cwebp", "-quiet", "-q", "85", from, "-o", out}
			if c == webpLossless {
				command = []string{"cwebp", "-quiet", "-lossless", "-z", "2", from, "-o", out}
			}
		}
		if command != nil {
			if _, err := exec.LookPath(command[0]); err != nil {
				return nil, map[string]string{"jpegtran": "libjpeg-turbo-progs", "cwebp": "webp"}[command[0]], nil
			}
		}
		if c != progressive {
			to := conversion{p.path, out, 4000}
			switch c {
			case webpLossy, webpLossless:
				to.Out = from
			case codingGIF:
				to.Side = 2000 // 3 MP
			}
			if err := converter.call(to, &struct{}{}); err != nil {
				return nil, "", err
			}
		}
		if command != nil {
			if said, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
				return nil, "", fmt.Errorf("%s: %w: %s", command[0], err, firstLine(string(said)))
			}
		}
		made = append(made, photoFile{out, c})
	}
	return made, "", nil
}

// conversion asks for a photo as PNG or GIF, after the ending of Out, upright and no larger
// than Side.
type conversion struct {
	From string `json:"from"`
	Out  string `json:"out"`
	Side int    `json:"side"`
}

// convertPicture is the role that makes PNG and GIF files.
func convertPicture(request json.RawMessage) (any, error) {
	var c conversion
	if err := json.Unmarshal(request, &c); err != nil {
		return nil, err
	}
	m, err := imaging.Open(c.From, imaging.AutoOrientation(true))
	if err != nil {
		return nil, err
	}
	f, err := os.Create(c.Out)
	if err != nil {
		return nil, err
	}
	// It is opaque, and PNG leaves opacity out for RGBA.
	n := imaging.Fit(m, c.Side, c.Side, imaging.Lanczos)
	m = &image.RGBA{Pix: n.Pix, Stride: n.Stride, Rect: n.Rect}
	if filepath.Ext(c.Out) == ".gif" {
		err = gif.Encode(f, m, nil)
	} else {
		err = png.Encode(f, m)
	}
	return struct{}{}, errors.Join(err, f.Close())
}

// readAhead reads files once, so that the system has them in memory.
func readAhead(photos []photoFile) error {
	for _, p := range photos {
		f, err := os.Open(p.path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
