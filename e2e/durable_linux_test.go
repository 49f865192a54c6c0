package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// What the program writes is durable in the right order: a file's bytes before
// it gets its name, and the name of what was uploaded before the sender is
// told that it arrived. Only a power cut would show the difference, so the
// program's system calls are recorded instead.
func TestDurable_order(t *testing.T) {
	t.Parallel()
	users, signIn := addUser(t, "ann")
	dir := t.TempDir()
	for i := range 3 {
		draw(t, filepath.Join(dir, "a", fmt.Sprintf("%d.jpg", i)), 1000, 750, i)
	}
	named := recordServer(t, []string{"-users", users, "-upload", dir}, func(p *program, _ *recorder) {
		if pictures, _ := p.shows("/a/"); pictures != 3 {
			t.Errorf("the page shows %d pictures", pictures)
		}
		if a := p.send("GET", "/a/_thumbs/800/1.jpg"); a.StatusCode != 200 {
			t.Errorf("a preview = %d", a.StatusCode)
		}
		for _, to := range []struct{ page, album string }{{"/a/", ""}, {"/", "New"}, {"/a/", "Newer"}} {
			body, contentType := uploadForm(t, to.album, map[string][]byte{"up.jpg": photoData(t, 2, 1<<20), "up 2.jpg": photoData(t, 3, 0)})
			if status, answer := upload(t, p.url+to.page, signIn, contentType, bytes.NewReader(body)); status != 201 {
				t.Errorf("an upload on %s into %q = %d %s", to.page, to.album, status, answer)
			}
		}
	})
	for _, name := range []string{"a/_thumbs/0.jpg", "a/_thumbs/2.jpg", "a/_thumbs/800/1.jpg", "a/up.jpg", "New/up 2.jpg", "a/Newer/up.jpg"} {
		if named[filepath.Join(dir, name)] == 0 {
			t.Errorf("%s got no name in what was recorded: %v", name, named)
		}
	}
}

// The file of passwords is on the disk, under its name, when the command ends.
func TestDurable_passwd(t *testing.T) {
	t.Parallel()
	file, _ := addUser(t, "ann")
	cmd := exec.Command(binary, "passwd", file, "bob")
	password, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.WriteString("correct horse battery\n")
	w.Close()
	cmd.Stdin = password
	if named := record(t, cmd, func(*recorder) error { return password.Close() }); named[file] == 0 {
		t.Errorf("%s got no name in what was recorded: %v", file, named)
	}
}

// recordServer runs the server while use uses it, and returns what record does.
func recordServer(t *testing.T, args []string, use func(p *program, rec *recorder)) map[string]int {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"-listen", "127.0.0.1:0", "-host", "gallery.example.com,example.org,x"}, args...)...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	return record(t, cmd, func(rec *recorder) error {
		w.Close()
		defer cmd.Process.Signal(syscall.SIGTERM)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			if m := startLine.FindStringSubmatch(lines.Text()); m != nil {
				use(&program{t: t, cmd: cmd, url: "http://" + m[1]}, rec)
				return nil
			}
		}
		return errors.New("the program ended without saying where it listens")
	})
}

// A warm thumbnail takes no more system calls than it must, however deep its album is: three
// states, of the album's folder, of the photo and of the thumbnail, which is open; header and
// content; and up to three attempts to read the request, of which two find nothing yet. Added to
// these are the walk to the album and the thumbnail's opening, five times a second.
func TestThumbnail_systemCalls(t *testing.T) {
	const most = 9
	dir := t.TempDir()
	for _, album := range []string{"a", "b/c/d"} {
		fill(t, filepath.Join(dir, album), 1, [2]int{300, 200})
	}
	recordServer(t, []string{dir}, func(p *program, rec *recorder) {
		for _, album := range []string{"a", "b/c/d"} {
			took := func() float64 {
				const requests = 100
				p.shows("/" + album + "/")
				before := rec.calls.Load()
				for range requests {
					if status, _, err := fetch(p.url + "/" + album + "/_thumbs/1.jpg"); status != 200 {
						t.Errorf("a thumbnail = %d, %v", status, err)
					}
				}
				return float64(rec.calls.Load()-before) / requests
			}
			least := took()
			// Until its index is written and read, the album is looked through for sidecars.
			for deadline := time.Now().Add(30 * time.Second); least > most && time.Now().Before(deadline); {
				least = min(least, took())
			}
			if least > most || least < 5 {
				t.Errorf("in %s a thumbnail takes %.1f calls", album, least)
			}
		}
	})
}

