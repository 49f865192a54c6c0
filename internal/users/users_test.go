package users

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"

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
	// A line with a mistake changes nothing for its user, other lines count, and the log says so
	// once. Who has no line any more is out nevertheless.
	replace("ann:"+testHash(t, rightPassword)+"\nbob:"+testHash(t, "newer")+"\ncarl:"+testHash(t, "carl's")+"\n", 0o600)
	check := func(name, password string) error { return u.Check(t.Context(), at(3), name, password) }
	if err := check("ann", rightPassword); err != nil {
		t.Fatalf("back in the file, check(ann) = %v", err)
	}
	for range 3 {
		replace("ann:plain\nbob:"+testHash(t, "newest")+"\nnonsense\nbob\n", 0o600)
		for _, test := range []struct {
			name, password string
			want           error
		}{{"ann", rightPassword, nil}, {"ann", "plain", ErrWrong}, {"carl", "carl's", ErrWrong}, {"bob", "newer", nil}, {"nonsense", "", ErrWrong}} {
			if err := check(test.name, test.password); err != test.want {
				t.Errorf("with a mistake in the file, check(%s, %q) = %v, want %v", test.name, test.password, err, test.want)
			}
		}
	}
	if n := strings.Count(log.String(), "counts for nothing"); n != 1 || !strings.Contains(log.String(), "line 1") {
		t.Errorf("the mistake is logged %d times, want once: %s", n, log.String())
	}
	replace("ann:plain\nbob:"+testHash(t, "newest")+"\n", 0o600)
	if err := check("bob", "newest"); err != nil {
		t.Errorf("with a mistake in another's line, check(bob) = %v", err)
	}
	// Of a file that is open to all, nothing counts.
	for range 3 {
		replace("bob:"+testHash(t, "newer")+"\n", 0o644)
		if err := check("bob", "newest"); err != ErrWrong {
			t.Errorf("with a file open to all, check(bob) = %v, want %v", err, ErrWrong)
		}
	}
	if n := strings.Count(log.String(), "nobody can sign in"); n != 1 {
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

// Each bucket holds what it is said to, whatever the others do.
func TestTries(t *testing.T) {
	now := time.Now()
	at := func(format string, i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf(format, i)) }
	one, name := func(int) netip.Addr { return at("192.0.2.%d", 1) }, func(int) string { return "ann" }
	each := func(i int) string { return fmt.Sprint("name", i) }
	tests := map[string]struct {
		from   func(i int) netip.Addr
		name   func(i int) string
		atOnce int           // how many pass
		wait   time.Duration // for the next
		other  netip.Addr    // that is not kept out, with another name
	}{
		"one visitor, one name":       {one, name, 10, 6 * time.Second, at("192.0.2.%d", 1)},
		"one visitor, many names":     {one, each, 30, 2 * time.Second, at("192.0.2.%d", 2)},
		"one /64, one name":           {func(i int) netip.Addr { return at("2001:db8::%d", i) }, name, 10, 6 * time.Second, at("2001:db8::%d", 9)},
		"one /64, many names":         {func(i int) netip.Addr { return at("2001:db8::%d", i) }, each, 30, 2 * time.Second, at("2001:db8:1::%d", 9)},
		"one /48, one name":           {func(i int) netip.Addr { return at("2001:db8:0:%d::1", i) }, name, 30, 2 * time.Second, at("2001:db8:1::%d", 1)},
		"one /48, many names":         {func(i int) netip.Addr { return at("2001:db8:0:%d::1", i) }, each, 30, 2 * time.Second, at("2001:db8:1::%d", 1)},
		"everywhere, one name":        {func(i int) netip.Addr { return at("2001:db8:%d::1", i) }, name, 100, 600 * time.Millisecond, at("2001:db8:5::%d", 1)},
		"everywhere, one name, by v4": {func(i int) netip.Addr { return at("192.0.2.%d", i) }, name, 100, 600 * time.Millisecond, at("192.0.2.%d", 5)},
	}
	for what, test := range tests {
		tr := newTries()
		for i := range test.atOnce {
			if wait := tr.take(buckets(test.from(i), test.name(i)), now); wait != 0 {
				t.Errorf("%s: try %d waits %v", what, i, wait)
			}
		}
		next := buckets(test.from(test.atOnce), test.name(test.atOnce))
		for range 3 { // who is refused does not make it worse
			if wait := tr.take(next, now); wait != test.wait {
				t.Errorf("%s: one more waits %v, want %v", what, wait, test.wait)
			}
		}
		if wait := tr.take(buckets(test.other, "bob"), now); wait != 0 {
			t.Errorf("%s: another waits %v", what, wait)
		}
		tr.giveBack(buckets(test.other, "bob"))
		if wait := tr.take(next, now.Add(test.wait)); wait != 0 {
			t.Errorf("%s: after %v it still waits %v", what, test.wait, wait)
		}
		tr.giveBack(next)
		if wait := tr.take(next, now.Add(test.wait)); wait != 0 {
			t.Errorf("%s: with one given back it waits %v", what, wait)
		}
	}
	tr := newTries()
	for i := range maxTries {
		tr.take(buckets(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "ann"), now.Add(time.Duration(i)*time.Hour))
	}
	if n := tr.full.Len(); n > maxTries {
		t.Errorf("%d buckets are remembered, want at most %d", n, maxTries)
	}
}

