//go:build !linux

package doctor

import (
	"os"
	"runtime"
)

// What Linux tells is not known here.

func noACL() []byte                      { return nil }
func acl(*os.Root, string) func() []byte { return noACL }
func aclOf(string) func() []byte         { return noACL }
func expectedMounts(string) []string     { return nil }
func clockSynchronized() (bool, bool)    { return false, false }
func kernel() (name, amiss string)       { return runtime.GOOS, "" }
