package index

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/rendition"
)

// everything is an index with one of each.
func everything() (Head, []Photo) {
	a := album.Listing{
		Name: "2014/Trip", MTime: time.Unix(1, 2), Albums: []string{"Day 1", "b\xff"}, Left: []string{"x"},
		Photos: []album.Photo{
			{Album: "2014/Trip", File: "a \"b\"\\<&>.jpg", Size: 1, MTime: 2, CTime: 3, Sidecar: "1-2-3"},
			{Album: "2014/Trip", File: "latin\xe9.jpg", Size: 1, MTime: -2},
			{Album: "2014/Trip", File: "ü\u2028.jpg", Size: 1},
		},
		Notes: map[string]album.Photo{"a": {Album: "2014/Trip", File: "a.md", Size: 3, MTime: 4}},
	}
	h := Of(a, "400px", time.Unix(5, 6))
	h.Stores[""] = 7
	h.Title = "The <b> trip"
	r := rendition.Record{
		Taken: "2014-07-05T12:34:56.25", Width: 4032, Height: 3024, Color: "#aabbcc", Turned: true, Animated: true, Caption: "line \"one\"",
		Title: "t", Keywords: []string{"dog", "big, old"}, Rating: -1, Creator: "me", Copyright: "©", Camera: "Canon", Lens: "50 mm",
		FileSize: 9, FileMTime: 10,
	}
	photos := []Photo{Describe(a.Photos[0], r, true), Describe(a.Photos[1], r, false), Describe(a.Photos[2], r, false)}
	photos[0].Add(rendition.Sharp, r)
	photos[0].Add(rendition.Preview, r)
	return h, photos
}

// What is written is read again, whatever names and captions hold, and is JSON a line.
func TestParse(t *testing.T) {
	h, photos := everything()
	data := Format(h, photos)
	for line := range bytes.Lines(data) {
		if !json.Valid(line) {
			t.Errorf("%s is no JSON", line)
		}
	}
	x, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x.Head, h) {
		t.Errorf("head = %+v, want %+v", x.Head, h)
	}
	for i, want := range photos {
		if got := x.At(i); !reflect.DeepEqual(got, want) {
			t.Errorf("photo %d = %+v, want %+v", i, got, want)
		}
		if got, ok := x.Find(string(want.Name)); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("Find(%q) = %+v, %v", want.Name, got, ok)
		}
		if got := x.Alone(string(want.Name)); got != (want.Sidecar == "") {
			t.Errorf("Alone(%q) = %t", want.Name, got)
		}
	}
	if x.Alone("other.jpg") || (*Index)(nil).Alone("1.jpg") {
		t.Error("a photo is alone that is not there")
	}
	if _, ok := x.Find("other.jpg"); ok {
		t.Error("a photo is found that is not there")
	}
	r, ok := photos[0].Record(rendition.Sharp, 8, "800px")
	if !ok || r.Read != 8 || r.Options != "800px" || r.Camera != "Canon" || r.CTime != 3 || r.FileMTime != 10 {
		t.Errorf("Record = %+v, %v", r, ok)
	}
	if _, ok := photos[1].Record("", 8, ""); ok {
		t.Error("a photo without a thumbnail has a record")
	}
	a := x.Listing("2014/Trip")
	if got := a.Photos[1]; got.File != "latin\xe9.jpg" || got.MTime != -2 || got.Album != "2014/Trip" {
		t.Errorf("listed as %+v", got)
	}
	if len(a.Notes) != 1 || a.Notes["a"].File != "a.md" || a.Albums[1] != "b\xff" || !a.MTime.Equal(time.Unix(1, 2)) {
		t.Errorf("listed as %+v", a)
	}
}

