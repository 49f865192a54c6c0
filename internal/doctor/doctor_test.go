package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/album"
	"gallery/internal/storage"
	"gallery/internal/testkit"
	"gallery/internal/thumbs"
)

// house is a directory of photos that nothing is wrong with, and its cache.
type house struct {
	t          *testing.T
	dir, cache string // cache is "" for none
	patient    Patient
}

func build(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "photos")}
	for _, name := range []string{"Trip/1.jpg", "Trip/2.jpg", "Party/3.jpg"} {
		h.photo(name)
	}
	// Whoever looks is nobody that the temporary directory is closed to.
	for at := h.dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		if strings.HasPrefix(at, os.TempDir()+"/") {
			h.must(os.Chmod(at, 0o755))
		}
	}
	h.patient.Service = Self()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) at(name string) string { return filepath.Join(h.dir, name) }

func (h *house) photo(name string) {
	h.t.Helper()
	h.must(os.MkdirAll(filepath.Dir(h.at(name)), 0o755))
	h.must(os.WriteFile(h.at(name), testkit.JPEG(h.t, testkit.Quadrants(60, 40)), 0o644))
}

// store opens the house for something else than looking.
func (h *house) store() (*storage.Storage, *thumbs.Store) {
	h.t.Helper()
	log := slog.New(slog.DiscardHandler)
	st, err := storage.New(h.dir, h.cache, log)
	h.must(err)
	h.t.Cleanup(st.Close)
	return st, thumbs.New(st, thumbs.Options{Side: 400, Quality: 82, Memory: 64 << 20}, log)
}

// warm makes a photo's thumbnail.
func (h *house) warm(name string) {
	h.t.Helper()
	_, store := h.store()
	info, err := os.Stat(h.at(name))
	h.must(err)
	_, err = store.Ensure(h.t.Context(), album.Photo{Album: filepath.Dir(name), File: filepath.Base(name), Size: info.Size(), MTime: info.ModTime().UnixNano(), CTime: album.ChangeTime(info)}, "")
	h.must(err)
}

// look returns the report of a look, which changes nothing.
func (h *house) look() *Report {
	h.t.Helper()
	before := h.states()
	r := h.report()
	if after := h.states(); before != after {
		h.t.Errorf("looking changed\n%s\nto\n%s", before, after)
	}
	return r
}

// report returns the report of a look.
func (h *house) report() *Report {
	log := slog.New(slog.DiscardHandler)
	var r Report
	st := Open(&r, h.dir, h.cache, func() (*storage.Storage, error) { return storage.View(h.dir, h.cache, log) })
	if st != nil {
		defer st.Close()
		p := h.patient
		p.Storage, p.Thumbs = st, thumbs.New(st, thumbs.Options{Side: 400, Quality: 82, Memory: 64 << 20}, log)
		Look(h.t.Context(), &r, p)
	}
	return &r
}

// states are what lies in the house, and how.
func (h *house) states() string {
	var b strings.Builder
	for _, dir := range []string{h.dir, h.cache} {
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if info, statErr := os.Lstat(path); statErr == nil {
				fmt.Fprintln(&b, path, info.Size(), info.Mode(), info.ModTime().UnixNano(), album.ChangeTime(info))
			}
			return nil
		})
	}
	return b.String()
}

// kinds are those of the findings that say that something is wrong, but for the machine's own.
func kinds(r *Report) (all []string) {
	for _, f := range r.Findings() {
		if f.Severity > Note && !strings.HasPrefix(f.Kind, "clock") && f.Kind != "disk-short" {
			all = append(all, f.Kind)
		}
	}
	return all
}

// line is the first finding of a kind, as a line; "" for none.
func line(r *Report, kind string) string {
	for _, f := range r.Findings() {
		if f.Kind == kind {
			return f.String()
		}
	}
	return ""
}

// stranger is an account that owns nothing.
var stranger = Account{Name: "stranger", Group: "strangers", uid: 4711, gids: []uint32{4711}}

