package policy

import (
	"maps"
	"slices"
	"strings"
)

// Request is a request to AWS.
type Request struct {
	Principal Principal
	// Action is "service:Action".
	Action string
	// Resource is an ARN, or "*" if the action does not support resources.
	Resource string
	// Context holds the values of condition keys.
	Context Context
}

// Principal is who makes a request.
type Principal struct {
	// ARN is that of a user, a role, or a role session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION). It
	// is empty if the request is not signed or comes from a service.
	ARN string
	// RoleARN is the ARN of the role if the principal is a role session.
	RoleARN string
	// Service is the name of a service, such as "ec2.amazonaws.com".
	Service string
}

// Account returns the principal's account, or "" if it has none.
func (p Principal) Account() string { return arnPart(p.ARN, 4) }

// User returns the principal for an IAM user.
func User(arn string) Principal { return Principal{ARN: arn} }

// Session returns the principal for a session of a role.
func Session(roleARN, session string) Principal {
	partition, account := arnPart(roleARN, 1), arnPart(roleARN, 4)
	// The ARN of a session contains the name of the role without its path.
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	return Principal{
		ARN:     "arn:" + partition + ":sts::" + account + ":assumed-role/" + name + "/" + session,
		RoleARN: roleARN,
	}
}

// keys returns the condition keys that follow from the principal.
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

// Context holds the values of condition keys. In the zero value all of them are unknown, so that every
// condition makes the answer undecided.
type Context struct {
	values           map[string][]string
	missing, unknown map[string]bool
	// prefixes are prefixes of keys that the request does not have unless they are in values.
	prefixes []string
	complete bool
}

// CompleteContext returns a context without any keys except those that With adds.
func CompleteContext() Context { return Context{complete: true} }

// With returns the context with a key and its values. Without values the key exists and is empty.
func (c Context) With(key string, values ...string) Context {
	c, key = c.clear(key)
	c.values[key] = values
	return c
}

// Without returns the context without the key.
func (c Context) Without(key string) Context {
	c, key = c.clear(key)
	c.missing[key] = true
	return c
}

// WithoutAny returns the context without any key that has the prefix, except those that With adds.
func (c Context) WithoutAny(prefix string) Context {
	c.prefixes = append(slices.Clone(c.prefixes), strings.ToLower(prefix))
	return c
}

// WithUnknown returns the context in which it is unknown whether the request has the key, and with which value.
func (c Context) WithUnknown(key string) Context {
	c, key = c.clear(key)
	c.unknown[key] = true
	return c
}

// clear returns a copy of the context without the key, and the key in lower case.
func (c Context) clear(key string) (Context, string) {
	key = strings.ToLower(key)
	cleared := Context{
		values: maps.Clone(c.values), missing: maps.Clone(c.missing), unknown: maps.Clone(c.unknown),
		prefixes: c.prefixes, complete: c.complete,
	}
	if c.values == nil {
		cleared.values, cleared.missing, cleared.unknown = map[string][]string{}, map[string]bool{}, map[string]bool{}
	}
	delete(cleared.values, key)
	delete(cleared.missing, key)
	delete(cleared.unknown, key)
	return cleared, key
}

// lookUp returns the values of a key, and whether the request has it.
func (r *Request) lookUp(key string) ([]string, Answer) {
	key = strings.ToLower(key)
	if values, ok := r.Context.values[key]; ok {
		return values, Yes
	}
	if r.Context.missing[key] {
		return nil, No
	}
	if r.Context.unknown[key] {
		return nil, Unknown
	}
	if value, ok := r.Principal.keys()[key]; ok {
		return []string{value}, Yes
	}
	absent := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	if r.Context.complete || r.neverHas(key) || slices.ContainsFunc(r.Context.prefixes, absent) {
		return nil, No
	}
	return nil, Unknown
}

// neverHas reports whether a request of this principal never has the key.
func (r *Request) neverHas(key string) bool {
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

// arnPart returns a part of an ARN: 1 is the partition, 2 the service, 3 the Region, 4 the account, 5 the
// rest. It returns "" if text is not an ARN.
func arnPart(arn string, part int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	return parts[part]
}
