package access

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/storage"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string // nil for a mistake
	}{
		{"ann\n", []string{"ann"}},
		{"ann", []string{"ann"}},
		{"\ufeffann\r\nbob\r\n", []string{"ann", "bob"}},
		{"# the couple\n\n  ann  \nann\nJosé Núñez\n", []string{"ann", "José Núñez"}},
		{"@all\n", []string{"@all"}},
		{"@public", []string{"@public"}},
		{"", nil},
		{"\n\n# nobody\n", nil},
		{"@public\nann\n", nil},
		{"ann\n@all\n", nil},
		{"@everybody\n", nil},
		{"@Public\n", nil},
		{"ann:secret\n", nil},
		{"a\x00nn\n", nil},
		{"\xff\xfea\x00\n\x00", nil},
		{"ann\xff\n", nil},
		{strings.Repeat("#\n", maxFile), nil},
		{strings.Repeat("a", 256), nil},
	} {
		r, err := Parse([]byte(test.text))
		if !slices.Equal(r.Who(), test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("Parse(%.40q) = %q, %v, want %q", test.text, r.Who(), err, test.want)
		}
	}
}

func TestRule_Admits(t *testing.T) {
	for _, test := range []struct {
		text     string
		admitted []string
	}{
		{"ann", []string{"ann"}},
		{"ann\nbob", []string{"ann", "bob"}},
		{"@all", []string{"ann", "bob", "@all", "@public"}},
		{"@public", []string{"", "ann", "bob", "@all", "@public"}},
		{"", nil},
		{"# ann", nil},
	} {
		r, _ := Parse([]byte(test.text))
		for _, name := range []string{"", "ann", "bob", "@all", "@public"} {
			if got, want := r.Admits(name), slices.Contains(test.admitted, name); got != want {
				t.Errorf("%q admits %q: %v, want %v", test.text, name, got, want)
			}
		}
	}
}

// Whatever a file holds, only its very lines let somebody in, and what is written from a
// rule is that rule.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"ann\n", "@all", "@public\n", "\ufeff# x\r\nann\r\n", "@public\nann", "a:b", "\x00"} {
		f.Add([]byte(text), "ann")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		r, err := Parse(data)
		if err != nil && (r.Admits(name) || r.Admits("") || r.IsPublic()) {
			t.Fatalf("%q is a mistake (%v) and lets somebody in", data, err)
		}
		if r.Admits("") && !bytes.Contains(data, []byte(Public)) {
			t.Fatalf("%q lets everybody in", data)
		}
		if r.Admits(name) && !bytes.Contains(data, []byte(name)) && !bytes.Contains(data, []byte(All)) && !bytes.Contains(data, []byte(Public)) {
			t.Fatalf("%q lets %q in", data, name)
		}
		if err == nil {
			if again, err := Parse([]byte(r.Text())); err != nil || !slices.Equal(again.Who(), r.Who()) {
				t.Fatalf("%q is written as %q, which is %q, %v", data, r.Text(), again.Who(), err)
			}
		}
	})
}

// tree makes folders with these files .access, by album.
func tree(t *testing.T, files map[string]string) (*Tree, string, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a/b/c", "d"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		put(t, dir, name, text)
	}
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	photos, err := storage.Open("DIR", dir, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { photos.Close() })
	return New(photos, Everybody(), logger), dir, log
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name, ".access"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A folder's file holds for all below, until another says otherwise. That is so whatever
// was asked for before.
func TestTree_Rule(t *testing.T) {
	files := map[string]string{"a": "ann", "a/b/c": "@public"}
	want := map[string]string{".": "@public", "a": "ann", "a/b": "ann", "a/b/c": "@public", "d": "@public",
		"nowhere": "@public", "a/nowhere": "ann", "a/nowhere/b/c": "ann", "a/b/c/d": "@public", "d/a": "@public",
		strings.Repeat("x", 300): "@public", "a/" + strings.Repeat("x", 300): "ann"}
	for first := range want {
		tr, _, log := tree(t, files)
		for _, name := range append([]string{first}, slices.Sorted(func(yield func(string) bool) {
			for name := range want {
				if !yield(name) {
					return
				}
			}
		})...) {
			if got := strings.Join(tr.Rule(name).Who(), " "); got != want[name] {
				t.Errorf("with %.20s first, Rule(%.20s) = %s, want %s", first, name, got, want[name])
			}
		}
		if log.Len() > 0 {
			t.Errorf("logged: %s", log)
		}
	}
	tr, _, _ := tree(t, files)
	if got := tr.Rule("a/b").From() + tr.Rule("d").From(); got != "a" {
		t.Errorf("the rules are from %q, want a and the site's", got)
	}
}

// A mistake closes the folder and all below, and the log says so once.
func TestTree_Rule_mistakes(t *testing.T) {
	for what, make := range map[string]func(file string) error{
		"a word":      func(file string) error { return os.WriteFile(file, []byte("@everyone\n"), 0o644) },
		"nothing":     func(file string) error { return os.WriteFile(file, nil, 0o644) },
		"a folder":    func(file string) error { return os.Mkdir(file, 0o755) },
		"a link":      func(file string) error { return os.Symlink("../d/open", file) },
		"a link away": func(file string) error { return os.Symlink("nowhere", file) },
	} {
		tr, dir, log := tree(t, nil)
		if err := os.WriteFile(filepath.Join(dir, "d", "open"), []byte("@public"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := make(filepath.Join(dir, "a", ".access")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for _, name := range []string{"a", "a/b/c"} {
				if r := tr.Rule(name); r.Admits("") || r.Admits("ann") || r.From() != "a" {
					t.Errorf("%s for a file: %s is open: %v", what, name, r)
				}
			}
			tr.rules.Clear()
		}
		if !tr.Rule("d").IsPublic() {
			t.Errorf("%s for a file: its neighbour is closed", what)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "album=a") {
			t.Errorf("%s for a file is logged %d times: %s", what, n, log)
		}
	}
}

// What is written shows without a restart, and Set writes what Rule reads.
func TestTree_Rule_changes(t *testing.T) {
	tr, dir, _ := tree(t, nil)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ann, err := NewRule("ann")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []Rule{ann, Everybody(), SignedIn()} {
		before := tr.Rule("a/b").IsPublic()
		if err := Set(root, "a", rule); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(10 * time.Second)
		for tr.Rule("a/b").IsPublic() == before {
			if time.Now().After(deadline) {
				t.Fatal("the change does not show")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if err := Set(root, "nowhere", ann); err == nil {
		t.Error("a rule is set for what is not there")
	}
}
