package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mooseFS is a MooseFS with one chunk server, in a network namespace of its own.
type mooseFS struct {
	t         *testing.T
	dir       string
	namespace int // a process in it
	master    *exec.Cmd
	mounts    []*exec.Cmd
}

// mooseAddress is that of its servers: they refuse loopback ones.
const mooseAddress = "10.77.0.1"

// startMooseFS starts one and mounts it so many times, until the test ends.
func startMooseFS(t *testing.T, mounts int) *mooseFS {
	t.Helper()
	for tool, of := range map[string]string{"mfsmaster": "moosefs-master", "mfschunkserver": "moosefs-chunkserver", "mfsmount": "moosefs-client", "ip": "iproute2", "nsenter": "util-linux"} {
		need(t, tool, of)
	}
	fuse, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		lacks(t, "a file system of a program's cannot be mounted here: %v", err)
	}
	fuse.Close()
	m := &mooseFS{t: t, dir: t.TempDir()}
	// A file of Debian's package is the metadata of an empty file system.
	empty, err := os.ReadFile("/var/lib/mfs/metadata.mfs.empty")
	if err != nil {
		t.Fatal(err)
	}
	const common = "WORKING_USER = root\nWORKING_GROUP = root\nNICE_LEVEL = 0\nDISABLE_OOM_KILLER = 0\nLOCK_MEMORY = 0\n"
	for name, text := range map[string]string{
		"master/metadata.mfs": string(empty),
		"master.cfg":          common + fmt.Sprintf("DATA_PATH = %s/master\nEXPORTS_FILENAME = %[1]s/exports.cfg\nTOPOLOGY_FILENAME = %[1]s/topology.cfg\n", m.dir),
		"exports.cfg":         "* / rw,alldirs,admin,maproot=0:0\n",
		"topology.cfg":        "",
		"chunk.cfg":           common + fmt.Sprintf("DATA_PATH = %s/chunk\nHDD_CONF_FILENAME = %[1]s/hdd.cfg\nMASTER_HOST = %s\n", m.dir, mooseAddress),
		"hdd.cfg":             m.dir + "/hdd\n",
		"chunk/.keep":         "", "hdd/.keep": "",
	} {
		put(t, filepath.Join(m.dir, name), []byte(text))
	}
	holder := exec.Command("sleep", "infinity")
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := holder.Start(); err != nil {
		lacks(t, "there is no network namespace to be had, which takes root: %v", err)
	}
	m.namespace = holder.Process.Pid
	t.Cleanup(func() {
		holder.Process.Kill()
		holder.Wait()
	})
	for _, args := range [][]string{{"link", "set", "lo", "up"}, {"addr", "add", mooseAddress + "/32", "dev", "lo"}} {
		if out, err := m.inside("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v\n%s", args, err, out)
		}
	}
	m.startMaster()
	t.Cleanup(func() { m.end(m.master) })
	chunks := m.inside("mfschunkserver", "-f", "-c", filepath.Join(m.dir, "chunk.cfg"), "start")
	out := m.run(chunks)
	m.until("the chunk server", func() bool { return out.count("onnected to Master") > 0 })
	t.Cleanup(func() { m.end(chunks) })
	for i := range mounts {
		if err := os.Mkdir(m.mount(i), 0o755); err != nil {
			t.Fatal(err)
		}
		client := m.inside("mfsmount", "-f", "-H", mooseAddress, m.mount(i))
		m.run(client)
		m.mounts = append(m.mounts, client)
		t.Cleanup(func() {
			syscall.Unmount(m.mount(i), syscall.MNT_DETACH)
			m.end(client)
		})
		m.until("a mount", func() bool {
			probe := filepath.Join(m.mount(i), fmt.Sprint("probe", i)) // which takes the chunk server, too
			var at syscall.Statfs_t
			const fuseMagic = 0x65735546
			return syscall.Statfs(m.mount(i), &at) == nil && at.Type == fuseMagic && os.WriteFile(probe, []byte("x"), 0o644) == nil && os.Remove(probe) == nil
		})
	}
	return m
}

