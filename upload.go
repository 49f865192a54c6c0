package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/atomicfile"
	"gallery/internal/messages"
	"gallery/internal/nolink"
	"gallery/internal/patient"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// This file alone creates photos beside the photos. It gives them names that
// are free; nothing in the program opens an existing photo for writing.

const (
	// uploadPrefix begins the temporary name of a photo that is being received.
	// The dot hides it; the rest makes it nobody else's, for sweep.
	uploadPrefix = ".gallery-upload-"
	// maxParts is how many parts one request may bring: a thousand files and their album.
	maxParts = 1001
	// maxPartHeader bounds what stands before the content of each, in bytes.
	maxPartHeader = 16 << 10
	// maxFieldSize bounds a text in the form, and a file's name at the sender's, in bytes.
	maxFieldSize = 1 << 10
	// maxNameSize bounds a photo's or album's name in bytes. File systems take
	// 255; what is left is for numbers.
	maxNameSize = 200
	// maxSameName is how many photos of one name an album takes: each later one
	// tries all names before its own.
	maxSameName = 1000
)

// uploader takes photos into albums.
type uploader struct {
	photos    *storage.Dir
	store     *thumbs.Store
	gate      *gate
	views     *views
	addresses addresses
	max       int64 // bytes, of one photo
	log       *slog.Logger

	underWay *semaphore.Weighted // of maxUploads: one for each request that brings photos
}

const (
	// maxUploads is more requests than there are connections.
	maxUploads = 1 << 30
	// finishUploads is how long an ending program waits for photos that are on their way.
	finishUploads = time.Minute
)

// outlast returns a context that ends after ctx, once no uploads are under way. Meanwhile no
// new ones are taken. u is nil where there are none.
func (u *uploader) outlast(ctx context.Context) context.Context {
	if u == nil {
		return ctx
	}
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		defer end()
		within, cancel := context.WithTimeout(later, finishUploads)
		defer cancel()
		_ = u.underWay.Acquire(within, maxUploads) // or it has taken too long
	})
	return later
}

// uploads is what came of the files in one request.
type uploads struct {
	Album   string              `json:"album"` // address of the page that shows them
	Stored  []storedFile        `json:"stored"`
	Refused []refusedFile       `json:"refused"`
	There   []storedFile        `json:"there"` // what the album has already, and under which name
	texts   *messages.Catalogue // of who sent them
	log     *slog.Logger        // names who sent them
	visitor visitor             // who sent them
	folder  string              // the album that they go to, relative to the root
	named   bool                // the sender has named it; nothing is made for who has not
	made    bool                // the folder was made for them
	files   int                 // how many have come
	status  map[int]string      // why files were refused: texts by status
}

type storedFile struct {
	File string `json:"file"` // its name at the sender's
	Name string `json:"name"` // its name here
	Href string `json:"href"` // address of its page
}

type refusedFile struct {
	File   string `json:"file"`
	Reason string `json:"reason"` // a sentence in the sender's language
}

// refusal is why a file is not stored.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

// serve takes photos into an album: POST /ALBUM/ with a form whose files
// are called photo. A field called album, before them, names a new album in
// this one that they go to.
func (u *uploader) serve(w http.ResponseWriter, r *http.Request, t target, v visitor, refused error) error {
	if refused != nil {
		return u.gate.challenge(w, r, refused)
	}
	// A browser sends the password with a form of another site's, too.
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return answer.Error{Status: http.StatusForbidden, Err: err}
	}
	if album.Depth(t.name) > album.MaxDepth || !u.gate.may(v, t.name) {
		return answer.NotFound
	}
	folder, err := album.Open(u.photos.Root(), t.name)
	if err != nil {
		return err
	}
	folder.Close()
	if !u.underWay.TryAcquire(1) {
		w.Header().Set("Retry-After", "5")
		return answer.Error{Status: http.StatusServiceUnavailable, Err: errors.New("the program is ending")}
	}
	defer u.underWay.Release(1)
	body := &formBody{ReadCloser: patient.Body(w, r.Body)}
	r.Body = body
	form, err := r.MultipartReader()
	if err != nil {
		return answer.Error{Status: http.StatusUnsupportedMediaType, Err: err}
	}
	up := &uploads{
		visitor: v,
		texts:   messages.For(r.Header.Get("Accept-Language")), folder: t.name, Stored: []storedFile{}, Refused: []refusedFile{}, There: []storedFile{}, status: map[int]string{},
		log: u.log.With("by", v.name, "from", u.gate.visitor(r)),
	}
	u.receive(r.Context(), form, body, up)
	if r.Context().Err() != nil {
		return r.Context().Err() // nobody waits for an answer
	}
	up.Album = u.addresses.page(up.folder)
	return u.answer(w, r, up)
}

