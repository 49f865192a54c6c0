package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gallery/internal/album"
)

// metrics is what -debug shows to Prometheus. No label has a value that a
// visitor can choose.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route and status
	latency  *prometheus.HistogramVec // seconds, by route
	bytes    *prometheus.CounterVec   // of answers, by route
	renders  *prometheus.HistogramVec // seconds, by result
	lookups  *prometheus.CounterVec   // pages, by hit or miss of the cache
}

func newMetrics(t *thumbs) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gallery_requests_total",
			Help: "Requests answered."}, []string{"route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gallery_request_seconds",
			Help: "Time to the end of an answer.", Buckets: []float64{.0001, .001, .01, .1, 1, 10}}, []string{"route"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gallery_response_bytes_total",
			Help: "Bytes of answers, without headers."}, []string{"route"}),
		renders: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "gallery_render_seconds",
			Help:    "Time to make a thumbnail or preview, by whether it could be made. Waiting counts.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10}}, []string{"result"}),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gallery_page_cache_total",
			Help: "Album pages, by whether they were still in memory."}, []string{"result"}),
	}
	m.registry.MustRegister(m.requests, m.latency, m.bytes, m.renders, m.lookups,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "gallery_decode_budget_used_bytes",
			Help: "Of -memory, what pictures being decoded take."}, func() float64 { return float64(t.inUse.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "gallery_decode_budget_bytes",
			Help: "What -memory allows."}, func() float64 { return float64(t.memory) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// rendered counts the making of a rendition. Without metrics it does nothing.
func (m *metrics) rendered(start time.Time, err error) {
	if m == nil || errors.Is(err, context.Canceled) {
		return
	}
	result := "made"
	if err != nil {
		result = "failed"
	}
	m.renders.WithLabelValues(result).Observe(time.Since(start).Seconds())
}

// looked counts a look for a page in memory. Without metrics it does nothing.
func (m *metrics) looked(hit bool) {
	if m == nil {
		return
	}
	result := "miss"
	if hit {
		result = "hit"
	}
	m.lookups.WithLabelValues(result).Inc()
}

// debugHandler shows the metrics, and Go's profiles of the process.
func (m *metrics) debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// listenDebug opens the address for looking inside. Anything but a loopback
// address takes -debug-public, too: profiles tell a lot.
func listenDebug(c config) (net.Listener, error) {
	l, err := net.Listen("tcp", c.debug)
	if err != nil {
		return nil, usagef("-debug %s cannot be listened on: HOST:PORT is expected, such as 127.0.0.1:5002: %w", c.debug, err)
	}
	if !l.Addr().(*net.TCPAddr).IP.IsLoopback() && !c.debugPublic {
		l.Close()
		return nil, usagef("-debug %s can be reached from elsewhere, and shows the program's inside: choose 127.0.0.1, or add -debug-public", c.debug)
	}
	return l, nil
}

// observed counts and logs each request, as the flags say. With neither it is
// the handler itself.
func (s *server) observed() http.Handler {
	if s.metrics == nil && !s.logRequests {
		return s
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &observedWriter{ResponseWriter: w}
		start := time.Now()
		// Deferred, since a handler ends by a panic where the client has left.
		defer func() {
			took := time.Since(start)
			if s.metrics != nil {
				route := s.routeOf(r)
				s.metrics.requests.WithLabelValues(route, strconv.Itoa(o.status)).Inc()
				s.metrics.latency.WithLabelValues(route).Observe(took.Seconds())
				s.metrics.bytes.WithLabelValues(route).Add(float64(o.bytes))
			}
			if s.logRequests {
				s.log.LogAttrs(context.Background(), slog.LevelInfo, "request",
					slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", o.status),
					slog.Int64("bytes", o.bytes), slog.Duration("took", took), slog.Any("from", s.visitor(r)))
			}
		}()
		s.ServeHTTP(o, r)
	})
}

// routeOf names the kind of address that is asked for: one of a few, whatever
// the address is.
func (s *server) routeOf(r *http.Request) string {
	if s.base != "" && r.URL.Path != healthPath && r.URL.Path != authPath {
		r = s.rebase(r)
	}
	t, ok := parsePath(s.root, r.URL.Path)
	switch {
	case r.URL.Path == healthPath:
		return "health"
	case r.URL.Path == authPath:
		return "auth"
	case r.URL.Path == signInPath:
		return "signin"
	case !ok:
		return "none"
	case r.Method == http.MethodPost:
		return "upload"
	case t.thumb && t.rend == "":
		return "thumbnail"
	case t.thumb:
		return "preview"
	case album.MediaType(t.name) == "":
		return "album"
	case t.slash:
		return "photo"
	}
	return "original"
}

// observedWriter notes what is answered.
type observedWriter struct {
	http.ResponseWriter
	status int // 0 while nothing was written, and where the client had left
	bytes  int64
}

// Unwrap lets http.ResponseController reach the connection.
func (o *observedWriter) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observedWriter) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observedWriter) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel copy from file to socket.
func (o *observedWriter) ReadFrom(r io.Reader) (int64, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := io.Copy(o.ResponseWriter, r)
	o.bytes += n
	return n, err
}
