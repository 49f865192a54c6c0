package album

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Other files are counted by kind; photos, notes, hidden and nameless files are none.
func TestList_others(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.jpg", "IMG_1.HEIC", "IMG_10.mov", "IMG_2.MOV", "a.cr2", "b.NEF", ".hidden.mov", "._IMG_1.HEIC", "notes.txt", "README.md", "IMG_1.aae", "x.svg", "mov", "t.torrent"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.mov"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("IMG_2.MOV", filepath.Join(dir, "link.mov")); err != nil {
		t.Fatal(err)
	}
	a, err := List(openRoot(t, dir), ".")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.cr2", "b.NEF", "IMG_1.HEIC", "IMG_2.MOV", "IMG_10.mov"}; !slices.Equal(a.Others, want) {
		t.Errorf("others are %q, want %q", a.Others, want)
	}
	others := CountOthers(a.Others)
	others.Add(CountOthers([]string{"x.wav", "y.Mov"}))
	if want := []string{"HEIC", "RAW", "MOV", "WAV"}; others.Number != 7 || !slices.Equal(others.Labels(), want) {
		t.Errorf("others are %d %q, want 7 %q", others.Number, others.Labels(), want)
	}
	if len(otherKinds) > 64 {
		t.Errorf("%d kinds do not fit in Others.kinds", len(otherKinds))
	}
}

// A photo is no other file, and no extension is of two kinds.
func TestOtherKind_distinct(t *testing.T) {
	seen := map[string]string{}
	for _, kind := range otherKinds {
		for ext := range strings.FieldsSeq(kind.extensions) {
			if other, ok := seen[ext]; ok {
				t.Errorf(".%s is of %s and of %s", ext, other, kind.label)
			}
			seen[ext] = kind.label
		}
	}
	for ext := range mediaTypes {
		if IsOtherName("x" + ext) {
			t.Errorf("%s is a photo and another file", ext)
		}
	}
}

// nginx serves the same other files under the same types.
func TestOtherKind_nginx(t *testing.T) {
	conf, err := os.ReadFile("../../deploy/nginx/gallery-others.conf")
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`(?s)location ~ "[^"]*\\\.\(\?i:([a-z0-9|]+)\)\\z"`).FindSubmatch(conf)
	types := regexp.MustCompile(`(?s)types \{(.*?)\}`).FindSubmatch(conf)
	if pattern == nil || types == nil {
		t.Fatal("nginx's file has no pattern or no types")
	}
	served := map[string]bool{}
	for ext := range strings.SplitSeq(string(pattern[1]), "|") {
		served[ext] = true
	}
	typed := map[string]string{}
	for line := range strings.SplitSeq(string(types[1]), ";") {
		if words := strings.Fields(line); len(words) > 0 {
			for _, ext := range words[1:] {
				typed[ext] = words[0]
			}
		}
	}
	for dotted := range otherExtensions {
		ext := dotted[1:]
		_, want := OtherKind("x" + dotted)
		if !served[ext] || typed[ext] != want {
			t.Errorf("nginx serves .%s: %v as %q, the program as %q", ext, served[ext], typed[ext], want)
		}
	}
	if len(served) != len(otherExtensions) || len(typed) != len(otherExtensions) {
		t.Errorf("nginx serves %d extensions and types %d, the program has %d", len(served), len(typed), len(otherExtensions))
	}
}
