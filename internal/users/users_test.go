package users

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gallery/internal/bounded"
	"gallery/internal/testkit"
)

func TestParseUsers(t *testing.T) {
	good := testHash(t, "x")
	apache := "$2y" + good[3:]
	costly := "$2a$31$" + good[7:]
	for text, want := range map[string]string{
		"":                                      "",
		"# nobody yet\n\n":                      "",
		"ann:" + good:                           "",
		"ann:" + apache + "\r\nbob:" + good:     "",
		"josé:" + good + "\n":                   "",
		"ann":                                   "line 1: NAME:HASH is expected",
		"\n:" + good:                            "line 2: NAME:HASH is expected",
		"ann:secret":                            `line 1: the password of "ann" is not hashed with bcrypt`,
		"ann:":                                  `line 1: the password of "ann" is not hashed with bcrypt`,
		"ann:{SHA}qUqP5cyxm6YcTAhz05Hph5g=":     `not hashed with bcrypt`,
		"ann:$apr1$x$y":                         `not hashed with bcrypt`,
		"ann:" + good + ":more":                 `not hashed with bcrypt`,
		"ann:" + good[:50]:                      `not hashed with bcrypt`,
		"ann:" + costly:                         `line 1: the password of "ann" is hashed at cost 31, which takes too long: at most 15`,
		"ann:" + good + "\nann:" + good:         `line 2: "ann" stands there twice`,
		"a b:" + good + "\n#ann:x\nbob:" + good: "",
	} {
		_, err := parseUsers([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("parseUsers(%q) = %v, want %q", text, err, want)
		}
	}
}

func TestNewUsers_mistakes(t *testing.T) {
	dir := t.TempDir()
	line := "ann:" + testHash(t, "x") + "\n"
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		writeFile(t, path, []byte(text))
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		file("good", line, 0o640):                         "",
		file("open", line, 0o644):                         "is open to every user of this machine (mode 0644): chmod 640",
		file("empty", "", 0o600):                          "names no user: `gallery passwd ",
		file("md5", "ann:$apr1$x$y", 0o600):               "line 1: the password of",
		file("huge", strings.Repeat("#\n", 1<<20), 0o600): "larger than 1 MiB",
		filepath.Join(dir, "nowhere"):                     "does not exist: `gallery passwd ",
		dir:                                               "is not a plain file",
	} {
		_, err := Open(path, nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("newUsers(%s) = %v, want %q", path, err, want)
		}
	}
}

func TestUsers_check(t *testing.T) {
	path := usersFile(t, "ann:"+testHash(t, rightPassword)+"\nbob:"+testHash(t, "other")+"\n")
	var log bytes.Buffer
	u, err := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	at := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }
	for _, test := range []struct {
		name, password string
		want           error
	}{
		{"ann", rightPassword, nil},
		{"ann", rightPassword, nil}, // remembered
		{"bob", "other", nil},
		{"ann", "other", ErrWrong},
		{"bob", rightPassword, ErrWrong},
		{"Ann", rightPassword, ErrWrong},
		{"ann", "", ErrWrong},
		{"ann", rightPassword + "\x00", ErrWrong},
		{"", "", ErrWrong},
		{"carl", strings.Repeat("O", 31), ErrWrong},
	} {
		if err := u.Check(t.Context(), at(1), test.name, test.password); err != test.want {
			t.Errorf("check(%q, %q) = %v, want %v", test.name, test.password, err, test.want)
		}
	}
	if n := u.verified.Len(); n != 2 {
		t.Errorf("%d passwords are remembered, want the 2 right ones", n)
	}

	// A change of the file counts within a second, also for what is remembered.
	replace := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		u.looked = time.Time{}
	}
	replace("bob:"+testHash(t, "newer")+"\n", 0o600)
	for password, want := range map[string]error{"other": ErrWrong, "newer": nil} {
		if err := u.Check(t.Context(), at(2), "bob", password); err != want {
			t.Errorf("after a change, check(bob, %q) = %v, want %v", password, err, want)
		}
	}
	if err := u.Check(t.Context(), at(2), "ann", rightPassword); err != ErrWrong {
		t.Errorf("after her removal, check(ann) = %v, want %v", err, ErrWrong)
	}
	// With a mistake in it nobody gets in, and the log says so once.
	for range 3 {
		replace("bob:"+testHash(t, "newer")+"\nann:plain\n", 0o600)
		if err := u.Check(t.Context(), at(3), "bob", "newer"); err != ErrWrong {
			t.Errorf("with a mistake in the file, check(bob) = %v, want %v", err, ErrWrong)
		}
	}
	if n := strings.Count(log.String(), "nobody can sign in"); n != 1 || !strings.Contains(log.String(), "line 2") {
		t.Errorf("the mistake is logged %d times, want once: %s", n, log.String())
	}
	replace("bob:"+testHash(t, "newer")+"\n", 0o640)
	if err := u.Check(t.Context(), at(3), "bob", "newer"); err != nil {
		t.Errorf("with the mistake mended, check(bob) = %v", err)
	}
}

