// Package zipstream makes ZIP archives of known length, as they are read and
// from anywhere in them.
package zipstream

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sort"
	"time"
)

// Archive is a ZIP archive that is made as it is read (PKWARE's APPNOTE 6.3.10,
// by whose sections the comments go). It is laid out as
//
//	for each photo: local header, bytes, data descriptor
//	for each photo: central directory header
//	end of central directory
//
// A photo's checksum is known only once its bytes have been read, so it stands
// behind them, in the descriptor, and in the central directory. Reading either
// from a range that left the bytes out reads the photo, unless its checksum is
// remembered.
type Archive struct {
	ctx     context.Context
	from    Source
	entries []zipEntry
	central int64 // where the central directory begins
	end     int64 // where it ends
	size    int64 // of all, bytes
	pos     int64 // of the next byte to be read

	file   *os.File // the photo that is being read, nil for none
	number int      // its number
	hashed int64    // how many of its bytes, from the first, are in sum
	sum    uint32
	err    error // what went wrong, so that the archive is cut short
}

// zipEntry is a photo's place in the archive.
type zipEntry struct {
	photo   Photo
	offset  int64 // of the local header
	central int64 // of the central directory header
}

const (
	localSize   = 30
	centralSize = 46
	timeSize    = 9 // extended timestamp, without which times are only good to two seconds

	// What does not fit in 32 or 16 bits stands in an extra field (4.5.3).
	max32 = math.MaxUint32
	max16 = math.MaxUint16
)

// large reports whether the photo's own size takes 64 bits.
func (e *zipEntry) large() bool { return e.photo.Size >= max32 }

func (e *zipEntry) headSize() int64 {
	n := localSize + int64(len(e.photo.Title)) + timeSize
	if e.large() {
		n += 20
	}
	return n
}

func (e *zipEntry) descriptorSize() int64 {
	if e.large() {
		return 24
	}
	return 16
}

// Photo is a file of the archive, as it was listed.
type Photo struct {
	Name     string // for messages
	Title    string // the name in the archive, safe and unlike all others
	Size     int64  // bytes
	Modified time.Time
}

// Source is where an archive's photos, by their numbers, are read.
type Source struct {
	// Open opens a photo.
	Open func(i int) (*os.File, error)
	// Sum returns a photo's checksum if it is known.
	Sum func(i int) (crc32 uint32, ok bool)
	// Remember is told the checksum of a photo that was read whole.
	Remember func(i int, crc32 uint32)
}

// New lays an archive out. Reading it ends with ctx.
func New(ctx context.Context, photos []Photo, from Source) *Archive {
	z := &Archive{ctx: ctx, from: from, entries: make([]zipEntry, len(photos))}
	for i, photo := range photos {
		e := &z.entries[i]
		*e = zipEntry{photo: photo, offset: z.central}
		z.central += e.headSize() + e.photo.Size + e.descriptorSize()
	}
	z.end = z.central
	for i := range z.entries {
		e := &z.entries[i]
		e.central = z.end
		z.end += centralSize + int64(len(e.photo.Title)) + timeSize + int64(len(e.zip64()))
	}
	z.size = z.end + int64(len(z.ending()))
	return z
}

// Err is why reading ended early, nil if it did not.
func (z *Archive) Err() error { return z.err }

// ETag names the very bytes: they follow from these.
func (z *Archive) ETag() string {
	h := sha256.New()
	for _, e := range z.entries {
		fmt.Fprintf(h, "%q %d %d\n", e.photo.Title, e.photo.Size, e.photo.Modified.UnixNano())
	}
	return fmt.Sprintf(`"zip1-%x"`, h.Sum(nil)[:16])
}

func (z *Archive) Close() {
	if z.file != nil {
		z.file.Close()
		z.file = nil
	}
}

func (z *Archive) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += z.pos
	case io.SeekEnd:
		offset += z.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	z.pos = offset
	return offset, nil
}

func (z *Archive) Read(p []byte) (int, error) {
	if z.err == nil {
		z.err = z.ctx.Err()
	}
	if z.err != nil {
		return 0, z.err
	}
	if z.pos >= z.size {
		return 0, io.EOF
	}
	n, err := z.readPart(p)
	z.pos += int64(n)
	z.err = err
	return n, err
}

