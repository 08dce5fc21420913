// Command connect waits until an instance of a deployed stack is online, and opens a session on it with the AWS CLI that
// the user has.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Exit statuses besides those of sessions, which are passed on, and those of signals: 128 and the signal's number.
const (
	succeeded = 0
	failed    = 1
	unusable  = 2
	onSignal  = 128
)

// defaultTimeout follows from the agent's own schedule. An agent that missed its endpoints tries again 10 minutes after
// it started at the latest. One that was denied sleeps up to 30 minutes, which no instance of a stack as deployed does:
// for that, 35 minutes are a good time-out.
const defaultTimeout = 12 * time.Minute

// command is one of the program's commands.
type command struct {
	name, summary, synopsis string
	// needs are the tools without which there is no point in waiting.
	needs []tool
	// prepare returns what opens the session, or nothing where none is to be opened.
	prepare func(*visit) ([]string, error)
}

// commands are the program's commands, as its usage lists them.
func commands() []command {
	const synopsis = "--stack STACK [--instance NAME] [--timeout DURATION]"
	none := func(*visit) ([]string, error) { return nil, nil }
	return []command{
		{"wait", "wait until an instance is online", synopsis, []tool{pulumiCLI, awsCLI}, none},
		{"shell", "wait, and open a shell", synopsis, []tool{pulumiCLI, awsCLI, sessionPlugin}, (*visit).shell},
		{"ssh", "wait, and connect with SSH", synopsis, []tool{pulumiCLI, awsCLI, sessionPlugin, sshClient}, (*visit).ssh},
		{
			"forward", "wait, and forward a local port", "--to HOST:PORT [--local PORT] " + synopsis,
			[]tool{pulumiCLI, awsCLI, sessionPlugin},
			(*visit).forward,
		},
	}
}

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	h := &host{
		environment: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, signals: signals,
		now: time.Now, sleep: sleep, interval: 5 * time.Second, grace: 5 * time.Second,
		prove: verifier(beside("rehearse")),
	}
	os.Exit(connect(h, os.Args[1:]))
}

// connect runs the command that args name and returns the exit status.
func connect(h *host, args []string) int {
	if len(args) == 0 {
		usage(h.stderr)
		return unusable
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(h.stdout)
		return succeeded
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return h.run(c, args[1:])
		}
	}
	usage(h.stderr)
	fmt.Fprintf(h.stderr, "\nconnect: there is no command %q\n", args[0])
	return unusable
}

// usage lists the commands.
func usage(w io.Writer) {
	fmt.Fprint(w, "Connect to an instance of a deployed stack.\n\nUsage:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "    connect %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n\"connect COMMAND -h\" tells a command's flags. Exit status: the session's; 1, there is none, "+
		"and the last\nlines say why; 2, wrong usage.\n")
}

// options are the flags of all commands.
type options struct {
	stack, instance, to, local string
	timeout                    time.Duration
}

// parse reads the flags of a command. If the command is over with that, it returns the exit status and true.
func (h *host) parse(c command, args []string) (o options, status int, over bool) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.stack, "stack", "", "the `stack` to connect to; required")
	flags.StringVar(&o.instance, "instance", "", "the instance's `name` or id (default the first, such as a-1)")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout,
		"how long to wait. 12m lets an agent that missed its endpoints try again; one that was denied needs 35m")
	if c.name == "forward" {
		flags.StringVar(&o.to, "to", "", "`host:port` to reach from the instance; required. localhost is the instance")
		flags.StringVar(&o.local, "local", "", "the local `port` (default that of --to)")
	}
	err := flags.Parse(args)
	if err == nil {
		err = o.check(c, flags.Args())
	}
	if err == nil {
		return o, succeeded, false
	}
	describe := func(w io.Writer) {
		fmt.Fprintf(w, "Usage:\n\n    connect %s %s\n\nFlags:\n\n", c.name, c.synopsis)
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	if errors.Is(err, flag.ErrHelp) {
		describe(h.stdout)
		return o, succeeded, true
	}
	describe(h.stderr)
	fmt.Fprintf(h.stderr, "\nconnect %s: %v\n", c.name, err)
	return o, unusable, true
}

// check finds what is wrong with the options, and completes them.
func (o *options) check(c command, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if o.stack == "" {
		return errors.New("no stack: give --stack, such as --stack dev")
	}
	if o.timeout < 0 {
		return fmt.Errorf("timeout %v: give none below zero", o.timeout)
	}
	if c.name != "forward" {
		return nil
	}
	_, port, err := target(o.to)
	if err != nil {
		return err
	}
	if o.local == "" {
		o.local = port
	}
	if !isPort(o.local) {
		return fmt.Errorf("local port %q: give a number from 1 to 65535", o.local)
	}
	return nil
}

// target takes apart what is to be reached.
func target(to string) (host, port string, err error) {
	if to == "" {
		return "", "", errors.New("no target: give --to, such as --to 10.0.32.10:5432")
	}
	cut := strings.LastIndexByte(to, ':')
	if cut < 0 {
		return "", "", fmt.Errorf("target %q has no port: give HOST:PORT, such as %s:5432", to, to)
	}
	host, port = strings.Trim(to[:cut], "[]"), to[cut+1:]
	// Commas, quotes and spaces mean something in the AWS CLI's parameters.
	if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") != "" {
		return "", "", fmt.Errorf("target %q: %q is no host's name or address", to, host)
	}
	if !isPort(port) {
		return "", "", fmt.Errorf("target %q: give a port from 1 to 65535", to)
	}
	return host, port, nil
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}
