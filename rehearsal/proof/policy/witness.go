package policy

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Witness tries at most maxWitnesses requests, and compares them with at most about maxComparisons principals and values
// of conditions. It tries maxContexts contexts for each principal and statement, and maxValues values for each key.
const (
	maxWitnesses   = 4000
	maxComparisons = 40_000
	maxContexts    = 500
	maxValues      = 50
)

// Witness looks for a request of a class that AWS allows: it tries the principals, actions, resources, user
// names and session names that the statements mention, and some that they do not mention. If it finds none,
// the class may still have one.
//
// It chooses only what a caller can choose. Keys such as aws:SourceIp or tags remain unknown.
func (p *Policies) Witness(r *Request) (*Request, Decision, bool) {
	for one := range p.witnesses(r) {
		if d := p.Decide(one); d.Effect == Allowed {
			return one, d, true
		}
	}
	return nil, Decision{}, false
}

// witnesses iterates over the requests that Witness tries.
func (p *Policies) witnesses(r *Request) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		relevant := p.relevant(r)
		left, mentioned := min(maxWitnesses, maxComparisons/size(relevant)), mentioned(relevant)
		for _, s := range relevant {
			if s.Deny {
				continue
			}
			for one := range s.requests(r, mentioned) {
				if left == 0 || !yield(one) {
					return
				}
				left--
			}
		}
	}
}

// relevant returns the statements that may apply to requests of a class.
func (p *Policies) relevant(class *Request) []*Statement {
	var found []*Statement
	for _, d := range slices.Concat(present(p.Resource), present(p.Endpoint), present(p.Boundary), p.Identity) {
		for i := range d.Statements {
			if s := &d.Statements[i]; !s.excludes(class) {
				found = append(found, s)
			}
		}
	}
	return found
}

// excludes reports whether the statement certainly covers no request of the class, because its actions or principals
// differ.
func (s *Statement) excludes(class *Request) bool {
	if s.matchesAction(class) == No {
		return true
	}
	if s.Principal == nil || class.Principal.Group != nil {
		return false
	}
	match, _ := s.matchPrincipal(class.Principal, resourcePolicy)
	return match == noMatch
}

// size is the number of values in statements that a request is compared with. It is at least 1.
func size(statements []*Statement) int {
	n := 1
	for _, s := range statements {
		n += len(s.Actions) + len(s.Resources)
		if s.Principal != nil {
			n += len(s.Principal.AWS)
		}
		for _, c := range s.Conditions {
			n += len(c.Values)
		}
	}
	return n
}

// mentioned returns the keys that a caller chooses and that conditions of statements mention, in lower case, with the
// values that they mention.
func mentioned(statements []*Statement) map[string][]string {
	found := map[string][]string{}
	for _, s := range statements {
		for _, c := range s.Conditions {
			if key := strings.ToLower(c.Key); isFree(key) {
				found[key] = append(found[key], c.Values...)
				if key == "aws:multifactorauthage" {
					found["aws:multifactorauthpresent"] = append(found["aws:multifactorauthpresent"], "true")
				}
			}
		}
	}
	return found
}

// requests iterates over requests of a class that the statement is likely to allow.
func (s *Statement) requests(class *Request, mentioned map[string][]string) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		actions := s.members(class.Action, class.Actions, s.Actions, s.NotActions, "AnyAction")
		resources := s.members(class.Resource, class.Resources, s.Resources, s.NotResources, "any-resource/any-key")
		for _, principal := range s.principals(class) {
			for _, context := range s.contexts(class, principal, mentioned) {
				for _, action := range actions {
					for _, resource := range resources {
						if !yield(&Request{Principal: principal, Action: action, Resource: resource, Context: context}) {
							return
						}
					}
				}
			}
		}
	}
}

