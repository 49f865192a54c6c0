package thumbs

import (
	"context"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/metadata"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

// arrangedShare is the share of Options.Memory that bounds the arrangements that are
// remembered, whose photos take arrangedCost bytes each: 16 MiB of 256.
const arrangedShare, arrangedCost = 16, 100

// arrangement names an album in an order by date.
type arrangement struct{ album, order string }

// arranged is the photos of an album, by name and in that order. It stays while no photo of
// the album changes: nor do the dates, which are all known from the photos.
type arranged struct {
	from, photos []album.Photo
	months       []Month // of photos
}

// Month is the month in which a photo was taken, 0 where its date is not known.
type Month int32

// MonthOf is the month of a date, 0 of the zero time.
func MonthOf(date time.Time) Month {
	if date.IsZero() {
		return 0
	}
	return Month(date.Year()*12 + int(date.Month()) - 1)
}

// Begin is when the month begins.
func (m Month) Begin() time.Time {
	return time.Date(int(m/12), time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
}

func (a arranged) cost() int64 { return int64(arrangedCost * (1 + len(a.photos))) }

// Arrange returns the photos of an album in the given order and, in one by date, the month of
// each. Dates are those
// of the thumbnails' records, else from the photos' metadata, which takes
// opening them: without read it reports false instead, and with read it ends
// early with ctx. Whoever else asks for the same meanwhile gets the same.
func (t *Store) Arrange(ctx context.Context, a album.Listing, order string, read bool) ([]album.Photo, []Month, bool) {
	if order == album.ByName || order == album.ByNameDown {
		return album.Sorted(a.Photos, order, nil), nil, true
	}
	if known, ok := t.arranged.Get(arrangement{a.Name, order}); ok && same(known.from, a.Photos) {
		return known.photos, known.months, true
	}
	dates, taken := make([]time.Time, len(a.Photos)), make([]Month, len(a.Photos))
	date := func(i int, r rendition.Record) { dates[i], taken[i] = r.Date(), MonthOf(r.TakenAt()) }
	var unknown []int
	own := t.OpenRenditions(a.Name, "")
	if own != nil {
		defer own.Close()
	}
	x := t.listedNow(a.Name)
	for i, src := range a.Photos {
		if r, ok := t.FromIndex(x, src, ""); ok {
			date(i, r)
			continue
		}
		r, known := t.dateKnown(own, src)
		if date(i, r); !known {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) == 0 {
		photos, months := album.Sorted(a.Photos, order, dates), album.Sorted(taken, order, dates)
		t.arranged.Put(arrangement{a.Name, order}, arranged{a.Photos, photos, months})
		return photos, months, true
	}
	if !read {
		return nil, nil, false
	}
	if _, err := t.dating.Do(ctx, a.Name, func() (struct{}, error) {
		return struct{}{}, t.readDates(ctx, a, unknown)
	}); err != nil {
		return nil, nil, false
	}
	for _, i := range unknown {
		r, _ := t.dateKnown(nil, a.Photos[i])
		date(i, r)
	}
	return album.Sorted(a.Photos, order, dates), album.Sorted(taken, order, dates), true
}

// same reports whether two lists of photos are equal: fast where they are one.
func same(a, b []album.Photo) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// readDates reads and remembers the dates of the photos with these numbers in
// the album.
func (t *Store) readDates(ctx context.Context, a album.Listing, which []int) error {
	folder, err := nolink.Folder(t.storage.Photos.Root(), a.Name, false)
	if err != nil {
		return err
	}
	defer folder.Close()
	var readers errgroup.Group
	readers.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range which {
		if ctx.Err() != nil {
			break
		}
		readers.Go(func() (err error) {
			defer t.blamePhoto(a.Photos[i], []task{{}}, &err)
			defer bounded.Recover(&err)
			t.readDate(folder, a.Photos[i])
			return nil
		})
	}
	_ = readers.Wait() // a photo without a date is sorted by its mtime
	return ctx.Err()
}

// dateKnown returns a record with the photo's place in time if that can be told without
// opening the photo, else one with its mtime. folder holds the album's thumbnails, or is nil.
func (t *Store) dateKnown(folder *os.Root, src album.Photo) (rendition.Record, bool) {
	if r, ok := t.Cached(folder, src, ""); ok {
		return r, true
	}
	known, ok := t.index.Get(src.Name()) // where readDate left it; never a rendition's name
	if !ok || known.Size != src.Size || known.MTime != src.MTime || known.CTime != src.CTime || known.Sidecar != src.Sidecar {
		return rendition.Record{MTime: src.MTime}, false
	}
	return known, true
}

// readDate reads the photo's place in time from its metadata, and remembers it.
func (t *Store) readDate(photos *os.Root, src album.Photo) {
	f, info, err := nolink.File(photos, src.File)
	if err != nil {
		return
	}
	defer f.Close()
	r := rendition.Record{Size: src.Size, MTime: src.MTime, CTime: src.CTime, Sidecar: src.Sidecar}
	sidecar, _ := album.ReadSidecar(photos, src.File, metadata.MaxXMP)
	what, _ := photo.InspectBeside(f, info.Size(), sidecar) // of one that cannot be read the name may say it
	describe(&r, what.Metadata, src.File)
	t.remember(src.Name(), r, info)
}
