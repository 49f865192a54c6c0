package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"gallery/internal/album"
	"gallery/internal/machine"
	"gallery/internal/manual"
	"gallery/internal/rendition"
	"gallery/internal/sharing"
	"gallery/internal/thumbs"
	"gallery/internal/upkeep"
)

// age parses a flag's span of time: a number and h, d or w.
func age(to *time.Duration) func(string) error {
	return func(s string) error {
		units := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
		number, unit := s, ""
		if s != "" {
			number, unit = s[:len(s)-1], s[len(s)-1:]
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > 10_000 || units[unit] == 0 {
			return errors.New("a number of hours, days or weeks is expected, such as 12h, 30d or 8w")
		}
		*to = time.Duration(n) * units[unit]
		return nil
	}
}

// config is what the flags say.
type config struct {
	root      string   // the photos' directory, absolute; "" for the sample
	listen    string   // HOST:PORT or unix:/PATH
	hosts     []string // names to answer to, lower case; none for any, or at a loopback address only its own
	cache     string   // where thumbnails are kept; "" for beside the photos
	thumbSize int      // pixels, 50 to 2000
	quality   int      // JPEG quality, 1 to 100
	memory    int64    // bytes, at least minMemory
	title     string   // the site's name
	sort      string   // the order of photos and albums, one of package album's
	embed     []string // origins that may show pages in a frame
	robots    bool     // search engines may come
	base      string   // path below which the site is, such as "/photos"; "" for the top
	zip       bool     // albums may be downloaded whole
	others    bool     // pictures that are not shown, film and sound are served, too
	gps       bool     // pages may say where a photo was taken
	users     string   // the password file; "" for none
	private   bool     // everything takes a password
	upload    bool     // who is signed in may add photos
	uploadMax int64    // bytes, of one photo that is sent

	debug       string // HOST:PORT of metrics and profiles; "" for none
	debugPublic bool   // that may be other than a loopback address
	logJSON     bool   // log lines are JSON, else text
	logRequests bool   // each request is a log line

	trustProxy bool // X-Forwarded-For says who a visitor is, -Proto and -Host where they see the site
	version    bool // print the version instead of serving

	webp         bool // make thumbnails as WebP, too, in the background
	large        bool // warm makes previews for screens of high resolution, too
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

//go:embed main.go
var mainSource string

// theManual is the comment at the head of this program.
func theManual() manual.Manual { return manual.Parse("gallery", mainSource) }

// defaults are the settings where nothing else is said.
func defaults() config {
	return config{sort: album.ByName, thumbSize: 400, quality: 82, memory: machine.ForPictures(), uploadMax: 64_000_000}
}

// addThumbFlags adds the flags that say where thumbnails are and how they are
// made: those of every subcommand.
func (c *config) addThumbFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.cache, "cache", "", "")
	flags.Func("thumb-size", "", integer(&c.thumbSize, 50, 2000, "pixels"))
	flags.Func("quality", "", integer(&c.quality, 1, 100, "JPEG quality"))
}

// serverFlags are the flags of the program without a subcommand.
func serverFlags(c *config) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("memory", "", byteSize(&c.memory, minMemory))
	flags.StringVar(&c.listen, "listen", "127.0.0.1:5001", "")
	flags.Func("host", "", hostNames(&c.hosts))
	flags.StringVar(&c.title, "title", "Gallery", "")
	flags.Func("base", "", basePath(&c.base))
	flags.BoolVar(&c.trustProxy, "trust-proxy", false, "")
	flags.BoolVar(&c.zip, "zip", false, "")
	flags.Func("sort", "", sortOrder(&c.sort))
	flags.Func("embed", "", origins(&c.embed))
	flags.BoolVar(&c.robots, "robots", true, "")
	flags.BoolVar(&c.others, "others", false, "")
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
	return flags
}

// warmFlags are the flags of "gallery warm".
func warmFlags(c *config, jobs *int, part *upkeep.Shard) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery warm", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("memory", "", byteSize(&c.memory, minMemory))
	flags.BoolVar(&c.webp, "webp", false, "")
	flags.BoolVar(&c.large, "large", false, "")
	flags.Func("jobs", "", integer(jobs, 1, 1000, "photos at once"))
	flags.Func("shard", "", shard(part))
	return flags
}

// shard parses a flag that names a part of a tree, such as 3/8.
func shard(to *upkeep.Shard) func(string) error {
	return func(s string) error {
		part, of, ok := strings.Cut(s, "/")
		n, err := strconv.Atoi(part)
		m, err2 := strconv.Atoi(of)
		if !ok || err != nil || err2 != nil || n < 1 || n > m || m > 1000 {
			return errors.New("a part of up to 1000 is expected, such as 3/8")
		}
		*to = upkeep.Shard{Part: n, Of: m}
		return nil
	}
}

