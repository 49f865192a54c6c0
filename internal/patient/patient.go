// Package patient gives connections a deadline for each piece that is read or
// written, instead of one for the whole.
package patient

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// pieceSize is how many bytes of an answer are written under one deadline.
	pieceSize = 256 << 10
	// PieceTime is how long a client may take for a piece. No total is set, so
	// that a long download is not cut: this demands two kilobytes a second,
	// less than a modem's four. A program that limits itself to as little may
	// take nothing for a minute, while the system has megabytes waiting for it,
	// and then much at once.
	PieceTime = 2 * time.Minute
)

// listener accepts connections whose clients are waited for, but not
// for ever: one that takes less than a piece of an answer in pieceTime is cut,
// so that it does not hold a file and a goroutine for as long as it likes.
type listener struct {
	net.Listener
	pieceTime time.Duration
}

// Listener wraps a listener in a listener.
func Listener(l net.Listener) net.Listener { return listener{l, PieceTime} }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, pieceTime: l.pieceTime}, nil
}

// conn is a connection that is written to in pieces. Its deadline for
// writing is its own.
type conn struct {
	net.Conn
	pieceTime time.Duration
	deadline  time.Time // the last one set

	joined int           // bytes of content that Join announced
	held   *bytes.Buffer // what was written of that answer and not passed on yet; nil for nothing
}

// connKey is where a request's context has its connection.
type connKey struct{}

// ConnContext is for http.Server: it lets Join find the connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// maxJoined bounds the content that a connection holds for a moment, bytes.
const maxJoined = 64 << 10

var joining = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Join has the answer that follows, a header and so many bytes of content, go out in one
// piece, where it is small: net/http, whose buffer holds 4 kB, would send two, which is the
// greater part of a thumbnail's cost. The caller writes all of the content.
func Join(ctx context.Context, content int) {
	if c, ok := ctx.Value(connKey{}).(*conn); ok && content <= maxJoined {
		c.joined = content
	}
}

// advance moves the deadline on, unless it has hardly come nearer: setting it
// takes longer than telling the time.
func (c *conn) advance() error {
	now := time.Now()
	if c.deadline.Sub(now) > c.pieceTime*31/32 {
		return nil
	}
	c.deadline = now.Add(c.pieceTime)
	return c.SetWriteDeadline(c.deadline)
}

func (c *conn) Write(p []byte) (written int, err error) {
	if c.held == nil {
		if len(p) > c.joined { // all of it, or there is nothing to be joined
			c.joined = 0
			return c.writePieces(p)
		}
		c.held = joining.Get().(*bytes.Buffer)
	}
	c.held.Write(p)
	if c.held.Len() > c.joined { // since there is a header, content is still to come before
		err = c.flush()
	}
	return len(p), err
}

// flush passes on what is held.
func (c *conn) flush() error {
	held := c.held
	c.joined, c.held = 0, nil
	if held == nil {
		return nil
	}
	_, err := c.writePieces(held.Bytes())
	held.Reset()
	joining.Put(held)
	return err
}

// writePieces writes in pieces.
func (c *conn) writePieces(p []byte) (written int, err error) {
	for {
		piece := p[written:min(len(p), written+pieceSize)]
		if err := c.advance(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(piece)
		written += n
		if err != nil || written == len(p) {
			return written, err
		}
	}
}

// ReadFrom lets the kernel copy from file to socket, piece by piece.
func (c *conn) ReadFrom(r io.Reader) (written int64, err error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	to, ok := c.Conn.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	// net looks for the file behind one io.LimitedReader, not behind two.
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for limited.N > 0 {
		if err := c.advance(); err != nil {
			return written, err
		}
		piece := &io.LimitedReader{R: limited.R, N: min(limited.N, pieceSize)}
		n, err := to.ReadFrom(piece)
		written += n
		limited.N -= n
		if err != nil || n == 0 {
			return written, err
		}
	}
	return written, nil
}

// CloseWrite lets the server end its half of the connection first, so that a
// client that is still sending reads the answer before it is told off.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// body reads what a client sends without a limit on the whole, which
// may be long, but with one for each piece, as listener has for what is
// written.
type body struct {
	io.ReadCloser
	conn *http.ResponseController
	left int // bytes of the piece that are still to come
}

// Body wraps the body of a request that w answers in a body.
func Body(w http.ResponseWriter, from io.ReadCloser) io.ReadCloser {
	return &body{ReadCloser: from, conn: http.NewResponseController(w)}
}

func (b *body) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.left = pieceSize
		// Where it cannot be set, as in some tests, the server's own holds.
		_ = b.conn.SetReadDeadline(time.Now().Add(PieceTime))
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	return n, err
}
