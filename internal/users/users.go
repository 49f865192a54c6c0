// Package users knows the names and passwords of a file such as htpasswd writes,
// and limits wrong guesses.
package users

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"

	"gallery/internal/bounded"
	"gallery/internal/nolink"
)

// Users knows the names and passwords in a file such as htpasswd writes. It is
// safe for use by many goroutines.
//
// A request bears its password each time, and bcrypt takes a quarter of a
// second of a processor to compare one. So a password that was right is
// remembered, as an HMAC under a key that is this process's own, until the file
// changes. Wrong ones are limited by address and by name, and there is a bound on how
// many are compared at once, and on how many wait for that.
type Users struct {
	path      string
	log       *slog.Logger
	key       [32]byte                // of the HMACs
	comparing bounded.Calls[struct{}] // by visitor and mac
	*Guesses

	mu       sync.Mutex
	looked   time.Time                             // when the file was last looked at
	file     fs.FileInfo                           // the file as it was read; nil where it could not be
	settled  bool                                  // no further change of it can bear the same mtime
	mistake  string                                // what is wrong with it, "" for nothing
	hashes   map[string][]byte                     // by user
	dearest  int                                   // the highest cost of a hash
	nobody   []byte                                // what the password of an unknown user is compared with
	verified *bounded.Map[[sha256.Size]byte, bool] // by mac: right passwords
}

const (
	// usersAge is how long the file is relied on without a look at it.
	usersAge = time.Second
	// maxUsersFile bounds the file in bytes: some 10,000 users.
	maxUsersFile = 1 << 20
	// NewCost is that of the hashes that "gallery passwd" makes. Each more takes
	// twice the time.
	NewCost = 12
	// MinCost is the lowest that is not warned of.
	MinCost = 10
	// maxWaiting is how many wait for their passwords' comparison: the last for some two
	// seconds, at NewCost and on two processors. Who comes then is told to come again.
	maxWaiting = 8
	// maxCost is the highest that is compared: some two seconds.
	maxCost = 15
	// maxVerified bounds the passwords that are remembered: 32 bytes each.
	maxVerified = 10_000
)

// Open reads the file; whatever is wrong with it is an error here, and
// lets nobody in later on.
func Open(path string, log *slog.Logger) (*Users, error) {
	u := &Users{
		path:    path,
		log:     log,
		Guesses: NewGuesses(),
	}
	rand.Read(u.key[:])
	u.mu.Lock()
	defer u.mu.Unlock()
	u.read(time.Now())
	if u.mistake != "" {
		return nil, errors.New(u.mistake)
	}
	return u, nil
}

// refresh reads the file again if it has changed.
func (u *Users) refresh() {
	now := time.Now()
	if now.Sub(u.looked) < usersAge {
		return
	}
	if info, err := os.Stat(u.path); err == nil && u.file != nil && u.settled && os.SameFile(info, u.file) &&
		info.ModTime().Equal(u.file.ModTime()) && info.Size() == u.file.Size() && info.Mode() == u.file.Mode() {
		u.looked = now
		return
	}
	before := u.mistake
	u.read(now)
	switch {
	case u.mistake != "" && u.mistake != before && len(u.hashes) > 0:
		u.log.Error("a line of the users' file counts for nothing: who it is about keeps the former password, if any", "err", u.mistake)
	case u.mistake != "" && u.mistake != before:
		u.log.Error("nobody can sign in", "err", u.mistake)
	case u.mistake == "" && before != "":
		u.log.Info("the users' file is in order again", "users", len(u.hashes))
	}
}

// read takes the users from the file. Where it cannot, there are none: who has
// been removed must not stay in. A line with a mistake leaves its user as the former
// state of the file had them, and all other lines count.
func (u *Users) read(now time.Time) {
	former := u.hashes
	hashes, info, err := readUsers(u.path)
	var mistake lineError
	if errors.As(err, &mistake) {
		for _, name := range mistake.names {
			delete(hashes, name)
			if former[name] != nil {
				hashes[name] = former[name]
			}
		}
	}
	u.looked, u.file, u.hashes, u.verified, u.mistake = now, info, hashes, bounded.NewMap[[sha256.Size]byte, bool](maxVerified, nil), ""
	if err != nil {
		u.mistake = err.Error()
	}
	u.settled = info != nil && now.Sub(info.ModTime()) > usersAge
	cost := 0
	for _, hash := range hashes {
		c, _ := bcrypt.Cost(hash)
		cost = max(cost, c)
	}
	u.dearest = cmp.Or(cost, NewCost)
	u.nobody = noHash(u.dearest)
}

// Cheap returns the names of users, sorted, whose passwords are hashed at a cost below
// MinCost: whoever gets the file guesses them fast.
func (u *Users) Cheap() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var cheap []string
	for name, hash := range u.hashes {
		if cost, err := bcrypt.Cost(hash); err == nil && cost < MinCost {
			cheap = append(cheap, name)
		}
	}
	slices.Sort(cheap)
	return cheap
}

