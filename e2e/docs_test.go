package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/private-albums.md has its readers type works, in its order; its pictures are there,
// and it is no longer than 60 lines.
func TestDocs_privateAlbums(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/private-albums.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > 60 {
		t.Errorf("it has %d lines", n)
	}
	pictures := regexp.MustCompile(`src="([^"]+)"`).FindAllStringSubmatch(string(text), -1)
	for _, m := range pictures {
		if _, err := os.Stat(filepath.Join("../docs", m[1])); err != nil {
			t.Error(err)
		}
	}
	if len(pictures) < 3 {
		t.Errorf("it shows %d pictures", len(pictures))
	}
	dir, users := t.TempDir(), filepath.Join(t.TempDir(), "users")
	draw(t, filepath.Join(dir, "Wedding Ann & Bob", "1.jpg"), 60, 40, 1)
	var said string
	run := func(command string) {
		t.Helper()
		here := strings.NewReplacer("sudo gallery", binary, "/srv/photos", dir, "/etc/gallery/users", users).Replace(command)
		cmd := exec.Command("sh", "-ec", here)
		cmd.Stdin = strings.NewReader(password + "\n")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(here, "sudo") {
			t.Fatalf("%s: %v\n%s", here, err, out)
		}
		said = string(out)
	}
	blocks, words := 0, regexp.MustCompile("`(sudo gallery [^`]+)`")
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			blocks++
			run(strings.TrimSpace(command))
			continue
		}
		for _, m := range words.FindAllStringSubmatch(line, -1) {
			blocks++
			run(m[1])
		}
	}
	if blocks < 4 {
		t.Errorf("it has %d commands", blocks)
	}
	id, _, ok := strings.Cut(said, " to Wedding Ann & Bob for Ann & Bob until ")
	if !ok {
		t.Fatalf("in the end it lists %q", said)
	}
	run("sudo gallery shares -revoke " + id + " /srv/photos")
	if run("sudo gallery shares /srv/photos"); !strings.Contains(said, "revoked on ") {
		t.Errorf("after -revoke it lists %q", said)
	}
	run(`sudo gallery access /srv/photos "Wedding Ann & Bob"`)
	if said != "Wedding Ann & Bob: me, as Wedding Ann & Bob/.access says\n" {
		t.Errorf("gallery access says %q", said)
	}
}
