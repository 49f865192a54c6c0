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
	case reflect.Slice: // tags, which are nothing to read
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
		"":                                "en",
		"de":                              "de",
		"de-AT,de;q=0.9,en;q=0.8":         "de",
		"es-MX":                           "es",
		"fr-FR,fr;q=0.9,es;q=0.3":         "fr",
		"fr-CA":                           "fr",
		"it-CH":                           "it",
		"pt-BR,pt;q=0.9":                  "pt",
		"pt-PT":                           "pt",
		"nl-BE":                           "nl",
		"pl-PL":                           "pl",
		"cs,en;q=0.5":                     "cs",
		"ja-JP":                           "ja",
		"en;q=0.2, de;q=0.1":              "en",
		"ko":                              "en",
		"sv,da;q=0.5":                     "en",
		"uk,en-US;q=0.9,en;q=0.8":         "en-US",
		"*":                               "en",
		"nonsense;;q=,,\xff":              "en",
		"de;q=0, en":                      "en",
		"en-US,en;q=0.9":                  "en-US",
		"en-GB,en-US;q=0.9,en;q=0.8":      "en",
		"en-AU,en;q=0.9":                  "en",
		"en-IN":                           "en",
		"en-IE":                           "en",
		"en-CA,en-US;q=0.7":               "en-US",
		"en-PH":                           "en-US",
		"zh-CN,zh;q=0.9,en;q=0.8":         "zh-Hans",
		"zh-SG":                           "zh-Hans",
		"zh":                              "zh-Hans",
		"zh-Hant-TW,en-GB;q=0.9,de;q=0.5": "en",
		"zh-TW,zh;q=0.9,en-US;q=0.8":      "zh-Hans",
	} {
		if got := For(accepted).Lang; got != want {
			t.Errorf("wordsFor(%q) = %s, want %s", accepted, got, want)
		}
	}
}

func TestWords_formats(t *testing.T) {
	at := time.Date(2024, 3, 7, 15, 5, 0, 0, time.UTC)
	for _, test := range []struct {
		w                             *Catalogue
		count, bytes                  string
		month, months, years, instant string
	}{
		{&English, "12,345 photos", "3.2 MB", "March 2024", "January – March 2024", "2022\u00a0–\u2060\u00a02024", "7 March 2024, 15:05"},
		{&American, "12,345 photos", "3.2 MB", "March 2024", "January – March 2024", "2022\u00a0–\u2060\u00a02024", "March 7, 2024, 3:05 PM"},
		{&German, "12.345 Fotos", "3,2 MB", "März 2024", "Januar – März 2024", "2022\u00a0–\u2060\u00a02024", "7. März 2024, 15:05"},
		{&Spanish, "12.345 fotos", "3,2 MB", "marzo de 2024", "enero – marzo de 2024", "2022\u00a0–\u2060\u00a02024", "7 de marzo de 2024, 15:05"},
		{&French, "12\u202f345 photos", "3,2 Mo", "mars 2024", "janvier – mars 2024", "2022\u00a0–\u2060\u00a02024", "7 mars 2024, 15:05"},
		{&Italian, "12.345 foto", "3,2 MB", "marzo 2024", "gennaio – marzo 2024", "2022\u00a0–\u2060\u00a02024", "7 marzo 2024, 15:05"},
		{&Portuguese, "12.345 fotos", "3,2 MB", "março de 2024", "janeiro – março de 2024", "2022\u00a0–\u2060\u00a02024", "7 de março de 2024, 15:05"},
		{&Dutch, "12.345 foto’s", "3,2 MB", "maart 2024", "januari – maart 2024", "2022\u00a0–\u2060\u00a02024", "7 maart 2024, 15:05"},
		{&Polish, "12\u00a0345 zdjęć", "3,2 MB", "marzec 2024", "styczeń – marzec 2024", "2022\u00a0–\u2060\u00a02024", "7 marca 2024, 15:05"},
		{&Czech, "12\u00a0345 fotek", "3,2 MB", "březen 2024", "leden – březen 2024", "2022\u00a0–\u2060\u00a02024", "7. března 2024, 15:05"},
		{&Japanese, "写真12,345枚", "3.2 MB", "2024年3月", "2024年1月～3月", "2022年～2024年", "2024年3月7日 15:05"},
		{&Chinese, "12,345 张照片", "3.2 MB", "2024年3月", "2024年1月至3月", "2022年至2024年", "2024年3月7日 15:05"},
	} {
		w := test.w
		for what, texts := range map[string][2]string{
			"count":    {w.Count(12345, w.CountPhotos), test.count},
			"bytes":    {w.Bytes(3_200_000), test.bytes},
			"month":    {w.Month(at), test.month},
			"a month":  {w.Period(at, at), test.month},
			"months":   {w.Period(at.AddDate(0, -2, 0), at), test.months},
			"years":    {w.Period(at.AddDate(-2, 0, 0), at), test.years},
			"dateTime": {w.DateTime(at), test.instant},
		} {
			if texts[0] != texts[1] {
				t.Errorf("%s: %s = %q, want %q", w.Lang, what, texts[0], texts[1])
			}
		}
	}
}

// Each number takes the form that its language has for it.
func TestCatalogue_Count(t *testing.T) {
	for _, test := range []struct {
		w    *Catalogue
		want []string // for 0, 1, 2, 5, 12, 22 and 101
	}{
		{&English, []string{"0 photos", "1 photo", "2 photos", "5 photos", "12 photos", "22 photos", "101 photos"}},
		{&German, []string{"0 Fotos", "1 Foto", "2 Fotos", "5 Fotos", "12 Fotos", "22 Fotos", "101 Fotos"}},
		{&French, []string{"0 photo", "1 photo", "2 photos", "5 photos", "12 photos", "22 photos", "101 photos"}},
		{&Portuguese, []string{"0 foto", "1 foto", "2 fotos", "5 fotos", "12 fotos", "22 fotos", "101 fotos"}},
		{&Polish, []string{"0 zdjęć", "1 zdjęcie", "2 zdjęcia", "5 zdjęć", "12 zdjęć", "22 zdjęcia", "101 zdjęć"}},
		{&Czech, []string{"0 fotek", "1 fotka", "2 fotky", "5 fotek", "12 fotek", "22 fotek", "101 fotek"}},
		{&Japanese, []string{"写真0枚", "写真1枚", "写真2枚", "写真5枚", "写真12枚", "写真22枚", "写真101枚"}},
	} {
		for i, n := range []int{0, 1, 2, 5, 12, 22, 101} {
			if got := test.w.Count(n, test.w.CountPhotos); got != test.want[i] {
				t.Errorf("%s: %d = %q, want %q", test.w.Lang, n, got, test.want[i])
			}
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
	long := strings.Repeat("ko;q=0.1,", 200)
	for list, want := range map[string]string{"de," + long: "de", "es;q=0.9," + long: "es", long + "de": "en", strings.Repeat("d", 500) + ",de": "en"} {
		if got := For(list).Lang; got != want {
			t.Errorf("For(%.20s…) = %s, want %s", list, got, want)
		}
	}
}
