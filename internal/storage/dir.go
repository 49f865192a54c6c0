// Package storage holds the two directories that everything lies in, that of the photos and
// that of their renditions: disks are mounted, switched and lost under a directory's name
// while the program runs. It also tells whose a cache is.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
)

// ErrAway says that a directory, or the disk that it was on, is not there.
var ErrAway = errors.New("storage is away")

// lookEvery is how long what bears a directory's name is taken to be the same.
const lookEvery = 200 * time.Millisecond

// Dir is a directory under a name. Where another directory takes the name, since a disk was
// mounted there or a link was switched, it is that one; where nothing does, or an empty
// folder took the place of photos, it is away. It is safe for use by many goroutines.
type Dir struct {
	path string
	real atomic.Pointer[string] // path without links, as it was when what bears it was opened
	log  *slog.Logger

	root  atomic.Pointer[os.Root]
	below atomic.Pointer[nolink.Dir] // root, for opening what is served
	away  atomic.Pointer[error]      // why it is away; nil where it is there
	next  atomic.Int64               // when to look again, ns since 1970
	looks sync.Mutex                 // one at a time; guards held
	held  bool                       // photos or albums were seen in it
	empty string                     // why it is away although it is there: it is empty, and was not; "" for it is not

	answers bounded.Calls[struct{}]
	beneath below
}

// Open opens the directory path, which what calls by the name it has on the command line. It
// fails where that does not answer.
func Open(what, path string, log *slog.Logger) (*Dir, error) {
	return answering(what, path, func() (*Dir, error) { return open(what, path, log) })
}

func open(what, path string, log *slog.Logger) (*Dir, error) {
	root, err := os.OpenRoot(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s %s does not exist: name a directory", what, path)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s %s cannot be opened: let this user read and enter it (chmod, or run as another user)", what, path)
	case err != nil:
		if info, statErr := os.Stat(path); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s %s is a file: name the directory it lies in", what, path)
		}
		return nil, fmt.Errorf("%s %s cannot be opened: %w", what, path, nolink.Cause(err))
	}
	if _, err := names(root, 1); err != nil {
		root.Close()
		return nil, fmt.Errorf("%s %s cannot be read: let this user list it (chmod, or run as another user)", what, path)
	}
	below, err := nolink.Open(root)
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("%s %s cannot be opened: %w", what, path, nolink.Cause(err))
	}
	d := &Dir{path: path, log: log, held: holds(root)}
	real := resolved(path)
	d.real.Store(&real)
	d.root.Store(root)
	d.below.Store(below)
	d.next.Store(time.Now().Add(lookEvery).UnixNano())
	return d, nil
}

// Path is the name that the directory was opened under.
func (d *Dir) Path() string { return d.path }

// Close closes the directory.
func (d *Dir) Close() error { return d.root.Load().Close() }

// Root is the directory as it is now, or was less than 0.2 s ago. While it is away, it is
// what was there last.
func (d *Dir) Root() *os.Root {
	d.refresh()
	return d.root.Load()
}

// Below is Root for finding what is served, in fewer calls.
func (d *Dir) Below() *nolink.Dir {
	d.refresh()
	return d.below.Load()
}

// Away returns an ErrAway while the directory is not there or does not answer, else nil.
func (d *Dir) Away() error {
	if d.Hangs(".") {
		return fmt.Errorf("%w: %s does not answer", ErrAway, d.path)
	}
	d.refresh()
	if why := d.away.Load(); why != nil {
		return *why
	}
	return nil
}

// Suspect has the directory looked at anew before it is next used: an error told that its
// handle may be dead.
func (d *Dir) Suspect() { d.next.Store(0) }

// refresh looks who bears the name, if that was not done just now and its file system answers.
// While one looks the others take what is known.
func (d *Dir) refresh() {
	if time.Now().UnixNano() < d.next.Load() || !d.looks.TryLock() {
		return
	}
	defer d.looks.Unlock()
	if !d.Hangs(".") {
		d.look()
	}
	d.next.Store(time.Now().Add(lookEvery).UnixNano())
}

