package photo

import (
	"encoding/binary"
	"fmt"
	"io"
)

// source reads small pieces of a file at any offset, through one block, so
// that walking a header costs few system calls.
type source struct {
	r     io.ReaderAt
	size  int64 // of the file, bytes
	block [4096]byte
	off   int64 // of block in the file
	n     int   // valid bytes of block
}

// at returns the n bytes at off, at most a block. They stay valid until the
// next call.
func (s *source) at(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || n > len(s.block) || off > s.size-int64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	if off < s.off || off+int64(n) > s.off+int64(s.n) {
		got, err := s.r.ReadAt(s.block[:min(int64(len(s.block)), s.size-off)], off)
		s.off, s.n = off, got
		if got < n {
			s.n = 0
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	i := off - s.off
	return s.block[i : i+int64(n)], nil
}

// read returns a copy of the bytes of p, at most limit of them.
func (s *source) read(p span, limit int64) ([]byte, error) {
	if p.n < 0 || p.n > limit {
		return nil, fmt.Errorf("%d bytes where at most %d are read", p.n, limit)
	}
	if p.off < 0 || p.off > s.size-p.n {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, p.n)
	n, err := s.r.ReadAt(b, p.off)
	if int64(n) < p.n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// readAll reads the whole file, into b if it is large enough.
func (s *source) readAll(b []byte) ([]byte, error) {
	if int64(cap(b)) < s.size {
		// Exactly: growing a pooled buffer would take up to a quarter more than
		// Cost counts.
		b = make([]byte, s.size)
	}
	b = b[:s.size]
	if n, err := s.r.ReadAt(b, 0); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return b, err
	}
	return b, nil
}

// section returns a reader of the bytes of p.
func (s *source) section(p span) *io.SectionReader { return io.NewSectionReader(s.r, p.off, p.n) }

func be16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }
func le16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
