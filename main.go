// Gallery turns a directory of photos into a website.
//
//	gallery [flags] [DIR]
//	gallery warm [flags] DIR
//	gallery clean [flags] DIR
//	gallery passwd FILE NAME
//
// Each folder below DIR is an album; the photos are its .jpg, .jpeg, .png,
// .gif and .webp files. Originals are only ever read. Thumbnails are made when
// an album is first looked at and kept in a folder called _thumbs beside the
// photos, or below -cache; they may be deleted at any time. Files and folders
// whose names begin with a dot, symbolic links, and everything that is not a
// photo are not shown.
//
// A README.md in a folder gives the album a title, its first heading, and a
// description. A photo's caption is in a Markdown file beside it, beach.jpg.md
// or else beach.md for beach.jpg, or in the photo itself.
//
// Without DIR, neither as an argument nor in GALLERY_ROOT, it serves a sample
// that it draws itself into the user's cache directory.
//
// # Making everything ahead of time
//
// gallery warm makes every thumbnail, and every preview of 800 and 1600 pixels,
// that is missing or older than its photo, and says of which photos none can be
// made. Interrupted and started again it goes on where it was. It may run
// beside a server of the same DIR. It takes the flags -cache, -thumb-size,
// -quality and -memory, which must be as the server's, and
//
//	-webp             GALLERY_WEBP        make thumbnails as WebP, too
//	-jobs N           GALLERY_JOBS        photos at once, 1 to 1000 (one a processor)
//
// A DIR that is itself called warm, clean or passwd is served as ./warm and so on.
//
// # Making room
//
// gallery clean removes from the _thumbs folders what is of no use: thumbnails
// of photos that are gone, that are older than their photo or made with other
// options, what was left unfinished, and whatever is not the gallery's; then,
// if asked to, the oldest. It touches nothing outside _thumbs, says what it
// freed, and may run beside a server and a warming. It takes the flags -cache,
// -thumb-size and -quality, which must be as the server's, and
//
//	-older-than AGE   GALLERY_OLDER_THAN  also what was made so long ago: 12h, 30d or 8w
//	-max-size SIZE    GALLERY_MAX_SIZE    also the oldest, until what is left takes no
//	                                      more, such as 2GB
//	-dry-run          GALLERY_DRY_RUN     only say what would be removed, file by file
//
// # Flags
//
// Each flag has an environment variable that is used where the flag is absent.
//
//	-listen ADDRESS   GALLERY_LISTEN      where to listen: HOST:PORT, or unix:/PATH for a
//	                                      socket (127.0.0.1:5001). Port 0 picks a free one.
//	                                      A socket handed over by systemd goes before it.
//	-cache DIR        GALLERY_CACHE       where to keep thumbnails, for photos on storage
//	                                      that cannot be written (beside the photos)
//	-thumb-size PX    GALLERY_THUMB_SIZE  longer side of a thumbnail in pixels, 50 to 2000 (400)
//	-quality N        GALLERY_QUALITY     JPEG quality of thumbnails, 1 to 100 (82)
//	-memory SIZE      GALLERY_MEMORY      bound on the memory for decoded pictures, such as
//	                                      256MiB or 1GB; photos that take more get a
//	                                      placeholder (256 MiB)
//	-title TEXT       GALLERY_TITLE       the site's name (Gallery)
//	-base PATH        GALLERY_BASE        the path below which the site is, such as /photos,
//	                                      where it shares a host with others; proxies pass
//	                                      that path on as it is (/)
//	-zip              GALLERY_ZIP         offer each album's photos as one ZIP archive
//	-gps              GALLERY_GPS         show on a map where photos were taken; without it
//	                                      no page says where (originals still may)
//	-trust-proxy      GALLERY_TRUST_PROXY take a visitor's address from X-Forwarded-For, and
//	                                      the site's own, which shared links show, from
//	                                      X-Forwarded-Proto and X-Forwarded-Host: only
//	                                      behind a proxy that sets them, such as nginx
//	-users FILE       GALLERY_USERS       who may sign in: NAME:HASH in each line, hashed
//	                                      with bcrypt, as "gallery passwd" and "htpasswd -B"
//	                                      write it; read again when it changes
//	-private          GALLERY_PRIVATE     show nothing at all without a password; takes -users
//	-upload           GALLERY_UPLOAD      let who is signed in add photos and albums; nobody
//	                                      can change or remove any; takes -users
//	-upload-max SIZE  GALLERY_UPLOAD_MAX  size of the largest photo that is taken (64 MB)
//	-background       GALLERY_BACKGROUND  while no visitor waits, make the larger previews of
//	                                      albums just looked at (on; -background=false)
//	-webp             GALLERY_WEBP        make thumbnails as WebP, too, in the background; they
//	                                      take half the bytes, and whoever accepts them gets
//	                                      them where they are there
//	-debug ADDRESS    GALLERY_DEBUG       show metrics for Prometheus, at /metrics, and Go's
//	                                      profiles, at /debug/pprof/, on another HOST:PORT
//	-debug-public     GALLERY_DEBUG_PUBLIC  allow -debug another address than a loopback one
//	-log-format TEXT  GALLERY_LOG_FORMAT  how log lines look: text or json (text)
//	-log-requests     GALLERY_LOG_REQUESTS  log each request
//	-version                              print the version and exit
//	-h, -help                             print this and exit
//
// # Passwords
//
// gallery passwd sets a user's password in FILE, which it makes if there is
// none. It asks for it twice on a terminal, and else reads one line from
// standard input. To take a user out, delete the line. Passwords come with each
// request and are safe over HTTPS only. After ten wrong ones, an address may try
// again every six seconds.
//
// # Signals
//
// SIGINT and SIGTERM end it: it stops listening at once, gives requests under
// way ten seconds, and exits with 0. A second signal ends it at once.
//
// # Exit codes
//
// 0 when done, and for a server after a signal; 2 for wrong usage; 3 when all was
// warmed but photos of which no thumbnails can be made; 1 for anything else.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/dustin/go-humanize"

	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/nolink"
	"gallery/internal/patient"
	"gallery/internal/sample"
	"gallery/internal/webp"
)

