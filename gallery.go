package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/bounded"
	"gallery/internal/face"
	"gallery/internal/messages"
	"gallery/internal/observe"
	"gallery/internal/patient"
	"gallery/internal/rendition"
	"gallery/internal/sharing"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
	"gallery/internal/users"
)

// maxURI is the length of the longest request target, as in nginx with its
// default buffers.
const maxURI = 8 << 10

// server answers every request: it finds out what is asked for, and has it answered.
// Its methods are safe for use by many goroutines.
type server struct {
	root         string // the photos' directory, absolute
	storage      *storage.Storage
	library      *library
	gate         *gate
	views        *views
	addresses    addresses
	thumbnails   thumbnails
	albumPages   *albumPages
	photoPages   photoPages
	searches     *searchPages
	examinations *examinations
	feeds        *feeds
	news         *news
	uploads      *uploader // nil where nobody can add photos
	archives     *archives
	background   *upkeep.Background // nil for none
	meters       *observe.Meters    // nil where nothing is observed
	log          *slog.Logger
}

// route is what a request asks for.
type route struct {
	kind   string // one of the kinds below
	target target // what the path names, for the kinds that name something
}

// album is the album whose rule holds for what is asked for.
func (to route) album() string {
	switch to.kind {
	case toThumbnail, toPreview, toPhoto, toOriginal:
		return to.target.album()
	case toAlbum, toUpload, toShare, toPicks, toFeed, toNews:
		return to.target.name
	}
	return "."
}

// The kinds of routes, as the metrics show them.
const (
	toNothing   = "none"
	toHealth    = "health"
	toReady     = "ready"
	toAuth      = "auth"
	toMay       = "may"
	toSignIn    = "signin"
	toSignOut   = "signout"
	toLink      = "link"
	toShare     = "share"
	toPicks     = "picks"
	toFace      = "face"
	toRobots    = "robots"
	toDoctor    = "doctor"
	toFeed      = "feed"
	toNews      = "news"
	toSitemap   = "sitemap"
	toUpload    = "upload"
	toThumbnail = "thumbnail"
	toPreview   = "preview"
	toAlbum     = "album"
	toPhoto     = "photo"
	toOriginal  = "original"
)

// route decides what a request, rebased, asks for by its method and path alone.
func (s *server) route(r *http.Request) route {
	switch r.URL.Path {
	case healthPath:
		return route{kind: toHealth}
	case readyPath:
		return route{kind: toReady}
	case authPath:
		return route{kind: toAuth}
	case mayPath:
		return route{kind: toMay}
	case signInPath:
		return route{kind: toSignIn}
	case signOutPath:
		return route{kind: toSignOut}
	case searchPath:
		return route{kind: toSearch}
	case recentPath:
		return route{kind: toRecent}
	case doctorPath:
		return route{kind: toDoctor}
	case robotsPath:
		return route{kind: toRobots}
	}
	if above, ok := strings.CutSuffix(r.URL.Path, "/"+newsName); ok {
		page := s.route(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: above + "/"}})
		switch page.kind {
		case toAlbum:
			return route{toNews, page.target}
		case toTimeline, toRecent:
			return route{toNews, target{name: "."}}
		}
		return route{kind: toNothing}
	}
	if strings.HasPrefix(r.URL.Path, timelinePath) {
		return route{kind: toTimeline}
	}
	if strings.HasPrefix(r.URL.Path, sharePath) {
		return route{kind: toLink}
	}
	if name, ok := strings.CutPrefix(r.URL.Path, facePath); ok {
		return route{toFace, target{name: name}}
	}
	if _, ok := sitemapNumber(r.URL.Path); ok {
		return route{kind: toSitemap}
	}
	if above, ok := strings.CutSuffix(r.URL.Path, "/"+feedName); ok {
		if t, ok := parsePath(s.root, above+"/"); ok && !t.thumb {
			return route{toFeed, t}
		}
		return route{kind: toNothing}
	}
	// An absolute target without a path means the root (RFC 9110, section 4.2.3).
	t, ok := parsePath(s.root, cmp.Or(r.URL.Path, "/"))
	if ok && r.URL.Path == "" && s.addresses.base != "" {
		t.slash = false // the base itself, which redirects
	}
	to := route{toOriginal, t}
	switch {
	case !ok:
		to.kind = toNothing
	case r.Method == http.MethodPost && r.URL.RawQuery == "share":
		to.kind = toShare
	case r.Method == http.MethodPost && r.URL.RawQuery == "picks":
		to.kind = toPicks
	case r.Method == http.MethodPost:
		to.kind = toUpload
	case t.thumb && t.rend == "":
		to.kind = toThumbnail
	case t.thumb:
		to.kind = toPreview
	case !album.IsPhotoName(t.name) && (t.slash || !s.library.others || !album.IsOtherName(t.name)):
		to.kind = toAlbum
	case t.slash:
		to.kind = toPhoto
	}
	return to
}

