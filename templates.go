package main

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gallery/internal/photo"
)

//go:embed assets/style.css
var styleText string

//go:embed assets/lightbox.js
var scriptText string

// views renders the pages. They work without JavaScript; the script makes them
// better.
type views struct {
	policy    string // Content-Security-Policy
	style     template.CSS
	script    template.JS
	templates *template.Template
}

// newViews parses the templates. An error in one is a mistake in this file,
// and ends the program at its start.
func newViews() *views {
	v := &views{
		style:     dense(styleText),
		script:    template.JS(withoutComments(scriptText)),
		templates: template.Must(template.Must(template.New("").Parse(viewText)).Parse(uploadViewText)),
	}
	hash := sha256.Sum256([]byte(v.script))
	// Styles are inline for the sake of each photo's proportions and colour.
	v.policy = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; connect-src 'self'; " +
		"script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return v
}

var comment = regexp.MustCompile(`(?s)/\*.*?\*/|(?m-s:^\s*//.*$)`)

// withoutComments returns a stylesheet or script as it is sent: without
// comments of one's own line, indentation and empty lines. Neither holds a
// text over several lines that this could change.
func withoutComments(code string) string {
	var b strings.Builder
	for line := range strings.Lines(comment.ReplaceAllString(code, "")) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

var gaps = strings.NewReplacer("{\n", "{", ";\n", ";", "}\n", "}", ",\n", ",", ": ", ":", " {", "{")

// dense returns a stylesheet as it is sent: also without the spaces that follow
// or precede punctuation. None of its texts holds any of these.
func dense(sheet string) template.CSS { return template.CSS(gaps.Replace(withoutComments(sheet))) }

func (v *views) render(w io.Writer, name string, data any) error {
	return v.templates.ExecuteTemplate(w, name, data)
}

// frame is what every page has: its head and the way back up.
type frame struct {
	T      *words
	Site   string
	Title  string
	Crumbs []link
	Style  template.CSS
	Script template.JS
	Prev   string // address of the previous page or photo, "" if there is none
	Next   string
	First  string // address of the album's first photo, on a photo's page
	Last   string
	Whole  bool // browsers may wait for all of the page before they show any

	Description string // for search engines and shared links, one line
	Share       *share // nil where the page has no absolute address
}

// share is what a shared link to a photo shows, with absolute addresses.
type share struct {
	URL           string
	Image         string
	Type          string // the image's media type
	Width, Height int    // the image's, pixels
}

// link is an address and its text. Current marks the page one is on.
type link struct {
	Href, Text string
	Current    bool
}

// frame makes the frame of a page about the album or photo called name.
func (s *server) frame(t *words, name string) frame {
	f := frame{T: t, Site: s.title, Style: s.views.style, Script: s.views.script}
	f.Crumbs = []link{{Href: s.address(".") + "/", Text: s.title}}
	if name != "." {
		upTo := ""
		for segment := range strings.SplitSeq(name, "/") {
			upTo = path.Join(upTo, segment)
			f.Crumbs = append(f.Crumbs, link{Href: s.address(upTo) + "/", Text: s.albumTitle(upTo)})
		}
	}
	last := &f.Crumbs[len(f.Crumbs)-1]
	last.Current = true
	f.Title = last.Text
	return f
}

// readable is a file's or folder's name as text: valid UTF-8, and one line.
func readable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
}

// displayName is a photo's name as text: without its extension, and with
// spaces for "-" and "_" where it is words ("sunset-over_the-lake") and not a
// camera's count ("IMG_1234").
func displayName(file string) string {
	name := []rune(readable(strings.TrimSuffix(file, path.Ext(file))))
	if !hasWord(name) {
		return string(name)
	}
	inner := func(i int) rune { // the neighbour, or a space
		if i < 0 || i >= len(name) {
			return ' '
		}
		return name[i]
	}
	shown := slices.Clone(name)
	for i, r := range name {
		before, after := inner(i-1), inner(i+1)
		dates := unicode.IsDigit(before) && unicode.IsDigit(after)
		if r == '_' && !dates || r == '-' && !dates && !unicode.IsSpace(before) && !unicode.IsSpace(after) {
			shown[i] = ' '
		}
	}
	return strings.Join(strings.Fields(string(shown)), " ")
}

