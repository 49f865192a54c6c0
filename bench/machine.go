package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// writeMachine writes where this runs and the versions of what is compared.
func (b *bench) writeMachine(ctx context.Context) {
	b.printf("%s, %d cores, %s/%s, %s\n", processorName(), b.cores, runtime.GOOS, runtime.GOARCH, runtime.Version())
	var peers []string
	for _, peer := range []struct {
		name    string
		command []string
	}{
		{"libvips", []string{"vipsthumbnail", "--vips-version"}},
		{"Python", []string{python, "-c", "import sys; print(sys.version)"}},
		{"Pillow", []string{python, "-c", "import PIL; print(PIL.__version__)"}},
		{"Flask", []string{python, "-c", "import flask; print(flask.__version__)"}},
		{"gunicorn", []string{python, "-c", "import gunicorn; print(gunicorn.__version__)"}},
		{"nginx", []string{"nginx", "-v"}},
		{"Caddy", []string{"caddy", "version"}},
		{"wrk", []string{"sh", "-c", "wrk -v; exit 0"}},
	} {
		peers = append(peers, peer.name+" "+versionOf(exec.CommandContext(ctx, peer.command[0], peer.command[1:]...)))
	}
	peers = append(peers, "sharp "+versionOf(sharpVersion(ctx)))
	b.printf("%s\n", strings.Join(peers, ", "))
}

func processorName() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// versionOf returns the first version number that a command prints.
func versionOf(cmd *exec.Cmd) string {
	out, err := cmd.CombinedOutput()
	version := regexp.MustCompile(`\d+(\.\d+)+`).Find(bytes.TrimSpace(out))
	if err != nil || version == nil {
		return "-"
	}
	return string(version)
}
