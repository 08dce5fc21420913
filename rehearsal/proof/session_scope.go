package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// proveSessionOwn proves that callers can resume and terminate their own sessions and no others.
func (m *model) proveSessionOwn() []*finding {
	return m.perSessionRole("session.own", Hardening, func(f *finding, r *role) {
		own := r.uniqueID + ":" + exampleUser
		fix := "allow ssm:ResumeSession and ssm:TerminateSession only with the condition StringEquals " + sessionTag + " = ${aws:userid}"
		for _, action := range []string{"ssm:ResumeSession", "ssm:TerminateSession"} {
			d := m.decideNamedSession(r, action, m.sessionARN(exampleUser), sessionContext(own))
			f.expectAllowed(d, fix, "%s on the caller's own session", action)
			m.checkOthersSessions(f, r, action, fix)
		}
		m.checkUnknownPolicies(f, r)
		m.checkSessionNames(f, r)
	})
}

// sessionARN returns the ARN of a session of a user.
func (m *model) sessionARN(name string) string {
	return m.arn("ssm", "session/"+name+"-0123456789abcdef0")
}

// sessionContext is the context of a request on the session of an owner.
func sessionContext(owner string) policy.Context {
	return withTags(policy.Context{}.With(sessionTag, owner), nil)
}

// checkOthersSessions checks that the role denies an action on every session with another owner or without an owner.
func (m *model) checkOthersSessions(f *finding, r *role, action, fix string) {
	policies, request := m.sessionRequest(r, action, "", policy.Context{}.WithOtherThan(sessionTag, "aws:userid").Optional(sessionTag))
	request.Context = request.Context.WithSome("aws:userid") // whoever the caller is
	request.Resources = &policy.Class{Prefix: "arn:"}
	d := policies.Decide(request)
	if d.Effect == policy.Denied {
		f.pass("%s on sessions of others: %s: %s", action, d.Effect, d.Why)
		return
	}
	own := r.uniqueID + ":" + exampleUser
	for _, other := range []string{own + "a", own[:len(own)-1], r.uniqueID + ":bob", "AIDASOMEUSER"} {
		if allowed := m.decideNamedSession(r, action, m.sessionARN("bob"), sessionContext(other)); allowed.Effect == policy.Allowed {
			f.fail(fix, "%s on the session of %s: %s: %s", action, other, allowed.Effect, allowed.Why)
			return
		}
	}
	noOwner := withTags(policy.Context{}.Without(sessionTag), nil)
	if allowed := m.decideNamedSession(r, action, m.sessionARN("bob"), noOwner); allowed.Effect == policy.Allowed {
		f.fail(fix, "%s on a session without an owner: %s: %s", action, allowed.Effect, allowed.Why)
		return
	}
	f.unknownUntil(fix, "the policies of %s allow %s, and may allow it on sessions of others: %s", r, action, d.Why)
}

// checkUnknownPolicies adds the policies of a role whose content is unknown. They may allow more.
func (m *model) checkUnknownPolicies(f *finding, r *role) {
	for _, p := range r.policies {
		if p.document == nil {
			f.unknown("the content of %s of %s is not in the state", p.name, r)
		}
	}
}

// checkSessionNames checks that nobody can use the session name of somebody else.
func (m *model) checkSessionNames(f *finding, r *role) {
	fix := r.fix(keyFixes.sessionPrincipals, "list IAM users in the trust policy, with the condition StringEquals "+sessionNameKey+" = ${aws:username}")
	names := map[policy.Kind]string{policy.UserKind: "IAM users", policy.RoleKind: "sessions of roles"}
	for _, group := range []policy.Kind{policy.UserKind, policy.RoleKind} {
		context := policy.Context{}
		if group == policy.UserKind {
			context = context.WithOtherThan(sessionNameKey, "aws:username")
		}
		policies, request := m.assume(r, policy.Group{Kind: group}, context)
		d := policies.Decide(request)
		if d.Effect == policy.Denied {
			f.pass("%s use a session name that is not their own: %s: %s", names[group], d.Effect, d.Why)
			continue
		}
		if witness, _, ok := policies.Witness(request); ok {
			f.unknownUntil(fix, "%s can use the session name %q, and so act on the sessions of a user of that name",
				witness.Principal.ARN, witness.Context.Value(sessionNameKey))
			continue
		}
		f.unknownUntil(fix, "%s may be able to choose the session name of somebody else: %s", names[group], d.Why)
	}
	for _, why := range r.federation() {
		f.unknownUntil(fix, "%s: the state does not show which session names they use", why)
	}
	for _, service := range r.trustedServices() {
		f.unknownUntil(fix, "%s can assume %s: the state does not show which session names it uses", service, r)
	}
}