// lineError is a mistake in lines of the file, the others of which could be read.
type lineError struct {
	error          // of the first such line
	names []string // whom the lines are about, as far as they tell
}

// readUsers reads a password file: NAME:HASH in each line. Besides a lineError it returns
// what the other lines say.
func readUsers(path string) (map[string][]byte, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO is not waited for
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("-users %s does not exist: `gallery passwd %s NAME` makes it", path, path)
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, fmt.Errorf("-users %s cannot be read: let this user read it (chgrp it and chmod 640)", path)
	case err != nil:
		return nil, nil, fmt.Errorf("-users %s cannot be read: %w", path, nolink.Cause(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("-users %s cannot be read: %w", path, nolink.Cause(err))
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("-users %s is not a plain file: name one that `gallery passwd` has written", path)
	case info.Mode().Perm()&0o007 != 0:
		return nil, nil, fmt.Errorf("-users %s is open to every user of this machine (mode %#o): chmod 640 %s", path, info.Mode().Perm(), path)
	case info.Size() > maxUsersFile:
		return nil, nil, fmt.Errorf("-users %s is larger than 1 MiB: that is no password file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxUsersFile))
	if err != nil {
		return nil, nil, fmt.Errorf("-users %s cannot be read: %w", path, nolink.Cause(err))
	}
	hashes, err := parseUsers(data)
	if err != nil {
		return hashes, info, fmt.Errorf("-users %s: %w", path, err)
	}
	if len(hashes) == 0 {
		return nil, nil, fmt.Errorf("-users %s names no user: `gallery passwd %s NAME` adds one", path, path)
	}
	return hashes, info, nil
}

// parseUsers reads the lines of a password file. Empty ones, and those that
// begin with #, say nothing. Its error is a lineError.
func parseUsers(data []byte) (map[string][]byte, error) {
	hashes := map[string][]byte{}
	var first error
	var wrong []string
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, hash, err := parseLine(string(line))
		if err == nil && hashes[name] != nil {
			err = fmt.Errorf("%q stands there twice", name)
		}
		if err != nil {
			wrong = append(wrong, name)
			if first == nil {
				first = fmt.Errorf("line %d: %w", n, err)
			}
			continue
		}
		hashes[name] = []byte(hash)
	}
	if first != nil {
		return hashes, lineError{first, wrong}
	}
	return hashes, nil
}

// parseLine reads NAME:HASH. It returns the name with an error, too, where there is one.
func parseLine(line string) (name, hash string, err error) {
	name, hash, ok := strings.Cut(line, ":")
	if !ok || name == "" {
		return name, "", errors.New("NAME:HASH is expected")
	}
	cost, err := bcrypt.Cost([]byte(hash))
	switch {
	case err != nil || len(hash) != 60:
		return name, "", fmt.Errorf("the password of %q is not hashed with bcrypt: set it anew with `gallery passwd` or `htpasswd -B`", name)
	case cost > maxCost:
		return name, "", fmt.Errorf("the password of %q is hashed at cost %d, which takes too long: at most %d", name, cost, maxCost)
	}
	return name, hash, nil
}

// ErrWrong says that there is no such user or that the password is another.
var ErrWrong = errors.New("wrong name or password")

// TooManyError says that no more passwords are compared for an address or a name before
// some time has passed.
type TooManyError struct{ Wait time.Duration }

func (e TooManyError) Error() string { return fmt.Sprint("too many wrong passwords, wait ", e.Wait) }

// Check fails with ErrWrong or a TooManyError unless the name and password are
// right. A wrong one takes as long as a right one at the highest cost in the file, whether
// there is such a user or not and whatever the cost of that user's own.
func (u *Users) Check(ctx context.Context, from netip.Addr, name, password string) error {
	mac := u.mac(name, password)
	u.mu.Lock()
	u.refresh()
	hash, known := u.hashes[name]
	if !known {
		hash = u.nobody
	}
	verified, dearest := u.verified, u.dearest
	u.mu.Unlock()
	if right, _ := verified.Get(mac); right {
		return nil
	}
	_, err := u.comparing.Do(ctx, from.String()+string(mac[:]), func() (struct{}, error) {
		in := buckets(from, name)
		if wait := u.tries.take(in, time.Now()); wait > 0 {
			return struct{}{}, TooManyError{wait}
		}
		if err := u.queue(ctx); err != nil {
			u.tries.giveBack(in)
			return struct{}{}, err
		}
		defer u.slots.Release(1)
		if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || !known {
			takeAsLong(hash, dearest)
			return struct{}{}, ErrWrong
		}
		u.tries.giveBack(in)
		verified.Put(mac, true) // lost, where the file has been read anew meanwhile
		return struct{}{}, nil
	})
	return err
}

// Proof returns what the user of that name signs in by, the password's hash, as the file
// has it now.
func (u *Users) Proof(name string) (hash []byte, known bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	hash, known = u.hashes[name]
	return hash, known
}

// Guesses bounds the comparing of passwords with hashes: how many at once, and how many wrong
// ones by visitor and by name. It is safe for use by many goroutines.
type Guesses struct {
	slots   *semaphore.Weighted // comparisons at once
	waiting atomic.Int64        // how many wait for a slot
	tries   tries
}

func NewGuesses() *Guesses {
	return &Guesses{slots: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))), tries: newTries()}
}

