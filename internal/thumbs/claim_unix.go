//go:build unix

package thumbs

import (
	"context"
	"errors"
	"syscall"
	"time"

	"gallery/internal/album"
	"gallery/internal/nolink"
)

// claimAgain is how long until a photo that another holds is asked for again.
const claimAgain = 20 * time.Millisecond

// claim makes this process the one that makes renditions of src, of all that serve the same
// photos, until release is called. It reports whether it had to wait for another, which may
// have made what is wanted. The claim is a lock on the open photo (flock(2)), which needs no
// file of its own, may be had of what can only be read, and ends with the process, however
// that ends. Where there are no locks, there is no claim.
func (t *Store) claim(ctx context.Context, src album.Photo) (release func(), waited bool) {
	release = func() {}
	folder, err := nolink.Folder(t.storage.Photos.Root(), src.Album, false)
	if err != nil {
		return release, false // whoever reads it says why
	}
	defer folder.Close()
	f, _, err := nolink.File(folder, src.File)
	if err != nil {
		return release, false
	}
	ctx, cancel := context.WithTimeout(ctx, t.claimWithin)
	defer cancel()
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return func() { f.Close() }, waited
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return release, waited
		}
		waited = true
		select {
		case <-time.After(claimAgain):
		case <-ctx.Done():
			f.Close()
			return release, true
		}
	}
}
