package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/gif"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/semaphore"

	"gallery/internal/atomicfile"
	"gallery/internal/messages"
	"gallery/internal/testkit"
)

// uploadSite is a site that takes photos from ann.
func uploadSite(t *testing.T, change ...func(*config)) *site {
	t.Helper()
	return smallSite(t, append([]func(*config){func(c *config) { withUsers(t, c); c.upload = true }}, change...)...)
}

// sent is a part of a form.
type sent struct {
	field, file string
	data        []byte
}

// form is the content of a request and its type.
func form(t testing.TB, parts ...sent) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		part, err := w.CreateFormFile(p.field, p.file)
		if p.file == "" {
			part, err = w.CreateFormField(p.field)
		}
		if err != nil {
			t.Fatal(err)
		}
		part.Write(p.data)
	}
	w.Close()
	return &b, w.FormDataContentType()
}

// post sends a form as ann, with further header fields.
func (s *site) post(path string, parts []sent, header ...string) response {
	s.t.Helper()
	body, contentType := form(s.t, parts...)
	r, err := http.NewRequest("POST", s.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.SetBasicAuth("ann", rightPassword)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response{resp, got}
}

// uploaded parses an answer to the script.
func uploaded(t testing.TB, a response) uploads {
	t.Helper()
	var up uploads
	if err := json.Unmarshal(a.body, &up); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return up
}

var asScript = []string{"Accept", "application/json"}

// picture is a file's content, in the format of the name's extension.
func picture(t *testing.T, ext string, seed int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x"+ext)
	write(t, path, 300, 200, seed)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestPhotoName(t *testing.T) {
	long := strings.Repeat("ü", 150)
	for file, want := range map[string]string{
		"a.jpg":                            "a.jpg",
		"A B.JPEG":                         "A B.JPEG",
		"été à la 海.png":                   "été à la 海.png",
		"it's \"x\"&<b>.gif":               "it's \"x\"&<b>.gif",
		"../../etc/x.jpg":                  "x.jpg",
		`C:\Photos\x.jpg`:                  "x.jpg",
		`..\x.jpg`:                         "x.jpg",
		".htaccess.jpg":                    "htaccess.jpg",
		"...x.jpg":                         "x.jpg",
		". .x.jpg":                         "x.jpg",
		".jpg":                             "photo.jpg",
		"..jpg":                            "photo.jpg",
		"\xff\xfe.jpg":                     "photo.jpg",
		"a\x00b\nc\x7f.jpg":                "abc.jpg",
		"gpj.\u202egnp.jpg":                "gpj.gnp.jpg",
		"_thumbs":                          "",
		"_thumbs.jpg":                      "_thumbs.jpg",
		"x.php":                            "",
		"x.jpg.php":                        "",
		"x.php.jpg":                        "x.php.jpg",
		"x.svg":                            "",
		"x.jpg/":                           "",
		"x.jpg ":                           "",
		"":                                 "",
		"jpg":                              "",
		long + ".jpg":                      strings.Repeat("ü", 98) + ".jpg",
		strings.Repeat("x", 400) + ".webp": strings.Repeat("x", 195) + ".webp",
	} {
		got := photoName(file)
		if got != want {
			t.Errorf("photoName(%q) = %q, want %q", file, got, want)
		}
		if got == "" {
			continue
		}
		if to, ok := parsePath("/r", "/"+got); !ok || to.name != got || to.thumb {
			t.Errorf("photoName(%q) = %q, which names %+v, %v", file, got, to, ok)
		}
	}
}

func FuzzPhotoName(f *testing.F) {
	for _, seed := range []string{"a.jpg", "../x.png", ".jpg", "\xff.gif", `a\b.webp`, "_thumbs", "\u202e.jpg", strings.Repeat("é", 200) + ".jpg"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		name := photoName(file)
		if name == "" {
			return
		}
		if to, ok := parsePath("/r", "/"+name); !ok || to.name != name || to.thumb || to.slash || strings.ContainsAny(name, "/\\\x00\n") || len(name) > maxNameSize {
			t.Errorf("photoName(%q) = %q, which names %+v", file, name, to)
		}
		if again := photoName(name); again != name {
			t.Errorf("photoName(%q) = %q, and of that %q", file, name, again)
		}
	})
}

func TestUpload_stores(t *testing.T) {
	s := uploadSite(t)
	one, two, three := picture(t, ".jpg", 1), picture(t, ".png", 2), picture(t, ".jpg", 3)
	got := s.post("/Trip/", []sent{{"photo", "new.jpg", one}, {"photo", "new é.PNG", two}, {"photo", "new.jpg", three}, {"photo", "", nil}}, asScript...)
	up := uploaded(t, got)
	want := []storedFile{
		{"new.jpg", "new.jpg", "/Trip/new.jpg/"},
		{"new é.PNG", "new é.PNG", "/Trip/new%20%C3%A9.PNG/"},
		{"new.jpg", "new-2.jpg", "/Trip/new-2.jpg/"},
	}
	if got.StatusCode != 201 || up.Album != "/Trip/" || !slices.Equal(up.Stored, want) || len(up.Refused) != 0 {
		t.Errorf("POST = %d %+v, want 201 %+v", got.StatusCode, up, want)
	}
	if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("POST answers with %v", got.Header)
	}
	for name, data := range map[string][]byte{"new.jpg": one, "new é.PNG": two, "new-2.jpg": three} {
		path := filepath.Join(s.dir, "Trip", name)
		onDisk, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || !bytes.Equal(onDisk, data) || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, mode %v, want the bytes sent and 0640", name, err, info.Mode())
		}
	}
	if got := values(s.page("/Trip/"), ".photo img", "alt"); !slices.Contains(got, "new é") || !slices.Contains(got, "new 2") {
		t.Errorf("the album shows %q", got)
	}
	for _, name := range names(t, filepath.Join(s.dir, "Trip")) {
		if strings.HasPrefix(name, uploadPrefix) {
			t.Errorf("%s is left", name)
		}
	}
}

