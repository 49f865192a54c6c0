package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// guardedTree makes albums that are for some: Family for ann, with Press in it for everybody,
// Club for whoever is signed in, and one six folders deep for ann. All thumbnails are there.
func guardedTree(t *testing.T, program ...string) (dir, users string) {
	t.Helper()
	dir = t.TempDir()
	for i, name := range []string{"root.jpg", "Open/1.jpg", "Open/Hidden/2.jpg", "Family/3.jpg", "Family/Party/5.jpg", "Family/Press/6.jpg", "Club/7.jpg", "1/2/3/4/5/6/7/8.jpg"} {
		draw(t, filepath.Join(dir, name), 600+i, 400, i)
	}
	for name, text := range map[string]string{"Open/Hidden": "ann", "Family": "ann", "Family/Press": "@public", "Club": "@all", "1/2/3/4/5/6": "ann"} {
		put(t, filepath.Join(dir, name, ".access"), []byte(text))
	}
	users, _ = addUser(t, "ann")
	hash, err := os.ReadFile(users)
	if err != nil {
		t.Fatal(err)
	}
	both := append(hash, bytes.Replace(hash, []byte("ann:"), []byte("bob:"), 1)...)
	if err := os.WriteFile(users, both, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary, append(append([]string{"warm", "-webp"}, program...), dir)...).CombinedOutput(); err != nil {
		t.Fatalf("warm: %v\n%s", err, out)
	}
	return dir, users
}

