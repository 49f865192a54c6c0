package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
)

// Warming what is warm opens no photo: it does not notice that none can be read.
func TestWarm_opensNoPhoto(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"1.jpg", "a/2.jpg", "a/b/3.jpg"} {
		write(t, filepath.Join(dir, name), 1000, 700, i)
	}
	warmUp(t, []string{dir}, "3 made")
	// Other bytes of the same size and mtime: whoever opens them finds no picture.
	for _, name := range []string{"1.jpg", "a/2.jpg", "a/b/3.jpg"} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, make([]byte, info.Size()))
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	warmUp(t, []string{dir}, "0 made", "3 were warm, 0 could not be")
	// And whoever has to open them does find that.
	if err := os.Remove(filepath.Join(dir, "a", album.ThumbsDir, "800", "2.jpg")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := runWarm(t.Context(), []string{dir}, &out, &out); err == nil || !strings.Contains(out.String(), "2 were warm, 1 could not be\na/2.jpg: ") {
		t.Errorf("with a photo to be opened it says %q, %v", out.String(), err)
	}
}

// Interrupted, it finishes what it is at, leaves nothing unfinished, and goes
// on the next time.
func TestWarm_interrupted(t *testing.T) {
	dir := t.TempDir()
	const photos = 12
	for i := range photos {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), 1000, 700, i)
	}
	c, err := parseFlags([]string{dir}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	root, err := storage.New(dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var left atomic.Int64
	left.Store(7)
	options := c.thumbsOptions()
	options.Rendered = func(time.Duration, error) {
		if left.Add(-1) == 0 {
			cancel()
		}
	}
	var out bytes.Buffer
	err = upkeep.Warm(ctx, thumbs.New(root, options, slog.New(slog.DiscardHandler)), 1, &out, io.Discard)
	var total, made int
	if _, scanErr := fmt.Sscanf(out.String(), "gallery: %d photos: %d made in", &total, &made); err == nil || scanErr != nil || !strings.Contains(err.Error(), "interrupted") || made == 0 || made >= photos || !strings.Contains(out.String(), " 0 could not be") {
		t.Errorf("interrupted it says %q, %v", out.String(), err)
	}
	litter, _ := filepath.Glob(filepath.Join(dir, album.ThumbsDir, "*", ".*"))
	more, _ := filepath.Glob(filepath.Join(dir, album.ThumbsDir, ".*"))
	if len(litter)+len(more) > 0 {
		t.Errorf("it leaves %q %q", litter, more)
	}
	warmUp(t, []string{dir}, fmt.Sprintf("%d made", photos-made), fmt.Sprintf("%d were warm", made))
}

// A place that takes no thumbnails is not taken for photos that cannot be read,
// and one album's does not keep others from being warmed.
func TestWarm_cannotStore(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 500, 400, 1)
	write(t, filepath.Join(dir, "b", "2.jpg"), 500, 400, 2)
	writeFile(t, filepath.Join(dir, "a", album.ThumbsDir), []byte("in the way"))
	var out bytes.Buffer
	err := runWarm(t.Context(), []string{dir}, &out, &out)
	if err == nil || !strings.Contains(out.String(), "a/1.jpg: a/_thumbs/1.jpg cannot be stored (") || !there(filepath.Join(dir, "b", album.ThumbsDir, "2.jpg")) {
		t.Errorf("it says %q, %v", out.String(), err)
	}
}

func BenchmarkWarm_again(b *testing.B) {
	dir := b.TempDir()
	const photos = 500
	var t testing.T
	write(&t, filepath.Join(dir, "0.jpg"), 1000, 700, 1)
	for i := 1; i < photos; i++ {
		if err := os.Link(filepath.Join(dir, "0.jpg"), filepath.Join(dir, fmt.Sprintf("%d.jpg", i))); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := runWarm(b.Context(), []string{dir}, &out, &out); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := runWarm(b.Context(), []string{dir}, &out, &out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*photos), "µs/photo")
}