// A form without the script leads back to the album, or says what was refused.
func TestUpload_plainForm(t *testing.T) {
	s := uploadSite(t)
	got := s.post("/Trip/", []sent{{"album", "", nil}, {"photo", "new.jpg", picture(t, ".jpg", 1)}})
	if got.StatusCode != 303 || got.Header.Get("Location") != "/Trip/" {
		t.Errorf("POST = %d %s, want 303 /Trip/", got.StatusCode, got.Header.Get("Location"))
	}
	got = s.post("/Trip/", []sent{{"photo", "new.jpg", picture(t, ".jpg", 4)}, {"photo", "<b>.txt", nil}}, "Accept-Language", "de")
	page := parse(t, got.body)
	if got.StatusCode != 200 || !slices.Equal(values(page, ".refused b", ""), []string{"<b>.txt"}) || !slices.Equal(values(page, ".refused span", ""), []string{messages.German.NotAPhoto}) {
		t.Errorf("POST = %d, refused %q %q", got.StatusCode, values(page, ".refused b", ""), values(page, ".refused span", ""))
	}
	if got := values(page, ".files a", "href"); !slices.Equal(got, []string{"/Trip/new-2.jpg/"}) {
		t.Errorf("stored %q", got)
	}
	if got := values(page, "a.up", "href"); !slices.Equal(got, []string{"/Trip/"}) {
		t.Errorf("the way back is %q", got)
	}
}

// heic returns the beginning of a file of ISO's family of a brand, with compatible ones.
func heic(brand string, compatible ...string) []byte {
	b := []byte("\x00\x00\x00\x00ftyp" + brand + "\x00\x00\x00\x00" + strings.Join(compatible, ""))
	b[3] = byte(len(b))
	return append(b, make([]byte, 300)...)
}