// look opens the directory anew where what bears its name is another, or the open one is dead.
func (d *Dir) look() {
	open := d.root.Load()
	named, err := os.Stat(d.path)
	if err != nil {
		d.isAway(err)
		return
	}
	if opened, err := open.Stat("."); err == nil && os.SameFile(opened, named) {
		d.held = d.held || holds(open)
		if d.held {
			d.empty = ""
		}
		if d.empty == "" {
			d.isBack()
		}
		return
	}
	anew, err := os.OpenRoot(d.path)
	if err != nil {
		d.isAway(err)
		return
	}
	if !holds(anew) {
		if d.held {
			anew.Close()
			d.isAway(errors.New("an empty folder is in its place"))
			return
		}
	} else {
		d.held = true
	}
	if d.empty != "" && !d.held {
		anew.Close()
		return
	}
	below, err := nolink.Open(anew)
	if err != nil {
		anew.Close()
		d.isAway(err)
		return
	}
	d.empty = ""
	real := resolved(d.path)
	d.real.Store(&real)
	d.beneath.next.Store(0)
	// Others may be using those before: the garbage collector closes them.
	d.root.Store(anew)
	d.below.Store(below)
	d.log.Info("opened anew, as another directory bears the name", "dir", d.path)
	d.isBack()
}

// expectMore makes an empty directory one that is away, why being the reason, until it is
// another or something is in it.
func (d *Dir) expectMore(why string) {
	d.looks.Lock()
	defer d.looks.Unlock()
	d.empty = why
	d.isAway(errors.New(why))
}

func (d *Dir) isAway(why error) {
	err := fmt.Errorf("%w: %s: %w", ErrAway, d.path, nolink.Cause(why))
	if d.away.Swap(&err) == nil {
		d.log.Error("the directory is away", "dir", d.path, "err", nolink.Cause(why))
	}
}

func (d *Dir) isBack() {
	if d.away.Swap(nil) != nil {
		d.log.Info("the directory is back", "dir", d.path)
	}
}

// Remake makes the directory anew if it has been removed, and reports whether there is
// another now than there was.
func (d *Dir) Remake() bool {
	d.looks.Lock()
	defer d.looks.Unlock()
	before := d.root.Load()
	if err := os.MkdirAll(d.path, 0o755); err != nil {
		return false
	}
	d.held = false // it may well be empty
	d.look()
	return d.root.Load() != before
}

// Answers fails if the directory is away or does not say what is in it until ctx ends.
func (d *Dir) Answers(ctx context.Context) error {
	_, err := d.answers.Do(ctx, "", func() (struct{}, error) {
		d.looks.Lock()
		d.look()
		d.looks.Unlock()
		if err := d.Away(); err != nil {
			return struct{}{}, err
		}
		_, err := names(d.root.Load(), 1)
		return struct{}{}, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		d.log.Error("the directory does not answer", "dir", d.path)
		return fmt.Errorf("%w: %s does not answer", ErrAway, d.path)
	}
	return err
}

// names returns the names of up to n entries of a folder that visitors can see, sorted; of all
// with n below 1.
func names(folder *os.Root, n int) ([]string, error) {
	list, err := nolink.List(folder)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	var seen []string
	for {
		entries, err := list.ReadDir(256)
		for _, entry := range entries {
			if album.IsAlbum(entry) || album.IsPhoto(entry) {
				seen = append(seen, entry.Name())
			}
		}
		if err != nil || n > 0 && len(seen) >= n {
			slices.Sort(seen)
			if n > 0 && len(seen) > n {
				seen = seen[:n]
			}
			if err == io.EOF {
				err = nil
			}
			return seen, err
		}
	}
}

// holds reports whether a folder has photos or albums in it.
func holds(folder *os.Root) bool {
	seen, err := names(folder, 1)
	return err == nil && len(seen) > 0
}

// IsLost reports whether an error says that the disk below is lost, rather than that
// something on it is not there.
func IsLost(err error) bool {
	return nolink.Disconnected(err) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ESTALE)
}
