// Release builds what is there to download, below -out: a static binary for each system,
// Debian packages, the licences of all modules in them, and SHA256SUMS.
//
//	go run ./release                    # from the repository's folder, on a tagged commit
//	go run ./release -only linux/amd64  # systems, with commas between
//
// The version is the tag's. Times in packages are the commit's, and so is their maintainer where
// -maintainer names none, so that whoever builds the same commit gets the same bytes.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// targets are the systems that there is a binary for, as GOOS/GOARCH; arm is armv7.
var targets = []string{
	"linux/amd64", "linux/arm64", "linux/arm",
	"darwin/amd64", "darwin/arm64", "freebsd/amd64", "openbsd/amd64",
}

func main() {
	out := flag.String("out", "dist", "the folder to write to, which is made")
	only := flag.String("only", strings.Join(targets, ","), "the systems")
	maintainer := flag.String("maintainer", "", "who answers for the packages, as `NAME <ADDRESS>`; the commit's committer if empty")
	flag.Parse()
	if err := run(*out, strings.Split(*only, ","), *maintainer); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run builds everything.
func run(out string, systems []string, maintainer string) error {
	for _, system := range systems {
		if !slices.Contains(targets, system) {
			return fmt.Errorf("-only %s: there are %s", system, strings.Join(targets, ", "))
		}
	}
	version, err := command(nil, "git", "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return err
	}
	seconds, err := command(nil, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return err
	}
	if maintainer == "" {
		if maintainer, err = command(nil, "git", "log", "-1", "--format=%cn <%ce>"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	r := release{version, time.Unix(unix, 0).UTC(), maintainer}
	var files []string
	for _, system := range systems {
		made, err := r.build(out, system)
		if err != nil {
			return fmt.Errorf("%s: %w", system, err)
		}
		files = append(files, made...)
	}
	text, err := licences()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "LICENSES.txt"), text, 0o644); err != nil {
		return err
	}
	return writeSums(out, append(files, "LICENSES.txt"))
}

// release is one version.
type release struct {
	version    string
	time       time.Time // the commit's
	maintainer string    // of packages, NAME <ADDRESS>
}

// build makes the binary for a system and, for Linux, its package. It returns their names.
func (r release) build(out, system string) ([]string, error) {
	goos, arch, _ := strings.Cut(system, "/")
	name := fmt.Sprintf("gallery-%s-%s-%s", r.version, goos, arch)
	if arch == "arm" {
		name += "v7"
	}
	path := filepath.Join(out, name)
	// Without the workspace the module's own version is stamped, from the tag.
	env := []string{"GOOS=" + goos, "GOARCH=" + arch, "GOARM=7", "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly"}
	if arch == "amd64" {
		env = append(env, "GOEXPERIMENT=simd") // photos are decoded and reduced by vectors
	}
	if _, err := command(env, "go", "build", "-trimpath", "-ldflags=-s", "-buildvcs=true", "-o", path, "."); err != nil {
		return nil, err
	}
	fmt.Println(path)
	if goos != "linux" {
		return []string{name}, nil
	}
	deb := fmt.Sprintf("gallery_%s_%s.deb", r.debianVersion(), debianArch(arch))
	data, err := r.deb(path, arch)
	if err != nil {
		return nil, err
	}
	fmt.Println(filepath.Join(out, deb))
	return []string{name, deb}, os.WriteFile(filepath.Join(out, deb), data, 0o644)
}

// command runs a command in the repository's folder and returns what it says.
func command(env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}

// licences returns those of Go and of all modules that are in a binary, each below its name.
// What replaces a module lies in this repository and is under its licence.
func licences() ([]byte, error) {
	list, err := command([]string{"GOWORK=off", "GOFLAGS=-mod=readonly"}, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Replace}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	if err != nil {
		return nil, err
	}
	root, err := command(nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules := append(strings.Split(list, "\n"), "Go\t"+root)
	slices.Sort(modules)
	var b bytes.Buffer
	for _, module := range slices.Compact(modules) {
		name, dir, ok := strings.Cut(module, "\t")
		if !ok {
			continue // the standard library's
		}
		files, err := filepath.Glob(filepath.Join(dir, "[LlCN][IiOo][CcPT][EeYI]*")) // LICENSE, COPYING, NOTICE
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("%s has no licence in %s", name, dir)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "=== %s: %s\n\n%s\n\n", strings.TrimSpace(name), filepath.Base(file), bytes.TrimSpace(text))
		}
	}
	return b.Bytes(), nil
}

// writeSums writes SHA256SUMS, as sha256sum -c reads it.
func writeSums(out string, files []string) error {
	slices.Sort(files)
	var b strings.Builder
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), name)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
