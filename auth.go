package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"gallery/internal/answer"
	"gallery/internal/messages"
	"gallery/internal/patient"
	"gallery/internal/session"
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
	sessions   *session.Keeper // nil without -users
	views      *views
	addresses  addresses
	log        *slog.Logger

	proxied sync.Once // warns of a proxy that is not trusted
}

// who returns who asks, by a session's cookie or else the user's name and password in the
// request (HTTP Basic, RFC 7617). A wrong password makes nobody of them, whatever they ask for; refused says what
// was wrong, to be told where a password is needed.
func (g *gate) who(r *http.Request) (v visitor, refused error) {
	if g.users == nil {
		return visitor{}, users.ErrWrong
	}
	if s, ok := g.session(r); ok {
		return visitor{name: s.User}, nil
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

// cookie is an empty cookie for a session. Its name's prefix keeps other hosts of the domain,
// and plain HTTP, from setting it in another's browser (RFC 6265bis, section 4.1.3).
func (g *gate) cookie(r *http.Request) *http.Cookie {
	c := &http.Cookie{Name: "gallery", Path: g.addresses.page("."), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.Secure = g.addresses.scheme(r) == "https"; c.Secure {
		c.Name = "__Secure-gallery"
		if g.addresses.base == "" {
			c.Name = "__Host-gallery"
		}
	}
	return c
}

// session returns the session that a request is in.
func (g *gate) session(r *http.Request) (session.Session, bool) {
	for _, c := range r.CookiesNamed(g.cookie(r).Name) {
		if s, ok := g.sessions.Check(c.Value, g.users.Proof, time.Now()); ok {
			return s, true
		}
	}
	return session.Session{}, false
}

// setSession has the visitor's browser keep a session.
func (g *gate) setSession(w http.ResponseWriter, r *http.Request, s session.Session) {
	proof, _ := g.users.Proof(s.User)
	c := g.cookie(r)
	c.Value = g.sessions.Sign(s, proof, time.Now())
	if s.Stay {
		c.MaxAge = int(s.Lifetime().Seconds())
	}
	http.SetCookie(w, c)
}

// renew gives a session that is in use a new value when that is due.
func (g *gate) renew(w http.ResponseWriter, r *http.Request) {
	if g.users == nil {
		return
	}
	if s, ok := g.session(r); ok && s.Due(time.Now()) {
		g.setSession(w, r, s)
	}
}

// maxSignIn bounds the form to sign in by, in bytes.
const maxSignIn = 8 << 10

// serveSignIn shows the form to sign in by, and takes it. It leads back to an album.
func (g *gate) serveSignIn(w http.ResponseWriter, r *http.Request, v visitor) error {
	if g.users == nil {
		return answer.NotFound
	}
	to := r.URL.Query().Get("album")
	if from, err := url.Parse(r.Referer()); err == nil && to == "" && from.Host == r.Host {
		to, _ = withoutBase(g.addresses.base, from.Path)
	}
	if r.Method != http.MethodPost {
		if v.name != "" {
			return g.leadTo(w, r, to)
		}
		return g.askSignIn(w, r, http.StatusOK, to, "")
	}
	// Nobody signs a visitor in, as whomever, from another site.
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	r.Body = http.MaxBytesReader(w, patient.Body(w, r.Body), maxSignIn)
	if err := r.ParseForm(); err != nil {
		return answer.Error{Status: http.StatusBadRequest, Err: err}
	}
	name, to := r.PostForm.Get("name"), r.PostForm.Get("album")
	texts := messages.For(r.Header.Get("Accept-Language"))
	err := g.users.Check(r.Context(), g.visitor(r), name, r.PostForm.Get("password"))
	switch {
	case err == nil:
		g.setSession(w, r, session.Begin(name, r.PostForm.Get("stay") != "", time.Now()))
		g.log.Info("signed in", "name", name, "from", g.visitor(r))
		return g.leadTo(w, r, to)
	case errors.Is(err, users.ErrWrong):
		g.warnOfProxy(r)
		g.log.Info("wrong name or password", "from", g.visitor(r))
		return g.askSignIn(w, r, http.StatusForbidden, to, texts.WrongPassword)
	case errors.As(err, new(users.TooManyError)):
		return g.challenge(w, r, err)
	}
	return err
}

// leadTo leads to an album, or to the root.
func (g *gate) leadTo(w http.ResponseWriter, r *http.Request, album string) error {
	to := "."
	if t, ok := parsePath(g.root, "/"+album); ok && !t.thumb {
		to = t.name
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, g.addresses.page(to), http.StatusSeeOther)
	return nil
}

// signInView is the page to sign in on.
type signInView struct {
	frame
	Action  string // address
	To      string // the album to lead to
	Message string // what was wrong, "" for nothing yet
}

// askSignIn answers with the form to sign in by.
func (g *gate) askSignIn(w http.ResponseWriter, r *http.Request, status int, to, message string) error {
	texts := messages.For(r.Header.Get("Accept-Language"))
	view := signInView{frame: g.views.frame(texts, ".", visitor{}), Action: g.addresses.file(".") + signInPath, To: to, Message: message}
	view.Title, view.Crumbs[0].Current = texts.SignIn, false
	view.Style += sentAssets().signInStyle
	g.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = g.views.render(w, "signin", view) // an error is the client's leaving
	return nil
}

// serveSignOut ends the session that the request is in.
func (g *gate) serveSignOut(w http.ResponseWriter, r *http.Request) error {
	if g.users == nil || r.Method != http.MethodPost {
		return answer.NotFound
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	if s, ok := g.session(r); ok {
		g.sessions.End(s)
		g.log.Info("signed out", "name", s.User, "from", g.visitor(r))
	}
	c := g.cookie(r)
	c.MaxAge = -1
	http.SetCookie(w, c)
	return g.leadTo(w, r, ".")
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
