package session

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// proofs knows ann, by this proof.
func proofs(proof string) func(string) ([]byte, bool) {
	return func(user string) ([]byte, bool) { return []byte(proof), user == "ann" }
}

func TestKeeper_Check(t *testing.T) {
	k := Ephemeral()
	for _, stay := range []bool{false, true} {
		s := Begin("ann", stay, now)
		value := k.Sign(s, []byte("hash"), now)
		if got, ok := k.Check(value, proofs("hash"), now.Add(time.Hour)); !ok || got.User != "ann" || got.Stay != stay || !got.Begun.Equal(now) {
			t.Errorf("Check = %+v, %v", got, ok)
		}
		if _, ok := k.Check(value, proofs("hash"), now.Add(s.Lifetime()-time.Second)); !ok {
			t.Error("it is over before its time")
		}
		for what, ok := range map[string]bool{
			"over":              second(k.Check(value, proofs("hash"), now.Add(s.Lifetime()))),
			"another password":  second(k.Check(value, proofs("other"), now)),
			"a user who is out": second(k.Check(value, func(string) ([]byte, bool) { return []byte("hash"), false }, now)),
			"another key":       second(Ephemeral().Check(value, proofs("hash"), now)),
			"a year old":        second(k.Check(k.Sign(s, []byte("hash"), now.Add(most)), proofs("hash"), now.Add(most))),
		} {
			if ok {
				t.Errorf("stay %v: a session counts with %s", stay, what)
			}
		}
		if s.Due(now.Add(s.Lifetime()/12)) || !s.Due(now.Add(s.Lifetime()/11)) {
			t.Error("it is not renewed after a twelfth of its lifetime")
		}
		k.End(s)
		if second(k.Check(value, proofs("hash"), now)) || second(k.Check(k.Sign(s, []byte("hash"), now.Add(time.Hour)), proofs("hash"), now.Add(time.Hour))) {
			t.Error("an ended session counts")
		}
	}
}

// A session that ended stays so after a restart, for as long as a value of it is good, and is
// forgotten then.
func TestKeeper_End_lasts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	ended, other := Begin("ann", true, begun), Begin("ann", true, begun)
	if err := k.End(ended); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if second(again.Check(k.Sign(ended, []byte("hash"), begun), proofs("hash"), begun)) {
		t.Error("an ended session counts after a restart")
	}
	if !second(again.Check(k.Sign(other, []byte("hash"), begun), proofs("hash"), begun)) {
		t.Error("one that goes on does not count after a restart")
	}
	if info, err := os.Stat(path + ".ended"); err != nil || info.Mode().Perm() != 0o600 || info.Size() > 50 {
		t.Errorf("what has ended is %v, %v", info, err)
	}
	if err := again.readEndings(begun.Add(long + time.Minute)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path + ".ended"); err != nil || len(text) > 0 {
		t.Errorf("what could not count any more is kept: %q, %v", text, err)
	}
}

// A session that ended in one process ends in another with the same files: the one that takes
// over from it, or another server.
func TestKeeper_End_elsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var k [2]*Keeper
	for i := range k {
		var err error
		if k[i], err = Open(path); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	first, second := Begin("ann", true, begun), Begin("ann", true, begun)
	counts := func(s Session) bool {
		_, ok := k[1].Check(k[0].Sign(s, []byte("hash"), begun), proofs("hash"), begun)
		return ok
	}
	for _, s := range []Session{first, second} { // the file is made, and then grows
		if !counts(s) {
			t.Fatal("a session of another process does not count")
		}
		if err := k[0].End(s); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(10 * endingsAge); counts(s); time.Sleep(endingsAge / 20) {
			if time.Now().After(end) {
				t.Fatal("a session that ended in another process counts")
			}
		}
	}
}

