// Package listen opens the sockets that the program listens on, or takes those that
// systemd hands over.
package listen

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"
)

// AddressError is a mistake in an address.
type AddressError struct{ error }

func (e AddressError) Unwrap() error { return e.error }

// debugName is what systemd calls the socket for looking inside (FileDescriptorName= in
// gallery-debug.socket). Any other is the site's.
const debugName = "debug"

// Open returns the listener of the site and the one for looking inside, which is nil
// where nobody asks for one. Sockets that systemd hands over go before the addresses.
func Open(address, debug string, debugPublic bool, log *slog.Logger) (site, inside net.Listener, err error) {
	handed, err := activation.ListenersWithNames()
	if err != nil {
		return nil, nil, fmt.Errorf("taking the sockets that systemd hands over: %w", err)
	}
	for name, listeners := range handed {
		if name == debugName {
			inside = listeners[0]
		} else {
			site = listeners[0]
		}
	}
	if site == nil {
		if site, err = Listen(address); err != nil {
			return nil, nil, err
		}
	}
	if inside == nil && debug != "" {
		inside, err = Debug(debug, debugPublic)
		if errors.Is(err, syscall.EAFNOSUPPORT) {
			// A service that may open no socket is to serve all the same.
			log.Error("there are no metrics: this process may open no network socket; gallery-debug.socket gives it one, or -debug unix:/PATH",
				"debug", debug)
		} else if err != nil {
			site.Close()
			return nil, nil, err
		}
	}
	return site, inside, nil
}

// Listen opens the address.
func Listen(address string) (net.Listener, error) {
	if socket, ok := strings.CutPrefix(address, "unix:"); ok && socket != "" {
		return listenUnix("-listen", socket)
	}
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: end that one, or choose another address with -listen", address)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s may not be listened on by this user: ports below 1024 take root; choose another with -listen", address)
	case err != nil:
		return nil, AddressError{fmt.Errorf("-listen %s: HOST:PORT or unix:/PATH is expected: %w", address, err)}
	}
	return l, nil
}

// Dial connects to who listens on the address.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// listenUnix opens a socket file, in place of one that nobody listens on any
// more. Its group may connect, so that nginx can.
func listenUnix(flag, socket string) (net.Listener, error) {
	if info, err := os.Lstat(socket); err == nil && info.Mode().Type() == fs.ModeSocket {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("unix:%s is in use by another program: end that one, or choose another address with %s", socket, flag)
		}
		os.Remove(socket)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%s unix:%s: %w", flag, socket, err)
	}
	if err := os.Chmod(socket, 0o660); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s unix:%s: %w", flag, socket, err)
	}
	return l, nil
}

// Debug opens the address for looking inside. Anything but a socket file or a loopback
// address takes -debug-public, too: profiles tell a lot.
func Debug(address string, public bool) (net.Listener, error) {
	if socket, ok := strings.CutPrefix(address, "unix:"); ok && socket != "" {
		return listenUnix("-debug", socket)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, AddressError{fmt.Errorf("-debug %s cannot be listened on: HOST:PORT or unix:/PATH is expected, such as 127.0.0.1:5002: %w", address, err)}
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() && !public {
		l.Close()
		return nil, AddressError{fmt.Errorf("-debug %s can be reached from elsewhere, and shows the program's inside: choose 127.0.0.1, or add -debug-public", address)}
	}
	return l, nil
}
