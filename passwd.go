package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/term"

	"gallery/internal/atomicfile"
	"gallery/internal/nolink"
)

const (
	// minPassword is the length in bytes of the shortest password that is set.
	// The address is open to everybody's guesses.
	minPassword = 8
	// maxPassword is how many bytes bcrypt takes into account.
	maxPassword = 72
)

// runPasswd is "gallery passwd FILE NAME": it sets a user's password in a file.
func runPasswd(ctx context.Context, args []string, stdin *os.File, stderr io.Writer) error {
	if len(args) != 2 {
		return usagef("passwd: FILE and NAME are expected, such as `gallery passwd /etc/gallery/users ann`")
	}
	file, name := args[0], args[1]
	if err := checkUserName(name); err != nil {
		return usagef("passwd: %w", err)
	}
	password, err := askPassword(ctx, stdin, stderr, name)
	if err != nil {
		return err
	}
	switch {
	case len(password) < minPassword:
		return fmt.Errorf("the password is too short: at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("the password is too long: at most %d bytes", maxPassword)
	}
	hash, err := bcrypt.GenerateFromPassword(password, newCost)
	if err != nil {
		return err
	}
	return setPassword(file, name, hash)
}

// checkUserName refuses what cannot stand in the file or be sent by a browser.
func checkUserName(name string) error {
	if name == "" || len(name) > 255 || name[0] == '#' || !utf8.ValidString(name) || strings.ContainsRune(name, ':') ||
		strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
		return fmt.Errorf("the name %q will not do: text of at most 255 bytes without a colon, and without # or space at its ends", name)
	}
	return nil
}

// askPassword asks for the password twice on a terminal, which does not show
// it, or reads one line.
func askPassword(ctx context.Context, stdin *os.File, stderr io.Writer, name string) ([]byte, error) {
	if !term.IsTerminal(int(stdin.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(stdin, 1<<10)).ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("reading the password: %w", err)
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
	first, err := readHidden(ctx, stdin, stderr, "Password for "+name+": ")
	if err != nil {
		return nil, err
	}
	second, err := readHidden(ctx, stdin, stderr, "Once more: ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, errors.New("the two passwords differ: nothing was changed")
	}
	return first, nil
}

// readHidden reads a line that the terminal does not show. A signal ends it
// and leaves the terminal as it was.
func readHidden(ctx context.Context, stdin *os.File, stderr io.Writer, prompt string) ([]byte, error) {
	fd := int(stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("reading the password: %w", err)
	}
	fmt.Fprint(stderr, prompt)
	defer fmt.Fprintln(stderr)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		term.Restore(fd, before)
		return nil, errors.New("interrupted: nothing was changed")
	}
}

// setPassword puts a user's line into the file, in place of the one that is
// there. The file is replaced in one step. It keeps its owner, and its group's
// right to read it; others lose theirs.
func setPassword(file, name string, hash []byte) error {
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