// A wrong password and an unknown user take as long as a right password: all
// three are one comparison at the same cost.
func TestUsers_check_takesAsLong(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte(rightPassword), 10)
	if err != nil {
		t.Fatal(err)
	}
	u, err := Open(usersFile(t, "ann:"+string(hash)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	// What it costs the processor, whatever else runs: the least of several.
	least := func(name string, password func(i int) string) time.Duration {
		best := time.Hour
		for i := range 7 {
			u.verified = bounded.NewMap[[32]byte, bool](maxVerified, nil)
			start := testkit.ProcessorTime()
			u.Check(t.Context(), netip.AddrFrom4([4]byte{10, byte(len(name)), byte(i), 1}), name, password(i))
			best = min(best, testkit.ProcessorTime()-start)
		}
		return best
	}
	right := least("ann", func(int) string { return rightPassword })
	wrong := least("ann", func(i int) string { return fmt.Sprint("wrong", i) })
	unknown := least("nobody", func(i int) string { return fmt.Sprint("wrong", i) })
	t.Logf("right %v, wrong %v, unknown user %v", right, wrong, unknown)
	for _, other := range []time.Duration{wrong, unknown} {
		if ratio := float64(other) / float64(right); ratio < 0.7 || ratio > 1.5 {
			t.Errorf("right takes %v, wrong %v, an unknown user %v", right, wrong, unknown)
			break
		}
	}
}

// Many requests with one right password, all at once, are one comparison and
// are not mistaken for many tries.
func TestUsers_check_atOnce(t *testing.T) {
	u, err := Open(usersFile(t, "ann:"+testHash(t, rightPassword)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if err := u.Check(context.Background(), netip.Addr{}, "ann", rightPassword); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestTries(t *testing.T) {
	tr := newTries()
	now := time.Now()
	a, b := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("2001:db8::/64")
	for i := range triesAtOnce {
		if wait := tr.take(a, now); wait != 0 {
			t.Errorf("try %d waits %v", i, wait)
		}
	}
	if wait := tr.take(a, now); wait != tryTime {
		t.Errorf("one more waits %v, want %v", wait, tryTime)
	}
	if wait := tr.take(b, now); wait != 0 {
		t.Errorf("another address waits %v", wait)
	}
	if wait := tr.take(a, now.Add(tryTime)); wait != 0 {
		t.Errorf("after %v it still waits %v", tryTime, wait)
	}
	tr.giveBack(a)
	if wait := tr.take(a, now.Add(tryTime)); wait != 0 {
		t.Errorf("with one given back it waits %v", wait)
	}
	for i := range maxTries + 10 {
		tr.take(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32), now)
	}
	if n := tr.full.Len(); n > maxTries {
		t.Errorf("%d addresses are remembered, want at most %d", n, maxTries)
	}
}

func TestVisitorPrefix(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1": "fe80::/64",
	} {
		if got := visitorPrefix(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("visitorPrefix(%s) = %s, want %s", addr, got, want)
		}
	}
	if got := visitorPrefix(netip.Addr{}); got.IsValid() {
		t.Errorf("no address has the prefix %v", got)
	}
}

// The cost of a password on each request, once it is remembered.
func BenchmarkUsers_check(b *testing.B) {
	u, err := Open(usersFile(b, "ann:"+testHash(b, rightPassword)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := u.Check(b.Context(), netip.Addr{}, "ann", rightPassword); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSetPassword(t *testing.T) {
	hash := func(s string) []byte { return []byte(s) }
	path := filepath.Join(t.TempDir(), "users")
	mode := func(want os.FileMode) {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("the file has mode %v, %v, want %v", info.Mode(), err, want)
		}
	}
	for _, step := range []struct{ before, name, want string }{
		{"", "ann", "ann:H\n"},
		{"# ours\nann:old\nanna:x", "ann", "# ours\nann:H\nanna:x\n"},
		{"ann:1\nbob:2\nann:3\n", "ann", "ann:H\nbob:2\n"},
		{"bob:2\r\n", "ann", "bob:2\nann:H\n"},
	} {
		if got := withPassword([]byte(step.before), step.name, hash("H")); string(got) != step.want {
			t.Errorf("withPassword(%q, %s) = %q, want %q", step.before, step.name, got, step.want)
		}
	}
	if err := SetPassword(path, "ann", hash("H")); err != nil {
		t.Fatal(err)
	}
	mode(0o600)
	for was, want := range map[os.FileMode]os.FileMode{0o640: 0o640, 0o644: 0o640, 0o400: 0o600} {
		os.Chmod(path, was)
		if err := SetPassword(path, "bob", hash("H")); err != nil {
			t.Fatal(err)
		}
		mode(want)
	}
	link := path + ".link"
	if err := os.Symlink("users", link); err != nil {
		t.Fatal(err)
	}
	if err := SetPassword(link, "carl", hash("H")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "ann:H\nbob:H\ncarl:H\n" {
		t.Errorf("the file holds %q, %v", data, err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 2 {
		t.Errorf("the folder holds %v, want the file and the link", entries)
	}
}

const rightPassword = "correct horse"

// testHash is cheap, so that a test's time is its own.
func testHash(t testing.TB, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// usersFile writes a password file and returns its path.
func usersFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	writeFile(t, path, []byte(text))
	return path
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
