package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/report"
)

// instanceType is the type whose resources can be protected from termination.
const instanceType = "aws:ec2/instance:Instance"

// account is the simulated AWS account of a rehearsal.
type account interface {
	// NewProvider returns a provider for one operation.
	NewProvider() plugin.Provider
	// Inventory returns what the account holds and did not hold at first.
	Inventory() []awssim.Object
	// Assumed returns what the account has taken for granted.
	Assumed() []string
}

// rehearsal takes a stack through its life.
type rehearsal struct {
	stack   *engine.Stack
	account account
	// export is where the deployed state goes, if anywhere.
	export string
	// progress receives a line between operations, if there is one.
	progress io.Writer
	report   *report.Report
}

// newRehearsal prepares to rehearse a stack in an account.
func newRehearsal(stack *engine.Stack, account account, progress io.Writer) *rehearsal {
	return &rehearsal{
		stack: stack, account: account, progress: progress,
		report: &report.Report{Stack: stack.Name()},
	}
}

// run rehearses, and reports what it finds. Whatever fails, what was deployed is
// destroyed, since a failure to do so is worth knowing, too.
func (r *rehearsal) run(ctx context.Context) {
	if r.step(ctx, "preview", "what an up would do", r.stack.Preview, nil) {
		r.deploy(ctx)
		r.tearDown(ctx)
	}
	if ctx.Err() != nil {
		r.report.Problems = append(r.report.Problems, "interrupted")
	}
	r.report.Assumed = r.account.Assumed()
}

// deploy brings the stack up and finds out whether it stays as it is.
func (r *rehearsal) deploy(ctx context.Context) {
	if !r.step(ctx, "up", "create everything", r.stack.Up, nil) {
		return
	}
	before := outputs(r.stack)
	r.step(ctx, "up again", "must change nothing", r.stack.Up, func(result *engine.Result) []string {
		return append(changes("changed", result), changedOutputs(before, outputs(r.stack))...)
	})
	if r.export != "" {
		if err := writeFile(r.export, r.stack.Export); err != nil {
			r.report.Problems = append(r.report.Problems, "export: "+err.Error())
		}
	}
	r.prove()
	r.step(ctx, "refresh", "must find no drift", r.stack.Refresh, func(result *engine.Result) []string {
		return changes("drifted", result)
	})
}

// tearDown destroys the stack and looks at what is left.
func (r *rehearsal) tearDown(ctx context.Context) {
	if r.protected() {
		r.step(ctx, "unprotect", "terminationProtection=false, as AWS demands before a destroy",
			func(ctx context.Context) *engine.Result {
				if err := r.stack.Configure(map[string]string{"terminationProtection": "false"}); err != nil {
					return &engine.Result{Err: err}
				}
				return r.stack.Up(ctx)
			}, nil)
	}
	retained := r.retained()
	r.step(ctx, "destroy", "delete everything", r.stack.Destroy, nil)
	for _, object := range r.account.Inventory() {
		name := fmt.Sprintf("%s %s", object.Type, object.ID)
		if object.Name != "" {
			name += fmt.Sprintf(" %q", object.Name)
		}
		if retained[identity{object.Type, object.ID}] {
			r.report.Kept = append(r.report.Kept, name)
		} else {
			r.report.Left = append(r.report.Left, name)
		}
	}
}

// step does one thing with the stack and reports it. Where the operation succeeds,
// hold says what about it must not be.
func (r *rehearsal) step(
	ctx context.Context, name, purpose string,
	operation func(context.Context) *engine.Result, hold func(*engine.Result) []string,
) bool {
	if ctx.Err() != nil {
		return false
	}
	if r.progress != nil {
		fmt.Fprintf(r.progress, "\n--- %s: %s\n", name, purpose)
	}
	result := operation(ctx)
	failure := result.Failure()
	if failure == "" && hold != nil {
		failure = strings.Join(hold(result), "\n")
	}
	r.report.Steps = append(r.report.Steps, report.Step{
		Name:    name,
		OK:      failure == "",
		Seconds: math.Round(result.Duration.Seconds()*1000) / 1000,
		Changes: result.Changes,
		Error:   failure,
	})
	return failure == ""
}

// changes says what an operation changed that was to change nothing.
func changes(verb string, result *engine.Result) []string {
	var found []string
	for _, step := range result.Changed() {
		found = append(found, verb+": "+step.String())
	}
	return found
}

// outputs returns the stack's outputs.
func outputs(stack *engine.Stack) resource.PropertyMap {
	for _, state := range stack.Snapshot().Resources {
		if state.Type == resource.RootStackType {
			return state.Outputs
		}
	}
	return nil
}

// changedOutputs names the stack's outputs that differ. The engine counts a stack
// whose outputs differ as unchanged.
func changedOutputs(before, after resource.PropertyMap) []string {
	difference := before.Diff(after)
	if difference == nil {
		return nil
	}
	var found []string
	for _, key := range difference.Keys() {
		if difference.Changed(key) {
			found = append(found, fmt.Sprintf("changed: stack output %q", string(key)))
		}
	}
	slices.Sort(found)
	return found
}

// protected says whether an instance refuses to be terminated.
func (r *rehearsal) protected() bool {
	for _, state := range r.stack.Snapshot().Resources {
		protection := state.Outputs["disableApiTermination"]
		if string(state.Type) == instanceType && protection.IsBool() && protection.BoolValue() {
			return true
		}
	}
	return false
}

// identity is what tells an object in the account from all others.
type identity struct{ kind, id string }

// retained returns the objects that the program keeps on purpose.
func (r *rehearsal) retained() map[identity]bool {
	found := map[identity]bool{}
	for _, state := range r.stack.Snapshot().Resources {
		if state.RetainOnDelete {
			found[identity{string(state.Type), string(state.ID)}] = true
		}
	}
	return found
}
