package listen

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Restricted reports whether what listens at addr is to answer only for hosts of this machine:
// at a loopback address, where no proxy passes on what the world asks. There a page of another
// site may have its own name resolve to 127.0.0.1, and read as its own what the program
// answers to that name (DNS rebinding).
func Restricted(addr net.Addr, behindProxy bool) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback() && !behindProxy
}

// OnlyHosts has a handler answer only requests for localhost, for addresses, which no name
// server can redirect, and for the names; names are in lower case. To all others it answers
// with 421 (RFC 9110, section 15.5.20).
func OnlyHosts(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isHost(r.Host, names) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusMisdirectedRequest)
		// An error here is the client's leaving.
		_, _ = io.WriteString(w, "Gallery answers here to localhost, to IP addresses, and to the names that -host gives; behind a proxy, to any name with -trust-proxy.\n")
	})
}

// isHost reports whether a request's Host, with or without a port, is one to answer for. A
// request without any is no browser's.
func isHost(host string, names []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.Contains(names, host) {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && addr.Zone() == ""
}
