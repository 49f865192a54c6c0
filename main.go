// Gallery turns a directory of photos into a website.
//
//	gallery [flags] [DIR]
//	gallery warm [flags] DIR
//	gallery clean [flags] DIR
//	gallery doctor [flags] DIR
//	gallery passwd FILE NAME
//	gallery access DIR ALBUM [NAME…]
//	gallery share [flags] DIR ALBUM
//	gallery shares [-revoke ID] DIR
//	gallery health [ADDRESS]
//	gallery help [COMMAND]
//	gallery version
//
// Each folder below DIR is an album; the photos are its .jpg, .jpeg, .jfif, .png,
// .gif and .webp files. Originals are only ever read. Thumbnails are made when
// an album is first looked at and kept in a folder called _thumbs beside the
// photos, or below -cache; they may be deleted at any time. Files and folders
// whose names begin with a dot, symbolic links, and everything that is not a
// photo are not shown; pictures of other kinds, film and sound are counted.
//
// A README.md in a folder gives the album a title, its first heading, and a
// description. Between two lines of --- at its beginning may stand "sort: -date", as
// with -sort, and "cover: beach.jpg", for the album and those in it. A photo's caption is in a Markdown file beside it, beach.jpg.md
// or else beach.md for beach.jpg, or in the photo itself. One called cover, or else
// folder, is its album's cover and, unless it is alone, not shown in it.
//
// A folder .gallery in DIR holds what the owner puts around the photos: logo.svg,
// icon.png (a square), footer.md and style.css, each if there is one. They are read
// anew when they change.
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
//	-large            GALLERY_LARGE       make previews of 2560 and 4096 pixels, too, which
//	                                      screens of high resolution ask for
//	-jobs N           GALLERY_JOBS        photos at once, 1 to 1000 (one a processor)
//	-shard PART       GALLERY_SHARD       only the albums of one part, for several machines that
//	                                      share the work: 3/8 is the third of eight (1/1)
//
// A DIR that is itself called as a command is, such as warm, is served as ./warm.
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
//	-force                                also where the photos of most thumbnails in an album
//	                                      are not there: by default that is taken for a disk
//	                                      that is away, and nothing is removed
//
// # Finding out what is wrong
//
// gallery doctor looks at DIR and all that is in it, at the thumbnails, at the machine and at
// nginx, and prints what it finds, a line each, the worst first, with the command that mends
// it. It only reads. Run as root it looks as the service's user and as nginx's, and also finds
// what others may not read. It takes the flags -cache, -thumb-size, -quality, -memory and
// -listen, which must be as the server's, and
//
//	-user NAME                            as whom the service runs (who runs this or, as root,
//	                                      gallery if there is such a user)
//	-nginx FILE                           what "nginx -T" printed, where nginx is elsewhere
//	-url ADDRESS                          the site's first page, asked for through nginx and
//	                                      around it (that of nginx's server, on this machine)
//	-json                                 print JSON: a list of findings
//
// It ends with 1 if there are errors, and with 3 if there are but warnings. Without -nginx it
// runs nginx -T where nginx is installed.
//
// # Flags
//
// Each flag has an environment variable that is used where the flag is absent.
//
//	-listen ADDRESS   GALLERY_LISTEN      where to listen: HOST:PORT, or unix:/PATH for a
//	                                      socket (127.0.0.1:5001). Port 0 picks a free one.
//	                                      A socket handed over by systemd goes before it.
//	-host NAMES       GALLERY_HOST        names to answer to besides localhost and addresses,
//	                                      with commas between; at 127.0.0.1 no other is
//	                                      answered to, unless with -trust-proxy, and with
//	                                      -host nowhere
//	-cache DIR        GALLERY_CACHE       where to keep thumbnails, for photos on storage
//	                                      that cannot be written (beside the photos)
//	-thumb-size PX    GALLERY_THUMB_SIZE  longer side of a thumbnail in pixels, 50 to 2000 (400)
//	-quality N        GALLERY_QUALITY     JPEG quality of thumbnails, 1 to 100 (82)
//	-memory SIZE      GALLERY_MEMORY      bound on the memory for decoded pictures, such as
//	                                      256MiB or 1GB; photos that take more get a
//	                                      placeholder (256 MiB, or if that is less, half of
//	                                      what the control group allows and a quarter of
//	                                      what the machine has)
//	-title TEXT       GALLERY_TITLE       the site's name (Gallery)
//	-base PATH        GALLERY_BASE        the path below which the site is, such as /photos,
//	                                      where it shares a host with others; proxies pass
//	                                      that path on as it is (/)
//	-zip              GALLERY_ZIP         offer each album, and those in it, as one ZIP archive
//	-sort ORDER       GALLERY_SORT        the order of photos and albums where nobody chose
//	                                      another: name, date, -name or -date, which go
//	                                      backwards (name)
//	-embed ORIGINS    GALLERY_EMBED       sites that may show pages within theirs, such as
//	                                      https://example.com, with commas between (none)
//	-robots           GALLERY_ROBOTS      let search engines in (on; -robots=false asks them to
//	                                      stay away)
//	-others           GALLERY_OTHERS      serve pictures that are not shown (HEIC, RAW, TIFF …),
//	                                      film and sound, too, and list them on their album's
//	                                      page; without it they are only counted
//	-gps              GALLERY_GPS         show on a map where photos were taken; without it
//	                                      no page says where (originals still may)
//	-trust-proxy      GALLERY_TRUST_PROXY take a visitor's address from X-Forwarded-For, and
//	                                      the site's own, which shared links show, from
//	                                      X-Forwarded-Proto and X-Forwarded-Host: only
//	                                      behind a proxy that sets them, such as nginx
//	-users FILE       GALLERY_USERS       who may sign in: NAME:HASH in each line, hashed
//	                                      with bcrypt, as "gallery passwd" and "htpasswd -B"
//	                                      write it; read again when it changes, but for lines
//	                                      with a mistake
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
//	                                      or unix:/PATH
//	-debug-public     GALLERY_DEBUG_PUBLIC  allow -debug another address than a loopback one
//	-log-format TEXT  GALLERY_LOG_FORMAT  how log lines look: text or json (text)
//	-log-requests     GALLERY_LOG_REQUESTS  log each request
//	-version                              print the version and exit
//	-h, -help                             print this and exit; after a command, its part of it
//
// # Passwords
//
// gallery passwd sets a user's password in FILE, which it makes if there is
// none. It asks for it twice on a terminal, and else reads one line from
// standard input. To take a user out, delete the line. Browsers sign in at /.signin and
// send a cookie from then on, other clients the password with each request; both are safe
// over HTTPS only. The key that cookies are signed with is in FILE.key or, for a service, in
// STATE_DIRECTORY, and which sessions were ended in the same with .ended; a new password,
// or a user's removal, ends all of theirs. After ten wrong ones for a name, an address may
// try again every six seconds; there are wider limits for an address, an IPv6 /48 and a
// name as a whole.
//
// # Private albums
//
// A file .access in a folder says who may see it and all below, until another says
// otherwise: a name from -users in each line, or @all for whoever is signed in, or @public.
// What is closed to a visitor is not there for them: 404, and in no count, cover or
// archive. A mistake in the file closes the folder and is logged. Changes count within a
// second. Without one, everybody may see an album or, with -private, whoever is signed in.
//
// gallery access shows who may see ALBUM and, with names, writes the file.
//
// # Links
//
// gallery share prints a link that opens ALBUM, and what is below it, to whoever has it,
// though a folder's own .access below it holds. Signed-in users make such links on an
// album's page, which open it while they may see it. The links are in DIR/.gallery, so the command is run by the server's user.
// GALLERY_HOST and GALLERY_BASE say where the site is.
//
// gallery shares lists the links.
//
//	-expires AGE                          how long it opens the album: 12h, 30d or 8w (for ever)
//	-password                             ask for a password, and have the link ask for it
//	-no-download                          show previews, and no originals or archives
//	-picks                                have photos picked, and the choice sent: see Picks
//	-name TEXT                            for whom it is, in the list
//	-revoke ID                            end the link with that ID, within a second
//
// # Picks
//
// Who is signed in, or has a link that was made with -picks, picks photos by a heart. What is
// picked stays in the browser, as an address, a list of names or an archive, until it is
// sent: then it is a text in the album's folder .picks, which no visitor sees, and signed-in
// users find it on the album's page.
//
// # Health
//
// /.health answers "ok" while the program is alive, and /.ready "ready" while DIR and
// -cache are there and answer within two seconds, else 503; the reason is in the log.
// gallery health asks for /.ready, at ADDRESS or where -listen of GALLERY_LISTEN is, and
// ends with 1 unless it is ready.
//
// # Help
//
// gallery help prints this, and with a COMMAND its part of it. It also prints what is made of it:
//
//	-man                                  a page for man, such as for
//	                                      /usr/local/share/man/man1/gallery.1
//	-completion SHELL                     what has bash, zsh or fish complete commands and
//	                                      flags: source <(gallery help -completion bash)
//
// # Signals
//
// SIGINT and SIGTERM end it: it serves on while uploads are under way, for a minute
// at most, and takes no new ones; then it stops listening, gives requests under
// way ten seconds, and exits with 0. A second signal ends it at once.
//
// # Exit codes
//
// 0 when done, and for a server after a signal; 2 for wrong usage; 3 when all was
// warmed but photos of which no thumbnails can be made, or gallery doctor has but
// warnings; 1 for anything else.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"gallery/internal/access"
	"gallery/internal/album"
	"gallery/internal/bounded"
	"gallery/internal/doctor"
	"gallery/internal/drain"
	"gallery/internal/face"
	"gallery/internal/heap"
	"gallery/internal/listen"
	"gallery/internal/machine"
	"gallery/internal/observe"
	"gallery/internal/patient"
	"gallery/internal/picks"
	"gallery/internal/search"
	"gallery/internal/session"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
	"gallery/internal/users"
	"gallery/internal/webp"
)

