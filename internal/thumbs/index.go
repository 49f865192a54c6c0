package thumbs

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"gallery/internal/album"
	"gallery/internal/index"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
)

// indexed is an album's index as it was read, nil where there was none.
type indexed struct {
	*index.Index
	read time.Time
}

// cost is what it takes in memory, bytes.
func (x indexed) cost() int64 {
	if x.Index == nil {
		return 100
	}
	return x.Cost()
}

// indexAge is how long an index that does not fit its album any more is not read again.
const indexAge = time.Second

// Indexed returns the index of an album whose stamp is st, if there is one that names the
// files that are in the folder now. What it says of one of them may be out of date.
func (t *Store) Indexed(albumName string, st Stamp) *index.Index {
	if st.timeless() {
		return nil
	}
	known, ok := t.indexes.Get(albumName)
	if !ok || !named(known.Index, st) && time.Since(known.read) > indexAge {
		known = indexed{t.readIndex(albumName), time.Now()}
		t.indexes.Put(albumName, known)
	}
	if !named(known.Index, st) {
		return nil
	}
	return known.Index
}

// IndexedOnce is Indexed for who goes over many albums, and remembers none.
func (t *Store) IndexedOnce(albumName string, st Stamp) *index.Index {
	if known, ok := t.indexes.Get(albumName); ok && named(known.Index, st) {
		return known.Index
	}
	if st.timeless() {
		return nil
	}
	if x := t.readIndex(albumName); named(x, st) {
		return x
	}
	return nil
}

// Listed returns the index of an album whose folder's state is known, if it is in memory and
// names the files that are in the folder now.
func (t *Store) Listed(albumName string, folder fs.FileInfo) *index.Index {
	x := t.remembered(albumName)
	if x == nil {
		return nil
	}
	st := stampOf(folder)
	if !named(x, st) || !settled(st.changed(), x.Checked) {
		return nil
	}
	return x
}

// ListedAlone reports whether an album's index, if Listed returns it, names a photo and no
// sidecar of it.
func (t *Store) ListedAlone(albumName string, folder fs.FileInfo, file string) bool {
	return t.Listed(albumName, folder).Alone(file)
}

func named(x *index.Index, st Stamp) bool {
	return x != nil && x.Folder == st.Photos.UnixNano() && x.Changed == st.Changed && !st.timeless()
}

// readIndex reads an album's index, unless it is of thumbnails that were made otherwise.
func (t *Store) readIndex(albumName string) *index.Index {
	x, err := index.Read(t.storage.Cache.Root(), albumName)
	if err != nil || x.Options != t.Options("") {
		return nil
	}
	return x
}

// ThumbsListed reports whether an index names the thumbnails that are in an album's _thumbs,
// whose stamp is st.
func ThumbsListed(x *index.Index, st Stamp) bool {
	return x != nil && !st.Thumbs.IsZero() && x.Stores[""] == st.Thumbs.UnixNano()
}

// RenditionsListed reports the same of an open folder of renditions.
func RenditionsListed(x *index.Index, rend string, folder *os.Root) bool {
	if x == nil {
		return false
	}
	info, err := folder.Stat(".")
	return err == nil && x.Stores[rend] == info.ModTime().UnixNano()
}

// listedNow returns an album's index if it names the thumbnails that there are now.
func (t *Store) listedNow(albumName string) *index.Index {
	st := t.Stamp(albumName)
	if x := t.Indexed(albumName, st); ThumbsListed(x, st) {
		return x
	}
	return nil
}

// FromIndex returns the record of src's rendition as an index has it, if that is fresh.
func (t *Store) FromIndex(x *index.Index, src album.Photo, rend string) (rendition.Record, bool) {
	p, ok := x.Find(src.File)
	if !ok {
		return rendition.Record{}, false
	}
	r, ok := p.Record(rend, x.Checked, t.Options(rend))
	return r, ok && t.Fresh(r, src, rend)
}

// remembered returns an album's index if it is in memory.
func (t *Store) remembered(albumName string) *index.Index {
	known, _ := t.indexes.Get(albumName)
	return known.Index
}

// ErrUnsettled says that an album is changing just now, so that its index is for later.
var ErrUnsettled = errors.New("changed just now")

// shelf is a folder of renditions while an index is made.
type shelf struct {
	rend   string
	folder *os.Root
	names  map[string]bool
}

