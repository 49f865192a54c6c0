package doctor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gallery/internal/rendition"
)

// Configuration is nginx's, as "nginx -T" prints it.
type Configuration struct {
	files map[string]string // by their paths
	order []string          // these, the main one first
}

// ReadConfiguration reads a file with what "nginx -T" printed or, without one, runs that where
// nginx is installed. It returns nil where there is no nginx, or what it has cannot be read;
// the report says why. An error is the file's.
func ReadConfiguration(ctx context.Context, r *Report, file string) (*Configuration, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		c, err := ParseConfiguration(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s is %w", file, err)
		}
		return c, nil
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, requestWithin)
	defer cancel()
	run := exec.CommandContext(ctx, program, "-T")
	var says bytes.Buffer
	run.Stderr = &says
	text, err := run.Output()
	if err == nil {
		if c, err := ParseConfiguration(string(text)); err == nil {
			return c, nil
		}
	}
	if os.Geteuid() != 0 {
		r.add(Note, "nginx-unread", "", "sudo gallery doctor", "nginx's files are read by root only, so that they were not looked at")
		return nil, nil
	}
	why := "it says nothing"
	for line := range strings.Lines(says.String()) {
		if strings.Contains(line, "[emerg]") {
			why = strings.TrimSpace(line)
			break
		}
	}
	r.add(Error, "nginx-broken", "", "mend that, then: nginx -t && systemctl reload nginx", "nginx refuses its configuration: %s", shown(why))
	return nil, nil
}

// Account is who nginx's workers are: nil where that is not known, or nginx serves something
// else.
func (c *Configuration) Account() *Account {
	if c == nil || len(c.Sites()) == 0 {
		return nil
	}
	for _, name := range []string{c.User(), "nobody"} { // the latter where nothing is said
		if a, err := Named(name); err == nil {
			return &a
		}
	}
	return nil
}

// Way is how the site is asked: at the address url or, where that is nil, at the first of the
// sites in the configuration, which may be nil, on this machine. It reports false where there
// is none.
func (c *Configuration) Way(at *url.URL, around func(ctx context.Context) (net.Conn, error), tree Tree) (Way, bool) {
	w := Way{Around: around}
	var d net.Dialer
	switch {
	case at != nil:
		w.URL = at
		port := cmp.Or(at.Port(), map[string]string{"http": "80", "https": "443"}[at.Scheme])
		w.Through = func(ctx context.Context) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", net.JoinHostPort(at.Hostname(), port))
		}
	case c == nil || len(c.Sites()) == 0:
		return Way{}, false
	default:
		site := c.Sites()[0]
		w.URL = &url.URL{Scheme: "http", Host: cmp.Or(site.Name, "localhost"), Path: "/"}
		usual := "80"
		if site.Secure {
			w.URL.Scheme, usual = "https", "443"
		}
		if site.Port != usual {
			w.URL.Host = net.JoinHostPort(w.URL.Host, site.Port)
		}
		w.Through = func(ctx context.Context) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", site.Port))
		}
	}
	if w.URL.Path == "" {
		copied := *w.URL
		copied.Path = "/"
		w.URL = &copied
	}
	if s := tree.Sample; s.File != "" {
		w.Paths = []string{rendition.Name(s, ""), s.Name()}
	}
	return w, true
}

// fileHead is what stands before each file.
const fileHead = "# configuration file "

// ParseConfiguration reads what "nginx -T" printed. It fails where that is something else.
func ParseConfiguration(text string) (*Configuration, error) {
	c := &Configuration{files: map[string]string{}}
	at := ""
	var b strings.Builder
	end := func() {
		if _, twice := c.files[at]; at != "" && !twice {
			c.files[at] = b.String()
			c.order = append(c.order, at)
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), fileHead); ok && strings.HasSuffix(name, ":") {
			end()
			at = strings.TrimSuffix(name, ":")
			continue
		}
		b.WriteString(line)
	}
	end()
	if len(c.order) == 0 {
		return nil, errors.New("not what nginx -T prints")
	}
	return c, nil
}

// directive is one of a configuration, and what is in its block.
type directive struct {
	words []string // its name and arguments
	block []directive
	file  string // where it stands
}

// argument is a directive's first, "" for none.
func (d directive) argument() string {
	if len(d.words) < 2 {
		return ""
	}
	return d.words[1]
}

// maxIncludes bounds how deep files include others.
const maxIncludes = 20

// directives are all of the configuration, with what they include in its place.
func (c *Configuration) directives() []directive {
	return c.parsed(c.order[0], 0)
}

