package thumbs

import (
	"bytes"
	"image"
	"io"
	"os"
	"slices"

	"gallery/internal/gainmap"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

// gain is the gain map of an HDR photo, which its previews keep. A nil one is that of a photo
// without.
type gain struct {
	gainmap.Metadata
	file *io.SectionReader // its JPEG
	info photo.Info        // turned as the photo is
}

// findGain returns the gain map of a photo that previews are to be made of. One that cannot be
// read is as none: the photo itself is shown without, too.
func findGain(f *os.File, size int64, of photo.Info, tasks []task) *gain {
	if of.Format != photo.JPEG || !slices.ContainsFunc(tasks, func(k task) bool { return rendition.IsPreview(k.rend) }) {
		return nil
	}
	found, ok := gainmap.Find(f, size)
	if !ok {
		return nil
	}
	g := &gain{Metadata: found.Metadata, file: io.NewSectionReader(f, found.Offset, found.Size)}
	info, err := photo.Inspect(g.file, found.Size)
	if err != nil || info.Format != photo.JPEG {
		return nil
	}
	// It lies as the photo's pixels do, whatever it says itself.
	g.info = info.Turned(of.Orientation)
	return g
}

// sideFor is the longer side of the map of a preview: half of that, as iPhones have it, which
// shows no less since light changes slowly.
func (g *gain) sideFor(preview int) int { return max(1, preview/2) }

// cost bounds the memory that reducing it takes, bytes, for renditions of these sides, the
// largest first.
func (g *gain) cost(sides []int) int64 {
	if g == nil || len(sides) == 0 {
		return 0
	}
	return g.info.Cost(g.sideFor(sides[0]))
}

// join returns a preview with the gain map, or as it is where there is none.
func (g *gain) join(preview []byte, img image.Image, quality int) []byte {
	if g == nil {
		return preview
	}
	size := img.Bounds().Size()
	m, err := photo.Reduce(g.file, g.file.Size(), g.info, g.sideFor(max(size.X, size.Y)))
	if err != nil {
		return preview
	}
	if g.Headroom > 0 {
		table := g.Curve()
		lightness := lightnessOf(m)
		for i, v := range lightness {
			lightness[i] = table[v]
		}
	}
	var b bytes.Buffer
	if err := photo.Encode(&b, m, quality, nil, nil); err != nil {
		return preview
	}
	whole, err := gainmap.Join(preview, b.Bytes(), g.Metadata)
	if err != nil {
		return preview
	}
	return whole
}

// lightnessOf returns the pixels of a reduced JPEG that say how light it is.
func lightnessOf(m image.Image) []uint8 {
	switch m := m.(type) {
	case *image.Gray:
		return m.Pix
	case *image.YCbCr:
		return m.Y
	}
	return nil
}