// Each fault is found, with what mends it, and only where it is.
func TestLook_finds(t *testing.T) {
	asStranger := func(h *house) {
		h.patient.Service = stranger
		h.must(os.Chmod(h.at("."), 0o777))
		h.must(os.Chmod(h.at("Trip"), 0o777))
		h.must(os.Chmod(h.at("Party"), 0o777))
	}
	nginxStranger := func(h *house) { h.patient.Nginx = &stranger }
	long := strings.Repeat("x/", 40)
	for i, test := range []struct {
		kind  string
		sound func(h *house) // without the fault; nil for nothing
		fault func(h *house)
		says  []string // DIR stands for the directory
	}{
		{"photo-unreadable", asStranger, func(h *house) { h.must(os.Chmod(h.at("Trip/1.jpg"), 0o600)) },
			[]string{"error: DIR/Trip/1.jpg: stranger may not read it → chmod o+r DIR/Trip/1.jpg"}},
		{"photo-unreadable", asStranger, func(h *house) {
			h.must(os.Chmod(h.at("Trip/1.jpg"), 0o600))
			h.must(os.Chmod(h.at("Trip/2.jpg"), 0o600))
		}, []string{"DIR/Trip: stranger may not read 2 photos in it, such as 1.jpg", "find DIR/Trip -maxdepth 1 -type f ! -perm -o=r -exec chmod o+r {} +"}},
		{"folder-unreadable", asStranger, func(h *house) { h.must(os.Chmod(h.at("Trip"), 0o750)) },
			[]string{"error: DIR/Trip: stranger may not list and enter it → chmod o+rx DIR/Trip"}},
		{"folder-unwritable", asStranger, func(h *house) { h.must(os.Chmod(h.at("Trip"), 0o755)) },
			[]string{"warning: DIR/Trip: stranger may not make _thumbs in it", "chgrp strangers DIR/Trip && chmod g+wx DIR/Trip, or keep thumbnails elsewhere with -cache"}},
		{"thumbs-unwritable", func(h *house) {
			asStranger(h)
			h.must(os.Mkdir(h.at("Trip/_thumbs"), 0o755))
			h.must(os.Chmod(h.at("Trip/_thumbs"), 0o777))
		},
			func(h *house) { h.must(os.Chmod(h.at("Trip/_thumbs"), 0o755)) },
			[]string{"warning: DIR/Trip/_thumbs: stranger may not write it", "chown -R stranger DIR/Trip/_thumbs"}},
		{"folder-above-closed", asStranger, func(h *house) { h.must(os.Chmod(filepath.Dir(h.dir), 0o700)) },
			[]string{"error: ", "stranger may not enter it, and so comes at nothing in DIR", "chmod o+x "}},
		{"folder-above-closed-to-nginx", nginxStranger, func(h *house) { h.must(os.Chmod(filepath.Dir(h.dir), 0o700)) },
			[]string{"warning: ", "nginx (stranger) may not enter it", "chmod o+x "}},
		{"folder-closed-to-nginx", nginxStranger, func(h *house) { h.must(os.Chmod(h.at("Trip"), 0o700)) },
			[]string{"warning: DIR/Trip: nginx (stranger) may not enter it", "chmod o+x DIR/Trip"}},
		{"photo-closed-to-nginx", nginxStranger, func(h *house) { h.must(os.Chmod(h.at("Trip/1.jpg"), 0o640)) },
			[]string{"warning: DIR/Trip/1.jpg: nginx (stranger) may not read it, so that the program sends it → chmod o+r DIR/Trip/1.jpg"}},
		{"thumbs-closed-to-nginx", func(h *house) { nginxStranger(h); h.warm("Trip/1.jpg") }, func(h *house) { h.must(os.Chmod(h.at("Trip/_thumbs"), 0o700)) },
			[]string{"warning: DIR/Trip/_thumbs: nginx (stranger) may not enter it", "chmod o+x DIR/Trip/_thumbs"}},
		{"thumbs-closed-to-nginx", func(h *house) { nginxStranger(h); h.warm("Trip/1.jpg") }, func(h *house) { h.must(os.Chmod(h.at("Trip/_thumbs/1.jpg"), 0o600)) },
			[]string{"nginx (stranger) may not read thumbnails in it", "find DIR/Trip/_thumbs -maxdepth 1 -type f ! -perm -o=r -exec chmod o+r {} +"}},
		{"name-clash", nil, func(h *house) { h.photo("Trip/1.JPG") }, []string{"warning: DIR/Trip/1.JPG: on macOS and Windows it has the name of 1.jpg", "rename one"}},
		{"name-clash", nil, func(h *house) { h.photo("Trip/u\u0308.jpg"); h.photo("Trip/Ü.jpg") }, []string{"on macOS and Windows it has the name of"}},
		{"name-clash", nil, func(h *house) { h.photo("trip/9.jpg") }, []string{"DIR/Trip: on macOS and Windows it has the name of trip"}},
		{"date-impossible", nil, func(h *house) {
			h.must(os.Chtimes(h.at("Trip/1.jpg"), time.Time{}, time.Date(1955, 1, 1, 12, 0, 0, 0, time.Local)))
		}, []string{"warning: DIR/Trip/1.jpg: it was last modified on 1955-01-01, which cannot be → touch -d YYYY-MM-DD DIR/Trip/1.jpg"}},
		{"date-impossible", nil, func(h *house) {
			h.must(os.Chtimes(h.at("Trip/1.jpg"), time.Time{}, time.Date(2105, 7, 1, 12, 0, 0, 0, time.Local)))
		}, []string{"it was last modified on 2105-07-01, which cannot be"}},
		{"date-future", nil, func(h *house) {
			h.must(os.Chtimes(h.at("Trip/1.jpg"), time.Time{}, time.Now().AddDate(0, 1, 0)))
		}, []string{"warning: DIR/Trip/1.jpg: it was last modified on", "which is yet to come"}},
		{"photo-unfit", func(h *house) { h.patient.Try = time.Minute }, func(h *house) {
			h.must(os.WriteFile(h.at("Trip/bad.jpg"), []byte("nothing"), 0o644))
		}, []string{"warning: DIR/Trip/bad.jpg: no thumbnail can be made of it: "}},
		{"too-deep", nil, func(h *house) { h.photo(long + "9.jpg") }, []string{"warning: 1 folders lie more than 32 deep and are not shown"}},
		{"mount-gone", nil, func(h *house) {
			h.must(os.Mkdir(h.at("Disk"), 0o755))
			h.patient.Fstab = filepath.Join(h.t.TempDir(), "fstab")
			h.must(os.WriteFile(h.patient.Fstab, []byte("# disks\nUUID=1 "+h.at("Disk")+" ext4 defaults 0 2\nUUID=2 "+h.at("Off")+" ext4 noauto 0 2\n"), 0o644))
		}, []string{"error: DIR/Disk: ", "fstab mounts something there, and it is not mounted → mount DIR/Disk"}},
		{"mount-gone", func(h *house) { h.cache = filepath.Join(h.t.TempDir(), "cache"); h.store() }, func(h *house) {
			h.must(os.Rename(h.at("Trip"), filepath.Join(h.t.TempDir(), "off")))
			h.must(os.Mkdir(h.at("Trip"), 0o755))
		}, []string{"error: DIR/Trip: it held photos and is now empty or gone: its disk seems to be away"}},
		{"cache-unwritable", func(h *house) {
			h.cache = filepath.Join(h.t.TempDir(), "cache")
			h.must(os.Mkdir(h.cache, 0o755))
		}, func(h *house) {
			h.patient.Service = stranger
			h.must(os.Chmod(filepath.Dir(h.cache), 0o755))
			h.must(os.Chmod(filepath.Dir(filepath.Dir(h.cache)), 0o755))
		},
			[]string{"error: ", "/cache: stranger may not write it", "chown -R stranger "}},
		{"cache-marker", func(h *house) { h.cache = filepath.Join(h.t.TempDir(), "cache"); h.store() }, func(h *house) {
			h.must(os.WriteFile(filepath.Join(h.cache, ".gallery"), []byte("nothing"), 0o644))
		}, []string{"error: ", "/cache/.gallery: it cannot be read: "}},
		{"cache-of-others", func(h *house) { h.cache = filepath.Join(h.t.TempDir(), "cache"); h.store() }, func(h *house) {
			h.dir = filepath.Join(h.t.TempDir(), "others")
			h.photo("x/1.jpg")
			h.patient.Service = Self()
		}, []string{"error: ", "/cache: it holds the thumbnails of ", "a cache of its own"}},
		{"directory", nil, func(h *house) { h.must(os.RemoveAll(h.dir)) }, []string{"error: DIR DIR does not exist"}},
	} {
		t.Run(fmt.Sprint(test.kind, i), func(t *testing.T) {
			h := build(t)
			if test.sound != nil {
				test.sound(h)
			}
			if r := h.look(); len(kinds(r)) > 0 {
				t.Fatalf("without the fault: %q", r.Findings())
			}
			test.fault(h)
			r := h.look()
			if got := kinds(r); !slices.Contains(got, test.kind) {
				t.Fatalf("found %q, want %s", r.Findings(), test.kind)
			}
			for _, says := range test.says {
				if says = strings.ReplaceAll(strings.Replace(says, "error: DIR DIR", "error: D_R DIR", 1), "DIR", h.dir); !strings.Contains(line(r, test.kind), strings.Replace(says, "D_R", "DIR", 1)) {
					t.Errorf("it says\n%s\nand not\n%s", line(r, test.kind), says)
				}
			}
		})
	}
}

