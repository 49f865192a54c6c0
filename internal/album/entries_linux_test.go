package album

import (
	"fmt"
	"os"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// Files that were opened in an album that was entered are kept open for as long as its folder,
// and no more of them than there is room for.
func TestEntries_files(t *testing.T) {
	e := newEntering(t)
	for i := range maxKept + 50 {
		if err := os.WriteFile(e.path(fmt.Sprintf("above/a/%d.jpg", i)), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := testkit.Descriptors(t)
	folder, _, err := e.entries.Enter(e.below, "above/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxKept + 50 {
		f, _, err := folder.File(fmt.Sprintf("%d.jpg", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if kept := testkit.Descriptors(t) - before; kept < 2 || kept > maxKept+1 {
		t.Errorf("%d descriptors are kept", kept)
	}
	folder.Close()
	for deadline := time.Now().Add(entryAge + 5*time.Second); testkit.Descriptors(t) > before || e.entries.room.Load() != maxKept; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors stay open, and there is room for %d", testkit.Descriptors(t)-before, e.entries.room.Load())
		}
	}
}
