package machine

import (
	"fmt"
	"os"
	"testing"
)

func TestMemory(t *testing.T) {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var kilobytes int64
	if _, err := fmt.Fscanf(file, "MemTotal: %d kB", &kilobytes); err != nil {
		t.Fatal(err)
	}
	if got := Memory(); got != kilobytes<<10 {
		t.Errorf("the machine has %d bytes, /proc/meminfo says %d", got, kilobytes<<10)
	}
}
