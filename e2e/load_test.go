package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// openFiles returns how many files and connections a process has open.
func (p *program) openFiles() int {
	p.t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	return len(entries)
}

// calm waits until the program has no more files open than it had before. What
// it closes by itself, it does within the limits of connection.go and main.go.
func (p *program) calm(before int) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); p.openFiles() > before+2; { // the runtime's own may come later
		if time.Now().After(deadline) {
			p.t.Errorf("%d files are open, %d were before", p.openFiles(), before)
			return
		}
		time.Sleep(20 * time.Millisecond) // there is no event to wait for
	}
}

// dial connects to the program.
func (p *program) dial() net.Conn {
	p.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	return conn
}

// Five hundred visitors of cold albums all get their pages, whole, within the
// memory that one takes.
func TestLoad_fiveHundredColdVisitors(t *testing.T) {
	const albums, photos, visitors = 25, 8, 500
	dir := t.TempDir()
	draw(t, filepath.Join(dir, "one.jpg"), 3000, 2000, 1)
	data, err := os.ReadFile(filepath.Join(dir, "one.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range albums * photos {
		put(t, filepath.Join(dir, fmt.Sprint("a", i%albums), fmt.Sprintf("%d.jpg", i/albums)), data)
	}
	guard(t, dir)
	p := start(t, nil, dir)
	before := p.openFiles()
	var all sync.WaitGroup
	for v := range visitors {
		all.Go(func() {
			target := fmt.Sprintf("/a%d/", v%albums)
			a := p.send("GET", target)
			if n := bytes.Count(a.body, []byte("<img src")); a.StatusCode != 200 || n != photos {
				t.Errorf("GET %s = %d with %d pictures, want %d", target, a.StatusCode, n, photos)
			}
		})
	}
	all.Wait()
	peak := p.peakMemory()
	t.Logf("%d visitors of %d cold albums: at most %d MB resident", visitors, albums, peak>>20)
	if peak > memoryBound {
		t.Errorf("%d MB were resident, want at most %d", peak>>20, memoryBound>>20)
	}
	p.calm(before)
}

// Visitors who leave while their page is being made leave nothing behind.
func TestLoad_visitorsLeave(t *testing.T) {
	t.Parallel()
	dir := album(t, 60)
	guard(t, dir)
	p := start(t, nil, dir)
	before := p.openFiles()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			ctx, leave := context.WithCancel(context.Background())
			r, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/a/", nil)
			if resp, err := http.DefaultClient.Do(r); err == nil {
				io.CopyN(io.Discard, resp.Body, 4096)
				leave()
				resp.Body.Close()
			}
			leave()
			conn := p.dial()
			io.WriteString(conn, "GET /a/ HTTP/1.1\r\nHost: x\r\n\r\n")
			conn.Close()
		})
	}
	all.Wait()
	http.DefaultClient.CloseIdleConnections()
	p.calm(before)
	waitFor(t, "the last file that is being written", func() bool { // calm allows for two
		_, litter := settled(t, filepath.Join(dir, "a"), filepath.Join(dir, "a", "_thumbs"))
		return litter == 0
	})
	if pictures, _ := p.shows("/a/"); pictures != 60 {
		t.Errorf("afterwards the page shows %d pictures", pictures)
	}
}

// A thousand readers who take a byte a second, and hundreds of connections
// that say nothing, little, too much or the same for ever, cost others nothing
// but a moment.
func TestLoad_idlersAndFloods(t *testing.T) {
	t.Parallel()
	dir := album(t, 10)
	put(t, filepath.Join(dir, "large.jpg"), make([]byte, 32<<20))
	guard(t, dir)
	p := start(t, nil, dir)
	p.shows("/a/")
	before := p.openFiles()
	idle := p.peakMemory()

	const readers, silent, slow = 1000, 200, 200
	ctx, end := context.WithCancel(context.Background())
	var idlers sync.WaitGroup
	tick := func(work func() error) { // once a second, to the end
		idlers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Second):
					if work() != nil {
						return
					}
				}
			}
		})
	}
	var open []net.Conn
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error { // so that little lies in the system
		return c.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	for range readers {
		conn, err := dialer.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "GET /large.jpg HTTP/1.1\r\nHost: x\r\n\r\n")
		open = append(open, conn)
		tick(func() error { _, err := conn.Read(make([]byte, 1)); return err })
	}
	started := time.Now()
	var doomed []net.Conn // those that the program ends
	for range silent {
		doomed = append(doomed, p.dial())
	}
	for i := range slow {
		conn := p.dial()
		doomed = append(doomed, conn)
		header := fmt.Sprintf("GET /a/ HTTP/1.1\r\nHost: x\r\nX-Slow-%d: %s", i, strings.Repeat("x", 1000))
		at := 0
		tick(func() error { at++; _, err := io.WriteString(conn, header[at-1:at]); return err })
	}

	// Others are served meanwhile, once the readers have their first byte, at what it costs anyway.
	for _, conn := range open {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	began := p.processorTime()
	for range 20 {
		if pictures, _ := p.shows("/a/"); pictures != 10 {
			t.Errorf("meanwhile the page shows %d pictures", pictures)
		}
		if a := p.send("GET", "/a/1.jpg"); a.StatusCode != 200 {
			t.Errorf("meanwhile a photo = %d", a.StatusCode)
		}
	}
	if took := (p.processorTime() - began) / 40; took > 20*time.Millisecond {
		t.Errorf("meanwhile an answer takes a processor %v", took)
	}

	for name, request := range map[string]string{
		"one long header":    "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"many short headers": "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: y\r\n", 200_000) + "\r\n",
		"endless target":     "GET /" + strings.Repeat("x", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		a, ok := ask(t, strings.TrimPrefix(p.url, "http://"), false, request)
		if ok && a.StatusCode != 431 && a.StatusCode != 414 {
			t.Errorf("%s = %d, want 431 or 414", name, a.StatusCode)
		}
	}
	flood(t, p)

	peak, files := p.peakMemory(), p.openFiles()
	t.Logf("%d readers of a byte a second, %d silent and %d slow connections: %d MB resident, %d before; %d files open",
		readers, silent, slow, peak>>20, idle>>20, files)
	if files > before+2*readers+silent+slow+10 {
		t.Errorf("%d files are open, more than a connection and a photo for each reader", files)
	}
	if peak > idle+128<<20 { // some 70 kB a connection
		t.Errorf("%d MB were resident, %d before", peak>>20, idle>>20)
	}
	for _, conn := range doomed {
		conn.SetReadDeadline(started.Add(25 * time.Second))
		if _, err := io.ReadAll(conn); os.IsTimeout(err) {
			t.Fatal("a connection that sends no request is not ended")
		}
	}
	end()
	for _, conn := range open {
		conn.Close()
	}
	idlers.Wait()
	p.calm(before)
}

// flood sends requests without end on one connection, and reads no answer at
// first; then all answers are there, in their order.
func flood(t *testing.T, p *program) {
	const requests = 20_000
	conn := p.dial()
	conn.SetDeadline(time.Now().Add(60 * time.Second))
	go io.WriteString(conn, strings.Repeat("GET /.health HTTP/1.1\r\nHost: x\r\n\r\n", requests))
	if a := p.send("GET", "/a/"); a.StatusCode != 200 {
		t.Errorf("during a flood the page = %d", a.StatusCode)
	}
	answers := bufio.NewReader(conn)
	for i := range requests {
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Errorf("answer %d of %d on one connection: %v", i, requests, err)
			return
		}
		io.Copy(io.Discard, resp.Body)
	}
}