// config is what the flags say.
type config struct {
	root      string // the photos' directory, absolute; "" for the sample
	listen    string // HOST:PORT or unix:/PATH
	cache     string // where thumbnails are kept; "" for beside the photos
	thumbSize int    // pixels, 50 to 2000
	quality   int    // JPEG quality, 1 to 100
	memory    int64  // bytes, at least minMemory
	title     string // the site's name
	base      string // path below which the site is, such as "/photos"; "" for the top
	zip       bool   // albums may be downloaded whole
	gps       bool   // pages may say where a photo was taken
	users     string // the password file; "" for none
	private   bool   // everything takes a password
	upload    bool   // who is signed in may add photos
	uploadMax int64  // bytes, of one photo that is sent

	debug       string // HOST:PORT of metrics and profiles; "" for none
	debugPublic bool   // that may be other than a loopback address
	logJSON     bool   // log lines are JSON, else text
	logRequests bool   // each request is a log line

	trustProxy bool // X-Forwarded-For says who a visitor is, -Proto and -Host where they see the site
	version    bool // print the version instead of serving

	webp         bool // make thumbnails as WebP, too, in the background
	inBackground bool // make renditions of albums just viewed ahead of time
}

// minMemory is the least budget that is of use: a phone's photo decodes within
// it.
const minMemory = 32 << 20

// usageError is a mistake in the command line or the environment.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has come, a second one has its usual effect.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, &usage), errors.As(err, new(addressError)):
		fmt.Fprintln(os.Stderr, "gallery:", err)
		fmt.Fprintln(os.Stderr, "gallery: -h explains every flag")
		os.Exit(2)
	case errors.As(err, new(leftOutError)):
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(3)
	default:
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

