package zipstream

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SafeName is a name under which any system can keep a file: without what
// Windows reserves, in characters, in names of devices, and at the end.
func SafeName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) || !unicode.IsPrint(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.TrimRight(name, ". ")
	stem, _, _ := strings.Cut(name, ".")
	switch stem = strings.ToUpper(strings.TrimSpace(stem)); {
	case stem == "", stem == "CON", stem == "PRN", stem == "AUX", stem == "NUL", stem == "CONIN$", stem == "CONOUT$":
		return "_" + name
	case strings.HasPrefix(stem, "COM"), strings.HasPrefix(stem, "LPT"):
		if strings.Contains("0 1 2 3 4 5 6 7 8 9 ¹ ² ³", stem[3:]) && utf8.RuneCountInString(stem) == 4 {
			return "_" + name
		}
	}
	return name
}

// SafeNames makes file names safe and unlike one another, whatever the
// case.
func SafeNames(files []string) []string {
	names := make([]string, len(files))
	taken := map[string]bool{}
	next := map[string]int{} // by a name that was taken: the next number to try behind it
	for i, file := range files {
		safe := SafeName(file)
		name, folded := safe, strings.ToLower(safe)
		extension := path.Ext(safe)
		for n := max(2, next[folded]); taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(safe, extension), n, extension)
			next[folded] = n + 1
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
