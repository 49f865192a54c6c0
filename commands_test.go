package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gallery/internal/access"
	"gallery/internal/album"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
)

// clean runs "gallery clean" and returns what it says.
func cleaned(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := runClean(t.Context(), args, &out)
	return out.String(), err
}

// there reports whether something bears the name.
func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// untidySite has one of everything that clean removes, and of what it leaves.
// It returns the site's directory and, by name in it, why clean removes it.
func untidySite(t *testing.T) (string, map[string]string) {
	t.Helper()
	s := smallSite(t)
	for _, path := range []string{"/", "/Trip/", "/Trip/Day%201/", "/Trip/_thumbs/800/1.jpg", "/Trip/_thumbs/1600/1.jpg"} {
		s.get(path)
	}
	at := func(name string) string { return filepath.Join(s.dir, "Trip", album.ThumbsDir, name) }
	copyTo := func(to, from string) {
		data, err := os.ReadFile(at(from))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, at(to), data)
	}
	copyTo("gone.jpg", "1.jpg")
	copyTo("800/gone.jpg", "800/1.jpg")
	copyTo("10.gif", "1.jpg")     // another photo's: not of this size and mtime
	copyTo("1600/2.PNG", "1.jpg") // another rendition's
	write(t, at("left by flask.jpg"), 400, 300, 1)
	write(t, at("full size.jpg"), 1000, 800, 1)
	writeFile(t, at("notes.txt"), []byte("mine"))
	writeFile(t, at("torn.jpg"), []byte("\xff\xd8\xff"))
	writeFile(t, at(".tmp-01234567"), []byte("half"))
	writeFile(t, at("800/.tmp-01234567"), []byte("half"))
	writeFile(t, at("640/deep/1.jpg"), []byte("another program's"))
	for link, to := range map[string]string{"link.jpg": "../1.jpg", "out": "../..", "640/deep/up": "../../.."} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("fifo.jpg"), 0o644); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"gone.jpg": "of photos that are gone", "800/gone.jpg": "of photos that are gone", "left by flask.jpg": "of photos that are gone",
		"10.gif": "older than their photos", "1600/2.PNG": "made with other options",
		".tmp-01234567": "left unfinished", "800/.tmp-01234567": "left unfinished",
		"full size.jpg": "not the gallery's", "notes.txt": "not the gallery's", "torn.jpg": "not the gallery's", "640/": "not the gallery's",
		"link.jpg": "not the gallery's", "out": "not the gallery's", "fifo.jpg": "not the gallery's",
		"1.jpg": "", "2.PNG": "", "800/1.jpg": "", "1600/1.jpg": "",
	}
	return s.dir, want
}

func TestClean(t *testing.T) {
	dir, want := untidySite(t)
	at := func(name string) string { return filepath.Join(dir, "Trip", album.ThumbsDir, name) }
	dry, err := cleaned(t, "-dry-run", dir)
	if err != nil || !strings.Contains(dry, "gallery: would free 14 files of ") {
		t.Errorf("a dry run says %q, %v", dry, err)
	}
	for name, reason := range want {
		line := `"Trip/_thumbs/` + name + `": ` + reason + "\n"
		if got := strings.Contains(dry, line); got != (reason != "") {
			t.Errorf("a dry run names %s: %v, as in %q", name, got, line)
		}
		if !there(at(name)) {
			t.Errorf("a dry run removed %s", name)
		}
	}
	out, err := cleaned(t, dir)
	if err != nil || !strings.Contains(out, "gallery: freed 14 files of ") ||
		!strings.Contains(out, "(3 of photos that are gone, 1 older than their photos, 1 made with other options, 2 left unfinished, 7 not the gallery's); 7 files of ") {
		t.Errorf("clean says %q, %v", out, err)
	}
	for name, reason := range want {
		if got := there(at(name)); got != (reason == "") {
			t.Errorf("after clean %s is there: %v (%s)", name, got, reason)
		}
	}
	if out, err := cleaned(t, dir); err != nil || !strings.HasPrefix(out, "gallery: freed 0 files of 0 B; 7 files of ") {
		t.Errorf("once more it says %q, %v", out, err)
	}
	// What nginx goes by stays.
	writeFile(t, filepath.Join(dir, album.ThumbsDir, album.PublicFile), nil)
	if out, err := cleaned(t, dir); err != nil || !strings.HasPrefix(out, "gallery: freed 0 files") || !there(filepath.Join(dir, album.ThumbsDir, album.PublicFile)) {
		t.Errorf("with the file for nginx it says %q, %v", out, err)
	}
	// Another quality: everything made before is of no use.
	if out, err := cleaned(t, "-quality", "70", dir); err != nil || !strings.Contains(out, "7 made with other options); 0 files") {
		t.Errorf("with another quality it says %q, %v", out, err)
	}
}