// WriteIndex makes and stores the index of an album that was just listed, looking at each
// photo and thumbnail, and remembers it. It opens only thumbnails that it does not know, and
// writes only what is not there already. It fails with ErrUnsettled where further changes
// could bear the times that folders have now. Where the index cannot be stored it returns
// that, too. Unless it is to keep it, it does so only where there are thumbnails.
func (t *Store) WriteIndex(ctx context.Context, a album.Listing, title string, keep bool) (*index.Index, error) {
	now := time.Now()
	listed := Stamp{Photos: a.MTime, Changed: a.CTime}
	if !listed.timeless() && !listed.NamesSettled(now) {
		return nil, ErrUnsettled
	}
	// Before anything else: where _thumbs lies beside the photos, making it changes their folder.
	folder, unstored := t.indexFolder(a.Name, keep)
	if unstored == nil {
		defer folder.Close()
	}
	head := index.Of(a, t.Options(""), now)
	head.Title = title
	var shelves []shelf
	for _, rend := range aheadOfTime {
		s := shelf{rend: rend, folder: t.OpenRenditions(a.Name, rend)}
		if s.folder == nil {
			continue
		}
		defer s.folder.Close()
		info, err := s.folder.Stat(".")
		if err != nil {
			return nil, err
		}
		if !Settled(info.ModTime(), now) {
			return nil, ErrUnsettled
		}
		head.Stores[rend] = info.ModTime().UnixNano()
		if s.names, err = namesIn(s.folder); err != nil {
			return nil, err
		}
		for name := range s.names {
			if !album.IsPhotoName(name) {
				delete(s.names, name)
			}
		}
		shelves = append(shelves, s)
	}
	photos := make([]index.Photo, len(a.Photos))
	for i, src := range a.Photos {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !settled(latest(src), now.UnixNano()) {
			return nil, ErrUnsettled
		}
		photos[i] = t.describeIn(shelves, src)
	}
	for _, s := range shelves {
		head.Spare += len(s.names)
		if info, err := s.folder.Stat("."); err != nil || info.ModTime().UnixNano() != head.Stores[s.rend] {
			return nil, ErrUnsettled
		}
	}
	st := t.Stamp(a.Name)
	if !st.SameNames(listed) {
		return nil, ErrUnsettled
	}
	if x := t.IndexedOnce(a.Name, st); x != nil && sameButChecked(x, head, photos) {
		t.indexes.Put(a.Name, indexed{x, now})
		return x, nil
	}
	data := index.Format(head, photos)
	x, err := index.Parse(data)
	if err != nil || st.timeless() { // who asks next has to look as well
		return x, err // which is of a name that an index cannot hold
	}
	if unstored == nil {
		unstored = index.Write(folder, index.PhotosFile, data)
	}
	t.indexes.Put(a.Name, indexed{x, now})
	return x, unstored
}

// indexFolder opens an album's folder of indexes. It makes it if need be, with _thumbs only to
// keep an index.
func (t *Store) indexFolder(albumName string, keep bool) (*os.Root, error) {
	if !keep {
		there := t.OpenRenditions(albumName, "")
		if there == nil {
			return nil, fs.ErrNotExist
		}
		there.Close()
	}
	return t.makeFolder(t.storage.Cache.Root(), index.Folder(albumName))
}

// describeIn makes a photo's line from the renditions that are fresh.
func (t *Store) describeIn(shelves []shelf, src album.Photo) index.Photo {
	p := index.Describe(src, rendition.Record{}, false)
	for _, s := range shelves {
		if !s.names[src.File] {
			continue
		}
		delete(s.names, src.File)
		r, ok := t.Cached(s.folder, src, s.rend)
		switch {
		case !ok:
		case s.rend == "":
			p = index.Describe(src, r, true)
		default:
			p.Add(s.rend, r)
		}
	}
	return p
}

// sameButChecked reports whether an index says what another would that is made now.
func sameButChecked(x *index.Index, head index.Head, photos []index.Photo) bool {
	head.Checked = x.Checked
	old := make([]index.Photo, x.Photos)
	for i := range old {
		old[i] = x.At(i)
	}
	return bytes.Equal(index.Format(x.Head, old), index.Format(head, photos))
}

