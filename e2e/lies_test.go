package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// memoryBound is the most that the program may have resident: its budget and
// as much as everything else takes.
const memoryBound = 256<<20 + 64<<20

// peakMemory returns the most that a process has had resident, in bytes.
func (p *program) peakMemory() int64 {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		p.t.Fatal("no VmHWM")
	}
	kB, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kB << 10
}

// processorTime returns what a process has used so far of all processors, to a
// hundredth of a second.
func (p *program) processorTime() time.Duration {
	p.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	// Its name, which may hold anything, stands in brackets; utime and stime are
	// fields 14 and 15 (proc_pid_stat(5)), in hundredths.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')'):])
	user, err1 := strconv.Atoi(string(fields[14-2]))
	system, err2 := strconv.Atoi(string(fields[15-2]))
	if err := errors.Join(err1, err2); err != nil {
		p.t.Fatal(err)
	}
	return time.Duration(user+system) * time.Second / 100
}

// Whatever files claim to be, the page that shows them is whole, each has a
// picture or a placeholder, and memory stays within bounds.
func TestLies_wholeProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	albums := map[string][]testkit.File{"all": testkit.Lies()}
	for _, honest := range testkit.Honest() {
		for f := range testkit.Truncated(honest) {
			albums["cut"] = append(albums["cut"], f)
		}
		for f := range testkit.Flipped(honest, 60, 2) {
			albums["flipped"] = append(albums["flipped"], f)
		}
	}
	types := map[string]string{".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}
	inputs := 0
	for album, files := range albums {
		draw(t, filepath.Join(dir, album, "honest.jpg"), 60, 40, 1)
		for _, f := range files {
			put(t, filepath.Join(dir, album, f.Name), f.Data)
		}
		inputs += len(files)
	}
	guard(t, dir)
	p := start(t, nil, dir)
	for album, files := range albums {
		figures := 0
		for page := 1; page <= (len(files)+500)/500; page++ {
			a := p.send("GET", fmt.Sprintf("/%s/?page=%d", album, page))
			if a.StatusCode != 200 || !bytes.HasSuffix(bytes.TrimSpace(a.body), []byte("</html>")) {
				t.Errorf("the page of %s = %d and ends with %.40q", album, a.StatusCode, a.body[max(0, len(a.body)-40):])
			}
			figures += bytes.Count(a.body, []byte(`<figure class="photo`))
		}
		if figures != len(files)+1 {
			t.Errorf("the pages of %s show %d photos, want %d", album, figures, len(files)+1)
		}
	}
	for _, f := range albums["all"] {
		for _, target := range []string{"/all/_thumbs/", "/all/_thumbs/1600/", "/all/", "/all//"} {
			began := p.processorTime()
			suffix := ""
			if target == "/all//" {
				suffix = "/" // the photo's page
			}
			a := p.send("GET", target+url.PathEscape(f.Name)+suffix)
			if took := p.processorTime() - began; took > 3*time.Second { // each rendition alone may take one
				t.Errorf("GET %s%s took a processor %v", target, f.Name, took)
			}
			want, typ := a.StatusCode == 200, types[filepath.Ext(f.Name)]
			switch {
			case strings.Contains(target, "_thumbs"):
				want, typ = want || a.StatusCode == 404, "image/jpeg"
			case suffix != "":
				typ = "text/html; charset=utf-8"
			}
			if a.StatusCode == 404 {
				typ = "text/html; charset=utf-8"
			}
			if !want || a.Header.Get("Content-Type") != typ || a.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("GET %s%s = %d %q, nosniff %q, want %q", target, f.Name, a.StatusCode, a.Header.Get("Content-Type"), a.Header.Get("X-Content-Type-Options"), typ)
			}
			if a.StatusCode == 200 && typ == "image/jpeg" && strings.Contains(target, "_thumbs") && !bytes.HasPrefix(a.body, []byte("\xff\xd8\xff\xfe")) {
				t.Errorf("GET %s%s begins with %.10q", target, f.Name, a.body)
			}
		}
	}
	// A browser that looks at the bytes rather than the type would run this.
	if a := p.send("GET", "/all/other-page.gif"); http.DetectContentType(a.body) != "text/html; charset=utf-8" {
		t.Error("the page that is called a picture is not one to the eye")
	}
	peak := p.peakMemory()
	t.Logf("%d files, at most %d MB resident", inputs, peak>>20)
	if peak > memoryBound {
		t.Errorf("%d MB were resident, want at most %d", peak>>20, memoryBound>>20)
	}
}
