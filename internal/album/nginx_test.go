package album

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// nginx leaves the same folders to the program that are no albums here: its list, in
// gallery.conf, has each name and extension once, and takes none for another.
func TestSystemFolders_nginx(t *testing.T) {
	var conf []byte
	files, err := filepath.Glob("../../deploy/nginx/*/*.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../../deploy/nginx/gallery.conf") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		conf = append(conf, data...)
	}
	found := regexp.MustCompile(`(?s)location ~ "\(\?ix\)([^"]*@eadir[^"]*)"`).FindSubmatch(conf)
	if found == nil {
		t.Fatal("nginx's files list no folders of systems")
	}
	// In PCRE's extended mode white space counts only within brackets.
	pattern := regexp.MustCompile(`\[[^]]*\]|\s+`).ReplaceAllStringFunc(string(found[1]), func(s string) string {
		return strings.Trim(s, " \n\t")
	})
	nginx := regexp.MustCompile("(?i)" + pattern)

	const patterns = 3 // one for the extensions, and two that are no plain names
	if names := strings.Count(pattern, "|") - strings.Count(pattern, "|\\z") - (len(systemExtensions) - 1) + 1 - patterns; names != len(systemFolders) {
		t.Errorf("nginx lists %d names, the program %d", names, len(systemFolders))
	}
	var names []string
	names = append(names, systemFolders[:]...)
	for _, ext := range systemExtensions {
		names = append(names, "x"+ext, "a b "+ext)
	}
	for _, name := range append(names, "FOUND.000", "found.123", "@GMT-", "@GMT-2024.01.01-00.00.00") {
		for _, name := range []string{name, strings.ToLower(name), strings.ToUpper(name), name + ".", name + " ", name + ". ."} {
			for _, path := range []string{"/" + name + "/1.jpg", "/a/" + name + "/b/1.jpg", "/" + name + "/_thumbs/1.jpg", "/a/" + name, "/" + name + "/"} {
				if !nginx.MatchString(path) || Visible(name) {
					t.Errorf("%s: nginx leaves it out: %v, the program: %v, want both", path, nginx.MatchString(path), !Visible(name))
				}
			}
		}
	}
	for _, name := range names {
		for _, name := range []string{"x" + name, name + "x", strings.Replace(name, ".", "-", 1) + "y"} {
			if path := "/" + name + "/1.jpg"; nginx.MatchString(path) != !Visible(name) {
				t.Errorf("%s: nginx leaves it out: %v, the program: %v", path, nginx.MatchString(path), !Visible(name))
			}
		}
	}
}
