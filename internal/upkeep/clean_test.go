package upkeep

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
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
