package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// identityCenterPath begins the last part of the ARNs of the roles that IAM Identity Center creates. Nobody else can
// create roles with this path.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
const identityCenterPath = "role/aws-reserved/sso.amazonaws.com/"

// decideClass decides a class of requests. For those that assume a role, it decides users with MFA, users without MFA
// and sessions of roles one by one: the root user and federated users cannot assume roles.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func decideClass(policies policy.Policies, request *policy.Request) policy.Decision {
	d := policies.DecideClass(request)
	if d.Effect != policy.Undecided || request.Action != "sts:AssumeRole" || request.Principal.IsSession() {
		return d
	}
	users, roles := *request, *request
	kind := policy.UserKind
	if group := request.Principal.Group; group != nil {
		kind = group.Kind
		someUsers, someRoles := *group, *group
		someUsers.Kind, someRoles.Kind = policy.UserKind, policy.RoleKind
		users.Principal, roles.Principal = someUsers.Principal(), someRoles.Principal()
	}
	var cases []policy.Decision
	if kind != policy.UserKind {
		cases = append(cases, policies.Decide(&roles))
	}
	if kind != policy.RoleKind {
		cases = append(cases, decideMFA(policies, users)...)
	}
	for _, one := range cases {
		if one.Effect != cases[0].Effect {
			return d
		}
	}
	return cases[0]
}

// decideMFA decides the requests of users with MFA and those without. A request shows the age of MFA only with MFA.
func decideMFA(policies policy.Policies, request policy.Request) []policy.Decision {
	if request.Context.Knows(mfaPresent) || request.Context.Knows(mfaAge) {
		return []policy.Decision{policies.Decide(&request)}
	}
	with, without := request, request
	with.Context = with.Context.With(mfaPresent, "true").WithSome(mfaAge)
	without.Context = without.Context.WithOneOf(mfaPresent, "false").Optional(mfaPresent).Without(mfaAge)
	return []policy.Decision{policies.Decide(&with), policies.Decide(&without)}
}

// assume returns the policies and the request by which a group of principals would assume a role. The principals'
// own policies are assumed to allow it.
func (m *model) assume(r *role, group policy.Group, context policy.Context) (policy.Policies, *policy.Request) {
	group.Partition = m.partition
	return m.trusts(r), &policy.Request{Principal: group.Principal(), Action: "sts:AssumeRole", Resource: r.arn, Context: context}
}

// trusts returns the policies that decide who can assume a role.
func (m *model) trusts(r *role) policy.Policies {
	return policy.Policies{Identity: []*policy.Document{allowAll}, Resource: r.trust, ResourceAccount: r.account(), ResourceMustAllow: true}
}

// withoutMFA is the context of all requests without MFA: those of long-term access keys have no key about MFA, and
// those of temporary credentials have "false".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
func withoutMFA() policy.Context {
	return policy.Context{}.WithOneOf(mfaPresent, "false").Optional(mfaPresent).Without(mfaAge)
}

// proveSessionMFA proves that nobody can assume the session role without MFA, neither directly nor through another
// role of the state.
func (m *model) proveSessionMFA() []*finding {
	return m.perSessionRole("session.mfa", Required, func(f *finding, r *role) {
		intent := m.intentOf(r)
		if !intent.requireMFA && !slices.ContainsFunc(r.trust.Statements, requiresMFA) {
			f.claim.Class = Hardening
		}
		m.eachInChain(f, r, intent, m.checkMFA)
		for _, why := range m.startersWithoutRole(withoutMFA()) {
			f.unknown("%s", why)
		}
		m.checkIdentityCenter(f, r)
	})
}

// requiresMFA reports whether a statement has a condition on MFA.
func requiresMFA(s policy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool {
		return strings.EqualFold(c.Key, mfaPresent) || strings.EqualFold(c.Key, mfaAge)
	})
}