// The command that mends a fault does.
func TestLook_commandsMend(t *testing.T) {
	h := build(t)
	h.patient.Nginx = &stranger
	h.photo("Trip/it's $x\n.jpg")
	for _, name := range []string{"Trip/1.jpg", "Trip/it's $x\n.jpg", "Party/3.jpg"} {
		h.must(os.Chmod(h.at(name), 0o600))
	}
	h.must(os.Chmod(h.at("Trip"), 0o711))
	r := h.look()
	if len(kinds(r)) != 2 {
		t.Fatalf("found %q", r.Findings())
	}
	for _, f := range r.Findings() {
		if f.Severity == Warning && !strings.HasPrefix(f.Kind, "clock") {
			if out, err := shell(t, f.Do); err != nil {
				t.Errorf("%s: %v, %s", f.Do, err, out)
			}
		}
	}
	if r := h.look(); len(kinds(r)) > 0 {
		t.Errorf("mended, it says %q", r.Findings())
	}
}

// Names that other systems do not take are told of.
func TestAmiss(t *testing.T) {
	for name, want := range map[string]string{
		"beach.jpg": "", "Ü.jpg": "", "console.jpg": "", "com10.jpg": "", "a.b": "",
		"con.jpg": "device", "Lpt1.png": "device", "NUL": "device", "a:b.jpg": "refuses", `a\b.jpg`: "refuses", "what?.jpg": "refuses",
		"Trip.": "ends with a dot", "Trip ": "ends with a dot", "u\u0308.jpg": "NFC", "\xe9.jpg": "UTF-8", "a\nb.jpg": "control",
	} {
		if got := amiss(name); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("amiss(%q) = %q, want %q", name, got, want)
		}
	}
}

