package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// Classes of claims.
const (
	// Required claims are those without which a stack does not do what it is for.
	Required = "required"
	// Hardening claims are optional.
	Hardening = "hardening"
)

// Results of claims.
const (
	Proven    = "proven"
	Assumed   = "assumed"
	Refuted   = "refuted"
	Undecided = "undecided"
)

// Claim is a statement about one subject in a deployed stack, with its result.
type Claim struct {
	// ID is what is claimed, such as "reach.ssm".
	ID string `json:"id"`
	// Subject is the name of the resource that the claim is about, or of the stack.
	Subject string `json:"subject"`
	// Class is Required or Hardening.
	Class string `json:"class"`
	// Result is Proven, Assumed, Refuted or Undecided.
	Result string `json:"result"`
	// Reasons are never empty.
	Reasons []Reason `json:"reasons"`
	// Reads are the resources that the claim rests on and that the stack reads and does not manage, sorted. The last
	// reason is then the premise that they have not changed.
	Reads []string `json:"reads,omitempty"`
}

// Reason is one step of a proof, in the order in which it was examined.
type Reason struct {
	Kind ReasonKind `json:"kind"`
	Text string     `json:"text"`
	// Fix says what to change so that the step passes. Only reasons of the kinds Fail and Unknown may have one.
	Fix string `json:"fix"`
	// Resources are the URNs of the resources that the text names, in the same order.
	Resources []string `json:"resources,omitempty"`
}

// ReasonKind says what a Reason means for its Claim.
type ReasonKind string

// The kinds of reasons.
const (
	// Pass: the state shows that the step passes.
	Pass ReasonKind = "pass"
	// Fail: the state shows that the step fails. The claim is refuted.
	Fail ReasonKind = "fail"
	// Unknown: the state does not show whether the step passes. The claim is undecided, unless another step
	// fails for certain.
	Unknown ReasonKind = "unknown"
	// Assumption: the step passes if the assumption is true, which the state does not show. The claim is at best
	// Assumed.
	Assumption ReasonKind = "assumption"
	// Premise: what every proof of the claim takes for granted. It does not change the result.
	Premise ReasonKind = "premise"
)

// Passes reports whether the claim is Proven or Assumed.
func (c Claim) Passes() bool { return c.Result == Proven || c.Result == Assumed }

// Why returns the texts of the reasons.
func (c Claim) Why() []string {
	texts := make([]string, len(c.Reasons))
	for i, reason := range c.Reasons {
		texts[i] = reason.Text
	}
	return texts
}

// namedReads is the maximum number of resources that the combined premise of Assumptions names.
const namedReads = 5

// Assumptions returns the assumptions and premises of claims, without duplicates. The premises about resources that the
// stack reads and does not manage are combined into one.
func Assumptions(claims []Claim) []string {
	var found, reads []string
	for _, c := range claims {
		reasons := c.Reasons
		if len(c.Reads) > 0 {
			reads, reasons = append(reads, c.Reads...), reasons[:len(reasons)-1]
		}
		for _, r := range reasons {
			if (r.Kind == Assumption || r.Kind == Premise) && !slices.Contains(found, r.Text) {
				found = append(found, r.Text)
			}
		}
	}
	slices.Sort(reads)
	reads = slices.Compact(reads)
	if more := len(reads) - namedReads; more > 0 {
		reads = append(reads[:namedReads], fmt.Sprintf("and %d more resources", more))
	}
	if len(reads) > 0 {
		found = append(found, unchanged(reads))
	}
	return found
}

// unchanged returns the premise that resources have not changed. The stack reads and does not manage them.
func unchanged(reads []string) string {
	verb := "have"
	if len(reads) == 1 {
		verb = "has"
	}
	return fmt.Sprintf("%s, which the stack reads and does not manage, %s not changed since the last refresh", strings.Join(reads, ", "), verb)
}

// finding is a claim whose reasons are being collected.
type finding struct {
	claim Claim
	// rested are the resources that the claim rests on, in the order in which they were read. If it is nil, the claim
	// rests on all resources in its scope.
	rested []*resource
	seen   map[*resource]bool
	// softened is true if a failure is uncertain, because a resource that the claim rests on is.
	softened bool
	// certain is true if a step fails that no other resource could make pass.
	certain bool
}

func newFinding(id, subject, class string) *finding {
	return &finding{claim: Claim{ID: id, Subject: subject, Class: class}}
}

// rest records that the claim rests on resources: it is undecided if one of them may not exist, or may differ from
// the state. Nil is ignored.
func (f *finding) rest(resources ...*resource) {
	if f.seen == nil {
		f.seen, f.rested = map[*resource]bool{}, []*resource{}
	}
	for _, r := range resources {
		if r != nil && !f.seen[r] {
			f.seen[r] = true
			f.rested = append(f.rested, r)
		}
	}
}

