package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// loadOrder asks for load on a server: GET requests, on each connection one
// after the other.
type loadOrder struct {
	Host        string        `json:"host"`    // HOST:PORT
	Targets     []string      `json:"targets"` // request targets, asked for in turn
	Connections int           `json:"connections"`
	Duration    time.Duration `json:"duration"`
	Most        int64         `json:"most"` // requests
}

// loadReport is what came of it.
type loadReport struct {
	Requests int           `json:"requests"` // answered with 200 and a whole body
	Bytes    int64         `json:"bytes"`    // of bodies
	Took     time.Duration `json:"took"`
	Median   time.Duration `json:"median"` // from sending a request to the end of its body
	P99      time.Duration `json:"p99"`
	Reused   bool          `json:"reused"` // the server keeps connections
}

// generateLoad is the role of the visitors. It takes little time of its own:
// requests are ready-made, and bodies are skipped in the read buffer.
func generateLoad(request json.RawMessage) (any, error) {
	var o loadOrder
	if err := json.Unmarshal(request, &o); err != nil {
		return nil, err
	}
	requests := make([][]byte, len(o.Targets))
	for i, target := range o.Targets {
		requests[i] = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, o.Host)
	}
	visitors := make([]visitor, o.Connections)
	errs := make([]error, o.Connections)
	start := time.Now()
	end := start.Add(o.Duration)
	var sent atomic.Int64
	var all sync.WaitGroup
	for i := range visitors {
		v := &visitors[i]
		v.host = o.Host
		all.Go(func() {
			defer v.leave()
			for n := i * len(requests) / o.Connections; time.Now().Before(end) && sent.Add(1) <= o.Most; n++ {
				if err := v.get(requests[n%len(requests)], end); err != nil {
					errs[i] = fmt.Errorf("%s: %w", o.Targets[n%len(requests)], err)
					return
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return reportOf(visitors, time.Since(start)), nil
}

func reportOf(visitors []visitor, took time.Duration) loadReport {
	r := loadReport{Took: took}
	var waits []time.Duration
	for _, v := range visitors {
		waits = append(waits, v.waits...)
		r.Bytes += v.bytes
		r.Reused = r.Reused || v.connections < len(v.waits)
	}
	slices.Sort(waits)
	if r.Requests = len(waits); r.Requests > 0 {
		r.Median, r.P99 = waits[r.Requests/2], waits[r.Requests*99/100]
	}
	return r
}

// visitor is one connection, made anew where the server closes it.
type visitor struct {
	host        string
	conn        net.Conn
	in          *bufio.Reader
	waits       []time.Duration
	bytes       int64
	connections int
}

// patience is how long beyond the end of the load an answer may take.
const patience = 20 * time.Second

// get sends a request and reads the answer, which must be 200.
func (v *visitor) get(request []byte, end time.Time) error {
	start := time.Now()
	if v.conn == nil {
		conn, err := net.DialTimeout("tcp", v.host, patience)
		if err != nil {
			return err
		}
		v.conn = conn
		v.connections++
		if v.in == nil {
			v.in = bufio.NewReaderSize(nil, 128<<10)
		}
		v.in.Reset(conn)
		if err := conn.SetDeadline(end.Add(patience)); err != nil {
			return err
		}
	}
	if _, err := v.conn.Write(request); err != nil {
		return err
	}
	n, closes, err := readAnswer(v.in)
	if err != nil {
		return err
	}
	v.waits = append(v.waits, time.Since(start))
	v.bytes += n
	if closes {
		v.leave()
	}
	return nil
}

func (v *visitor) leave() {
	if v.conn != nil {
		v.conn.Close()
		v.conn = nil
	}
}

// readAnswer reads an answer (RFC 9112), which must be 200 and say how long it
// is. It returns the length of the body, and whether the server closes the
// connection.
func readAnswer(in *bufio.Reader) (n int64, closes bool, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 12 || string(line[9:12]) != "200" {
		return 0, false, fmt.Errorf("answered with %q", bytes.TrimSpace(line))
	}
	n = -1
	chunked := false
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if n, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, false, err
			}
		case bytes.EqualFold(name, []byte("Connection")):
			closes = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	if chunked {
		n, err = skipChunks(in)
		return n, closes, err
	}
	if n < 0 {
		return 0, false, errors.New("answered without a length")
	}
	return n, closes, skip(in, n)
}

func skip(in *bufio.Reader, n int64) error {
	skipped, err := in.Discard(int(n))
	if err == io.EOF {
		err = fmt.Errorf("body of %d bytes ended after %d", n, skipped)
	}
	return err
}

// skipChunks skips a body in chunks (RFC 9112, 7.1) without trailers.
func skipChunks(in *bufio.Reader) (total int64, err error) {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return total, err
		}
		size, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		n, err := strconv.ParseInt(string(size), 16, 64)
		if err != nil {
			return total, err
		}
		if err := skip(in, n+2); err != nil { // with the line's end behind it
			return total, err
		}
		if total += n; n == 0 {
			return total, nil
		}
	}
}