// allowedActions are the actions that session roles need.
var allowedActions = strings.Fields(`
	ssm:StartSession ssm:ResumeSession ssm:TerminateSession ssmmessages:OpenDataChannel
	ssm:DescribeSessions ssm:GetConnectionStatus ssm:DescribeInstanceInformation ssm:DescribeInstanceProperties
	ec2:DescribeInstances ec2-instance-connect:SendSSHPublicKey kms:GenerateDataKey`)

// scopeLimit is a class of requests that a session role must not allow.
type scopeLimit struct {
	// class describes the requests.
	class string
	// actions are the possible actions, or nil if there is one action.
	actions   *policy.Class
	action    string
	resources *policy.Class
	context   policy.Context
	// examples are contexts of some of the requests. They contain values that the search for an allowed request does not
	// try. Optional.
	examples []policy.Context
	// excess says what is wrong with a statement, and how to fix it. Optional.
	excess func(s *policy.Statement, where string) (why []string, fix string)
}

// proveSessionScope proves that the session role starts sessions only on the stack's instances and with its
// documents, and allows no other actions.
func (m *model) proveSessionScope() []*finding {
	return m.perSessionRole("session.scope", Hardening, func(f *finding, r *role) {
		m.checkUnknownPolicies(f, r)
		for _, limit := range m.scopeLimits(r) {
			m.checkLimit(f, r, limit)
		}
		for _, i := range m.targetsOf(r) {
			context := withTags(policy.Context{}.With("ec2:osuser", "root"), m.tagsOf(i.resource))
			d := m.decideSession(r, pushKeyAction, i.arn("ec2", "instance/"+i.id), context)
			f.expectDenied(d, "add the condition StringEquals ec2:osuser = "+m.intentOf(r).loginUser, "%s on %s as root", pushKeyAction, i)
		}
		f.expectDenied(m.startWithoutAccessCheck(r), fixAccessCheck, "a session on %s with the default document without an access check", m.exampleTarget(r))
		if intent := m.intentOf(r); intent.targets == contract.TargetsTagged {
			m.checkTargetTags(f, intent.targetTags)
		}
	})
}

// checkTargetTags adds the assumption that only the intended people can set the tags that select instances.
func (m *model) checkTargetTags(f *finding, tags []tag) {
	if len(tags) == 0 {
		f.unknown("the state does not record the tags of the instances that sessions are meant for")
		return
	}
	var texts []string
	for _, t := range tags {
		texts = append(texts, t.String())
	}
	f.assume("only people who may decide about access to the instances can set the tag %s, in upper or lower case", strings.Join(texts, " or "))
}

// on returns what the requests of the class are about: the end of its description.
func (l scopeLimit) on() string { return strings.TrimPrefix(l.class, l.action+" on ") }

// scopeLimits returns the classes of requests that a session role must not allow.
func (m *model) scopeLimits(r *role) []scopeLimit {
	var keys []string
	for _, k := range m.keys {
		keys = append(keys, k.arn)
	}
	limits := []scopeLimit{{
		class: "actions that sessions do not need", actions: &policy.Class{Except: allowedActions}, resources: &policy.Class{}, excess: excessActions,
	}, {
		class: "kms:GenerateDataKey with other keys", action: "kms:GenerateDataKey", resources: &policy.Class{Prefix: "arn:", Except: keys},
		excess: excessResources(keys, "%s allows kms:GenerateDataKey on %s", func(_, where string) string { return "list the stack's key in " + where }),
	}}
	documents := m.intendedDocuments(r)
	if intent := m.intentOf(r); intent.targets == contract.TargetsTagged {
		return append(limits, m.taggedLimits(r, intent.targetTags, documents)...)
	}
	return append(limits, m.listedLimits(r, documents)...)
}