// formBody is what a form is read from. The standard library keeps up to 10 MB of each
// part's header, a file's name among it: here a header may be no longer than maxPartHeader.
type formBody struct {
	io.ReadCloser
	inHeader bool
	left     int // bytes of the header that may still come
}

// errLongHeader says that a part's header is longer than maxPartHeader.
var errLongHeader = errors.New("the header of a part is too long")

func (b *formBody) Read(p []byte) (int, error) {
	if !b.inHeader {
		return b.ReadCloser.Read(p)
	}
	if b.left <= 0 {
		return 0, errLongHeader
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// next reads up to the content of the next part; before is the one before it, or nil.
func (b *formBody) next(form *multipart.Reader, before *multipart.Part) (*multipart.Part, error) {
	if before != nil {
		_ = before.Close() // reads what is left of it; an error comes again
	}
	b.inHeader, b.left = true, maxPartHeader
	defer func() { b.inHeader = false }()
	return form.NextPart()
}

// receive reads a form to its end. An album that was made for it goes again if nothing was
// stored in it.
func (u *uploader) receive(ctx context.Context, form *multipart.Reader, body *formBody, up *uploads) {
	defer u.removeEmpty(up)
	var part *multipart.Part
	var err error
	for n := 0; ; n++ {
		part, err = body.next(form, part)
		switch {
		case err == io.EOF:
			if len(up.Stored)+len(up.Refused)+len(up.There) == 0 {
				up.refuse("", refusal{http.StatusUnprocessableEntity, up.texts.NoFiles})
			}
			return
		case errors.Is(err, errLongHeader):
			err = refusal{http.StatusRequestHeaderFieldsTooLarge, up.texts.LongName}
		case err != nil:
			err = refusal{http.StatusBadRequest, up.texts.BrokeOff}
		case n >= maxParts:
			err = refusal{http.StatusRequestEntityTooLarge, up.texts.TooManyFiles}
		case part.FormName() == "album":
			err = u.into(up, part)
		case part.FormName() == "photo":
			u.photo(ctx, up, part)
		}
		if err != nil {
			up.refuse("", err)
			return
		}
	}
}

// removeEmpty removes the album that was made for a form of which nothing was stored, and
// leads the sender to where there is one.
func (u *uploader) removeEmpty(up *uploads) {
	if !up.named || len(up.Stored) > 0 {
		return
	}
	if up.made {
		_ = u.photos.Root().Remove(up.folder) // only an empty folder can be removed so
	}
	if _, err := u.photos.Root().Lstat(up.folder); errors.Is(err, fs.ErrNotExist) {
		up.folder = path.Dir(up.folder)
	}
}

// photo takes a photo, or notes why not.
func (u *uploader) photo(ctx context.Context, up *uploads, part *multipart.Part) {
	file := part.FileName()
	if file == "" {
		return // an empty field
	}
	up.files++
	name, there, err := u.take(ctx, up, file, part)
	if err != nil {
		level := slog.LevelError
		if errors.As(err, new(refusal)) { // the file's own fault
			level = slog.LevelInfo
		}
		up.log.Log(ctx, level, "not uploaded", "album", up.folder, "file", inShort(file), "err", err)
		up.refuse(file, err)
		return
	}
	stored := storedFile{album.Readable(file), name, u.addresses.page(path.Join(up.folder, name))}
	if there {
		up.log.Info("uploaded already", "photo", path.Join(up.folder, name))
		up.There = append(up.There, stored)
		return
	}
	up.log.Info("uploaded", "photo", path.Join(up.folder, name))
	up.Stored = append(up.Stored, stored)
}

// inShort is a name for the log and for answers: whole if a photo here could have it, else
// its first 100 bytes.
func inShort(name string) string {
	if len(name) <= maxNameSize {
		return album.Readable(name)
	}
	return album.Readable(strings.ToValidUTF8(name[:100], "")) + "…"
}

// refuse notes that a file was not stored, and why.
func (up *uploads) refuse(file string, err error) {
	r := refusal{http.StatusInternalServerError, up.texts.NotStored}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		r = refusal{http.StatusInsufficientStorage, up.texts.DiskFull}
	}
	errors.As(err, &r)
	up.status[r.status] = r.reason
	up.Refused = append(up.Refused, refusedFile{inShort(file), r.reason})
}

// into has the files go to the album that a field names, in the one that was asked for. It
// takes one such field, before all files: each more would be a folder deeper.
func (u *uploader) into(up *uploads, field io.Reader) error {
	text, _ := io.ReadAll(io.LimitReader(field, maxFieldSize)) // an error comes again
	if strings.TrimSpace(string(text)) == "" {
		return nil
	}
	name := cleanName(string(text))
	if up.named || up.files > 0 || album.Depth(up.folder) >= album.MaxDepth || !album.Visible(name) || len(name) > maxNameSize || strings.EqualFold(name, album.ThumbsDir) {
		return refusal{http.StatusUnprocessableEntity, up.texts.BadAlbumName}
	}
	if !u.gate.may(up.visitor, path.Join(up.folder, name)) {
		return refusal{http.StatusUnprocessableEntity, up.texts.BadAlbumName}
	}
	up.folder, up.named = path.Join(up.folder, name), true
	return nil
}

// take stores one file in the album and returns the name that it got, or that of the photo
// of the same bytes which is there.
func (u *uploader) take(ctx context.Context, up *uploads, file string, content io.Reader) (name string, there bool, err error) {
	name = photoName(file)
	switch {
	case len(file) > maxFieldSize:
		return "", false, refusal{http.StatusUnprocessableEntity, up.texts.LongName}
	case name == "":
		return "", false, refusal{http.StatusUnsupportedMediaType, up.texts.NotAPhoto}
	}
	folder, out, err := u.create(up)
	if err != nil {
		return "", false, err
	}
	defer folder.Close()
	defer out.Close()
	size, err := io.Copy(out, io.LimitReader(content, u.max+1))
	switch {
	case size > u.max:
		return "", false, refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf(up.texts.TooLarge, up.texts.Bytes(u.max))}
	case err != nil && !nolink.FromDisk(err): // of the connection, not of the disk
		return "", false, refusal{http.StatusBadRequest, up.texts.BrokeOff}
	case err != nil:
		return "", false, err
	}
	mediaType, err := u.check(ctx, out.File, size, up)
	if err != nil {
		return "", false, err
	}
	name = album.WithExtension(name, mediaType)
	if same := sameBytes(folder, out.File, size); same != "" {
		return same, true, nil
	}
	_ = out.Chmod(0o640) // whatever the umask; some file systems have no modes
	name, err = addUnder(out, name)
	if err != nil {
		return "", false, err
	}
	if up.made {
		if err := u.flushParent(up.folder); err != nil {
			return "", false, err
		}
	}
	return name, false, atomicfile.Flush(folder)
}

