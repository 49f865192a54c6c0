package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"github.com/disintegration/imaging"

	"gallery/internal/photo"
)

// equalSides are those at which files are compared.
var equalSides = []int{400, 1600}

// encoders of sharp, by whether its JPEGs are made as mozjpeg does.
var encoders = []struct {
	name    string
	mozjpeg bool
}{{"sharp", false}, {"sharp, mozjpeg", true}}

// encoding is what an encoder made of a picture.
type encoding struct {
	quality int
	psnr    float64 // of what is decoded, dB
	bytes   float64
	cpu     time.Duration
}

// compareFiles writes how large the encoders' files are at the PSNR that gallery's have, of the
// pictures that gallery makes of the photos.
func (b *bench) compareFiles(ctx context.Context, photos []photoFile) (err error) {
	if missing := sharp().missing; missing != "" {
		return nil // it was said already
	}
	ours, err := startRole(ctx, "gallery", 1)
	if err != nil {
		return err
	}
	defer ours.stop()
	coder, err := startRole(ctx, "code", 1)
	if err != nil {
		return err
	}
	defer coder.stop()
	peer, err := sharp().start(ctx)
	if err != nil {
		return err
	}
	defer peer.stop()

	t := &table{}
	t.add("files at equal PSNR", "side", "dB", "quality", "bytes", "/gallery", "CPU ms")
	for _, side := range equalSides {
		b.progress.Printf("files at equal PSNR: %d", side)
		sums := make([]encoding, 1+len(encoders))
		for _, p := range photos {
			out := filepath.Join(b.scratch, "equal")
			if err := (galleryRunner{ours}).picture(p.path, out, []int{side}); err != nil {
				return err
			}
			one, err := b.encodeAlike(coder, peer.(scriptRunner).worker, outOf(out, side))
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(p.path), err)
			}
			for i, e := range one {
				s := &sums[i]
				s.quality, s.psnr, s.bytes, s.cpu = s.quality+e.quality, s.psnr+e.psnr, s.bytes+e.bytes, s.cpu+e.cpu
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		n := float64(len(photos))
		for i, s := range sums {
			name := "gallery"
			if i > 0 {
				name = encoders[i-1].name
			}
			t.add(name, fmt.Sprint(side), decibels(s.psnr/n), fmt.Sprintf("%.1f", float64(s.quality)/n), fmt.Sprintf("%.0f", s.bytes/n),
				fmt.Sprintf("%.2f", s.bytes/sums[0].bytes), milliseconds(s.cpu/time.Duration(len(photos))))
		}
	}
	b.printf("\n%s", t)
	return nil
}

// encodeAlike has gallery encode a picture, and then each of the encoders with the PSNR of that:
// between the two qualities that are nearest, bytes are taken to grow evenly with it.
func (b *bench) encodeAlike(coder, peer *worker, picture string) (all []encoding, err error) {
	file := filepath.Join(b.scratch, "equal.jpg")
	var made coded
	if err := coder.call(code{picture, file, true}, &made); err != nil {
		return nil, err
	}
	want := encoding{quality, psnr(made.MSE), float64(made.Bytes), made.CPU}
	all = append(all, want)
	for _, e := range encoders {
		try := func(q int) (encoding, error) {
			var s sample
			if err := peer.call(encodeOrder{picture, file, q, e.mozjpeg}, &s); err != nil {
				return encoding{}, err
			}
			var made coded
			if err := coder.call(code{picture, file, false}, &made); err != nil {
				return encoding{}, err
			}
			return encoding{q, psnr(made.MSE), float64(s.Bytes), s.CPU}, nil
		}
		found, err := findAlike(want.psnr, try)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		all = append(all, found)
	}
	return all, nil
}

// findAlike returns the encoding of at least the PSNR wanted, of the least quality, with bytes
// for just that PSNR.
func findAlike(want float64, try func(quality int) (encoding, error)) (encoding, error) {
	low, high := 1, 100
	below, err := try(low)
	if err != nil {
		return below, err
	}
	above, err := try(high)
	if err != nil {
		return above, err
	}
	if below.psnr >= want || above.psnr < want {
		return above, errors.New("no quality has that PSNR")
	}
	for high-low > 1 {
		e, err := try((low + high) / 2)
		if err != nil {
			return e, err
		}
		if e.psnr < want {
			low, below = e.quality, e
		} else {
			high, above = e.quality, e
		}
	}
	above.bytes -= (above.bytes - below.bytes) * (above.psnr - want) / (above.psnr - below.psnr)
	above.psnr = want
	return above, nil
}

// encodeOrder asks a script to encode a picture as it is.
type encodeOrder struct {
	Picture string `json:"encode"`
	Out     string `json:"out"`
	Quality int    `json:"quality"`
	Mozjpeg bool   `json:"mozjpeg"`
}

// code asks how far a JPEG file is from the picture, a PNG file, that it shows; or first for it to
// be made as gallery does.
type code struct {
	Picture string `json:"picture"`
	File    string `json:"file"`
	Make    bool   `json:"make"`
}

type coded struct {
	sample
	difference
}

// codePicture is the role that encodes and compares.
func codePicture(request json.RawMessage) (any, error) {
	var c code
	if err := json.Unmarshal(request, &c); err != nil {
		return nil, err
	}
	f, err := os.Open(c.Picture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	picture := imaging.Clone(m)
	var answer coded
	if c.Make {
		planes := planesOf(picture)
		used := processorTime()
		file, err := os.Create(c.File)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(photo.Encode(file, planes, quality, nil, nil), file.Close()); err != nil {
			return nil, err
		}
		answer.CPU = processorTime() - used
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	shown, err := jpeg.Decode(file)
	if err != nil {
		return nil, err
	}
	answer.Bytes = stat.Size()
	answer.MSE = meanSquare(picture, imaging.Clone(shown))
	return answer, nil
}

// planesOf returns a picture as photo.Reduce returns what was stored with loss.
func planesOf(m *image.NRGBA) *image.YCbCr {
	p := image.NewYCbCr(m.Rect, image.YCbCrSubsampleRatio444)
	for i := range p.Y {
		p.Y[i], p.Cb[i], p.Cr[i] = color.RGBToYCbCr(m.Pix[4*i], m.Pix[4*i+1], m.Pix[4*i+2])
	}
	return p
}