// run is the program: it does what the subcommand says, or serves until ctx
// ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "warm":
			return runWarm(ctx, args[1:], stdout, stderr)
		case "clean":
			return runClean(ctx, args[1:], stdout)
		case "passwd":
			return runPasswd(ctx, args[1:], os.Stdin, stderr)
		}
	}
	return runServer(ctx, args, stdout, stderr)
}

// runServer is the program without a subcommand.
func runServer(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stdout)
	if err != nil {
		return err
	}
	if c.version {
		fmt.Fprintln(stdout, version())
		return nil
	}
	log := newLog(stderr, c.logJSON)
	boundMemory(c.memory)
	if c.root == "" {
		if c.root, err = sampleDir(ctx, stdout); ctx.Err() != nil {
			return nil // a signal came first
		} else if err != nil {
			return err
		}
	}
	photos, cache, err := openRoots(c)
	if err != nil {
		return err
	}
	defer photos.Close()
	defer cache.Close()
	listener, err := listen(c.listen)
	if err != nil {
		return err
	}
	if err := webp.Supported(); c.webp && err != nil {
		log.Warn("WebP is served, but none is made here; gallery warm -webp can, or systemd's MemoryDenyWriteExecute=no", "err", err)
		c.webp = false
	}
	p, err := assemble(c, photos, cache, log)
	if err != nil {
		return err
	}
	if c.users != "" {
		warnOfPlainHTTP(listener.Addr(), log)
	}
	fmt.Fprintf(stdout, "gallery: %s is at %s (Ctrl-C ends it)\n", c.root, homepage(listener.Addr(), p.server.addresses.page(".")))
	p.begin(ctx)
	if c.debug != "" {
		inside, err := listenDebug(c.debug, c.debugPublic)
		if err != nil {
			return err
		}
		debug := &http.Server{Handler: p.server.meters.debugHandler(), ReadHeaderTimeout: 10 * time.Second}
		go debug.Serve(inside)
		defer debug.Close()
		fmt.Fprintf(stdout, "gallery: metrics are at http://%s/metrics, profiles at /debug/pprof/\n", inside.Addr())
	}
	return serve(ctx, listener, p.server, log)
}

// program is the server with all that works beside it.
type program struct {
	server     *server
	store      *thumbs
	background *background // nil for none
	log        *slog.Logger
}

// assemble puts the program together as its flags say. It starts nothing.
func assemble(c config, photos, cache *os.Root, log *slog.Logger) (*program, error) {
	var m *meters
	options := c.thumbsOptions()
	if c.debug != "" || c.logRequests {
		var requestLog *slog.Logger
		if c.logRequests {
			requestLog = log
		}
		m = newMeters(requestLog)
		options.Rendered = m.rendered
	}
	store := newThumbs(photos, cache, options, log)
	if m != nil {
		m.watch(store.memoryInUse, c.memory)
	}
	lib := newLibrary(c.title, photos, store)
	at := addresses{base: c.base, trustProxy: c.trustProxy}
	who := &gate{private: c.private, upload: c.upload, trustProxy: c.trustProxy, root: c.root, addresses: at, log: log}
	if c.users != "" {
		var err error
		if who.users, err = newUsers(c.users, log); err != nil {
			return nil, err
		}
	}
	pages := newViews(c.title, at, lib.albumTitle, c.upload)
	s := &server{
		root: c.root, photos: photos, library: lib, gate: who, views: pages, addresses: at, meters: m, log: log,
		thumbnails: thumbnails{photos, store},
		photoPages: photoPages{lib, store, pages, at, c.gps},
	}
	if c.inBackground {
		s.background = newBackground(store, lib.list, log)
	}
	if c.zip {
		s.archives = newArchives(lib, log)
	}
	if c.upload {
		s.uploads = &uploader{photos: photos, store: store, gate: who, views: pages, addresses: at, max: c.uploadMax, log: log}
	}
	s.albumPages = &albumPages{
		library: lib, store: store, views: pages, addresses: at, uploads: s.uploads, gate: who, zip: c.zip,
		background: s.background, meters: m, log: log,
		pages: bounded.NewMap[pageKey](maxPages, cachedPage.cost),
	}
	return &program{s, store, s.background, log}, nil
}

