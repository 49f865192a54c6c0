package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// coding is how a JPEG is coded, as far as it matters to a decoder's speed.
type coding string

const (
	baseline    coding = "baseline" // or extended sequential
	progressive coding = "progressive"
)

var errNotJPEG = errors.New("not a JPEG file")

// codingOf reads a JPEG up to its frame header (ITU-T T.81, B.2.2).
func codingOf(r io.Reader) (coding, error) {
	b := bufio.NewReader(r)
	var soi [2]byte
	if _, err := io.ReadFull(b, soi[:]); err != nil || soi != [2]byte{0xff, 0xd8} {
		return "", errNotJPEG
	}
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

func codingOfFile(name string) (coding, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return codingOf(f)
}
