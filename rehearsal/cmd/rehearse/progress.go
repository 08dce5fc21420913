package main

import (
	"fmt"
	"io"

	"bastionless/rehearsal/report"
)

// progress shows the steps of a rehearsal while they run: by default one line for each, whose beginning is
// written when the step starts.
type progress struct {
	w io.Writer
	// verbose writes a heading for each step. The engine shows the rest.
	verbose bool
	// quiet writes nothing.
	quiet bool
}

func (p progress) begin(stack string) {
	if !p.quiet {
		fmt.Fprintf(p.w, "Rehearsing %s with a simulated AWS:\n", stack)
	}
}

func (p progress) stepStarts(name, purpose string) {
	switch {
	case p.quiet:
	case p.verbose:
		fmt.Fprintf(p.w, "\n--- %s: %s\n", name, purpose)
	default:
		fmt.Fprint(p.w, report.StepStart(name))
	}
}

func (p progress) stepEnds(step report.Step) {
	switch {
	case p.quiet:
	case p.verbose:
		fmt.Fprintln(p.w)
	default:
		fmt.Fprint(p.w, report.StepEnd(step))
	}
}
