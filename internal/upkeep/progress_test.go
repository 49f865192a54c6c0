package upkeep

import (
	"bytes"
	"strings"
	"testing"
)

func TestProgress_lines(t *testing.T) {
	var out bytes.Buffer
	p := &progressLines{w: &out, total: 30} // last written long ago
	p.add()
	p.add()
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "gallery: 1 of 30 photos, ") || !strings.HasSuffix(got, " left\n") {
		t.Errorf("progress says %q", got)
	}
}
