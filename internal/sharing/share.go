// Package sharing keeps the links by which an album is shown to people without an account. A
// link's token is signed, and one text file beside the photos says which links there are.
package sharing

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
	"gallery/internal/storage"
)

const (
	// folder is where the links are, in the photos' directory: its dot hides it from visitors.
	folder = ".gallery"
	// linksFile holds a link in each line, as JSON, or the end of one; lines are only added.
	linksFile = "links"
	// keyFile holds what links are signed with.
	keyFile = "links.key"
	// keyPrefix begins the name of a key that is being written.
	keyPrefix = ".links.key-"
	// maxFile bounds the file of links in bytes: some 30,000.
	maxFile = 8 << 20
	// maxEnd is how much of that is kept for the ends of links.
	maxEnd = 4 << 20
)

// Link is a link to an album.
type Link struct {
	ID         string    `json:"id"`
	Album      string    `json:"album"`
	Name       string    `json:"name,omitempty"`       // for whom, say
	Expires    time.Time `json:"expires,omitzero"`     // zero for never
	Password   string    `json:"password,omitempty"`   // bcrypt's hash
	NoDownload bool      `json:"noDownload,omitempty"` // previews only
	Picks      bool      `json:"picks,omitempty"`      // photos may be picked, and the choice sent
	Made       time.Time `json:"made,omitzero"`
	By         string    `json:"by,omitempty"`   // the user who made it, "" for the command
	Ended      time.Time `json:"ended,omitzero"` // when it was revoked
}

// Over reports whether the link opens nothing any more.
func (l Link) Over(now time.Time) bool {
	return !l.Ended.IsZero() || !l.Expires.IsZero() && !now.Before(l.Expires)
}

// Covers reports whether the link is about the album called name: its own or one below. rule
// is the album whose file says who may see that one, "" for none: one below the link's own
// that says so for itself is not opened by the link.
func (l Link) Covers(name, rule string) bool {
	return within(l.Album, name) && (rule == "" || rule == l.Album || !within(l.Album, rule))
}

// within reports whether the album called name is above or below it.
func within(above, name string) bool {
	return above == "." || name == above || strings.HasPrefix(name, above+"/")
}

// Store keeps the links of a directory of photos. It is safe for use by many goroutines.
type Store struct {
	photos *storage.Dir
	log    *slog.Logger

	mu    sync.Mutex
	read  fs.FileInfo // the file as it was read; nil before, and where there is none
	key   []byte
	links map[string]Link // by ID
	wrong string          // why they could not be read, as the log says; "" for nothing
}

// New makes a store. It writes nothing before there is a link.
func New(photos *storage.Dir, log *slog.Logger) *Store { return &Store{photos: photos, log: log} }

// Get returns the link with that ID, which may be over.
func (s *Store) Get(id string) (Link, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	l, ok := s.links[id]
	return l, ok
}

// All returns all links, the newest first.
func (s *Store) All() []Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	var all []Link
	for _, l := range s.links {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b Link) int { return cmp.Or(b.Made.Compare(a.Made), strings.Compare(a.ID, b.ID)) })
	return all
}

// refresh reads the files again if they have changed. Lines are only added, so that each
// change shows in the file's size. What cannot be read opens nothing.
func (s *Store) refresh() {
	info, err := s.photos.Root().Lstat(path.Join(folder, linksFile))
	if err == nil && s.read != nil && os.SameFile(info, s.read) && info.Size() == s.read.Size() && info.ModTime().Equal(s.read.ModTime()) {
		return
	}
	s.read, s.links, s.key = nil, nil, nil
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = s.readAll()
	}
	wrong := ""
	if err != nil {
		wrong = nolink.Cause(err).Error()
	}
	if wrong != "" && wrong != s.wrong {
		s.log.Error("links open nothing, since the program cannot read what they are kept in", "folder", filepath.Join(s.photos.Path(), folder), "err", wrong,
			"mend", fmt.Sprintf("sudo chown -R %d %s", os.Geteuid(), filepath.Join(s.photos.Path(), folder)))
	}
	s.wrong = wrong
}

// readAll reads the links and their key.
func (s *Store) readAll() error {
	dir, err := nolink.Folder(s.photos.Root(), folder, false)
	if err != nil {
		return err
	}
	defer dir.Close()
	data, info, err := readSmall(dir, linksFile, maxFile)
	if err != nil {
		return err
	}
	if s.key, err = readKey(dir); err != nil {
		return err
	}
	s.read, s.links = info, parse(data)
	return nil
}

