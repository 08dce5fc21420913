package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runSession runs the command line of a session until it ends, and returns its exit status. After a signal the
// session has e.grace to end before it is killed, and the error is an interruptError.
func (e *env) runSession(ctx context.Context, commandLine []string) (int, error) {
	file, err := e.lookPath(commandLine[0])
	if err != nil {
		return 0, fmt.Errorf("%s: %w", commandLine[0], err)
	}
	ctx, stop := e.untilSignal(ctx, reachesSession)
	defer stop()
	command := exec.CommandContext(ctx, file, commandLine[1:]...)
	command.Env = e.environ
	command.Stdout, command.Stderr = e.stdout, e.stderr
	var terminal *os.File
	if e.stdin != nil {
		command.Stdin = e.stdin
		if e.stdinIsTerminal() {
			terminal = e.stdin
		}
	}
	command.Cancel = func() error {
		var interrupt interruptError
		if errors.As(context.Cause(ctx), &interrupt) {
			return passOn(command.Process, interrupt.signal)
		}
		return askToEnd(command.Process)
	}
	command.WaitDelay = e.grace
	cleanUp := isolate(command, terminal)
	err = command.Run()
	cleanUp()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return exitStatus(commandLine[0], err)
}

// exitStatus returns the exit status of a program, as a shell does, from the error that os/exec returned.
func exitStatus(program string, err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return statusOK, nil
	case !errors.As(err, &exit):
		return 0, fmt.Errorf("%s: %w", program, err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return statusSignal + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// end terminates the session that an interrupted plugin left open, and returns what happened to the
// session. The plugin passes an interrupt on to the shell, and does not close its session when it is
// killed.
//
// It takes at most 3 times e.grace, and returns early at the next signal.
func (s *session) end(ctx context.Context, began time.Time) string {
	// Under make, a signal to the process group arrives twice, because make sends it again.
	s.discardSignals()
	ctx, stop := s.untilSignal(ctx, nil)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 2*s.grace)
	defer cancel()
	id, err := s.findOpenSession(ctx, began)
	if err == nil && id == "" {
		return "no session is left open"
	}
	if err == nil {
		_, err = s.query(ctx, "SessionId", "ssm", "terminate-session", "--session-id", id)
	}
	if err != nil {
		return "if its session is still open, Systems Manager ends it after the idle timeout"
	}
	return "session " + id + " is terminated"
}

// findOpenSession returns the ID of the session that was opened on the instance, or "".
func (s *session) findOpenSession(ctx context.Context, began time.Time) (string, error) {
	owner, err := s.query(ctx, "Arn", "sts", "get-caller-identity")
	if err != nil {
		return "", err
	}
	if len(owner) != 1 {
		return "", errors.New("aws sts get-caller-identity: no Arn")
	}
	// The local clock and AWS's may differ by a few seconds.
	after := began.Add(-5 * time.Second).UTC().Format(time.RFC3339)
	sessions, err := s.query(ctx, "Sessions[].[StartDate,SessionId]", "ssm", "describe-sessions", "--state", "Active",
		"--filters", "key=Target,value="+s.instance.ID, "key=Owner,value="+owner[0], "key=InvokedAfter,value="+after)
	if err != nil || len(sessions) == 0 {
		return "", err
	}
	// Later sessions were opened from other terminals.
	fields := strings.Fields(slices.Min(sessions))
	return fields[len(fields)-1], nil
}

// query runs an AWS CLI command with --query, and returns the lines of the result.
func (s *session) query(ctx context.Context, query string, args ...string) ([]string, error) {
	printed, err := s.aws(ctx, "text", append(args, "--query", query)...)
	var lines []string
	for line := range strings.Lines(string(printed)) {
		if line = strings.TrimSpace(line); line != "" && line != "None" {
			lines = append(lines, line)
		}
	}
	return lines, err
}
