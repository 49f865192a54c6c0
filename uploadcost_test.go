package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gallery/internal/album"
	"gallery/internal/messages"
	"gallery/internal/testkit"
)

// sendAll posts a form as ann that is written as it is sent, and returns the answer.
func (s *site) sendAll(path string, write func(form *multipart.Writer)) response {
	s.t.Helper()
	in, out := io.Pipe()
	form := multipart.NewWriter(out)
	go func() {
		write(form)
		form.Close()
		out.Close()
	}()
	r, err := http.NewRequest("POST", s.URL+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept", "application/json")
	r.SetBasicAuth("ann", rightPassword)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response{resp, body}
}

// Names at the sender's are kept up to 1 kB, whatever they hold; what stands before a
// part's content is read up to 16 kB. Neither memory nor the log nor the answer grows with more.
func TestUpload_longNames(t *testing.T) {
	s := uploadSite(t)
	jpg := picture(t, ".jpg", 1)
	for _, test := range []struct {
		name   string
		status int
		reason string
	}{
		{"new" + strings.Repeat("n", 1<<10-7) + ".jpg", 201, ""},
		{strings.Repeat("n", 1<<10-3) + ".jpg", 422, messages.English.LongName},
		{strings.Repeat("%", 5000) + ".jpg", 422, messages.English.LongName},
		{strings.Repeat("ü", 2000) + ".txt", 422, messages.English.LongName},
		{strings.Repeat("n", 20<<10) + ".jpg", 431, messages.English.LongName},
	} {
		got := s.post("/Trip/", []sent{{"photo", test.name, jpg}}, asScript...)
		up := uploaded(t, got)
		if got.StatusCode != test.status || len(up.Refused) > 0 != (test.reason != "") || len(up.Refused) > 0 && up.Refused[0].Reason != test.reason {
			t.Errorf("a name of %d bytes: %d %.300s, want %d %s", len(test.name), got.StatusCode, got.body, test.status, test.reason)
		}
		if test.reason != "" && len(got.body) > 2<<10 {
			t.Errorf("a name of %d bytes is answered with %d", len(test.name), len(got.body))
		}
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "Trip", album.ThumbsDir)); err != nil {
		t.Fatal(err)
	}

	long := strings.Repeat("x", 9<<20)
	for what, write := range map[string]func(form *multipart.Writer){
		"20 long names": func(form *multipart.Writer) {
			for range 20 {
				part, err := form.CreateFormFile("photo", long+".jpg")
				if err == nil {
					part.Write(jpg)
				}
			}
		},
		"5 long fields": func(form *multipart.Writer) {
			for range 5 {
				form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + long + `"`}})
			}
		},
		"5 parts of many header fields": func(form *multipart.Writer) {
			h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="photo"; filename="new.jpg"`}}
			for i := range 9000 {
				h.Set(fmt.Sprint("X-", i), long[:1000])
			}
			for range 5 {
				form.CreatePart(h)
			}
		},
		"5 long album names": func(form *multipart.Writer) {
			for range 5 {
				form.WriteField("album", long)
			}
		},
		"5,000 files": func(form *multipart.Writer) {
			for range 5000 {
				form.CreateFormFile("photo", "new.txt")
			}
		},
		"5,000 other fields": func(form *multipart.Writer) {
			for range 5000 {
				form.WriteField("other", long[:1000])
			}
		},
	} {
		logged := len(s.log.b.String())
		var got response
		// The sender allocates three times 9 MB a part, in this process, too.
		sender := testkit.Allocated(func() { write(multipart.NewWriter(io.Discard)) })
		took := int64(math.MaxInt64)
		for range 3 { // a client whose connection is closed may send all of it once more, in this process, too
			if took = min(took, testkit.Allocated(func() { got = s.sendAll("/Trip/", write) })-sender); took <= 20<<20 {
				break
			}
			logged = len(s.log.b.String())
		}
		if got.StatusCode < 400 || got.StatusCode >= 500 {
			t.Errorf("%s: %d", what, got.StatusCode)
		}
		if took > 20<<20 || len(got.body) > 200<<10 || len(s.log.b.String())-logged > 400<<10 {
			t.Errorf("%s: %d bytes of memory, %d of answer and %d of log", what, took, len(got.body), len(s.log.b.String())-logged)
		}
	}
}

// One field names the album, before all photos. Neither more of them nor an album that is
// deep already lead deeper than albums are listed.
func TestUpload_albumFields(t *testing.T) {
	s := uploadSite(t)
	jpg := picture(t, ".jpg", 1)
	field := func(name string) sent { return sent{"album", "", []byte(name)} }
	deep := strings.TrimSuffix(strings.Repeat("deep/", album.MaxDepth), "/")
	if err := os.MkdirAll(filepath.Join(s.dir, deep, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := folders(t, s.dir)
	for what, test := range map[string]struct {
		at     string
		parts  []sent
		status int
	}{
		"twice":          {"/Trip/", []sent{field("new a"), field("new b"), {"photo", "new.jpg", jpg}}, 422},
		"a thousand":     {"/Trip/", append(slices.Repeat([]sent{field("new a")}, 1000), sent{"photo", "new.jpg", jpg}), 422},
		"behind a photo": {"/Trip/", []sent{{"photo", "new.jpg", jpg[:100]}, field("new a"), {"photo", "new.jpg", jpg}}, 422},
		"too deep":       {"/" + deep + "/", []sent{field("new a"), {"photo", "new.jpg", jpg}}, 422},
		"deeper":         {"/" + deep + "/below/", []sent{{"photo", "new.jpg", jpg}}, 404},
	} {
		got := s.post(test.at, test.parts, asScript...)
		if got.StatusCode != test.status {
			t.Errorf("%s: %d %.200s, want %d", what, got.StatusCode, got.body, test.status)
		}
		if now := folders(t, s.dir); !slices.Equal(now, before) {
			t.Errorf("%s leaves %q", what, now[len(before):])
		}
	}
	if got := s.post("/"+deep+"/", []sent{{"photo", "new.jpg", jpg}}, asScript...); got.StatusCode != 201 {
		t.Errorf("into the deepest album: %d %.200s", got.StatusCode, got.body)
	}
}

// folders returns the names of all folders but those of thumbnails.
func folders(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() != album.ThumbsDir {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever a photo is refused for, the album that was made for it goes, and one that has
// gone meanwhile is not made anew.
func TestUpload_leavesNoFolder(t *testing.T) {
	s := uploadSite(t, func(c *config) { c.uploadMax = 100_000 })
	jpg := picture(t, ".jpg", 1)
	before := folders(t, s.dir)
	for what, photos := range map[string][]sent{
		"no photo":      {{"photo", "new.txt", jpg}},
		"damaged":       {{"photo", "new.jpg", jpg[:len(jpg)/2]}},
		"another kind":  {{"photo", "new.jpg", heic("heic")}},
		"empty":         {{"photo", "new.jpg", nil}},
		"too large":     {{"photo", "new.jpg", append(slices.Clone(jpg), make([]byte, 200_000)...)}},
		"a long name":   {{"photo", strings.Repeat("n", 2000) + ".jpg", jpg}},
		"a header":      {{"photo", "new.jpg", jpg[:100]}, {"photo", strings.Repeat("n", 20<<10) + ".jpg", jpg}},
		"several":       {{"photo", "new.jpg", jpg[:100]}, {"photo", "new.gif", heic("heic")}, {"photo", "new.txt", jpg}},
		"another album": {{"photo", "new.jpg", jpg[:100]}, {"album", "", []byte("new b")}},
		"nothing":       nil,
	} {
		for _, name := range []string{"new a", "../new a"} {
			got := s.post("/Trip/", append([]sent{{"album", "", []byte(name)}}, photos...), asScript...)
			if got.StatusCode < 400 || uploaded(t, got).Album != "/Trip/" {
				t.Errorf("%s: %d %s", what, got.StatusCode, got.body)
			}
			if now := folders(t, s.dir); !slices.Equal(now, before) {
				t.Errorf("%s leaves %q", what, now)
			}
		}
	}
	got := s.sendAll("/Empty/", func(form *multipart.Writer) {
		part, _ := form.CreateFormFile("photo", "new.txt")
		part.Write(make([]byte, 1<<20)) // the server has begun to read the form
		os.Remove(filepath.Join(s.dir, "Empty"))
		if part, err := form.CreateFormFile("photo", "new.jpg"); err == nil { // it may have answered
			part.Write(jpg)
		}
	})
	if there(filepath.Join(s.dir, "Empty")) || got.StatusCode < 400 {
		t.Errorf("an album that has gone is made anew: %d %s", got.StatusCode, got.body)
	}
}

// The log says who has added what, from where, and what was refused.
func TestUpload_logged(t *testing.T) {
	s := uploadSite(t)
	jpg := picture(t, ".jpg", 1)
	s.post("/Trip/", []sent{{"photo", "new.jpg", jpg}, {"photo", "new.png", jpg[:100]}, {"photo", strings.Repeat("n", 900) + ".txt", jpg}})
	for _, texts := range [][]string{
		{"msg=uploaded", "photo=Trip/new.jpg", "by=ann", "from=127.0.0.1"},
		{`msg="not uploaded"`, "file=new.png", "by=ann", "from=127.0.0.1"},
		{`msg="not uploaded"`, "file=" + strings.Repeat("n", 100) + "…", "by=ann"},
	} {
		if s.log.count(texts...) != 1 {
			t.Errorf("not one line of the log holds %q:\n%s", texts, s.log.b.String())
		}
	}
	if bytes.Contains(s.log.b.Bytes(), []byte(strings.Repeat("n", 300))) {
		t.Error("the log holds a long name")
	}
}
