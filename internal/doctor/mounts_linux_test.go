package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gallery/internal/testkit"
)

// mount mounts a file system for as long as the test runs. That takes root.
func (h *house) mount(dir, kind string, flags uintptr, options string) {
	h.t.Helper()
	if err := syscall.Mount(kind, dir, kind, flags, options); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// Disks that are full, cannot be written, hang or are gone are found, and never waited for.
func TestLook_mounts(t *testing.T) {
	missing := ""
	if os.Getuid() != 0 {
		missing = "mounting takes root"
	} else if _, err := os.Stat("/dev/fuse"); err != nil {
		missing = err.Error()
	}
	if missing != "" {
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	inCache := func(options string, flags uintptr) func(h *house) {
		return func(h *house) {
			h.cache = filepath.Join(h.t.TempDir(), "cache")
			h.must(os.Mkdir(h.cache, 0o755))
			h.mount(h.cache, "tmpfs", 0, options)
			st, _ := h.store()
			st.Close()
			if flags != 0 {
				h.must(syscall.Mount("", h.cache, "", flags, ""))
			}
		}
	}
	for _, test := range []struct {
		kind  string
		fault func(h *house)
		says  string // DIR and CACHE stand for the directories
	}{
		{"mount-read-only", func(h *house) {
			h.mount(h.at("Trip"), "tmpfs", 0, "")
			h.photo("Trip/1.jpg")
			h.must(syscall.Mount("", h.at("Trip"), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
		}, "warning: DIR/Trip: it is mounted read-only, so that no thumbnails can be stored in it → keep thumbnails elsewhere with -cache"},
		{"cache-read-only", inCache("", syscall.MS_REMOUNT|syscall.MS_RDONLY),
			"error: CACHE: it is on a file system that is mounted read-only, so that no thumbnails can be stored → mount -o remount,rw CACHE, or keep thumbnails elsewhere with -cache"},
		{"disk-full", inCache("size=64m", 0), "error: CACHE: 67 MB are free on its disk → make room, or keep thumbnails on another disk with -cache"},
		{"inodes-short", inCache("nr_inodes=10", 0), "warning: CACHE: "},
		{"mount-dead", func(h *house) { testkit.Hang(h.t, h.at("Trip")) },
			"error: DIR/Trip: the fuse there does not answer → look at its server and network, then: umount -l DIR/Trip && mount DIR/Trip"},
		{"mount-dead", func(h *house) { end, _ := testkit.Hang(h.t, h.at("Trip")); end() }, "error: DIR/Trip: the fuse there does not answer → "},
		{"mount-dead", func(h *house) { testkit.Hang(h.t, h.dir) }, "error: DIR: it does not answer within "},
		{"mount-dead", func(h *house) {
			h.cache = filepath.Join(h.t.TempDir(), "cache")
			h.must(os.Mkdir(h.cache, 0o755))
			testkit.Hang(h.t, h.cache)
		}, "error: CACHE: it does not answer within "},
		{"directory", func(h *house) { end, _ := testkit.Hang(h.t, h.dir); end() }, "error: "},
	} {
		t.Run(test.kind, func(t *testing.T) {
			h := build(t)
			if r := h.report(); len(kinds(r)) > 0 {
				t.Fatalf("without the fault: %q", r.Findings())
			}
			test.fault(h)
			r := h.report()
			if got := kinds(r); !slices.Equal(got, []string{test.kind}) {
				t.Fatalf("found %q, want %s alone", r.Findings(), test.kind)
			}
			says := strings.NewReplacer("DIR", h.dir, "CACHE", h.cache).Replace(test.says)
			if got := line(r, test.kind); !strings.HasPrefix(got, says) {
				t.Errorf("it says\n%s\nand not\n%s", got, says)
			}
		})
	}
}