// mount is the directory at which it is mounted for the ith time.
func (m *mooseFS) mount(i int) string { return filepath.Join(m.dir, fmt.Sprint("mount", i)) }

// inside is a command in the network namespace.
func (m *mooseFS) inside(name string, args ...string) *exec.Cmd {
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name
	}
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(m.namespace), "-n", path}, args...)...)
}

// run starts a command whose output is shown if the test fails.
func (m *mooseFS) run(cmd *exec.Cmd) (out *said) {
	m.t.Helper()
	out = new(said)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if m.t.Failed() {
			m.t.Logf("%s:\n%s", filepath.Base(cmd.Args[4]), out.text.String())
		}
	})
	return out
}

func (m *mooseFS) startMaster() {
	m.t.Helper()
	m.master = m.inside("mfsmaster", "-f", "-c", filepath.Join(m.dir, "master.cfg"), "start")
	out := m.run(m.master)
	m.until("the master", func() bool { return out.count("initialized properly") > 0 })
}

// end ends a process as its service would.
func (m *mooseFS) end(cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		return
	}
	cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	cmd.Wait()
}

func (m *mooseFS) until(what string, ok func() bool) {
	m.t.Helper()
	for begun := time.Now(); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			m.t.Fatalf("waiting for %s", what)
		}
	}
}

// Two servers, and then four, over two mounts of a MooseFS, as over one directory: each
// thumbnail is made once. A mount whose client is killed costs no request.
func TestCluster_mooseFS(t *testing.T) {
	t.Parallel()
	m := startMooseFS(t, 2)
	for _, servers := range []int{2, 4} {
		t.Run(fmt.Sprint(servers), func(t *testing.T) {
			var dirs []string
			for i := range servers {
				dirs = append(dirs, filepath.Join(m.mount(i%2), fmt.Sprint("photos", servers)))
			}
			if err := os.Mkdir(dirs[0], 0o755); err != nil {
				t.Fatal(err)
			}
			m.until("the other mount", func() bool {
				_, err := os.Stat(dirs[1])
				return err == nil
			})
			c := startCluster(t, dirs...)
			c.makesOnce()
			c.killOne()
			if servers < 4 {
				return
			}
			c.whileVisitorsCome(0, func(wait func()) {
				m.mounts[1].Process.Kill()
				m.mounts[1].Wait()
				wait()
			})
		})
	}
}

