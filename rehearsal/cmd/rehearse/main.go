// Command rehearse runs the stack's program on the real Pulumi engine with a simulated AWS, and proves claims
// about states. It needs no AWS account, no network and no Pulumi CLI. Only its command capture reads an AWS account.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses. Other programs depend on them.
const (
	exitOK     = 0 // all required checks passed
	exitFailed = 1 // a check or a capture failed; the last line says which or why
	exitUsage  = 2 // the command line or an input is invalid
)

// command is a command of the program.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, s streams) int
}

// streams are the standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// commands returns the commands in the order of the help text.
func commands() []command {
	return []command{
		{"run", "deploy a stack to a simulated AWS, check it and destroy it", runCommand},
		{"capture", "describe your AWS account in a file, to rehearse in it", captureCommand},
		{"verify", "check claims about the state of a deployed stack", verifyCommand},
		{"report", "write a page about the state of a deployed stack", reportCommand},
		{"diagram", "draw the state of a deployed stack as a Mermaid flowchart", diagramCommand},
		{"serve", "make the simulated AWS available to the Pulumi CLI", serveCommand},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal cancels the command, the second one ends the process.
	context.AfterFunc(ctx, stop)
	status := execute(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// execute runs a command line and returns the exit status.
func execute(ctx context.Context, args []string, s streams) int {
	if len(args) == 0 {
		usage(s.err)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(s.out)
		return exitOK
	case "version", "-version", "--version":
		fmt.Fprintln(s.out, versionText())
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], s)
		}
	}
	usage(s.err)
	fmt.Fprintf(s.err, "\nrehearse: unknown command %q\n", args[0])
	return exitUsage
}

// usage writes the help text.
func usage(w io.Writer) {
	fmt.Fprint(w, "Rehearse a Pulumi stack with a simulated AWS.\n\nUsage:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "    rehearse %-9s  %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "    rehearse %-9s  print the version\n", "--version")
	fmt.Fprint(w, "\nRun \"rehearse COMMAND -h\" for the flags of a command. The exit status is 0 if all required checks passed,\n"+
		"1 if a check or a capture failed (the last line says which or why), and 2 if the command line or an input is invalid.\n")
}

// fail writes the reason why a command cannot run, and returns the exit status.
func (s streams) fail(command string, err error) int {
	fmt.Fprintf(s.err, "rehearse %s: %v\n", command, err)
	return exitUsage
}
