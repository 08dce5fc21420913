package policy

import (
	"fmt"
	"strings"
)

// Effect is AWS's answer to a request.
type Effect int

// The values of Effect. They are ordered: Denied < Undecided < Allowed.
const (
	Denied Effect = iota
	Undecided
	Allowed
)

// String returns "denied", "undecided" or "allowed".
func (e Effect) String() string { return [...]string{"denied", "undecided", "allowed"}[e] }

// Decision is an answer and its reason.
type Decision struct {
	Effect Effect
	// Explicit is true if a Deny statement denies the request, and false if no statement allows it.
	Explicit bool
	// Why names the statement that decides, the kind of policy that does not allow the request, or what is
	// unknown.
	Why string
}

// Policies are the policies that AWS evaluates for a request, except service control policies and resource
// control policies.
type Policies struct {
	// Identity are the policies of the principal.
	Identity []*Document
	// Boundary is the permissions boundary of the principal. Optional.
	Boundary *Document
	// Resource is the policy of the resource. Optional.
	Resource *Document
	// ResourceAccount is the account of the resource. Empty: the principal's.
	ResourceAccount string
	// ResourceMustAllow is true if AWS denies everything that Resource does not allow, either directly or by
	// delegating to the account. This is the case for trust policies of roles and for key policies.
	ResourceMustAllow bool
	// Endpoint is the policy of the VPC endpoint that the request passes. Optional.
	Endpoint *Document
	// Gateway is true if this is a gateway endpoint.
	Gateway bool
}

// evaluation is the result of evaluating documents of one kind.
type evaluation struct {
	deny, allow       Answer
	denyWhy, allowWhy string
	// closest says why a statement that allows the action does not apply.
	closest string
	// direct and byAccount say whether a resource's policy allows the principal itself, or its account.
	direct, byAccount Answer
}

// evaluate evaluates documents of one kind.
func evaluate(documents []*Document, r *Request, kind policyKind) evaluation {
	var e evaluation
	for _, d := range documents {
		for i := range d.Statements {
			s := &d.Statements[i]
			applies, why, match := No, "", directMatch
			switch {
			case s.matchesAction(r) == No:
			case kind != identityPolicy:
				match, why = s.matchPrincipal(r.Principal, kind)
			case s.NotPrincipal != nil:
				match, why = unknownMatch, "its element NotPrincipal, which is not supported"
			}
			switch match {
			case noMatch:
				why = "names other principals: " + s.Principal.String()
			case unknownMatch:
				result, reason := d.applies(s, r)
				if applies = min(result, Unknown); applies == No {
					why = reason
				}
			default:
				applies, why = d.applies(s, r)
			}
			e.add(d, s, applies, match, why)
		}
	}
	return e
}

// add adds the result of one statement.
func (e *evaluation) add(d *Document, s *Statement, applies Answer, match principalMatch, why string) {
	where := d.Describe(s)
	if applies == No {
		if !s.Deny && why != "" && e.closest == "" {
			e.closest = where + " " + why
		}
		return
	}
	if applies == Unknown {
		where = fmt.Sprintf("%s depends on %s", where, why)
	}
	if s.Deny {
		if applies > e.deny {
			e.deny, e.denyWhy = applies, where
		}
		return
	}
	if applies > e.allow {
		e.allow, e.allowWhy = applies, where
		if d.Assumed && applies == Yes {
			e.allowWhy = ""
		}
	}
	if match != accountMatch {
		e.direct = e.direct.or(applies)
	}
	if match != directMatch {
		e.byAccount = e.byAccount.or(applies)
	}
}

// part is what one kind of policy contributes to a decision.
type part struct {
	kind string
	Answer
	// why names the statement that allows the request, what is unknown, or the closest statement.
	why string
}

// part returns the contribution of a kind of policy.
func (e evaluation) part(kind string) part {
	if e.allow == No {
		return part{kind, No, e.closest}
	}
	return part{kind, e.allow, e.allowWhy}
}

