// Package sample draws a gallery to look at where there is none yet: three
// albums and two dozen pictures, computed in about a second.
//
// They stand in for what a photographer's folder holds: landscape and portrait
// formats, a square, a panorama; JPEG, PNG with transparency, GIF; files stored
// on their side with an Exif orientation, capture dates over two years,
// captions, cameras; names whose numbers want natural sorting. All come from
// four kinds of scene (landscape, terrain, field, tiles) in several lights.
package sample

import (
	"bytes"
	"context"
	"fmt"
	"image/gif"
	"image/png"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gallery/internal/atomicfile"
	"gallery/internal/baseline"

	"golang.org/x/sync/errgroup"
)

// version is the version of the pictures. It changes when any of them does.
const version = 2

// marker is the file whose content says which version of the pictures is
// there. The dot keeps it out of the gallery.
const marker = ".gallery-sample"

// quality is that of the JPEG files, 1 to 100.
const quality = 88

// Write makes sure that the directory dir, which it makes if need be, holds
// the sample.
//
// A sample that is incomplete, because it is being written or because that
// was interrupted, is completed; files that exist stay as they are. One of an
// older version is drawn again, one of a newer version left alone. Only the
// sample's own files are touched, and nothing is ever deleted. If ctx ends, so
// does Write, with its error; the next Write goes on.
//
// Pictures are drawn in parallel. Their pixels are the same each time on the
// same kind of processor; other kinds may round differently. Two processes may
// write to the same dir at once, and replace each other's files by equal ones.
func Write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the sample's directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the sample's directory: %w", err)
	}
	defer root.Close()
	data, unmarked := root.ReadFile(marker)
	// A marker that says nonsense says version 0.
	if found, _ := strconv.Atoi(strings.TrimSpace(string(data))); found >= version {
		return nil
	}
	pictures := catalogue()
	todo := make(chan picture, len(pictures))
	for _, p := range pictures {
		if _, err := root.Lstat(p.name); err != nil || unmarked == nil {
			todo <- p
		}
	}
	close(todo)
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			var c canvas
			for p := range todo {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := p.write(root, &c); err != nil {
					return fmt.Errorf("drawing %s: %w", p.name, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := atomicfile.Write(root, marker, fmt.Appendln(nil, version), 0o644); err != nil {
		return fmt.Errorf("marking the sample as complete: %w", err)
	}
	return nil
}

// write stores the file of the picture in dir, as if it had been written when
// the picture was taken. If the process is killed between the two steps, the
// file keeps its wrong time.
func (p picture) write(dir *os.Root, c *canvas) error {
	data, err := p.encode(c)
	if err != nil {
		return err
	}
	if err := dir.MkdirAll(path.Dir(p.name), 0o755); err != nil {
		return err
	}
	album, err := dir.OpenRoot(path.Dir(p.name))
	if err != nil {
		return err
	}
	defer album.Close()
	if err := atomicfile.Write(album, path.Base(p.name), data, 0o644); err != nil {
		return err
	}
	return album.Chtimes(path.Base(p.name), p.taken, p.taken)
}

// encode draws the picture on c and returns the file that holds it.
func (p picture) encode(c *canvas) ([]byte, error) {
	p.scene.draw(c.reset(p.w, p.h))
	var out bytes.Buffer
	switch path.Ext(p.name) {
	case ".png":
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		err := encoder.Encode(&out, c.paletted())
		return out.Bytes(), err
	case ".gif":
		err := gif.Encode(&out, c.paletted(), nil)
		return out.Bytes(), err
	}
	file, err := baseline.Append(nil, c.ycbcr(p.orientation), quality, baseline.Halved)
	if err != nil {
		return nil, err
	}
	// Exif stands right behind SOI, where readers expect it.
	return slices.Insert(file, 2, p.exif()...), nil
}
