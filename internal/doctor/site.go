package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

const (
	// requestWithin is how long an answer may take, a cold page's included.
	requestWithin = 30 * time.Second
	// maxBody bounds what is read of an answer, bytes.
	maxBody = 256 << 20
	// soonOver is how long before its end a certificate is told of. Let's Encrypt's are
	// renewed a month before.
	soonOver = 14 * 24 * time.Hour
)

// Way is how a site is asked: through nginx and around it.
type Way struct {
	URL *url.URL // its first page, as visitors have it
	// Through connects to nginx, Around to the program.
	Through, Around func(ctx context.Context) (net.Conn, error)
	Paths           []string // what is asked for besides the first page, below that: thumbnails and originals
}

// answered is what a request was answered with.
type answered struct {
	status    int
	mediaType string
	length    int64
	digest    [32]byte
	tls       *tls.ConnectionState
}

// Ask asks for each path both ways, and looks whether the answers are the same, and how long
// the certificate holds.
func Ask(ctx context.Context, r *Report, w Way) {
	for _, below := range append([]string{""}, w.Paths...) {
		at := w.URL
		if below != "" {
			at = at.JoinPath((&url.URL{Path: below}).EscapedPath())
		}
		through, what, err := w.both(ctx, at, below == "")
		if err == nil && what != "" { // a page that was still being made, perhaps
			through, what, err = w.both(ctx, at, below == "")
		}
		if below == "" && through.tls != nil {
			certificate(r, w.URL.Hostname(), through.tls.PeerCertificates, nil)
		}
		switch {
		case through.status == 0:
			r.add(Error, "site-silent", shown(at.String()), "look at systemctl status nginx and its error log", "it cannot be asked: %s", shown(cause(err)))
			return
		case err != nil:
			r.add(Error, "program-silent", "", "look at systemctl status gallery", "the program cannot be asked around nginx: %s", shown(cause(err)))
			return
		case what != "":
			r.add(Error, "site-differs", shown(at.String()), "look at nginx's files and error log", "through nginx and around it the answers differ: %s", what)
		case below == "" && through.status >= 400 && through.status != http.StatusUnauthorized:
			r.add(Error, "site-fails", shown(at.String()), "look at journalctl -u gallery", "the answer is %d", through.status)
		}
	}
	r.add(Note, "site", shown(w.URL.String()), "", "%d addresses were asked for through nginx and around it", 1+len(w.Paths))
}

// both asks for an address both ways, and says in what the answers differ, "" for in nothing.
// Where nginx does not answer, through has no status.
func (w Way) both(ctx context.Context, at *url.URL, page bool) (through answered, what string, err error) {
	if through, err = ask(ctx, w.Through, at, ""); err != nil {
		return answered{}, "", err
	}
	plain := *at
	plain.Scheme = "http"
	around, err := ask(ctx, w.Around, &plain, at.Scheme)
	if err != nil {
		return through, "", err
	}
	return through, unlike(through, around, page), nil
}

func cause(err error) string {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return err.Error()
}

// ask sends a request. It takes any certificate, which is looked at apart. forwarded is the
// scheme that the program is told of, "" for none.
func ask(ctx context.Context, dial func(ctx context.Context) (net.Conn, error), at *url.URL, forwarded string) (answered, error) {
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
			TLSClientConfig:   &tls.Config{ServerName: at.Hostname(), InsecureSkipVerify: true},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return answered{}, err
	}
	request.Header.Set("User-Agent", "gallery-doctor")
	if forwarded != "" {
		request.Header.Set("X-Forwarded-Proto", forwarded)
		request.Header.Set("X-Forwarded-Host", at.Host)
		request.Header.Set("X-Forwarded-For", "127.0.0.1")
	}
	response, err := client.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	h := sha256.New()
	a := answered{status: response.StatusCode, mediaType: response.Header.Get("Content-Type"), tls: response.TLS}
	if a.length, err = io.Copy(h, io.LimitReader(response.Body, maxBody)); err != nil {
		return answered{}, err
	}
	copy(a.digest[:], h.Sum(nil))
	return a, nil
}

// unlike says in what two answers differ, "" for in nothing. Of a page the bytes may.
func unlike(through, around answered, page bool) string {
	switch {
	case through.status != around.status:
		return fmt.Sprintf("status %d and %d", through.status, around.status)
	case through.mediaType != around.mediaType:
		return fmt.Sprintf("type %q and %q", through.mediaType, around.mediaType)
	case through.length != around.length:
		return fmt.Sprintf("%s and %s bytes", humanize.Comma(through.length), humanize.Comma(around.length))
	case !page && !bytes.Equal(through.digest[:], around.digest[:]):
		return "in their bytes"
	}
	return ""
}

// certificate looks at what nginx shows for a name: the certificate, and those that vouch for
// it. roots are those that are trusted; nil for the system's.
func certificate(r *Report, host string, chain []*x509.Certificate, roots *x509.CertPool) {
	own, others := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	left := time.Until(own.NotAfter)
	end := own.NotAfter.Format(time.DateOnly)
	_, err := own.Verify(x509.VerifyOptions{DNSName: host, Intermediates: others, Roots: roots})
	renew := "certbot renew && systemctl reload nginx, or what else renews it"
	switch {
	case left <= 0:
		r.add(Error, "certificate", host, renew, "its certificate ended on %s", end)
	case err != nil:
		r.add(Error, "certificate", host, "get one for this name, with certbot for one", "browsers do not trust its certificate: %s", shown(strings.TrimPrefix(err.Error(), "x509: ")))
	case left < soonOver:
		r.add(Warning, "certificate", host, renew, "its certificate ends on %s", end)
	default:
		r.add(Note, "certificate", host, "", "its certificate holds until %s", end)
	}
}
