package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is a browser that takes the commands of WebDriver (W3C WebDriver 2): Chromium and
// WebKit over HTTP from a driver beside them, Firefox over Marionette, its own connection,
// where the commands and their parameters are the same.
type engine struct {
	t    *testing.T
	send func(c command, element string, parameters any) (json.RawMessage, error)
}

// command is one of WebDriver's by the names that it has over HTTP and in Marionette.
type command struct{ method, path, marionette string }

var (
	newSession     = command{"POST", "", "WebDriver:NewSession"}
	deleteSession  = command{"DELETE", "", "Marionette:Quit"}
	navigate       = command{"POST", "/url", "WebDriver:Navigate"}
	currentURL     = command{"GET", "/url", "WebDriver:GetCurrentURL"}
	goBack         = command{"POST", "/back", "WebDriver:Back"}
	goForward      = command{"POST", "/forward", "WebDriver:Forward"}
	refresh        = command{"POST", "/refresh", "WebDriver:Refresh"}
	setWindowRect  = command{"POST", "/window/rect", "WebDriver:SetWindowRect"}
	findElement    = command{"POST", "/element", "WebDriver:FindElement"}
	clickElement   = command{"POST", "/element/{}/click", "WebDriver:ElementClick"}
	sendKeys       = command{"POST", "/element/{}/value", "WebDriver:ElementSendKeys"}
	executeScript  = command{"POST", "/execute/sync", "WebDriver:ExecuteScript"}
	performActions = command{"POST", "/actions", "WebDriver:PerformActions"}
)

// elementKey is what a reference to an element is called (section 12.2).
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// do gives a command, and returns its value.
func (e *engine) do(c command, element string, parameters any) json.RawMessage {
	e.t.Helper()
	value, err := e.send(c, element, parameters)
	if err != nil {
		e.t.Fatalf("%s: %v", c.marionette, err)
	}
	return value
}

// ask returns the value of a command into result, in JSON.
func (e *engine) ask(result any, c command, parameters any) {
	e.t.Helper()
	if err := json.Unmarshal(e.do(c, "", parameters), result); err != nil {
		e.t.Fatalf("%s: %v", c.marionette, err)
	}
}

func (e *engine) open(address string) {
	e.t.Helper()
	e.do(navigate, "", map[string]any{"url": address})
}

// element returns a reference to the first element that a selector matches, once it is there.
func (e *engine) element(selector string) string {
	e.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(step) {
		var value json.RawMessage
		value, err = e.send(findElement, "", map[string]any{"using": "css selector", "value": selector})
		var found map[string]string
		if err == nil && json.Unmarshal(value, &found) == nil && found[elementKey] != "" {
			return found[elementKey]
		}
	}
	e.t.Fatalf("no element is %s: %v", selector, err)
	return ""
}

// click clicks on the element that a selector matches, once it can be clicked.
func (e *engine) click(selector string) {
	e.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(step) {
		if _, err = e.send(clickElement, e.element(selector), map[string]any{}); err == nil {
			return
		}
	}
	e.t.Fatalf("clicking on %s: %v", selector, err)
}

// is reports whether an expression in the page is true.
func (e *engine) is(condition string) bool {
	e.t.Helper()
	value, err := e.send(executeScript, "", map[string]any{"script": "return !!(" + condition + ")", "args": []any{}})
	return err == nil && string(value) == "true" // an error is that the page is just being left
}

// patience is how long anything may take, and step how often it is looked for.
const patience, step = 30 * time.Second, 20 * time.Millisecond

// until waits for an expression in the page to be true.
func (e *engine) until(condition string) {
	e.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(step) {
		if e.is(condition) {
			return
		}
	}
	var at string
	e.ask(&at, currentURL, map[string]any{})
	e.t.Fatalf("waiting at %s for %s", at, condition)
}

// untilAt waits until the browser is at an address.
func (e *engine) untilAt(address string) {
	e.t.Helper()
	at := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(step) {
		if e.ask(&at, currentURL, map[string]any{}); at == address {
			return
		}
	}
	e.t.Fatalf("the browser is at %s, want %s", at, address)
}

// press presses and lets go of a key, by its code point in WebDriver (section 17.4.2).
func (e *engine) press(key string) {
	e.t.Helper()
	e.do(performActions, "", actions{{"type": "key", "id": "keys", "actions": []action{
		{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key},
	}}})
}

const keyLeft, keyRight, keyEscape = "\ue012", "\ue014", "\ue00c"

// swipe draws a finger across the page.
func (e *engine) swipe(fromX, toX, y int) {
	e.t.Helper()
	move := func(x, milliseconds int) action {
		return action{"type": "pointerMove", "x": x, "y": y, "duration": milliseconds, "origin": "viewport"}
	}
	e.do(performActions, "", actions{{"type": "pointer", "id": "finger", "parameters": action{"pointerType": "touch"}, "actions": []action{
		move(fromX, 0), {"type": "pointerDown", "button": 0}, move((fromX+toX)/2, 60), move(toX, 60), {"type": "pointerUp", "button": 0},
	}}})
}

type action = map[string]any

// actions are the devices' (section 17.5).
type actions []action

func (a actions) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"actions": []action(a)})
}