// A photo that bears the name of another format is stored under its own.
func TestUpload_rightExtension(t *testing.T) {
	s := uploadSite(t)
	m := testkit.Quadrants(40, 30)
	jpg, png, webp := testkit.JPEG(t, m), testkit.PNG(t, m), testkit.WebP("VP8L", testkit.VP8L(m))
	for file, test := range map[string]struct {
		data []byte
		name string
	}{
		"a.jpg": {png, "a.png"}, "b.JPG": {webp, "b.webp"}, "c.png": {jpg, "c.jpg"}, "d.jfif": {jpg, "d.jfif"},
		"e.JPEG": {jpg, "e.JPEG"}, "f.heic": {jpg, "f.jpg"}, "g.jpg": {testkit.GIF(t, &gif.GIF{Image: []*image.Paletted{testkit.PalettedQuadrants(40, 30)}, Delay: []int{0}}), "g.gif"},
	} {
		up := uploaded(t, s.post("/Trip/", []sent{{"album", "", []byte("new " + file[:1])}, {"photo", file, test.data}}, asScript...))
		if len(up.Stored) != 1 || up.Stored[0].Name != test.name {
			t.Errorf("%s: %+v, want it stored as %s", file, up, test.name)
			continue
		}
		page := s.page(up.Stored[0].Href)
		if len(find(page, "img#photo")) != 1 {
			t.Errorf("%s: its page shows no photo", file)
		}
	}
}

// The same bytes are not stored twice in an album, and the answer says where they are.
func TestUpload_sameBytes(t *testing.T) {
	s := uploadSite(t)
	one, other := picture(t, ".png", 11), picture(t, ".png", 12)
	other = append(other, make([]byte, max(0, len(one)-len(other)))...)
	one = append(one, make([]byte, max(0, len(other)-len(one)))...) // of the same size
	s.post("/Trip/", []sent{{"photo", "new one.png", one}}, asScript...)
	before := names(t, filepath.Join(s.dir, "Trip"))
	got := s.post("/Trip/", []sent{{"photo", "new again.jpg", one}}, asScript...)
	up := uploaded(t, got)
	want := []storedFile{{"new again.jpg", "new one.png", "/Trip/new%20one.png/"}}
	if got.StatusCode != 200 || len(up.Stored)+len(up.Refused) != 0 || !slices.Equal(up.There, want) {
		t.Errorf("again: %d %+v, want %+v", got.StatusCode, up, want)
	}
	if got := names(t, filepath.Join(s.dir, "Trip")); !slices.Equal(got, before) {
		t.Errorf("then the folder holds %q, want %q", got, before)
	}
	page := s.post("/Trip/", []sent{{"photo", "new again.png", one}}, "Accept-Language", "es")
	doc := parse(t, page.body)
	if got := values(doc, ".there a", "href"); page.StatusCode != 200 || !slices.Equal(got, []string{"/Trip/new%20one.png/"}) || !strings.Contains(values(doc, ".there span", "")[0], messages.Spanish.AlreadyThere) {
		t.Errorf("without the script: %d, links %q", page.StatusCode, got)
	}
	// Of the same size, or a beginning, is not the same.
	up = uploaded(t, s.post("/Trip/", []sent{{"photo", "new other.png", other}, {"photo", "new longer.png", append(slices.Clone(one), 0)}}, asScript...))
	if len(up.Stored) != 2 || len(up.There) != 0 {
		t.Errorf("others: %+v, want both stored", up)
	}
	// In another album it is stored.
	up = uploaded(t, s.post("/Trip/", []sent{{"album", "", []byte("new elsewhere")}, {"photo", "new one.png", one}}, asScript...))
	if len(up.Stored) != 1 {
		t.Errorf("in another album: %+v", up)
	}
}

