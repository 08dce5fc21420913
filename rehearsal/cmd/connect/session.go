package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// session runs the command of a session until it ends, and returns its exit status.
//
// The command gets a process group of its own, and the terminal where there is one: so Ctrl-C goes to the session, not to
// us and to the make that may have started us. Signals to us are passed on, and what then does not end is killed.
func (h *host) session(words []string) (int, error) {
	file, ok := h.find(words[0])
	if !ok {
		return 0, fmt.Errorf("%s: %w", words[0], exec.ErrNotFound)
	}
	command := exec.Command(file, words[1:]...)
	command.Env = h.environment
	command.Stdout, command.Stderr = h.stdout, h.stderr
	command.WaitDelay = h.grace
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if h.stdin != nil {
		command.Stdin = h.stdin
		if h.terminal() {
			fd := int(h.stdin.Fd())
			attributes.Foreground, attributes.Ctty = true, fd
			defer regain(fd)
		}
	}
	command.SysProcAttr = attributes
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("%s: %w", words[0], err)
	}
	group := -command.Process.Pid
	// Whatever the command left running goes with it.
	defer func() { _ = syscall.Kill(group, syscall.SIGKILL) }()
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	var interrupted error
	var kill <-chan time.Time
	for {
		select {
		case err := <-ended:
			if interrupted != nil {
				return 0, interrupted
			}
			return exitStatus(err)
		case received := <-h.signals:
			interrupted = interruptError{received}
			if number, ok := received.(syscall.Signal); ok {
				_ = syscall.Kill(group, number)
			}
			kill = time.After(h.grace)
		case <-kill:
			_ = syscall.Kill(group, syscall.SIGKILL)
		}
	}
}

// endTime ends each question after a session.
const endTime = 20 * time.Second

// end ends what an interrupted session left at Systems Manager, and says what became of it. A shell's plugin takes an
// interrupt for one to the shell, and leaves its session open when it is killed.
func (v *visit) end(begun time.Time) string {
	const later = "Systems Manager ends what is left of it after the idle time-out"
	owner, err := v.askFor("Arn", "sts", "get-caller-identity")
	if err != nil || len(owner) != 1 {
		return later
	}
	// The earliest since then is ours: later ones are of other windows. The clocks may differ by some seconds.
	sessions, err := v.askFor("Sessions[].[StartDate,SessionId]", "ssm", "describe-sessions", "--state", "Active", "--filters",
		"key=Target,value="+v.id, "key=Owner,value="+owner[0],
		"key=InvokedAfter,value="+begun.Add(-5*time.Second).UTC().Format(time.RFC3339))
	if err != nil {
		return later
	}
	if len(sessions) == 0 {
		return "no session is left"
	}
	slices.Sort(sessions)
	fields := strings.Fields(sessions[0])
	id := fields[len(fields)-1]
	if _, err := v.askFor("SessionId", "ssm", "terminate-session", "--session-id", id); err != nil {
		return later
	}
	return "session " + id + " is ended"
}

// askFor asks AWS and returns the lines that a query leaves of the answer.
func (v *visit) askFor(query string, args ...string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	text, err := v.ask(ctx, "aws", append(v.aws("text", args...), "--query", query)...)
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line != "None" {
			lines = append(lines, line)
		}
	}
	return lines, err
}

// exitStatus returns the exit status of a command that ended so.
func exitStatus(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return succeeded, nil
	case !errors.As(err, &exit):
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return onSignal + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// regain takes the terminal back from a command that has ended.
func regain(fd int) {
	// The terminal stops who asks for it from the background, unless the signal is ignored.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	_ = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, unix.Getpgrp())
}
