// Safety runs at length what the tests run in short: fuzzing, damaged files, kills and
// storage that fails.
//
//	go run ./bench/safety [-fuzz DURATION] [-flips N] [-kills N] [-soak DURATION] [-photos DIR]
//
// It is to be run from the repository's root, on Linux. Each flag but -photos
// starts one part; without any, it says what there is.
//
//	-fuzz DURATION   run every fuzz target for so long, such as 10m, one after the other. What
//	                 they find lies in testdata/fuzz beside the target afterwards, and is a
//	                 test from then on.
//	-flips N         read N files of which some bytes are others: of drawn pictures of each
//	                 format and coding and, with -photos, of the photos there. Each must be
//	                 read or refused within the memory that was foretold and a second of a
//	                 processor.
//	-kills N         kill the server N times with SIGKILL at random moments while it makes the
//	                 thumbnails of an album, and look at what is on disk after each
//	-soak DURATION   for so long, such as 10m, put the server under load, kill it, fill its disk
//	                 and empty it, change and remove photos, and take one of two photo disks
//	                 away and back; in the end every original and every rendition must be right
//	-photos DIR      also damage the photos below DIR
//
// Everything runs at the lowest priority. It ends with 1 where anything was
// found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "safety:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("safety", flag.ContinueOnError)
	fuzz := flags.Duration("fuzz", 0, "how long to run each fuzz target")
	flips := flags.Int("flips", 0, "how many damaged files to read")
	kills := flags.Int("kills", 0, "how often to kill the server")
	soak := flags.Duration("soak", 0, "how long to let storage come and go under load")
	photos := flags.String("photos", "", "directory of photos to damage, besides drawn ones")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *fuzz <= 0 && *flips <= 0 && *kills <= 0 && *soak <= 0 {
		return errors.New("nothing to do: give -fuzz, -flips, -kills or -soak")
	}
	// Whoever else works on this machine goes first.
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19); err != nil {
		return fmt.Errorf("setting the priority: %w", err)
	}
	var found error
	if *flips > 0 {
		env := []string{"GALLERY_FLIPS=" + strconv.Itoa(*flips), "GALLERY_TEST_PHOTOS=" + *photos}
		found = errors.Join(found, goTest(ctx, env, "-run", "^TestReduce_damaged", "./internal/photo"))
	}
	if *kills > 0 {
		env := []string{"GALLERY_KILLS=" + strconv.Itoa(*kills)}
		found = errors.Join(found, goTest(ctx, env, "-run", "^TestFault_killed$", "./e2e"))
	}
	if *soak > 0 {
		found = errors.Join(found, goTest(ctx, []string{"GALLERY_SOAK=" + soak.String()}, "-run", "^TestFault_soak$", "./e2e"))
	}
	if *fuzz > 0 {
		found = errors.Join(found, fuzzAll(ctx, *fuzz))
	}
	return found
}

// goTest runs tests with all their output, for as long as it takes.
func goTest(ctx context.Context, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1", "-v", "-timeout=0"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// fuzzAll runs each fuzz target of each package.
func fuzzAll(ctx context.Context, each time.Duration) error {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var found error
	for pkg := range strings.FieldsSeq(string(out)) {
		out, err := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", pkg).Output()
		if err != nil {
			return fmt.Errorf("go test -list %s: %w", pkg, err)
		}
		for target := range strings.FieldsSeq(string(out)) {
			if !strings.HasPrefix(target, "Fuzz") || ctx.Err() != nil {
				continue
			}
			fmt.Printf("\n%s %s\n", pkg, target)
			err := goTest(ctx, nil, "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", each.String(), pkg)
			found = errors.Join(found, err)
		}
	}
	return found
}
