package manual

import (
	"flag"
	"fmt"
	"strings"
)

// shells are those that completions are written for.
var shells = map[string]func(program string, commands []Command) string{"bash": bash, "zsh": zsh, "fish": fish}

// Command is a subcommand, or the program without one, whose name is "".
type Command struct {
	Name  string
	Flags *flag.FlagSet
}

// Completion is a script that has a shell, bash, zsh or fish, complete the program's commands
// and flags; where neither is meant, files. It reports false for another shell.
func Completion(shell, program string, commands []Command) (string, bool) {
	write, ok := shells[shell]
	if !ok {
		return "", false
	}
	return write(program, commands), true
}

// words are a command's flags as they are typed.
func (c Command) words() []string {
	var words []string
	c.Flags.VisitAll(func(f *flag.Flag) { words = append(words, "-"+f.Name) })
	return words
}

// names are those of the subcommands.
func names(commands []Command) []string {
	var names []string
	for _, c := range commands {
		if c.Name != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// bash completes by the word that the line has behind the program: a subcommand, or not.
func bash(program string, commands []Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# bash completion for %[1]s
_%[1]s() {
    local cur=${COMP_WORDS[COMP_CWORD]} flags
    COMPREPLY=()
    case ${COMP_WORDS[1]} in
`, program)
	for _, c := range commands {
		if c.Name != "" {
			fmt.Fprintf(&b, "    %s) flags='%s' ;;\n", c.Name, strings.Join(c.words(), " "))
		}
	}
	fmt.Fprintf(&b, "    *) flags='%s' ;;\n    esac\n", strings.Join(commands[0].words(), " "))
	fmt.Fprintf(&b, `    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
    elif [[ $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && ${COMP_WORDS[1]} == help ) ]]; then
        mapfile -t COMPREPLY < <(compgen -W '%[2]s' -- "$cur")
    fi
}
complete -o default -F _%[1]s %[1]s
`, program, strings.Join(names(commands), " "))
	return b.String()
}

// zsh does the same with compadd.
func zsh(program string, commands []Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\nlocal -a flags\ncase $words[2] in\n", program)
	for _, c := range commands {
		if c.Name != "" {
			fmt.Fprintf(&b, "%s) flags=(%s) ;;\n", c.Name, strings.Join(c.words(), " "))
		}
	}
	fmt.Fprintf(&b, `*) flags=(%s) ;;
esac
if [[ $PREFIX == -* ]]; then
    compadd -- $flags
else
    (( CURRENT == 2 )) || [[ CURRENT -eq 3 && $words[2] == help ]] && compadd -- %s
    _files
fi
`, strings.Join(commands[0].words(), " "), strings.Join(names(commands), " "))
	return b.String()
}

// fish has one line a subcommand and a flag. -o is a long option with one dash.
func fish(program string, commands []Command) string {
	var b strings.Builder
	all := strings.Join(names(commands), " ")
	fmt.Fprintf(&b, "# fish completion for %[1]s\ncomplete -c %[1]s -n __fish_use_subcommand -a '%[2]s'\n"+
		"complete -c %[1]s -n '__fish_seen_subcommand_from help' -a '%[2]s'\n", program, all)
	for _, c := range commands {
		when := "__fish_seen_subcommand_from " + c.Name
		if c.Name == "" {
			when = "not __fish_seen_subcommand_from " + all
		}
		c.Flags.VisitAll(func(f *flag.Flag) {
			fmt.Fprintf(&b, "complete -c %s -n '%s' -o %s", program, when, f.Name)
			if v, ok := f.Value.(interface{ IsBoolFlag() bool }); !ok || !v.IsBoolFlag() {
				b.WriteString(" -r")
			}
			b.WriteString("\n")
		})
	}
	return b.String()
}
