package picks

import (
	"time"

	"gallery/internal/bounded"
)

const (
	// maxSendings is how many choices one visitor sends at once, and SendingTime after how long
	// each further one. A party is one visitor, behind the address of its house.
	maxSendings, SendingTime = 100, time.Minute
	// maxSenders bounds the visitors that are remembered.
	maxSenders = 10_000
)

// Senders bounds how many choices each visitor sends. It is safe for use by many goroutines.
type Senders struct {
	full *bounded.Map[string, time.Time] // by visitor: when all of maxSendings are free
}

// NewSenders returns a bound on visitors that have sent nothing yet.
func NewSenders() *Senders {
	return &Senders{bounded.NewMap[string, time.Time](maxSenders, nil)}
}

// MaySend counts what somebody sends, and reports whether that is not too much.
func (s *Senders) MaySend(who string, now time.Time) (ok bool) {
	s.full.Update(who, func(full time.Time, _ bool) (time.Time, bool) {
		if full.Before(now) {
			full = now
		}
		full = full.Add(SendingTime)
		ok = full.Sub(now) <= maxSendings*SendingTime
		return full, ok
	})
	return ok
}
