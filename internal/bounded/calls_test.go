package bounded

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// However many call at once, f runs once, and all get its result.
func TestCalls_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls Calls[int]
		var runs atomic.Int64
		release := make(chan bool)
		results := make(chan int)
		for range 20 {
			go func() {
				v, err := calls.Do(t.Context(), "key", func() (int, error) {
					runs.Add(1)
					<-release
					return 7, nil
				})
				if err != nil {
					t.Error(err)
				}
				results <- v
			}()
		}
		synctest.Wait()
		close(release)
		for range 20 {
			if v := <-results; v != 7 {
				t.Errorf("result = %d, want 7", v)
			}
		}
		if runs.Load() != 1 {
			t.Errorf("f ran %d times", runs.Load())
		}
	})
}

// One who leaves is not waited for, and does not end it for the others.
func TestCalls_leaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls Calls[int]
		ctx, leave := context.WithCancel(t.Context())
		first, second := make(chan error), make(chan error)
		go func() {
			_, err := calls.Do(ctx, "key", func() (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
			first <- err
		}()
		synctest.Wait()
		go func() {
			v, err := calls.Do(t.Context(), "key", func() (int, error) { return 7, nil })
			if v != 7 {
				t.Errorf("the second gets %d, want 7", v)
			}
			second <- err
		}()
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("the first, who left, gets %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("the second gets %v", err)
		}
	})
}

// A panic is an error for whoever called, with the stack of where it was.
func TestCalls_panic(t *testing.T) {
	var calls Calls[int]
	_, err := calls.Do(t.Context(), "key", func() (int, error) {
		panic("a bug")
	})
	var panicked *PanicError
	if !errors.As(err, &panicked) || !strings.Contains(string(panicked.Stack), "TestCalls_panic") {
		t.Errorf("Do = %v, want a PanicError with its stack", err)
	}
}
