// Package rendition knows the kinds of renditions that are kept in _thumbs:
// their names, sides and records.
package rendition

import (
	"path"
	"slices"

	"gallery/internal/album"
)

// Alternative is an encoding in which thumbnails are kept besides JPEG, each under its
// photo's name in a folder of _thumbs.
//
// An alternative has the mtime of the JPEG thumbnail that it goes with, and is fresh as
// long as both are the same: the JPEG's record then speaks for it, and a look at two
// files' times tells, without opening any. Where times get lost in copying, it is only
// made once more. nginx does not look at the times, so an alternative is removed when its
// JPEG is made anew.
//
// Where one would be no smaller than the JPEG, or could not bear its colour profile, there
// is an empty file with a dot before the name in its place, so that it is not tried again.
type Alternative struct {
	Dir       string // the folder's name
	MediaType string
}

// Alternatives are served to those who accept them, the first before the others. What
// encodes each is in package thumbs.
var Alternatives = []Alternative{{"webp", "image/webp"}}

// IsAlternative reports whether a folder of _thumbs of this name holds alternatives.
func IsAlternative(dir string) bool {
	return slices.ContainsFunc(Alternatives, func(a Alternative) bool { return a.Dir == dir })
}

// NoAlternative is the name of the file that says that there is to be no alternative.
func NoAlternative(file string) string { return "." + file }

// Sides lists the renditions other than the thumbnail itself, by
// their folder below _thumbs, with the greatest length of their longer side
// in pixels. Nothing outside this list can be asked for.
var Sides = map[string]int{"800": 800, Preview: 1600, "2560": 2560, "4096": 4096, ForLinks: 1200}

// Preview is the rendition that the photo's page and the lightbox show.
const Preview = "1600"

// Previews are those that they show, by the screen, the smallest first. The larger ones
// are made when a screen first asks for them.
var Previews = []string{Preview, "2560", "4096"}

// IsPreview reports whether a rendition is among Previews.
func IsPreview(rend string) bool { return slices.Contains(Previews, rend) }

// ForLinks is the rendition that shared links show, in no more than MaxForLinks bytes:
// messengers leave out what takes more.
const (
	ForLinks    = "1200"
	MaxForLinks = 300_000
)

// Sharp is the rendition that albums offer to screens of high resolution.
const Sharp = "800"

// Folder is the folder of an album's renditions of one kind.
func Folder(of, rend string) string { return path.Join(of, album.ThumbsDir, rend) }

// Name is the file of a rendition below the cache's root.
func Name(src album.Photo, rend string) string {
	return path.Join(Folder(src.Album, rend), src.File)
}
