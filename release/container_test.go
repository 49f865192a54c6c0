package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	compose "github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// containerImage is what the last stage of Containerfile says.
type containerImage struct {
	env            []string
	uid, gid       uint32
	entry, healthy []string
}

// parsedImage reads Containerfile as builders do; none of them warns of anything.
func parsedImage(t *testing.T) (im containerImage) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Warnings) > 0 {
		t.Errorf("warnings: %v", tree.Warnings)
	}
	stages, _, err := instructions.Parse(tree.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	if last.BaseName != "scratch" {
		t.Errorf("it is made from %s, want scratch", last.BaseName)
	}
	for _, command := range last.Commands {
		switch c := command.(type) {
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				im.env = append(im.env, pair.Key+"="+pair.Value)
			}
		case *instructions.UserCommand:
			u, g, _ := strings.Cut(c.User, ":")
			uid, err := strconv.ParseUint(u, 10, 32)
			if err != nil {
				t.Errorf("USER %s: there is no file of names", c.User)
			}
			gid, err := strconv.ParseUint(g, 10, 32)
			if err != nil {
				t.Errorf("USER %s: there is no file of names", c.User)
			}
			im.uid, im.gid = uint32(uid), uint32(gid)
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				t.Error("ENTRYPOINT takes a shell, and there is none")
			}
			im.entry = c.CmdLine
		case *instructions.HealthCheckCommand:
			if c.Health.Test[0] != "CMD" {
				t.Error("HEALTHCHECK takes a shell, and there is none")
			}
			im.healthy = c.Health.Test[1:]
		}
	}
	if im.uid == 0 || len(im.entry) == 0 || len(im.healthy) == 0 {
		t.Fatalf("the image is %+v", im)
	}
	return im
}

// The image is an empty root with the program and the mounted photos in it; there it is run as
// Containerfile says, and so is its health check.
func TestContainer_emptyRoot(t *testing.T) {
	t.Parallel()
	im := parsedImage(t)
	if os.Geteuid() != 0 {
		lacks(t, "entering another root takes root")
	}
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	install(t, root)
	drawPhoto(t, filepath.Join(root, "srv", "photos", "Trip", "1.jpg"))
	if err := os.Chown(filepath.Join(root, "srv", "photos", "Trip"), int(im.uid), int(im.gid)); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	inside := func(line []string) *exec.Cmd {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Dir = "/"
		cmd.Env = append(append([]string{}, im.env...), "GALLERY_LISTEN="+address)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: im.uid, Gid: im.gid}}
		return cmd
	}
	if out, err := inside(im.healthy).CombinedOutput(); err == nil {
		t.Errorf("before it runs it is healthy: %s", out)
	}
	var log bytes.Buffer
	cmd := inside(im.entry)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			cmd.Process.Kill()
			cmd.Wait()
		}
		if t.Failed() {
			t.Logf("its log:\n%s", log.Bytes())
		}
	}()
	deadline := time.Now().Add(20 * time.Second)
	for {
		out, err := inside(im.healthy).CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not healthy: %v\n%s", err, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, target := range []string{"/", "/Trip/", "/Trip/1.jpg", "/Trip/1.jpg/", "/Trip/_thumbs/1.jpg"} {
		response, err := http.Get("http://" + address + target)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("GET %s = %d", target, response.StatusCode)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "srv", "photos", "Trip", "_thumbs", "1.jpg")); err != nil {
		t.Error(err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// The example for compose is what compose takes, and names files that are there.
func TestContainer_compose(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("..", "deploy", "compose"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "compose.yaml")
	project, err := loader.LoadWithContext(context.Background(), compose.ConfigDetails{
		WorkingDir: dir, ConfigFiles: []compose.ConfigFile{{Filename: file}},
	}, func(o *loader.Options) { o.SetProjectName("gallery", true) })
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Services) != 2 {
		t.Fatalf("there are %d services, want gallery and nginx", len(project.Services))
	}
	build := project.Services["gallery"].Build
	if _, err := os.Stat(filepath.Join(build.Context, build.Dockerfile)); err != nil {
		t.Error(err)
	}
	mounts := 0
	for name, service := range project.Services {
		for _, v := range service.Volumes {
			mounts++
			if v.Source == filepath.Join(dir, "photos") {
				continue // the administrator's
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if mounts != 5 {
		t.Errorf("there are %d mounts, want 5", mounts)
	}
	// The flags of its variables are the program's.
	flags, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for variable := range project.Services["gallery"].Environment {
		if !bytes.Contains(flags, []byte("`"+variable+"`")) {
			t.Errorf("there is no setting %s", variable)
		}
	}
}
