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
	"strings"
	"sync"
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
// changes. Wrong ones are limited by address, and there is a bound on how many
// are compared at once.
type Users struct {
	path      string
	log       *slog.Logger
	key       [32]byte                // of the HMACs
	slots     *semaphore.Weighted     // comparisons at once
	comparing bounded.Calls[struct{}] // by visitor and mac
	tries     tries

	mu       sync.Mutex
	looked   time.Time                             // when the file was last looked at
	file     fs.FileInfo                           // the file as it was read; nil where it could not be
	settled  bool                                  // no further change of it can bear the same mtime
	mistake  string                                // why it could not be read, "" where it could
	hashes   map[string][]byte                     // by user
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
	// maxCost is the highest that is compared: some two seconds.
	maxCost = 15
	// maxVerified bounds the passwords that are remembered: 32 bytes each.
	maxVerified = 10_000
)

// Open reads the file; whatever is wrong with it is an error here, and
// lets nobody in later on.
func Open(path string, log *slog.Logger) (*Users, error) {
	u := &Users{
		path:  path,
		log:   log,
		slots: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))),
		tries: newTries(),
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
	case u.mistake != "" && u.mistake != before:
		u.log.Error("nobody can sign in", "err", u.mistake)
	case u.mistake == "" && before != "":
		u.log.Info("the users' file is in order again", "users", len(u.hashes))
	}
}

// read takes the users from the file. Where it cannot, there are none: who has
// been removed must not stay in because of somebody else's line.
func (u *Users) read(now time.Time) {
	hashes, info, err := readUsers(u.path)
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
	u.nobody = fmt.Appendf(nil, "$2a$%02d$%s", cmp.Or(cost, NewCost), strings.Repeat("O", 22+31))
}

// readUsers reads a password file: NAME:HASH in each line.
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
		return nil, nil, fmt.Errorf("-users %s: %w", path, err)
	}
	if len(hashes) == 0 {
		return nil, nil, fmt.Errorf("-users %s names no user: `gallery passwd %s NAME` adds one", path, path)
	}
	return hashes, info, nil
}

// parseUsers reads the lines of a password file. Empty ones, and those that
// begin with #, say nothing.
func parseUsers(data []byte) (map[string][]byte, error) {
	hashes := map[string][]byte{}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, hash, ok := strings.Cut(string(line), ":")
		if !ok || name == "" {
			return nil, fmt.Errorf("line %d: NAME:HASH is expected", n)
		}
		cost, err := bcrypt.Cost([]byte(hash))
		switch {
		case err != nil || len(hash) != 60:
			return nil, fmt.Errorf("line %d: the password of %q is not hashed with bcrypt: set it anew with `gallery passwd` or `htpasswd -B`", n, name)
		case cost > maxCost:
			return nil, fmt.Errorf("line %d: the password of %q is hashed at cost %d, which takes too long: at most %d", n, name, cost, maxCost)
		case hashes[name] != nil:
			return nil, fmt.Errorf("line %d: %q stands there twice", n, name)
		}
		hashes[name] = []byte(hash)
	}
	return hashes, nil
}

// ErrWrong says that there is no such user or that the password is another.
var ErrWrong = errors.New("wrong name or password")

// TooManyError says that no more passwords are compared for an address before
// some time has passed.
type TooManyError struct{ Wait time.Duration }

func (e TooManyError) Error() string { return fmt.Sprint("too many wrong passwords, wait ", e.Wait) }

// Check fails with ErrWrong or a TooManyError unless the name and password are
// right. A wrong one takes as long as one that is right for the first time,
// whether there is such a user or not.
func (u *Users) Check(ctx context.Context, from netip.Addr, name, password string) error {
	mac := u.mac(name, password)
	u.mu.Lock()
	u.refresh()
	hash, known := u.hashes[name]
	if !known {
		hash = u.nobody
	}
	verified := u.verified
	u.mu.Unlock()
	if right, _ := verified.Get(mac); right {
		return nil
	}
	visitor := visitorPrefix(from)
	_, err := u.comparing.Do(ctx, from.String()+string(mac[:]), func() (struct{}, error) {
		if wait := u.tries.take(visitor, time.Now()); wait > 0 {
			return struct{}{}, TooManyError{wait}
		}
		if err := u.slots.Acquire(ctx, 1); err != nil {
			u.tries.giveBack(visitor)
			return struct{}{}, err
		}
		defer u.slots.Release(1)
		if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || !known {
			return struct{}{}, ErrWrong
		}
		u.tries.giveBack(visitor)
		verified.Put(mac, true) // lost, where the file has been read anew meanwhile
		return struct{}{}, nil
	})
	return err
}

// mac is what a right password is remembered by.
func (u *Users) mac(name, password string) [sha256.Size]byte {
	h := hmac.New(sha256.New, u.key[:])
	io.WriteString(h, name+"\x00"+password)
	return [sha256.Size]byte(h.Sum(nil))
}

const (
	// triesAtOnce is how many wrong passwords an address may send at once.
	triesAtOnce = 10
	// tryTime is how long it takes until it may send another.
	tryTime = 6 * time.Second
	// maxTries bounds the addresses that are remembered.
	maxTries = 10_000
)

// tries limits wrong passwords by visitor: a token bucket of triesAtOnce, one more
// each tryTime. For each visitor it holds when the bucket will be full, which each try
// puts off by tryTime. (A reservation of golang.org/x/time/rate cannot be given back
// once its time has come, and a right password is one.)
type tries struct {
	full *bounded.Map[netip.Prefix, time.Time]
}

func newTries() tries { return tries{bounded.NewMap[netip.Prefix, time.Time](maxTries, nil)} }

// take counts a try, or returns how long to wait for the next.
func (t tries) take(from netip.Prefix, now time.Time) (wait time.Duration) {
	t.full.Update(from, func(full time.Time, _ bool) (time.Time, bool) {
		if full.Before(now) {
			full = now
		}
		full = full.Add(tryTime)
		wait = full.Sub(now) - triesAtOnce*tryTime
		return full, wait <= 0
	})
	return max(wait, 0)
}

// giveBack uncounts a try.
func (t tries) giveBack(from netip.Prefix) {
	t.full.Update(from, func(full time.Time, ok bool) (time.Time, bool) { return full.Add(-tryTime), ok })
}

// visitorPrefix is the address prefix that counts as one visitor: /32, or /64 for
// IPv6, all of whose addresses a visitor may use.
func visitorPrefix(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // of no address, it is no prefix
	return prefix
}
