package album

import (
	"io/fs"
	"math/bits"
	"path"
	"slices"
	"strings"
)

// An other file is a picture, film or sound that is not shown as a photo. What else lies in
// a folder is nobody's business.

// otherKinds are the kinds of other files, what people call them, with their extensions in
// lower case. None of them is a document that a browser runs scripts in, as SVG is.
// nginx's gallery-others.conf repeats the extensions and the types.
var otherKinds = [...]struct{ label, mediaType, extensions string }{
	// Pictures.
	{"HEIC", "image/heic", "heic heif hif"},
	{"AVIF", "image/avif", "avif"},
	{"JPEG XL", "image/jxl", "jxl"},
	{"JPEG 2000", "image/jp2", "jp2 j2k jpf jpx"},
	{"MPO", "image/mpo", "mpo"},
	{"TIFF", "image/tiff", "tif tiff"},
	{"BMP", "image/bmp", "bmp"},
	{"PSD", "image/vnd.adobe.photoshop", "psd psb"},
	{"XCF", "image/x-xcf", "xcf"},
	{"EXR", "image/x-exr", "exr"},
	{"DNG", "image/x-adobe-dng", "dng"},
	{"RAW", "application/octet-stream",
		"3fr arw cr2 cr3 crw dcr erf fff gpr iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"},
	// Film.
	{"MOV", "video/quicktime", "mov qt"},
	{"MP4", "video/mp4", "mp4 m4v"},
	{"AVI", "video/x-msvideo", "avi"},
	{"MKV", "video/x-matroska", "mkv"},
	{"WebM", "video/webm", "webm"},
	{"MTS", "video/mp2t", "mts m2ts"},
	{"MPEG", "video/mpeg", "mpg mpeg mpe vob"},
	{"3GP", "video/3gpp", "3gp 3g2"},
	{"WMV", "video/x-ms-wmv", "wmv asf"},
	{"FLV", "video/x-flv", "flv"},
	{"OGV", "video/ogg", "ogv"},
	{"INSV", "application/octet-stream", "insv"},
	// Sound.
	{"MP3", "audio/mpeg", "mp3"},
	{"M4A", "audio/mp4", "m4a"},
	{"AAC", "audio/aac", "aac"},
	{"WAV", "audio/wav", "wav"},
	{"FLAC", "audio/flac", "flac"},
	{"OGG", "audio/ogg", "ogg oga opus"},
	{"AIFF", "audio/aiff", "aif aiff"},
	{"WMA", "audio/x-ms-wma", "wma"},
	{"AMR", "audio/amr", "amr"},
	{"CAF", "audio/x-caf", "caf"},
}

// otherExtensions are the numbers of the kinds by extension, with its dot.
var otherExtensions = func() map[string]int {
	numbers := map[string]int{}
	for i, kind := range otherKinds {
		for ext := range strings.FieldsSeq(kind.extensions) {
			if mediaTypes["."+ext] == "" {
				numbers["."+ext] = i
			}
		}
	}
	return numbers
}()

// OtherKind returns what an other file of this name is called, and its media type; two times
// "" where a file of that name is none.
func OtherKind(name string) (label, mediaType string) {
	i, ok := otherExtensions[strings.ToLower(path.Ext(name))]
	if !ok {
		return "", ""
	}
	return otherKinds[i].label, otherKinds[i].mediaType
}

// IsOtherName reports whether a file of this name is an other file.
func IsOtherName(name string) bool {
	_, ok := otherExtensions[strings.ToLower(path.Ext(name))]
	return ok
}

// isOther reports whether an entry of an album's folder is an other file.
func isOther(entry fs.DirEntry) bool {
	return entry.Type().IsRegular() && Visible(entry.Name()) && IsOtherName(entry.Name())
}

// Others is how many other files there are, and of which kinds: bit i is that of otherKinds[i].
type Others struct {
	Number int
	kinds  uint64
}

// CountOthers counts files, by their names.
func CountOthers(names []string) Others {
	var o Others
	for _, name := range names {
		if i, ok := otherExtensions[strings.ToLower(path.Ext(name))]; ok {
			o.Add(Others{1, 1 << i})
		}
	}
	return o
}

// Add adds the files of another folder.
func (o *Others) Add(more Others) {
	o.Number += more.Number
	o.kinds |= more.kinds
}

// Labels are what the kinds are called, in the order of otherKinds.
func (o Others) Labels() []string {
	var labels []string
	for kinds := o.kinds; kinds != 0; kinds &= kinds - 1 {
		labels = append(labels, otherKinds[bits.TrailingZeros64(kinds)].label)
	}
	return labels
}

// LabelledOthers are so many other files of the kinds with these labels.
func LabelledOthers(number int, labels []string) Others {
	o := Others{Number: max(number, 0)}
	for i, kind := range otherKinds {
		if slices.Contains(labels, kind.label) {
			o.kinds |= 1 << i
		}
	}
	return o
}
