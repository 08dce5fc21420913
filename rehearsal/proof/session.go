package proof

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// Condition keys of Session Manager.
const (
	accessCheck = "ssm:SessionDocumentAccessCheck"
	sessionTag  = "ssm:resourceTag/aws:ssmmessages:session-id"
	mfaPresent  = "aws:MultiFactorAuthPresent"
	mfaAge      = "aws:MultiFactorAuthAge"
	nameKey     = "sts:RoleSessionName"
)

// person is the session name in all requests that are tried out.
const person = "ann"

// sessionRoles returns the roles that people assume to open sessions.
func (m *model) sessionRoles() []*role {
	var found []*role
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		opens := slices.ContainsFunc(r.policies, func(a attached) bool {
			return a.document != nil && slices.ContainsFunc(a.document.Statements, func(s policy.Statement) bool {
				return !s.Deny && s.Covers("ssm:StartSession")
			})
		})
		if opens && r.forPeople() {
			found = append(found, r)
		}
	}
	return found
}

// obscureRoles returns the roles for people of which it is not known whether they open
// sessions.
func (m *model) obscureRoles() []*role {
	var found []*role
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		if _, unknown := r.decide(); len(unknown) > 0 && r.forPeople() && !slices.Contains(m.sessionRoles(), r) {
			found = append(found, r)
		}
	}
	return found
}

// forPeople says whether anybody but services may assume the role.
func (r *role) forPeople() bool {
	return slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool {
		return !s.Deny && (s.Principal == nil || s.Principal.Anyone || len(s.Principal.AWS)+len(s.Principal.Federated) > 0)
	})
}

// account is the role's own.
func (r *role) account() string { return policy.Principal{ARN: r.arn}.Account() }

// unknownPolicies names the policies of the role whose content is not known.
func (r *role) unknownPolicies() []string {
	_, unknown := r.decide()
	if r.boundary != "" {
		unknown = append(unknown, "its permissions boundary "+r.boundary)
	}
	return unknown
}

// assumer is somebody whom the trust policy lists.
type assumer struct {
	who policy.Principal
	// listed is how the policy names them.
	listed string
}

// user says whether the assumer is an IAM user, who alone can say that there was MFA.
func (a assumer) user() bool { return a.who.RoleARN == "" }

// name is the assumer's own name.
func (a assumer) name() string { return a.who.ARN[strings.LastIndex(a.who.ARN, "/")+1:] }

// assumers returns one principal for each that the role's trust policy lists.
func (m *model) assumers(r *role) []assumer {
	var found []assumer
	add := func(arn, listed string) {
		a := assumer{policy.User(arn), listed}
		if strings.Contains(arn, ":role/") {
			a.who = policy.Session(arn, person)
		}
		if !slices.ContainsFunc(found, func(b assumer) bool { return b.who.ARN == a.who.ARN }) {
			found = append(found, a)
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
			account := name
			if strings.HasPrefix(name, "arn:") {
				account = policy.Principal{ARN: name}.Account()
				if !strings.HasSuffix(name, ":root") {
					add(name, name)
					continue
				}
			}
			for _, arn := range m.examplesOf(s, account) {
				add(arn, name)
			}
		}
	}
	return found
}

// examplesOf returns principals of an account that a trust statement's conditions single out.
func (m *model) examplesOf(s policy.Statement, account string) []string {
	arns := principalExamples(s, account)
	if len(arns) == 0 {
		arns = []string{fmt.Sprintf("arn:%s:iam::%s:user/%s", m.partition, account, person)}
	}
	return arns
}

