package main

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// basePath parses -base: the path below which the site is, without a slash at
// its end; "" for the top.
func basePath(to *string) func(string) error {
	return func(s string) error {
		s = strings.TrimSuffix(s, "/")
		if s == "" {
			*to = ""
			return nil
		}
		t, ok := parsePath("/", s)
		if !ok || t.thumb || "/"+t.name != s {
			return errors.New("a path such as /photos is expected")
		}
		*to = s
		return nil
	}
}

// withoutBase takes the site's base off a request's path. It reports false for
// a path that is not below it. As anywhere in a path, slashes may be doubled.
func withoutBase(base, urlPath string) (string, bool) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(base, "/"), "/") {
		rest, ok := strings.CutPrefix(strings.TrimLeft(urlPath, "/"), segment)
		if !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
		urlPath = rest
	}
	return urlPath, true
}

// outside is a path that names nothing.
const outside = "/.outside"

// rebase returns the request as one for a site at the top.
func (s *server) rebase(r *http.Request) *http.Request {
	path, ok := withoutBase(s.base, r.URL.Path)
	if !ok {
		path = outside
	}
	below := new(http.Request)
	*below = *r
	below.URL = new(url.URL)
	*below.URL = *r.URL
	below.URL.Path = path
	return below
}

// hostName matches a host and perhaps a port (RFC 3986, section 3.2.2): names
// and addresses that need no escaping anywhere.
var hostName = regexp.MustCompile(`\A(?:[0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z`)

// origin is the scheme and host at which the visitor sees the site, such as
// "https://example.com", or "" where the request names none that can be used.
// Only with -trust-proxy is a proxy's word taken for it: anybody can send the
// headers. A list in one comes from more than one proxy, and says nothing sure.
func (s *server) origin(r *http.Request) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if s.trustProxy {
		switch proto := strings.ToLower(r.Header.Get("X-Forwarded-Proto")); proto {
		case "http", "https":
			scheme = proto
		}
		if forwarded := r.Header.Get("X-Forwarded-Host"); hostName.MatchString(forwarded) {
			host = forwarded
		}
	}
	if !hostName.MatchString(host) {
		return ""
	}
	return scheme + "://" + host
}
