package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestReadAnswer(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		n            int64
		closes       bool
		fails        string
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Type: a\r\ncontent-length:  5\r\n\r\nabcde", 5, false, ""},
		{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, false, ""},
		{"closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", 1, true, ""},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 13, false, ""},
		{"status", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, false, "404"},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nabc", 0, false, "without a length"},
		{"cut short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 0, false, "ended after 3"},
		{"nothing", "", 0, false, "EOF"},
	} {
		in := bufio.NewReader(strings.NewReader(test.answer))
		n, closes, err := readAnswer(in)
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: %v, want %s", test.name, err, test.fails)
		}
		if err == nil && (n != test.n || closes != test.closes || in.Buffered() != 0) {
			t.Errorf("%s: readAnswer = %d, %v, with %d bytes left, want %d, %v", test.name, n, closes, in.Buffered(), test.n, test.closes)
		}
	}
}

func TestGenerateLoad(t *testing.T) {
	for _, closes := range []bool{false, true} {
		var served, connections atomic.Int64
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			served.Add(1)
			w.Write([]byte(r.URL.Path))
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		s.Config.SetKeepAlivesEnabled(!closes)
		s.Start()
		request, err := json.Marshal(loadOrder{
			Host: s.Listener.Addr().String(), Targets: []string{"/a", "/bcd"}, Connections: 3, Duration: time.Minute, Most: 60,
		})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := generateLoad(request)
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		r := answer.(loadReport)
		if made := connections.Load(); closes && made != 60 || !closes && made > 3 {
			t.Errorf("%d connections were made", made)
		}
		if r.Requests != 60 || served.Load() != 60 || r.Bytes < 2*60 || r.Bytes > 4*60 || r.Reused == closes || r.P99 < r.Median || r.Median <= 0 {
			t.Errorf("%d requests served; report %+v", served.Load(), r)
		}
	}
}
