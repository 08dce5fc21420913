// Package pulumitest runs Pulumi programs in tests, without an engine or a provider, and records the
// resources that they declare.
//
// A test sees what a program sends to the engine. It does not see what the engine or AWS would do with
// it: there is no state and no diff, no provider adds defaults or rejects inputs, and the outputs that
// components register are not recorded.
package pulumitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// Project is the name of the project in which programs run.
const Project = "bastionless"

// Mode is the kind of operation for which a program runs.
type Mode string

// The values of Mode.
const (
	// Update sets the ID and the computed properties of every resource.
	Update Mode = "update"
	// Preview leaves them unknown, as if nothing had been created yet.
	Preview Mode = "preview"
)

// Computed returns a value in an update, and Unknown in a preview.
func (m Mode) Computed(value any) any {
	if m == Preview {
		return Unknown
	}
	return value
}

// ID returns the ID that a resource with this name has: NAME-id in an update, and Unknown in a preview.
func (m Mode) ID(name string) any { return m.Computed(name + "-id") }

// EachMode runs a test for an update and for a preview.
func EachMode(t *testing.T, test func(t *testing.T, mode Mode)) {
	t.Helper()
	for _, mode := range []Mode{Update, Preview} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			test(t, mode)
		})
	}
}

// Setup describes the environment of a program.
type Setup struct {
	// Mode defaults to Update.
	Mode Mode
	// Stack is the name of the stack. It defaults to "test".
	Stack string
	// Config is the configuration of the stack, by full key, such as "aws:region".
	Config map[string]string
	// Answers are the answers to the program's lookups. If several match a lookup, the last one is used.
	// A lookup without an answer fails the test.
	Answers []Answer
}

// Result is the result of a run.
type Result struct {
	// Err is the error that the program returned or, if it returned none, that of its resources and lookups.
	Err error
	// Resources are the registered resources except the stack, in the order of their keys.
	Resources []Resource
	// Invokes are the lookups, in the order in which they were made.
	Invokes []Invoke
	// Exports are the stack outputs.
	Exports Map
	// Warnings are the warnings that the program logged, in order.
	Warnings []string
}

// Run runs a program. A resource that is registered twice fails the test, because the engine would reject it.
func Run(t testing.TB, setup Setup, program pulumi.RunFunc) *Result {
	t.Helper()
	if setup.Mode == "" {
		setup.Mode = Update
	}
	if setup.Stack == "" {
		setup.Stack = "test"
	}
	recorder := &recorder{mode: setup.Mode, answers: setup.Answers, exports: Map{}}
	log := &warnings{}
	var returned error
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		ctx.Log = log
		if returned = program(ctx); returned != nil {
			return returned
		}
		return declareExports(ctx)
	}, pulumi.WithMocks(Project, setup.Stack, recorder), func(info *pulumi.RunInfo) {
		info.DryRun = setup.Mode == Preview
		info.Config = setup.Config
		info.RootDirectory = stacksDir()
	})
	if returned != nil {
		err = returned
	}
	for _, mistake := range recorder.mistakes {
		t.Error(mistake)
	}
	sortResources(recorder.resources)
	return &Result{
		Err:       err,
		Resources: recorder.resources,
		Invokes:   recorder.invokes,
		Exports:   recorder.exports,
		Warnings:  log.all,
	}
}

// exportsType is the type of a component whose inputs are the stack outputs, because mocks do not see outputs.
const exportsType = "pulumitest:index:Exports"

func declareExports(ctx *pulumi.Context) error {
	inputs := pulumi.Map{}
	for name, value := range ctx.GetCurrentExportMap() {
		inputs[name] = value
	}
	return ctx.RegisterComponentResourceV2(exportsType, "exports", inputs, &pulumi.ResourceState{})
}

// warnings is a log that records warnings.
type warnings struct {
	pulumi.Log
	all []string
}

// Warn records a warning. The other methods panic: the program logs only warnings.
func (w *warnings) Warn(text string, _ *pulumi.LogArgs) error {
	w.all = append(w.all, text)
	return nil
}

// RequireRejected requires that the program failed before it registered any resource, with an error that
// has one line for each of these fields, in this order. It does not compare the rest of the lines.
func (r *Result) RequireRejected(t testing.TB, fields ...string) {
	t.Helper()
	require.Error(t, r.Err)
	require.Empty(t, r.Resources)
	lines := strings.Split(r.Err.Error(), "\n")
	require.Len(t, lines, len(fields), r.Err)
	for i, field := range fields {
		require.Contains(t, lines[i], field)
	}
}

// stacksDir returns the directory of the stack files for tests: testdata/stacks of the repository, or "" outside of it.
func stacksDir() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata", "stacks")
		}
		dir = filepath.Dir(dir)
	}
	return ""
}
