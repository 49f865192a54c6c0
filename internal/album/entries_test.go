package album

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gallery/internal/nolink"
)

// entering is a directory with an album, and what enters it by way of its entries.
type entering struct {
	t       *testing.T
	dir     string
	below   *nolink.Dir
	entries *Entries
}

func newEntering(t *testing.T) *entering {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "above", "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	below, err := nolink.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return &entering{t, dir, below, NewEntries()}
}

// enter enters the album as often as it is told and returns how many walks to it were made.
func (e *entering) enter(times int) (walks int, err error) {
	for range times {
		folder, _, failed := e.entries.Enter(e.below, "above/a", func(name string, _ *nolink.Dir) bool {
			if name == "above/a" {
				walks++
			}
			return false
		})
		if failed != nil {
			err = failed
			continue
		}
		if _, err := folder.Lstat("."); err != nil {
			e.t.Errorf("what was entered is not open: %v", err)
		}
		folder.Close()
	}
	return walks, err
}

// An album is walked to once, and again when its folder is not what it was.
func TestEntries(t *testing.T) {
	for what, change := range map[string]func(e *entering) error{
		"nothing":  func(*entering) error { return nil },
		"moved":    func(e *entering) error { return os.Rename(e.path("above/a"), e.path("b")) },
		"removed":  func(e *entering) error { return os.Remove(e.path("above/a")) },
		"left out": func(e *entering) error { return os.WriteFile(e.path("above/a/"+noMedia), nil, 0o644) },
		"swapped for a link": func(e *entering) error {
			return errors.Join(os.Rename(e.path("above/a"), e.path("b")), os.Symlink("../b", e.path("above/a")))
		},
		"another's": func(e *entering) error {
			return errors.Join(os.Rename(e.path("above/a"), e.path("b")), os.Mkdir(e.path("above/a"), 0o755))
		},
	} {
		e := newEntering(t)
		begun := time.Now()
		walks, err := e.enter(50)
		if err != nil || walks < 1 || walks > 1+int(time.Since(begun)/entryAge) {
			t.Errorf("entered 50 times, it is walked to %d times, %v", walks, err)
		}
		time.Sleep(10 * time.Millisecond) // a tick of the clock of the file system
		if err := change(e); err != nil {
			t.Fatal(err)
		}
		walks, err = e.enter(1)
		switch what {
		case "nothing":
		case "another's":
			if walks != 1 || err != nil {
				t.Errorf("%s: it is walked to %d times, %v", what, walks, err)
			}
		default:
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: it is entered, %v", what, err)
			}
		}
	}
}

func (e *entering) path(name string) string { return filepath.Join(e.dir, name) }

// What becomes of the folders above shows after entryAge, and nothing is open then.
func TestEntries_end(t *testing.T) {
	e := newEntering(t)
	if _, err := e.enter(1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(e.path("above/"+noMedia), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(entryAge + 5*time.Second)
	for {
		_, err := e.enter(1)
		if errors.Is(err, ErrLeftOut) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a .nomedia above it does not show: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	e.entries.mu.Lock()
	defer e.entries.mu.Unlock()
	if len(e.entries.open) > 0 {
		t.Errorf("%d folders are kept", len(e.entries.open))
	}
}

// However many albums are entered at once, so many folders are kept open.
func TestEntries_bounded(t *testing.T) {
	e := newEntering(t)
	for i := range 2 * maxEntries {
		name := "above/a" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		if err := os.Mkdir(e.path(name), 0o755); err != nil {
			t.Fatal(err)
		}
		folder, _, err := e.entries.Enter(e.below, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		folder.Close()
		e.entries.mu.Lock()
		if n := len(e.entries.open); n > maxEntries {
			t.Errorf("%d folders are kept", n)
		}
		e.entries.mu.Unlock()
	}
}
