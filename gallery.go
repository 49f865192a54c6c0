package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/singleflight"

	"gallery/internal/accept"
	"gallery/internal/album"
	"gallery/internal/messages"
	"gallery/internal/nolink"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

// server answers every request. Its methods are safe for use by many
// goroutines.
type server struct {
	config
	photos  *os.Root
	thumbs  *thumbs
	views   *views
	users   *users   // nil without -users
	metrics *metrics // nil without -debug
	log     *slog.Logger

	building  singleflight.Group // one building of a page at a time
	albums    albumCache
	pages     pageCache
	summaries summaryCache

	background *background // nil for none
	notes      noteCache
	checksums  checksumCache
}

func newServer(c config, photos, cache *os.Root, log *slog.Logger) *server {
	s := &server{
		config: c,
		photos: photos,
		thumbs: newThumbs(photos, cache, c, log),
		views:  newViews(),
		log:    log,
	}
	if c.inBackground {
		s.background = newBackground(s)
	}
	return s
}

const (
	// maxURI is the length of the longest request target, as in nginx with its
	// default buffers.
	maxURI = 8 << 10
	// healthPath is for load balancers and authPath for nginx, which ask below no
	// base.
	healthPath = "/.health"
	// signInPath asks for a password; see serveSignIn.
	signInPath = "/.signin"
	authPath   = "/.auth"
	// forever suits an address that names the very state of what it holds. It
	// does not say "public": with a password before it, only the visitor's own
	// browser may keep it (RFC 9111, section 3.5).
	forever = "max-age=31536000, immutable"
	// revalidate allows keeping, but asks each time.
	revalidate = "no-cache"
)

// httpError is an answer other than success. Only the status reaches the
// client; the error goes to the log where it is the server's own.
type httpError struct {
	status int
	err    error
}

func (e httpError) Error() string { return fmt.Sprintf("%d: %v", e.status, e.err) }
func (e httpError) Unwrap() error { return e.err }

var errNotFound = httpError{http.StatusNotFound, errors.New("names nothing that is served")}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	// A site of the same domain may show the photos, others may not.
	w.Header().Set("Cross-Origin-Resource-Policy", "same-site")
	if s.base != "" && r.URL.Path != healthPath && r.URL.Path != authPath {
		r = s.rebase(r)
	}
	if err := s.route(w, r); err != nil {
		s.fail(w, r, err)
	}
}

// route finds out what the request names and answers it. An error means that
// nothing was written yet.
func (s *server) route(w http.ResponseWriter, r *http.Request) error {
	if s.guarded(r) {
		if err := s.authenticate(w, r); err != nil {
			return err
		}
	}
	switch {
	case !s.answers(r):
		w.Header().Set("Allow", "GET, HEAD")
		return httpError{http.StatusMethodNotAllowed, errors.New(r.Method)}
	case len(r.RequestURI) > maxURI:
		return httpError{http.StatusRequestURITooLong, errors.New("request target too long")}
	case r.URL.Path == "*", r.URL.Scheme != "" && r.URL.Scheme != "http" && r.URL.Scheme != "https":
		return httpError{http.StatusBadRequest, errors.New("names nothing of this server")}
	case strings.ContainsRune(r.URL.Path, 0):
		return httpError{http.StatusBadRequest, errors.New("NUL in path")}
	case r.URL.Path == healthPath:
		return s.serveHealth(w)
	case r.URL.Path == authPath:
		return s.serveAuth(w, r)
	case r.URL.Path == signInPath:
		return s.serveSignIn(w, r)
	}
	if s.base != "" && r.URL.Path == "" {
		return s.redirectToAlbum(w, r, target{name: "."})
	}
	// An absolute target without a path means the root (RFC 9110, section 4.2.3).
	t, ok := parsePath(s.root, cmp.Or(r.URL.Path, "/"))
	if !ok {
		return errNotFound
	}
	if r.Method == http.MethodPost {
		return s.serveUpload(w, r, t)
	}
	if t.thumb || t.slash || album.MediaType(t.name) == "" { // all but originals, which only take the network
		s.background.enter()
		defer s.background.leave()
	}
	if t.thumb {
		return s.serveThumb(w, r, t)
	}
	if album.MediaType(t.name) != "" {
		err := s.servePhoto(w, r, t)
		// It may still be a folder that is called like a photo.
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.serveAlbum(w, r, t)
}

// answers reports whether there is an answer to the request's method: to POST
// only where photos may be added, and only at an album's address.
func (s *server) answers(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		return s.upload && strings.HasSuffix(r.URL.Path, "/")
	}
	return false
}

