package messages

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
)

// Every text is shown by something: a template or the code names it.
func TestCatalogue_used(t *testing.T) {
	var sources []byte
	for _, pattern := range []string{"../../*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no source at %s, %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, data...)
		}
	}
	fields := reflect.TypeFor[Catalogue]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if !regexp.MustCompile(`\b(?:T|t|c|w|texts|english)\.` + name + `\b(?:[^(]|$)`).Match(sources) {
			t.Errorf("nothing shows %s", name)
		}
	}
}
