package atomicfile

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// Flush asks the file system to flush, which /proc cannot.
func TestFlush(t *testing.T) {
	dir, _ := open(t)
	if err := Flush(dir); err != nil {
		t.Errorf("Flush = %v", err)
	}
	proc, err := os.OpenRoot("/proc/self")
	if err != nil {
		t.Fatal(err)
	}
	defer proc.Close()
	if err := Flush(proc); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("Flush(/proc/self) = %v, want EINVAL", err)
	}
}
