package proof

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// perSessionRole makes a claim about each session role. Without session roles, it makes one undecided claim about the
// stack.
func (m *model) perSessionRole(id, class string, check func(*finding, *role)) []*finding {
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := newFinding(id, r.resource.name, class)
		f.rest(r.parts()...)
		f.rest(m.managedIn(r)...)
		check(f, r)
		found = append(found, f)
	}
	for _, r := range m.rolesWithUnknownPolicies() {
		f := newFinding(id, r.resource.name, class)
		f.unknown("%s may allow sessions: the content of %s is not in the state", r, strings.Join(r.unknownPolicies(), ", "))
		found = append(found, f)
	}
	if len(found) == 0 {
		f := newFinding(id, m.stack, class)
		f.unknown("the state has no role that IAM principals can assume and that allows ssm:StartSession")
		found = append(found, f)
	}
	return found
}

// managedIn returns the managed policies of the state that are attached to a role, or are its permissions boundary.
func (m *model) managedIn(r *role) []*resource {
	var found []*resource
	for _, n := range m.ofType("aws:iam/policy:Policy") {
		arn := n.str("arn")
		if arn != "" && (arn == r.boundary || r.has(arn)) {
			found = append(found, n)
		}
	}
	return found
}

// proveSessionStart proves that the listed principals can assume the session role and start sessions.
func (m *model) proveSessionStart() []*finding {
	return m.perSessionRole("session.start", Required, func(f *finding, r *role) {
		m.checkAssumeRole(f, r)
		m.checkTargets(f, r)
		for _, at := range m.locations() {
			usable := m.usableDocuments(f, r, at)
			m.checkStartOnInstances(f, r, at, usable)
			m.checkSessionKeys(f, r, at, usable)
			m.checkRunAs(f, r, at, usable)
		}
		m.checkDataChannel(f, r)
		m.checkPushKey(f, r)
		if unknown := r.unknownPolicies(); len(unknown) > 0 && f.passing() {
			fix := ""
			if r.boundary != "" {
				fix = r.fix(keyFixes.permissionsBoundary, "")
			}
			f.unknownUntil(fix, "the content of %s is not in the state", strings.Join(unknown, ", "))
		}
	})
}

// checkAssumeRole checks that each principal in the trust policy, and each intended principal, can assume the role.
func (m *model) checkAssumeRole(f *finding, r *role) {
	principals := m.trustedPrincipals(r)
	if len(principals) == 0 {
		f.unknown("the trust policy of %s lists no IAM principal", r)
	}
	for _, p := range principals {
		m.checkCanAssume(f, r, p)
	}
	for _, name := range m.intentOf(r).principals {
		policies := m.trusts(r)
		d := decideClass(policies, &policy.Request{Principal: m.intendedPrincipal(r, name), Action: "sts:AssumeRole", Resource: r.arn})
		if d.Effect == policy.Denied {
			f.fail("allow sts:AssumeRole to "+name+" in the trust policy of "+r.String(), "%s is meant to assume %s: %s: %s", name, r, d.Effect, d.Why)
		}
	}
	f.premise("the principals' own policies and service control policies allow sts:AssumeRole on %s", r)
}

// checkCanAssume checks that a listed principal can assume the role.
func (m *model) checkCanAssume(f *finding, r *role, p trustedPrincipal) {
	fix := "allow sts:AssumeRole to " + p.listed + " in the trust policy of " + r.String()
	d, request := m.decideAssume(r, p.Principal)
	name, how := p.listed, "with or without MFA"
	switch {
	case strings.Contains(p.listed, ":federated-user/"):
		// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
		d = policy.Decision{Effect: policy.Denied, Why: "federated users cannot call AWS STS"}
	case p.IsSession():
		how = "a role session, whose requests do not show MFA"
	case request != nil:
		name = request.Principal.ARN
		if request.Context.Value(mfaPresent) == "true" {
			how = "with MFA"
		}
	}
	f.expectAllowed(d, fix, "%s (%s) assumes %s", name, how, r)
}

// intendedPrincipal returns the principals that an entry of sessionPrincipals, or of the option --principal, means.
func (m *model) intendedPrincipal(r *role, name string) policy.Principal {
	set, identityCenter := strings.CutPrefix(name, "sso:")
	switch {
	case name == "account":
		return policy.Group{Partition: m.partition, Account: r.account()}.Principal()
	case identityCenter:
		// The role may be in a subfolder that is named after a Region.
		role := fmt.Sprintf("arn:%s:iam::%s:%sAWSReservedSSO_%s_0123456789abcdef", m.partition, r.account(), identityCenterPath, set)
		return policy.Session(role, exampleUser)
	}
	return m.principalOf(name)
}

