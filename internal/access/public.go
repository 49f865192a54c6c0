package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
	"gallery/internal/storage"
)

const publicText = "While this file is here, nginx asks only about albums with a file .access. gallery -private removes it.\n"

// Tell has nginx know whether albums are public where no folder says anything. dir is where
// the thumbnails are.
func Tell(dir *storage.Dir, public bool) error {
	if err := dir.Away(); err != nil {
		return err
	}
	thumbs, err := nolink.Folder(dir.Root(), album.ThumbsDir, public)
	if !public && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		defer thumbs.Close()
		_, missing := thumbs.Lstat(album.PublicFile)
		switch there := !errors.Is(missing, fs.ErrNotExist); {
		case public && !there:
			before, statErr := thumbs.Stat(".")
			err = atomicfile.Write(thumbs, album.PublicFile, []byte(publicText), 0o644)
			if statErr == nil {
				// Albums' indexes go by this time, and tell nothing of the file.
				_ = thumbs.Chtimes(".", time.Time{}, before.ModTime())
			}
		case !public && there:
			err = thumbs.Remove(album.PublicFile)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir.Path(), album.ThumbsDir, album.PublicFile), nolink.Cause(err))
	}
	return nil
}

// KeepTelling has nginx know it, until ctx ends, again and again: _thumbs may be deleted at
// any time, and what was away may come back with the file in it.
func KeepTelling(ctx context.Context, dir *storage.Dir, public bool, log *slog.Logger) {
	said := false
	for {
		err := Tell(dir, public)
		if err != nil && !said && !errors.Is(err, storage.ErrAway) {
			said = true
			if public {
				log.Info("nginx asks about each photo, since no file can say that they are for everybody", "err", err)
			} else {
				log.Error("nginx may serve photos without asking: remove the file", "err", err)
			}
		}
		wait := time.Second
		if public {
			wait = 10 * time.Second
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
