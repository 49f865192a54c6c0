//go:build !linux

package patient

import (
	"errors"
	"syscall"
)

func writeMore(_ syscall.RawConn, p []byte) (left []byte, err error) { return p, nil }

func sendFile(syscall.RawConn, int, int64, int64) (int64, error) { return 0, errors.ErrUnsupported }
