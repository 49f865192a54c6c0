package nolink

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gallery/internal/testkit"
)

// ways are the ways in which a Dir opens: all tests run over each.
var ways = map[string]func(t *testing.T, root *os.Root) *Dir{
	"openat2": func(t *testing.T, root *os.Root) *Dir {
		d, ok, err := openAtOnce(root)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			const missing = "openat2 is not allowed here: it takes Linux 5.6, and no filter of system calls that forbids it"
			if os.Getenv("CI") != "" {
				t.Fatal(missing)
			}
			t.Skip(missing)
		}
		return d
	},
	"steps": func(_ *testing.T, root *os.Root) *Dir { return &Dir{steps: root, lent: true} },
}

// tree is a directory with an album of a photo and renditions, and what is not to be shown.
func tree(t *testing.T) (dir string, root *os.Root) {
	t.Helper()
	base := t.TempDir()
	dir = filepath.Join(base, "photos")
	for name, content := range map[string]string{
		"photos/a/1.jpg": "shown", "photos/a/_thumbs/1.jpg": "small", "photos/a/b/2.jpg": "shown", "photos/top.jpg": "shown",
		"photos/.hidden/1.jpg": "hidden", "photos/.hidden.jpg": "hidden", "photos/a/.hidden.jpg": "hidden", "outside/1.jpg": "outside",
	} {
		path := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return dir, root
}

// read returns what is in the file at a path below folder, within a folder below d; below d
// itself with "".
func read(d *Dir, folder, file string) (string, error) {
	below := d
	if folder != "" {
		var err error
		if below, err = d.Folder(folder); err != nil {
			return "", err
		}
		defer below.Close()
	}
	f, info, err := below.File(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
	if err == nil && info.Size() != int64(len(data)) {
		err = fmt.Errorf("%d bytes, and the state says %d", len(data), info.Size())
	}
	return string(data), err
}

func TestDir_finds(t *testing.T) {
	for way, open := range ways {
		t.Run(way, func(t *testing.T) {
			dir, root := tree(t)
			d := open(t, root)
			for _, test := range []struct{ folder, file, want string }{
				{".", "top.jpg", "shown"}, {"a", "1.jpg", "shown"}, {"a", "_thumbs/1.jpg", "small"}, {"a/b", "2.jpg", "shown"},
				{".", "a/b/2.jpg", "shown"},
			} {
				if got, err := read(d, test.folder, test.file); got != test.want {
					t.Errorf("%s in %s = %q, %v", test.file, test.folder, got, err)
				}
			}
			for _, name := range []string{"top.jpg", "a", "none"} {
				want, wantErr := os.Lstat(filepath.Join(dir, name))
				got, err := d.Lstat(name)
				if wantErr != nil {
					if !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("Lstat(%s) = %v", name, err)
					}
					continue
				}
				if err != nil || got.Name() != name || got.Size() != want.Size() || !got.ModTime().Equal(want.ModTime()) || got.Mode() != want.Mode() || got.IsDir() != want.IsDir() {
					t.Errorf("Lstat(%s) = %v, %v, want %v", name, got, err, want)
				}
			}
			for _, name := range []string{".", "top.jpg", "a", "a/b", "a/b/2.jpg", "a/_thumbs/1.jpg"} {
				want, err := os.Lstat(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				got, err := d.LstatAt(name)
				if err != nil || got.Name() != filepath.Base(name) || got.Size() != want.Size() || !got.ModTime().Equal(want.ModTime()) || got.Mode() != want.Mode() {
					t.Errorf("LstatAt(%s) = %v, %v, want %v", name, got, err, want)
				}
			}
			for _, name := range []string{"none", "a/none", "none/1.jpg"} {
				if got, err := d.LstatAt(name); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("LstatAt(%s) = %v, %v", name, got, err)
				}
			}
		})
	}
}

// A file that is open is read like any other, until it is closed: the number of its descriptor
// may then be another's.
func TestHandle(t *testing.T) {
	for way, open := range ways {
		t.Run(way, func(t *testing.T) {
			dir, root := tree(t)
			d := open(t, root)
			want, err := os.Open(filepath.Join(dir, "top.jpg"))
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			h, _, err := d.File("top.jpg")
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Control(func(fd int) {
				data := make([]byte, 5)
				if n, err := unix.Pread(fd, data, 0); n != 5 || string(data) != "shown" {
					t.Errorf("its descriptor reads %q, %v", data[:max(n, 0)], err)
				}
			}); err != nil {
				t.Error(err)
			}
			for _, at := range []struct{ off, n int }{{0, 5}, {0, 3}, {2, 3}, {2, 4}, {5, 1}, {9, 1}, {0, 0}, {-1, 1}} {
				got, wanted := make([]byte, at.n), make([]byte, at.n)
				n, err := h.ReadAt(got, int64(at.off))
				m, wantErr := want.ReadAt(wanted, int64(at.off))
				if n != m || string(got) != string(wanted) || (err == io.EOF) != (wantErr == io.EOF) || (err == nil) != (wantErr == nil) {
					t.Errorf("ReadAt(%d bytes, %d) = %d, %v, %q, want %d, %v, %q", at.n, at.off, n, err, got, m, wantErr, wanted)
				}
			}
			before := testkit.Descriptors(t)
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if after := testkit.Descriptors(t); after != before-1 {
				t.Errorf("%d descriptors are open, before it was closed %d", after, before)
			}
			other, err := os.Open(filepath.Join(dir, "top.jpg")) // gets the number
			if err != nil {
				t.Fatal(err)
			}
			if n, err := h.ReadAt(make([]byte, 5), 0); !errors.Is(err, os.ErrClosed) {
				t.Errorf("of what is closed ReadAt = %d, %v", n, err)
			}
			if err := h.Control(func(fd int) { t.Errorf("what is closed has descriptor %d", fd) }); !errors.Is(err, os.ErrClosed) {
				t.Errorf("of what is closed Control = %v", err)
			}
			if err := h.Close(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("of what is closed Close = %v", err)
			}
			if err := other.Close(); err != nil {
				t.Errorf("what got the number of what is closed is closed, too: %v", err)
			}
		})
	}
}

// A file that is kept is opened again without another descriptor, and only while its name leads
// to it as it was.
func TestDir_Keep(t *testing.T) {
	for what, test := range map[string]struct {
		change func(path string) error
		want   string // "" for none
		opened int    // descriptors more
	}{
		"nothing":     {func(string) error { return nil }, "small", 0},
		"removed":     {os.Remove, "", 0},
		"moved aside": {func(path string) error { return os.Rename(path, path+".old") }, "", 0},
		"replaced": {func(path string) error {
			return errors.Join(os.WriteFile(path+"~", []byte("other"), 0o644), os.Rename(path+"~", path))
		}, "other", 1},
		"written over": {func(path string) error { return os.WriteFile(path, []byte("other"), 0o644) }, "other", 1},
		"longer":       {func(path string) error { return os.WriteFile(path, []byte("longer"), 0o644) }, "longer", 1},
		"made a link": {func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.Symlink("1.jpg.old", path))
		}, "", 0},
		"another's name": {func(path string) error { return os.Rename(filepath.Join(path, "../../1.jpg"), path) }, "shown", 1},
	} {
		dir, root := tree(t)
		d, err := ways["openat2"](t, root).Folder("a")
		if err != nil {
			t.Fatal(err)
		}
		var room atomic.Int32
		room.Store(1)
		unkept := testkit.Descriptors(t)
		d.Keep(&room)
		first, _, err := d.File("_thumbs/1.jpg")
		if err != nil {
			t.Fatal(err)
		}
		beyond, _, err := d.File("1.jpg")
		if err != nil {
			t.Fatal(err)
		}
		if err := beyond.Close(); err != nil || testkit.Descriptors(t) != unkept+1 {
			t.Errorf("%s: one for which there is no room is kept, %v", what, err)
		}
		before := testkit.Descriptors(t)
		time.Sleep(10 * time.Millisecond) // a tick of the clock of the file system
		if err := test.change(filepath.Join(dir, "a", "_thumbs", "1.jpg")); err != nil {
			t.Fatal(err)
		}
		again, info, err := d.File("_thumbs/1.jpg")
		if got := testkit.Descriptors(t) - before; got != test.opened {
			t.Errorf("%s: %d descriptors more are open, want %d", what, got, test.opened)
		}
		if err == nil {
			data, err := io.ReadAll(io.NewSectionReader(again, 0, 100))
			if string(data) != test.want || err != nil || info.Size() != int64(len(data)) {
				t.Errorf("%s: it holds %q, %v, and its size is %d", what, data, err, info.Size())
			}
			if err := errors.Join(again.Close(), d.Close()); err != nil {
				t.Error(err)
			}
		} else {
			if test.want != "" || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", what, err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		if n, err := first.ReadAt(make([]byte, 5), 0); n != 5 {
			t.Errorf("%s: who has it open reads %d bytes, %v", what, n, err)
		}
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		if got := testkit.Descriptors(t); got != unkept-1 || room.Load() != 1 {
			t.Errorf("%s: once all is closed %d descriptors are open, want %d; there is room for %d", what, got, unkept-1, room.Load())
		}
	}
}