// nginx and the program answer alike for each visitor, whatever lies on disk: who may see a
// photo gets it, and for all others there is none. nginx's caching of answers is not for one
// visitor's to be given to another.
func TestAccess_nginx(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	p := start(t, nil, "-users", users, "-zip", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	visitors := map[string][]string{"anybody": nil, "ann": {"Authorization", basic("ann", password)}, "bob": {"Authorization", basic("bob", password)}}
	for target, who := range map[string]string{
		"/PHOTO": "anybody ann bob", "/Open/PHOTO": "anybody ann bob", "/Open/Hidden/PHOTO": "ann", "/Family/PHOTO": "ann", "/Family/Party/PHOTO": "ann",
		"/Family/Press/PHOTO": "anybody ann bob", "/Club/PHOTO": "ann bob", "/1/2/3/4/5/6/7/PHOTO": "ann",
	} {
		folder, photo := strings.TrimSuffix(target, "PHOTO"), ""
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".jpg") {
				photo = entry.Name()
			}
		}
		for _, form := range []string{"", "PHOTO", "PHOTO/", "_thumbs/PHOTO", "_thumbs/PHOTO?v=1", "_thumbs/800/PHOTO", "_thumbs/1600/PHOTO", "/PHOTO", "%2FPHOTO", "x.jpg", "?zip"} {
			for i, header := range [][]string{nil, nil, {"Accept", "image/webp"}, {"Range", "bytes=0-9"}} { // the second from nginx's memory
				if i == 0 || strings.HasPrefix(form, "_thumbs/PHOTO") || i == 3 && form == "PHOTO" {
					for name, credentials := range visitors {
						asked := folder + strings.ReplaceAll(form, "PHOTO", photo)
						both := append(append([]string{}, header...), credentials...)
						byNginx, byProgram := n.send("GET", asked, both...), p.send("GET", asked, both...)
						what := fmt.Sprintf("GET %s by %s with %q", asked, name, header)
						alike(t, what, byNginx, byProgram, form != "" && !strings.HasSuffix(form, "/"))
						may := strings.Contains(who, name) && form != "x.jpg"
						if ok := byNginx.StatusCode < 400; ok != may {
							t.Errorf("%s = %d, may: %v", what, byNginx.StatusCode, may)
						}
					}
				}
			}
		}
	}
	// Nobody asks nginx's own question.
	for _, header := range [][]string{nil, {"X-Original-URI", "/Family/3.jpg"}} {
		alike(t, "/.may", n.send("GET", "/.may", header...), p.send("GET", "/.may", header...), true)
	}
	for asked, want := range map[string]int{"/Family/3.jpg": 401, "/Nowhere/3.jpg": 401, "/Open/1.jpg": 204, "/Family/Press/": 204, "/..": 401, "x": 404} {
		if got := p.send("GET", "/.may", "X-Original-URI", asked); got.StatusCode != want || len(got.body) > 0 && want != 404 {
			t.Errorf("/.may of %s = %d, want %d", asked, got.StatusCode, want)
		}
	}
	// A folder that is closed while nginx runs is closed.
	if err := os.WriteFile(filepath.Join(dir, "Open", ".access"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for n.send("GET", "/Open/1.jpg").StatusCode != 404 {
		if time.Now().After(deadline) {
			t.Fatal("what is closed can be seen still")
		}
		time.Sleep(50 * time.Millisecond)
	}
	// Without the program, what is for everybody is there, and nothing else.
	p.stop()
	time.Sleep(1100 * time.Millisecond) // what nginx remembers holds for a second
	for target, want := range map[string]int{"/root.jpg": 200, "/_thumbs/root.jpg": 200, "/Family/3.jpg": 502, "/Family/_thumbs/3.jpg": 502, "/Club/_thumbs/800/7.jpg": 502, "/Family/Press/6.jpg": 502} {
		if got := n.send("GET", target, visitors["ann"]...); got.StatusCode != want {
			t.Errorf("without the program GET %s = %d, want %d", target, got.StatusCode, want)
		}
	}
}

// What nginx remembers that one visitor may see is no answer about another folder, however
// the folder is called and whatever is sent along.
func TestAccess_oneQuestion(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	for _, name := range []string{"Family/Press/ Vault", "Family/Press /Vault"} {
		draw(t, filepath.Join(dir, name, "9.jpg"), 600, 400, 9)
		put(t, filepath.Join(dir, name, ".access"), []byte("ann"))
	}
	put(t, filepath.Join(dir, "Family/Press ", ".access"), []byte("@public"))
	if out, err := exec.Command(binary, "warm", dir).CombinedOutput(); err != nil {
		t.Fatalf("warm: %v\n%s", err, out)
	}
	p := start(t, nil, "-users", users, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for _, closed := range []string{"/Family/Press/%20Vault/", "/Family/Press%20/Vault/"} {
		for _, split := range [][2][2]string{ // what is sent with the open folder's photo, and with the closed one's
			{{"Vault/ a", "b"}, {"a", "b"}}, {{"Vault/", "a b"}, {"a", "b"}}, {{"a", "b /Family/Press/"}, {"a", "b"}}, {{"a", "b"}, {"a", "b /Family/Press/"}},
		} {
			for _, photo := range []string{"9.jpg", "_thumbs/9.jpg"} {
				open := strings.Replace(photo, "9", "6", 1)
				if got := n.send("GET", "/Family/Press/"+open, "Authorization", split[0][0], "Cookie", split[0][1]); got.StatusCode != 200 {
					t.Fatalf("GET /Family/Press/%s = %d", open, got.StatusCode)
				}
				if got := n.send("GET", closed+photo, "Authorization", split[1][0], "Cookie", split[1][1]); got.StatusCode != 404 {
					t.Errorf("GET %s%s with %q after an open one with %q = %d", closed, photo, split[1], split[0], got.StatusCode)
				}
			}
		}
	}
}

// Thumbnails in a cache outlast the folder of their photos, and may be open to nginx where
// that is not: what nginx cannot look for a file .access in, it asks about.
func TestAccess_cacheOutlasts(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		lacks(t, "nginx is to run as another user than the photos' owner, which takes root")
	}
	cache := t.TempDir()
	if err := os.Chmod(filepath.Dir(cache), 0o755); err != nil { // the folder of all of the test's
		t.Fatal(err)
	}
	dir, users := guardedTree(t, "-cache", cache)
	p := start(t, nil, "-users", users, "-cache", cache, dir)
	n := startNginx(t, p, dir, "gallery.conf", append([]string{"set $gallery_cache $document_root;", "set $gallery_cache " + cache + ";"}, append(asWWW, noLimit...)...)...)
	closed := []string{"/Family/_thumbs/3.jpg", "/Family/_thumbs/800/3.jpg", "/Family/_thumbs/webp/3.jpg", "/Family/Party/_thumbs/5.jpg", "/Open/Hidden/_thumbs/2.jpg", "/1/2/3/4/5/6/7/_thumbs/8.jpg"}
	refused := func(when string) {
		t.Helper()
		for _, target := range closed {
			if _, err := os.Stat(filepath.Join(cache, target)); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			for _, accept := range []string{"", "image/webp"} {
				byNginx, byProgram := n.send("GET", strings.Replace(target, "/webp/", "/", 1), "Accept", accept), p.send("GET", strings.Replace(target, "/webp/", "/", 1), "Accept", accept)
				if byNginx.StatusCode != 404 || byProgram.StatusCode != 404 {
					t.Errorf("%s, GET %s with Accept: %s = %d by nginx, %d by the program", when, target, accept, byNginx.StatusCode, byProgram.StatusCode)
				}
			}
		}
	}
	refused("while nginx reads each .access")
	for _, name := range []string{"Family", "Open/Hidden", "1"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	refused("while nginx may not enter the folders")
	moved := t.TempDir()
	for i, name := range []string{"Family", "Open/Hidden", "1"} {
		from, to := filepath.Join(dir, name), filepath.Join(moved, fmt.Sprint(i))
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Rename(to, from) })
	}
	refused("once the folders were moved away")
	for _, name := range []string{"Family", "Open/Hidden", "1"} { // as where a disk is mounted
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	refused("while the folders are empty")
	root := filepath.Join(dir, "root.jpg")
	if err := os.Rename(root, root+".away"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Rename(root+".away", root) })
	if got := n.send("GET", "/_thumbs/root.jpg"); got.StatusCode != 404 {
		t.Errorf("the thumbnail of a photo that is gone = %d", got.StatusCode)
	}
	if got := n.send("GET", "/Open/_thumbs/1.jpg"); got.StatusCode != 200 || strings.Contains(got.Header.Get("Cache-Control"), "private") {
		t.Errorf("what is for everybody = %d, Cache-Control: %s", got.StatusCode, got.Header.Get("Cache-Control"))
	}
}

