package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/webp"
)

// aheadOfTime are the renditions that are made before anybody asks for them,
// from the smallest to the largest.
var aheadOfTime = [...]string{"", "800", rendition.Preview}

// warmFolders are an album's folders of these renditions, and of thumbnails as
// WebP, nil where there is none.
type warmFolders struct {
	rend [len(aheadOfTime)]*os.Root
	webp *os.Root
}

func (t *thumbs) openWarmFolders(albumName string) *warmFolders {
	var folders warmFolders
	for i, rend := range aheadOfTime {
		folders.rend[i] = t.openRenditions(albumName, rend)
	}
	folders.webp = t.openRenditions(albumName, rendition.WebPDir)
	return &folders
}

func (folders *warmFolders) close() {
	for _, folder := range append(folders.rend[:], folders.webp) {
		if folder != nil {
			folder.Close()
		}
	}
}

// wanted reports whether rendition number i shows more of a photo than the
// next smaller one.
func (t *thumbs) wanted(i int, r rendition.Record) bool {
	return i == 0 || max(r.Width, r.Height) > t.sideOf(aheadOfTime[i-1])
}

// warm reports whether every wanted rendition of src is there, without opening
// the photo.
func (t *thumbs) warm(folders *warmFolders, src album.Photo) bool {
	var thumb rendition.Record
	for i, rend := range aheadOfTime {
		if !t.wanted(i, thumb) {
			continue
		}
		r, ok := t.cached(folders.rend[i], src, rend)
		if !ok {
			return false
		}
		if i == 0 {
			thumb = r
		}
	}
	return !t.webp || webpSettled(folders.rend[0], folders.webp, src.File)
}

// warmUp makes the wanted renditions of src that are missing. Before each it
// calls next, whose error ends it.
func (t *thumbs) warmUp(ctx context.Context, src album.Photo, next func() error) error {
	var thumb rendition.Record
	for i, rend := range aheadOfTime {
		if !t.wanted(i, thumb) {
			continue
		}
		if err := next(); err != nil {
			return err
		}
		m, err := t.ensure(ctx, src, rend)
		if err == nil && m.jpeg != nil {
			// Once more, which says why it could not be stored. It is not to take
			// the memory that is there for what visitors see.
			if err = t.store(src, rend, m); err != nil {
				err = notStored{err}
			}
			if i > 0 || err == nil {
				t.forget(src, rend)
			}
		}
		if err != nil {
			return err
		}
		if i == 0 {
			thumb = m.Record
		}
	}
	if !t.webp {
		return nil
	}
	if err := next(); err != nil {
		return err
	}
	return t.ensureWebP(ctx, src)
}

// notStored marks an error as that of the place for thumbnails, not of a photo.
type notStored struct{ error }

func (e notStored) Unwrap() error { return e.error }

// warmRun is one run of "gallery warm".
type warmRun struct {
	thumbs   *thumbs
	progress progress

	mu     sync.Mutex
	made   int      // photos that took making something
	warm   int      // photos that had everything
	failed []string // photos and albums that could not be read, and why
	stop   error    // what makes going on useless
}

