// Package testkit is what the tests of several packages share: test pictures,
// files that lie, and the processor's clock.
//
// Lies are picture files that are not what they claim to be: a kilobyte that
// claims four gigapixels, a few bytes that stand for hours of work, files cut
// short, files with bits turned over, and files that are no picture at all.
package testkit

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"iter"
	"math/rand/v2"
)

// File is a file and the name that it goes by.
type File struct {
	Name string
	Data []byte
}

// Lies returns a file for every lie but Truncated and Flipped.
func Lies() []File {
	var all []File
	for _, part := range [][]File{Huge(), Bombs(), Long(), Zero(), Others()} {
		all = append(all, part...)
	}
	return all
}

// Honest returns a small picture of each format and coding, from which lies
// are made.
func Honest() []File {
	m := picture(96, 64)
	var baseline, plain, palette bytes.Buffer
	must(jpeg.Encode(&baseline, m, nil))
	must(png.Encode(&plain, m))
	must(gif.Encode(&palette, m, nil))
	return []File{
		{"baseline.jpg", baseline.Bytes()},
		{"progressive.jpg", progressive(96, 64, 3)},
		{"plain.png", plain.Bytes()},
		{"interlaced.png", pngOf(64, 64, 8, 2, true, scanlines(3*64*3/2, 64+64))},
		{"palette.gif", palette.Bytes()},
		{"lossless.webp", riff(chunk("VP8L", vp8l(96, 64)))},
		{"extended.webp", riff(chunk("VP8X", VP8X(0, 96, 64)), chunk("VP8L", vp8l(96, 64)))},
	}
}

// picture has something in it, everywhere.
func picture(width, height int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 5), uint8(y * 7), uint8(x * y), 255})
		}
	}
	return m
}

// Huge returns files of about a kilobyte that claim as many pixels as their
// format can.
func Huge() []File {
	var files []File
	for _, f := range Honest() {
		files = append(files, File{"huge-" + f.Name, resize(f.Data, 65535, 65535)})
	}
	grey := pngOf(65535, 65535, 1, 0, false, 1)
	return append(files,
		File{"huge-grey.png", grey},
		File{"huge-largest.png", pngOf(1<<31-1, 1<<31-1, 16, 6, true, 1)},
		File{"huge-wide.png", pngOf(1<<31-1, 1, 8, 6, false, 1)},
		File{"huge-tall.png", pngOf(1, 1<<31-1, 8, 6, false, 1)},
		File{"huge-wide.jpg", resize(Honest()[0].Data, 65535, 1)},
		File{"huge-tall.jpg", resize(Honest()[1].Data, 1, 65535)},
		File{"huge-canvas.webp", riff(chunk("VP8X", VP8X(2, 1<<24, 1<<24)),
			chunk("ANMF", bytes.Join([][]byte{make([]byte, 6), le24(95), le24(63), make([]byte, 4), chunk("VP8L", vp8l(96, 64))}, nil)))},
		File{"huge-lossy.webp", riff(chunk("VP8 ", []byte("\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f\x00\x00\x00\x00")))},
		File{"huge-alpha.webp", riff(chunk("VP8X", VP8X(16, 16383, 16383)), chunk("ALPH", []byte("\x01\x00\x00")),
			chunk("VP8 ", []byte("\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f\x00\x00\x00\x00")))},
	)
}

// Zero returns files that claim to have no pixels.
func Zero() []File {
	var files []File
	for _, f := range Honest() {
		files = append(files,
			File{"zero-wide-" + f.Name, resize(f.Data, 0, 64)},
			File{"zero-high-" + f.Name, resize(f.Data, 96, 0)},
			File{"zero-both-" + f.Name, resize(f.Data, 0, 0)},
			File{"zero-bytes-" + f.Name, nil})
	}
	return files
}