// begin starts what works beside the answering of requests, until ctx ends.
func (p *program) begin(ctx context.Context) {
	go p.store.sweep(ctx, ".")
	if p.server.uploads != nil {
		go p.server.uploads.sweep(ctx, ".")
	}
	if p.background != nil {
		go p.background.run(ctx)
	}
}

//go:embed main.go
var mainSource string

// manual is the comment at the head of this file, as -h prints it.
func manual() string {
	comment, _, _ := strings.Cut(mainSource, "\npackage main")
	var b strings.Builder
	for line := range strings.Lines(comment) {
		line = strings.TrimPrefix(strings.TrimPrefix(line, "//"), " ")
		b.WriteString(strings.TrimPrefix(line, "# "))
	}
	return b.String()
}

// defaults are the settings where nothing else is said.
func defaults() config {
	return config{thumbSize: 400, quality: 82, memory: 256 << 20, uploadMax: 64_000_000}
}

// addThumbFlags adds the flags that say where thumbnails are and how they are
// made: those of every subcommand.
func (c *config) addThumbFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.cache, "cache", "", "")
	flags.Func("thumb-size", "", integer(&c.thumbSize, 50, 2000, "pixels"))
	flags.Func("quality", "", integer(&c.quality, 1, 100, "JPEG quality"))
}

// parseFlags reads the server's command line.
func parseFlags(args []string, stdout io.Writer) (config, error) {
	c := defaults()
	flags := flag.NewFlagSet("gallery", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("memory", "", byteSize(&c.memory, minMemory))
	flags.StringVar(&c.listen, "listen", "127.0.0.1:5001", "")
	flags.StringVar(&c.title, "title", "Gallery", "")
	flags.Func("base", "", basePath(&c.base))
	flags.BoolVar(&c.trustProxy, "trust-proxy", false, "")
	flags.BoolVar(&c.zip, "zip", false, "")
	flags.BoolVar(&c.gps, "gps", false, "")
	flags.StringVar(&c.users, "users", "", "")
	flags.BoolVar(&c.private, "private", false, "")
	flags.BoolVar(&c.upload, "upload", false, "")
	flags.StringVar(&c.debug, "debug", "", "")
	flags.BoolVar(&c.debugPublic, "debug-public", false, "")
	flags.Func("log-format", "", logFormat(&c.logJSON))
	flags.BoolVar(&c.logRequests, "log-requests", false, "")
	flags.Func("upload-max", "", byteSize(&c.uploadMax, 1<<10))
	flags.BoolVar(&c.inBackground, "background", true, "")
	flags.BoolVar(&c.webp, "webp", false, "")
	flags.BoolVar(&c.version, "version", false, "")
	if err := readFlags(flags, args, stdout); err != nil {
		return c, err
	}
	for name, on := range map[string]bool{"-private": c.private, "-upload": c.upload} {
		if on && c.users == "" {
			return c, usagef("%s takes -users FILE: `gallery passwd FILE NAME` makes one", name)
		}
	}
	return c, c.setRoot(flags)
}

// readFlags sets flags from a command line and, those that are not on it, from the
// environment. Asked for help, it prints the manual.
func readFlags(flags *flag.FlagSet, args []string, stdout io.Writer) error {
	flags.SetOutput(io.Discard)
	if err := setFromEnvironment(flags); err != nil {
		return err
	}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, manual())
		return err
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// setRoot sets the directory from what stands behind the flags, or else from
// the environment.
func (c *config) setRoot(flags *flag.FlagSet) (err error) {
	switch flags.NArg() {
	case 0:
		c.root = os.Getenv("GALLERY_ROOT")
	case 1:
		if c.root = flags.Arg(0); c.root == "" {
			return usagef("DIR is empty: name the directory of your photos, or leave it out for a sample")
		}
	default:
		return usagef("one DIR is expected, not %d (%q): flags stand before it", flags.NArg(), flags.Args())
	}
	if c.root != "" {
		c.root, err = filepath.Abs(c.root)
	}
	return err
}

// logFormat parses a flag that says how log lines look.
func logFormat(json *bool) func(string) error {
	return func(s string) error {
		if s != "text" && s != "json" {
			return errors.New("text or json is expected")
		}
		*json = s == "json"
		return nil
	}
}

// newLog logs lines of text or JSON.
func newLog(w io.Writer, json bool) *slog.Logger {
	if json {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// setFromEnvironment sets each flag whose environment variable is not empty:
// GALLERY_ and the flag's name, in capitals, with _ for -.
func setFromEnvironment(flags *flag.FlagSet) error {
	var mistake error
	flags.VisitAll(func(f *flag.Flag) {
		name := "GALLERY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := os.Getenv(name)
		if value == "" || f.Name == "version" {
			return
		}
		if err := f.Value.Set(value); err != nil && mistake == nil {
			mistake = usagef("invalid value %q for %s: %w", value, name, err)
		}
	})
	return mistake
}

// integer parses a flag's number, which lies between low and high.
func integer(to *int, low, high int, unit string) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return fmt.Errorf("a number of %d to %d (%s) is expected", low, high, unit)
		}
		*to = n
		return nil
	}
}

