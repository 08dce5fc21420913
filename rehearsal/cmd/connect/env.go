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
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
)

// env is the environment in which the program runs.
type env struct {
	// environ are the environment variables of the programs that it runs, in the form "key=value".
	environ []string
	// lookPath finds a program on the PATH.
	lookPath func(name string) (string, error)
	// rehearse is the path of the rehearse program.
	rehearse       string
	stdin          *os.File
	stdout, stderr io.Writer
	signals        <-chan os.Signal
	now            func() time.Time
	// sleep returns after a time, or when the context ends.
	sleep func(context.Context, time.Duration)
	// interval is the time between two checks of the instance.
	interval time.Duration
	// grace is how long a program may take to exit after it was asked to, before it is killed.
	grace time.Duration
}

// siblingProgram returns the path of a program in the directory of this one.
func siblingProgram(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name+filepath.Ext(self))
}

// tool is a program that the user has to install.
type tool struct{ name, title, install string }

// The tools that commands need.
var (
	pulumiCLI = tool{"pulumi", "the Pulumi CLI", "https://www.pulumi.com/docs/iac/download-install/"}
	awsCLI    = tool{
		"aws", "the AWS CLI", "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
	}
	sessionPlugin = tool{
		"session-manager-plugin", "the Session Manager plugin of the AWS CLI",
		"https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
	}
	sshClient = tool{"ssh", "an SSH client", "https://www.openssh.com/"}
)

// checkTools returns an error that names every tool that is not installed.
func (e *env) checkTools(tools []tool) error {
	var missing []error
	for _, t := range tools {
		if _, err := e.lookPath(t.name); err != nil {
			missing = append(missing, fmt.Errorf("%s is not installed: there is no %q on the PATH. Install it from %s",
				t.title, t.name, t.install))
		}
	}
	return errors.Join(missing...)
}

// toolError is the failure of a program.
type toolError struct {
	// command is the beginning of the command line.
	command string
	// stderr is what the program wrote to its standard error, on one line.
	stderr string
	err    error
}

func (e *toolError) Error() string {
	if e.stderr == "" {
		return fmt.Sprintf("%s: %v", e.command, e.err)
	}
	return e.command + ": " + e.stderr
}

func (e *toolError) Unwrap() error { return e.err }

// stdinIsTerminal reports whether a person can enter input.
func (e *env) stdinIsTerminal() bool { return e.stdin != nil && term.IsTerminal(int(e.stdin.Fd())) }

// output runs a tool and returns its standard output. The tool may prompt on the terminal, such as for an
// MFA code. It does not read standard input that is not a terminal, which is for the session.
func (e *env) output(ctx context.Context, name string, args ...string) ([]byte, error) {
	file, err := e.lookPath(name)
	if err != nil {
		return nil, &toolError{command: name, err: err}
	}
	var stdin io.Reader
	if e.stdinIsTerminal() {
		stdin = e.stdin
	}
	return e.run(ctx, stdin, file, args...)
}

// run runs a program and returns its standard output. If the context ends first, the program is asked to
// exit, and killed after e.grace. The error is then the context's cause.
func (e *env) run(ctx context.Context, stdin io.Reader, file string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, file, args...)
	command.Env = slices.Concat(e.environ, []string{"AWS_PAGER="})
	command.Cancel = func() error { return askToEnd(command.Process) }
	command.WaitDelay = e.grace
	command.Stdin = stdin
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		name := strings.TrimSuffix(filepath.Base(file), ".exe")
		return nil, &toolError{
			command: name + " " + strings.Join(args[:min(2, len(args))], " "),
			stderr:  strings.Join(strings.Fields(stderr.String()), " "),
			err:     err,
		}
	}
	return output, nil
}
