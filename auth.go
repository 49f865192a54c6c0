package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"gallery/internal/answer"
	"gallery/internal/users"
)

// gate knows who a visitor is, what a visitor may see, and who may add photos.
type gate struct {
	users      *users.Users // nil without -users
	private    bool         // everything takes a password
	upload     bool         // signed-in users may add photos
	trustProxy bool         // X-Forwarded-For says who a visitor is
	root       string       // the photos' directory
	may        func(v visitor, name string) bool
	addresses  addresses
	log        *slog.Logger

	proxied sync.Once // warns of a proxy that is not trusted
}

// who returns who asks, by the user's name and password in the request (HTTP Basic, RFC
// 7617). A wrong password makes nobody of them, whatever they ask for; refused says what
// was wrong, to be told where a password is needed.
func (g *gate) who(r *http.Request) (v visitor, refused error) {
	if g.users == nil {
		return visitor{}, users.ErrWrong
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return visitor{}, users.ErrWrong
	}
	if err := g.users.Check(r.Context(), g.visitor(r), name, password); err != nil {
		return visitor{}, err
	}
	return visitor{name: name}, nil
}

// challenge prepares the header of an answer to who was refused, and returns its error.
func (g *gate) challenge(w http.ResponseWriter, r *http.Request, err error) error {
	g.warnOfProxy(r)
	var tooMany users.TooManyError
	switch {
	case errors.As(err, &tooMany):
		g.log.Warn("wrong passwords, refused for now", "from", g.visitor(r))
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(tooMany.Wait.Seconds()))))
		return answer.Error{Status: http.StatusTooManyRequests, Err: err}
	case errors.Is(err, users.ErrWrong):
		if _, _, ok := r.BasicAuth(); ok {
			g.log.Info("wrong name or password", "from", g.visitor(r))
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="Gallery", charset="UTF-8"`)
		return answer.Error{Status: http.StatusUnauthorized, Err: err}
	}
	return err
}

// warnOfProxy says once if a request seems to come from a proxy that is not trusted: for the
// limits of wrong passwords all its visitors are one.
func (g *gate) warnOfProxy(r *http.Request) {
	if g.trustProxy || r.Header.Get("X-Forwarded-For") == "" {
		return
	}
	if from := g.visitor(r); !from.IsValid() || from.IsLoopback() || from.IsPrivate() {
		g.proxied.Do(func() {
			g.log.Warn("requests seem to come from a proxy, and all its visitors share one limit of wrong passwords: add -trust-proxy if it sets X-Forwarded-For",
				"proxy", from)
		})
	}
}

// admit fails where the visitor may not see the album called name: with a challenge where
// the whole site takes a password and none was right, else as if there were no such album.
func (g *gate) admit(w http.ResponseWriter, r *http.Request, v visitor, refused error, name string) error {
	switch {
	case g.may(v, name):
		return nil
	case g.private && v.name == "":
		return g.challenge(w, r, refused)
	}
	return errClosed
}

// errClosed says that an album is closed to the visitor: for them, there is none.
var errClosed = fmt.Errorf("closed to the visitor: %w", fs.ErrNotExist)

// serveAuth tells nginx's auth_request whether the request that it asks about
// bears a right password: 204, or the refusal.
func (g *gate) serveAuth(w http.ResponseWriter, r *http.Request, refused error) error {
	if g.users == nil {
		return answer.NotFound
	}
	if refused != nil {
		return g.challenge(w, r, refused)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// mayUpload reports whether a page is to offer uploading: to who is signed in.
func (g *gate) mayUpload(v visitor) bool { return g.upload && v.name != "" }

// serveSignIn asks for a password, and then leads back to an album. It lies at
// the top, since a browser sends a password along to what lies beside and below
// the address that asked for it (RFC 7617, section 2.2).
func (g *gate) serveSignIn(w http.ResponseWriter, r *http.Request, refused error) error {
	if !g.upload {
		return answer.NotFound
	}
	if refused != nil {
		return g.challenge(w, r, refused)
	}
	to := "."
	if t, ok := parsePath(g.root, "/"+r.URL.Query().Get("album")); ok && !t.thumb {
		to = t.name
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, g.addresses.page(to), http.StatusSeeOther)
	return nil
}

// visitor returns the address that a request comes from. With -trust-proxy it
// is the last that X-Forwarded-For names: the proxy's own word, where all
// before it is what the client says. Behind a socket file there is none.
func (g *gate) visitor(r *http.Request) netip.Addr {
	if g.trustProxy {
		named := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(named[strings.LastIndexByte(named, ',')+1:])
		if addr, err := netip.ParseAddr(last); err == nil {
			return addr.Unmap().WithZone("")
		}
	}
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone("")
}
