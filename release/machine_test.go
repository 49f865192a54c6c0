package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scratch is a folder for what several tests share.
var scratch string

func TestMain(m *testing.M) {
	if out := os.Getenv("RELEASE_OUT"); out != "" { // releaseOf starts this anew, in another folder
		if err := run(out, []string{os.Getenv("RELEASE_ONLY")}, ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gallery-release-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		scratch = dir
		return m.Run()
	}())
}

// program builds the program, once for all tests, and returns its path.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "gallery")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s", "-o", path, ".")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// install puts the program into a folder.
func install(t *testing.T, to string) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to = filepath.Join(to, "gallery")
	put(t, to, data)
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
}

// debian is a clean Debian with nginx and sudo, once a test has asked for one.
var debian struct {
	once sync.Once
	dir  string
	err  error
}

// lacks ends a test for want of something that this machine does not have: on a
// laptop it is skipped, and where CI is set it fails.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// need returns the path of a tool that the test cannot do without.
func need(t *testing.T, tool, debianPackage string) string {
	t.Helper()
	for _, name := range []string{tool, "/usr/sbin/" + tool} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacks(t, "%s is not installed (Debian: apt-get install %s)", tool, debianPackage)
	return ""
}

// clean returns the folder of a machine with a clean Debian on it, which the test may change.
func clean(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		lacks(t, "making a machine takes root")
	}
	need(t, "systemd-nspawn", "systemd-container")
	debootstrap := need(t, "debootstrap", "debootstrap")
	debian.once.Do(func() {
		debian.dir = filepath.Join(scratch, "debian")
		cmd := exec.Command(debootstrap, "--variant=minbase", "--include=systemd,systemd-sysv,nginx-light,sudo,curl", "bookworm", debian.dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			debian.err = fmt.Errorf("%w\n%s", err, out[max(0, len(out)-1000):])
		}
		// What is installed is all there; the archives are of no use.
		os.RemoveAll(filepath.Join(debian.dir, "var", "cache", "apt", "archives"))
	})
	if debian.err != nil {
		lacks(t, "Debian's packages cannot be had: %v", debian.err)
	}
	root := filepath.Join(t.TempDir(), "machine")
	if out, err := exec.Command("cp", "-a", "--reflink=auto", debian.dir, root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return root
}

// boot starts a machine that has no network but its own loopback, and runs a script on it as
// root, which says "done" at its end.
func boot(t *testing.T, root, script string) {
	t.Helper()
	units := filepath.Join(root, "etc", "systemd", "system")
	put(t, filepath.Join(units, "script.service"), []byte("[Unit]\nSuccessAction=exit-force\nFailureAction=exit-force\nAfter=basic.target\n"+
		"[Service]\nType=oneshot\nEnvironment=HOME=/root\nStandardOutput=file:/script.log\nStandardError=file:/script.log\nExecStart=/bin/sh -eu /script.sh\n"))
	put(t, filepath.Join(units, "script.target"), []byte("[Unit]\nRequires=basic.target\nAfter=basic.target\nWants=script.service\n"))
	put(t, filepath.Join(root, "script.sh"), []byte(script))
	cmd := exec.Command("systemd-nspawn", "--quiet", "--boot", "--directory="+root, "--private-network", "--register=no", "--keep-unit",
		"--kill-signal=SIGRTMIN+3", "--console=pipe", "systemd.unit=script.target", "systemd.mask=systemd-firstboot.service")
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer stuck.Stop()
	ended := cmd.Wait()
	log, _ := os.ReadFile(filepath.Join(root, "script.log"))
	if ended != nil || !bytes.HasSuffix(log, []byte("done\n")) {
		t.Errorf("the machine ended with %v\n%s\nconsole:\n%s", ended, log, console.Bytes())
	}
}

// put writes a file and the folders that lead to it.
func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkout copies this repository's files as they are now to a folder of that name, and
// commits them there; the same files make the same commit. It returns the folder.
func checkout(t *testing.T, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{".git", "node_modules", "dist"}, d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		put(t, filepath.Join(to, strings.TrimPrefix(path, "../")), data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	git(t, to, "init", "--quiet", "--initial-branch=main")
	return to
}

// commit commits all that is in a checkout, and gives it a tag.
func commit(t *testing.T, dir, tag string) {
	t.Helper()
	git(t, dir, "add", "--all")
	git(t, dir, "commit", "--quiet", "--message", tag)
	git(t, dir, "tag", tag)
}

// git runs it as somebody, at some time.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(need(t, "git", "git"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_%s_NAME=Ann", who), fmt.Sprintf("GIT_%s_EMAIL=ann@example.com", who), fmt.Sprintf("GIT_%s_DATE=1700000000 +0000", who))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// releaseOf makes the release of a checkout, and returns the folder with its files and the
// path of its package.
func releaseOf(t *testing.T, dir, system string) (out, deb string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out = t.TempDir()
	cmd := exec.Command(self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RELEASE_OUT="+out, "RELEASE_ONLY="+system)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	debs, err := filepath.Glob(filepath.Join(out, "*.deb"))
	if err != nil || len(debs) != 1 {
		t.Fatalf("there are the packages %q, %v", debs, err)
	}
	return out, debs[0]
}
