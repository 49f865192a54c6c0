package drain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })

// ask sends a request by a connection of its own, and tells a connection that was not granted
// from one that was and brought no answer.
func ask(network, address string) (refused bool, err error) {
	conn, err := net.Dial(network, address)
	if err != nil {
		return true, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "hello" {
		return false, fmt.Errorf("the answer is %q, %v", body, err)
	}
	return false, nil
}

// Through many restarts each connection that is granted is answered: on a socket of the
// program's own, on one that systemd holds, and on a socket file.
func TestServe_restarts(t *testing.T) {
	// Who is passed over on a socket of the program's own asks again after a second.
	for kind, restarts := range map[string]int64{"own": 8, "shared": 30, "unix": 15} {
		t.Run(kind, func(t *testing.T) {
			network, address := "tcp", "127.0.0.1:0"
			if kind == "unix" {
				network, address = "unix", filepath.Join(t.TempDir(), "s")
			}
			var config net.ListenConfig
			config.SetMultipathTCP(false) // as package listen does
			first, err := config.Listen(t.Context(), network, address)
			if err != nil {
				t.Fatal(err)
			}
			address = first.Addr().String()
			var held *os.File // as systemd holds it
			if kind == "shared" {
				if held, err = first.(*net.TCPListener).File(); err != nil {
					t.Fatal(err)
				}
				defer held.Close()
			}
			next := func() (net.Listener, error) {
				if kind == "shared" {
					return net.FileListener(held)
				}
				return config.Listen(t.Context(), network, address)
			}
			var done atomic.Bool
			var answered atomic.Int64
			var visitors sync.WaitGroup
			for range 8 {
				visitors.Go(func() {
					for !done.Load() {
						refused, err := ask(network, address)
						switch {
						case err == nil:
							answered.Add(1)
						case done.Load(): // and nobody is there any more
						case !refused:
							t.Error(err)
						case kind == "shared":
							t.Error("refused:", err)
						case !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ENOENT):
							t.Error(err)
						}
					}
				})
			}
			for l := first; !t.Failed(); {
				ctx, end := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- Serve(ctx, &http.Server{Handler: hello}, l, kind == "shared", time.Minute) }()
				for before := answered.Load(); answered.Load() < before+20 && !t.Failed(); {
					time.Sleep(time.Millisecond)
				}
				end()
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				if answered.Load() >= restarts*20 {
					break
				}
				if l, err = next(); err != nil {
					t.Fatal(err)
				}
			}
			done.Store(true)
			if held != nil {
				held.Close() // so that nobody waits
			}
			visitors.Wait()
		})
	}
}

// A connection that was taken just before the end is answered though its request comes later;
// one that stays silent does not hold up the end for longer than it may.
func TestServe_lateRequest(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	taken := make(chan struct{}, 100)
	server := &http.Server{Handler: hello, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		select {
		case taken <- struct{}{}:
		default: // of those that only knock
		}
		return ctx
	}}
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, server, l, false, 2*time.Second) }()
	var conns [2]net.Conn
	for i := range conns {
		if conns[i], err = net.Dial("tcp", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
		<-taken
	}
	end()
	for { // until nobody listens any more
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
	}
	// Shutdown, if it came first, would have it thrown away now.
	time.Sleep(silence / 10)
	io.WriteString(conns[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if resp, err := http.ReadResponse(bufio.NewReader(conns[0]), nil); err != nil {
		t.Errorf("a request that came late is not answered: %v", err)
	} else if !resp.Close {
		t.Error("the answer does not say that the connection ends")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What fails by itself is told.
func TestServe_fails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := Serve(t.Context(), &http.Server{Handler: hello}, l, false, time.Second); err == nil {
		t.Error("serving on a closed listener is no error")
	}
}
