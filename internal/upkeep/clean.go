package upkeep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/filename"
	"gallery/internal/index"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/thumbs"
)

// The reasons to remove a file from _thumbs, as they are reported.
const (
	isOrphan   = "of photos that are gone"
	isStale    = "older than their photos"
	isOther    = "made with other options"
	isLitter   = "left unfinished"
	isOutdated = "indexes out of date"
	isForeign  = "not the gallery's"
	isOld      = "older than -older-than"
	isTooMuch  = "beyond -max-size"
	isKept     = ""              // none: it stays
	isBusy     = "being written" // neither to go nor to be counted
)

// reasons is their order in the report.
var reasons = [...]string{isOrphan, isStale, isOther, isOutdated, isLitter, isForeign, isOld, isTooMuch}

// tally counts files and their bytes.
type tally struct {
	files int
	bytes int64
}

func (t *tally) add(bytes int64) { t.files++; t.bytes += bytes }

func (t tally) String() string {
	return fmt.Sprintf("%d files of %s", t.files, humanize.Bytes(uint64(t.bytes)))
}

// cleanRun is one run of "gallery clean". It removes files within folders
// called _thumbs and nothing else, and follows no symbolic link.
type cleanRun struct {
	thumbs *thumbs.Store
	stdout io.Writer
	dryRun bool      // only say what would be removed
	before time.Time // renditions made earlier go; zero for none

	freed  map[string]*tally // by reason
	left   tally             // what is kept
	kept   []stored          // the same, file by file, where some of it may have to go
	all    bool              // kept is needed
	held   map[string]int    // by album: files left alone, since its photos seem to be away
	force  bool              // remove those, too
	failed int               // files and folders that could not be looked at or removed
	last   lastIndex         // the one read last
	jobs   int               // albums at once
}

// lastIndex is an album's index, nil for none, as it was for a stamp.
type lastIndex struct {
	album string
	stamp thumbs.Stamp
	index *index.Index
}

// indexOf returns an album's index if there is one that names the files that are in it now.
func (c *cleanRun) indexOf(name string) *index.Index {
	if st := c.thumbs.Stamp(name); c.last.album != name || c.last.stamp != st {
		c.last = lastIndex{name, st, c.thumbs.IndexedOnce(name, st)}
	}
	return c.last.index
}

// stored is a file in a rendition folder.
type stored struct {
	folder string // below the cache's root
	file   string
	size   int64     // bytes
	made   time.Time // its mtime
}

// CleanOptions say what clean removes besides what is of no use.
type CleanOptions struct {
	Before  time.Time // renditions made earlier go; zero for none
	MaxSize int64     // the oldest go until what is left takes no more bytes; 0 for no bound
	DryRun  bool      // only say what would be removed
	Force   bool      // remove also where whole albums of photos are not there
	Jobs    int       // albums at once; 0 for as many as there are processors
}

// Clean removes from the _thumbs of a store what is of no use, and says on stdout what
// it freed.
func Clean(ctx context.Context, t *thumbs.Store, o CleanOptions, stdout io.Writer) error {
	run := cleanRun{thumbs: t, stdout: stdout, dryRun: o.DryRun, force: o.Force, before: o.Before, all: o.MaxSize > 0, freed: map[string]*tally{}, held: map[string]int{}, jobs: o.Jobs}
	if run.jobs == 0 {
		run.jobs = runtime.GOMAXPROCS(0)
	}
	photos := t.PhotosRoot()
	if a, err := run.photos("."); err == nil && len(a) == 0 && !hasAlbum(photos) && !o.Force {
		return fmt.Errorf("DIR %s holds no photo and no album, and every thumbnail would go: if its disk is not mounted, mount it; if they are deleted, add -force", photos.Name())
	}
	if !o.Force {
		run.hold(ctx)
	}
	run.everything(ctx)
	if o.MaxSize > 0 {
		run.shrink(ctx, o.MaxSize)
	}
	return run.report(ctx)
}

