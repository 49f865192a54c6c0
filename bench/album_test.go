package main

import (
	"slices"
	"testing"
)

func TestThumbTargets(t *testing.T) {
	const page = `<style>img{}</style><a href="a/"><img src="/album/_thumbs/a%20b.jpg?v=1&amp;w=2" width="4"></a>
<figure><img src="_thumbs/c.jpg" alt="_thumbs/d.jpg"></figure><img src="/logo.png">`
	got, err := thumbTargets("http://127.0.0.1:80/album/", []byte(page))
	want := []string{"/album/_thumbs/a%20b.jpg?v=1&w=2", "/album/_thumbs/c.jpg"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("thumbTargets = %q, %v, want %q", got, err, want)
	}
}
