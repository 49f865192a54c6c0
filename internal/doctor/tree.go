package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/filename"
	"gallery/internal/index"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// Patient is a directory of photos and how it is served.
type Patient struct {
	Storage *storage.Storage
	Thumbs  *thumbs.Store
	Service Account                 // who serves it
	Nginx   *Account                // who nginx is; nil where there is none, or that is not known
	Fstab   string                  // the file that says what is to be mounted
	May     func(album string) bool // which albums are looked at; nil for all
	Try     time.Duration           // how long it is tried what becomes of photos without a thumbnail
}

// Tree is what a walk over all albums found beside what is wrong.
type Tree struct {
	Albums, Photos int
	Thumbs         int   // photos that have a thumbnail
	Complete       int   // photos that have all that is made ahead of time, as far as indexes say
	Larger         int   // the larger renditions that are there
	Bytes          int64 // of the renditions that indexes know
	Known          int   // photos that indexes know
	Sample         album.Photo
	// Sample is a photo that everybody may see and that has a thumbnail; no name where there is none.
}

// walk is one walk over all albums.
type walk struct {
	Patient
	r       *Report
	tree    Tree
	now     time.Time
	dead    map[string]bool // paths of mounts that do not answer
	fixed   bool            // nothing can be written where the renditions are
	missing []album.Photo   // photos without a thumbnail, up to maxMissing
	ahead   int             // files that are dated in the future
	links   int
	deep    int // folders that are too deep
}

// maxMissing bounds the photos that are tried.
const maxMissing = 1000

// Look looks at the directories, at all that is in them, and at the machine, until ctx ends.
func Look(ctx context.Context, r *Report, p Patient) Tree {
	w := &walk{Patient: p, r: r, now: time.Now(), dead: map[string]bool{}}
	w.places()
	w.chain()
	w.claim()
	if !w.dead[p.Storage.Photos.Path()] && w.shows(".") {
		root, err := p.Storage.Photos.Root().OpenRoot(".")
		if err == nil {
			w.album(ctx, root, ".", p.Nginx != nil, false)
			root.Close()
		}
	}
	if ctx.Err() != nil {
		r.add(Note, "unfinished", "", "run `gallery doctor` on the server for all of it", "not all was looked at, but %d albums: it takes too long here", w.tree.Albums)
	}
	if w.links > 0 {
		r.add(Note, "links", "", "", "%d symbolic links are not followed, and not shown", w.links)
	}
	if w.deep > 0 {
		r.add(Warning, "too-deep", "", "move them up", "%d folders lie more than %d deep and are not shown", w.deep, album.MaxDepth)
	}
	w.stored()
	w.unfit(ctx)
	w.clock()
	return w.tree
}

// at is the path of something below the photos.
func (w *walk) at(name string) string { return filepath.Join(w.Storage.Photos.Path(), name) }

// inCache is the path of something below the cache.
func (w *walk) inCache(name string) string { return filepath.Join(w.Storage.Cache.Path(), name) }

