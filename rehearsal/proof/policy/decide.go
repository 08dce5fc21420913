package policy

import (
	"fmt"
	"strings"
)

// Effect is what AWS would answer.
type Effect int

// The values of Effect.
const (
	Denied Effect = iota
	Undecided
	Allowed
)

// String is the effect in a word.
func (e Effect) String() string { return [...]string{"denied", "undecided", "allowed"}[e] }

// Decision is an answer and its reason.
type Decision struct {
	Effect Effect
	// Explicit says that a statement denies, and not that none allows.
	Explicit bool
	// Why says which statement decides, or which kind of policy allows nothing, or
	// what cannot be told.
	Why string
}

// Policies are all that AWS weighs for a request. Service control policies and
// resource control policies are not among them.
type Policies struct {
	// Identity are the policies of the principal.
	Identity []*Document
	// Boundary is the permissions boundary of the principal, if it has one.
	Boundary *Document
	// Resource is the policy of the resource, if it has one.
	Resource *Document
	// ResourceAccount is the account that the resource is in. Empty: the principal's.
	ResourceAccount string
	// Gatekeeper says that nothing is allowed but what Resource allows, by itself or by
	// leaving it to the account: the trust policies of roles and the policies of keys.
	Gatekeeper bool
	// Endpoint is the policy of the VPC endpoint that carries the request, if one does.
	Endpoint *Document
}

// tally is what one or more documents of a kind say.
type tally struct {
	deny, allow       Answer
	denyWhy, allowWhy string
	// near tells why a statement that allows the action does not apply.
	near string
	// direct and account tell how a resource's policy allows.
	direct, account Answer
}

// weigh collects what documents say of a request. Those of resources have principals.
func weigh(documents []*Document, r *Request, principals bool) tally {
	var t tally
	for _, d := range documents {
		for i := range d.Statements {
			s := &d.Statements[i]
			applies, why, way := No, "", direct
			if principals && s.Covers(r.Action) {
				way, why = s.admits(r.Principal)
			}
			switch way {
			case outside:
				why = "admits others: " + s.Principal.String()
			case unclear:
				if applies, _ = d.applies(s, r); applies == Yes {
					applies = Unknown
				}
			default:
				applies, why = d.applies(s, r)
			}
			t.note(d, s, applies, way, why)
		}
	}
	return t
}

// note adds what one statement says.
func (t *tally) note(d *Document, s *Statement, applies Answer, way reach, why string) {
	where := fmt.Sprintf("%s, %s", d.Name, s.Sid)
	if applies == No {
		if !s.Deny && why != "" && t.near == "" {
			t.near = where + ", " + why
		}
		return
	}
	if applies == Unknown {
		where = fmt.Sprintf("%s depends on %s", where, why)
	}
	if s.Deny {
		if applies > t.deny {
			t.deny, t.denyWhy = applies, where
		}
		return
	}
	if applies > t.allow {
		t.allow, t.allowWhy = applies, where
		if d.Silent && applies == Yes {
			t.allowWhy = ""
		}
	}
	if way != byAccount {
		t.direct = t.direct.or(applies)
	}
	if way != direct {
		t.account = t.account.or(applies)
	}
}

// part is what one kind of policy contributes to a decision.
type part struct {
	kind string
	Answer
	// why is which statement allows, or what cannot be told, or which statement nearly
	// allows.
	why string
}

// part is what the tally contributes.
func (t tally) part(kind string) part {
	if t.allow == No {
		return part{kind, No, t.near}
	}
	return part{kind, t.allow, t.allowWhy}
}

// Decide says what AWS would answer to the request.
func (p *Policies) Decide(r *Request) Decision {
	identity := weigh(p.Identity, r, false)
	resource := weigh(present(p.Resource), r, true)
	endpoint := weigh(present(p.Endpoint), r, true)
	boundary := weigh(present(p.Boundary), r, false)

	unsure := ""
	for _, t := range []tally{identity, resource, endpoint, boundary} {
		switch t.deny {
		case Yes:
			return Decision{Denied, true, t.denyWhy + ", denies it"}
		case Unknown:
			unsure = t.denyWhy
		}
	}
	parts := []part{p.granted(r, identity, resource)}
	if p.Boundary != nil {
		bounded := boundary.part("permissions boundary")
		if bounded.Answer == No && resource.direct != No {
			// Whether a boundary binds a grant by a resource's policy depends on how
			// the grant names the principal.
			bounded.Answer, bounded.why = Unknown, "the boundary and a resource's policy differ"
		}
		parts = append(parts, bounded)
	}
	if p.Endpoint != nil {
		parts = append(parts, endpoint.part("endpoint policy"))
	}
	return conclude(parts, unsure)
}

// conclude weighs the parts, all of which must allow.
func conclude(parts []part, unsure string) Decision {
	var allowing []string
	for _, part := range parts {
		switch part.Answer {
		case No:
			why := fmt.Sprintf("no statement of the %s allows it", part.kind)
			if part.why != "" {
				why += " (" + part.why + ")"
			}
			return Decision{Denied, false, why}
		case Unknown:
			if unsure == "" {
				unsure = part.why
			}
		default:
			if part.why != "" {
				allowing = append(allowing, part.why)
			}
		}
	}
	if unsure != "" {
		return Decision{Undecided, false, unsure}
	}
	return Decision{Allowed, false, strings.Join(allowing, " and ") + ", allows it"}
}

// granted says whether the principal's and the resource's policies together allow.
func (p *Policies) granted(r *Request, identity, resource tally) part {
	const identityKind, resourceKind = "principal's policies", "policy of the resource"
	id, res := identity.part(identityKind), resource.part(resourceKind)
	foreign := p.ResourceAccount != "" && r.Principal.Account() != p.ResourceAccount && r.Principal.Service == ""
	switch {
	case r.Principal.Service != "", r.Principal.ARN == "":
		return res
	case foreign:
		return both(res, id)
	case p.Gatekeeper:
		// A grant to the principal itself stands alone; one to the account leaves the
		// rest to the principal's policies.
		if res.Answer == No {
			return res
		}
		if resource.direct == Yes {
			return res
		}
		whole := both(res, id)
		if resource.direct == Unknown && whole.Answer == No {
			return part{resourceKind, Unknown, res.why}
		}
		return whole
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

// both needs both parts.
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
		a.why += " and "
	}
	return part{a.kind, Yes, a.why + b.why}
}

// present is the document as a list, empty where there is none.
func present(d *Document) []*Document {
	if d == nil {
		return nil
	}
	return []*Document{d}
}