// ServeHTTP answers a request. A panic of ours is logged with its stack and answered
// like any error of the server's own, if nothing was sent yet; http.ErrAbortHandler,
// by which an answer is cut short on purpose, passes on.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	o := &observe.Writer{ResponseWriter: w}
	asked := r
	if r.URL.Path != healthPath && r.URL.Path != readyPath && r.URL.Path != authPath && r.URL.Path != mayPath {
		r = s.addresses.rebase(r)
	}
	to := s.route(r)
	defer func() { s.meters.Answered(asked, o, to.kind, start, s.gate.visitor) }()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	// A site of the same domain may show the photos, others may not.
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	v, err := s.answerSafely(o, r, to)
	if err != nil {
		s.answerError(o, r, v, err)
	}
}

// answerSafely is answer, with a panic as an error.
func (s *server) answerSafely(w *observe.Writer, r *http.Request, to route) (v visitor, err error) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			panic(v)
		} else if v != nil {
			err = &bounded.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	var refused error
	if to.kind != toHealth && to.kind != toReady {
		v, refused = s.gate.who(r)
	}
	return v, s.answer(w, r, to, v, refused)
}

// answer answers a request with what it asks for. An error means that nothing was
// written yet, unless it is a panic.
func (s *server) answer(w *observe.Writer, r *http.Request, to route, v visitor, refused error) error {
	var closed error
	if to.kind != toHealth && to.kind != toReady && to.kind != toMay && to.kind != toSignIn && to.kind != toSignOut && to.kind != toLink {
		closed = s.gate.admit(w, r, v, refused, to.album())
		if closed != nil && closed != errClosed {
			return closed
		}
		rule := s.library.rules.Rule(to.album())
		if rule.Lost() {
			return storage.ErrAway
		}
		w.Closed = rule.Guarded()
	}
	switch {
	case !s.answers(r, to, v):
		w.Header().Set("Allow", "GET, HEAD")
		return answer.Error{Status: http.StatusMethodNotAllowed, Err: errors.New(r.Method)}
	case len(r.RequestURI) > maxURI:
		return answer.Error{Status: http.StatusRequestURITooLong, Err: errors.New("request target too long")}
	case r.URL.Path == "*", r.URL.Scheme != "" && r.URL.Scheme != "http" && r.URL.Scheme != "https":
		return answer.Error{Status: http.StatusBadRequest, Err: errors.New("names nothing of this server")}
	case strings.ContainsRune(r.URL.Path, 0):
		return answer.Error{Status: http.StatusBadRequest, Err: errors.New("NUL in path")}
	}
	switch to.kind {
	case toNothing:
		return answer.NotFound
	case toHealth:
		return s.serveHealth(w, "ok\n")
	case toReady:
		if err := s.ready(r.Context()); err != nil {
			return err
		}
		return s.serveHealth(w, "ready\n")
	case toAuth:
		return s.gate.serveAuth(w, r, refused)
	case toMay:
		return s.serveMay(w, r, v)
	case toSignIn:
		return s.gate.serveSignIn(w, r, v)
	case toSignOut:
		return s.gate.serveSignOut(w, r)
	case toFace:
		return s.serveFace(w, r, to.target.name)
	case toRobots:
		return s.serveRobots(w, r)
	case toDoctor:
		return s.examinations.serve(w, r, v)
	}
	if err := s.storage.Photos.Away(); err != nil {
		return err
	}
	if to.kind != toOriginal && s.storage.Cache.Hangs(".") {
		return storage.ErrAway
	}
	if to.kind == toLink {
		w.Closed = true
		return s.serveLink(w, r)
	}
	if to.kind == toAlbum || to.kind == toPhoto {
		s.gate.renew(w, r)
	}
	if closed == nil && (to.kind == toSearch || to.kind == toTimeline || to.kind == toRecent) {
		s.background.Enter()
		defer s.background.Leave()
		return s.searches.serve(w, r, to.kind, v)
	}
	at := to
	if closed != nil && to.kind != toUpload { // which asks for a password first
		// Looked for as what is not there is, so that it takes as long.
		at.target.name = s.library.missing(v, to.target.name)
	}
	err := s.answerFromFolders(w, r, at, v, refused)
	if errors.Is(err, fs.ErrNotExist) && to.kind != toUpload {
		if name, ok := s.library.otherForm(to.target.name); ok && s.gate.may(v, route{to.kind, target{name: name}}.album()) {
			to.target.name = name
			s.redirect(w, r, s.addresses.target(to.target))
			return nil
		}
	}
	return err
}

