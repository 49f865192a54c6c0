package accept

import (
	"strings"
	"testing"
)

func TestAcceptsWebP(t *testing.T) {
	tests := []struct {
		accept string // fields, with a newline between them
		want   bool
	}{
		{"", false},
		{"image/webp", true},
		{"IMAGE/WebP", true},
		{"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", true}, // Chromium
		{"image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true}, // Firefox, a page
		{"image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", true},              // Safari
		{"*/*", false},
		{"image/*", false},
		{"image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", false},
		{"image/webp;q=0", false},
		{"image/webp;q=0.000", false},
		{"image/webp ; Q=0", false},
		{"image/webp\t;\tq=0, image/*", false},
		{"image/webp;q=0,*/*", false},
		{"image/webp;q=0.001", true},
		{"image/webp;q=1.000", true},
		{"image/webp;q=0.5,image/jpeg", false},
		{"image/webp;q=0.5,image/jpeg;q=0.5", true},
		{"image/webp;q=0.5,image/jpeg;q=0.4,image/*", true},
		{"image/webp;q=0.5,image/*;q=0.4,*/*", true},
		{"image/webp;q=0.5,*/*", false},
		{"image/jpeg\nimage/webp", true},
		{"image/webp;q=0\nimage/png", false},
		{"image/webp;q=two", false},
		{"image/webp;q=NaN", false},
		{"image/webp;q=2", false},
		{"image/webp;q=", false},
		{"image/webp;level=3", true},
		{`image/webp;x=";q=0,";q=1`, true},
		{`text/x;y=",image/webp,"`, false},
		{`text/x;y="\",image/webp,"`, false},
		{"image/webpx", false},
		{"ximage/webp", false},
		{",,;,image/webp,;", true},
	}
	for _, test := range tests {
		if got := Prefers(strings.Split(test.accept, "\n"), "image/webp"); got != test.want {
			t.Errorf("Prefers(%q, image/webp) = %v, want %v", test.accept, got, test.want)
		}
	}
}

func FuzzAcceptsWebP(f *testing.F) {
	for _, seed := range []string{"image/webp", "image/webp;q=0.1,*/*", `a;b="\`, ",;=\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		// Whoever does not name it is never given it.
		if Prefers([]string{accept}, "image/webp") && !strings.Contains(strings.ToLower(accept), "image/webp") {
			t.Errorf("Prefers(%q, image/webp) = true", accept)
		}
	})
}

func TestAcceptsGzip(t *testing.T) {
	tests := []struct {
		accept string // fields, with a newline between them
		want   bool
	}{
		{"", false},
		{"gzip", true},
		{"gzip, deflate, br, zstd", true}, // browsers
		{"br;q=1.0, GZIP;q=0.8, *;q=0.1", true},
		{"deflate\ngzip", true},
		{"identity", false},
		{"*", false},
		{"gzip;q=0", false},
		{"gzip ; q=0.0, identity", false},
		{"gzip;q=x", false},
		{"xgzip, gzipx", false},
	}
	for _, test := range tests {
		if got := Gzip(strings.Split(test.accept, "\n")); got != test.want {
			t.Errorf("acceptsGzip(%q) = %v", test.accept, got)
		}
	}
}
