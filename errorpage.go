package main

import (
	"fmt"
	"net/http"
	"path"

	"gallery/internal/messages"
	"gallery/internal/nolink"
)

// errorView is the page of an answer that is not a success.
type errorView struct {
	frame
	Status  int
	Message string
	Up      link // the nearest album there is
}

// errorView is about the path that was asked for.
func (s *server) errorView(t *messages.Catalogue, status int, urlPath string) errorView {
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
		folder, err := nolink.Folder(s.photos, name, false)
		if err == nil {
			folder.Close()
			return name
		}
	}
	return "."
}
