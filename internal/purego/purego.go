// Package purego stands in for github.com/ebitengine/purego, which the WebP
// encoder's module imports to call the system's libwebp where there is one. A
// program that imports the real one is linked dynamically; this one has no
// library, so that the encoder uses the libwebp that it carries, and the
// program stays a single static file.
package purego

import "errors"

// Modes of Dlopen.
const (
	RTLD_NOW    = 0
	RTLD_GLOBAL = 0
)

// Dlopen finds no library.
func Dlopen(string, int) (uintptr, error) { return 0, errors.New("no libraries are loaded") }

// RegisterLibFunc is never called, since there is no library.
func RegisterLibFunc(any, uintptr, string) {}

// NewCallback returns no callback, since nobody will call it.
func NewCallback(any) uintptr { return 0 }