// album looks at an album's folder and what is in it, and then at those below. nginx says
// whether nginx comes so far, and guarded whether the album is not for everybody.
func (w *walk) album(ctx context.Context, folder *os.Root, name string, nginx, guarded bool) {
	info, err := folder.Stat(".")
	if err != nil || ctx.Err() != nil {
		return
	}
	if !w.Service.may(info, read|enter, acl(folder, ".")) {
		w.r.add(Error, "folder-unreadable", shown(w.at(name)), w.Service.chmod(info, read|enter, w.at(name)), "%s may not list and enter it", w.Service.Name)
		return
	}
	if nginx && name != "." && !w.Nginx.may(info, enter, acl(folder, ".")) {
		w.r.add(Warning, "folder-closed-to-nginx", shown(w.at(name)), w.Nginx.chmod(info, enter, w.at(name)),
			"nginx (%s) may not enter it, so that the program sends every photo in it", w.Nginx.Name)
		nginx = false
	}
	entries, err := entriesOf(folder)
	if err != nil {
		w.r.add(Error, "folder-unreadable", shown(w.at(name)), "run gallery doctor as root, or as "+w.Service.Name, "it cannot be listed here: %v", nolink.Cause(err))
		return
	}
	w.tree.Albums++
	var own []album.Photo
	var albums []string
	unread := closedFiles{who: w.Service}
	closed := closedFiles{}
	if nginx {
		closed.who = *w.Nginx
	}
	names := map[string]string{}
	for _, entry := range entries {
		file := entry.Name()
		switch {
		case file == album.AccessFile:
			guarded = true
		case entry.Type()&fs.ModeSymlink != 0 && album.Visible(file):
			w.links++
		case album.IsAlbum(entry) && !w.shows(path.Join(name, file)):
		case album.IsAlbum(entry):
			w.name(names, name, file)
			albums = append(albums, file)
		case album.IsPhoto(entry):
			w.name(names, name, file)
			info, err := folder.Lstat(file)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			unread.look(folder, info)
			if nginx {
				closed.look(folder, info)
			}
			w.date(path.Join(name, file), info)
			own = append(own, album.Photo{Album: name, File: file, Size: info.Size(), MTime: info.ModTime().UnixNano(), CTime: album.ChangeTime(info)})
		}
	}
	if unread.n > 0 {
		w.r.add(Error, "photo-unreadable", shown(unread.about(w.at(name))), unread.command(w.at(name)), "%s may not read %s", w.Service.Name, unread.what())
	}
	if closed.n > 0 {
		w.r.add(Warning, "photo-closed-to-nginx", shown(closed.about(w.at(name))), closed.command(w.at(name)),
			"nginx (%s) may not read %s, so that the program sends %s", w.Nginx.Name, closed.what(), closed.them())
	}
	w.tree.Photos += len(own)
	if len(own) > 0 {
		w.renditions(folder, name, info, own, nginx, guarded)
	}
	w.below(ctx, folder, name, albums, nginx, guarded)
}

// below looks at the albums in an album.
func (w *walk) below(ctx context.Context, folder *os.Root, name string, albums []string, nginx, guarded bool) {
	for _, sub := range albums {
		full := path.Join(name, sub)
		switch {
		case album.Depth(name) >= album.MaxDepth:
			w.deep++
			continue
		case w.dead[w.at(full)]:
			continue
		}
		info, err := folder.Lstat(sub)
		if err != nil || !info.IsDir() {
			continue
		}
		next, err := nolink.Step(folder, sub, false)
		switch {
		case errors.Is(err, fs.ErrPermission) && w.Service.may(info, read|enter, noACL):
			w.r.add(Error, "folder-unreadable", shown(w.at(full)), "run gallery doctor as root, or as "+w.Service.Name, "it cannot be looked into here")
		case errors.Is(err, fs.ErrPermission):
			w.r.add(Error, "folder-unreadable", shown(w.at(full)), w.Service.chmod(info, read|enter, w.at(full)), "%s may not list and enter it", w.Service.Name)
		case storage.IsLost(err) || errors.Is(err, syscall.EIO):
			w.r.add(Error, "mount-dead", shown(w.at(full)), "mount it anew", "it does not answer: %v", nolink.Cause(err))
		case err == nil:
			if !album.LeavesOut(folder, sub) {
				w.album(ctx, next, full, nginx, guarded)
			}
			next.Close()
		}
	}
}

// entriesOf lists a folder.
func entriesOf(folder *os.Root) ([]fs.DirEntry, error) {
	list, err := nolink.List(folder)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	entries, err := list.ReadDir(-1)
	filename.Sort(entries, fs.DirEntry.Name)
	return entries, err
}

// name looks at a name in an album, whose names so far are in seen, folded.
func (w *walk) name(seen map[string]string, in, name string) {
	key := folded(name)
	if other, ok := seen[key]; ok {
		w.r.add(Warning, "name-clash", shown(w.at(path.Join(in, name))), "rename one",
			"on macOS and Windows it has the name of %s, so that a copy there, or a ZIP unpacked, holds one of them", shown(other))
	}
	seen[key] = name
	if why := amiss(name); why != "" {
		w.r.add(Note, "name-odd", shown(w.at(path.Join(in, name))), "rename it if it is to be copied there", "%s", why)
	}
}