// Compare fails with ErrWrong or a TooManyError unless the password is the hash's; name is
// what is guessed at.
func (g *Guesses) Compare(ctx context.Context, from netip.Addr, name string, hash []byte, password string) error {
	in := buckets(from, name)
	if wait := g.tries.take(in, time.Now()); wait > 0 {
		return TooManyError{wait}
	}
	if err := g.queue(ctx); err != nil {
		g.tries.giveBack(in)
		return err
	}
	defer g.slots.Release(1)
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil {
		return ErrWrong
	}
	g.tries.giveBack(in)
	return nil
}

// queue waits for the slot of a comparison. It fails at once where as many wait already as
// there is patience for.
func (g *Guesses) queue(ctx context.Context) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > maxWaiting {
		return TooManyError{time.Second}
	}
	return g.slots.Acquire(ctx, 1)
}

// takeAsLong makes a wrong password for a hash take as long as one for the dearest: each cost
// takes as long as all below it and the lowest once more.
func takeAsLong(hash []byte, dearest int) {
	cost, err := bcrypt.Cost(hash)
	for ; err == nil && cost < dearest; cost++ {
		_ = bcrypt.CompareHashAndPassword(noHash(cost), nil)
	}
}

// noHash is a hash at a cost that no password has.
func noHash(cost int) []byte {
	return fmt.Appendf(nil, "$2a$%02d$%s", cost, strings.Repeat("O", 22+31))
}

// mac is what a right password is remembered by.
func (u *Users) mac(name, password string) [sha256.Size]byte {
	h := hmac.New(sha256.New, u.key[:])
	io.WriteString(h, name+"\x00"+password)
	return [sha256.Size]byte(h.Sum(nil))
}

const (
	// triesAtOnce is how many wrong passwords for one name a visitor may send at once.
	triesAtOnce = 10
	// tryTime is how long it takes until a visitor may send another.
	tryTime = 6 * time.Second
	// maxTries bounds the buckets that are remembered.
	maxTries = 40_000
)

// bucket counts wrong passwords by what they have in common: it takes atOnce of them, and
// one more each time every has passed.
type bucket struct {
	key    string
	atOnce int
	every  time.Duration
}

// buckets are those that a try counts in. A visitor's is three times as large for all names
// together as for one, so that who guesses at one name does not keep the others out who
// come from the same address, as all do behind a proxy that is not trusted. Of IPv6 a /48,
// which is what providers give to one customer, counts like a visitor. The name's own is for
// guesses that come from everywhere.
func buckets(from netip.Addr, name string) []bucket {
	visitor := visitorPrefix(from, 64).String()
	all := []bucket{
		{visitor + " " + name, triesAtOnce, tryTime},
		{visitor, 3 * triesAtOnce, tryTime / 3},
		{"name " + name, 10 * triesAtOnce, tryTime / 10},
	}
	if from.Is6() {
		all = append(all, bucket{visitorPrefix(from, 48).String(), 3 * triesAtOnce, tryTime / 3})
	}
	return all
}

// tries limits wrong passwords. For each bucket it holds when the bucket will be full, which
// each try puts off. (A reservation of golang.org/x/time/rate cannot be given back once its
// time has come, and a right password is one.)
type tries struct {
	full *bounded.Map[string, time.Time] // by the bucket's key
}

func newTries() tries { return tries{bounded.NewMap[string, time.Time](maxTries, nil)} }

// take counts a try in all buckets or, where one has no room, in none, and then returns how
// long to wait for the next.
func (t tries) take(in []bucket, now time.Time) (wait time.Duration) {
	for i, b := range in {
		t.full.Update(b.key, func(full time.Time, _ bool) (time.Time, bool) {
			if full.Before(now) {
				full = now
			}
			full = full.Add(b.every)
			wait = full.Sub(now) - time.Duration(b.atOnce)*b.every
			return full, wait <= 0
		})
		if wait > 0 {
			t.giveBack(in[:i])
			return wait
		}
	}
	return 0
}

// giveBack uncounts a try.
func (t tries) giveBack(in []bucket) {
	for _, b := range in {
		t.full.Update(b.key, func(full time.Time, ok bool) (time.Time, bool) { return full.Add(-b.every), ok })
	}
}

// visitorPrefix is the address prefix that counts as one visitor: all of an IPv4 address, and
// so many bits of IPv6, within whose /64 a visitor may use any.
func visitorPrefix(addr netip.Addr, bits int) netip.Prefix {
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // of no address, it is no prefix
	return prefix
}