// hasAlbum reports whether a folder has any album in it.
func hasAlbum(folder *os.Root) bool {
	list, err := nolink.List(folder)
	if err != nil {
		return false
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	return slices.ContainsFunc(entries, album.IsAlbum)
}

// folder has the _thumbs of a folder below the cache's root cleaned, and those of the folders in
// it, in the order of their names.
func (c *cleanRun) folder(ctx context.Context, folder *os.Root, name string, do func(job func(*cleanRun))) {
	list, err := nolink.List(folder)
	if err != nil {
		do(func(part *cleanRun) { part.noteUncleaned(name, err) })
		return
	}
	entries, err := list.ReadDir(-1)
	list.Close()
	if err != nil {
		do(func(part *cleanRun) { part.noteUncleaned(name, err) })
	}
	entries = slices.DeleteFunc(entries, func(entry fs.DirEntry) bool { return !entry.IsDir() })
	filename.Sort(entries, fs.DirEntry.Name)
	_, held := c.held[name]
	for _, entry := range entries {
		if ctx.Err() != nil {
			return
		}
		switch below := path.Join(name, entry.Name()); {
		case entry.Name() == album.ThumbsDir && held:
		case entry.Name() == album.ThumbsDir:
			own, err := folder.OpenRoot(".") // for as long as the job takes
			do(func(part *cleanRun) {
				if err != nil {
					part.noteUncleaned(name, err)
					return
				}
				defer own.Close()
				part.album(ctx, own, name)
			})
		case album.IsAlbum(entry) && album.Depth(name) < album.MaxDepth:
			if _, held := c.held[below]; held {
				continue
			}
			sub, err := nolink.Step(folder, entry.Name(), false)
			if err != nil {
				do(func(part *cleanRun) { part.noteUncleaned(below, err) })
				continue
			}
			c.folder(ctx, sub, below, do)
			sub.Close()
		}
	}
}

// album cleans the _thumbs of one album, whose folder below the cache's root
// this is.
func (c *cleanRun) album(ctx context.Context, folder *os.Root, name string) {
	photos, err := c.photos(name)
	if err != nil {
		c.noteUncleaned(name, err) // without knowing the photos nothing can be told of thumbnails
		return
	}
	thumbs, err := nolink.Folder(folder, album.ThumbsDir, false)
	if err != nil {
		c.noteUncleaned(path.Join(name, album.ThumbsDir), err)
		return
	}
	defer thumbs.Close()
	for _, alt := range rendition.Alternatives { // first, since they are judged by the JPEGs
		c.alternatives(ctx, thumbs, name, alt, photos)
	}
	c.renditions(ctx, thumbs, name, "", photos)
	for rend := range rendition.Sides {
		below, err := nolink.Folder(thumbs, rend, false)
		if err != nil {
			continue // none, or something else of that name, which is foreign
		}
		c.renditions(ctx, below, name, rend, photos)
		below.Close()
	}
	c.indexes(ctx, thumbs, name) // last, since what was removed makes one untrue
	if len(photos) == 0 && !c.dryRun {
		// What is empty goes, and the rest stays: no error tells more.
		for rend := range rendition.Sides {
			_ = thumbs.Remove(rend)
		}
		for _, alt := range rendition.Alternatives {
			_ = thumbs.Remove(alt.Dir)
		}
		_ = thumbs.Remove(index.Dir)
		_ = folder.Remove(album.ThumbsDir)
	}
}

// photos returns the photos of an album by their files' names: none if it is
// gone or left out.
func (c *cleanRun) photos(name string) (map[string]album.Photo, error) {
	folder, err := album.Open(c.thumbs.PhotosRoot(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer folder.Close()
	if x := c.indexOf(name); x != nil {
		return inIndex(folder, name, x), nil
	}
	a, err := album.List(folder, name)
	if err != nil {
		return nil, err
	}
	photos := make(map[string]album.Photo, len(a.Photos))
	for _, src := range a.Photos {
		photos[src.File] = src
	}
	return photos, nil
}

// inIndex returns the photos of an album that an index names, as they are now.
func inIndex(folder *os.Root, name string, x *index.Index) map[string]album.Photo {
	photos := make(map[string]album.Photo, x.Photos)
	for i := range x.Photos {
		p := x.FileAt(i)
		stat := album.StatAlone
		if p.Sidecar != "" {
			stat = album.Stat
		}
		if src, err := stat(folder, name, string(p.Name)); err == nil {
			photos[src.File] = src
		}
	}
	return photos
}

// entries lists a folder, as far as it can be read.
func (c *cleanRun) entries(folder *os.Root, name string) []fs.DirEntry {
	list, err := nolink.List(folder)
	if err != nil {
		c.noteUncleaned(name, err)
		return nil
	}
	defer list.Close()
	entries, err := list.ReadDir(-1)
	if err != nil {
		c.noteUncleaned(name, err)
	}
	return entries
}

// renditions cleans one rendition folder of an album with these photos.
func (c *cleanRun) renditions(ctx context.Context, folder *os.Root, albumName, rend string, photos map[string]album.Photo) {
	name := rendition.Folder(albumName, rend)
	x := c.indexOf(albumName)
	listed := thumbs.RenditionsListed(x, rend, folder)
	for _, entry := range c.entries(folder, name) {
		if ctx.Err() != nil {
			return
		}
		file := entry.Name()
		if albumName == "." && rend == "" && file == album.PublicFile && entry.Type().IsRegular() {
			continue
		}
		if entry.IsDir() {
			if rend != "" || rendition.Sides[file] == 0 && !rendition.IsAlternative(file) && file != index.Dir {
				c.removeTree(folder, name, file)
			}
			continue
		}
		r, fresh := c.thumbs.FromIndex(x, photos[file], rend)
		if made := time.Unix(0, r.FileMTime); fresh && listed && entry.Type().IsRegular() && !made.Before(c.before) {
			c.settle(folder, stored{name, file, r.FileSize, made}, isKept, nil)
			continue
		}
		info, err := folder.Lstat(file)
		if err != nil {
			continue // gone meanwhile
		}
		reason, err := isKept, error(nil)
		if !fresh || !r.IsOf(info) || info.ModTime().Before(c.before) {
			reason, err = c.judge(folder, info, rend, photos)
		}
		c.settle(folder, stored{name, file, info.Size(), info.ModTime()}, reason, err)
	}
}

// indexes cleans the folder of indexes in an album's _thumbs.
func (c *cleanRun) indexes(ctx context.Context, thumbs *os.Root, albumName string) {
	folder, err := nolink.Step(thumbs, index.Dir, false)
	if err != nil {
		return // none, or something else of that name, which is foreign
	}
	defer folder.Close()
	name := index.Folder(albumName)
	for _, entry := range c.entries(folder, name) {
		if ctx.Err() != nil {
			return
		}
		if entry.IsDir() {
			c.removeTree(folder, name, entry.Name())
			continue
		}
		info, err := folder.Lstat(entry.Name())
		if err != nil {
			continue // gone meanwhile
		}
		reason := isForeign
		switch {
		case !info.Mode().IsRegular():
		case atomicfile.Temporary(entry.Name()):
			reason, _ = c.judge(folder, info, "", nil)
		default:
			x := c.indexOf(albumName)
			reason = [...]string{isKept, isOutdated, isForeign}[c.thumbs.Judge(albumName, entry.Name(), x, c.last.stamp)]
		}
		if reason != isKept { // it is not to go for its age, nor for others' sake
			c.settle(folder, stored{name, entry.Name(), info.Size(), info.ModTime()}, reason, nil)
		}
	}
}

// settle keeps or removes a file as it was judged.
func (c *cleanRun) settle(folder *os.Root, r stored, reason string, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), reason == isBusy:
	case err != nil:
		c.noteUncleaned(path.Join(r.folder, r.file), err)
	case reason == isKept:
		c.left.add(r.size)
		if c.all {
			c.kept = append(c.kept, r)
		}
	default:
		c.remove(folder, r, reason)
	}
}

// alternatives cleans the folder of alternatives in an album's _thumbs.
func (c *cleanRun) alternatives(ctx context.Context, thumbs *os.Root, albumName string, alt rendition.Alternative, photos map[string]album.Photo) {
	folder, err := nolink.Folder(thumbs, alt.Dir, false)
	if err != nil {
		return // none, or something else of that name, which is foreign
	}
	defer folder.Close()
	name := rendition.Folder(albumName, alt.Dir)
	for _, entry := range c.entries(folder, name) {
		if ctx.Err() != nil {
			return
		}
		if entry.IsDir() {
			c.removeTree(folder, name, entry.Name())
			continue
		}
		info, err := folder.Lstat(entry.Name())
		if err != nil {
			continue // gone meanwhile
		}
		reason, err := c.judgeAlternative(thumbs, folder, alt, info, photos)
		c.settle(folder, stored{name, info.Name(), info.Size(), info.ModTime()}, reason, err)
	}
}

// judgeAlternative returns why a file in a folder of alternatives is to go: for the same
// reason as the JPEG that it goes with.
func (c *cleanRun) judgeAlternative(thumbs, folder *os.Root, alt rendition.Alternative, info fs.FileInfo, photos map[string]album.Photo) (string, error) {
	if atomicfile.Temporary(info.Name()) || !info.Mode().IsRegular() {
		return c.judge(folder, info, alt.Dir, photos)
	}
	file := strings.TrimPrefix(info.Name(), ".") // as rendition.NoAlternative puts it there
	if !album.Visible(file) || !album.IsPhotoName(file) {
		return isForeign, nil
	}
	jpeg, err := thumbs.Lstat(file)
	if _, present := photos[file]; errors.Is(err, fs.ErrNotExist) && !present {
		return isOrphan, nil
	} else if errors.Is(err, fs.ErrNotExist) {
		return isStale, nil
	} else if err != nil {
		return "", err
	}
	reason, err := c.judge(thumbs, jpeg, "", photos)
	if err == nil && reason == isKept && !jpeg.ModTime().Equal(info.ModTime()) {
		return isStale, nil
	}
	return reason, err
}

// judge returns why a file in a rendition folder is to go.
func (c *cleanRun) judge(folder *os.Root, info fs.FileInfo, rend string, photos map[string]album.Photo) (string, error) {
	file := info.Name()
	switch {
	case atomicfile.Temporary(file) && info.Mode().IsRegular():
		if !atomicfile.Abandoned(folder, file) {
			return isBusy, nil
		}
		return isLitter, nil
	case !info.Mode().IsRegular(), !album.Visible(file), !album.IsPhotoName(file):
		return isForeign, nil
	}
	f, _, err := nolink.File(folder, file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	src, present := photos[file]
	r, ours := rendition.ReadRecord(f)
	switch {
	case !ours && !thumbs.Predecessors(f, info, c.thumbs.SideOf("")):
		return isForeign, nil
	case !present:
		return isOrphan, nil
	case ours && r.Options != c.thumbs.Options(rend):
		return isOther, nil
	case ours && !c.thumbs.Fresh(r, src, rend):
		return isStale, nil
	case info.ModTime().Before(c.before):
		return isOld, nil
	}
	return isKept, nil
}

// remove removes a file from its folder, unless it is another one by now.
func (c *cleanRun) remove(folder *os.Root, r stored, reason string) {
	name := path.Join(r.folder, r.file)
	if !c.dryRun {
		now, err := folder.Lstat(r.file)
		if err != nil || now.Size() != r.size || !now.ModTime().Equal(r.made) {
			return
		}
		switch {
		case reason != isLitter:
			err = folder.Remove(r.file)
		case !atomicfile.Sweep(folder, r.file):
			return // it has an owner after all
		}
		if err != nil {
			c.noteUncleaned(name, err)
			return
		}
	}
	c.note(name, reason, r.size)
}

// removeTree removes a folder that is not the gallery's, and all that is in it.
func (c *cleanRun) removeTree(folder *os.Root, folderName, file string) {
	var bytes int64
	_ = fs.WalkDir(folder.FS(), file, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // counted as nothing; the removing will say why
		}
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			bytes += info.Size()
		}
		return nil
	})
	name := path.Join(folderName, file)
	if !c.dryRun {
		if err := folder.RemoveAll(file); err != nil {
			c.noteUncleaned(name, err)
			return
		}
	}
	c.note(name+"/", isForeign, bytes)
}

