package album

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"gallery/internal/nolink"
)

// A sidecar is a file of XMP beside a photo, in which programs write what they do not want to
// write into the photo itself: IMG.jpg.xmp (darktable, digiKam) or IMG.xmp (Lightroom,
// Bridge). Of several the first in this order counts.

// sidecars returns the names that a photo's sidecar may have, the first before the others.
func sidecars(file string) (names []string) {
	for _, base := range []string{file, strings.TrimSuffix(file, path.Ext(file))} {
		for _, form := range slices.Compact([]string{base, norm.NFC.String(base), norm.NFD.String(base)}) {
			names = append(names, form+".xmp", form+".XMP")
		}
	}
	return names
}

// isSidecar reports whether a file may be a sidecar, by its name.
func isSidecar(name string) bool { return strings.EqualFold(path.Ext(name), ".xmp") }

// sidecarState names the state of a photo's sidecar, "" if it has none: another state means
// that the photo is to be read anew.
func sidecarState(folder Folder, file string) string {
	for _, name := range sidecars(file) {
		if info, err := folder.Lstat(name); err == nil && info.Mode().IsRegular() {
			return stateOf(info)
		}
	}
	return ""
}

func stateOf(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x-%x", info.Size(), info.ModTime().UnixNano(), ChangeTime(info))
}

// ReadSidecar returns the content of a photo's sidecar, at most that many bytes of it, and
// its state. The content is nil where there is none that can be read.
func ReadSidecar(folder *os.Root, file string, most int64) (content []byte, state string) {
	for _, name := range sidecars(file) {
		info, err := folder.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		f, opened, err := nolink.File(folder, name)
		if err != nil {
			return nil, stateOf(info)
		}
		defer f.Close()
		content, _ = io.ReadAll(io.LimitReader(f, most)) // or what there is of it
		return content, stateOf(opened)
	}
	return nil, ""
}
