package picks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestID(t *testing.T) {
	for file, want := range map[string]string{"": "j4ux45", "DSC_0001.jpg": "9kywq4", "a": "iv4rrg", "été.jpg": "8fbo0a"} {
		if got := ID(file); got != want {
			t.Errorf("ID(%q) = %q, want %q", file, got, want)
		}
	}
	seen := map[string]string{}
	for i := range 5000 {
		file := fmt.Sprintf("DSC_%04d.jpg", i)
		if other, ok := seen[ID(file)]; ok {
			t.Errorf("%s and %s have one ID", file, other)
		}
		seen[ID(file)] = file
	}
}

func TestParse(t *testing.T) {
	a, b := ID("a.jpg"), ID("b.jpg")
	for _, test := range []struct {
		values []string
		files  int
		ok     bool
	}{
		{nil, 0, true}, {[]string{""}, 0, true}, {[]string{a}, 1, true}, {[]string{a + b}, 2, true}, {[]string{b, a, b}, 2, true}, {[]string{"", a}, 1, true},
		{[]string{a[1:]}, 0, false}, {[]string{a + "x"}, 0, false}, {[]string{strings.ToUpper("abcdef")}, 0, false}, {[]string{"abc/.."}, 0, false}, {[]string{"abcde\x00"}, 0, false},
		{[]string{"ab€f"}, 0, false}, {[]string{strings.Repeat(a, Most)}, 1, true}, {[]string{strings.Repeat(a, Most), b}, 0, false},
	} {
		c, ok := Parse(test.values)
		if ok != test.ok || c.Len() != test.files {
			t.Errorf("Parse(%.40q) = %q, %v", test.values, c, ok)
		}
	}
	c, _ := Parse([]string{b, a})
	if !c.Has("a.jpg") || !c.Has("b.jpg") || c.Has("c.jpg") || Choice("").Has("a.jpg") || c != Of([]string{"a.jpg", "b.jpg", "a.jpg"}) {
		t.Errorf("%q has the wrong files", c)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a.jpg", ID("a.jpg")+ID("b.jpg"))
	f.Add("", "zzzzzz000000")
	f.Fuzz(func(t *testing.T, file, text string) {
		c, ok := Parse([]string{text})
		if again, same := Parse([]string{string(c)}); !same || again != c {
			t.Fatalf("%q becomes %q", c, again)
		}
		if ok && c.Has(file) != strings.Contains(strings.Join(split(text), " "), ID(file)) {
			t.Fatalf("%q has %q: %v", c, file, c.Has(file))
		}
	})
}

// A text holds what was sent, whatever the names.
func FuzzSent(f *testing.F) {
	f.Add("Ann", "a.jpg", "larger", "b.jpg")
	f.Add("", "\"a\".jpg", "x\ny", "\tb\x00\xff.jpg")
	f.Add("Name:\n", " a.jpg", "\u202e", "\ufeff.jpg")
	f.Fuzz(func(t *testing.T, name, file, note, other string) {
		if file == "" || other == "" || file == other {
			return
		}
		s := Sent{Name: name, By: name, Album: note, At: time.Unix(1e9, 0).UTC(), Photos: []Photo{{file, note}, {File: other}}}
		got, err := parse(s.text())
		if err != nil {
			t.Fatal(err)
		}
		want := s
		want.Name, want.By, want.Album = Line(name, MaxName), Line(name, 200), Line(note, 200)
		want.Photos = []Photo{{file, Line(note, MaxNote)}, {File: other}}
		if !got.At.Equal(want.At) {
			t.Fatalf("sent %v, want %v", got.At, want.At)
		}
		if got.At = want.At; !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, want %+v, from\n%s", got, want, s.text())
		}
	})
}

