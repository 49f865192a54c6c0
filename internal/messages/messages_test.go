package messages

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gallery/internal/testkit"
)

// textsOf returns the texts of a catalogue's field: itself, each of a list, or the forms of
// a plural that the language has.
func textsOf(field reflect.Value) []string {
	var texts []string
	switch field.Kind() {
	case reflect.Array:
		for i := range field.Len() {
			texts = append(texts, field.Index(i).String())
		}
	case reflect.Struct:
		for i := range field.NumField() {
			if form := field.Field(i).String(); form != "" {
				texts = append(texts, form)
			}
		}
	default:
		texts = append(texts, field.String())
	}
	return texts
}

// verbsOf returns the verbs of a text with the places of their values, "%[2]s", in that order.
func verbsOf(text string) []string {
	var verbs []string
	for i, m := range regexp.MustCompile(`%(\[\d\])?([sd])|\{\w+\}`).FindAllStringSubmatch(text, -1) {
		switch {
		case m[2] == "":
			verbs = append(verbs, m[0])
		case m[1] == "":
			verbs = append(verbs, fmt.Sprintf("%%[%d]%s", i+1, m[2]))
		default:
			verbs = append(verbs, m[0])
		}
	}
	slices.Sort(verbs)
	return verbs
}

// Every text stands in every language, with the same verbs in it, and each text with a
// number has the forms that the language counts by, no more and no less.
func TestWords_complete(t *testing.T) {
	for _, w := range Languages {
		v, e := reflect.ValueOf(*w), reflect.ValueOf(English)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if p, ok := v.Field(i).Interface().(Plural); ok {
				if got, want := []bool{p.One != "", p.Few != "", p.Many != ""}, formsOf(w); !slices.Equal(got, want) {
					t.Errorf("%s: %s has one, few, many = %v, want %v", w.Lang, name, got, want)
				}
			}
			texts, same := textsOf(v.Field(i)), textsOf(e.Field(i))
			for j, text := range texts {
				if text == "" {
					t.Errorf("%s lacks %s", w.Lang, name)
				}
				if got, want := verbsOf(text), verbsOf(same[min(j, len(same)-1)]); !slices.Equal(got, want) {
					t.Errorf("%s: %s has the verbs %q, want %q", w.Lang, name, got, want)
				}
			}
		}
	}
}

// formsOf tells which forms of a plural numbers take in a language: one, few, many.
func formsOf(w *Catalogue) []bool {
	taken := make([]bool, 3)
	for n := range 1000 {
		form := w.Count(n, Plural{One: "0%.0s", Few: "1%.0s", Many: "2%.0s"})
		taken[form[0]-'0'] = true
	}
	return taken
}

func TestWordsFor(t *testing.T) {
	for accepted, want := range map[string]string{
		"":                            "en",
		"de":                          "de",
		"de-AT,de;q=0.9,en;q=0.8":     "de",
		"es-MX":                       "es",
		"fr-FR,fr;q=0.9,es;q=0.3":     "es",
		"en;q=0.2, de;q=0.1":          "en",
		"ja":                          "en",
		"*":                           "en",
		"nonsense;;q=,,\xff":          "en",
		"de;q=0, en":                  "en",
		"zh-Hant-TW,en-GB;q=0.9,de;q": "en",
	} {
		if got := For(accepted).Lang; got != want {
			t.Errorf("wordsFor(%q) = %s, want %s", accepted, got, want)
		}
	}
}

func TestWords_formats(t *testing.T) {
	at := time.Date(2024, 3, 7, 9, 5, 0, 0, time.UTC)
	for _, test := range []struct {
		w                           *Catalogue
		count, bytes, month, moment string
	}{
		{&English, "12,345 photos", "3.2 MB", "March 2024", "7 March 2024, 09:05"},
		{&German, "12.345 Fotos", "3,2 MB", "März 2024", "7. März 2024, 09:05"},
		{&Spanish, "12.345 fotos", "3,2 MB", "marzo de 2024", "7 de marzo de 2024, 09:05"},
	} {
		w := test.w
		if got := w.Count(12345, w.CountPhotos); got != test.count {
			t.Errorf("count = %q, want %q", got, test.count)
		}
		if got, want := w.Count(1, w.CountPhotos), strings.Replace(w.CountPhotos.One, "%s", "1", 1); got != want {
			t.Errorf("count = %q, want %q", got, want)
		}
		if got := w.Period(at, at); got != test.month {
			t.Errorf("period = %q, want %q", got, test.month)
		}
		if got, want := w.Period(at.AddDate(0, -2, 0), at), w.Months[0]+" – "+test.month; got != want {
			t.Errorf("period = %q, want %q", got, want)
		}
		if got, want := w.Period(at.AddDate(-2, 0, 0), at), "2022 – 2024"; got != want {
			t.Errorf("period = %q, want %q", got, want)
		}
		if got := w.Bytes(3_200_000); got != test.bytes {
			t.Errorf("bytes = %q, want %q", got, test.bytes)
		}
		if got := w.Month(at); got != test.month {
			t.Errorf("month = %q, want %q", got, test.month)
		}
		if got := w.DateTime(at); got != test.moment {
			t.Errorf("dateTime = %q, want %q", got, test.moment)
		}
	}
}

// FuzzAcceptLanguage chooses a language by any header, soon.
func FuzzAcceptLanguage(f *testing.F) {
	for _, seed := range []string{"", "*", "de", "en;q=0.1, de-AT;q=0.9", "de-" + strings.Repeat("a-", 500), strings.Repeat("de,", 5000), "x-x-x", "en;q=NaN", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		began := testkit.ProcessorTime()
		w := For(accept)
		if !slices.Contains(Languages[:], w) {
			t.Errorf("%q gives a language of its own", accept)
		}
		if took := testkit.ProcessorTime() - began; took > time.Second && len(accept) < 32<<10 {
			t.Errorf("%d bytes took %v", len(accept), took)
		}
	})
}

// Of a list of thousands of languages only the first are read: it costs no more than 20
// times what a browser's does, wherever it is cut.
func TestFor_long(t *testing.T) {
	cost := func(accepted string) time.Duration {
		return testkit.Took(0, func() {
			for range 100 {
				For(accepted)
			}
		})
	}
	plain := cost("de-AT,de;q=0.8,en-US;q=0.6,en;q=0.4")
	for _, piece := range []string{"de;q=0.1,", "x-abc,", ",", "de", "-", "a-b-c-d;q=1,"} {
		accepted := strings.Repeat(piece, 30<<10/len(piece))
		if got := cost(accepted); got > 20*plain {
			t.Errorf("30 kB of %q take %v, a browser's list takes %v", piece, got/100, plain/100)
		}
	}
	long := strings.Repeat("fr;q=0.1,", 200)
	for list, want := range map[string]string{"de," + long: "de", "es;q=0.9," + long: "es", long + "de": "en", strings.Repeat("d", 500) + ",de": "en"} {
		if got := For(list).Lang; got != want {
			t.Errorf("For(%.20s…) = %s, want %s", list, got, want)
		}
	}
}
