package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Of nginx as shipped the doctor says nothing but that the answers are the same; of a changed
// snippet it says where, and of a photo that nginx answers otherwise which.
func TestDoctor_nginx(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	drawLarge(t, filepath.Join(dir, "Trip", "1 & 2.jpg"), 1200, 800, 1)
	p := start(t, nil, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf")
	p.send("GET", "/Trip/") // which makes its thumbnail
	// The test's own directories are open to this user and root alone.
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	doctor := func() (kinds, lines []string, code int) {
		t.Helper()
		dump, err := exec.Command(need(t, "nginx", "nginx-light"), "-T", "-c", n.conf).Output()
		if err != nil {
			t.Fatal(err)
		}
		printed := filepath.Join(t.TempDir(), "nginx")
		put(t, printed, dump)
		c := exec.Command(binary, "doctor", "-user", me.Username, "-json", "-nginx", printed, "-listen", strings.TrimPrefix(p.url, "http://"), dir)
		out, err := c.Output()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		var report struct {
			Findings []struct{ Severity, Kind, About, Text string }
		}
		if err := json.Unmarshal(out, &report); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, f := range report.Findings {
			if f.Severity != "note" {
				kinds = append(kinds, f.Kind)
			}
			lines = append(lines, f.Kind+" "+f.About+" "+f.Text)
		}
		return kinds, lines, c.ProcessState.ExitCode()
	}
	// The test's certificate is nobody's.
	kinds, lines, code := doctor()
	if !slices.Equal(kinds, []string{"certificate"}) || code != 1 {
		t.Errorf("of nginx as shipped it says %q, and ends with %d", lines, code)
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "site ") && strings.Contains(l, "3 addresses") }) {
		t.Errorf("it asked for nothing: %q", lines)
	}
	snippet := filepath.Join(filepath.Dir(n.conf), "snippets", "gallery-photo.conf")
	text, err := os.ReadFile(snippet)
	if err != nil {
		t.Fatal(err)
	}
	put(t, snippet, append(text, "\nlingering_timeout 9s;\n"...))
	if kinds, lines, _ = doctor(); !slices.Equal(kinds, []string{"certificate", "nginx-file"}) || !slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "nginx-file "+snippet) && strings.Contains(l, `"lingering_timeout 9s;", is not in what is shipped`)
	}) {
		t.Errorf("of a changed snippet it says %q", lines)
	}
}