// A folder that is shared is closed by the last who has it.
func TestDir_Share(t *testing.T) {
	for way, open := range ways {
		t.Run(way, func(t *testing.T) {
			_, root := tree(t)
			d := open(t, root)
			before := testkit.Descriptors(t)
			folder, err := d.Folder("a")
			if err != nil {
				t.Fatal(err)
			}
			folder.Share()
			for closed := range 2 {
				if _, err := folder.Lstat("1.jpg"); err != nil {
					t.Errorf("closed %d times of 2, it is not open: %v", closed, err)
				}
				if err := folder.Close(); err != nil {
					t.Error(err)
				}
			}
			if after := testkit.Descriptors(t); after != before {
				t.Errorf("%d descriptors are open, %d were before", after, before)
			}
		})
	}
}

// What is there and no photo, and whatever a link leads to, is not there. Each link is shown
// to lead one who follows it to what is hidden.
func TestDir_refuses(t *testing.T) {
	for way, open := range ways {
		t.Run(way, func(t *testing.T) {
			dir, root := tree(t)
			d := open(t, root)
			for link, to := range map[string]string{
				"link.jpg": "top.jpg", "out.jpg": "../outside/1.jpg", "abs.jpg": filepath.Dir(dir) + "/outside/1.jpg",
				"out": "../outside", "abs": filepath.Dir(dir) + "/outside", "same": "a", "up": "..", "magic": "/proc/self/root",
				"a/in": "b", "a/back": "../a", "nowhere.jpg": "none", "loop.jpg": "loop.jpg",
			} {
				if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
					t.Fatal(err)
				}
			}
			if err := unix.Mkfifo(filepath.Join(dir, "fifo.jpg"), 0o644); err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("unix", filepath.Join(dir, "socket.jpg"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for _, test := range []struct {
				folder, file string
				unsafe       bool // one who follows links reads something
			}{
				{".", "link.jpg", true}, {".", "out.jpg", true}, {".", "abs.jpg", true}, {"out", "1.jpg", true}, {"abs", "1.jpg", true},
				{"same", "1.jpg", true}, {".", "same/1.jpg", true}, {".", "out/1.jpg", true}, {"up", "outside/1.jpg", true},
				{".", "up/outside/1.jpg", true}, {".", "up/photos/top.jpg", true}, {"a", "in/2.jpg", true}, {"a/in", "2.jpg", true},
				{"a/back", "1.jpg", true}, {".", "a/back/1.jpg", true}, {".", "magic" + dir + "/top.jpg", true},
				{".", "nowhere.jpg", false}, {".", "loop.jpg", false}, {".", "fifo.jpg", false}, {".", "socket.jpg", false},
				{".", "a", false}, {".", "none.jpg", false}, {"none", "1.jpg", false}, {"top.jpg", "1.jpg", false}, {".", "top.jpg/1.jpg", false},
				{"a", "../top.jpg", true}, {".", "../outside/1.jpg", true}, {"..", "outside/1.jpg", true},
			} {
				if test.unsafe {
					if _, err := os.ReadFile(dir + "/" + test.folder + "/" + test.file); err != nil {
						t.Errorf("one who follows links is not led to %s in %s: %v", test.file, test.folder, err)
					}
				}
				if got, err := read(d, test.folder, test.file); err == nil {
					t.Errorf("%s in %s is opened, and holds %q", test.file, test.folder, got)
				} else if !errors.Is(err, fs.ErrNotExist) && filepath.IsLocal(test.folder+"/"+test.file) && filepath.IsLocal(test.file) {
					t.Errorf("%s in %s = %v, which is not fs.ErrNotExist", test.file, test.folder, err)
				}
			}
			for name, want := range map[string]fs.FileMode{"link.jpg": fs.ModeSymlink, "same": fs.ModeSymlink} {
				if info, err := d.Lstat(name); err != nil || info.Mode().Type() != want {
					t.Errorf("Lstat(%s) = %v, %v", name, info, err)
				}
			}
			for _, name := range []string{"link.jpg", "a/back", "abs", "loop.jpg"} {
				if info, err := d.LstatAt(name); err != nil || info.Mode().Type() != fs.ModeSymlink {
					t.Errorf("LstatAt(%s) = %v, %v", name, info, err)
				}
			}
			for _, name := range []string{"out/1.jpg", "abs/1.jpg", "up/outside/1.jpg", "../outside/1.jpg", "a/../../outside/1.jpg", "loop.jpg/x"} {
				if info, err := d.LstatAt(name); err == nil {
					t.Errorf("LstatAt(%s) leads out: %v", name, info)
				}
			}
			if info, err := d.Lstat("fifo.jpg"); err != nil || info.Mode().IsRegular() || info.IsDir() {
				t.Errorf("Lstat of a FIFO = %v, %v", info, err)
			}
		})
	}
}

// What is swapped for a link while it is opened is never followed: what is read is what is
// shown, whichever way it is opened.
func TestOpen_swapped(t *testing.T) {
	const swaps = 4_000              // for each of ten
	swapped := map[string][3]string{ // what is swapped, its link, what the link leads to
		"photo":  {"a/1.jpg", "a/.other", ".hidden.jpg"},
		"folder": {"a", ".other", ".hidden"},
	}
	readers := map[string]func(t *testing.T, root *os.Root) func() (string, error){
		"root": func(_ *testing.T, root *os.Root) func() (string, error) {
			return func() (string, error) {
				folder, err := Folder(root, "a", false)
				if err != nil {
					return "", err
				}
				defer folder.Close()
				f, _, err := File(folder, "1.jpg")
				if err != nil {
					return "", err
				}
				defer f.Close()
				data, err := io.ReadAll(f)
				return string(data), err
			}
		},
	}
	for way, open := range ways {
		readers[way] = func(t *testing.T, root *os.Root) func() (string, error) {
			d := open(t, root)
			return func() (string, error) { return read(d, "a", "1.jpg") }
		}
		readers[way+", at once"] = func(t *testing.T, root *os.Root) func() (string, error) {
			d := open(t, root)
			return func() (string, error) { return read(d, ".", "a/1.jpg") }
		}
	}
	readers["openat2, kept"] = func(t *testing.T, root *os.Root) func() (string, error) {
		d := ways["openat2"](t, root)
		var room atomic.Int32
		room.Store(10)
		d.Keep(&room)
		return func() (string, error) { return read(d, "", "a/1.jpg") }
	}
	for what, paths := range swapped {
		for way, reader := range readers {
			t.Run(what+", "+way, func(t *testing.T) {
				dir, root := tree(t)
				path, other := filepath.Join(dir, paths[0]), filepath.Join(dir, paths[1])
				if err := os.Symlink(paths[2], other); err != nil {
					t.Fatal(err)
				}
				safely := reader(t, root)
				var done atomic.Bool
				var opened, led atomic.Int64
				var running sync.WaitGroup
				for range 3 {
					running.Go(func() {
						for !done.Load() {
							if data, err := os.ReadFile(filepath.Join(dir, "a", "1.jpg")); err == nil && string(data) == "hidden" {
								led.Add(1)
							}
							if data, err := safely(); err == nil {
								opened.Add(1)
								if data != "shown" {
									t.Errorf("%q is read", data)
								}
							}
						}
					})
				}
				for i := 0; i < swaps || opened.Load() == 0 || led.Load() == 0; i++ {
					if err := unix.Renameat2(unix.AT_FDCWD, other, unix.AT_FDCWD, path, unix.RENAME_EXCHANGE); err != nil {
						t.Error(err)
						break
					}
				}
				done.Store(true)
				running.Wait()
			})
		}
	}
}

// forbidden is the error by which a filter refuses openat2 to the test's own program.
const forbidden = "GALLERY_TEST_FORBIDDEN"

// Where the kernel lacks openat2, or a filter of system calls refuses it, the steps are taken.
func TestOpen_withoutOpenat2(t *testing.T) {
	if os.Getenv(forbidden) == "" {
		for _, errno := range []unix.Errno{unix.ENOSYS, unix.EPERM} {
			cmd := exec.Command(os.Args[0], "-test.run=^TestOpen_withoutOpenat2$", "-test.v")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", forbidden, errno))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("with %v: %v\n%s", errno, err, out)
			}
		}
		return
	}
	var errno uint32
	if _, err := fmt.Sscan(os.Getenv(forbidden), &errno); err != nil {
		t.Fatal(err)
	}
	testkit.Forbid(t, unix.SYS_OPENAT2, unix.Errno(errno))
	_, root := tree(t)
	if _, err := unix.Openat2(unix.AT_FDCWD, ".", &unix.OpenHow{}); err != unix.Errno(errno) {
		t.Fatalf("openat2 = %v", err)
	}
	d, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if d.steps == nil {
		t.Error("it is to open by openat2")
	}
	if got, err := read(d, "a", "_thumbs/1.jpg"); got != "small" {
		t.Errorf("a file = %q, %v", got, err)
	}
}

