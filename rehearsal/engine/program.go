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

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// exitLogged is the exit status of a Pulumi program that has already reported its error to the engine.
const exitLogged = 32

// killDelay is the time that a program has to exit after an interrupt before it is killed.
const killDelay = 5 * time.Second

// Invocation describes one run of the Pulumi program.
type Invocation struct {
	// Organization, Project and Stack are the names of these.
	Organization, Project, Stack string
	// RootDirectory is the directory of Pulumi.yaml, and Directory the program's working directory.
	RootDirectory, Directory string
	// Config is the configuration by full key, such as "aws:region".
	Config map[string]string
	// Args are the program's arguments.
	Args []string
	// DryRun says that this is a preview.
	DryRun bool
	// Parallel is the maximum number of resource operations that run at once.
	Parallel int32
	// MonitorAddress is the address of the service that registers resources.
	MonitorAddress string
	// EngineAddress is the address of the service that receives the program's log messages.
	EngineAddress string
	// Stdout and Stderr receive the program's output line by line, without the newlines.
	Stdout, Stderr func(line string)
}

// InProcess converts a Pulumi function to a value for [Options.Run]. An error that the function returns
// is reported like the error of a compiled program.
func InProcess(body pulumi.RunFunc) func(context.Context, Invocation) error {
	return func(_ context.Context, in Invocation) error {
		return pulumi.RunErr(body, func(info *pulumi.RunInfo) {
			*info = pulumi.RunInfo{
				Project:       in.Project,
				RootDirectory: in.RootDirectory,
				Stack:         in.Stack,
				Config:        in.Config,
				Parallel:      in.Parallel,
				DryRun:        in.DryRun,
				MonitorAddr:   in.MonitorAddress,
				EngineAddr:    in.EngineAddress,
				Organization:  in.Organization,
			}
		})
	}
}

// execute runs the compiled program at path as Pulumi's Go language host does.
func execute(ctx context.Context, path string, in Invocation) error {
	environment, err := in.environment(os.Environ())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, in.Args...)
	cmd.Dir = in.Directory
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

// environment returns the environment that the CLI passes to the program, without the user's AWS_ and
// PULUMI_ variables. A rehearsal needs no credentials, and must not depend on the user who runs it.
func (in Invocation) environment(inherited []string) ([]string, error) {
	configuration, err := json.Marshal(in.Config)
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
		pulumi.EnvPulumiRootDirectory+"="+in.RootDirectory,
		pulumi.EnvStack+"="+in.Stack,
		pulumi.EnvConfig+"="+string(configuration),
		// Configure refuses encrypted values.
		pulumi.EnvConfigSecretKeys+"=[]",
		pulumi.EnvDryRun+"="+strconv.FormatBool(in.DryRun),
		pulumi.EnvParallel+"="+strconv.Itoa(int(in.Parallel)),
		pulumi.EnvMonitor+"="+in.MonitorAddress,
		pulumi.EnvEngine+"="+in.EngineAddress,
	), nil
}

// lineWriter calls emit for each line that is written to it.
type lineWriter struct {
	emit    func(line string)
	pending []byte
}

// Write implements io.Writer.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.pending = append(w.pending, p...)
	for {
		end := bytes.IndexByte(w.pending, '\n')
		if end < 0 {
			return len(p), nil
		}
		w.emit(string(w.pending[:end]))
		w.pending = w.pending[end+1:]
	}
}

// flush emits a last line that does not end in a newline.
func (w *lineWriter) flush() {
	if len(w.pending) > 0 {
		w.emit(string(w.pending))
		w.pending = nil
	}
}
