package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// maxDearer is how many times what its plainest like costs a request may cost,
// whatever its length, its depth and its names.
const maxDearer = 20

// asked is a request whose cost is measured.
type asked struct {
	what   string
	method string
	target string
	header http.Header
	status int // of the answer; 0 for the kind's
}

// cost is the processor time that a request takes, from the client to the server and back,
// at its best of several, which other work in this process disturbs least.
func (s *site) cost(a asked, status int) time.Duration {
	s.t.Helper()
	ask := func() {
		r, err := http.NewRequest(a.method, s.URL+a.target, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		for name, values := range a.header {
			r.Header[name] = values
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			s.t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != status {
			s.t.Fatalf("%s: %s %.60s = %d, want %d", a.what, a.method, a.target, resp.StatusCode, status)
		}
	}
	ask() // what is remembered, and what is made once
	best := time.Hour
	for range 5 {
		const times = 5
		began := testkit.ProcessorTime()
		for range times {
			ask()
		}
		best = min(best, (testkit.ProcessorTime()-began)/times)
	}
	return best
}

// compare fails the test if a request costs too many times what the plainest of its kind
// costs. What is too dear is so each time that it is measured.
func (s *site) compare(plain, other asked, status int) {
	s.t.Helper()
	for tries := 1; ; tries++ {
		least, cost := s.cost(plain, cmp.Or(plain.status, status)), s.cost(other, cmp.Or(other.status, status))
		if tries == 1 {
			s.t.Logf("%-40s %8v, %.1f times", other.what, cost, float64(cost)/float64(least))
		}
		if cost <= maxDearer*least {
			return
		}
		if tries == 3 {
			s.t.Errorf("%s: %s %.60s takes %v, and %s %v", other.what, other.method, other.target, cost, plain.target, least)
			return
		}
	}
}

// costSite has an album at every depth, wide ones, and folders of the longest names.
func costSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 90, 60, 1)
	write(t, filepath.Join(dir, "a", "2.jpg"), 90, 60, 1)
	for _, segment := range []string{"d", strings.Repeat("n", 100)} {
		deep := dir + strings.Repeat("/"+segment, 32)
		for i := 1; i <= 2; i++ {
			write(t, fmt.Sprintf("%s/%d.jpg", deep, i), 90, 60, i)
		}
	}
	return newSite(t, dir, withZip, func(c *config) { withUsers(t, c); c.upload = true })
}

