package main

import (
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/picks"
	"gallery/internal/rendition"
)

const (
	// healthPath and readyPath are for load balancers and authPath for nginx, which ask
	// below no base.
	healthPath = "/.health"
	readyPath  = "/.ready"
	authPath   = "/.auth"
	mayPath    = "/.may"
	// signInPath asks for a password; see gate.serveSignIn.
	signInPath  = "/.signin"
	signOutPath = "/.signout"
	// Photos of many albums: what words find, by months, and what came last.
	searchPath   = "/.search"
	timelinePath = "/.timeline/"
	recentPath   = "/.recent/"
	doctorPath   = "/.doctor"
	// sharePath and a token are the address of a link to an album.
	sharePath = "/.share/"
	// facePath is before the names of the files of the site's face, and of its manifest.
	facePath     = "/.face/"
	manifestName = "manifest.webmanifest"
	// feedName ends the address of an album's feed, behind the album's own.
	feedName = ".feed.atom"
	// newsName ends the address that tells what has come to a page since, behind the page's own.
	newsName = ".news"
	// sitemapPath is the address of the sitemap or of an index of its parts, whose addresses
	// have a number before the extension.
	sitemapPath = "/.sitemap.xml"
	// robotsPath is where crawlers ask what they may (RFC 9309).
	robotsPath = "/robots.txt"
)

// addresses writes the addresses of albums and photos, and reads the site's own
// from requests.
type addresses struct {
	base       string // path below which the site is, such as "/photos"; "" for the top
	trustProxy bool   // a proxy's word is taken for the scheme and host
}