// sameBytes returns the name of a photo in the folder of the same size and content as the
// file, or "". What cannot be read is no such photo.
func sameBytes(folder *os.Root, file *os.File, size int64) string {
	list, err := nolink.List(folder)
	if err != nil {
		return ""
	}
	defer list.Close()
	entries, _ := list.ReadDir(-1)
	for _, entry := range entries {
		if !album.IsPhoto(entry) {
			continue
		}
		photo, info, err := nolink.File(folder, entry.Name())
		if err != nil {
			continue
		}
		same := info.Size() == size && equal(io.NewSectionReader(photo, 0, size), io.NewSectionReader(file, 0, size))
		photo.Close()
		if same {
			return entry.Name()
		}
	}
	return ""
}

// equal reports whether two readers have the same bytes. It reads no further than they do.
func equal(a, b io.Reader) bool {
	var x, y [32 << 10]byte
	for {
		n, errA := io.ReadFull(a, x[:])
		m, errB := io.ReadFull(b, y[:])
		switch {
		case !bytes.Equal(x[:n], y[:m]) || errA != errB:
			return false
		case errA == io.EOF || errA == io.ErrUnexpectedEOF:
			return true
		case errA != nil:
			return false
		}
	}
}

// flushParent makes the name of a new album durable.
func (u *uploader) flushParent(album string) error {
	parent, err := nolink.Folder(u.photos.Root(), path.Dir(album), false)
	if err != nil {
		return err
	}
	defer parent.Close()
	return atomicfile.Flush(parent)
}