func (c *Configuration) parsed(file string, depth int) []directive {
	tokens := tokenize(c.files[file])
	return c.block(&tokens, file, depth)
}

// block takes directives up to the end of a block or a file.
func (c *Configuration) block(tokens *[]string, file string, depth int) (all []directive) {
	var words []string
	for len(*tokens) > 0 {
		token := (*tokens)[0]
		*tokens = (*tokens)[1:]
		switch {
		case token == "}":
			return all
		case token == "{":
			all = append(all, directive{words, c.block(tokens, file, depth), file})
			words = nil
		case token == ";" && len(words) == 2 && words[0] == "include" && depth < maxIncludes:
			for _, included := range c.matching(words[1]) {
				all = append(all, c.parsed(included, depth+1)...)
			}
			words = nil
		case token == ";":
			if len(words) > 0 {
				all = append(all, directive{words, nil, file})
			}
			words = nil
		default:
			words = append(words, token)
		}
	}
	return all
}

// matching are the files that an include names.
func (c *Configuration) matching(pattern string) (files []string) {
	if !path.IsAbs(pattern) {
		pattern = path.Join(path.Dir(c.order[0]), pattern)
	}
	for _, file := range c.order {
		if ok, err := path.Match(pattern, file); err == nil && ok || file == pattern {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	return files
}

// tokenize splits a file into words, and the signs ; { and }. A word in quotes is one; where
// its content is a sign it is kept apart from that by a blank.
func tokenize(text string) (tokens []string) {
	var b strings.Builder
	quote, word := byte(0), false
	end := func() {
		if word {
			tokens = append(tokens, b.String())
		}
		b.Reset()
		word = false
	}
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case ch == '\\' && i+1 < len(text):
			b.WriteByte(ch)
			i++
			b.WriteByte(text[i])
			word = true
		case quote != 0:
			if ch == quote {
				quote = 0
				if s := b.String(); s == ";" || s == "{" || s == "}" {
					b.WriteByte(' ')
				}
				continue
			}
			b.WriteByte(ch)
		case !word && (ch == '"' || ch == '\''):
			quote, word = ch, true
		case !word && ch == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r':
			end()
		case ch == '{' && strings.HasSuffix(b.String(), "$"): // ${variable}
			for i < len(text) && text[i] != '}' {
				b.WriteByte(text[i])
				i++
			}
			b.WriteByte('}')
		case ch == ';' || ch == '{' || ch == '}':
			end()
			tokens = append(tokens, string(ch))
		default:
			b.WriteByte(ch)
			word = true
		}
	}
	end()
	return tokens
}

// User is the account that nginx's workers run as, "" where the configuration does not say.
func (c *Configuration) User() string {
	for _, d := range c.directives() {
		if d.words[0] == "user" {
			return d.argument()
		}
	}
	return ""
}

// Site is a server of nginx's that is the gallery's.
type Site struct {
	Name   string // its host, "" where it has none
	Secure bool   // by HTTPS
	Port   string
	Root   string // where it looks for photos; "" where the program sends them
	Cache  string // and for thumbnails
	file   string
}

// Sites are the servers that include what is shipped, the secure ones first.
func (c *Configuration) Sites() (sites []Site) {
	for _, http := range c.directives() {
		if http.words[0] != "http" {
			continue
		}
		for _, d := range http.block {
			if d.words[0] == "server" && includes(d, "gallery-site.conf", "gallery-proxy.conf") {
				sites = append(sites, siteOf(d))
			}
		}
	}
	slices.SortStableFunc(sites, func(a, b Site) int {
		if a.Secure == b.Secure {
			return 0
		} else if a.Secure {
			return -1
		}
		return 1
	})
	return sites
}

// includes reports whether something in a directive comes from a file of one of these names.
func includes(d directive, names ...string) bool {
	return slices.Contains(names, path.Base(d.file)) || slices.ContainsFunc(d.block, func(d directive) bool { return includes(d, names...) })
}

func siteOf(server directive) Site {
	s := Site{file: server.file}
	for _, d := range server.block {
		switch {
		case d.words[0] == "listen" && s.Port == "":
			s.Port, s.Secure = d.argument()[strings.LastIndexByte(d.argument(), ':')+1:], slices.Contains(d.words, "ssl")
		case d.words[0] == "server_name" && !strings.ContainsAny(d.argument(), "~*_") && !strings.HasPrefix(d.argument(), "."):
			s.Name = d.argument()
		case d.words[0] == "root":
			s.Root = d.argument()
		case d.words[0] == "set" && d.argument() == "$gallery_cache" && len(d.words) > 2:
			s.Cache = d.words[2]
		}
	}
	if s.Cache == "$document_root" {
		s.Cache = s.Root
	}
	return s
}

