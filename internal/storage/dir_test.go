package storage

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// opened opens a directory that is looked at each time it is used.
func opened(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Open("DIR", path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func mkdir(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// Whatever becomes of what bears the name, the directory is what is there now, or away.
func TestDir_underItsName(t *testing.T) {
	base := t.TempDir()
	dir, off, other := filepath.Join(base, "p"), filepath.Join(base, "off"), filepath.Join(base, "other")
	mkdir(t, filepath.Join(dir, "one"), filepath.Join(other, "two"))
	d := opened(t, dir)
	shows := func(what, album string) {
		t.Helper()
		d.Suspect()
		if err := d.Away(); err != nil {
			t.Fatalf("%s: Away = %v", what, err)
		}
		if _, err := d.Root().Stat(album); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	isAway := func(what string) {
		t.Helper()
		d.Suspect()
		if err := d.Away(); !errors.Is(err, ErrAway) {
			t.Fatalf("%s: Away = %v, want ErrAway", what, err)
		}
		if err := d.Answers(t.Context()); !errors.Is(err, ErrAway) {
			t.Fatalf("%s: Answers = %v, want ErrAway", what, err)
		}
	}
	shows("at first", "one")
	move(t, dir, off)
	isAway("moved off")
	mkdir(t, dir)
	isAway("an empty folder in its place, as a mount point is")
	os.Remove(dir)
	move(t, off, dir)
	shows("back", "one")
	move(t, dir, off)
	move(t, other, dir)
	shows("another switched in", "two")
	if err := d.Answers(t.Context()); err != nil {
		t.Fatalf("Answers = %v", err)
	}
}

// An empty folder that has always been empty is no lost disk, and what is mounted there shows.
func TestDir_mountedLater(t *testing.T) {
	base := t.TempDir()
	dir, disk := filepath.Join(base, "p"), filepath.Join(base, "disk")
	mkdir(t, dir, filepath.Join(disk, "one"))
	d := opened(t, dir)
	if err := d.Away(); err != nil {
		t.Fatal(err)
	}
	os.Remove(dir)
	move(t, disk, dir)
	d.Suspect()
	if _, err := d.Root().Stat("one"); err != nil {
		t.Error(err)
	}
}

// What is emptied photo by photo is there still.
func TestDir_emptied(t *testing.T) {
	dir := t.TempDir()
	mkdir(t, filepath.Join(dir, "one"))
	d := opened(t, dir)
	os.Remove(filepath.Join(dir, "one"))
	d.Suspect()
	if err := d.Away(); err != nil {
		t.Error(err)
	}
}

// A look is not taken at each use.
func TestDir_looksNowAndThen(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "p")
	mkdir(t, filepath.Join(dir, "one"))
	d := opened(t, dir)
	d.next.Store(time.Now().Add(time.Hour).UnixNano())
	move(t, dir, filepath.Join(base, "off"))
	if err := d.Away(); err != nil {
		t.Errorf("Away = %v within the hour", err)
	}
}

func TestDir_Remake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	mkdir(t, dir)
	d := opened(t, dir)
	if d.Remake() {
		t.Error("Remake made another where it was there")
	}
	os.Remove(dir)
	if !d.Remake() {
		t.Fatal("Remake made none where it was gone")
	}
	if err := d.Root().Mkdir("x", 0o755); err != nil {
		t.Error(err)
	}
}

// A directory that hangs is reported as soon as patience ends.
func TestDir_Answers_hangs(t *testing.T) {
	d := opened(t, t.TempDir())
	d.looks.Lock() // as a look that hangs has it
	defer d.looks.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := d.Answers(ctx); !errors.Is(err, ErrAway) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("Answers = %v", err)
	}
}