// note counts what was removed. It names what is not the gallery's and, when
// nothing is really removed, everything.
func (c *cleanRun) note(name, reason string, bytes int64) {
	if c.freed[reason] == nil {
		c.freed[reason] = &tally{}
	}
	c.freed[reason].add(bytes)
	if c.dryRun || reason == isForeign {
		fmt.Fprintf(c.stdout, "%s: %s\n", strconv.QuoteToGraphic(name), reason)
	}
}

func (c *cleanRun) noteUncleaned(name string, err error) {
	c.failed++
	fmt.Fprintf(c.stdout, "%s: %v\n", strconv.QuoteToGraphic(name), nolink.Cause(err))
}

// shrink removes the oldest of the renditions kept until they take no more
// than size bytes.
func (c *cleanRun) shrink(ctx context.Context, size int64) {
	// An alternative has its JPEG's mtime, and goes first: it is of no use without.
	slices.SortFunc(c.kept, func(x, y stored) int {
		return cmp.Or(x.made.Compare(y.made), strings.Compare(y.folder, x.folder))
	})
	var total int64
	for _, r := range c.kept {
		total += r.size
	}
	gone := 0
	for ; gone < len(c.kept) && total > size && ctx.Err() == nil; gone++ {
		r := c.kept[gone]
		if folder, err := nolink.Folder(c.thumbs.CacheRoot(), r.folder, false); err == nil {
			c.remove(folder, r, isTooMuch)
			folder.Close()
		}
		total -= r.size
		c.left.files--
		c.left.bytes -= r.size
	}
}

// report says what was freed and what is left.
func (c *cleanRun) report(ctx context.Context) error {
	var freed tally
	var parts []string
	for _, reason := range reasons {
		if t := c.freed[reason]; t != nil {
			freed.files += t.files
			freed.bytes += t.bytes
			parts = append(parts, fmt.Sprintf("%d %s", t.files, reason))
		}
	}
	verb := "freed"
	if c.dryRun {
		verb = "would free"
	}
	line := fmt.Sprintf("gallery: %s %v", verb, freed)
	if len(parts) > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	fmt.Fprintf(c.stdout, "%s; %v are left\n", line, c.left)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted: the same command goes on where it was")
	case len(c.held) > 0:
		return fmt.Errorf("left alone the thumbnails of %s, whose photos are not there: if a disk is not mounted, mount it; if they are deleted, add -force", c.heldAlbums())
	case c.failed > 0:
		return fmt.Errorf("%d files or folders could not be cleaned", c.failed)
	}
	return nil
}