// What names hold neither makes lines nor acts on a terminal, nor in a shell.
func TestReport_hostileNames(t *testing.T) {
	h := build(t)
	h.patient.Service = stranger
	for _, name := range []string{"new\nline.jpg", "esc\x1b[2J.jpg", "latin \xe9.jpg", "right\u202eto left.jpg", "$(touch x)'`.jpg", "con.jpg"} {
		for _, in := range []string{"a", "b\nnote: all is well"} {
			h.photo(filepath.Join(in, name))
			h.must(os.Chmod(h.at(filepath.Join(in, name)), 0))
		}
	}
	at, err := os.OpenRoot(h.dir)
	h.must(err)
	for range 1000 {
		h.must(at.Mkdir("deep", 0o755))
		next, err := at.OpenRoot("deep")
		h.must(err)
		at.Close()
		at = next
	}
	at.Close()
	r := h.look()
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		h.must(r.Write(&out, asJSON))
		if text := out.String(); strings.ContainsFunc(text, func(r rune) bool { return r == 0x1b || r == '\u202e' || r == '\uFFFD' }) || strings.Contains(text, "\xe9") {
			t.Errorf("it shows what a terminal acts on: %q", text)
		}
		if lines := strings.Count(out.String(), "\n"); !asJSON && lines != len(r.Lines()) {
			t.Errorf("%d findings take %d lines:\n%s", len(r.Lines()), lines, &out)
		}
	}
	if got := len(kinds(r)); got < 5 {
		t.Errorf("found %d faults: %q", got, r.Findings())
	}
}