// answerFromFolders answers what is about albums and photos.
func (s *server) answerFromFolders(w http.ResponseWriter, r *http.Request, to route, v visitor, refused error) error {
	switch to.kind {
	case toUpload:
		return s.uploads.serve(w, r, to.target, v, refused)
	case toShare:
		return s.gate.serveShare(w, r, to.target, v)
	case toPicks:
		return s.albumPages.takeChoice(w, r, to.target.name, v)
	case toOriginal: // which only takes the network
		if !s.library.mayDownload(v, to.album()) && !s.library.showsItself(to.target.album(), to.target.file()) {
			return errClosed
		}
		err := s.serveOriginal(w, r, to.target)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.background.Enter()
	defer s.background.Leave()
	switch to.kind {
	case toThumbnail, toPreview:
		return s.thumbnails.serve(w, r, to.target)
	case toFeed:
		return s.feeds.serveFeed(w, r, to.target.name, v)
	case toNews:
		return s.news.serve(w, r, to.target.name, v)
	case toSitemap:
		number, _ := sitemapNumber(r.URL.Path)
		return s.feeds.serveSitemap(w, r, number)
	case toPhoto:
		err := s.photoPages.serve(w, r, to.target, v)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	// An album, or a folder that is called like a photo.
	query := r.URL.Query()
	chosen, understood := choice(query)
	_, _, mayPick := s.library.picker(v, to.target.name)
	switch {
	case !s.gate.may(v, to.target.name):
		return errClosed
	case !to.target.slash:
		return s.redirectToAlbum(w, r, to.target.name)
	case !understood:
		return answer.NotFound
	case query.Has("zip") && s.archives.offers(v, to.target.name, chosen):
		return s.archives.serve(w, r, to.target.name, v, chosen)
	case mayPick && chosen != "" && (query.Has("list") || query.Has("send")):
		return s.albumPages.serveChoice(w, r, to.target.name, v, chosen)
	}
	return s.albumPages.serve(w, r, to.target.name, v, chosen)
}

// serveMay tells nginx whether the visitor may see what X-Original-URI names: 204 or 401.
// It tells no more than asking for that does: an album that is not there is a no, too. With
// X-Gallery-Private, whatever it says, only who is signed in may.
func (s *server) serveMay(w http.ResponseWriter, r *http.Request, v visitor) error {
	asked, err := url.ParseRequestURI(r.Header.Get("X-Original-URI"))
	if err != nil {
		return answer.NotFound
	}
	to := s.route(s.addresses.rebase(&http.Request{Method: http.MethodGet, URL: asked}))
	w.Header().Set("Cache-Control", "no-store")
	private := r.Header.Get("X-Gallery-Private") != ""
	may := to.kind != toNothing && (!private || v.name != "") && s.gate.may(v, to.album()) && (to.kind != toOriginal || s.library.mayDownload(v, to.album()))
	name := to.album()
	if !may {
		name = s.library.missing(v, name) // so that a no takes as long whatever is there
	}
	folder, err := album.Open(s.storage.Photos.Root(), name)
	if err == nil {
		folder.Close()
	}
	if may && err == nil {
		w.WriteHeader(http.StatusNoContent)
	} else {
		w.WriteHeader(http.StatusUnauthorized)
	}
	return nil
}

// linkView is what a link's address shows before it leads to the album.
type linkView struct {
	frame
	To      string // address of the album, "" where a password is to be given first
	Action  string // address that takes the password
	Message string // what was wrong with it, or what became of the link
	Over    bool   // the link opens nothing any more
}

// serveLink answers at the address of a link: it lets the visitor's browser keep what opens
// the album, and leads there. Messengers that only want to show the link find title and cover.
func (s *server) serveLink(w http.ResponseWriter, r *http.Request) error {
	token, cover := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, sharePath), "/cover.jpg")
	link, ok := s.library.links.ByToken(token)
	if !ok {
		return answer.NotFound
	}
	texts := messages.For(r.Header.Get("Accept-Language"))
	view := linkView{frame: s.views.frame(texts, ".", visitor{}), Action: s.addresses.file(sharePath + token)}
	view.Crumbs, view.Style = nil, view.Style+sentAssets().signInStyle
	w.Header().Set("Referrer-Policy", "no-referrer") // this address opens the album
	w.Header().Set("X-Robots-Tag", "noindex")
	if s.storage.Photos.Hangs(link.Album) {
		return storage.ErrAway // which is no secret to who has the link
	}
	folder, err := album.Open(s.storage.Photos.Root(), link.Album)
	if err == nil {
		folder.Close()
	}
	if link.Over(time.Now()) || err != nil || !s.library.may(visitor{links: link.ID}, link.Album) {
		view.Title, view.Message, view.Over = texts.LinkOver, texts.LinkOverHelp, true
		return s.showLink(w, r, http.StatusGone, view)
	}
	if link.Password != "" {
		if cover {
			return answer.NotFound
		}
		if r.Method == http.MethodPost {
			return s.openByPassword(w, r, link, view)
		}
		view.Title = texts.PasswordNeeded
		return s.showLink(w, r, http.StatusOK, view)
	}
	looks := manyFolders
	sum, _ := s.library.summarize(r.Context(), link.Album, visitor{links: link.ID}, false, &looks)
	if cover {
		src := sum.cover()
		if src.File == "" {
			return answer.NotFound
		}
		return s.thumbnails.serve(w, r, target{name: src.Name(), thumb: true, rend: rendition.Sharp})
	}
	s.gate.setLink(w, r, link)
	view.Title, view.To = s.library.albumTitle(link.Album), s.addresses.page(link.Album)
	view.Description = texts.Count(sum.Photos, texts.CountPhotos)
	if at := s.addresses.origin(r); at != "" {
		view.Share = &share{URL: at + view.Action, Image: at + view.Action + "/cover.jpg", Width: 800, Height: 800}
	}
	w.Header().Set("Refresh", "0; url="+view.To)
	return s.showLink(w, r, http.StatusOK, view)
}