// resize changes the dimensions that a file claims, wherever it does.
func resize(file []byte, width, height int) []byte {
	b := bytes.Clone(file)
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		for _, sof := range []string{"\xff\xc0\x00\x11\x08", "\xff\xc2\x00\x0b\x08"} {
			if i := bytes.Index(b, []byte(sof)); i >= 0 {
				binary.BigEndian.PutUint16(b[i+5:], uint16(height))
				binary.BigEndian.PutUint16(b[i+7:], uint16(width))
			}
		}
	case bytes.HasPrefix(b, []byte("\x89PNG")):
		binary.BigEndian.PutUint32(b[16:], uint32(width))
		binary.BigEndian.PutUint32(b[20:], uint32(height))
		binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	case bytes.HasPrefix(b, []byte("GIF8")):
		binary.LittleEndian.PutUint16(b[6:], uint16(width))
		binary.LittleEndian.PutUint16(b[8:], uint16(height))
		if i := bytes.IndexByte(b[13+768:], 0x2c); i >= 0 {
			binary.LittleEndian.PutUint16(b[13+768+i+5:], uint16(width))
			binary.LittleEndian.PutUint16(b[13+768+i+7:], uint16(height))
		}
	case bytes.HasPrefix(b, []byte("RIFF")):
		if i := bytes.Index(b, []byte("VP8X")); i >= 0 {
			copy(b[i+12:], le24(width-1))
			copy(b[i+15:], le24(height-1))
		}
		if i := bytes.Index(b, []byte("VP8L")); i >= 0 {
			v := uint32(width-1)&0x3fff | uint32(height-1)&0x3fff<<14 | 1<<28
			binary.LittleEndian.PutUint32(b[i+9:], v)
		}
	}
	return b
}

// Bombs returns small files that hold as many pixels as they claim, all alike.
func Bombs() []File {
	return []File{
		{"bomb-grey-16k.png", pngOf(16000, 16000, 8, 0, false, scanlines(16000, 16000))},
		{"bomb-palette-16k.png", pngOf(15000, 15000, 8, 3, false, scanlines(15000, 15000))},
		{"bomb-rgb-8k.png", pngOf(8000, 8000, 8, 2, false, scanlines(3*8000, 8000))},
		{"bomb-rgba-7k.png", pngOf(7000, 7000, 8, 6, false, scanlines(4*7000, 7000))},
		{"bomb-rgba16-20k.png", pngOf(20000, 20000, 16, 6, false, scanlines(1<<20, 20))},
		{"bomb-interlaced-10k.png", pngOf(10000, 10000, 1, 0, true, scanlines(10000*10000/8, 4))},
		{"bomb-profile.png", withProfile(64 << 20)},
		{"bomb-text.png", withText(64 << 20)},
		{"bomb-15k.gif", gifBomb(15000, 15000)},
		{"bomb-65k.gif", gifBomb(65535, 65535)},
		{"bomb-baseline-20k.jpg", flat(20000, 20000)},
		{"bomb-progressive-20k.jpg", progressive(20000, 20000, 4)},
		{"bomb-16k.webp", riff(chunk("VP8L", vp8l(16384, 16384)))},
		{"bomb-8k.webp", riff(chunk("VP8L", vp8l(5000, 5000)))},
	}
}

