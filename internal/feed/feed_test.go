package feed

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

// A feed has what RFC 4287, sections 4.1.1 and 4.1.2, asks of it, whatever its texts hold.
func TestAtom(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
	hostile := "<b>&amp;]]>\x00\xff \"ü\""
	data := Atom(Feed{
		Title: hostile, Author: hostile, Page: "https://example.com/a%20b/", Self: "https://example.com/a%20b/.feed.atom", Lang: "de", Updated: at,
		Entries: []Entry{
			{ID: "https://example.com/x/#1", Title: hostile, Page: "https://example.com/x/?a&b", Updated: at, Summary: hostile, Content: "<p>" + hostile + "</p>"},
			{ID: "https://example.com/y/#1", Title: "y", Page: "https://example.com/y/", Updated: at},
		},
	})
	var got struct {
		XMLName xml.Name
		Lang    string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		ID      string `xml:"http://www.w3.org/2005/Atom id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Author  string `xml:"author>name"`
		Links   []link `xml:"link"`
		Entries []struct {
			ID      string   `xml:"id"`
			Title   string   `xml:"title"`
			Updated string   `xml:"updated"`
			Link    link     `xml:"link"`
			Summary string   `xml:"summary"`
			Content *content `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	kept := strings.NewReplacer("\x00", "\uFFFD", "\xff", "\uFFFD").Replace(hostile)
	if got.XMLName.Local != "feed" || got.Lang != "de" || got.ID != "https://example.com/a%20b/" || got.Title != kept || got.Author != kept ||
		got.Updated != "2024-05-01T10:00:00Z" || len(got.Links) != 2 || got.Links[1].Rel != "self" || len(got.Entries) != 2 {
		t.Errorf("the feed is %+v", got)
	}
	if e := got.Entries[0]; e.ID != "https://example.com/x/#1" || e.Title != kept || e.Link.Href != "https://example.com/x/?a&b" || e.Summary != kept ||
		e.Content.Type != "html" || e.Content.Text != "<p>"+kept+"</p>" {
		t.Errorf("an entry is %+v", e)
	}
	if got.Entries[1].Content != nil {
		t.Error("an entry without content has one")
	}
}

func TestSitemap(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	pages := []Page{{"https://example.com/a&b/", at}, {"https://example.com/", time.Time{}}}
	const space = ` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`
	for _, test := range []struct{ got, want string }{
		{string(Sitemap(pages)), "<urlset" + space + "<url><loc>https://example.com/a&amp;b/</loc><lastmod>2024-05-01T12:00:00Z</lastmod></url><url><loc>https://example.com/</loc></url></urlset>\n"},
		{string(Index(pages[1:])), "<sitemapindex" + space + "<sitemap><loc>https://example.com/</loc></sitemap></sitemapindex>\n"},
	} {
		if test.got != xml.Header+test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}
