package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// observedSite is a site whose requests are counted and logged.
func observedSite(t *testing.T, change ...func(*config)) (s *site, web *httptest.Server) {
	t.Helper()
	s = smallSite(t, append(change, func(c *config) { c.logRequests = true })...)
	return s, s.Server
}

// scrape is what Prometheus reads.
func (s *site) scrape() string {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.server.meters.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	s, web := observedSite(t)
	for _, path := range []string{"/Trip/", "/Trip/", "/Trip/1.jpg", "/Trip/1.jpg/", "/Trip/_thumbs/1.jpg", "/Trip/_thumbs/800/1.jpg", "/.health", "/nowhere/secret", "/.hidden/secret"} {
		resp, err := http.Get(web.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	web.Close() // waits for what is counted at a request's end
	text := s.scrape()
	for _, line := range []string{
		`gallery_requests_total{route="album",status="200"} 2`,
		`gallery_requests_total{route="original",status="200"} 1`,
		`gallery_requests_total{route="photo",status="200"} 1`,
		`gallery_requests_total{route="thumbnail",status="200"} 1`,
		`gallery_requests_total{route="preview",status="200"} 1`,
		`gallery_requests_total{route="health",status="200"} 1`,
		`gallery_requests_total{route="album",status="404"} 1`,
		`gallery_requests_total{route="none",status="404"} 1`,
		`gallery_request_seconds_count{route="album"} 3`,
		`gallery_render_seconds_count{result="made"}`,
		`gallery_page_cache_total{result="miss"}`,
		"gallery_decode_budget_used_bytes 0",
		"gallery_decode_budget_bytes 2.68435456e+08",
		"gallery_searchable_photos 0",
		"gallery_search_bytes 0",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
	for _, chosen := range []string{"secret", "Trip", "1.jpg"} {
		if strings.Contains(text, chosen) {
			t.Errorf("the metrics hold %q, which a visitor chose", chosen)
		}
	}
	if n := s.log.count("msg=request", "method=GET", "path=/Trip/1.jpg", "status=200", "from=127.0.0.1", "bytes="); n != 2 {
		t.Errorf("%d lines for the original and its page, want 2", n)
	}
}

func TestLogRequests_fromProxy(t *testing.T) {
	for _, trust := range []bool{true, false} {
		s, web := observedSite(t, func(c *config) { c.trustProxy = trust })
		r, _ := http.NewRequest("GET", web.URL+"/", nil)
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		web.Close()
		if n := s.log.count("msg=request", "from=192.0.2.7"); (n == 1) != trust {
			t.Errorf("with -trust-proxy %v, %d lines name the address in X-Forwarded-For", trust, n)
		}
	}
}

// With neither flag nothing is counted.
func TestMeters_off(t *testing.T) {
	c, err := parseFlags([]string{t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if p := assembled(t, c, slog.New(slog.DiscardHandler)); p.server.meters != nil {
		t.Error("without -debug and -log-requests there are meters")
	}
}
