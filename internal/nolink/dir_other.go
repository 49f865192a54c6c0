//go:build !linux

package nolink

import (
	"io/fs"
	"os"
)

// opened has no use on systems without openat2.
type opened struct{}

func openAtOnce(*os.Root) (d *Dir, ok bool, err error) { return nil, false, nil }

func (opened) close() error                          { return nil }
func (opened) folder(string) (*Dir, error)           { return nil, ErrNotHere }
func (opened) lstat(string) (fs.FileInfo, error)     { return nil, ErrNotHere }
func (opened) lstatAt(string) (fs.FileInfo, error)   { return nil, ErrNotHere }
func (opened) file(string) (int, fs.FileInfo, error) { return -1, nil, ErrNotHere }
func pread(int, []byte, int64) (int, error)          { return 0, ErrNotHere }
func closeDescriptor(int) error                      { return nil }
func isAsOpened(int, fs.FileInfo) bool               { return false }