// recorder knows, from the system calls of a process, what a power cut would
// leave of the files that it writes.
type recorder struct {
	t       *testing.T
	pid     int
	mem     *os.File
	flushed map[[2]uint64]bool // by device and inode: fsync was called since the last write
	unsafe  map[string]bool    // directories with new names, fsync not called since
	named   map[string]int     // how often a file got this name
	calls   atomic.Int64       // all but those by which Go schedules, and has memory
}

// record runs a command, and use beside it once it has started, and fails the
// test if a file gets a name before its bytes are durable, or if an answer is
// sent, or the command ends, before the names given outside _thumbs are. It
// returns how often each path was given to a file.
func record(t *testing.T, cmd *exec.Cmd, use func(rec *recorder) error) map[string]int {
	t.Helper()
	rec := &recorder{t: t, flushed: map[[2]uint64]bool{}, unsafe: map[string]bool{}, named: map[string]int{}}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // a process is traced by the thread that started it
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		rec.pid = cmd.Process.Pid
		started <- nil
		ended <- rec.follow()
	}()
	if err := <-started; err != nil {
		lacks(t, "a process cannot be traced here: %v", err)
	}
	defer func() { // also where use ends the test
		if err := <-ended; err != nil {
			t.Error(err)
		}
		rec.atEnd("the program ends")
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s", text)
		}
	}()
	if err := use(rec); err != nil {
		t.Error(err)
	}
	return rec.named
}

// follow lets the process run from system call to system call until it ends.
func (rec *recorder) follow() error {
	const exitKill = 0x100000 // PTRACE_O_EXITKILL
	var err error
	if rec.mem, err = os.Open(fmt.Sprintf("/proc/%d/mem", rec.pid)); err != nil {
		return err
	}
	defer rec.mem.Close()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(rec.pid, &status, 0, nil); err != nil { // for the stop at exec
		return err
	}
	if err := syscall.PtraceSetOptions(rec.pid, syscall.PTRACE_O_TRACESYSGOOD|syscall.PTRACE_O_TRACECLONE|exitKill); err != nil {
		return err
	}
	entered := map[int]syscallStop{} // by thread
	for thread, signal := rec.pid, 0; ; {
		// When the process ends, its other threads are killed, also stopped ones; wait tells.
		if err := syscall.PtraceSyscall(thread, signal); err != nil && err != syscall.ESRCH {
			return err
		}
		if thread, status, err = rec.wait(); err != nil {
			return err
		}
		signal = 0
		switch {
		case status.Exited() || status.Signaled():
			if status != 0 {
				return fmt.Errorf("the program ended with status %#x", status)
			}
			return nil
		case status.StopSignal() == syscall.SIGTRAP|0x80:
			stop, err := getSyscall(thread)
			if err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
			if stop.op == 1 {
				entered[thread] = stop
				rec.enter(stop)
			} else if stop.op == 2 && byte(stop.rest[1]) == 0 { // no error
				rec.leave(entered[thread])
			}
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP: // those come of tracing
			signal = int(status.StopSignal())
		}
	}
}

// wait returns the next thread that stops, or the process when it ends.
func (rec *recorder) wait() (thread int, status syscall.WaitStatus, err error) {
	for {
		thread, err = syscall.Wait4(-rec.pid, &status, syscall.WALL, nil)
		switch {
		case err == syscall.EINTR:
		case err == nil && thread != rec.pid && (status.Exited() || status.Signaled()):
		default:
			return thread, status, err
		}
	}
}