// Decide returns AWS's answer to a request.
func (p *Policies) Decide(r *Request) Decision {
	endpointKind := resourcePolicy
	if p.Gateway {
		endpointKind = gatewayPolicy
	}
	identity := evaluate(p.Identity, r, identityPolicy)
	resource := evaluate(present(p.Resource), r, resourcePolicy)
	endpoint := evaluate(present(p.Endpoint), r, endpointKind)
	boundary := evaluate(present(p.Boundary), r, identityPolicy)

	unknown := ""
	for _, e := range []evaluation{identity, resource, endpoint, boundary} {
		switch e.deny {
		case Yes:
			return Decision{Denied, true, e.denyWhy + " denies it"}
		case Unknown:
			unknown = e.denyWhy
		}
	}
	parts := []part{p.granted(r, identity, resource)}
	if p.Boundary != nil {
		bounded := boundary.part("permissions boundary")
		if bounded.Answer == No && resource.direct != No {
			// Whether a boundary limits what a resource policy allows depends on how the policy names the
			// principal.
			bounded.Answer, bounded.why = Unknown, "the permissions boundary does not allow it, and a resource policy does"
		}
		parts = append(parts, bounded)
	}
	if p.Endpoint != nil {
		parts = append(parts, endpoint.part("endpoint policy"))
	}
	return conclude(parts, unknown)
}

// conclude combines the parts, all of which have to allow the request.
func conclude(parts []part, unknown string) Decision {
	var allowing []string
	undecided := unknown != ""
	for _, part := range parts {
		switch part.Answer {
		case No:
			why := fmt.Sprintf("no statement of the %s allows it", part.kind)
			if part.why != "" {
				why += " (" + part.why + ")"
			}
			return Decision{Denied, false, why}
		case Unknown:
			undecided = true
			if unknown == "" {
				unknown = part.why
			}
		default:
			if part.why != "" {
				allowing = append(allowing, part.why)
			}
		}
	}
	if undecided {
		return Decision{Undecided, false, unknown}
	}
	verb := " allow it"
	if len(allowing) == 1 && !strings.Contains(allowing[0], conjunction) {
		verb = " allows it"
	}
	return Decision{Allowed, false, strings.Join(allowing, conjunction) + verb}
}

const conjunction = " and "

// granted returns what the principal's and the resource's policies together allow.
func (p *Policies) granted(r *Request, identity, resource evaluation) part {
	switch {
	case r.Principal.Service != "", r.Principal.ARN == "" && r.Principal.Group == nil:
		return resource.part(resourceKind)
	case p.foreign(r) == Yes:
		return both(resource.part(resourceKind), identity.part(identityKind))
	case p.foreign(r) == No:
		return p.grantedWithin(identity, resource)
	}
	across, within := both(resource.part(resourceKind), identity.part(identityKind)), p.grantedWithin(identity, resource)
	if across.Answer != within.Answer {
		return part{identityKind, Unknown, "the account of the principal, which is unknown"}
	}
	return across
}

const identityKind, resourceKind = "principal's policies", "resource policy"

// foreign reports whether the principal and the resource belong to different accounts.
func (p *Policies) foreign(r *Request) Answer {
	switch group := r.Principal.Group; {
	case p.ResourceAccount == "":
		return No
	case group == nil, group.Account != "":
		return answer(r.Principal.Account() != p.ResourceAccount)
	case group.excludesAccount(p.ResourceAccount):
		return Yes
	}
	return Unknown
}

// grantedWithin returns what the policies allow if the principal and the resource belong to one account.
func (p *Policies) grantedWithin(identity, resource evaluation) part {
	id, res := identity.part(identityKind), resource.part(resourceKind)
	switch {
	case p.ResourceMustAllow:
		// If the policy names the principal itself, that suffices. If it names the account, the principal's
		// policies have to allow the request, too.
		if res.Answer == No || resource.direct == Yes {
			return res
		}
		needed := both(res, id)
		if resource.direct == Unknown && needed.Answer == No {
			return part{resourceKind, Unknown, res.why}
		}
		return needed
	case p.Resource == nil:
		return id
	case id.Answer == Yes:
		return id
	case resource.direct == Yes:
		return part{resourceKind, Yes, res.why}
	case id.Answer == Unknown:
		return id
	case resource.direct == Unknown:
		return part{resourceKind, Unknown, res.why}
	}
	return id
}

// both requires both parts to allow.
func both(a, b part) part {
	switch {
	case a.Answer == No:
		return a
	case b.Answer == No:
		return b
	case a.Answer == Unknown:
		return a
	case b.Answer == Unknown:
		return b
	}
	if a.why != "" && b.why != "" {
		a.why += conjunction
	}
	return part{a.kind, Yes, a.why + b.why}
}

// present returns a list that contains the document, or is empty if the document is nil.
func present(d *Document) []*Document {
	if d == nil {
		return nil
	}
	return []*Document{d}
}
