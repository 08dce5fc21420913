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
		arn := m.arn("ssm", "session/"+exampleUser+"-0123456789abcdef0")
		fix := "allow ssm:ResumeSession and ssm:TerminateSession only with the condition StringEquals " + sessionTag + " = ${aws:userid}"
		for _, action := range []string{"ssm:ResumeSession", "ssm:TerminateSession"} {
			f.expectAllowed(m.decideSession(r, action, arn, sessionContext(own)), fix, "%s on the caller's own session", action)
			for _, other := range []string{own + "a", own[:len(own)-1], r.uniqueID + ":bob", "AIDASOMEUSER"} {
				if d := m.decideSession(r, action, arn, sessionContext(other)); d.Effect != policy.Denied {
					f.expectDenied(d, fix, "%s on the session of %s", action, other)
				}
			}
			f.expectDenied(m.decideSession(r, action, arn, withTags(policy.Context{}, nil)), fix, "%s on a session without the tag", action)
			m.checkOwnCondition(f, r, action, fix)
		}
		m.checkSessionNames(f, r)
	})
}

// checkOwnCondition checks that every statement that allows the action requires the caller's own id.
func (m *model) checkOwnCondition(f *finding, r *role, action, fix string) {
	for _, p := range r.policies {
		if p.document == nil {
			f.unknown("%s by %s: the content of %s is not in the state", action, r, p.name)
			continue
		}
		for i := range p.document.Statements {
			s := &p.document.Statements[i]
			if s.Deny || !s.Covers(action) || slices.ContainsFunc(s.Conditions, isOwnCondition) {
				continue
			}
			f.unknownUntil(fix, "%s allows %s, and may allow it on sessions of others: it has no condition StringEquals %s = ${aws:userid}",
				p.document.Describe(s), action, sessionTag)
		}
	}
}

// isOwnCondition reports whether a condition requires that a session is the caller's own.
func isOwnCondition(c policy.Condition) bool {
	return c.Operator == "StringEquals" && strings.EqualFold(c.Key, sessionTag) && slices.Equal(c.Values, []string{"${aws:userid}"})
}

// sessionContext is the context of a request on the session of an owner.
func sessionContext(owner string) policy.Context {
	return withTags(policy.Context{}.With(sessionTag, owner), nil)
}

// checkSessionNames checks that nobody can use the session name of somebody else.
func (m *model) checkSessionNames(f *finding, r *role) {
	for _, p := range m.trustedPrincipals(r) {
		allowed := ""
		for _, name := range []string{p.name() + "a", p.name()[1:], "somebody-else"} {
			if m.decideAssume(r, p.Principal, name, withMFA(p)).Effect != policy.Denied {
				allowed = name
			}
		}
		if allowed == "" {
			f.pass("%s can use only its own name as session name", p.listed)
			continue
		}
		fix := r.fix(keyFixes.sessionPrincipals, "list IAM users in the trust policy, with the condition StringEquals "+sessionNameKey+" = ${aws:username}")
		f.unknownUntil(fix, "%s can use the session name %q, and so act on the sessions of a user of that name", p.listed, allowed)
	}
}

// allowedActions are the actions that session roles need.
var allowedActions = toSet(strings.ToLower(`
	ssm:StartSession ssm:ResumeSession ssm:TerminateSession ssmmessages:OpenDataChannel
	ssm:DescribeSessions ssm:GetConnectionStatus ssm:DescribeInstanceInformation ssm:DescribeInstanceProperties
	ec2:DescribeInstances ec2-instance-connect:SendSSHPublicKey kms:GenerateDataKey`))

// proveSessionScope proves that the session role starts sessions only on the stack's instances and with its
// documents, and allows no other actions.
func (m *model) proveSessionScope() []*finding {
	return m.perSessionRole("session.scope", Hardening, func(f *finding, r *role) {
		for _, p := range r.policies {
			if p.document == nil {
				f.unknown("the content of %s of %s is not in the state", p.name, r)
				continue
			}
			for i := range p.document.Statements {
				m.checkScope(f, r, p.document, &p.document.Statements[i])
			}
		}
		m.checkExampleRequests(f, r)
	})
}

// checkScope checks that a statement allows no more than session roles need.
func (m *model) checkScope(f *finding, r *role, d *policy.Document, s *policy.Statement) {
	where := d.Describe(s)
	switch {
	case s.Deny:
		return
	case s.NotActions:
		f.fail("list the actions in Action of "+where, "%s allows all actions except %s", where, strings.Join(s.Actions, ", "))
		return
	case s.NotResources:
		f.fail("list the resources in Resource of "+where, "%s covers all resources except %s", where, strings.Join(s.Resources, ", "))
		return
	}
	for _, action := range s.Actions {
		if !allowedActions[strings.ToLower(action)] {
			f.fail("remove "+action+" from "+where, "%s allows %s, which sessions do not need", where, action)
		}
	}
	for _, resource := range s.Resources {
		if s.Covers("ssm:StartSession") {
			m.checkTarget(f, r, s, where, resource)
		}
		if s.Covers(pushKeyAction) && !m.isInstance(resource) {
			f.fail(r.fix(keyFixes.sessionTargets, "list the stack's instances in "+where), "%s pushes SSH keys to %s", where, resource)
		}
		if s.Covers("kms:GenerateDataKey") && m.key(resource) == nil {
			f.fail("list the stack's key in "+where, "%s allows kms:GenerateDataKey on %s", where, resource)
		}
	}
}

