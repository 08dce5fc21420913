// Package report holds what a rehearsal found, and tells it to people and to other
// programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Classes of claims.
const (
	// Required claims are those without which the stack fails its purpose.
	Required = "required"
	// Hardening claims count only where a rehearsal is strict.
	Hardening = "hardening"
)

// Results of claims.
const (
	Proven    = "proven"
	Refuted   = "refuted"
	Undecided = "undecided"
)

// Report is what a rehearsal found. Its JSON is read by other programs: names and
// meanings are kept.
type Report struct {
	// Stack is the stack's name.
	Stack string `json:"stack"`
	// OK says that all that was required held.
	OK bool `json:"ok"`
	// Steps are what was done, in order.
	Steps []Step `json:"steps"`
	// Claims are what was to be proven of the deployed stack.
	Claims []Claim `json:"claims"`
	// Assumed is what the stack needs in the account and the simulated account took
	// for granted.
	Assumed []string `json:"assumed"`
	// Kept is what the stack leaves in the account on purpose.
	Kept []string `json:"kept"`
	// Left is what else is in the account at the end. It must be empty.
	Left []string `json:"left"`
	// Problems are what did not hold outside steps and claims.
	Problems []string `json:"-"`
}

// Step is one thing that was done with the stack.
type Step struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"seconds"`
	// Changes counts resources by what happened to them: create, update, replace,
	// delete, same.
	Changes map[string]int `json:"changes"`
	// Error says why the step is not OK, a reason a line.
	Error string `json:"error"`
}

// Claim is one thing that was to be proven of one subject.
type Claim struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	// Class is Required or Hardening.
	Class string `json:"class"`
	// Result is Proven, Refuted or Undecided.
	Result string   `json:"result"`
	Why    []string `json:"why"`
}

// Conclude sets OK. A required claim holds only where it is proven: undecided is not good enough to deploy on. Strict
// requires hardening claims, too.
func (r *Report) Conclude(strict bool) {
	r.OK = len(r.Failures(strict)) == 0
}

// Failures says what did not hold, a line each.
func (r *Report) Failures(strict bool) []string {
	// Problems come first: an interrupt is why the step that it hit has failed.
	failures := slices.Clone(r.Problems)
	for _, step := range r.Steps {
		if !step.OK {
			failures = append(failures, step.Name+": "+oneLine(step.Error))
		}
	}
	for _, claim := range r.Claims {
		if (claim.Class == Required || strict) && claim.Result != Proven {
			failures = append(failures, fmt.Sprintf("%s (%s): %s", claim.ID, claim.Subject, claim.Result))
		}
	}
	if len(r.Left) > 0 {
		failures = append(failures, "left in the account: "+strings.Join(r.Left, ", "))
	}
	return failures
}

// JSON writes the report for other programs.
func (r *Report) JSON(w io.Writer) error {
	whole := *r
	// A reader need not tell an absent list from an empty one.
	whole.Steps = present(slices.Clone(r.Steps))
	for i := range whole.Steps {
		if whole.Steps[i].Changes == nil {
			whole.Steps[i].Changes = map[string]int{}
		}
	}
	whole.Claims = present(slices.Clone(r.Claims))
	for i := range whole.Claims {
		whole.Claims[i].Why = present(whole.Claims[i].Why)
	}
	whole.Assumed = present(r.Assumed)
	whole.Kept = present(r.Kept)
	whole.Left = present(r.Left)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(whole)
}

// present returns list, or an empty list for nil.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// oneLine makes one line, of bearable length, of several.
func oneLine(text string) string {
	const most = 300
	line := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:most]) + " ..."
	}
	return line
}