// Each refusal says which file and why, and the others still arrive.
func TestUpload_refuses(t *testing.T) {
	s := uploadSite(t, func(c *config) { c.uploadMax = 100_000 })
	jpg := picture(t, ".jpg", 1)
	bomb := slices.Clone(picture(t, ".png", 2))
	copy(bomb[16:], "\x00\x00\xff\xff\x00\x00\xff\xff") // 65535 x 65535 pixels
	tests := []struct {
		file   string
		data   []byte
		status int
		reason string
	}{
		{"new.txt", jpg, 415, messages.English.NotAPhoto},
		{"new.svg", []byte("<svg/>"), 415, messages.English.NotAPhoto},
		{"new.jpg.php", jpg, 415, messages.English.NotAPhoto},
		{"new.jpg", []byte("<script>alert(1)</script>"), 415, messages.English.NotAPhoto},
		{"new.jpg", nil, 415, messages.English.NotAPhoto},
		{"IMG_1.HEIC", heic("heic", "mif1"), 415, messages.English.HEIC},
		{"IMG_1.jpg", heic("mif1", "miaf", "heix"), 415, messages.English.HEIC},
		{"IMG_1.heif", heic("mif1", "miaf"), 415, messages.English.HEIC},
		{"new.jpg", heic("avif", "mif1", "miaf"), 415, messages.English.NotAPhoto},
		{"new.jpg", heic("mif1", "avif"), 415, messages.English.NotAPhoto},
		{"new.jpg", heic("mp42", "isom"), 415, messages.English.NotAPhoto},
		{"new.jpg", jpg[:len(jpg)/2], 422, messages.English.Damaged},
		{"new.png", picture(t, ".png", 2)[:300], 422, messages.English.Damaged},
		{"new.png", bomb, 413, messages.English.TooManyPixels},
		{"new.jpg", append(slices.Clone(jpg), make([]byte, 100_000)...), 413, "It is larger than 100 kB."},
	}
	before := names(t, filepath.Join(s.dir, "Trip"))
	var all []sent
	for _, test := range tests {
		got := s.post("/Trip/", []sent{{"photo", test.file, test.data}}, asScript...)
		up := uploaded(t, got)
		if got.StatusCode != test.status || len(up.Stored) != 0 || !slices.Equal(up.Refused, []refusedFile{{test.file, test.reason}}) {
			t.Errorf("%s of %d bytes: %d %+v, want %d %s", test.file, len(test.data), got.StatusCode, up, test.status, test.reason)
		}
		all = append(all, sent{"photo", test.file, test.data})
	}
	if got := names(t, filepath.Join(s.dir, "Trip")); !slices.Equal(got, before) {
		t.Errorf("after refusals the folder holds %q, want %q", got, before)
	}
	all = append(all, sent{"photo", "new last.jpg", jpg})
	got := s.post("/Trip/", all, asScript...)
	up := uploaded(t, got)
	if got.StatusCode != 200 || len(up.Refused) != len(tests) || len(up.Stored) != 1 {
		t.Errorf("all at once: %d, %d refused, %d stored", got.StatusCode, len(up.Refused), len(up.Stored))
	}
	if got := s.post("/Trip/", nil, asScript...); got.StatusCode != 422 || uploaded(t, got).Refused[0].Reason != messages.English.NoFiles {
		t.Errorf("nothing sent: %d %s", got.StatusCode, got.body)
	}
	if got := s.post("/Trip/", nil, "Content-Type", "text/plain"); got.StatusCode != 415 {
		t.Errorf("no form: %d", got.StatusCode)
	}
	if got := s.post("/Trip/", nil, "Content-Type", "multipart/form-data"); got.StatusCode != 415 {
		t.Errorf("a form without boundary: %d", got.StatusCode)
	}
}

