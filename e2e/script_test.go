package e2e

import (
	"os/exec"
	"testing"
)

// The script's pure parts do what they say.
func TestScript_pure(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(need(t, "node", "nodejs"), "--test", "script.test.js").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