func main() {
	runtime.MemProfileRate = 0 // until runServer finds somebody who may look at the profile
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has come, a second one has its usual effect.
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, &usage), errors.As(err, new(listen.AddressError)), errors.As(err, new(storage.CacheError)):
		fmt.Fprintln(os.Stderr, "gallery:", err)
		fmt.Fprintln(os.Stderr, "gallery: -h explains every flag")
		os.Exit(2)
	case errors.As(err, new(upkeep.LeftOutError)), errors.As(err, new(doctor.Warned)):
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
		case "doctor":
			return runDoctor(ctx, args[1:], stdout)
		case "passwd":
			return runPasswd(ctx, args[1:], os.Stdin, stdout, stderr)
		case "share":
			return runShare(ctx, args[1:], os.Stdin, stdout, stderr)
		case "shares":
			return runShares(args[1:], stdout, stderr)
		case "access":
			return runAccess(args[1:], stdout, stderr)
		case "health":
			return runHealth(ctx, args[1:], stdout)
		case "help":
			return runHelp(args[1:], stdout)
		case "version":
			return runVersion(args[1:], stdout)
		}
	}
	return runServer(ctx, args, stdout, stderr)
}

// profileRate is how many bytes are allocated for each allocation that -debug's profile shows,
// as usual in Go. The profile takes 3 MB, which is too much where nobody can look at it.
const profileRate = 512 << 10

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
	if mistake := memoryMistake(c.memory, machine.Memory()); mistake != "" {
		log.Warn(mistake)
	}
	const everythingElse = 40 << 20 // than pictures, and albums' indexes, for which a quarter of their budget is
	boundMemory(c.memory + c.memory/4 + everythingElse)
	if c.root == "" {
		if c.root, err = sampleDir(ctx, stdout); ctx.Err() != nil {
			return nil // a signal came first
		} else if err != nil {
			return err
		}
	}
	st, err := storage.New(c.root, c.cache, log)
	if err != nil {
		return err
	}
	defer st.Close()
	listener, inside, handed, err := listen.Open(c.listen, c.debug, c.debugPublic, log)
	if err != nil {
		return err
	}
	if inside != nil {
		runtime.MemProfileRate = profileRate
		c.debug = inside.Addr().String() // systemd's socket, perhaps
	}
	if err := webp.Supported(); c.webp && err != nil {
		log.Warn("WebP is served, but none is made here; gallery warm -webp can, or systemd's MemoryDenyWriteExecute=no", "err", err)
		c.webp = false
	}
	p, err := assemble(c, st, log)
	if err != nil {
		return err
	}
	if c.users != "" {
		warnOfPlainHTTP(listener.Addr(), log)
		if !c.trustProxy {
			warnOfOneVisitor(listener.Addr(), log)
		}
	}
	if err := access.Tell(st.Cache, !c.private); c.private && err != nil && !errors.Is(err, storage.ErrAway) {
		return fmt.Errorf("-private: nginx would serve photos without asking: %w", err)
	}
	fmt.Fprintf(stdout, "gallery: %s is at %s (Ctrl-C ends it)\n", c.root, homepage(listener.Addr(), p.server.addresses.page(".")))
	p.begin(ctx)
	if inside != nil {
		debug := &http.Server{Handler: listen.OnlyHosts(c.hosts, p.server.meters.Handler()), ReadHeaderTimeout: 10 * time.Second}
		go debug.Serve(inside)
		defer debug.Close()
		fmt.Fprintf(stdout, "gallery: metrics are at %s, profiles at /debug/pprof/\n", homepage(inside.Addr(), "/metrics"))
	}
	handler := http.Handler(p.server)
	if len(c.hosts) > 0 || listen.Restricted(listener.Addr(), c.trustProxy) {
		handler = listen.OnlyHosts(c.hosts, handler)
	}
	return serve(p.server.uploads.outlast(ctx), listener, handed, handler, log)
}

