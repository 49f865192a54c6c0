package main

import (
	"bytes"
	"testing"
)

func TestDebianVersion(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "v1.2.3-4-gabcdef0": "1.2.3~4~gabcdef0", "abcdef0": "0.0.0~abcdef0", "1234567": "0.0.0~1234567", "v0.2.0-dirty": "0.2.0~dirty",
	} {
		if got := (release{version: version}).debianVersion(); got != want {
			t.Errorf("debianVersion(%s) = %s, want %s", version, got, want)
		}
	}
}

// The licences of all modules are found.
func TestLicences(t *testing.T) {
	t.Chdir("..")
	text, err := licences()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"=== gallery: LICENSE", "=== Go: LICENSE", "=== golang.org/x/image ", "=== github.com/yuin/goldmark "} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("there is no %q", want)
		}
	}
}
