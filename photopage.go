package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/answer"
	"gallery/internal/messages"
	"gallery/internal/photo"
	"gallery/internal/rendition"
	"gallery/internal/thumbs"
)

// photoPages answers with the photos' own pages.
type photoPages struct {
	library   *library
	store     *thumbs.Store
	views     *views
	addresses addresses
	gps       bool // pages may say where a photo was taken
}

// serve answers with a photo's own page. The renditions that it shows
// are on disk before it is sent.
func (p *photoPages) serve(w http.ResponseWriter, r *http.Request, t target, v visitor) error {
	src, err := p.library.photo(t.album(), t.file())
	if err != nil {
		return err
	}
	a, _, err := p.library.listShown(r.Context(), src.Album, p.store.Stamp(src.Album))
	if err != nil {
		return err
	}
	order, choice := p.library.order(p.library.settings(src.Album), sortChoice(r))
	photos, _, ok := p.store.Arrange(r.Context(), a, order, true)
	if !ok {
		return fmt.Errorf("reading the dates in %s: %w", src.Album, cmp.Or(r.Context().Err(), fs.ErrNotExist))
	}
	if photos = shownPhotos(a, photos); !slices.ContainsFunc(photos, func(other album.Photo) bool { return other.File == src.File }) {
		photos = []album.Photo{src} // the album's cover, which stands by itself
	}
	view := p.view(messages.For(r.Header.Get("Accept-Language")), v, photos, src, choice)
	view.Kept = !p.library.mayDownload(v, src.Album)
	_, _, mayPick := p.library.picker(v, src.Album)
	if mayPick {
		p.views.offerPicks(&view.frame, src.Album)
	}
	m, err := p.ensurePicture(r.Context(), &view, src)
	if err != nil {
		return err
	}
	about := p.library.noteOf(a, src)
	view.Note, view.Caption = about.Body, cmp.Or(about.Text, view.Caption)
	at := p.addresses.origin(r)
	if !sparing(r) {
		p.offer(&view, src, m)
	}
	view.describeShared(at)
	if view.Share != nil && m.Width > 0 && m.Height > 0 {
		view.Share.show(at, p.addresses, src, m)
	}
	details := p.library.details(src, p.gps)
	view.Credit = credit(details)
	view.addInfo(details, m.TakenAt())
	var body bytes.Buffer
	name := "photo"
	if r.URL.Query().Get("part") == "photo" {
		name = "photo-part" // for the lightbox, which has style and script
	}
	if err := p.views.render(&body, name, view); err != nil {
		return err
	}
	p.views.headerFor(w, v)
	if mayPick {
		p.views.allow(w, p.views.hearts)
	}
	answer.NewPage(body.Bytes(), gzip.BestSpeed).Serve(w, r)
	return nil
}

// ensurePicture has the renditions that a photo's page shows made, and puts
// them on it. The page of a photo that there can be none of says so.
func (p *photoPages) ensurePicture(ctx context.Context, view *photoView, src album.Photo) (rendition.Record, error) {
	made, err := p.store.EnsureAll(ctx, src, "", func(r rendition.Record) []string {
		if r.ShowsSource() {
			return nil
		}
		return []string{rendition.Preview}
	})
	m, ok := made[""]
	if own := (thumbs.ShownItself{}); !ok && errors.As(err, &own) {
		view.Image = view.Original
		return rendition.Record{}, nil
	}
	if err != nil && !errors.Is(err, thumbs.ErrUnfit) && !errors.Is(err, thumbs.ErrChanging) {
		return rendition.Record{}, err
	}
	if !ok {
		return rendition.Record{}, nil // the page says so
	}
	p.describe(view, src, m.Record)
	if m.ShowsSource() || errors.Is(err, thumbs.ErrSavesNothing) {
		view.Image = view.Original
		return m.Record, nil
	}
	if _, ok := made[rendition.Preview]; ok {
		// As the album's page has it: the thumbnail's version names the same state.
		view.Image = p.addresses.thumb(src, rendition.Preview, m.Record)
	} else { // it takes more than the budget, say
		view.Image = view.Thumb
	}
	return m.Record, nil
}

// offer adds the previews among which the browser chooses by its screen, where the page
// shows one. What is larger than the smallest is made when one is asked for.
func (p *photoPages) offer(view *photoView, src album.Photo, r rendition.Record) {
	full := image.Pt(r.Width, r.Height)
	if view.Image == view.Original || view.Image == view.Thumb || full.X <= 0 || full.Y <= 0 {
		return
	}
	var offers []offer
	for _, rend := range rendition.Previews {
		size := photo.Fitted(full, rendition.Sides[rend])
		if n := len(offers); n > 0 && offers[n-1].Width == size.X {
			break
		}
		if p.store.FailedBefore(src, rend) == nil {
			offers = append(offers, offer{p.addresses.thumb(src, rend, r), size.X})
		}
	}
	if len(offers) < 2 {
		return
	}
	view.Offers = offers
	// As the stylesheet has it, and 1.15 times that, since Chromium takes what has fewer pixels
	// by up to the root of 1.6, the steps between previews. It is shown no wider for that.
	view.Sizes = fmt.Sprintf("min(%dpx,115vw,(100svh - 11rem)*%.3f)", full.X, 1.15*float64(full.X)/float64(full.Y))
}

