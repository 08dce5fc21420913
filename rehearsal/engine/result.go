package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	pengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Values of Step.Op and keys of Result.Changes. Pulumi has more, for imports.
const (
	OpSame              = string(deploy.OpSame)
	OpCreate            = string(deploy.OpCreate)
	OpUpdate            = string(deploy.OpUpdate)
	OpDelete            = string(deploy.OpDelete)
	OpReplace           = string(deploy.OpReplace)
	OpCreateReplacement = string(deploy.OpCreateReplacement)
	OpDeleteReplaced    = string(deploy.OpDeleteReplaced)
	OpRead              = string(deploy.OpRead)
	OpRefresh           = string(deploy.OpRefresh)
)

// Result describes what an operation did.
type Result struct {
	// Changes counts resources by operation, as the Pulumi CLI does: a replacement counts once, as OpReplace.
	Changes map[string]int
	// Steps are the engine's steps in the order in which they started. A replacement consists of several.
	Steps []Step
	// Diagnostics are the messages of the engine, the provider and the program.
	Diagnostics []Diagnostic
	// Duration is how long the operation took.
	Duration time.Duration
	// Err is nil if the operation succeeded.
	Err error
}

// Step is a step of the engine, or of a preview, for one resource.
type Step struct {
	URN resource.URN
	Op  string
	// Start and End are the positions of the step's first and last event among all events of the operation.
	// End is -1 if the step did not end.
	Start, End int
	// Failed is true if the provider returned an error, which is in Result.Diagnostics.
	Failed bool
	// Diff has one line for each property that differs, sorted. It is empty for OpSame, OpCreate and OpDelete.
	Diff []string
	// Properties are the paths of the properties that differ, sorted. They are empty when Diff is.
	Properties []string
	// ReplaceKeys are the properties that require a replacement, sorted.
	ReplaceKeys []string
}

// String returns the operation, the resource and the diff, for messages.
func (s Step) String() string {
	text := fmt.Sprintf("%s %s", s.Op, describe(s.URN))
	if len(s.Diff) > 0 {
		text += ": " + strings.Join(s.Diff, "; ")
	}
	return text
}

// Diagnostic is a message of the engine, the provider or the program.
type Diagnostic struct {
	// Severity is "debug", "info", "warning" or "error", or "info#err" for the program's standard error.
	Severity string
	// URN is the URN of the resource that the message is about. Empty if it is not about a resource.
	URN  resource.URN
	Text string
}

// Changed returns the steps that change something: all except OpSame, OpRead and OpRefresh.
func (r *Result) Changed() []Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool {
		return s.Op == OpSame || s.Op == OpRead || s.Op == OpRefresh
	})
}

// Messages returns the texts of the diagnostics of a severity, in order.
func (r *Result) Messages(severity string) []string {
	var messages []string
	for _, d := range r.Diagnostics {
		if d.Severity == severity {
			messages = append(messages, d.Text)
		}
	}
	return messages
}

// Failure returns why the operation failed: one line for each reason, with its resource. It is empty if the
// operation succeeded.
func (r *Result) Failure() string {
	if r.Err == nil {
		return ""
	}
	var reasons []string
	for _, d := range r.Diagnostics {
		// When a resource fails, the engine also reports that the stack has failed.
		if d.Severity != string(diag.Error) || d.Text == "update failed" || d.Text == "preview failed" {
			continue
		}
		reason := unwrap(d.Text)
		if d.URN != "" {
			reason = describe(d.URN) + ": " + reason
		}
		reasons = append(reasons, reason)
	}
	if len(reasons) == 0 {
		return r.Err.Error()
	}
	return strings.Join(reasons, "\n")
}

// unwrap removes the text that Pulumi adds to an error that the program returned.
func unwrap(text string) string {
	reason, ok := strings.CutPrefix(text, "an unhandled error occurred: ")
	if !ok {
		return text
	}
	reason = strings.TrimPrefix(reason, "program failed: \n")
	if inner, ok := strings.CutPrefix(reason, "1 error occurred:\n\t* "); ok {
		return inner
	}
	return text
}

// describe returns the type and the name of a resource.
func describe(urn resource.URN) string {
	return fmt.Sprintf("%s %q", urn.Type(), urn.Name())
}

