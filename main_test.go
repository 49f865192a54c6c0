package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts in testdata/script run this program as gallery.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gallery": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// A port that is taken for as long as the script runs.
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { taken.Close() })
			env.Setenv("TAKEN", taken.Addr().String())
			socket, err := net.Listen("unix", filepath.Join(env.WorkDir, "taken.sock"))
			if err != nil {
				return err
			}
			env.Defer(func() { socket.Close() })
			write(t, filepath.Join(env.WorkDir, "pictures", "1.jpg"), 1000, 600, 1)
			write(t, filepath.Join(env.WorkDir, "pictures", "Trip", "2.jpg"), 300, 400, 2)
			return nil
		},
	})
}

// Every flag is in the manual, with its environment variable.
func TestManual_flags(t *testing.T) {
	text := manual()
	for _, name := range []string{"listen", "cache", "thumb-size", "quality", "memory", "title", "jobs", "older-than", "max-size", "dry-run", "trust-proxy", "users", "private", "upload", "upload-max", "debug", "debug-public", "log-format", "log-requests", "background"} {
		variable := "GALLERY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if !strings.Contains(text, "-"+name+" ") || !strings.Contains(text, variable+" ") {
			t.Errorf("the manual lacks -%s or %s", name, variable)
		}
	}
	if strings.Contains(text, "//") && !strings.Contains(text, "http://") {
		t.Error("the manual holds comment signs")
	}
}

// A socket file that nobody listens on any more is replaced.
func TestListen_staleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	old.SetUnlinkOnClose(false)
	old.Close()
	l, err := listen("unix:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has mode %v, %v, want 0660", info.Mode(), err)
	}
}

// A file that is no socket is not touched.
func TestListen_notASocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "photo.jpg")
	writeFile(t, path, []byte("sacred"))
	if _, err := listen("unix:" + path); err == nil {
		t.Error("listening on a photo's name succeeded")
	}
	if data, _ := os.ReadFile(path); string(data) != "sacred" {
		t.Error("the file was changed")
	}
}

func TestRun_endsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-listen", "127.0.0.1:0", t.TempDir()}, in, in) }()
	line := make([]byte, 200)
	if n, err := out.Read(line); err != nil || !strings.Contains(string(line[:n]), "http://127.0.0.1:") {
		t.Errorf("it says %q, %v", line, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run = %v, want nil after its context ended", err)
	}
}
