package charset

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// encoding is an 8-bit encoding and the languages that are written in it.
type encoding struct {
	charmap *charmap.Charmap
	prior   int // cost of its being rare
	// languages are the letters of each language besides ASCII, in lower case.
	languages []string
	script    *script // nil for Latin, where most letters are ASCII
	// rival tells whether it may be chosen over an encoding of two bytes a
	// character: that is where small letters have the bytes of rare ideographs.
	rival bool
}

// script is how letters of a script other than Latin are distributed.
type script struct {
	common  string // the letters that make most of a text
	vowels  string // "" where they are not written
	accents string // letters of which no long text is without one; "" if there are none
}

// Costs. A text whose reading costs more than maxCost is in no encoding known.
const (
	wrong    = 100 // what no text of the language has
	unlikely = 40
	odd      = 20
	slight   = 5
	maxCost  = 30
)

var western = []string{
	"äöüßé",            // German
	"àâæçéèêëîïôœùûüÿ", // French
	"áéíñóúü",          // Spanish
	"àáâãçéêíóôõú",     // Portuguese
	"àèéìíòóùú",        // Italian
	"åäöæøéü",          // Danish, Norwegian, Swedish, Finnish
	"áéèëïíóöúüç",      // Dutch
	"àçèéíïòóúü",       // Catalan
	"áðéíóúýþæö",       // Icelandic
}

// Letters of the languages in Cyrillic.
var (
	cyrillic = []string{
		"абвгдежзийклмнопрстуфхцчшщъыьэюяё", // Russian, and Bulgarian
		"абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", // Ukrainian
		"абвгдеёжзійклмнопрстуўфхцчшыьэюя",  // Belarusian
	}
	southCyrillic = []string{
		"абвгдђежзијклљмнњопрстћуфхцчџш",  // Serbian
		"абвгдѓежзѕијклљмнњопрстќуфхцчџш", // Macedonian
	}
	greek  = []string{"αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"}
	hebrew = []string{"אבגדהוזחטיךכלםמןנסעףפץצקרשת"}
	arabic = []string{"ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىي"}
)

var (
	inCyrillic = &script{common: "оеаинтсрвлкмдпуяі", vowels: "аеёиоуыэюяіїє"}
	inGreek    = &script{common: "αοιετνσηρπκυμςλάέήίόύώ", vowels: "αεηιουωάέήίόύώϊϋ", accents: "άέήίόύώ"}
	inHebrew   = &script{common: "יוהלאמרתבשםנחד"}
	inArabic   = &script{common: "اليمنرتوبةعدسفهكقحأ"}
)

// The first two are those that an unsure text is read in.
const fallbacks = 2

// encodings are tried in this order; of two that fit alike, the first wins.
var encodings = []encoding{
	{charmap.Windows1252, 0, western, nil, false},
	{charmap.Macintosh, 10, western, nil, false},
	{charmap.Windows1250, 10, []string{
		"áčďéěíňóřšťúůýž",   // Czech
		"áäčďéíĺľňóôŕšťúýž", // Slovak
		"ąćęłńóśźż",         // Polish
		"áéíóöőúüű",         // Hungarian
		"âăîşţ",             // Romanian
		"čćđšž",             // Croatian, Slovenian
	}, nil, false},
	{charmap.Windows1254, 15, []string{"çğıöşüâîû"}, nil, false}, // Turkish
	{charmap.Windows1257, 20, []string{
		"ąčęėįšųūž",   // Lithuanian
		"āčēģīķļņšūž", // Latvian
		"äöõüšž",      // Estonian
	}, nil, false},
	{charmap.CodePage850, 20, western, nil, false},
	{charmap.Windows1251, 0, cyrillic, inCyrillic, true},
	{charmap.Windows1251, 15, southCyrillic, inCyrillic, true},
	{charmap.KOI8U, 5, cyrillic, inCyrillic, false},
	{charmap.MacintoshCyrillic, 10, cyrillic, inCyrillic, true},
	{charmap.CodePage866, 10, cyrillic, inCyrillic, false},
	{charmap.ISO8859_5, 10, cyrillic, inCyrillic, false},
	{charmap.Windows1253, 5, greek, inGreek, true},
	{charmap.ISO8859_7, 10, greek, inGreek, false},
	{charmap.Windows1255, 5, hebrew, inHebrew, true},
	{charmap.Windows1256, 10, arabic, inArabic, false},
}

// twoBytes reports whether b may be text of two bytes a character (GBK, Big5,
// EUC, Shift JIS): no letter stands outside of a pair.
func twoBytes(b []byte) bool {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c < 0x80 && isLetter(rune(c)):
			return false
		case c < 0x80:
		case c == 0x80 || c == 0xff || i+1 == len(b) || b[i+1] < 0x40 || b[i+1] == 0x7f || b[i+1] == 0xff:
			return false
		default:
			i++
		}
	}
	return true
}

