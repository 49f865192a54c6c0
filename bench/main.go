// Bench measures the gallery and its peers side by side, in one run and with
// the same files.
//
//	go run ./bench [-photos DIR]... [-n ROUNDS] [-most N] [-each] [-only PART | -grow PHOTOS] [-plot FILE]
//
// It is to be run from the repository's root, on Linux. What it takes is for
// most of it processor time, which others on the machine change little. Peers
// that are not installed are left out, and a line says so. On Debian:
//
//	apt-get install libvips-tools libjpeg-turbo-progs webp python3-pil python3-flask gunicorn \
//		wrk nginx-light caddy
//	npm ci --prefix bench/sharp
//
// # Flags
//
//	-photos DIR   measure with the pictures in DIR, without its folders; may be given several
//	              times. Without it, four pictures of 12 megapixels are drawn that have a
//	              photo's spectrum.
//	-n ROUNDS     measure each time so often and take the median (3)
//	-most N       take at most so many photos of each coding, from all over; 0 takes all (12)
//	-each         also write a row for each photo
//	-only PART    measure only this: thumbnails, server, or private
//	-grow PHOTOS  measure how the program grows, with trees of 1,000, 10,000 and so on to so
//	              many photos
//	-trees DIR    keep the trees that grow there, and take those that are
//	-plot FILE    also draw the thumbnails' processor time or, with -grow, the table, in SVG
//
// # Thumbnails
//
// Each contender makes JPEGs of quality 82 of each photo, whose longer side is
// at most 400, 800 or 1600 pixels, from a file that the system has in memory to
// another file, on one thread:
//
//	gallery        internal/photo: Inspect, Reduce, Encode
//	vipsthumbnail  with [Q=82,strip] and one thread
//	sharp          autoOrient, resize, jpeg, with one thread and without cache
//	Pillow         Image.thumbnail with Lanczos, which decodes JPEGs at a reduced size (draft
//	               mode) where that leaves twice the thumbnail's, exif_transpose, save
//
// There is a table for each coding. Of one that no photo has, files are made of
// three of the photos: progressive ones by jpegtran, PNG by image/png, WebP by
// cwebp, GIF (of 3 megapixels) by image/gif. A table's rows, written as they are
// measured, are what a photo takes at each side, in ms of processor time, user
// and system: the median of all rounds, averaged over the photos, for which the
// contenders take turns; then gallery's share of that; and at most what share of
// the better of vipsthumbnail and sharp is aimed at. In the last row gallery makes
// all three sides from one decoding, and the others one after the other.
//
// vipsthumbnail starts anew for each picture, which is taken out: what it takes
// for one of 16x16 pixels, measured in turn with all else and as often, is
// subtracted. A photo that some contender cannot read is named and left out.
//
// A second table has
//
//	PSNR       of the pictures before they are encoded, in dB, against the whole photo decoded
//	           and reduced by imaging with Lanczos to the same dimensions: over red, green and
//	           blue of all pixels of a photo; mean and least over the photos
//	bytes      of what is made, mean. gallery's keep the colour profile, others have none.
//	peak MB    the most memory that one process had resident, working on one photo at a time;
//	           after < where no less could be seen than what this program takes itself
//
// The last table is of files alone. gallery's pictures of the baseline photos, at 400 and at
// 1600 pixels, are encoded by gallery, and by sharp once as libjpeg does and once as mozjpeg
// does, in the quality whose PSNR is gallery's, over red, green and blue of what image/jpeg
// decodes. CPU is of encoding, and for sharp of reading the picture as well.
//
// # Server
//
// An album of 200 photos is made of the given JPEGs in a temporary directory,
// by hard links where TMPDIR is on the photos' file system and else by copies.
// It is shown by the program, built as it is released, and by a small
// application of Flask and Pillow with two workers of gunicorn, like the one
// that it replaces (flask/app.py).
//
// The first table is of how long the thumbnails take, with the photos in the
// system's memory:
//
//	cold page   the server has just started, and there are no thumbnails. One visitor asks for
//	            the page. All photos are ready when the page has ended and all thumbnails are
//	            on disk.
//	all three   gallery warm, and vipsthumbnail with all cores, make 400, 800 and 1600 pixels of
//	            each photo
//	alone       what the part of that takes which the tables above are of, on one thread; the
//	            rest is for reading folders, for records, for WebP beside JPEG, and for files
//	            that are whole and flushed
//	peak        the most memory resident, the sum over all processes; what they share counts in
//	            each
//
// The second is of servers with all thumbnails on disk: requests a second over 16
// connections, for 4 seconds, from wrk or, where that is not installed, one
// thread of this program. The generator has the last core for itself, and the
// server the others. nginx, which looks at links as in the configuration that
// comes with the program, and Caddy serve the same files.
//
//	CPU us      what the server takes a request
//	idle        20 seconds after the cold page and all that it left to be done: proportional set
//	            size, in which what is shared counts once
//
// # Private albums
//
// With -only private, nginx with the files that come with the program serves thumbnails of an
// album that everybody may see, and with a cookie those of one that a user may. The same files
// without any question of who may see what are what both are compared to. It takes wrk and
// nginx.
//
// # Growth
//
// Trees of 100 photos an album and 100 albums a folder are made in TMPDIR, of links to a few
// small files and their thumbnails, and warmed once. The table has a row for each tree:
//
//	start, front     from the start of a server to its first answer, and its front page then
//	again, page      processor time of the front page and of an album's, 1.1 s apart, so that
//	                 none is answered from memory alone; with what goes on behind them, but
//	                 without what the start has left to be done
//	searchable       from the start until the last photo is found
//	p50, p99         of 1,000 searches for words drawn from the names, as answered
//	peak             the most memory resident, after the front page, 200 albums, all searches
//	warm, clean      a warming of what is warm, and clean -dry-run
//	one album        processor time of a page of an album of as many photos in one folder, up
//	                 to 100,000
//
// Numbers of a run can be compared with each other. Those of another machine,
// or of another day, cannot.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// quality is of every JPEG that is made.
const quality = 82