// checkMFA checks that nobody can assume a role without MFA, except sessions of other roles of the state.
func (m *model) checkMFA(f *finding, r *role, intent roleIntent) {
	fix := r.fix(keyFixes.requireMfa, "add the condition Bool "+mfaPresent+" = true to the statement in the trust policy of "+r.String()+
		"; BoolIfExists would allow long-term access keys")
	users := policy.Group{Kind: policy.UserKind}
	policies, request := m.assume(r, users, withoutMFA())
	f.expectNone(policies, request, fix, "IAM users assume "+r.String()+" without MFA", func(w *policy.Request) string {
		how := "long-term access keys"
		if w.Context.Value(mfaPresent) != "" {
			how = "temporary credentials without MFA"
		}
		return fmt.Sprintf("%s assumes %s with %s%s", w.Principal.ARN, r, how, asSession(w))
	})
	if age := 60 * intent.mfaMaxAge; age > 0 {
		fix := r.fix(keyFixes.mfaMaxAgeMinutes, fmt.Sprintf("add the condition NumericLessThanEquals %s = %d", mfaAge, age))
		policies, request := m.assume(r, users, policy.Context{}.With(mfaPresent, "true").WithAbove(mfaAge, age))
		f.expectNone(policies, request, fix, fmt.Sprintf("IAM users assume %s with MFA of more than %d seconds ago", r, age), func(w *policy.Request) string {
			return fmt.Sprintf("%s assumes %s with MFA of %s seconds ago%s", w.Principal.ARN, r, w.Context.Value(mfaAge), asSession(w))
		})
	}
	m.checkServicesMFA(f, r)
	m.checkRolesMFA(f, r)
}

// asSession names the session of a request if its name differs from that of the principal.
func asSession(w *policy.Request) string {
	if name := w.Context.Value(sessionNameKey); name != "" && name != lastPart(w.Principal.ARN) {
		return fmt.Sprintf(", with the session name %q", name)
	}
	return ""
}

// lastPart returns the text after the last slash.
func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// checkServicesMFA checks that a role trusts no service and no identity provider, whose users may have no MFA.
func (m *model) checkServicesMFA(f *finding, r *role) {
	for _, name := range r.trustedServices() {
		d := (&policy.Policies{Resource: r.trust, ResourceMustAllow: true}).Decide(&policy.Request{
			Principal: policy.Principal{Service: name}, Action: "sts:AssumeRole", Resource: r.arn,
		})
		f.expectDenied(d, "remove "+name+" from the trust policy of "+r.String(), "%s can assume %s for its users, without MFA", name, r)
	}
	for _, why := range r.federation() {
		f.unknown("%s: the state does not show whether they use MFA", why)
	}
}