// namesIn lists a folder's names.
func namesIn(folder *os.Root) (map[string]bool, error) {
	list, err := nolink.List(folder)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	files, err := list.Readdirnames(-1)
	names := make(map[string]bool, len(files))
	for _, file := range files {
		names[file] = true
	}
	return names, err
}

// WarmAsListed reports whether an album whose stamp is st is as its index says, and every wanted
// rendition there: with one file read and a look at each photo.
func (t *Store) WarmAsListed(x *index.Index, albumName string, st Stamp) bool {
	if !ThumbsListed(x, st) && x.Photos > 0 || len(t.alternatives) > 0 {
		return false
	}
	folder, err := album.Open(t.storage.Photos.Root(), albumName)
	if err != nil {
		return false
	}
	defer folder.Close()
	for _, rend := range aheadOfTime[1:] {
		info, err := t.storage.Cache.Root().Lstat(rendition.Folder(albumName, rend))
		if there := err == nil; there != (x.Stores[rend] != 0) || there && x.Stores[rend] != info.ModTime().UnixNano() {
			return false
		}
	}
	for i := range x.Photos {
		p := x.At(i)
		stat := album.StatAlone
		if p.Sidecar != "" {
			stat = album.Stat
		}
		src, err := stat(folder, albumName, string(p.Name))
		if err != nil || src != p.In(albumName) || !t.complete(&p, x.Checked, src) {
			return false
		}
	}
	return true
}

// complete reports whether every wanted rendition of a photo is in its line.
func (t *Store) complete(p *index.Photo, read int64, src album.Photo) bool {
	return len(t.Lacks(p, read, src)) == 0
}

// Lacks returns which of the renditions that are made ahead of time a photo lacks, by its line
// in an index that was made at a time, ns since 1970: all, where it has no thumbnail.
func (t *Store) Lacks(p *index.Photo, read int64, src album.Photo) (lacking []string) {
	var thumb rendition.Record
	for i, rend := range aheadOfTime[:t.ahead] {
		if !t.wanted(i, thumb) {
			continue
		}
		r, ok := p.Record(rend, read, t.Options(rend))
		fresh := ok && t.Fresh(r, src, rend)
		switch {
		case i == 0 && !fresh:
			return aheadOfTime[:t.ahead]
		case !fresh:
			lacking = append(lacking, rend)
		case i == 0:
			thumb = r
		}
	}
	return lacking
}

// Truth is what becomes of an index in a cleaning.
type Truth int

const (
	IndexTrue Truth = iota
	IndexStale
	IndexForeign // none
)

// Judge says what a file in an album's folder of indexes is: true while it is made by this
// version, of the thumbnails as they are made now, and of the folder as it is. The album's stamp
// is st, and its index, as IndexedOnce returns it for that, is x.
func (t *Store) Judge(albumName, file string, x *index.Index, st Stamp) Truth {
	switch file {
	case index.PhotosFile:
		if !ThumbsListed(x, st) {
			return IndexStale
		}
	case index.TreeFile:
		if tree, err := index.ReadTree(t.storage.Cache.Root(), albumName); err != nil || tree.Options != t.Options("") || !st.isOf(tree) {
			return IndexStale
		}
	default:
		return IndexForeign
	}
	return IndexTrue
}

// ReadTree returns the summary of an album and all below it, if the folder is as it was then.
func (t *Store) ReadTree(albumName string, st Stamp) (index.Tree, bool) {
	if st.timeless() {
		return index.Tree{}, false
	}
	tree, err := index.ReadTree(t.storage.Cache.Root(), albumName)
	return tree, err == nil && tree.Options == t.Options("") && st.isOf(tree)
}

// WriteTree stores the summary of an album whose stamp is st, unless it is there already.
func (t *Store) WriteTree(albumName string, st Stamp, tree index.Tree) error {
	tree.Options = t.Options("")
	if st.timeless() {
		return nil // nobody could tell of which state it is
	}
	tree.Stamp(st.Photos, st.Changed, st.Thumbs)
	if there, err := index.ReadTree(t.storage.Cache.Root(), albumName); err == nil && there.Equal(tree) {
		return nil
	}
	folder, err := nolink.Folder(t.storage.Cache.Root(), index.Folder(albumName), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has no index either
	}
	if err != nil {
		return err
	}
	defer folder.Close()
	return index.Write(folder, index.TreeFile, tree.Format())
}
