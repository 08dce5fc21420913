package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// proveSessionOwn proves that people resume and end their own sessions and nobody
// else's.
func (m *model) proveSessionOwn() []*finding {
	return m.perSessionRole("session.own", report.Hardening, func(f *finding, r *role) {
		own := r.uniqueID + ":" + person
		arn := m.arn("ssm", "session/"+person+"-0123456789abcdef0")
		mend := "allow ssm:ResumeSession and ssm:TerminateSession where StringEquals " + sessionTag + " = ${aws:userid}, and only there"
		for _, action := range []string{"ssm:ResumeSession", "ssm:TerminateSession"} {
			f.wants(m.ask(r, action, arn, sessionOf(own)), mend, "%s on one's own session", action)
			for _, other := range []string{own + "a", own[:len(own)-1], r.uniqueID + ":bob", "AIDASOMEUSER"} {
				d := m.ask(r, action, arn, sessionOf(other))
				if d.Effect != policy.Denied {
					f.refuses(d, mend, "%s on the session of %s", action, other)
				}
			}
			f.refuses(m.ask(r, action, arn, tagged(policy.Context{}, nil)), mend, "%s on a session without the tag", action)
			m.ownAlone(f, r, action)
		}
		m.pinned(f, r)
	})
}

// ownAlone proves that no statement lets the role act on sessions but by the caller's own
// id, whatever sessions were tried.
func (m *model) ownAlone(f *finding, r *role, action string) {
	for _, a := range r.policies {
		if a.document == nil {
			f.doubts("whether %s of %s allows %s", a.name, r, action)
			continue
		}
		for _, s := range a.document.Statements {
			if s.Deny || !s.Covers(action) || slices.ContainsFunc(s.Conditions, isOwn) {
				continue
			}
			f.doubts("on whose sessions else %s, %s, allows %s: it has no condition StringEquals %s = ${aws:userid}", a.document.Name, s.Sid, action, sessionTag)
		}
	}
}

// isOwn says whether a condition demands that a session is the caller's own.
func isOwn(c policy.Condition) bool {
	return c.Operator == "StringEquals" && strings.EqualFold(c.Key, sessionTag) && slices.Equal(c.Values, []string{"${aws:userid}"})
}

// sessionOf is the context of a request on somebody's session.
func sessionOf(owner string) policy.Context {
	return tagged(policy.Context{}.With(sessionTag, owner), nil)
}

// pinned proves that nobody names their session after somebody else.
func (m *model) pinned(f *finding, r *role) {
	for _, a := range m.assumers(r) {
		free := ""
		for _, name := range []string{a.name() + "a", a.name()[1:], "somebody-else"} {
			if m.assume(r, a.who, name, withMFA(a)).Effect != policy.Denied {
				free = name
			}
		}
		if free == "" {
			f.holds("%s names its sessions after nobody else", a.listed)
			continue
		}
		f.doubts("whose session is whose: %s may name its session %q, and so after somebody else; "+
			"list IAM users alone, with StringEquals %s = ${aws:username} in the trust policy", a.listed, free, nameKey)
	}
}

// allowedActions are all that a session role is for.
var allowedActions = toSet(strings.ToLower(`
	ssm:StartSession ssm:ResumeSession ssm:TerminateSession ssmmessages:OpenDataChannel
	ssm:DescribeSessions ssm:GetConnectionStatus ssm:DescribeInstanceInformation ssm:DescribeInstanceProperties
	ec2:DescribeInstances ec2-instance-connect:SendSSHPublicKey kms:GenerateDataKey`))

// proveSessionScope proves that the session role opens no session elsewhere, by no other
// document, and does nothing else.
func (m *model) proveSessionScope() []*finding {
	return m.perSessionRole("session.scope", report.Hardening, func(f *finding, r *role) {
		for _, a := range r.policies {
			if a.document == nil {
				f.doubts("what %s of %s allows", a.name, r)
				continue
			}
			for i := range a.document.Statements {
				m.scoped(f, a.document, &a.document.Statements[i])
			}
		}
		m.probes(f, r)
	})
}

