package mounts

import (
	"reflect"
	"runtime"
	"testing"
)

func TestParse(t *testing.T) {
	got := parse("22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n30 22 0:25 / /srv/my\\040photos ro,nosuid - nfs4 nas:/p rw,vers=4.2\n31 22 0:26 / /mnt rw - iso9660 /dev/sr0 ro\nnonsense\n")
	want := []Mount{{"22", "/", "ext4", false}, {"30", "/srv/my photos", "nfs4", true}, {"31", "/mnt", "iso9660", true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("parse = %v, want %v", got, want)
	}
	if runtime.GOOS == "linux" && len(All()) == 0 {
		t.Error("this machine has no mounts")
	}
}
