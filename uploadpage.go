package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"gallery/internal/messages"
)

//go:embed assets/upload.css
var uploadStyleText string

//go:embed assets/upload.js
var uploadScriptText string

// uploadAssets is what the pages of those have who may add photos.
type uploadAssets struct {
	style  template.CSS // beside the other
	script template.JS  // the second
	policy string       // Content-Security-Policy
}

func newUploadAssets(policy string) uploadAssets {
	a := uploadAssets{style: dense(uploadStyleText), script: template.JS(withoutComments(uploadScriptText))}
	policy = strings.Replace(policy, "script-src ", "script-src "+sourceOf(a.script)+" ", 1)
	a.policy = strings.Replace(policy, "form-action 'none'", "form-action 'self'", 1)
	return a
}

// addView is the form that adds photos to an album. It works without the
// script, which adds progress, dropping and a list to choose from.
type addView struct {
	T      *messages.Catalogue
	Action string // address of the album
	Max    int64  // bytes, of one photo
	Help   string
	Large  string // what is said of one that is larger
	Script template.JS
}

// offerUpload adds to an album's page what the visitor needs to add photos:
// the form or, before a password, the way to it.
func (s *server) offerUpload(view *gridView, key pageKey) {
	switch {
	case key.adds:
		size := key.words.Bytes(s.uploadMax)
		view.Style += s.views.upload.style
		view.Add = &addView{
			T:      key.words,
			Action: s.address(key.album) + "/",
			Max:    s.uploadMax,
			Help:   fmt.Sprintf(key.words.PhotosOfUpTo, size),
			Large:  fmt.Sprintf(key.words.TooLarge, size),
			Script: s.views.upload.script,
		}
	case s.upload:
		view.SignIn = s.address(".") + "/.signin?album=" + url.QueryEscape(key.album)
	}
}

// uploadHeader adds to a page's header what one needs that adds photos: its
// second script, its form, and that it is for this visitor alone.
func (s *server) uploadHeader(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", s.views.upload.policy)
	w.Header().Set("Cache-Control", "private, no-cache")
}

// uploadedView is the answer to the form where not all went well.
type uploadedView struct {
	frame
	Album   string // address
	Added   string // how many were
	Stored  []storedFile
	Refused []refusedFile
}

func (s *server) uploadedView(up *uploads) uploadedView {
	t := up.words
	view := uploadedView{frame: s.frame(t, up.folder), Album: up.Album, Stored: up.Stored, Refused: up.Refused}
	view.Title = t.NotAdded
	view.Crumbs[len(view.Crumbs)-1].Current = false
	view.Style += s.views.upload.style
	if n := len(up.Stored); n > 0 {
		view.Added = t.Count(n, t.OneAdded, t.ManyAdded)
	}
	return view
}

const uploadViewText = `
{{define "add" -}}
<details class="add">
<summary>{{.T.AddPhotos}}</summary>
<form method="post" action="{{.Action}}" enctype="multipart/form-data" data-max="{{.Max}}" data-large="{{.Large}}" data-nophoto="{{.T.NotAPhoto}}" data-remove="{{.T.Remove}}" data-waiting="{{.T.Waiting}}" data-checking="{{.T.Checking}}" data-added="{{.T.Added}}" data-show="{{.T.ShowAlbum}}" data-signin="{{.T.SignInAgain}}" data-failed="{{.T.NotStored}}" data-broke="{{.T.BrokeOff}}">
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
{{end}}</ul>
{{with .Added}}<h2>{{.}}</h2>
{{end}}<ul class="files">
{{range .Stored}}<li><a href="{{.Href}}">{{.Name}}</a></li>
{{end}}</ul>
<p><a class="up" href="{{.Album}}">{{.T.ShowAlbum}}</a></p>
</main>
</body>
</html>
{{end}}
`
