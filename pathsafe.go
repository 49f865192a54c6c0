package main

import (
	"path"
	"path/filepath"
	"strings"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

// target is what a request path names, before anything on disk is looked at.
// All names are relative to the root, slash-separated and clean; the root
// itself is ".".
type target struct {
	name  string // the whole name: an album or a photo, without _thumbs
	slash bool   // the path ended in a slash
	thumb bool   // a rendition of the photo, rather than the photo, is asked for
	rend  string // with thumb: the rendition's folder below _thumbs, "" for the thumbnail
}

// album and file split the name of a photo.
func (t target) album() string { return path.Dir(t.name) }
func (t target) file() string  { return path.Base(t.name) }

// maxSegments is how many names a path may hold. Each costs a look at a folder, and
// albums are listed at half that depth.
const maxSegments = 64

// parsePath says what the decoded path of a request names below the directory
// root, an absolute path. It reports false for a path that names nothing, whatever is on disk:
// one that is not absolute or holds a NUL, one with a segment that begins with
// a dot (".." is rejected here, hidden files too) or names a system's folder, one of more
// than maxSegments, and every use of _thumbs other than ALBUM/_thumbs/FILE and
// ALBUM/_thumbs/RENDITION/FILE.
//
// These are the first three of four layers that keep a request inside the root:
// the path is cleaned, ".." is rejected rather than resolved, and the result,
// made absolute, must still have the root as its prefix. The fourth, which
// also holds against symbolic links, is os.Root, through which everything is
// opened.
func parsePath(root, urlPath string) (target, bool) {
	if !strings.HasPrefix(urlPath, "/") || strings.ContainsRune(urlPath, 0) {
		return target{}, false
	}
	var t target
	t.slash = strings.HasSuffix(urlPath, "/")

	// Rejected before cleaning, which would hide it: "/a/../b" names nothing.
	segments := 0
	for segment := range strings.SplitSeq(urlPath, "/") {
		if segment == "" {
			continue
		}
		if segments++; segments > maxSegments || !album.Visible(segment) {
			return target{}, false
		}
	}
	t.name = strings.TrimPrefix(path.Clean(urlPath), "/")
	if t.name == "" {
		t.name = "."
	}
	if !within(root, t.name) {
		return target{}, false
	}
	return t.splitThumb()
}

// within reports whether name, joined to the absolute path root, stays at or
// below it.
func within(root, name string) bool {
	abs, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return false
	}
	if abs == root {
		return true
	}
	return strings.HasPrefix(abs, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator))
}

// splitThumb takes _thumbs, and the rendition's folder below it, out of the
// name. It reports false where _thumbs stands in any other place.
func (t target) splitThumb() (target, bool) {
	segments := strings.Split(t.name, "/")
	for i, segment := range segments {
		if !strings.EqualFold(segment, album.ThumbsDir) {
			continue
		}
		below := segments[i+1:]
		if segment != album.ThumbsDir || len(below) == 0 || len(below) > 2 || t.slash {
			return target{}, false
		}
		if len(below) == 2 {
			t.rend = below[0]
			if rendition.Sides[t.rend] == 0 {
				return target{}, false
			}
		}
		file := below[len(below)-1]
		if !album.IsPhotoName(file) {
			return target{}, false
		}
		t.thumb = true
		t.name = path.Join(path.Join(segments[:i]...), file)
		return t, true
	}
	return t, true
}