// usableDocuments returns the documents that the role can use on instances at a location. If the stack records which
// kinds of session the role is meant for, it has to allow all of these.
func (m *model) usableDocuments(f *finding, r *role, at location) []documentUse {
	var usable, undecided []documentUse
	for _, u := range m.documentUsesAt(r, at) {
		d := m.documentAt(u.name, at)
		switch {
		case u.decision.Effect == policy.Denied:
		case d.unknown != "":
			f.unknown("sessions with %s: %s", u.name, d.unknown)
			undecided = append(undecided, u)
		case u.decision.Effect == policy.Undecided:
			f.unknown("ssm:StartSession with %s by %s: %s", u.name, r, u.decision.Why)
			undecided = append(undecided, u)
		case d.found == nil && !isAWSDocument(u.name) && u.name != defaultDocument:
			f.unknown("document %q in %s is not in the state, and may not exist", u.name, at.region)
			undecided = append(undecided, u)
		case d.found != nil && d.found.unreadable != "":
			f.unknown("sessions with %s: %s", u.name, d.found.unreadable)
			undecided = append(undecided, u)
		default:
			if d.found != nil {
				f.rest(d.found.resource)
			}
			usable = append(usable, u)
		}
	}
	// need fails unless a document that is needed is among those that may be usable.
	need := func(is func(documentUse) bool, name, format string, args ...any) {
		fix := "allow ssm:StartSession on " + documentARNAt(name, at) + " to " + r.String()
		if !slices.ContainsFunc(usable, is) && !slices.ContainsFunc(undecided, is) {
			f.fail(fix, format, args...)
		}
	}
	documents := m.intentOf(r).documents
	for _, kind := range documents {
		if name, aws := awsDocuments[kind]; aws {
			need(func(u documentUse) bool { return u.name == name }, name, "%s is meant for sessions with %s but does not allow them", r, name)
		}
	}
	opensShell := func(u documentUse) bool {
		return u.name == defaultDocument || m.documentAt(u.name, at).found.opensShell()
	}
	if slices.Contains(documents, contract.Shell) {
		need(opensShell, m.shellDocument(), "%s is meant for shells but does not allow them", r)
	}
	need(func(documentUse) bool { return true }, m.shellDocument(), "%s allows ssm:StartSession on no document", r)
	return usable
}

// isAWSDocument reports whether AWS owns the document with a name. The prefix is reserved for AWS.
func isAWSDocument(name string) bool { return strings.HasPrefix(name, "AWS-") }

// opensShell reports whether a document opens shells.
func (m *model) opensShell(u documentUse) bool {
	return u.name == defaultDocument || m.documents[u.name].opensShell()
}

// opensShell reports whether sessions with the document are, or may be, shells. It is false for nil.
func (d *sessionDocument) opensShell() bool {
	return d != nil && (d.unreadable != "" || d.sessionType == standardStream)
}

// shellDocument returns the name of the document for shells.
func (m *model) shellDocument() string {
	for _, d := range m.sessionDocuments() {
		return d.name
	}
	return defaultDocument
}

// checkStartOnInstances checks that the role can start sessions on each instance at a location with each usable
// document.
func (m *model) checkStartOnInstances(f *finding, r *role, at location, usable []documentUse) {
	var names []string
	for _, u := range usable {
		names = append(names, u.name)
	}
	for _, i := range m.targetsOf(r) {
		if i.location != at {
			continue
		}
		f.rest(i.resource)
		allowed := true
		for _, u := range usable {
			if d := m.decideStart(r, i, documentContext(u.name)); d.Effect != policy.Allowed {
				f.expectAllowed(d, m.startFix(r, i, "ssm:StartSession"), "ssm:StartSession on %s with %s by %s", i, u.name, r)
				allowed = false
			}
		}
		if allowed && len(usable) > 0 {
			f.pass("%s starts sessions on %s (%s) with %s", r, i, i.id, strings.Join(names, ", "))
		}
	}
}

// checkRunAs checks that the operating system user of sessions is known. If Run As is on and neither the document nor the
// tag SSMSessionRunAs of the role names a user, sessions fail.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-run-as.html
func (m *model) checkRunAs(f *finding, r *role, at location, usable []documentUse) {
	for _, u := range usable {
		d := m.documentAt(u.name, at).found
		if d == nil || !d.runAs {
			continue
		}
		tag := asStr(m.tagsOf(r.resource)["SSMSessionRunAs"])
		user := cmp.Or(tag, d.runAsUser)
		switch {
		case r.allowsSessionTags() && !m.tagsAreUserNames(f, r):
			f.unknown("sessions with %s run as the user in the session tag SSMSessionRunAs, which callers choose", d)
		case r.allowsSessionTags():
			f.assume("the operating system of the instances has a user with the name of each IAM user that assumes %s, and callers "+
				"set the session tag SSMSessionRunAs: sessions with %s run as that user", r, d)
		case user == "":
			f.fail("set runAsDefaultUser in "+d.String()+", or runAsEnabled to false",
				"sessions with %s end at once: Run As is on, and neither the document nor a tag SSMSessionRunAs of %s names a user", d, r)
		default:
			f.assume("the operating system of the instances has the user %q, which sessions with %s run as", user, d)
		}
	}
}

