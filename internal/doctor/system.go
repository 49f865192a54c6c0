package doctor

import (
	"runtime/debug"
	"time"
)

// System notes what the program and the machine are.
func System(r *Report, version string) {
	name, amiss := kernel()
	r.add(Note, "version", "", "", "%s on %s", version, name)
	if amiss != "" {
		r.add(Note, "kernel", "", "nothing has to be done: it is only slower", "%s", amiss)
	}
}

// buildTime is when the commit was made that this program is built from, the zero time where
// that is not known.
func buildTime() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, _ := time.Parse(time.RFC3339, s.Value)
			return t
		}
	}
	return time.Time{}
}
