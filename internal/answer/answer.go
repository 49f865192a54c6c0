// Package answer answers requests with files, whole pages and errors, with the
// validators and conditions of RFC 9110.
package answer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gallery/internal/nolink"
	"gallery/internal/patient"
)

// Error is an answer other than success. Only the status reaches the client; Err
// goes to the log where it is the server's own.
type Error struct {
	Status int
	Err    error
}

func (e Error) Error() string { return fmt.Sprintf("%d: %v", e.Status, e.Err) }
func (e Error) Unwrap() error { return e.Err }

// NotFound says that an address names nothing that is served.
var NotFound error = Error{http.StatusNotFound, errors.New("names nothing that is served")}

const (
	// Forever suits an address that names the very state of what it holds. It
	// does not say "public": with a password before it, only the visitor's own
	// browser may keep it (RFC 9111, section 3.5).
	Forever = "max-age=31536000, immutable"
	// Revalidate allows keeping, but asks each time.
	Revalidate = "no-cache"
)

// Validator is a file's entity tag without its quotation marks. It has the form that
// nginx gives its own, so that a client's copy stays valid whichever of the two it asks.
func Validator(modified time.Time, size int64) string {
	return strconv.FormatInt(modified.Unix(), 16) + "-" + strconv.FormatInt(size, 16)
}

// Handle answers with an open file, of which info is the state, as File does.
func Handle(w http.ResponseWriter, r *http.Request, f *nolink.Handle, info fs.FileInfo, mediaType, caching string) {
	File(w, r, io.NewSectionReader(f, 0, info.Size()), info.ModTime(), info.Size(), mediaType, caching)
}

// File answers with a file's bytes, with ranges and conditions as in RFC
// 9110, sections 13 and 14.
func File(w http.ResponseWriter, r *http.Request, content io.ReadSeeker, modified time.Time, size int64, mediaType, caching string) {
	set(w.Header(), "Content-Type", mediaType, "Cache-Control", caching, "Etag", `"`+Validator(modified, size)+`"`)
	if r.Method == http.MethodGet && !conditional(r) && size > 0 && !modified.IsZero() && modified.Unix() != 0 {
		whole(w, r, content, modified, size)
		return
	}
	Content(w, r, modified, content)
}

// set sets fields of a header at once, which takes a third of what setting each does. Their
// names, each before its value, are in canonical form.
func set(h http.Header, fields ...string) {
	values := make([]string, len(fields)/2)
	for i := range values {
		values[i] = fields[2*i+1]
		h[fields[2*i]] = values[i : i+1 : i+1]
	}
}

// whole answers with all of a file's bytes as http.ServeContent would, in one piece where the
// file is small.
func whole(w http.ResponseWriter, r *http.Request, content io.Reader, modified time.Time, size int64) {
	set(w.Header(), "Accept-Ranges", "bytes", "Content-Length", strconv.FormatInt(size, 10),
		"Last-Modified", modified.UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusOK)
	patient.Hold(r.Context())
	// An error of either is the client's leaving, or the file is no more what it was: then less
	// is sent than the header says, and the connection ends.
	_ = http.NewResponseController(w).Flush()
	_, _ = io.Copy(w, io.LimitReader(content, size))
}

// maxRanges is how many parts of a file one request may ask for. Who asks for more gets the
// whole file (RFC 9110, section 14.2): a thousand parts of a byte each take a hundred
// times what one takes.
const maxRanges = 32

// Content answers with what is read, with ranges and conditions (RFC 9110,
// sections 13 and 14), under the header that the caller has set. modified may be
// zero. An answer that turns out to be an error, a failed precondition, bears
// nothing of that header.
func Content(w http.ResponseWriter, r *http.Request, modified time.Time, content io.ReadSeeker) {
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges {
		r = r.WithContext(r.Context()) // a copy, whose header is made another
		r.Header = r.Header.Clone()
		r.Header.Del("Range")
	}
	http.ServeContent(guard{w}, r, "", modified, content)
}

// NoTrace takes off a header what belongs to the answer that was asked for and not
// to an error in its place: a proxy may keep it otherwise.
func NoTrace(h http.Header) {
	for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "Content-Encoding", "Content-Length",
		"Content-Disposition", "X-Accel-Buffering"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
}

// guard takes what belongs to the file off the header of an answer that
// turns out to be an error: a failed precondition.
type guard struct{ http.ResponseWriter }

func (w guard) WriteHeader(status int) {
	if status >= 400 {
		NoTrace(w.Header())
	}
	w.ResponseWriter.WriteHeader(status)
}

// ReadFrom lets the kernel copy from file to socket.
func (w guard) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.ResponseWriter, r) }