// Compare looks whether nginx's files are as shipped, but for the lines that are to be adapted,
// and whether it serves the directories dir and cache. shipped holds the folder nginx.
func (c *Configuration) Compare(r *Report, shipped fs.FS, dir, cache string) {
	installed := 0
	// Files that are embedded can be read.
	_ = fs.WalkDir(shipped, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".conf" {
			return err
		}
		text, err := fs.ReadFile(shipped, name)
		if err != nil {
			return err
		}
		for _, file := range c.order {
			if path.Base(file) != path.Base(name) {
				continue
			}
			installed++
			if line, is, was, same := difference(c.files[file], string(text)); !same {
				r.add(Warning, "nginx-file", shown(file), "compare it with deploy/nginx of this version, and take that over if the change is not yours", "%s", differs(line, is, was))
			}
		}
		return nil
	})
	sites := c.Sites()
	switch {
	case len(sites) == 0 && installed == 0:
		r.add(Note, "nginx-site", "", "", "nginx is installed, and does not serve the gallery")
	case len(sites) == 0:
		r.add(Warning, "nginx-site", "", "see deploy/systemd/install.md", "the gallery's files are there, and no server of nginx's includes them")
	}
	for _, s := range sites {
		if s.Root != "" && !same(s.Root, dir) {
			r.add(Error, "nginx-root", shown(s.file), "root "+dir+";", "nginx serves photos of %s, and DIR is %s", shown(s.Root), shown(dir))
		}
		if s.Cache != "" && !same(s.Cache, cache) {
			r.add(Error, "nginx-cache", shown(s.file), "set $gallery_cache "+cache+";", "nginx looks for thumbnails in %s, and they are in %s", shown(s.Cache), shown(cache))
		}
	}
}

// same reports whether two paths lead to one directory.
func same(a, b string) bool {
	if resolved, err := filepath.EvalSymlinks(a); err == nil {
		a = resolved
	}
	if resolved, err := filepath.EvalSymlinks(b); err == nil {
		b = resolved
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

func differs(line int, is, was string) string {
	switch {
	case is == "":
		return fmt.Sprintf("it lacks the line %q that is shipped", was)
	case was == "":
		return fmt.Sprintf("line %d, %q, is not in what is shipped", line, is)
	}
	return fmt.Sprintf("line %d is %q, and as shipped %q", line, is, was)
}

// difference finds the first line of an installed file that is not as shipped, passing over
// comments, blanks and what is to be adapted. Where one file is at its end its line is "".
func difference(installed, shipped string) (line int, is, was string, same bool) {
	a, b := essential(installed), essential(shipped)
	for i := range max(len(a), len(b)) {
		var l, m numbered
		if i < len(a) {
			l = a[i]
		}
		if i < len(b) {
			m = b[i]
		}
		if l.text != m.text {
			return l.number, l.text, m.text, false
		}
	}
	return 0, "", "", true
}

// numbered is a line of a file and its number, from 1 on.
type numbered struct {
	number int
	text   string
}

// essential are a file's lines that are not to be adapted.
func essential(text string) (lines []numbered) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' || adapted(words) {
			continue
		}
		if words[0] == "include" && len(words) > 1 { // wherever they are kept
			words[1] = path.Base(words[1])
		}
		lines = append(lines, numbered{number, strings.Join(words, " ")})
	}
	return lines
}

// adapted reports whether a line is one that install.md has an administrator adapt: names,
// addresses, paths, certificates, logs and limits.
func adapted(words []string) bool {
	line := strings.Join(words, " ")
	switch words[0] {
	case "listen", "http2", "server_name", "root", "access_log", "error_log", "keepalive", "client_max_body_size", "limit_req_zone",
		"proxy_cache_path", "resolver", "127.0.0.1", "::1":
		return true
	case "server":
		return words[1] != "{"
	case "include":
		return !strings.Contains(line, "/snippets/")
	case "set":
		return words[1] == "$gallery_cache"
	case "return":
		return strings.Contains(line, "https://")
	case "proxy_pass":
		return !strings.Contains(line, "//gallery")
	case "add_header":
		return words[1] == "Strict-Transport-Security"
	}
	return strings.HasPrefix(words[0], "ssl_")
}