// principalExamples are ARNs that the conditions of a statement on the principal's ARN
// single out, of an account where they leave that open.
func principalExamples(s policy.Statement, account string) []string {
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

// strangersTo are principals of other accounts: any, and those whom conditions on the
// principal's ARN would let pass.
func (m *model) strangersTo(document *policy.Document, account string) []policy.Principal {
	var found []policy.Principal
	for _, other := range strangeAccounts(account) {
		arns := []string{
			fmt.Sprintf("arn:%s:iam::%s:role/%s", m.partition, other, person),
			fmt.Sprintf("arn:%s:iam::%s:user/%s", m.partition, other, person),
		}
		for _, s := range document.Statements {
			for _, arn := range principalExamples(s, other) {
				if (policy.Principal{ARN: arn}).Account() == other {
					arns = append(arns, arn)
				}
			}
		}
		for _, arn := range arns {
			who := policy.User(arn)
			if strings.Contains(arn, ":role/") {
				who = policy.Session(arn, person)
			}
			if !slices.Contains(found, who) {
				found = append(found, who)
			}
		}
	}
	return found
}

// assume asks whether somebody may assume a role, under a session name. That their own
// policies let them is an assumption.
func (m *model) assume(
	r *role, who policy.Principal, name string, mfa func(policy.Context) policy.Context, unsure ...string,
) policy.Decision {
	context := mfa(policy.Context{}).With(nameKey, name)
	switch {
	case who.RoleARN != "":
		context = context.With("aws:userid", "AROAOTHERROLE:"+person)
	default:
		context = context.With("aws:userid", "AIDASOMEUSER")
	}
	for _, key := range unsure {
		context = context.WithUnknown(key)
	}
	policies := policy.Policies{
		Identity: []*policy.Document{everything}, Resource: r.trust, ResourceAccount: r.account(), ResourceMustAllow: true,
	}
	return policies.Decide(&policy.Request{Principal: who, Action: "sts:AssumeRole", Resource: r.arn, Context: context})
}

// withMFA is the context of who signed in with MFA, as far as they can say so.
func withMFA(a assumer) func(policy.Context) policy.Context {
	if !a.user() {
		return noMFA // the requests of roles never say
	}
	return func(c policy.Context) policy.Context { return c.With(mfaPresent, "true").With(mfaAge, "60") }
}

// mfaAgo is the context of somebody who signed in with MFA so many seconds ago.
func mfaAgo(seconds int) func(policy.Context) policy.Context {
	return func(c policy.Context) policy.Context {
		return c.With(mfaPresent, "true").With(mfaAge, strconv.Itoa(seconds))
	}
}

// noMFA is the context of long-term keys: neither key is there.
func noMFA(c policy.Context) policy.Context { return c.Without(mfaPresent).Without(mfaAge) }

// mfaFalse is the context of temporary credentials that were got without MFA.
func mfaFalse(c policy.Context) policy.Context { return c.With(mfaPresent, "false").Without(mfaAge) }

// ask decides a request of a session of the role.
func (m *model) ask(r *role, action, resource string, context policy.Context) policy.Decision {
	policies, _ := r.decide()
	if r.boundary != "" {
		policies.Boundary, _ = m.managed(r.boundary)
	}
	if strings.HasPrefix(action, "kms:") {
		if k := m.key(resource); k != nil {
			policies.Resource, policies.ResourceMustAllow = k.policy, true
		}
	}
	return policies.Decide(&policy.Request{
		Principal: policy.Session(r.arn, person), Action: action, Resource: resource,
		Context: noMFA(context).With("aws:userid", r.uniqueID+":"+person),
	})
}

// tagged is the context of a request on a resource with these tags and no others.
func tagged(context policy.Context, tags map[string]any) policy.Context {
	for key, value := range tags {
		context = context.With("aws:ResourceTag/"+key, asText(value)).With("ssm:resourceTag/"+key, asText(value))
	}
	return context.WithoutAny("aws:ResourceTag/").WithoutAny("ssm:resourceTag/")
}

// onInstance asks whether a session of the role may be opened on an instance, with the
// access check as it is.
func (m *model) onInstance(r *role, i *instance, check policy.Context) policy.Decision {
	tags := i.object("tagsAll")
	if tags == nil {
		tags = i.object("tags")
	}
	return m.ask(r, "ssm:StartSession", m.arn("ec2", "instance/"+i.id), tagged(check, tags))
}

// checked is the context of a session by the default document, or without a document.
func checked(value string) policy.Context { return policy.Context{}.With(accessCheck, value) }

// named is the context of a session by a document that the caller names.
func named() policy.Context { return policy.Context{}.Without(accessCheck) }

// startUnchecked asks for a session by the default document without a check of whether
// the role may use it.
func (m *model) startUnchecked(r *role) policy.Decision {
	return m.onInstance(r, m.instances[0], checked("false"))
}

// opening is a document and whether the role may open sessions with it.
type opening struct {
	name, arn string
	decision  policy.Decision
}

// awsDocuments are AWS's own session documents.
var awsDocuments = map[string]string{
	"ssh":                    "AWS-StartSSHSession",
	"port-forwarding":        "AWS-StartPortForwardingSession",
	"remote-port-forwarding": "AWS-StartPortForwardingSessionToRemoteHost",
	"interactive-command":    "AWS-StartInteractiveCommand",
	"noninteractive-command": "AWS-StartNonInteractiveCommand",
}

// openable returns the documents that there are, and whether the role may use them.
func (m *model) openable(r *role) []opening {
	names := []string{defaultDocument}
	for _, key := range slices.Sorted(maps.Keys(awsDocuments)) {
		names = append(names, awsDocuments[key])
	}
	for _, d := range m.sessionDocuments() {
		if d.name != defaultDocument {
			names = append(names, d.name)
		}
	}
	for _, name := range r.documentsNamed() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var found []opening
	for _, name := range names {
		o := opening{name: name, arn: m.documentARN(name)}
		check := named()
		if name == defaultDocument {
			check = checked("true")
		}
		var tags map[string]any
		if d := m.documents[name]; d != nil {
			tags = d.object("tagsAll")
		}
		o.decision = m.ask(r, "ssm:StartSession", o.arn, tagged(check, tags))
		found = append(found, o)
	}
	return found
}

// documentsNamed are the documents that the role's policies name.
func (r *role) documentsNamed() []string {
	var names []string
	for _, a := range r.policies {
		if a.document == nil {
			continue
		}
		for _, s := range a.document.Statements {
			for _, resource := range s.Resources {
				if _, name, found := strings.Cut(resource, ":document/"); found && !s.NotResources && !strings.ContainsAny(resource, "*?$") {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// documentARN is a document's ARN. AWS's own have no account.
func (m *model) documentARN(name string) string {
	if strings.HasPrefix(name, "AWS-") {
		return fmt.Sprintf("arn:%s:ssm:%s::document/%s", m.partition, m.region, name)
	}
	return m.arn("ssm", "document/"+name)
}