// cost judges b read in the encoding: 0 is plain text of a language. It ends
// early, with any cost beyond most, once it is clear that it is that. With
// wide, b may be text of two bytes a character.
func (e encoding) cost(b []byte, wide bool, most int) int {
	text := make([]rune, len(b)+2) // with a space at either end
	text[0], text[len(text)-1] = ' ', ' '
	for i, c := range b {
		text[i+1] = e.charmap.DecodeByte(c)
	}
	cost := e.prior
	if wide && !e.rival {
		cost += wrong
	}
	lacking := make([]int, len(e.languages)) // how many letters a language lacks
	ascii, digits := 0, 0
	var letters []rune // beyond ASCII
	for i, r := range text {
		if cost > most {
			return cost
		}
		switch {
		case r < 0x80 && isLetter(r):
			ascii++
		case '0' <= r && r <= '9':
			digits++
		case r < 0x80:
		case !isLetter(r):
			cost += markCost(text, i)
		default:
			cost += e.letterCost(text, i)
			lower := unicode.ToLower(r)
			letters = append(letters, r)
			for l, alphabet := range e.languages {
				if lower >= 0x80 && !strings.ContainsRune(alphabet, lower) {
					lacking[l]++
				}
			}
		}
	}
	cost += unlikely * slices.Min(lacking)
	if e.script != nil {
		return cost + e.script.cost(letters, wide)
	}
	if len(letters) > ascii || ascii+digits == 0 {
		cost += wrong // Latin script is ASCII for the most part
	}
	return cost
}

// cost judges the letters of a text in the script.
func (s *script) cost(letters []rune, wide bool) int {
	n := len(letters)
	if n == 0 {
		return wrong
	}
	rare, vowels, capitals, accents := 0, 0, 0, 0
	for _, r := range letters {
		lower := unicode.ToLower(r)
		if !strings.ContainsRune(s.common, lower) {
			rare++
		}
		if strings.ContainsRune(s.vowels, lower) {
			vowels++
		}
		if strings.ContainsRune(s.accents, lower) {
			accents++
		}
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	cost := 3 * odd * rare / n
	if s.vowels != "" && (5*vowels < n || 4*vowels > 3*n) {
		cost += unlikely
	}
	if wide && (n < 4 || capitals == n) {
		cost += wrong
	}
	if capitals == n && n > 1 {
		cost += slight + slight/2
	} else if s.accents != "" && accents == 0 && n > 3 {
		cost += unlikely
	}
	return cost
}

// isLetter reports whether r is a letter. The ordinals ª and º are marks behind numbers.
func isLetter(r rune) bool {
	return unicode.IsLetter(r) && r != 'ª' && r != 'º' && r != 'ˆ' && r != 'ƒ'
}

// followers are the letters that may follow one, and "." for a word's end:
// those that tell languages apart.
func followers(r rune) string {
	switch r {
	case 'œ':
		return "uitdnsc"
	case 'õ':
		return "e"
	case 'ã':
		return "oes."
	case 'ñ':
		return "aeiouáéíóú"
	case 'ì', 'ù':
		return "."
	}
	return ""
}

// letterCost judges the letter beyond ASCII at i by its neighbours.
func (e encoding) letterCost(text []rune, i int) int {
	r, before, after := text[i], text[i-1], text[i+1]
	cost := 0
	if unicode.IsUpper(r) && unicode.IsLower(before) || r != 'ß' && unicode.IsLower(r) && unicode.IsUpper(after) {
		cost += wrong
	}
	if unicode.IsUpper(r) && unicode.IsUpper(before) && unicode.IsLower(after) {
		cost += wrong
	}
	if e.script != nil && (before < 0x80 && isLetter(before) || after < 0x80 && isLetter(after)) {
		cost += wrong // two scripts in one word
	}
	if e.script == nil && i == 1 && unicode.IsLower(r) {
		cost += slight
	}
	if allowed := followers(r); allowed != "" {
		next := unicode.ToLower(after)
		if !isLetter(after) {
			next = '.'
		}
		if !strings.ContainsRune(allowed, next) {
			cost += unlikely
		}
	}
	return cost
}

// markCost judges the mark beyond ASCII at i by the characters beside it.
func markCost(text []rune, i int) int {
	before, after := text[i-1], text[i+1]
	left, right := isLetter(before), isLetter(after)
	switch text[i] {
	case '’':
		switch {
		case left && unicode.IsLower(after) && !elided(text[:i], text[i+1:]):
			return odd + slight
		case !left && right:
			return odd
		}
		return 0
	case '‘', '“', '„', '‚', '«', '‹', '¿', '¡':
		if left {
			return unlikely
		}
		return 0
	case '”', '»', '›':
		switch {
		case left && right:
			return unlikely
		case right:
			return odd
		}
		return 0
	case '–', '—':
		if left && unicode.IsLower(after) {
			return odd
		}
		return 0
	case '…':
		if !left && unicode.IsLower(after) {
			return odd
		}
		return 0
	case '\u00ad', '\u00a0', '©', '№':
		return 0
	case '·':
		if left && right && (before != 'l' || after != 'l') { // Catalan
			return unlikely
		}
		return 0
	case '°':
		if right && (left || !strings.ContainsRune("CFKNSEW", after)) {
			return unlikely
		}
		return 0
	case '®', '™', 'ª', 'º', '²', '³', '€':
		if right {
			return unlikely
		}
		return 0
	case '£', '§', '½', '¼', '¾', '×', 'µ', '¢', '¥', '±', '•':
		if left || right {
			return unlikely
		}
		return 0
	}
	return wrong
}

// elided reports whether an apostrophe between letters leaves something out:
// it has one or two letters before it (l’été, qu’il, O’Neill) or an end that
// does so (aujourd’hui, dell’acqua), or an English ending behind it.
func elided(before, after []rune) bool {
	word := before
	for i := len(before) - 1; i >= 0 && isLetter(before[i]); i-- {
		word = before[i:]
	}
	if len(word) <= 2 {
		return true
	}
	switch string(word[len(word)-2:]) {
	case "ll", "qu", "rd", "st":
		return true
	}
	n := 0
	for n < len(after) && n < 3 && isLetter(after[n]) {
		n++
	}
	switch string(after[:n]) {
	case "s", "t", "m", "d", "re", "ll", "ve":
		return true
	}
	return false
}
