package note

import (
	"strings"
	"testing"

	"gallery/internal/testkit"
)

// filled is a note as long as any that is read, of one text repeated, n times or as often as
// there is room for it, and then of another.
func filled(text string, n int, rest string) []byte {
	md := strings.Repeat(text, min(n, MaxNote/len(text)))
	if rest != "" {
		md += strings.Repeat(rest, (MaxNote-len(md))/len(rest))
	}
	return []byte(md)
}

// No note takes more than 20 times what plain words take, whatever it repeats: every pair of
// what Markdown gives a meaning, whole or as much of it as is still parsed, with words,
// lines and spaces behind it.
func TestParse_cost(t *testing.T) {
	words := filled(strings.Repeat("word ", 16)+"\n", MaxNote, "")
	plain := testkit.Took(0, func() {
		for range 10 {
			Parse(words, false)
		}
	}) / 10
	atoms := []string{">", "*", "_", "[", "]", "(", "!", "`", "<", "&", "#", "-", "+", "1.", ":", "\\", "\n", "\t", " ", "a", "www.", "@", "\"", "<!--", "<?", "|", "|-|\n", "\n|-\n"}
	texts := []string{"[a](", "![a](", "[](", "[a]: b\n", "[a][b]", "***a", "**a _b ", "[a](<b", "![[]()", "`a``", "http://a.b@", "www.a.b/(", "<a@b.c>", "1. a\n   ", "- - a\n", "\n\n> - ", "> a\n\n", "*a _b ", "_a* ", " _a", "www._ ", "_ www. ", "|`\\|`", "a|b\n-|-\n"}
	for _, a := range atoms {
		for _, b := range atoms {
			texts = append(texts, a+b)
		}
	}
	for _, text := range texts {
		for _, rest := range []string{"", "a", "a ", "\n\n", "a\n"} {
			// As often as there is room, or as the text may stand in a note that is parsed.
			repeated := MaxNote
			if rest != "" {
				repeated = 0
				for repeated < MaxNote && !tooDear(filled(text, repeated+50, rest)) {
					repeated += 50
				}
			}
			md := filled(text, repeated, rest)
			took := testkit.Took(20*plain, func() { Parse(md, false) })
			if took > 20*plain {
				t.Errorf("%d times %q and %q take %v, words take %v", repeated, text, rest, took, plain)
			}
		}
	}
}

// A table of few characters is not made one of millions of cells: that would take a hundred
// times what words take, and the memory of a large photo.
func TestParse_wideTable(t *testing.T) {
	words := filled(strings.Repeat("word ", 16)+"\n", MaxNote, "")
	plain := testkit.Took(0, func() {
		for range 10 {
			Parse(words, false)
		}
	}) / 10
	for _, columns := range []int{2, 10, 30, 100, 300, 600} {
		head := strings.Repeat("|a", columns) + "\n" + strings.Repeat("|-", columns) + "\n"
		rows := 0 // as many as are still parsed
		for rows < (MaxNote-len(head))/2 && !tooDear([]byte(head+strings.Repeat("a\n", rows+1))) {
			rows++
		}
		for _, rows := range []int{rows, (MaxNote - len(head)) / 2} {
			md := []byte(head + strings.Repeat("a\n", rows))
			var n Note
			used := testkit.Allocated(func() { n = Parse(md, false) })
			if len(n.Body) > 200<<10 || used > 16<<20 {
				t.Errorf("%d columns, %d rows: %d bytes of HTML, %d allocated", columns, rows, len(n.Body), used)
			}
			if took := testkit.Took(20*plain, func() { Parse(md, false) }); took > 20*plain {
				t.Errorf("%d columns, %d rows take %v, words take %v", columns, rows, took, plain)
			}
		}
	}
}

// What is nested as people nest it stays Markdown; what is not becomes text, and all of it
// is shown.
func TestParse_nested(t *testing.T) {
	for md, want := range map[string]string{
		"> > - a":                       "<blockquote>\n<blockquote>\n<ul>\n<li>a</li>\n</ul>\n</blockquote>\n</blockquote>",
		"- - - - -":                     "<hr>",
		"-----------------------------": "<hr>",
		"1\n\n\n\n\n2":                  "<p>1</p>\n<p>2</p>",
		"*very* **good** `x>y`":         "<p><em>very</em> <strong>good</strong> <code>x&gt;y</code></p>",
		"Day | km\n--- | --:\n*1* | <b>12\n2 | [x](javascript:y) ![z](z.jpg)": "<table tabindex=\"0\">\n<thead>\n<tr>\n<th>Day</th>\n<th style=\"text-align:right\">km</th>\n</tr>\n</thead>\n<tbody>\n" +
			"<tr>\n<td><em>1</em></td>\n<td style=\"text-align:right\">12</td>\n</tr>\n<tr>\n<td>2</td>\n<td style=\"text-align:right\">x z</td>\n</tr>\n</tbody>\n</table>",
		"|a|\n\n|-|": "<p>|a|</p>\n<p>|-|</p>",
		strings.Repeat(">", maxNested+2) + " a": strings.Repeat("<blockquote>\n", maxNested) + "<p>&gt;&gt; a</p>\n" +
			strings.TrimSpace(strings.Repeat("</blockquote>\n", maxNested)),
		strings.Repeat("*a_<b>", 600): "<p>" + strings.Repeat("*a_&lt;b&gt;", 600) + "</p>",
	} {
		if got := string(Parse([]byte(md), false).Body); got != want {
			t.Errorf("Parse(%.40q) = %.300q, want %.300q", md, got, want)
		}
	}
}

// Front matter is settings and no part of the text; what only looks like it is text.
func TestParse_settings(t *testing.T) {
	for text, want := range map[string]Note{
		"---\nsort: -date\ncover: 'a: b.jpg'\nother: x\n---\n# T\n\nB": {Title: "T", Text: "B", Settings: Settings{"-date", "a: b.jpg"}},
		"\ufeff---\r\nSort : date\r\n--- \r\nB":                        {Text: "B", Settings: Settings{Sort: "date"}},
		"---\nsort: date\n":                                            {Text: "sort: date"},
		"B\n\n---\nsort: date\n---\n":                                  {Title: "sort: date", Text: "B"},
		"---\n---\n# T":                                                {Title: "T"},
		"":                                                             {},
	} {
		got := Parse([]byte(text), true)
		if got.Title != want.Title || got.Text != want.Text || got.Settings != want.Settings {
			t.Errorf("Parse(%q) = %q, %q, %+v, want %+v", text, got.Title, got.Text, got.Settings, want)
		}
	}
	if got := Parse([]byte("---\nsort: date\n---\nB"), false); got.Settings != (Settings{}) {
		t.Errorf("a caption has settings: %+v", got.Settings)
	}
}
