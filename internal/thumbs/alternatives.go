package thumbs

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"syscall"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/webp"
)

// encoder makes the files of an alternative.
type encoder struct {
	// memory and drawnMemory are what encoding so many pixels takes of photos, and of what is
	// drawn, bytes.
	memory, drawnMemory func(pixels int64) int64
	// encode returns a file as good as a JPEG of that quality, nil where there can be none.
	encode func(img image.Image, drawn bool, jpegQuality int, profile []byte) ([]byte, error)
}

// encoders are those of rendition.Alternatives, by their folders.
var encoders = map[string]encoder{"webp": {webp.Memory, webp.LosslessMemory, encodeWebP}}

// encodeWebP encodes without loss what is drawn, which otherwise would get fringes.
func encodeWebP(img image.Image, drawn bool, jpegQuality int, profile []byte) ([]byte, error) {
	quality := webp.Quality(jpegQuality)
	if drawn {
		quality = webp.Lossless
	}
	data, err := webp.Encode(img, quality, profile)
	if errors.Is(err, webp.ErrProfile) {
		return nil, nil
	}
	return data, err
}

// alternativeCost bounds the memory that encoding an alternative takes, bytes, and reports
// whether that is enough for what is drawn: where there is little in all, it is for photos.
func (t *Store) alternativeCost(alt rendition.Alternative) (cost int64, drawn bool) {
	pixels, e := int64(t.side)*int64(t.side), encoders[alt.Dir]
	if cost := e.drawnMemory(pixels); cost <= t.memory/2 {
		return cost, true
	}
	return e.memory(pixels), false
}

// encodeAlternative returns an alternative to the thumbnail, nil where there can be none.
func (t *Store) encodeAlternative(alt rendition.Alternative, img image.Image, profile []byte) ([]byte, error) {
	drawn := photo.Drawn(img)
	if _, able := t.alternativeCost(alt); drawn && !able {
		return nil, nil
	}
	data, err := encoders[alt.Dir].encode(img, drawn, t.quality, profile)
	if err != nil {
		return nil, fmt.Errorf("as %s: %w", alt.MediaType, err)
	}
	return data, nil
}

// openAlternative returns the alternative that lies at a path, if it goes with the JPEG
// thumbnail, whose state that is.
func openAlternative(below *nolink.Dir, at string, jpeg fs.FileInfo) (*nolink.Handle, fs.FileInfo, bool) {
	f, info, err := below.File(at)
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a cleaning took it just now
	} else if err != nil {
		return err
	}
	below, err := t.makeFolder(folder, alt.Dir)
	if err != nil {
		return NotStored{err}
	}
	defer below.Close()
	name, other := src.File, rendition.NoAlternative(src.File)
	if data == nil || int64(len(data)) >= jpeg.Size() {
		name, other, data = other, name, nil
	}
	_ = below.Remove(other) // mostly there is none
	_, err = atomicfile.WriteTimed(below, name, data, asReadable(jpeg), jpeg.ModTime())
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