// Long returns files that hold very many of something.
func Long() []File {
	honest := map[string][]byte{}
	for _, f := range Honest() {
		honest[f.Name] = f.Data
	}
	huge := chunk("ICCP", make([]byte, 100))
	binary.LittleEndian.PutUint32(huge[4:], 0xFFFFFFFE)
	jpg, webp := honest["baseline.jpg"], honest["extended.webp"]
	return []File{
		{"long-10000-scans-small.jpg", progressive(96, 64, 10_000)},
		{"long-10000-scans-3k.jpg", progressive(3000, 3000, 10_000)},
		{"long-10000-scans-12k.jpg", progressive(12000, 12000, 10_000)},
		{"long-scans-65k.jpg", progressive(65535, 65535, 1000)},
		{"long-segments.jpg", splice(jpg, 2, bytes.Repeat([]byte("\xff\xe5\x00\x02"), 500_000))},
		{"long-fill.jpg", splice(jpg, 2, bytes.Repeat([]byte("\xff"), 5_000_000))},
		{"long-stray.jpg", splice(jpg, 2, bytes.Repeat([]byte("\x00"), 5_000_000))},
		{"long-exif.jpg", splice(jpg, 2, bytes.Repeat(append([]byte("\xff\xe1\xff\xffExif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"), make([]byte, 65535-18)...), 40))},
		{"long-profile.jpg", splice(jpg, 2, bytes.Repeat(append([]byte("\xff\xe2\xff\xffICC_PROFILE\x00\x01\xff"), make([]byte, 65535-16)...), 200))},
		{"long-tables.jpg", splice(jpg, 2, bytes.Repeat(append([]byte("\xff\xdb\x00\x43\x00"), bytes.Repeat([]byte{1}, 64)...), 50_000))},
		{"long-restarts.jpg", append(bytes.Clone(jpg[:len(jpg)-2]), bytes.Repeat([]byte("\xff\xd0\xff\xd1\xff\xd2\xff\xd3"), 500_000)...)},
		{"long-chunks.png", splice(honest["plain.png"], 33, bytes.Repeat(PNGChunk("junk", nil), 300_000))},
		{"long-idats.png", splice(honest["plain.png"], 33, bytes.Repeat(PNGChunk("IDAT", nil), 300_000))},
		{"long-100000-frames.gif", manyFrames(honest["palette.gif"], 100_000)},
		{"long-extensions.gif", splice(honest["palette.gif"], 13+768, bytes.Repeat([]byte("\x21\xfe\x01x\x00"), 500_000))},
		{"long-comment.gif", splice(honest["palette.gif"], 13+768, append(append([]byte("\x21\xfe"), bytes.Repeat([]byte("\x01x"), 1_000_000)...), 0))},
		{"long-chunks.webp", splice(webp, 30, bytes.Repeat(chunk("JUNK", nil), 300_000))},
		{"long-frames.webp", splice(webp, 30, bytes.Repeat(chunk("ANMF", make([]byte, 16)), 100_000))},
		{"absurd-length.webp", splice(webp, 30, huge)},
		{"absurd-riff.webp", append([]byte("RIFF\xff\xff\xff\xffWEBP"), webp[12:]...)},
		{"absurd-short.webp", append([]byte("RIFF\x00\x00\x00\x00WEBP"), webp[12:]...)},
		{"absurd-first.webp", splice(webp, 12, huge)},
		{"absurd-profile.webp", splice(webp, 30, chunk("ICCP", make([]byte, 8<<20)))},
		{"absurd-exif.webp", splice(webp, 30, chunk("EXIF", make([]byte, 8<<20)))},
		{"absurd-alpha.webp", riff(chunk("VP8X", VP8X(16, 96, 64)), chunk("ALPH", bytes.Repeat([]byte{0xff}, 1<<20)), chunk("VP8L", vp8l(96, 64)))},
	}
}

// Others returns files of another kind than their name says.
func Others() []File {
	honest := Honest()
	const page = "<!doctype html><html><body><script>alert(document.domain)</script></body></html>"
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	return []File{
		{"other-text.jpg", []byte("dear diary\n")},
		{"other-page.gif", []byte(page)},
		{"other-page.jpg", []byte(page)},
		{"other-svg.png", []byte(svg)},
		{"other-script.webp", []byte("alert(1)")},
		{"other-gif-then-page.gif", []byte("GIF89a/*" + page + "*/=1;")},
		{"other-jpeg-then-page.jpg", append(bytes.Clone(honest[0].Data), page...)},
		{"other-comment-page.jpg", splice(honest[0].Data, 2, append([]byte{0xff, 0xfe, 0, byte(len(page) + 2)}, page...))},
		{"other-png.jpg", honest[2].Data},
		{"other-jpeg.png", honest[0].Data},
		{"other-webp.gif", honest[5].Data},
		{"other-elf.jpg", []byte("\x7fELF\x02\x01\x01")},
		{"other-zip.png", []byte("PK\x03\x04")},
		{"other-magic.jpg", []byte("\xff\xd8")},
		{"other-magic.png", []byte("\x89PNG\r\n\x1a\n")},
		{"other-magic.gif", []byte("GIF89a")},
		{"other-magic.webp", []byte("RIFF\x04\x00\x00\x00WEBP")},
		{"other-ones.jpg", bytes.Repeat([]byte{0xff}, 1000)},
		{"other-zeros.png", make([]byte, 1000)},
	}
}

