// Package drain ends an HTTP server so that no connection that a client was granted is dropped.
//
// http.Server.Shutdown by itself drops two kinds. It closes the listener, and the kernel resets
// what it has accepted in the program's name and the program has not taken yet. And of a
// connection that was just taken it throws away the request, unanswered, if that is read after
// Shutdown was called.
package drain

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"gallery/internal/patient"
)

const (
	// handshake is how long connections that the kernel has begun to grant are taken once no
	// further ones are to come.
	handshake = 100 * time.Millisecond
	// silence is how long a connection that was just taken may be without a request. Browsers
	// open some in advance.
	silence = time.Second
)

// Serve answers requests until ctx ends, and then those that are under way or come by
// connections opened until then, at the longest so long. shared says that another process
// holds the listener's socket, which goes on granting connections: they are left to that one.
func Serve(ctx context.Context, server *http.Server, l net.Listener, shared bool, longest time.Duration) error {
	d := &draining{Listener: l, fresh: map[net.Conn]bool{}, changed: make(chan struct{}, 1)}
	server.ConnState = d.watch
	ended := make(chan struct{})
	stopWaiting := context.AfterFunc(ctx, func() {
		defer close(ended)
		d.mu.Lock()
		d.ending = true
		d.mu.Unlock()
		if shared {
			l.Close()
		} else {
			ignore(l)
			if socket, ok := l.(*net.UnixListener); ok {
				// The name is the next program's, whose file is not to be removed later.
				socket.SetUnlinkOnClose(false)
				_ = os.Remove(socket.Addr().String()) // somebody may have
			}
		}
		d.end()
	})
	err := server.Serve(patient.Listener(d))
	if stopWaiting() {
		return err // of its own accord
	}
	<-ended
	within, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	server.SetKeepAlivesEnabled(false) // each connection ends with the answer that is under way
	d.waitFresh(within)
	if err := server.Shutdown(within); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

// draining is a listener that takes what the kernel has granted before it ends.
type draining struct {
	net.Listener

	mu      sync.Mutex
	ending  bool
	fresh   map[net.Conn]bool // taken, and without a request so far
	changed chan struct{}     // told when one is fresh no more
}

// end has Accept, which knows that it is the end, fail once no connection is left.
func (d *draining) end() {
	if l, ok := d.Listener.(interface{ SetDeadline(time.Time) error }); ok {
		if l.SetDeadline(time.Now().Add(handshake)) == nil {
			return
		}
	}
	d.Close() // or it is closed already
}

func (d *draining) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err == nil {
		return c, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ending {
		return nil, net.ErrClosed // which, unlike a deadline, http.Server takes for the end
	}
	return nil, err
}

// watch is told of each connection's states.
func (d *draining) watch(c net.Conn, to http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if to == http.StateNew {
		d.fresh[c] = true
		return
	}
	if !d.fresh[c] {
		return
	}
	delete(d.fresh, c)
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// waitFresh waits until each connection that was taken has a request, or has had time for it.
func (d *draining) waitFresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	for {
		d.mu.Lock()
		left := len(d.fresh)
		d.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-d.changed:
		case <-ctx.Done():
			return
		}
	}
}
