package doctor

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"gallery/internal/filename"
)

// folded is what file systems that fold case and normalize take a name for: macOS's and
// Windows' ones.
func folded(name string) string { return cases.Fold().String(filename.Canonical(name)) }

// reserved are the names that Windows keeps for devices, with any extension.
var reserved = func() map[string]bool {
	all := map[string]bool{"con": true, "prn": true, "aux": true, "nul": true}
	for _, port := range []string{"com", "lpt"} {
		for n := '1'; n <= '9'; n++ {
			all[port+string(n)] = true
		}
	}
	return all
}()

// amiss says why a name is trouble on other systems, "" for not at all (Microsoft, Naming
// Files, Paths, and Namespaces).
func amiss(name string) string {
	before, _, _ := strings.Cut(name, ".")
	switch {
	case !utf8.ValidString(name):
		return "its name is not UTF-8, which macOS and many programs refuse"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return "its name holds a control character"
	case strings.ContainsAny(name, `<>:"\|?*`):
		return "its name holds one of < > : \" \\ | ? *, which Windows refuses"
	case reserved[strings.ToLower(strings.TrimRight(before, " "))]:
		return "its name is one that Windows keeps for a device"
	case strings.TrimRight(name, ". ") != name:
		return "its name ends with a dot or a space, which Windows drops"
	case filename.Canonical(name) != name:
		return "its name is not in NFC, so that some programs do not find it by typing"
	}
	return ""
}
