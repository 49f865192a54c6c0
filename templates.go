package main

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"image"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/face"
	"gallery/internal/messages"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

//go:embed assets/style.css
var styleText string

//go:embed assets/script/*.js
var scriptFiles embed.FS

// scriptParts are the script's files in their order: what one does at once may use only those
// before it.
const scriptParts = `page reading pick figures slides geometry zoom swipe gestures overlay slideshow
	controls history photopage grid news`

var scriptText = joinScript(scriptParts)

// joinScript puts the script's files into one closure, so that what they share
// is not global.
func joinScript(parts string) string {
	var b strings.Builder
	b.WriteString("(() => {\n'use strict';\n")
	for name := range strings.FieldsSeq(parts) {
		file, err := scriptFiles.ReadFile("assets/script/" + name + ".js")
		if err != nil {
			panic(err) // a mistake in this list
		}
		b.Write(file)
	}
	b.WriteString("})();\n")
	return b.String()
}

//go:embed assets/upload.css
var uploadStyleText string

//go:embed assets/signin.css
var signInStyleText string

//go:embed assets/upload.js
var uploadScriptText string

//go:embed assets/hearts.css
var heartsStyleText string

//go:embed assets/hearts.js
var heartsScriptText string

// views renders the pages and sets their headers. They work without JavaScript; the
// script makes them better.
type views struct {
	site      string // the site's name
	addresses addresses
	titlesOf  func(name string) []string
	may       func(v visitor, name string) bool
	byVisitor bool // a page's content depends on who is signed in
	face      *face.Reader
	hidden    bool // from search engines

	policy    string // Content-Security-Policy
	style     template.CSS
	script    template.JS
	templates *template.Template

	upload, hearts furtherAssets
}

// newViews parses the templates. An error in one is a mistake in this file,
// and ends the program at its start.
func newViews(site string, at addresses, titlesOf func(name string) []string, may func(v visitor, name string) bool, byVisitor bool, embedders []string) *views {
	v := &views{
		site: site, addresses: at, titlesOf: titlesOf, may: may, byVisitor: byVisitor,
		style:     sentAssets().style,
		script:    sentAssets().script,
		templates: template.Must(template.Must(template.New("").Parse(viewText)).Parse(uploadViewText + doctorViewText + signInViewText + shareViewText + picksViewText)),
	}
	// Styles are inline for the sake of each photo's proportions and colour; the owner's is a
	// file.
	v.policy = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline' 'self'; manifest-src 'self'; connect-src 'self'; " +
		"script-src " + sourceOf(v.script) + "; base-uri 'none'; form-action 'self'; frame-ancestors " + cmp.Or(strings.Join(embedders, " "), "'none'")
	v.upload = newFurtherAssets(sentAssets().uploadStyle, sentAssets().uploadScript)
	v.hearts = newFurtherAssets(sentAssets().heartsStyle, sentAssets().heartsScript)
	return v
}

// furtherAssets is what some visitors' pages have beside what all have.
type furtherAssets struct {
	style  template.CSS
	script template.JS
	source string // of the script, in a Content-Security-Policy
}

func newFurtherAssets(style template.CSS, script template.JS) furtherAssets {
	return furtherAssets{style, script, sourceOf(script)}
}

// sourceOf is what names an inline script in a Content-Security-Policy (CSP
// level 3, section 2.3.1).
func sourceOf(script template.JS) string {
	hash := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

// sentAssets are the stylesheets and scripts as pages hold them: each page holds
// its own, so they are minified, once.
var sentAssets = sync.OnceValue(func() (a struct {
	style, uploadStyle, signInStyle, heartsStyle template.CSS
	script, uploadScript, heartsScript           template.JS
}) {
	m := minify.New()
	m.AddFunc("css", css.Minify)
	m.AddFunc("js", js.Minify)
	minified := func(kind, code string) string {
		text, err := m.String(kind, code)
		if err != nil {
			panic(err) // a mistake in an asset
		}
		return text
	}
	a.style, a.uploadStyle = template.CSS(minified("css", styleText)), template.CSS(minified("css", uploadStyleText))
	a.signInStyle, a.heartsStyle = template.CSS(minified("css", signInStyleText)), template.CSS(minified("css", heartsStyleText))
	a.script, a.uploadScript = template.JS(minified("js", scriptText)), template.JS(minified("js", uploadScriptText))
	a.heartsScript = template.JS(minified("js", heartsScriptText))
	return a
})

// header sets what the headers of all pages have in common.
func (v *views) header(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", v.policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", answer.Revalidate)
	h.Set("Vary", "Accept-Language, Save-Data")
	if v.byVisitor {
		h.Set("Vary", "Accept-Language, Save-Data, Authorization, Cookie")
	}
}