// date looks at a photo's mtime.
func (w *walk) date(name string, info fs.FileInfo) {
	t := info.ModTime()
	when := t.Format(time.DateOnly)
	switch {
	case t.Year() >= 2100 || t.Unix() <= 24*60*60:
		w.r.add(Warning, "date-impossible", shown(w.at(name)), "touch -d YYYY-MM-DD "+word(w.at(name)), "it was last modified on %s, which cannot be", when)
	case t.After(w.now.Add(24 * time.Hour)):
		w.ahead++
		w.r.add(Warning, "date-future", shown(w.at(name)), "touch "+word(w.at(name))+", unless this machine's clock is wrong", "it was last modified on %s, which is yet to come", when)
	}
}

// taken looks at the capture date that a photo says.
func (w *walk) taken(p *index.Photo, name string) {
	if t := p.TakenAt(); t.After(w.now.Add(48 * time.Hour)) { // wall clocks of any zone
		w.r.add(Warning, "date-future", shown(w.at(name)), "correct it in the photo, with exiftool -AllDates= for one", "it says that it was taken on %s, which is yet to come", t.Format(time.DateOnly))
	}
}

// renditions looks at what is stored of an album's photos.
func (w *walk) renditions(folder *os.Root, name string, info fs.FileInfo, own []album.Photo, nginx, guarded bool) {
	w.writable(folder, name, info)
	shelf := w.Thumbs.OpenRenditions(name, "")
	if shelf != nil {
		defer shelf.Close()
		if nginx {
			w.thumbsForNginx(shelf, name)
		}
	}
	st := w.Thumbs.Stamp(name)
	x := w.Thumbs.IndexedOnce(name, st)
	if x == nil || shelf != nil && !thumbs.ThumbsListed(x, st) {
		w.byNames(shelf, name, own, guarded)
		return
	}
	for _, src := range own {
		line, ok := x.Find(src.File)
		if ok && line.Sidecar != "" {
			if with, err := album.Stat(folder, name, src.File); err == nil {
				src = with
			}
		}
		if !ok || src != line.In(name) {
			w.lacking(src)
			continue
		}
		w.tree.Known++
		w.taken(&line, src.Name())
		lacks := w.Thumbs.Lacks(&line, x.Checked, src)
		if len(lacks) == 0 {
			w.tree.Complete++
		}
		if line.Thumb[0] == 0 || len(lacks) > 0 && lacks[0] == "" {
			w.lacking(src)
			continue
		}
		w.has(src, guarded)
		for _, state := range []index.State{line.Sharp, line.Preview} {
			if state[0] > 0 {
				w.tree.Larger++
			}
		}
		w.tree.Bytes += line.Thumb[0] + line.Sharp[0] + line.Preview[0]
	}
}

// byNames tells by the names in the folders of renditions which there are. shelf may be nil.
func (w *walk) byNames(shelf *os.Root, name string, own []album.Photo, guarded bool) {
	there := namesIn(shelf)
	for _, rend := range []string{rendition.Sharp, rendition.Preview} {
		larger := w.Thumbs.OpenRenditions(name, rend)
		for file := range namesIn(larger) {
			if album.IsPhotoName(file) {
				w.tree.Larger++
			}
		}
		if larger != nil {
			larger.Close()
		}
	}
	for _, src := range own {
		if there[src.File] {
			w.has(src, guarded)
		} else {
			w.lacking(src)
		}
	}
}

func namesIn(folder *os.Root) map[string]bool {
	names := map[string]bool{}
	if folder == nil {
		return names
	}
	list, err := nolink.List(folder)
	if err != nil {
		return names
	}
	defer list.Close()
	files, _ := list.Readdirnames(-1) // what it could not list is not there
	for _, file := range files {
		names[file] = true
	}
	return names
}

func (w *walk) has(src album.Photo, guarded bool) {
	w.tree.Thumbs++
	if w.tree.Sample.File == "" && !guarded && plain(src.Name()) {
		w.tree.Sample = src
	}
}