// readPart reads of the part in which the position is.
func (z *Archive) readPart(p []byte) (int, error) {
	switch {
	case z.pos >= z.end:
		return copy(p, z.ending()[z.pos-z.end:]), nil
	case z.pos >= z.central:
		i := sort.Search(len(z.entries), func(i int) bool { return z.entries[i].central > z.pos }) - 1
		sum, err := z.checksum(i)
		if err != nil {
			return 0, err
		}
		return copy(p, z.entries[i].centralHeader(sum)[z.pos-z.entries[i].central:]), nil
	}
	i := sort.Search(len(z.entries), func(i int) bool { return z.entries[i].offset > z.pos }) - 1
	e := &z.entries[i]
	at := z.pos - e.offset
	if at < e.headSize() {
		return copy(p, e.localHeader()[at:]), nil
	}
	if at -= e.headSize(); at < e.photo.Size {
		return z.readPhoto(p, i, at)
	}
	sum, err := z.checksum(i)
	if err != nil {
		return 0, err
	}
	return copy(p, e.descriptor(sum)[at-e.photo.Size:]), nil
}

// readPhoto reads bytes of photo number i from at, and adds them to its checksum
// if they are the next.
func (z *Archive) readPhoto(p []byte, i int, at int64) (int, error) {
	e := &z.entries[i]
	if err := z.open(i); err != nil {
		return 0, err
	}
	n, err := z.file.ReadAt(p[:min(int64(len(p)), e.photo.Size-at)], at)
	if n == 0 {
		return 0, fmt.Errorf("%s ends early: %w", e.photo.Name, err)
	}
	if at == 0 {
		z.hashed, z.sum = 0, 0
	}
	if z.hashed == at {
		z.sum = crc32.Update(z.sum, crc32.IEEETable, p[:n])
		z.hashed += int64(n)
	}
	if at+int64(n) == e.photo.Size {
		return n, z.finish(i)
	}
	return n, nil
}

// open has photo number i open, which must be as it was listed.
func (z *Archive) open(i int) error {
	if z.file != nil && z.number == i {
		return nil
	}
	z.Close()
	f, err := z.from.Open(i)
	if err != nil {
		return err
	}
	z.file, z.number, z.hashed, z.sum = f, i, 0, 0
	return z.unchanged(i)
}

// unchanged fails if the open photo is no longer as it was listed.
func (z *Archive) unchanged(i int) error {
	info, err := z.file.Stat()
	if err != nil {
		return err
	}
	photo := z.entries[i].photo
	if info.Size() != photo.Size || !info.ModTime().Equal(photo.Modified) {
		return fmt.Errorf("%s has changed", photo.Name)
	}
	return nil
}

// finish ends the reading of photo number i, and remembers its checksum if all
// of it was read.
func (z *Archive) finish(i int) error {
	if err := z.unchanged(i); err != nil {
		return err
	}
	if z.hashed == z.entries[i].photo.Size {
		z.from.Remember(i, z.sum)
	}
	return nil
}

// checksum returns that of photo number i, for which it is read unless it was
// before.
func (z *Archive) checksum(i int) (uint32, error) {
	size := z.entries[i].photo.Size
	if sum, ok := z.from.Sum(i); ok {
		return sum, nil
	}
	if z.file == nil || z.number != i || z.hashed < size {
		if err := z.open(i); err != nil {
			return 0, err
		}
		buffer := make([]byte, 256<<10)
		for at := z.hashed; at < size; {
			if err := z.ctx.Err(); err != nil {
				return 0, err
			}
			n, err := z.readPhoto(buffer, i, at)
			if err != nil {
				return 0, err
			}
			at += int64(n)
		}
	}
	return z.sum, z.finish(i)
}

// The flags of every entry (4.4.4): the checksum follows the bytes; the name is
// UTF-8.
const zipFlags = 1<<3 | 1<<11

// version is the version of the format that is needed to extract it (4.4.3).
func (e *zipEntry) version() uint16 {
	if e.large() || e.offset >= max32 {
		return 45
	}
	return 20
}

// localHeader is what stands before the photo's bytes (4.3.7).
func (e *zipEntry) localHeader() []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, e.headSize()), "PK\x03\x04"...)
	b = le.AppendUint16(b, e.version())
	b = le.AppendUint16(b, zipFlags)
	b = le.AppendUint16(b, 0) // stored
	b = e.appendDOSTime(b)
	b = le.AppendUint32(b, 0) // checksum: see the descriptor
	var zip64 []byte
	if e.large() {
		b = le.AppendUint64(b, math.MaxUint64) // both sizes: see the extra field
		zip64 = append([]byte{1, 0, 16, 0}, make([]byte, 16)...)
	} else {
		b = le.AppendUint64(b, 0) // both sizes: see the descriptor
	}
	b = le.AppendUint16(b, uint16(len(e.photo.Title)))
	b = le.AppendUint16(b, uint16(timeSize+len(zip64)))
	b = append(b, e.photo.Title...)
	return append(e.appendTime(b), zip64...)
}

