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

// Operations that a Step or Changes can name; there are more, of imports.
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

// Result is what an operation did.
type Result struct {
	// Changes counts resources by what happened to them, as `pulumi` prints it: a
	// replacement counts once, as OpReplace.
	Changes map[string]int
	// Steps are what the engine did, in the order in which each began: a
	// replacement is several.
	Steps []Step
	// Diagnostics are the messages of the engine, the provider and the program.
	Diagnostics []Diagnostic
	// Events are all events of the engine, as it sent them.
	Events []pengine.Event
	// Duration is how long the operation took.
	Duration time.Duration
	// Err is nil if the operation did all that it set out to do.
	Err error
}

// Step is one thing that the engine did, or in a preview would do, to a resource.
type Step struct {
	URN resource.URN
	Op  string
	// Began and Ended are places in Result.Events. Ended is -1 where the operation
	// ended first.
	Began, Ended int
	// Failed says that the provider refused. Result.Diagnostics has its reason.
	Failed bool
	// Diff says what differs, one property a line, sorted. Empty for a creation, a
	// deletion and no change.
	Diff []string
	// Properties are the paths of what differs, sorted. Empty where Diff is.
	Properties []string
	// Causes are the properties that force a replacement.
	Causes []string
}

// String names the step as people read it.
func (s Step) String() string {
	text := fmt.Sprintf("%s %s", s.Op, describe(s.URN))
	if len(s.Diff) > 0 {
		text += ": " + strings.Join(s.Diff, "; ")
	}
	return text
}

// Diagnostic is a message of the engine, the provider or the program.
type Diagnostic struct {
	// Severity is debug, info, warning or error; what the program wrote to its
	// standard error is "info#err".
	Severity string
	// URN is the resource concerned, if one is.
	URN  resource.URN
	Text string
}

// Changed returns the steps that are more than a look: all but OpSame, OpRead and
// OpRefresh.
func (r *Result) Changed() []Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool {
		return s.Op == OpSame || s.Op == OpRead || s.Op == OpRefresh
	})
}

// Find returns the steps of the resource with a name. Names are the program's, not
// AWS's.
func (r *Result) Find(name string) []Step {
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool { return s.URN.Name() != name })
}

// Texts returns the messages of a severity, in order.
func (r *Result) Texts(severity string) []string {
	var texts []string
	for _, d := range r.Diagnostics {
		if d.Severity == severity {
			texts = append(texts, d.Text)
		}
	}
	return texts
}

// Failure says why the operation failed, each reason on a line with the resource
// that it concerns. It is empty if the operation did not fail.
func (r *Result) Failure() string {
	if r.Err == nil {
		return ""
	}
	var reasons []string
	for _, d := range r.Diagnostics {
		// A resource that failed ends the program, too; the engine says so of the
		// stack, which adds nothing.
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

// unwrap takes off what Pulumi puts around the one error that a program returned.
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

// describe names a resource by its type and name.
func describe(urn resource.URN) string {
	return fmt.Sprintf("%s %q", urn.Type(), urn.Name())
}

// collect fills in what the events tell.
func (r *Result) collect(events []pengine.Event) {
	r.Events = events
	open := map[resource.URN]int{}
	for place, event := range events {
		switch payload := event.Payload().(type) {
		case pengine.ResourcePreEventPayload:
			if !payload.Internal {
				open[payload.Metadata.URN] = len(r.Steps)
				r.Steps = append(r.Steps, newStep(payload.Metadata, place))
			}
		case pengine.ResourceOutputsEventPayload:
			if at, ok := open[payload.Metadata.URN]; ok && !payload.Internal {
				r.Steps[at].end(payload.Metadata, place)
				delete(open, payload.Metadata.URN)
			}
		case pengine.ResourceOperationFailedPayload:
			if at, ok := open[payload.Metadata.URN]; ok {
				r.Steps[at].Ended, r.Steps[at].Failed = place, true
				delete(open, payload.Metadata.URN)
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

// newStep makes a step of the event that announces it.
func newStep(m pengine.StepEventMetadata, place int) Step {
	step := Step{URN: m.URN, Op: string(m.Op), Began: place, Ended: -1}
	if m.New != nil && !m.New.Custom {
		// Nobody works on a component: it is there as soon as it is registered.
		step.Ended = place
	}
	step.explain(m)
	return step
}

// end completes a step by the event of its end. Only then is it known what a
// refresh has found.
func (s *Step) end(m pengine.StepEventMetadata, place int) {
	s.Op, s.Ended = string(m.Op), place
	s.explain(m)
}

// explain says what differs and what forces a replacement.
func (s *Step) explain(m pengine.StepEventMetadata) {
	s.Diff, s.Properties, s.Causes = nil, nil, nil
	if s.Op == OpSame || s.Op == OpCreate || s.Op == OpDelete {
		return
	}
	for _, key := range m.Keys {
		s.Causes = append(s.Causes, string(key))
	}
	for path, change := range m.DetailedDiff {
		s.Properties = append(s.Properties, path)
		line := path + ": " + change.Kind.String()
		if old, now, ok := values(m, path, change.InputDiff); ok {
			line = fmt.Sprintf("%s: %s => %s", path, old, now)
		}
		s.Diff = append(s.Diff, line)
	}
	if len(s.Diff) == 0 {
		for _, key := range changedKeys(m) {
			s.Diff, s.Properties = append(s.Diff, string(key)), append(s.Properties, string(key))
		}
	}
	slices.Sort(s.Diff)
	slices.Sort(s.Properties)
	slices.Sort(s.Causes)
}

// changedKeys returns the properties that differ if the engine has no detailed diff. For a component, which no provider compares,
// they are the inputs that differ.
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

// values returns what stood and what will stand at a path.
func values(m pengine.StepEventMetadata, path string, inputs bool) (old, now string, ok bool) {
	if m.Old == nil || m.New == nil {
		return "", "", false
	}
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return "", "", false
	}
	before, after := m.Old.Outputs, m.New.Inputs
	switch {
	case m.Op == deploy.OpRefresh:
		after = m.New.Outputs
	case inputs:
		before = m.Old.Inputs
	}
	return show(before, parsed), show(after, parsed), true
}

// show renders the value at a path.
func show(properties resource.PropertyMap, path resource.PropertyPath) string {
	value, ok := path.Get(resource.NewProperty(properties))
	switch {
	case !ok || value.IsNull():
		return "none"
	case value.ContainsSecrets():
		return "[secret]"
	case value.ContainsUnknowns():
		return "unknown"
	}
	text, err := json.Marshal(value.Mappable())
	if err != nil {
		return value.String()
	}
	return string(text)
}
