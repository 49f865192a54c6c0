package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The shipped dashboard and alerts ask for metrics that there are, with labels that they have.
func TestMonitoring_metricsExist(t *testing.T) {
	s, web := observedSite(t)
	for _, path := range []string{"/Trip/", "/Trip/_thumbs/1.jpg", "/nowhere"} {
		resp, err := http.Get(web.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	web.Close() // waits for what is counted at a request's end
	text := s.scrape() + "\nup 1\n"
	dashboard, err := os.ReadFile(filepath.Join("deploy", "monitoring", "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(dashboard, &shown); err != nil {
		t.Fatal(err)
	}
	expressions := map[string]string{}
	for _, panel := range shown.Panels {
		for _, target := range panel.Targets {
			expressions[panel.Title+": "+target.Expr] = target.Expr
		}
	}
	alerts, err := os.ReadFile(filepath.Join("deploy", "monitoring", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (.*)\n(?: +#.*\n)* +expr: (.*)$`).FindAllStringSubmatch(string(alerts), -1) {
		expressions[m[1]] = m[2]
	}
	if n := strings.Count(string(alerts), "- alert:"); n != 3 || len(expressions) < len(shown.Panels)+n {
		t.Errorf("%d alerts and %d panels hold %d expressions", n, len(shown.Panels), len(expressions))
	}
	names := regexp.MustCompile(`\b(?:gallery|process|go)_\w+|\bup\b`)
	selected := regexp.MustCompile(`\b(\w+)=~?"`)
	by := regexp.MustCompile(`by \(([^)]*)\)`)
	for what, expression := range expressions {
		found := names.FindAllString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expression, `""`), -1)
		if len(found) == 0 {
			t.Errorf("%s names no metric", what)
		}
		for _, name := range found {
			if !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
				t.Errorf("%s: there is no metric %s", what, name)
			}
		}
		labels := []string{}
		for _, m := range selected.FindAllStringSubmatch(expression, -1) {
			labels = append(labels, m[1])
		}
		for _, m := range by.FindAllStringSubmatch(expression, -1) {
			labels = append(labels, strings.Split(m[1], ", ")...)
		}
		for _, label := range labels {
			if label == "job" || label == "instance" {
				continue // Prometheus's own
			}
			if !slices.ContainsFunc(found, func(name string) bool {
				return regexp.MustCompile(`(?m)^` + name + `\{[^}]*\b` + label + `="`).MatchString(text)
			}) {
				t.Errorf("%s: none of %s has a label %s", what, found, label)
			}
		}
	}
}
