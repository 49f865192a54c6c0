package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// However often a warming and a server are killed while they write indexes, each index is whole
// and true: what comes from it is what is there. What was being written is gone in the end.
func TestFault_killedIndexing(t *testing.T) {
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