// syscallStop is Linux's struct ptrace_syscall_info (ptrace(2)): op is 1 at
// entry, and then rest holds the call's number and arguments, or 2 at exit, and
// then rest holds the result and whether that is an error.
type syscallStop struct {
	op     uint8
	arch   uint32
	ip, sp uint64
	rest   [8]uint64
}

func getSyscall(thread int) (stop syscallStop, err error) {
	const getSyscallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(stop), uintptr(unsafe.Pointer(&stop)), 0, 0)
	if errno != 0 {
		return stop, fmt.Errorf("asking for a system call: %w", errno)
	}
	return stop, nil
}

// enter looks at a call before the kernel does it.
func (rec *recorder) enter(call syscallStop) {
	arg := call.rest[1:]
	switch call.rest[0] {
	case syscall.SYS_FUTEX, syscall.SYS_EPOLL_PWAIT, syscall.SYS_NANOSLEEP, syscall.SYS_SCHED_YIELD, syscall.SYS_GETPID, syscall.SYS_TGKILL,
		syscall.SYS_RT_SIGRETURN, syscall.SYS_MMAP, syscall.SYS_MADVISE, syscall.SYS_RESTART_SYSCALL:
	default:
		rec.calls.Add(1)
	}
	switch call.rest[0] {
	case syscall.SYS_WRITE, syscall.SYS_WRITEV, syscall.SYS_PWRITE64, syscall.SYS_FTRUNCATE, syscall.SYS_SENDFILE:
		if to := rec.path(arg[0]); strings.HasPrefix(to, "socket:") {
			rec.atEnd("an answer is sent")
		} else if strings.HasPrefix(to, "/") {
			delete(rec.flushed, rec.inode(to, arg[0]))
		}
	case syscall.SYS_LINKAT, syscall.SYS_RENAMEAT:
		from, to := filepath.Join(rec.path(arg[0]), rec.text(arg[1])), filepath.Join(rec.path(arg[2]), rec.text(arg[3]))
		var info syscall.Stat_t
		if err := syscall.Lstat(from, &info); err != nil {
			rec.t.Errorf("renaming %s: %v", from, err)
		} else if !rec.flushed[[2]uint64{info.Dev, info.Ino}] {
			rec.t.Errorf("%s gets its name before its bytes are durable", to)
		}
	}
}

// leave looks at a call that has succeeded.
func (rec *recorder) leave(call syscallStop) {
	arg := call.rest[1:]
	switch call.rest[0] {
	case syscall.SYS_FSYNC, syscall.SYS_FDATASYNC:
		path := rec.path(arg[0])
		rec.flushed[rec.inode(path, arg[0])] = true
		delete(rec.unsafe, path)
	case syscall.SYS_LINKAT, syscall.SYS_RENAMEAT:
		to := filepath.Join(rec.path(arg[2]), rec.text(arg[3]))
		rec.named[to]++
		rec.added(to)
	case syscall.SYS_MKDIRAT:
		rec.added(filepath.Join(rec.path(arg[0]), rec.text(arg[1])))
	}
}

// added notes a new name. Thumbnails may get lost.
func (rec *recorder) added(path string) {
	if !strings.Contains(path+"/", "/_thumbs/") {
		rec.unsafe[filepath.Dir(path)] = true
	}
}

// atEnd is called when somebody takes for granted that all is stored.
func (rec *recorder) atEnd(when string) {
	for dir := range rec.unsafe {
		rec.t.Errorf("%s before the new names in %s are durable", when, dir)
	}
}

// path returns what the process knows as a file descriptor.
func (rec *recorder) path(fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", rec.pid, int32(fd)))
	return path
}

func (rec *recorder) inode(path string, fd uint64) [2]uint64 {
	var info syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/fd/%d", rec.pid, int32(fd)), &info); err != nil {
		rec.t.Errorf("%s: %v", path, err)
	}
	return [2]uint64{info.Dev, info.Ino}
}

// text returns a string in the memory of the process.
func (rec *recorder) text(addr uint64) string {
	var b [4096]byte
	n, _ := rec.mem.ReadAt(b[:], int64(addr)) // up to the end of what is mapped
	text, _, _ := bytes.Cut(b[:n], []byte{0})
	return string(text)
}