// fail answers with an error page. No validator, no caching and no type of
// what was asked for stays on it: a proxy may keep it otherwise.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		// The client has left, or half of it: an empty success must not reach a
		// proxy that still listens.
		panic(http.ErrAbortHandler)
	}
	status := http.StatusInternalServerError
	var answer httpError
	switch {
	case errors.As(err, &answer):
		status = answer.status
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errUnfit), errors.Is(err, errChanging),
		errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		status = http.StatusNotFound
	case errors.Is(err, fs.ErrPermission):
		s.log.Debug("not readable", "path", r.URL.Path, "err", err)
		status = http.StatusNotFound
	default:
		s.log.Error("request", "path", r.URL.Path, "err", err)
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Length", "X-Accel-Buffering"} {
		h.Del(name)
	}
	s.pageHeader(w)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// An error here is the client's leaving.
		_ = s.views.render(w, "error", s.errorView(messages.For(r.Header.Get("Accept-Language")), status, r.URL.Path))
	}
}

func (s *server) serveHealth(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	// An error here is the client's leaving.
	_, _ = io.WriteString(w, "ok\n")
	return nil
}

// serveThumb answers with a rendition of a photo, made now if there is none.
func (s *server) serveThumb(w http.ResponseWriter, r *http.Request, t target) error {
	folder, err := nolink.Folder(s.photos, t.album(), false)
	if err != nil {
		return err
	}
	defer folder.Close()
	src, err := album.Stat(folder, t.album(), t.file())
	if err != nil {
		return err
	}
	caching := revalidate
	if r.URL.Query().Get("v") != "" {
		caching = forever
	}
	webpToo := false
	if t.rend == "" {
		w.Header().Set("Vary", "Accept")
		webpToo = accept.WebP(r.Header.Values("Accept"))
	}
	if s.serveRendition(w, r, folder, src, t.rend, webpToo, caching) {
		return nil
	}
	m, err := s.thumbs.ensure(r.Context(), src, t.rend)
	if err != nil {
		return err
	}
	if m.jpeg != nil {
		serveFile(w, r, bytes.NewReader(m.jpeg), time.Unix(0, m.MTime), int64(len(m.jpeg)), "image/jpeg", revalidate)
		return nil
	}
	src.Size, src.MTime = m.Size, m.MTime // as they were when it was made
	if !s.serveRendition(w, r, folder, src, t.rend, webpToo, caching) {
		return fmt.Errorf("%s went away while its thumbnail was made: %w", src.Name(), fs.ErrNotExist)
	}
	return nil
}

// serveRendition answers with a fresh rendition from disk, and reports whether
// there is one.
func (s *server) serveRendition(w http.ResponseWriter, r *http.Request, photos *os.Root, src album.Photo, rend string, webpToo bool, caching string) bool {
	f, info, isWebP, ok := s.thumbs.open(photos, src, rend, webpToo)
	if !ok {
		return false
	}
	defer f.Close()
	mediaType := "image/jpeg"
	if isWebP {
		mediaType = "image/webp"
	}
	serveFile(w, r, f, info.ModTime(), info.Size(), mediaType, caching)
	return true
}

// serveFile answers with a file's bytes, with ranges and conditions as in RFC
// 9110, sections 13 and 14. The entity tag has the form that nginx gives its
// own, so that a client's copy stays valid whichever of the two it asks.
func serveFile(w http.ResponseWriter, r *http.Request, content io.ReadSeeker, modified time.Time, size int64, mediaType, caching string) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", caching)
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, modified.Unix(), size))
	if f, ok := content.(*os.File); ok && size <= maxBuffered {
		buffer := buffered.Get().(*[maxBuffered]byte)
		defer buffered.Put(buffer)
		// What cannot be read now is left to the copying below, which fails likewise.
		if n, err := f.ReadAt(buffer[:size], 0); err == nil && int64(n) == size {
			content = bytes.NewReader(buffer[:size])
		}
	}
	http.ServeContent(errorGuard{w}, r, "", modified, content)
}

