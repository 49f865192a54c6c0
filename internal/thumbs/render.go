package thumbs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"slices"
	"time"

	"gallery/internal/album"
	"gallery/internal/metadata"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

// A file is what became of a task.
type file struct {
	task
	record  rendition.Record // of a rendition
	mode    fs.FileMode      // the permissions with which it is stored
	content []byte           // nil for an alternative that there can be none of
	err     error            // why there is none
}

// render makes files in memory: of those that missing names by the photo's record, which
// lacks Options and Color. All are made from one decoding if that fits the budget, and
// otherwise the largest by one of their own.
func (t *Store) render(ctx context.Context, src album.Photo, missing func(rendition.Record) []task) (files []file, err error) {
	if err := t.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer t.slots.Release(1)

	folder, err := nolink.Folder(t.storage.Photos.Root(), src.Album, false)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	began := time.Now()
	f, before, err := nolink.File(folder, src.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if before.Size() != src.Size || before.ModTime().UnixNano() != src.MTime || album.ChangeTime(before) != src.CTime {
		return nil, ErrChanging
	}

	sidecar, sidecarState := album.ReadSidecar(folder, src.File, metadata.MaxXMP)
	if sidecarState != src.Sidecar {
		return nil, ErrChanging
	}
	info, err := photo.InspectBeside(f, before.Size(), sidecar)
	if err != nil {
		return nil, t.unfitUnlessChanged(f, before, err)
	}
	r := rendition.Record{
		Size:    before.Size(),
		MTime:   before.ModTime().UnixNano(),
		CTime:   album.ChangeTime(before),
		Sidecar: sidecarState,
		Read:    began.UnixNano(),
		Width:   info.Width,
		Height:  info.Height,
	}
	if r.Digest, err = digest(f, before.Size()); err != nil {
		return nil, err
	}
	r.Turned, r.Animated = !info.ShownUpright, info.Animated
	r.Camera, r.Lens = info.Camera, info.Lens
	describe(&r, info.Metadata, src.File)

	tasks := slices.Clone(missing(r))
	slices.SortStableFunc(tasks, func(a, b task) int { return t.SideOf(a.rend) - t.SideOf(b.rend) })
	gain := findGain(f, before.Size(), info, tasks)
	for len(tasks) > 0 {
		n := len(tasks)
		for n > 1 && t.costOf(info, tasks[:n])+gain.cost(t.sidesOf(tasks[:n])) > t.memory {
			n--
		}
		made, err := t.reduce(ctx, f, before, info, gain, r, tasks[:n])
		if err != nil {
			return nil, err
		}
		files, tasks = append(files, made...), tasks[n:]
	}
	if err := unchanged(f, before); err != nil {
		return nil, err
	}
	return files, nil
}

// sidesOf returns the sides of tasks, which are in the order of these, from the largest on.
func (t *Store) sidesOf(tasks []task) (sides []int) {
	for _, k := range slices.Backward(tasks) {
		sides = append(sides, t.SideOf(k.rend))
	}
	return slices.Compact(sides)
}

// costOf bounds the memory that doing tasks at once takes, bytes.
func (t *Store) costOf(info photo.Info, tasks []task) int64 {
	cost := info.Cost(t.sidesOf(tasks)...)
	for _, k := range tasks {
		if k.alternative != nil {
			more, _ := t.alternativeCost(*k.alternative)
			cost += more
		}
	}
	return cost
}

// reduce does tasks by one decoding of the photo, and of its gain map, within the budget.
func (t *Store) reduce(ctx context.Context, f *os.File, before fs.FileInfo, info photo.Info, gain *gain, r rendition.Record, tasks []task) (files []file, err error) {
	cost := t.costOf(info, tasks)
	if cost+gain.cost(t.sidesOf(tasks)) > t.memory {
		gain = nil
	}
	cost += gain.cost(t.sidesOf(tasks))
	if cost > t.memory {
		return unfit(tasks, fmt.Errorf("%w: decoding its %d x %d pixels takes %d MiB, and -memory is %d MiB",
			ErrUnfit, info.Width, info.Height, cost>>20, t.memory>>20)), nil
	}
	if err := t.budget.Acquire(ctx, cost); err != nil {
		return nil, err
	}
	t.inUse.Add(cost)
	defer t.inUse.Add(-cost)
	defer t.budget.Release(cost)

	sides := t.sidesOf(tasks)
	pictures, err := photo.ReduceAll(f, before.Size(), info, sides...)
	if err != nil {
		err = t.unfitUnlessChanged(f, before, err)
		if !errors.Is(err, ErrUnfit) {
			return nil, err
		}
		if browsersShow(info, before.Size()) {
			err = ShownItself{err, image.Pt(info.Width, info.Height)}
		}
		return unfit(tasks, err), nil
	}
	average := photo.Average(pictures[len(pictures)-1]) // the smallest's: the larger have the same
	r.Color = fmt.Sprintf("#%02x%02x%02x", average.R, average.G, average.B)
	for _, k := range tasks {
		img := pictures[slices.Index(sides, t.SideOf(k.rend))]
		made := t.encode(k, r, img, info)
		if rendition.IsPreview(k.rend) && made.err == nil {
			made.content = gain.join(made.content, img, t.quality)
		}
		made.mode = asReadable(before)
		files = append(files, made)
	}
	return files, nil
}

// unfit is what becomes of tasks that the photo is unfit for.
func unfit(tasks []task, err error) (files []file) {
	for _, k := range tasks {
		if k.alternative != nil {
			files = append(files, file{task: k})
		} else {
			files = append(files, file{task: k, err: err})
		}
	}
	return files
}

// encode does a task whose picture has been made.
func (t *Store) encode(k task, r rendition.Record, img image.Image, info photo.Info) file {
	f := file{task: k, record: r}
	if k.alternative != nil {
		f.content, f.err = t.encodeAlternative(*k.alternative, img, info.Profile())
		return f
	}
	f.record.Options = t.Options(k.rend)
	var jpeg bytes.Buffer
	err := photo.Encode(&jpeg, img, t.quality, f.record.Comment(), info.Profile())
	for quality := t.quality; err == nil && k.rend == rendition.ForLinks && jpeg.Len() > rendition.MaxForLinks && quality > 1; {
		quality = quality * 3 / 4
		jpeg.Reset()
		err = photo.Encode(&jpeg, img, quality, f.record.Comment(), info.Profile())
	}
	if err != nil {
		f.err = fmt.Errorf("encoding: %w", err)
	} else if rendition.IsPreview(k.rend) && !r.Turned && !r.ShowsSource() && !info.Saves(t.SideOf(k.rend), int64(jpeg.Len())) {
		f.err = ShownItself{fmt.Errorf("%w: %w", ErrUnfit, ErrSavesNothing), image.Pt(r.Width, r.Height)}
	}
	f.content = jpeg.Bytes()
	return f
}

// asReadable returns the permissions of a rendition of a photo, or of one that goes
// with it: whoever may read the one may read the other, whatever the umask.
func asReadable(photo fs.FileInfo) fs.FileMode { return 0o600 | photo.Mode()&0o444 }

// maxKeywords bounds the keywords in a record, bytes: with all else there is room for
// them in a COM segment.
const maxKeywords = 4 << 10

// describe puts into a record what a photo says of itself, and when it was taken: as it
// says or, failing that, as its file's name says.
func describe(r *rendition.Record, m metadata.Metadata, file string) {
	r.Caption, r.Rating, r.Creator, r.Copyright = m.Caption(), m.Rating, m.Creator, m.Copyright
	if m.Title != r.Caption {
		r.Title = m.Title
	}
	room := maxKeywords
	for _, word := range m.Keywords {
		if room -= len(word); room < 0 {
			break
		}
		r.Keywords = append(r.Keywords, word)
	}
	if date := m.Date.Or(metadata.NameDate(file)); !date.IsZero() {
		r.Taken = date.Format(rendition.TakenLayout)
	}
}

// ErrSavesNothing is why a preview is not made that would have as many pixels as its photo
// and no fewer bytes.
var ErrSavesNothing = errors.New("a preview would be no smaller")

// ShownItself is why no rendition can be made of a photo that a browser can
// probably show all the same: it may be shown itself.
type ShownItself struct {
	error
	Size image.Point // upright, pixels
}

func (e ShownItself) Unwrap() error { return e.error }

// browsersShow reports whether a picture that could not be decoded may be put
// before a browser: it has a sound header, and is small whether it lies or not.
// Browsers show what there is of a damaged PNG, GIF or WebP; of a JPEG nothing
// that is not in its thumbnail.
func browsersShow(info photo.Info, bytes int64) bool {
	return info.Format != photo.JPEG && bytes <= 2<<20 && info.Width*info.Height <= 25e6
}

// ErrChanging says that a photo is being written just now.
var ErrChanging = errors.New("the photo changed while it was read")

// unchanged fails with ErrChanging if the open photo is no longer as it was: what was read of
// it may be half of one picture and half of another.
func unchanged(f *os.File, before fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	if now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) || album.ChangeTime(now) != album.ChangeTime(before) {
		return ErrChanging
	}
	return nil
}

// unfitUnlessChanged marks an error as the photo's own, unless the photo is
// being written just now or the disk failed.
func (t *Store) unfitUnlessChanged(f *os.File, before fs.FileInfo, err error) error {
	if changed := unchanged(f, before); changed != nil {
		return changed
	}
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnfit, err)
}