// No request costs more than 20 times another of its kind, whatever its length, its
// depth and its names.
func TestCost_addresses(t *testing.T) {
	s := costSite(t)
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	deep, longDeep := strings.Repeat("/d", 32), strings.Repeat("/"+strings.Repeat("n", 100), 32)
	fill := func(prefix, piece string) string {
		return prefix + strings.Repeat(piece, (maxURI-len(prefix))/len(piece))
	}
	const many = 30 << 10 // bytes of a header field
	kinds := []struct {
		kind   string
		status int
		plain  asked
		others []asked
	}{
		{"nothing", 404, asked{method: "GET", target: "/nowhere/"}, []asked{
			{"names that are not there", "GET", fill("/a", "/x"), nil, 0},
			{"so many that they are looked for", "GET", strings.Repeat("/x", 64), nil, 0},
			{"below a deep album", "GET", deep + strings.Repeat("/x", 32) + "/", nil, 0},
			{"below a deep album of long names", "GET", longDeep + strings.Repeat("/x", 32) + "/", nil, 0},
			{"a photo that is not there", "GET", deep + "/3.jpg", nil, 0},
			{"its page", "GET", deep + "/3.jpg/", nil, 0},
			{"its thumbnail", "GET", deep + "/_thumbs/3.jpg", nil, 0},
			{"its preview", "GET", deep + "/_thumbs/1600/3.jpg", nil, 0},
			{"the archive of none", "GET", deep + "/x/?zip", nil, 0},
			{"slashes", "GET", fill("/x", "/"), nil, 0},
			{"dots", "GET", fill("/x/", ".."), nil, 0},
			{"dot segments", "GET", fill("/x", "/.."), nil, 0},
			{"_thumbs", "GET", fill("", "/_thumbs"), nil, 0},
			{"_thumbs, few", "GET", strings.Repeat("/x", 62) + "/_thumbs/1.jpg", nil, 0},
			{"one long name", "GET", fill("/", "x"), nil, 0},
			{"escapes", "GET", fill("/", "%20"), nil, 0},
			{"escaped slashes", "GET", fill("/x", "%2f"), nil, 0},
			{"no text", "GET", fill("/", "%ff"), nil, 0},
			{"systems' names", "GET", fill("", "/@GMT"), nil, 0},
			{"a long query", "GET", fill("/nowhere/?", "a=b&"), nil, 0},
			{"a long query of one", "GET", fill("/nowhere/?sort=", "+"), nil, 0},
			{"languages", "GET", "/nowhere/", header("Accept-Language", strings.Repeat("de-x,", many/5)), 0},
			{"a language", "GET", "/nowhere/", header("Accept-Language", strings.Repeat("en-", many/3)), 0},
			{"a name in base64", "GET", "/nowhere/", header("Authorization", "Basic "+strings.Repeat("YTph", many/4)), 0},
		}},
		{"album", 200, asked{method: "GET", target: "/a/"}, []asked{
			{"deep", "GET", deep + "/", nil, 0},
			{"deep, of long names", "GET", longDeep + "/", nil, 0},
			{"by date", "GET", deep + "/?sort=-date", nil, 0},
			{"a long query", "GET", fill("/a/?", "sort=x&"), nil, 0},
			{"a query of separators", "GET", fill("/a/?", ";"), nil, 0},
			{"slashes", "GET", fill("/a", "/"), nil, 0},
			{"languages", "GET", "/a/", header("Accept-Language", strings.Repeat("de-x,", many/5)), 0},
			{"weights", "GET", "/a/", header("Accept-Language", strings.Repeat("de;q=0.1,", many/9)), 0},
			{"codings", "GET", "/a/", header("Accept-Encoding", strings.Repeat("a;q=0,", many/6)), 0},
			{"entity tags", "GET", "/a/", header("If-None-Match", strings.Repeat(`"x",`, many/4)), 0},
			{"cookies", "GET", "/a/", header("Cookie", strings.Repeat("a=b;", many/4)), 0},
		}},
		{"photo", 200, asked{method: "GET", target: "/a/1.jpg/"}, []asked{
			{"deep", "GET", deep + "/1.jpg/", nil, 0},
			{"deep, of long names", "GET", longDeep + "/1.jpg/", nil, 0},
			{"by date", "GET", deep + "/1.jpg/?sort=date", nil, 0},
			{"slashes", "GET", fill("/a/1.jpg", "/"), nil, 0},
			{"languages", "GET", "/a/1.jpg/", header("Accept-Language", strings.Repeat("de-x,", many/5)), 0},
		}},
		{"original", 200, asked{method: "GET", target: "/a/1.jpg"}, []asked{
			{"deep", "GET", deep + "/1.jpg", nil, 0},
			{"deep, of long names", "GET", longDeep + "/1.jpg", nil, 0},
			{"entity tags", "GET", "/a/1.jpg", header("If-None-Match", strings.Repeat(`"x",`, many/4)), 0},
			{"a long query", "GET", fill("/a/1.jpg?", "sort=x&"), nil, 0},
			{"many parts", "GET", "/a/1.jpg", header("Range", "bytes=0-0"+strings.Repeat(",2-2", 600)), 0},
			{"few of many parts", "GET", "/a/1.jpg", header("Range", "bytes=0-0"+strings.Repeat(",2-2", 31)), 206},
			{"parts that are none", "GET", "/a/1.jpg", header("Range", "bytes="+strings.Repeat(",", many)), 0},
			{"a folder, deep", "GET", deep, nil, 301},
			{"a folder, deep, of long names", "GET", longDeep, nil, 301},
			{"a folder with a long query", "GET", fill("/a?", "%20"), nil, 301},
		}},
		{"thumbnail", 200, asked{method: "GET", target: "/a/_thumbs/1.jpg"}, []asked{
			{"deep", "GET", deep + "/_thumbs/1.jpg", nil, 0},
			{"deep, of long names", "GET", longDeep + "/_thumbs/1.jpg", nil, 0},
			{"deep preview", "GET", deep + "/_thumbs/800/1.jpg", nil, 0},
			{"media types", "GET", "/a/_thumbs/1.jpg", header("Accept", strings.Repeat("image/webp;q=0.1,", many/17)), 0},
			{"quotation marks", "GET", "/a/_thumbs/1.jpg", header("Accept", strings.Repeat(`"`, many)), 0},
			{"parameters", "GET", "/a/_thumbs/1.jpg", header("Accept", strings.Repeat(`;q=1`, many/4)), 0},
		}},
		{"archive", 200, asked{method: "HEAD", target: "/a/?zip"}, []asked{
			{"deep", "HEAD", deep + "/?zip", nil, 0},
			{"deep, of long names", "HEAD", longDeep + "/?zip", nil, 0},
			{"a long query", "HEAD", fill("/a/?zip&", "a=b&"), nil, 0},
			{"many parts", "GET", "/a/?zip", header("Range", "bytes=0-0"+strings.Repeat(",50-50,900-900", 300)), 0},
		}},
		{"part", 206, asked{method: "GET", target: "/a/1.jpg", header: header("Range", "bytes=0-0")}, []asked{
			{"of an archive", "GET", "/a/?zip", header("Range", "bytes=0-0"), 0},
			{"of an archive's end", "GET", deep + "/?zip", header("Range", "bytes=-9"), 0},
		}},
	}
	for _, kind := range kinds {
		t.Run(kind.kind, func(t *testing.T) {
			s.t = t
			for _, other := range kind.others {
				s.compare(kind.plain, other, kind.status)
			}
		})
	}
}

