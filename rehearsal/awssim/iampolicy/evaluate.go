package iampolicy

import (
	"errors"
	"slices"
	"strings"
)

// allowsPutKeyPolicy reports whether the caller can change the key policy later. Ignoring statements that
// have conditions is the stricter interpretation.
func allowsPutKeyPolicy(statements []statement, context Context) bool {
	allowed := false
	for _, s := range statements {
		if !s.matchesAction("kms:PutKeyPolicy") || !s.matchesCaller(context) || len(s.conditions) > 0 {
			continue
		}
		if s.effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s statement) matchesAction(action string) bool {
	matches := func(pattern string) bool { return MatchWildcard(strings.ToLower(pattern), strings.ToLower(action)) }
	if s.notActions != nil {
		return !slices.ContainsFunc(s.notActions, matches)
	}
	return slices.ContainsFunc(s.actions, matches)
}

// matchesCaller reports whether the caller or its account is a principal of the statement.
func (s statement) matchesCaller(context Context) bool {
	covers := func(id string) bool {
		return id == "*" || id == context.Account || id == "arn:"+context.Partition+":iam::"+context.Account+":root" ||
			(id == context.Caller && id != "")
	}
	if s.notPrincipals != nil {
		return !slices.ContainsFunc(slices.Concat(s.notPrincipals["*"], s.notPrincipals["AWS"]), covers)
	}
	return slices.ContainsFunc(slices.Concat(s.principals["*"], s.principals["AWS"]), covers)
}

// AllowsService reports whether a policy allows a service principal an action, for a request with these
// condition keys. As in AWS, a condition on a key that the request does not have is false, unless its
// operator is negated or ends in IfExists. The operators for strings and ARNs are evaluated; a condition
// with another operator is false.
func AllowsService(document, service, action string, request map[string]string) bool {
	statements, found := parse(document)
	if found != nil {
		return false
	}
	allowed := false
	for _, s := range statements {
		matchesService := slices.Contains(s.principals["Service"], service) || len(s.principals["*"]) > 0 ||
			slices.Contains(s.principals["AWS"], "*")
		if !matchesService || !s.matchesAction(action) || !conditionsMatch(s.conditions, request) {
			continue
		}
		if s.effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// Decision is the result of a simulated request, in the terms of the API of IAM.
type Decision string

// The values of Decision.
const (
	Allowed      Decision = "allowed"
	ExplicitDeny Decision = "explicitDeny"
	ImplicitDeny Decision = "implicitDeny"
)

// Simulate decides a request for all resources by the identity-based policies of a principal. The request has no condition
// keys. It returns an error if a document is not a policy.
func Simulate(documents []string, action string) (Decision, error) {
	decision := ImplicitDeny
	for _, document := range documents {
		statements, found := parse(document)
		if found != nil {
			return "", errors.New("a policy cannot be read")
		}
		for _, s := range statements {
			// A simulation without resources is one for the resource "*", which only a pattern of stars matches.
			all := slices.Contains(s.resources, "*") || s.notResources != nil && !slices.Contains(s.notResources, "*")
			if !all || !s.matchesAction(action) || !conditionsMatch(s.conditions, nil) {
				continue
			}
			if s.effect == "Deny" {
				return ExplicitDeny, nil
			}
			decision = Allowed
		}
	}
	return decision, nil
}

func conditionsMatch(conditions map[string]map[string][]string, request map[string]string) bool {
	for operator, block := range conditions {
		plain, _, ifExists := splitOperator(operator)
		for key, wanted := range block {
			got, exists := requestValue(request, key)
			if !exists {
				if ifExists || strings.Contains(plain, "Not") {
					continue
				}
				return false
			}
			var matches func(pattern string) bool
			switch strings.Replace(plain, "Not", "", 1) {
			case "StringEquals":
				matches = func(pattern string) bool { return pattern == got }
			case "StringEqualsIgnoreCase":
				matches = func(pattern string) bool { return strings.EqualFold(pattern, got) }
			case "StringLike", "ArnLike", "ArnEquals":
				matches = func(pattern string) bool { return MatchWildcard(pattern, got) }
			default:
				return false
			}
			if slices.ContainsFunc(wanted, matches) == strings.Contains(plain, "Not") {
				return false
			}
		}
	}
	return true
}

func requestValue(request map[string]string, key string) (string, bool) {
	for k, v := range request {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}

// MatchWildcard reports whether s matches a pattern in which "*" stands for any characters and "?" for one.
func MatchWildcard(pattern, s string) bool {
	star, resume, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, resume = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			resume++
			i, j = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
