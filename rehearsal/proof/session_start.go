package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// perSessionRole makes a claim about each session role. If there is none, the claim is about the stack and
// undecided.
func (m *model) perSessionRole(id, class string, check func(*finding, *role)) []*finding {
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := newFinding(id, r.resource.name, class)
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

// proveSessionStart proves that the listed principals can assume the session role and start sessions.
func (m *model) proveSessionStart() []*finding {
	return m.perSessionRole("session.start", Required, func(f *finding, r *role) {
		m.checkAssumeRole(f, r)
		usable := m.usableDocuments(f, r)
		m.checkStartOnInstances(f, r, usable)
		m.checkDataChannel(f, r)
		m.checkSessionKeys(f, r, usable)
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

// checkAssumeRole checks that each listed principal can assume the role.
func (m *model) checkAssumeRole(f *finding, r *role) {
	principals := m.trustedPrincipals(r)
	if len(principals) == 0 {
		f.unknown("the trust policy of %s lists no IAM principal", r)
	}
	for _, p := range principals {
		name, how := exampleUser, "a role session, whose requests do not show MFA"
		if p.isUser() {
			name, how = p.name(), "with MFA"
		}
		f.expectAllowed(m.decideAssume(r, p.Principal, name, withMFA(p)), "allow sts:AssumeRole to "+p.listed+" in the trust policy of "+r.String(),
			"%s (%s) assumes %s", p.ARN, how, r)
	}
	f.assume("the principals' own policies and service control policies allow sts:AssumeRole on %s", r)
}

// usableDocuments returns the documents that the role can use. If the stack records which it is meant for,
// the role has to allow all of these.
func (m *model) usableDocuments(f *finding, r *role) []documentUse {
	var usable []documentUse
	for _, u := range m.documentUses(r) {
		switch u.decision.Effect {
		case policy.Allowed:
			usable = append(usable, u)
		case policy.Undecided:
			f.unknown("ssm:StartSession with %s by %s: %s", u.name, r, u.decision.Why)
		}
	}
	has := func(name string) bool {
		return slices.ContainsFunc(usable, func(u documentUse) bool { return u.name == name })
	}
	fix := func(name string) string {
		return "allow ssm:StartSession on " + m.documentARN(name) + " to " + r.String()
	}
	for _, kind := range m.intent.documents {
		if name, aws := awsDocuments[kind]; aws && !has(name) {
			f.fail(fix(name), "%s is meant for sessions with %s but does not allow them", r, name)
		}
	}
	if slices.Contains(m.intent.documents, contract.Shell) && !slices.ContainsFunc(usable, m.opensShell) {
		f.fail(fix(m.shellDocument()), "%s is meant for shells but does not allow them", r)
	}
	if len(usable) == 0 {
		f.fail(fix(m.shellDocument()), "%s allows ssm:StartSession on no document", r)
	}
	return usable
}

// opensShell reports whether a document opens shells.
func (m *model) opensShell(u documentUse) bool {
	return u.name == defaultDocument || m.documents[u.name] != nil
}

// shellDocument returns the name of the document for shells.
func (m *model) shellDocument() string {
	for _, d := range m.sessionDocuments() {
		return d.name
	}
	return defaultDocument
}

// checkStartOnInstances checks that the role can start sessions on each instance with each usable document.
func (m *model) checkStartOnInstances(f *finding, r *role, usable []documentUse) {
	var names []string
	for _, u := range usable {
		names = append(names, u.name)
	}
	for _, i := range m.instances {
		arn := m.arn("ec2", "instance/"+i.id)
		allowed := true
		for _, u := range usable {
			if d := m.decideStart(r, i, documentContext(u.name)); d.Effect != policy.Allowed {
				f.expectAllowed(d, "allow ssm:StartSession on "+arn+" to "+r.String(), "ssm:StartSession on %s with %s by %s", i, u.name, r)
				allowed = false
			}
		}
		if allowed && len(usable) > 0 {
			f.pass("%s starts sessions on %s (%s) with %s", r, i, i.id, strings.Join(names, ", "))
		}
	}
}

// checkDataChannel checks that the role can open the data channel of a session.
func (m *model) checkDataChannel(f *finding, r *role) {
	const action = "ssmmessages:OpenDataChannel"
	d := m.decideSession(r, action, "*", policy.Context{})
	if d.Effect == policy.Denied && !d.Explicit {
		own := m.arn("ssm", "session/"+r.uniqueID+":"+exampleUser+"-0123456789abcdef0")
		if m.decideSession(r, action, own, policy.Context{}).Effect == policy.Allowed {
			f.unknownUntil("allow "+action+" on *", "%s allows %s on sessions only: a sample policy of AWS does the same, and its documentation lists no resource for the action", r, action)
			return
		}
	}
	f.expectAllowed(d, "allow "+action+" on * to "+r.String(), "%s by %s", action, r)
}

// checkSessionKeys checks that the role can use the KMS keys that encrypt sessions.
func (m *model) checkSessionKeys(f *finding, r *role, usable []documentUse) {
	for _, u := range usable {
		d := m.documents[u.name]
		if d == nil || d.kms == "" {
			continue
		}
		k := m.key(d.kms)
		if k == nil {
			f.unknown("key %q of %s is not in the state", d.kms, d)
			continue
		}
		f.expectAllowed(m.decideSession(r, "kms:GenerateDataKey", k.arn, policy.Context{}), "allow kms:GenerateDataKey on "+k.arn+" to "+r.String(),
			"kms:GenerateDataKey on %s by %s", k, r)
	}
}

// pushKeyAction pushes an SSH public key to an instance.
const pushKeyAction = "ec2-instance-connect:SendSSHPublicKey"

// checkPushKey checks that the role can push SSH public keys, if the stack is meant for that.
func (m *model) checkPushKey(f *finding, r *role) {
	if !m.intent.pushKey {
		return
	}
	for _, i := range m.instances {
		arn := m.arn("ec2", "instance/"+i.id)
		d := m.decideSession(r, pushKeyAction, arn, policy.Context{}.With("ec2:osuser", "ec2-user"))
		f.expectAllowed(d, "allow "+pushKeyAction+" on "+arn+" to "+r.String(), "%s on %s by %s", pushKeyAction, i, r)
	}
}

// proveSessionMFA proves that no principal can assume the session role without MFA.
func (m *model) proveSessionMFA() []*finding {
	return m.perSessionRole("session.mfa", Required, func(f *finding, r *role) {
		configured := m.intent.requireMFA || slices.ContainsFunc(r.trust.Statements, requiresMFA)
		if !configured {
			f.claim.Class = Hardening
		}
		users := 0
		for _, p := range m.trustedPrincipals(r) {
			if !p.isUser() {
				if !configured {
					f.unknown("%s assumes %s: requests by roles do not show MFA", p.listed, r)
				}
				continue
			}
			users++
			m.checkUserMFA(f, r, p)
		}
		m.checkServicesMFA(f, r, configured)
		if users == 0 && f.passing() {
			f.pass("the trust policy of %s lists no user", r)
		}
	})
}

// checkUserMFA checks that a user cannot assume the role without MFA, or with MFA that is too old.
func (m *model) checkUserMFA(f *finding, r *role, p trustedPrincipal) {
	if d := m.decideAssume(r, p.Principal, p.name(), withMFA(p)); d.Effect == policy.Denied {
		f.unknown("%s cannot assume %s even with MFA, so this example does not show whether other principals of %s can without it: %s", p.ARN, r, p.listed, d.Why)
	}
	fix := r.fix(keyFixes.requireMfa, "add the condition Bool "+mfaPresent+" = true to the statement in the trust policy of "+r.String()+
		"; BoolIfExists would allow long-term access keys")
	f.expectDenied(m.decideAssume(r, p.Principal, p.name(), noMFA), fix, "%s assumes %s with long-term access keys", p.ARN, r)
	f.expectDenied(m.decideAssume(r, p.Principal, p.name(), mfaFalse), fix, "%s assumes %s with temporary credentials without MFA", p.ARN, r)
	if age := 60 * m.intent.mfaMaxAge; age > 0 {
		fix := r.fix(keyFixes.mfaMaxAgeMinutes, fmt.Sprintf("add the condition NumericLessThanEquals %s = %d", mfaAge, age))
		f.expectDenied(m.decideAssume(r, p.Principal, p.name(), mfaSecondsAgo(age+1)), fix, "%s assumes %s with MFA %d seconds ago", p.ARN, r, age+1)
	}
}

// checkServicesMFA checks that the role trusts no service or identity provider, whose users may have no MFA.
func (m *model) checkServicesMFA(f *finding, r *role, configured bool) {
	for _, s := range r.trust.Statements {
		if s.Deny || s.Principal == nil {
			continue
		}
		for _, service := range s.Principal.Services {
			if configured {
				f.fail("remove "+service+" from the trust policy of "+r.String(),
					"%s can assume %s for its users, without MFA", service, r)
			}
		}
		for _, provider := range s.Principal.Federated {
			f.unknown("users of %s can assume %s: the state does not show whether they use MFA", provider, r)
		}
	}
}

// requiresMFA reports whether a statement has a condition on MFA.
func requiresMFA(s policy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool {
		return strings.EqualFold(c.Key, mfaPresent) || strings.EqualFold(c.Key, mfaAge)
	})
}

// proveSessionForeign proves that no principal of another account can assume the session role, except those
// that are meant to.
func (m *model) proveSessionForeign() []*finding {
	return m.perSessionRole("session.foreign", Required, func(f *finding, r *role) {
		fix := "list only principals that are meant to assume " + r.String() + " in its trust policy"
		for _, s := range r.trust.Statements {
			if s.Deny || s.Principal == nil {
				continue
			}
			for _, name := range s.Principal.AWS {
				m.checkTrustedName(f, r, name, fix)
			}
			for _, name := range s.Principal.Federated {
				f.unknown("users of %s can assume %s: the state does not show who they are", name, r)
			}
			if s.Principal.Anyone && s.Covers("sts:AssumeRoleWithWebIdentity") {
				f.unknown("users of web identity providers can assume %s by %s: the state does not show who they are", r, r.trust.Describe(&s))
			}
		}
		for _, foreign := range m.foreignPrincipals(r.trust, r.account()) {
			p := trustedPrincipal{Principal: foreign}
			d := m.decideAssume(r, foreign, p.name(), withMFA(p))
			if d.Effect == policy.Denied {
				// A principal with another name, or with or without MFA, may be allowed.
				d = m.decideAssume(r, foreign, p.name(), unknownMFA, sessionNameKey, "aws:userid", "aws:username")
			}
			f.expectDenied(d, fix, "%s of another account assumes %s", foreign.ARN, r)
		}
	})
}

// checkTrustedName checks that a name in the trust policy is of the role's account, or meant to be there.
func (m *model) checkTrustedName(f *finding, r *role, name, fix string) {
	account := accountOf(name)
	switch {
	case len(account) != 12:
		f.unknown("the trust policy of %s lists %q, which is neither an ARN nor an account", r, name)
	case account == r.account():
	case slices.Contains(m.intent.principals, name), slices.Contains(m.intent.principals, account):
		f.pass("%s of another account is meant to assume %s", name, r)
	default:
		f.fail(fix, "the trust policy of %s lists %s of another account", r, name)
	}
}
