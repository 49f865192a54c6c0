// Package messages holds every text that the pages and the script show, a file for
// each language, and writes counts, numbers, sizes and dates as each does.
package messages

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Plural is a text with a number in it, %s, in the forms that a language counts by (CLDR's
// rules for cardinals). Many is for each number that has no other form; a form that the
// language lacks is empty.
type Plural struct{ One, Few, Many string }

// Catalogue is every text that the pages and the script show, in one language.
// Texts with a verb, such as %s, are for fmt; the script fills in {n} and the
// like itself.
type Catalogue struct {
	Lang    string   // BCP 47, for <html lang>
	Regions []string // further tags whose readers get this catalogue, if any

	// Numbers and dates.
	Thousands, Decimal string
	Byte               string     // its letter in kB and MB
	Months             [12]string // standing alone
	MonthsOfDay        [12]string // after a day
	DayOf              string     // day (1), month's name (2) and year (3)
	MonthOf            string     // month's name (1) and year (2)
	MonthsOf           string     // the names of two months (1 and 2) and year (3)
	YearsOf            string     // two years, which a line does not part: a dash lets it even before a space that does not (UAX 14, LB12a)
	Clock              string     // what follows a date to say the time, as package time writes it

	// Albums.
	Breadcrumb, Albums, Photos string // what landmarks are called
	SortBy, ByName, ByDate     string
	CountAlbums, CountPhotos   Plural
	PageOf, Pages              string
	PreviousPage, NextPage     string
	SkipPhotos                 string
	EmptyAlbum, NoPreview      string
	CountOthers                Plural // of files that are no photos
	OtherFiles, OnlyOthers     string
	CountMore                  Plural // files than are listed
	DownloadAlbum              string
	Progress                   string

	// Photos of many albums.
	Search, Timeline, Recent, NothingFound string

	// A photo.
	Photo, Previous, Next, Position  string
	PreviousPhoto, NextPhoto         string
	Download, CannotShow             string
	Camera, Lens, FocalLength        string
	Aperture, Shutter, ISO           string
	Date, Dimensions, Size, FileName string
	Place, ShowOnMap, On35mm         string

	// The lightbox.
	Close, Information, Help, Share, LinkCopied string
	Fullscreen                                  string
	LoadFailed, CannotShowHere, Retrying        string
	First, Last, Zoom, Slideshow, Keyboard      string
	HomeEnd                                     string // what the two keys bear
	Interval, Shuffle                           string

	// Signing in.
	SignIn, SignOut, UserName, Password, StaySignedIn, WrongSignIn, WrongPassword string

	// Links to albums.
	LinkOver, LinkOverHelp, PasswordNeeded              string
	ShareAlbum, ForWhom, DaysOpen, NoDownload, MakeLink string

	// Picks.
	AllowPicks, Pick, Picked, ShowPicks, ListPicks, SendPicks string
	NoteOf, YourName, Copy, Copied, OneALine, PicksSent       string
	TooManyPicks, NothingPicked, NotKept, SentTooOften        string
	ChoicesSent                                               string

	// Adding photos.
	AddPhotos, ChoosePhotos, TakePhoto                    string
	DropPhotos, NewAlbum, PhotosOfUpTo, Upload            string
	Remove, Waiting, Checking, Added, ShowAlbum           string
	CountAdded, CountNew                                  Plural
	NotAdded, SignInAgain                                 string
	NotAPhoto, HEIC, AlreadyThere, TooLarge, Damaged      string
	TooManyPixels, TooManyFiles, NoFiles                  string
	BadAlbumName, LongName, DiskFull, NotStored, BrokeOff string

	// Errors.
	NotFound, NotFoundHelp, Failed, FailedHelp       string
	Away, AwayHelp                                   string // the disk of the photos
	NoPassword, NoPasswordHelp, TooMany, TooManyHelp string
	Unanswered, AllAlbums, UpTo                      string
}

// Languages are those that pages speak; the first is for everybody else.
var Languages = []*Catalogue{
	&English, &American, &German, &Spanish, &French, &Italian, &Portuguese, &Dutch, &Polish, &Czech,
	&Japanese, &Chinese,
}

// matched are the tags that visitors' languages are compared with, and the catalogue of each.
var matched, languageMatcher = func() ([]*Catalogue, language.Matcher) {
	var catalogues []*Catalogue
	var tags []language.Tag
	for _, w := range Languages {
		for _, tag := range append([]string{w.Lang}, w.Regions...) {
			catalogues, tags = append(catalogues, w), append(tags, language.Make(tag))
		}
	}
	return catalogues, language.NewMatcher(tags)
}()

// maxAccepted is how many bytes of Accept-Language are read: browsers send less than a
// hundred, and to match each of thousands takes a hundred times what a page does.
const maxAccepted = 256

// For chooses the language by Accept-Language (RFC 9110, section 12.5.4).
func For(accepted string) *Catalogue {
	if len(accepted) > maxAccepted {
		accepted = accepted[:max(0, strings.LastIndexByte(accepted[:maxAccepted], ','))]
	}
	if accepted == "" {
		return Languages[0]
	}
	_, i := language.MatchStrings(languageMatcher, accepted)
	return matched[i]
}

// number writes a number with its thousands apart.
func (w *Catalogue) number(n int) string {
	return strings.ReplaceAll(humanize.Comma(int64(n)), ",", w.Thousands)
}

// Count says a number of things, in the form that the language has for this number.
func (w *Catalogue) Count(n int, things Plural) string {
	text := things.Many
	switch plural.Cardinal.MatchPlural(language.Make(w.Lang), n, 0, 0, 0, 0) {
	case plural.One:
		text = things.One
	case plural.Few:
		text = things.Few
	}
	return fmt.Sprintf(text, w.number(n))
}

// WithDecimal replaces the point in a number.
func (w *Catalogue) WithDecimal(number string) string {
	return strings.ReplaceAll(number, ".", w.Decimal)
}

// Bytes is a file's size for people.
func (w *Catalogue) Bytes(n int64) string {
	return w.WithDecimal(strings.TrimSuffix(humanize.Bytes(uint64(n)), "B")) + w.Byte
}

// Month writes a date as month and year.
func (w *Catalogue) Month(t time.Time) string {
	return fmt.Sprintf(w.MonthOf, w.Months[t.Month()-1], t.Year())
}

// Period writes the months or years from one date to another.
func (w *Catalogue) Period(from, to time.Time) string {
	switch {
	case from.Year() != to.Year():
		return fmt.Sprintf(w.YearsOf, from.Year(), to.Year())
	case from.Month() != to.Month():
		return fmt.Sprintf(w.MonthsOf, w.Months[from.Month()-1], w.Months[to.Month()-1], to.Year())
	}
	return w.Month(to)
}

// Day writes a date without the time of day.
func (w *Catalogue) Day(t time.Time) string {
	return fmt.Sprintf(w.DayOf, t.Day(), w.MonthsOfDay[t.Month()-1], t.Year())
}

// DateTime writes a date with the time of day.
func (w *Catalogue) DateTime(t time.Time) string {
	return w.Day(t) + t.Format(w.Clock)
}

// MoreOthers says how many more other files there are than are listed.
func (w *Catalogue) MoreOthers(n int) string { return w.Count(n, w.CountMore) }

// At says which of how many.
func (w *Catalogue) At(n, of int) string {
	return fmt.Sprintf(w.Position, strconv.Itoa(n), strconv.Itoa(of))
}