// Of a kind there are so many lines, and their number; the worst come first.
func TestReport(t *testing.T) {
	var r Report
	r.add(Note, "small", "", "", "a note")
	for i := range 2500 {
		r.add(Warning, "many", "x", "do", "number %d", i)
	}
	r.add(Error, "bad", "", "", "an error")
	if r.Worst() != Error || errors.As(r.Err(), new(Warned)) || r.Err().Error() != "1 errors, 2500 warnings" {
		t.Errorf("Worst = %v, Err = %v", r.Worst(), r.Err())
	}
	lines := r.Lines()
	if len(lines) != 23 || lines[0].Kind != "bad" || lines[1].String() != "warning: x: number 0 → do" || lines[21].Text != "and 2480 more of these (many)" || lines[22].Kind != "small" {
		t.Errorf("Lines = %q", lines)
	}
	var out bytes.Buffer
	if err := r.Write(&out, true); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Worst    string
		Findings []map[string]string
	}
	if err := json.Unmarshal(out.Bytes(), &read); err != nil || read.Worst != "error" || len(read.Findings) != 1003 || read.Findings[1]["severity"] != "warning" || read.Findings[1]["do"] != "do" {
		t.Errorf("JSON: %v, %d findings, %q", err, len(read.Findings), read.Findings[:2])
	}
	var fine, warned Report
	fine.add(Note, "a", "", "", "b")
	warned.add(Warning, "a", "", "", "b")
	if fine.Err() != nil || !errors.As(warned.Err(), new(Warned)) {
		t.Errorf("Err = %v and %v", fine.Err(), warned.Err())
	}
}

// An ACL may grant more than a mode, and less.
func TestAccount_granted(t *testing.T) {
	h := build(t)
	info, err := os.Stat(h.at("Trip/1.jpg"))
	h.must(err)
	entry := func(tag, permissions byte, id uint32) []byte {
		return []byte{tag, 0, permissions, 0, byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}
	}
	list := func(entries ...[]byte) []byte { return append([]byte{2, 0, 0, 0}, bytes.Join(entries, nil)...) }
	base := [][]byte{entry(aclUserObj, 6, 0), entry(aclGroupObj, 4, 0), entry(aclOther, 0, 0)}
	for name, test := range map[string]struct {
		list []byte
		want fs.FileMode
		ok   bool
	}{
		"other":           {list(base...), 0, true},
		"a user":          {list(append(base, entry(aclUser, 6, 4711), entry(aclMask, 7, 0))...), 6, true},
		"a user, masked":  {list(append(base, entry(aclUser, 6, 4711), entry(aclMask, 4, 0))...), 4, true},
		"a group":         {list(append(base, entry(aclGroup, 5, 4711), entry(aclMask, 7, 0))...), 5, true},
		"another":         {list(append(base, entry(aclUser, 6, 4712), entry(aclGroup, 6, 4712), entry(aclMask, 7, 0))...), 0, true},
		"cut off":         {list(base...)[:9], 0, false},
		"another version": {[]byte{3, 0, 0, 0}, 0, false},
	} {
		if got, ok := stranger.granted(test.list, info); got != test.want || ok != test.ok {
			t.Errorf("%s: granted = %v, %v, want %v, %v", name, got, ok, test.want, test.ok)
		}
	}
}

// What is stored is counted, and what is missing.
func TestLook_counts(t *testing.T) {
	h := build(t)
	h.warm("Trip/1.jpg")
	if got := line(h.look(), "stored"); !strings.Contains(got, "3 photos in 3 albums: 1 have a thumbnail, and there are 0 larger previews") {
		t.Errorf("it says %q", got)
	}
	if got := line(h.look(), "missing"); !strings.Contains(got, "2 photos have no thumbnail yet") || !strings.Contains(got, "gallery warm "+h.dir) {
		t.Errorf("it says %q", got)
	}
	if got := line(h.look(), "disk"); !strings.Contains(got, "inodes") && line(h.look(), "disk-short") == "" {
		t.Errorf("of the disk it says %q", got)
	}
}

// Who may not see an album is told nothing of it.
func TestLook_may(t *testing.T) {
	h := build(t)
	h.patient.May = func(name string) bool { return name != "Trip" }
	h.must(os.Chtimes(h.at("Trip/1.jpg"), time.Time{}, time.Date(2105, 7, 1, 0, 0, 0, 0, time.UTC)))
	h.photo("trip/x.jpg")
	r := h.look()
	for _, f := range r.Findings() {
		if strings.Contains(f.String(), "Trip") {
			t.Errorf("it says %q", f)
		}
	}
	if got := line(r, "stored"); !strings.Contains(got, "2 photos in 3 albums") {
		t.Errorf("it says %q", got)
	}
}

func shell(t *testing.T, command string) ([]byte, error) {
	return exec.CommandContext(t.Context(), "bash", "-c", command).CombinedOutput()
}
