// Package listen opens the sockets that the program listens on, or takes those that
// systemd hands over.
package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
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
// where nobody asks for one. Sockets that systemd hands over go before the addresses: shared
// says that systemd goes on holding that of the site.
func Open(address, debug string, debugPublic bool, log *slog.Logger) (site, inside net.Listener, shared bool, err error) {
	handed, err := activation.ListenersWithNames()
	if err != nil {
		return nil, nil, false, fmt.Errorf("taking the sockets that systemd hands over: %w", err)
	}
	for name, listeners := range handed {
		if name == debugName {
			inside = listeners[0]
		} else {
			site, shared = listeners[0], true
		}
	}
	if site == nil {
		if site, err = Listen(address); err != nil {
			return nil, nil, false, err
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
			return nil, nil, false, err
		}
	}
	return site, inside, shared, nil
}

// Listen opens the address.
func Listen(address string) (net.Listener, error) { return open("-listen", address) }

// open opens the address that a flag gives, and says what is wrong with it and what would do.
func open(flag, address string) (net.Listener, error) {
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(flag, socket)
	}
	// Not multipath, which Go's default is: such a socket cannot be told to take no further
	// connections while it gives up those that it has (drain).
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(context.Background(), "tcp", address)
	host, port, splitErr := net.SplitHostPort(address)
	var unknown *net.DNSError
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: end that one, or choose another address with %s", address, flag)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s may not be listened on by this user: ports below 1024 take root; choose another with %s", address, flag)
	case errors.Is(err, syscall.EAFNOSUPPORT):
		return nil, fmt.Errorf("%s %s: this process may open no such socket: %w", flag, address, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, AddressError{fmt.Errorf("%s %s: this machine has no address %s: name one of its own, or :%s for all of them", flag, address, host, port)}
	case errors.As(err, &unknown):
		return nil, AddressError{fmt.Errorf("%s %s: no address is known for the name %s: name one of this machine's, or :%s for all of them", flag, address, host, port)}
	}
	if _, bare := strconv.ParseUint(address, 10, 16); splitErr != nil && bare == nil {
		return nil, AddressError{fmt.Errorf("%s %s: HOST:PORT is expected: :%s for all addresses of this machine, or 127.0.0.1:%s", flag, address, address, address)}
	}
	return nil, AddressError{fmt.Errorf("%s %s: HOST:PORT or unix:/PATH is expected, such as 127.0.0.1:5001: %w", flag, address, err)}
}

// Dial connects to who listens on the address.
func Dial(ctx context.Context, address string) (net.Conn, error) {
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// maxSocketPath is how long in bytes a socket's path may be: what struct sockaddr_un of Linux
// holds, less the NUL (unix(7)). Other systems have 104.
const maxSocketPath = 107

// listenUnix opens a socket file, in place of one that nobody listens on any
// more. Its group may connect, so that nginx can.
func listenUnix(flag, socket string) (net.Listener, error) {
	if socket == "" {
		return nil, AddressError{fmt.Errorf("%s unix: names no path: unix:/PATH is expected, such as unix:/run/gallery/site.sock", flag)}
	}
	info, err := os.Lstat(socket)
	switch {
	case err != nil: // listening tells whether that matters
	case info.Mode().Type() == fs.ModeSocket:
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("unix:%s is in use by another program: end that one, or choose another address with %s", socket, flag)
		}
		os.Remove(socket)
	case info.IsDir():
		return nil, AddressError{fmt.Errorf("%s unix:%s is a folder: name a file in it that is not there yet, such as unix:%s", flag, socket, filepath.Join(socket, "site.sock"))}
	default:
		return nil, AddressError{fmt.Errorf("%s unix:%s is a file that is no socket, and stays as it is: choose another path", flag, socket)}
	}
	l, err := net.Listen("unix", socket)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, AddressError{fmt.Errorf("%s unix:%s: there is no folder %s: make it, or choose another path", flag, socket, filepath.Dir(socket))}
	case errors.Is(err, syscall.EINVAL) && len(socket) > maxSocketPath:
		return nil, AddressError{fmt.Errorf("%s unix:%s: the path is %d bytes long, and a socket's has at most %d: choose a shorter one", flag, socket, len(socket), maxSocketPath)}
	case err != nil:
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
	l, err := open("-debug", address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && !public {
		l.Close()
		return nil, AddressError{fmt.Errorf("-debug %s can be reached from elsewhere, and shows the program's inside: choose 127.0.0.1, or add -debug-public", address)}
	}
	return l, nil
}
