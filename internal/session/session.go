// Package session signs in visitors by a cookie. A session is all in the cookie's value,
// which is signed; nothing is stored for it.
package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"gallery/internal/atomicfile"
	"gallery/internal/bounded"
)

const (
	// short and long are how long a session lasts unless it is used: as long as the browser
	// is open and this at most, or where the visitor asked to stay signed in.
	short = 12 * time.Hour
	long  = 30 * 24 * time.Hour
	// most is how long one lasts however often it is used.
	most = 365 * 24 * time.Hour
	// maxEnded bounds the sessions that are remembered as ended: 100 bytes each.
	maxEnded = 50_000
	// endingsAge is how long it takes at most until a session that ended in one process is over
	// in another.
	endingsAge = time.Second
	// keyPrefix begins the name of a key that is being written.
	keyPrefix = ".gallery-key-"
	// maxValue bounds a cookie's value, in bytes.
	maxValue = 1 << 10
)

// Session is who a visitor signed in as, and since when.
type Session struct {
	User   string
	Stay   bool      // also when the browser was closed
	ID     string    // random; the same when the session is renewed
	Begun  time.Time // when the visitor signed in
	Signed time.Time // when the value was
}

// Lifetime is how long the session's value is good for.
func (s Session) Lifetime() time.Duration {
	if s.Stay {
		return long
	}
	return short
}

// Due reports whether the session is to be given a new value: each is used for a
// twelfth of its lifetime.
func (s Session) Due(now time.Time) bool { return now.Sub(s.Signed) > s.Lifetime()/12 }

// Keeper signs sessions and checks them. It is safe for use by many goroutines.
type Keeper struct {
	key     [32]byte
	ended   *bounded.Map[string, struct{}] // by ID: signed out
	mu      sync.Mutex                     // of the file
	endings string                         // its path; "" for none

	looking sync.Mutex
	looked  time.Time // when another process's endings were last looked for
	size    int64     // of the file as it was read, bytes
}

// Open returns a keeper with the key in a file, which is made if there is none. Sessions that
// ended are in another beside it, called PATH.ended.
func Open(path string) (*Keeper, error) {
	k := Ephemeral()
	k.endings = path + ".ended"
	if err := k.readEndings(time.Now()); err != nil {
		return nil, err
	}
	err := k.read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := k.write(path); err != nil {
		return nil, err
	}
	return k, k.read(path) // which may be another process's
}

// write makes the file of the key, whole, unless there is one.
func (k *Keeper) write(path string) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	atomicfile.SweepPrefix(dir, keyPrefix)
	f, err := atomicfile.Create(dir, keyPrefix, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(hex.EncodeToString(k.key[:]) + "\n"); err != nil {
		return err
	}
	if err := f.Add(filepath.Base(path)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return atomicfile.Flush(dir)
}

// Ephemeral returns a keeper whose sessions end with the process.
func Ephemeral() *Keeper {
	k := &Keeper{ended: bounded.NewMap[string, struct{}](maxEnded, nil)}
	rand.Read(k.key[:])
	return k
}

// read takes the key from the file. Who can read it can sign in as anybody.
func (k *Keeper) read(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s must be a plain file of mode 0600, since who reads it can sign in as anybody", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != len(k.key) {
		return fmt.Errorf("%s holds no key: remove it, and another is made", path)
	}
	k.key = [32]byte(key)
	return nil
}

// Begin is a new session.
func Begin(user string, stay bool, now time.Time) Session {
	var id [16]byte
	rand.Read(id[:])
	return Session{User: user, Stay: stay, ID: base64.RawURLEncoding.EncodeToString(id[:]), Begun: now, Signed: now}
}

