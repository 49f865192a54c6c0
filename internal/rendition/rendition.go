// Package rendition knows the kinds of renditions that are kept in _thumbs:
// their names, sides and records.
package rendition

import (
	"path"

	"gallery/internal/album"
)

// WebPDir is the folder in _thumbs that holds thumbnails as WebP, each under
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
const WebPDir = "webp"

// NoWebP is the name of the file that says that there is to be no WebP.
func NoWebP(file string) string { return "." + file }

// Sides lists the renditions other than the thumbnail itself, by
// their folder below _thumbs, with the greatest length of their longer side
// in pixels. Nothing outside this list can be asked for.
var Sides = map[string]int{"800": 800, "1600": 1600}

// Preview is the rendition that the photo's page and the lightbox show.
const Preview = "1600"

// Sharp is the rendition that albums offer to screens of high resolution.
const Sharp = "800"

// Folder is the folder of an album's renditions of one kind.
func Folder(of, rend string) string { return path.Join(of, album.ThumbsDir, rend) }

// Name is the file of a rendition below the cache's root.
func Name(src album.Photo, rend string) string {
	return path.Join(Folder(src.Album, rend), src.File)
}
