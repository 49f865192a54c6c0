// Package thumbs keeps the renditions of photos: it makes what is missing,
// within a bound on memory, stores it beside the photos or below a cache, and
// removes what is of no more use. It knows no HTTP.
package thumbs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
	"gallery/internal/storage"
)

// Store makes and keeps the renditions of photos. It is safe for use by many
// goroutines.
type Store struct {
	storage      *storage.Storage        // photos are never written to, other than in _thumbs
	side         int                     // the thumbnail's longer side, pixels
	quality      int                     // JPEG quality, 1 to 100
	options      map[string]string       // by rendition: what it is made with
	alternatives []rendition.Alternative // made of thumbnails, too, ahead of time
	ahead        int                     // how many of aheadOfTime are made so
	log          *slog.Logger
	rendered     func(took time.Duration, err error)
	claimWithin  time.Duration // how long another program may hold a photo before it is worked on all the same

	inUse  atomic.Int64        // bytes taken of memory
	memory int64               // the budget of decoded pixels, bytes
	budget *semaphore.Weighted // what is left of memory
	slots  *semaphore.Weighted // pictures made at once
	folder sync.Mutex          // held while a folder is made and opened to others

	making   bounded.Calls[making]   // by the photo's name
	dating   bounded.Calls[struct{}] // by the album's name
	arranged *bounded.Map[arrangement, arranged]

	index    *bounded.Map[string, rendition.Record] // by the rendition's name: what lies on disk
	covers   *bounded.Map[string, covered]          // by the photo's name: the thumbnails of cards
	indexes  *bounded.Map[string, indexed]          // by album: the index on disk
	failed   *bounded.Map[string, failure]          // by the rendition's name: what cannot be made
	pruned   *bounded.Map[string, Stamp]            // by album: the folder's state at its last pruning
	unsaved  *bounded.Map[string, Made]             // by the rendition's name: what could not be stored
	refusing *bounded.Map[string, struct{}]         // by album: its folder takes no thumbnails, as the log says
	digests  *bounded.Map[album.Photo, digested]    // of photos whose time does not tell whether they changed
}

// Options say how renditions are made and kept.
type Options struct {
	Side         int                     // the thumbnail's longer side, pixels
	Quality      int                     // JPEG quality, 1 to 100
	Memory       int64                   // bound on the memory for decoded pictures, bytes
	Alternatives []rendition.Alternative // made of thumbnails, too, ahead of time
	Large        bool                    // previews for screens of high resolution are, too
	Jobs         int                     // pictures made at once; 0 for one a processor

	// Rendered is told of each making, of one rendition or of several from one decoding,
	// and how long it took; nil for nobody.
	Rendered func(took time.Duration, err error)
}

// failure remembers a photo that no thumbnail can be made of, as it was then.
type failure struct {
	src   album.Photo
	err   error
	until time.Time // when it may be tried again all the same; zero for never
}

// RetryUnreadable is how long a photo that may not be read is left alone: what
// mends that does not show in its size or mtime.
const RetryUnreadable = time.Minute

const (
	// indexShare is the share of Options.Memory that bounds the index and each of its like, at
	// some indexCost bytes an entry: 32 MiB of 256.
	indexShare, indexCost = 8, 300
	// maxUnsaved bounds the bytes of the renditions that wait in memory for the
	// disk to take them: some 1,000 thumbnails.
	maxUnsaved = 32 << 20
	// maxCovers bounds the covers that are remembered, of some 500 bytes: those of pages that are
	// looked at often.
	maxCovers = 4000
	// usualClaim is longer than any making takes.
	usualClaim = time.Minute
)

