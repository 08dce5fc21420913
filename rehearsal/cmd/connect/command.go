package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// Exit statuses. The status of a session is passed on; after a signal it is statusSignal plus the
// signal's number.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2
	statusSignal = 128
)

// defaultTimeout is longer than the SSM Agent waits between attempts if it could not reach its endpoints
// when it started: up to 10 minutes. An agent whose request AWS denied waits up to 30 minutes, but that
// does not happen with a working stack.
const defaultTimeout = 12 * time.Minute

// command is a subcommand.
type command struct {
	name, summary, usage string
	// tools are the programs that the command runs.
	tools []tool
	// sessionCommand returns the command line that opens the session. Nil: the command opens none.
	sessionCommand func(context.Context, *session) ([]string, error)
}

// commands returns the subcommands in the order of the help text.
func commands() []command {
	const usage = "--stack STACK [--instance INSTANCE] [--timeout DURATION]"
	const forwardUsage = "--to HOST:PORT [--local PORT] " + usage
	waitTools := []tool{pulumiCLI, awsCLI}
	sessionTools := []tool{pulumiCLI, awsCLI, sessionPlugin}
	sshTools := []tool{pulumiCLI, awsCLI, sessionPlugin, sshClient}
	return []command{
		{"wait", "wait until an instance is online", usage, waitTools, nil},
		{"shell", "wait, then open a shell", usage, sessionTools, shellCommand},
		{"ssh", "wait, then connect with SSH", usage, sshTools, sshCommand},
		{"forward", "wait, then forward a local port", forwardUsage, sessionTools, forwardCommand},
	}
}

// connect runs the subcommand that args name and returns the exit status.
func (e *env) connect(ctx context.Context, args []string) int {
	if len(args) == 0 {
		printUsage(e.stderr)
		return statusUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		printUsage(e.stdout)
		return statusOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return e.runCommand(ctx, c, args[1:])
		}
	}
	fmt.Fprintf(e.stderr, "connect: unknown command %q\nRun \"connect help\" for the list of commands.\n", args[0])
	return statusUsage
}

func printUsage(w io.Writer) {
	fmt.Fprint(w, `Open a session on an instance of a deployed stack.

Usage:

    connect COMMAND --stack STACK [flags]

Commands:

`)
	for _, c := range commands() {
		fmt.Fprintf(w, "    %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, `
"connect COMMAND -h" lists the flags of a command.

Exit status: the session's own, or 0 after "wait"; 1 if connect failed; 2 if the command line is invalid;
128 plus the signal's number after a signal.
`)
}

// options are the values of the flags.
type options struct {
	stack string
	// nameOrID selects an instance. Empty: the first by name.
	nameOrID string
	timeout  time.Duration
	// to and localPort are for forward.
	to        target
	localPort uint16
}

// parse reads the flags of a command. It reports whether to run the command. If not, it prints the help text or
// the error, and returns the exit status.
func (e *env) parse(c command, args []string) (o options, status int, ok bool) {
	var to, local string
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.stack, "stack", "", "the `stack` to connect to (required)")
	flags.StringVar(&o.nameOrID, "instance", "", "the name or ID of an `instance`, or a tag of it\nsuch as Name=web-1 (default: the first by name)")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "how long to wait until the instance is online. An agent "+
		"that could not reach\nits endpoints tries again within 10m, and one whose request AWS denied within 30m")
	if c.name == "forward" {
		flags.StringVar(&to, "to", "", "the `host:port` to reach from the instance; localhost is the instance (required)")
		flags.StringVar(&local, "local", "", "the local `port` (default: the port of -to)")
	}
	err := flags.Parse(args)
	if err == nil {
		err = o.check(flags.Args())
	}
	if err == nil && c.name == "forward" {
		err = o.setTarget(to, local)
	}
	if err == nil {
		return o, statusOK, true
	}
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(e.stdout, "Usage:\n\n    connect %s %s\n\nFlags:\n\n", c.name, c.usage)
		flags.SetOutput(e.stdout)
		flags.PrintDefaults()
		return o, statusOK, false
	}
	fmt.Fprintf(e.stderr, "connect %s: %v\nRun \"connect %s -h\" for its flags.\n", c.name, err, c.name)
	return o, statusUsage, false
}

// check validates the flags of all commands.
func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q: write values after their flags, such as --stack dev", rest[0])
	case o.stack == "":
		return errors.New("missing --stack: name the stack to connect to, such as --stack dev")
	case o.timeout < 0:
		return fmt.Errorf("--timeout %v is negative: use 0s to check once, or a duration such as 12m", o.timeout)
	}
	return nil
}

// setTarget validates the flags of forward.
func (o *options) setTarget(to, local string) (err error) {
	if o.to, err = parseTarget(to); err != nil {
		return err
	}
	o.localPort = o.to.port
	if local == "" {
		return nil
	}
	if o.localPort, err = parsePort(local); err != nil {
		return fmt.Errorf("--local: %w", err)
	}
	return nil
}

// runCommand waits for the instance, opens the session if the command has one, and returns the exit status.
func (e *env) runCommand(ctx context.Context, c command, args []string) int {
	o, status, ok := e.parse(c, args)
	if !ok {
		return status
	}
	s, sessionCommand, err := e.waitForInstance(ctx, c, o)
	if err != nil || sessionCommand == nil {
		return e.exit(err, "no session was opened")
	}
	began := e.now()
	status, err = e.runSession(ctx, sessionCommand)
	var interrupt interruptError
	switch {
	case errors.As(err, &interrupt):
		return e.exit(err, s.end(ctx, began))
	case err != nil:
		return e.exit(err, "")
	}
	return status
}

// exit prints an error and returns the exit status. After an interrupt, it prints what happened to the session.
func (e *env) exit(err error, session string) int {
	var interrupt interruptError
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &interrupt):
		fmt.Fprintf(e.stderr, "connect: interrupted; %s\n", session)
		return interrupt.status()
	}
	fmt.Fprintf(e.stderr, "connect: %v\n", err)
	return statusFailed
}

// waitForInstance waits until the instance is online, and returns the session with the command line that opens
// it, or nil for a command that opens none. It checks everything it can before it waits.
func (e *env) waitForInstance(ctx context.Context, c command, o options) (*session, []string, error) {
	ctx, stop := e.untilSignal(ctx, nil)
	defer stop()
	if err := e.checkTools(c.tools); err != nil {
		return nil, nil, err
	}
	out, err := e.readOutputs(ctx, o.stack)
	if err != nil {
		return nil, nil, err
	}
	s, err := e.newSession(ctx, o, out)
	if err != nil {
		return nil, nil, err
	}
	var sessionCommand []string
	if c.sessionCommand != nil {
		if sessionCommand, err = c.sessionCommand(ctx, s); err != nil {
			return nil, nil, err
		}
	}
	err = s.wait(ctx)
	var timeout *timeoutError
	if errors.As(err, &timeout) {
		err = s.diagnose(ctx, timeout)
	}
	return s, sessionCommand, err
}
