package upkeep

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"gallery/internal/thumbs"
)

func TestBackground_standsBack(t *testing.T) {
	b := NewBackground(nil, nil, nil)
	b.Enter()
	ctx, cancel := context.WithTimeout(t.Context(), 2*quiet)
	defer cancel()
	if err := b.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while a visitor waits, wait = %v", err)
	}
	b.Leave()
	left := time.Now()
	if err := b.wait(t.Context()); err != nil || time.Since(left) < quiet-10*time.Millisecond {
		t.Errorf("after the visitor's leaving wait = %v within %v, want %v", err, time.Since(left), quiet)
	}
}

func TestBackground_queue(t *testing.T) {
	b := NewBackground(nil, nil, nil)
	for i := range maxViewed + 5 {
		b.Viewed(fmt.Sprint(i), thumbs.Stamp{})
	}
	b.Viewed("7", thumbs.Stamp{}) // looked at again: it comes first
	var got []string
	for album, ok := b.pop(); ok; album, ok = b.pop() {
		got = append(got, album)
	}
	if len(got) != maxViewed || got[0] != "7" || got[1] != fmt.Sprint(maxViewed+4) || got[maxViewed-1] != "5" {
		t.Errorf("%d albums wait, from %s, %s to %s", len(got), got[0], got[1], got[len(got)-1])
	}
	b.Viewed("new", thumbs.Stamp{})
	b.later("old")
	first, _ := b.pop()
	second, _ := b.pop()
	if first != "new" || second != "old" {
		t.Errorf("%s comes before %s", first, second)
	}
}

// An album that is warm is not warmed again at each view, but when it has changed or after
// a while.
func TestBackground_warmOnce(t *testing.T) {
	b := NewBackground(nil, nil, nil)
	warm := thumbs.Stamp{Photos: time.Unix(1, 0)}
	b.warmed.Put("a", warmed{warm, time.Now()})
	b.Viewed("a", warm)
	if album, ok := b.pop(); ok {
		t.Errorf("%s, which is warm, is to be warmed", album)
	}
	b.Viewed("a", thumbs.Stamp{Photos: time.Unix(2, 0)})
	if _, ok := b.pop(); !ok {
		t.Error("a changed album is not warmed")
	}
	b.warmed.Put("a", warmed{warm, time.Now().Add(-warmFor)})
	b.Viewed("a", warm)
	if _, ok := b.pop(); !ok {
		t.Errorf("after %v an album is not warmed", warmFor)
	}
}