// addEvents adds the steps and diagnostics that events report.
func (r *Result) addEvents(events []pengine.Event) {
	running := map[resource.URN]int{}
	for position, event := range events {
		switch payload := event.Payload().(type) {
		case pengine.ResourcePreEventPayload:
			if !payload.Internal {
				running[payload.Metadata.URN] = len(r.Steps)
				r.Steps = append(r.Steps, newStep(payload.Metadata, position))
			}
		case pengine.ResourceOutputsEventPayload:
			if i, ok := running[payload.Metadata.URN]; ok && !payload.Internal {
				r.Steps[i].end(payload.Metadata, position)
				delete(running, payload.Metadata.URN)
			}
		case pengine.ResourceOperationFailedPayload:
			if i, ok := running[payload.Metadata.URN]; ok {
				r.Steps[i].End, r.Steps[i].Failed = position, true
				delete(running, payload.Metadata.URN)
			}
		case pengine.DiagEventPayload:
			if !payload.Ephemeral {
				r.Diagnostics = append(r.Diagnostics, Diagnostic{
					Severity: string(payload.Severity),
					URN:      payload.URN,
					Text:     strings.TrimRight(colors.Never.Colorize(payload.Message), "\n"),
				})
			}
		}
	}
}

// newStep returns the step that the event at a position announces.
func newStep(m pengine.StepEventMetadata, position int) Step {
	step := Step{URN: m.URN, Op: string(m.Op), Start: position, End: -1}
	if m.New != nil && !m.New.Custom {
		// A component exists as soon as it is registered; the engine sends no second event.
		step.End = position
	}
	step.setDiff(m)
	return step
}

// end completes a step with its last event, the first one that contains what a refresh has found.
func (s *Step) end(m pengine.StepEventMetadata, position int) {
	s.Op, s.End = string(m.Op), position
	s.setDiff(m)
}

// setDiff sets Diff, Properties and ReplaceKeys.
func (s *Step) setDiff(m pengine.StepEventMetadata) {
	s.Diff, s.Properties, s.ReplaceKeys = nil, nil, nil
	if s.Op == OpSame || s.Op == OpCreate || s.Op == OpDelete {
		return
	}
	for _, key := range m.Keys {
		s.ReplaceKeys = append(s.ReplaceKeys, string(key))
	}
	for path, change := range m.DetailedDiff {
		line := path + ": " + change.Kind.String()
		if before, after, ok := valuesAt(m, path, change.InputDiff); ok {
			line = fmt.Sprintf("%s: %s => %s", path, before, after)
		}
		s.Diff, s.Properties = append(s.Diff, line), append(s.Properties, path)
	}
	if len(s.Diff) == 0 {
		for _, key := range changedKeys(m) {
			s.Diff, s.Properties = append(s.Diff, string(key)), append(s.Properties, string(key))
		}
	}
	slices.Sort(s.Diff)
	slices.Sort(s.Properties)
	slices.Sort(s.ReplaceKeys)
}

// changedKeys returns the properties that differ if the engine has no detailed diff. Components have no
// provider that compares their inputs, so they are compared here.
func changedKeys(m pengine.StepEventMetadata) []resource.PropertyKey {
	if len(m.Diffs) > 0 || m.Old == nil || m.New == nil {
		return m.Diffs
	}
	difference := m.Old.Inputs.Diff(m.New.Inputs)
	if difference == nil {
		return nil
	}
	return slices.DeleteFunc(difference.Keys(), func(key resource.PropertyKey) bool { return !difference.Changed(key) })
}

// valuesAt returns the values at a path before and after the step.
func valuesAt(m pengine.StepEventMetadata, path string, inputs bool) (before, after string, ok bool) {
	if m.Old == nil || m.New == nil {
		return "", "", false
	}
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return "", "", false
	}
	previous, next := m.Old.Outputs, m.New.Inputs
	switch {
	case m.Op == deploy.OpRefresh:
		next = m.New.Outputs
	case inputs:
		previous = m.Old.Inputs
	}
	return format(previous, parsed), format(next, parsed), true
}

// format returns the value at a path as JSON, or a word if the value cannot be shown.
func format(properties resource.PropertyMap, path resource.PropertyPath) string {
	value, ok := path.Get(resource.NewProperty(properties))
	switch {
	case !ok || value.IsNull():
		return "none"
	case value.ContainsSecrets():
		return "[secret]"
	case value.ContainsUnknowns():
		return "unknown"
	}
	encoded, err := json.Marshal(value.Mappable())
	if err != nil {
		return value.String()
	}
	return string(encoded)
}
