package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How the trees grow: photosEach photos in each of so many albums, albumsEach of which are in
// each folder of the root.
const (
	photosEach = 100
	albumsEach = 100
	// links is how many photos are links to one file: file systems have a bound on that.
	links = 20_000
)

// growth measures trees of 1,000 photos and ten times as many each time, up to the flag's.
func (b *bench) growth(ctx context.Context) error {
	program := filepath.Join(b.scratch, "gallery")
	if _, err := b.command(ctx, "go", "build", "-o", program, "."); err != nil {
		return err
	}
	var t table
	t.add("photos", "start ms", "front ms", "again CPU ms", "page CPU ms", "searchable s", "p50 ms", "p99 ms", "search B", "peak MB", "warm s", "warm CPU s", "clean s", "clean MB", "one album first ms", "one album CPU ms", "calls")
	for photos := 1000; photos <= b.grow; photos *= 10 {
		b.progress.Printf("%d photos", photos)
		row, err := b.grown(ctx, program, photos)
		if err != nil {
			return fmt.Errorf("%d photos: %w", photos, err)
		}
		t.add(row...)
		b.printf("%s\n", t.String())
		if b.plot != "" {
			if err := writeGrowth(b.plot, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// command runs a program and returns its output.
func (b *bench) command(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return string(out), nil
}

// timed runs a program that ends well and returns how long it took, the processor's time that
// it took, and the most memory that it had, in bytes.
func (b *bench) timed(ctx context.Context, name string, args ...string) (wall, cpu time.Duration, peak int64, err error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, 0, fmt.Errorf("%s %s: %w\n%s", name, args[0], err, out.String())
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return time.Since(begun), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10, nil
}

// grown makes a tree and measures a row of it.
func (b *bench) grown(ctx context.Context, program string, photos int) ([]string, error) {
	dir, err := b.tree(ctx, program, fmt.Sprint("tree", photos), photos, b.growTree)
	if err != nil {
		return nil, err
	}
	warm, warmCPU, _, err := b.timed(ctx, program, "warm", dir)
	if err != nil {
		return nil, err
	}
	clean, _, cleanPeak, err := b.timed(ctx, program, "clean", "-dry-run", dir)
	if err != nil {
		return nil, err
	}
	served, err := b.serveGrown(ctx, program, dir, photos)
	if err != nil {
		return nil, err
	}
	row := append([]string{fmt.Sprint(photos)}, served...)
	row = append(row, inSeconds(warm), inSeconds(warmCPU), inSeconds(clean), inMegabytes(cleanPeak))
	one, err := b.oneAlbum(ctx, program, min(photos, 100_000))
	return append(row, one...), err
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
func inMegabytes(n int64) string       { return fmt.Sprintf("%.0f", float64(n)/1e6) }

// tree returns a directory that fill has filled with photos and the program has warmed: one
// that an earlier run has left where trees are kept, else a new one.
func (b *bench) tree(ctx context.Context, program, name string, photos int, fill func(ctx context.Context, program, dir string, photos int) error) (string, error) {
	dir := filepath.Join(cmp.Or(b.trees, b.scratch), name)
	whole := dir + " whole" // is there once the tree is
	if _, err := os.Stat(whole); err != nil {
		for _, path := range []string{dir, dir + " seeds"} {
			if err := os.RemoveAll(path); err != nil {
				return "", err
			}
		}
		if err := fill(ctx, program, dir, photos); err != nil {
			return "", err
		}
		if err := os.WriteFile(whole, nil, 0o644); err != nil {
			return "", err
		}
	}
	_, _, _, err := b.timed(ctx, program, "warm", dir) // which writes the indexes
	return dir, err
}

// growTree makes an album of the files that all others are links to, has it warmed, and links
// photos and thumbnails: the records of these are of the state after all links were made.
func (b *bench) growTree(ctx context.Context, program, dir string, photos int) error {
	return b.linkTree(ctx, program, dir, photos, photosEach, growAlbum)
}

// growOne is growTree for all photos in one folder.
func (b *bench) growOne(ctx context.Context, program, dir string, photos int) error {
	return b.linkTree(ctx, program, dir, photos, photos, func(int) string { return "all" })
}

// linkTree makes a tree with so many photos in each album, which are called as name says.
func (b *bench) linkTree(ctx context.Context, program, dir string, photos, each int, name func(album int) string) error {
	seeds := dir + " seeds" // which stay: removing one changes its links
	n := max(16, photos/links+1)
	if err := os.MkdirAll(seeds, 0o755); err != nil {
		return err
	}
	for i := range n {
		if err := drawSeed(filepath.Join(seeds, fmt.Sprintf("%d.jpg", i)), i); err != nil {
			return err
		}
	}
	link := func(from, to string) error {
		for i := range photos {
			folder := filepath.Join(dir, name(i/each), to)
			if i%each == 0 {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return err
				}
			}
			if err := os.Link(filepath.Join(seeds, from, fmt.Sprintf("%d.jpg", i%n)), filepath.Join(folder, growName(i))); err != nil {
				return err
			}
		}
		return nil
	}
	if err := link("", ""); err != nil {
		return err
	}
	if _, err := b.command(ctx, program, "warm", seeds); err != nil {
		return err
	}
	return link("_thumbs", "_thumbs")
}

var growWords = strings.Fields("beach dog sunset lake mountain party birthday wedding garden snow train museum castle market harbour forest")

func growAlbum(i int) string {
	return fmt.Sprintf("%04d/%s %d", 2000+i/albumsEach, growWords[i%len(growWords)], i)
}

func growName(i int) string {
	return fmt.Sprintf("20%02d%02d%02d_120000 %s %d.jpg", i/photosEach/albumsEach%100, 1+i/31%12, 1+i%28, growWords[i*7%len(growWords)], i)
}

// drawSeed draws a small JPEG, of which no rendition but the thumbnail is wanted.
func drawSeed(path string, seed int) error {
	m := image.NewNRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x + seed*31), uint8(y + seed*17), uint8(seed * 7), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// growServer is a gallery that serves a tree.
type growServer struct {
	cmd   *exec.Cmd
	url   string
	debug string // address of its metrics
}

// startGrown starts a server; begun is before it was started.
func (b *bench) startGrown(ctx context.Context, program, dir string) (s *growServer, begun time.Time, err error) {
	var at [2]string
	var listeners [2]net.Listener // both at once, or they may be of the same port
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, begun, err
		}
		at[i] = listeners[i].Addr().String()
	}
	for _, listener := range listeners {
		listener.Close()
	}
	s = &growServer{exec.CommandContext(ctx, program, "-listen", at[0], "-debug", at[1], dir), "http://" + at[0], "http://" + at[1]}
	begun = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, begun, err
	}
	for time.Since(begun) < time.Minute {
		if _, err = fetchPage(ctx, s.url+"/.health"); err == nil {
			return s, begun, nil
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.stop()
	return nil, begun, err
}

func (s *growServer) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// settle waits until the server has done what its start, or a first look, left to be done: it
// takes less than a fiftieth of a processor for a second.
func (s *growServer) settle(ctx context.Context) error {
	before, err := treeTime(s.cmd.Process.Pid)
	for range 120 {
		if err != nil || ctx.Err() != nil {
			break
		}
		time.Sleep(time.Second)
		var now time.Duration
		if now, err = treeTime(s.cmd.Process.Pid); now-before < time.Second/50 {
			break
		}
		before = now
	}
	return cmp.Or(err, ctx.Err())
}

// cpu is the processor's time that n requests for a path take, each.
func (s *growServer) cpu(ctx context.Context, path string, n int, apart time.Duration) (time.Duration, error) {
	before, err := treeTime(s.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	for range n {
		if _, err := fetchPage(ctx, s.url+path); err != nil {
			return 0, err
		}
		time.Sleep(apart)
	}
	after, err := treeTime(s.cmd.Process.Pid)
	return (after - before) / time.Duration(n), err
}

func fetchPage(ctx context.Context, at string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", at, resp.Status)
	}
	return string(body), err
}

// serveGrown measures what a server of the tree takes.
func (b *bench) serveGrown(ctx context.Context, program, dir string, photos int) ([]string, error) {
	s, begun, err := b.startGrown(ctx, program, dir)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	asked := time.Now()
	if _, err := fetchPage(ctx, s.url+"/"); err != nil {
		return nil, err
	}
	start, front := asked.Sub(begun), time.Since(asked)
	searchable, err := s.searchable(ctx, begun, photos)
	if err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	const pause = 1100 * time.Millisecond // longer than a page is kept
	again, err := s.cpu(ctx, "/", 10, pause)
	if err != nil {
		return nil, err
	}
	albums := photos / photosEach
	page, err := s.cpu(ctx, (&url.URL{Path: "/" + growAlbum(albums/2) + "/"}).String(), 5, pause)
	if err != nil {
		return nil, err
	}
	for i := range min(200, albums) {
		if _, err := fetchPage(ctx, s.url+(&url.URL{Path: "/" + growAlbum(i*albums/min(200, albums)) + "/"}).String()); err != nil {
			return nil, err
		}
	}
	p50, p99, err := s.searches(ctx, photos)
	if err != nil {
		return nil, err
	}
	each, err := s.searchBytes(ctx)
	if err != nil {
		return nil, err
	}
	peak, err := memory(s.cmd.Process.Pid, "status", "VmHWM")
	return []string{milliseconds(start), milliseconds(front), milliseconds(again), milliseconds(page), inSeconds(searchable), milliseconds(p50), milliseconds(p99), each, inMegabytes(peak)}, err
}

// searchBytes is how many bytes of memory the search takes for a photo.
func (s *growServer) searchBytes(ctx context.Context) (string, error) {
	text, err := fetchPage(ctx, s.debug+"/metrics")
	if err != nil {
		return "", err
	}
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			values[name], _ = strconv.ParseFloat(value, 64) // those wanted are numbers
		}
	}
	photos, bytes := values["gallery_searchable_photos"], values["gallery_search_bytes"]
	if photos == 0 || bytes == 0 {
		return "", fmt.Errorf("the metrics count %v photos that can be found, of %v bytes", photos, bytes)
	}
	return fmt.Sprintf("%.0f", bytes/photos), nil
}

// searchable waits until the last photo is found, and returns how long after the start that was.
func (s *growServer) searchable(ctx context.Context, begun time.Time, photos int) (time.Duration, error) {
	last := url.QueryEscape(growName(photos - 1))
	for ctx.Err() == nil {
		page, err := fetchPage(ctx, s.url+"/.search?q="+last)
		if err != nil {
			return 0, err
		}
		if strings.Contains(page, "data-size=") {
			return time.Since(begun), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return 0, ctx.Err()
}

// searches asks for words drawn from the names, and returns the median and the 99th percentile
// of the times that the answers took.
func (s *growServer) searches(ctx context.Context, photos int) (p50, p99 time.Duration, err error) {
	random := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for range 1000 {
		words := strings.Fields(strings.TrimSuffix(growName(random.IntN(photos)), ".jpg"))
		query := words[random.IntN(len(words))]
		if random.IntN(2) == 0 {
			query += " " + words[random.IntN(len(words))]
		}
		begun := time.Now()
		if _, err := fetchPage(ctx, s.url+"/.search?q="+url.QueryEscape(query)); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], nil
}

// oneAlbum measures pages of an album of so many photos in one folder when no name changed: how
// long the first takes after a start, what a later one takes of a processor, and how often the
// first asks the file system.
func (b *bench) oneAlbum(ctx context.Context, program string, photos int) ([]string, error) {
	dir, err := b.tree(ctx, program, fmt.Sprint("one", photos), photos, b.growOne)
	if err != nil {
		return nil, err
	}
	s, err := b.startSettled(ctx, program, dir, photos)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	begun := time.Now()
	if _, err := fetchPage(ctx, s.url+"/all/"); err != nil {
		return nil, err
	}
	first := time.Since(begun)
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	cpu, err := s.cpu(ctx, "/all/?page="+fmt.Sprint((photos+999)/1000), 5, 1100*time.Millisecond)
	if err != nil {
		return nil, err
	}
	s.stop()
	s, err = b.startSettled(ctx, program, dir, photos)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	calls, err := s.fileCalls(ctx, "/all/")
	return []string{milliseconds(first), milliseconds(cpu), calls}, err
}

// startSettled starts a server and waits until it has gone over all albums.
func (b *bench) startSettled(ctx context.Context, program, dir string, photos int) (*growServer, error) {
	s, begun, err := b.startGrown(ctx, program, dir)
	if err != nil {
		return nil, err
	}
	if _, err = s.searchable(ctx, begun, photos); err == nil {
		err = s.settle(ctx)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// fileCalls is how often the server asks the file system for names, states and lists while it
// answers with a page, "-" where there is no strace to tell.
func (s *growServer) fileCalls(ctx context.Context, path string) (string, error) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		return "-", nil
	}
	var summary bytes.Buffer
	cmd := exec.CommandContext(ctx, tracer, "-f", "-c", "-e", "trace=%file,fstat,getdents64", "-o", "/dev/stdout", "-p", fmt.Sprint(s.cmd.Process.Pid))
	cmd.Stdout = &summary
	said, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	attached := bufio.NewScanner(said)
	attached.Scan() // it says so
	_, err = fetchPage(ctx, s.url+path)
	_ = cmd.Process.Signal(os.Interrupt)
	for attached.Scan() {
	}
	_ = cmd.Wait() // it ends by the signal
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(summary.String()) {
		if fields := strings.Fields(line); len(fields) > 4 && fields[len(fields)-1] == "total" {
			return fields[3], nil
		}
	}
	return "", fmt.Errorf("strace counts nothing: %s", summary.String())
}
