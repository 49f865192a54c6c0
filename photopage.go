package main

import (
	"fmt"
	"html/template"
	"image"
	"strconv"
	"strings"
	"time"

	"gallery/internal/album"
	"gallery/internal/messages"
	"gallery/internal/photo"
	"gallery/internal/rendition"
)

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
func (s *server) photoView(t *messages.Catalogue, photos []album.Photo, src album.Photo, order string) photoView {
	view := photoView{
		frame:    s.frame(t, src.Name()),
		Name:     album.Title(src.File),
		Original: s.address(src.Name()),
		File:     album.Readable(src.File),
		Bytes:    src.Size,
		Total:    len(photos),
		Color:    "transparent",
	}
	view.Title = view.Name
	view.First = withOrder(s.address(photos[0].Name())+"/", order, 1)
	view.Last = withOrder(s.address(photos[len(photos)-1].Name())+"/", order, 1)
	view.Crumbs[len(view.Crumbs)-1].Text = view.Name
	for i, p := range photos {
		if p.File != src.File {
			continue
		}
		view.Number = i + 1
		view.Album = withOrder(s.address(src.Album)+"/", order, 1+i/pageSize)
		if i > 0 {
			view.Prev = withOrder(s.address(photos[i-1].Name())+"/", order, 1)
		}
		if i+1 < len(photos) {
			view.Next = withOrder(s.address(photos[i+1].Name())+"/", order, 1)
		}
	}
	return view
}

// describe adds to a photo's page what its thumbnail's record says.
func (s *server) describe(v *photoView, src album.Photo, r rendition.Record) {
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