// byteSize parses a flag's number of bytes, with or without a unit.
func byteSize(to *int64, low int64) func(string) error {
	return func(s string) error {
		n, err := humanize.ParseBytes(s)
		if err != nil || n < uint64(low) || n > 1<<50 {
			return fmt.Errorf("a size of at least %s is expected, such as 256MiB or 1GB", humanize.IBytes(uint64(low)))
		}
		*to = int64(n)
		return nil
	}
}

// version names the build: the module's version or commit, and Go's.
func version() string {
	of := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		of = info.Main.Version
	}
	return fmt.Sprintf("gallery %s %s %s/%s", of, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// boundMemory has the garbage collector keep the process at the budget for
// pictures and what everything else takes, unless GOMEMLIMIT says otherwise.
func boundMemory(budget int64) {
	const everythingElse = 40 << 20
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(budget + everythingElse)
	}
}

// sampleDir draws the sample, where that has not been done before, and returns
// its directory.
func sampleDir(ctx context.Context, stdout io.Writer) (string, error) {
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", usagef("without DIR a sample is drawn into the user's cache directory, and there is none (%w): name a DIR", err)
	}
	dir := filepath.Join(caches, "gallery", "sample")
	fmt.Fprintln(stdout, "gallery: no DIR given, so here is a sample; `gallery DIR` shows your own photos")
	if err := sample.Write(ctx, dir); err != nil {
		return "", fmt.Errorf("drawing the sample: %w", err)
	}
	return dir, nil
}

// openRoots opens the directory of photos and that of their thumbnails, which
// may be the same.
func openRoots(c config) (photos, cache *os.Root, err error) {
	if photos, err = openDir("DIR", c.root); err != nil {
		return nil, nil, err
	}
	if c.cache == "" {
		return photos, photos, nil
	}
	if err = checkCache(c.root, c.cache); err == nil {
		if err = os.MkdirAll(c.cache, 0o755); err != nil {
			err = fmt.Errorf("-cache %s cannot be made: %w", c.cache, nolink.Cause(err))
		} else {
			cache, err = openDir("-cache", c.cache)
		}
	}
	if err != nil {
		photos.Close()
		return nil, nil, err
	}
	return photos, cache, nil
}

// openDir opens a directory named on the command line as what.
func openDir(what, dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s %s does not exist: name a directory", what, dir)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s %s cannot be opened: let this user read and enter it (chmod, or run as another user)", what, dir)
	case err != nil:
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s %s is a file: name the directory it lies in", what, dir)
		}
		return nil, fmt.Errorf("%s %s cannot be opened: %w", what, dir, nolink.Cause(err))
	}
	list, err := root.Open(".")
	if err == nil {
		_, err = list.ReadDir(1)
		list.Close()
	}
	if err != nil && err != io.EOF {
		root.Close()
		return nil, fmt.Errorf("%s %s cannot be read: let this user list it (chmod, or run as another user)", what, dir)
	}
	return root, nil
}

