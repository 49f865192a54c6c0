// Package upkeep holds the long runs over a whole tree: warming, ahead of time
// or behind the visitors' backs, and cleaning.
package upkeep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"gallery/internal/album"
	"gallery/internal/filename"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/thumbs"
)

// warmRun is one run of "gallery warm".
type warmRun struct {
	thumbs   *thumbs.Store
	index    IndexFunc
	shard    Shard
	progress progress

	mu     sync.Mutex
	dirty  map[string]bool // albums to be indexed: not all was there, or not as their index says
	made   int             // photos that took making something
	warm   int             // photos that had everything
	failed []string        // photos and albums that could not be read or stored, and why
	unfit  int             // of these, photos of which no rendition can be made
	stop   error           // what makes going on useless
}

// Shard is a part of a tree, for one of several machines: each album is in one of Of parts.
// The zero Shard is the whole.
type Shard struct{ Part, Of int } // Part is 1 to Of

// has reports whether an album is in the part.
func (s Shard) has(albumName string) bool {
	if s.Of < 2 {
		return true
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, albumName) // which does not fail
	return h.Sum64()%uint64(s.Of) == uint64(s.Part-1)
}

// Warm makes every rendition of the store that is missing or stale, of so many photos
// at once, in one part of the tree, and has what it changed indexed. It says on stderr how far
// it is and on stdout what could not be made.
func Warm(ctx context.Context, t *thumbs.Store, index IndexFunc, shard Shard, jobs int, stdout, stderr io.Writer) error {
	w := &warmRun{thumbs: t, index: index, shard: shard, dirty: map[string]bool{}}
	albums, total := w.count(ctx, ".")
	w.progress = newProgress(stderr, total)
	begun := time.Now()
	w.run(ctx, albums, 4*jobs) // four times the jobs, so that these work while others wait for a slow disk
	w.indexAll(ctx)
	w.progress.end()
	return w.report(ctx, stdout, total, time.Since(begun))
}

// count returns the albums in the album name, itself included, and how many
// photos there are in those of the shard.
func (w *warmRun) count(ctx context.Context, name string) (albums []string, photos int) {
	if ctx.Err() != nil {
		return nil, 0
	}
	below, own, err := w.look(name)
	if errors.Is(err, album.ErrLeftOut) {
		return nil, 0
	}
	if w.shard.has(name) {
		albums, photos = []string{name}, own
	}
	for _, sub := range below { // none after an error: the run will say why
		more, n := w.count(ctx, path.Join(name, sub))
		albums, photos = append(albums, more...), photos+n
	}
	return albums, photos
}

// look returns the albums in an album, in order, and how many photos it has: from its summary
// where that is of the folder as it is.
func (w *warmRun) look(name string) (below []string, photos int, err error) {
	if tree, ok := w.thumbs.ReadTree(name, w.thumbs.Stamp(name)); ok {
		return tree.Albums, tree.Own.Photos, nil
	}
	folder, err := album.Open(w.thumbs.PhotosRoot(), name)
	if err != nil {
		return nil, 0, err
	}
	defer folder.Close()
	for _, entry := range listed(folder) {
		switch {
		case album.IsAlbum(entry) && album.Depth(name) < album.MaxDepth:
			below = append(below, entry.Name())
		case album.IsPhoto(entry):
			photos++
		}
	}
	filename.Sort(below, func(name string) string { return name })
	return below, photos, nil
}

// indexAll has the albums indexed that are dirty, and those that they are in, each after those
// in it.
func (w *warmRun) indexAll(ctx context.Context) {
	for name := range w.dirty {
		for ; name != "."; name = path.Dir(name) {
			w.dirty[path.Dir(name)] = true
		}
	}
	// Where somebody changes an album all the time its index is for another run.
	for _, wait := range []time.Duration{0, 50 * time.Millisecond, unsettledAfter} {
		albums := slices.SortedFunc(maps.Keys(w.dirty), func(a, b string) int {
			return cmp.Or(album.Depth(b)-album.Depth(a), strings.Compare(a, b))
		})
		if len(albums) == 0 || ctx.Err() != nil {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		clear(w.dirty)
		for _, name := range albums {
			if _, _, err := w.index(ctx, name, true); errors.Is(err, thumbs.ErrUnsettled) || len(w.dirty) > 0 && w.above(name) {
				w.dirty[name] = true
			}
		}
	}
}

// above reports whether an album holds one that is dirty.
func (w *warmRun) above(name string) bool {
	for dirty := range w.dirty {
		if name == "." || strings.HasPrefix(dirty, name+"/") {
			return true
		}
	}
	return false
}

// run warms the albums, so many photos at once. When ctx ends, what is being
// made is finished.
func (w *warmRun) run(ctx context.Context, albums []string, workers int) {
	queue := make(chan album.Photo)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for src := range queue {
				if w.stopped(ctx) == nil {
					w.done(ctx, src, w.thumbs.Warm(context.WithoutCancel(ctx), src))
				}
			}
		})
	}
	var lists errgroup.Group
	lists.SetLimit(runtime.GOMAXPROCS(0))
	for _, name := range albums {
		if w.stopped(ctx) != nil {
			break
		}
		lists.Go(func() error {
			w.album(ctx, name, queue)
			return nil
		})
	}
	_ = lists.Wait() // what cannot be listed is noted
	close(queue)
	all.Wait()
}

