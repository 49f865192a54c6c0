package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gallery/internal/album"
)

// opened returns how many times the files are opened while f runs.
func opened(t *testing.T, files []string, f func()) int {
	t.Helper()
	watch, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(watch)
	for _, file := range files {
		if _, err := syscall.InotifyAddWatch(watch, file, syscall.IN_OPEN); err != nil {
			t.Fatal(err)
		}
	}
	f()
	events := 0
	for buf := make([]byte, 1<<12); ; {
		n, err := syscall.Read(watch, buf)
		if err != nil || n <= 0 {
			return events // EAGAIN: no more
		}
		events += n / syscall.SizeofInotifyEvent // of a file itself they bear no name
	}
}

// Warming what is warm opens no photo.
func TestWarm_opensNoPhoto(t *testing.T) {
	dir := t.TempDir()
	var photos []string
	for i, name := range []string{"1.jpg", "a/2.jpg", "a/b/3.jpg"} {
		path := filepath.Join(dir, name)
		write(t, path, 1000, 700, i)
		photos = append(photos, path)
	}
	time.Sleep(50 * time.Millisecond) // so that no further change could bear the same time
	if opened(t, photos, func() { warmUp(t, []string{dir}, "3 made") }) == 0 {
		t.Fatal("the test does not notice that a photo is opened")
	}
	if n := opened(t, photos, func() { warmUp(t, []string{dir}, "0 made", "3 were warm, 0 could not be") }); n > 0 {
		t.Errorf("photos are opened %d times", n)
	}
	if err := os.Remove(filepath.Join(dir, "a", album.ThumbsDir, "800", "2.jpg")); err != nil {
		t.Fatal(err)
	}
	if n := opened(t, photos, func() { warmUp(t, []string{dir}, "1 made", "2 were warm") }); n == 0 {
		t.Error("a rendition is made without a look at its photo")
	}
}
