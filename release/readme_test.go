package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README's five lines, as they stand there, put the program behind nginx on a clean
// Debian, and leave the administrator's own files alone.
func TestReadme_fiveLines(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "Behind nginx, in five lines")
	_, after, _ = strings.Cut(after, "\n\n")
	block, _, _ := strings.Cut(after, "\n\n")
	lines := strings.Split(block, "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "    sudo ") {
		t.Fatalf("these are no five lines: %q", block)
	}
	root := clean(t)
	install(t, filepath.Join(root, "root", "src"))
	if err := os.CopyFS(filepath.Join(root, "root", "src", "deploy"), os.DirFS(filepath.Join("..", "deploy"))); err != nil {
		t.Fatal(err)
	}
	drawPhoto(t, filepath.Join(root, "root", "1.jpg"))
	boot(t, root, `failed() { echo "FAILED: $*"; journalctl --no-pager -n 30; exit 1; }
cd /root/src
systemctl start nginx
for own in listen proxy headers drop site; do echo "# ours" | tee /etc/nginx/snippets/$own.conf >/etc/nginx/conf.d/$own.conf; done
own=$(find /etc/nginx -type f -exec sha256sum {} +)
sudo install gallery /usr/local/bin/
`+strings.ReplaceAll(block, "\n    ", "\n")+`
echo "$own" | sha256sum --check --quiet || failed "the administrator's files were changed"
mkdir -m 2775 /srv/photos/Trip && cp /root/1.jpg /srv/photos/Trip/
# A reload is done a moment after it says so.
for _ in $(seq 50); do
	! curl --silent --fail --output /dev/null --header "Host: gallery.example.com" http://127.0.0.1/Trip/ || break
	sleep 0.1
done
for target in / /Trip/ /Trip/1.jpg /Trip/_thumbs/1.jpg; do
	got=$(curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' --header "Host: gallery.example.com" http://127.0.0.1$target || true)
	[ "$got" = 200 ] || failed "GET $target = $got"
done
[ "$(stat -c %U /srv/photos/Trip/_thumbs/1.jpg)" = gallery ] || failed "no thumbnail is stored"
sudo -u www-data test -r /srv/photos/Trip/_thumbs/1.jpg || failed "nginx may not read the thumbnail"
echo done
`)
}

// What an administrator adapts is read in a minute, and every file for nginx bears the
// gallery's name, so that none takes the place of another.
func TestNginxFiles_shortAndNamed(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "deploy", "nginx", "gallery.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte("\n")); n > 80 {
		t.Errorf("gallery.conf has %d lines, want at most 80", n)
	}
	files, err := filepath.Glob(filepath.Join("..", "deploy", "nginx", "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %q, %v", files, err)
	}
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), "gallery-") {
			t.Errorf("%s does not bear the gallery's name", file)
		}
	}
}
