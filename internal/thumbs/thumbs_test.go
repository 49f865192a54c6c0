package thumbs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/rendition"
	"gallery/internal/storage"
	"gallery/internal/testkit"
)

// newStore is a store of its own over an empty directory.
func newStore(t testing.TB, o Options) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := storage.New(dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return New(root, o, slog.New(slog.DiscardHandler)), dir
}

// usualOnes are made ahead of time unless more is asked for.
var usualOnes = aheadOfTime[:usualAhead]

var usual = Options{Side: 400, Quality: 82, Memory: 64 << 20}

// writeJPEG writes a grey picture.
func writeJPEG(t testing.TB, path string, width, height int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// thumbnail makes src's thumbnail in memory.
func thumbnail(s *Store, src album.Photo) (Made, error) {
	files, err := s.render(context.Background(), src, func(rendition.Record) []task { return []task{{}} })
	if err != nil {
		return Made{}, err
	}
	return Made{files[0].record, files[0].content, files[0].mode}, files[0].err
}

// One whose disk goes away while its thumbnail is made keeps it.
func TestStore_diskGoesMeanwhile(t *testing.T) {
	base := t.TempDir()
	dir, cache := filepath.Join(base, "p"), filepath.Join(base, "c")
	writeJPEG(t, filepath.Join(dir, "a", "1.jpg"), 60, 40)
	st, err := storage.New(dir, cache, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	s := New(st, usual, slog.New(slog.DiscardHandler))
	src := s.Restat(album.Photo{Album: "a", File: "1.jpg"})
	m, err := thumbnail(s, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(base, "off")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.put(src, "", m); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(cache, "a", album.ThumbsDir, "1.jpg")); err != nil {
		t.Errorf("the thumbnail went with the disk: %v", err)
	}
}

// A photo that goes while its thumbnail is made leaves none behind.
func TestStore_photoGoesMeanwhile(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "a", "1.jpg"), 60, 40)
	src := s.Restat(album.Photo{Album: "a", File: "1.jpg"})
	m, err := thumbnail(s, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a", "1.jpg")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.put(src, "", m); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "a", album.ThumbsDir, "*")); len(left) > 0 {
		t.Errorf("%s is left behind", left)
	}
}

// A WebP that is being made while its JPEG changes does not stay.
func TestRemoveStale(t *testing.T) {
	dir := t.TempDir()
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 60, 40)
	writeJPEG(t, filepath.Join(dir, "webp", "1.jpg"), 60, 40)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	webp := filepath.Join(dir, "webp", "1.jpg")
	info, err := os.Stat(filepath.Join(dir, "1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mtime time.Time
		stays bool
	}{{info.ModTime(), true}, {info.ModTime().Add(-time.Hour), false}} {
		if err := os.Chtimes(webp, test.mtime, test.mtime); err != nil {
			t.Fatal(err)
		}
		removeStale(root, rendition.Alternatives[0], "1.jpg")
		if _, err := os.Stat(webp); (err == nil) != test.stays {
			t.Errorf("a WebP of %v beside a JPEG of %v: Stat = %v, want it there: %v", test.mtime, info.ModTime(), err, test.stays)
		}
	}
}

// fuzzThumbnail takes a file of any bytes the whole way to a thumbnail: it is
// refused as unfit, or there is a whole JPEG, of its size, with its record,
// and the photo is as it was.
func fuzzThumbnail(f *testing.F, prefix, name string) {
	s, dir := newStore(f, usual)
	for _, file := range slices.Concat(testkit.Honest(), testkit.Others()) {
		if bytes.HasPrefix(file.Data, []byte(prefix)) {
			f.Add(file.Data)
		}
	}
	for _, file := range slices.Concat(testkit.Huge(), testkit.Zero()) {
		if bytes.HasPrefix(file.Data, []byte(prefix)) && len(file.Data) < 10_000 {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte(prefix)) {
			return
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		src := s.Restat(album.Photo{Album: ".", File: name})
		began := testkit.ProcessorTime()
		m, err := thumbnail(s, src)
		if took := testkit.ProcessorTime() - began; took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if now, readErr := os.ReadFile(file); readErr != nil || !bytes.Equal(now, data) {
			t.Errorf("the photo has changed, %v", readErr)
		}
		if err != nil {
			if !errors.Is(err, ErrUnfit) || strings.Contains(err.Error(), "panic") {
				t.Error(err)
			}
			return
		}
		c, err := jpeg.Decode(bytes.NewReader(m.JPEG))
		if err != nil {
			t.Fatal(err)
		}
		if size := c.Bounds().Size(); max(size.X, size.Y) > 400 || size.X < 1 || size.Y < 1 {
			t.Errorf("the thumbnail has %v", size)
		}
		r, ok := rendition.ReadRecord(bytes.NewReader(m.JPEG))
		if !ok || r.Size != int64(len(data)) || r.MTime != src.MTime || r.Width < 1 || r.Height < 1 || len(r.Color) != 7 {
			t.Errorf("its record is %+v, %v", r, ok)
		}
	})
}

