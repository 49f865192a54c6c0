package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// coding is how a picture is coded, as far as it matters to a decoder's speed.
type coding string

const (
	baseline     coding = "baseline JPEG" // or extended sequential
	progressive  coding = "progressive JPEG"
	codingPNG    coding = "PNG"
	webpLossy    coding = "WebP lossy"
	webpLossless coding = "WebP lossless"
	codingGIF    coding = "GIF"
)

// codings are all, in the order of the tables.
var codings = [...]coding{baseline, progressive, codingPNG, webpLossy, webpLossless, codingGIF}

// ending is of a file's name, which says the format to those who go by it.
func (c coding) ending() string {
	return map[coding]string{baseline: ".jpg", progressive: ".jpg", codingPNG: ".png", codingGIF: ".gif"}[c]
}

var errNotPicture = errors.New("not a picture")

// codingOf reads a file up to where it tells its coding.
func codingOf(r io.Reader) (coding, error) {
	b := bufio.NewReader(r)
	begin, _ := b.Peek(12)
	has := func(at int, text string) bool {
		return len(begin) >= at+len(text) && string(begin[at:at+len(text)]) == text
	}
	switch {
	case has(0, "\xff\xd8"):
		b.Discard(2)
		return codingOfJPEG(b)
	case has(0, "\x89PNG\r\n\x1a\n"):
		return codingPNG, nil
	case has(0, "GIF8"):
		return codingGIF, nil
	case has(0, "RIFF") && has(8, "WEBP"):
		b.Discard(12)
		return codingOfWebP(b)
	}
	return "", errNotPicture
}

// codingOfJPEG reads up to the frame header (ITU-T T.81, B.2.2).
func codingOfJPEG(b *bufio.Reader) (coding, error) {
	for {
		marker, err := nextMarker(b)
		if err != nil {
			return "", err
		}
		switch {
		case marker == 0xc0 || marker == 0xc1:
			return baseline, nil
		case marker == 0xc2:
			return progressive, nil
		case marker == 0xc4 || marker == 0xc8 || marker == 0xcc: // DHT, JPG, DAC
		case marker&0xf0 == 0xc0:
			return "", fmt.Errorf("coding of SOF%d is beyond all contenders", marker&15)
		case marker == 0xd9 || marker == 0xda: // EOI, SOS
			return "", errors.New("no frame header before the scan")
		}
		var length [2]byte
		if _, err := io.ReadFull(b, length[:]); err != nil {
			return "", err
		}
		if _, err := b.Discard(int(binary.BigEndian.Uint16(length[:])) - 2); err != nil {
			return "", err
		}
	}
}

// nextMarker returns the second byte of the next marker that begins a segment.
func nextMarker(b *bufio.Reader) (byte, error) {
	for {
		c, err := b.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != 0xff {
			continue
		}
		for c == 0xff {
			if c, err = b.ReadByte(); err != nil {
				return 0, err
			}
		}
		if c != 0 && (c < 0xd0 || c > 0xd7) {
			return c, nil
		}
	}
}

// codingOfWebP reads chunks up to the first bitstream (RFC 9649, 2.3). That of
// an animation lies deeper: such files are no photos.
func codingOfWebP(b *bufio.Reader) (coding, error) {
	for {
		var head [8]byte
		if _, err := io.ReadFull(b, head[:]); err != nil {
			return "", err
		}
		switch string(head[:4]) {
		case "VP8 ":
			return webpLossy, nil
		case "VP8L":
			return webpLossless, nil
		case "ANIM":
			return "", errNotPicture
		}
		n := int64(binary.LittleEndian.Uint32(head[4:]))
		if _, err := io.CopyN(io.Discard, b, n+n%2); err != nil {
			return "", err
		}
	}
}

func codingOfFile(name string) (coding, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return codingOf(f)
}