// hasWord reports whether three letters, not all capitals, stand together.
func hasWord(name []rune) bool {
	letters, small := 0, false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			letters, small = 0, false
			continue
		}
		letters, small = letters+1, small || !unicode.IsUpper(r)
		if letters >= 3 && small {
			return true
		}
	}
	return false
}

// gridView is the frame of an album's page, around its cells.
type gridView struct {
	frame
	Counts  string
	Sorts   []link
	Pages   string // "Page 2 of 40", "" where there is but one
	Empty   bool
	About   template.HTML // the album's description
	Zip     string        // address of the album as an archive, "" if it is not offered
	ZipSize string        // of its photos
	Total   int           // photos on the page, if it is streamed

	Unscripted template.CSS // for a page that is streamed without the script
	Add        *addView     // nil where photos cannot be added
	SignIn     string       // address where that begins, "" where nobody can or one may already
}

func (g *grid) writeHead(w io.Writer) error {
	a, t := g.album, g.key.words
	view := gridView{frame: g.s.frame(t, a.name), Empty: len(a.albums)+len(a.photos) == 0}
	about := g.s.readme(a.name)
	if g.key.n == 1 {
		view.About = about.body
	}
	if about.title != "" {
		view.Title = about.title // the root's, too, whose crumb is the site's name
	}
	var counts []string
	if n := len(a.albums); n > 0 {
		counts = append(counts, t.count(n, t.OneAlbum, t.ManyAlbums))
	}
	if n := len(a.photos); n > 0 {
		counts = append(counts, t.count(n, t.OnePhoto, t.ManyPhotos))
	}
	view.Counts = strings.Join(counts, ", ")
	if g.warm && len(a.photos) > 0 && g.pages == 1 { // larger ones are not read just for this
		if sum, ok := g.s.summarizeFolder(a.name, false); ok && sum.exact {
			view.Counts += " · " + t.period(sum.period())
		}
	}
	view.Description = cmp.Or(about.text, view.Counts)
	if g.s.zip && len(a.photos) > 0 {
		total := int64(0)
		for _, src := range a.photos {
			total += src.size
		}
		view.Zip, view.ZipSize = g.s.address(a.name)+"/?zip", t.bytes(total)
	}
	if len(a.photos) > 1 {
		view.Sorts = g.sortLinks()
	}
	if g.pages > 1 {
		view.Pages = fmt.Sprintf(t.PageOf, g.key.n, g.pages)
	}
	view.Prev, view.Next = g.neighbours()
	if view.Whole = g.warm; !view.Whole {
		view.Unscripted = unscripted
		view.Total = min(pageSize, len(a.photos)-(g.key.n-1)*pageSize)
	}
	g.s.offerUpload(&view, g.key)
	return g.s.views.render(w, "head", view)
}

// unscripted does for a page that streams in what the script would do: it shows
// that more is to come, and photos only once so many have come behind them that
// their row is complete. (Browsers count no :nth-last-child before the end.)
var unscripted = template.CSS(`
:root:not(:has(#end)) .progress { display: block; --done: 1; animation: wait 1s infinite alternate; }
:root:not(:has(#end)) .photo:not(:has(` + strings.Repeat("+ .photo ", 6) + `)) { visibility: hidden; }
@media (width > 600px) { :root:not(:has(#end)) .photo:not(:has(` + strings.Repeat("+ .photo ", 14) + `)) { visibility: hidden; } }
@keyframes wait { from { opacity: .2; } }
`)