func FuzzThumbnailJPEG(f *testing.F) { fuzzThumbnail(f, "\xff\xd8", "1.jpg") }
func FuzzThumbnailPNG(f *testing.F)  { fuzzThumbnail(f, "\x89PNG", "1.png") }
func FuzzThumbnailGIF(f *testing.F)  { fuzzThumbnail(f, "GIF8", "1.gif") }
func FuzzThumbnailWebP(f *testing.F) { fuzzThumbnail(f, "RIFF", "1.webp") }

// A mistake of ours that one photo brings about costs that photo's place: it is logged
// once, with its stack, and not made again; other photos are.
func TestStore_panic(t *testing.T) {
	var log bytes.Buffer
	dir := t.TempDir()
	for _, name := range []string{"1.jpg", "2.jpg"} {
		writeJPEG(t, filepath.Join(dir, name), 60, 40)
	}
	root, err := storage.New(dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	made := 0
	o := usual
	o.Rendered = func(time.Duration, error) {
		if made++; made == 1 {
			panic("a bug")
		}
	}
	s := New(root, o, slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		if _, err := s.Ensure(t.Context(), s.Restat(album.Photo{Album: ".", File: "1.jpg"}), ""); !errors.Is(err, ErrUnfit) {
			t.Fatalf("Ensure of the photo that panics = %v, want ErrUnfit", err)
		}
	}
	if made != 1 {
		t.Errorf("the photo was made %d times, want once", made)
	}
	if n := strings.Count(log.String(), "level=ERROR msg=panic"); n != 1 || !strings.Contains(log.String(), "TestStore_panic") {
		t.Errorf("the panic is logged %d times, want once, with its stack: %s", n, log.String())
	}
	if _, err := s.Ensure(t.Context(), s.Restat(album.Photo{Album: ".", File: "2.jpg"}), ""); err != nil {
		t.Errorf("Ensure of another photo = %v", err)
	}
}

// A photo that may not be read is tried again after a while; one that is no picture is not
// until it changes.
func TestStore_failedBefore(t *testing.T) {
	s, _ := newStore(t, usual)
	src := album.Photo{Album: ".", File: "1.jpg", Size: 10, MTime: 5}
	s.noteUnfit(src, "", fmt.Errorf("opening: %w", fs.ErrPermission))
	f, _ := s.failed.Get(rendition.Name(src, ""))
	if s.FailedBefore(src, "") == nil || f.until.IsZero() || time.Until(f.until) > RetryUnreadable {
		t.Errorf("a photo that may not be read is left alone until %v", f.until)
	}
	f.until = time.Now().Add(-time.Nanosecond)
	s.failed.Put(rendition.Name(src, ""), f)
	if err := s.FailedBefore(src, ""); err != nil {
		t.Errorf("after %v it is not tried again: %v", RetryUnreadable, err)
	}
	s.noteUnfit(src, "", ErrUnfit)
	if s.FailedBefore(src, "") == nil {
		t.Error("what is no picture is tried again")
	}
	for _, changed := range []album.Photo{{Album: ".", File: "1.jpg", Size: 11, MTime: 5}, {Album: ".", File: "1.jpg", Size: 10, MTime: 6}} {
		if err := s.FailedBefore(changed, ""); err != nil {
			t.Errorf("%+v is not tried though it has changed: %v", changed, err)
		}
	}
}

// What the disk refuses is held in memory within its bound.
func TestStore_unstoredBound(t *testing.T) {
	s, _ := newStore(t, usual)
	const each = 1 << 20
	for i := range 2 * maxUnsaved / each {
		s.keep(album.Photo{Album: ".", File: fmt.Sprint(i)}, "", Made{JPEG: make([]byte, each)}, fs.ErrPermission)
	}
	if n := s.Unstored(); n != maxUnsaved/each {
		t.Errorf("%d renditions of 1 MiB are in memory, want %d", n, maxUnsaved/each)
	}
}

// A photo that changes while it is read is read again.
func TestStore_changing(t *testing.T) {
	s, dir := newStore(t, Options{Side: 400, Quality: 82, Memory: 256 << 20})
	file := filepath.Join(dir, "1.jpg")
	writeJPEG(t, file, 8000, 6000)
	src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
	done := make(chan error)
	go func() {
		_, err := s.Ensure(t.Context(), src, "")
		done <- err
	}()
	for s.MemoryInUse() == 0 { // not being decoded yet
		select {
		case err := <-done:
			t.Fatalf("it was made before it could be changed, %v", err)
		default:
			runtime.Gosched()
		}
	}
	if err := os.Chtimes(file, time.Now(), time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatalf("a photo that changed while it was read: %v", err)
	}
	if now := s.Restat(src); now.MTime != 1e18 {
		t.Fatalf("its mtime is %d", now.MTime)
	} else if folder := s.OpenRenditions(".", ""); folder == nil {
		t.Error("there is no thumbnail")
	} else if _, ok := s.Cached(folder, now, ""); !ok {
		t.Error("the thumbnail is not that of the photo as it is now")
	}
}

// With its JPEG made anew, an alternative is gone.
func TestStore_staleAlternative(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 60, 40)
	src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
	m, err := thumbnail(s, src)
	if err != nil {
		t.Fatal(err)
	}
	alt := filepath.Join(dir, album.ThumbsDir, "webp", "1.jpg")
	for _, name := range []string{alt, filepath.Join(filepath.Dir(alt), rendition.NoAlternative("1.jpg"))} {
		if err := os.MkdirAll(filepath.Dir(alt), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := s.put(src, "", m); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s outlives the JPEG that it went with", filepath.Base(name))
		}
	}
}

