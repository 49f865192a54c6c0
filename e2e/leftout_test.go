package e2e

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// systemFolders are some of what systems and programs put beside photos: previews,
// deleted photos, snapshots, catalogues. nginx's whole list is held to the program's beside
// that, in internal/album.
var systemFolders = []string{
	"@eaDir", "@tmp", "@sharebin", "#recycle", "#snapshot", // Synology
	"@Recycle", "@Recently-Snapshot", "@__thumb", ".@__thumb", // QNAP
	"~snapshot", "trashbox", // NetApp, Buffalo
	"files_trashbin", "files_versions", // Nextcloud
	"$RECYCLE.BIN", "RECYCLER", "System Volume Information", "found.000", // Windows
	"__MACOSX", "Network Trash Folder", "Temporary Items", "TheVolumeSettingsFolder", // macOS
	"lost+found", "LOST.DIR", ".Trash-1000", // Linux, Android
	"Trip Previews.lrdata", "Trip.lrcat-data", "Photos Library.photoslibrary", // catalogues
	"@eaDir.", "#recycle ", "Trip.lrdata. ", // as FAT and Windows' shares open them, too
}

// albumsLikeThem are albums like any other.
var albumsLikeThem = []string{"@eaDirs", "my @eaDir", "recycle", "#recycled", "$", "snapshot", "lost", "lost+found 2", "lrdata", "a.lrdata.d", "found.00", "MACOSX", "tmp", "RECYCLE.BIN"}

// systemAddresses returns the addresses of a photo and of its renditions in a folder of
// that name, at the top and below, in either case.
func systemAddresses(name string) []string {
	var all []string
	for _, name := range []string{name, strings.ToUpper(name)} {
		for _, folder := range []string{"/" + name, "/Trip/" + name + "/Sub"} {
			for _, below := range []string{"1.jpg", "_thumbs/1.jpg", "_thumbs/webp/1.jpg", "_thumbs/1600/1.jpg"} {
				all = append(all, (&url.URL{Path: folder + "/" + below}).EscapedPath())
			}
		}
	}
	return all
}

// nginx serves nothing out of the folders of systems, wherever they are and however
// they are spelt: whether there is an answer is the program's to say.
func TestNginx_systemFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addresses := map[string]bool{} // whether nginx serves it
	for _, name := range append(systemFolders, albumsLikeThem...) {
		for _, address := range systemAddresses(name) {
			path, err := url.PathUnescape(address)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := addresses[address]; !ok {
				draw(t, filepath.Join(dir, path), 60, 40, 1)
			}
			addresses[address] = !strings.Contains(path, "/webp/") // which no address names
		}
	}
	for _, name := range systemFolders {
		for _, address := range systemAddresses(name) {
			addresses[address] = false
		}
	}
	p := start(t, nil, dir)
	n := startNginx(t, p, dir, "gallery.conf", noLimit...)
	for address, served := range addresses {
		byNginx, byProgram := n.send("GET", address).StatusCode, p.send("GET", address).StatusCode
		if want := map[bool]int{true: 200, false: 404}[served]; byNginx != want || byProgram != want {
			t.Errorf("GET %s = %d by nginx and %d by the program, want %d", address, byNginx, byProgram, want)
		}
	}
	p.stop()
	for address, served := range addresses {
		want := 502
		if served {
			want = 200
		}
		for _, header := range [][]string{nil, {"Accept", "image/webp"}} {
			if got := n.send("GET", address, header...).StatusCode; got != want {
				t.Errorf("without the program GET %s with %q = %d, want %d", address, header, got, want)
			}
		}
	}
}

// Nothing comes out of a folder with a file .nomedia in it, nor out of any below it, with
// the thumbnails beside the photos or elsewhere: not from nginx nor from the program.
// What lies too deep for nginx to look comes from the program, and is no miss, be it there or
// not: the limit would tell what is closed.
func TestNginx_nomedia(t *testing.T) {
	t.Parallel()
	const deep = "1/2/3/4/5/6" // one folder deeper than nginx looks
	folders := map[string]bool{
		"": true, "Open": true, "Open/Sub": true, "Hidden": false, "Hidden/Sub": false, "Hidden/a/b/c/d/e": false,
		"Open/Hidden": false, "Open/Hidden/Sub": false, "Open/Sub/Hidden": false, "1/2/3/Hidden": false, "1/2/3/Hidden/5": false, "1/2/3": true,
		"1/2/3/4/Hidden": false, "1/2/3/4/Hidden/6/7": false, "1/2/3/4/5": true, deep: true, deep + "/7": true, deep + "/Hidden": false, deep + "/Hidden/8": false,
		"Folder": false, // .nomedia is a folder there
	}
	for where, inCache := range map[string]bool{"beside": false, "cache": true} {
		t.Run(where, func(t *testing.T) {
			dir := t.TempDir()
			served := map[string]bool{}
			for folder, want := range folders {
				draw(t, filepath.Join(dir, folder, "1.jpg"), 850, 50, 1)
				for _, name := range []string{"1.jpg", "_thumbs/1.jpg", "_thumbs/800/1.jpg"} {
					served[filepath.Join("/", folder, name)] = want
				}
			}
			var args, changes []string
			if inCache {
				cache := t.TempDir()
				args, changes = []string{"-cache", cache}, []string{"set $gallery_cache $document_root;", "set $gallery_cache " + cache + ";"}
			}
			warm(t, append(args, dir)...) // so that there is something to serve
			for _, folder := range []string{"Hidden", "Open/Hidden", "Open/Sub/Hidden", "1/2/3/Hidden", "1/2/3/4/Hidden", deep + "/Hidden"} {
				put(t, filepath.Join(dir, folder, ".nomedia"), nil)
			}
			put(t, filepath.Join(dir, "Folder", ".nomedia", "x"), nil)
			p := start(t, nil, append(args, dir)...)
			n := startNginx(t, p, dir, "gallery.conf", append(changes, noLimit...)...)
			limited := startNginx(t, p, dir, "gallery.conf", changes...)
			for target, ok := range served {
				byNginx, byProgram := n.send("GET", target), p.send("GET", target)
				alike(t, "GET "+target, byNginx, byProgram, false)
				if want := map[bool]int{true: 200, false: 404}[ok]; byNginx.StatusCode != want {
					t.Errorf("GET %s = %d, want %d", target, byNginx.StatusCode, want)
				}
			}
			for target, no429 := range map[string]bool{"/" + deep + "/_thumbs/1.jpg": true, "/" + deep + "/1.jpg": true, "/" + deep + "/none.jpg": true, "/Hidden/1.jpg": false} {
				if got := limited.counts(150, func(int) string { return target }, nil); (got[429] == 0) != no429 {
					t.Errorf("150 times GET %s: %v", target, got)
				}
			}
			p.stop()
			for target, ok := range served {
				want := 502
				if ok && !strings.HasPrefix(target, "/"+deep+"/") {
					want = 200
				}
				if got := n.send("GET", target).StatusCode; got != want {
					t.Errorf("without the program GET %s = %d, want %d", target, got, want)
				}
			}
		})
	}
}