// isInstance reports whether an ARN is that of an instance of the stack.
func (m *model) isInstance(arn string) bool {
	return slices.ContainsFunc(m.instances, func(i *instance) bool { return m.arn("ec2", "instance/"+i.id) == arn })
}

// checkTarget checks that a resource of ssm:StartSession is an instance or a document of the stack.
func (m *model) checkTarget(f *finding, r *role, s *policy.Statement, where, resource string) {
	fixTargets := r.fix(keyFixes.sessionTargets, "list the stack's instances and documents in "+where)
	switch {
	case strings.ContainsAny(resource, "*?$"):
		var others []string
		for _, c := range s.Conditions {
			if !strings.EqualFold(c.Key, accessCheck) {
				others = append(others, c.String())
			}
		}
		if len(others) > 0 {
			f.unknown("%s allows sessions on the instances of %s that meet %s: the state does not show which ones do", where, resource, strings.Join(others, " and "))
			return
		}
		f.fail(fixTargets, "%s allows sessions on %s", where, resource)
	case strings.Contains(resource, ":instance/"):
		if !m.isInstance(resource) {
			f.fail(fixTargets, "%s allows sessions on %s, which is not an instance of the stack", where, resource)
		}
	case !m.isIntendedDocument(resource):
		f.fail("remove it from "+where, "%s allows sessions with %s, which the stack is not meant for", where, resource)
	}
}

// isIntendedDocument reports whether the stack is meant for sessions with a document.
func (m *model) isIntendedDocument(arn string) bool {
	intended := func(kind string) bool { return !m.intent.sessionRoleKnown || slices.Contains(m.intent.documents, kind) }
	for name := range m.documents {
		if m.documentARN(name) == arn {
			return true
		}
	}
	for kind, name := range awsDocuments {
		if m.documentARN(name) == arn {
			return intended(kind)
		}
	}
	return arn == m.documentARN(defaultDocument) && intended(contract.Shell)
}

// checkExampleRequests checks requests that have to be denied, whatever the policies look like.
func (m *model) checkExampleRequests(f *finding, r *role) {
	instance := m.arn("ec2", "instance/i-00000000000000bad")
	own := m.arn("ec2", "instance/"+m.instances[0].id)
	key := m.arn("kms", "key/00000000-0000-0000-0000-000000000bad")
	fixTargets := r.fix(keyFixes.sessionTargets, "list the stack's instances in the policies of "+r.String())
	fixDocuments := "list the stack's documents in the policies of " + r.String()
	remove := func(action string) string { return "remove " + action + " from the policies of " + r.String() }
	for _, request := range []struct {
		action, resource string
		context          policy.Context
		fix              string
	}{
		{"ssm:StartSession", instance, withTags(defaultDocumentContext("true"), nil), fixTargets},
		{"ssm:StartSession", m.arn("ssm", "document/AWS-StartSSHSession"), withTags(namedDocumentContext(), nil), "list AWS's document, whose ARN has no account"},
		{"ssm:StartSession", m.arn("ssm", "document/another"), withTags(namedDocumentContext(), nil), fixDocuments},
		{"ssm:SendCommand", own, withTags(policy.Context{}, nil), remove("ssm:SendCommand")},
		{"ssm:CreateDocument", m.arn("ssm", "document/another"), policy.Context{}, remove("ssm:CreateDocument")},
		{"ssm:UpdateDocument", m.documentARN(m.shellDocument()), withTags(policy.Context{}, nil), remove("ssm:UpdateDocument")},
		{"ssm:PutParameter", m.arn("ssm", "parameter/any"), withTags(policy.Context{}, nil), remove("ssm:PutParameter")},
		{"kms:GenerateDataKey", key, policy.Context{}, "list the stack's key in the policies of " + r.String()},
		{pushKeyAction, instance, policy.Context{}.With("ec2:osuser", "ec2-user"), fixTargets},
		{pushKeyAction, own, policy.Context{}.With("ec2:osuser", "root"), "add the condition StringEquals ec2:osuser = ec2-user"},
	} {
		f.expectDenied(m.decideSession(r, request.action, request.resource, request.context), request.fix, "%s on %s", request.action, request.resource)
	}
	f.expectDenied(m.startWithoutAccessCheck(r), fixAccessCheck, "%s", fmt.Sprintf("a session on %s with the default document without an access check", m.instances[0]))
}
