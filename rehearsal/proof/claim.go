package proof

import (
	"fmt"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// Claim is one thing that is claimed of one subject, and what came of it.
type Claim = report.Claim

// How a line of a claim's reasons begins, but for those that tell what holds.
const (
	// Broken tells where it breaks.
	Broken = "broken: "
	// Mend tells what to change.
	Mend = "to mend: "
	// NotKnown tells what the state does not.
	NotKnown = "not known: "
	// Assumed tells what is taken for granted.
	Assumed = "assumed: "
)

// finding is a claim that is being looked into.
type finding struct {
	claim           Claim
	broken, unknown bool
}

// claimOf begins a claim.
func claimOf(id, subject, class string) *finding {
	return &finding{claim: Claim{ID: id, Subject: subject, Class: class}}
}

// say adds a line.
func (f *finding) say(line string) { f.claim.Why = append(f.claim.Why, line) }

// holds adds a step that holds.
func (f *finding) holds(format string, args ...any) { f.say(fmt.Sprintf(format, args...)) }

// assumes adds what the state cannot tell and the claim takes for granted.
func (f *finding) assumes(format string, args ...any) { f.say(Assumed + fmt.Sprintf(format, args...)) }

// breaks adds a step that does not hold, and what would mend it.
func (f *finding) breaks(mend, format string, args ...any) {
	f.broken = true
	f.say(Broken + fmt.Sprintf(format, args...))
	if mend != "" {
		f.say(Mend + mend)
	}
}

// doubts adds what cannot be told.
func (f *finding) doubts(format string, args ...any) {
	f.unknown = true
	f.say(NotKnown + fmt.Sprintf(format, args...))
}

// wants adds what became of a request that is to be allowed.
func (f *finding) wants(d policy.Decision, mend, format string, args ...any) {
	f.weigh(d, policy.Allowed, mend, fmt.Sprintf(format, args...))
}

// refuses adds what became of a request that is to be denied.
func (f *finding) refuses(d policy.Decision, mend, format string, args ...any) {
	f.weigh(d, policy.Denied, mend, fmt.Sprintf(format, args...))
}

func (f *finding) weigh(d policy.Decision, want policy.Effect, mend, request string) {
	switch d.Effect {
	case want:
		f.holds("%s: %s: %s", request, d.Effect, d.Why)
	case policy.Undecided:
		f.doubts("%s: %s", request, d.Why)
	default:
		f.breaks(mend, "%s: %s: %s", request, d.Effect, d.Why)
	}
}

// whole says whether nothing is broken and all is known so far.
func (f *finding) whole() bool { return !f.broken && !f.unknown }

// conclude returns the claim with its result.
func (f *finding) conclude() Claim {
	if len(f.claim.Why) == 0 {
		f.doubts("anything that it could rest on")
	}
	f.claim.Result = report.Proven
	switch {
	case f.broken:
		f.claim.Result = report.Refuted
	case f.unknown:
		f.claim.Result = report.Undecided
	}
	return f.claim
}