func TestUpload_newAlbum(t *testing.T) {
	s := uploadSite(t)
	jpg := picture(t, ".jpg", 1)
	for _, test := range []struct {
		at, album, want string // the folder, "" if it is refused
		status          int
	}{
		{"/", "new Sommer 2026", "new Sommer 2026", 201},
		{"/Trip/", "new Ü", "Trip/new Ü", 201},
		{"/Trip/", "new Ü", "Trip/new Ü", 201}, // there by now
		{"/", "../new", "-new", 201},
		{"/", "new/a\\b", "new-a-b", 201},
		{"/", "  ", ".", 201},
		{"/", ".", "", 422},
		{"/", "_Thumbs", "", 422},
		{"/", "._thumbs", "", 422},
		{"/", strings.Repeat("x", 201), "", 422},
		{"/", "root.jpg", "", 422}, // a photo
		{"/", "Linked", "", 422},   // a symbolic link
	} {
		jpg = append(jpg, 0) // another photo
		got := s.post(test.at, []sent{{"album", "", []byte(test.album)}, {"photo", "new.jpg", jpg}}, asScript...)
		up := uploaded(t, got)
		if got.StatusCode != test.status {
			t.Errorf("album %q in %s: %d %s, want %d", test.album, test.at, got.StatusCode, got.body, test.status)
		}
		if test.want == "" {
			continue
		}
		if want := s.server.addresses.page(test.want); up.Album != want {
			t.Errorf("album %q in %s: %s, want %s", test.album, test.at, up.Album, want)
		}
		if _, err := os.Stat(filepath.Join(s.dir, test.want, "new.jpg")); err != nil {
			t.Error(err)
		}
	}
	// One that nothing is stored in does not stay.
	got := s.post("/Trip/", []sent{{"album", "", []byte("new empty")}, {"photo", "new.jpg", jpg[:100]}}, asScript...)
	if up := uploaded(t, got); got.StatusCode == 201 || up.Album != "/Trip/" {
		t.Errorf("into a new album = %d %+v", got.StatusCode, up)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "Trip", "new empty")); err == nil {
		t.Error("an empty album stays")
	}
}

func TestUpload_whoMay(t *testing.T) {
	s := uploadSite(t)
	jpg := []sent{{"photo", "new.jpg", picture(t, ".jpg", 1)}}
	for _, test := range []struct {
		path   string
		header []string
		status int
	}{
		{"/Trip/", []string{"Authorization", ""}, 401},
		{"/Trip/", []string{"Authorization", basic("ann", "wrong")}, 401},
		{"/Nowhere/", []string{"Authorization", ""}, 401},
		{"/Trip/", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"/Trip/", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"/Trip/", []string{"Origin", "https://evil.example"}, 403},
		{"/Trip/", []string{"Origin", "null"}, 403},
		{"/Nowhere/", nil, 404},
		{"/.secret/", nil, 404},
		{"/Linked/", nil, 404},
		{"/Trip/1.jpg/", nil, 404},
		{"/Trip/_thumbs/", nil, 404},
		{"/Trip/../", nil, 404},
		{"/Trip", nil, 405},
		{"/Trip/1.jpg", nil, 405},
		{"/Trip/_thumbs/1.jpg", nil, 405},
		{"/.health", nil, 405},
		{"/.auth", nil, 405},
		{"/Trip/", []string{"Sec-Fetch-Site", "same-origin"}, 303},
		{"/Trip/", []string{"Origin", s.URL}, 303},
		{"/Empty/", nil, 303},
	} {
		jpg[0].data = append(jpg[0].data, 0) // another photo
		got := s.post(test.path, jpg, test.header...)
		if got.StatusCode != test.status {
			t.Errorf("POST %s with %q = %d, want %d", test.path, test.header, got.StatusCode, test.status)
		}
		if got.StatusCode == 405 && got.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: Allow %q", test.path, got.Header.Get("Allow"))
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "MKCOL", "MOVE"} {
		for _, path := range []string{"/Trip/", "/Trip/1.jpg", "/Trip/new.jpg"} {
			if got := s.do(method, path, "Authorization", basic("ann", rightPassword)); got.StatusCode != 405 {
				t.Errorf("%s %s = %d, want 405", method, path, got.StatusCode)
			}
		}
	}
	// Without -upload there is no answer to POST, whoever asks.
	off := smallSite(t, func(c *config) { withUsers(t, c) })
	if got := off.post("/Trip/", jpg); got.StatusCode != 405 || got.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("without -upload POST = %d", got.StatusCode)
	}
}