// open opens the album, and makes it if the sender has named it and it is not there.
func (u *uploader) open(up *uploads) (*os.Root, error) {
	folder, err := album.Open(u.photos.Root(), up.folder)
	switch {
	case errors.Is(err, nolink.ErrNotHere), errors.Is(err, album.ErrLeftOut): // a file, or a link
		return nil, refusal{http.StatusUnprocessableEntity, up.texts.BadAlbumName}
	case !up.named || !errors.Is(err, fs.ErrNotExist):
		return folder, err
	}
	parent, err := album.Open(u.photos.Root(), path.Dir(up.folder))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	folder, err = nolink.Step(parent, path.Base(up.folder), true)
	up.made = up.made || err == nil
	return folder, err
}

// create begins a file in the album, which is made if need be.
func (u *uploader) create(up *uploads) (*os.Root, *atomicfile.File, error) {
	for tries := 0; ; tries++ {
		folder, err := u.open(up)
		if err != nil {
			return nil, nil, err
		}
		out, err := atomicfile.Create(folder, uploadPrefix, 0o640)
		if err == nil {
			return folder, out, nil
		}
		folder.Close()
		// Another request may have found nothing to store in it, and removed it.
		if !errors.Is(err, fs.ErrNotExist) || tries == 3 {
			return nil, nil, err
		}
	}
}

// check refuses a file that is no photo, and returns the media type of one that is.
func (u *uploader) check(ctx context.Context, f *os.File, size int64, up *uploads) (string, error) {
	mediaType, err := u.store.Check(ctx, f, size)
	switch {
	case errors.Is(err, thumbs.ErrHEIC):
		return "", refusal{http.StatusUnsupportedMediaType, up.texts.HEIC}
	case errors.Is(err, thumbs.ErrNoPhoto):
		return "", refusal{http.StatusUnsupportedMediaType, up.texts.NotAPhoto}
	case errors.Is(err, thumbs.ErrTooManyPixels):
		return "", refusal{http.StatusRequestEntityTooLarge, up.texts.TooManyPixels}
	case errors.Is(err, thumbs.ErrDamaged):
		return "", refusal{http.StatusUnprocessableEntity, up.texts.Damaged}
	}
	return mediaType, err
}

// addUnder gives the file its name or, where that is taken, name-2 and so on.
func addUnder(out *atomicfile.File, name string) (string, error) {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := 2; ; n++ {
		err := out.Add(name)
		if !errors.Is(err, fs.ErrExist) || n > maxSameName {
			return name, err
		}
		name = fmt.Sprintf("%s-%d%s", stem, n, ext)
	}
}

