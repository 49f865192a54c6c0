package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// With -private nothing is served without a password by the shipped files as they are, though
// all lies on disk where nginx could take it; and whoever signs in gets it.
func TestPrivate_noLineAdded(t *testing.T) {
	t.Parallel()
	for _, cache := range []string{"", t.TempDir()} {
		dir, users := guardedTree(t, "-cache", cache)
		flags := []string{"-users", users, "-trust-proxy", "-others", "-cache", cache}
		put(t, filepath.Join(dir, "Open", "raw.heic"), []byte("heic secret"))
		put(t, filepath.Join(dir, "Club", "raw.heic"), []byte("heic secret"))
		thumbs := cache
		if cache == "" {
			thumbs = dir
		}
		p := start(t, nil, append(flags, dir)...)
		changes := append([]string{"set $gallery_cache $document_root;", "set $gallery_cache " + thumbs + ";",
			"#include /etc/nginx/sites-available/gallery-others.conf", "include gallery-others.conf"}, noLimit...)
		n := startNginx(t, p, dir, "gallery.conf", changes...)
		photos := []string{"/root.jpg", "/Open/1.jpg", "/_thumbs/root.jpg", "/Open/_thumbs/1.jpg", "/Open/_thumbs/800/1.jpg", "/Open/_thumbs/webp/1.jpg", "/Open/raw.heic"}
		for _, target := range photos {
			for _, accept := range []string{"", "image/webp"} {
				alike(t, "GET "+target, n.send("GET", target, "Accept", accept), p.send("GET", target, "Accept", accept), true)
			}
		}
		if got := n.send("GET", "/Club/raw.heic"); got.StatusCode != 404 {
			t.Errorf("GET /Club/raw.heic without a password = %d", got.StatusCode)
		}
		if out, err := exec.Command(binary, "clean", "-cache", cache, dir).CombinedOutput(); err != nil || bytes.Contains(out, []byte(".public")) {
			t.Errorf("clean: %v\n%s", err, out)
		}
		p.stop()
		for _, target := range photos[:5] {
			if got := n.send("GET", target); got.StatusCode != 200 {
				t.Errorf("without the program GET %s = %d, though it is for everybody", target, got.StatusCode)
			}
		}

		p = start(t, nil, append(flags, "-private", dir)...)
		n = startNginx(t, p, dir, "gallery.conf", changes...)
		for round := range 2 {
			for _, target := range append(photos, "/Open/Hidden/2.jpg", "/Club/raw.heic", "/Nowhere/1.jpg", "/Nowhere/_thumbs/1.jpg", "/1/2/3/4/5/x.jpg") {
				for _, header := range [][]string{nil, {"Accept", "image/webp"}, {"Range", "bytes=0-9"}, {"Authorization", "Bearer x"}, {"Cookie", "gallery=x"}} {
					byNginx, byProgram := n.send("GET", target, header...), p.send("GET", target, header...)
					if byNginx.StatusCode != 401 || byProgram.StatusCode != 401 {
						t.Errorf("GET %s with %q = %d by nginx, %d by the program", target, header, byNginx.StatusCode, byProgram.StatusCode)
					}
				}
				if round > 0 {
					continue
				}
				bob := []string{"Authorization", basic("bob", password)}
				alike(t, "GET "+target+" by bob", n.send("GET", target, bob...), p.send("GET", target, bob...), true)
			}
		}
		// A file that says otherwise, from another program or from before the disk came back.
		put(t, filepath.Join(thumbs, "_thumbs", ".public"), nil)
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(thumbs, "_thumbs", ".public")); err != nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("with -private there is a file that says everything is public")
			}
		}
	}
}
