package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/term"

	"gallery/internal/access"
	"gallery/internal/album"
	"gallery/internal/doctor"
	"gallery/internal/heap"
	"gallery/internal/listen"
	"gallery/internal/machine"
	"gallery/internal/manual"
	"gallery/internal/sample"
	"gallery/internal/sharing"
	"gallery/internal/storage"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
	"gallery/internal/users"
	"gallery/internal/webp"
)

// runClean is "gallery clean": it removes from _thumbs what is of no use.
func runClean(ctx context.Context, args []string, stdout io.Writer) error {
	c := defaults()
	var olderThan time.Duration
	var o upkeep.CleanOptions
	flags := cleanFlags(&c, &olderThan, &o)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if err := c.setRoot(flags); err != nil {
		return err
	}
	if c.root == "" {
		return usagef("clean: name the DIR of your photos")
	}
	log := slog.New(slog.DiscardHandler)
	st, err := storage.New(c.root, c.cache, log)
	if err != nil {
		return err
	}
	defer st.Close()
	if olderThan > 0 {
		o.Before = time.Now().Add(-olderThan)
	}
	return upkeep.Clean(ctx, thumbs.New(st, c.thumbsOptions(), log), o, stdout)
}

//go:embed deploy/nginx
var shippedFiles embed.FS

// runDoctor is "gallery doctor": it says what is wrong with DIR and what serves it.
func runDoctor(ctx context.Context, args []string, stdout io.Writer) error {
	c := defaults()
	var e examination
	flags := doctorFlags(&c, &e)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if err := c.setRoot(flags); err != nil {
		return err
	}
	if c.root == "" {
		return usagef("doctor: name the DIR of your photos")
	}
	if c.cache != "" {
		if at, err := filepath.Abs(c.cache); err == nil {
			c.cache = at
		}
	}
	service, err := doctor.Service(e.user)
	if err != nil {
		return usagef("doctor: -user %s: %w", e.user, err)
	}
	var site *url.URL
	if e.url != "" {
		if site, err = url.Parse(e.url); err != nil || site.Host == "" || site.Scheme != "https" && site.Scheme != "http" {
			return usagef("doctor: -url %q: an address such as https://gallery.example.com/ is expected", e.url)
		}
	}
	var r doctor.Report
	doctor.System(&r, version())
	nginx, err := doctor.ReadConfiguration(ctx, &r, e.nginx)
	if err != nil {
		return usagef("doctor: -nginx: %w", err)
	}
	log := slog.New(slog.DiscardHandler)
	st := doctor.Open(&r, c.root, c.cache, func() (*storage.Storage, error) { return storage.View(c.root, c.cache, log) })
	var tree doctor.Tree
	if st != nil {
		defer st.Close()
		tree = doctor.Look(ctx, &r, doctor.Patient{
			Storage: st, Thumbs: thumbs.New(st, c.thumbsOptions(), log), Service: service, Nginx: nginx.Account(), Fstab: "/etc/fstab", Try: tryPhotos,
		})
	}
	if nginx != nil {
		shipped, err := fs.Sub(shippedFiles, "deploy/nginx")
		if err != nil {
			return err
		}
		nginx.Compare(&r, shipped, c.root, cmp.Or(c.cache, c.root))
	}
	around := func(ctx context.Context) (net.Conn, error) { return listen.Dial(ctx, c.listen) }
	if way, ok := nginx.Way(site, around, tree); ok && ctx.Err() == nil {
		doctor.Ask(ctx, &r, way)
	}
	if err := r.Write(stdout, e.json); err != nil {
		return err
	}
	return r.Err()
}

// tryPhotos is how long "gallery doctor" tries what becomes of photos without a thumbnail.
const tryPhotos = 20 * time.Second

