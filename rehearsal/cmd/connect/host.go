package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// host is where the program runs.
type host struct {
	environment    []string
	stdin          *os.File
	stdout, stderr io.Writer
	signals        <-chan os.Signal
	now            func() time.Time
	// sleep sleeps for a time, or until the context ends.
	sleep func(context.Context, time.Duration)
	// interval is between two questions for the instance; grace is what a session has to end after a signal.
	interval, grace time.Duration
	prove           proofs
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tool is a program of others.
type tool struct{ name, title, install string }

// Tools.
var (
	pulumiCLI     = tool{"pulumi", "the Pulumi CLI", "https://www.pulumi.com/docs/iac/download-install/"}
	awsCLI        = tool{"aws", "the AWS CLI", "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"}
	sessionPlugin = tool{
		"session-manager-plugin", "the AWS CLI's Session Manager plugin",
		"https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
	}
	sshClient = tool{"ssh", "an SSH client", "https://www.openssh.com/"}
)

// find returns the file that a tool's name stands for on the PATH.
func (h *host) find(name string) (string, bool) {
	var path string
	for _, variable := range h.environment {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, true
		}
	}
	return "", false
}

// missing says which of the tools are not there, and where to get them.
func (h *host) missing(tools []tool) error {
	var lines []string
	for _, t := range tools {
		if _, ok := h.find(t.name); !ok {
			lines = append(lines, fmt.Sprintf(
				"%s is missing: there is no %q on the PATH. Install it: %s", t.title, t.name, t.install))
		}
	}
	if lines == nil {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// toolError is what a tool said when it failed.
type toolError struct {
	command string
	words   string
	err     error
}

func (e *toolError) Error() string {
	if e.words == "" {
		return fmt.Sprintf("%s: %v", e.command, e.err)
	}
	return e.command + ": " + e.words
}

func (e *toolError) Unwrap() error { return e.err }

// terminal says whether a person can be asked.
func (h *host) terminal() bool { return h.stdin != nil && term.IsTerminal(int(h.stdin.Fd())) }

// ask runs a tool and returns what it prints. The tool may ask questions of its own, such as for an MFA code.
func (h *host) ask(ctx context.Context, name string, args ...string) ([]byte, error) {
	file, ok := h.find(name)
	if !ok {
		return nil, &toolError{name, "", exec.ErrNotFound}
	}
	command := exec.CommandContext(ctx, file, args...)
	command.Env = append(h.environment[:len(h.environment):len(h.environment)], "AWS_PAGER=")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = h.grace
	if h.terminal() {
		// What is piped in is the session's.
		command.Stdin = h.stdin
	}
	var words bytes.Buffer
	command.Stderr = &words
	printed, err := command.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		shown := name + " " + strings.Join(args[:min(2, len(args))], " ")
		return nil, &toolError{shown, strings.Join(strings.Fields(words.String()), " "), err}
	}
	return printed, nil
}
