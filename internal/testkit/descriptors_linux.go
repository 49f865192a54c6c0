package testkit

import (
	"os"
	"testing"
)

// Descriptors is how many descriptors the test's program has open.
func Descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}
