package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"runtime/debug"
	"sync"
	"time"

	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/thumbs"
)

// Indexer keeps the indexes of albums, and the summaries of whole trees, behind the visitors'
// backs: of what was looked at or has changed before long, and of all in a walk now and then.
// A nil indexer does nothing.
type Indexer struct {
	index IndexFunc
	log   *slog.Logger
	wake  chan struct{} // holds one element when due has been added to

	mu  sync.Mutex
	due map[string]time.Time // albums to be looked at, and when
}

const (
	// maxDue bounds the albums that wait. What finds no room is for the walk.
	maxDue = 10_000
	// indexAfter is how long after an album was looked at it is indexed: what comes to it
	// meanwhile is for the same index.
	indexAfter = 200 * time.Millisecond
	// unsettledAfter is how long after a change an album is looked at once more.
	unsettledAfter = 2100 * time.Millisecond
	// walkAgain is the time between two walks over all albums, but at least restRatio times
	// as long as one takes.
	walkAgain = 10 * time.Minute
	restRatio = 50
)

// IndexFunc brings an album's index up to date, and returns the albums in it and whether
// those above it have to follow. Where keep is false it makes no folder for it.
type IndexFunc func(ctx context.Context, album string, keep bool) (below []string, changed bool, err error)

// NewIndexer makes an indexer.
func NewIndexer(index IndexFunc, log *slog.Logger) *Indexer {
	return &Indexer{index: index, log: log, wake: make(chan struct{}, 1), due: map[string]time.Time{}}
}

// Look has an album indexed before long.
func (x *Indexer) Look(albumName string) { x.lookIn(albumName, indexAfter) }

func (x *Indexer) lookIn(albumName string, after time.Duration) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.due[albumName]; !ok && len(x.due) < maxDue {
		x.due[albumName] = time.Now().Add(after)
	}
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (x *Indexer) Run(ctx context.Context) {
	walk := time.NewTimer(0)
	defer walk.Stop()
	for ctx.Err() == nil {
		name, in := x.pop()
		if name != "" {
			x.one(ctx, name)
			continue
		}
		timer := time.NewTimer(in)
		select {
		case <-ctx.Done():
		case <-x.wake:
		case <-timer.C:
		case <-walk.C:
			begun := time.Now()
			x.Walk(ctx, ".", false)
			walk.Reset(max(walkAgain, restRatio*time.Since(begun)))
		}
		timer.Stop()
	}
}

// pop takes an album that is due, "" for none, and says when the next is.
func (x *Indexer) pop() (name string, in time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	in = time.Hour
	for name, at := range x.due {
		wait := time.Until(at)
		if wait <= 0 {
			delete(x.due, name)
			return name, 0
		}
		in = min(in, wait)
	}
	return "", in
}

// one indexes an album, and has those follow that it is in.
func (x *Indexer) one(ctx context.Context, name string) {
	for {
		_, changed, err := x.safely(ctx, name, true)
		if err != nil || !changed || name == "." {
			return
		}
		name = path.Dir(name)
	}
}

// Walk indexes an album and all in it, each after those that are in it. What visitors look at
// meanwhile goes first. Where keep is false it makes no folders for indexes.
func (x *Indexer) Walk(ctx context.Context, name string, keep bool) {
	if ctx.Err() != nil {
		return
	}
	below, changed, err := x.safely(ctx, name, keep)
	if err != nil {
		return
	}
	for _, sub := range below {
		if album.Depth(name) < album.MaxDepth {
			x.Walk(ctx, path.Join(name, sub), keep)
		}
		if due, _ := x.pop(); due != "" {
			x.one(ctx, due)
		}
	}
	if changed || len(below) > 0 {
		_, _, _ = x.safely(ctx, name, keep) // which has logged it
	}
}

// safely is index, with a panic as an error that is logged.
func (x *Indexer) safely(ctx context.Context, name string, keep bool) (below []string, changed bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &bounded.PanicError{Value: v, Stack: debug.Stack()}
			x.log.Error("panic", "album", name, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	below, changed, err = x.index(ctx, name, keep)
	switch {
	case errors.Is(err, thumbs.ErrUnsettled):
		x.lookIn(name, unsettledAfter)
	case err != nil && !errors.Is(err, fs.ErrNotExist) && ctx.Err() == nil:
		x.log.Debug("not indexed", "album", name, "err", err)
	}
	return below, changed, err
}
