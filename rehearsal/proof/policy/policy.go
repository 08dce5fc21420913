// Package policy decides what AWS would answer to a request under given IAM policies:
// yes, no, or that it cannot tell, each with its reason.
//
// It knows what the policies of Session Manager, VPC endpoints, keys and buckets are
// made of. Whatever else a policy holds makes the answer undecided and is named; no
// answer is guessed. The rules are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package policy

import (
	"fmt"
	"slices"
)

// Answer is one of three: what a policy says of a request can be unknown.
type Answer int

// The values of Answer.
const (
	No Answer = iota
	Unknown
	Yes
)

// String is the answer in a word.
func (a Answer) String() string { return [...]string{"no", "unknown", "yes"}[a] }

// and is Yes where both are, No where one is.
func (a Answer) and(b Answer) Answer { return min(a, b) }

// or is Yes where one is, No where both are.
func (a Answer) or(b Answer) Answer { return max(a, b) }

// not turns the answer round.
func (a Answer) not() Answer { return Yes - a }

// answer is what is known to be so.
func answer(is bool) Answer {
	if is {
		return Yes
	}
	return No
}

// Document is a policy, read.
type Document struct {
	// Name tells people which policy it is.
	Name       string
	Statements []Statement
	// Silent keeps its grants out of the reasons: those of a policy that is assumed.
	Silent bool
	// variables says that "${...}" is a policy variable. Only version 2012-10-17
	// knows them.
	variables bool
}

// Statement is one statement of a Document.
type Statement struct {
	// Sid is its own name, or its position, "statement 2".
	Sid       string
	Deny      bool
	Principal *Principals
	// Actions are patterns; NotActions says that they are those excluded.
	Actions    []string
	NotActions bool
	// Resources are patterns; nil where the kind of policy has none.
	Resources    []string
	NotResources bool
	Conditions   []Condition
	// Strange names what this package does not know of the statement.
	Strange string
}

// Principals is who a statement of a resource's policy is about.
type Principals struct {
	// Anyone is "*", on its own or as an AWS principal.
	Anyone bool
	// AWS, Services and Federated are names as the policy writes them.
	AWS, Services, Federated []string
}

// Condition compares one key of the request with values.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// String is the condition as a sentence would have it.
func (c Condition) String() string {
	return fmt.Sprintf("%s %s %q", c.Operator, c.Key, c.Values)
}

// String lists them.
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
