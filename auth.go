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
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
	"rsc.io/qr"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/messages"
	"gallery/internal/patient"
	"gallery/internal/session"
	"gallery/internal/sharing"
	"gallery/internal/storage"
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
	links      *sharing.Store
	photos     *storage.Dir
	guesses    *users.Guesses // at the passwords of links
	addresses  addresses
	log        *slog.Logger

	proxied sync.Once // warns of a proxy that is not trusted
}

// who returns who asks, by a session's cookie or else the user's name and password in the
// request (HTTP Basic, RFC 7617). A wrong password makes nobody of them, whatever they ask for; refused says what
// was wrong, to be told where a password is needed.
func (g *gate) who(r *http.Request) (v visitor, refused error) {
	v.links = g.opened(r)
	if g.users == nil {
		return v, users.ErrWrong
	}
	if s, ok := g.session(r); ok {
		v.name = s.User
		return v, nil
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return v, users.ErrWrong
	}
	if err := g.users.Check(r.Context(), g.visitor(r), name, password); err != nil {
		return v, err
	}
	v.name = name
	return v, nil
}

// maxLinks is how many cookies of links count in one request.
const maxLinks = 16

// linkCookie is an empty cookie for a link, for the album's address and what is below.
func (g *gate) linkCookie(r *http.Request, link sharing.Link) *http.Cookie {
	c := g.cookie(r)
	c.Name, c.Path = g.linkPrefix(r)+link.ID, g.addresses.page(link.Album)
	return c
}

func (g *gate) linkPrefix(r *http.Request) string {
	if g.addresses.scheme(r) == "https" {
		return "__Secure-gallery-link-"
	}
	return "gallery-link-"
}

// opened returns the links that the visitor has opened and that are good still, as a visitor
// has them.
func (g *gate) opened(r *http.Request) string {
	if !strings.Contains(r.Header.Get("Cookie"), "gallery-link-") {
		return ""
	}
	var ids []string
	n := 0
	for _, c := range r.Cookies() {
		id, ok := strings.CutPrefix(c.Name, g.linkPrefix(r))
		if !ok {
			continue
		}
		if n++; n > maxLinks {
			break
		}
		if link, ok := g.links.ByOpened(c.Value); ok && link.ID == id && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// setLink has the visitor's browser keep what opens a link's album.
func (g *gate) setLink(w http.ResponseWriter, r *http.Request, link sharing.Link) {
	c := g.linkCookie(r, link)
	c.Value, c.Expires = g.links.Opened(link), link.Expires
	if link.Expires.IsZero() {
		c.MaxAge = int(linkLife.Seconds())
	}
	http.SetCookie(w, c)
}

// linkLife is how long a browser keeps what opens a link without an end. Who opens the link
// again has it anew.
const linkLife = 180 * 24 * time.Hour

// serveShare makes a link to an album for a signed-in user who may see it.
func (g *gate) serveShare(w http.ResponseWriter, r *http.Request, t target, v visitor) error {
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	if v.name == "" || !g.may(visitor{name: v.name}, t.name) {
		return answer.NotFound
	}
	folder, err := album.Open(g.photos.Root(), t.name)
	if err != nil {
		return err
	}
	folder.Close()
	r.Body = http.MaxBytesReader(w, patient.Body(w, r.Body), maxSignIn)
	if err := r.ParseForm(); err != nil {
		return answer.Error{Status: http.StatusBadRequest, Err: err}
	}
	link := sharing.Link{Album: t.name, By: v.name, Name: r.PostForm.Get("name"), NoDownload: r.PostForm.Get("no-download") != "", Picks: r.PostForm.Get("picks") != ""}
	if days, err := strconv.Atoi(r.PostForm.Get("days")); err == nil && days > 0 && days <= 10_000 {
		link.Expires = time.Now().AddDate(0, 0, days)
	}
	if password := r.PostForm.Get("password"); len(password) > users.MaxPassword {
		return answer.Error{Status: http.StatusUnprocessableEntity, Err: errors.New("the link's password is too long")}
	} else if password != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), users.NewCost)
		if err != nil {
			return err
		}
		link.Password = string(hash)
	}
	if link, err = g.links.Add(link); err != nil {
		return err
	}
	g.log.Info("shared", "album", t.name, "link", link.ID, "by", v.name, "from", g.visitor(r))
	texts := messages.For(r.Header.Get("Accept-Language"))
	view := sharedView{frame: g.views.frame(texts, t.name, v), Link: g.addresses.origin(r) + g.addresses.file(sharePath+g.links.Token(link))}
	if view.QR, err = qrPath(view.Link); err != nil {
		return err
	}
	view.Title, view.Crumbs[len(view.Crumbs)-1].Current = texts.ShareAlbum, false
	g.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_ = g.views.render(w, "shared", view) // an error is the client's leaving
	return nil
}

// sharedView shows a link that was just made.
type sharedView struct {
	frame
	Link string
	QR   qrCode
}

// qrCode is a QR code as the path of an SVG of so many modules, its quiet zone of four
// included (ISO/IEC 18004, section 6.3.8).
type qrCode struct {
	Side int
	Path string
}

func qrPath(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	const quiet = 4
	var b strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return qrCode{code.Size + 2*quiet, b.String()}, nil
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
		return g.askSignIn(w, r, http.StatusForbidden, to, texts.WrongSignIn)
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
		if err := g.sessions.End(s); err != nil {
			g.log.Error("who signed out is not signed out after a restart", "name", s.User, "err", err)
		}
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