// checkCache refuses a cache that would be an album of its own photos' site.
func checkCache(root, cache string) error {
	cache, err := filepath.Abs(cache)
	if err != nil {
		return err
	}
	below, err := filepath.Rel(root, cache)
	if err != nil {
		return nil
	}
	for segment := range strings.SplitSeq(below, "/") {
		if below != "." && !album.Visible(segment) { // hidden, or "..": outside
			return nil
		}
	}
	return usagef("-cache %s lies in DIR and would show as an album there: choose another place, or a name that begins with a dot", cache)
}

// addressError is a mistake in an address.
type addressError struct{ error }

// listen opens the address, or takes the socket that systemd hands over.
func listen(address string) (net.Listener, error) {
	handed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("taking the socket that systemd hands over: %w", err)
	}
	if len(handed) > 0 && handed[0] != nil {
		return handed[0], nil
	}
	if socket, ok := strings.CutPrefix(address, "unix:"); ok && socket != "" {
		return listenUnix(socket)
	}
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: end that one, or choose another address with -listen", address)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%s may not be listened on by this user: ports below 1024 take root; choose another with -listen", address)
	case err != nil:
		return nil, addressError{fmt.Errorf("-listen %s: HOST:PORT or unix:/PATH is expected: %w", address, err)}
	}
	return l, nil
}

// listenUnix opens a socket file, in place of one that nobody listens on any
// more. Its group may connect, so that nginx can.
func listenUnix(socket string) (net.Listener, error) {
	if info, err := os.Lstat(socket); err == nil && info.Mode().Type() == fs.ModeSocket {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("unix:%s is in use by another program: end that one, or choose another address with -listen", socket)
		}
		os.Remove(socket)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("-listen unix:%s: %w", socket, err)
	}
	if err := os.Chmod(socket, 0o660); err != nil {
		l.Close()
		return nil, fmt.Errorf("-listen unix:%s: %w", socket, err)
	}
	return l, nil
}

// homepage is what to type into a browser to reach the site at addr, whose first page is page.
func homepage(addr net.Addr, page string) string {
	if addr.Network() == "unix" {
		return "unix:" + addr.String()
	}
	return "http://" + addr.String() + page
}

// warnOfPlainHTTP says so if passwords can be read on their way.
func warnOfPlainHTTP(addr net.Addr, log *slog.Logger) {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		log.Warn("passwords can be read on their way to "+addr.String()+", which is plain HTTP: listen on 127.0.0.1, with nginx and TLS before it",
			"address", addr)
	}
}

// newHTTPServer returns a server whose time limits let nobody hold a connection
// without using it. Answers have no limit as a whole, or long downloads would
// be cut; patient.listener has one for each piece.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // with content, which is read past
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// serve answers requests until ctx ends, and then lets those under way finish.
func serve(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger) error {
	server := newHTTPServer(handler, log)
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := server.Shutdown(within)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		stopped <- err
	})
	if err := server.Serve(patient.Listener(l)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

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

// thumbsOptions are what the flags say of making thumbnails.
func (c *config) thumbsOptions() thumbsOptions {
	return thumbsOptions{CacheDir: c.cache, Side: c.thumbSize, Quality: c.quality, Memory: c.memory, WebP: c.webp}
}

// listenDebug opens the address for looking inside. Anything but a loopback
// address takes -debug-public, too: profiles tell a lot.
func listenDebug(address string, public bool) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, addressError{fmt.Errorf("-debug %s cannot be listened on: HOST:PORT is expected, such as 127.0.0.1:5002: %w", address, err)}
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() && !public {
		l.Close()
		return nil, addressError{fmt.Errorf("-debug %s can be reached from elsewhere, and shows the program's inside: choose 127.0.0.1, or add -debug-public", address)}
	}
	return l, nil
}
