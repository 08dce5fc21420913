// Package pulumitest runs Pulumi programs for tests, without an engine and without a provider, and records what they
// declare.
//
// It proves what a program sends to the engine. It does not prove what the engine or AWS make of it: there is no state
// and no diff, the provider adds no defaults and refuses nothing, and the outputs that components register are not seen.
package pulumitest

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// Project is the project under which programs run.
const Project = "bastionless"

// Mode is what an engine would run the program for.
type Mode string

// The values of Mode.
const (
	// Update gives every resource an id and its computed properties.
	Update Mode = "update"
	// Preview gives none of them, as when nothing has been created yet.
	Preview Mode = "preview"
)

// Computed is a value that only an update knows.
func (m Mode) Computed(value any) any {
	if m == Preview {
		return Unknown
	}
	return value
}

// ID is the id that the recorder gives to a resource of this name.
func (m Mode) ID(name string) any { return m.Computed(name + "-id") }

// Both runs a test for an update and for a preview.
func Both(t *testing.T, test func(t *testing.T, mode Mode)) {
	t.Helper()
	for _, mode := range []Mode{Update, Preview} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			test(t, mode)
		})
	}
}

// Setup is what a program finds.
type Setup struct {
	// Mode is Update unless set.
	Mode Mode
	// Stack is the stack's name, "test" unless set.
	Stack string
	// Config is the stack's configuration, by whole key, such as "aws:region".
	Config map[string]string
	// Answers are to the program's lookups. The last that fits counts. A lookup without an answer fails the test.
	Answers []Answer
}

// Result is what a program did.
type Result struct {
	// Err is what the program returned, or else what became of its resources and lookups.
	Err error
	// Resources are all that it registered, but for the stack, in the order of their names.
	Resources []Resource
	// Invokes are its lookups, in order.
	Invokes []Invoke
	// Exports are its stack outputs.
	Exports Map
	// Warnings are what it logged as such, in order.
	Warnings []string
}

// Run runs a program to its end. A resource that is registered twice fails the test, since an engine refuses it.
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

// exportsType is a component whose inputs are the stack's outputs, since outputs that are registered are not seen.
const exportsType = "pulumitest:index:Exports"

func declareExports(ctx *pulumi.Context) error {
	inputs := pulumi.Map{}
	for name, value := range ctx.GetCurrentExportMap() {
		inputs[name] = value
	}
	return ctx.RegisterComponentResourceV2(exportsType, "exports", inputs, &pulumi.ResourceState{})
}

// warnings is a log that keeps warnings.
type warnings struct {
	pulumi.Log
	all []string
}

// Warn keeps a warning. Anything else that a program logs panics: the project logs nothing else.
func (w *warnings) Warn(text string, _ *pulumi.LogArgs) error {
	w.all = append(w.all, text)
	return nil
}

// RequireRejected demands that the program failed before it registered anything, with an error that has a line for each of the
// fields, in their order. The lines also say what is wrong with a field, which is not compared.
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