// While the metadata server is away what is asked waits or is answered with 503, and
// afterwards all goes on: each thumbnail is there, and nothing was deleted.
func TestMooseFS_masterAway(t *testing.T) {
	t.Parallel()
	m := startMooseFS(t, 2)
	for _, i := range []int{0, 1} {
		if err := os.MkdirAll(filepath.Join(m.mount(i), "photos"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := startCluster(t, filepath.Join(m.mount(0), "photos"), filepath.Join(m.mount(1), "photos"))
	c.makesOnce()
	m.end(m.master)
	gone := time.Now()
	var all sync.WaitGroup
	var waited, refused atomic.Int64
	for i := range 8 {
		target := fmt.Sprintf([]string{"/a%d/", "/a%d/1.jpg/", "/a%d/_thumbs/2.jpg", "/a%d/_thumbs/1200/3.jpg"}[i%4], i%clusterAlbums)
		all.Go(func() {
			r, err := (&http.Client{Timeout: 100 * time.Second}).Get("http://" + c.nginx.plain + target)
			if err != nil {
				t.Errorf("GET %s: %v", target, err)
				return
			}
			defer r.Body.Close()
			_, err = io.Copy(io.Discard, r.Body)
			switch {
			case r.StatusCode == 503 || r.StatusCode == 504:
				refused.Add(1)
			case r.StatusCode == 200 && err == nil:
				waited.Add(1)
			default:
				t.Errorf("GET %s = %d, %v", target, r.StatusCode, err)
			}
		})
	}
	time.Sleep(8*time.Second - time.Since(gone)) // this is the fault
	m.startMaster()
	all.Wait()
	t.Logf("of 8 requests %d waited and %d were refused; the last was answered after %.1f s", waited.Load(), refused.Load(), time.Since(gone).Seconds())
	m.until("pages to come again", func() bool {
		for a := range clusterAlbums {
			page := send(t, c.nginx.plain, false, "GET", fmt.Sprintf("/a%d/", a))
			if page.StatusCode != 200 || strings.Count(string(page.body), "<img src=") != clusterPhotos {
				return false
			}
		}
		return true
	})
	for a := range clusterAlbums {
		thumbs, err := filepath.Glob(filepath.Join(m.mount(0), "photos", fmt.Sprintf("a%d", a), "_thumbs", "*.jpg"))
		if len(thumbs) != clusterPhotos {
			t.Errorf("%d thumbnails are left in album %d, %v", len(thumbs), a, err)
		}
	}
}

// A mount that no longer answers while thumbnails on it are open, and are to be closed, keeps no
// other album waiting.
func TestMooseFS_hangsWhileOpen(t *testing.T) {
	t.Parallel()
	m := startMooseFS(t, 1)
	there := "/" + filepath.Base(m.mount(0)) + "/a/"
	fill(t, filepath.Join(m.mount(0), "a"), 20, [2]int{300, 200})
	fill(t, filepath.Join(m.dir, "Here"), 1, [2]int{300, 200})
	p := start(t, nil, "-background=false", m.dir)
	p.shows("/Here/")
	p.shows(there)
	for i := range 20 {
		if status, _, err := fetch(fmt.Sprintf("%s%s_thumbs/%d.jpg", p.url, there, i+1)); status != 200 {
			t.Fatalf("a thumbnail = %d, %v", status, err)
		}
	}
	client := m.mounts[0].Process
	if err := client.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer client.Signal(syscall.SIGCONT)
	visitor := &http.Client{Timeout: 5 * time.Second}
	for begun := time.Now(); time.Since(begun) < 2*time.Second; time.Sleep(50 * time.Millisecond) {
		r, err := visitor.Get(p.url + "/Here/_thumbs/1.jpg")
		if err != nil {
			t.Fatalf("after %v: %v", time.Since(begun), err)
		}
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Errorf("a thumbnail on the disk = %d", r.StatusCode)
		}
	}
}

// How fast the program answers with warm thumbnails on MooseFS, against a local disk.
func TestMooseFS_speed(t *testing.T) {
	m := startMooseFS(t, 1)
	local := t.TempDir()
	var servers []*program
	for _, dir := range []string{local, m.mount(0)} {
		fill(t, filepath.Join(dir, "photos", "a"), 50, [2]int{900, 600})
		p := start(t, nil, "-background=false", filepath.Join(dir, "photos"))
		p.shows("/a/")
		m.until("the index", func() bool {
			_, err := os.Stat(filepath.Join(dir, "photos", "a", "_thumbs", ".index", "photos"))
			return err == nil
		})
		p.shows("/a/")
		servers = append(servers, p)
	}
	// One request of the one and one of the other in turn: whatever else the machine does is
	// then the same for both.
	var took [2][]time.Duration
	for i := range 3000 {
		for k, p := range servers {
			begun := time.Now()
			r, err := http.Get(fmt.Sprintf("%s/a/_thumbs/%d.jpg", p.url, 1+i%50))
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
			if err != nil || r.StatusCode != 200 {
				t.Fatalf("a thumbnail = %d, %v", r.StatusCode, err)
			}
			took[k] = append(took[k], time.Since(begun))
		}
	}
	for k := range took {
		slices.Sort(took[k])
	}
	local90, moose90 := took[0][2700], took[1][2700]
	onDisk, onMoose := took[0][1500], took[1][1500]
	t.Logf("a warm thumbnail takes %v on the local disk and %v on MooseFS in the median (90 of 100: %v and %v): %.2f of the speed",
		onDisk, onMoose, local90, moose90, float64(onDisk)/float64(onMoose))
}