// runAsTag is the condition key of the session tag that names the operating system user of a session.
const runAsTag = "aws:RequestTag/SSMSessionRunAs"

// tagsAreUserNames reports whether a role lets callers set the session tag SSMSessionRunAs to the name of their IAM
// user, and to nothing else. It records what denies other values.
func (m *model) tagsAreUserNames(f *finding, r *role) bool {
	tagging := func(principal policy.Principal, context policy.Context) policy.Decision {
		policies, request := m.assume(r, policy.Group{}, context)
		request.Principal, request.Action = principal, "sts:TagSession"
		return decideClass(policies, request)
	}
	others := []policy.Group{{Partition: m.partition, Kind: policy.RoleKind}, {Partition: m.partition, Kind: policy.UserKind}}
	var denied policy.Decision
	for _, group := range others {
		context := policy.Context{}.WithSome(runAsTag).With("aws:TagKeys", "SSMSessionRunAs")
		if group.Kind == policy.UserKind {
			context = context.WithOtherThan(runAsTag, "aws:username")
		}
		if denied = tagging(group.Principal(), context); denied.Effect != policy.Denied {
			return false
		}
	}
	for _, p := range m.trustedPrincipals(r) {
		_, name, _ := strings.Cut(p.ARN, ":user/")
		context := policy.Context{}.With(runAsTag, lastPart(name)).With("aws:TagKeys", "SSMSessionRunAs")
		if d := tagging(p.Principal, context); name == "" || d.Effect != policy.Allowed {
			return false
		}
	}
	f.pass("callers set SSMSessionRunAs to a name other than that of their IAM user: %s: %s", denied.Effect, denied.Why)
	return true
}

// allowsSessionTags reports whether callers may choose tags of their sessions.
func (r *role) allowsSessionTags() bool {
	return slices.ContainsFunc(r.trust.Statements, func(s policy.Statement) bool { return !s.Deny && s.Covers("sts:TagSession") })
}

// checkDataChannel checks that the role can open the data channel of a session.
func (m *model) checkDataChannel(f *finding, r *role) {
	const action = "ssmmessages:OpenDataChannel"
	d := m.decideSession(r, action, "*", policy.Context{})
	if d.Effect == policy.Denied && !d.Explicit {
		own := m.arn("ssm", "session/"+r.uniqueID+":"+exampleUser+"-0123456789abcdef0")
		if m.decideNamedSession(r, action, own, policy.Context{}).Effect == policy.Allowed {
			f.unknownUntil("allow "+action+" on *", "%s allows %s on sessions only: a sample policy of AWS does the same, and its documentation lists no resource for the action", r, action)
			return
		}
	}
	f.expectAllowed(d, "allow "+action+" on * to "+r.String(), "%s by %s", action, r)
}

// checkSessionKeys checks that the role can use the KMS keys that encrypt sessions.
func (m *model) checkSessionKeys(f *finding, r *role, at location, usable []documentUse) {
	for _, u := range usable {
		d := m.documentAt(u.name, at).found
		if d == nil || d.kms == "" {
			continue
		}
		match := m.keyAt(d.kms, at)
		k := match.found
		switch {
		case match.unknown != "":
			f.unknown("key %q of %s: %s", d.kms, d, match.unknown)
			continue
		case k == nil:
			f.unknown("key %q of %s is not in the state", d.kms, d)
			continue
		case k.unusable != "":
			f.fail("make "+k.String()+" usable", "sessions with %s need %s: %s", d, k, k.unusable)
		}
		f.rest(k.resource)
		f.expectAllowed(m.decideSession(r, "kms:GenerateDataKey", k.arn, policy.Context{}), "allow kms:GenerateDataKey on "+k.arn+" to "+r.String(),
			"kms:GenerateDataKey on %s by %s", k, r)
	}
}

// pushKeyAction pushes an SSH public key to an instance.
const pushKeyAction = "ec2-instance-connect:SendSSHPublicKey"

// checkPushKey checks that the role can push SSH public keys, if sessions of the stack need that.
func (m *model) checkPushKey(f *finding, r *role) {
	intent := m.intentOf(r)
	if !intent.pushKey {
		return
	}
	for _, i := range m.targetsOf(r) {
		arn := i.arn("ec2", "instance/"+i.id)
		d := m.decideSession(r, pushKeyAction, arn, withTags(policy.Context{}.With("ec2:osuser", intent.loginUser), m.tagsOf(i.resource)))
		f.expectAllowed(d, m.startFix(r, i, pushKeyAction), "%s on %s by %s", pushKeyAction, i, r)
	}
	if other := m.otherImages(m.targetsOf(r)); len(other) > 0 && f.passing() {
		f.assume("%s, the AMI in amiId, has EC2 Instance Connect, or user data installs it", strings.Join(other, ", "))
	}
}
