package patient

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"gallery/internal/testkit"
)

// A file is sent as it is, from where its section begins on, and the header once and before it,
// also where the file system is none that the kernel copies from by itself.
func TestReadFrom_file(t *testing.T) {
	const inChild = "GALLERY_TEST_NO_SENDFILE"
	if os.Getenv(inChild) == "" {
		sends(t)
		cmd := exec.Command(os.Args[0], "-test.run=^TestReadFrom_file$", "-test.v")
		cmd.Env = append(os.Environ(), inChild+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("without sendfile: %v\n%s", err, out)
		}
		return
	}
	testkit.Forbid(t, unix.SYS_SENDFILE, unix.EINVAL)
	sends(t)
}

func sends(t *testing.T) {
	data := make([]byte, 3*pieceSize+1000)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ begin, size, said int64 }{
		{0, int64(len(data)), int64(len(data))}, {0, 1, 1}, {5, 20_000, 20_000}, {pieceSize - 1, pieceSize + 2, pieceSize + 2},
		{5, 20_000, 30_000}, // the file has become shorter than it was when the header was made
		{0, 1, 1},           // and the next answer is none of that
		{int64(len(data)) - 10, 30, 30},
	}
	server := &http.Server{ConnContext: ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var which int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &which); err != nil {
			t.Error(err)
			return
		}
		begin, size, said := tests[which].begin, tests[which].size, tests[which].said
		f := open(t, path)
		defer f.Close()
		w.Header().Set("Content-Length", fmt.Sprint(said))
		Hold(r.Context())
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		if n, err := io.Copy(w, io.NewSectionReader(f, begin, size)); n != min(size, int64(len(data))-begin) || err != nil {
			t.Errorf("%d bytes from %d on: %d are sent, %v", size, begin, n, err)
		}
	})}
	go server.Serve(Listener(l))
	t.Cleanup(func() { server.Close() })
	for which, test := range tests {
		begin, size, said := test.begin, test.size, test.said
		resp, err := http.Get(fmt.Sprintf("http://%s/%d", l.Addr(), which))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		want := data[begin:min(begin+size, int64(len(data)))]
		if !bytes.Equal(got, want) || (err == nil) != (int64(len(want)) == said) {
			t.Errorf("%d bytes from %d on: %d arrive, as they are %t, %v", size, begin, len(got), bytes.Equal(got, want), err)
		}
	}
}