// listedLimits returns the classes of requests that a session role for a list of instances must not allow on instances.
// documents are the intended documents.
func (m *model) listedLimits(r *role, documents []string) []scopeLimit {
	var instances []string
	for _, i := range m.targetsOf(r) {
		instances = append(instances, i.arn("ec2", "instance/"+i.id))
	}
	targets := append(slices.Clone(instances), documents...)
	fixTargets := func(resource, where string) string {
		if strings.Contains(resource, ":document/") {
			return "remove " + resource + " from " + where
		}
		if m.intentOf(r).targets == contract.TargetsInstances {
			return "list only the instances of targetInstanceIds in " + where
		}
		if m.servesOthersOnly() {
			return r.fix(keyFixes.targetTags, "")
		}
		return r.fix(keyFixes.sessionTargets, "list the stack's instances in "+where)
	}
	return []scopeLimit{{
		class: "ssm:StartSession on other instances, or with other documents", action: "ssm:StartSession",
		resources: &policy.Class{Prefix: "arn:", Except: targets}, context: policy.Context{}.WithOneOf(accessCheck, "true").Optional(accessCheck),
		excess: excessResources(targets, "%s allows sessions on %s, which the stack is not meant for", fixTargets),
	}, {
		class: pushKeyAction + " on other instances", action: pushKeyAction, resources: &policy.Class{Prefix: "arn:", Except: instances},
		excess: excessResources(instances, "%s pushes SSH keys to %s", fixTargets),
	}}
}

// excessActions says which actions of a statement session roles do not need.
func excessActions(s *policy.Statement, where string) (why []string, fix string) {
	if s.NotActions {
		return []string{where + " allows all actions except " + strings.Join(s.Actions, ", ")}, "list the actions in Action of " + where
	}
	for _, action := range s.Actions {
		if !slices.ContainsFunc(allowedActions, func(allowed string) bool { return strings.EqualFold(allowed, action) }) {
			why = append(why, where+" allows "+action+", which sessions do not need")
			fix = "remove " + action + " from " + where
		}
	}
	return why, fix
}

// excessResources returns a function that returns the resources of a statement that are not among the allowed ones.
func excessResources(allowed []string, format string, fix func(resource, where string) string) func(*policy.Statement, string) ([]string, string) {
	set := toSet(strings.Join(allowed, " "))
	return func(s *policy.Statement, where string) (why []string, remedy string) {
		if s.NotResources {
			return []string{where + " covers all resources except " + strings.Join(s.Resources, ", ")}, "list the resources in Resource of " + where
		}
		for _, resource := range s.Resources {
			if !set[resource] {
				why = append(why, fmt.Sprintf(format, where, resource))
				remedy = fix(resource, where)
			}
		}
		return why, remedy
	}
}

// checkLimit checks that a session role allows no request of a class.
func (m *model) checkLimit(f *finding, r *role, limit scopeLimit) {
	policies, request := m.limitRequest(r, limit)
	d := policies.DecideClass(request)
	if d.Effect == policy.Denied {
		f.pass("%s: %s: %s", limit.class, d.Effect, d.Why)
		return
	}
	_, _, allowed := policies.Witness(request)
	for _, context := range limit.examples {
		one := limit
		one.context = context
		if !allowed {
			_, request := m.limitRequest(r, one)
			_, _, allowed = policies.Witness(request)
		}
	}
	for _, document := range policies.Identity {
		for i := range document.Statements {
			s := &document.Statements[i]
			if s.Deny || limit.action != "" && !s.Covers(limit.action) {
				continue
			}
			reasons, fix := limit.excess(s, document.Describe(s))
			for _, why := range reasons {
				if allowed {
					f.fail(fix, "%s", why)
				} else {
					f.unknownUntil(fix, "%s, if %s", why, d.Why)
				}
			}
		}
	}
	if f.passing() {
		f.unknown("%s may be allowed: %s", limit.class, d.Why)
	}
}

// limitRequest returns the class of requests of a limit, and the policies that decide it.
func (m *model) limitRequest(r *role, limit scopeLimit) (policy.Policies, *policy.Request) {
	policies, request := m.sessionRequest(r, limit.action, "", limit.context)
	request.Context = request.Context.WithSome("aws:userid")
	request.Actions, request.Resources = limit.actions, limit.resources
	return policies, request
}

// intendedDocuments returns the ARNs of the documents that a session role should allow, at each location of instances:
// the documents in the state, and AWS's documents of the intended kinds, or all of AWS's documents if no component records
// the kinds.
func (m *model) intendedDocuments(r *role) []string {
	intent := m.intentOf(r)
	intended := func(kind string) bool { return !intent.known || slices.Contains(intent.documents, kind) }
	var found []string
	for _, at := range m.locations() {
		for _, d := range m.documentsAt(at) {
			found = append(found, documentARNAt(d.name, at))
		}
		for kind, name := range awsDocuments {
			if intended(kind) {
				found = append(found, documentARNAt(name, at))
			}
		}
		if intended(contract.Shell) {
			found = append(found, documentARNAt(defaultDocument, at))
		}
	}
	return found
}