// What a power cut leaves of a line costs no other.
func TestKeeper_End_torn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var ended []Session
	for range 3 {
		s := Begin("ann", true, begun)
		if err := k.End(s); err != nil {
			t.Fatal(err)
		}
		ended = append(ended, s)
		text, err := os.ReadFile(path + ".ended")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path+".ended", int64(len(text)-1)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range ended {
		if second(again.Check(k.Sign(s, []byte("hash"), begun), proofs("hash"), begun)) {
			t.Errorf("session %d, which was ended, counts after a restart", i)
		}
	}
}

func second(_ Session, ok bool) bool { return ok }

// No other value than the signed one counts: each changed byte, each cut, each mix of two.
func TestKeeper_Check_forged(t *testing.T) {
	k := Ephemeral()
	value := k.Sign(Begin("ann", false, now), []byte("hash"), now)
	other := strings.Split(k.Sign(Begin("ann", true, now.Add(time.Minute)), []byte("hash"), now.Add(time.Minute)), ".")
	var forged []string
	for i := range value {
		for _, c := range []byte{value[i] ^ 1, value[i] ^ 0x20, '.', 0} {
			if c != value[i] {
				forged = append(forged, value[:i]+string(c)+value[i+1:])
			}
		}
		forged = append(forged, value[:i], value[i+1:], value[:i]+value[i:i+1]+value[i:])
	}
	parts := strings.Split(value, ".")
	for i := range parts {
		mixed := append([]string{}, parts...)
		mixed[i] = other[i]
		if mixed[i] != parts[i] {
			forged = append(forged, strings.Join(mixed, "."))
		}
	}
	forged = append(forged, value+".", "."+value, value+"A", strings.ToUpper(value), strings.Repeat("a", 1<<20), "", ".....")
	for _, f := range forged {
		if f != value && second(k.Check(f, proofs("hash"), now)) {
			t.Errorf("%.200q counts", f)
		}
	}
}

func FuzzCheck(f *testing.F) {
	k := Ephemeral()
	value := k.Sign(Begin("ann", false, now), []byte("hash"), now)
	f.Add(value)
	f.Add("YW5u.1.x.0.0.x")
	f.Fuzz(func(t *testing.T, v string) {
		if v != value && second(k.Check(v, proofs("hash"), now)) {
			t.Fatalf("%q counts", v)
		}
	})
}

// Of processes that start at once each has the whole key, and none finds half of it; nor does
// who comes after one that was killed as it made the key.
func TestOpen_atOnce(t *testing.T) {
	for range 50 {
		path := filepath.Join(t.TempDir(), "key")
		var all sync.WaitGroup
		var keys [8][32]byte
		var failed [8]error
		for i := range keys {
			all.Go(func() {
				k, err := Open(path)
				if failed[i] = err; err == nil {
					keys[i] = k.key
				}
			})
		}
		all.Wait()
		for i := range keys {
			if failed[i] != nil || keys[i] != keys[0] {
				t.Fatalf("of processes that start at once one has another key than the others, %v", failed[i])
			}
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Fatalf("beside the key there are %v, %v", entries, err)
		}
	}
}

// The key is made once, for its owner alone, and one that others may read is refused.
func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key's file has the mode %v, %v", info.Mode(), err)
	}
	value := first.Sign(Begin("ann", false, now), []byte("hash"), now)
	again, err := Open(path)
	if err != nil || !second(again.Check(value, proofs("hash"), now)) {
		t.Fatalf("after a restart a session does not count, %v", err)
	}
	for what, spoil := range map[string]func() error{
		"others may read it": func() error { return os.Chmod(path, 0o640) },
		"it holds no key":    func() error { return os.WriteFile(path, []byte("x"), 0o600) },
		"it is a folder":     func() error { return os.Mkdir(path, 0o700) },
	} {
		os.Remove(path)
		if _, err := Open(path); err != nil {
			t.Fatal(err)
		}
		if what == "it is a folder" {
			os.Remove(path)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Errorf("a key is taken although %s", what)
		}
	}
}