// runWarm is "gallery warm": it makes every rendition that is missing or stale.
func runWarm(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := defaults()
	jobs := runtime.GOMAXPROCS(0)
	flags := flag.NewFlagSet("gallery warm", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("memory", "", byteSize(&c.memory, minMemory))
	flags.BoolVar(&c.webp, "webp", false, "")
	flags.Func("jobs", "", integer(&jobs, 1, 1000, "photos at once"))
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if err := c.setRoot(flags); err != nil {
		return err
	}
	if c.root == "" {
		return usagef("warm: name the DIR of your photos")
	}
	if err := webp.Supported(); c.webp && err != nil {
		return fmt.Errorf("-webp: %w (systemd: MemoryDenyWriteExecute=no)", err)
	}
	boundMemory(c.memory)
	photos, cache, err := openRoots(c)
	if err != nil {
		return err
	}
	defer photos.Close()
	defer cache.Close()

	options := c.thumbsOptions()
	options.Jobs = jobs
	t := newThumbs(photos, cache, options, slog.New(slog.DiscardHandler))
	return warm(ctx, t, jobs, stdout, stderr)
}

// warm makes every rendition of the store that is missing or stale, of so many photos
// at once. It says on stderr how far it is and on stdout what could not be made.
func warm(ctx context.Context, t *thumbs, jobs int, stdout, stderr io.Writer) error {
	w := &warmRun{thumbs: t}
	albums, total := w.count(ctx, ".")
	w.progress = newProgress(stderr, total)
	begun := time.Now()
	w.run(ctx, albums, 2*jobs) // twice the jobs, so that some decode while others write to disk
	w.progress.end()
	return w.report(ctx, stdout, total, time.Since(begun))
}

// count returns the albums in the album name, itself included, and how many
// photos there are in them all.
func (w *warmRun) count(ctx context.Context, name string) (albums []string, photos int) {
	if ctx.Err() != nil {
		return nil, 0
	}
	albums = []string{name}
	folder, err := nolink.Folder(w.thumbs.photosRoot(), name, false)
	if err != nil {
		return albums, 0 // the run will say why
	}
	defer folder.Close()
	list, err := folder.Open(".")
	if err != nil {
		return albums, 0
	}
	entries, _ := list.ReadDir(-1)
	list.Close()
	slices.SortFunc(entries, func(x, y fs.DirEntry) int { return album.Compare(x.Name(), y.Name()) })
	for _, entry := range entries {
		switch {
		case album.IsAlbum(entry):
			below, n := w.count(ctx, path.Join(name, entry.Name()))
			albums, photos = append(albums, below...), photos+n
		case album.IsPhoto(entry):
			photos++
		}
	}
	return albums, photos
}

// run warms the albums, so many photos at once. When ctx ends, what is being
// made is finished.
func (w *warmRun) run(ctx context.Context, albums []string, workers int) {
	queue := make(chan album.Photo)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for src := range queue {
				w.done(ctx, src, w.thumbs.warmUp(context.WithoutCancel(ctx), src, func() error { return w.stopped(ctx) }))
			}
		})
	}
	for _, name := range albums {
		if w.stopped(ctx) != nil {
			break
		}
		w.album(ctx, name, queue)
	}
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
	folder, err := nolink.Folder(w.thumbs.photosRoot(), name, false)
	if err != nil {
		w.fail(name+"/", err)
		return
	}
	defer folder.Close()
	a, err := album.List(folder, name)
	if err != nil {
		w.fail(name+"/", err)
		return
	}
	folders := w.thumbs.openWarmFolders(name)
	defer folders.close()
	for _, src := range a.Photos {
		if w.thumbs.warm(folders, src) {
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
	var store notStored
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
		w.fail(src.Name(), err)
	default:
		w.fail(src.Name(), err)
	}
	w.progress.add()
}

// leftOutError says that some of the photos have no thumbnails, and all others do.
type leftOutError struct{ left, total int }

func (e leftOutError) Error() string {
	return fmt.Sprintf("no thumbnails of %d of %d photos", e.left, e.total)
}

// fail notes a photo or an album that could not be read.
func (w *warmRun) fail(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = append(w.failed, fmt.Sprintf("%s: %s", name, strings.TrimPrefix(nolink.Cause(err).Error(), errUnfit.Error()+": ")))
}

// report says what was done, and then what could not be.
func (w *warmRun) report(ctx context.Context, stdout io.Writer, total int, took time.Duration) error {
	fmt.Fprintf(stdout, "gallery: %d photos: %d made in %v, %d were warm, %d could not be\n",
		total, w.made, took.Round(100*time.Millisecond), w.warm, len(w.failed))
	slices.SortFunc(w.failed, album.Compare)
	for _, line := range w.failed {
		fmt.Fprintln(stdout, line)
	}
	switch {
	case w.stop != nil:
		return w.stop
	case ctx.Err() != nil:
		return errors.New("interrupted: the same command goes on where it was")
	case len(w.failed) > 0:
		return leftOutError{len(w.failed), total}
	}
	return nil
}