// What the program keeps beside photos, and what the owner does, is nobody's by nginx nor by
// the program; the pages of the site itself are the same by both.
func TestAccess_ownFiles(t *testing.T) {
	t.Parallel()
	dir, users := guardedTree(t)
	if out, err := exec.Command(binary, "share", dir, "Family").CombinedOutput(); err != nil {
		t.Fatalf("share: %v\n%s", err, out)
	}
	put(t, filepath.Join(dir, ".gallery", "footer.md"), []byte("Imprint"))
	put(t, filepath.Join(dir, "Open", ".picks", "ann.txt"), []byte("1.jpg"))
	p := start(t, nil, "-users", users, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	var own []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir)
		if hidden := strings.Contains(name, "/."); err == nil && hidden && !entry.IsDir() {
			own = append(own, name)
		}
		return err
	})
	if err != nil || len(own) < 10 {
		t.Fatalf("there are %q, %v", own, err)
	}
	for _, target := range own {
		byNginx, byProgram := n.send("GET", target), p.send("GET", target)
		if byNginx.StatusCode != 404 || byProgram.StatusCode != 404 {
			t.Errorf("GET %s = %d by nginx, %d by the program", target, byNginx.StatusCode, byProgram.StatusCode)
		}
	}
	for _, target := range []string{"/.search?q=jpg", "/.search", "/.recent/", "/.timeline/", "/.timeline/2014-07/", "/.feed.atom", "/Open/.feed.atom", "/Family/.feed.atom",
		"/.sitemap.xml", "/.sitemap-1.xml", "/robots.txt", "/.face/footer.md", "/.face/manifest.webmanifest", "/.signin", "/.share/x", "/.nothing"} {
		byNginx, byProgram := n.send("GET", target), p.send("GET", target)
		if byNginx.StatusCode != byProgram.StatusCode || byNginx.Header.Get("Content-Type") != byProgram.Header.Get("Content-Type") {
			t.Errorf("GET %s = %d %s by nginx, %d %s by the program", target, byNginx.StatusCode, byNginx.Header.Get("Content-Type"), byProgram.StatusCode, byProgram.Header.Get("Content-Type"))
		}
		for _, closed := range []string{"Family/3", "Family/Party", "Open/Hidden", "/Club/"} {
			if bytes.Contains(byNginx.body, []byte(closed)) {
				t.Errorf("GET %s tells anybody of %s", target, closed)
			}
		}
	}
}