// maxBuffered is the size in bytes up to which a file is read at once: for a
// thumbnail that takes fewer system calls than the kernel's copying.
const maxBuffered = 64 << 10

var buffered = sync.Pool{New: func() any { return new([maxBuffered]byte) }}

// errorGuard takes what belongs to the file off the header of an answer that
// turns out to be an error: a failed precondition.
type errorGuard struct{ http.ResponseWriter }

func (w errorGuard) WriteHeader(status int) {
	if status >= 400 {
		h := w.Header()
		for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "Content-Encoding", "Content-Length", "Content-Disposition"} {
			h.Del(name)
		}
		h.Set("Cache-Control", "no-store")
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom lets the kernel copy from file to socket.
func (w errorGuard) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }

// servePhoto answers with an original or, at the address with a slash, with
// its page.
func (s *server) servePhoto(w http.ResponseWriter, r *http.Request, t target) error {
	folder, err := nolink.Folder(s.photos, t.album(), false)
	if err != nil {
		return err
	}
	if t.slash {
		src, err := album.Stat(folder, t.album(), t.file())
		folder.Close()
		if err != nil {
			return err
		}
		return s.servePhotoPage(w, r, src)
	}
	f, info, err := nolink.File(folder, t.file())
	folder.Close() // before a slow reader takes an hour
	if err != nil {
		return err
	}
	defer f.Close()
	serveFile(w, r, f, info.ModTime(), info.Size(), album.MediaType(t.name), revalidate)
	return nil
}

// maxShown is the size in bytes up to which the photo's page shows the
// original itself: a preview would hardly be smaller, and an animation moves.
const maxShown = 512 << 10

// servePhotoPage answers with a photo's own page. The renditions that it shows
// are on disk before it is sent.
func (s *server) servePhotoPage(w http.ResponseWriter, r *http.Request, src album.Photo) error {
	a, err := s.list(src.Album)
	if err != nil {
		return err
	}
	order := sortOrder(r)
	photos, ok := s.thumbs.arrange(r.Context(), a, order, true)
	if !ok {
		return fmt.Errorf("reading the dates in %s: %w", src.Album, cmp.Or(r.Context().Err(), fs.ErrNotExist))
	}
	view := s.photoView(messages.For(r.Header.Get("Accept-Language")), photos, src, order)
	m, err := s.ensurePicture(r.Context(), &view, src)
	if err != nil {
		return err
	}
	about := s.noteOf(a, src)
	view.Note, view.Caption = about.Body, cmp.Or(about.Text, view.Caption)
	view.describeShared(s.origin(r))
	view.addInfo(s.details(src), m.TakenAt())
	var body bytes.Buffer
	if err := s.views.render(&body, "photo", view); err != nil {
		return err
	}
	s.servePage(w, r, newPage(body.Bytes(), gzip.BestSpeed))
	return nil
}

// ensurePicture has the renditions that a photo's page shows made, and puts
// them on it. The page of a photo that there can be none of says so.
func (s *server) ensurePicture(ctx context.Context, view *photoView, src album.Photo) (rendition.Record, error) {
	m, err := s.thumbs.ensure(ctx, src, "")
	if own := (shownItself{}); errors.As(err, &own) {
		view.Image, view.ImageType, view.ImageSize = view.Original, album.MediaType(src.File), own.size
		return rendition.Record{}, nil
	}
	if errors.Is(err, errUnfit) || errors.Is(err, errChanging) {
		return rendition.Record{}, nil // the page says so
	}
	if err != nil {
		return rendition.Record{}, err
	}
	s.describe(view, src, m.Record)
	upright := image.Pt(max(m.Width, 1), max(m.Height, 1))
	if src.Size <= maxShown {
		view.Image, view.ImageType, view.ImageSize = view.Original, album.MediaType(src.File), upright
		return m.Record, nil
	}
	view.ImageType = "image/jpeg"
	p, err := s.thumbs.ensure(ctx, src, rendition.Preview)
	switch {
	case err == nil:
		view.Image, view.ImageSize = s.thumbAddress(src, rendition.Preview, p.Record), photo.Fitted(upright, rendition.Sides[rendition.Preview])
	case errors.Is(err, errUnfit), errors.Is(err, errChanging): // it takes more than the budget, say
		view.Image, view.ImageSize = view.Thumb, photo.Fitted(upright, s.thumbs.side)
	default:
		return rendition.Record{}, err
	}
	return m.Record, nil
}

