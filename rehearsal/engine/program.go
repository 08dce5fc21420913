package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// exitLogged is the exit status of a Pulumi program that has told the engine
// itself why it failed.
const exitLogged = 32

// killDelay is how long a program may take to end after an interrupt.
const killDelay = 5 * time.Second

// Invocation is one run of the Pulumi program.
type Invocation struct {
	plugin.RunInfo
	// Context ends when the operation is cancelled.
	Context context.Context
	// EngineAddress is where the program's log messages go.
	EngineAddress string
	// Stdout and Stderr receive what the program writes for people.
	Stdout, Stderr func(line string)
}

// InProcess makes a Pulumi program of a function, for [Options.Run]. An error of
// the function is reported as a program's own error is.
func InProcess(body pulumi.RunFunc) func(Invocation) error {
	return func(in Invocation) error {
		values := make(map[string]string, len(in.Config))
		for key, value := range in.Config {
			values[key.String()] = value
		}
		return pulumi.RunErr(body, func(info *pulumi.RunInfo) {
			*info = pulumi.RunInfo{
				Project:       in.Project,
				RootDirectory: in.Info.RootDirectory(),
				Stack:         in.Stack,
				Config:        values,
				Parallel:      in.Parallel,
				DryRun:        in.DryRun,
				MonitorAddr:   in.MonitorAddress,
				EngineAddr:    in.EngineAddress,
				Organization:  in.Organization,
			}
		})
	}
}

// execute runs the compiled program at path as the Go language host of Pulumi does.
func execute(path string, in Invocation) error {
	environment, err := in.environment(os.Environ())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(in.Context, path, in.Args...)
	cmd.Dir = in.Pwd
	cmd.Env = environment
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killDelay

	stdout, stderr := &lineWriter{emit: in.Stdout}, &lineWriter{emit: in.Stderr}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	stdout.flush()
	stderr.flush()
	return err
}

// environment returns what the program finds in its environment: what it found
// under the CLI, less the user's AWS and Pulumi variables. A rehearsal must come
// out the same whoever runs it, and needs nobody's credentials.
func (in Invocation) environment(inherited []string) ([]string, error) {
	values := make(map[string]string, len(in.Config))
	for key, value := range in.Config {
		values[key.String()] = value
	}
	configuration, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	var env []string
	for _, variable := range inherited {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "PULUMI_") {
			env = append(env, variable)
		}
	}
	return append(
		env,
		pulumi.EnvOrganization+"="+in.Organization,
		pulumi.EnvProject+"="+in.Project,
		pulumi.EnvPulumiRootDirectory+"="+in.Info.RootDirectory(),
		pulumi.EnvStack+"="+in.Stack,
		pulumi.EnvConfig+"="+string(configuration),
		// Encrypted values are refused when the stack is opened.
		pulumi.EnvConfigSecretKeys+"=[]",
		pulumi.EnvDryRun+"="+strconv.FormatBool(in.DryRun),
		pulumi.EnvParallel+"="+strconv.Itoa(int(in.Parallel)),
		pulumi.EnvMonitor+"="+in.MonitorAddress,
		pulumi.EnvEngine+"="+in.EngineAddress,
	), nil
}

// lineWriter hands on what is written to it line by line.
type lineWriter struct {
	emit    func(line string)
	pending []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(text []byte) (int, error) {
	w.pending = append(w.pending, text...)
	for {
		end := bytes.IndexByte(w.pending, '\n')
		if end < 0 {
			return len(text), nil
		}
		w.emit(string(w.pending[:end]))
		w.pending = w.pending[end+1:]
	}
}

// flush hands on a last line that has no end.
func (w *lineWriter) flush() {
	if len(w.pending) > 0 {
		w.emit(string(w.pending))
		w.pending = nil
	}
}
