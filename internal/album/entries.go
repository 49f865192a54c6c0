package album

import (
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"gallery/internal/nolink"
)

const (
	// entryAge is how long an album that was entered is entered again without the walk to it.
	entryAge = 200 * time.Millisecond
	// maxEntries bounds the folders that are kept open for that.
	maxEntries = 64
	// maxKept bounds the files in these folders that are kept open as long.
	maxKept = 256
)

// Entries keeps the folders of albums open that were entered a moment ago, and files in them: a
// page's thumbnails are asked for one after the other, and the way to all of them is the same. An
// album that was moved, removed or left out has another change time, and is entered anew.
// What became of the folders above it shows after entryAge, when its folder is closed. It is
// safe for use by many goroutines.
type Entries struct {
	mu   sync.Mutex
	open map[string]*entry // by album
	room atomic.Int32      // for so many more files to be kept open
}

// entry is an album's folder as it was entered.
type entry struct {
	below          *nolink.Dir // from where
	folder         *nolink.Dir
	mtime, changed int64 // of the folder
}

func NewEntries() *Entries {
	e := &Entries{open: map[string]*entry{}}
	e.room.Store(maxKept)
	return e
}

// Enter is the function Enter, and returns the state of the folder, too.
func (e *Entries) Enter(below *nolink.Dir, name string, listed func(name string, folder *nolink.Dir) bool) (*nolink.Dir, fs.FileInfo, error) {
	if known := e.find(below, name); known != nil {
		state, err := known.folder.Lstat(".")
		if err == nil && state.ModTime().UnixNano() == known.mtime && ChangeTime(state) == known.changed {
			return known.folder, state, nil
		}
		known.folder.Close()
	}
	folder, err := Enter(below, name, listed)
	if err != nil {
		return nil, nil, err
	}
	state, err := folder.Lstat(".")
	if err != nil {
		folder.Close()
		return nil, nil, err
	}
	e.keep(name, &entry{below, folder, state.ModTime().UnixNano(), ChangeTime(state)})
	return folder, state, nil
}

// find returns an entry, whose folder is the caller's to close, or nil.
func (e *Entries) find(below *nolink.Dir, name string) *entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.open[name]
	if known == nil || known.below != below {
		return nil
	}
	known.folder.Share()
	return known
}

// keep keeps an entry for entryAge, in the place of another.
func (e *Entries) keep(name string, new *entry) {
	new.folder.Keep(&e.room)
	e.mu.Lock()
	before := e.open[name]
	room := before != nil || len(e.open) < maxEntries
	if room {
		new.folder.Share()
		e.open[name] = new
		time.AfterFunc(entryAge, func() { e.drop(name, new) })
	}
	e.mu.Unlock()
	if before != nil {
		before.folder.Close() // which closes files: on a network that may wait
	}
}

// drop ends the keeping of an entry, unless another has taken its place.
func (e *Entries) drop(name string, old *entry) {
	e.mu.Lock()
	mine := e.open[name] == old
	if mine {
		delete(e.open, name)
	}
	e.mu.Unlock()
	if mine {
		old.folder.Close()
	}
}