// What is no choice is an error or a choice within its bounds.
func FuzzParseSent(f *testing.F) {
	f.Add([]byte("\ufeffName: Ann\r\nSent: 2026-11-26 20:15:00 +0100\r\n\r\na.jpg\r\n\tnote\r\n\"b\\n.jpg\"\n\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err == nil && (s.At.IsZero() || len(s.Photos) > Most || s.Choice().Len() > len(s.Photos)) {
			t.Fatalf("%+v", s)
		}
	})
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 26, 20, 15, 0, 0, time.UTC)
	sent := Sent{Name: "Ann & Bob", By: "link", Album: "Wedding", At: at, Photos: []Photo{{"DSC_1.jpg", "larger,\tplease"}, {"DSC_7.jpg", ""}}}
	litter := filepath.Join(dir, Folder, tempPrefix+"0123abcd")
	for i, want := range []string{"Ann & Bob 2026-11-26.txt", "Ann & Bob 2026-11-26 2.txt", "Ann & Bob 2026-11-26 3.txt"} {
		if i == 1 {
			if err := os.WriteFile(litter, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := Write(open(t, dir), sent); err != nil || got != want {
			t.Errorf("Write = %q, %v, want %q", got, err, want)
		}
	}
	if _, err := os.Stat(litter); err == nil {
		t.Error("what was left unfinished stays")
	}
	text, err := os.ReadFile(filepath.Join(dir, Folder, "Ann & Bob 2026-11-26.txt"))
	if want := "Name: Ann & Bob\nBy: link\nAlbum: Wedding\nSent: 2026-11-26 20:15:00 +0000\n\nDSC_1.jpg\n\tlarger, please\nDSC_7.jpg\n"; err != nil || string(text) != want {
		t.Errorf("the text is %q, %v", text, err)
	}
	for name, want := range map[string]string{"": "picks", "../../x": "x", ".hidden": "hidden", "a/b\\c": "a_b_c", "CON": "CON", "  ": "picks", "e\u202evil\n": "evil", "Ünïcödé": "Ünïcödé"} {
		sent.Name = name
		if got, err := Write(open(t, dir), sent); err != nil || got != want+" 2026-11-26.txt" && !strings.HasPrefix(got, want+" 2026-11-26") {
			t.Errorf("from %q, Write = %q, %v", name, got, err)
		}
	}
	for range 3 { // of more bytes than a file's name may have, once there is a number behind it
		sent.Name = strings.Repeat("\U0001F600", MaxName)
		if _, err := Write(open(t, dir), sent); err != nil {
			t.Error(err)
		}
	}
	if all := List(open(t, dir)); len(all) != 14 || all[0].Photos[0].Note != "larger, please" {
		t.Errorf("List = %+v", all)
	}
	// A link is not followed, wherever it leads.
	elsewhere := t.TempDir()
	linked := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(linked, Folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(open(t, linked), sent); err == nil {
		t.Error("a folder that is a link is written to")
	}
	if err := os.Remove(filepath.Join(linked, Folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(open(t, linked), sent); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, Folder, "Ann & Bob 2026-11-26.txt"), filepath.Join(linked, Folder, "link.txt")); err != nil {
		t.Fatal(err)
	}
	if all := List(open(t, linked)); len(all) != 1 {
		t.Errorf("with a link in the folder List = %d", len(all))
	}
}

// None of fifty that are sent at once is lost, or in another's place.
func TestWrite_atOnce(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			s := Sent{Name: "Guest", At: time.Now(), Photos: []Photo{{fmt.Sprintf("%d.jpg", i), fmt.Sprint("note ", i)}}}
			if _, err := Write(root, s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, s := range List(root) {
		seen[s.Photos[0].File] = true
	}
	if len(seen) != 50 {
		t.Errorf("%d of 50 are there", len(seen))
	}
}

// An album takes so many, and no more.
func TestWrite_full(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	if _, err := Write(root, Sent{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(dir, Folder, "big.txt")
	if err := os.WriteFile(big, make([]byte, maxBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(root, Sent{At: time.Now()}); !errors.Is(err, ErrFull) {
		t.Errorf("beside %d bytes, Write = %v", maxBytes, err)
	}
	if err := os.Remove(big); err != nil {
		t.Fatal(err)
	}
	for i := range maxFiles {
		if err := os.WriteFile(filepath.Join(dir, Folder, fmt.Sprint(i, ".txt")), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Write(root, Sent{At: time.Now()}); !errors.Is(err, ErrFull) {
		t.Errorf("beside %d others, Write = %v", maxFiles, err)
	}
	if all := List(root); len(all) != 1 {
		t.Errorf("List = %d choices", len(all))
	}
}

// One who goes on and on is told to wait; others are not.
func TestSenders(t *testing.T) {
	s, now := NewSenders(), time.Now()
	for i := range maxSendings {
		if !s.MaySend("one", now) {
			t.Fatalf("sending %d is too much", i)
		}
	}
	if s.MaySend("one", now) || !s.MaySend("another", now) || !s.MaySend("one", now.Add(SendingTime)) {
		t.Errorf("after %d sendings there is no limit, for all, or for ever", maxSendings)
	}
}

// Choices stand side by side: the most picked photo first, what nobody has a column for is
// counted, and no more rows than fit.
func TestRows(t *testing.T) {
	sent := []Sent{{Photos: []Photo{{"b.jpg", "dark"}, {"a.jpg", ""}}}, {Photos: []Photo{{"b.jpg", ""}}}}
	want := []Row{{"b.jpg", 2, []string{"♥ dark", "♥"}}, {"a.jpg", 1, []string{"♥", ""}}}
	if got := Rows(sent); !reflect.DeepEqual(got, want) {
		t.Errorf("Rows = %v, want %v", got, want)
	}
	var many []Sent
	for i := range MaxPeople + 5 {
		s := Sent{Photos: []Photo{{"all.jpg", ""}}}
		for j := range maxRows / 10 {
			s.Photos = append(s.Photos, Photo{fmt.Sprintf("%d-%d.jpg", i, j), ""})
		}
		many = append(many, s)
	}
	got := Rows(many)
	if len(got) != maxRows || got[0].File != "all.jpg" || got[0].Times != len(many) || len(got[0].Said) != MaxPeople {
		t.Errorf("%d rows, the first %v", len(got), got[0])
	}
}

func TestNamesFor(t *testing.T) {
	got := NamesFor([]string{"IMG_1.jpg", "IMG_1.png", "x.y.JPG"})
	if want := []Names{{"Lightroom", "IMG_1, x.y"}, {"Capture One, Photo Mechanic", "IMG_1 x.y"}}; !slices.Equal(got, want) {
		t.Errorf("NamesFor = %q, want %q", got, want)
	}
}
