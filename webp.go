package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"syscall"

	"gallery/internal/atomicfile"
	"gallery/internal/photo"
	"gallery/internal/webp"
)

// webpDir is the folder in _thumbs that holds thumbnails as WebP, each under
// its photo's name.
//
// A WebP has the mtime of the JPEG thumbnail that it goes with, and is fresh as
// long as both are the same: the JPEG's record then speaks for it, and a look
// at two files' times tells, without opening any. Where times get lost in
// copying, it is only made once more. nginx does not look at the times, so a
// WebP is removed when its JPEG is made anew.
//
// Where a WebP would be no smaller than the JPEG, or could not bear its colour
// profile, there is an empty file with a dot before the name in its place, so
// that it is not tried again.
const webpDir = "webp"

// noWebP is the name of the file that says that there is to be no WebP.
func noWebP(file string) string { return "." + file }

// openWebP returns the WebP that goes with a JPEG thumbnail, whose folder and
// state these are.
func openWebP(folder *os.Root, file string, jpeg fs.FileInfo) (*os.File, fs.FileInfo, bool) {
	below, err := openStep(folder, webpDir, false)
	if err != nil {
		return nil, nil, false
	}
	defer below.Close()
	f, info, err := openPhoto(below, file)
	if err != nil {
		return nil, nil, false
	}
	if !info.ModTime().Equal(jpeg.ModTime()) {
		f.Close()
		return nil, nil, false
	}
	return f, info, true
}

// webpSettled reports whether the WebP that goes with a JPEG thumbnail is in
// the folder below, which is nil where there is none, or is known not to be
// wanted.
func webpSettled(folder, below *os.Root, file string) bool {
	if folder == nil || below == nil {
		return false
	}
	jpeg, err := folder.Lstat(file)
	if err != nil {
		return false
	}
	for _, name := range []string{file, noWebP(file)} {
		if info, err := below.Lstat(name); err == nil && info.ModTime().Equal(jpeg.ModTime()) {
			return true
		}
	}
	return false
}

// ensureWebP makes the WebP that goes with src's thumbnail, if it is wanted and
// not there. Where there is no thumbnail it does nothing.
func (t *thumbs) ensureWebP(ctx context.Context, src source) error {
	_, err := once(ctx, &t.flight, "webp of "+src.name(), func() (any, error) { return nil, t.makeWebP(ctx, src) })
	return err
}

func (t *thumbs) makeWebP(ctx context.Context, src source) error {
	folder := t.openRenditions(src.album, "")
	if folder == nil {
		return nil
	}
	defer folder.Close()
	if _, ok := t.cached(folder, src, ""); !ok {
		return nil
	}
	jpeg, err := folder.Lstat(src.file)
	if err != nil {
		return err
	}
	below, err := openStep(folder, webpDir, true)
	if err != nil {
		return notStored{err}
	}
	defer below.Close()
	if webpSettled(folder, below, src.file) {
		return nil
	}
	data, err := t.renderWebP(ctx, src)
	if err != nil {
		return err
	}
	name, other := src.file, noWebP(src.file)
	if data == nil || int64(len(data)) >= jpeg.Size() {
		name, other, data = other, name, nil
	}
	_ = below.Remove(other) // mostly there is none
	err = atomicfile.Write(below, name, data, 0o644)
	if err == nil {
		err = below.Chtimes(name, jpeg.ModTime(), jpeg.ModTime())
	}
	switch {
	case errors.Is(err, syscall.ENAMETOOLONG):
		return nil // noWebP is a byte longer than the photo's name: it is tried again
	case err != nil:
		return notStored{err}
	}
	// The JPEG may have been made anew meanwhile, or the photo be gone.
	removeStaleWebP(folder, src.file)
	if t.gone(src) {
		_ = below.Remove(name)
	}
	return nil
}

// renderWebP makes a WebP in memory, within the budget. It returns nil where
// there can be none.
func (t *thumbs) renderWebP(ctx context.Context, src source) (data []byte, err error) {
	side := int64(t.side)
	err = t.reduce(ctx, src, t.side, webp.Memory(side*side), func(img image.Image, info photo.Info, before fs.FileInfo) error {
		if before.Size() != src.size || before.ModTime().UnixNano() != src.mtime {
			return errChanging // since its thumbnail was made
		}
		data, err = webp.Encode(img, webp.Quality(t.quality), info.Profile())
		if errors.Is(err, webp.ErrProfile) {
			return nil
		}
		return err
	})
	if errors.Is(err, errUnfit) { // it takes too much memory
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("as WebP: %w", err)
	}
	t.log.Debug("made", "photo", src.name(), "options", t.options("")+" webp")
	return data, nil
}

// removeStaleWebP removes the WebP of a thumbnail in folder unless it goes with
// the thumbnail that is there now.
func removeStaleWebP(folder *os.Root, file string) {
	below, err := openStep(folder, webpDir, false)
	if err != nil {
		return
	}
	defer below.Close()
	if !webpSettled(folder, below, file) {
		removeWebP(below, file)
	}
}

// removeWebP removes a thumbnail's WebP, or what says that there is to be none.
func removeWebP(below *os.Root, file string) {
	_ = below.Remove(file) // mostly only one of the two is there
	_ = below.Remove(noWebP(file))
}
