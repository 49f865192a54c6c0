package index

import (
	"reflect"
	"testing"
	"time"

	"gallery/internal/album"
)

// A summary is exact only where both sides are.
func TestSummary_Add(t *testing.T) {
	for _, test := range []struct{ own, below, want bool }{
		{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false},
	} {
		sum := Summary{Exact: test.own}
		sum.Add(Summary{Exact: test.below}, false)
		if sum.Exact != test.want {
			t.Errorf("%v and %v below make exact %v, want %v", test.own, test.below, sum.Exact, test.want)
		}
	}
}

// A tree is read as it was written.
func TestParseTree(t *testing.T) {
	at := time.Date(2014, 7, 5, 12, 34, 56, 250, time.UTC)
	cover := album.Photo{Album: "a/b \xff", File: "c \xff.jpg", Size: 1, MTime: 2, CTime: 3, Sidecar: "4"}
	tree := Tree{
		Options: "400px", Folders: 3, Albums: []string{"b \xff"}, Own: Summary{Photos: 1, Exact: true, Folders: 1, Bytes: 9, Guarded: true, Others: album.CountOthers([]string{"a.mov", "b.heic"})},
		All: Summary{Photos: 2, First: cover, Taken: DateRange{cover, at, at.Add(-time.Hour)}, Newest: at.Add(time.Hour)},
	}
	tree.Stamp(time.Unix(5, 6), 7, time.Time{})
	got, err := ParseTree(tree.Format())
	if err != nil || !reflect.DeepEqual(got, tree) || !got.Equal(tree) {
		t.Errorf("ParseTree = %+v, %v, want %+v", got, err, tree)
	}
	if !got.Of(time.Unix(5, 6), 7, time.Time{}) || got.Of(time.Unix(5, 7), 7, time.Time{}) || got.Of(time.Unix(5, 6), 8, time.Time{}) ||
		got.Of(time.Unix(5, 6), 7, time.Unix(7, 8)) || (&Tree{}).Of(time.Time{}, 0, time.Time{}) {
		t.Error("the tree is not told from one of another state")
	}
}

func FuzzParseTree(f *testing.F) {
	f.Add(Tree{Folders: 1, Own: Summary{First: album.Photo{Album: ".", File: "a.jpg"}}}.Format())
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := ParseTree(data)
		if err != nil {
			return
		}
		for _, cover := range []album.Photo{tree.All.First, tree.All.Taken.Cover, tree.Own.First, tree.Own.Taken.Cover} {
			if cover.Album != "" && cover.Album != "." && !visible(cover.Album) || !album.Visible(cover.File) && cover.File != "" {
				t.Fatalf("the cover %q lies in %q", cover.File, cover.Album)
			}
		}
		again, err := ParseTree(tree.Format())
		if err != nil || !again.Equal(tree) {
			t.Fatalf("written and read: %+v, %v, want %+v", again, err, tree)
		}
	})
}
