package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"gallery/internal/mounts"
	"gallery/internal/nolink"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

const (
	// answersWithin is how long a mount may take to list a name.
	answersWithin = 3 * time.Second
	// Of each photo, with all that is made ahead of time, where too few are stored to tell:
	// measured with phones' photos.
	usualBytes = 260_000
	usualFiles = 4
	// enoughStored is how many photos tell what others will take.
	enoughStored = 100
	// leastFree is what a file system has to have left, bytes.
	leastFree = 100 << 20
)

// Open opens the directories as storage.View does. Where that does not go, or a directory does
// not answer, it says so, and returns nil.
func Open(r *Report, dir, cache string, view func() (*storage.Storage, error)) *storage.Storage {
	for _, place := range []string{dir, cache} {
		if place != "" && errors.Is(answers(place), errSilent) {
			r.add(Error, "mount-dead", shown(place), "look at its server and network, then: umount -l "+word(place)+" && mount "+word(place), "it does not answer within %v", answersWithin)
			return nil
		}
	}
	st, err := view()
	if err != nil {
		r.add(Error, "directory", "", "", "%s", shown(err.Error()))
		return nil
	}
	return st
}

// errSilent says that a directory does not answer.
var errSilent = errors.New("no answer")

// answers lists a name of a directory, if that takes not too long. A call that never returns
// is left to itself.
func answers(path string) error {
	done := make(chan error, 1)
	go func() {
		f, err := os.Open(path)
		if err == nil {
			_, _ = f.Readdirnames(1) // io.EOF is an answer
			err = f.Close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(answersWithin):
		return errSilent
	}
}

// places looks at the file systems below the photos and at that of the cache.
func (w *walk) places() {
	photos, cache := w.Storage.Photos.Path(), w.Storage.Cache.Path()
	all, expected := mounts.All(), expectedMounts(w.Fstab)
	mounted := map[string]bool{}
	for _, m := range all {
		mounted[m.Path] = true
		below := within(photos, m.Path)
		if below == "" || !w.shows(below) {
			continue
		}
		if err := answers(m.Path); errors.Is(err, errSilent) || storage.IsLost(err) {
			w.dead[m.Path] = true
			w.r.add(Error, "mount-dead", shown(m.Path), "look at its server and network, then: umount -l "+word(m.Path)+" && mount "+word(m.Path), "the %s there does not answer", shown(m.Kind))
		} else if m.ReadOnly && w.Storage.Beside() && below != "." {
			w.r.add(Warning, "mount-read-only", shown(m.Path), "keep thumbnails elsewhere with -cache", "it is mounted read-only, so that no thumbnails can be stored in it")
		}
	}
	if on := mountOf(all, cache); on.ReadOnly {
		w.fixed = true
		w.r.add(Error, "cache-read-only", shown(cache), "mount -o remount,rw "+word(on.Path)+", or keep thumbnails elsewhere with -cache", "it is on a file system that is mounted read-only, so that no thumbnails can be stored")
	}
	for _, path := range expected {
		if below := within(photos, path); below != "" && !mounted[path] && w.shows(below) {
			w.r.add(Error, "mount-gone", shown(path), "mount "+word(path), "%s mounts something there, and it is not mounted", w.Fstab)
		}
	}
}

// shows reports whether an album may be told of.
func (w *walk) shows(name string) bool { return w.May == nil || w.May(filepath.ToSlash(name)) }

// within is path relative to dir where it is in it or dir itself, else "".
func within(dir, path string) string {
	below, err := filepath.Rel(dir, path)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return ""
	}
	return below
}

// mountOf is the innermost mount that a path is on.
func mountOf(all []mounts.Mount, path string) (on mounts.Mount) {
	for _, m := range all {
		if len(m.Path) >= len(on.Path) && within(m.Path, path) != "" {
			on = m
		}
	}
	return on
}

// chain looks at the folders above the photos and the cache, all of which have to be entered.
func (w *walk) chain() {
	seen := map[string]bool{}
	for _, dir := range []string{w.Storage.Photos.Path(), w.Storage.Cache.Path()} {
		for at := dir; !seen[at]; at = filepath.Dir(at) {
			seen[at] = true
			info, err := os.Stat(at)
			if err != nil {
				continue
			}
			if at != dir && !w.Service.may(info, enter, aclOf(at)) {
				w.r.add(Error, "folder-above-closed", shown(at), w.Service.chmod(info, enter, at), "%s may not enter it, and so comes at nothing in %s", w.Service.Name, shown(dir))
			}
			if w.Nginx != nil && !w.Nginx.may(info, enter, aclOf(at)) {
				w.r.add(Warning, "folder-above-closed-to-nginx", shown(at), w.Nginx.chmod(info, enter, at), "nginx (%s) may not enter it, so that the program sends every photo", w.Nginx.Name)
			}
		}
	}
}