// overHTTP begins a session with the driver at an address, once it listens, and ends it with
// the test.
func overHTTP(t *testing.T, address string, capabilities any) *engine {
	t.Helper()
	session := ""
	e := &engine{t: t, send: func(c command, element string, parameters any) (json.RawMessage, error) {
		body, err := json.Marshal(parameters)
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequest(c.method, "http://"+address+"/session"+session+strings.Replace(c.path, "{}", element, 1), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if c.method != "POST" {
			r.Body, r.ContentLength = nil, 0
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%d: %.500s", resp.StatusCode, answer)
		}
		return valueOf(answer)
	}}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(step) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			break
		}
	}
	var began struct{ SessionID string }
	e.ask(&began, newSession, map[string]any{"capabilities": map[string]any{"alwaysMatch": capabilities}})
	session = "/" + began.SessionID
	t.Cleanup(func() { _, _ = e.send(deleteSession, "", nil) }) // the driver is ended next, whatever it says
	return e
}

// valueOf returns the value in an answer, or the answer where it is the value itself.
func valueOf(answer []byte) (json.RawMessage, error) {
	var wrapped struct{ Value json.RawMessage }
	if err := json.Unmarshal(answer, &wrapped); err != nil {
		return nil, err
	}
	if wrapped.Value == nil {
		return answer, nil
	}
	return wrapped.Value, nil
}

// overMarionette begins a session with a Firefox. Its messages are JSON behind their length
// in digits and a colon: [0, number, command, parameters], and [1, number, error, result].
func overMarionette(t *testing.T, address string) *engine {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	read := func() ([]byte, error) {
		conn.SetDeadline(time.Now().Add(2 * patience))
		length, err := in.ReadString(':')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseUint(strings.TrimSuffix(length, ":"), 10, 24)
		if err != nil {
			return nil, err
		}
		message := make([]byte, size)
		_, err = io.ReadFull(in, message)
		return message, err
	}
	if _, err := read(); err != nil { // its greeting
		t.Fatal(err)
	}
	number := 0
	e := &engine{t: t, send: func(c command, element string, parameters any) (json.RawMessage, error) {
		number++
		if p, ok := parameters.(map[string]any); ok && element != "" {
			p["id"] = element
		}
		message, err := json.Marshal([]any{0, number, c.marionette, parameters})
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(conn, "%d:%s", len(message), message)
		answer, err := read()
		if err != nil {
			return nil, err
		}
		var parts [4]json.RawMessage
		if err := json.Unmarshal(answer, &parts); err != nil {
			return nil, err
		}
		if string(parts[2]) != "null" {
			return nil, fmt.Errorf("%.500s", parts[2])
		}
		return valueOf(parts[3])
	}}
	e.do(newSession, "", map[string]any{})
	return e
}

// background runs a program until the test ends.
func background(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		stuck := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer stuck.Stop()
		cmd.Wait()
	})
}

// withChromium begins a session with Chromium.
func withChromium(t *testing.T, script bool) *engine {
	t.Helper()
	address := freePort(t)
	_, port, _ := strings.Cut(address, ":")
	background(t, exec.Command(need(t, "chromedriver", "chromium-driver"), "--port="+port))
	options := map[string]any{
		"binary": need(t, "chromium", "chromium"),
		"args":   []string{"--headless=new", "--no-sandbox", "--disable-background-networking", "--no-first-run", "--user-data-dir=" + t.TempDir()},
	}
	if !script {
		options["prefs"] = map[string]any{"profile.managed_default_content_settings.javascript": 2}
	}
	return overHTTP(t, address, map[string]any{"goog:chromeOptions": options})
}

// withFirefox begins a session with Firefox.
func withFirefox(t *testing.T, script bool) *engine {
	t.Helper()
	path := need(t, "firefox-esr", "firefox-esr")
	profile := t.TempDir()
	put(t, filepath.Join(profile, "user.js"), fmt.Appendf(nil, `
		user_pref("marionette.port", 0);
		user_pref("dom.w3c_touch_events.enabled", 1);
		user_pref("javascript.enabled", %v);
	`, script))
	cmd := exec.Command(path, "--headless", "--no-remote", "--marionette", "--profile", profile)
	cmd.Env = append(os.Environ(), "HOME="+profile)
	background(t, cmd)
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(step) {
		port, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		if err == nil && len(port) > 0 {
			return overMarionette(t, "127.0.0.1:"+strings.TrimSpace(string(port)))
		}
	}
	t.Fatal("Firefox does not listen")
	return nil
}

// withWebKit begins a session with WebKit, in a window of a display of its own.
func withWebKit(t *testing.T, script bool) *engine {
	t.Helper()
	path := need(t, "WebKitWebDriver", "webkit2gtk-driver")
	display := display(t)
	address := freePort(t)
	_, port, _ := strings.Cut(address, ":")
	home := t.TempDir()
	cmd := exec.Command(path, "--port="+port)
	cmd.Env = append(os.Environ(), "DISPLAY="+display, "HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_CACHE_HOME=", "LIBGL_ALWAYS_SOFTWARE=1", "GDK_BACKEND=x11")
	background(t, cmd)
	browsers, err := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
	if err != nil || len(browsers) == 0 {
		t.Fatalf("WebKitWebDriver has no MiniBrowser beside it, %v", err)
	}
	args := []string{"--automation"}
	if !script {
		args = append(args, "--enable-javascript=false")
	}
	return overHTTP(t, address, map[string]any{"webkitgtk:browserOptions": map[string]any{"binary": browsers[0], "args": args}})
}

// display runs an X server without a screen until the test ends, and returns its name.
func display(t *testing.T) string {
	t.Helper()
	path := need(t, "Xvfb", "xvfb")
	said, says, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{says}
	background(t, cmd)
	says.Close()
	number, err := bufio.NewReader(said).ReadString('\n') // once it is ready
	if err != nil {
		t.Fatalf("Xvfb says no display: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}
