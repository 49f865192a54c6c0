package bounded

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/singleflight"
)

// Calls collapses equal calls that are made at once into one. The zero Calls is
// ready for use, by many goroutines.
type Calls[V any] struct{ flight singleflight.Group }

// Do runs f for the first of those who call it under the same key at once, and
// gives all of them its result. It ends early with ctx, while f goes on. Where f
// ends because the caller that it was run for has left, it is run anew for
// another. A panic of f is a PanicError.
func (c *Calls[V]) Do(ctx context.Context, key string, f func() (V, error)) (V, error) {
	var none V
	for {
		result := c.flight.DoChan(key, func() (v any, err error) {
			defer Recover(&err)
			return f()
		})
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case r := <-result:
			if errors.Is(r.Err, context.Canceled) && ctx.Err() == nil {
				continue
			}
			v, _ := r.Val.(V)
			return v, r.Err
		}
	}
}

// PanicError is a panic as an error: a mistake in the program, caught so that it
// costs one answer or one photo and not the process.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprint("panic: ", e.Value) }

// Recover is deferred. It turns a panic into a PanicError in *err.
func Recover(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{v, debug.Stack()}
	}
}