// cleanFlags are the flags of "gallery clean".
func cleanFlags(c *config, olderThan *time.Duration, o *upkeep.CleanOptions) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery clean", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("older-than", "", age(olderThan))
	flags.Func("max-size", "", byteSize(&o.MaxSize, 1))
	flags.BoolVar(&o.DryRun, "dry-run", false, "")
	flags.BoolVar(&o.Force, "force", false, "")
	return flags
}

// examination is what the flags of "gallery doctor" say besides those of the server.
type examination struct {
	user  string // as whom the service runs; "" for who is meant by default
	nginx string // the file with what nginx -T printed; "" for running it
	url   string // the site's first page; "" for that of nginx's server
	json  bool
}

// doctorFlags are the flags of "gallery doctor".
func doctorFlags(c *config, e *examination) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery doctor", flag.ContinueOnError)
	c.addThumbFlags(flags)
	flags.Func("memory", "", byteSize(&c.memory, minMemory))
	flags.StringVar(&c.listen, "listen", "127.0.0.1:5001", "")
	flags.StringVar(&e.user, "user", "", "")
	flags.StringVar(&e.nginx, "nginx", "", "")
	flags.StringVar(&e.url, "url", "", "")
	flags.BoolVar(&e.json, "json", false, "")
	return flags
}

// helpFlags are the flags of "gallery help".
func helpFlags(man *bool, completion *string) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery help", flag.ContinueOnError)
	flags.BoolVar(man, "man", false, "")
	flags.StringVar(completion, "completion", "", "")
	return flags
}

// noFlags are those of a command without any but -h.
func noFlags(command string) *flag.FlagSet {
	return flag.NewFlagSet("gallery "+command, flag.ContinueOnError)
}

// commands are the program without a subcommand, and all of these, with their flags.
func commands() []manual.Command {
	var c config
	return []manual.Command{
		{Name: "", Flags: serverFlags(&c)},
		{Name: "warm", Flags: warmFlags(&c, new(int), new(upkeep.Shard))},
		{Name: "clean", Flags: cleanFlags(&c, new(time.Duration), new(upkeep.CleanOptions))},
		{Name: "doctor", Flags: doctorFlags(&c, new(examination))},
		{Name: "passwd", Flags: noFlags("passwd")},
		{Name: "access", Flags: noFlags("access")},
		{Name: "share", Flags: shareFlags(new(sharing.Link), new(time.Duration), new(bool))},
		{Name: "shares", Flags: sharesFlags(new(string))},
		{Name: "health", Flags: noFlags("health")},
		{Name: "help", Flags: helpFlags(new(bool), new(string))},
		{Name: "version", Flags: noFlags("version")},
	}
}

// shareFlags are the flags of "gallery share".
func shareFlags(l *sharing.Link, expires *time.Duration, password *bool) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery share", flag.ContinueOnError)
	flags.Func("expires", "", age(expires))
	flags.BoolVar(password, "password", false, "")
	flags.BoolVar(&l.NoDownload, "no-download", false, "")
	flags.BoolVar(&l.Picks, "picks", false, "")
	flags.StringVar(&l.Name, "name", "", "")
	return flags
}

// sharesFlags are the flags of "gallery shares".
func sharesFlags(revoke *string) *flag.FlagSet {
	flags := flag.NewFlagSet("gallery shares", flag.ContinueOnError)
	flags.StringVar(revoke, "revoke", "", "")
	return flags
}

