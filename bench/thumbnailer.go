package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"syscall"
	"time"

	"gallery/internal/photo"
)

// reduceOurs is the role that makes thumbnails as the program does, of all sides
// from one decoding.
func reduceOurs(request json.RawMessage) (any, error) {
	var o galleryOrder
	if err := json.Unmarshal(request, &o); err != nil {
		return nil, err
	}
	used := processorTime()
	f, err := os.Open(o.Photo)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	info, err := photo.Inspect(f, stat.Size())
	if err != nil {
		return nil, err
	}
	pictures, err := photo.ReduceAll(f, stat.Size(), info, o.Sides...)
	if err != nil {
		return nil, err
	}
	made := int64(0)
	for i, m := range pictures {
		out := outOf(o.Out, o.Sides[i])
		if o.Picture {
			if err := writePNG(out, m); err != nil {
				return nil, err
			}
			continue
		}
		var b bytes.Buffer
		if err := photo.Encode(&b, m, quality, nil, info.Profile()); err != nil {
			return nil, err
		}
		if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
			return nil, err
		}
		made += int64(b.Len())
	}
	return sample{processorTime() - used, made}, nil
}

// processorTime returns what this process has used so far, the garbage
// collector's share included.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be, with these arguments
	}
	return processTime(&u)
}

func processTime(u *syscall.Rusage) time.Duration {
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
