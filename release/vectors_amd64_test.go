package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Among vectors of 32 bytes, the compiled program has no instruction of SSE: Intel's processors
// before Skylake, and some since, take more than a hundred cycles to go from one to the other
// ("Intel 64 and IA-32 Architectures Optimization Reference Manual", on mixing AVX and SSE code).
// The compiler makes some of its own accord: for shifts to the right of numbers without a sign,
// for vectors of 16 bytes when registers run out, and for arrays that are set to 0 or copied.
func TestProgram_vectorsWithoutSSE(t *testing.T) {
	t.Parallel()
	objdump := need(t, "objdump", "binutils")
	program := filepath.Join(t.TempDir(), "gallery")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-w", "-o", program, ".")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOEXPERIMENT=simd")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code, err := exec.Command(objdump, "--disassemble", "--no-show-raw-insn", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	begins := regexp.MustCompile(`^[0-9a-f]+ <(gallery/.*)>:$`)
	function, wide, functions := "", false, 0
	for line := range strings.Lines(string(code)) {
		if !strings.HasPrefix(line, " ") { // between functions
			function, wide = "", false
			if m := begins.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				function = m[1]
			}
			continue
		}
		_, instruction, _ := strings.Cut(line, ":")
		instruction = strings.TrimSpace(instruction)
		switch {
		case function == "":
		case strings.Contains(instruction, "%ymm"):
			if !wide {
				functions++
			}
			wide = true
		case wide && strings.Contains(instruction, "%xmm") && !strings.HasPrefix(instruction, "v"):
			t.Errorf("%s has %s among vectors", function, instruction)
		}
	}
	if functions < 15 {
		t.Errorf("%d functions with vectors were found, there are more", functions)
	}
}