// program is the server with all that works beside it.
type program struct {
	server     *server
	store      *thumbs.Store
	background *upkeep.Background // nil for none
	log        *slog.Logger
}

// assemble puts the program together as its flags say. It starts nothing.
func assemble(c config, st *storage.Storage, log *slog.Logger) (*program, error) {
	var m *observe.Meters
	options := c.thumbsOptions()
	if c.debug != "" || c.logRequests {
		var requestLog *slog.Logger
		if c.logRequests {
			requestLog = log
		}
		m = observe.New(requestLog)
		options.Rendered = m.Rendered
	}
	store := thumbs.New(st, options, log)
	standard := access.Everybody()
	if c.private {
		standard = access.SignedIn()
	}
	lib := newLibrary(c.title, c.sort, c.others, st.Photos, store, access.New(st.Photos, standard, log), log)
	lib.found = &search.Index{}
	lib.indexer = upkeep.NewIndexer(lib.reindex, log)
	if m != nil {
		m.Watch(st, store, func() int { return lib.unreadable.Len() + lib.rules.Mistakes() }, c.memory, lib.found.Size)
	}
	at := addresses{base: c.base, trustProxy: c.trustProxy}
	who := &gate{private: c.private, upload: c.upload, trustProxy: c.trustProxy, root: c.root, may: lib.may, links: lib.links, photos: st.Photos, guesses: users.NewGuesses(), addresses: at, log: log}
	if c.users != "" {
		var err error
		if who.users, err = users.Open(c.users, log); err != nil {
			return nil, err
		}
		lib.knows = func(name string) bool { _, known := who.users.Proof(name); return known }
		if who.sessions, err = openSessions(c.users, log); err != nil {
			return nil, err
		}
		if cheap := who.users.Cheap(); len(cheap) > 0 {
			log.Warn("some passwords are hashed so cheaply that whoever gets the file guesses them fast: set them anew with gallery passwd",
				"users", len(cheap), "first", cheap[0], "cost-below", users.MinCost)
		}
	}
	pages := newViews(c.title, at, lib.titles, lib.may, c.users != "", c.embed)
	who.views = pages
	pages.face, pages.hidden = face.NewReader(st.Photos.Root, log), !c.robots
	s := &server{
		root: c.root, storage: st, library: lib, gate: who, views: pages, addresses: at, meters: m, log: log,
		thumbnails: thumbnails{st.Photos, album.NewEntries(), store, at},
		photoPages: photoPages{lib, store, pages, at, c.gps},
	}
	s.feeds = newFeeds(lib, pages, at)
	if c.inBackground {
		s.background = upkeep.NewBackground(store, lib.list, log)
	}
	s.archives = newArchives(lib, c.zip, log)
	if c.upload {
		s.uploads = &uploader{underWay: semaphore.NewWeighted(maxUploads), photos: st.Photos, store: store, gate: who, views: pages, addresses: at, max: c.uploadMax, log: log}
	}
	s.albumPages = &albumPages{
		library: lib, store: store, views: pages, addresses: at, uploads: s.uploads, gate: who, archives: s.archives,
		background: s.background, meters: m, log: log,
		pages: bounded.NewMap[pageKey](c.memory/pagesShare, cachedPage.cost), seed: maphash.MakeSeed(), senders: picks.NewSenders(),
	}
	s.searches = newSearchPages(s.albumPages)
	s.news = newNews(s.searches)
	s.examinations = &examinations{st, store, lib, pages, version(), make(chan struct{}, 1)}
	return &program{s, store, s.background, log}, nil
}

