package policy

import "strings"

// maxParts limits the number of parts that DecideClass splits a class into.
const maxParts = 200

// DecideClass decides a class of requests, as Decide does. If that is undecided, it splits the class into the requests
// that each Allow statement covers, and decides the parts. AWS denies all other requests.
func (p *Policies) DecideClass(r *Request) Decision {
	d := p.Decide(r)
	if d.Effect != Undecided || r.Actions == nil && r.Resources == nil {
		return d
	}
	parts, ok := p.split(r)
	if !ok {
		return d
	}
	denied := Decision{Denied, false, "no statement allows it"}
	for _, part := range parts {
		if denied = p.Decide(part); denied.Effect != Denied {
			return d
		}
	}
	return denied
}

// split returns classes that together contain every request of a class that AWS may allow. It returns false if there are
// too many classes, or if no single kind of policy has to allow all requests.
func (p *Policies) split(r *Request) ([]*Request, bool) {
	var documents []*Document
	switch {
	case p.Endpoint != nil:
		documents = present(p.Endpoint)
	case p.ResourceMustAllow:
		documents = present(p.Resource)
	case p.Resource == nil:
		documents = p.Identity
	default:
		return nil, false
	}
	var parts []*Request
	for _, d := range documents {
		for i := range d.Statements {
			if s := &d.Statements[i]; !s.Deny {
				parts = append(parts, s.parts(d, r)...)
			}
			if len(parts) > maxParts {
				return nil, false
			}
		}
	}
	return parts, true
}

// parts returns classes that together contain the requests of a class that a statement is about.
func (s *Statement) parts(d *Document, r *Request) []*Request {
	actions := []*Request{r}
	if r.Actions != nil && !s.NotActions {
		actions = nil
		for _, text := range s.Actions {
			for _, class := range r.Actions.lower().within(pattern(nil).add(strings.ToLower(text), true)) {
				one := *r
				one.Action, one.Actions = class.single()
				actions = append(actions, &one)
			}
		}
	}
	if r.Resources == nil || s.NotResources || s.Resources == nil {
		return actions
	}
	var parts []*Request
	for _, text := range s.Resources {
		want := pattern(nil).add(text, true)
		if d.variables && strings.Contains(text, "${") {
			before, _, _ := strings.Cut(text, "${")
			want = pattern(nil).add(before+"*", true)
		}
		for _, class := range r.Resources.within(want) {
			for _, one := range actions {
				part := *one
				part.Resource, part.Resources = class.single()
				parts = append(parts, &part)
			}
		}
	}
	return parts
}

// within returns a class that contains the members of c that a pattern matches, or none if there are none.
func (c *Class) within(p pattern) []*Class {
	prefix, whole := p.prefix()
	switch {
	case whole && c.Contains(prefix):
		return []*Class{{Prefix: prefix, only: true}}
	case whole, !strings.HasPrefix(prefix, c.Prefix) && !strings.HasPrefix(c.Prefix, prefix):
		return nil
	case len(prefix) < len(c.Prefix):
		prefix = c.Prefix
	}
	return []*Class{{Prefix: prefix, Except: c.Except}}
}

// single returns the only member of a class, or the class if it has several.
func (c *Class) single() (string, *Class) {
	if c.only {
		return c.Prefix, nil
	}
	return "", c
}
