package album

import (
	_ "embed"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
)

// NoteExtension reports whether a file of this name is a note, and returns the
// name without the extension.
func NoteExtension(name string) (string, bool) {
	base, ok := name[:max(0, len(name)-3)], len(name) > 3
	return base, ok && strings.EqualFold(name[len(base):], ".md")
}

// ThumbsDir is the folder beside the photos that holds their thumbnails. The
// name is reserved in any case, so that a file system that folds case offers
// no second way in.
const ThumbsDir = "_thumbs"

// PublicFile is in the root's ThumbsDir while no password is needed for all. nginx goes by
// it: without it nginx asks about each file, so that what cannot be written opens nothing.
const PublicFile = ".public"

// OwnersDir is the folder beside the albums in which the site's owner keeps a logo and the
// like. As its name begins with a dot, it is no album.
const OwnersDir = ".gallery"

// mediaTypes maps the extensions that are served, in lower case, to their
// media types. Anything that is not in here does not exist.
var mediaTypes = map[string]string{
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".jfif": "image/jpeg", // as Windows and Android name some
	".png":  "image/png",
	".gif":  "image/gif",
	".webp": "image/webp",
}

// MediaType returns the media type of a photo by its name, or "" if a file
// of that name is not served.
func MediaType(name string) string {
	return mediaTypes[strings.ToLower(path.Ext(name))]
}

// WithExtension returns a file's name with an extension that says its media type: its own
// where that does.
func WithExtension(name, mediaType string) string {
	if MediaType(name) == mediaType {
		return name
	}
	ext := "." + strings.TrimPrefix(mediaType, "image/")
	if mediaType == "image/jpeg" {
		ext = ".jpg"
	}
	return strings.TrimSuffix(name, path.Ext(name)) + ext
}

// Visible reports whether a file or folder of this name may be seen at all: it is not
// hidden, nor a folder of a system's.
func Visible(name string) bool {
	return name != "" && name[0] != '.' && !systemFolder(name)
}

// Readable is a file's or folder's name as text: valid UTF-8, and one line.
func Readable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
}

// Title is a photo's name as text: without its extension, and with
// spaces for "-" and "_" where it is words ("sunset-over_the-lake") and not a
// camera's count ("IMG_1234").
func Title(file string) string {
	name := []rune(Readable(strings.TrimSuffix(file, path.Ext(file))))
	if !hasWord(name) {
		return string(name)
	}
	inner := func(i int) rune { // the neighbour, or a space
		if i < 0 || i >= len(name) {
			return ' '
		}
		return name[i]
	}
	shown := slices.Clone(name)
	for i, r := range name {
		before, after := inner(i-1), inner(i+1)
		dates := unicode.IsDigit(before) && unicode.IsDigit(after)
		if r == '_' && !dates || r == '-' && !dates && !unicode.IsSpace(before) && !unicode.IsSpace(after) {
			shown[i] = ' '
		}
	}
	return strings.Join(strings.Fields(string(shown)), " ")
}

// hasWord reports whether three letters, not all capitals, stand together.
func hasWord(name []rune) bool {
	letters, small := 0, false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			letters, small = 0, false
			continue
		}
		letters, small = letters+1, small || !unicode.IsUpper(r)
		if letters >= 3 && small {
			return true
		}
	}
	return false
}

// IsAlbum reports whether an entry of an album's folder is a sub-album.
func IsAlbum(entry fs.DirEntry) bool {
	return entry.IsDir() && Visible(entry.Name()) && !strings.EqualFold(entry.Name(), ThumbsDir)
}

// IsPhoto reports whether an entry of an album's folder is a photo.
func IsPhoto(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && Visible(entry.Name()) && IsPhotoName(entry.Name())
}

// IsPhotoName reports whether a file of this name is a photo that is served.
func IsPhotoName(name string) bool { return MediaType(name) != "" }