// sortLinks offers the orders; choosing the one in use turns it round.
func (g *grid) sortLinks() []link {
	links := []link{{Text: g.key.words.ByName}, {Text: g.key.words.ByDate}}
	for i, orders := range [][2]string{{byName, byNameDown}, {byDate, byDateDown}} {
		next := orders[0]
		switch g.key.order {
		case orders[0]:
			next = orders[1]
			links[i].Text += " ↑"
			links[i].Current = true
		case orders[1]:
			links[i].Text += " ↓"
			links[i].Current = true
		}
		links[i].Href = withOrder(g.s.address(g.album.name)+"/", next, 1)
	}
	return links
}

// neighbours returns the addresses of the pages before and after this one.
func (g *grid) neighbours() (prev, next string) {
	here := g.s.address(g.album.name) + "/"
	if g.key.n > 1 {
		prev = withOrder(here, g.key.order, g.key.n-1)
	}
	if g.key.n < g.pages {
		next = withOrder(here, g.key.order, g.key.n+1)
	}
	return prev, next
}

// figure is a thumbnail, of a photo or of an album's cover.
type figure struct {
	T          *words
	Href       string
	Thumb      string // "" shows a placeholder
	Sharp      string // address of a larger rendition, "" if there is none on disk
	SharpWidth int    // its width, pixels
	Width      int    // of the thumbnail, pixels
	Height     int
	Ratio      string // width / height as the grid lays it out
	Tall       bool   // taller than that
	Color      template.CSS
	Name       string
	Caption    string
	Shown      int  // about how wide it is shown, CSS pixels; where Sharp is
	ShownSmall int  // the same on a phone; browsers see for themselves where Lazy
	Lazy       bool // far down the page: loaded when it comes near
}

// sectionView begins the albums' or the photos' part of a page.
type sectionView struct {
	T      *words
	Next   bool // another section ends here
	Albums bool // sub-albums come, else photos
}

// card is an album's figure.
type card struct {
	figure
	Counts string
	Date   string
}

// eager is how many thumbnails are loaded without waiting for a scroll.
const eager = 16

func (g *grid) writeCell(w io.Writer, i int) error {
	c := &g.cells[i]
	// Albums stand in a section of their own before the photos.
	if i == 0 || (c.sub == "") != (g.cells[i-1].sub == "") {
		if err := g.s.views.render(w, "section", sectionView{g.key.words, i > 0, c.sub != ""}); err != nil {
			return err
		}
	}
	if c.sum.unreadable {
		return nil
	}
	t := g.key.words
	f := figure{T: t, Lazy: i >= eager}
	f.show(g.s, c)
	if c.sub == "" {
		f.Href = withOrder(g.s.address(c.src.name())+"/", g.key.order, 1)
		f.Name, f.Caption = displayName(c.src.file), cmp.Or(g.s.noteOf(g.album, c.src).text, c.record.Caption)
		return g.s.views.render(w, "photo-cell", f)
	}
	f.Href = g.s.address(c.sub) + "/"
	f.Name = g.s.albumTitle(c.sub)
	view := card{figure: f, Counts: t.count(c.sum.photos, t.OnePhoto, t.ManyPhotos)}
	if c.sum.photos > 0 {
		view.Date = t.period(c.sum.period())
		if !c.sum.exact && !c.broken {
			view.Date = t.month(c.record.date())
		}
	}
	return g.s.views.render(w, "album-cell", view)
}

// show fills in the picture: the cell's thumbnail, or a placeholder.
func (f *figure) show(s *server, c *cell) {
	if c.broken {
		f.Width, f.Height, f.Ratio = s.thumbs.side*3/4, s.thumbs.side*3/4, "1"
		var own shownItself
		if errors.As(s.thumbs.failedBefore(c.src, ""), &own) {
			f.Thumb = s.address(c.src.name())
			f.setSize(photo.Fitted(own.size, s.thumbs.side))
		}
		return
	}
	f.Thumb = s.thumbAddress(c.src, "", c.record)
	// A record is a file that others may have written: its size may be 0.
	size := photo.Fitted(image.Pt(max(c.record.Width, 1), max(c.record.Height, 1)), s.thumbs.side)
	f.setSize(size)
	sharper := photo.Fitted(image.Pt(max(c.sharp.Width, 1), max(c.sharp.Height, 1)), renditionSides[sharp])
	if sharper.X > size.X {
		// The thumbnail's version names the same state, and compresses the second time.
		f.Sharp, f.SharpWidth = s.thumbAddress(c.src, sharp, c.record), sharper.X
		f.Shown, f.ShownSmall = shownWidth(size, 240), shownWidth(size, 140)
	}
	f.Color = cssColor(c.record.Color)
}