// newLog logs lines of text or JSON.
func newLog(w io.Writer, json bool) *slog.Logger {
	if json {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// version names the build: the module's version or commit, and Go's.
func version() string {
	of := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		of = info.Main.Version
	}
	return fmt.Sprintf("gallery %s %s %s/%s", of, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// memoryMistake says so if the budget is more than the machine has: "" where it is not.
func memoryMistake(budget, machine int64) string {
	if machine == 0 || budget <= machine {
		return ""
	}
	return fmt.Sprintf("-memory %s is more than this machine has (%s): pictures may take so much that the system ends the program",
		humanize.IBytes(uint64(budget)), humanize.IBytes(uint64(machine)))
}

// warmMemory is what warming takes if it needs no more, bytes: two progressive photos of cameras
// in work take 80 MB.
const warmMemory = 112 << 20

// boundMemory has the garbage collector keep the process at limit bytes, unless GOMEMLIMIT
// says otherwise.
func boundMemory(limit int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
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

// runHelp is "gallery help": it prints the manual, a subcommand's part of it, or what is made
// of it for man and for shells.
func runHelp(args []string, stdout io.Writer) error {
	var man bool
	var completion string
	flags := helpFlags(&man, &completion)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	switch {
	case man:
		_, err := io.WriteString(stdout, theManual().Man(version()))
		return err
	case completion != "":
		script, ok := manual.Completion(completion, "gallery", commands())
		if !ok {
			return usagef("help: completions are there for bash, zsh and fish, not for %q", completion)
		}
		_, err := io.WriteString(stdout, script)
		return err
	case flags.NArg() > 1:
		return usagef("help: one command is expected, not %d", flags.NArg())
	}
	return printHelp(stdout, flags.Arg(0))
}

// runVersion is "gallery version".
func runVersion(args []string, stdout io.Writer) error {
	if err := readFlags(noFlags("version"), args, stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, version())
	return err
}

// runPasswd is "gallery passwd FILE NAME": it sets a user's password in a file.
func runPasswd(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) error {
	flags := noFlags("passwd")
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if args = flags.Args(); len(args) != 2 {
		return usagef("passwd: FILE and NAME are expected, such as `gallery passwd /etc/gallery/users ann`")
	}
	file, name := args[0], args[1]
	if err := users.CheckName(name); err != nil {
		return usagef("passwd: %w", err)
	}
	hash, err := askHash(ctx, stdin, stderr, name)
	if err != nil {
		return err
	}
	return users.SetPassword(file, name, []byte(hash))
}

// askPassword asks for the password twice on a terminal, which does not show
// it, or reads one line.
func askPassword(ctx context.Context, stdin *os.File, stderr io.Writer, name string) ([]byte, error) {
	if !term.IsTerminal(int(stdin.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(stdin, 1<<10)).ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("reading the password: %w", err)
		}
		return bytes.TrimRight(line, "\r\n"), nil
	}
	first, err := readHidden(ctx, stdin, stderr, "Password for "+name+": ")
	if err != nil {
		return nil, err
	}
	second, err := readHidden(ctx, stdin, stderr, "Once more: ")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, errors.New("the two passwords differ: nothing was changed")
	}
	return first, nil
}

// readHidden reads a line that the terminal does not show. A signal ends it
// and leaves the terminal as it was.
func readHidden(ctx context.Context, stdin *os.File, stderr io.Writer, prompt string) ([]byte, error) {
	fd := int(stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("reading the password: %w", err)
	}
	fmt.Fprint(stderr, prompt)
	defer fmt.Fprintln(stderr)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		term.Restore(fd, before)
		return nil, errors.New("interrupted: nothing was changed")
	}
}

// runAccess is "gallery access DIR ALBUM [NAME…]": it shows who may see an album or, with
// names, says who may.
func runAccess(args []string, stdout, stderr io.Writer) error {
	flags := noFlags("access")
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if args = flags.Args(); len(args) < 2 {
		return usagef("access: DIR and ALBUM are expected, such as `gallery access /srv/photos Wedding ann`")
	}
	log := newLog(stderr, false)
	photos, err := storage.Open("DIR", args[0], log)
	if err != nil {
		return err
	}
	defer photos.Close()
	name, err := albumName(photos, args[1])
	if err != nil {
		return usagef("access: %w", err)
	}
	if len(args) > 2 {
		rule, err := access.NewRule(args[2:]...)
		if err != nil {
			return usagef("access: %w", err)
		}
		if err := access.Set(photos.Root(), name, rule); err != nil {
			return err
		}
	}
	rule := access.New(photos, access.Everybody(), log).Rule(name)
	switch who := strings.Join(rule.Who(), ", "); {
	case rule.From() == "":
		fmt.Fprintf(stdout, "%s: everybody, or with -private whoever is signed in; no %s says anything\n", name, album.AccessFile)
	case who == "":
		fmt.Fprintf(stdout, "%s: nobody, since %s cannot be understood\n", name, path.Join(rule.From(), album.AccessFile))
	default:
		fmt.Fprintf(stdout, "%s: %s, as %s says\n", name, who, path.Join(rule.From(), album.AccessFile))
	}
	return nil
}

// runShare is "gallery share [flags] DIR ALBUM": it makes a link to an album and prints it.
func runShare(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) error {
	var link sharing.Link
	var expires time.Duration
	var password bool
	flags := shareFlags(&link, &expires, &password)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return usagef("share: DIR and ALBUM are expected, such as `gallery share -expires 30d /srv/photos Wedding`")
	}
	var c config
	if err := setFromEnvironment(serverFlags(&c)); err != nil { // where the site is
		return err
	}
	log := newLog(stderr, false)
	photos, err := storage.Open("DIR", flags.Arg(0), log)
	if err != nil {
		return err
	}
	defer photos.Close()
	if link.Album, err = albumName(photos, flags.Arg(1)); err != nil {
		return usagef("share: %w", err)
	}
	if expires > 0 {
		link.Expires = time.Now().Add(expires)
	}
	if password {
		if link.Password, err = askHash(ctx, stdin, stderr, "the link"); err != nil {
			return err
		}
	}
	links := sharing.New(photos, log)
	if link, err = links.Add(link); err != nil {
		return err
	}
	if mend, alone := links.RootsAlone(); alone {
		fmt.Fprintf(stderr, "gallery: %s belongs to root, and so do its links: if the service runs as another user, they open nothing before `%s`\n", photos.Path(), mend)
	}
	at := ""
	if len(c.hosts) > 0 {
		at = "https://" + c.hosts[0]
	}
	fmt.Fprintln(stdout, at+addresses{base: c.base}.file(sharePath+links.Token(link)))
	return nil
}

