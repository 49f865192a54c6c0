package search

import (
	"fmt"
	"strings"
	"testing"
)

// Photos keep their names, whatever these are, and those of cameras take a byte each.
func TestNames(t *testing.T) {
	var photos []Photo
	add := func(name string, texts ...string) {
		photos = append(photos, Photo{File: name, Texts: texts})
	}
	for i := range 100 {
		name := fmt.Sprintf("DSC%05d.JPG", i)
		add(name, name)
	}
	x := &Index{}
	x.Put("a", "", 1, photos)
	if got := x.albums[0].files.size(); got > int64(len(photos)+100) {
		t.Errorf("%d names take %d bytes", len(photos), got)
	}
	for i := range 300 { // more sets of capitals than a byte counts
		name := fmt.Sprintf("%09b.jpg", i)
		name = strings.NewReplacer("0", "o", "1", "I").Replace(name)
		add(name, name)
	}
	for _, name := range []string{"", "é.jpg", "E\u0301.JPG", "ß.jpg", "\xff\xfe.JPG", "a\nB.jpg", "İ.jpg", "K.jpg", "[@`{.JPG", strings.Repeat("aB", 32), strings.Repeat("aB", 33)} {
		add(name, strings.ToValidUTF8(name, "?"), "x")
		add(name)
		add(name, "", "Another Text")
	}
	x.Put("a", "", 1, photos)
	found := x.Find(Query{}, nil, OldestFirst, 0, len(photos))
	if len(found.Hits) != len(photos) {
		t.Fatalf("%d of %d photos are there", len(found.Hits), len(photos))
	}
	for i, hit := range found.Hits {
		if hit.File != photos[i].File {
			t.Errorf("%q is called %q", photos[i].File, hit.File)
		}
	}
}