// New makes the store of the renditions of the photos in st, which it keeps there.
func New(st *storage.Storage, o Options, log *slog.Logger) *Store {
	rendered := o.Rendered
	if rendered == nil {
		rendered = func(time.Duration, error) {}
	}
	ahead := usualAhead
	if o.Large {
		ahead = len(aheadOfTime)
	}
	entries := o.Memory / indexShare / indexCost
	t := &Store{
		storage: st, side: o.Side, quality: o.Quality, alternatives: o.Alternatives, ahead: ahead, log: log,
		rendered: rendered, claimWithin: usualClaim,
		memory:   o.Memory,
		budget:   semaphore.NewWeighted(o.Memory),
		slots:    semaphore.NewWeighted(int64(cmp.Or(o.Jobs, runtime.GOMAXPROCS(0)))),
		index:    bounded.NewMap[string, rendition.Record](entries, nil),
		covers:   bounded.NewMap[string, covered](maxCovers, nil),
		indexes:  bounded.NewMap[string](o.Memory/4, indexed.cost),
		failed:   bounded.NewMap[string, failure](entries, nil),
		arranged: bounded.NewMap[arrangement](o.Memory/arrangedShare, arranged.cost),
		pruned:   bounded.NewMap[string, Stamp](entries, nil),
		refusing: bounded.NewMap[string, struct{}](entries, nil),
		digests:  bounded.NewMap[album.Photo, digested](entries, nil),
		unsaved:  bounded.NewMap[string](maxUnsaved, func(m Made) int64 { return int64(len(m.JPEG)) }),
		options:  map[string]string{},
	}
	for _, rend := range slices.Concat([]string{""}, slices.Collect(maps.Keys(rendition.Sides))) {
		t.options[rend] = fmt.Sprintf("%dpx q%d r%d", t.SideOf(rend), t.quality, revision)
	}
	return t
}

// Memory is the bound on the memory for decoded pictures, bytes. Those of what is remembered
// are shares of it.
func (t *Store) Memory() int64 { return t.memory }

func (t *Store) SideOf(rend string) int {
	if rend == "" {
		return t.side
	}
	return rendition.Sides[rend]
}

// revision is that of the making: whoever changes what is made of the same photo, or what
// its record says, raises it, so that all that was made before counts as stale.
const revision = 6

// Options are what a rendition is made with; another value makes it stale.
func (t *Store) Options(rend string) string { return t.options[rend] }

// Cached returns the record of src's rendition if a fresh one lies in folder,
// the album's rendition.Folder, nil where there is none. The file is opened only
// the first time it is seen.
func (t *Store) Cached(folder *os.Root, src album.Photo, rend string) (rendition.Record, bool) {
	if folder == nil {
		return rendition.Record{}, false
	}
	info, err := folder.Lstat(src.File)
	if err != nil || !info.Mode().IsRegular() {
		return rendition.Record{}, false
	}
	name := rendition.Name(src, rend)
	if r, ok := t.recall(name, info); ok {
		return r, t.Fresh(r, src, rend)
	}
	if r, ok := t.FromIndex(t.remembered(src.Album), src, rend); ok && r.IsOf(info) {
		return r, true
	}
	f, info, err := nolink.File(folder, src.File)
	if err != nil {
		return rendition.Record{}, false
	}
	defer f.Close()
	r, ok := rendition.ReadRecord(f)
	r = t.remember(name, r, info)
	return r, ok && t.Fresh(r, src, rend)
}

// Stored is Cached for one rendition by itself.
func (t *Store) Stored(src album.Photo, rend string) (rendition.Record, bool) {
	name := rendition.Name(src, rend)
	info, err := t.storage.Cache.Below().LstatAt(name)
	if err != nil || !info.Mode().IsRegular() {
		return rendition.Record{}, false
	}
	if r, ok := t.recall(name, info); ok {
		return r, t.Fresh(r, src, rend)
	}
	folder := t.OpenRenditions(src.Album, rend)
	if folder == nil {
		return rendition.Record{}, false
	}
	defer folder.Close()
	return t.Cached(folder, src, rend)
}

// covered is the thumbnail of a cover as it was found.
type covered struct {
	record rendition.Record
	bare   bool      // there were no folders of larger renditions in its _thumbs
	thumbs time.Time // mtime of that
	at     time.Time // before it was looked at
}

// Covering is Stored for a cover, whose album had the stamp st at a time: it does not look for
// what was found while no name in _thumbs has changed. bare says that there are none of the
// larger renditions.
func (t *Store) Covering(src album.Photo, st Stamp, at time.Time) (r rendition.Record, bare, ok bool) {
	known, ok := t.covers.Get(src.Name())
	if ok && known.thumbs.Equal(st.Thumbs) && Settled(st.Thumbs, known.at) && t.Fresh(known.record, src, "") {
		return known.record, known.bare, true
	}
	if r, ok = t.Stored(src, ""); !ok || st.Thumbs.IsZero() {
		return r, false, ok
	}
	bare = true
	for _, rend := range []string{rendition.Sharp, rendition.Preview} {
		_, err := t.storage.Cache.Below().LstatAt(rendition.Folder(src.Album, rend))
		bare = bare && errors.Is(err, fs.ErrNotExist)
	}
	t.covers.Put(src.Name(), covered{r, bare, st.Thumbs, at})
	return r, bare, true
}

