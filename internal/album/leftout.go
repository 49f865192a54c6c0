package album

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"gallery/internal/nolink"
)

// systemFolders are the folders that systems, network storage and photo programs put
// beside photos, in any case: thumbnails of their own, and photos that were deleted.
// One whose name begins with a dot (.@__thumb, .thumbnails, .Trashes, .dtrash) is hidden
// as it is.
var systemFolders = [...]string{
	// Synology, and what UGREEN and TerraMaster took over from it
	"@eaDir", "#recycle", "#snapshot", "@tmp", "@sharebin", "@sharesnap", "@database", "@SynoResource",
	// QNAP, ASUSTOR
	"@Recycle", "@Recently-Snapshot", "@__thumb", "@Transcode", "Network Recycle Bin", "Network Recycle Bin 1",
	// NetApp, Buffalo, Thecus
	"~snapshot", "trashbox", "_NAS_Recycle_RAID",
	// Windows, of every age
	"$RECYCLE.BIN", "RECYCLER", "RECYCLED", "System Volume Information", "$Extend", "DfsrPrivate",
	// macOS: archives, and folders on what it mounts
	"__MACOSX", "Network Trash Folder", "Temporary Items", "TheVolumeSettingsFolder", "Backups.backupdb",
	// Linux, Android
	"lost+found", "LOST.DIR",
	// Nextcloud, within a user's data
	"files_trashbin", "files_versions",
}

// systemExtensions end the names of folders that programs keep their catalogues in, with
// previews of photos that are elsewhere or deleted: Lightroom's, Capture One's, Apple's.
var systemExtensions = [...]string{
	".lrdata", ".lrcat-data", ".lrlibrary", ".cocatalog", ".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary",
}

// systemFolder reports whether a folder of this name is a system's and not an album.
// Dots and spaces at the end do not count, since FAT and Windows' shares open "@eaDir."
// as "@eaDir".
func systemFolder(name string) bool {
	name = strings.TrimRight(name, ". ")
	for _, other := range systemFolders {
		if strings.EqualFold(name, other) {
			return true
		}
	}
	for _, ext := range systemExtensions {
		if len(name) > len(ext) && strings.EqualFold(name[len(name)-len(ext):], ext) {
			return true
		}
	}
	// Snapshots, as Samba and NetApp name them by date.
	if _, ok := cutPrefixFold(name, "@GMT-"); ok {
		return true
	}
	// What Windows saves of a damaged file system: FOUND.000 and so on.
	number, ok := cutPrefixFold(name, "FOUND.")
	return ok && len(number) == 3 && strings.Trim(number, "0123456789") == ""
}

// cutPrefixFold is strings.CutPrefix in any case of an ASCII prefix.
func cutPrefixFold(s, prefix string) (after string, found bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// noMedia is the file by which a folder says that it, with all below it, is to be left
// out, as Android, Nextcloud and others read it.
const noMedia = ".nomedia"

// ErrLeftOut says that a folder is left out by a file .nomedia in it or above it.
var ErrLeftOut = fmt.Errorf("left out by %s: %w", noMedia, fs.ErrNotExist)

// Folder is an open folder: an *os.Root or a *nolink.Dir.
type Folder interface {
	Lstat(name string) (fs.FileInfo, error)
}

// leftOut reports whether a folder says that it is to be left out.
func leftOut(folder Folder) bool {
	_, err := folder.Lstat(noMedia)
	return err == nil
}

// LeavesOut reports whether a folder in an album says that it is to be left out.
func LeavesOut(folder *os.Root, sub string) bool {
	_, err := folder.Lstat(path.Join(sub, noMedia))
	return err == nil
}

// LeavesOutBelow is LeavesOut in fewer calls.
func LeavesOutBelow(folder *nolink.Dir, sub string) bool {
	_, err := folder.LstatAt(path.Join(sub, noMedia))
	return err == nil
}

// MaxDepth is how deep below the root albums are listed. What walks over all albums ends
// there, however deep somebody has nested folders.
const MaxDepth = 32

// Depth is how many folders deep the album called name is: 0 for the root.
func Depth(name string) int {
	if name == "." {
		return 0
	}
	return strings.Count(name, "/") + 1
}

// Open opens the folder of the album called name below the root of the photos, as
// nolink.Folder does. It fails with an error that is fs.ErrNotExist where the album, or
// one that it lies in, is left out. The root itself never is: somebody named it.
func Open(root *os.Root, name string) (*os.Root, error) {
	folder, _, err := walk(root, name, nil)
	if err != nil && folder != nil {
		folder.Close()
		folder = nil
	}
	return folder, err
}

// Enter is Open for finding what is in the album. Of a folder that listed, unless it is nil,
// knows to hold no .nomedia it does not look for one.
func Enter(below *nolink.Dir, name string, listed func(name string, folder *nolink.Dir) bool) (entered *nolink.Dir, err error) {
	if name == "." {
		return below.Folder(".")
	}
	folder, at := below, 0
	defer func() {
		if entered == nil && folder != below { // also where listed panics
			folder.Close()
		}
	}()
	for segment := range strings.SplitSeq(name, "/") {
		at += len(segment)
		above := folder
		next, err := above.Folder(segment)
		if err != nil {
			return nil, err
		}
		folder = next
		if above != below {
			above.Close()
		}
		if (listed == nil || !listed(name[:at], folder)) && leftOut(folder) {
			return nil, ErrLeftOut
		}
		at++ // the slash
	}
	return folder, nil
}

// Nearest opens the innermost album that there is on the way to name, which may be name
// itself, and returns the album's name, too. It walks down from the root and ends at the
// first folder that is not there. It returns nil where not even the root can be opened.
func Nearest(root *os.Root, name string) (folder *os.Root, reached string) {
	folder, reached, _ = walk(root, name, nil)
	return folder, reached
}

// Visit shows each folder on the way to name, below the root, and the album's name. The error
// says why it went no further.
func Visit(root *os.Root, name string, visit func(folder *os.Root, name string)) error {
	folder, _, err := walk(root, name, visit)
	if folder != nil {
		folder.Close()
	}
	return err
}

// walk opens the folders on the way to name, one after the other. It returns the last that
// it could open and the name of that album, and why it went no further. It shows each to
// visit, which may be nil.
func walk(root *os.Root, name string, visit func(folder *os.Root, name string)) (folder *os.Root, reached string, err error) {
	folder, err = root.OpenRoot(".")
	if name == "." || err != nil {
		return folder, ".", err
	}
	reached = "."
	for begin := 0; begin < len(name); {
		segment, _, _ := strings.Cut(name[begin:], "/")
		next, err := nolink.Step(folder, segment, false)
		if err != nil {
			return folder, reached, err
		}
		if leftOut(next) {
			next.Close()
			return folder, reached, ErrLeftOut
		}
		folder.Close()
		folder, reached = next, name[:begin+len(segment)]
		begin += len(segment) + 1
		if visit != nil {
			visit(folder, reached)
		}
	}
	return folder, reached, nil
}
