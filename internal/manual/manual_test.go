package manual

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// need returns the path of a tool that a test cannot do without: where CI is set it is there.
func need(t *testing.T, tool, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed (Debian: apt-get install %s)", tool, debianPackage)
	}
	t.Skipf("%s is not installed (Debian: apt-get install %s)", tool, debianPackage)
	return ""
}

const source = `// Show shows files.
//
//	show [flags] [DIR]
//	show keep [flags] FILE
//	show list
//
// By default everything is "shown" \ at once.
// .hidden files are not.
//
// # Keeping
//
// show keep keeps a file. It takes -from, and
//
//	-long TEXT   GALLERY_LONG  what is kept,
//	                           and where
//	-dry                       only say so
//
// # Flags
//
//	-from DIR    GALLERY_FROM  where it is from
//	-h, -help                  print this
package main

// Not of the manual.
`

// flags are some of that program's.
func keepFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("keep", flag.ContinueOnError)
	flags.String("from", "", "")
	flags.String("long", "", "")
	flags.Bool("dry", false, "")
	return flags
}

func TestManual_Help(t *testing.T) {
	m := Parse("show", source)
	for command, want := range map[string]string{
		"keep": "\tshow keep [flags] FILE\n\nKeeping\n\nshow keep keeps a file. It takes -from, and\n\n" +
			"\t-long TEXT   GALLERY_LONG  what is kept,\n\t                           and where\n\t-dry                       only say so\n" +
			"\nAs for the server:\n\n\t-from DIR    GALLERY_FROM  where it is from\n",
		"list": "\tshow list\n",
		"lis":  "",
	} {
		if got, ok := m.Help(command, keepFlags()); got != want || ok != (want != "") {
			t.Errorf("Help(%s) = %q, %v, want %q", command, got, ok, want)
		}
	}
	if text := m.String(); !strings.Contains(text, "\nKeeping\n\nshow keep") || strings.Contains(text, "//") || strings.Contains(text, "Not of") {
		t.Errorf("the manual is %q", text)
	}
}

func TestManual_Man(t *testing.T) {
	page := Parse("show", source).Man("v1.2")
	cmd := exec.Command(need(t, "groff", "groff"), "-man", "-ww", "-Tascii", "-P-cbou")
	cmd.Stdin = strings.NewReader(page)
	var warnings strings.Builder
	cmd.Stderr = &warnings
	out, err := cmd.Output()
	if err != nil || warnings.Len() > 0 {
		t.Fatalf("groff: %v\n%s\n%s", err, warnings.String(), page)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{
		"NAME show - shows files SYNOPSIS show [flags] [DIR] show keep [flags] FILE show list DESCRIPTION By default",
		`everything is "shown" \ at once. .hidden files are not. KEEPING show keep keeps`,
		"-long TEXT (GALLERY_LONG) what is kept, and where -dry only say so FLAGS -from DIR (GALLERY_FROM) where it is from -h, -help print this",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// Each shell itself says what it completes.
func TestCompletion(t *testing.T) {
	all := []Command{{"", keepFlags()}, {"keep", keepFlags()}, {"list", flag.NewFlagSet("list", flag.ContinueOnError)}}
	for shell, ask := range map[string]string{
		"bash": `ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _show; echo "${COMPREPLY[*]}"; }
			ask show ''; ask show k; ask show -; ask show keep -l; ask show list -; ask show help l; ask show keep x`,
		"zsh": `compadd() { shift; print -r -- ${(M)@:#$PREFIX*}; }; _files() { }
			ask() { words=("$@"); CURRENT=$#; PREFIX=$@[-1]; n=$(_show); print -r -- $n; }
			ask show ''; ask show k; ask show -; ask show keep -l; ask show list -; ask show help l; ask show keep x`,
		"fish": `function ask; set -l found (complete -C "$argv" | string replace -r '\t.*' ''); echo "$found"; end
			ask "show "; ask "show k"; ask "show -"; ask "show keep -l"; ask "show list -"; ask "show help l"; ask "show keep x"`,
	} {
		t.Run(shell, func(t *testing.T) {
			home := t.TempDir() // an empty folder: no file is completed
			script, ok := Completion(shell, "show", all)
			if !ok {
				t.Fatal("there is none")
			}
			if shell == "zsh" {
				script = "_show() {\n" + script + "}\n"
			}
			cmd := exec.Command(need(t, shell, shell), "-c", script+ask)
			cmd.Dir, cmd.Env = home, append(os.Environ(), "HOME="+home)
			out, err := cmd.CombinedOutput()
			want := "keep list\nkeep\n-dry -from -long\n-long\n\nlist\n\n"
			if err != nil || string(out) != want {
				t.Errorf("it completes %q, %v, want %q", out, err, want)
			}
		})
	}
	if _, ok := Completion("csh", "show", all); ok {
		t.Error("there is one for csh")
	}
}