// openSessions returns what signs the sessions of the users in a file. The key is beside that
// or, for a service that may write nothing else, in its state's directory.
func openSessions(usersFile string, log *slog.Logger) (*session.Keeper, error) {
	path := usersFile + ".key"
	if state := os.Getenv("STATE_DIRECTORY"); state != "" {
		path = filepath.Join(state, "session.key")
	}
	k, err := session.Open(path)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		log.Warn("no key for sessions can be kept, so that everybody has to sign in again after a restart", "err", err)
		return session.Ephemeral(), nil
	}
	return k, err
}

// begin starts what works beside the answering of requests, until ctx ends.
func (p *program) begin(ctx context.Context) {
	go heap.Keep(ctx)
	go p.store.Sweep(ctx, ".")
	go access.KeepTelling(ctx, p.server.storage.Cache, !p.server.gate.private, p.log)
	go p.server.library.indexer.Run(ctx)
	if p.server.uploads != nil {
		go p.server.uploads.sweep(ctx, ".")
	}
	if p.background != nil {
		go p.background.Run(ctx)
	}
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

// warnOfOneVisitor says so if the address is one that mostly a proxy asks at, which is not
// trusted to tell its visitors apart.
func warnOfOneVisitor(addr net.Addr, log *slog.Logger) {
	if tcp, ok := addr.(*net.TCPAddr); !ok || tcp.IP.IsLoopback() {
		log.Warn("if a proxy asks here, all its visitors share one limit of wrong passwords: add -trust-proxy, behind nginx and its like", "address", addr)
	}
}

// newHTTPServer returns a server whose time limits let nobody hold a connection
// without using it. Answers have no limit as a whole, or long downloads would
// be cut; patient.listener has one for each piece.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext:       patient.ConnContext,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // with content, which is read past
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// serve answers requests until ctx ends, and then lets those under way finish. shared says that
// another process holds the socket, too.
func serve(ctx context.Context, l net.Listener, shared bool, handler http.Handler, log *slog.Logger) error {
	return drain.Serve(ctx, newHTTPServer(handler, log), l, shared, 10*time.Second)
}
