//go:build !linux

package atomicfile

import (
	"errors"
	"os"
)

// renameNew is for file systems without hard links, where only Linux has a way
// of renaming that never replaces.
func renameNew(dir *os.Root, from, to string) error {
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: errors.ErrUnsupported}
}
