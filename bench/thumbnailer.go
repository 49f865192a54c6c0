package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/disintegration/imaging"

	"gallery/internal/photo"
)

// thumbnailer decodes and reduces a photo, and returns what will encode it.
type thumbnailer func(name string) (picture image.Image, encode func(io.Writer) error, err error)

func ours(name string) (image.Image, func(io.Writer) error, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	info, err := photo.Inspect(f, stat.Size())
	if err != nil {
		return nil, nil, err
	}
	m, err := photo.Reduce(f, stat.Size(), info, side)
	if err != nil {
		return nil, nil, err
	}
	return m, func(w io.Writer) error { return photo.Encode(w, m, quality, nil, info.Profile()) }, nil
}

func naive(name string) (image.Image, func(io.Writer) error, error) {
	m, err := imaging.Open(name, imaging.AutoOrientation(true))
	if err != nil {
		return nil, nil, err
	}
	m = imaging.Fit(m, side, side, imaging.Lanczos)
	return m, func(w io.Writer) error { return imaging.Encode(w, m, imaging.JPEG, imaging.JPEGQuality(quality)) }, nil
}

// reducer is a role that makes thumbnails.
func reducer(reduce thumbnailer) role {
	return func(request json.RawMessage) (any, error) {
		var o order
		if err := json.Unmarshal(request, &o); err != nil {
			return nil, err
		}
		start, used := time.Now(), processorTime()
		m, encode, err := reduce(o.Photo)
		if err != nil {
			return nil, err
		}
		if o.Picture {
			return sample{}, writePNG(o.Out, m)
		}
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			return nil, err
		}
		if err := os.WriteFile(o.Out, b.Bytes(), 0o600); err != nil {
			return nil, err
		}
		return sample{processorTime() - used, time.Since(start), int64(b.Len())}, nil
	}
}

// processorTime returns what this process has used so far, the garbage
// collector's share included.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be, with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func writePNG(name string, m image.Image) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return errors.Join(encoder.Encode(f, m), f.Close())
}