func TestClean_byAge(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.jpg", "b.jpg", "c.jpg"} {
		write(t, filepath.Join(dir, name), 300, 200, i)
	}
	s := newSite(t, dir)
	s.get("/")
	var sizes []int64
	for i, name := range []string{"b.jpg", "c.jpg", "a.jpg"} { // from the oldest
		path := filepath.Join(dir, album.ThumbsDir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
		when := time.Now().Add(-time.Duration(50-20*i) * 24 * time.Hour)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		args []string
		left string
	}{
		{[]string{"-older-than", "51d"}, "a b c"},
		{[]string{"-older-than", "8w"}, "a b c"},
		{[]string{"-older-than", "40d"}, "a c"},
		{[]string{"-max-size", "1GB"}, "a c"},
		{[]string{"-max-size", fmt.Sprint(sizes[1] + sizes[2])}, "a c"},
		{[]string{"-max-size", fmt.Sprint(sizes[1] + sizes[2] - 1)}, "a"},
		{[]string{"-max-size", "1B"}, ""},
	}
	for _, step := range steps {
		if out, err := cleaned(t, append(step.args, dir)...); err != nil {
			t.Fatalf("%q: %v\n%s", step.args, err, out)
		}
		var left []string
		for _, name := range []string{"a", "b", "c"} {
			if there(filepath.Join(dir, album.ThumbsDir, name+".jpg")) {
				left = append(left, name)
			}
		}
		if got := strings.Join(left, " "); got != step.left {
			t.Errorf("after %q there are %q, want %q", step.args, got, step.left)
		}
	}
	s.get("/") // what was removed is made again
	if !there(filepath.Join(dir, album.ThumbsDir, "b.jpg")) {
		t.Error("the server does not make again what was removed")
	}
}

// A file that somebody is writing stays, also where room is to be made.
func TestClean_besideAWrite(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.jpg"), 300, 200, 1)
	temp := filepath.Join(dir, album.ThumbsDir, ".tmp-01234567")
	writeFile(t, temp, []byte("half"))
	f, err := os.Open(temp)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if out, err := cleaned(t, "-max-size", "1B", dir); err != nil || !there(temp) {
		t.Errorf("clean took a file that is being written: %q, %v", out, err)
	}
	f.Close()
	if out, err := cleaned(t, dir); err != nil || there(temp) {
		t.Errorf("clean left what nobody writes any more: %q, %v", out, err)
	}
}

// Where _thumbs leads elsewhere, nothing is removed there.
func TestClean_linkedThumbs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 300, 200, 1)
	write(t, filepath.Join(dir, "b", "gone.jpg"), 300, 200, 1)
	for link, to := range map[string]string{"a/_thumbs": ".", "b/_thumbs": "../a", "_thumbs": "b", "linked": "b"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	guardOriginals(t, dir)
	if out, err := cleaned(t, "-max-size", "1B", "-older-than", "1h", dir); err != nil || !strings.HasPrefix(out, "gallery: freed 0 files") {
		t.Errorf("clean says %q, %v", out, err)
	}
}