// Truncated returns a file cut at every hundredth of its length.
func Truncated(f File) iter.Seq[File] {
	return func(yield func(File) bool) {
		for percent := range 100 {
			name := fmt.Sprintf("cut-%02d-%s", percent, f.Name)
			if !yield(File{name, f.Data[:len(f.Data)*percent/100]}) {
				return
			}
		}
	}
}

// Flipped returns n copies of a file in which one to eight bytes are others,
// the same ones for the same seed.
func Flipped(f File, n int, seed uint64) iter.Seq[File] {
	return func(yield func(File) bool) {
		random := rand.New(rand.NewPCG(seed, uint64(len(f.Data))))
		for i := range n {
			data := bytes.Clone(f.Data)
			for range 1 + random.IntN(8) {
				data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
			}
			if !yield(File{fmt.Sprintf("flip-%06d-%s", i, f.Name), data}) {
				return
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// splice puts bytes into a file.
func splice(file []byte, at int, what []byte) []byte {
	return bytes.Join([][]byte{file[:at], what, file[at:]}, nil)
}

// scanlines returns how many bytes so many rows take, each with PNG's filter
// byte.
func scanlines(bytesEach, rows int) int { return (bytesEach + 1) * rows }

// pngOf writes a PNG whose pixels are n zeros before they are compressed.
func pngOf(width, height, depth, colour int, interlaced bool, n int, extra ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(width))
	head = append(binary.BigEndian.AppendUint32(head, uint32(height)), byte(depth), byte(colour), 0, 0, 0)
	if interlaced {
		head[12] = 1
	}
	file := append([]byte("\x89PNG\r\n\x1a\n"), PNGChunk("IHDR", head)...)
	file = append(file, bytes.Join(extra, nil)...)
	if colour == 3 {
		file = append(file, PNGChunk("PLTE", make([]byte, 768))...)
	}
	file = append(file, PNGChunk("IDAT", deflated(n))...)
	return append(file, PNGChunk("IEND", nil)...)
}

// deflated is n zeros, compressed.
func deflated(n int) []byte {
	var b bytes.Buffer
	writeZeros(zlib.NewWriter(&b), n)
	return b.Bytes()
}

func writeZeros(w io.WriteCloser, n int) {
	for zeros := make([]byte, 1<<20); n > 0; n -= len(zeros) {
		_, err := w.Write(zeros[:min(n, len(zeros))])
		must(err)
	}
	must(w.Close())
}

// withProfile has an ICC profile of n zeros, compressed.
func withProfile(n int) []byte {
	return pngOf(8, 8, 8, 2, false, scanlines(24, 8), PNGChunk("iCCP", append([]byte("x\x00\x00"), deflated(n)...)))
}

// withText has XMP and text of n zeros, compressed.
func withText(n int) []byte {
	text := deflated(n)
	return pngOf(8, 8, 8, 2, false, scanlines(24, 8), PNGChunk("zTXt", append([]byte("x\x00\x00"), text...)),
		PNGChunk("iTXt", append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), text...)))
}

// gifBomb is one picture of one colour, which ends early where there is too
// much of it.
func gifBomb(width, height int) []byte {
	file := []byte("GIF89a")
	file = binary.LittleEndian.AppendUint16(file, uint16(width))
	file = binary.LittleEndian.AppendUint16(file, uint16(height))
	file = append(file, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0)
	file = binary.LittleEndian.AppendUint16(file, uint16(width))
	file = binary.LittleEndian.AppendUint16(file, uint16(height))
	file = append(file, 0, 2) // literals of 2 bits
	var b bytes.Buffer
	z := lzw.NewWriter(&b, lzw.LSB, 2)
	writeZeros(z, min(width*height, 300_000_000))
	for codes := b.Bytes(); len(codes) > 0; {
		n := min(255, len(codes))
		file = append(append(file, byte(n)), codes[:n]...)
		codes = codes[n:]
	}
	return append(file, 0, 0x3b)
}

// manyFrames repeats the one frame of a GIF.
func manyFrames(file []byte, n int) []byte {
	frame := []byte("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00")
	body := file[:len(file)-1]
	return append(append(bytes.Clone(body), bytes.Repeat(frame, n)...), 0x3b)
}
