package proof

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// Condition keys of Session Manager and AWS STS.
const (
	accessCheck    = "ssm:SessionDocumentAccessCheck"
	sessionTag     = "ssm:resourceTag/aws:ssmmessages:session-id"
	mfaPresent     = "aws:MultiFactorAuthPresent"
	mfaAge         = "aws:MultiFactorAuthAge"
	sessionNameKey = "sts:RoleSessionName"
)

// exampleUser is the name of users and of role sessions in example requests.
const exampleUser = "ann"

// sessionRoles returns the roles that principals assume to start sessions, sorted by name.
func (m *model) sessionRoles() []*role {
	var found []*role
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		allowsSessions := slices.ContainsFunc(r.policies, func(p rolePolicy) bool {
			return p.document != nil && slices.ContainsFunc(p.document.Statements, func(s policy.Statement) bool {
				return !s.Deny && s.Covers("ssm:StartSession")
			})
		})
		if allowsSessions && r.trustsPrincipals() {
			found = append(found, r)
		}
	}
	return found
}

// rolesWithUnknownPolicies returns the other roles that principals can assume and that may allow sessions.
func (m *model) rolesWithUnknownPolicies() []*role {
	var found []*role
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		if _, unknown := r.identityPolicies(); len(unknown) > 0 && r.trustsPrincipals() && !slices.Contains(m.sessionRoles(), r) {
			found = append(found, r)
		}
	}
	return found
}

// trustsPrincipals reports whether the role trusts anybody except AWS services.
func (r *role) trustsPrincipals() bool {
	return slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool {
		return !s.Deny && (s.Principal == nil || s.Principal.Anyone || len(s.Principal.AWS)+len(s.Principal.Federated) > 0)
	})
}

// account returns the account of the role.
func (r *role) account() string { return policy.Principal{ARN: r.arn}.Account() }

// unknownPolicies returns the names of the policies of the role, including its permissions boundary, whose
// content is unknown.
func (r *role) unknownPolicies() []string {
	_, unknown := r.identityPolicies()
	if r.boundary != "" {
		unknown = append(unknown, "the permissions boundary "+r.boundary)
	}
	return unknown
}

// trustedPrincipal is an example of a principal that a trust policy lists.
type trustedPrincipal struct {
	policy.Principal
	// listed is the name in the trust policy.
	listed string
}

// isUser reports whether the principal is an IAM user. Only requests of users show whether there was MFA.
func (p trustedPrincipal) isUser() bool { return p.RoleARN == "" }

// name returns the last part of the ARN.
func (p trustedPrincipal) name() string { return p.ARN[strings.LastIndex(p.ARN, "/")+1:] }

// trustedPrincipals returns examples of each principal that the trust policy of the role lists.
func (m *model) trustedPrincipals(r *role) []trustedPrincipal {
	var found []trustedPrincipal
	add := func(arn, listed string) {
		p := trustedPrincipal{exampleOf(arn), listed}
		if !slices.ContainsFunc(found, func(other trustedPrincipal) bool { return other.ARN == p.ARN }) {
			found = append(found, p)
		}
	}
	for _, s := range r.trust.Statements {
		if s.Deny || s.Principal == nil || !s.Covers("sts:AssumeRole") {
			continue
		}
		listed := s.Principal.AWS
		if s.Principal.Anyone {
			listed = append(slices.Clone(listed), m.account)
		}
		for _, name := range listed {
			account := accountOf(name)
			if strings.HasPrefix(name, "arn:") && !strings.HasSuffix(name, ":root") {
				add(name, name)
				continue
			}
			arns := exampleARNs(s, account)
			if len(arns) == 0 {
				arns = []string{fmt.Sprintf("arn:%s:iam::%s:user/%s", m.partition, account, exampleUser)}
			}
			for _, arn := range arns {
				add(arn, name)
			}
		}
	}
	return found
}

// exampleOf returns the principal with an ARN: a user, or a session if it is the ARN of a role.
func exampleOf(arn string) policy.Principal {
	if strings.Contains(arn, ":role/") {
		return policy.Session(arn, exampleUser)
	}
	return policy.User(arn)
}

// accountOf returns the account of a name in a Principal element: an ARN or an account id.
func accountOf(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return policy.Principal{ARN: name}.Account()
	}
	return name
}

