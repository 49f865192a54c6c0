package main

import (
	"os"
	"testing"
)

func TestTreeMemory(t *testing.T) {
	own, err := treeMemory(os.Getpid(), "status", "VmHWM")
	if err != nil || own < 1<<20 || own > 1<<32 {
		t.Errorf("treeMemory = %d, %v", own, err)
	}
}
