package proof

import (
	"cmp"
	"maps"
	"slices"
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
	known := map[*role]bool{}
	for _, r := range m.sessionRoles() {
		known[r] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.roles)) {
		r := m.roles[name]
		if _, unknown := r.identityPolicies(); len(unknown) > 0 && r.trustsPrincipals() && !known[r] {
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

// roleIntent is what a session role is meant for.
type roleIntent struct {
	// known is true if a component of this project records what the role is for.
	known bool
	// principals are meant to assume the role.
	principals []string
	requireMFA bool
	mfaMaxAge  int // in minutes; 0 is any age
	documents  []string
	pushKey    bool
	loginUser  string
	// targets says on which instances the role is meant to allow sessions, as sessionTargets does. Empty: on all
	// instances in the state.
	targets           string
	targetInstanceIDs []string
	targetTags        []tag
}

// tag is a tag of a resource.
type tag struct{ key, value string }

func (t tag) String() string { return t.key + "=" + t.value }

// intentOf returns what a session role is meant for: what the component that declares it records, and the
// principals that are meant to assume every session role.
func (m *model) intentOf(r *role) roleIntent {
	var intent roleIntent
	for _, urn := range r.dependencies {
		if c := m.byURN[urn]; c != nil && c.typ == contract.SessionRoleType {
			intent = roleIntent{
				known:      true,
				principals: asStrList(c.input(contract.PrincipalsInput)),
				requireMFA: asBool(c.input(contract.RequireMFAInput), false),
				mfaMaxAge:  asInt(c.input(contract.MFAMaxAgeInput), 0),
				documents:  asStrList(c.input(contract.DocumentsInput)),
				pushKey:    asBool(c.input(contract.PushKeyInput), false),

				loginUser:         asStr(c.input(contract.LoginUserInput)),
				targets:           asStr(c.input(contract.SessionTargetsInput)),
				targetInstanceIDs: asStrList(c.input(contract.TargetInstanceIDsInput)),
			}
			for _, text := range asStrList(c.input(contract.TargetTagsInput)) {
				key, value, _ := strings.Cut(text, "=")
				intent.targetTags = append(intent.targetTags, tag{key, value})
			}
		}
	}
	intent.loginUser = cmp.Or(intent.loginUser, "ec2-user")
	intent.principals = append(slices.Clone(intent.principals), m.principals...)
	return intent
}

// decideSession decides a request of a session of the role, whatever its name is.
func (m *model) decideSession(r *role, action, resource string, context policy.Context) policy.Decision {
	policies, request := m.sessionRequest(r, action, resource, context.WithSome("aws:userid"))
	return policies.Decide(request)
}

// decideNamedSession decides a request of the session exampleUser of the role.
func (m *model) decideNamedSession(r *role, action, resource string, context policy.Context) policy.Decision {
	policies, request := m.sessionRequest(r, action, resource, context.With("aws:userid", r.uniqueID+":"+exampleUser))
	return policies.Decide(request)
}

// sessionRequest returns a request of a session of the role, and the policies that decide it.
func (m *model) sessionRequest(r *role, action, resource string, context policy.Context) (policy.Policies, *policy.Request) {
	policies, _ := r.identityPolicies()
	if r.boundary != "" {
		policies.Boundary, _ = m.managedPolicy(r.boundary)
	}
	if strings.HasPrefix(action, "kms:") {
		// The clients of Session Manager call AWS KMS themselves, not through another service.
		context = context.Without("kms:ViaService").With("kms:CallerAccount", r.account())
		if k := m.key(resource); k != nil {
			policies.Resource, policies.ResourceMustAllow = k.policy, true
		}
	}
	return policies, &policy.Request{
		Principal: policy.Session(r.arn, exampleUser), Action: action, Resource: resource,
		Context: m.callerContext(context),
	}
}

// callerContext adds what is known about every request that a person makes with the AWS CLI for a session: it uses TLS,
// it goes to the Region of the instances, and no service makes it for them. The principal's tags, the source address
// and the time are unknown.
func (m *model) callerContext(context policy.Context) policy.Context {
	if at := m.locations(); len(at) == 1 && at[0].region != "" {
		context = context.With("aws:RequestedRegion", at[0].region)
	}
	if m.intent.organization != "" {
		context = context.With("aws:PrincipalOrgID", m.intent.organization)
	}
	return context.With("aws:SecureTransport", "true").With("aws:ViaAWSService", "false").
		Without("aws:CalledVia").Without("aws:CalledViaFirst").Without("aws:CalledViaLast")
}

// tagPrefixes begin the condition keys for tags of resources. The rest of the key is that of the tag.
var tagPrefixes = []string{"aws:ResourceTag/", "ssm:resourceTag/", "ec2:ResourceTag/"}

// withTags returns the context of a request for a resource that has these tags and no others. Condition keys, which
// contain the keys of tags, are not case-sensitive; values are. If the keys of several tags differ only in case, IAM
// compares one of these tags, and does not document which.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
func withTags(context policy.Context, tags map[string]any) policy.Context {
	values := map[string][]string{}
	for key, value := range tags {
		values[strings.ToLower(key)] = addTo(values[strings.ToLower(key)], asStr(value))
	}
	for key, possible := range values {
		for _, prefix := range tagPrefixes {
			if len(possible) > 1 {
				context = context.WithUnknown(prefix + key)
			} else {
				context = context.With(prefix+key, possible[0])
			}
		}
	}
	for _, prefix := range tagPrefixes {
		context = context.WithoutAny(prefix)
	}
	return context
}

// decideStart decides whether a session of the role can start a session on an instance.
func (m *model) decideStart(r *role, i *instance, context policy.Context) policy.Decision {
	return m.decideStartOn(r, target{i, i.arn("ec2", "instance/"+i.id), m.tagsOf(i.resource)}, context)
}

func (m *model) decideStartOn(r *role, on target, context policy.Context) policy.Decision {
	return m.decideSession(r, "ssm:StartSession", on.arn, withTags(context, on.tags))
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
	return m.decideStartOn(r, m.exampleTarget(r), defaultDocumentContext("false"))
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

// documentARNAt returns the ARN of a document at a location. ARNs of AWS's own documents have no account.
func documentARNAt(name string, at location) string {
	if strings.HasPrefix(name, "AWS-") {
		at.account = ""
	}
	return at.arn("ssm", "document/"+name)
}