// exampleARNs returns ARNs that meet the statement's conditions on aws:PrincipalArn, in an account if a
// condition does not determine it.
func exampleARNs(s policy.Statement, account string) []string {
	var arns []string
	for _, c := range s.Conditions {
		if !strings.EqualFold(c.Key, "aws:PrincipalArn") || strings.Contains(c.Operator, "Not") {
			continue
		}
		for _, value := range c.Values {
			parts := strings.SplitN(value, ":", 6)
			if len(parts) == 6 && strings.ContainsAny(parts[4], "*?") {
				parts[4] = account
			}
			arns = append(arns, strings.NewReplacer("*", "example", "?", "x").Replace(strings.Join(parts, ":")))
		}
	}
	return arns
}

// foreignPrincipals returns examples of principals of other accounts: any user and role, and those that the
// document's conditions on aws:PrincipalArn match.
func (m *model) foreignPrincipals(document *policy.Document, account string) []policy.Principal {
	var found []policy.Principal
	for _, other := range foreignAccounts(account) {
		arns := []string{
			fmt.Sprintf("arn:%s:iam::%s:role/%s", m.partition, other, exampleUser),
			fmt.Sprintf("arn:%s:iam::%s:user/%s", m.partition, other, exampleUser),
		}
		for _, s := range document.Statements {
			for _, arn := range exampleARNs(s, other) {
				if accountOf(arn) == other {
					arns = append(arns, arn)
				}
			}
		}
		for _, arn := range arns {
			if p := exampleOf(arn); !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// foreignAccounts returns two accounts other than the given one: one that is very different, and one that
// differs in the last digit.
func foreignAccounts(account string) []string {
	different, similar := "999999999999", account
	if account == different {
		different = "888888888888"
	}
	if n := len(account); n > 0 {
		last := byte('0')
		if account[n-1] == last {
			last = '1'
		}
		similar = account[:n-1] + string(last)
	}
	return []string{different, similar}
}

// mfaContext adds the condition keys on MFA to the context of a request.
type mfaContext func(policy.Context) policy.Context

// decideAssume decides whether a principal can assume a role with a session name, if its own policies allow
// that. The keys in unknown have unknown values.
func (m *model) decideAssume(r *role, p policy.Principal, sessionName string, mfa mfaContext, unknown ...string) policy.Decision {
	userID := "AIDASOMEUSER"
	if p.RoleARN != "" {
		userID = "AROAOTHERROLE:" + exampleUser
	}
	context := mfa(policy.Context{}).With(sessionNameKey, sessionName).With("aws:userid", userID)
	for _, key := range unknown {
		context = context.WithUnknown(key)
	}
	policies := policy.Policies{
		Identity: []*policy.Document{allowAll}, Resource: r.trust, ResourceAccount: r.account(), ResourceMustAllow: true,
	}
	return policies.Decide(&policy.Request{Principal: p, Action: "sts:AssumeRole", Resource: r.arn, Context: context})
}

// withMFA is the context of a principal that has signed in with MFA, if its requests can show that.
func withMFA(p trustedPrincipal) mfaContext {
	if !p.isUser() {
		return noMFA
	}
	return mfaSecondsAgo(60)
}

// mfaSecondsAgo is the context of a user who has signed in with MFA.
func mfaSecondsAgo(seconds int) mfaContext {
	return func(c policy.Context) policy.Context {
		return c.With(mfaPresent, "true").With(mfaAge, strconv.Itoa(seconds))
	}
}

// noMFA is the context of long-term access keys, and of roles: the request has neither key.
func noMFA(c policy.Context) policy.Context { return c.Without(mfaPresent).Without(mfaAge) }

// mfaFalse is the context of temporary credentials that were issued without MFA.
func mfaFalse(c policy.Context) policy.Context { return c.With(mfaPresent, "false").Without(mfaAge) }

// unknownMFA is the context of a request that may show MFA or not.
func unknownMFA(c policy.Context) policy.Context {
	return c.WithUnknown(mfaPresent).WithUnknown(mfaAge)
}

// decideSession decides a request of a session of the role.
func (m *model) decideSession(r *role, action, resource string, context policy.Context) policy.Decision {
	policies, request := m.sessionRequest(r, action, resource, context)
	return policies.Decide(request)
}

// sessionRequest returns a request of a session of the role, and the policies that decide it.
func (m *model) sessionRequest(r *role, action, resource string, context policy.Context) (policy.Policies, *policy.Request) {
	policies, _ := r.identityPolicies()
	if r.boundary != "" {
		policies.Boundary, _ = m.managedPolicy(r.boundary)
	}
	if strings.HasPrefix(action, "kms:") {
		if k := m.key(resource); k != nil {
			policies.Resource, policies.ResourceMustAllow = k.policy, true
		}
	}
	return policies, &policy.Request{
		Principal: policy.Session(r.arn, exampleUser), Action: action, Resource: resource,
		Context: noMFA(context).With("aws:userid", r.uniqueID+":"+exampleUser),
	}
}

// withTags returns the context of a request for a resource that has these tags and no others.
func withTags(context policy.Context, tags map[string]any) policy.Context {
	for key, value := range tags {
		context = context.With("aws:ResourceTag/"+key, asStr(value)).With("ssm:resourceTag/"+key, asStr(value))
	}
	return context.WithoutAny("aws:ResourceTag/").WithoutAny("ssm:resourceTag/")
}

// decideStart decides whether a session of the role can start a session on an instance.
func (m *model) decideStart(r *role, i *instance, context policy.Context) policy.Decision {
	return m.decideSession(r, "ssm:StartSession", i.location.arn("ec2", "instance/"+i.id), withTags(context, m.tagsOf(i.resource)))
}

// defaultDocumentContext is the context of a session with the default document, or without a document. check
// is the value of the condition key ssm:SessionDocumentAccessCheck.
func defaultDocumentContext(check string) policy.Context {
	return policy.Context{}.With(accessCheck, check)
}

// namedDocumentContext is the context of a session with a document that the caller names.
func namedDocumentContext() policy.Context { return policy.Context{}.Without(accessCheck) }

// documentContext is the context of a session with a document.
func documentContext(name string) policy.Context {
	if name == defaultDocument {
		return defaultDocumentContext("true")
	}
	return namedDocumentContext()
}

// startWithoutAccessCheck decides whether a session can start with the default document although AWS does not
// check that the role may use the document.
func (m *model) startWithoutAccessCheck(r *role) policy.Decision {
	return m.decideStart(r, m.instances[0], defaultDocumentContext("false"))
}

const fixAccessCheck = "add the condition BoolIfExists " + accessCheck + " = true to every statement that allows ssm:StartSession"

// documentUse is a document, and whether a role can start sessions with it.
type documentUse struct {
	name, arn string
	decision  policy.Decision
}

// awsDocuments are the session documents of AWS, by kind of session.
var awsDocuments = map[string]string{
	contract.SSH:                  "AWS-StartSSHSession",
	contract.PortForwarding:       "AWS-StartPortForwardingSession",
	contract.RemotePortForwarding: "AWS-StartPortForwardingSessionToRemoteHost",
	"interactive-command":         "AWS-StartInteractiveCommand",
	"noninteractive-command":      "AWS-StartNonInteractiveCommand",
}

// documentUses returns the document uses at the location of the first instance.
func (m *model) documentUses(r *role) []documentUse { return m.documentUsesAt(r, m.location) }

// documentUsesAt returns all documents of AWS, of the state and of the role's policies, and whether the role can use
// them on instances at a location.
func (m *model) documentUsesAt(r *role, at location) []documentUse {
	names := []string{defaultDocument}
	for _, kind := range slices.Sorted(maps.Keys(awsDocuments)) {
		names = append(names, awsDocuments[kind])
	}
	own := slices.Clone(r.documentNames())
	for _, d := range m.documentsAt(at) {
		own = append(own, d.name)
	}
	for _, name := range own {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var found []documentUse
	for _, name := range names {
		u := documentUse{name: name, arn: documentARNAt(name, at)}
		var tags map[string]any
		if d := m.documentAt(name, at).found; d != nil {
			tags = m.tagsOf(d.resource)
		}
		u.decision = m.decideSession(r, "ssm:StartSession", u.arn, withTags(documentContext(name), tags))
		found = append(found, u)
	}
	return found
}

// documentNames returns the documents that the role's policies name.
func (r *role) documentNames() []string {
	var names []string
	for _, p := range r.policies {
		if p.document == nil {
			continue
		}
		for _, s := range p.document.Statements {
			for _, resource := range s.Resources {
				if _, name, found := strings.Cut(resource, ":document/"); found && !s.NotResources && !strings.ContainsAny(resource, "*?$") {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// documentARN returns the ARN of a document at the location of the first instance.
func (m *model) documentARN(name string) string { return documentARNAt(name, m.location) }

// documentARNAt returns the ARN of a document at a location. ARNs of AWS's own documents have no account.
func documentARNAt(name string, at location) string {
	if strings.HasPrefix(name, "AWS-") {
		at.account = ""
	}
	return at.arn("ssm", "document/"+name)
}
