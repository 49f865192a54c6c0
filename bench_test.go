package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gallery/internal/sample"
)

// BenchmarkServe answers requests for what is on disk already.
func BenchmarkServe(b *testing.B) {
	dir := b.TempDir()
	if err := sample.Write(b.Context(), dir); err != nil {
		b.Fatal(err)
	}
	c, err := parseFlags([]string{dir}, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	s := assembled(b, c, slog.New(slog.DiscardHandler)).server
	for _, bench := range []struct{ name, target, accept string }{
		{"page", "/Landscapes/", ""},
		{"thumbnail", "/Landscapes/_thumbs/alps.jpg", ""},
		{"webp", "/Landscapes/_thumbs/alps.jpg", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"},
		{"original", "/Landscapes/alps.jpg", ""},
	} {
		b.Run("what="+bench.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, bench.target, nil)
			if bench.accept != "" {
				r.Header.Set("Accept", bench.accept)
				if err := runWarm(b.Context(), []string{"-webp", dir}, io.Discard, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			s.ServeHTTP(httptest.NewRecorder(), r)
			b.ReportAllocs()
			for b.Loop() {
				s.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (w discard) Header() http.Header         { return w.header }
func (w discard) Write(p []byte) (int, error) { return len(p), nil }
func (w discard) WriteHeader(int)             {}
