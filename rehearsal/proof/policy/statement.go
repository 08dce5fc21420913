package policy

import (
	"fmt"
	"slices"
	"strings"
)

// principalMatch says how a statement's Principal element matches the principal of a request.
type principalMatch int

const (
	// noMatch: the element names other principals.
	noMatch principalMatch = iota
	// accountMatch: it names the principal's account, which delegates to identity policies.
	accountMatch
	// directMatch: it names the principal itself, or everybody.
	directMatch
	// unknownMatch: this package cannot tell.
	unknownMatch
)

// Describe names a statement of the document, such as `statement 2 of RolePolicy "session-role"`.
func (d *Document) Describe(s *Statement) string {
	if strings.HasPrefix(s.Sid, positional) {
		return s.Sid + " of " + d.Name
	}
	return fmt.Sprintf("statement %q of %s", s.Sid, d.Name)
}

// positional begins the Sid of a statement that has none of its own. A Sid of AWS has no spaces.
const positional = "statement "

// applies reports whether a statement applies to a request. The text says why that is unknown, or why a
// statement that covers the action does not apply.
func (d *Document) applies(s *Statement, r *Request) (Answer, string) {
	result := s.matchesAction(r)
	if result == No {
		return No, ""
	}
	why := ""
	if result == Unknown {
		why = "its actions " + list(s.Actions) + ", which cover some of the possible ones"
	}
	if s.Unsupported != "" {
		return Unknown, s.Unsupported
	}
	matched, reason := d.matchesResource(s, r)
	switch matched {
	case No:
		covered := list(s.Resources)
		if s.NotResources {
			covered = "everything but " + covered
		}
		if r.Resource == "" { // a class of resources
			return No, "covers only " + covered
		}
		return No, fmt.Sprintf("covers %s, not %s", covered, r.Resource)
	case Unknown:
		why = reason
	}
	result = result.and(matched)
	for _, condition := range s.Conditions {
		met, reason := d.evaluateCondition(condition, r)
		if met == No {
			return No, "has a condition that is not met: " + condition.String()
		}
		if met == Unknown {
			why = reason
		}
		result = result.and(met)
	}
	return result, why
}

// list lists the first few texts.
func list(texts []string) string {
	const most = 3
	if len(texts) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
	}
	return strings.Join(texts, ", ")
}

// Covers reports whether the statement is about an action. The comparison is case-insensitive.
func (s *Statement) Covers(action string) bool {
	return s.matchesAction(&Request{Action: action}) == Yes
}

// matchesAction reports whether the statement is about the action of a request.
func (s *Statement) matchesAction(r *Request) Answer {
	var class *compiledClass
	action := strings.ToLower(r.Action)
	if r.Actions != nil {
		class = r.Actions.lower().compile()
	}
	result := No
	patterns := s.actions
	for _, text := range s.Actions[len(patterns):] {
		patterns = append(patterns, pattern(nil).add(strings.ToLower(text), true))
	}
	for _, p := range patterns {
		if class != nil {
			result = result.or(class.matchedBy(p))
		} else {
			result = result.or(answer(p.matches(action)))
		}
	}
	if s.NotActions {
		result = result.not()
	}
	return result
}

// matchesResource compares the statement's resources with that of a request.
func (d *Document) matchesResource(s *Statement, r *Request) (Answer, string) {
	if s.Resources == nil {
		return Yes, "" // a trust policy applies to its own role
	}
	result, why := No, ""
	patterns, class := s.Resources, r.Resources.compile()
	if class == nil && s.literals != nil {
		patterns = s.others
		result = answer(s.literals[r.Resource])
	}
	for _, text := range patterns {
		want, expanded, reason := d.expand(text, true, r)
		var matched Answer
		switch {
		case expanded == No && !s.NotResources:
			matched = No
		case expanded != Yes:
			matched, why = Unknown, reason
		default:
			if matched, reason = matchResource(want, text, r, class); matched == Unknown {
				why = reason
			}
		}
		result = result.or(matched)
	}
	if s.NotResources {
		result = result.not()
	}
	return result, why
}

// matchResource compares one pattern, written as text, with the resource of a request. The text says why the answer
// is unknown.
func matchResource(want pattern, text string, r *Request, class *compiledClass) (Answer, string) {
	if class != nil {
		matched := class.matchedBy(want)
		if matched != Unknown {
			return matched, ""
		}
		return Unknown, fmt.Sprintf("its resource %q, which covers some of the possible ones", text)
	}
	if key := want.unknownVariable(); key != "" {
		return Unknown, "the variable ${" + key + "}, whose value is unknown"
	}
	matched := want.matchesResource(r.Resource)
	switch {
	case matched != Unknown:
		return matched, ""
	case len(want.split()) < arnParts:
		return matched, fmt.Sprintf("its resource %q, which is neither an ARN nor *", text)
	}
	return matched, fmt.Sprintf("its resource %q, whose wildcards would have to match colons", text)
}