// photoView is a photo's own page.
type photoView struct {
	frame
	Name     string
	File     string // with its extension
	Caption  string
	Credit   string        // who made it and whose it is
	Note     template.HTML // the caption as its side file has it, "" if there is none
	Info     []fact
	Page     string  // its own address
	Original string  // address
	Bytes    int64   // of the original
	Image    string  // address of what is shown, "" where nothing can be
	Offers   []offer // renditions that a browser chooses from in its place; may be none
	Sizes    string  // how wide it is shown, for that choice
	Thumb    string  // address of its thumbnail, "" if there is none
	Width    int     // of the original, upright, pixels; 0 if unknown
	Height   int
	Color    template.CSS
	Album    string // address of the album's page that holds it
	Number   int    // its place in the album, from 1
	Total    int
}

// describeShared fills in what a shared link to the page shows. at is the
// site's origin, "" if it is unknown.
func (v *photoView) describeShared(at string) {
	v.Description = v.Caption
	if v.Description == "" {
		album := v.Crumbs[len(v.Crumbs)-2].Text
		v.Description = v.T.Photo + " " + v.T.At(v.Number, v.Total) + " · " + album
	}
	if at != "" {
		v.Share = &share{URL: at + v.Page}
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

// view places a photo between its neighbours among the photos of its
// album, in the order that the visitor chose, or gets.
func (p *photoPages) view(t *messages.Catalogue, v visitor, photos []album.Photo, src album.Photo, choice string) photoView {
	view := photoView{
		frame:    p.views.frame(t, src.Name(), v),
		Name:     album.Title(src.File),
		Page:     p.addresses.page(src.Name()),
		Original: p.addresses.file(src.Name()),
		File:     album.Readable(src.File),
		Bytes:    src.Size,
		Total:    len(photos),
		Color:    "transparent",
	}
	view.carry(choice)
	view.Title = view.Name
	view.First = p.addresses.ordered(photos[0].Name(), choice, 1)
	view.Last = p.addresses.ordered(photos[len(photos)-1].Name(), choice, 1)
	view.Crumbs[len(view.Crumbs)-1].Text = view.Name
	for i, other := range photos {
		if other.File != src.File {
			continue
		}
		view.Number = i + 1
		view.Album = p.addresses.ordered(src.Album, choice, 1+i/pageSize)
		if i > 0 {
			view.Prev = p.addresses.ordered(photos[i-1].Name(), choice, 1)
		}
		if i+1 < len(photos) {
			view.Next = p.addresses.ordered(photos[i+1].Name(), choice, 1)
		}
	}
	return view
}

// describe adds to a photo's page what its thumbnail's record says.
func (p *photoPages) describe(v *photoView, src album.Photo, r rendition.Record) {
	v.Width, v.Height = r.Width, r.Height
	v.Thumb = p.addresses.thumb(src, "", r)
	v.Color = cssColor(r.Color)
	v.Caption = r.Caption
}

// credit says who made a photo and whose it is.
func credit(d photo.Details) string {
	if strings.Contains(d.Copyright, d.Creator) {
		return d.Copyright
	}
	return joined(d.Creator, d.Copyright)
}

// addInfo lists what is known of the photo: how it was taken, when, and what
// the file is.
func (v *photoView) addInfo(d photo.Details, taken time.Time) {
	t := v.T
	v.add(t.Camera, d.Camera)
	v.add(t.Lens, d.Lens)
	v.add(t.FocalLength, focalLength(t, d))
	if f := d.ApertureText(); f != "" {
		v.add(t.Aperture, "f/"+t.WithDecimal(f))
	}
	if e := d.ExposureText(); e != "" {
		v.add(t.Shutter, t.WithDecimal(e)+" s")
	}
	if d.ISO > 0 {
		v.add(t.ISO, "ISO "+strconv.Itoa(d.ISO))
	}
	if !taken.IsZero() {
		v.add(t.Date, t.DateTime(taken))
	}
	if v.Width > 0 {
		v.add(t.Dimensions, fmt.Sprintf("%d × %d", v.Width, v.Height))
	}
	v.add(t.Size, t.Bytes(v.Bytes))
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
func focalLength(t *messages.Catalogue, d photo.Details) string {
	own := t.WithDecimal(d.FocalLengthText())
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