// claim looks whether the cache is that of these photos, and the service's own.
func (w *walk) claim() {
	if w.Storage.Beside() {
		return
	}
	cache := w.Storage.Cache.Path()
	info, err := os.Stat(cache)
	if err == nil && !w.fixed && !w.Service.may(info, read|write|enter, aclOf(cache)) {
		w.r.add(Error, "cache-unwritable", shown(cache), w.Service.sudo(info)+"chown -R "+word(w.Service.Name)+" "+word(cache), "%s may not write it, so that thumbnails are made anew after each start", w.Service.Name)
	}
	c, err := w.Storage.Claimed()
	marker := filepath.Join(cache, ".gallery")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.r.add(Note, "cache-new", shown(cache), "", "it does not say yet whose photos' thumbnails it holds: the first start writes that")
		return
	case err != nil:
		w.r.add(Error, "cache-marker", shown(marker), "remove it if the thumbnails are those of "+word(w.Storage.Photos.Path()), "it cannot be read: %v", nolink.Cause(err))
		return
	case c.Others:
		w.r.add(Error, "cache-of-others", shown(cache), "give each DIR a cache of its own, or remove .gallery in it", "it holds the thumbnails of %s", shown(c.Dir))
	case w.Service.uid != 0:
		if uid, _ := owner(c.File); uid != w.Service.uid {
			w.r.add(Warning, "cache-marker", shown(marker), w.Service.sudo(c.File)+"chown "+word(w.Service.Name)+" "+word(marker), "it belongs to another user than %s: gallery was run by somebody else", w.Service.Name)
		}
	}
	for _, name := range c.Lost {
		if w.shows(name) {
			w.r.add(Error, "mount-gone", shown(w.at(name)), "mount its disk; if it is gone for good: gallery clean -force", "it held photos and is now empty or gone: its disk seems to be away")
		}
	}
}

// stored says what is stored, and whether the rest finds room.
func (w *walk) stored() {
	t := w.tree
	w.r.add(Note, "stored", "", "", "%s photos in %s albums: %s have a thumbnail, and there are %s larger previews%s",
		humanize.Comma(int64(t.Photos)), humanize.Comma(int64(t.Albums)), humanize.Comma(int64(t.Thumbs)), humanize.Comma(int64(t.Larger)), inAll(t.Bytes))
	lacking := t.Photos - t.Thumbs
	if lacking > 0 {
		w.r.add(Note, "missing", "", "made when first looked at, or now by gallery warm "+word(w.Storage.Photos.Path()), "%s photos have no thumbnail yet", humanize.Comma(int64(lacking)))
	}
	each, files := int64(usualBytes), int64(usualFiles)
	if t.Complete >= enoughStored && t.Thumbs == t.Known {
		each = t.Bytes / int64(t.Thumbs)
		files = int64(t.Thumbs+t.Larger)/int64(t.Thumbs) + 1
	}
	rest := int64(t.Photos - max(t.Complete, min(t.Thumbs, t.Larger/2)))
	needed, inodes := rest*each, rest*files
	cache := w.Storage.Cache.Path()
	free, left := w.Storage.Cache.Free(), w.Storage.Cache.FreeFiles()
	room := "make room, or keep thumbnails on another disk with -cache"
	switch {
	case free >= 0 && free < leastFree:
		w.r.add(Error, "disk-full", shown(cache), room, "%s are free on its disk", humanize.Bytes(uint64(free)))
	case free >= 0 && free < needed:
		w.r.add(Warning, "disk-short", shown(cache), room, "%s are free on its disk, and the renditions to come take %s", humanize.Bytes(uint64(free)), humanize.Bytes(uint64(needed)))
	case rest > 0 && free >= 0:
		w.r.add(Note, "disk", shown(cache), "", "the renditions to come take %s and %s inodes; %s are free", humanize.Bytes(uint64(needed)), humanize.Comma(inodes), humanize.Bytes(uint64(free)))
	}
	if left >= 0 && left < inodes {
		w.r.add(Warning, "inodes-short", shown(cache), room, "%s inodes are free on its disk, and the renditions to come take %s", humanize.Comma(left), humanize.Comma(inodes))
	}
}

func inAll(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return ", of " + humanize.Bytes(uint64(bytes)) + " in all"
}

// unfit says of which photos no thumbnail can be made, and why: what the store remembers and,
// for a while, what trying shows.
func (w *walk) unfit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.Try)
	defer cancel()
	for i, src := range w.missing {
		src = w.Thumbs.Restat(src)
		err := w.Thumbs.FailedBefore(src, "")
		if err == nil && w.Try > 0 {
			if ctx.Err() != nil {
				w.r.add(Note, "unfinished", "", "gallery warm "+word(w.Storage.Photos.Path())+" tells of all", "of the photos without a thumbnail, %d were tried", i)
				return
			}
			err = w.Thumbs.Try(ctx, src)
		}
		if errors.Is(err, thumbs.ErrUnfit) {
			w.r.add(Warning, "photo-unfit", shown(w.at(src.Name())), "replace it, or leave it: it can be downloaded", "no thumbnail can be made of it: %s", shown(strings.TrimPrefix(err.Error(), thumbs.ErrUnfit.Error()+": ")))
		}
	}
}

// clock looks whether this machine's clock can be right.
func (w *walk) clock() {
	if built := buildTime(); w.now.Before(built) {
		w.r.add(Error, "clock", "", "set it, with timedatectl set-ntp true for one", "this machine's clock shows %s, and this program was built on %s", w.now.Format(time.DateTime), built.Format(time.DateOnly))
	}
	if synchronized, known := clockSynchronized(); known && !synchronized {
		severity, about := Note, ""
		if w.ahead > 0 {
			severity, about = Warning, fmt.Sprintf(", and %d photos are dated in its future", w.ahead)
		}
		w.r.add(severity, "clock-unsynchronized", "", "timedatectl set-ntp true, unless a host keeps it", "no time server keeps this machine's clock right%s", about)
	}
}