// details reads how a photo was taken from the photo itself.
func (s *server) details(src album.Photo) photo.Details {
	folder, err := nolink.Folder(s.photos, src.Album, false)
	if err != nil {
		return photo.Details{}
	}
	defer folder.Close()
	f, info, err := nolink.File(folder, src.File)
	if err != nil {
		return photo.Details{}
	}
	defer f.Close()
	d, _ := photo.ReadDetails(f, info.Size(), s.gps) // the page can do without
	return d
}

// page is a whole page, as it is and compressed.
type page struct {
	body   []byte
	zipped func() []byte // made when first asked for
	etag   string        // without quotation marks
	adds   bool          // for a visitor who may add photos
}

// newPage makes a page whose compressed form is worth so much effort, one of
// gzip's levels.
func newPage(body []byte, level int) page {
	sum := fnv.New64a()
	sum.Write(body)
	return page{body: body, etag: fmt.Sprintf("%x", sum.Sum64()), zipped: sync.OnceValue(func() []byte {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, level)
		if err != nil {
			panic(err) // there is no such level
		}
		z.Write(body) // a buffer takes all
		z.Close()
		return b.Bytes()
	})}
}

// servePage answers with a whole page, compressed where the client takes that.
func (s *server) servePage(w http.ResponseWriter, r *http.Request, p page) {
	s.pageHeader(w)
	if p.adds {
		s.uploadHeader(w)
	}
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	zip := accept.Gzip(r.Header.Values("Accept-Encoding"))
	etag := `"` + p.etag + `"`
	if zip {
		etag = `"` + p.etag + `-gzip"`
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Match") == "" {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified) // and nothing need be compressed
		return
	}
	body := p.body
	if zip {
		body = p.zipped()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead || conditional(r) {
		http.ServeContent(errorGuard{w}, r, "", time.Time{}, bytes.NewReader(body))
		return
	}
	// In one piece, which takes half the time of ServeContent's copying.
	_, _ = w.Write(body) // an error is the client's leaving
}

// conditional reports whether the answer depends on more than the address (RFC
// 9110, sections 13.1 and 14.2).
func conditional(r *http.Request) bool {
	for _, name := range []string{"If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "Range"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// pageHeader sets what all pages have in common.
func (s *server) pageHeader(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.views.policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", revalidate)
	h.Set("Vary", "Accept-Language")
	if s.upload {
		h.Set("Vary", "Accept-Language, Authorization")
	}
}

// sortOrder returns the order that is asked for: by name if there is none or
// an unknown one.
func sortOrder(r *http.Request) string {
	switch order := r.URL.Query().Get("sort"); order {
	case album.ByNameDown, album.ByDate, album.ByDateDown:
		return order
	}
	return album.ByName
}

// address is the escaped path of a folder or file by its name relative to the
// root. That of the root is the base; a folder's page has a slash behind it.
func (c *config) address(name string) string {
	name = strings.TrimPrefix(path.Join(c.base, name), "/")
	if name == "" || name == "." {
		return ""
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(name, "/") {
		b.WriteString("/")
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}

// thumbAddress is the address of a rendition that is on disk. It names the
// source's state, so that it may be kept for ever.
func (c *config) thumbAddress(src album.Photo, rend string, r rendition.Record) string {
	return c.address(rendition.Name(src, rend)) + "?v=" + r.Version()
}

// withOrder adds the order and the page's number to an address, where they
// are not the usual ones.
func withOrder(to, order string, page int) string {
	q := url.Values{}
	if order != album.ByName {
		q.Set("sort", order)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return to
	}
	return to + "?" + q.Encode()
}