// addUnknowns adds why it is uncertain whether resources exist and are as the state says.
func (f *finding) addUnknowns(resources []*resource) {
	for _, r := range resources {
		for _, why := range r.unknowns() {
			f.unknown("%s: %s", r, why)
			f.softened = true
		}
		if r.isStopped() && claimsOfRunning[f.claim.ID] {
			f.unknownUntil(r.ask("start "+r.String()), "%s is %s", r, asStr(r.outputs["instanceState"]))
			f.softened = true
		}
	}
}

// presumeUnchanged adds the premise that the resources which the stack reads and does not manage are still as the state
// says: their owners can change them without the stack.
func (f *finding) presumeUnchanged(resources []*resource) {
	var reads []string
	for _, r := range resources {
		if r.external {
			reads = append(reads, r.String())
		}
	}
	if len(reads) == 0 {
		return
	}
	slices.Sort(reads)
	f.premise("%s", unchanged(reads))
	f.claim.Reads = reads
}

func (f *finding) add(kind ReasonKind, fix, format string, args []any) {
	f.claim.Reasons = append(f.claim.Reasons, Reason{Kind: kind, Text: fmt.Sprintf(format, args...), Fix: fix, Resources: urnsIn(args)})
}

// urnsIn returns the URNs of the resources among the arguments of a format.
func urnsIn(args []any) []string {
	var urns []string
	for _, arg := range args {
		switch arg := arg.(type) {
		case request:
			urns = append(urns, urnsIn(arg.args)...)
		case interface{ self() *resource }:
			if r := arg.self(); r != nil {
				urns = append(urns, r.urn)
			}
		}
	}
	return urns
}

// request describes a request in a reason.
type request struct {
	format string
	args   []any
}

// String returns the text.
func (r request) String() string { return fmt.Sprintf(r.format, r.args...) }

// self returns the resource. Types that embed a *resource inherit the method.
func (r *resource) self() *resource { return r }

// pass adds a step that passes.
func (f *finding) pass(format string, args ...any) { f.add(Pass, "", format, args) }

// fail adds a step that fails.
func (f *finding) fail(fix, format string, args ...any) {
	f.certain = true
	f.add(Fail, fix, format, args)
}

// failMissing adds a step that fails because the state lacks a resource. The step is unknown if the state contains a
// resource that could create the missing one.
func (f *finding) failMissing(fix, format string, args ...any) { f.add(Fail, fix, format, args) }

// unknown adds a step that the state does not decide.
func (f *finding) unknown(format string, args ...any) { f.add(Unknown, "", format, args) }

// unknownUntil adds a step that the state does not decide, and a change after which the state decides it.
func (f *finding) unknownUntil(fix, format string, args ...any) { f.add(Unknown, fix, format, args) }

// assume adds a step that passes if an assumption is true.
func (f *finding) assume(format string, args ...any) { f.add(Assumption, "", format, args) }

// premise adds what every proof of the claim takes for granted.
func (f *finding) premise(format string, args ...any) { f.add(Premise, "", format, args) }

// expectAllowed adds the decision about a request that AWS has to allow.
func (f *finding) expectAllowed(d policy.Decision, fix, format string, args ...any) {
	f.expect(d, policy.Allowed, fix, request{format, args})
}

// expectDenied adds the decision about a request that AWS has to deny.
func (f *finding) expectDenied(d policy.Decision, fix, format string, args ...any) {
	f.expect(d, policy.Denied, fix, request{format, args})
}

func (f *finding) expect(d policy.Decision, want policy.Effect, fix string, what request) {
	switch d.Effect {
	case want:
		f.pass("%s: %s: %s", what, d.Effect, d.Why)
	case policy.Undecided:
		f.unknown("%s: %s", what, d.Why)
	default:
		f.fail(fix, "%s: %s: %s", what, d.Effect, d.Why)
	}
}

func (f *finding) has(kind ReasonKind) bool {
	return slices.ContainsFunc(f.claim.Reasons, func(r Reason) bool { return r.Kind == kind })
}

// passing reports whether no step so far has failed or is unknown.
func (f *finding) passing() bool { return !f.has(Fail) && !f.has(Unknown) }

// conclude returns the claim with its result.
func (f *finding) conclude() Claim {
	if len(f.claim.Reasons) == 0 {
		f.unknown("the state has nothing that this claim is about")
	}
	switch {
	case f.softened:
		f.claim.Result = Undecided
	case f.has(Fail):
		f.claim.Result = Refuted
	case f.has(Unknown):
		f.claim.Result = Undecided
	case f.has(Assumption):
		f.claim.Result = Assumed
	default:
		f.claim.Result = Proven
	}
	return f.claim
}
