package thumbs

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"syscall"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/webp"
)

// openWebP returns the WebP that goes with a JPEG thumbnail, whose folder and
// state these are.
func openWebP(folder *os.Root, file string, jpeg fs.FileInfo) (*os.File, fs.FileInfo, bool) {
	below, err := nolink.Step(folder, rendition.WebPDir, false)
	if err != nil {
		return nil, nil, false
	}
	defer below.Close()
	f, info, err := nolink.File(below, file)
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
	for _, name := range []string{file, rendition.NoWebP(file)} {
		if info, err := below.Lstat(name); err == nil && info.ModTime().Equal(jpeg.ModTime()) {
			return true
		}
	}
	return false
}

// ensureWebP makes the WebP that goes with src's thumbnail, if it is wanted and
// not there. Where there is no thumbnail it does nothing.
func (t *Store) ensureWebP(ctx context.Context, src album.Photo) error {
	if err := t.FailedBefore(src, rendition.WebPDir); err != nil {
		return nil // a mistake of ours, logged when it happened
	}
	_, err := t.webps.Do(ctx, src.Name(), func() (_ struct{}, err error) {
		defer t.blamePhoto(src, rendition.WebPDir, &err)
		defer bounded.Recover(&err)
		return struct{}{}, t.makeWebP(ctx, src)
	})
	return err
}

func (t *Store) makeWebP(ctx context.Context, src album.Photo) error {
	folder := t.OpenRenditions(src.Album, "")
	if folder == nil {
		return nil
	}
	defer folder.Close()
	if _, ok := t.Cached(folder, src, ""); !ok {
		return nil
	}
	jpeg, err := folder.Lstat(src.File)
	if err != nil {
		return err
	}
	below, err := nolink.Step(folder, rendition.WebPDir, true)
	if err != nil {
		return NotStored{err}
	}
	defer below.Close()
	if webpSettled(folder, below, src.File) {
		return nil
	}
	data, err := t.renderWebP(ctx, src)
	if err != nil {
		return err
	}
	name, other := src.File, rendition.NoWebP(src.File)
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
		return nil // rendition.NoWebP is a byte longer than the photo's name: it is tried again
	case err != nil:
		return NotStored{err}
	}
	// The JPEG may have been made anew meanwhile, or the photo be gone.
	removeStaleWebP(folder, src.File)
	if t.gone(src) {
		_ = below.Remove(name)
	}
	return nil
}

// renderWebP makes a WebP in memory, within the budget. It returns nil where
// there can be none.
func (t *Store) renderWebP(ctx context.Context, src album.Photo) (data []byte, err error) {
	side := int64(t.side)
	err = t.reduce(ctx, src, t.side, webp.Memory(side*side), func(img image.Image, info photo.Info, before fs.FileInfo) error {
		if before.Size() != src.Size || before.ModTime().UnixNano() != src.MTime {
			return ErrChanging // since its thumbnail was made
		}
		data, err = webp.Encode(img, webp.Quality(t.quality), info.Profile())
		if errors.Is(err, webp.ErrProfile) {
			return nil
		}
		return err
	})
	if errors.Is(err, ErrUnfit) { // it takes too much memory
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("as WebP: %w", err)
	}
	return data, nil
}

// removeStaleWebP removes the WebP of a thumbnail in folder unless it goes with
// the thumbnail that is there now.
func removeStaleWebP(folder *os.Root, file string) {
	below, err := nolink.Step(folder, rendition.WebPDir, false)
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
	_ = below.Remove(rendition.NoWebP(file))
}