// openByPassword opens a link for whoever knows its password.
func (s *server) openByPassword(w http.ResponseWriter, r *http.Request, link sharing.Link, view linkView) error {
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	r.Body = http.MaxBytesReader(w, patient.Body(w, r.Body), maxSignIn)
	if err := r.ParseForm(); err != nil {
		return answer.Error{Status: http.StatusBadRequest, Err: err}
	}
	err := s.gate.guesses.Compare(r.Context(), s.gate.visitor(r), "link "+link.ID, []byte(link.Password), r.PostForm.Get("password"))
	switch {
	case err == nil:
		s.gate.setLink(w, r, link)
		return s.gate.leadTo(w, r, link.Album)
	case errors.Is(err, users.ErrWrong):
		view.Title, view.Message = view.T.PasswordNeeded, view.T.WrongPassword
		return s.showLink(w, r, http.StatusForbidden, view)
	case errors.As(err, new(users.TooManyError)):
		return s.gate.challenge(w, r, err)
	}
	return err
}

func (s *server) showLink(w http.ResponseWriter, r *http.Request, status int, view linkView) error {
	s.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = s.views.render(w, "link", view) // an error is the client's leaving
	}
	return nil
}

// answers reports whether there is an answer to the request's method: to POST only where
// somebody may sign in or, at an album's address, add photos.
func (s *server) answers(r *http.Request, to route, v visitor) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		switch to.kind {
		case toSignIn, toSignOut, toShare:
			return s.gate.users != nil
		case toLink:
			return true
		case toPicks:
			return v != visitor{}
		}
		return s.uploads != nil && strings.HasSuffix(r.URL.Path, "/")
	}
	return false
}