// What root makes by "gallery share" and "gallery access" the service can read and go on with,
// where the photos' directory is its user's or its group's to write; where it is neither, the
// command says what mends it, and so does the service.
func TestShare_byRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		lacks(t, "root is to make a link for a service that runs as another user")
	}
	const nobody = 65534
	for name, test := range map[string]struct {
		uid, gid int
		mode     os.FileMode
		opens    bool
	}{
		"the service's own directory": {nobody, nobody, 0o755, true},
		"a person's, and its group's": {1234, nobody, 0o775 | os.ModeSetgid, true},
		"root's":                      {0, 0, 0o755, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			draw(t, filepath.Join(dir, "Family", "3.jpg"), 60, 40, 3)
			if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, test.uid, test.gid), os.Chmod(dir, test.mode),
				os.Chown(filepath.Join(dir, "Family"), test.uid, test.gid)); err != nil {
				t.Fatal(err)
			}
			run := func(command string) (stdout, stderr string) {
				t.Helper()
				cmd := exec.Command("sh", "-c", "umask 077; exec "+binary+" "+command)
				var out, errors bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errors
				if err := cmd.Run(); err != nil {
					t.Fatalf("gallery %s: %v\n%s", command, err, errors.String())
				}
				return strings.TrimSpace(out.String()), errors.String()
			}
			users, _ := addUser(t, "ann")
			if err := errors.Join(os.Chown(users, nobody, nobody), os.Chmod(filepath.Dir(users), 0o777)); err != nil {
				t.Fatal(err)
			}
			run("access " + dir + " Family ann")
			link, said := run("share " + dir + " Family")
			if mend := "chown -R gallery " + filepath.Join(dir, ".gallery"); strings.Contains(said, mend) == test.opens || !test.opens && strings.Count(said, "\n") != 1 {
				t.Errorf("share says %q", said)
			}
			if key, err := os.Stat(filepath.Join(dir, ".gallery", "links.key")); err != nil || key.Mode().Perm()&0o007 != 0 {
				t.Errorf("the key is open to all: %v, %v", key, err)
			}
			p := asNobody(t, "-users", users, dir)
			got := p.send("GET", link)
			if opens := got.StatusCode == 200 && got.Header.Get("Refresh") != ""; opens != test.opens {
				t.Errorf("the link is answered with %d", got.StatusCode)
			}
			if got := p.send("GET", "/Family/3.jpg", "Authorization", basic("ann", password)); got.StatusCode != 200 {
				t.Errorf("whom the file names gets %d", got.StatusCode)
			}
			p.send("GET", link)
			mend := fmt.Sprintf("sudo chown -R %d %s", nobody, filepath.Join(dir, ".gallery"))
			if n := p.log.count("links open nothing"); n != map[bool]int{true: 0, false: 1}[test.opens] || p.log.count(mend) != n {
				t.Errorf("the service says so %d times", n)
			}
			if !test.opens { // what is said helps
				if out, err := exec.Command("sh", "-c", strings.TrimPrefix(mend, "sudo ")).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if got := p.send("GET", link); got.StatusCode != 200 {
					t.Errorf("after %s the link is answered with %d", mend, got.StatusCode)
				}
			}
			cmd := exec.Command(binary, "share", dir, "Family") // as the service does for its button
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("the service's user can make no link: %v\n%s", err, out)
			}
		})
	}
}

// What ends, ends at once by the program and within a second by nginx, which remembers no
// longer: a link that is revoked, a session that is signed out of, and all of a user's whose
// password changed or who was taken out of the file.
func TestAccess_endsWithinASecond(t *testing.T) {
	dir, users := guardedTree(t)
	p := start(t, nil, "-users", users, "-trust-proxy", dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	session := func(name string) string {
		t.Helper()
		got := p.post("/.signin", url.Values{"name": {name}, "password": {password}}.Encode())
		if len(got.Cookies()) != 1 {
			t.Fatalf("signing in = %d", got.StatusCode)
		}
		return got.Cookies()[0].Name + "=" + got.Cookies()[0].Value
	}
	overTLS := func(cookie string) string { return "__Host-" + cookie }
	_, link := p.linkTo(dir, "Club")
	id, _, _ := strings.Cut(strings.TrimPrefix(link, "gallery-link-"), "=")
	out, ann, bob := session("bob"), session("ann"), session("bob")
	hashes, err := os.ReadFile(users)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(hashes), "\n")
	for _, test := range []struct {
		what, cookie, byNginx string
		end                   func() error
	}{
		{"a revoked link", link, "__Secure-" + link, func() error { return exec.Command(binary, "shares", "-revoke", id, dir).Run() }},
		{"a session signed out of", out, overTLS(out), func() error {
			if got := postTo(t, p.url+"/.signout", "", out); got != 303 {
				return fmt.Errorf("signing out = %d", got)
			}
			return nil
		}},
		{"a user who was taken out", bob, overTLS(bob), func() error { return os.WriteFile(users, []byte(first+"\n"), 0o600) }},
		{"a changed password", ann, overTLS(ann), func() error {
			cmd := exec.Command(binary, "passwd", users, "ann")
			cmd.Stdin = strings.NewReader("another one altogether\n")
			return cmd.Run()
		}},
	} {
		const photo = "/Club/_thumbs/7.jpg"
		if a, b := p.send("GET", photo, "Cookie", test.cookie), n.send("GET", photo, "Cookie", test.byNginx); a.StatusCode != 200 || b.StatusCode != 200 {
			t.Fatalf("%s, before: %d by the program, %d by nginx", test.what, a.StatusCode, b.StatusCode)
		}
		if err := test.end(); err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		ended := time.Now()
		for p.send("GET", photo, "Cookie", test.cookie).StatusCode != 404 {
			if time.Since(ended) > time.Second {
				t.Fatalf("%s counts still", test.what)
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(1100 * time.Millisecond) // what nginx remembers holds for a second
		if got := n.send("GET", photo, "Cookie", test.byNginx); got.StatusCode != 404 {
			t.Errorf("%s = %d by nginx after a second", test.what, got.StatusCode)
		}
	}
}
