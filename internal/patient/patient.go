// Package patient gives connections a deadline for each piece that is read or
// written, instead of one for the whole.
package patient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"gallery/internal/nolink"
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
	patient := &conn{Conn: c, pieceTime: l.pieceTime}
	if socket, ok := c.(syscall.Conn); ok {
		patient.socket, _ = socket.SyscallConn() // there is none of a socket that is closed
	}
	return patient, nil
}

// conn is a connection that is written to in pieces. Its deadline for
// writing is its own.
type conn struct {
	net.Conn
	socket    syscall.RawConn // the same, nil for what is none of the system's
	pieceTime time.Duration
	deadline  time.Time // the last one set

	holds bool   // what is written next is to be held
	held  []byte // what was written and not passed on yet
}

// connKey is where a request's context has its connection.
type connKey struct{}

// ConnContext is for http.Server: it lets Hold find the connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Hold has the header of an answer, which the caller flushes next, go out with the content
// that follows: two pieces are the greater part of what a thumbnail costs.
func Hold(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*conn); ok {
		c.holds = true
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
	if c.holds {
		c.holds = false
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if err := c.pass(false); err != nil {
		return 0, err
	}
	return c.writePieces(p)
}

// pass passes on what is held. more says that content follows at once.
func (c *conn) pass(more bool) error {
	c.holds = false
	if len(c.held) == 0 {
		return nil
	}
	if more && c.socket != nil {
		if err := c.advance(); err != nil {
			return err
		}
		left, err := writeMore(c.socket, c.held)
		if c.held = c.held[:copy(c.held, left)]; err != nil {
			return err
		}
	}
	_, err := c.writePieces(c.held)
	c.held = c.held[:0]
	return err
}

// writePieces writes in pieces.
func (c *conn) writePieces(p []byte) (written int, err error) {
	for written < len(p) {
		if err := c.advance(); err != nil {
			return written, err
		}
		n, err := c.Conn.Write(p[written:min(len(p), written+pieceSize)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// ReadFrom lets the kernel copy from file to socket, piece by piece.
func (c *conn) ReadFrom(r io.Reader) (written int64, err error) {
	if err := c.pass(true); err != nil {
		return 0, err
	}
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for limited.N > 0 {
		if err := c.advance(); err != nil {
			return written, err
		}
		piece := &io.LimitedReader{R: limited.R, N: min(limited.N, pieceSize)}
		n, err := c.readPiece(piece)
		written += n
		limited.N -= n
		if err != nil || n == 0 {
			return written, err
		}
	}
	return written, nil
}

func (c *conn) readPiece(piece *io.LimitedReader) (written int64, err error) {
	if section, ok := piece.R.(*io.SectionReader); ok && c.socket != nil {
		if n, err := c.sendFile(section, piece.N); !errors.Is(err, errors.ErrUnsupported) {
			return n, err
		}
	}
	// net looks for the file behind one io.LimitedReader, not behind two.
	if to, ok := c.Conn.(io.ReaderFrom); ok {
		return to.ReadFrom(piece)
	}
	return io.Copy(struct{ io.Writer }{c}, piece)
}

// sendFile has the kernel copy the next bytes of a section of a nolink.Handle, most of them at
// the most.
func (c *conn) sendFile(section *io.SectionReader, most int64) (sent int64, err error) {
	of, begin, size := section.Outer()
	file, ok := of.(*nolink.Handle)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	at, err := section.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	uncontrolled := file.Control(func(fd int) {
		sent, err = sendFile(c.socket, fd, begin+at, min(most, size-at))
	})
	if _, seekErr := section.Seek(sent, io.SeekCurrent); err == nil {
		err = seekErr
	}
	return sent, errors.Join(err, uncontrolled)
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
