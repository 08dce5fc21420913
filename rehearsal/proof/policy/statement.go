package policy

import (
	"fmt"
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
	if !s.Covers(r.Action) {
		return No, ""
	}
	if s.Unsupported != "" {
		return Unknown, s.Unsupported
	}
	result, why := d.matchesResource(s, r)
	if result == No {
		return No, fmt.Sprintf("covers %s, not %s", list(s.Resources), r.Resource)
	}
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
	for _, text := range s.Actions {
		if pattern(nil).add(strings.ToLower(text), true).matches(strings.ToLower(action)) {
			return !s.NotActions
		}
	}
	return s.NotActions
}

// matchesResource compares the statement's resources with the request's, part by part of the ARN.
func (d *Document) matchesResource(s *Statement, r *Request) (Answer, string) {
	if s.Resources == nil {
		return Yes, "" // a trust policy applies to its own role
	}
	result, why := No, ""
	for _, text := range s.Resources {
		want, expanded, reason := d.expand(text, true, r)
		var matched Answer
		switch {
		case expanded == No && !s.NotResources:
			matched = No
		case expanded != Yes:
			matched, why = Unknown, reason
		case want.isStar():
			matched = Yes
		default:
			if matched = want.matchesARN(r.Resource); matched == Unknown {
				why = fmt.Sprintf("its resource %q, which is neither an ARN nor *", text)
			}
		}
		result = result.or(matched)
	}
	if s.NotResources {
		result = result.not()
	}
	return result, why
}

// matchPrincipal matches the statement's Principal element. The text says why the result is unknown.
func (s *Statement) matchPrincipal(p Principal) (principalMatch, string) {
	if s.Principal == nil {
		if s.Unsupported != "" {
			return unknownMatch, s.Unsupported
		}
		return unknownMatch, "its missing Principal element"
	}
	if s.Principal.Anyone {
		return directMatch, ""
	}
	if p.Service != "" {
		for _, name := range s.Principal.Services {
			if name == p.Service {
				return directMatch, ""
			}
		}
		return noMatch, ""
	}
	best, why := noMatch, ""
	for _, name := range s.Principal.AWS {
		switch one, reason := matchPrincipalName(name, p); {
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

// matchPrincipalName compares one name in a Principal element with a principal.
func matchPrincipalName(name string, p Principal) (principalMatch, string) {
	switch account := arnPart(name, 4); {
	case p.ARN == "":
		return noMatch, ""
	case name == p.ARN, p.RoleARN != "" && name == p.RoleARN:
		return directMatch, ""
	case isAccount(name):
		return accountMatchIf(name == p.Account()), ""
	case account != "" && strings.HasSuffix(name, ":root") && arnPart(name, 5) == "root":
		return accountMatchIf(account == p.Account()), ""
	case account == "":
		return unknownMatch, fmt.Sprintf("its principal %q, which is not an ARN; AWS shows a principal that was deleted like this", name)
	case strings.ContainsAny(name, "*?"):
		return unknownMatch, fmt.Sprintf("its principal %q, which has a wildcard", name)
	}
	return noMatch, ""
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
