package listen

import (
	"strings"
	"testing"
)

func TestListenDebug(t *testing.T) {
	for _, test := range []struct {
		address string
		public  bool
		want    string
	}{
		{"127.0.0.1:0", false, ""},
		{"0.0.0.0:0", false, "can be reached from elsewhere"},
		{":0", false, "can be reached from elsewhere"},
		{"0.0.0.0:0", true, ""},
		{"nonsense", false, "HOST:PORT or unix:/PATH is expected"},
	} {
		l, err := Debug(test.address, test.public)
		if l != nil {
			l.Close()
		}
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("listenDebug(%s, public %v) = %v, want %q", test.address, test.public, err, test.want)
		}
	}
}
