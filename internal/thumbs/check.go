package thumbs

import (
	"context"
	"errors"
	"os"
	"strings"

	"gallery/internal/nolink"
	"gallery/internal/photo"
)

// Why check refuses a file.
var (
	ErrNoPhoto       = errors.New("not a photo")
	ErrTooManyPixels = errors.New("decoding it takes more memory than there may be")
	ErrDamaged       = errors.New("damaged or incomplete")
)

// OtherFormatError is the format of a photo that bears the name of another, in
// capitals.
type OtherFormatError string

func (e OtherFormatError) Error() string { return string(e) }

// Check decodes a file whole, within the budget, to see that it is a photo of the
// given type. It fails with one of the errors above, or with the disk's.
func (t *Store) Check(ctx context.Context, f *os.File, size int64, mediaType string) error {
	info, err := photo.Inspect(f, size)
	switch {
	case nolink.FromDisk(err):
		return err
	case err != nil:
		return ErrNoPhoto
	case "image/"+info.Format.String() != mediaType:
		return OtherFormatError(strings.ToUpper(info.Format.String()))
	}
	cost := max(info.CheckCost(t.memory), info.Cost(t.side))
	if cost > t.memory {
		return ErrTooManyPixels
	}
	if err := t.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	defer t.slots.Release(1)
	if err := t.budget.Acquire(ctx, cost); err != nil {
		return err
	}
	t.inUse.Add(cost)
	defer t.inUse.Add(-cost)
	defer t.budget.Release(cost)
	if err := photo.Check(f, size, info, t.memory); nolink.FromDisk(err) {
		return err
	} else if err != nil {
		return ErrDamaged
	}
	return nil
}
