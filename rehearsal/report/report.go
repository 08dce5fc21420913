// Package report contains the result of a rehearsal, and writes it for people and for other programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bastionless/rehearsal/proof"
)

// Report is the result of a rehearsal. Other programs read its JSON, so the names and meanings of its fields
// do not change.
type Report struct {
	// Stack is the name of the stack.
	Stack string `json:"stack"`
	// Account is the account in which the stack was rehearsed. Nil: the built-in one, which is empty.
	Account *Account `json:"account,omitempty"`
	// OK is true if no check failed. Conclude sets it.
	OK bool `json:"ok"`
	// Strict is true if hardening claims are required. It is set before Conclude.
	Strict bool `json:"-"`
	// Steps are the operations on the stack, in order.
	Steps []Step `json:"steps"`
	// Claims are the claims about the deployed stack.
	Claims []proof.Claim `json:"claims"`
	// Warnings are the program's warnings, and warnings about the configuration.
	Warnings []string `json:"warnings"`
	// Assumed is what the stack relies on and the simulated AWS does not know, such as a key pair in the account or
	// the zones of an endpoint service.
	Assumed []string `json:"assumed"`
	// Kept are the resources that the destroyed stack leaves in the account on purpose.
	Kept []string `json:"kept"`
	// Left are the other resources in the account after the stack is destroyed. There should be none.
	Left []string `json:"left"`
	// Changed are the resources that the account contained before, and that have changed or no longer exist after the
	// stack is destroyed. There should be none.
	Changed []string `json:"changed"`
	// Problems are failures outside of steps and claims.
	Problems []string `json:"-"`
}

// Account is an account that was captured.
type Account struct {
	// File is the path of the file that describes the account.
	File string `json:"file"`
	// ID has 12 digits. It is not the account's own if Redacted is true.
	ID       string `json:"id"`
	Redacted bool   `json:"redacted"`
	// Region is the Region that was captured.
	Region string `json:"region"`
	// CapturedAt is when the account was captured. Zero if the file was written by hand.
	CapturedAt time.Time `json:"capturedAt,omitzero"`
}

// String returns one line about the account.
func (a *Account) String() string {
	text := a.ID + " in " + a.Region
	if a.Redacted {
		text = "with a redacted ID in " + a.Region
	}
	if !a.CapturedAt.IsZero() {
		text += ", captured on " + a.CapturedAt.UTC().Format(time.DateOnly)
	}
	return text + " (" + a.File + ")"
}

// Step is one operation on the stack.
type Step struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Seconds float64 `json:"seconds"`
	// Changes counts resources by what happened to them: create, update, replace, delete, same.
	Changes map[string]int `json:"changes"`
	// Error says why the step is not OK, one line for each reason.
	Error string `json:"error"`
}

// Conclude sets OK. A claim that is undecided fails like one that is refuted.
func (r *Report) Conclude() { r.OK = len(r.Failures()) == 0 }

// required reports whether the rehearsal fails if a claim of a class is not proven.
func (r *Report) required(class string) bool { return class == proof.Required || r.Strict }

// Failures returns the checks that failed, one line each.
func (r *Report) Failures() []string {
	const most = 300
	var lines []string
	for _, f := range r.failures() {
		lines = append(lines, f.with(shorten(f.detail, most)))
	}
	return lines
}

// failure is a check that failed.
type failure struct {
	// check names the check. Empty for a problem of the rehearsal itself.
	check string
	// detail is the error, or what the check found. It can have several lines. Empty if the check says all.
	detail string
}

// brief returns the check and, if it has at most a number of characters, the detail.
func (f failure) brief(most int) string {
	detail := shorten(f.detail, most)
	if f.check != "" && strings.HasSuffix(detail, ellipsis) {
		return f.check
	}
	return f.with(detail)
}

// with returns the check with a detail, which may be empty.
func (f failure) with(detail string) string {
	if f.check == "" || detail == "" {
		return f.check + detail
	}
	return f.check + ": " + detail
}

// failures returns the checks that failed.
func (r *Report) failures() []failure {
	var found []failure
	// Problems come first: an interrupt is the cause of the failure of the step that it interrupted.
	for _, problem := range r.Problems {
		found = append(found, failure{"", problem})
	}
	for _, step := range r.Steps {
		if !step.OK {
			found = append(found, failure{step.Name, step.Error})
		}
	}
	for _, claim := range r.Claims {
		if r.required(claim.Class) && !claim.Passes() {
			found = append(found, failure{fmt.Sprintf("%s (%s) is %s", claim.ID, claim.Subject, claim.Result), ""})
		}
	}
	if len(r.Left) > 0 {
		found = append(found, failure{"left in the account", strings.Join(r.Left, ", ")})
	}
	if len(r.Changed) > 0 {
		found = append(found, failure{"changed in the account", strings.Join(r.Changed, ", ")})
	}
	return found
}

// claimJSON is a claim and, for older readers, the texts of its reasons.
type claimJSON struct {
	proof.Claim
	Why []string `json:"why"`
}

// JSON writes the report for other programs. Its lists are never null.
func (r *Report) JSON(w io.Writer) error {
	type fields Report
	document := struct {
		fields
		Claims []claimJSON `json:"claims"`
	}{fields: fields(*r), Claims: []claimJSON{}}
	for _, claim := range r.Claims {
		claim.Reasons = notNil(claim.Reasons)
		document.Claims = append(document.Claims, claimJSON{claim, claim.Why()})
	}
	document.Steps = notNil(slices.Clone(r.Steps))
	for i := range document.Steps {
		if document.Steps[i].Changes == nil {
			document.Steps[i].Changes = map[string]int{}
		}
	}
	document.Warnings, document.Assumed = notNil(r.Warnings), notNil(r.Assumed)
	document.Kept, document.Left, document.Changed = notNil(r.Kept), notNil(r.Left), notNil(r.Changed)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// notNil returns list, or an empty list for nil.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ellipsis ends a text that was shortened.
const ellipsis = " ..."

// shorten joins the lines of a text, and shortens it to a number of characters.
func shorten(text string, most int) string {
	line := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(line) > most {
		line = string([]rune(line)[:most]) + ellipsis
	}
	return line
}
