package storage

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gallery/internal/mounts"
)

// A file system on a network whose server is gone answers nothing, perhaps for days, and whoever
// asks it anything waits as long, a thread each. One that is mounted below a directory would
// so take with it the albums beside it, and in the end the process. Hence what may lie on such a
// file system is asked for only where it has answered just now.

const (
	// mountsEvery is how long the mounts below a directory are taken to be the same.
	mountsEvery = time.Second
	// askEvery is how long a file system that answered is taken to answer.
	askEvery = time.Second
	// askFor is how long a file system that is mounted below the directory may take before it
	// counts as one that hangs: the albums beside it wait.
	askFor = 2 * time.Second
	// askOwnFor is that of the one which the directory lies on: nothing else can be shown.
	askOwnFor = 5 * time.Second
)

// below are the file systems that are mounted below a directory, and the one that it lies on.
type below struct {
	reading sync.Mutex   // one at a time
	next    atomic.Int64 // when to read again, ns since 1970
	all     atomic.Pointer[[]*mounted]
}

// mounted is a file system that is mounted below a directory, or the one that it lies on.
type mounted struct {
	id, path string
	album    string // the name of the album that it is; "." for the one that all lie on
	askFor   time.Duration

	mu       sync.Mutex
	answered time.Time     // last
	asking   chan struct{} // closed once it answers; nil while nobody asks
	asked    time.Time     // when who asks now began
	hangs    bool          // and is still being asked
}

// Hangs reports whether an album lies on a file system that does not answer. It never waits
// longer than askFor, or askOwnFor, and only where it is not known yet.
func (d *Dir) Hangs(albumName string) bool {
	now := time.Now() // once: telling the time is half of what a look takes
	for _, m := range d.mounts(now) {
		if m.holds(albumName) && m.silent(now, d.log) {
			return true
		}
	}
	return false
}

func (m *mounted) holds(albumName string) bool {
	rest, ok := strings.CutPrefix(albumName, m.album)
	return m.album == "." || ok && (rest == "" || rest[0] == '/')
}

// mounts are the file systems mounted below the directory as it is now, or was just now, behind
// the one that it lies on.
func (d *Dir) mounts(now time.Time) []*mounted {
	if b := &d.beneath; now.UnixNano() >= b.next.Load() && b.reading.TryLock() {
		defer b.reading.Unlock()
		all := d.readMounts()
		b.all.Store(&all)
		b.next.Store(time.Now().Add(mountsEvery).UnixNano())
	}
	if all := d.beneath.all.Load(); all != nil {
		return *all
	}
	return nil
}

// readMounts reads what is mounted below the directory and what it lies on. What was there
// before stays what it is.
func (d *Dir) readMounts() []*mounted {
	var own *mounted
	var all []*mounted
	before, dir := d.beneath.all.Load(), *d.real.Load()
	for _, m := range mounts.All() {
		now := &mounted{id: m.ID, path: m.Path, album: ".", askFor: askOwnFor}
		isOwn := dir == m.Path || strings.HasPrefix(dir, strings.TrimSuffix(m.Path, "/")+"/")
		if isOwn && own != nil && len(m.Path) < len(own.path) {
			continue
		} else if !isOwn {
			name, below := strings.CutPrefix(m.Path, strings.TrimSuffix(dir, "/")+"/")
			if !below {
				continue
			}
			now.album, now.askFor = filepath.ToSlash(name), askFor
		}
		if before != nil {
			for _, known := range *before {
				if known.id == now.id && known.path == now.path && known.album == now.album {
					now = known
				}
			}
		}
		if isOwn {
			own = now
		} else {
			all = append(all, now)
		}
	}
	if own != nil {
		all = append([]*mounted{own}, all...)
	}
	return all
}

// silent reports whether the file system does not answer.
func (m *mounted) silent(now time.Time, log *slog.Logger) bool {
	m.mu.Lock()
	if m.hangs {
		m.mu.Unlock()
		return true
	}
	if m.asking == nil {
		if now.Sub(m.answered) < askEvery {
			m.mu.Unlock()
			return false
		}
		m.asking, m.asked = make(chan struct{}), time.Now()
		go m.ask(m.asking, log) // which may never end
	}
	asking, wait := m.asking, time.Until(m.asked.Add(m.askFor))
	m.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-asking:
		return false
	case <-timer.C:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asking != asking {
		return false // just now
	}
	if !m.hangs {
		m.hangs = true
		log.Error("what is mounted there does not answer, and is closed until it does: look at its server and network", "dir", m.path)
	}
	return true
}

// ask asks the file system something, and tells when it answers.
func (m *mounted) ask(asking chan struct{}, log *slog.Logger) {
	ask(m.path)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hangs {
		log.Info("what is mounted there answers again", "dir", m.path)
	}
	m.answered, m.asking, m.hangs = time.Now(), nil, false
	close(asking)
}

// answering returns what opening a directory returns, or an error where its file system does
// not answer.
func answering(what, path string, opening func() (*Dir, error)) (*Dir, error) {
	type result struct {
		dir *Dir
		err error
	}
	opened := make(chan result, 1)
	go func() { // which may never end
		d, err := opening()
		opened <- result{d, err}
	}()
	select {
	case r := <-opened:
		return r.dir, r.err
	case <-time.After(askOwnFor):
		return nil, fmt.Errorf("%s %s does not answer: look at its server and network", what, path)
	}
}