// headerFor is header for a page that is another for other visitors.
func (v *views) headerFor(w http.ResponseWriter, who visitor) {
	v.header(w)
	if who != (visitor{}) {
		w.Header().Set("Cache-Control", "private, no-cache")
	}
}

// allow adds to a page's header that it has a further script, and is for this visitor alone.
func (v *views) allow(w http.ResponseWriter, a furtherAssets) {
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "script-src ", "script-src "+a.source+" ", 1))
	h.Set("Cache-Control", "private, no-cache")
}

func (v *views) render(w io.Writer, name string, data any) error {
	return v.templates.ExecuteTemplate(w, name, data)
}

// frame is what every page has: its head and the way back up.
type frame struct {
	T        *messages.Catalogue
	Site     string
	Title    string
	Crumbs   []link
	Style    template.CSS
	Script   template.JS
	News     string // address that tells what has come since, "" for none
	Here     string // the page's own address, where there is News
	Prev     string // address of the previous page or photo, "" if there is none
	Next     string
	First    string // address of the album's first photo, on a photo's page
	Last     string
	Kept     bool     // the visitor may not download photos
	Previews []string // the renditions that the lightbox shows, the smallest first
	Await    string   // browsers may show nothing before the element of this ID is there, "" for none

	Unscripted template.CSS // for a page that is streamed without the script

	Picks       string      // address of the album whose photos may be picked, "" for none
	PicksScript template.JS // "" where none may

	SearchAt, Query string // address of the search, and what was sought

	Description string // for search engines and shared links, one line
	Hidden      bool   // from search engines
	Face        faceView
	Feed        string // address of the album's feed, "" for none
	Share       *share // nil where the page has no absolute address
}

// share is what a shared link to a page shows, with absolute addresses.
type share struct {
	URL           string
	Image         string // a JPEG; "" for none
	Width, Height int    // the image's, pixels; 0 if unknown
}

// show has the link show a photo, in the rendition that messengers take, which is made when
// one asks for it. r is its thumbnail's record, or empty if that is not known.
func (s *share) show(origin string, at addresses, src album.Photo, r rendition.Record) {
	s.Image = origin + at.thumb(src, rendition.ForLinks, r)
	if r.Width > 0 && r.Height > 0 {
		size := photo.Fitted(image.Pt(r.Width, r.Height), rendition.Sides[rendition.ForLinks])
		s.Width, s.Height = size.X, size.Y
	}
}

// link is an address and its text. Current marks the page one is on.
type link struct {
	Href, Text string
	Current    bool
}

// frame makes the frame of a page about the album or photo called name. The way up
// leaves out what the visitor may not see.
func (v *views) frame(t *messages.Catalogue, name string, who visitor) frame {
	f := frame{T: t, Site: v.site, Style: v.style, Script: v.script, Previews: rendition.Previews, Hidden: v.hidden, Face: v.faceView()}
	if name == "." || v.may(who, ".") {
		f.SearchAt = v.addresses.file(".") + searchPath
		f.Crumbs = []link{{Href: v.addresses.page("."), Text: v.site}}
	}
	if name != "." {
		titles, upTo := v.titlesOf(name), ""
		for i, segment := range strings.Split(name, "/") {
			upTo = path.Join(upTo, segment)
			if upTo != name && !v.may(who, upTo) {
				continue
			}
			f.Crumbs = append(f.Crumbs, link{Href: v.addresses.page(upTo), Text: titles[i]})
		}
	}
	last := &f.Crumbs[len(f.Crumbs)-1]
	last.Current = true
	f.Title = last.Text
	return f
}

// faceView is what a page shows of the site's face: addresses, "" for what there is not.
type faceView struct {
	Home, Logo, Icon, Manifest, Style string
	Footer                            template.HTML
}

func (v *views) faceView() faceView {
	f := v.face.Face()
	at := func(name string) string {
		file, ok := f.Files[name]
		if !ok {
			return ""
		}
		return v.addresses.face(name) + "?v=" + file.Version
	}
	view := faceView{Home: v.addresses.page("."), Logo: at(face.Logo), Icon: at(face.Icon), Style: at(face.Style), Footer: f.Footer}
	if view.Icon != "" {
		view.Manifest = v.addresses.face(manifestName)
	}
	return view
}

// offerPicks adds to a page what it takes to pick photos of an album.
func (v *views) offerPicks(f *frame, albumName string) {
	f.Picks, f.PicksScript = v.addresses.page(albumName), v.hearts.script
	f.Style += v.hearts.style
}

