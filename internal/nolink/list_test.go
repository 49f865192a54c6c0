package nolink

import (
	"os"
	"path/filepath"
	"testing"
)

// A listing tells names and kinds, and asks for the state of nothing.
func TestList(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jpg"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	list, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	entries, err := list.ReadDir(-1)
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		if entry.IsDir() != (entry.Name() == "b") {
			t.Errorf("%s is taken for a folder: %v", entry.Name(), entry.IsDir())
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
		if info, err := entry.Info(); err == nil {
			t.Errorf("the state of %s was asked for when it was listed: %v", entry.Name(), info)
		}
	}
}