// A disk that goes away between the look and the opening is told as that, and never as a file
// or folder that is not there.
func TestOpen_diskGone(t *testing.T) {
	const inDir = "GALLERY_TEST_DIR"
	cases := map[string]struct {
		steps bool
		lost  uintptr // the call that tells of it
		name  string  // of what is opened
	}{
		"a file's state":            {false, unix.SYS_FSTAT, "a/_thumbs/1.jpg"},
		"a file's state, in steps":  {true, unix.SYS_FSTAT, "a/_thumbs/1.jpg"},
		"opening a file, in steps":  {true, unix.SYS_OPENAT, "a/_thumbs/1.jpg"},
		"opening a folder in steps": {true, unix.SYS_OPENAT, "a"},
	}
	c, inChild := cases[os.Getenv(forbidden)]
	if !inChild {
		dir, _ := tree(t)
		for which := range cases {
			cmd := exec.Command(os.Args[0], "-test.run=^TestOpen_diskGone$", "-test.v")
			cmd.Env = append(os.Environ(), forbidden+"="+which, inDir+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", which, err, out)
			}
		}
		return
	}
	root, err := os.OpenRoot(os.Getenv(inDir))
	if err != nil {
		t.Fatal(err)
	}
	if c.steps {
		testkit.Forbid(t, unix.SYS_OPENAT2, unix.ENOSYS)
	}
	d, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Forbid(t, c.lost, unix.ENOTCONN)
	if path.Ext(c.name) == "" {
		_, err = d.Folder(c.name)
	} else {
		_, _, err = d.File(c.name)
	}
	if !Disconnected(err) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
