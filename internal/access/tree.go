package access

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/atomicfile"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/storage"
)

const (
	// maxFile bounds a file .access, in bytes.
	maxFile = 64 << 10
	// ruleAge is how long a rule is relied on without a look at the files.
	ruleAge = 500 * time.Millisecond
	// maxRules bounds the albums whose rules are remembered: at some 200 bytes each, 10 MB.
	maxRules = 50_000
)

// Tree knows the rules of all albums. It is safe for use by many goroutines.
type Tree struct {
	photos   *storage.Dir
	standard Rule // where no folder says anything
	log      *slog.Logger

	rules    *bounded.Map[string, ruled]  // by album
	mistakes *bounded.Map[string, string] // by album: what is wrong with its file, as the log says
}

// ruled is a rule as it was at some time.
type ruled struct {
	rule Rule
	at   time.Time
}

// New makes a tree over the photos; standard holds where no folder says anything.
func New(photos *storage.Dir, standard Rule, log *slog.Logger) *Tree {
	return &Tree{
		photos: photos, standard: standard, log: log,
		rules:    bounded.NewMap[string, ruled](maxRules, nil),
		mistakes: bounded.NewMap[string, string](maxRules, nil),
	}
}

// Rule returns the rule of the album called name or, where there is none of that name, of
// the innermost on the way to it. It is as the files say now, or said less than ruleAge ago.
// What lies on storage that does not answer is closed.
func (t *Tree) Rule(name string) Rule {
	if t.photos.Hangs(".") {
		return t.lost(name)
	}
	if t.photos.Hangs(name) {
		return Rule{} // nobody knows what its files say
	}
	now := time.Now()
	if known, ok := t.rules.Get(name); ok && now.Sub(known.at) < ruleAge {
		return known.rule
	}
	root := t.photos.Root()
	if above, ok := t.rules.Get(path.Dir(name)); ok && name != "." && now.Sub(above.at) < ruleAge {
		file := path.Join(name, album.AccessFile)
		if _, err := t.photos.Below().LstatAt(file); errors.Is(err, fs.ErrNotExist) {
			t.mistakes.Delete(name)
			return t.note(name, above.rule, above.at)
		}
		return t.note(name, t.own(root, file, name, above.rule), above.at)
	}
	rule := t.note(".", t.own(root, album.AccessFile, ".", t.standard), now)
	// One walk down: a look at each album by its whole name would take the square of its depth.
	err := album.Visit(root, name, func(folder *os.Root, name string) {
		if !rule.lost {
			rule = t.note(name, t.own(folder, album.AccessFile, name, rule), now)
		}
	})
	if storage.IsLost(err) {
		rule = t.lost(name)
	}
	// Noted for what is not there, too: a second look must not take another time for that.
	return t.note(name, rule, now)
}

// note remembers a rule that was read at that time, and returns it.
func (t *Tree) note(name string, rule Rule, at time.Time) Rule {
	if !rule.lost {
		t.rules.Put(name, ruled{rule, at})
	}
	return rule
}

// lost is the rule of an album while the disk is away. Whoever asks is to be told that it is,
// and not that there is no such album.
func (t *Tree) lost(name string) Rule {
	t.photos.Suspect()
	return Rule{from: name, lost: true}
}

// own returns the rule in the file of an album or, where it has none, the one above. A file
// that cannot be read or has a mistake in it lets nobody in, and the log says why, once.
func (t *Tree) own(folder *os.Root, file, name string, above Rule) Rule {
	_, err := folder.Lstat(file)
	unentered := errors.Is(err, fs.ErrPermission) // which who lists the folder is told
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) {
		t.mistakes.Delete(name)
		return above
	}
	var rule Rule
	if err == nil {
		rule, err = read(folder, file) // whatever is wrong now, there was a file
	}
	if storage.IsLost(err) {
		return t.lost(name)
	}
	if err == nil || unentered {
		t.mistakes.Delete(name)
	} else if said, _ := t.mistakes.Get(name); said != nolink.Cause(err).Error() {
		t.mistakes.Put(name, nolink.Cause(err).Error())
		t.log.Error("an album is closed, since its "+album.AccessFile+" cannot be understood: `gallery access` writes it anew", "album", name, "err", nolink.Cause(err))
	}
	rule.from = name
	return rule
}

// Mistakes is how many albums are closed since what says who may see them cannot be read.
func (t *Tree) Mistakes() int { return t.mistakes.Len() }

// read reads the file of that path below folder.
func read(folder *os.Root, file string) (Rule, error) {
	dir, err := nolink.Folder(folder, path.Dir(file), false)
	if err != nil {
		return Rule{}, err
	}
	defer dir.Close()
	f, _, err := nolink.File(dir, path.Base(file))
	if err != nil {
		return Rule{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Rule{}, err
	}
	return Parse(data)
}

// Set writes the rule of the album called name. Everybody may read the file: that there is
// one is what nginx goes by.
func Set(root *os.Root, name string, rule Rule) error {
	folder, err := album.Open(root, name)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := atomicfile.Write(folder, album.AccessFile, []byte(rule.Text()), 0o644); err != nil {
		return fmt.Errorf("%s: %w", path.Join(name, album.AccessFile), nolink.Cause(err))
	}
	if info, err := folder.Stat("."); err == nil && os.Geteuid() == 0 {
		// Whose the folder is may change it, too.
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			_ = folder.Lchown(album.AccessFile, int(owner.Uid), int(owner.Gid)) // all can read it as it is
		}
	}
	if err := atomicfile.Flush(folder); err != nil {
		return err
	}
	// What servers remember of the albums above goes by their folders' times. Where these cannot
	// be set they look again before long.
	now := time.Now()
	for up := name; up != "."; {
		up = path.Dir(up)
		_ = root.Chtimes(up, time.Time{}, now)
	}
	return nil
}
