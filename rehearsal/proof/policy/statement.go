package policy

import (
	"fmt"
	"strings"
)

// reach says how a statement's principal admits the one who asks.
type reach int

const (
	// outside: the statement is not about this principal.
	outside reach = iota
	// byAccount: it names the principal's account, which decides by identity policies.
	byAccount
	// direct: it names the principal itself, or everybody.
	direct
	// unclear: it cannot be told.
	unclear
)

// applies says whether a statement is about a request. It says why, too, where that
// cannot be told, and where the action alone is the statement's.
func (d *Document) applies(s *Statement, r *Request) (Answer, string) {
	if !s.Covers(r.Action) {
		return No, ""
	}
	if s.Strange != "" {
		return Unknown, s.Strange
	}
	result, why := d.matchesResource(s, r)
	if result == No {
		return No, fmt.Sprintf("is about %s, and not about %s", list(s.Resources), r.Resource)
	}
	for _, condition := range s.Conditions {
		holds, reason := d.holds(condition, r)
		if holds == No {
			return No, "has a condition that does not hold: " + condition.String()
		}
		if holds == Unknown {
			why = reason
		}
		result = result.and(holds)
	}
	return result, why
}

// list writes a few of many.
func list(texts []string) string {
	const most = 3
	if len(texts) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:most], ", "), len(texts)-most)
	}
	return strings.Join(texts, ", ")
}

// Covers says whether the statement is about an action. It compares without regard to case.
func (s *Statement) Covers(action string) bool {
	for _, text := range s.Actions {
		if pattern(nil).add(strings.ToLower(text), true).matches(strings.ToLower(action)) {
			return !s.NotActions
		}
	}
	return s.NotActions
}

// matchesResource compares ARNs part by part.
func (d *Document) matchesResource(s *Statement, r *Request) (Answer, string) {
	if s.Resources == nil {
		return Yes, "" // a trust policy is about its own role alone
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

// admits says how a statement's principal element is about the one who asks.
func (s *Statement) admits(p Principal) (reach, string) {
	if s.Principal == nil {
		if s.Strange != "" {
			return unclear, s.Strange
		}
		return unclear, "its principal"
	}
	if s.Principal.Anyone {
		return direct, ""
	}
	if p.Service != "" {
		for _, name := range s.Principal.Services {
			if name == p.Service {
				return direct, ""
			}
		}
		return outside, ""
	}
	best, why := outside, ""
	for _, name := range s.Principal.AWS {
		switch one, reason := admitsName(name, p); {
		case one == unclear:
			why = reason
			if best == outside {
				best = unclear
			}
		case one == direct, one == byAccount && best != direct:
			best = one
		}
	}
	return best, why
}

// admitsName compares a principal with one name of a policy.
func admitsName(name string, p Principal) (reach, string) {
	switch account := arnPart(name, 4); {
	case p.ARN == "":
		return outside, ""
	case name == p.ARN, p.RoleARN != "" && name == p.RoleARN:
		return direct, ""
	case isAccount(name):
		return byAccountIf(name == p.Account()), ""
	case account != "" && strings.HasSuffix(name, ":root") && arnPart(name, 5) == "root":
		return byAccountIf(account == p.Account()), ""
	case account == "":
		return unclear, fmt.Sprintf("its principal %q, which is not an ARN: that of somebody who was deleted, perhaps", name)
	case strings.ContainsAny(name, "*?"):
		return unclear, fmt.Sprintf("its principal %q, which has a wildcard", name)
	}
	return outside, ""
}

func byAccountIf(is bool) reach {
	if is {
		return byAccount
	}
	return outside
}

// isAccount says whether text is an account's id.
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