// With -cache, albums that are gone leave nothing where that is insisted on; a directory
// that is not mounted is not taken for one whose albums are gone.
func TestClean_cacheElsewhere(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 300, 200, 1)
	s := newSite(t, dir, func(c *config) { c.cache = cache })
	s.get("/a/")
	thumb := filepath.Join(cache, "a", album.ThumbsDir, "1.jpg")
	writeFile(t, filepath.Join(cache, "a", "mine.txt"), []byte("mine"))

	empty := t.TempDir()
	write(t, filepath.Join(empty, "b", "1.jpg"), 300, 200, 1)
	if out, err := cleaned(t, "-cache", cache, empty); err == nil || !strings.Contains(err.Error(), "cache of its own") || !there(thumb) {
		t.Errorf("over an empty directory clean says %q, %v", out, err)
	}
	rename(t, filepath.Join(dir, "a"), filepath.Join(empty, "a"))
	write(t, filepath.Join(dir, "other.jpg"), 300, 200, 1)
	defer func() { // as newSite wants to find it
		rename(t, filepath.Join(empty, "a"), filepath.Join(dir, "a"))
		os.Remove(filepath.Join(dir, "other.jpg"))
	}()
	if out, err := cleaned(t, "-cache", cache, dir); err == nil || !strings.Contains(err.Error(), "-force") || !there(thumb) {
		t.Errorf("after the album went clean says %q, %v, and its thumbnail is there: %v", out, err, there(thumb))
	}
	if out, err := cleaned(t, "-cache", cache, "-force", dir); err != nil || there(filepath.Dir(thumb)) {
		t.Errorf("with -force clean says %q, %v, and its _thumbs is there: %v", out, err, there(filepath.Dir(thumb)))
	}
	if !there(filepath.Join(cache, "a", "mine.txt")) {
		t.Error("clean removed something outside _thumbs")
	}
}

// An album that cannot be read keeps its thumbnails, and is reported.
func TestClean_unreadableAlbum(t *testing.T) {
	if os.Getuid() == 0 { // who may read everything
		asNobody(t)
		return
	}
	dir, cache := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 300, 200, 1)
	newSite(t, dir, func(c *config) { c.cache = cache }).get("/a/")
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "a"), 0o755)
	if out, err := cleaned(t, "-cache", cache, dir); err == nil || !there(filepath.Join(cache, "a", album.ThumbsDir, "1.jpg")) {
		t.Errorf("clean says %q, %v", out, err)
	}
}

// asNobody runs the test anew as a user who may read little.
func asNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "gallery-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	// Where it was built, and what is here, is closed to others.
	copied := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(copied, program, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	run := exec.Command(copied, "-test.run=^"+t.Name()+"$", "-test.v")
	run.Dir = dir
	run.Env = append(os.Environ(), "TMPDIR="+dir)
	run.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := run.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("as another user: %v\n%s", err, out)
	}
}

// Of two disks one is away: its thumbnails stay, wherever they lie, and what is of no use
// on the other goes.
func TestClean_diskAway(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		dir, cache := t.TempDir(), ""
		for _, name := range []string{"a/1.jpg", "a/2.jpg", "b/1.jpg", "b/deep/2.jpg", "b/deep/3.jpg", "b/deep/4.jpg"} {
			write(t, filepath.Join(dir, name), 300, 200, 1)
		}
		s := newSite(t, dir, func(c *config) {
			if elsewhere {
				cache = t.TempDir()
				c.cache = cache
			}
		})
		for _, path := range []string{"/", "/a/", "/b/", "/b/deep/"} {
			s.get(path)
		}
		below, arguments := dir, []string{dir}
		if elsewhere {
			below, arguments = cache, []string{"-cache", cache, dir}
		}
		off := filepath.Join(t.TempDir(), "off")
		rename(t, filepath.Join(dir, "b"), off)
		if elsewhere {
			os.Mkdir(filepath.Join(dir, "b"), 0o755)
		} else { // as where the disk of the photos is laid over that of the thumbnails
			for _, folder := range []string{"b", "b/deep"} {
				os.MkdirAll(filepath.Join(dir, folder), 0o755)
				if err := os.CopyFS(filepath.Join(dir, folder, album.ThumbsDir), os.DirFS(filepath.Join(off, strings.TrimPrefix(folder, "b"), album.ThumbsDir))); err != nil {
					t.Fatal(err)
				}
			}
		}
		deleted := filepath.Join(t.TempDir(), "2.jpg")
		rename(t, filepath.Join(dir, "a", "2.jpg"), deleted)
		out, err := cleaned(t, arguments...)
		if err == nil || !strings.Contains(err.Error(), `"b"`) || !strings.Contains(err.Error(), "-force") {
			t.Errorf("elsewhere %v: clean = %q, %v", elsewhere, out, err)
		}
		for _, name := range []string{"b/_thumbs/1.jpg", "b/deep/_thumbs/2.jpg", "a/_thumbs/1.jpg"} {
			if !there(filepath.Join(below, name)) {
				t.Errorf("elsewhere %v: %s is gone", elsewhere, name)
			}
		}
		if there(filepath.Join(below, "a/_thumbs/2.jpg")) {
			t.Errorf("elsewhere %v: the thumbnail of a deleted photo is there", elsewhere)
		}
		os.RemoveAll(filepath.Join(dir, "b"))
		rename(t, off, filepath.Join(dir, "b"))
		rename(t, deleted, filepath.Join(dir, "a", "2.jpg"))
	}
}

