//go:build !unix

package thumbs

import (
	"context"

	"gallery/internal/album"
)

// claim does nothing on systems without flock(2).
func (t *Store) claim(context.Context, album.Photo) (release func(), waited bool) {
	return func() {}, false
}