// carry has the way up keep the order that the visitor chose.
func (f *frame) carry(choice string) {
	for i := range f.Crumbs {
		if choice != "" && !f.Crumbs[i].Current {
			f.Crumbs[i].Href += "?sort=" + choice
		}
	}
}

const viewText = `
{{define "open" -}}
<!doctype html>
<html lang="{{.T.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
{{template "title" .}}{{if .Hidden}}<meta name="robots" content="noindex">
{{end}}{{with .Description}}<meta name="description" content="{{.}}">
{{end}}{{with .Share}}<link rel="canonical" href="{{.URL}}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="{{$.Site}}">
<meta property="og:title" content="{{$.Title}}">
<meta property="og:description" content="{{$.Description}}">
<meta property="og:url" content="{{.URL}}">
{{if .Image}}<meta property="og:image" content="{{.Image}}">
<meta property="og:image:type" content="image/jpeg">
{{if .Width}}<meta property="og:image:width" content="{{.Width}}">
<meta property="og:image:height" content="{{.Height}}">
{{end}}<meta property="og:image:alt" content="{{$.Description}}">
<meta name="twitter:card" content="summary_large_image">
{{end}}{{end}}{{if .Face.Icon}}<link rel="icon" href="{{.Face.Icon}}">
<link rel="apple-touch-icon" href="{{.Face.Icon}}">
<link rel="manifest" href="{{.Face.Manifest}}">
{{else}}<link rel="icon" href="data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E%3Crect%20width='16'%20height='16'%20rx='3'%20fill='%23446'/%3E%3Cpath%20d='M2%2013l4-6%203%204%202-2%203%204z'%20fill='%23fff'/%3E%3Ccircle%20cx='11'%20cy='5'%20r='1.5'%20fill='%23fc6'/%3E%3C/svg%3E">
{{end}}{{with .Feed}}<link rel="alternate" type="application/atom+xml" href="{{.}}">
{{end}}{{template "ends" .}}{{with .Await}}<link rel="expect" href="#{{.}}" blocking="render">
{{end}}<style>{{.Style}}</style>
{{with .Face.Style}}<link rel="stylesheet" href="{{.}}">
{{end}}{{with .Unscripted}}<noscript><style>{{.}}</style></noscript>
{{end}}</head>
{{end}}

{{define "title" -}}
<title>{{.Title}}{{if ne .Title .Site}} · {{.Site}}{{end}}</title>
{{end}}

{{define "ends" -}}
{{with .First}}<link rel="first" href="{{.}}">
{{end}}{{with .Last}}<link rel="last" href="{{.}}">
{{end}}{{end}}

{{define "footer" -}}
{{with .Face.Footer}}<footer dir="auto">{{.}}</footer>
{{end}}{{end}}

{{define "crumbs" -}}
{{with .Face.Logo}}<a class="logo" href="{{$.Face.Home}}"><img src="{{.}}" alt="{{$.Site}}"></a>
{{end}}<nav class="crumbs" aria-label="{{.T.Breadcrumb}}"><ol>
{{range .Crumbs}}<li>{{if .Current}}<span aria-current="page">{{.Text}}</span>{{else}}<a href="{{.Href}}">{{.Text}}</a>{{end}}</li>
{{end}}</ol></nav>
{{end}}

{{define "search" -}}
{{with .SearchAt}}<form class="search" action="{{.}}" role="search"><input type="search" name="q" value="{{$.Query}}" maxlength="200" placeholder="{{$.T.Search}} …" aria-label="{{$.T.Search}}"></form>
{{end}}{{end}}

{{define "found" -}}
{{template "open" .}}<body class="album found">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
<p class="counts" role="status">{{.Counts}}</p>
{{template "search" .}}</header>
{{template "lightbox" .}}<main>
{{with .Albums}}{{template "jump" .}}{{end}}{{if .Empty}}<p class="empty">{{.T.NothingFound}}</p>
{{end}}{{range .Sections}}{{if .Heading.Text}}<h2 class="day"{{with .ID}} id="{{.}}"{{end}}>{{if .Heading.Href}}<a href="{{.Heading.Href}}">{{.Heading.Text}}</a>{{else}}{{.Heading.Text}}{{end}}
{{- range .Albums}} <a href="{{.Href}}" dir="auto">{{.Text}}</a>{{end}}</h2>
{{end}}<section class="grid" data-first="1" data-total="{{len .Photos}}" data-closed aria-label="{{or .Heading.Text $.T.Photos}}">
{{range .Photos}}{{template "photo-cell" .}}{{end}}</section>
{{end}}<div id="end" tabindex="-1"></div>
</main>
{{if or .Prev .Next}}<nav class="pages more" aria-label="{{.T.Pages}}">
{{- with .Prev}}<a rel="prev" href="{{.}}">← {{$.T.PreviousPage}}</a>{{end}}
{{- with .Next}}<a rel="next" href="{{.}}">{{$.T.NextPage}} →</a>{{end}}</nav>
{{end}}{{template "news" .}}{{template "footer" .}}</body>
</html>
{{end}}

{{define "news" -}}
{{with .News}}<p class="news" role="status"><a href="{{$.Here}}" data-at="{{.}}" hidden></a></p>
{{end}}{{end}}

{{define "jump" -}}
<nav class="sorts jump">{{range .}}<a href="{{.Href}}"{{if .Current}} aria-current="page"{{end}}>{{.Text}}</a>{{end}}</nav>
{{end}}

{{define "section" -}}
{{if .Next}}</section>
{{end}}{{if .Albums}}<section class="cards" aria-label="{{.T.Albums}}">{{else}}<a class="skip" href="#end">{{.T.SkipPhotos}}</a>
<section class="grid" data-first="{{.First}}" data-total="{{.Total}}"{{if .Closed}} data-closed{{end}} aria-label="{{.T.Photos}}">{{end}}
{{end}}

{{define "head" -}}
{{template "open" .}}<body class="album">
<header>
{{template "crumbs" .}}<h1 dir="auto">{{.Title}}</h1>
{{with .About}}<div class="about" dir="auto">{{.}}</div>
{{end}}<p class="counts">{{.Counts}}{{with .Pages}} · {{.}}{{end}}</p>
{{with .Zip}}<p class="zip"><a href="{{.}}" download>{{$.T.DownloadAlbum}}</a>{{with $.ZipSize}} <small>{{.}}</small>{{end}}</p>
{{end}}<button class="share" aria-live="polite" hidden>{{.T.Share}}</button>
{{with .Sorts}}<nav class="sorts" aria-label="{{$.T.SortBy}}">{{range .}}<a href="{{.Href}}"{{if .Current}} aria-current="true"{{end}}>{{.Text}}</a>{{end}}</nav>
{{end}}{{with .Prev}}<p class="back"><a rel="prev" href="{{.}}">← {{$.T.PreviousPage}}</a></p>
{{end}}{{with .SignIn}}<p class="signin"><a href="{{.}}">{{$.T.SignIn}}</a></p>
{{end}}{{if .ShareAt}}{{template "share-form" .}}{{end}}{{with .SignOut}}<form class="signin" method="post" action="{{.}}">{{$.Who}} <button>{{$.T.SignOut}}</button></form>
{{end}}{{with .Ways}}<nav class="sorts">{{range .}}<a href="{{.Href}}">{{.Text}}</a>{{end}}</nav>
{{end}}{{template "search" .}}{{with .Add}}{{template "add" .}}{{end}}{{with .Sent}}{{template "sent" .}}{{end}}</header>
{{with .Total}}<div class="progress" role="progressbar" aria-label="{{$.T.Progress}}" aria-valuemin="0" aria-valuemax="{{.}}" aria-valuenow="0" data-text="{{$.T.Position}}"><i></i><span></span></div>
{{end}}{{template "lightbox" .}}<main id="main">
{{with .Jumps}}{{template "jump" .}}{{end}}{{with .Empty}}<p class="empty">{{.}}</p>
{{end}}{{end}}

{{define "offers"}}{{range $i, $o := .}}{{with .Address}}{{if $i}}, {{end}}{{.}} {{$o.Width}}w{{end}}{{end}}{{end}}

{{define "picture" -}}
{{if .Thumb}}<img src="{{.Thumb}}"{{if .Sizes}} srcset="{{template "offers" .Offers}}" sizes="{{.Sizes}}"{{end}} width="{{.Width}}" height="{{.Height}}" alt="{{if not .Heading}}{{or .Caption .Name}}{{end}}" decoding="async"{{if .Lazy}} loading="lazy"{{end}}>
{{- else}}<span class="placeholder"{{if not .Heading}} role="img" aria-label="{{printf .T.NoPreview .Name}}"{{end}}></span>{{end}}
{{- end}}

{{define "photo-cell" -}}
{{with .Month}}<i></i><h2 class="day"{{with $.ID}} id="{{.}}"{{end}}>{{.}}</h2>
{{end}}<figure class="photo{{if .Tall}} tall{{end}}{{if not .Thumb}} blank{{end}}" style="--w:{{.Ratio}}"><a href="{{.Href}}"{{if .FullWidth}} data-size="{{.FullWidth}}x{{.FullHeight}}"{{end}}{{if .Itself}} data-itself{{end}}{{if .More}} data-more{{end}}{{if .Caption}} data-name="{{.Name}}"{{end}} style="background-color:{{.Color}}">{{template "picture" .}}</a>
{{- with .Heart}}<input class="heart" type="checkbox" name="picks" value="{{.}}" form="picks" aria-label="{{$.T.Pick}}: {{$.Name}}"{{if $.Picked}} checked{{end}}>{{end}}
{{- with .Times}}<span class="times">♥ {{.}}</span>{{end}}
{{- if or .Caption (not .Thumb)}}<figcaption aria-hidden="true" dir="auto">{{or .Caption .Name}}</figcaption>{{end}}</figure>
{{end}}

{{define "album-cell" -}}
<figure class="card" style="--c:{{.Color}}"><a href="{{.Href}}">{{template "picture" .}}<div><h2 dir="auto">{{.Name}}</h2> <span>{{.Counts}}{{with .Date}} · {{.}}{{end}}</span></div></a></figure>
{{end}}

{{define "foot" -}}
{{if not .Empty}}</section>
{{end}}<div id="end" tabindex="-1"></div>
{{with .Others}}<section class="others"><h2>{{$.T.OtherFiles}}</h2>
<ul>{{range .}}<li><a href="{{.Href}}" download dir="auto">{{.Name}}</a> <small>{{.About}}</small></li>
{{end}}</ul>
{{with $.More}}<p>{{$.T.MoreOthers .}}</p>
{{end}}</section>
{{end}}</main>
{{if or .Prev .Next}}<nav class="pages" aria-label="{{.T.Pages}}">
{{- with .Prev}}<a rel="prev" href="{{.}}">← {{$.T.PreviousPage}}</a>{{end}}
{{- with .Next}}<a rel="next" href="{{.}}">{{$.T.NextPage}} →</a>{{end}}</nav>
{{end}}{{template "news" .}}{{with .Bar}}{{template "bar" .}}{{end}}{{template "footer" .}}</body>
</html>
{{end}}

{{define "lightbox" -}}
<dialog id="lightbox" aria-label="{{.T.Photo}}" tabindex="-1" data-interval="4000" data-position="{{.T.Position}}"{{if .Kept}} data-kept="1"{{end}} data-previews="{{range $i, $p := .Previews}}{{if $i}} {{end}}{{$p}}{{end}}" data-failed="{{.T.LoadFailed}}" data-retrying="{{.T.Retrying}}" data-unshown="{{.T.CannotShowHere}}" data-copied="{{.T.LinkCopied}}"{{with .Picks}} data-picks="{{.}}" data-picked="{{$.T.Picked}}" data-full="{{printf $.T.TooManyPicks "1000"}}"{{end}}><div class="room">
<div class="track"></div>
<div class="caption"><div class="text" dir="auto"></div></div>
<div class="bar">
<p class="position"></p>
<div class="tools">
{{if .Picks}}<button data-do="pick" aria-pressed="false" aria-label="{{.T.Pick}}" title="{{.T.Pick}}"><svg viewBox="0 0 24 24"><path d="M12 20C6 15 3.5 12.5 3.5 9a4.3 4.3 0 0 1 8.5-1.5A4.3 4.3 0 0 1 20.5 9C20.5 12.5 18 15 12 20z"/></svg></button>
{{end}}<button data-do="slideshow" aria-pressed="false" aria-label="{{.T.Slideshow}}" title="{{.T.Slideshow}}"><svg viewBox="0 0 24 24"><path class="off" d="M8 5l11 7-11 7z"/><path class="on" d="M8 5v14M16 5v14"/></svg></button>
<button class="play" data-do="interval" aria-label="{{.T.Interval}}" title="{{.T.Interval}}">4 s</button>
<button class="play" data-do="shuffle" aria-pressed="false" aria-label="{{.T.Shuffle}}" title="{{.T.Shuffle}}"><svg viewBox="0 0 24 24"><path d="M3 17h4l9-10h5M18 4l3 3-3 3M3 7h4l2.5 2.8M13 14l3 3h5M18 14l3 3-3 3"/></svg></button>
<button data-do="info" aria-expanded="false" aria-label="{{.T.Information}}" title="{{.T.Information}}"><svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7.5v.01"/></svg></button>
<button data-do="full" aria-label="{{.T.Fullscreen}}" title="{{.T.Fullscreen}}"><svg viewBox="0 0 24 24"><path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/></svg></button>
<button data-do="share" aria-label="{{.T.Share}}" title="{{.T.Share}}"><svg viewBox="0 0 24 24"><path d="M12 15V3M8 7l4-4 4 4M7 11H5v10h14V11h-2"/></svg></button>
{{if not .Kept}}<button data-do="download" aria-label="{{.T.Download}}" title="{{.T.Download}}"><svg viewBox="0 0 24 24"><path d="M12 4v12M7 11l5 5 5-5M5 20h14"/></svg></button>
{{end}}<button data-do="help" aria-expanded="false" aria-label="{{.T.Help}}" title="{{.T.Help}}"><svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.8-.9 1.7M12 17v.01"/></svg></button>
</div>
<button class="close" data-do="close" aria-label="{{.T.Close}}" title="{{.T.Close}}"><svg viewBox="0 0 24 24"><path d="M6 6l12 12M18 6L6 18"/></svg></button>
</div>
<button class="turn prev" data-do="prev" aria-label="{{.T.PreviousPhoto}}"><svg viewBox="0 0 24 24"><path d="M15 5l-7 7 7 7"/></svg></button>
<button class="turn next" data-do="next" aria-label="{{.T.NextPhoto}}"><svg viewBox="0 0 24 24"><path d="M9 5l7 7-7 7"/></svg></button>
{{if .Picks}}<input class="remark" maxlength="500" placeholder="{{.T.NoteOf}}" aria-label="{{.T.NoteOf}}" hidden>
{{end}}<section class="panel about" aria-live="polite" aria-label="{{.T.Information}}" tabindex="0" hidden><h2>{{.T.Information}}</h2></section>
<section class="panel help" aria-label="{{.T.Help}}" tabindex="0" hidden><h2>{{.T.Keyboard}}</h2>
<dl class="keys"><div><dt>← →</dt><dd>{{.T.PreviousPhoto}}, {{.T.NextPhoto}}</dd></div><div><dt>{{.T.HomeEnd}}</dt><dd>{{.T.First}}, {{.T.Last}}</dd></div><div><dt>+ − 0</dt><dd>{{.T.Zoom}}</dd></div><div><dt>F</dt><dd>{{.T.Fullscreen}}</dd></div><div><dt>I</dt><dd>{{.T.Information}}</dd></div><div><dt>S</dt><dd>{{.T.Slideshow}}</dd></div>{{if not .Kept}}<div><dt>D</dt><dd>{{.T.Download}}</dd></div>{{end}}{{if .Picks}}<div><dt>H</dt><dd>{{.T.Pick}}</dd></div>{{end}}<div><dt>?</dt><dd>{{.T.Help}}</dd></div><div><dt>Esc</dt><dd>{{.T.Close}}</dd></div></dl></section>
<p class="toast" role="status"></p>
<p class="said" aria-live="polite"></p>
</div></dialog>
<script>{{.Script}}</script>
{{with .PicksScript}}<script>{{.}}</script>
{{end}}{{end}}

{{define "photo" -}}
{{template "open" .}}<body class="single">
<header>
{{template "crumbs" .}}{{template "search" .}}</header>
{{template "photo-main" .}}{{template "footer" .}}{{template "lightbox" .}}</body>
</html>
{{end}}

{{define "photo-part" -}}
<!doctype html>
{{template "title" .}}{{template "ends" .}}{{template "photo-main" .}}
{{- end}}

{{define "photo-main" -}}
<main>
<figure style="--c:{{.Color}}">
{{if .Image}}<a{{if not .Kept}} href="{{.Original}}"{{end}}><img id="photo" src="{{.Image}}"{{if .Offers}} srcset="{{template "offers" .Offers}}" sizes="{{.Sizes}}"{{end}} fetchpriority="high"{{if .Width}} width="{{.Width}}" height="{{.Height}}"{{end}} alt="{{.Name}}" data-thumb="{{.Thumb}}"></a>
{{else}}<p class="empty">{{.T.CannotShow}}</p>
{{end}}<figcaption dir="auto">{{or .Note .Caption}}{{with .Credit}} <small>{{.}}</small>{{end}}</figcaption>
</figure>
<nav class="pages" aria-label="{{.T.Photos}}">
{{with .Prev}}<a rel="prev" href="{{.}}">← {{$.T.Previous}}</a>{{end}}
<a class="up" rel="up" href="{{.Album}}">{{.T.At .Number .Total}}</a>
{{with .Next}}<a rel="next" href="{{.}}">{{$.T.Next}} →</a>{{end}}
</nav>
<div class="about">
<h1>{{.Name}}</h1>
<dl class="info">{{range .Info}}<div><dt>{{.Term}}</dt><dd>{{if .Map}}<a class="map" href="{{.Map}}" rel="noreferrer">{{.Text}}</a>{{else}}{{.Text}}{{end}}</dd></div>{{end}}</dl>
{{if not .Kept}}<a class="download button" href="{{.Original}}" download data-bytes="{{.Bytes}}">{{.T.Download}}</a>
{{end}}</div>
</main>
{{end}}

{{define "error" -}}
{{template "open" .}}<body class="error">
<header>
{{template "crumbs" .}}<h1>{{.Status}} {{.Title}}</h1>
</header>
<main>
<p class="empty">{{.Message}} <a class="up" href="{{.Up.Href}}">{{.Up.Text}}</a>{{with .SignIn}} <a href="{{.}}">{{$.T.SignIn}}</a>{{end}}</p>
</main>
{{template "footer" .}}</body>
</html>
{{end}}
`