// Interrupted, it finishes what it is at, leaves nothing unfinished, and goes
// on the next time.
func TestWarm_interrupted(t *testing.T) {
	dir := t.TempDir()
	const photos = 12
	for i := range photos {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), 1000, 700, i)
	}
	c, err := parseFlags([]string{dir}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	root, err := storage.New(dir, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var left atomic.Int64
	left.Store(7)
	options := c.thumbsOptions()
	options.Rendered = func(time.Duration, error) {
		if left.Add(-1) == 0 {
			cancel()
		}
	}
	var out bytes.Buffer
	store := thumbs.New(root, options, slog.New(slog.DiscardHandler))
	lib := newLibrary("", album.ByName, false, root.Photos, store, access.New(root.Photos, access.Everybody(), slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
	err = upkeep.Warm(ctx, store, lib.reindex, upkeep.Shard{}, 1, &out, io.Discard)
	var total, made int
	if _, scanErr := fmt.Sscanf(out.String(), "gallery: %d photos: %d made in", &total, &made); err == nil || scanErr != nil || !strings.Contains(err.Error(), "interrupted") || made == 0 || made >= photos || !strings.Contains(out.String(), " 0 could not be") {
		t.Errorf("interrupted it says %q, %v", out.String(), err)
	}
	litter, _ := filepath.Glob(filepath.Join(dir, album.ThumbsDir, "*", ".*"))
	more, _ := filepath.Glob(filepath.Join(dir, album.ThumbsDir, ".*"))
	if len(litter)+len(more) > 0 {
		t.Errorf("it leaves %q %q", litter, more)
	}
	warmUp(t, []string{dir}, fmt.Sprintf("%d made", photos-made), fmt.Sprintf("%d were warm", made))
}

// A place that takes no thumbnails is not taken for photos that cannot be read,
// and one album's does not keep others from being warmed.
func TestWarm_cannotStore(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 500, 400, 1)
	write(t, filepath.Join(dir, "b", "2.jpg"), 500, 400, 2)
	writeFile(t, filepath.Join(dir, "a", album.ThumbsDir), []byte("in the way"))
	var out bytes.Buffer
	err := runWarm(t.Context(), []string{dir}, &out, &out)
	if err == nil || !strings.Contains(out.String(), "a/1.jpg: a/_thumbs/1.jpg cannot be stored (") || !there(filepath.Join(dir, "b", album.ThumbsDir, "2.jpg")) {
		t.Errorf("it says %q, %v", out.String(), err)
	}
}

// The garbage collector has warm keep within the budget for pictures, the program included, and
// within less as long as that is enough.
func TestWarm_memoryLimit(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for memory, want := range map[string]int64{"80MiB": 70 << 20, "160MiB": warmMemory} {
		if err := runWarm(t.Context(), []string{"-memory", memory, t.TempDir()}, io.Discard, io.Discard); err != nil {
			t.Fatal(err)
		}
		if limit := debug.SetMemoryLimit(-1); limit != want {
			t.Errorf("with %s for pictures the limit is %d, want %d", memory, limit, want)
		}
	}
}

func BenchmarkWarm_again(b *testing.B) {
	dir := b.TempDir()
	const photos = 500
	var t testing.T
	write(&t, filepath.Join(dir, "0.jpg"), 1000, 700, 1)
	for i := 1; i < photos; i++ {
		if err := os.Link(filepath.Join(dir, "0.jpg"), filepath.Join(dir, fmt.Sprintf("%d.jpg", i))); err != nil {
			b.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := runWarm(b.Context(), []string{dir}, &out, &out); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := runWarm(b.Context(), []string{dir}, &out, &out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*photos), "µs/photo")
}

func TestMemoryMistake(t *testing.T) {
	for _, test := range []struct {
		budget, machine int64
		want            string
	}{
		{256 << 20, 1 << 30, ""},
		{1 << 30, 1 << 30, ""},
		{256 << 20, 0, ""},
		{2 << 30, 1 << 30, "-memory 2.0 GiB is more than this machine has (1.0 GiB): "},
	} {
		if got := memoryMistake(test.budget, test.machine); !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("memoryMistake(%d, %d) = %q, want %q", test.budget, test.machine, got, test.want)
		}
	}
	// Both that decode pictures say so.
	var out bytes.Buffer
	if err := runWarm(t.Context(), []string{"-memory", "1TB", t.TempDir()}, io.Discard, &out); err != nil || !strings.Contains(out.String(), "gallery: -memory 931 GiB is more than") {
		t.Errorf("warm says %q, %v", out.String(), err)
	}
	out.Reset()
	if err := runServer(t.Context(), []string{"-memory", "1TB", "-listen", "nonsense", t.TempDir()}, io.Discard, &out); err == nil || !strings.Contains(out.String(), "-memory 931 GiB is more than") {
		t.Errorf("the server says %q, %v", out.String(), err)
	}
}

// The manual has a part for each command, and no other command.
func TestCommands_documented(t *testing.T) {
	var calls []string
	for _, m := range regexp.MustCompile(`(?m)^\tgallery ([a-z]+)\b`).FindAllStringSubmatch(theManual().String(), -1) {
		calls = append(calls, m[1])
	}
	var names []string
	for _, c := range commands()[1:] {
		names = append(names, c.Name)
		var out bytes.Buffer
		if err := run(t.Context(), []string{c.Name, "-h"}, &out, io.Discard); !errors.Is(err, flag.ErrHelp) || !strings.HasPrefix(out.String(), "\tgallery "+c.Name) || strings.Count(out.String(), "\tgallery ") != 1 {
			t.Errorf("gallery %s -h says %q, %v", c.Name, out.String(), err)
		}
		if c.Name != "version" && strings.Count(out.String(), "\n") < 3 {
			t.Errorf("gallery %s -h explains nothing: %q", c.Name, out.String())
		}
	}
	if !slices.Equal(calls, names) {
		t.Errorf("the manual shows the commands %q, there are %q", calls, names)
	}
}

// A variable that is one slip away from a setting's is refused, and those of others are not.
func TestCheckEnvironment(t *testing.T) {
	for entry, meant := range map[string]string{
		"GALLERY_LISTN=x": "GALLERY_LISTEN", "GALLERY_PRIVAT=1": "GALLERY_PRIVATE", "GALLERY_TRUSTPROXY=1": "GALLERY_TRUST_PROXY",
		"GALLERY_TILTE=x": "GALLERY_TITLE", "GALLERY_USER=x": "GALLERY_USERS", "GALLERYROOT=x": "GALLERY_ROOT", "GALLERY_GPX=1": "GALLERY_GPS",
		"GALLERY_LISTEN=x": "", "GALLERY_PORT=tcp://10.0.0.1:80": "", "GALLERY_SERVICE_HOST=x": "", "GALLERY_LISTN=": "", "PATH=/bin": "", "LISTN=x": "",
		"GALLERY_PORT_5001_TCP_ADDR=x": "", "GALLERY_TEST_PHOTOS=x": "", "GALLERY=x": "",
	} {
		err := checkEnvironment([]string{entry})
		if meant == "" && err != nil || meant != "" && (err == nil || !strings.HasSuffix(err.Error(), " is "+meant+" meant?")) {
			t.Errorf("checkEnvironment(%s) = %v, want %q", entry, err, meant)
		}
	}
}
