package thumbs

import (
	"context"
	"errors"
	"os"

	"gallery/internal/nolink"
	"gallery/internal/photo"
)

// Why check refuses a file.
var (
	ErrNoPhoto       = errors.New("not a photo")
	ErrHEIC          = errors.New("a photo in HEIC, which most browsers do not show")
	ErrTooManyPixels = errors.New("decoding it takes more memory than there may be")
	ErrDamaged       = errors.New("damaged or incomplete")
)

// Check decodes a file whole, within the budget, to see that it is a photo, and returns its
// media type. It fails with one of the errors above, or with the disk's.
func (t *Store) Check(ctx context.Context, f *os.File, size int64) (mediaType string, err error) {
	info, err := photo.Inspect(f, size)
	switch {
	case nolink.FromDisk(err):
		return "", err
	case errors.Is(err, photo.ErrHEIC):
		return "", ErrHEIC
	case err != nil:
		return "", ErrNoPhoto
	}
	return "image/" + info.Format.String(), t.checkWhole(ctx, f, size, info)
}

// checkWhole decodes a photo whole, within the budget.
func (t *Store) checkWhole(ctx context.Context, f *os.File, size int64, info photo.Info) error {
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
	} else if errors.Is(err, photo.ErrTooManyPixels) {
		return ErrTooManyPixels
	} else if err != nil {
		return ErrDamaged
	}
	return nil
}
