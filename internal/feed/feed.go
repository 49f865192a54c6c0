// Package feed writes what programs read of a site in place of its pages: feeds (Atom, RFC
// 4287) and sitemaps (sitemaps.org, 0.9). All addresses in them are absolute.
package feed

import (
	"bytes"
	"encoding/xml"
	"time"
)

// MediaType is that of a feed.
const MediaType = "application/atom+xml; charset=utf-8"

// Feed is a list of what is new, the newest first.
type Feed struct {
	Title, Author string
	Page, Self    string // addresses: of the page that it is of, and its own
	Lang          string // BCP 47
	Updated       time.Time
	Entries       []Entry
}

// Entry is one thing that is new.
type Entry struct {
	ID      string // an address that no other entry has, nor this one at another time
	Title   string
	Page    string // address
	Updated time.Time
	Summary string // one line
	Content string // HTML
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type content struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type entry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Link    link     `xml:"link"`
	Summary string   `xml:"summary,omitempty"`
	Content *content `xml:"content"`
}

type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string   `xml:"xml:lang,attr"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Links   []link   `xml:"link"`
	Entries []entry  `xml:"entry"`
}

// Atom writes a feed.
func Atom(f Feed) []byte {
	a := atom{
		Lang: f.Lang, ID: f.Page, Title: f.Title, Updated: moment(f.Updated), Author: f.Author,
		Links: []link{{"alternate", "text/html", f.Page}, {"self", "application/atom+xml", f.Self}},
	}
	for _, e := range f.Entries {
		one := entry{ID: e.ID, Title: e.Title, Updated: moment(e.Updated), Link: link{"alternate", "text/html", e.Page}, Summary: e.Summary}
		if e.Content != "" {
			one.Content = &content{"html", e.Content}
		}
		a.Entries = append(a.Entries, one)
	}
	return document(a)
}

// moment writes a time as RFC 3339 has it.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// MaxAddresses is how many addresses a sitemap may hold.
const MaxAddresses = 50_000

// Page is a page in a sitemap, or a sitemap in an index of them.
type Page struct {
	Address  string
	Modified time.Time // zero if it is not known
}

type location struct {
	Address  string `xml:"loc"`
	Modified string `xml:"lastmod,omitempty"`
}

func locations(pages []Page) []location {
	all := make([]location, len(pages))
	for i, p := range pages {
		all[i].Address = p.Address
		if !p.Modified.IsZero() {
			all[i].Modified = moment(p.Modified)
		}
	}
	return all
}

// Sitemap writes a sitemap of at most MaxAddresses pages.
func Sitemap(pages []Page) []byte {
	return document(struct {
		XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		Pages   []location `xml:"url"`
	}{Pages: locations(pages)})
}

// Index writes an index of sitemaps.
func Index(sitemaps []Page) []byte {
	return document(struct {
		XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
		Pages   []location `xml:"sitemap"`
	}{Pages: locations(sitemaps)})
}

// document writes XML, in which characters that XML does not know become U+FFFD.
func document(v any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // a mistake in the types above
	}
	b.WriteByte('\n')
	return b.Bytes()
}
