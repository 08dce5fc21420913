// Package policy evaluates IAM policies: whether AWS would allow or deny a request, with the reason.
//
// It supports the elements that policies of Session Manager, VPC endpoints, keys and buckets consist of. Any
// other element makes the answer undecided, and the reason names it. The rules are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package policy

import (
	"fmt"
	"slices"
)

// Answer is the answer to a question about a policy, which can be unknown.
type Answer int

// The values of Answer. They are ordered: No < Unknown < Yes.
const (
	No Answer = iota
	Unknown
	Yes
)

// String returns "no", "unknown" or "yes".
func (a Answer) String() string { return [...]string{"no", "unknown", "yes"}[a] }

// and is Yes if both answers are Yes, and No if one is No.
func (a Answer) and(b Answer) Answer { return min(a, b) }

// or is Yes if one of the answers is Yes, and No if both are No.
func (a Answer) or(b Answer) Answer { return max(a, b) }

// not exchanges Yes and No.
func (a Answer) not() Answer { return Yes - a }

// answer returns Yes or No.
func answer(is bool) Answer {
	if is {
		return Yes
	}
	return No
}

// Document is a parsed policy.
type Document struct {
	// Name is how reasons name the policy.
	Name       string
	Statements []Statement
	// Assumed is true for a policy that a caller assumes to exist. Reasons do not mention what it allows.
	Assumed bool
	// variables is true if "${...}" is a policy variable, which only version 2012-10-17 supports.
	variables bool
}

// Statement is one statement of a Document.
type Statement struct {
	// Sid is the statement's id, or its position if it has none, such as "statement 2".
	Sid       string
	Deny      bool
	Principal *Principals
	// NotPrincipal are the principals that the statement does not cover.
	NotPrincipal *Principals
	// Actions are patterns. If NotActions is true, the statement covers all actions that match none of them.
	Actions    []string
	NotActions bool
	// Resources are patterns, or nil in a kind of policy that has no resources, such as a trust policy.
	Resources    []string
	NotResources bool
	Conditions   []Condition
	// literals are the Resources that contain neither wildcards nor variables, and others are the rest, if the
	// statement was parsed.
	literals map[string]bool
	others   []string
	// actions are the patterns of Actions, in lower case, if the statement was parsed.
	actions []pattern
	// Unsupported names an element of the statement that this package does not support.
	Unsupported string
}

// Principals is the Principal element of a statement.
type Principals struct {
	// Anyone is true for "*", by itself or as an AWS principal.
	Anyone bool
	// AWS, Services and Federated are the names in the policy.
	AWS, Services, Federated []string
}

// Condition compares one key of the request with values.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// String returns the condition for people, such as `Bool aws:MultiFactorAuthPresent ["true"]`.
func (c Condition) String() string {
	return fmt.Sprintf("%s %s %q", c.Operator, c.Key, c.Values)
}

// String lists the principals.
func (p *Principals) String() string {
	if p == nil {
		return "nobody"
	}
	names := slices.Concat(p.AWS, p.Services, p.Federated)
	if p.Anyone {
		names = append(names, "*")
	}
	return list(names)
}
