package album

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Folders of systems are not visible, in any case and however they end on systems that
// do not count dots and spaces; what people call albums is.
func TestVisible(t *testing.T) {
	for _, name := range []string{
		"@eaDir", "@EADIR", "@eadir.", "@eaDir ", "#recycle", "#Recycle", "#snapshot", "@tmp", "@Recycle", "@Recently-Snapshot",
		"@sharebin", ".@__thumb", "@__thumb", "$RECYCLE.BIN", "$Recycle.Bin", "RECYCLER", "System Volume Information",
		"lost+found", "LOST.DIR", "__MACOSX", "Photos Previews.lrdata", "x Smart Previews.LRDATA", "a.lrcat-data", "A.photoslibrary",
		"FOUND.000", "found.123", "@GMT-2024.01.01-00.00.00", "~snapshot", "files_trashbin", "", ".", "..", ".hidden",
	} {
		if Visible(name) {
			t.Errorf("%q is visible", name)
		}
	}
	for _, name := range []string{
		"eaDir", "@home", "#1 fans", "recycle", "Recycling", "$100", "snapshot", "lost and found", "MACOSX", ".lrdata2"[1:], "lrdata",
		"FOUND.00", "FOUND.0000", "FOUND.abc", "found", "Temporary", "GMT-5", "System", "_thumb", "Library",
	} {
		if !Visible(name) {
			t.Errorf("%q is not visible", name)
		}
	}
}

func openRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b/c/d"), 0o755); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, dir)
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, nearest, withNoMedia string }{
		{".", ".", "."},
		{"a", "a", "a"},
		{"a/b", "a/b", "a"},
		{"a/b/c/d", "a/b/c/d", "a"},
		{"a/b/x/d/e", "a/b", "a"},
		{"x/b", ".", "."},
		{"link/b", ".", "."},
	}
	check := func(name, nearest string) {
		t.Helper()
		inner, got := Nearest(root, name)
		if got != nearest {
			t.Errorf("Nearest(%s) = %s, want %s", name, got, nearest)
		}
		defer inner.Close()
		opened, err := inner.Stat(".")
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.Stat(filepath.Join(dir, nearest)); err != nil || !os.SameFile(opened, want) {
			t.Errorf("Nearest(%s) opens another folder than %s, %v", name, nearest, err)
		}
		folder, err := Open(root, name)
		if err == nil {
			folder.Close()
		}
		if name == nearest && err != nil || name != nearest && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%s) fails with %v", name, err)
		}
	}
	for _, test := range tests {
		check(test.name, test.nearest)
	}
	if err := os.WriteFile(filepath.Join(dir, "a/b/.nomedia"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// In the root itself it says nothing: whoever runs the program has named it.
	if err := os.WriteFile(filepath.Join(dir, ".nomedia"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		check(test.name, test.withNoMedia)
	}
}

// Albums are listed so deep and no deeper.
func TestList_depth(t *testing.T) {
	dir := t.TempDir()
	deep := strings.Repeat("x/", MaxDepth+1)
	if err := os.MkdirAll(filepath.Join(dir, deep), 0o755); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, dir)
	name := "."
	for depth := 0; ; depth++ {
		folder, err := Open(root, name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := List(folder, name)
		folder.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Albums) == 0 {
			if depth != MaxDepth {
				t.Errorf("albums are listed %d deep, want %d", depth, MaxDepth)
			}
			return
		}
		name = path.Join(name, a.Albums[0])
	}
}