// A rendition that replaces another has other validators, though both were made within
// one second and have as many bytes.
func TestStore_validatorsOfReplacement(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 60, 40)
	src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
	m, err := thumbnail(s, src)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	const times = 5
	for range times {
		r, err := s.put(src, "", m)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, album.ThumbsDir, "1.jpg"))
		if err != nil || info.Size() != r.FileSize || info.ModTime().UnixNano() != r.FileMTime {
			t.Errorf("the record is that of a file of %d bytes and time %d, and the file is %v, %v", r.FileSize, r.FileMTime, info, err)
		}
		seen[fmt.Sprint(time.Unix(0, r.FileMTime).Unix(), r.FileSize)] = true
	}
	if len(seen) != times {
		t.Errorf("%d files had the validators %v, want as many", times, seen)
	}
}

// A cleaning that removes each thumbnail as soon as it is there keeps none from being stored.
func TestReplace_removedAtOnce(t *testing.T) {
	s, _ := newStore(t, usual)
	folder := s.CacheRoot()
	done := make(chan struct{})
	var removed atomic.Int64
	var cleaning sync.WaitGroup
	cleaning.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if folder.Remove("1.jpg") == nil {
					removed.Add(1)
				}
			}
		}
	})
	for range 300 {
		info, err := replace(folder, "1.jpg", Made{JPEG: []byte("a thumbnail"), Mode: 0o644})
		if err != nil || info.Size() != 11 {
			t.Errorf("replace = %v, %v", info, err)
			break
		}
	}
	close(done)
	cleaning.Wait()
	if removed.Load() == 0 {
		t.Error("nothing was removed meanwhile")
	}
}

// A photo that has changed takes the renditions with it that are not made anew together with
// its thumbnail: nginx would send them. Those that are fresh stay.
func TestEnsure_removesStale(t *testing.T) {
	s, dir := newStore(t, usual)
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 3000, 2000)
	src := s.Restat(album.Photo{Album: ".", File: "1.jpg"})
	for _, rend := range []string{"", "800", "2560"} {
		if _, err := s.Ensure(t.Context(), src, rend); err != nil {
			t.Fatal(err)
		}
	}
	there := func() (all [2]bool) {
		for i, rend := range []string{"800", "2560"} {
			_, err := os.Lstat(filepath.Join(dir, album.ThumbsDir, rend, "1.jpg"))
			all[i] = err == nil
		}
		return all
	}
	if err := os.Remove(filepath.Join(dir, album.ThumbsDir, "1.jpg")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ensure(t.Context(), src, ""); err != nil || there() != [2]bool{true, true} {
		t.Errorf("with the thumbnail made once more, %v is there, %v", there(), err)
	}
	writeJPEG(t, filepath.Join(dir, "1.jpg"), 2900, 2000)
	src = s.Restat(album.Photo{Album: ".", File: "1.jpg"})
	if _, err := s.Ensure(t.Context(), src, ""); err != nil || there() != [2]bool{} {
		t.Errorf("once the photo has changed, %v is there, %v", there(), err)
	}
}