// config is what the flags say.
type config struct {
	photos []string // directories; none for drawn pictures
	rounds int      // at least 1
	most   int      // photos of each coding; 0 for all
	each   bool     // also a row for each photo
	only   string   // the part to measure; "" for all
	grow   int      // photos in the largest of the trees that grow; 0 for none
	trees  string   // a directory that keeps the trees that grow; "" for none
	plot   string   // a file to draw in; "" for none
}

func main() {
	if name := os.Getenv(roleVariable); name != "" {
		if err := work(name, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", name+":", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted")
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the program. Tables go to stdout, what it is at to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	b := &bench{config: c, cores: runtime.NumCPU(), out: stdout, progress: log.New(stderr, "", log.Ltime)}
	if b.scratch, err = os.MkdirTemp("", "gallery-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.scratch)
	if c.grow > 0 {
		b.writeMachine(ctx)
		return b.growth(ctx)
	}
	if c.only == "private" {
		b.writeMachine(ctx)
		return b.comparePrivate(ctx)
	}
	photos, err := b.findPhotos(ctx)
	if err != nil {
		return err
	}
	b.writeMachine(ctx)
	if c.only != "server" {
		if err := b.compareThumbnails(ctx, photos); err != nil {
			return err
		}
	}
	if c.only != "thumbnails" {
		return b.compareServers(ctx, photos)
	}
	return nil
}

func parseFlags(args []string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("photos", "`DIR` with pictures; may be repeated (drawn ones)", func(dir string) error {
		c.photos = append(c.photos, dir)
		return nil
	})
	flags.IntVar(&c.rounds, "n", 3, "how many `ROUNDS` to measure")
	flags.BoolVar(&c.each, "each", false, "also write a row for each photo")
	flags.IntVar(&c.most, "most", 12, "take at most `N` photos of each coding; 0 takes all")
	flags.StringVar(&c.only, "only", "", "measure only this `PART`: thumbnails, server, or private")
	flags.IntVar(&c.grow, "grow", 0, "measure trees of 1,000 `PHOTOS` to so many")
	flags.StringVar(&c.trees, "trees", "", "keep the trees that grow in `DIR`, and take those that are there")
	flags.StringVar(&c.plot, "plot", "", "also draw the thumbnails' processor time, or the growth, to `FILE`, in SVG")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("unexpected %q: directories are named with -photos", flags.Arg(0))
	}
	if c.rounds < 1 {
		return c, fmt.Errorf("-n %d: at least one round is expected", c.rounds)
	}
	if c.most < 0 {
		return c, fmt.Errorf("-most %d: a number of photos is expected, or 0 for all", c.most)
	}
	if c.plot != "" && (c.only == "server" || c.only == "private") {
		return c, fmt.Errorf("-plot draws what -only %s leaves out", c.only)
	}
	if c.only != "" && c.only != "thumbnails" && c.only != "server" && c.only != "private" {
		return c, fmt.Errorf("-only %q: thumbnails, server or private is expected", c.only)
	}
	return c, nil
}

// bench is one run.
type bench struct {
	config
	cores    int
	scratch  string    // a directory for whatever is made
	header   string    // a further field of wrk's requests, NAME: VALUE; "" for none
	out      io.Writer // for tables
	progress *log.Logger
}

func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format, args...) }
