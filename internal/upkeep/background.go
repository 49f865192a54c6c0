package upkeep

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/thumbs"
)

// Background makes, while nobody waits for anything, the renditions of the
// albums that were just looked at, one at a time. A nil background does
// nothing.
type Background struct {
	store  *thumbs.Store
	list   func(ctx context.Context, album string) (album.Listing, error)
	log    *slog.Logger
	wake   chan struct{}                // holds one element when albums has been added to
	warmed *bounded.Map[string, warmed] // by album

	mu     sync.Mutex
	albums []string // to be warmed, the one last looked at last

	visitors atomic.Int64 // requests under way that take the processor
	last     atomic.Int64 // when the last of these came or went, ns since 1970
}

// warmed says how an album was when it was warmed.
type warmed struct {
	stamp thumbs.Stamp
	at    time.Time
}

const (
	// maxViewed is how many albums wait to be warmed. The one looked at longest
	// ago gives way: it gets its turn when it is looked at again.
	maxViewed = 64
	// warmFor is how long a warmed album is left alone when no name in it
	// changes. A photo that is overwritten in place is seen after that.
	warmFor = 10 * time.Minute
	// maxWarmed bounds the albums that are known to be warm.
	maxWarmed = 100_000
	// quiet is how long no visitor must have come or gone before work begins:
	// longer than a browser takes from one request to the next.
	quiet = 200 * time.Millisecond
)

// NewBackground makes what warms albums of the store once they have been viewed. list
// lists an album.
func NewBackground(store *thumbs.Store, list func(ctx context.Context, album string) (album.Listing, error), log *slog.Logger) *Background {
	return &Background{
		store: store, list: list, log: log,
		wake:   make(chan struct{}, 1),
		warmed: bounded.NewMap[string, warmed](maxWarmed, nil),
	}
}

// Enter and leave frame a request that takes the processor.
func (b *Background) Enter() { b.visit(1) }
func (b *Background) Leave() { b.visit(-1) }

func (b *Background) visit(n int64) {
	if b == nil {
		return
	}
	b.last.Store(time.Now().UnixNano())
	b.visitors.Add(n)
}

// Viewed has an album warmed that somebody looks at, unless it is as it was when
// it was last warmed.
func (b *Background) Viewed(album string, st thumbs.Stamp) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Settled(album, st) {
		return
	}
	b.push(album)
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Settled reports whether nothing is to be done for an album whose state is st.
func (b *Background) Settled(album string, st thumbs.Stamp) bool {
	w, ok := b.warmed.Get(album)
	return ok && w.stamp == st && time.Since(w.at) < warmFor
}

// push makes an album the one last looked at. b.mu is held.
func (b *Background) push(album string) {
	at := len(b.albums)
	for i, other := range b.albums {
		if other == album {
			at = i
		}
	}
	if at < len(b.albums) {
		b.albums = append(b.albums[:at], b.albums[at+1:]...)
	} else if len(b.albums) == maxViewed {
		b.albums = append(b.albums[:0], b.albums[1:]...)
	}
	b.albums = append(b.albums, album)
}

// pop takes the album last looked at.
func (b *Background) pop() (album string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.albums)
	if n == 0 {
		return "", false
	}
	album, b.albums = b.albums[n-1], b.albums[:n-1]
	return album, true
}

// Run works until ctx ends. What is being made then is not waited for: it is
// written whole or not at all.
func (b *Background) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		for {
			album, ok := b.pop()
			if !ok {
				break
			}
			if err := b.albumSafely(ctx, album); err != nil {
				b.log.Error("panic", "album", album, "err", err, "stack", string(err.Stack))
				b.finish(album)
			}
			if ctx.Err() != nil {
				return
			}
		}
		debug.FreeOSMemory() // what decoding took is not needed for long
	}
}

// errElsewhere says that another album was looked at meanwhile.
var errElsewhere = errors.New("another album is looked at")

// albumSafely is album, with a panic as an error.
func (b *Background) albumSafely(ctx context.Context, name string) (panicked *bounded.PanicError) {
	defer func() {
		if v := recover(); v != nil {
			panicked = &bounded.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	b.album(ctx, name)
	return nil
}

// album warms an album. If another is looked at meanwhile it makes room for
// that, and gets its turn again afterwards.
func (b *Background) album(ctx context.Context, name string) {
	if b.wait(ctx) != nil {
		return
	}
	a, err := b.list(ctx, name)
	if err != nil {
		return // gone, perhaps; whoever looks at it is told
	}
	t := b.store
	folders := t.OpenWarmFolders(name)
	defer folders.Close()
	for _, src := range a.Photos {
		if t.Complete(folders, src) {
			continue
		}
		err := b.turn(ctx)
		if err == nil {
			err = t.Warm(ctx, src)
		}
		switch store := (thumbs.NotStored{}); {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errElsewhere):
			b.later(name)
			return
		case errors.As(err, &store):
			b.finish(name)
			return
		}
		// Any other error is the photo's own, and noted by thumbs.
	}
	b.finish(name)
}

// turn waits until no visitor is there, and fails if another album is to be
// warmed first.
func (b *Background) turn(ctx context.Context) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	select {
	case <-b.wake:
		return errElsewhere
	default:
		return nil
	}
}

// wait waits until no visitor has come or gone for a while.
func (b *Background) wait(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		since := time.Since(time.Unix(0, b.last.Load()))
		switch {
		case b.visitors.Load() > 0:
			timer.Reset(quiet)
		case since < quiet:
			timer.Reset(quiet - since)
		default:
			return nil
		}
	}
}

// later puts an album below the one that was looked at meanwhile.
func (b *Background) later(album string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var newest string
	if n := len(b.albums); n > 0 {
		newest = b.albums[n-1]
	}
	b.push(album)
	if newest != "" {
		b.push(newest)
	}
}

// finish notes that an album has been warmed.
func (b *Background) finish(album string) {
	b.warmed.Put(album, warmed{b.store.Stamp(album), time.Now()})
}