// parseFlags reads the server's command line.
func parseFlags(args []string, stdout io.Writer) (config, error) {
	c := defaults()
	flags := serverFlags(&c)
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
// environment. Asked for help, it prints the manual, or a subcommand's part of it.
func readFlags(flags *flag.FlagSet, args []string, stdout io.Writer) error {
	flags.SetOutput(io.Discard)
	if err := setFromEnvironment(flags); err != nil {
		return err
	}
	err := parseAnywhere(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		_, command, _ := strings.Cut(flags.Name(), " ")
		return errors.Join(err, printHelp(stdout, command))
	}
	if err != nil {
		return usageError{orTruth(err)}
	}
	return nil
}

// parseAnywhere parses a command line whose flags may also stand behind its other arguments,
// up to "--".
func parseAnywhere(flags *flag.FlagSet, args []string) error {
	var others []string
	for {
		if err := flags.Parse(args); err != nil {
			return err
		}
		rest := flags.Args()
		if ended := len(args) - len(rest); len(rest) == 0 || ended > 0 && args[ended-1] == "--" {
			return flags.Parse(slices.Concat([]string{"--"}, others, rest))
		}
		others, args = append(others, rest[0]), rest[1:]
	}
}

// printHelp prints the manual, or a subcommand's part of it.
func printHelp(stdout io.Writer, command string) error {
	if command == "" {
		_, err := fmt.Fprint(stdout, theManual())
		return err
	}
	var names []string
	for _, c := range commands() {
		if c.Name == command {
			text, _ := theManual().Help(c.Name, c.Flags)
			_, err := fmt.Fprint(stdout, text)
			return err
		}
		names = append(names, c.Name)
	}
	return usagef("help: there is no command %q, but %s", command, strings.Join(names[1:], ", "))
}

// orTruth has the flag package's error about what is neither true nor false, the only one of
// a flag here that does not say so by itself, tell what is expected.
func orTruth(err error) error {
	if before, ok := strings.CutSuffix(err.Error(), "parse error"); ok {
		return errors.New(before + "true or false is expected")
	}
	return err
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
		return usagef("one DIR is expected, not %d (%q)", flags.NArg(), flags.Args())
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

// environment is the variable that is used where a flag is absent, "" for none.
func environment(flag string) string {
	switch flag {
	case "version", "force", "man", "completion", "expires", "password", "no-download", "picks", "name", "revoke", "user", "nginx", "url", "json":
		return ""
	}
	return "GALLERY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFromEnvironment sets each flag whose environment variable is not empty:
// GALLERY_ and the flag's name, in capitals, with _ for -.
func setFromEnvironment(flags *flag.FlagSet) error {
	mistake := checkEnvironment(os.Environ())
	flags.VisitAll(func(f *flag.Flag) {
		name := environment(f.Name)
		value := os.Getenv(name) // of no variable, ""
		if name == "" || value == "" {
			return
		}
		if err := f.Value.Set(value); err != nil && mistake == nil {
			mistake = usagef("invalid value %q for %s: %w", value, name, orTruth(err))
		}
	})
	return mistake
}

// checkEnvironment refuses a variable that is but one slip away from a setting's: it would
// be without effect, and the site perhaps not -private. Others are left alone, since
// container engines add variables of their own, such as GALLERY_PORT.
func checkEnvironment(environ []string) error {
	known := map[string]bool{"GALLERY_ROOT": true}
	for _, c := range commands() {
		c.Flags.VisitAll(func(f *flag.Flag) { known[environment(f.Name)] = true })
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, "GALLERY") || known[name] || name == "GALLERY_PORT" { // near GALLERY_SORT
			continue
		}
		for setting := range known {
			if oneSlip(name, setting) {
				return usagef("%s is no setting: is %s meant?", name, setting)
			}
		}
	}
	return nil
}

// oneSlip reports whether two different words are alike but for one character that is
// missing, added, another, or swapped with its neighbour.
func oneSlip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	swapped := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	return len(a) <= 1 && len(b) <= 1 || swapped
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
		if bare, bareErr := strconv.ParseUint(s, 10, 32); bareErr == nil && bare > 0 && bare < uint64(low) && bare<<20 >= uint64(low) {
			return fmt.Errorf("that is a size in bytes, and at least %s are expected: is %dMiB meant?", humanize.IBytes(uint64(low)), bare)
		}
		if err != nil || n < uint64(low) || n > 1<<50 {
			return fmt.Errorf("a size of at least %s is expected, such as 256MiB or 1GB", humanize.IBytes(uint64(low)))
		}
		*to = int64(n)
		return nil
	}
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

// origins parses -embed: the schemes and hosts of sites, with commas between.
func origins(to *[]string) func(string) error {
	return func(s string) error {
		var all []string
		for origin := range strings.SplitSeq(s, ",") {
			origin = strings.TrimSuffix(strings.TrimSpace(origin), "/")
			scheme, host, _ := strings.Cut(origin, "://")
			if scheme != "https" && scheme != "http" || !hostName.MatchString(host) {
				return errors.New("origins are expected, such as https://example.com,https://www.example.com")
			}
			all = append(all, origin)
		}
		*to = all
		return nil
	}
}

// sortOrder parses -sort.
func sortOrder(to *string) func(string) error {
	return func(s string) error {
		if !album.IsOrder(s) {
			return errors.New("name, date, -name or -date is expected")
		}
		*to = s
		return nil
	}
}

// hostNames parses -host: names with commas between.
func hostNames(to *[]string) func(string) error {
	return func(s string) error {
		var names []string
		for name := range strings.SplitSeq(s, ",") {
			name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
			if !hostName.MatchString(name) || strings.ContainsAny(name, ":[") {
				return errors.New("host names are expected, without ports, such as photos.lan,gallery.example.com")
			}
			names = append(names, name)
		}
		*to = names
		return nil
	}
}

// thumbsOptions are what the flags say of making thumbnails.
func (c *config) thumbsOptions() thumbs.Options {
	o := thumbs.Options{Side: c.thumbSize, Quality: c.quality, Memory: c.memory}
	if c.webp {
		o.Alternatives = rendition.Alternatives
	}
	return o
}