// The page offers uploading to who is signed in, and nobody else may be shown
// that page.
func TestUpload_page(t *testing.T) {
	s := uploadSite(t)
	signIn := []string{"Authorization", basic("ann", rightPassword)}
	for range 2 { // cold and warm
		for _, asked := range []struct {
			header []string
			forms  int
		}{{nil, 0}, {signIn, 1}, {[]string{"Authorization", basic("ann", "wrong")}, 0}} {
			got := s.get("/Trip/Day%201/", asked.header...)
			page := parse(t, got.body)
			if n := len(find(page, "form.signin, .add form")); n != 2*asked.forms {
				t.Errorf("with %q: %d forms, want %d", asked.header, n, asked.forms)
			}
			if n := len(find(page, ".signin a")); n != 1-asked.forms {
				t.Errorf("with %q: %d links to sign in", asked.header, n)
			}
			if vary := got.Header.Get("Vary"); !strings.Contains(vary, "Authorization") {
				t.Errorf("with %q: Vary: %s", asked.header, vary)
			}
			policy := got.Header.Get("Content-Security-Policy")
			if private := strings.Contains(got.Header.Get("Cache-Control"), "private"); private != (asked.forms == 1) {
				t.Errorf("with %q: Cache-Control: %s", asked.header, got.Header.Get("Cache-Control"))
			}
			if !strings.Contains(policy, "form-action 'self'") { // for the search
				t.Errorf("with %q: Content-Security-Policy: %s", asked.header, policy)
			}
			if n := strings.Count(policy, "sha256-"); n != len(find(page, "script")) {
				t.Errorf("with %q: %d scripts are allowed, the page has %d", asked.header, n, len(find(page, "script")))
			}
		}
	}
	page := parse(t, s.get("/Trip/Day%201/", signIn...).body)
	if got := values(page, ".add form", "action"); !slices.Equal(got, []string{"/Trip/Day%201/"}) {
		t.Errorf("the form goes to %q", got)
	}
	if album, photo := values(page, ".add input:not([type])", "name"), values(page, "input[type=file]", "name"); !slices.Equal(album, []string{"album"}) || !slices.Equal(photo, []string{"photo", "photo"}) {
		t.Errorf("the fields are %q and %q", album, photo)
	}
	signin := values(s.page("/Trip/Day%201/"), ".signin a", "href")[0]
	if got := s.get(signin); got.StatusCode != 200 || !slices.Equal(values(parse(t, got.body), "input[name=album]", "value"), []string{"Trip/Day 1"}) {
		t.Errorf("GET %s = %d\n%s", signin, got.StatusCode, got.body)
	}
	if got := s.get(signin, signIn...); got.StatusCode != 303 || got.Header.Get("Location") != "/Trip/Day%201/" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("GET %s signed in = %d %s", signin, got.StatusCode, got.Header.Get("Location"))
	}
	for _, album := range []string{"/evil.example", "//evil.example", "https:%2f%2fevil.example", "..", "%0d%0aX:y", "_thumbs"} {
		got := s.get("/.signin?album="+album, signIn...)
		if to := got.Header.Get("Location"); got.StatusCode != 303 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Errorf("GET /.signin?album=%s leads to %q", album, to)
		}
	}
}

