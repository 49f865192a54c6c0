package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Visitors who leave, whatever they were waiting for, leave no goroutine
// behind.
func TestServe_leaksNoGoroutines(t *testing.T) {
	dir := t.TempDir()
	for i := range 30 {
		write(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 900, 600, i)
	}
	writeFile(t, filepath.Join(dir, "large.jpg"), make([]byte, 8<<20))
	s := newSite(t, dir)
	s.get("/.health")
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()

	most := 0
	var all sync.WaitGroup
	for i := range 120 {
		path := []string{"/a/", "/a/?sort=date", "/large.jpg", fmt.Sprintf("/a/_thumbs/1600/%d.jpg", i%30), fmt.Sprintf("/a/%d.jpg/", i%30)}[i%5]
		all.Go(func() {
			ctx, leave := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
			defer leave()
			r, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if resp, err := http.DefaultClient.Do(r); err == nil {
				io.CopyN(io.Discard, resp.Body, 4096) // and no more
				resp.Body.Close()
			}
		})
	}
	most = runtime.NumGoroutine()
	all.Wait()
	http.DefaultClient.CloseIdleConnections()
	if most <= before+50 {
		t.Errorf("%d goroutines at most, %d before: that was no load", most, before)
	}
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before+2; {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left, %d were before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(10 * time.Millisecond) // there is no event to wait for
	}
}
