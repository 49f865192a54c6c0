package access

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gallery/internal/album"
	"gallery/internal/storage"
)

// The file for nginx is there again when _thumbs was deleted, and gone again when it came
// back with what was away.
func TestKeepTelling(t *testing.T) {
	for _, public := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			log := slog.New(slog.DiscardHandler)
			path := t.TempDir()
			file := filepath.Join(path, album.ThumbsDir, album.PublicFile)
			dir, err := storage.Open("DIR", path, log)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go KeepTelling(ctx, dir, public, log)
			for range 2 {
				time.Sleep(11 * time.Second)
				if _, err := os.Stat(file); (err == nil) != public {
					t.Errorf("public %t: %v", public, err)
				}
				if public {
					err = os.RemoveAll(filepath.Dir(file))
				} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
					err = os.WriteFile(file, nil, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(11 * time.Second)
			if _, err := os.Stat(file); (err == nil) != public {
				t.Errorf("public %t, after a change: %v", public, err)
			}
			cancel()
			synctest.Wait()
		})
	}
}

// What the indexes go by is as it was.
func TestTell_time(t *testing.T) {
	path := t.TempDir()
	folder := filepath.Join(path, album.ThumbsDir)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(folder, then, then); err != nil {
		t.Fatal(err)
	}
	dir, err := storage.Open("DIR", path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := Tell(dir, true); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(folder); err != nil || !info.ModTime().Equal(then) {
		t.Errorf("the folder is of %v, %v, not of %v", info.ModTime(), err, then)
	}
}
