// Command rehearse runs the stack's program on the real Pulumi engine against a
// simulated AWS: no account, no network, no Pulumi CLI.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses. Other programs rely on them.
const (
	held       = 0 // all that was required held
	didNotHold = 1 // something did not, and the last line says what
	unusable   = 2 // wrong usage or unusable input
)

// command is one of the program's commands.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// commands are the program's commands, as its usage lists them.
func commands() []command {
	return []command{
		{"run", "deploy a stack on a simulated AWS, check it, destroy it", runCommand},
		{"verify", "prove claims about an exported state, rehearsed or real", verifyCommand},
		{"diagram", "draw an exported state, rehearsed or real, as a Mermaid flowchart", diagramCommand},
		{"serve", "offer the simulated AWS to the ordinary Pulumi CLI", serveCommand},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in good order, the second ends the process.
	context.AfterFunc(ctx, stop)
	status := rehearse(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// rehearse runs the command that args name and returns the exit status.
func rehearse(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return unusable
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(stdout)
		return held
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	usage(stderr)
	fmt.Fprintf(stderr, "\nrehearse: there is no command %q\n", args[0])
	return unusable
}

// usage lists the commands.
func usage(w io.Writer) {
	fmt.Fprint(w, "Rehearse a stack on the real Pulumi engine and a simulated AWS.\n\nUsage:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "    rehearse %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n\"rehearse COMMAND -h\" tells a command's flags. Exit status: 0, all that was required held;\n"+
		"1, something did not, and the last line says what; 2, wrong usage or unusable input.\n")
}

// parse parses a command's flags, which take no other arguments. If the command is
// over with that, it returns the exit status and true.
func parse(flags *flag.FlagSet, args []string, synopsis string, stdout, stderr io.Writer) (int, bool) {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err == nil {
		return held, false
	}
	describe := func(w io.Writer) {
		fmt.Fprintf(w, "Usage:\n\n    rehearse %s %s\n\nFlags:\n\n", flags.Name(), synopsis)
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	if errors.Is(err, flag.ErrHelp) {
		describe(stdout)
		return held, true
	}
	describe(stderr)
	return refuse(stderr, flags.Name(), err), true
}

// refuse says why a command cannot be run and returns its exit status.
func refuse(stderr io.Writer, name string, err error) int {
	fmt.Fprintf(stderr, "rehearse %s: %v\n", name, err)
	return unusable
}