func TestVisitorPrefix(t *testing.T) {
	for addr, want := range map[string][2]string{
		"192.0.2.1": {"192.0.2.1/32", "192.0.2.1/32"}, "2001:db8:1:2:3:4:5:6": {"2001:db8:1:2::/64", "2001:db8:1::/48"}, "fe80::1": {"fe80::/64", "fe80::/48"},
	} {
		for i, bits := range []int{64, 48} {
			if got := visitorPrefix(netip.MustParseAddr(addr), bits).String(); got != want[i] {
				t.Errorf("visitorPrefix(%s, %d) = %s, want %s", addr, bits, got, want[i])
			}
		}
	}
	if got := visitorPrefix(netip.Addr{}, 64); got.IsValid() {
		t.Errorf("no address has the prefix %v", got)
	}
}

// Where many wait for a comparison, whoever comes then is refused at once, and those who
// wait take up no more time than there is patience for.
func TestUsers_check_queue(t *testing.T) {
	u, err := Open(usersFile(t, "ann:"+testHash(t, rightPassword)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		u.slots = semaphore.NewWeighted(1)
		u.slots.Acquire(t.Context(), 1) // a comparison that takes long
		var refused atomic.Int64
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				err := u.Check(t.Context(), netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::1", i)), fmt.Sprint("name", i), "wrong")
				if errors.As(err, new(TooManyError)) {
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		if n := refused.Load(); n != 64-maxWaiting {
			t.Errorf("of 64 at once %d are refused, want %d", n, 64-maxWaiting)
		}
		u.slots.Release(1)
		all.Wait()
		if err := u.Check(t.Context(), netip.MustParseAddr("192.0.2.1"), "ann", rightPassword); err != nil {
			t.Errorf("afterwards the right password is answered with %v", err)
		}
	})
}

// A wrong password takes as long for each name, whatever the cost of its own hash.
func TestUsers_check_costs(t *testing.T) {
	cheap, dear := testHash(t, rightPassword), hashAt(t, rightPassword, 9)
	u, err := Open(usersFile(t, "ann:"+cheap+"\nbob:"+dear+"\ncarl:"+hashAt(t, rightPassword, 7)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	least := map[string]time.Duration{}
	for i, name := range []string{"ann", "bob", "carl", "nobody"} {
		least[name] = time.Hour
		for n := range 7 {
			start := testkit.ProcessorTime()
			u.Check(t.Context(), netip.AddrFrom4([4]byte{10, byte(i), byte(n), 1}), name, fmt.Sprint("wrong", n))
			least[name] = min(least[name], testkit.ProcessorTime()-start)
		}
	}
	for name, took := range least {
		if ratio := float64(took) / float64(least["bob"]); ratio < 0.7 || ratio > 1.5 {
			t.Errorf("a wrong password for %s takes %v, for bob %v", name, took, least["bob"])
		}
	}
	if got := u.Cheap(); !slices.Equal(got, []string{"ann", "bob", "carl"}) {
		t.Errorf("Cheap() = %q", got)
	}
	u, err = Open(usersFile(t, "ann:"+cheap+"\nbob:"+hashAt(t, "x", MinCost)+"\n"), slog.New(slog.DiscardHandler))
	if err != nil || !slices.Equal(u.Cheap(), []string{"ann"}) {
		t.Errorf("Cheap() = %q, %v, want ann alone", u.Cheap(), err)
	}
}

func hashAt(t *testing.T, password string, cost int) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// FuzzParseUsers reads any bytes as a password file. What it takes has names and hashes that
// bcrypt compares with, each of a cost that may be; a user set anew is the only one whose
// line changes.
func FuzzParseUsers(f *testing.F) {
	const hash = "$2a$04$OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO"
	for _, seed := range []string{"", "ann:" + hash, "# x\n\nann:" + hash + "\r\nbob:" + hash, "ann:" + hash + "\nann:" + hash, "ann:$2a$31$" + hash[7:], ":" + hash, "a:b:" + hash, "\xff:" + hash, " ann:" + hash} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		users, err := parseUsers(data)
		for name, hash := range users {
			cost, err := bcrypt.Cost(hash)
			if err != nil || cost > maxCost || len(hash) != 60 || name == "" || strings.ContainsAny(name, ":\n") {
				t.Errorf("%q has the hash %q, %v", name, hash, err)
			}
		}
		if err != nil {
			if !errors.As(err, new(lineError)) || len(err.Error()) > 200+4*len(data) {
				t.Fatalf("%d users with the error %v", len(users), err)
			}
			return
		}
		after, err := parseUsers(withPassword(data, "ann", []byte(hash)))
		if err != nil || string(after["ann"]) != hash {
			t.Fatalf("with ann set, the file %q is read as %q, %v", data, after, err)
		}
		delete(users, "ann")
		delete(after, "ann")
		if !maps.EqualFunc(users, after, bytes.Equal) {
			t.Errorf("setting ann makes %q of %q", after, users)
		}
	})
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