// policyKind is a kind of policy. It determines the meaning of the Principal element.
type policyKind int

const (
	identityPolicy policyKind = iota
	resourcePolicy
	// gatewayPolicy is the policy of a gateway endpoint. An account in it stands for its root user.
	// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
	gatewayPolicy
)

// matchPrincipal matches the statement's Principal or NotPrincipal element. The text says why the result is
// unknown.
func (s *Statement) matchPrincipal(p Principal, kind policyKind) (principalMatch, string) {
	switch {
	case s.NotPrincipal != nil:
		return s.matchNotPrincipal(p)
	case s.Principal == nil && s.Unsupported != "":
		return unknownMatch, s.Unsupported
	case s.Principal == nil:
		return unknownMatch, "its missing Principal element"
	case s.Principal.Anyone:
		return directMatch, ""
	case p.Service != "":
		if slices.Contains(s.Principal.Services, p.Service) {
			return directMatch, ""
		}
		return noMatch, ""
	}
	best, why := noMatch, ""
	for _, name := range s.Principal.AWS {
		switch one, reason := matchPrincipalName(name, p, kind); {
		case one == unknownMatch:
			why = reason
			if best == noMatch {
				best = unknownMatch
			}
		case one == directMatch, one == accountMatch && best != directMatch:
			best = one
		}
	}
	return best, why
}

// matchNotPrincipal matches the element NotPrincipal. AWS recommends it in Deny statements only, and there a
// principal is an exception only if its account is listed, too.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (s *Statement) matchNotPrincipal(p Principal) (principalMatch, string) {
	unknown := func() (principalMatch, string) {
		return unknownMatch, "its element NotPrincipal, which lists " + s.NotPrincipal.String()
	}
	if !s.Deny || s.NotPrincipal.Anyone || p.Service != "" || len(s.NotPrincipal.Federated) > 0 {
		return unknown()
	}
	itself, account := false, false
	for _, name := range s.NotPrincipal.AWS {
		match, _ := matchPrincipalName(name, p, resourcePolicy)
		if match == unknownMatch || p.Group != nil && match != noMatch {
			return unknown()
		}
		itself, account = itself || match == directMatch, account || match == accountMatch
	}
	switch {
	case itself && account && !p.IsSession():
		return noMatch, ""
	case itself || account:
		return unknown()
	}
	return directMatch, ""
}

// matchPrincipalName compares one name in a Principal element with a principal.
func matchPrincipalName(name string, p Principal, kind policyKind) (principalMatch, string) {
	if kind == gatewayPolicy {
		return matchGatewayName(name, p)
	}
	if p.Group != nil {
		return p.Group.matchName(name)
	}
	switch account := arnPart(name, 4); {
	case p.ARN == "":
		return noMatch, ""
	case isAccount(name):
		return accountMatchIf(name == p.Account()), ""
	case account != "" && arnPart(name, 5) == "root":
		return accountMatchIf(account == p.Account()), ""
	case name == p.ARN, p.RoleARN != "" && name == p.RoleARN:
		return directMatch, ""
	case account == "":
		return unknownMatch, fmt.Sprintf("its principal %q, which is not an ARN; AWS shows a principal that was deleted like this", name)
	case strings.ContainsAny(name, "*?"):
		return unknownMatch, fmt.Sprintf("its principal %q, which has a wildcard", name)
	case p.IsSession() && p.RoleARN == "" && account == p.Account() && strings.HasPrefix(arnPart(name, 5), "role/"):
		return unknownMatch, fmt.Sprintf("its principal %q, which may be the role of the session", name)
	}
	return noMatch, ""
}

// matchGatewayName compares one name in the policy of a gateway endpoint with a principal.
func matchGatewayName(name string, p Principal) (principalMatch, string) {
	account := name
	if !isAccount(name) {
		account = arnPart(name, 4)
	}
	if isAccount(name) || account != "" && arnPart(name, 5) == "root" {
		switch {
		case p.Group != nil && p.Group.Kind == AnyKind && !p.Group.excludesAccount(account):
			return unknownMatch, "its principal " + name + ", which stands for the root user in the policy of a gateway endpoint"
		case p.Group == nil && p.Account() == account && arnPart(p.ARN, 5) == "root":
			return directMatch, ""
		}
		return noMatch, ""
	}
	return unknownMatch, fmt.Sprintf("its principal %q: gateway endpoints support no principal but *", name)
}

func accountMatchIf(matches bool) principalMatch {
	if matches {
		return accountMatch
	}
	return noMatch
}

// isAccount reports whether text is a 12-digit account id.
func isAccount(text string) bool {
	if len(text) != 12 {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
