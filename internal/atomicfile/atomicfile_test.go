package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T) (*os.Root, string) {
	t.Helper()
	path := t.TempDir()
	root, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root, path
}

func listing(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWrite_replacesWhole(t *testing.T) {
	dir, path := open(t)
	long := strings.Repeat("n", 255)
	for _, name := range []string{"a.jpg", long} {
		for _, content := range []string{"first", "second, longer", ""} {
			if err := Write(dir, name, []byte(content), 0o644); err != nil {
				t.Fatalf("Write(%.10q) = %v", name, err)
			}
			got, err := os.ReadFile(filepath.Join(path, name))
			if err != nil || string(got) != content {
				t.Fatalf("after Write(%.10q, %q) the file holds %q, %v", name, content, got, err)
			}
		}
	}
	if got := listing(t, path); len(got) != 2 {
		t.Errorf("directory holds %q, want the two files only", got)
	}
}

// A file is what WriteTimed says, with the time that it was given.
func TestWriteTimed(t *testing.T) {
	dir, path := open(t)
	for _, mtime := range []time.Time{{}, time.Unix(1e9, 5000)} {
		info, err := WriteTimed(dir, "a.jpg", []byte("content"), 0o640, mtime)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.Stat(filepath.Join(path, "a.jpg"))
		if err != nil || got.Size() != info.Size() || !got.ModTime().Equal(info.ModTime()) || got.Mode() != info.Mode() {
			t.Errorf("the file is %v, %v, %v, and was said to be %v, %v", got.Size(), got.ModTime(), got.Mode(), info.Size(), info.ModTime())
		}
		if !mtime.IsZero() && !got.ModTime().Equal(mtime) {
			t.Errorf("its mtime is %v, want %v", got.ModTime(), mtime)
		}
	}
}

// A link under the final name is replaced, and what it points at stays as it was.
func TestWrite_symbolicLink(t *testing.T) {
	dir, path := open(t)
	original := filepath.Join(path, "original")
	if err := os.WriteFile(original, []byte("sacred"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("original", filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, "link", []byte("thumbnail"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(original); string(got) != "sacred" {
		t.Errorf("original holds %q after a write to a link that pointed at it", got)
	}
}

func TestWrite_leavesNothingBehindOnError(t *testing.T) {
	dir, path := open(t)
	if err := os.Mkdir(filepath.Join(path, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, "taken", []byte("x"), 0o644); err == nil {
		t.Error("Write over a directory = nil, want an error")
	}
	if got := listing(t, path); len(got) != 1 {
		t.Errorf("directory holds %q, want only the folder", got)
	}
}

func TestSweep_takesLitterOnly(t *testing.T) {
	dir, path := open(t)
	for _, name := range []string{prefix + "00000000", "photo.jpg", ".hidden", prefix + "00000000.jpg", prefix + "0000000g"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("photo.jpg", filepath.Join(path, prefix+"11111111")); err != nil {
		t.Fatal(err)
	}
	f, err := Create(dir, prefix, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if got := SweepAll(dir); got != 1 {
		t.Errorf("SweepAll = %d, want 1: not the file being written, nor a link, nor a photo", got)
	}
	if _, err := dir.Lstat(f.temp); err != nil {
		t.Errorf("the file being written is gone: %v", err)
	}
	f.File.Close() // as at the process's end
	if got := SweepAll(dir); got != 1 {
		t.Errorf("SweepAll after its owner closed it = %d, want 1", got)
	}
}

func TestWrite_besideSweep(t *testing.T) {
	dir, path := open(t)
	data := bytes.Repeat([]byte("0123456789"), 1000)
	done := make(chan struct{})
	var sweeper sync.WaitGroup
	sweeper.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				SweepAll(dir)
			}
		}
	})
	for range 200 {
		if err := Write(dir, "file", data, 0o644); err != nil {
			t.Errorf("Write beside Sweep = %v", err)
			break
		}
	}
	close(done)
	sweeper.Wait()
	if got, _ := os.ReadFile(filepath.Join(path, "file")); !bytes.Equal(got, data) {
		t.Errorf("file holds %d bytes, want %d", len(got), len(data))
	}
}

// Add gives a name that is free, and never takes one that is not.
func TestFile_Add(t *testing.T) {
	dir, path := open(t)
	for _, taken := range []string{"file", "folder", "link", "dangling"} {
		var err error
		switch at := filepath.Join(path, taken); taken {
		case "folder":
			err = os.Mkdir(at, 0o755)
		case "link":
			err = os.Symlink("file", at)
		case "dangling":
			err = os.Symlink("nowhere", at)
		default:
			err = os.WriteFile(at, []byte("sacred"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	before := listing(t, path)
	for name, add := range map[string]func(f *File, name string) error{
		"hard link": (*File).Add,
		"renameat2": func(f *File, name string) error {
			err := renameNew(dir, f.temp, name)
			if err == nil {
				f.temp = ""
			}
			return err
		},
	} {
		f, err := Create(dir, ".up-", 0o640)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("new"); err != nil {
			t.Fatal(err)
		}
		for _, taken := range []string{"file", "folder", "link", "dangling"} {
			if err := add(f, taken); !errors.Is(err, fs.ErrExist) {
				t.Errorf("%s: Add(%s) = %v, want fs.ErrExist", name, taken, err)
			}
		}
		if got := SweepPrefix(dir, ".up-"); got != 0 {
			t.Errorf("%s: SweepPrefix = %d while the file is being written, want 0", name, got)
		}
		if err := add(f, "free"); err != nil {
			t.Errorf("%s: Add(free) = %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if got, _ := os.ReadFile(filepath.Join(path, "free")); string(got) != "new" {
			t.Errorf("%s: the file holds %q", name, got)
		}
		os.Remove(filepath.Join(path, "free"))
		if got := listing(t, path); !slices.Equal(got, before) {
			t.Errorf("%s: directory holds %q, want %q", name, got, before)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(path, "file")); string(got) != "sacred" {
		t.Errorf("the file that was there holds %q", got)
	}
}

// Of many that take one name at once, one gets it.
func TestFile_Add_race(t *testing.T) {
	dir, path := open(t)
	var got atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			f, err := Create(dir, ".up-", 0o640)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if err := f.Add("one"); err == nil {
				got.Add(1)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if names := listing(t, path); got.Load() != 1 || len(names) != 1 {
		t.Errorf("%d got the name, and the directory holds %q", got.Load(), names)
	}
}

// A file is flushed before it gets its name: what cannot be flushed gets none.
func TestFile_flushedFirst(t *testing.T) {
	dir, path := open(t)
	for name, give := range map[string]func(*File, string) error{"Replace": (*File).Replace, "Add": (*File).Add} {
		f, err := Create(dir, prefix, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		// A pipe cannot be flushed.
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		file := f.File
		f.File = w
		if err := give(f, name); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s of a file that cannot be flushed = %v, want EINVAL", name, err)
		}
		if _, err := dir.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s named a file that could not be flushed", name)
		}
		f.File = file
		if err := give(f, name); err != nil {
			t.Errorf("%s = %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := listing(t, path); !slices.Equal(got, []string{"Add", "Replace"}) {
		t.Errorf("directory holds %q", got)
	}
}
