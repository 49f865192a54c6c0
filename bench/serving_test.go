package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestWrk(t *testing.T) {
	if _, err := exec.LookPath("wrk"); err != nil {
		const missing = "wrk is not installed: apt-get install wrk"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	seen := make(chan string, 1<<20)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
		}
		select {
		case seen <- r.URL.EscapedPath():
		default:
		}
	}))
	defer s.Close()
	b := &bench{scratch: t.TempDir()}
	report, err := b.wrk(t.Context(), nil, s.Listener.Addr().String(), []string{"/a%20b", "/c"}, time.Second)
	if err != nil || report.Requests == 0 || report.Took < time.Second/2 || report.P99 < report.Median || report.Median <= 0 {
		t.Errorf("wrk reports %+v, %v", report, err)
	}
	got := map[string]bool{<-seen: true, <-seen: true, <-seen: true}
	for range len(seen) {
		got[<-seen] = true
	}
	if len(got) != 2 || !got["/a%20b"] || !got["/c"] {
		t.Errorf("wrk asked for %v", got)
	}
	if _, err := b.wrk(t.Context(), nil, s.Listener.Addr().String(), []string{"/gone"}, time.Second); err == nil {
		t.Error("answers that are not 200 count")
	}
}