// runShares is "gallery shares [-revoke ID] DIR": it lists the links, or ends one.
func runShares(args []string, stdout, stderr io.Writer) error {
	var revoke string
	flags := sharesFlags(&revoke)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return usagef("shares: one DIR is expected, such as `gallery shares /srv/photos`")
	}
	log := newLog(stderr, false)
	photos, err := storage.Open("DIR", flags.Arg(0), log)
	if err != nil {
		return err
	}
	defer photos.Close()
	links := sharing.New(photos, log)
	if revoke != "" {
		return links.Revoke(revoke)
	}
	for _, l := range links.All() {
		words := []string{l.ID, "to", l.Album}
		if l.Password != "" {
			words = append(words, "with a password")
		}
		if l.NoDownload {
			words = append(words, "without downloads")
		}
		if l.Picks {
			words = append(words, "with picks")
		}
		if l.Name != "" {
			words = append(words, "for", l.Name)
		}
		switch {
		case !l.Ended.IsZero():
			words = append(words, "revoked on", l.Ended.Format(time.DateOnly))
		case !l.Expires.IsZero():
			words = append(words, "until", l.Expires.Format(time.DateOnly))
		}
		fmt.Fprintln(stdout, album.Readable(strings.Join(words, " ")))
	}
	return nil
}

