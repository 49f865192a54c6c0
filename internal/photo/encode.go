package photo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
)

const (
	maxSegment  = 0xffff - 2                         // payload of a JPEG segment (T.81, B.1.1.4), bytes
	maxICCPiece = maxSegment - len(iccHeader) - 2    // of an ICC profile in one segment
	maxICC      = min(1<<20, 255*int64(maxICCPiece)) // of a profile that is read or written
)

// Encode writes img as a baseline JPEG of the given quality, 1 to 100. Right
// behind SOI stands a COM segment that holds comment, then, unless it is
// empty, profile in APP2 segments (ICC.1, annex B.4). The comment is at most
// 65,533 bytes and is written even if empty.
func Encode(w io.Writer, img image.Image, quality int, comment, profile []byte) error {
	if len(comment) > maxSegment {
		return fmt.Errorf("encode jpeg: comment of %d bytes, at most %d fit", len(comment), maxSegment)
	}
	if int64(len(profile)) > maxICC {
		return fmt.Errorf("encode jpeg: profile of %d bytes, at most %d are written", len(profile), maxICC)
	}
	bw := bufio.NewWriter(w)
	bw.Write([]byte{0xff, markerSOI})
	writeSegment(bw, markerCOM, comment)
	pieces := ceilDiv(len(profile), maxICCPiece)
	for i := range pieces {
		piece := profile[i*maxICCPiece : min((i+1)*maxICCPiece, len(profile))]
		writeSegment(bw, markerAPP2, []byte(iccHeader), []byte{byte(i + 1), byte(pieces)}, piece)
	}
	body := &afterSOI{w: bw}
	if err := jpeg.Encode(body, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("encode jpeg: %w", err)
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("encode jpeg: %w", err)
	}
	return nil
}

// writeSegment writes a marker segment. Errors stay with w.
func writeSegment(w *bufio.Writer, marker byte, parts ...[]byte) {
	n := 2
	for _, p := range parts {
		n += len(p)
	}
	w.Write(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(n)))
	for _, p := range parts {
		w.Write(p)
	}
}

// afterSOI passes on a JPEG without its SOI marker.
type afterSOI struct {
	w    *bufio.Writer
	seen int // bytes of SOI so far
}

func (a *afterSOI) Write(p []byte) (int, error) {
	soi := min(len(p), 2-a.seen)
	for i := range soi {
		if p[i] != [2]byte{0xff, markerSOI}[a.seen+i] {
			return i, errors.New("encoder wrote no SOI marker")
		}
	}
	a.seen += soi
	n, err := a.w.Write(p[soi:])
	return soi + n, err
}