// Of many photos of one name, sent at once by two servers' visitors, none is
// lost and none replaced.
func TestUpload_sameNameAtOnce(t *testing.T) {
	one := uploadSite(t)
	other := newSite(t, one.dir, func(c *config) { c.users, c.upload = one.config.users, true })
	var all sync.WaitGroup
	const photos = 20
	for i := range photos {
		data := picture(t, ".jpg", i)
		all.Go(func() {
			got := []*site{one, other}[i%2].post("/Trip/", []sent{{"album", "", []byte("new")}, {"photo", "1.jpg", data}}, asScript...)
			if got.StatusCode != 201 {
				t.Errorf("POST = %d %s", got.StatusCode, got.body)
			}
		})
	}
	all.Wait()
	different := map[string]bool{}
	for _, name := range names(t, filepath.Join(one.dir, "Trip", "new")) {
		data, _ := os.ReadFile(filepath.Join(one.dir, "Trip", "new", name))
		different[string(data)] = true
	}
	if len(different) != photos {
		t.Errorf("%d different photos are there, want %d", len(different), photos)
	}
}

// A sender that leaves in the middle leaves nothing.
func TestUpload_brokenOff(t *testing.T) {
	s := uploadSite(t)
	before := names(t, filepath.Join(s.dir, "Trip"))
	body, contentType := form(t, sent{"photo", "new.jpg", picture(t, ".jpg", 1)})
	all, _ := io.ReadAll(body)
	in, out := io.Pipe()
	r, _ := http.NewRequest("POST", s.URL+"/Trip/", in)
	r.Header.Set("Content-Type", contentType)
	r.SetBasicAuth("ann", rightPassword)
	go func() {
		out.Write(all[:len(all)/2])
		out.CloseWithError(io.ErrUnexpectedEOF)
	}()
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("half a form = %d", resp.StatusCode)
	}
	s.Close() // waits for the handler
	if got := names(t, filepath.Join(s.dir, "Trip")); !slices.Equal(got, before) {
		t.Errorf("the folder holds %q, want %q", got, before)
	}
}

// What a killed process was receiving is removed at the next start, what
// another is receiving is not, and a visitor sees neither.
func TestSweepUploads(t *testing.T) {
	dir := t.TempDir()
	litter := filepath.Join(dir, "a", "b", uploadPrefix+"0badcafe")
	writeFile(t, litter, []byte("half a photo"))
	for _, kept := range []string{".tmp-0badcafe", uploadPrefix + "mine.jpg", ".hidden.jpg", "photo.jpg"} {
		writeFile(t, filepath.Join(dir, "a", kept), []byte("x"))
	}
	s := newSite(t, dir, func(c *config) { withUsers(t, c); c.upload = true })
	folder, err := os.OpenRoot(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	f, err := atomicfile.Create(folder, uploadPrefix, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	before := names(t, filepath.Join(dir, "a"))
	s.server.uploads.sweep(t.Context(), ".")
	if _, err := os.Stat(litter); err == nil {
		t.Error("the litter is still there")
	}
	if got := names(t, filepath.Join(dir, "a")); !slices.Equal(got, before) {
		t.Errorf("the folder holds %q, want %q", got, before)
	}
	f.Close()
}

// An ending program serves on until the uploads under way are done, and takes no new ones.
func TestUploader_outlast(t *testing.T) {
	u := &uploader{underWay: semaphore.NewWeighted(maxUploads)}
	ctx, end := context.WithCancel(t.Context())
	later := u.outlast(ctx)
	if !u.underWay.TryAcquire(1) {
		t.Fatal("no upload is taken")
	}
	end()
	for u.underWay.TryAcquire(1) { // until the end is known
		u.underWay.Release(1)
	}
	if later.Err() != nil {
		t.Error("the program ends while an upload is under way")
	}
	u.underWay.Release(1)
	<-later.Done()
	if none := (*uploader)(nil); none.outlast(ctx).Err() == nil {
		t.Error("without uploads the program does not end at once")
	}
}