// Sharper returns the records of an album's fresh renditions of a kind, by their
// photos' files. Their folder is read once: unlike cached, it looks at no
// file whose record is indexed, so that one that was just replaced by hand may
// pass for what it was.
func (t *Store) Sharper(albumName, rend string, photos []album.Photo) map[string]rendition.Record {
	folder := t.OpenRenditions(albumName, rend)
	if folder == nil {
		return nil
	}
	defer folder.Close()
	records := make(map[string]rendition.Record, len(photos))
	if x := t.remembered(albumName); RenditionsListed(x, rend, folder) {
		for _, src := range photos {
			if r, ok := t.FromIndex(x, src, rend); ok {
				records[src.File] = r
			} else if r, ok := t.Cached(folder, src, rend); ok {
				records[src.File] = r
			}
		}
		return records
	}
	there, _ := namesIn(folder)
	for _, src := range photos {
		name := rendition.Name(src, rend)
		if !there[src.File] {
			t.index.Delete(name)
			continue
		}
		r, ok := t.index.Get(name)
		if !ok || !t.Fresh(r, src, rend) {
			r, ok = t.Cached(folder, src, rend)
		}
		if ok {
			records[src.File] = r
		}
	}
	return records
}

// recall returns the record of a rendition's file, if it is indexed as it is.
func (t *Store) recall(name string, info fs.FileInfo) (rendition.Record, bool) {
	r, ok := t.index.Get(name)
	return r, ok && r.IsOf(info)
}

// remember indexes the record of a rendition's file, and returns it as that.
func (t *Store) remember(name string, r rendition.Record, info fs.FileInfo) rendition.Record {
	r = r.In(info)
	t.index.Put(name, r)
	return r
}

// FailedBefore returns why no rendition could be made of src as it is now, or
// nil if that was not tried or may be tried again.
func (t *Store) FailedBefore(src album.Photo, rend string) error {
	f, ok := t.failed.Get(rendition.Name(src, rend))
	if !ok || f.src != src || !f.until.IsZero() && time.Now().After(f.until) {
		return nil
	}
	return f.err
}

// noteUnfit remembers that no rendition can be made of src as it is now, and says
// so in the log, once. Errors that may be gone the next moment are not
// remembered.
func (t *Store) noteUnfit(src album.Photo, rend string, err error) {
	f := failure{src: src, err: err}
	if errors.Is(err, fs.ErrPermission) {
		f.until = time.Now().Add(RetryUnreadable)
	} else if !errors.Is(err, ErrUnfit) {
		return
	}
	name := rendition.Name(src, rend)
	before, known := t.failed.Get(name)
	t.failed.Put(name, f)
	if (!known || before.src != src) && !errors.Is(err, ErrSavesNothing) { // then nothing is wrong
		t.log.Warn("no thumbnail", "photo", src.Name(), "err", err)
	}
}

// Open returns the file of src's rendition if it is fresh, and its media type: an
// alternative, if one is accepted and there, or else the
// JPEG. photos is the album's folder.
func (t *Store) Open(photos *nolink.Dir, src album.Photo, rend string, accepts func(mediaType string) bool) (f *nolink.Handle, info fs.FileInfo, mediaType string, ok bool) {
	name := rendition.Name(src, rend)
	below, at := photos, strings.TrimPrefix(name, src.Album+"/")
	if !t.storage.Beside() {
		below, at = t.storage.Cache.Below(), name
	}
	jpeg, info, err := below.File(at)
	if err != nil {
		return nil, nil, "", false
	}
	defer func() {
		if f != jpeg { // nor where this panics
			jpeg.Close()
		}
	}()
	r, ok := t.recall(name, info)
	if !ok {
		if r, ok = t.FromIndex(t.remembered(src.Album), src, rend); ok && r.IsOf(info) {
		} else if r, ok = rendition.ReadRecord(jpeg); ok {
			r = t.remember(name, r, info)
		}
	}
	if !ok || !t.Fresh(r, src, rend) {
		return nil, nil, "", false
	}
	if rend == "" {
		for _, alt := range rendition.Alternatives {
			if !accepts(alt.MediaType) {
				continue
			}
			if a, ainfo, ok := openAlternative(below, path.Join(path.Dir(at), alt.Dir, src.File), info); ok {
				return a, ainfo, alt.MediaType, true
			}
		}
	}
	return jpeg, info, "image/jpeg", true
}

