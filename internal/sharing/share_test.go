package sharing

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gallery/internal/storage"
)

func store(t *testing.T, dir string) *Store {
	t.Helper()
	photos, err := storage.Open("DIR", dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { photos.Close() })
	return New(photos, slog.New(slog.DiscardHandler))
}

func add(t *testing.T, s *Store, l Link) Link {
	t.Helper()
	l, err := s.Add(l)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A link opens what it says, for whoever has its token, until it is over.
func TestStore_link(t *testing.T) {
	dir := t.TempDir()
	s, other := store(t, dir), store(t, dir) // another process
	if _, ok := s.ByToken("."); ok || len(s.All()) != 0 {
		t.Fatal("there is a link before there is one")
	}
	l := add(t, s, Link{Album: "Wedding", Name: "Ann & Bob", Expires: time.Now().Add(time.Hour)})
	token := s.Token(l)
	if got, ok := other.ByToken(token); !ok || got != l {
		t.Fatalf("ByToken = %+v, %v, want %+v", got, ok, l)
	}
	if _, ok := other.ByOpened(token); ok {
		t.Error("the token of an address counts as what is kept once it was opened: a password would not be asked for")
	}
	if got, ok := other.ByOpened(s.Opened(l)); !ok || got.Album != "Wedding" {
		t.Errorf("ByOpened = %+v, %v", got, ok)
	}
	second := add(t, other, Link{Album: "Other"})
	id, mac, _ := strings.Cut(token, ".")
	_, otherMAC, _ := strings.Cut(s.Token(second), ".")
	forged := []string{"", ".", id, id + ".", "." + mac, id + "." + otherMAC, second.ID + "." + mac, strings.ToUpper(token), token + "A", token + "."}
	for i := range token {
		forged = append(forged, token[:i], token[:i]+string(token[i]^1)+token[i+1:])
	}
	for _, f := range forged {
		if _, ok := s.ByToken(f); ok {
			t.Errorf("%q opens a link", f)
		}
	}
	if err := s.Revoke(l.ID); err != nil {
		t.Fatal(err)
	}
	if got, ok := other.ByToken(token); !ok || !got.Over(time.Now()) {
		t.Error("a revoked link is not known to be over")
	}
	if _, ok := other.ByOpened(s.Opened(l)); ok {
		t.Error("a revoked link opens its album")
	}
	if s.Revoke("none") == nil {
		t.Error("what is no link is revoked")
	}
	past := add(t, s, Link{Album: "Wedding", Expires: time.Now().Add(-time.Minute)})
	if _, ok := s.ByOpened(s.Opened(past)); ok || !past.Over(time.Now()) {
		t.Error("an expired link opens its album")
	}
}

// Who changes a line ends the link; a line that is torn costs itself alone.
func TestStore_file(t *testing.T) {
	dir := t.TempDir()
	s := store(t, dir)
	l := add(t, s, Link{Album: "Wedding"})
	token := s.Token(l)
	file := filepath.Join(dir, ".gallery", "links")
	for name, want := range map[string]fs.FileMode{"": 0o700, "links": 0o600, "links.key": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, ".gallery", name)); err != nil || info.Mode().Perm() != want {
			t.Errorf(".gallery/%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"Wedding"`, `"."`}, {`"Wedding"`, `"Other"`}, {l.ID, "x" + l.ID}, {`"album"`, `"noDownload":true,"album"`}, {`"album"`, `"picks":true,"album"`}} {
		if err := os.WriteFile(file, []byte(strings.Replace(string(whole), change[0], change[1], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.ByToken(token); ok {
			t.Errorf("with %s for %s the link is open", change[1], change[0])
		}
	}
	torn := append(append([]byte{}, whole...), whole[:len(whole)/2]...)
	if err := os.WriteFile(file, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	next := add(t, s, Link{Album: "Next"})
	for _, token := range []string{token, s.Token(next)} {
		if _, ok := s.ByToken(token); !ok {
			t.Error("a torn line costs another")
		}
	}
	// Without its key nothing is open, not even by an empty one.
	if err := os.WriteFile(filepath.Join(dir, ".gallery", "links.key"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := store(t, dir)
	if _, ok := fresh.ByToken(fresh.Token(l)); ok {
		t.Error("without a key the link is open")
	}
}

func TestLink_Covers(t *testing.T) {
	for _, test := range []struct {
		album, name, rule string
		want              bool
	}{
		{"a", "a", "", true}, {"a", "a/b", "", true}, {"a", ".", "", false}, {"a", "ab", "", false}, {"a", "b", "", false}, {"a/b", "a", "", false},
		{".", "a", "", true}, {"a", "a/b", "a", true}, {"a/b", "a/b/c", "a", true}, {"a", "a/b", ".", true},
		{"a", "a/b", "a/b", false}, {"a", "a/b/c", "a/b", false}, {".", "a", ".", true}, {".", "a", "a", false},
	} {
		if got := (Link{Album: test.album}).Covers(test.name, test.rule); got != test.want {
			t.Errorf("a link to %s covers %s, by the rule of %q: %v, want %v", test.album, test.name, test.rule, got, test.want)
		}
	}
}

// None of many links that are made at once is lost.
func TestStore_atOnce(t *testing.T) {
	dir := t.TempDir()
	stores := []*Store{store(t, dir), store(t, dir)}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := stores[i%2].Add(Link{Album: "a"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range stores {
		if n := len(s.All()); n != 50 {
			t.Errorf("%d links are there, want 50", n)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"x","album":"a"}` + "\n" + `{"id":"x","ended":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for id, l := range parse(data) {
			if id == "" || l.ID != id {
				t.Fatalf("%q is %+v", id, l)
			}
		}
	})
}

// Who looks while the first link is made sees no key or a whole one, and so does who comes
// after a kill.
func TestStore_keyWhole(t *testing.T) {
	for range 200 {
		dir := t.TempDir()
		made := make(chan error)
		go func() {
			_, err := store(t, dir).Add(Link{Album: "a"})
			made <- err
		}()
		for done := false; !done; {
			select {
			case err := <-made:
				if err != nil {
					t.Fatal(err)
				}
				done = true
			default:
			}
			if key, err := os.ReadFile(filepath.Join(dir, ".gallery", "links.key")); err == nil && len(key) != 65 {
				t.Fatalf("a key of %d bytes was seen", len(key))
			}
		}
	}
}
