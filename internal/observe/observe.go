// Package observe counts what the server does, for Prometheus and in the log. It is told
// the kind of each request.
package observe

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gallery/internal/storage"
	"gallery/internal/thumbs"
)

// Meters count what the server does, for Prometheus and, with a log, in a line for
// each request. Nil meters do nothing. No label has a value that a
// visitor can choose.
type Meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route and status
	latency  *prometheus.HistogramVec // seconds, by route
	bytes    *prometheus.CounterVec   // of answers, by route
	renders  *prometheus.HistogramVec // seconds, by result
	lookups  *prometheus.CounterVec   // pages, by hit or miss of the cache

	requestLog *slog.Logger // nil where requests are not logged
}

// New makes meters that log each request to requestLog, unless that is nil.
func New(requestLog *slog.Logger) *Meters {
	m := &Meters{
		requestLog: requestLog,
		registry:   prometheus.NewRegistry(),
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
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Watch shows the state of what keeps photos and thumbnails. unreadable is how many albums
// cannot be read, budget what -memory allows, in bytes, and found how many photos can be found
// and what they take in memory, bytes.
func (m *Meters) Watch(st *storage.Storage, store *thumbs.Store, unreadable func() int, budget int64, found func() (photos int, bytes int64)) {
	for _, gauge := range []struct {
		name, help string
		value      func() int64
	}{
		{"gallery_decode_budget_used_bytes", "Of -memory, what pictures being decoded take.", store.MemoryInUse},
		{"gallery_decode_budget_bytes", "What -memory allows.", func() int64 { return budget }},
		{"gallery_unstored_thumbnails", "Thumbnails that could not be stored and are kept in memory.", func() int64 { return int64(store.Unstored()) }},
		{"gallery_unreadable_albums", "Albums that could not be read when they were last looked at.", func() int64 { return int64(unreadable()) }},
		{"gallery_searchable_photos", "Photos that can be found.", func() int64 { photos, _ := found(); return int64(photos) }},
		{"gallery_search_bytes", "What these take in memory.", func() int64 { _, bytes := found(); return bytes }},
		{"gallery_free_bytes", "Space left where thumbnails are kept; -1 where that is not known.", st.Cache.Free},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: gauge.name, Help: gauge.help},
			func() float64 { return float64(gauge.value()) }))
	}
}

// Rendered counts the making of a rendition. Without metrics it does nothing.
func (m *Meters) Rendered(took time.Duration, err error) {
	if m == nil || errors.Is(err, context.Canceled) {
		return
	}
	result := "made"
	if err != nil {
		result = "failed"
	}
	m.renders.WithLabelValues(result).Observe(took.Seconds())
}

// Looked counts a look for a page in memory. Without metrics it does nothing.
func (m *Meters) Looked(hit bool) {
	if m == nil {
		return
	}
	result := "miss"
	if hit {
		result = "hit"
	}
	m.lookups.WithLabelValues(result).Inc()
}

// Handler shows the metrics, and Go's profiles of the process.
func (m *Meters) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// Answered counts and logs an answer that began at start. route is the kind of what
// was asked for, one of a few whatever the address is.
func (m *Meters) Answered(r *http.Request, o *Writer, route string, start time.Time, from func(*http.Request) netip.Addr) {
	if m == nil {
		return
	}
	took := time.Since(start)
	m.requests.WithLabelValues(route, strconv.Itoa(o.Status)).Inc()
	m.latency.WithLabelValues(route).Observe(took.Seconds())
	m.bytes.WithLabelValues(route).Add(float64(o.bytes))
	if m.requestLog != nil {
		m.requestLog.LogAttrs(context.Background(), slog.LevelInfo, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", o.Status),
			slog.Int64("bytes", o.bytes), slog.Duration("took", took), slog.Any("from", from(r)))
	}
}

// Writer notes what is answered, and whether anything was.
type Writer struct {
	http.ResponseWriter
	Status int // 0 while nothing was written, and where the client had left
	bytes  int64
	Closed bool // the answer is not for everybody: no cache but the visitor's own may keep it
}

// Unwrap lets http.ResponseController reach the connection.
func (o *Writer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// begin notes the status of an answer whose header is complete.
func (o *Writer) begin(status int) {
	o.Status = status
	if caching := o.Header().Get("Cache-Control"); o.Closed && !strings.Contains(caching, "private") && caching != "no-store" {
		o.Header().Set("Cache-Control", strings.TrimSuffix("private, "+caching, ", "))
	}
}

func (o *Writer) WriteHeader(status int) {
	if o.Status == 0 && status >= 200 {
		o.begin(status)
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *Writer) Write(p []byte) (int, error) {
	if o.Status == 0 {
		o.begin(http.StatusOK)
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel copy from file to socket.
func (o *Writer) ReadFrom(r io.Reader) (int64, error) {
	if o.Status == 0 {
		o.begin(http.StatusOK)
	}
	n, err := io.Copy(o.ResponseWriter, r)
	o.bytes += n
	return n, err
}