// Made is a rendition that is fresh.
type Made struct {
	rendition.Record
	JPEG []byte      // its bytes, where it could not be stored
	Mode fs.FileMode // the permissions with which it is stored; of one on disk 0
}

// ErrUnfit marks what is wrong with the photo itself, so that trying again is
// of no use until it changes.
var ErrUnfit = errors.New("no thumbnail can be made of it")

// making is what one making found or made.
type making struct {
	asked string          // the rendition that it was for
	made  map[string]Made // by rendition
}

// Ensure returns a fresh rendition of src, which it makes if there is none.
// However many ask at once, it is made once. It ends early with ctx, but a
// picture that is being decoded is finished.
func (t *Store) Ensure(ctx context.Context, src album.Photo, rend string) (Made, error) {
	made, err := t.ensure(ctx, src, rend, nil)
	if m, ok := made[rend]; ok {
		return m, nil
	}
	return Made{}, err
}

// EnsureAll is Ensure for several renditions at once, from one decoding: of rend and of
// those that more names by the record. It returns those that there are, and why
// another is not among them.
func (t *Store) EnsureAll(ctx context.Context, src album.Photo, rend string, more func(rendition.Record) []string) (map[string]Made, error) {
	return t.ensure(ctx, src, rend, func(r rendition.Record) (tasks []task) {
		for _, rend := range more(r) {
			tasks = append(tasks, task{rend: rend})
		}
		return tasks
	})
}

// A task is a file to be made of a photo: a rendition, or an alternative to the thumbnail.
type task struct {
	rend        string                 // "" for an alternative
	alternative *rendition.Alternative // nil for the rendition itself
}

// dir is the name of the folder in which the file lies.
func (k task) dir() string {
	if k.alternative != nil {
		return k.alternative.Dir
	}
	return k.rend
}

// ensure finds or makes rend and what else more, which may be nil, names by the photo's
// record, smaller ones first. What of a photo is made at once is made one after the other, so
// that nothing is made twice.
func (t *Store) ensure(ctx context.Context, src album.Photo, rend string, more func(rendition.Record) []task) (map[string]Made, error) {
	for {
		if err := t.FailedBefore(src, rend); err != nil {
			return nil, err
		}
		mine := false
		m, err := t.making.Do(ctx, src.Name(), func() (m making, err error) {
			mine = true
			tasks := []task{{rend: rend}}
			defer func() { t.blamePhoto(src, tasks, &err) }()
			defer bounded.Recover(&err)
			m = making{asked: rend, made: map[string]Made{}}
			err = t.find(ctx, src, rend, more, m.made, &tasks)
			return m, err
		})
		switch {
		case ctx.Err() != nil: // and it may be going on
			return nil, ctx.Err()
		case mine:
			return m.made, err
		case more != nil: // who made it may not have wanted all
			continue
		}
		if _, ok := m.made[rend]; ok || m.asked == rend {
			return m.made, err
		}
	}
}

// blamePhoto notes, where *err is a panic, a mistake of ours that this photo
// brought about, that what was to be made of it cannot be, so that the photo costs
// no more than its own place.
func (t *Store) blamePhoto(src album.Photo, tasks []task, err *error) {
	if panicked := (*bounded.PanicError)(nil); errors.As(*err, &panicked) {
		t.log.Error("panic", "photo", src.Name(), "value", fmt.Sprint(panicked.Value), "stack", string(panicked.Stack))
		*err = fmt.Errorf("%w: %w", ErrUnfit, *err)
		for _, k := range tasks {
			t.noteUnfit(src, k.dir(), *err)
		}
	}
}

// Restat returns the photo as it is now, or as it was if it is gone.
func (t *Store) Restat(src album.Photo) album.Photo {
	now, _ := t.restat(src, Stamp{}, false)
	return now
}

// RestatIn is Restat for who knows that the photo had no sidecar when its folder had these
// names, which had settled; the zero Stamp says nothing. It also returns the folder's stamp as
// it is now.
func (t *Store) RestatIn(src album.Photo, alone Stamp) (album.Photo, Stamp) {
	return t.restat(src, alone, true)
}