const doctorViewText = `
{{define "doctor" -}}
{{template "open" .}}<body>
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
</header>
<main class="others" lang="en">
<dl>
{{range .Findings}}<dt><strong>{{.Severity}}</strong>{{with .About}} {{.}}{{end}}</dt>
<dd>{{.Text}}{{with .Do}} → <code>{{.}}</code>{{end}}</dd>
{{end}}</dl>
</main>
{{template "footer" .}}</body>
</html>
{{end}}
`

const signInViewText = `
{{define "signin" -}}
{{template "open" .}}<body class="error">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
</header>
<main>
<form class="sign" method="post" action="{{.Action}}">
{{with .Message}}<p role="alert">{{.}}</p>
{{end}}<input type="hidden" name="album" value="{{.To}}">
<label>{{.T.UserName}} <input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>
<label>{{.T.Password}} <input type="password" name="password" autocomplete="current-password" required></label>
<label class="stay"><input type="checkbox" name="stay" value="1"> {{.T.StaySignedIn}}</label>
<button>{{.T.SignIn}}</button>
</form>
</main>
{{template "footer" .}}</body>
</html>
{{end}}
`

const shareViewText = `
{{define "link" -}}
{{template "open" .}}<body class="error">
<header><h1 dir="auto">{{.Title}}</h1></header>
<main>
{{if .To}}<p class="empty"><a class="up" href="{{.To}}">{{.T.ShowAlbum}}</a></p>
{{else if .Over}}<p class="empty">{{.Message}}</p>
{{else}}<form class="sign" method="post" action="{{.Action}}">
{{with .Message}}<p role="alert">{{.}}</p>
{{end}}<label>{{.T.Password}} <input type="password" name="password" autocomplete="off" required autofocus></label>
<button>{{.T.ShowAlbum}}</button>
</form>
{{end}}</main>
{{template "footer" .}}</body>
</html>
{{end}}

{{define "share-form" -}}
<details class="signin"><summary>{{.T.ShareAlbum}}</summary>
<form method="post" action="{{.ShareAt}}">
<label>{{.T.ForWhom}} <input name="name" maxlength="100" autocomplete="off"></label>
<label>{{.T.DaysOpen}} <input name="days" type="number" min="1" max="10000"></label>
<label>{{.T.Password}} <input type="password" name="password" autocomplete="new-password" maxlength="72"></label>
<label><input type="checkbox" name="no-download" value="1"> {{.T.NoDownload}}</label>
<label><input type="checkbox" name="picks" value="1"> {{.T.AllowPicks}}</label>
<button>{{.T.MakeLink}}</button>
</form></details>
{{end}}

{{define "shared" -}}
{{template "open" .}}<body class="error">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
</header>
<main>
<p class="empty"><a href="{{.Link}}">{{.Link}}</a></p>
<p class="empty"><svg class="qr" viewBox="0 0 {{.QR.Side}} {{.QR.Side}}" width="240" height="240" role="img" aria-label="{{.Link}}"><path fill="#fff" d="M0 0h{{.QR.Side}}v{{.QR.Side}}H0z"/><path fill="#000" d="{{.QR.Path}}"/></svg></p>
</main>
{{template "footer" .}}</body>
</html>
{{end}}
`

