package listen

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyHosts(t *testing.T) {
	handler := OnlyHosts([]string{"photos.lan", "gallery.example.com"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"localhost": 200, "localhost:5001": 200, "LOCALHOST": 200, "localhost.:80": 200, "a.localhost:5001": 200,
		"127.0.0.1": 200, "127.0.0.1:5001": 200, "192.0.2.1": 200, "[::1]": 200, "[::1]:5001": 200, "[2001:db8::1]:80": 200,
		"photos.lan": 200, "photos.lan:5001": 200, "Photos.LAN.": 200, "gallery.example.com": 200, "": 200,
		"evil.example": 421, "evil.example:5001": 421, "localhost.evil.example": 421, "evillocalhost": 421, "127.0.0.1.evil.example": 421,
		"127.0.0.1.nip.io:5001": 421, "photos.lan.evil.example": 421, "xphotos.lan": 421, "1": 421, "0x7f000001": 421, "2130706433:5001": 421,
		"127.1": 421, "[fe80::1%25eth0]": 421, "localhost:80:80": 421, "localhost@evil.example": 421, " ": 421, "..": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host: %s = %d, want %d", host, w.Code, want)
		}
		if w.Code == 421 && (w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() == 0) {
			t.Errorf("Host: %s = %v %q", host, w.Header(), w.Body)
		}
	}
}

func TestRestricted(t *testing.T) {
	for _, test := range []struct {
		addr        net.Addr
		behindProxy bool
		want        bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, false, true},
		{&net.TCPAddr{IP: net.IPv6loopback}, false, true},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, true, false},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, false, false},
		{&net.TCPAddr{}, false, false},
		{&net.UnixAddr{Name: "/run/gallery"}, false, false},
	} {
		if got := Restricted(test.addr, test.behindProxy); got != test.want {
			t.Errorf("Restricted(%v, %v) = %v", test.addr, test.behindProxy, got)
		}
	}
}
