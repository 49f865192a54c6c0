package main

import (
	"path"
	"strings"
	"testing"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

func TestParsePath(t *testing.T) {
	const root = "/srv/photos"
	photo := func(name string) target { return target{name: name} }
	tests := []struct {
		path string
		want target
		ok   bool
	}{
		{"/", target{name: ".", slash: true}, true},
		{"//", target{name: ".", slash: true}, true},
		{"/a", photo("a"), true},
		{"/a/", target{name: "a", slash: true}, true},
		{"/a//b/c.jpg", photo("a/b/c.jpg"), true},
		{"/a/b..c.jpg", photo("a/b..c.jpg"), true},
		{"/a\\..\\b.jpg", photo("a\\..\\b.jpg"), true}, // a name like any other on Linux
		{"/a/x.jpg/", target{name: "a/x.jpg", slash: true}, true},
		{"/\xff.jpg", photo("\xff.jpg"), true},
		{"/a/_thumbs/x.jpg", target{name: "a/x.jpg", thumb: true}, true},
		{"/_thumbs/x.PNG", target{name: "x.PNG", thumb: true}, true},
		{"/a/_thumbs/1600/x.jpg", target{name: "a/x.jpg", thumb: true, rend: "1600"}, true},
		{"/a/b/_thumbs/800/x.webp", target{name: "a/b/x.webp", thumb: true, rend: "800"}, true},
		{"/a//_thumbs//x.jpg", target{name: "a/x.jpg", thumb: true}, true},

		{strings.Repeat("/x", maxSegments), photo(strings.Repeat("x/", maxSegments)[:2*maxSegments-1]), true},
		{strings.Repeat("//x", maxSegments), photo(strings.Repeat("x/", maxSegments)[:2*maxSegments-1]), true},
		{strings.Repeat("/x", maxSegments+1), target{}, false},
		{"/a/@eaDir/x.jpg", target{}, false},
		{"/a/#recycle/", target{}, false},

		{"", target{}, false},
		{"a", target{}, false},
		{"*", target{}, false},
		{"/.", target{}, false},
		{"/..", target{}, false},
		{"/../etc/passwd", target{}, false},
		{"/a/../b.jpg", target{}, false},
		{"/a/./b.jpg", target{}, false},
		{"/a/..", target{}, false},
		{"/.hidden/x.jpg", target{}, false},
		{"/a/.x.jpg", target{}, false},
		{"/a/...", target{}, false},
		{"/a\x00.jpg", target{}, false},
		{"/_thumbs", target{}, false},
		{"/_thumbs/", target{}, false},
		{"/a/_thumbs", target{}, false},
		{"/a/_thumbs/1600/", target{}, false},
		{"/a/_thumbs/1600", target{}, false},
		{"/a/_thumbs/x.jpg/", target{}, false},
		{"/a/_Thumbs/x.jpg", target{}, false},
		{"/a/_THUMBS/x.jpg", target{}, false},
		{"/a/_thumbs/400/x.jpg", target{}, false},
		{"/a/_thumbs/1600/800/x.jpg", target{}, false},
		{"/a/_thumbs/_thumbs/x.jpg", target{}, false},
		{"/_thumbs/a/_thumbs/x.jpg", target{}, false},
		{"/a/_thumbs/x.txt", target{}, false},
		{"/a/_thumbs/.tmp-00000000", target{}, false},
		{"/a/_thumbs//", target{}, false},
	}
	for _, test := range tests {
		got, ok := parsePath(root, test.path)
		if ok != test.ok || (ok && got != test.want) {
			t.Errorf("parsePath(%q) = %+v, %v, want %+v, %v", test.path, got, ok, test.want, test.ok)
		}
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		root, name string
		want       bool
	}{
		{"/srv/photos", ".", true},
		{"/srv/photos", "a/b", true},
		{"/", "a", true},
		{"/srv/photos", "..", false},
		{"/srv/photos", "../photos-private/x.jpg", false},
		{"/srv/photos", "a/../../x", false},
	}
	for _, test := range tests {
		if got := within(test.root, test.name); got != test.want {
			t.Errorf("within(%q, %q) = %v, want %v", test.root, test.name, got, test.want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"/", "/a/_thumbs/1600/x.jpg", "/a/../b", "/%2e%2e/x", "/a\x00", "//_thumbs//_thumbs/x.gif/", "/.a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, p string) {
		got, ok := parsePath("/srv/photos", p)
		if !ok {
			return
		}
		if got.name != path.Clean(got.name) || strings.HasPrefix(got.name, "/") {
			t.Errorf("parsePath(%q) gives %q, which is not clean and relative", p, got.name)
		}
		for _, segment := range strings.Split(got.name, "/") {
			if (segment != "." || got.name != ".") && !album.Visible(segment) || strings.EqualFold(segment, album.ThumbsDir) {
				t.Errorf("parsePath(%q) gives %q, which holds the segment %q", p, got.name, segment)
			}
		}
		if !within("/srv/photos", got.name) {
			t.Errorf("parsePath(%q) gives %q, outside the root", p, got.name)
		}
		if got.thumb && (!album.IsPhotoName(got.file()) || got.rend != "" && rendition.Sides[got.rend] == 0) {
			t.Errorf("parsePath(%q) gives the rendition %q of %q", p, got.rend, got.file())
		}
	})
}
