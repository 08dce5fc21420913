package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"bastionless/internal/contract"
	"bastionless/rehearsal/awssim"
	"bastionless/rehearsal/engine"
	"bastionless/rehearsal/proof"
	"bastionless/rehearsal/report"
)

// instanceType is the type of the resources that have termination protection.
const instanceType = "aws:ec2/instance:Instance"

// cloud is the simulated AWS account of a rehearsal.
type cloud interface {
	// NewProvider returns a provider for one operation.
	NewProvider() pulumirpc.ResourceProviderServer
	// Inventory returns the objects that have been created in the account.
	Inventory() []awssim.Object
	// Changed returns what the account contained from the start, and that has changed or no longer exists.
	Changed() ([]awssim.Object, error)
	// Assumed returns what is assumed about AWS and the account.
	Assumed() []string
}

// rehearsal runs the steps of a rehearsal and collects the result.
type rehearsal struct {
	stack *engine.Stack
	cloud cloud
	// exportPath is the file for the deployed state. Optional.
	exportPath string
	progress   progress
	report     report.Report
	// deployed is the state after the stack was deployed, or nil if that failed.
	deployed *apitype.DeploymentV3
}

// run runs all steps. It destroys the stack even if the deployment failed, to find out whether that succeeds.
func (r *rehearsal) run(ctx context.Context) *report.Report {
	r.report.Stack = r.stack.Name()
	r.addWarnings(r.stack.Warnings())
	if r.step(ctx, "preview", "predicts an update", r.stack.Preview, nil) {
		r.deploy(ctx)
		r.destroy(ctx)
	}
	if ctx.Err() != nil {
		r.problem("interrupted")
	}
	r.report.Assumed = r.cloud.Assumed()
	return &r.report
}

// deploy creates the stack, checks that a second update and a refresh change nothing, and checks the
// claims about it.
func (r *rehearsal) deploy(ctx context.Context) {
	if !r.step(ctx, "up", "creates everything", r.stack.Up, nil) {
		return
	}
	before := outputs(r.stack)
	r.step(ctx, "up again", "must change nothing", r.stack.Up, func(result *engine.Result) []string {
		return append(changes("changed", result), changedOutputs(before, outputs(r.stack))...)
	})
	if r.exportPath != "" {
		if err := writeFile(r.exportPath, r.stack.Export); err != nil {
			r.problem("export: " + err.Error())
		}
	}
	if err := r.prove(); err != nil {
		r.problem("claims: " + err.Error())
	}
	r.step(ctx, "refresh", "must find no drift", r.stack.Refresh, func(result *engine.Result) []string {
		return changes("drifted", result)
	})
}

// prove checks the claims about the exported state of the stack, as verify does. If there is nothing to prove, that is a
// warning.
func (r *rehearsal) prove() error {
	var state bytes.Buffer
	if err := r.stack.Export(&state); err != nil {
		return err
	}
	deployment, err := proof.Read(&state)
	if err != nil {
		return err
	}
	r.deployed = deployment
	claims, err := proof.Check(deployment, proof.Options{})
	if errors.Is(err, proof.ErrNoInstance) {
		r.addWarnings([]string{err.Error()})
		return nil
	}
	r.report.Claims = claims
	return err
}

// destroy destroys the stack and checks what is left in the account.
func (r *rehearsal) destroy(ctx context.Context) {
	if r.protected() {
		r.step(ctx, "unprotect", "sets "+contract.TerminationProtectionKey+" to false, because EC2 terminates no protected instance",
			func(ctx context.Context) *engine.Result {
				if err := r.stack.Configure(map[string]string{contract.TerminationProtectionKey: "false"}); err != nil {
					return &engine.Result{Err: err}
				}
				return r.stack.Up(ctx)
			}, nil)
	}
	retained := r.retained()
	r.step(ctx, "destroy", "deletes everything", r.stack.Destroy, nil)
	for _, object := range r.cloud.Inventory() {
		name := describeObject(object)
		if retained[objectID{object.Type, object.ID}] {
			r.report.Kept = append(r.report.Kept, name)
		} else {
			r.report.Left = append(r.report.Left, name)
		}
	}
	changed, err := r.cloud.Changed()
	if err != nil {
		r.problem("compare the account: " + err.Error())
	}
	for _, object := range changed {
		r.report.Changed = append(r.report.Changed, describeObject(object))
	}
}

// describeObject returns the type, the ID and the name of an object.
func describeObject(object awssim.Object) string {
	text := fmt.Sprintf("%s %s", object.Type, object.ID)
	if object.Name != "" {
		text += fmt.Sprintf(" %q", object.Name)
	}
	return text
}

// step runs an operation and adds it to the report. check, which may be nil, returns problems with the
// result of a successful operation. No step runs after an interrupt.
func (r *rehearsal) step(
	ctx context.Context, name, purpose string,
	operation func(context.Context) *engine.Result, check func(*engine.Result) []string,
) bool {
	if ctx.Err() != nil {
		return false
	}
	r.progress.stepStarts(name, purpose)
	result := operation(ctx)
	failure := result.Failure()
	if failure == "" && check != nil {
		failure = strings.Join(check(result), "\n")
	}
	for _, fix := range fixes(result.Diagnostics) {
		failure += "\nfix: " + fix
	}
	step := report.Step{
		Name:    name,
		OK:      failure == "",
		Seconds: math.Round(result.Duration.Seconds()*1000) / 1000,
		Changes: result.Changes,
		Error:   failure,
	}
	r.progress.stepEnds(step)
	r.report.Steps = append(r.report.Steps, step)
	for _, d := range result.Diagnostics {
		if d.Severity == string(diag.Warning) {
			r.addWarnings([]string{d.Text})
		}
	}
	return failure == ""
}

// addWarnings adds warnings that are not yet in the report. The program repeats its warnings in every update.
func (r *rehearsal) addWarnings(warnings []string) {
	for _, warning := range warnings {
		if !slices.Contains(r.report.Warnings, warning) {
			r.report.Warnings = append(r.report.Warnings, warning)
		}
	}
}

func (r *rehearsal) problem(text string) { r.report.Problems = append(r.report.Problems, text) }

// changes returns the changes that an operation made although it should change nothing.
func changes(verb string, result *engine.Result) []string {
	var found []string
	for _, step := range result.Changed() {
		found = append(found, verb+": "+step.String())
	}
	return found
}

// outputs returns the outputs of the stack.
func outputs(stack *engine.Stack) resource.PropertyMap {
	for _, state := range stack.State().Resources {
		if state.Type == resource.RootStackType {
			return resource.NewPropertyMapFromMap(state.Outputs)
		}
	}
	return nil
}

// changedOutputs lists the stack outputs that differ. The engine does not count them as changes.
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

// protected reports whether an instance has termination protection.
func (r *rehearsal) protected() bool {
	for _, state := range r.stack.State().Resources {
		if string(state.Type) == instanceType && state.Outputs["disableApiTermination"] == true {
			return true
		}
	}
	return false
}

// objectID identifies an object in the account.
type objectID struct{ typ, id string }

// retained returns the objects that the stack keeps when it is destroyed.
func (r *rehearsal) retained() map[objectID]bool {
	found := map[objectID]bool{}
	for _, state := range r.stack.State().Resources {
		if state.RetainOnDelete {
			found[objectID{string(state.Type), string(state.ID)}] = true
		}
	}
	return found
}
