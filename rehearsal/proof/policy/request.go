package policy

import (
	"maps"
	"slices"
	"strings"
)

// Request is what a policy is asked about.
type Request struct {
	Principal Principal
	// Action is "service:Action".
	Action string
	// Resource is an ARN, or "*" where the action knows no resources.
	Resource string
	// Context holds what else AWS knows of the request.
	Context Context
}

// Principal is who asks.
type Principal struct {
	// ARN is that of a user, a role, or of a role's session
	// (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION). Empty: the request is not
	// signed, or comes from a service.
	ARN string
	// RoleARN is the role's, where the principal is a role's session.
	RoleARN string
	// Service is a service's name, such as "ec2.amazonaws.com".
	Service string
}

// Account is the principal's account, or "".
func (p Principal) Account() string { return arnPart(p.ARN, 4) }

// User is a principal that is an IAM user.
func User(arn string) Principal { return Principal{ARN: arn} }

// Session is a principal that is a session of a role.
func Session(roleARN, session string) Principal {
	partition, account := arnPart(roleARN, 1), arnPart(roleARN, 4)
	// The session's ARN has the role's name without its path.
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	return Principal{
		ARN:     "arn:" + partition + ":sts::" + account + ":assumed-role/" + name + "/" + session,
		RoleARN: roleARN,
	}
}

// keys are the condition keys that follow from the principal.
func (p Principal) keys() map[string]string {
	switch {
	case p.Service != "":
		return map[string]string{"aws:principalisawsservice": "true", "aws:principalservicename": p.Service}
	case p.ARN == "":
		return map[string]string{"aws:principaltype": "Anonymous", "aws:principalisawsservice": "false"}
	}
	keys := map[string]string{
		"aws:principalarn":          p.ARN,
		"aws:principalaccount":      p.Account(),
		"aws:principalisawsservice": "false",
	}
	switch {
	case p.RoleARN != "":
		keys["aws:principalarn"] = p.RoleARN
		keys["aws:principaltype"] = "AssumedRole"
	case strings.Contains(p.ARN, ":user/"):
		keys["aws:principaltype"] = "User"
		keys["aws:username"] = p.ARN[strings.LastIndex(p.ARN, "/")+1:]
	}
	return keys
}

// Context is what AWS knows of a request beside who asks for what. The zero value
// knows nothing: a policy that asks for anything makes the answer undecided.
type Context struct {
	values          map[string][]string
	missing, unsure map[string]bool
	// prefixes begin the keys that the request does not have, unless values has them.
	prefixes []string
	whole    bool
}

// Whole is a context that has no key but those that With gives it.
func Whole() Context { return Context{whole: true} }

// With returns the context with a key's value or values. No values: the key is there
// and empty.
func (c Context) With(key string, values ...string) Context {
	c, key = c.clear(key)
	c.values[key] = values
	return c
}

// Without returns the context of a request that does not have the key.
func (c Context) Without(key string) Context {
	c, key = c.clear(key)
	c.missing[key] = true
	return c
}

// WithoutAny returns the context of a request that has no key with the prefix but those
// that it was given.
func (c Context) WithoutAny(prefix string) Context {
	c.prefixes = append(slices.Clone(c.prefixes), strings.ToLower(prefix))
	return c
}

// Unsure returns the context of a request of which it is not known whether it has the
// key, and with what value.
func (c Context) Unsure(key string) Context {
	c, key = c.clear(key)
	c.unsure[key] = true
	return c
}

// clear copies the context without what it knows of the key, which it folds.
func (c Context) clear(key string) (Context, string) {
	key = strings.ToLower(key)
	cleared := Context{
		values: maps.Clone(c.values), missing: maps.Clone(c.missing), unsure: maps.Clone(c.unsure),
		prefixes: c.prefixes, whole: c.whole,
	}
	if c.values == nil {
		cleared.values, cleared.missing, cleared.unsure = map[string][]string{}, map[string]bool{}, map[string]bool{}
	}
	delete(cleared.values, key)
	delete(cleared.missing, key)
	delete(cleared.unsure, key)
	return cleared, key
}

// lookUp returns a key's values, and whether the request has it.
func (r *Request) lookUp(key string) ([]string, Answer) {
	key = strings.ToLower(key)
	if values, ok := r.Context.values[key]; ok {
		return values, Yes
	}
	if r.Context.missing[key] {
		return nil, No
	}
	if r.Context.unsure[key] {
		return nil, Unknown
	}
	if value, ok := r.Principal.keys()[key]; ok {
		return []string{value}, Yes
	}
	absent := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	if r.Context.whole || r.lacks(key) || slices.ContainsFunc(r.Context.prefixes, absent) {
		return nil, No
	}
	return nil, Unknown
}

// lacks says whether this principal can never have the key.
func (r *Request) lacks(key string) bool {
	signed := r.Principal.ARN != ""
	switch {
	case key == "aws:username":
		return !signed || r.Principal.RoleARN != ""
	case key == "aws:principalservicename":
		return r.Principal.Service == ""
	case key == "aws:multifactorauthpresent", key == "aws:multifactorauthage",
		key == "aws:userid", key == "aws:principalorgid",
		strings.HasPrefix(key, "aws:principaltag/"),
		key == "aws:principalarn", key == "aws:principalaccount", key == "aws:principaltype":
		return !signed
	}
	return false
}

// arnPart returns a part of an ARN: 1 partition, 2 service, 3 Region, 4 account, 5 the
// rest. It is "" where there is none.
func arnPart(arn string, part int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	return parts[part]
}