func (f *figure) setSize(size image.Point) {
	f.Width, f.Height = size.X, size.Y
	const tallest = 0.35
	ratio := float64(size.X) / float64(size.Y)
	f.Ratio, f.Tall = fmt.Sprintf("%.4f", max(ratio, tallest)), ratio < tallest
}

// shownWidth is about how wide the grid shows a picture of these proportions,
// in CSS pixels, in rows that are so high once they have grown to their width.
func shownWidth(size image.Point, row int) int { return row * size.X / size.Y }

// cssColor returns a record's colour in CSS, where it is one: a record is a
// file that others may have written. It has four bits a channel, which a
// placeholder does not miss and which makes pages a fiftieth shorter.
func cssColor(s string) template.CSS {
	digits, ok := strings.CutPrefix(s, "#")
	rgb, err := strconv.ParseUint(digits, 16, 24)
	if !ok || len(digits) != 6 || err != nil {
		return "transparent"
	}
	short := func(shift int) uint64 { return (rgb>>shift&0xFF*15 + 127) / 255 }
	return template.CSS(fmt.Sprintf("#%x%x%x", short(16), short(8), short(0)))
}

func (g *grid) writeFoot(w io.Writer) error {
	view := gridView{frame: frame{T: g.key.words, Script: g.s.views.script}, Empty: len(g.cells) == 0}
	view.Prev, view.Next = g.neighbours()
	return g.s.views.render(w, "foot", view)
}

// photoView is a photo's own page.
type photoView struct {
	frame
	Name      string
	File      string // with its extension
	Caption   string
	Note      template.HTML // the caption as its side file has it, "" if there is none
	Info      []fact
	Original  string      // address
	Bytes     int64       // of the original
	Image     string      // address of what is shown, "" where nothing can be
	ImageType string      // media type of what is shown
	ImageSize image.Point // its width and height, pixels
	Thumb     string      // address of its thumbnail, "" if there is none
	Width     int         // of the original, upright, pixels; 0 if unknown
	Height    int
	Color     template.CSS
	Album     string // address of the album's page that holds it
	Number    int    // its place in the album, from 1
	Total     int
}

// describeShared fills in what a shared link to the page shows. at is the
// site's origin, "" if it is unknown.
func (v *photoView) describeShared(at string) {
	v.Description = v.Caption
	if v.Description == "" {
		album := v.Crumbs[len(v.Crumbs)-2].Text
		v.Description = v.T.Photo + " " + v.T.At(v.Number, v.Total) + " · " + album
	}
	if at == "" || v.Image == "" {
		return
	}
	v.Share = &share{
		URL:   at + v.Original + "/",
		Image: at + v.Image,
		Type:  v.ImageType,
		Width: v.ImageSize.X, Height: v.ImageSize.Y,
	}
}

// fact is a row of the information about a photo.
type fact struct {
	Term, Text string
	Map        string // address of a map of the place, "" for other facts
}

// add adds a fact, if there is one.
func (v *photoView) add(term, text string) {
	if text != "" {
		v.Info = append(v.Info, fact{Term: term, Text: text})
	}
}