// members returns the action or resource of a request. If the request stands for a class, it returns members
// of it that match the patterns, and one that the patterns do not mention.
func (s *Statement) members(one string, class *Class, patterns []string, not bool, unmentioned string) []string {
	if class == nil {
		return []string{one}
	}
	var found []string
	add := func(text string) {
		if class.Contains(text) && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	if !not {
		for _, text := range patterns {
			add(example(text, class.Prefix))
		}
	}
	add(class.Prefix + unmentioned)
	return found
}

// example returns a text that a pattern matches and that begins with prefix, if the pattern matches one.
func example(text, prefix string) string {
	before, _, wildcard := strings.Cut(text, "*")
	if wildcard && strings.HasPrefix(prefix, before) {
		return prefix + "any"
	}
	return exampleOf.Replace(text)
}

// exampleOf replaces wildcards by text that they match.
var exampleOf = strings.NewReplacer("*", "any", "?", "x")

// Names of users, roles and sessions in requests if a policy mentions none.
const exampleName = "ann"

// principals returns the principal of a request. If the request stands for a group, it returns members that the
// statement mentions, and some that it does not mention.
func (s *Statement) principals(class *Request) []Principal {
	group := class.Principal.Group
	if group == nil {
		return []Principal{class.Principal}
	}
	var found []Principal
	add := func(p Principal) {
		if group.Contains(p) && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	listed := &Principals{Anyone: true}
	if s.Principal != nil {
		listed = s.Principal
	}
	for _, arn := range slices.Concat(listed.AWS, s.values("aws:PrincipalArn")) {
		if account := arnPart(arn, 4); account == "" || strings.ContainsAny(account, "*?") {
			continue
		}
		for _, p := range principalsOf(exampleARN(arn)) {
			add(p)
		}
	}
	for _, account := range s.accounts(group, listed) {
		for _, name := range append(s.values("aws:username"), exampleName) {
			name = exampleOf.Replace(name)
			for _, p := range append(principalsOf(group.arn(account, "user/"+name)), principalsOf(group.arn(account, "role/"+name))...) {
				add(p)
			}
		}
		if group.Path != "" {
			for _, p := range principalsOf(group.arn(account, group.Path+exampleName)) {
				add(p)
			}
		}
		for _, arn := range s.values("aws:PrincipalArn") {
			if parts := strings.SplitN(arn, ":", arnParts); len(parts) == arnParts {
				parts[4] = account
				for _, p := range principalsOf(exampleARN(strings.Join(parts, ":"))) {
					add(p)
				}
			}
		}
		add(Principal{ARN: group.arn(account, "root")})
	}
	return found
}

// exampleARN returns an ARN that a pattern matches.
func exampleARN(text string) string {
	parts := strings.SplitN(text, ":", arnParts)
	if len(parts) == arnParts && strings.HasPrefix(parts[5], "*") {
		parts[5] = "user/" + exampleName
	}
	return exampleOf.Replace(strings.Join(parts, ":"))
}

// principalsOf returns the principals with an ARN: a user, or sessions of a role.
func principalsOf(arn string) []Principal {
	rest := arnPart(arn, 5)
	switch kind, name, _ := strings.Cut(rest, "/"); {
	case name == "" || strings.HasSuffix(name, "/"):
		return nil
	case kind == "user", kind == "assumed-role" && strings.Contains(name, "/"):
		return []Principal{{ARN: arn}}
	case kind == "role":
		return []Principal{Session(arn, exampleName)}
	}
	return nil
}

// accounts returns accounts of principals that the statement covers.
func (s *Statement) accounts(group *Group, listed *Principals) []string {
	candidates := []string{group.Account}
	for _, name := range listed.AWS {
		if isAccount(name) {
			candidates = append(candidates, name)
		} else {
			candidates = append(candidates, arnPart(name, 4))
		}
	}
	for _, value := range s.values("aws:PrincipalAccount") {
		candidates = append(candidates, strings.NewReplacer("*", "0", "?", "0").Replace(value))
	}
	if listed.Anyone {
		for _, account := range group.NotAccounts {
			candidates = append(candidates, similarAccount(account))
		}
		candidates = append(candidates, "999999999999", "888888888888", "777777777777")
	}
	var found []string
	for _, account := range candidates {
		if isAccount(account) && !group.excludesAccount(account) && !slices.Contains(found, account) {
			found = append(found, account)
		}
	}
	return found
}

// similarAccount returns an account that differs in the last digit.
func similarAccount(account string) string {
	if !isAccount(account) {
		return account
	}
	last := "0"
	if strings.HasSuffix(account, last) {
		last = "1"
	}
	return account[:len(account)-1] + last
}

// values returns the values of the statement's conditions on a key, except those that the key must not have.
func (s *Statement) values(key string) []string {
	var found []string
	for _, c := range s.Conditions {
		if strings.EqualFold(c.Key, key) && !strings.Contains(c.Operator, "Not") && c.Operator != "Null" {
			found = append(found, c.Values...)
		}
	}
	return found
}

// freePrefixes begin the keys whose values a caller chooses.
var freePrefixes = []string{
	"sts:rolesessionname", "aws:multifactorauth", "kms:encryptioncontext", "kms:granteeprincipal", "kms:grantoperations",
	"s3:prefix", "s3:x-amz-", "ec2:osuser",
}

// contexts returns contexts of a class in which the keys that the caller chooses have values.
func (s *Statement) contexts(class *Request, principal Principal, mentioned map[string][]string) []Context {
	given := func(key string) bool {
		ok := class.Context.Knows(key)
		_, follows := principal.key(key)
		return ok || follows || class.Context.complete
	}
	found := []Context{class.Context}
	if !given("aws:securetransport") {
		found[0] = found[0].With("aws:SecureTransport", "true")
	}
	choose := func(options func(Context) []Context) {
		var next []Context
		for _, c := range found {
			next = append(next, options(c)...)
		}
		found = next[:min(len(next), maxContexts)]
	}
	for key, value := range sortedKeys(class.Context.keys()) {
		if !value.exact && value.has != No {
			choose(func(c Context) []Context { return s.choices(c, key, value, principal, mentioned[key]) })
		}
	}
	for key, values := range sortedKeys(mentioned) {
		if !given(key) {
			choose(func(c Context) []Context { return s.choices(c, key, known{has: Unknown}, principal, values) })
		}
	}
	if !given("sts:rolesessionname") {
		choose(func(c Context) []Context {
			if c.Knows("sts:RoleSessionName") {
				return []Context{c}
			}
			return []Context{c.With("sts:RoleSessionName", nameOf(principal))}
		})
	}
	return slices.DeleteFunc(found, ageWithoutMFA)
}

// ageWithoutMFA reports whether a context contains the age of the MFA sign-in although MFA was not used.
func ageWithoutMFA(c Context) bool {
	age, _ := c.get("aws:multifactorauthage")
	return age.has == Yes && c.Value("aws:MultiFactorAuthPresent") != "true"
}

// isFree reports whether a caller chooses the value of a key, given in lower case.
func isFree(key string) bool {
	return slices.ContainsFunc(freePrefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// choices returns contexts in which a key that is not known exactly has values that it can have. mentioned are
// values that conditions mention.
func (s *Statement) choices(c Context, key string, value known, principal Principal, mentioned []string) []Context {
	var found []Context
	if value.has == Unknown && (isFree(key) || len(value.oneOf) > 0) {
		found = append(found, c.Without(key))
	}
	var options []string
	switch {
	case len(value.oneOf) > 0:
		options = value.oneOf
	case value.aboveKnown:
		return append(found, c.With(key, formatAbove(value.above)))
	case isFree(key), len(value.not) > 0:
		options = exampleValues(nameOf(principal), s.values(key), mentioned)
	}
	for _, option := range options {
		differs := value.notKey == ""
		if !differs {
			other, ok := principal.key(value.notKey)
			differs = ok && other.exact && len(other.values) == 1 && other.values[0] != option
		}
		if differs && !slices.Contains(value.not, option) {
			found = append(found, c.With(key, option))
		}
	}
	if len(found) == 0 {
		return []Context{c}
	}
	return found
}

// exampleValues returns values of a key that a caller with a name chooses: some that match values of policies, and some
// that policies may not mention.
func exampleValues(name string, values ...[]string) []string {
	texts := slices.Concat(values...)
	texts = append(texts[:min(len(texts), maxValues)], "true", "1", name, "another-value", "999999999999")
	var options []string
	for _, text := range texts {
		text = exampleOf.Replace(strings.ReplaceAll(text, "${aws:username}", name))
		if !slices.Contains(options, text) {
			options = append(options, text)
		}
	}
	return options
}

// nameOf returns the last part of the name of a principal.
func nameOf(p Principal) string { return p.ARN[strings.LastIndex(p.ARN, "/")+1:] }

func formatAbove(n float64) string { return strconv.FormatFloat(n+1, 'f', -1, 64) }

// sortedKeys iterates over a map in the order of its keys.
func sortedKeys[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