const picksViewText = `
{{define "bar" -}}
<form id="picks" action="{{.Action}}" autocomplete="off"><output></output><button>{{.T.ShowPicks}}</button>
{{- if .Download}} <button name="zip">{{.T.Download}}</button>{{end}} <button name="list">{{.T.ListPicks}}</button> <button name="send">{{.T.SendPicks}}</button></form>
{{end}}

{{define "sent" -}}
<details class="sent"><summary>{{.T.ChoicesSent}}: {{.Number}}</summary>
<div><table>
<thead><tr><th scope="col">{{.T.Photos}}</th><th scope="col">♥</th>{{range .People}}<th scope="col"><a href="{{.Href}}" dir="auto">{{.Name}}</a> {{.Photos}}<br><small>{{.When}}</small></th>{{end}}</tr></thead>
<tbody>{{range .Rows}}
<tr><th scope="row" dir="auto">{{if .Href}}<a href="{{.Href}}">{{.File}}</a>{{else}}{{.File}}{{end}}</th><td>{{.Times}}</td>{{range .Said}}<td dir="auto">{{.}}</td>{{end}}</tr>{{end}}</tbody>
</table></div></details>
{{end}}

{{define "chosen" -}}
{{template "open" .}}<body class="album">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
<p class="counts">{{.Counts}} · <a href="{{.Show}}">{{.T.ShowPicks}}</a></p>
</header>
<main class="chosen" data-picks="{{.Picks}}" data-picked="" data-copied="{{.T.Copied}}">
{{with .Message}}<p role="alert">{{.}}</p>
{{end}}{{range .Lists}}<p><label>{{.Program}} <textarea readonly rows="4" spellcheck="false">{{.Text}}</textarea></label><button class="copy" hidden>{{$.T.Copy}}</button></p>
{{end}}{{with .Photos}}<form method="post" action="{{$.Picks}}?picks">
<input type="hidden" name="picks" value="{{$.Choice}}">
<label>{{$.T.YourName}} <input name="name" value="{{$.Who}}" maxlength="60" autocomplete="name" required></label>
<ul>
{{range .}}<li>{{with .Thumb}}<img src="{{.}}" alt="" loading="lazy" decoding="async">{{else}}<span></span>{{end}}<b dir="auto">{{.File}}</b><input name="note-{{.ID}}" value="{{.Note}}" maxlength="500" placeholder="{{$.T.NoteOf}}" aria-label="{{$.T.NoteOf}}: {{.File}}"></li>
{{end}}</ul>
<button>{{$.T.SendPicks}}</button>
</form>
{{end}}</main>
<script>{{.PicksScript}}</script>
{{template "footer" .}}</body>
</html>
{{end}}
`

