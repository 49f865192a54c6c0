package main

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Every text stands in every language, with the same verbs in it.
func TestWords_complete(t *testing.T) {
	verbs := regexp.MustCompile(`%[sd]|\{\w+\}`)
	for _, w := range languages {
		v, e := reflect.ValueOf(*w), reflect.ValueOf(english)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			texts, same := []string{}, []string{}
			if v.Field(i).Kind() == reflect.Array {
				for j := range v.Field(i).Len() {
					texts, same = append(texts, v.Field(i).Index(j).String()), append(same, e.Field(i).Index(j).String())
				}
			} else {
				texts, same = append(texts, v.Field(i).String()), append(same, e.Field(i).String())
			}
			for j := range texts {
				if texts[j] == "" {
					t.Errorf("%s lacks %s", w.Lang, name)
				}
				got, want := verbs.FindAllString(texts[j], -1), verbs.FindAllString(same[j], -1)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: %s has the verbs %q, want %q", w.Lang, name, got, want)
				}
			}
		}
	}
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
		if got := wordsFor(accepted).Lang; got != want {
			t.Errorf("wordsFor(%q) = %s, want %s", accepted, got, want)
		}
	}
}

func TestWords_formats(t *testing.T) {
	at := time.Date(2024, 3, 7, 9, 5, 0, 0, time.UTC)
	for _, test := range []struct {
		w                           *words
		count, bytes, month, moment string
	}{
		{&english, "12,345 photos", "3.2 MB", "March 2024", "7 March 2024, 09:05"},
		{&german, "12.345 Fotos", "3,2 MB", "März 2024", "7. März 2024, 09:05"},
		{&spanish, "12.345 fotos", "3,2 MB", "marzo de 2024", "7 de marzo de 2024, 09:05"},
	} {
		w := test.w
		if got := w.count(12345, w.OnePhoto, w.ManyPhotos); got != test.count {
			t.Errorf("count = %q, want %q", got, test.count)
		}
		if got := w.count(1, w.OnePhoto, w.ManyPhotos); got != w.OnePhoto {
			t.Errorf("count = %q, want %q", got, w.OnePhoto)
		}
		if got := w.period(at, at); got != test.month {
			t.Errorf("period = %q, want %q", got, test.month)
		}
		if got, want := w.period(at.AddDate(0, -2, 0), at), w.Months[0]+" – "+test.month; got != want {
			t.Errorf("period = %q, want %q", got, want)
		}
		if got, want := w.period(at.AddDate(-2, 0, 0), at), "2022 – 2024"; got != want {
			t.Errorf("period = %q, want %q", got, want)
		}
		if got := w.bytes(3_200_000); got != test.bytes {
			t.Errorf("bytes = %q, want %q", got, test.bytes)
		}
		if got := w.month(at); got != test.month {
			t.Errorf("month = %q, want %q", got, test.month)
		}
		if got := w.dateTime(at); got != test.moment {
			t.Errorf("dateTime = %q, want %q", got, test.moment)
		}
	}
}

// Each visitor gets a page in a language of theirs, also from memory.
func TestServe_languages(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a", "1.jpg"), 60, 40, 1)
	write(t, filepath.Join(dir, "a", "2.jpg"), 60, 40, 2)
	s := newSite(t, dir)
	for range 3 { // cold, warm, from memory
		for accepted, w := range map[string]*words{"en": &english, "de-CH, en": &german, "es": &spanish} {
			for path, want := range map[string]string{
				"/":         w.count(1, w.OneAlbum, w.ManyAlbums),
				"/a/":       w.count(2, w.OnePhoto, w.ManyPhotos),
				"/a/1.jpg/": w.At(1, 2),
				"/nowhere/": "404 " + w.NotFound,
			} {
				a := s.get(path, "Accept-Language", accepted)
				doc := parse(t, a.body)
				if got := values(doc, "html", "lang"); len(got) != 1 || got[0] != w.Lang {
					t.Errorf("%s for %s is in %s, want %s", path, accepted, got, w.Lang)
				}
				if got := values(doc, ".counts, nav .up, .error h1", ""); len(got) != 1 || strings.Split(got[0], " · ")[0] != want {
					t.Errorf("%s for %s says %q, want %q", path, accepted, got, want)
				}
				if got := a.Header.Get("Vary"); got != "Accept-Language" {
					t.Errorf("%s varies by %q, want Accept-Language", path, got)
				}
			}
		}
	}
}