// photoView places a photo between its neighbours among the photos of its
// album, which are in the given order.
func (s *server) photoView(t *words, photos []source, src source, order string) photoView {
	view := photoView{
		frame:    s.frame(t, src.name()),
		Name:     displayName(src.file),
		Original: s.address(src.name()),
		File:     readable(src.file),
		Bytes:    src.size,
		Total:    len(photos),
		Color:    "transparent",
	}
	view.Title = view.Name
	view.First = withOrder(s.address(photos[0].name())+"/", order, 1)
	view.Last = withOrder(s.address(photos[len(photos)-1].name())+"/", order, 1)
	view.Crumbs[len(view.Crumbs)-1].Text = view.Name
	for i, p := range photos {
		if p.file != src.file {
			continue
		}
		view.Number = i + 1
		view.Album = withOrder(s.address(src.album)+"/", order, 1+i/pageSize)
		if i > 0 {
			view.Prev = withOrder(s.address(photos[i-1].name())+"/", order, 1)
		}
		if i+1 < len(photos) {
			view.Next = withOrder(s.address(photos[i+1].name())+"/", order, 1)
		}
	}
	return view
}

// describe adds to a photo's page what its thumbnail's record says.
func (s *server) describe(v *photoView, src source, r record) {
	v.Width, v.Height = r.Width, r.Height
	v.Thumb = s.thumbAddress(src, "", r)
	v.Color = cssColor(r.Color)
	v.Caption = r.Caption
}

// addInfo lists what is known of the photo: how it was taken, when, and what
// the file is.
func (v *photoView) addInfo(d photo.Details, taken time.Time) {
	t := v.T
	v.add(t.Camera, d.Camera)
	v.add(t.Lens, d.Lens)
	v.add(t.FocalLength, focalLength(t, d))
	if f := d.ApertureText(); f != "" {
		v.add(t.Aperture, "f/"+t.decimal(f))
	}
	if e := d.ExposureText(); e != "" {
		v.add(t.Shutter, t.decimal(e)+" s")
	}
	if d.ISO > 0 {
		v.add(t.ISO, "ISO "+strconv.Itoa(d.ISO))
	}
	if !taken.IsZero() {
		v.add(t.Date, t.dateTime(taken))
	}
	if v.Width > 0 {
		v.add(t.Dimensions, fmt.Sprintf("%d × %d", v.Width, v.Height))
	}
	v.add(t.Size, t.bytes(v.Bytes))
	v.add(t.FileName, v.File)
	if d.HasPosition {
		at := fmt.Sprintf("%.5f/%.5f", d.Latitude, d.Longitude)
		latitude, longitude, _ := strings.Cut(at, "/")
		v.Info = append(v.Info, fact{t.Place, t.ShowOnMap,
			"https://www.openstreetmap.org/?mlat=" + latitude + "&mlon=" + longitude + "#map=15/" + at})
	}
}

// focalLength writes a focal length, and what it would be on 35 mm film where
// that is another.
func focalLength(t *words, d photo.Details) string {
	own := t.decimal(d.FocalLengthText())
	on35 := fmt.Sprintf("%.0f", d.FocalLength35)
	switch {
	case d.FocalLength35 == 0 && own == "":
		return ""
	case d.FocalLength35 == 0 || own == on35:
		return own + " mm"
	case own == "":
		return fmt.Sprintf(t.On35mm, on35)
	}
	return own + " mm (" + fmt.Sprintf(t.On35mm, on35) + ")"
}

// errorView is the page of an answer that is not a success.
type errorView struct {
	frame
	Status  int
	Message string
	Up      link // the nearest album there is
}

// errorView is about the path that was asked for.
func (s *server) errorView(t *words, status int, urlPath string) errorView {
	view := errorView{frame: s.frame(t, "."), Status: status, Message: t.Unanswered}
	view.Title = http.StatusText(status)
	view.Crumbs[0].Current = false
	view.Up = link{Href: view.Crumbs[0].Href, Text: t.AllAlbums}
	if status == http.StatusUnauthorized || status == http.StatusTooManyRequests {
		urlPath = "/" // nothing of what there is
	}
	if up := s.nearestAlbum(urlPath); up != "." {
		view.Up = link{Href: s.address(up) + "/", Text: fmt.Sprintf(t.UpTo, s.albumTitle(up))}
	}
	switch status {
	case http.StatusNotFound:
		view.Title, view.Message = t.NotFound, t.NotFoundHelp
	case http.StatusUnauthorized:
		view.Title, view.Message = t.NoPassword, t.NoPasswordHelp
	case http.StatusTooManyRequests:
		view.Title, view.Message = t.TooMany, t.TooManyHelp
	case http.StatusInternalServerError:
		view.Title, view.Message = t.Failed, t.FailedHelp
	}
	return view
}