func (t *Store) restat(src album.Photo, alone Stamp, stamped bool) (now album.Photo, st Stamp) {
	folder, err := t.storage.Photos.Below().Folder(src.Album)
	if err != nil {
		return src, Stamp{}
	}
	defer folder.Close()
	look := album.Stat
	if state, err := folder.Lstat("."); err == nil {
		st = stampOf(state)
		if alone.timeless() && t.ListedAlone(src.Album, state, src.File) || !alone.timeless() && alone.SameNames(st) {
			look = album.StatAlone
		}
	}
	if stamped {
		below, at := folder.Lstat, album.ThumbsDir
		if !t.storage.Beside() {
			below, at = t.storage.Cache.Below().LstatAt, rendition.Folder(src.Album, "")
		}
		if info, err := below(at); err == nil {
			st.Thumbs = info.ModTime()
		}
	}
	if now, err = look(folder, src.Album, src.File); err != nil {
		return src, st
	}
	return now, st
}

// find looks for fresh renditions on disk once more, now that nobody else is making any,
// and makes those that are missing. It puts those that there are into made, and into tasks
// what is being made. An error is the first of those that kept one from being made.
func (t *Store) find(ctx context.Context, src album.Photo, rend string, more func(rendition.Record) []task, made map[string]Made, tasks *[]task) (failed error) {
	src = t.Restat(src) // it may have changed since the album was listed
	missing := func(r rendition.Record) []task {
		wanted := []task{{rend: rend}}
		if more != nil {
			wanted = append(wanted, more(r)...)
		}
		*tasks = nil
		for _, k := range wanted {
			err := t.FailedBefore(src, k.dir())
			switch {
			case k.alternative != nil:
				// One that failed was a mistake of ours, logged when it happened.
				if err == nil && (slices.Contains(*tasks, task{}) || t.alternativeWanted(src, *k.alternative)) {
					*tasks = append(*tasks, k)
				}
			case slices.Contains(*tasks, k) || t.have(src, k.rend, made):
			case err != nil:
				failed = cmp.Or(failed, err)
			default:
				*tasks = append(*tasks, k)
			}
		}
		return *tasks
	}
	if t.have(src, rend, made) && (more == nil || len(missing(made[rend].Record)) == 0) {
		return failed
	}
	release, _ := t.claim(ctx, src)
	defer release()
	failed = nil
	// Another may have made it, be it that this one waited or looked just before that was ready.
	if t.have(src, rend, made) && (more == nil || len(missing(made[rend].Record)) == 0) {
		return failed
	}
	start := time.Now()
	files, err := t.render(ctx, src, missing)
	for range 3 {
		if !errors.Is(err, ErrChanging) {
			break
		}
		src = t.Restat(src)
		files, err = t.render(ctx, src, missing)
	}
	if err != nil {
		for _, k := range *tasks {
			files = append(files, file{task: k, err: err})
		}
	}
	for _, f := range files {
		err = cmp.Or(err, f.err)
	}
	t.rendered(time.Since(start), err)
	failed = cmp.Or(failed, err)
	for _, f := range files {
		switch {
		case f.err != nil:
			t.noteUnfit(src, f.dir(), f.err)
		case f.alternative != nil:
			failed = cmp.Or(failed, t.putAlternative(src, *f.alternative, f.content))
		case t.have(src, f.rend, made): // another process was faster, and may have put more beside it
		default:
			made[f.rend] = t.store(src, f.rend, Made{f.record, f.content, f.mode})
		}
	}
	return failed
}

// have reports whether there is a fresh rendition of src, and puts it into made.
func (t *Store) have(src album.Photo, rend string, made map[string]Made) bool {
	if folder := t.OpenRenditions(src.Album, rend); folder != nil {
		defer folder.Close()
		if r, ok := t.Cached(folder, src, rend); ok {
			made[rend] = Made{Record: r}
			return true
		}
	}
	m, waiting := t.Waiting(src, rend)
	if waiting {
		made[rend] = t.store(src, rend, m)
	}
	return waiting
}

// store writes a rendition to its place, or where that takes none keeps it in memory.
func (t *Store) store(src album.Photo, rend string, m Made) Made {
	r, err := t.put(src, rend, m)
	if err != nil {
		t.keep(src, rend, m, err)
		return m
	}
	t.forget(src, rend)
	return Made{Record: r}
}

// Waiting returns the rendition of src as it is now that could not be stored
// when it was made.
func (t *Store) Waiting(src album.Photo, rend string) (Made, bool) {
	m, ok := t.unsaved.Get(rendition.Name(src, rend))
	return m, ok && t.Fresh(m.Record, src, rend)
}

