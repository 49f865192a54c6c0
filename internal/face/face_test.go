package face

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
)

// icon is a PNG of so many pixels.
func icon(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What there is counts as it is now; what is missing, a link, no picture or too large does
// not, and is named in the log.
func TestReader(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var log bytes.Buffer
	r := NewReader(func() *os.Root { return root }, slog.New(slog.NewTextHandler(&log, nil)))
	look := func() Face { r.looked = time.Time{}; return r.Face() }
	at := func(name string) string { return filepath.Join(dir, album.OwnersDir, name) }

	if f := look(); len(f.Files) > 0 || f.Footer != "" {
		t.Errorf("without a folder there is %+v", f)
	}
	put(t, at(footer), []byte("By *Ann* <script>alert(1)</script> [x](javascript:x)"))
	if f := look(); strings.Contains(string(f.Footer), "script") || !strings.Contains(string(f.Footer), "<em>Ann</em>") {
		t.Errorf("the footer is %s", f.Footer)
	}
	put(t, at(Icon), icon(t, 64, 64))
	put(t, at(Logo), []byte("<svg/>"))
	put(t, at(Style), []byte("a{}"))
	f := look()
	if string(f.Files[Logo].Content) != "<svg/>" || string(f.Files[Style].Content) != "a{}" || f.IconSide != 64 {
		t.Errorf("the face is %+v", f)
	}
	put(t, at(Style), []byte("b{}"))
	if again := r.Face(); string(again.Files[Style].Content) != "a{}" {
		t.Error("the folder is looked at for each page")
	}
	if again := look(); string(again.Files[Style].Content) != "b{}" || again.Files[Style].Version == f.Files[Style].Version {
		t.Errorf("a changed file is %+v", again.Files[Style])
	}
	if log.Len() > 0 {
		t.Errorf("the log says %s", log.String())
	}

	for name, bad := range map[string][]byte{Icon: icon(t, 64, 32), Logo: bytes.Repeat([]byte("x"), int(limits[Logo])+1)} {
		put(t, at(name), bad)
		if _, ok := look().Files[name]; ok || !strings.Contains(log.String(), name) {
			t.Errorf("a bad %s is used, or not named: %s", name, log.String())
		}
	}
	os.Remove(at(Style))
	if err := os.Symlink("footer.md", at(Style)); err != nil {
		t.Fatal(err)
	}
	if _, ok := look().Files[Style]; ok {
		t.Error("a link is followed")
	}
	// The file of that name that a cache has is no folder.
	os.RemoveAll(at("."))
	put(t, filepath.Join(dir, album.OwnersDir), []byte("{}"))
	if f := look(); len(f.Files) > 0 || f.Footer != "" {
		t.Errorf("in place of a folder there is a file, and the face is %+v", f)
	}
}