// scoped proves that one statement allows no more than it should.
func (m *model) scoped(f *finding, d *policy.Document, s *policy.Statement) {
	where := fmt.Sprintf("%s, %s", d.Name, s.Sid)
	switch {
	case s.Deny:
		return
	case s.NotActions:
		f.breaks("list the actions", "%s allows all but %s", where, strings.Join(s.Actions, ", "))
		return
	case s.NotResources:
		f.breaks("list the resources", "%s is about all but %s", where, strings.Join(s.Resources, ", "))
		return
	}
	for _, action := range s.Actions {
		if !allowedActions[strings.ToLower(action)] {
			f.breaks("remove "+action+" from it", "%s allows %s, which sessions do not need", where, action)
		}
	}
	if s.Covers("ssm:StartSession") {
		for _, resource := range s.Resources {
			m.target(f, s, where, resource)
		}
	}
	for _, resource := range s.Resources {
		if s.Covers(pushKeyAction) && !m.isInstance(resource) {
			f.breaks("name the instances of the stack", "%s pushes keys to %s", where, resource)
		}
		if s.Covers("kms:GenerateDataKey") && m.key(resource) == nil {
			f.breaks("name the stack's key", "%s makes data keys with %s", where, resource)
		}
	}
}

// isInstance says whether an ARN is that of an instance of the stack.
func (m *model) isInstance(arn string) bool {
	return slices.ContainsFunc(m.instances, func(i *instance) bool { return m.arn("ec2", "instance/"+i.id) == arn })
}

// target proves that a resource of ssm:StartSession is an instance or a document of this
// stack.
func (m *model) target(f *finding, s *policy.Statement, where, resource string) {
	switch {
	case strings.ContainsAny(resource, "*?$"):
		var others []string
		for _, c := range s.Conditions {
			if !strings.EqualFold(c.Key, accessCheck) {
				others = append(others, c.String())
			}
		}
		if len(others) > 0 {
			f.doubts("which of %s fulfil %s, as %s demands", resource, strings.Join(others, " and "), where)
			return
		}
		f.breaks("name the instances and documents of the stack", "%s opens sessions on %s", where, resource)
	case strings.Contains(resource, ":instance/"):
		if !m.isInstance(resource) {
			f.breaks("remove it", "%s opens sessions on %s, which is no instance of the stack", where, resource)
		}
	case !m.meant(resource):
		f.breaks("remove it", "%s opens sessions with %s, which the stack is not meant to", where, resource)
	}
}

// meant says whether a document is one that the stack is meant to open sessions with.
func (m *model) meant(arn string) bool {
	for name := range m.documents {
		if m.documentARN(name) == arn {
			return true
		}
	}
	for kind, name := range awsDocuments {
		if m.documentARN(name) == arn {
			return !m.intent.known || slices.Contains(m.intent.documents, kind)
		}
	}
	return arn == m.documentARN(defaultDocument) && (!m.intent.known || slices.Contains(m.intent.documents, "shell"))
}

// probes tries what must be denied, whatever the policies look like.
func (m *model) probes(f *finding, r *role) {
	instance := m.arn("ec2", "instance/i-00000000000000bad")
	key := m.arn("kms", "key/00000000-0000-0000-0000-000000000bad")
	for _, probe := range []struct {
		action, resource string
		context          policy.Context
		mend             string
	}{
		{"ssm:StartSession", instance, tagged(checked("true"), nil), "name the instances of the stack"},
		{"ssm:StartSession", m.arn("ssm", "document/AWS-StartSSHSession"), tagged(named(), nil), "name AWS's document, whose ARN has no account"},
		{"ssm:StartSession", m.arn("ssm", "document/another"), tagged(named(), nil), "name the documents of the stack"},
		{"ssm:SendCommand", m.arn("ec2", "instance/"+m.instances[0].id), tagged(policy.Context{}, nil), "remove it"},
		{"ssm:CreateDocument", m.arn("ssm", "document/another"), policy.Context{}, "remove it"},
		{"ssm:UpdateDocument", m.documentARN(m.shell()), tagged(policy.Context{}, nil), "remove it"},
		{"ssm:PutParameter", m.arn("ssm", "parameter/any"), tagged(policy.Context{}, nil), "remove it"},
		{"kms:GenerateDataKey", key, policy.Context{}, "name the stack's key"},
		{pushKeyAction, instance, policy.Context{}.With("ec2:osuser", "ec2-user"), "name the instances of the stack"},
		{
			pushKeyAction, m.arn("ec2", "instance/"+m.instances[0].id), policy.Context{}.With("ec2:osuser", "root"),
			"allow it where StringEquals ec2:osuser = ec2-user",
		},
	} {
		f.refuses(m.ask(r, probe.action, probe.resource, probe.context), probe.mend, "%s on %s", probe.action, probe.resource)
	}
	f.refuses(m.startUnchecked(r), "put BoolIfExists "+accessCheck+" = true on every statement that allows ssm:StartSession",
		"a session on %s by the default document, unchecked", m.instances[0])
}