// trustedServices returns the services that the trust policy of the role lists.
func (r *role) trustedServices() []string {
	var found []string
	for _, s := range r.trust.Statements {
		if s.Deny || s.Principal == nil || !s.Covers("sts:AssumeRole") {
			continue
		}
		for _, name := range s.Principal.Services {
			if !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// federation says for each identity provider that the role trusts who can assume the role.
func (r *role) federation() []string {
	var found []string
	for i := range r.trust.Statements {
		s := &r.trust.Statements[i]
		if s.Deny || s.Principal == nil {
			continue
		}
		for _, provider := range s.Principal.Federated {
			found = append(found, fmt.Sprintf("users of %s can assume %s", provider, r))
		}
		if s.Principal.Anyone && (s.Covers("sts:AssumeRoleWithWebIdentity") || s.Covers("sts:AssumeRoleWithSAML")) {
			found = append(found, fmt.Sprintf("users of identity providers can assume %s by %s", r, r.trust.Describe(s)))
		}
	}
	return found
}

// checkRolesMFA checks that no session of a role that is not in the state can assume a role. The requests of sessions
// never show MFA.
func (m *model) checkRolesMFA(f *finding, r *role) {
	others := policy.Group{Kind: policy.RoleKind, NotPaths: []string{identityCenterPath}}
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		others.NotARNs = append(others.NotARNs, m.roles[name].arn)
	}
	policies, request := m.assume(r, others, policy.Context{})
	if d := policies.Decide(request); d.Effect != policy.Denied {
		f.unknown("sessions of roles that are not in the state may assume %s (%s): whether these roles require MFA is not in the state", r, d.Why)
	} else {
		f.pass("sessions of roles that are not in the state assume %s: %s: %s", r, d.Effect, d.Why)
	}
}

// link is a role whose sessions may assume the session role, directly or through other roles.
type link struct {
	*role
	// next is the role that the sessions assume.
	next *role
	// unknown says why it is uncertain that the sessions can assume the session role. It is empty if it is certain.
	unknown string
}

// The proofs examine which roles can assume which only in states with at most maxRoles roles. At most maxLinks can assume
// a session role, directly or through others.
const (
	maxRoles = 300
	maxLinks = 20
)

// chain returns the roles of the state whose sessions may assume a role, directly or through others, and false if there
// are too many to examine.
func (m *model) chain(r *role) ([]link, bool) {
	found := map[*role]link{r: {role: r}}
	queue := []*role{r}
	for len(queue) > 0 {
		next := found[queue[0]]
		queue = queue[1:]
		if policies, request := m.assume(next.role, policy.Group{Kind: policy.RoleKind}, policy.Context{}); policies.Decide(request).Effect == policy.Denied {
			continue // no role can
		}
		if len(m.roles) > maxRoles {
			return nil, false
		}
		if len(found) > maxLinks {
			return nil, false
		}
		for _, name := range slices.Sorted(maps.Keys(m.roles)) {
			other := m.roles[name]
			d := m.decideChain(other, next.role)
			one := link{role: other, next: next.role, unknown: next.unknown}
			if d.Effect == policy.Undecided {
				one.unknown = d.Why
			}
			if old, seen := found[other]; d.Effect != policy.Denied && (!seen || old.unknown != "" && one.unknown == "") {
				found[other] = one
				queue = append(queue, other)
			}
		}
	}
	var links []link
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		if one, ok := found[m.roles[name]]; ok && one.role != r {
			links = append(links, one)
		}
	}
	return links, true
}

// eachInChain checks a role and the roles of the state whose sessions may assume it, directly or through others. If it is
// uncertain that a role's sessions can assume it, a step that fails for that role is unknown.
func (m *model) eachInChain(f *finding, r *role, intent roleIntent, check func(*finding, *role, roleIntent)) {
	check(f, r, intent)
	links, ok := m.chain(r)
	if !ok {
		f.unknown("sessions of other roles may assume %s: the proofs examine at most %d of them, and only in states with at most %d roles", r, maxLinks, maxRoles)
		return
	}
	for _, one := range links {
		f.rest(one.parts()...)
		checked := fmt.Sprintf("%s of %s for %v", f.claim.ID, one.urn, intent)
		sub := m.inChain[checked]
		if sub == nil {
			sub = newFinding(f.claim.ID, f.claim.Subject, f.claim.Class)
			check(sub, one.role, intent)
			m.inChain[checked] = sub
		}
		f.rest(sub.rested...)
		for _, reason := range sub.claim.Reasons {
			reason.Text += fmt.Sprintf("; sessions of %s assume %s", one, one.next)
			if one.unknown != "" {
				reason.Text += " (if " + one.unknown + ")"
				if reason.Kind == Fail {
					reason.Kind = Unknown
				}
			}
			f.claim.Reasons = append(f.claim.Reasons, reason)
		}
	}
}

// decideChain decides whether sessions of a role of the state can assume another. It decides once for each pair.
func (m *model) decideChain(from, to *role) policy.Decision {
	pair := [2]*role{from, to}
	d, decided := m.chained[pair]
	if !decided {
		d = m.decideChained(from, to)
		m.chained[pair] = d
	}
	return d
}

func (m *model) decideChained(from, to *role) policy.Decision {
	policies, unknown := from.identityPolicies()
	if from.boundary != "" {
		if policies.Boundary, _ = m.managedPolicy(from.boundary); policies.Boundary == nil {
			unknown = append(unknown, "the permissions boundary "+from.boundary)
		}
	}
	policies.Resource, policies.ResourceAccount, policies.ResourceMustAllow = to.trust, to.account(), true
	request := &policy.Request{
		Principal: policy.Session(from.arn, exampleUser), Action: "sts:AssumeRole", Resource: to.arn, Context: policy.Context{}.WithSome("aws:userid"),
	}
	d := policies.Decide(request)
	if d.Explicit || len(unknown) == 0 {
		return d
	}
	content := "the content of " + strings.Join(unknown, ", ")
	if d.Effect == policy.Allowed {
		return policy.Decision{Effect: policy.Undecided, Why: content + " does not deny it"}
	}
	// What is not in the state may allow it, unless the trust policy denies it.
	trust := m.trusts(to)
	if trusted := trust.Decide(request); trusted.Effect == policy.Allowed {
		return policy.Decision{Effect: policy.Undecided, Why: content + " allows it"}
	} else if trusted.Effect == policy.Undecided {
		return trusted
	}
	return d
}

// checkIdentityCenter adds an assumption if roles of IAM Identity Center can assume the role: users sign in with MFA
// there, and the requests of their roles do not show it.
func (m *model) checkIdentityCenter(f *finding, r *role) {
	policies, request := m.assume(r, policy.Group{Kind: policy.RoleKind, Account: r.account(), Path: identityCenterPath}, policy.Context{})
	if d := policies.Decide(request); d.Effect != policy.Denied {
		f.assume("IAM Identity Center requires MFA of its users, whose roles can assume %s", r)
	}
}

// proveSessionForeign proves that no principal of another account can assume the session role, except those that
// are meant to.
func (m *model) proveSessionForeign() []*finding {
	return m.perSessionRole("session.foreign", Required, func(f *finding, r *role) {
		intent := m.intentOf(r)
		m.eachInChain(f, r, intent, m.checkForeign)
	})
}

// checkForeign checks that no principal of another account can assume a role.
func (m *model) checkForeign(f *finding, r *role, intent roleIntent) {
	if r.account() == "" {
		f.unknown("the account of %s is unknown", r)
		return
	}
	foreign := policy.Group{NotAccounts: []string{r.account()}}
	for _, name := range intent.principals {
		switch account := accountOf(name); {
		case account == r.account() || len(account) != accountLength:
			continue
		case account == name || strings.HasSuffix(name, ":root"):
			foreign.NotAccounts = append(foreign.NotAccounts, account)
		default:
			foreign.NotARNs = append(foreign.NotARNs, name)
		}
		if r.lists(name) {
			f.pass("%s of another account is meant to assume %s", name, r)
		}
	}
	fix := "list only principals that are meant to assume " + r.String() + " in its trust policy"
	policies, request := m.assume(r, foreign, policy.Context{})
	f.expectNone(policies, request, fix, "principals of other accounts assume "+r.String(), func(w *policy.Request) string {
		return fmt.Sprintf("%s of another account assumes %s%s", w.Principal.ARN, r, asSession(w))
	})
	for _, why := range r.federation() {
		f.unknown("%s: the state does not show who they are", why)
	}
}

// accountLength is the number of digits of an account id.
const accountLength = len("123456789012")

// lists reports whether the trust policy lists a principal, or the account that it stands for.
func (r *role) lists(name string) bool {
	return slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool {
		return !s.Deny && s.Principal != nil && slices.ContainsFunc(s.Principal.AWS, func(listed string) bool {
			return listed == name || accountOf(listed) == name
		})
	})
}

// parts returns the role and the resources that attach its policies.
func (r *role) parts() []*resource {
	found := []*resource{r.resource}
	for _, p := range r.policies {
		if p.attachedBy != nil {
			found = append(found, p.attachedBy)
		}
	}
	return found
}
