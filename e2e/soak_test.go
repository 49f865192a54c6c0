package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soak is a program under load whose storage changes and fails below it.
type soak struct {
	t        *testing.T
	dir      string // of photos, two albums
	cache    string // a small disk
	off      string // where an album lies while its disk is away
	random   *rand.Rand
	program  *program
	url      atomic.Pointer[string]
	photos   map[string]uint8 // the shade that each photo has now, by its name
	away     bool
	answered atomic.Int64
}

// paint replaces a photo by one of another shade, as a program that edits does.
func (s *soak) paint(name string, shade uint8) {
	s.t.Helper()
	m := image.NewGray(image.Rect(0, 0, 900, 600))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.dir, name)
	put(s.t, filepath.Join(s.dir, ".anew"), b.Bytes())
	if err := os.Rename(filepath.Join(s.dir, ".anew"), path); err != nil {
		s.t.Fatal(err)
	}
	s.photos[name] = shade
}

func (s *soak) restart() {
	s.program = start(s.t, nil, "-cache", s.cache, s.dir)
	s.url.Store(&s.program.url)
}

// visit asks for something, and does not mind who is just being restarted.
func (s *soak) visit(random *rand.Rand) {
	name := fmt.Sprintf("%c/%d.jpg", 'a'+random.IntN(2), random.IntN(soakPhotos+2))
	album := filepath.Dir(name)
	paths := []string{"/", "/" + album + "/", "/" + album + "/?sort=date", "/" + name, "/" + name + "/", "/" + album + "/_thumbs/" + filepath.Base(name),
		"/" + album + "/_thumbs/800/" + filepath.Base(name), "/.ready"}
	response, err := http.Get(*s.url.Load() + paths[random.IntN(len(paths))])
	if err != nil {
		time.Sleep(10 * time.Millisecond)
		return
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK, http.StatusNotFound, http.StatusServiceUnavailable:
		s.answered.Add(1)
	default:
		s.t.Errorf("%s = %d", response.Request.URL.Path, response.StatusCode)
	}
}

// disturb does one thing to the program or to what is below it.
func (s *soak) disturb() {
	name := fmt.Sprintf("%c/%d.jpg", 'a'+s.random.IntN(2), s.random.IntN(soakPhotos))
	there := !s.away || strings.HasPrefix(name, "a/")
	filler := filepath.Join(s.cache, "filler")
	switch s.random.IntN(7) {
	case 0:
		s.program.cmd.Process.Kill()
		s.program.cmd.Wait()
		s.restart()
	case 1: // until nothing fits any more
		for size := 1 << 20; size > 100; size /= 2 {
			f, err := os.OpenFile(filler, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
			if err != nil {
				break
			}
			f.Write(make([]byte, size))
			f.Close()
		}
	case 2:
		os.Remove(filler)
	case 3:
		if there {
			s.paint(name, uint8(20+s.random.IntN(200)))
		}
	case 4:
		if there {
			os.Remove(filepath.Join(s.dir, name))
			delete(s.photos, name)
		}
	default:
		b := filepath.Join(s.dir, "b")
		if s.away {
			os.Remove(b)
			if err := os.Rename(s.off, b); err != nil {
				s.t.Fatal(err)
			}
		} else {
			if err := os.Rename(b, s.off); err != nil {
				s.t.Fatal(err)
			}
			if s.random.IntN(2) == 0 {
				os.Mkdir(b, 0o755)
			}
		}
		s.away = !s.away
	}
}

// soakPhotos is how many photos each of the two albums has at first.
const soakPhotos = 12

// Under load, killed, on a disk that fills and with one that comes and goes, while photos
// change and vanish, the program loses nothing: in the end every original is what was
// written last, and every rendition is that of its original.
func TestFault_soak(t *testing.T) {
	t.Parallel()
	lasts := 10 * time.Second
	if long := os.Getenv("GALLERY_SOAK"); long != "" {
		var err error
		if lasts, err = time.ParseDuration(long); err != nil {
			t.Fatal(err)
		}
	}
	base := t.TempDir()
	s := &soak{t: t, dir: filepath.Join(base, "p"), cache: filepath.Join(base, "c"), off: filepath.Join(base, "off"),
		random: rand.New(rand.NewPCG(1, 2)), photos: map[string]uint8{}}
	if err := os.MkdirAll(s.cache, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range soakPhotos {
		for _, album := range []string{"a", "b"} {
			os.MkdirAll(filepath.Join(s.dir, album), 0o755)
			s.paint(fmt.Sprintf("%s/%d.jpg", album, i), uint8(20+10*i))
		}
	}
	mountSmall(t, s.cache, 2000)
	s.restart()
	var visitors sync.WaitGroup
	end := time.Now().Add(lasts)
	for i := range 4 {
		visitors.Go(func() {
			for random := rand.New(rand.NewPCG(uint64(i), 3)); time.Now().Before(end); {
				s.visit(random)
			}
		})
	}
	disturbed := 0
	for ; time.Now().Before(end); disturbed++ {
		time.Sleep(time.Duration(100+s.random.IntN(300)) * time.Millisecond)
		s.disturb()
	}
	visitors.Wait()
	if s.away {
		os.Remove(filepath.Join(s.dir, "b"))
		if err := os.Rename(s.off, filepath.Join(s.dir, "b")); err != nil {
			t.Fatal(err)
		}
	}
	os.Remove(filepath.Join(s.cache, "filler"))
	s.settle()
	t.Logf("%d answers, %d disturbances, %d photos in the end", s.answered.Load(), disturbed, len(s.photos))
}

// settle looks at every photo until all is as it is to be, and fails if that takes long.
func (s *soak) settle() {
	var wrong []string
	for range 50 {
		wrong = wrong[:0]
		s.program.send("GET", "/")
		s.program.shows("/a/")
		s.program.shows("/b/")
		for name, shade := range s.photos {
			thumb := filepath.Join(filepath.Dir(name), "_thumbs", filepath.Base(name))
			s.program.send("GET", "/"+thumb)
			for _, file := range []string{filepath.Join(s.dir, name), filepath.Join(s.cache, thumb)} {
				if got, err := shadeOf(file); err != nil || max(got, shade)-min(got, shade) > 3 {
					wrong = append(wrong, fmt.Sprintf("%s has shade %d, %v, want %d", file, got, err, shade))
				}
			}
		}
		filepath.WalkDir(s.cache, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasPrefix(entry.Name(), ".tmp-") {
				wrong = append(wrong, path+" was left unfinished")
			}
			return nil
		})
		if len(wrong) == 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	s.t.Error(strings.Join(wrong, "\n"))
}

// shadeOf is the shade in the middle of a grey picture.
func shadeOf(path string) (uint8, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	c := color.GrayModel.Convert(m.At(m.Bounds().Dx()/2, m.Bounds().Dy()/2)).(color.Gray)
	return c.Y, nil
}
