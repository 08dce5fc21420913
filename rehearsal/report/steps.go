package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// stepWidth is the width of the longest name of a step.
const stepWidth = len("unprotect")

// StepStart returns the beginning of the line about a step, which can be written when the step starts.
// StepEnd returns the rest.
func StepStart(name string) string { return fmt.Sprintf("  %-*s", stepWidth, name) }

// StepEnd returns the rest of the line about a step and, if it failed, further lines with the reasons.
func StepEnd(step Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, " %6.2f s  ", step.Seconds)
	if !step.OK {
		b.WriteString("FAILED  ")
	}
	b.WriteString(changes(step) + "\n")
	for line := range strings.Lines(step.Error) {
		fmt.Fprintf(&b, "      %s\n", strings.TrimRight(line, "\n"))
	}
	return b.String()
}

// WriteSteps writes a line about each step.
func (r *Report) WriteSteps(w io.Writer) error {
	for _, step := range r.Steps {
		if _, err := io.WriteString(w, StepStart(step.Name)+StepEnd(step)); err != nil {
			return err
		}
	}
	return nil
}

// operations maps the engine's operations to the words that describe them, in the order of the output.
var operations = []struct{ name, done, planned string }{
	{"create", "created", "to create"},
	{"update", "updated", "to update"},
	{"replace", "replaced", "to replace"},
	{"delete", "deleted", "to delete"},
	{"discard", "no longer read", "no longer to read"},
	{"same", "unchanged", "unchanged"},
}

// changes returns how many resources a step changed, by operation.
func changes(step Step) string {
	var parts, others []string
	known := map[string]bool{}
	for _, op := range operations {
		known[op.name] = true
		text := op.done
		if step.Name == "preview" {
			text = op.planned
		}
		if n := step.Changes[op.name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, text))
		}
	}
	for op, n := range step.Changes {
		if n > 0 && !known[op] {
			others = append(others, fmt.Sprintf("%d %s", n, op))
		}
	}
	slices.Sort(others)
	if parts = append(parts, others...); len(parts) == 0 {
		return "no resources"
	}
	return strings.Join(parts, ", ")
}
