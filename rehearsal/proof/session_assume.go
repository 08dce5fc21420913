package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// exampleUser is the name of users and of role sessions in example requests.
const exampleUser = "ann"

// trustedPrincipal is a principal, or a group of principals, that a trust policy lists.
type trustedPrincipal struct {
	// listed is the name in the trust policy. It is the account of the role for the principal "*".
	listed string
	policy.Principal
}

// trustedPrincipals returns what the trust policy of the role lists. Principals that are listed as "*" are those of
// the role's account.
func (m *model) trustedPrincipals(r *role) []trustedPrincipal {
	var found []trustedPrincipal
	for _, s := range r.trust.Statements {
		if s.Deny || s.Principal == nil || !s.Covers("sts:AssumeRole") {
			continue
		}
		listed := s.Principal.AWS
		if s.Principal.Anyone {
			listed = append(slices.Clone(listed), r.account())
		}
		for _, name := range listed {
			same := func(other trustedPrincipal) bool { return other.listed == name }
			if !slices.ContainsFunc(found, same) {
				found = append(found, trustedPrincipal{name, m.principalOf(name)})
			}
		}
	}
	return found
}

// principalOf returns the principals that a name in a Principal element stands for.
func (m *model) principalOf(name string) policy.Principal {
	kind, rest, _ := strings.Cut(name[strings.LastIndex(name, ":")+1:], "/")
	switch {
	case !strings.HasPrefix(name, "arn:"), kind == "root":
		return policy.Group{Partition: m.partition, Account: accountOf(name)}.Principal()
	case kind == "role" && rest != "":
		return policy.Session(name, exampleUser)
	}
	return policy.User(name)
}

// accountOf returns the account of a name in a Principal element: an ARN or an account id.
func accountOf(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return policy.Principal{ARN: name}.Account()
	}
	return name
}

// decideAssume decides whether a principal can assume a role in some way: with MFA, and with a session name that it
// chooses. The principal's own policies are assumed to allow it. If AWS allows a request, that is returned, too.
func (m *model) decideAssume(r *role, p policy.Principal) (policy.Decision, *policy.Request) {
	context := policy.Context{}
	if p.IsSession() {
		context = context.WithSome("aws:userid")
	}
	request := &policy.Request{Principal: p, Action: "sts:AssumeRole", Resource: r.arn, Context: context}
	policies := m.trusts(r)
	if p.Account() != "" && p.Account() == r.account() {
		policies.Identity = m.ownPolicies(p)
	}
	if witness, d, ok := policies.Witness(request); ok {
		return d, witness
	}
	return decideClass(policies, request), nil
}

// canAssumeWithoutMFA reports whether a principal may be able to assume the role without MFA.
func (m *model) canAssumeWithoutMFA(r *role, p policy.Principal) bool {
	policies := m.trusts(r)
	return policies.Decide(&policy.Request{Principal: p, Action: "sts:AssumeRole", Resource: r.arn, Context: withoutMFA()}).Effect != policy.Denied
}

// ownPolicies returns the policies of a principal: an assumed one that allows everything and, for a user or a role,
// those in the state, which can deny requests.
func (m *model) ownPolicies(p policy.Principal) []*policy.Document {
	policies := []*policy.Document{allowAll}
	known := false
	for _, u := range m.users() {
		if u.arn == p.ARN {
			known = true
			policies = append(policies, u.policies...)
		}
	}
	if !known && strings.Contains(p.ARN, ":user/") && !differ(m.account, p.Account()) {
		// The state can contain policies and groups of a user that another stack manages.
		policies = append(policies, m.userPolicies(lastPart(p.ARN))...)
	}
	for _, r := range m.roles {
		if r.arn == p.RoleARN {
			own, _ := r.identityPolicies()
			policies = append(policies, own.Identity...)
		}
	}
	return policies
}

// iamUser is an IAM user of the state.
type iamUser struct {
	*resource
	arn      string
	policies []*policy.Document
}

// users returns the IAM users of the state with their policies and those of their groups. A policy whose content is
// unknown makes decisions undecided.
func (m *model) users() []*iamUser {
	if m.iamUsers != nil {
		return m.iamUsers
	}
	found := []*iamUser{}
	for _, n := range m.ofType("aws:iam/user:User") {
		u := &iamUser{resource: n, arn: n.str("arn")}
		name := cmp.Or(n.str("name"), n.id)
		u.policies = m.userPolicies(name)
		if boundary := n.str("permissionsBoundary"); boundary != "" {
			u.policies = append(u.policies, policy.Unreadable("the permissions boundary of "+n.String(), "its content, which is not evaluated"))
		}
		found = append(found, u)
	}
	m.iamUsers = found
	return found
}

// userPolicies returns the policies of an IAM user and of the user's groups.
func (m *model) userPolicies(name string) []*policy.Document {
	found := m.policiesOf("user", name)
	for _, group := range m.userGroups(name) {
		found = append(found, m.policiesOf("group", group)...)
	}
	return found
}

// userGroups returns the groups of an IAM user.
func (m *model) userGroups(user string) []string {
	var found []string
	for _, n := range m.ofType("aws:iam/userGroupMembership:UserGroupMembership") {
		if n.str("user") == user {
			found = append(found, n.strList("groups")...)
		}
	}
	for _, n := range m.ofType("aws:iam/groupMembership:GroupMembership") {
		if slices.Contains(n.strList("users"), user) {
			found = append(found, n.str("group"))
		}
	}
	return found
}

// policiesOf returns the policies that resources of the state attach to a user or a group. kind is "user" or "group".
func (m *model) policiesOf(kind, name string) []*policy.Document {
	var found []*policy.Document
	title := strings.ToUpper(kind[:1]) + kind[1:]
	for _, n := range m.ofType(fmt.Sprintf("aws:iam/%sPolicy:%sPolicy", kind, title)) {
		if n.str(kind) == name {
			found = append(found, n.policy("policy", n.String()))
		}
	}
	attach := func(n *resource) {
		document, err := m.managedPolicy(n.str("policyArn"))
		if err != nil || document == nil {
			document = policy.Unreadable(n.str("policyArn"), "its content, which is not in the state")
		}
		found = append(found, document)
	}
	for _, n := range m.ofType(fmt.Sprintf("aws:iam/%sPolicyAttachment:%sPolicyAttachment", kind, title)) {
		if n.str(kind) == name {
			attach(n)
		}
	}
	for _, n := range m.ofType("aws:iam/policyAttachment:PolicyAttachment") {
		if slices.Contains(n.strList(kind+"s"), name) {
			attach(n)
		}
	}
	return found
}

// startersWithoutRole says for each IAM user and group of the state how it may start sessions without the session role:
// by its own policies, in a context.
func (m *model) startersWithoutRole(context policy.Context) []string {
	var found []string
	check := func(n *resource, principal policy.Principal, documents []*policy.Document) {
		d := (&policy.Policies{Identity: documents}).Decide(&policy.Request{
			Principal: principal, Action: "ssm:StartSession", Resources: &policy.Class{Prefix: "arn:"}, Context: m.callerContext(context),
		})
		if d.Effect != policy.Denied {
			found = append(found, fmt.Sprintf("%s may start sessions without the session role: %s", n, d.Why))
		}
	}
	for _, u := range m.users() {
		check(u.resource, policy.User(u.arn), u.policies)
	}
	for _, n := range m.ofType("aws:iam/group:Group") {
		members := policy.Group{Kind: policy.UserKind, Partition: m.partition, Account: n.account}
		check(n, members.Principal(), m.policiesOf("group", cmp.Or(n.str("name"), n.id)))
	}
	return found
}