// askHash asks for a password and returns its hash.
func askHash(ctx context.Context, stdin *os.File, stderr io.Writer, of string) (string, error) {
	password, err := askPassword(ctx, stdin, stderr, of)
	switch {
	case err != nil:
		return "", err
	case len(password) < users.MinPassword:
		return "", fmt.Errorf("the password is too short: at least %d characters", users.MinPassword)
	case len(password) > users.MaxPassword:
		return "", fmt.Errorf("the password is too long: at most %d bytes", users.MaxPassword)
	}
	hash, err := bcrypt.GenerateFromPassword(password, users.NewCost)
	return string(hash), err
}

// albumName is the name of an album that a command line names, below the photos or by its
// whole path.
func albumName(photos *storage.Dir, arg string) (string, error) {
	if root, err := filepath.Abs(photos.Path()); err == nil && filepath.IsAbs(arg) {
		if below, err := filepath.Rel(root, arg); err == nil {
			arg = below
		}
	}
	t, ok := parsePath("/", "/"+strings.TrimPrefix(filepath.ToSlash(arg), "./"))
	if arg == "." {
		t, ok = target{name: "."}, true
	}
	if !ok || t.thumb {
		return "", fmt.Errorf("%q is no album", arg)
	}
	folder, err := album.Open(photos.Root(), t.name)
	if err != nil {
		return "", fmt.Errorf("there is no album %q in %s", arg, photos.Path())
	}
	return t.name, folder.Close()
}

// runWarm is "gallery warm": it makes every rendition that is missing or stale.
func runWarm(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := defaults()
	jobs := runtime.GOMAXPROCS(0)
	var shard upkeep.Shard
	flags := warmFlags(&c, &jobs, &shard)
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	if err := c.setRoot(flags); err != nil {
		return err
	}
	if c.root == "" {
		return usagef("warm: name the DIR of your photos")
	}
	if err := webp.Supported(); c.webp && err != nil {
		return fmt.Errorf("-webp: %w (systemd: MemoryDenyWriteExecute=no)", err)
	}
	if mistake := memoryMistake(c.memory, machine.Memory()); mistake != "" {
		fmt.Fprintln(stderr, "gallery:", mistake)
	}
	// The budget counts all that making renditions allocates, garbage included. There is little else, but for
	// the program itself, which the collector does not see.
	heap.Confine(ctx, warmMemory, c.memory-c.memory/8)
	log := slog.New(slog.DiscardHandler)
	st, err := storage.New(c.root, c.cache, log)
	if err != nil {
		return err
	}
	defer st.Close()

	options := c.thumbsOptions()
	options.Jobs, options.Large = jobs, c.large
	t := thumbs.New(st, options, log)
	lib := newLibrary(c.title, album.ByName, c.others, st.Photos, t, access.New(st.Photos, access.Everybody(), log), log)
	return upkeep.Warm(ctx, t, lib.reindex, shard, jobs, stdout, stderr)
}

// runHealth is "gallery health": it asks a server whether it is ready.
func runHealth(ctx context.Context, args []string, stdout io.Writer) error {
	flags := noFlags("health")
	if err := readFlags(flags, args, stdout); err != nil {
		return err
	}
	address := cmp.Or(os.Getenv("GALLERY_LISTEN"), defaults().listen)
	switch args = flags.Args(); len(args) {
	case 0:
	case 1:
		address = args[0]
	default:
		return usagef("health: one ADDRESS is expected, such as `gallery health 127.0.0.1:5001`")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*readyWithin)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return listen.Dial(ctx, address)
	}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+readyPath, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer at %s: %w", address, errors.Unwrap(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s answers %s; its log says why", address, response.Status)
	}
	fmt.Fprintln(stdout, "ready")
	return nil
}
