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
