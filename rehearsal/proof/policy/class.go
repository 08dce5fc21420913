package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Class is a set of actions or resources: those that begin with Prefix and match none of Except. The
// evaluator decides a request about a class if its answer is the same for all of them.
type Class struct {
	// Prefix begins every member. Empty: any action or resource.
	Prefix string
	// Except are texts that are not members. A text that ends in "*" excludes everything that begins with it.
	Except []string
	// only is true if Prefix is the only member.
	only bool
}

// Contains reports whether a text is a member. Case matters.
func (c *Class) Contains(text string) bool {
	return strings.HasPrefix(text, c.Prefix) && !slices.ContainsFunc(c.Except, func(except string) bool {
		if prefix, all := strings.CutSuffix(except, "*"); all {
			return strings.HasPrefix(text, prefix)
		}
		return text == except
	})
}

// lower returns the class in lower case.
func (c *Class) lower() *Class {
	folded := &Class{Prefix: strings.ToLower(c.Prefix)}
	for _, except := range c.Except {
		folded.Except = append(folded.Except, strings.ToLower(except))
	}
	return folded
}

// compiledClass is a class with an index of its exceptions.
type compiledClass struct {
	prefix string
	// exact are the exceptions without "*", and prefixes the others without their "*".
	exact    map[string]bool
	prefixes []string
}

// compile returns nil for nil.
func (c *Class) compile() *compiledClass {
	if c == nil {
		return nil
	}
	compiled := &compiledClass{prefix: c.Prefix, exact: make(map[string]bool, len(c.Except))}
	for _, except := range c.Except {
		if prefix, all := strings.CutSuffix(except, "*"); all {
			compiled.prefixes = append(compiled.prefixes, prefix)
		} else {
			compiled.exact[except] = true
		}
	}
	return compiled
}

// matchedBy reports whether a pattern matches all members, or none.
func (c *compiledClass) matchedBy(p pattern) Answer {
	if p.isStar() {
		return Yes
	}
	prefix, whole := p.prefix()
	excepted := slices.ContainsFunc(c.prefixes, func(except string) bool { return strings.HasPrefix(prefix, except) })
	switch {
	case !strings.HasPrefix(prefix, c.prefix) && (whole || !strings.HasPrefix(c.prefix, prefix)):
		return No
	case excepted, whole && c.exact[prefix]:
		return No
	case !whole && len(p) == 2 && p[1].wildcard == '*' && strings.HasPrefix(c.prefix, prefix):
		return Yes
	}
	return Unknown
}

// Kind is a kind of principals.
type Kind int

// The values of Kind.
const (
	// AnyKind is every IAM principal, the root user included.
	AnyKind Kind = iota
	// UserKind is IAM users.
	UserKind
	// RoleKind is sessions of roles.
	RoleKind
)

// Group is a set of IAM principals. The evaluator decides a request of a group if its answer is the same for
// all of them.
type Group struct {
	Kind Kind
	// Partition is the partition of the members. Empty: aws.
	Partition string
	// Account is the account of all members. Empty: any account.
	Account string
	// NotAccounts are accounts without members.
	NotAccounts []string
	// NotARNs are ARNs of users and roles that are not members.
	NotARNs []string
	// Path begins the last part of the ARN of the user or role of every member, such as
	// "role/aws-reserved/". Optional.
	Path string
	// NotPaths are beginnings of the last part of the ARN that no member has.
	NotPaths []string
}

// Principal returns the principal that stands for all members.
func (g Group) Principal() Principal { return Principal{Group: &g} }

// Contains reports whether a principal is a member.
func (g *Group) Contains(p Principal) bool {
	identity := p.ARN
	if p.IsSession() {
		identity = p.RoleARN
	}
	rest := arnPart(identity, 5)
	user, role := strings.HasPrefix(rest, "user/"), p.IsSession()
	switch {
	case p.ARN == "", p.Service != "", p.Group != nil,
		g.Kind == UserKind && !user, g.Kind == RoleKind && !role,
		g.excludesAccount(p.Account()), slices.Contains(g.NotARNs, p.ARN), slices.Contains(g.NotARNs, identity):
		return false
	}
	return strings.HasPrefix(rest, g.Path) && !slices.ContainsFunc(g.NotPaths, func(path string) bool { return strings.HasPrefix(rest, path) })
}

// arn returns the ARN of a user or role that may be a member.
func (g *Group) arn(account, rest string) string {
	return "arn:" + cmp.Or(g.Partition, "aws") + ":iam::" + account + ":" + rest
}

// excludesAccount reports whether no member belongs to an account.
func (g *Group) excludesAccount(account string) bool {
	return g.Account != "" && g.Account != account || slices.Contains(g.NotAccounts, account)
}

// excludesPath reports whether no member of the group has an ARN whose last part begins with prefix or, if whole is true,
// equals it.
func (g *Group) excludesPath(prefix string, whole bool) bool {
	needed := []string{g.Path}
	switch g.Kind {
	case UserKind:
		needed = append(needed, "user/")
	case RoleKind:
		needed = append(needed, "role/")
	}
	for _, path := range needed {
		if !strings.HasPrefix(prefix, path) && (whole || !strings.HasPrefix(path, prefix)) {
			return true
		}
	}
	return slices.ContainsFunc(g.NotPaths, func(path string) bool { return strings.HasPrefix(prefix, path) })
}

// arnMatchedBy reports whether a pattern for aws:PrincipalArn matches the ARNs of all members, or of none. If
// parts is true, wildcards do not match colons.
func (g *Group) arnMatchedBy(p pattern, parts bool) Answer {
	text, whole := p.prefix()
	if whole && slices.Contains(g.NotARNs, text) {
		return No
	}
	if strings.Count(text, ":") < arnParts-1 && (!parts || p.unknownVariable() != "") {
		return Unknown // what is unknown may contain colons
	}
	split := p.split()
	if len(split) < arnParts {
		return Unknown
	}
	if account, literal := split[4].prefix(); literal && g.excludesAccount(account) {
		return No
	}
	if g.excludesPath(split[5].prefix()) {
		return No
	}
	return Unknown
}

// matchName compares a name in a Principal element with the group.
func (g *Group) matchName(name string) (principalMatch, string) {
	several := "its principal " + name
	account := name
	if !isAccount(name) {
		if account = arnPart(name, 4); account == "" {
			return unknownMatch, several + ", which is not an ARN"
		}
	}
	rest := arnPart(name, 5)
	switch {
	case !strings.ContainsAny(account, "*?") && g.excludesAccount(account), slices.Contains(g.NotARNs, name):
		return noMatch, ""
	case isAccount(name), rest == "root":
		if g.Account == account {
			return accountMatch, ""
		}
		return unknownMatch, several
	case strings.ContainsAny(name, "*?"):
		return unknownMatch, several + ", which has a wildcard"
	case arnPart(name, 2) == "iam" && g.excludesPath(rest, true):
		return noMatch, ""
	case arnPart(name, 2) == "sts" && g.Kind == UserKind:
		return noMatch, ""
	}
	return unknownMatch, several
}