// What is not whole, of another version, or not as it is written is no index.
func TestParse_refuses(t *testing.T) {
	h, photos := everything()
	whole := string(Format(h, photos))
	head, rest, _ := strings.Cut(whole, "\n")
	for name, text := range map[string]string{
		"empty":          "",
		"cut short":      whole[:len(whole)-1],
		"a line less":    whole[:strings.LastIndex(whole[:len(whole)-1], "\n")+1],
		"a line more":    whole + "{\"file\":\"z.jpg\",\"size\":1,\"mtime\":1}\n",
		"twice":          head + "\n" + strings.Repeat(rest[:strings.Index(rest, "\n")+1], 3),
		"other version":  strings.Replace(whole, `"gallery-index":1`, `"gallery-index":2`, 1),
		"half a head":    head[:20],
		"head alone":     head,
		"other key":      strings.Replace(whole, `"color"`, `"colour"`, 1),
		"other folder":   strings.Replace(whole, "ü", "../ü", 1),
		"leading zero":   strings.Replace(whole, `"width":4032`, `"width":04032`, 1),
		"huge number":    strings.Replace(whole, `"width":4032`, `"width":99999999999999999999`, 1),
		"one too large":  strings.Replace(whole, `"width":4032`, `"width":9223372036854775808`, 1),
		"no digit":       strings.Replace(whole, `"width":4032`, `"width":-`, 1),
		"file not first": strings.Replace(whole, `"width":4032`, `"width":4032,"size":1`, 1),
		"no name":        strings.Replace(whole, `"file":"ü\u2028.jpg",`, "", 1),
		"spaces":         strings.Replace(whole, `"width":4032`, `"width": 4032`, 1),
		"not UTF-8":      strings.Replace(whole, "#aabbcc", "\xff", 1),
		"control":        strings.Replace(whole, "#aabbcc", "\x01", 1),
		"many photos":    strings.Replace(whole, `"photos":3`, `"photos":1000000000000`, 1),
		"negative":       strings.Replace(whole, `"photos":3`, `"photos":-3`, 1),
	} {
		if text == whole {
			t.Fatalf("%s: changes nothing", name)
		}
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: Parse takes\n%s", name, text)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := Read(root, "a"); err == nil {
		t.Error("Read finds an index where there is none")
	}
	if err := root.MkdirAll(Folder("a"), 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := root.OpenRoot(Folder("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	h, photos := everything()
	if err := Write(folder, PhotosFile, Format(h, photos)); err != nil {
		t.Fatal(err)
	}
	x, err := Read(root, "a")
	if err != nil || x.Photos != 3 {
		t.Fatalf("Read = %+v, %v", x, err)
	}
	info, err := folder.Stat(PhotosFile)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// A link is followed nowhere.
	if err := os.Rename(dir+"/a/_thumbs/.index/photos", dir+"/elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../../elsewhere", dir+"/a/_thumbs/.index/photos"); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(root, "a"); err == nil {
		t.Error("Read follows a link")
	}
}

// Whatever is read as a line, encoding/json reads the same, and it is written as it was.
func FuzzParse(f *testing.F) {
	h, photos := everything()
	f.Add(Format(h, photos))
	f.Add(Format(Head{Version: version}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Parse(data)
		if err != nil {
			return
		}
		var all []Photo
		for i := range x.Photos {
			p := x.At(i)
			if got := x.FileAt(i); got != p.File {
				t.Fatalf("line %d: its file is %+v, want %+v", i, got, p.File)
			}
			var want Photo
			if err := json.Unmarshal([]byte(x.text[x.begin[i]:x.begin[i+1]]), &want); err != nil {
				t.Fatalf("line %d: %v", i, err)
			}
			if len(p.Keywords)+len(want.Keywords) == 0 {
				p.Keywords, want.Keywords = nil, nil
			}
			if !reflect.DeepEqual(p, want) {
				t.Fatalf("line %d: %+v, want %+v", i, p, want)
			}
			all = append(all, p)
		}
		again, err := Parse(Format(x.Head, all))
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if got := again.At(i); !reflect.DeepEqual(got, all[i]) {
				t.Fatalf("written and read, line %d: %+v, want %+v", i, got, all[i])
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	h, photos := everything()
	photos = photos[:1]
	h.Photos = 500
	line := photos[0]
	line.Caption, line.Keywords = "", nil
	photos = nil
	for i := range h.Photos {
		line.Name = Name("IMG_" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".jpg")
		photos = append(photos, line)
	}
	data := Format(h, photos)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