// readSmall reads a file of at most so many bytes.
func readSmall(dir *os.Root, name string, most int64) ([]byte, fs.FileInfo, error) {
	f, info, err := nolink.File(dir, name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if info.Size() > most {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	data, err := io.ReadAll(io.LimitReader(f, info.Size())) // as it was when its size was looked at
	return data, info, err
}

func readKey(dir *os.Root) ([]byte, error) {
	text, _, err := readSmall(dir, keyFile, 1<<10)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("%s holds no key", path.Join(folder, keyFile))
	}
	return key, nil
}

// parse reads the lines of the file. One that is none, such as the last before a power cut, is
// passed over.
func parse(data []byte) map[string]Link {
	links := map[string]Link{}
	for line := range bytes.Lines(data) {
		var l Link
		if json.Unmarshal(line, &l) != nil || l.ID == "" {
			continue
		}
		if before, ok := links[l.ID]; !ok {
			links[l.ID] = l
		} else if before.Ended.IsZero() {
			before.Ended = l.Ended
			links[l.ID] = before
		}
	}
	return links
}

// Add notes a new link and returns it with its ID.
func (s *Store) Add(l Link) (Link, error) {
	if !utf8.ValidString(l.Album) {
		return Link{}, fmt.Errorf("the name of the album %q is no text, and so cannot be noted", l.Album)
	}
	var id [9]byte
	rand.Read(id[:])
	l.ID, l.Made = base64.RawURLEncoding.EncodeToString(id[:]), time.Now().UTC().Truncate(time.Second)
	l.Expires = l.Expires.UTC().Truncate(time.Second)
	return l, s.append(l)
}

// Revoke ends a link.
func (s *Store) Revoke(id string) error {
	l, ok := s.Get(id)
	if !ok {
		return fmt.Errorf("there is no link %q", id)
	}
	if !l.Ended.IsZero() {
		return nil
	}
	return s.append(Link{ID: id, Ended: time.Now().UTC().Truncate(time.Second)})
}

// append adds a line, whole, to the file, which is made with its folder and key if need be.
func (s *Store) append(l Link) error {
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	dir, err := s.open()
	if err != nil {
		return fmt.Errorf("%s: %w", folder, nolink.Cause(err))
	}
	defer dir.Close()
	f, err := dir.OpenFile(linksFile, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		f, err = dir.OpenFile(linksFile, os.O_WRONLY|os.O_APPEND, 0)
	} else if err == nil {
		s.handOver(dir, linksFile, 0o600)
	}
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Size()+int64(len(line)) > maxFile-maxEnd && l.Ended.IsZero() {
		f.Close()
		return fmt.Errorf("%s is full: take out lines of links that are over", path.Join(folder, linksFile))
	}
	// What a power cut left of a line before ends here.
	_, err = f.Write(append(append([]byte("\n"), line...), '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// open opens the folder, and makes it and the key if need be.
func (s *Store) open() (*os.Root, error) {
	root := s.photos.Root()
	if err := root.Mkdir(folder, 0o700); err == nil {
		s.handOver(root, folder, 0o700)
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	dir, err := nolink.Folder(root, folder, false)
	if err != nil {
		return nil, err
	}
	if err := s.makeKey(dir); err != nil {
		dir.Close()
		return nil, err
	}
	return dir, nil
}

// makeKey makes the key's file, whole, unless there is one.
func (s *Store) makeKey(dir *os.Root) error {
	if _, err := dir.Lstat(keyFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	atomicfile.SweepPrefix(dir, keyPrefix)
	f, err := atomicfile.Create(dir, keyPrefix, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	var key [32]byte
	rand.Read(key[:])
	if _, err := io.WriteString(f, hex.EncodeToString(key[:])+"\n"); err != nil {
		return err
	}
	if err := f.Add(keyFile); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil // another process was first
		}
		return err
	}
	s.handOver(dir, keyFile, 0o600)
	return atomicfile.Flush(dir)
}

// handOver has what was made belong to whom the photos' directory belongs, as far as who runs
// this may do that, and be open to its group if that may write there: the service's user is
// the one or in the other, whoever makes a link from a terminal.
func (s *Store) handOver(dir *os.Root, name string, perm fs.FileMode) {
	info, err := s.photos.Root().Stat(".")
	if err != nil {
		return
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	uid := -1
	if os.Geteuid() == 0 {
		uid = int(owner.Uid)
	}
	if dir.Lchown(name, uid, int(owner.Gid)) == nil && info.Mode()&0o020 != 0 {
		_ = dir.Chmod(name, perm|perm>>3) // it is the owner's alone otherwise
	}
}

// RootsAlone reports whether nobody but root can read the links, and what would hand them over.
func (s *Store) RootsAlone() (mend string, alone bool) {
	info, err := s.photos.Root().Lstat(path.Join(folder, linksFile))
	if err != nil {
		return "", false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	alone = ok && owner.Uid == 0 && (owner.Gid == 0 || info.Mode()&0o040 == 0)
	return "chown -R gallery " + filepath.Join(s.photos.Path(), folder), alone
}

// Token is what a link's address holds, and Opened what a browser keeps once the link was
// opened, with its password if it has one.
func (s *Store) Token(l Link) string  { return s.signed("token", l) }
func (s *Store) Opened(l Link) string { return s.signed("opened", l) }

func (s *Store) signed(use string, l Link) string {
	mac, _ := s.mac(use, l)
	return l.ID + "." + mac
}

// ByToken returns the link with that token, which may be over.
func (s *Store) ByToken(token string) (Link, bool) { return s.by("token", token) }

// ByOpened returns the link that was opened with that value, unless it is over.
func (s *Store) ByOpened(value string) (Link, bool) {
	l, ok := s.by("opened", value)
	return l, ok && !l.Over(time.Now())
}

func (s *Store) by(use, token string) (Link, bool) {
	id, mac, _ := strings.Cut(token, ".")
	l, ok := s.Get(id)
	want, keyed := s.mac(use, l)
	right := hmac.Equal([]byte(mac), []byte(want))
	return l, ok && keyed && right
}

// mac signs a link, with all that it says but its end. It reports false where there is no key.
func (s *Store) mac(use string, l Link) (mac string, keyed bool) {
	s.mu.Lock()
	s.refresh()
	h := hmac.New(sha256.New, s.key)
	keyed = len(s.key) > 0
	s.mu.Unlock()
	l.Ended = time.Time{}
	said, err := json.Marshal(l)
	if err != nil {
		return "", false
	}
	io.WriteString(h, use+"\x00")
	h.Write(said)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)), keyed
}
