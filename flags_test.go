package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/rendition"
	"gallery/internal/sharing"
)

// documented returns the names of flags, and the environment variables beside them, in
// the lines of a text that match: its groups are the name and the variable.
func documented(text, line string) map[string]string {
	variables := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)"+line).FindAllStringSubmatch(text, -1) {
		variables[m[1]] = m[2]
	}
	return variables
}

// The manual, the README's table, the environment variables and the flags are one list.
func TestFlags_documented(t *testing.T) {
	manual := theManual().String()
	server, all := map[string]string{}, map[string]string{}
	for _, command := range commands() {
		command.Flags.VisitAll(func(f *flag.Flag) {
			variable := environment(f.Name)
			all[f.Name] = variable
			if command.Name == "" {
				server[f.Name] = variable
			}
		})
	}
	if got := documented(manual, `^\t-([a-z-]+)(?: [A-Z]+)? +(GALLERY_\w+)? `); !maps.Equal(got, all) {
		t.Errorf("the manual has %v, the flags are %v", got, all)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := documented(string(readme), "^\\| `-([a-z-]+)` \\| (?:`(GALLERY_\\w+)`)? *\\|"); !maps.Equal(got, server) {
		t.Errorf("the README's table has %v, the flags are %v", got, server)
	}
	if strings.Contains(strings.ReplaceAll(manual, "://", ""), "//") {
		t.Error("the manual holds comment signs")
	}
}

// What nginx's files repeat is what the program has: renditions and extensions.
func TestNginx_repeats(t *testing.T) {
	var conf []byte
	for _, pattern := range []string{"deploy/nginx/*.conf", "deploy/nginx/*/*.conf"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files at %s, %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			conf = append(conf, data...)
		}
	}
	var sides []string
	for dir := range rendition.Sides {
		sides = append(sides, dir)
	}
	alternatives := regexp.MustCompile(`\(\?:(\d+(?:\|\d+)+)\)`).FindAllStringSubmatch(string(conf), -1)
	if len(alternatives) == 0 {
		t.Error("nginx's files name no renditions")
	}
	for _, m := range alternatives {
		got := strings.Split(m[1], "|")
		slices.Sort(got)
		slices.Sort(sides)
		if !slices.Equal(got, sides) {
			t.Errorf("nginx has the renditions %q, the program %q", got, sides)
		}
	}
	extensions := regexp.MustCompile(`\(\?i:([a-z?|]*jpe[a-z?|]*)\)`).FindAllStringSubmatch(string(conf), -1)
	if len(extensions) == 0 {
		t.Error("nginx's files name no extensions")
	}
	for _, m := range extensions {
		pattern := regexp.MustCompile("^(?:" + m[1] + ")$")
		for _, extension := range []string{"jpg", "jpeg", "png", "gif", "webp", "heic", "txt", "md", "jfif", "avif", "svg"} {
			if got, want := pattern.MatchString(extension), album.IsPhotoName("x."+extension); got != want {
				t.Errorf("nginx's %s serves .%s: %v, the program: %v", m[0], extension, got, want)
			}
		}
	}
}

// Flags may stand behind the other arguments, too, up to "--".
func TestFlags_anywhere(t *testing.T) {
	for line, want := range map[string]string{
		"-name=x -picks DIR ALBUM":     "x true [DIR ALBUM]",
		"DIR ALBUM -picks -name x":     "x true [DIR ALBUM]",
		"DIR -name x ALBUM":            "x false [DIR ALBUM]",
		"DIR -name x -- -picks -ALBUM": "x false [DIR -picks -ALBUM]",
		"-- DIR -name x":               " false [DIR -name x]",
		"":                             " false []",
	} {
		var link sharing.Link
		flags := shareFlags(&link, new(time.Duration), new(bool))
		if err := readFlags(flags, strings.Fields(line), io.Discard); err != nil {
			t.Errorf("%q: %v", line, err)
		} else if got := fmt.Sprint(link.Name, " ", link.Picks, " ", flags.Args()); got != want {
			t.Errorf("%q is read as %s, want %s", line, got, want)
		}
	}
	if err := readFlags(shareFlags(new(sharing.Link), new(time.Duration), new(bool)), []string{"DIR", "-nmae", "x"}, io.Discard); err == nil {
		t.Error("a flag that there is not is taken behind DIR")
	}
}