// stopped returns why the run is to end, if it is.
func (w *warmRun) stopped(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		return w.stop
	}
	return ctx.Err()
}

// album queues an album's photos that are not warm.
func (w *warmRun) album(ctx context.Context, name string, queue chan<- album.Photo) {
	st := w.thumbs.Stamp(name)
	if x := w.thumbs.IndexedOnce(name, st); x != nil && w.thumbs.WarmAsListed(x, name, st) {
		w.mu.Lock()
		w.warm += x.Photos
		w.mu.Unlock()
		for range x.Photos {
			w.progress.add()
		}
		return
	}
	w.mu.Lock()
	w.dirty[name] = true
	w.mu.Unlock()
	folder, err := album.Open(w.thumbs.PhotosRoot(), name)
	if err != nil {
		w.noteFailed(name+"/", err)
		return
	}
	defer folder.Close()
	a, err := album.List(folder, name)
	if err != nil {
		w.noteFailed(name+"/", err)
		return
	}
	w.thumbs.Recognize(name, folder)
	folders := w.thumbs.OpenWarmFolders(name)
	defer folders.Close()
	for _, src := range a.Photos {
		if w.thumbs.Complete(folders, src) {
			w.mu.Lock()
			w.warm++
			w.mu.Unlock()
			w.progress.add()
			continue
		}
		select {
		case queue <- src:
		case <-ctx.Done():
			return
		}
	}
}

// done notes what became of a photo.
func (w *warmRun) done(ctx context.Context, src album.Photo, err error) {
	var store thumbs.NotStored
	switch {
	case err == nil:
		w.mu.Lock()
		w.made++
		w.mu.Unlock()
	case w.stopped(ctx) != nil:
		return // it is not this photo's turn any more
	case errors.Is(err, fs.ErrNotExist) && !errors.As(err, &store):
		// It went away since it was listed.
	case errors.As(err, &store):
		err = fmt.Errorf("%s cannot be stored (%w): make room, or name another place with -cache",
			rendition.Name(src, ""), nolink.Cause(store.Unwrap()))
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EDQUOT) {
			w.mu.Lock()
			w.stop = err
			w.mu.Unlock()
			return
		}
		w.noteFailed(src.Name(), err)
	case errors.Is(err, thumbs.ErrUnfit):
		w.mu.Lock()
		w.unfit++
		w.mu.Unlock()
		w.noteFailed(src.Name(), err)
	default:
		w.noteFailed(src.Name(), err)
	}
	w.progress.add()
}

// LeftOutError says that of some photos no thumbnails can be made, and all others have them.
type LeftOutError struct{ left, total int }

func (e LeftOutError) Error() string {
	return fmt.Sprintf("no thumbnails of %d of %d photos", e.left, e.total)
}

// noteFailed notes a photo or an album that could not be read.
func (w *warmRun) noteFailed(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, fmt.Sprintf("%s: %s", name, strings.TrimPrefix(nolink.Cause(err).Error(), thumbs.ErrUnfit.Error()+": ")))
}

// report says what was done, and then what could not be.
func (w *warmRun) report(ctx context.Context, stdout io.Writer, total int, took time.Duration) error {
	fmt.Fprintf(stdout, "gallery: %d photos: %d made in %v, %d were warm, %d could not be\n",
		total, w.made, took.Round(100*time.Millisecond), w.warm, len(w.failed))
	filename.Sort(w.failed, func(line string) string { return line })
	for _, line := range w.failed {
		fmt.Fprintln(stdout, line)
	}
	switch {
	case w.stop != nil:
		return w.stop
	case ctx.Err() != nil:
		return errors.New("interrupted: the same command goes on where it was")
	case len(w.failed) > w.unfit:
		return fmt.Errorf("%d photos or albums could not be read or stored, and %d photos are no pictures", len(w.failed)-w.unfit, w.unfit)
	case w.unfit > 0:
		return LeftOutError{w.unfit, total}
	}
	return nil
}
