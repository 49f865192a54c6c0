package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
)

// placed is where the files of a package go that lie in the repository.
var placed = []struct {
	glob, folder string
	config       bool // an administrator's changes stay
}{
	{"deploy/systemd/gallery*.service", "/usr/lib/systemd/system", false},
	{"deploy/systemd/gallery*.socket", "/usr/lib/systemd/system", false},
	{"deploy/systemd/gallery*.timer", "/usr/lib/systemd/system", false},
	{"deploy/systemd/sysusers.conf", "/usr/lib/sysusers.d/gallery.conf", false},
	{"deploy/systemd/tmpfiles.conf", "/usr/lib/tmpfiles.d/gallery.conf", false},
	{"release/deb/default", "/etc/default/gallery", true},
	{"deploy/nginx/gallery*.conf", "/etc/nginx/sites-available", true},
	{"deploy/nginx/conf.d/*", "/etc/nginx/conf.d", true},
	{"deploy/nginx/snippets/*", "/etc/nginx/snippets", true},
	{"LICENSE", "/usr/share/doc/gallery/copyright", false},
	{"README.md", "/usr/share/doc/gallery", false},
	{"CHANGELOG.md", "/usr/share/doc/gallery", false},
	{"deploy/systemd/install.md", "/usr/share/doc/gallery", false},
}

// debianArch is what Debian calls an architecture of Go.
func debianArch(arch string) string {
	if arch == "arm" {
		return "armhf"
	}
	return arch
}

// release versions begin with a digit for Debian; a commit without a tag has none.
var numbered = regexp.MustCompile(`^v?[0-9]+\.`)

// described is what git says of a commit behind a tag: how far, and which one.
var described = regexp.MustCompile(`-([0-9]+)-g([0-9a-f]+)`)

// debianVersion sorts behind the last tag's and before the next one's where it is none.
func (r release) debianVersion() string {
	version := described.ReplaceAllString(strings.TrimPrefix(r.version, "v"), "+$1.g$2")
	if !numbered.MatchString(version) {
		version = "0.0.0~" + version
	}
	return strings.NewReplacer("-", "~").Replace(version)
}

// deb makes the package of a binary for Linux. The program that runs here writes the man page
// and the completions.
func (r release) deb(binary, arch string) ([]byte, error) {
	work, err := os.MkdirTemp("", "gallery-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	contents, err := r.made(work)
	if err != nil {
		return nil, err
	}
	contents = append(contents, r.content(binary, "/usr/bin/gallery", 0o755, false))
	for _, p := range placed {
		matches, err := filepath.Glob(p.glob)
		if err != nil || len(matches) == 0 {
			return nil, fmt.Errorf("there is no %s: run this in the repository's folder (%v)", p.glob, err)
		}
		for _, source := range matches {
			to := p.folder
			if strings.Contains(p.glob, "*") || strings.HasSuffix(source, ".md") {
				to = filepath.Join(p.folder, filepath.Base(source))
			}
			if strings.HasSuffix(source, ".service") { // what is built by hand goes to /usr/local
				data, err := os.ReadFile(source)
				if err != nil {
					return nil, err
				}
				source = filepath.Join(work, filepath.Base(source))
				data = bytes.ReplaceAll(data, []byte("/usr/local/bin/gallery"), []byte("/usr/bin/gallery"))
				if err := os.WriteFile(source, data, 0o644); err != nil {
					return nil, err
				}
			}
			contents = append(contents, r.content(source, to, 0o644, p.config))
		}
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "gallery", Arch: debianArch(arch), Platform: "linux", Version: r.debianVersion(), VersionSchema: "none", MTime: r.time,
		Section: "web", Priority: "optional", Maintainer: r.maintainer, License: "MIT", DisableGlobbing: true,
		Description: "photo gallery for the web\nTurns a directory of photos into a website. Each folder is an album.",
		Overridables: nfpm.Overridables{
			Contents: contents,
			// Tools of systemd make the user and the folder.
			Depends: []string{"systemd"}, Suggests: []string{"nginx"},
			Scripts: nfpm.Scripts{PreInstall: "release/deb/preinst", PostInstall: "release/deb/postinst", PreRemove: "release/deb/prerm", PostRemove: "release/deb/postrm"},
		},
	})
	if err := nfpm.PrepareForPackager(info, "deb"); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = deb.Default.Package(info, &b)
	return b.Bytes(), err
}

// content is a file of the package, of the commit's time.
func (r release) content(source, to string, mode os.FileMode, config bool) *files.Content {
	c := &files.Content{Source: source, Destination: to, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.time}}
	if config {
		c.Type = files.TypeConfigNoReplace
	}
	return c
}

// made writes the man page and the completions into a folder.
func (r release) made(work string) (files.Contents, error) {
	// Not for another system, of which this one runs nothing.
	program := filepath.Join(work, "program")
	if _, err := command([]string{"GOWORK=off", "GOFLAGS=-mod=readonly", "GOOS=", "GOARCH=", "CGO_ENABLED=0"}, "go", "build", "-trimpath", "-ldflags=-s", "-o", program, "."); err != nil {
		return nil, err
	}
	var contents files.Contents
	for _, f := range []struct{ option, shell, to string }{
		{"-man", "", "/usr/share/man/man1/gallery.1.gz"},
		{"-completion", "bash", "/usr/share/bash-completion/completions/gallery"},
		{"-completion", "zsh", "/usr/share/zsh/vendor-completions/_gallery"},
		{"-completion", "fish", "/usr/share/fish/vendor_completions.d/gallery.fish"},
	} {
		args := []string{"help", f.option}
		if f.shell != "" {
			args = append(args, f.shell)
		}
		text, err := command(nil, program, args...)
		if err != nil {
			return nil, err
		}
		data := []byte(text + "\n")
		if strings.HasSuffix(f.to, ".gz") {
			data = packed(data)
		}
		source := filepath.Join(work, strings.ReplaceAll(f.to, "/", "-"))
		if err := os.WriteFile(source, data, 0o644); err != nil {
			return nil, err
		}
		contents = append(contents, r.content(source, f.to, 0o644, false))
	}
	return contents, nil
}

// packed compresses as gzip -9n does: without a name or a time.
func packed(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(data)
	w.Close()
	return b.Bytes()
}
