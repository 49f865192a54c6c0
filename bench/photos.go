package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// photoFile is a JPEG file to measure with.
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
			if errors.Is(err, errNotJPEG) {
				continue
			}
			if err != nil {
				b.progress.Printf("left out: %s: %v", entry.Name(), err)
				continue
			}
			photos = append(photos, photoFile{path, c})
		}
	}
	if len(photos) == 0 {
		return nil, fmt.Errorf("no JPEG files in %s: name a directory that has some with -photos", strings.Join(dirs, ", "))
	}
	return photos, nil
}

// drawPhotos draws four pictures, and makes them progressive too where
// jpegtran is installed.
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
		if tool, err := exec.LookPath("jpegtran"); err == nil {
			out := filepath.Join(dir, fmt.Sprintf("drawn-%d-progressive.jpg", i))
			if err := exec.CommandContext(ctx, tool, "-progressive", "-outfile", out, path).Run(); err != nil {
				return "", fmt.Errorf("jpegtran: %w", err)
			}
		}
	}
	return dir, nil
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
