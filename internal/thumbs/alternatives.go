package thumbs

import (
	"errors"
	"image"
	"io/fs"
	"os"
	"syscall"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/webp"
)

// encoder makes the files of an alternative.
type encoder struct {
	// memory is what encoding so many pixels takes, bytes.
	memory func(pixels int64) int64
	// encode returns a file as good as a JPEG of that quality, nil where there can be none.
	encode func(img image.Image, jpegQuality int, profile []byte) ([]byte, error)
}

// encoders are those of rendition.Alternatives, by their folders.
var encoders = map[string]encoder{"webp": {webp.Memory, encodeWebP}}

func encodeWebP(img image.Image, jpegQuality int, profile []byte) ([]byte, error) {
	data, err := webp.Encode(img, webp.Quality(jpegQuality), profile)
	if errors.Is(err, webp.ErrProfile) {
		return nil, nil
	}
	return data, err
}

// openAlternative returns the alternative that goes with a JPEG thumbnail, whose folder and
// state these are.
func openAlternative(folder *os.Root, alt rendition.Alternative, file string, jpeg fs.FileInfo) (*os.File, fs.FileInfo, bool) {
	below, err := nolink.Step(folder, alt.Dir, false)
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

// alternativeSettled reports whether the alternative that goes with a JPEG thumbnail is in
// the folder below, which is nil where there is none, or is known not to be
// wanted.
func alternativeSettled(folder, below *os.Root, file string) bool {
	if folder == nil || below == nil {
		return false
	}
	jpeg, err := folder.Lstat(file)
	if err != nil {
		return false
	}
	for _, name := range []string{file, rendition.NoAlternative(file)} {
		if info, err := below.Lstat(name); err == nil && info.ModTime().Equal(jpeg.ModTime()) {
			return true
		}
	}
	return false
}

// alternativeWanted reports whether there is a thumbnail of src that an alternative is
// missing beside.
func (t *Store) alternativeWanted(src album.Photo, alt rendition.Alternative) bool {
	folder := t.OpenRenditions(src.Album, "")
	if folder == nil {
		return false
	}
	defer folder.Close()
	if _, ok := t.Cached(folder, src, ""); !ok {
		return false
	}
	below, err := nolink.Step(folder, alt.Dir, false)
	if err != nil {
		return true
	}
	defer below.Close()
	return !alternativeSettled(folder, below, src.File)
}

// putAlternative stores the alternative that goes with src's thumbnail, or where data is nil
// or no smaller, that there is to be none. Where there is no thumbnail it does nothing.
func (t *Store) putAlternative(src album.Photo, alt rendition.Alternative, data []byte) error {
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
	below, err := nolink.Step(folder, alt.Dir, true)
	if err != nil {
		return NotStored{err}
	}
	defer below.Close()
	name, other := src.File, rendition.NoAlternative(src.File)
	if data == nil || int64(len(data)) >= jpeg.Size() {
		name, other, data = other, name, nil
	}
	_ = below.Remove(other) // mostly there is none
	err = atomicfile.Write(below, name, data, asReadable(jpeg))
	if err == nil {
		err = below.Chtimes(name, jpeg.ModTime(), jpeg.ModTime())
	}
	switch {
	case errors.Is(err, syscall.ENAMETOOLONG):
		return nil // rendition.NoAlternative is a byte longer than the photo's name: it is tried again
	case err != nil:
		return NotStored{err}
	}
	// The JPEG may have been made anew meanwhile, or the photo be gone.
	removeStale(folder, alt, src.File)
	if t.gone(src) {
		_ = below.Remove(name)
	}
	return nil
}

// removeStale removes the alternative of a thumbnail in folder unless it goes with
// the thumbnail that is there now.
func removeStale(folder *os.Root, alt rendition.Alternative, file string) {
	below, err := nolink.Step(folder, alt.Dir, false)
	if err != nil {
		return
	}
	defer below.Close()
	if !alternativeSettled(folder, below, file) {
		removeAlternative(below, file)
	}
}

// removeAlternative removes a thumbnail's alternative, or what says that there is to be none.
func removeAlternative(below *os.Root, file string) {
	_ = below.Remove(file) // mostly only one of the two is there
	_ = below.Remove(rendition.NoAlternative(file))
}