// nearestAlbum returns the album that a path without an answer leads to when
// names are taken off its end.
func (s *server) nearestAlbum(urlPath string) string {
	t, ok := parsePath(s.root, urlPath)
	if !ok {
		return "."
	}
	for name := t.name; name != "."; name = path.Dir(name) {
		folder, err := openFolder(s.photos, name, false)
		if err == nil {
			folder.Close()
			return name
		}
	}
	return "."
}

const viewText = `
{{define "open" -}}
<!doctype html>
<html lang="{{.T.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}{{if ne .Title .Site}} · {{.Site}}{{end}}</title>
{{with .Description}}<meta name="description" content="{{.}}">
{{end}}{{with .Share}}<link rel="canonical" href="{{.URL}}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="{{$.Site}}">
<meta property="og:title" content="{{$.Title}}">
<meta property="og:description" content="{{$.Description}}">
<meta property="og:url" content="{{.URL}}">
<meta property="og:image" content="{{.Image}}">
<meta property="og:image:type" content="{{.Type}}">
<meta property="og:image:width" content="{{.Width}}">
<meta property="og:image:height" content="{{.Height}}">
<meta property="og:image:alt" content="{{$.Description}}">
<meta name="twitter:card" content="summary_large_image">
{{end}}<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%23446'/%3E%3Cpath d='M2 13l4-6 3 4 2-2 3 4z' fill='%23fff'/%3E%3Ccircle cx='11' cy='5' r='1.5' fill='%23fc6'/%3E%3C/svg%3E">
{{with .First}}<link rel="first" href="{{.}}">
{{end}}{{with .Last}}<link rel="last" href="{{.}}">
{{end}}{{if .Whole}}<link rel="expect" href="#end" blocking="render">
{{end}}<style>{{.Style}}</style>
</head>
{{end}}

{{define "crumbs" -}}
<nav class="crumbs" aria-label="{{.T.Breadcrumb}}"><ol>
{{range .Crumbs}}<li>{{if .Current}}<span aria-current="page">{{.Text}}</span>{{else}}<a href="{{.Href}}">{{.Text}}</a>{{end}}</li>
{{end}}</ol></nav>
{{end}}

{{define "section" -}}
{{if .Next}}</section>
{{end}}{{if .Albums}}<section class="cards" aria-label="{{.T.Albums}}">{{else}}<section class="grid" aria-label="{{.T.Photos}}">{{end}}
{{end}}

{{define "head" -}}
{{template "open" .}}<body class="album">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
{{with .About}}<div class="about">{{.}}</div>
{{end}}<p class="counts">{{.Counts}}{{with .Pages}} · {{.}}{{end}}</p>
{{with .Zip}}<p class="zip"><a href="{{.}}" download>{{$.T.DownloadAlbum}}</a> <small>{{$.ZipSize}}</small></p>
{{end}}{{with .Sorts}}<nav class="sorts" aria-label="{{$.T.SortBy}}">{{range .}}<a href="{{.Href}}"{{if .Current}} aria-current="true"{{end}}>{{.Text}}</a>{{end}}</nav>
{{end}}{{with .Prev}}<p class="back"><a rel="prev" href="{{.}}">← {{$.T.PreviousPage}}</a></p>
{{end}}{{with .SignIn}}<p class="signin"><a href="{{.}}">{{$.T.SignIn}}</a></p>
{{end}}{{with .Add}}{{template "add" .}}{{end}}</header>
{{with .Total}}<div class="progress" role="progressbar" aria-label="{{$.T.Progress}}" aria-valuemin="0" aria-valuemax="{{.}}" aria-valuenow="0" data-text="{{$.T.Position}}"><i></i><span></span></div>
<noscript><style>{{$.Unscripted}}</style></noscript>
{{end}}{{template "lightbox" .}}<main>
{{if .Empty}}<p class="empty">{{.T.EmptyAlbum}}</p>
{{end}}{{end}}

{{define "picture" -}}
{{if .Thumb}}<img src="{{.Thumb}}"{{if .Sharp}} srcset="{{.Thumb}} {{.Width}}w, {{.Sharp}} {{.SharpWidth}}w" sizes="{{if .Lazy}}auto,{{else}}(width<=600px){{.ShownSmall}}px,{{end}}{{.Shown}}px"{{end}} width="{{.Width}}" height="{{.Height}}" alt="{{or .Caption .Name}}" decoding="async"{{if .Lazy}} loading="lazy"{{end}}>
{{- else}}<span class="placeholder" role="img" aria-label="{{printf .T.NoPreview .Name}}"></span>{{end}}
{{- end}}

{{define "photo-cell" -}}
<figure class="photo{{if .Tall}} tall{{end}}{{if not .Thumb}} blank{{end}}" style="--w:{{.Ratio}}"><a href="{{.Href}}" style="background-color:{{.Color}}">{{template "picture" .}}</a>
{{- if .Caption}}<figcaption>{{.Caption}}</figcaption>{{else if not .Thumb}}<figcaption>{{.Name}}</figcaption>{{end}}</figure>
{{end}}

{{define "album-cell" -}}
<figure class="card" style="--c:{{.Color}}"><a href="{{.Href}}">{{template "picture" .}}<figcaption><b>{{.Name}}</b> <span>{{.Counts}}{{with .Date}} · {{.}}{{end}}</span></figcaption></a></figure>
{{end}}

{{define "foot" -}}
{{if not .Empty}}</section>
{{end}}</main>
{{if or .Prev .Next}}<nav class="pages" aria-label="{{.T.Pages}}">
{{- with .Prev}}<a rel="prev" href="{{.}}">← {{$.T.PreviousPage}}</a>{{end}}
{{- with .Next}}<a rel="next" href="{{.}}">{{$.T.NextPage}} →</a>{{end}}</nav>
{{end}}<div id="end"></div>
</body>
</html>
{{end}}

{{define "lightbox" -}}
<dialog id="lightbox" aria-label="{{.T.Photo}}" tabindex="-1" data-interval="4000" data-failed="{{.T.LoadFailed}}" data-retrying="{{.T.Retrying}}" data-unshown="{{.T.CannotShowHere}}" data-copied="{{.T.LinkCopied}}"><div class="room">
<div class="track"></div>
<div class="caption"></div>
<div class="bar">
<p class="position"></p>
<button data-do="slideshow" aria-pressed="false" aria-label="{{.T.Slideshow}}" title="{{.T.Slideshow}}"><svg viewBox="0 0 24 24"><path class="off" d="M8 5l11 7-11 7z"/><path class="on" d="M8 5v14M16 5v14"/></svg></button>
<button data-do="info" aria-expanded="false" aria-label="{{.T.Information}}" title="{{.T.Information}}"><svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7.5v.01"/></svg></button>
<button data-do="full" aria-label="{{.T.Fullscreen}}" title="{{.T.Fullscreen}}"><svg viewBox="0 0 24 24"><path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/></svg></button>
<button data-do="share" aria-label="{{.T.Share}}" title="{{.T.Share}}"><svg viewBox="0 0 24 24"><path d="M12 15V3M8 7l4-4 4 4M7 11H5v10h14V11h-2"/></svg></button>
<button data-do="download" aria-label="{{.T.Download}}" title="{{.T.Download}}"><svg viewBox="0 0 24 24"><path d="M12 4v12M7 11l5 5 5-5M5 20h14"/></svg></button>
<button data-do="help" aria-expanded="false" aria-label="{{.T.Help}}" title="{{.T.Help}}"><svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.8-.9 1.7M12 17v.01"/></svg></button>
<button class="close" data-do="close" aria-label="{{.T.Close}}" title="{{.T.Close}}"><svg viewBox="0 0 24 24"><path d="M6 6l12 12M18 6L6 18"/></svg></button>
</div>
<button class="turn prev" data-do="prev" aria-label="{{.T.PreviousPhoto}}"><svg viewBox="0 0 24 24"><path d="M15 5l-7 7 7 7"/></svg></button>
<button class="turn next" data-do="next" aria-label="{{.T.NextPhoto}}"><svg viewBox="0 0 24 24"><path d="M9 5l7 7-7 7"/></svg></button>
<section class="panel about" aria-label="{{.T.Information}}" tabindex="0" hidden><h2>{{.T.Information}}</h2></section>
<section class="panel help" aria-label="{{.T.Help}}" tabindex="0" hidden><h2>{{.T.Keyboard}}</h2>
<dl class="keys"><div><dt>← →</dt><dd>{{.T.PreviousPhoto}}, {{.T.NextPhoto}}</dd></div><div><dt>Home End</dt><dd>{{.T.First}}, {{.T.Last}}</dd></div><div><dt>+ − 0</dt><dd>{{.T.Zoom}}</dd></div><div><dt>F</dt><dd>{{.T.Fullscreen}}</dd></div><div><dt>I</dt><dd>{{.T.Information}}</dd></div><div><dt>S</dt><dd>{{.T.Slideshow}}</dd></div><div><dt>D</dt><dd>{{.T.Download}}</dd></div><div><dt>?</dt><dd>{{.T.Help}}</dd></div><div><dt>Esc</dt><dd>{{.T.Close}}</dd></div></dl></section>
<p class="toast" role="status"></p>
<p class="said" aria-live="polite"></p>
</div></dialog>
<script>{{.Script}}</script>
{{end}}

{{define "photo" -}}
{{template "open" .}}<body class="single">
<header>
{{template "crumbs" .}}</header>
<main>
<figure style="--c:{{.Color}}">
{{if .Image}}<img id="photo" src="{{.Image}}"{{if .Width}} width="{{.Width}}" height="{{.Height}}"{{end}} alt="{{or .Caption .Name}}" data-thumb="{{.Thumb}}">
{{else}}<p class="empty">{{.T.CannotShow}}</p>
{{end}}<figcaption>{{or .Note .Caption}}</figcaption>
</figure>
<nav class="pages" aria-label="{{.T.Photos}}">
{{with .Prev}}<a rel="prev" href="{{.}}">← {{$.T.Previous}}</a>{{end}}
<a class="up" rel="up" href="{{.Album}}">{{.T.At .Number .Total}}</a>
{{with .Next}}<a rel="next" href="{{.}}">{{$.T.Next}} →</a>{{end}}
</nav>
<div class="about">
<h1>{{.Name}}</h1>
<dl class="info">{{range .Info}}<div><dt>{{.Term}}</dt><dd>{{if .Map}}<a class="map" href="{{.Map}}" rel="noreferrer">{{.Text}}</a>{{else}}{{.Text}}{{end}}</dd></div>{{end}}</dl>
<a class="download button" href="{{.Original}}" download data-bytes="{{.Bytes}}">{{.T.Download}}</a>
</div>
</main>
{{template "lightbox" .}}</body>
</html>
{{end}}

{{define "error" -}}
{{template "open" .}}<body class="error">
<header>
{{template "crumbs" .}}<h1>{{.Status}} {{.Title}}</h1>
</header>
<main>
<p class="empty">{{.Message}} <a class="up" href="{{.Up.Href}}">{{.Up.Text}}</a></p>
</main>
</body>
</html>
{{end}}
`
