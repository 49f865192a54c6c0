package main

import (
	"net/http"
	"net/netip"
	"strings"
)

// visitor returns the address that a request comes from. With -trust-proxy it
// is the last that X-Forwarded-For names: the proxy's own word, where all
// before it is what the client says. Behind a socket file there is none.
func (c *config) visitor(r *http.Request) netip.Addr {
	if c.trustProxy {
		named := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(named[strings.LastIndexByte(named, ',')+1:])
		if addr, err := netip.ParseAddr(last); err == nil {
			return addr.Unmap().WithZone("")
		}
	}
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone("")
}

// network is what one visitor is taken to have: an address, or in IPv6 the 64
// bits of a subnet, all of whose addresses a visitor may use.
func network(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // of no address, it is no prefix
	return prefix
}
