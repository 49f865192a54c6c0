package zipstream

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Albums and photos beyond what 32 bits hold, by files with holes.
func TestArchive_large(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int64{"a.jpg": max32 + 5, "b.jpg": 3 << 30, "c.jpg": 1000, "d.jpg": max32, "e.jpg": max32 - 1} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), size); err != nil {
			t.Fatalf("the file system takes no files of 5 GB with holes: %v", err)
		}
	}
	names := []string{"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"}
	photos := make([]Photo, len(names))
	for i, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		photos[i] = Photo{Name: name, Title: name, Size: info.Size(), Modified: info.ModTime()}
	}
	z := New(t.Context(), photos, Source{
		Open: func(i int) (*os.File, error) { return os.Open(filepath.Join(dir, names[i])) },
		// Reading the large ones would take a minute.
		Sum:      func(i int) (uint32, bool) { return 0, photos[i].Size > 1<<20 },
		Remember: func(int, uint32) {},
	})
	defer z.Close()
	r, err := zip.NewReader(readerAt{z}, z.size)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 5 {
		t.Fatalf("the archive has %d files, want 5", len(r.File))
	}
	for i, f := range r.File {
		offset, err := f.DataOffset()
		if e := z.entries[i]; err != nil || f.UncompressedSize64 != uint64(e.photo.Size) || f.Name != e.photo.Title || offset != e.offset+e.headSize() {
			t.Errorf("%s has %d bytes at %d, %v, want %+v", f.Name, f.UncompressedSize64, offset, err, e)
		}
	}
	// The small one lies beyond 4 GiB, and its checksum is that of its bytes.
	f, err := r.File[2].Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Error(err)
	}
}

// readerAt reads an archive anywhere.
type readerAt struct{ *Archive }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if _, err := r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(r.Archive, p)
}

// More photos than 16 bits count.
func TestArchive_manyEntries(t *testing.T) {
	photos := make([]Photo, 70_000)
	for i := range photos {
		photos[i] = Photo{Title: fmt.Sprintf("%d.jpg", i)} // empty, and so never read
	}
	z := New(t.Context(), photos, Source{Sum: func(int) (uint32, bool) { return 0, true }})
	var b bytes.Buffer
	if n, err := io.Copy(&b, z); err != nil || n != z.size {
		t.Fatalf("read %d of %d bytes, %v", n, z.size, err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), z.size)
	if err != nil || len(r.File) != len(photos) {
		t.Fatalf("%v, or the archive has not %d files", err, len(photos))
	}
}

// A photo that was overwritten since it was listed, even by one of the same size, is
// never mixed into an archive that is resumed.
func TestArchive_changed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "1.jpg")
	listed := time.Unix(1e9, 0)
	for _, changed := range []struct {
		name  string
		size  int
		mtime time.Time
	}{{"mtime", 100, listed.Add(1)}, {"size", 99, listed}} {
		if err := os.WriteFile(path, make([]byte, changed.size), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, changed.mtime, changed.mtime); err != nil {
			t.Fatal(err)
		}
		z := New(t.Context(), []Photo{{Name: "1.jpg", Title: "1.jpg", Size: 100, Modified: listed}}, Source{
			Open:     func(int) (*os.File, error) { return os.Open(path) },
			Sum:      func(int) (uint32, bool) { return 0, true },
			Remember: func(int, uint32) {},
		})
		if _, err := z.Seek(60, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, z); err == nil || z.Err() == nil {
			t.Errorf("%s changed: %d bytes are read, %v", changed.name, n, err)
		}
		z.Close()
	}
}

func TestSafeFileName(t *testing.T) {
	for name, want := range map[string]string{
		"a.jpg": "a.jpg", "größe 日本.jpg": "größe 日本.jpg", `a<b>c:d"e/f\g|h?i*j.jpg`: "a_b_c_d_e_f_g_h_i_j.jpg",
		"new\nline.jpg": "new_line.jpg", "latin1 \xe9.jpg": "latin1 _.jpg", "right\u202eto.jpg": "right_to.jpg",
		"CON.jpg": "_CON.jpg", "con": "_con", "Com1.tar.jpg": "_Com1.tar.jpg", "COM10.jpg": "COM10.jpg", "LPT¹.jpg": "_LPT¹.jpg", "COM.jpg": "COM.jpg",
		"console.jpg": "console.jpg", "nul .jpg": "_nul .jpg", "a. . ": "a", "...": "_", "": "_", ".jpg": "_.jpg",
	} {
		if got := SafeName(name); got != want {
			t.Errorf("safeFileName(%q) = %q, want %q", name, got, want)
		}
	}
}
