package upkeep

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// What was judged is looked at once more: another file that has its name by now stays.
func TestCleanRun_looksTwice(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "1.jpg")
	if err := os.WriteFile(file, []byte("anew"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c := cleanRun{stdout: io.Discard, freed: map[string]*tally{}}
	for _, judged := range []stored{
		{folder: ".", file: "1.jpg", size: info.Size() + 1, made: info.ModTime()},
		{folder: ".", file: "1.jpg", size: info.Size(), made: info.ModTime().Add(-time.Nanosecond)},
	} {
		c.remove(root, judged, isStale)
		if _, err := os.Stat(file); err != nil || len(c.freed) > 0 {
			t.Fatalf("judged as %+v, the file that came meanwhile is removed: %v", judged, err)
		}
	}
	c.remove(root, stored{folder: ".", file: "1.jpg", size: info.Size(), made: info.ModTime()}, isStale)
	if _, err := os.Stat(file); err == nil {
		t.Error("what is as it was judged stays")
	}
}

// drawTree makes albums of which some photos and some whole folders are gone, with thumbnails as
// the program's predecessor made them, strangers and folders among these. It returns DIR and
// the cache.
func drawTree(t *testing.T) (dir, cache string) {
	t.Helper()
	dir, cache = t.TempDir(), t.TempDir()
	var thumb bytes.Buffer
	if err := jpeg.Encode(&thumb, image.NewGray(image.Rect(0, 0, 4, 3)), nil); err != nil {
		t.Fatal(err)
	}
	put := func(name string, content []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(1e9+int64(crc32.ChecksumIEEE([]byte(strings.TrimPrefix(name, cache)))%100), 0)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 25 {
		name := fmt.Sprintf("%d/%d", i/5, i)
		for j := range 1 + i%7 {
			file := fmt.Sprintf("%d.jpg", j)
			if i/5 != 3 && (i+j)%5 > 0 { // nothing is left of 3, as if its disk were away
				put(filepath.Join(dir, name, file), []byte("a photo"))
			}
			put(filepath.Join(cache, name, "_thumbs", file), thumb.Bytes())
		}
		switch i % 6 {
		case 1:
			put(filepath.Join(cache, name, "_thumbs", "notes.txt"), []byte("a stranger"))
		case 2:
			put(filepath.Join(cache, name, "_thumbs", "other", "1.jpg"), []byte("in a strange folder"))
		case 3:
			put(filepath.Join(cache, name, "_thumbs", ".index", "photos"), []byte("no index"))
		}
	}
	return dir, cache
}

// cleaned cleans a new tree, so many albums at once, and returns what is said and what is left.
func cleaned(t *testing.T, o CleanOptions, jobs int) (said, left string) {
	t.Helper()
	dir, cache := drawTree(t)
	log := slog.New(slog.DiscardHandler)
	st, err := storage.New(dir, cache, log)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var out, files bytes.Buffer
	o.Jobs = jobs
	err = Clean(t.Context(), thumbs.New(st, thumbs.Options{Side: 100, Memory: 1 << 20}, log), o, &out)
	fmt.Fprintln(&out, err)
	if err := fs.WalkDir(os.DirFS(cache), ".", func(name string, _ fs.DirEntry, err error) error {
		fmt.Fprintln(&files, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out.String(), files.String()
}

// However many albums are cleaned at once, the same is removed and said, in the same order.
func TestClean_atOnce(t *testing.T) {
	for _, test := range []struct {
		options CleanOptions
		says    []string
	}{
		{CleanOptions{DryRun: true}, []string{isOrphan, isForeign, isOutdated, "left alone the thumbnails of \"3\""}},
		{CleanOptions{DryRun: true, Force: true}, []string{"3/19/_thumbs/0.jpg\": " + isOrphan}},
		{CleanOptions{}, []string{"freed", isForeign, "left alone the thumbnails of \"3\""}},
		{CleanOptions{Force: true, Before: time.Unix(1e9+50, 0)}, []string{isOld}},
		{CleanOptions{Force: true, MaxSize: 10_000}, []string{isTooMuch}},
		{CleanOptions{DryRun: true, Force: true, MaxSize: 10_000}, []string{isTooMuch}},
	} {
		t.Run(fmt.Sprintf("%+v", test.options), func(t *testing.T) {
			said, left := cleaned(t, test.options, 1)
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not said, but\n%s", want, said)
				}
			}
			for range 2 {
				if again, kept := cleaned(t, test.options, 8); again != said || kept != left {
					t.Fatalf("one at a time:\n%s%s\neight at once:\n%s%s", said, left, again, kept)
				}
			}
		})
	}
}
