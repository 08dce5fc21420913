package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Text writes the report for people. The last line says whether all held, and
// otherwise what did not.
func (r *Report) Text(w io.Writer, strict bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Rehearsal of %s\n", r.Stack)
	r.steps(&b)
	r.claims(&b, marksFor(w))
	list(&b, "Assumed to exist in the account", r.Assumed)
	list(&b, "Kept on purpose", r.Kept)
	list(&b, "Left behind", r.Left)
	list(&b, "Problems", r.Problems)
	fmt.Fprintf(&b, "\n%s\n", r.Verdict(strict))
	_, err := io.WriteString(w, b.String())
	return err
}

// Verdict says in one line whether all held, and otherwise what did not.
func (r *Report) Verdict(strict bool) string {
	failures := r.Failures(strict)
	if len(failures) == 0 {
		var seconds float64
		for _, step := range r.Steps {
			seconds += step.Seconds
		}
		return fmt.Sprintf("%s: all held, in %.2f s", r.Stack, seconds)
	}
	verdict := fmt.Sprintf("%s: did not hold: %s", r.Stack, failures[0])
	if more := len(failures) - 1; more > 0 {
		verdict += fmt.Sprintf(" (and %d more above)", more)
	}
	return verdict
}

// steps writes a line for each step, and below it what went wrong.
func (r *Report) steps(b *strings.Builder) {
	width := 0
	for _, step := range r.Steps {
		width = max(width, len(step.Name))
	}
	for _, step := range r.Steps {
		mark := "ok  "
		if !step.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(b, "  %s  %-*s  %5.2f s  %s\n", mark, width, step.Name, step.Seconds, changes(step))
		for line := range strings.Lines(step.Error) {
			fmt.Fprintf(b, "          %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

// list writes a headed list, unless there is nothing in it.
func list(b *strings.Builder, heading string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", heading)
	for _, item := range items {
		fmt.Fprintf(b, "  - %s\n", item)
	}
}

// order is that in which changes are told: those that matter most come first.
var order = []string{"create", "update", "replace", "delete", "same"}

// done and planned tell changes that were made, and those that a preview foresees.
var (
	done = map[string]string{
		"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "same": "unchanged",
	}
	planned = map[string]string{
		"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete", "same": "unchanged",
	}
)

// changes tells how many resources a step changed, and how.
func changes(step Step) string {
	words := done
	if step.Name == "preview" {
		words = planned
	}
	var told, others []string
	for _, op := range order {
		if n := step.Changes[op]; n > 0 {
			told = append(told, fmt.Sprintf("%d %s", n, words[op]))
		}
	}
	for op, n := range step.Changes {
		if n > 0 && words[op] == "" {
			others = append(others, fmt.Sprintf("%d %s", n, op))
		}
	}
	slices.Sort(others)
	if told = append(told, others...); len(told) == 0 {
		return "nothing done"
	}
	return strings.Join(told, ", ")
}