const uploadViewText = `
{{define "add" -}}
<details class="add">
<summary>{{.T.AddPhotos}}</summary>
<form method="post" action="{{.Action}}" enctype="multipart/form-data" data-max="{{.Max}}" data-large="{{.Large}}" data-nophoto="{{.T.NotAPhoto}}" data-there="{{.T.AlreadyThere}}" data-remove="{{.T.Remove}}" data-waiting="{{.T.Waiting}}" data-checking="{{.T.Checking}}" data-added="{{.T.Added}}" data-show="{{.T.ShowAlbum}}" data-signin="{{.T.SignInAgain}}" data-failed="{{.T.NotStored}}" data-broke="{{.T.BrokeOff}}">
<label class="into">{{.T.NewAlbum}} <input name="album" maxlength="100" autocomplete="off"></label>
<div class="choice">
<label class="choose">{{.T.ChoosePhotos}} <input type="file" name="photo" multiple accept="image/jpeg,image/png,image/gif,image/webp"></label>
<label class="choose camera">{{.T.TakePhoto}} <input type="file" name="photo" accept="image/jpeg" capture="environment"></label>
<span class="drop" hidden>{{.T.DropPhotos}}</span>
</div>
<ul class="files" aria-live="polite"></ul>
<p class="send"><button>{{.T.Upload}}</button> <span class="help">{{.Help}}</span></p>
</form>
</details>
<script>{{.Script}}</script>
{{end}}

{{define "uploaded" -}}
{{template "open" .}}<body class="error">
<header>
{{template "crumbs" .}}<h1>{{.Title}}</h1>
</header>
<main class="uploaded">
<ul class="files">
{{range .Refused}}<li class="refused">{{with .File}}<b>{{.}}</b> {{end}}<span>{{.Reason}}</span></li>
{{end}}{{range .There}}<li class="there"><b>{{.File}}</b> <span>{{$.T.AlreadyThere}}: <a href="{{.Href}}">{{.Name}}</a></span></li>
{{end}}</ul>
{{with .Added}}<h2>{{.}}</h2>
{{end}}<ul class="files">
{{range .Stored}}<li><a href="{{.Href}}">{{.Name}}</a></li>
{{end}}</ul>
<p><a class="up" href="{{.Album}}">{{.T.ShowAlbum}}</a></p>
</main>
{{template "footer" .}}</body>
</html>
{{end}}
`
