// Package sample draws a gallery to look at where there is none yet: two
// albums and two dozen pictures, computed in well under a second.
//
// They are small stand-ins for what a photographer's folder holds: landscape
// and portrait formats, a square, a panorama; JPEG, PNG with transparency,
// GIF; files stored on their side with an Exif orientation, capture dates over
// two years, captions in Exif, IPTC and XMP; names whose numbers want natural
// sorting.
//
// A picture is drawn onto a canvas of floating-point pixels (canvas.go) from
// a few inexpensive things: colour gradients, noise, filled shapes, and soft
// layers computed at low resolution. The motifs are in landscape.go, night.go
// and study.go; which of them becomes which file is in catalogue.go.
package sample

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"gallery/internal/atomicfile"

	"golang.org/x/sync/errgroup"
)

// version is the version of the pictures. It changes when any of them does.
const version = 1

// marker is the file whose content says which version of the pictures is
// there. The dot keeps it out of the gallery.
const marker = ".gallery-sample"

// quality is that of the JPEG files, 1 to 100.
const quality = 88

// Write makes sure that the directory dir holds the sample, and returns at
// once if it does. Missing directories are made, dir included.
//
// A sample that is incomplete, because it is being written or because that
// was interrupted, is completed; files that exist stay as they are. One of an
// older version is drawn again. Either way only the sample's own files are
// touched, and nothing is ever deleted. A sample of a newer version is left
// alone.
//
// Pictures are drawn in parallel, on as many processors as the program may
// use. The pixels are the same each time on the same kind of processor; other
// kinds may round differently. Two processes may write to the same dir at the
// same time: both do all the work that is still to do, and replace each
// other's files by equal ones.
//
// If ctx ends, so does Write, with its error; the next Write goes on.
func Write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the sample's directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the sample's directory: %w", err)
	}
	defer root.Close()
	found, marked := markedVersion(root)
	if found >= version {
		return nil
	}
	todo, err := unwritten(root, marked)
	if err != nil {
		return err
	}
	if err := writeAll(ctx, root, todo); err != nil {
		return err
	}
	if err := atomicfile.Write(root, marker, fmt.Appendln(nil, version), 0o644); err != nil {
		return fmt.Errorf("marking the sample as complete: %w", err)
	}
	return nil
}

// markedVersion returns the version that dir holds all of, and whether it
// holds all of any. What the marker says may be nonsense, which is version 0.
func markedVersion(dir *os.Root) (v int, marked bool) {
	data, err := dir.ReadFile(marker)
	if err != nil {
		return 0, false
	}
	v, _ = strconv.Atoi(strings.TrimSpace(string(data)))
	return v, true
}

// unwritten makes the albums in dir and returns the pictures to be written:
// those that are not there, or simply all.
func unwritten(dir *os.Root, all bool) ([]picture, error) {
	var todo []picture
	for _, p := range catalogue() {
		if err := dir.MkdirAll(path.Dir(p.name), 0o755); err != nil {
			return nil, fmt.Errorf("making an album of the sample: %w", err)
		}
		if _, err := dir.Lstat(p.name); all || errors.Is(err, fs.ErrNotExist) {
			todo = append(todo, p)
		}
	}
	return todo, nil
}

// writeAll draws pictures, in about the order given, and writes them below
// dir. Each of its goroutines uses one canvas for all of its pictures.
func writeAll(ctx context.Context, dir *os.Root, pictures []picture) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), len(pictures)) {
		group.Go(func() error {
			c := newCanvas(0, 0)
			for i := next.Add(1); i <= int64(len(pictures)); i = next.Add(1) {
				if err := ctx.Err(); err != nil {
					return err
				}
				p := pictures[i-1]
				c.reset(p.w, p.h)
				data, err := p.encode(c)
				if err != nil {
					return fmt.Errorf("drawing %s: %w", p.name, err)
				}
				if err := p.write(dir, data); err != nil {
					return fmt.Errorf("writing %s: %w", p.name, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// encode draws the picture on c and returns the file that holds it.
func (p picture) encode(c *canvas) ([]byte, error) {
	var out bytes.Buffer
	switch path.Ext(p.name) {
	case ".png":
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		err := encoder.Encode(&out, p.cutOut(c))
		return out.Bytes(), err
	case ".gif":
		p.draw(c)
		err := gif.Encode(&out, c.paletted(), nil)
		return out.Bytes(), err
	default:
		p.draw(c)
		img := turned(c.ycbcr(p.grain), p.turn())
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		return p.withMetadata(out.Bytes()), nil
	}
}

// write stores the file in dir, as if it had been written when the picture
// was taken. If the process is killed between the two steps, the file keeps
// its wrong time.
func (p picture) write(dir *os.Root, data []byte) error {
	album, err := dir.OpenRoot(path.Dir(p.name))
	if err != nil {
		return err
	}
	defer album.Close()
	name := path.Base(p.name)
	if err := atomicfile.Write(album, name, data, 0o644); err != nil {
		return err
	}
	return album.Chtimes(name, p.taken, p.taken)
}