// Sign is the value of a session as of now. proof is what the user signed in by, the
// password's hash: when that changes, the session ends.
func (k *Keeper) Sign(s Session, proof []byte, now time.Time) string {
	stay := "0"
	if s.Stay {
		stay = "1"
	}
	payload := strings.Join([]string{base64.RawURLEncoding.EncodeToString([]byte(s.User)), stay, s.ID,
		strconv.FormatInt(s.Begun.Unix(), 36), strconv.FormatInt(now.Unix(), 36)}, ".")
	return payload + "." + k.mac(payload, proof)
}

// Check returns the session of a value, unless it is over or not of this keeper's signing.
// proofOf returns a user's proof, or false for an unknown one.
func (k *Keeper) Check(value string, proofOf func(user string) ([]byte, bool), now time.Time) (Session, bool) {
	parts := strings.Split(value, ".")
	if len(value) > maxValue || len(parts) != 6 {
		return Session{}, false
	}
	user, err := base64.RawURLEncoding.Strict().DecodeString(parts[0])
	begun, err2 := strconv.ParseInt(parts[3], 36, 64)
	signed, err3 := strconv.ParseInt(parts[4], 36, 64)
	if err := errors.Join(err, err2, err3); err != nil {
		return Session{}, false
	}
	proof, known := proofOf(string(user))
	right := hmac.Equal([]byte(parts[5]), []byte(k.mac(strings.Join(parts[:5], "."), proof)))
	s := Session{User: string(user), Stay: parts[1] == "1", ID: parts[2], Begun: time.Unix(begun, 0), Signed: time.Unix(signed, 0)}
	age := now.Sub(s.Signed)
	return s, right && known && age < s.Lifetime() && now.Sub(s.Begun) < most && !k.hasEnded(s.ID)
}

// End has no value of the session count any more. An error means that one may count again
// after a restart.
func (k *Keeper) End(s Session) error {
	k.ended.Put(s.ID, struct{}{})
	if k.endings == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	f, err := os.OpenFile(k.endings, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	// What a power cut or a full disk left of a line before ends here.
	_, err = fmt.Fprintf(f, "\n%s %d\n", s.ID, time.Now().Add(long).Unix())
	return errors.Join(err, f.Sync(), f.Close())
}

// hasEnded reports whether a session of that ID has ended: in this process or, endingsAge ago
// and longer, in another with the same files.
func (k *Keeper) hasEnded(id string) bool {
	if k.endings != "" {
		k.looking.Lock()
		if now := time.Now(); now.Sub(k.looked) >= endingsAge {
			k.looked = now
			if info, err := os.Stat(k.endings); err == nil && info.Size() != k.size {
				_, _, _ = k.takeEndings(now) // what cannot be read is tried again
			}
		}
		k.looking.Unlock()
	}
	_, ended := k.ended.Get(id)
	return ended
}

// readEndings reads which sessions have ended. What is older goes from the file.
func (k *Keeper) readEndings(now time.Time) error {
	left, others, err := k.takeEndings(now)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !others {
		return err
	}
	temp := k.endings + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(left)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, k.endings)
}

// takeEndings notes which sessions have ended by the file: a line for each, its ID and until
// when, in seconds since 1970, a value of it may still be about. It returns these lines, and
// whether there are others.
func (k *Keeper) takeEndings(now time.Time) (left string, others bool, err error) {
	data, err := os.ReadFile(k.endings)
	if err != nil {
		return "", false, err
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		id, until, _ := strings.Cut(line, " ")
		if at, err := strconv.ParseInt(until, 10, 64); err == nil && now.Unix() < at {
			b.WriteString(line + "\n")
			k.ended.Put(id, struct{}{})
		} else if line != "" {
			others = true
		}
	}
	k.size = int64(len(data))
	return b.String(), others, nil
}

// mac is an HMAC-SHA-256 of a payload, which has no NUL, and a proof.
func (k *Keeper) mac(payload string, proof []byte) string {
	h := hmac.New(sha256.New, k.key[:])
	io.WriteString(h, "session\x00"+payload+"\x00")
	h.Write(proof)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
