package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
)

const (
	// MinPassword is the length in bytes of the shortest password that is set.
	// The address is open to everybody's guesses.
	MinPassword = 8
	// MaxPassword is how many bytes bcrypt takes into account.
	MaxPassword = 72
)

// CheckName refuses what cannot stand in the file or be sent by a browser.
func CheckName(name string) error {
	if name == "" || len(name) > 255 || name[0] == '#' || !utf8.ValidString(name) || strings.ContainsRune(name, ':') ||
		strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
		return fmt.Errorf("the name %q will not do: text of at most 255 bytes without a colon, and without # or space at its ends", name)
	}
	return nil
}

// SetPassword puts a user's line into the file, in place of the one that is
// there. The file is replaced in one step. It keeps its owner, and its group's
// right to read it; others lose theirs.
func SetPassword(file, name string, hash []byte) error {
	if to, err := filepath.EvalSymlinks(file); err == nil {
		file = to
	}
	dir, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", file, nolink.Cause(err))
	}
	defer dir.Close()
	mode := fs.FileMode(0o600)
	before, err := os.ReadFile(file)
	info, statErr := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Join(err, statErr) != nil:
		return fmt.Errorf("%s cannot be read: %w", file, nolink.Cause(err))
	case info.Mode().Perm()&0o040 != 0:
		mode = 0o640
	}
	out, err := atomicfile.Create(dir, ".gallery-passwd-", mode)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", file, nolink.Cause(err))
	}
	defer out.Close()
	if info != nil {
		owner := info.Sys().(*syscall.Stat_t)
		if err := out.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("%s cannot be given the owner and group that it has now: %w", file, nolink.Cause(err))
		}
	}
	if err := out.Chmod(mode); err != nil { // whatever the umask
		return fmt.Errorf("%s cannot be written: %w", file, nolink.Cause(err))
	}
	if _, err := out.Write(withPassword(before, name, hash)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", file, nolink.Cause(err))
	}
	if err := out.Replace(filepath.Base(file)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", file, nolink.Cause(err))
	}
	return atomicfile.Flush(dir)
}

// withPassword is a password file with a user's line in it; all others stay.
func withPassword(file []byte, name string, hash []byte) []byte {
	line := fmt.Appendf(nil, "%s:%s\n", name, hash)
	var out []byte
	found := false
	for old := range bytes.Lines(file) {
		if bytes.HasPrefix(bytes.TrimLeft(old, " \t"), []byte(name+":")) {
			if !found {
				out = append(out, line...)
			}
			found = true
			continue
		}
		out = append(out, bytes.TrimRight(old, "\r\n")...)
		out = append(out, '\n')
	}
	if !found {
		out = append(out, line...)
	}
	return out
}