// answerError answers with an error page. No validator, no caching and no type of
// what was asked for stays on it: a proxy may keep it otherwise. Where part of an
// answer was sent already, the connection is cut.
func (s *server) answerError(w *observe.Writer, r *http.Request, v visitor, err error) {
	var panicked *bounded.PanicError
	if errors.As(err, &panicked) {
		s.log.Error("panic", "path", r.URL.Path, "value", fmt.Sprint(panicked.Value), "stack", string(panicked.Stack))
	}
	if r.Context().Err() != nil || w.Status != 0 {
		// The client has left, or half of it: an empty success must not reach a
		// proxy that still listens. Nor may half an answer pass for a whole one.
		panic(http.ErrAbortHandler)
	}
	status := http.StatusInternalServerError
	var other answer.Error
	switch {
	case panicked != nil:
	case errors.As(err, &other):
		status = other.Status
	case errors.Is(err, storage.ErrAway), storage.IsLost(err):
		status = http.StatusServiceUnavailable
		s.storage.Photos.Suspect()
		if storage.IsLost(err) {
			s.log.Error("request", "path", r.URL.Path, "err", err)
		}
		w.Header().Set("Retry-After", "30")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, thumbs.ErrUnfit), errors.Is(err, thumbs.ErrChanging),
		errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, fs.ErrPermission):
		status = http.StatusNotFound
	default:
		s.log.Error("request", "path", r.URL.Path, "err", err)
	}
	answer.NoTrace(w.Header())
	s.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized && strings.Contains(r.Header.Get("Accept"), "text/html") {
		// Browsers are to show the form, and would ask by a dialog of their own for Basic.
		w.Header().Set("WWW-Authenticate", `Form realm="Gallery"`)
		_ = s.gate.askSignIn(w, r, status, r.URL.Path, "")
		return
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// An error here is the client's leaving.
		_ = s.views.render(w, "error", s.errorView(messages.For(r.Header.Get("Accept-Language")), v, status, r.URL.Path))
	}
}

// readyWithin is how long storage may take to answer while the program is ready.
const readyWithin = 2 * time.Second

// ready fails if photos or cache are away, or do not answer in time.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return s.storage.Answers(ctx)
}

// serveHealth answers what watches the program.
func (s *server) serveHealth(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// An error here is the client's leaving.
	_, _ = io.WriteString(w, text)
	return nil
}

// serveFace answers with a file of the site's face or with its manifest. They are for
// everybody who may see any page, so that the footer's imprint is.
func (s *server) serveFace(w http.ResponseWriter, r *http.Request, name string) error {
	f := s.views.face.Face()
	if _, ok := f.Files[face.Icon]; ok && name == manifestName {
		return s.serveManifest(w, f.IconSide)
	}
	file, ok := f.Files[name]
	if !ok {
		return answer.NotFound
	}
	caching := answer.Revalidate
	if r.URL.RawQuery == "v="+file.Version {
		caching = answer.Forever
	}
	// A logo that is opened by itself is a document, and may hold scripts.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	mediaType := map[string]string{face.Logo: "image/svg+xml", face.Icon: "image/png", face.Style: "text/css; charset=utf-8"}[name]
	answer.File(w, r, bytes.NewReader(file.Content), file.Modified, int64(len(file.Content)), mediaType, caching)
	return nil
}