// keep holds a rendition that the disk would not take in memory, and says so
// in the log, once for each album until its folder takes one again.
func (t *Store) keep(src album.Photo, rend string, m Made, err error) {
	if _, known := t.refusing.Get(src.Album); !known {
		t.refusing.Put(src.Album, struct{}{})
		t.log.Error("thumbnails cannot be stored and are kept in memory; -cache names another place for them",
			"folder", rendition.Folder(src.Album, rend), "err", err)
	}
	t.unsaved.Put(rendition.Name(src, rend), m)
}

// forget lets go of what keep held.
func (t *Store) forget(src album.Photo, rend string) {
	t.unsaved.Delete(rendition.Name(src, rend))
}

// put writes a rendition to its place, indexes it and returns its record.
func (t *Store) put(src album.Photo, rend string, m Made) (rendition.Record, error) {
	folder, err := t.makeFolder(t.storage.Cache.Root(), rendition.Folder(src.Album, rend))
	if errors.Is(err, fs.ErrNotExist) && !t.storage.Beside() && t.storage.Cache.Remake() {
		folder, err = t.makeFolder(t.storage.Cache.Root(), rendition.Folder(src.Album, rend))
	}
	if err != nil {
		return rendition.Record{}, err
	}
	defer folder.Close()
	if rend == "" {
		// No alternative may outlive the JPEG that it goes with, nor appear, when one is
		// being made just now, beside the next.
		for _, alt := range rendition.Alternatives {
			if below, err := nolink.Step(folder, alt.Dir, false); err == nil {
				removeAlternative(below, src.File)
				below.Close()
				defer removeStale(folder, alt, src.File)
			}
		}
		t.removeStaleRenditions(folder, src)
	}
	info, err := replace(folder, src.File, m)
	if err != nil {
		return rendition.Record{}, err
	}
	t.refusing.Delete(src.Album)
	r := t.remember(rendition.Name(src, rend), m.Record, info)
	// If the photo went meanwhile, so did the view that would have removed this.
	t.removeIfGone(folder, src)
	return r, nil
}

// removeStaleRenditions removes what is stale of a photo's other renditions, since nginx sends
// whatever is there, and the larger are made only when the program is asked for them. folder is
// that of its thumbnail.
func (t *Store) removeStaleRenditions(folder *os.Root, src album.Photo) {
	for rend := range rendition.Sides {
		below, err := nolink.Step(folder, rend, false)
		if err != nil {
			continue
		}
		if _, fresh := t.Cached(below, src, rend); !fresh {
			_ = below.Remove(src.File) // mostly there is none
		}
		below.Close()
	}
}

// makeFolder opens a folder for renditions, which it makes if need be. It takes its
// permissions from that it lies in, so that one has to have its own before the next is made.
func (t *Store) makeFolder(root *os.Root, name string) (*os.Root, error) {
	if folder, err := nolink.Folder(root, name, false); err == nil {
		return folder, nil
	}
	t.folder.Lock()
	defer t.folder.Unlock()
	return nolink.Folder(root, name, true)
}

// replace writes a rendition's file. Validators know its mtime in whole seconds, so it is
// given a later one than the file has that it replaces, unless that has one far off.
func replace(folder *os.Root, file string, m Made) (fs.FileInfo, error) {
	const far = 60      // seconds
	var mtime time.Time // now
	if before, err := folder.Lstat(file); err == nil {
		if ahead := before.ModTime().Unix() - time.Now().Unix(); ahead >= 0 && ahead <= far {
			mtime = before.ModTime().Add(time.Second)
		}
	}
	return atomicfile.WriteTimed(folder, file, m.JPEG, m.Mode, mtime)
}

// OpenRenditions opens an album's folder of renditions of one kind, or returns
// nil if there is none that can be read.
func (t *Store) OpenRenditions(albumName, rend string) *os.Root {
	folder, err := nolink.Folder(t.storage.Cache.Root(), rendition.Folder(albumName, rend), false)
	if err != nil {
		return nil
	}
	return folder
}

// MemoryInUse is how many bytes of the budget are taken.
func (t *Store) MemoryInUse() int64 { return t.inUse.Load() }

// PhotosRoot is the root of the photos, and CacheRoot that below which their
// renditions are.
func (t *Store) PhotosRoot() *os.Root { return t.storage.Photos.Root() }
func (t *Store) CacheRoot() *os.Root  { return t.storage.Cache.Root() }

// Unstored is how many renditions the disk would not take and memory holds.
func (t *Store) Unstored() int { return t.unsaved.Len() }
