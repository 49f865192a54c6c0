package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc: USER_HZ, 100 everywhere.
const tick = time.Second / 100

// processStat is what /proc says of a process (proc(5), /proc/PID/stat).
type processStat struct {
	parent int
	cpu    time.Duration // user and system
}

func parseStat(line []byte) (processStat, error) {
	// The name, in parentheses, may hold anything. What follows begins with
	// the third field, the state.
	_, rest, ok := bytes.Cut(line[max(0, bytes.LastIndexByte(line, ')')):], []byte(") "))
	fields := strings.Fields(string(rest))
	if !ok || len(fields) < 13 {
		return processStat{}, fmt.Errorf("process state %q", line)
	}
	var n [3]int
	for i, field := range []string{fields[1], fields[11], fields[12]} {
		var err error
		if n[i], err = strconv.Atoi(field); err != nil {
			return processStat{}, fmt.Errorf("process state %q: %w", line, err)
		}
	}
	return processStat{n[0], time.Duration(n[1]+n[2]) * tick}, nil
}

// processTree returns a process and all that descend from it.
func processTree(root int) (map[int]processStat, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]processStat{}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		if all[pid], err = parseStat(line); err != nil {
			return nil, err
		}
	}
	if _, ok := all[root]; !ok {
		return nil, fmt.Errorf("process %d has ended", root)
	}
	tree := map[int]processStat{root: all[root]}
	for grown := true; grown; {
		grown = false
		for pid, stat := range all {
			_, in := tree[pid]
			if _, child := tree[stat.parent]; child && !in {
				tree[pid], grown = stat, true
			}
		}
	}
	return tree, nil
}

// treeTime returns the processor time of a process and all below it.
func treeTime(root int) (time.Duration, error) {
	tree, err := processTree(root)
	var sum time.Duration
	for _, stat := range tree {
		sum += stat.cpu
	}
	return sum, err
}

// treeMemory returns the sum of a field of a process and all below it, in
// bytes.
func treeMemory(root int, file, field string) (int64, error) {
	tree, err := processTree(root)
	if err != nil {
		return 0, err
	}
	var sum int64
	for pid := range tree {
		n, err := memory(pid, file, field)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// memory returns a field of a file of a process in /proc, in bytes.
func memory(pid int, file, field string) (int64, error) {
	name := fmt.Sprintf("/proc/%d/%s", pid, file)
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			return n << 10, nil
		}
	}
	return 0, fmt.Errorf("%s has no %s", name, field)
}