// serveManifest answers with what a phone needs to keep the site among its programs (W3C, Web
// Application Manifest).
func (s *server) serveManifest(w http.ResponseWriter, side int) error {
	type icon struct {
		Source string `json:"src"`
		Sizes  string `json:"sizes"`
		Type   string `json:"type"`
	}
	data, err := json.Marshal(struct {
		Name    string `json:"name"`
		Start   string `json:"start_url"`
		Display string `json:"display"`
		Icons   []icon `json:"icons"`
	}{s.views.site, s.addresses.page("."), "standalone", []icon{{s.addresses.face(face.Icon), fmt.Sprintf("%dx%d", side, side), "image/png"}}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", answer.Revalidate)
	// An error here is the client's leaving.
	_, _ = w.Write(data)
	return nil
}

// serveRobots tells crawlers to stay away, where they are to, else where the sitemap is.
func (s *server) serveRobots(w http.ResponseWriter, r *http.Request) error {
	text := "User-agent: *\nDisallow: /\n"
	if !s.views.hidden {
		origin := s.addresses.origin(r)
		if origin == "" {
			return answer.NotFound
		}
		text = "User-agent: *\nAllow: /\nSitemap: " + origin + s.addresses.base + sitemapPath + "\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", answer.Revalidate)
	// An error here is the client's leaving.
	_, _ = io.WriteString(w, text)
	return nil
}

// serveOriginal answers with a photo, or another file, untouched.
func (s *server) serveOriginal(w http.ResponseWriter, r *http.Request, t target) error {
	folder, err := album.Enter(s.storage.Photos.Below(), t.album(), nil)
	if err != nil {
		return err
	}
	f, info, err := folder.File(t.file())
	folder.Close() // before a slow reader takes an hour
	if err != nil {
		return err
	}
	defer f.Close()
	mediaType := album.MediaType(t.name)
	if mediaType == "" {
		_, mediaType = album.OtherKind(t.name)
	}
	answer.Handle(w, r, f, info, mediaType, answer.Revalidate)
	return nil
}

// redirectToAlbum leads from /ALBUM to /ALBUM/.
func (s *server) redirectToAlbum(w http.ResponseWriter, r *http.Request, name string) error {
	folder, err := album.Open(s.storage.Photos.Root(), name)
	if err != nil {
		return err
	}
	folder.Close()
	s.redirect(w, r, s.addresses.page(name))
	return nil
}

// redirect leads to the one address of what was asked for, with the same query.
func (s *server) redirect(w http.ResponseWriter, r *http.Request, to string) {
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Cache-Control", answer.Revalidate)
	http.Redirect(w, r, to, http.StatusMovedPermanently)
}

// errorView is the page of an answer that is not a success.
type errorView struct {
	frame
	Status  int
	Message string
	Up      link   // the nearest album there is
	SignIn  string // address, "" where nobody can or one has
}

// errorView is about the path that was asked for.
func (s *server) errorView(texts *messages.Catalogue, v visitor, status int, urlPath string) errorView {
	view := errorView{frame: s.views.frame(texts, ".", v), Status: status, Message: texts.Unanswered}
	view.Title = http.StatusText(status)
	view.Crumbs[0].Current = false
	view.Up = link{Href: view.Crumbs[0].Href, Text: texts.AllAlbums}
	if status == http.StatusUnauthorized || status == http.StatusTooManyRequests {
		urlPath = "/" // nothing of what there is
		view.Face = faceView{}
	}
	if t, ok := parsePath(s.root, urlPath); ok {
		if up, title := s.library.nearest(t.name, v); up != "." {
			view.Up = link{Href: s.addresses.page(up), Text: fmt.Sprintf(texts.UpTo, title)}
		}
	}
	switch status {
	case http.StatusNotFound:
		if s.gate.users != nil && v.name == "" {
			view.SignIn = s.addresses.signIn("") // which album, the address one comes from says
		}
		view.Title, view.Message = texts.NotFound, texts.NotFoundHelp
	case http.StatusUnauthorized:
		view.Title, view.Message = texts.NoPassword, texts.NoPasswordHelp
	case http.StatusTooManyRequests:
		view.Title, view.Message = texts.TooMany, texts.TooManyHelp
	case http.StatusServiceUnavailable:
		view.Title, view.Message = texts.Away, texts.AwayHelp
	case http.StatusInternalServerError:
		view.Title, view.Message = texts.Failed, texts.FailedHelp
	}
	return view
}