// descriptor is what stands behind the photo's bytes (4.3.9).
func (e *zipEntry) descriptor(sum uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32([]byte("PK\x07\x08"), sum)
	if e.large() {
		return le.AppendUint64(le.AppendUint64(b, uint64(e.photo.Size)), uint64(e.photo.Size))
	}
	return le.AppendUint32(le.AppendUint32(b, uint32(e.photo.Size)), uint32(e.photo.Size))
}

// centralHeader is the photo's entry in the central directory (4.3.12).
func (e *zipEntry) centralHeader(sum uint32) []byte {
	le := binary.LittleEndian
	zip64 := e.zip64()
	b := []byte("PK\x01\x02")
	b = le.AppendUint16(b, 3<<8|45) // made on Unix
	b = le.AppendUint16(b, e.version())
	b = le.AppendUint16(b, zipFlags)
	b = le.AppendUint16(b, 0) // stored
	b = e.appendDOSTime(b)
	b = le.AppendUint32(b, sum)
	size := uint32(min(e.photo.Size, max32))
	b = le.AppendUint32(le.AppendUint32(b, size), size)
	b = le.AppendUint16(b, uint16(len(e.photo.Title)))
	b = le.AppendUint16(b, uint16(timeSize+len(zip64)))
	b = append(b, make([]byte, 6)...)            // no comment, first disk, not text
	b = le.AppendUint32(b, uint32(0o100644)<<16) // a regular file that everybody may read
	b = le.AppendUint32(b, uint32(min(e.offset, max32)))
	b = append(b, e.photo.Title...)
	return append(e.appendTime(b), zip64...)
}

// zip64 is the central directory's extra field for what takes 64 bits (4.5.3).
func (e *zipEntry) zip64() []byte {
	le := binary.LittleEndian
	var b []byte
	if e.large() {
		b = le.AppendUint64(le.AppendUint64(b, uint64(e.photo.Size)), uint64(e.photo.Size))
	}
	if e.offset >= max32 {
		b = le.AppendUint64(b, uint64(e.offset))
	}
	if b == nil {
		return nil
	}
	return append([]byte{1, 0, byte(len(b)), 0}, b...)
}

// appendDOSTime appends the photo's mtime in UTC as MS-DOS had it (4.4.6):
// from 1980 to 2107, to two seconds.
func (e *zipEntry) appendDOSTime(b []byte) []byte {
	t := e.photo.Modified.UTC()
	if t.Year() < 1980 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if t.Year() > 2107 {
		t = time.Date(2107, 12, 31, 23, 59, 58, 0, time.UTC)
	}
	le := binary.LittleEndian
	b = le.AppendUint16(b, uint16(t.Hour()<<11|t.Minute()<<5|t.Second()/2))
	return le.AppendUint16(b, uint16((t.Year()-1980)<<9|int(t.Month())<<5|t.Day()))
}

// appendTime appends Info-ZIP's extended timestamp: the mtime in seconds.
func (e *zipEntry) appendTime(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append(b, 'U', 'T', 5, 0, 1), uint32(e.photo.Modified.Unix()))
}

// ending is what stands behind the central directory (4.3.14 to 4.3.16).
func (z *Archive) ending() []byte {
	le := binary.LittleEndian
	n, size := uint64(len(z.entries)), uint64(z.end-z.central)
	var b []byte
	if n >= max16 || size >= max32 || z.central >= max32 {
		b = append(b, "PK\x06\x06"...)
		b = le.AppendUint64(b, 44) // of this record, less the 12 bytes so far
		b = le.AppendUint16(le.AppendUint16(b, 3<<8|45), 45)
		b = append(b, make([]byte, 8)...) // one disk
		b = le.AppendUint64(le.AppendUint64(b, n), n)
		b = le.AppendUint64(le.AppendUint64(b, size), uint64(z.central))
		b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
		b = le.AppendUint64(b, uint64(z.end))
		b = le.AppendUint32(b, 1)
	}
	b = append(b, "PK\x05\x06\x00\x00\x00\x00"...)
	b = le.AppendUint16(le.AppendUint16(b, uint16(min(n, max16))), uint16(min(n, max16)))
	b = le.AppendUint32(b, uint32(min(size, max32)))
	b = le.AppendUint32(b, uint32(min(z.central, max32)))
	return append(b, 0, 0)
}
