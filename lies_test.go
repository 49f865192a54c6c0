package main

import (
	"path/filepath"
	"slices"
	"testing"

	"gallery/internal/testkit"
)

// A picture that cannot be decoded here, but that browsers show what there is
// of, is shown itself, if it is small whatever it claims; any other has a
// placeholder.
func TestAlbum_damagedShownThemselves(t *testing.T) {
	dir := t.TempDir()
	for _, f := range testkit.Honest() {
		writeFile(t, filepath.Join(dir, f.Name), f.Data[:len(f.Data)*8/10])
	}
	for _, f := range slices.Concat(testkit.Huge(), testkit.Others()) {
		writeFile(t, filepath.Join(dir, "lies", f.Name), f.Data)
	}
	s := newSite(t, dir)
	for range 2 {
		doc := s.page("/")
		shown := values(doc, ".photo img", "src")
		for _, want := range []string{"/plain.png", "/interlaced.png", "/palette.gif"} {
			if !slices.Contains(shown, want) {
				t.Errorf("%s is not shown itself; shown are %s", want, shown)
			}
			if got := values(s.page(want+"/"), "#photo", "src"); !slices.Equal(got, []string{want}) {
				t.Errorf("its page shows %s", got)
			}
		}
		for _, src := range values(s.page("/lies/"), ".photo img", "src") {
			if filepath.Dir(src) != "/lies/_thumbs" {
				t.Errorf("%s is put before a browser", src)
			}
		}
	}
}
