package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gallery/internal/picks"
)

// However often a warming and a server are killed while they write indexes, each index is whole
// and true: what comes from it is what is there. What was being written is gone in the end.
func TestFault_killedIndexing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const albums, kills = 12, 40
	for i := range albums {
		for j := range 3 {
			draw(t, filepath.Join(dir, fmt.Sprintf("%d/%d.jpg", i, j)), 60, 40, i+j)
		}
	}
	warm(t, dir)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	photos, cut := 3*albums, 0
	for round := 0; round < kills && !t.Failed(); round++ {
		draw(t, filepath.Join(dir, fmt.Sprintf("%d/new%d.jpg", round%albums, round)), 60, 40, round)
		photos++
		for i := range albums { // so that all indexes are made anew
			if err := os.RemoveAll(filepath.Join(dir, fmt.Sprint(i), "_thumbs/.index")); err != nil && i > 0 {
				t.Fatal(err)
			}
		}
		args := []string{"warm", dir}
		if round%2 == 1 {
			args = []string{"-listen", "127.0.0.1:0", dir}
		}
		cmd := exec.Command(binary, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Duration(random.IntN(250_000)) * time.Microsecond): // the moment is what is random
			cut++
		}
		cmd.Process.Kill()
		<-ended
		wholeIndexes(t, dir)
	}
	if cut < kills/4 {
		t.Errorf("of %d runs %d were killed", kills, cut)
	}
	warm(t, dir)
	if litter := wholeIndexes(t, dir); litter > 0 {
		p := start(t, nil, dir)
		for deadline := time.Now().Add(10 * time.Second); litter > 0; litter = wholeIndexes(t, dir) {
			if time.Now().After(deadline) {
				t.Fatalf("in the end there are %d temporary files", litter)
			}
			p.send("GET", "/.health") // it sweeps while it serves
		}
	}
	p := start(t, nil, dir)
	found := fmt.Sprintf("%d photos", photos)
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(string(p.send("GET", "/.search?q=jpg").body), found); {
		if time.Now().After(deadline) {
			t.Fatalf("in the end not %s are found", found)
		}
	}
	for i := range albums {
		want := 3 + kills/albums
		if i < kills%albums {
			want++
		}
		if card := fmt.Sprintf("%d photos", want); !strings.Contains(string(p.send("GET", fmt.Sprintf("/%d/", i)).body), card) {
			t.Errorf("album %d does not have %s", i, card)
		}
	}
}

// wholeIndexes fails the test where a file under an index's name is none that is whole, and
// returns how many files beside them are left.
func wholeIndexes(t *testing.T, dir string) (litter int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) != ".index" {
			return nil // swept meanwhile, perhaps
		}
		if name := entry.Name(); name != "photos" && name != "tree" {
			litter++
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.SplitAfter(string(data), "\n")
		var head struct{ Photos int }
		if json.Unmarshal([]byte(lines[0]), &head) != nil || entry.Name() == "photos" && len(lines)-2 != head.Photos {
			t.Errorf("%s is not whole: %q", path, data)
		}
		for _, line := range lines[:len(lines)-1] {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s has the line %q", path, line)
			}
		}
		if lines[len(lines)-1] != "" {
			t.Errorf("%s is cut short", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return litter
}

// However often the program is killed while fifty people send their choices, what was answered
// is there, each text is whole and nobody's is another's, and in the end nothing else is left.
func TestFault_killedPicks(t *testing.T) {
	t.Parallel()
	const kills, people = 20, 50
	first, dir, _, cookie := picksTree(t)
	first.stop()
	flags := first.cmd.Args[5:] // -listen and -host come first
	ids := map[string]string{}  // by file
	for i := range 6 {
		file := fmt.Sprintf("DSC_000%d.jpg", i)
		ids[file] = picks.ID(file)
	}
	at := filepath.Join(dir, "Wedding", ".picks")
	note := func(who string, file string) string { return strings.Repeat(who+" likes "+file+". ", 12) }
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	answered, cut := 0, 0
	whole := func(promised map[string]bool) {
		t.Helper()
		entries, err := os.ReadDir(at)
		if err != nil && len(promised) > 0 {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), ".") {
				continue // was being written
			}
			data, err := os.ReadFile(filepath.Join(at, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			head, rest, _ := strings.Cut(string(data), "\n\n")
			who, _, _ := strings.Cut(strings.TrimPrefix(head, "Name: "), "\n")
			want := ""
			for _, file := range slices.Sorted(maps.Keys(ids)) {
				want += file + "\n\t" + strings.TrimSpace(note(who, file)) + "\n"
			}
			if rest != want || !strings.HasPrefix(entry.Name(), who+" ") {
				t.Errorf("%s is %q", entry.Name(), data)
			}
			delete(promised, who)
		}
		for who := range promised {
			t.Errorf("what %s sent was answered, and is lost", who)
		}
	}
	for round := 0; round < kills && !t.Failed(); round++ {
		if err := os.RemoveAll(at); err != nil { // an album takes 500
			t.Fatal(err)
		}
		p := start(t, nil, flags...)
		var mu sync.Mutex
		promised := map[string]bool{}
		var all sync.WaitGroup
		begin, answers := make(chan struct{}), make(chan struct{}, people)
		for i := range people {
			all.Go(func() {
				who := fmt.Sprintf("Guest %d of %d", i, round)
				form := url.Values{"name": {who}}
				for file, id := range ids {
					form.Add("picks", id)
					form.Set("note-"+id, note(who, file))
				}
				r, err := http.NewRequest("POST", p.url+"/Wedding/?picks", strings.NewReader(form.Encode()))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", cookie)
				<-begin
				got, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					return // killed
				}
				got.Body.Close()
				if got.StatusCode != 200 {
					t.Errorf("%s gets %d", who, got.StatusCode)
				}
				answers <- struct{}{}
				mu.Lock()
				promised[who] = true
				mu.Unlock()
			})
		}
		close(begin)
		for range random.IntN(people - 10) { // the moment is what is random
			<-answers
		}
		time.Sleep(time.Duration(random.IntN(2_000)) * time.Microsecond)
		p.cmd.Process.Kill()
		p.cmd.Wait()
		all.Wait()
		answered += len(promised)
		if len(promised) < people {
			cut++
		}
		whole(promised)
	}
	t.Logf("%d choices were answered; %d of %d times somebody's was not", answered, cut, kills)
	if cut < kills/4 || answered == 0 {
		t.Errorf("%d of %d kills came while choices were sent, %d of which were answered", cut, kills, answered)
	}
	p := start(t, nil, flags...)
	form := url.Values{"name": {"The last"}, "picks": {ids["DSC_0001.jpg"]}}
	if got := postTo(t, p.url+"/Wedding/?picks", form.Encode(), cookie); got != 200 {
		t.Fatalf("sending after all this = %d", got)
	}
	entries, err := os.ReadDir(at)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			t.Errorf("%s is left", entry.Name())
		}
	}
}
