package photo

import (
	"errors"
	"fmt"
	"io"

	"gallery/internal/scaledjpeg"
)

// checkDenom returns the denominator of the largest scale at which a JPEG can
// be checked within memory bytes, 8 where none can. At smaller ones some scans
// of a progressive file may be passed over.
func (info Info) checkDenom(memory int64) int {
	for _, denom := range []int{1, 2, 4} {
		if info.size+info.layout.jpeg.Memory(denom)+costSmall <= memory {
			return denom
		}
	}
	return 8
}

// CheckCost returns an upper bound, in bytes, of what Check allocates. It is
// above memory only where there is no way of checking within it.
func (info Info) CheckCost(memory int64) int64 {
	if info.layout.format == JPEG {
		return info.size + info.layout.jpeg.Memory(info.checkDenom(memory)) + costSmall
	}
	return info.layout.decode + costSmall
}

// Check decodes the whole picture, of an animation the first frame, within
// memory bytes if that is possible, and fails if any of it is damaged or
// missing. It is stricter than Reduce, which shows what there is of a JPEG.
func Check(r io.ReaderAt, size int64, info Info, memory int64) (err error) {
	defer recovered(&err)
	s := &source{r: r, size: size}
	h, err := readHeader(s)
	if err != nil {
		return err
	}
	if h.layout != info.layout {
		return errors.New("picture is not the one inspected")
	}
	if err := h.checkSparse(size); err != nil {
		return err
	}
	if h.format == JPEG {
		data, err := s.readAll(nil)
		if err != nil {
			return fmt.Errorf("read jpeg: %w", err)
		}
		_, err = scaledjpeg.Decode(data, info.checkDenom(memory))
		return err
	}
	if h.format != PNG || h.direct || !h.png.byRows() {
		_, err = decode(s, h.layout, max(h.width, h.height))
		return err
	}
	next, err := decodeRows(s, h.layout, max(h.width, h.height))
	if err != nil {
		return err
	}
	channels := 3
	if h.grey {
		channels = 1
	}
	line := make([]uint8, channels*h.frame.Dx())
	for range h.frame.Dy() {
		if err := next(line); err != nil {
			return err
		}
	}
	return nil
}