// wideSite has an album of so many photos, whose names in an archive would all be the same.
func wideSite(t *testing.T, photos int) *site {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain", "1.jpg"), 9, 6, 1)
	if err := os.Mkdir(filepath.Join(dir, "wide"), 0o755); err != nil {
		t.Fatal(err)
	}
	const reserved = `<>:"|?*`
	for n := range photos {
		name := make([]byte, 5)
		for i := range name {
			name[i], n = reserved[n%len(reserved)], n/len(reserved)
		}
		if err := os.Link(filepath.Join(dir, "plain", "1.jpg"), filepath.Join(dir, "wide", string(name)+".jpg")); err != nil {
			t.Fatal(err)
		}
	}
	return newSite(t, dir, withZip)
}

// Among thousands of photos the page of one costs as much by date as by name.
func TestCost_byDate(t *testing.T) {
	s := wideSite(t, 4000)
	one := s.server.addresses.page(`wide/<<<<<.jpg`)
	for _, order := range []string{"date", "-date"} {
		for tries := 1; ; tries++ {
			byName, byDate := s.cost(asked{method: "GET", target: one}, 200), s.cost(asked{method: "GET", target: one + "?sort=" + order}, 200)
			if byDate <= 2*byName {
				break
			}
			if tries == 3 {
				t.Errorf("a photo's page takes %v by name and %v with ?sort=%s", byName, byDate, order)
				break
			}
		}
	}
	// A photo that comes is in its place, and one that goes is gone.
	before := text(find(s.page(one+"?sort=date"), "main")[0])
	write(t, filepath.Join(s.dir, "wide", "2 new.jpg"), 9, 6, 1)
	if after := text(find(s.page(one+"?sort=date"), "main")[0]); !strings.Contains(before, "4000") || !strings.Contains(after, "4001") {
		t.Errorf("a photo that came is not counted by date: %.200q, then %.200q", before, after)
	}
}

// The names in an archive of thousands are made once for as long as no photo changes, and
// cost no more where all would be the same.
func TestCost_archive(t *testing.T) {
	s := wideSite(t, 4000)
	began := testkit.ProcessorTime()
	etag := s.do("HEAD", "/wide/?zip").Header.Get("ETag")
	if took := testkit.ProcessorTime() - began; took > time.Second {
		t.Errorf("the first HEAD takes %v", took)
	}
	first, _ := s.server.archives.layouts.Get(archived{album: "wide"})
	s.later()
	s.do("HEAD", "/wide/?zip")
	second, _ := s.server.archives.layouts.Get(archived{album: "wide"})
	if len(first.entries) != 4000 || &first.entries[0] != &second.entries[0] {
		t.Error("an archive of photos that are as they were is laid out again")
	}
	write(t, filepath.Join(s.dir, "wide", "2 new.jpg"), 9, 6, 1)
	s.later()
	if got := s.do("HEAD", "/wide/?zip").Header.Get("ETag"); got == etag {
		t.Error("an archive with another photo in it has the same entity tag")
	}
	// Who has left leaves nothing to be laid out.
	s.server.archives.layouts.Clear()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.server.archives.layout(ctx, archived{album: "wide"}); err == nil || s.server.archives.layouts.Len() > 0 {
		t.Errorf("for a visitor who has left an archive is laid out: %v", err)
	}
}
