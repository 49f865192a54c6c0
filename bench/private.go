package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// privateSize is how large the files are that nginx serves, in bytes: a thumbnail's.
const privateSize = 17_000

// user is who may see the private album, by a cheap hash of "correct horse".
const user = "ann:$2a$04$86/l1omq2wto0soLWA8Rx.C8eUmBv3uaIUN12pu8iH2BkubiV4Nbi\n"

// comparePrivate measures what it costs nginx to ask who may see a thumbnail, with the files
// that come with the program, against the same files without any question.
func (b *bench) comparePrivate(ctx context.Context) error {
	for _, tool := range []string{"nginx", "wrk"} {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	binary, err := b.buildGallery(ctx)
	if err != nil {
		return err
	}
	root, users := filepath.Join(b.scratch, "private"), filepath.Join(b.scratch, "users")
	if err := errors.Join(b.privateAlbums(root), os.WriteFile(users, []byte(user), 0o600)); err != nil {
		return err
	}
	gallery := galleryServer(binary)
	gallery.command = func(ctx context.Context, root string) *exec.Cmd {
		return exec.CommandContext(ctx, binary, "-listen", "127.0.0.1:0", "-users", users, root)
	}
	program, err := gallery.launch(ctx, root)
	if err != nil {
		return err
	}
	defer program.stop()
	shipped, err := b.shippedNginx("shipped", root, program.host, true)
	if err != nil {
		return err
	}
	unasked, err := b.shippedNginx("unasked", root, program.host, false)
	if err != nil {
		return err
	}
	var running [2]*runningServer
	for i, s := range []server{unasked, shipped} {
		if running[i], err = s.launch(ctx, root); err != nil {
			return err
		}
		defer running[i].stop()
		if err := running[i].answers(ctx, "/Open/_thumbs/000.jpg"); err != nil {
			return err
		}
	}
	cookie, err := signIn(ctx, program.host)
	if err != nil {
		return err
	}
	rows := []struct {
		name, album, cookie string
		of                  *runningServer
	}{
		{"no question", "Open", "", running[0]},
		{"public", "Open", "", running[1]},
		{"private", "Family", cookie, running[1]},
	}
	rates, costs := map[string][]float64{}, map[string][]float64{}
	for round := range b.rounds {
		for i := range rows {
			row := rows[(round+i)%len(rows)]
			b.progress.Printf("%s: load", row.name)
			var targets []string
			for i := range albumSize {
				targets = append(targets, fmt.Sprintf("/%s/_thumbs/%03d.jpg", row.album, i))
			}
			b.header = ""
			if row.cookie != "" {
				b.header = "Cookie: " + row.cookie
			}
			report, cpu, err := b.load(ctx, row.of, targets)
			b.header = ""
			if err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
			rates[row.name] = append(rates[row.name], float64(report.Requests)/report.Took.Seconds())
			costs[row.name] = append(costs[row.name], cpu.Seconds()*1e6/float64(report.Requests))
		}
	}
	b.printf("\nnginx with the files that come with the program: thumbnails of %d bytes, %d connections\n\n", privateSize, connections)
	b.printf("%-12s  %11s  %7s  %5s  %5s\n", "", "thumbnail/s", "CPU us", "share", "aim")
	line := func(name, whole string, aim float64) {
		b.printf("%-12s  %11.0f  %7.0f  %5.2f  %5.2f\n", name, median(rates[name]), median(costs[name]), median(rates[name])/median(rates[whole]), aim)
	}
	line("no question", "no question", 1)
	line("public", "no question", 0.95)
	line("private", "public", 0.8)
	return nil
}

// privateAlbums makes an album for everybody, and one for a user.
func (b *bench) privateAlbums(root string) error {
	for _, album := range []string{"Open", "Family"} {
		thumbs := filepath.Join(root, album, "_thumbs")
		if err := os.MkdirAll(thumbs, 0o755); err != nil {
			return err
		}
		for i := range albumSize {
			if err := os.WriteFile(filepath.Join(thumbs, fmt.Sprintf("%03d.jpg", i)), make([]byte, privateSize), 0o644); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(root, "Family", ".access"), []byte("ann\n"), 0o644)
}

// shippedNginx is nginx with the files that come with the program, without TLS and without
// limits of how often one may ask. If it does not ask, they are without all that looks for
// who may see what.
func (b *bench) shippedNginx(name, root, program string, asks bool) (s server, err error) {
	s.name = name
	if s.host, err = freeAddress(); err != nil {
		return s, err
	}
	dir := filepath.Join(b.scratch, "nginx-"+name)
	changes := strings.NewReplacer(
		"listen [::]:443 ssl http2;", "", "listen 443 ssl http2;", "listen "+s.host+" backlog=4096;",
		"listen [::]:80;", "", "listen 80;", "listen unix:"+filepath.Join(dir, "plain")+";",
		"127.0.0.1:5001", program, "/srv/photos", root,
		"/etc/nginx/snippets", filepath.Join(dir, "snippets"), "/var/log/nginx", dir, "/var/lib/nginx", dir, "/var/www/letsencrypt", dir,
		"access_log ", "access_log off; #", "ssl_certificate", "#",
		"rate=10r/s", "rate=100000r/s", "server_name gallery.example.com", "server_name _")
	questions := regexp.MustCompile(`(?m)^\s*if \((?:!?-e \S*(?:/\.access|_public)|\$gallery_guarded)\) \{\n.*\n\s*\}\n`)
	for _, pattern := range []string{"gallery.conf", "conf.d/*.conf", "snippets/*.conf"} {
		files, err := filepath.Glob(filepath.Join("deploy", "nginx", pattern))
		if err != nil || len(files) == 0 {
			return s, fmt.Errorf("no files %s below deploy/nginx: it is to be run from the repository's root", pattern)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return s, err
			}
			if !asks {
				data = questions.ReplaceAll(data, nil)
			}
			to := filepath.Join(dir, strings.TrimPrefix(file, filepath.Join("deploy", "nginx")))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte(changes.Replace(string(data))), 0o600)); err != nil {
				return s, err
			}
		}
	}
	text := fmt.Sprintf(`daemon off;
worker_processes auto;
pid %[1]s/pid;
error_log stderr;
events { worker_connections 512; }
http {
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	include %[1]s/conf.d/*.conf;
	include %[1]s/gallery.conf;
}
`, dir)
	if os.Getuid() == 0 {
		text = "user root;\n" + text
	}
	config := filepath.Join(dir, "nginx.conf")
	s.command = func(ctx context.Context, _ string) *exec.Cmd {
		return exec.CommandContext(ctx, "nginx", "-p", dir, "-e", "stderr", "-c", config)
	}
	return s, os.WriteFile(config, []byte(text), 0o600)
}

// signIn returns the cookie of a session of the user.
func signIn(ctx context.Context, host string) (cookie string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+"/.signin", strings.NewReader("name=ann&password=correct+horse"))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	answer.Body.Close()
	for _, c := range answer.Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	if cookie == "" {
		return "", fmt.Errorf("signing in: %s, without a cookie", answer.Status)
	}
	return cookie, nil
}
