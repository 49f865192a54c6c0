package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"gallery/internal/sample"
)

// BenchmarkServe answers requests for what is on disk already.
func BenchmarkServe(b *testing.B) {
	dir := b.TempDir()
	if err := sample.Write(b.Context(), dir); err != nil {
		b.Fatal(err)
	}
	photos, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer photos.Close()
	c, err := parseFlags([]string{dir}, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	s := newServer(c, photos, photos, slog.New(slog.DiscardHandler))
	for _, bench := range []struct{ name, target string }{
		{"page", "/Landscapes/"},
		{"thumbnail", "/Landscapes/_thumbs/alps.jpg"},
		{"original", "/Landscapes/alps.jpg"},
	} {
		b.Run("what="+bench.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, bench.target, nil)
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
