// Package accept reads what a client accepts: media types and codings, with their
// weights (RFC 9110, section 12.5).
package accept

import (
	"strconv"
	"strings"
)

// Prefers reports whether the values of a request's Accept fields (RFC
// 9110, section 12.5.1) name a media type of pictures itself, and like it no less
// than image/jpeg. A range that only includes it, image/* or */*, is no promise:
// browsers that cannot show it send these, too.
func Prefers(fields []string, mediaType string) bool {
	named, jpeg := -1.0, [3]float64{-1, -1, -1} // jpeg by how specific its range is
	for _, field := range fields {
		for field != "" {
			var element string
			element, field = cutUnquoted(field, ',')
			media, weight := parseRange(element)
			switch media {
			case mediaType:
				named = max(named, weight)
			case "image/jpeg":
				jpeg[0] = max(jpeg[0], weight)
			case "image/*":
				jpeg[1] = max(jpeg[1], weight)
			case "*/*":
				jpeg[2] = max(jpeg[2], weight)
			}
		}
	}
	for _, weight := range jpeg {
		if weight >= 0 {
			return named > 0 && named >= weight
		}
	}
	return named > 0
}

// Gzip reports whether the values of a request's Accept-Encoding fields
// (RFC 9110, section 12.5.3) name gzip itself. "*" is taken for no.
func Gzip(fields []string) bool {
	for _, field := range fields {
		for element := range strings.SplitSeq(field, ",") {
			if coding, weight := parseRange(element); coding == "gzip" && weight > 0 {
				return true
			}
		}
	}
	return false
}

// parseRange returns a media range or a content coding in lower case and its
// weight: 1 where there is none, 0 where it is no number of 0 to 1.
func parseRange(element string) (media string, weight float64) {
	media, parameters := cutUnquoted(element, ';')
	weight = 1
	for parameters != "" {
		var parameter string
		parameter, parameters = cutUnquoted(parameters, ';')
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			var err error
			weight, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(weight >= 0 && weight <= 1) {
				weight = 0
			}
		}
	}
	return strings.ToLower(strings.TrimSpace(media)), weight
}

// cutUnquoted cuts s around the first separator that does not stand in a quoted
// string (RFC 9110, section 5.6.4).
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && c == separator:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