// file is the escaped path of a photo or rendition by its name relative to the
// root.
func (a addresses) file(name string) string {
	name = strings.TrimPrefix(path.Join(a.base, name), "/")
	if name == "" || name == "." {
		return ""
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(name, "/") {
		b.WriteString("/")
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}

// page is the escaped path of an album's or a photo's page; "." is the root.
func (a addresses) page(name string) string { return a.file(name) + "/" }

// target is the address of a target.
func (a addresses) target(t target) string {
	name := t.name
	if t.thumb {
		name = path.Join(rendition.Folder(t.album(), t.rend), t.file())
	}
	if t.slash {
		return a.page(name)
	}
	return a.file(name)
}

// ordered is page with the order that the visitor chose, "" where they chose none, and the
// page's number, where that is not the first.
func (a addresses) ordered(name, order string, page int) string {
	q := url.Values{}
	if order != "" {
		q.Set("sort", order)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return a.page(name)
	}
	return a.page(name) + "?" + q.Encode()
}

// thumb is the address of a rendition. Of one on disk it names the file's state, so
// that it may be kept for ever; see named.
func (a addresses) thumb(src album.Photo, rend string, r rendition.Record) string {
	at := a.file(rendition.Name(src, rend))
	if r.FileSize == 0 {
		return at
	}
	return at + "?v=" + answer.Validator(time.Unix(0, r.FileMTime), r.FileSize)
}

// named reports whether an address with this query names the state of a rendition's file,
// by the rule that nginx follows. An alternative has the time of the JPEG that it goes
// with, whose state the address names, but not its size.
func named(query string, file fs.FileInfo, alternative bool) bool {
	v, ok := strings.CutPrefix(query, "v=")
	own := answer.Validator(file.ModTime(), file.Size())
	if alternative {
		made, _, _ := strings.Cut(own, "-")
		size, sameTime := strings.CutPrefix(v, made+"-")
		return ok && sameTime && size != "" && strings.Trim(size, "0123456789abcdef") == ""
	}
	return ok && v == own
}

// face is the address of a file of the site's face.
func (a addresses) face(name string) string { return a.base + facePath + name }

// feed is the address of an album's feed.
func (a addresses) feed(name string) string { return a.page(name) + feedName }

// news is the address that tells how many photos have come to the page at an address, which
// counts so many.
func (a addresses) news(page string, had int) string {
	return page + newsName + "?had=" + strconv.Itoa(had)
}

// sitemap is the address of a part of the sitemap.
func (a addresses) sitemap(number int) string {
	return a.base + strings.TrimSuffix(sitemapPath, ".xml") + "-" + strconv.Itoa(number) + ".xml"
}

// sitemapNumber returns which part of the sitemap an address is of, 0 for all of it.
func sitemapNumber(urlPath string) (number int, ok bool) {
	if urlPath == sitemapPath {
		return 0, true
	}
	base, _ := strings.CutSuffix(sitemapPath, ".xml")
	middle, ok := strings.CutPrefix(urlPath, base+"-")
	if !ok {
		return 0, false
	}
	middle, end := strings.CutSuffix(middle, ".xml")
	number, err := strconv.Atoi(middle)
	return number, end && err == nil && number > 0 && strconv.Itoa(number) == middle
}

// archive is the address of an album's photos as one archive.
func (a addresses) archive(name string) string { return a.page(name) + "?zip" }

// choice is the address of an album's photos that are chosen.
func (a addresses) choice(name string, c picks.Choice) string {
	return a.page(name) + "?picks=" + string(c)
}

// choice returns the photos that an address or a form names, none for a page of all. It
// reports false where it cannot be understood.
func choice(values url.Values) (picks.Choice, bool) { return picks.Parse(values["picks"]) }

// signIn is the address of the form to sign in by, which leads back to an album.
func (a addresses) signIn(album string) string {
	return a.file(".") + signInPath + "?album=" + url.QueryEscape(album)
}

// sortChoice returns the order that is asked for, "" for none or an unknown one.
func sortChoice(r *http.Request) string {
	if order := r.URL.Query().Get("sort"); album.IsOrder(order) {
		return order
	}
	return ""
}

// sparing reports whether the visitor asks for few bytes (Save-Data Client Hint).
func sparing(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Save-Data"), "on") }

// withoutBase takes the site's base off a request's path. It reports false for
// a path that is not below it. As anywhere in a path, slashes may be doubled.
func withoutBase(base, urlPath string) (string, bool) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(base, "/"), "/") {
		rest, ok := strings.CutPrefix(strings.TrimLeft(urlPath, "/"), segment)
		if !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
		urlPath = rest
	}
	return urlPath, true
}

// outside is a path that names nothing.
const outside = "/.outside"

// rebase returns the request as one for a site at the top.
func (a addresses) rebase(r *http.Request) *http.Request {
	if a.base == "" {
		return r
	}
	path, ok := withoutBase(a.base, r.URL.Path)
	if !ok {
		path = outside
	}
	below := new(http.Request)
	*below = *r
	below.URL = new(url.URL)
	*below.URL = *r.URL
	below.URL.Path = path
	return below
}

// hostName matches a host and perhaps a port (RFC 3986, section 3.2.2): names
// and addresses that need no escaping anywhere.
var hostName = regexp.MustCompile(`\A(?:[0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z`)

// origin is the scheme and host at which the visitor sees the site, such as
// "https://example.com", or "" where the request names none that can be used.
// Only with -trust-proxy is a proxy's word taken for it: anybody can send the
// headers. A list in one comes from more than one proxy, and says nothing sure.
func (a addresses) origin(r *http.Request) string {
	host := r.Host
	if a.trustProxy {
		if forwarded := r.Header.Get("X-Forwarded-Host"); hostName.MatchString(forwarded) {
			host = forwarded
		}
	}
	if !hostName.MatchString(host) {
		return ""
	}
	return a.scheme(r) + "://" + host
}

// scheme is how the visitor reaches the site, "http" or "https".
func (a addresses) scheme(r *http.Request) string {
	if a.trustProxy {
		switch proto := strings.ToLower(r.Header.Get("X-Forwarded-Proto")); proto {
		case "http", "https":
			return proto
		}
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
