package thumbs

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"gallery/internal/album"
	"gallery/internal/nolink"
	"gallery/internal/rendition"
)

// Fresh reports whether a record is that of src as it is now. Times that are equal say so;
// where they leave doubt, the photo's bytes do.
func (t *Store) Fresh(r rendition.Record, src album.Photo, rend string) bool {
	if r.Size != src.Size || r.Sidecar != src.Sidecar || r.Options != t.Options(rend) {
		return false
	}
	switch {
	case r.MTime == src.MTime && r.CTime == src.CTime && settled(latest(src), r.Read):
		return true
	case !rounded(r.MTime, src.MTime) && !rounded(src.MTime, r.MTime):
		return false
	}
	return r.Digest != "" && r.Digest == t.digest(src)
}

const (
	// tick is how far apart changes are that bear different times: clocks of file systems
	// tick every few milliseconds.
	tick = int64(20 * time.Millisecond)
	// coarsest is the same where times have no fraction, as on FAT and some network storage.
	coarsest = int64(2 * time.Second)
)

// rounded reports whether an mtime may be the other one as a copy has it on a file system, or
// in an archive, that keeps less of it: Windows' tenths of a microsecond, an archive's
// milliseconds or seconds, FAT's two seconds. Both are in ns since 1970.
func rounded(mtime, other int64) bool {
	for _, grain := range []int64{1, 100, 1e3, 1e6, 1e7, 1e9, coarsest} {
		if apart := mtime - other; mtime%grain == 0 && -grain < apart && apart < grain {
			return true
		}
	}
	return false
}

// Settled reports whether no further change could bear the time of a change, now that it is
// now. A clock that is ahead makes no difference.
func Settled(changed, now time.Time) bool { return settled(changed.UnixNano(), now.UnixNano()) }

// settled is Settled for ns since 1970.
func settled(changed, now int64) bool {
	step := tick
	if changed%int64(time.Second) == 0 {
		step = coarsest
	}
	return now-changed >= step || changed-now >= step
}

// latest is the time by which a change of a photo shows, ns since 1970.
func latest(src album.Photo) int64 {
	if src.CTime != 0 {
		return src.CTime
	}
	return src.MTime
}

// digested is the digest of a photo, and when it was taken, in ns since 1970.
type digested struct {
	digest string
	at     int64
}

// digest returns the digest of src, "" where it cannot be read as it is said to be. It is
// remembered as soon as no further change could bear the same time.
func (t *Store) digest(src album.Photo) string {
	if d, ok := t.digests.Get(src); ok && settled(latest(src), d.at) {
		return d.digest
	}
	now := time.Now().UnixNano()
	folder, err := nolink.Folder(t.storage.Photos.Root(), src.Album, false)
	if err != nil {
		return ""
	}
	defer folder.Close()
	f, info, err := nolink.File(folder, src.File)
	if err != nil || info.Size() != src.Size || info.ModTime().UnixNano() != src.MTime || album.ChangeTime(info) != src.CTime {
		return ""
	}
	defer f.Close()
	d, err := digest(f, src.Size)
	if err != nil || unchanged(f, info) != nil {
		return ""
	}
	t.digests.Put(src, digested{d, now})
	return d
}

const (
	// wholly is the size up to which all bytes of a file are digested; of a larger one its
	// ends are, and samples in between. An edit of a picture changes its coded data to the
	// end, and one of its metadata the beginning or the end.
	wholly  = 512 << 10
	endSize = 64 << 10
	samples = 32
	sample  = 4 << 10
)

// digest returns a digest of a file of so many bytes, by which it is told from others of its
// name and size.
func digest(f io.ReaderAt, size int64) (string, error) {
	h, buffer := sha256.New(), make([]byte, endSize)
	section := func(at, n int64) error {
		_, err := io.CopyBuffer(h, io.NewSectionReader(f, at, n), buffer)
		return err
	}
	if size <= wholly {
		if err := section(0, size); err != nil {
			return "", err
		}
	} else {
		if err := section(0, endSize); err != nil {
			return "", err
		}
		for i := range int64(samples) {
			if err := section(endSize+(size-2*endSize)*i/samples, sample); err != nil {
				return "", err
			}
		}
		if err := section(size-endSize, endSize); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
