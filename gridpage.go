package main

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io"
	"strconv"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/messages"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

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
	view := gridView{frame: g.s.frame(t, a.Name), Empty: len(a.Albums)+len(a.Photos) == 0}
	about := g.s.readme(a.Name)
	if g.key.n == 1 {
		view.About = about.Body
	}
	if about.Title != "" {
		view.Title = about.Title // the root's, too, whose crumb is the site's name
	}
	var counts []string
	if n := len(a.Albums); n > 0 {
		counts = append(counts, t.Count(n, t.OneAlbum, t.ManyAlbums))
	}
	if n := len(a.Photos); n > 0 {
		counts = append(counts, t.Count(n, t.OnePhoto, t.ManyPhotos))
	}
	view.Counts = strings.Join(counts, ", ")
	if from, to := g.period(); !from.IsZero() {
		view.Counts += " · " + t.Period(from, to)
	}
	view.Description = cmp.Or(about.Text, view.Counts)
	if g.s.zip && len(a.Photos) > 0 {
		total := int64(0)
		for _, src := range a.Photos {
			total += src.Size
		}
		view.Zip, view.ZipSize = g.s.address(a.Name)+"/?zip", t.Bytes(total)
	}
	if len(a.Photos) > 1 {
		view.Sorts = g.sortLinks()
	}
	if g.pages > 1 {
		view.Pages = fmt.Sprintf(t.PageOf, g.key.n, g.pages)
	}
	view.Prev, view.Next = g.neighbours()
	if view.Whole = g.warm; !view.Whole {
		view.Unscripted = unscripted
		view.Total = min(pageSize, len(a.Photos)-(g.key.n-1)*pageSize)
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

// period returns the dates of the album's oldest and newest photo, zero where
// this page does not know all of them.
func (g *grid) period() (from, to time.Time) {
	if !g.warm || g.pages > 1 {
		return
	}
	var n newest
	for _, c := range g.cells {
		if c.sub == "" && !c.broken {
			date := c.record.Date()
			n.add(newest{date: date, since: date}, false)
		}
	}
	return n.since, n.date
}

// sortLinks offers the orders; choosing the one in use turns it round.
func (g *grid) sortLinks() []link {
	links := []link{{Text: g.key.words.ByName}, {Text: g.key.words.ByDate}}
	for i, orders := range [][2]string{{album.ByName, album.ByNameDown}, {album.ByDate, album.ByDateDown}} {
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
		links[i].Href = withOrder(g.s.address(g.album.Name)+"/", next, 1)
	}
	return links
}

// neighbours returns the addresses of the pages before and after this one.
func (g *grid) neighbours() (prev, next string) {
	here := g.s.address(g.album.Name) + "/"
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
	T          *messages.Catalogue
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
	T      *messages.Catalogue
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
		f.Href = withOrder(g.s.address(c.src.Name())+"/", g.key.order, 1)
		f.Name, f.Caption = album.Title(c.src.File), cmp.Or(g.s.noteOf(g.album, c.src).Text, c.record.Caption)
		return g.s.views.render(w, "photo-cell", f)
	}
	f.Href = g.s.address(c.sub) + "/"
	f.Name = g.s.albumTitle(c.sub)
	view := card{figure: f, Counts: t.Count(c.sum.photos, t.OnePhoto, t.ManyPhotos)}
	if c.sum.photos > 0 {
		view.Date = t.Period(c.sum.period())
		if !c.sum.exact && !c.broken {
			view.Date = t.Month(c.record.Date())
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
			f.Thumb = s.address(c.src.Name())
			f.setSize(photo.Fitted(own.size, s.thumbs.side))
		}
		return
	}
	f.Thumb = s.thumbAddress(c.src, "", c.record)
	// A record is a file that others may have written: its size may be 0.
	size := photo.Fitted(image.Pt(max(c.record.Width, 1), max(c.record.Height, 1)), s.thumbs.side)
	f.setSize(size)
	sharper := photo.Fitted(image.Pt(max(c.sharp.Width, 1), max(c.sharp.Height, 1)), rendition.Sides[rendition.Sharp])
	if sharper.X > size.X {
		// The thumbnail's version names the same state, and compresses the second time.
		f.Sharp, f.SharpWidth = s.thumbAddress(c.src, rendition.Sharp, c.record), sharper.X
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