// photoName makes a file's name at the sender's one that a photo can have
// here, or returns "" if it is not that of a photo.
func photoName(file string) string {
	ext := path.Ext(file)
	if !album.IsPhotoName(file) && !heicName(ext) {
		return ""
	}
	stem := strings.TrimSuffix(file, ext)
	if heicName(ext) {
		ext = ".jpg"
	}
	stem = cleanName(stem[strings.LastIndexAny(stem, `/\\`)+1:]) // some browsers send the whole path
	for len(stem)+len(ext) > maxNameSize {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	return cmp.Or(strings.TrimSpace(stem), "photo") + ext
}

// heicName reports whether a file calls itself HEIC. Telephones that convert photos to JPEG
// as they send them leave some that name; what is HEIC in truth is refused by its content.
func heicName(ext string) bool {
	return strings.EqualFold(ext, ".heic") || strings.EqualFold(ext, ".heif")
}

// cleanName takes out of a name what no file here may have: separators,
// controls, what turns the direction of writing round, what is no text, and a
// dot at its head.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\':
			return '-'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == utf8.RuneError:
			return -1
		}
		return r
	}, name)
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(name), ". "))
}

// answer says what came of it: as JSON to the script, else as a page, or
// with the album's own page where all went well.
func (u *uploader) answer(w http.ResponseWriter, r *http.Request, up *uploads) error {
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(up.code())
		_ = json.NewEncoder(w).Encode(up) // an error is the client's leaving
		return nil
	}
	if len(up.Refused)+len(up.There) == 0 {
		http.Redirect(w, r, up.Album, http.StatusSeeOther)
		return nil
	}
	u.views.header(w)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(up.code())
	_ = u.views.render(w, "uploaded", u.view(up)) // an error is the client's leaving
	return nil
}

// code is the status of the answer: a full disk goes before all, and what was
// stored before what was refused.
func (up *uploads) code() int {
	if _, full := up.status[http.StatusInsufficientStorage]; full {
		return http.StatusInsufficientStorage
	}
	switch {
	case len(up.Refused)+len(up.There) == 0:
		return http.StatusCreated
	case len(up.Stored)+len(up.There) > 0:
		return http.StatusOK
	case len(up.status) == 1:
		for status := range up.status {
			return status
		}
	}
	return http.StatusUnprocessableEntity
}

// sweep removes what was being received when a process ended, in every
// album below the one called name. It stops with ctx.
func (u *uploader) sweep(ctx context.Context, name string) {
	folder, err := nolink.Folder(u.photos.Root(), name, false)
	if err != nil || ctx.Err() != nil {
		return
	}
	defer folder.Close()
	if n := atomicfile.SweepPrefix(folder, uploadPrefix); n > 0 {
		u.log.Info("removed unfinished uploads", "album", name, "files", n)
	}
	a, err := album.List(folder, name)
	if err != nil {
		return
	}
	for _, sub := range a.Albums {
		u.sweep(ctx, path.Join(name, sub))
	}
}

// addView is the form that adds photos to an album. It works without the
// script, which adds progress, dropping and a list to choose from.
type addView struct {
	T      *messages.Catalogue
	Action string // address of the album
	Max    int64  // bytes, of one photo
	Help   string
	Large  string // what is said of one that is larger
	Script template.JS
}

// form is what an album's page offers a visitor who may add photos to it.
func (u *uploader) form(t *messages.Catalogue, albumName string) *addView {
	size := t.Bytes(u.max)
	return &addView{
		T:      t,
		Action: u.addresses.page(albumName),
		Max:    u.max,
		Help:   fmt.Sprintf(t.PhotosOfUpTo, size),
		Large:  fmt.Sprintf(t.TooLarge, size),
		Script: u.views.upload.script,
	}
}

// uploadedView is the answer to the form where not all went well.
type uploadedView struct {
	frame
	Album   string // address
	Added   string // how many were
	Stored  []storedFile
	Refused []refusedFile
	There   []storedFile
}

func (u *uploader) view(up *uploads) uploadedView {
	t := up.texts
	view := uploadedView{frame: u.views.frame(t, up.folder, up.visitor), Album: up.Album, Stored: up.Stored, Refused: up.Refused, There: up.There}
	view.Title = t.NotAdded
	view.Crumbs[len(view.Crumbs)-1].Current = false
	view.Style += u.views.upload.style
	if n := len(up.Stored); n > 0 {
		view.Added = t.Count(n, t.CountAdded)
	}
	return view
}