func (w *walk) lacking(src album.Photo) {
	if len(w.missing) < maxMissing {
		w.missing = append(w.missing, src)
	}
}

// writable looks whether the service can store an album's renditions.
func (w *walk) writable(folder *os.Root, name string, info fs.FileInfo) {
	if w.fixed {
		return
	}
	if shelf := w.Thumbs.OpenRenditions(name, ""); shelf != nil {
		defer shelf.Close()
		for _, sub := range []string{".", rendition.Sharp, rendition.Preview, index.Dir} {
			there, err := shelf.Lstat(sub)
			if err == nil && there.IsDir() && !w.Service.may(there, read|write|enter, acl(shelf, sub)) {
				at := w.inCache(path.Join(rendition.Folder(name, ""), sub))
				w.r.add(Warning, "thumbs-unwritable", shown(at), w.Service.sudo(there)+"chown -R "+word(w.Service.Name)+" "+word(at),
					"%s may not write it, so that thumbnails are made anew after each start", w.Service.Name)
				return
			}
		}
		return
	}
	if w.Storage.Beside() && !w.Service.may(info, write|enter, acl(folder, ".")) {
		w.r.add(Warning, "folder-unwritable", shown(w.at(name)), w.Service.chmod(info, write|enter, w.at(name))+", or keep thumbnails elsewhere with -cache",
			"%s may not make _thumbs in it, so that thumbnails are made anew after each start", w.Service.Name)
	}
}

// thumbsForNginx looks whether nginx comes at an album's thumbnails, by the folder and the
// first of them.
func (w *walk) thumbsForNginx(shelf *os.Root, name string) {
	at := w.inCache(rendition.Folder(name, ""))
	info, err := shelf.Stat(".")
	if err != nil {
		return
	}
	if !w.Nginx.may(info, enter, acl(shelf, ".")) {
		w.r.add(Warning, "thumbs-closed-to-nginx", shown(at), w.Nginx.chmod(info, enter, at), "nginx (%s) may not enter it, so that the program sends every thumbnail", w.Nginx.Name)
		return
	}
	for file := range namesIn(shelf) {
		info, err := shelf.Lstat(file)
		if err != nil || !info.Mode().IsRegular() || !album.IsPhotoName(file) {
			continue
		}
		if closed := (closedFiles{who: *w.Nginx}); closed.look(shelf, info) {
			closed.n = 2 // as are others, probably
			w.r.add(Warning, "thumbs-closed-to-nginx", shown(at), closed.command(at), "nginx (%s) may not read thumbnails in it, so that the program sends them", w.Nginx.Name)
		}
		return
	}
}

// closedFiles counts the files of a folder that an account may not read.
type closedFiles struct {
	who   Account
	n     int
	first fs.FileInfo
}

// look counts a file if it is one.
func (c *closedFiles) look(folder *os.Root, info fs.FileInfo) bool {
	if c.who.may(info, read, noACL) || c.who.may(info, read, acl(folder, info.Name())) {
		return false
	}
	if c.n == 0 {
		c.first = info
	}
	c.n++
	return true
}

// about is the path of the file, or of its folder where there are several.
func (c *closedFiles) about(folder string) string {
	if c.n == 1 {
		return filepath.Join(folder, c.first.Name())
	}
	return folder
}

func (c *closedFiles) what() string {
	if c.n == 1 {
		return "it"
	}
	return fmt.Sprintf("%d photos in it, such as %s", c.n, shown(c.first.Name()))
}

func (c *closedFiles) them() string {
	if c.n == 1 {
		return "it"
	}
	return "them"
}

// command lets the account read the files.
func (c *closedFiles) command(folder string) string {
	if c.n == 1 {
		return c.who.chmod(c.first, read, filepath.Join(folder, c.first.Name()))
	}
	letters := c.who.letters(c.first, read)
	return c.who.sudo(c.first) + "find " + word(folder) + " -maxdepth 1 -type f ! -perm -" + letters[:1] + "=r -exec chmod " + letters + " {} +"
}
