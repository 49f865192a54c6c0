package machine

import (
	"testing"
	"testing/fstest"
)

func TestCgroupLimit(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"none", nil, 0},
		{"v2", map[string]string{"proc/self/cgroup": "0::/system.slice/gallery.service\n", "sys/fs/cgroup/system.slice/gallery.service/memory.max": "536870912\n"}, 512 << 20},
		{"v2, no limit", map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 0},
		{"v2, of the group above", map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "268435456\n"}, 256 << 20},
		{"v2, the lowest", map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "900000000\n", "sys/fs/cgroup/a/memory.max": "300000000\n"}, 300_000_000},
		{"v2, a container's", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100000000\n"}, 100_000_000},
		{"v1", map[string]string{"proc/self/cgroup": "9:name=systemd:/x\n4:memory:/docker/1\n1:cpu,cpuacct:/\n", "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		{"v1, a container's, of the host's path", map[string]string{"proc/self/cgroup": "4:hugetlb,memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n"}, 256 << 20},
		{"v1, no limit", map[string]string{"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		{"both", map[string]string{"proc/self/cgroup": "4:memory:/a\n0::/b\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "268435456\n", "sys/fs/cgroup/unified/b/memory.max": "max\n"}, 256 << 20},
		{"odd", map[string]string{"proc/self/cgroup": "\n0:\nx\n0::/../../a\n", "sys/fs/cgroup/a/memory.max": "-5\n", "sys/fs/cgroup/memory.max": "lots\n"}, 0},
	} {
		root := fstest.MapFS{}
		for name, content := range test.files {
			root[name] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := cgroupLimit(root); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestForPictures(t *testing.T) {
	for _, test := range []struct{ limit, total, want int64 }{
		{0, 0, 256 << 20}, {0, 64 << 30, 256 << 20}, {512 << 20, 64 << 30, 256 << 20}, {256 << 20, 64 << 30, 128 << 20},
		{0, 512 << 20, 128 << 20}, {1 << 30, 512 << 20, 128 << 20}, {40 << 20, 0, 32 << 20},
	} {
		if got := forPictures(test.limit, test.total); got != test.want {
			t.Errorf("forPictures(%d, %d) = %d, want %d", test.limit, test.total, got, test.want)
		}
	}
	if got := ForPictures(); got < least || got > most {
		t.Errorf("here it is %d", got)
	}
}
