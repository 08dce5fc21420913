package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// perSessionRole looks into a claim for each session role. Without one it cannot be told
// who opens sessions.
func (m *model) perSessionRole(id, class string, look func(*finding, *role)) []*finding {
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := claimOf(id, r.node.name, class)
		look(f, r)
		found = append(found, f)
	}
	for _, r := range m.obscureRoles() {
		f := claimOf(id, r.node.name, class)
		f.doubts("whether %s opens sessions: what %s allow", r, strings.Join(r.unknownPolicies(), ", "))
		found = append(found, f)
	}
	if len(found) == 0 {
		f := claimOf(id, m.stack, class)
		f.doubts("who opens sessions: the state has no role for people that allows ssm:StartSession")
		found = append(found, f)
	}
	return found
}

// proveSessionStart proves that who is listed can assume the session role and open
// sessions.
func (m *model) proveSessionStart() []*finding {
	return m.perSessionRole("session.start", report.Required, func(f *finding, r *role) {
		m.assumed(f, r)
		usable := m.usable(f, r)
		m.startsEverywhere(f, r, usable)
		m.channel(f, r)
		m.encrypts(f, r, usable)
		m.pushes(f, r)
		if unknown := r.unknownPolicies(); len(unknown) > 0 && f.whole() {
			f.doubts("what %s forbid", strings.Join(unknown, ", "))
		}
	})
}

// assumed proves that each listed principal can assume the role.
func (m *model) assumed(f *finding, r *role) {
	listed := m.assumers(r)
	if len(listed) == 0 {
		f.doubts("who may assume %s: its trust policy lists no IAM principal", r)
	}
	for _, a := range listed {
		name := person
		if a.user() {
			name = a.name()
		}
		how := "with MFA"
		if !a.user() {
			how = "as a role's session, which cannot say that there was MFA"
		}
		f.wants(m.assume(r, a.who, name, withMFA(a)), "let the trust policy of "+r.String()+" admit "+a.listed,
			"%s assumes %s, %s", a.who.ARN, r, how)
	}
	f.assumes("their own policies, and those of their organization, let them call sts:AssumeRole on %s", r)
}

// usable returns the documents that the role may use. Where the stack says which it is
// meant to, all of them must be.
func (m *model) usable(f *finding, r *role) []opening {
	var usable []opening
	for _, o := range m.openable(r) {
		switch o.decision.Effect {
		case policy.Allowed:
			usable = append(usable, o)
		case policy.Undecided:
			f.doubts("whether %s opens sessions with %s: %s", r, o.name, o.decision.Why)
		}
	}
	has := func(name string) bool {
		return slices.ContainsFunc(usable, func(o opening) bool { return o.name == name })
	}
	for _, kind := range m.intent.documents {
		if name, aws := awsDocuments[kind]; aws && !has(name) {
			f.breaks("allow ssm:StartSession on "+m.documentARN(name), "%s is meant to open sessions with %s, and may not", r, name)
		}
	}
	if slices.Contains(m.intent.documents, "shell") && !slices.ContainsFunc(usable, m.isShell) {
		f.breaks("allow ssm:StartSession on "+m.documentARN(m.shell()), "%s is meant to open shells, and may not", r)
	}
	if len(usable) == 0 {
		f.breaks("allow ssm:StartSession on "+m.documentARN(m.shell()), "%s opens sessions with no document", r)
	}
	return usable
}

// isShell says whether a document opens shells.
func (m *model) isShell(o opening) bool {
	return o.name == defaultDocument || m.documents[o.name] != nil
}

// shell is the document with which people open shells.
func (m *model) shell() string {
	for _, d := range m.sessionDocuments() {
		return d.name
	}
	return defaultDocument
}

// startsEverywhere proves that sessions open on each instance with each usable document.
func (m *model) startsEverywhere(f *finding, r *role, usable []opening) {
	var names []string
	for _, o := range usable {
		names = append(names, o.name)
	}
	with := strings.Join(names, ", ")
	for _, i := range m.instances {
		arn := m.arn("ec2", "instance/"+i.id)
		whole := true
		for _, o := range usable {
			check := named()
			if o.name == defaultDocument {
				check = checked("true")
			}
			if d := m.onInstance(r, i, check); d.Effect != policy.Allowed {
				f.wants(d, "allow ssm:StartSession on "+arn, "a session on %s with %s", i, o.name)
				whole = false
			}
		}
		if whole && len(usable) > 0 {
			f.holds("%s opens sessions on %s (%s) with %s", r, i, i.id, with)
		}
	}
}

// channel proves that the data of a session flows.
func (m *model) channel(f *finding, r *role) {
	const action = "ssmmessages:OpenDataChannel"
	d := m.ask(r, action, "*", policy.Context{})
	if d.Effect == policy.Denied && !d.Explicit {
		own := m.arn("ssm", "session/"+r.uniqueID+":"+person+"-0123456789abcdef0")
		if m.ask(r, action, own, policy.Context{}).Effect == policy.Allowed {
			f.doubts("whether AWS takes %s on a session for enough, as one of its samples has it: allow it on *", action)
			return
		}
	}
	f.wants(d, "allow "+action+" on *", "%s opens the data channel", r)
}

// encrypts proves that sessions that are to be encrypted can be.
func (m *model) encrypts(f *finding, r *role, usable []opening) {
	for _, o := range usable {
		d := m.documents[o.name]
		if d == nil || d.kms == "" {
			continue
		}
		k := m.key(d.kms)
		if k == nil {
			f.doubts("the key %q of %s, which is not in the state", d.kms, d)
			continue
		}
		f.wants(m.ask(r, "kms:GenerateDataKey", k.arn, policy.Context{}), "allow kms:GenerateDataKey on "+k.arn+" to "+r.String(),
			"%s encrypts sessions with %s", r, k)
	}
}

// pushKeyAction pushes a public key for a minute.
const pushKeyAction = "ec2-instance-connect:SendSSHPublicKey"

// pushes proves that keys can be pushed, where the stack is meant to.
func (m *model) pushes(f *finding, r *role) {
	for _, component := range m.component("bastionless:iam:SessionRole") {
		if !asFlag(component.input("pushKey"), false) {
			continue
		}
		for _, i := range m.instances {
			arn := m.arn("ec2", "instance/"+i.id)
			d := m.ask(r, pushKeyAction, arn, policy.Context{}.With("ec2:osuser", "ec2-user"))
			f.wants(d, "allow "+pushKeyAction+" on "+arn, "%s pushes keys to %s", r, i)
		}
	}
}

// proveSessionMFA proves that nobody without MFA assumes the session role.
func (m *model) proveSessionMFA() []*finding {
	return m.perSessionRole("session.mfa", report.Required, func(f *finding, r *role) {
		configured := m.intent.requireMFA || slices.ContainsFunc(r.trust.Statements, asksForMFA)
		if !configured {
			f.claim.Class = report.Hardening
		}
		users := 0
		for _, a := range m.assumers(r) {
			if !a.user() {
				if !configured {
					f.doubts("whether there was MFA before %s assumes %s: the requests of roles do not say", a.listed, r)
				}
				continue
			}
			users++
			if d := m.assume(r, a.who, a.name(), withMFA(a)); d.Effect == policy.Denied {
				f.doubts("whether anybody else of %s assumes %s without MFA: %s may not even with it: %s", a.listed, r, a.who.ARN, d.Why)
			}
			mend := "put Bool " + mfaPresent + " = true on the statement of the trust policy of " + r.String() + "; not BoolIfExists, which admits long-term keys"
			f.refuses(m.assume(r, a.who, a.name(), noMFA), mend, "%s assumes %s with long-term keys", a.who.ARN, r)
			f.refuses(m.assume(r, a.who, a.name(), mfaFalse), mend, "%s assumes %s with temporary credentials got without MFA", a.who.ARN, r)
			if age := 60 * m.intent.mfaMaxAge; age > 0 {
				f.refuses(m.assume(r, a.who, a.name(), mfaAgo(age+1)), fmt.Sprintf("put NumericLessThanEquals %s = %d beside it", mfaAge, age),
					"%s assumes %s with MFA of %d seconds ago", a.who.ARN, r, age+1)
			}
		}
		m.servicesWithoutMFA(f, r, configured)
		if users == 0 && f.whole() {
			f.holds("%s lists no user", r)
		}
	})
}

// servicesWithoutMFA proves that no service gets the role, for whoever uses the service.
func (m *model) servicesWithoutMFA(f *finding, r *role, configured bool) {
	for _, s := range r.trust.Statements {
		if s.Deny || s.Principal == nil {
			continue
		}
		for _, service := range s.Principal.Services {
			if configured {
				f.breaks("take "+service+" out of the trust policy of "+r.String(),
					"%s gets %s, and whoever may use it for that does, without MFA", service, r)
			}
		}
		for _, provider := range s.Principal.Federated {
			f.doubts("whether users of %s signed in with MFA", provider)
		}
	}
}

// asksForMFA says whether a statement has a condition on MFA.
func asksForMFA(s policy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool {
		return strings.EqualFold(c.Key, mfaPresent) || strings.EqualFold(c.Key, mfaAge)
	})
}

// proveSessionForeign proves that nobody of another account assumes the session role,
// but those who are meant to.
func (m *model) proveSessionForeign() []*finding {
	return m.perSessionRole("session.foreign", report.Required, func(f *finding, r *role) {
		mend := "list in the trust policy of " + r.String() + " who is meant to assume it, and nobody else"
		for _, s := range r.trust.Statements {
			if s.Deny || s.Principal == nil {
				continue
			}
			for _, name := range s.Principal.AWS {
				m.foreignName(f, r, name, mend)
			}
			for _, name := range s.Principal.Federated {
				f.doubts("who the users of %s are", name)
			}
			if s.Principal.Anyone && s.Covers("sts:AssumeRoleWithWebIdentity") {
				f.doubts("which identity providers' users assume %s by %s", r, s.Sid)
			}
		}
		for _, stranger := range m.strangersTo(r.trust, r.account()) {
			a := assumer{who: stranger}
			d := m.assume(r, stranger, a.name(), withMFA(a))
			if d.Effect == policy.Denied {
				// They may have another name, and MFA or not.
				d = m.assume(r, stranger, a.name(), func(c policy.Context) policy.Context {
					return c.WithUnknown(mfaPresent).WithUnknown(mfaAge).WithUnknown("aws:username")
				}, nameKey, "aws:userid")
			}
			f.refuses(d, mend, "%s, of another account, assumes %s", stranger.ARN, r)
		}
	})
}

// foreignName proves that a listed principal is of the role's account, or meant.
func (m *model) foreignName(f *finding, r *role, name, mend string) {
	account := name
	if strings.HasPrefix(name, "arn:") {
		account = policy.Principal{ARN: name}.Account()
	}
	switch {
	case len(account) != 12:
		f.doubts("who %q is, whom the trust policy of %s lists", name, r)
	case account == r.account():
	case slices.Contains(m.intent.principals, name), slices.Contains(m.intent.principals, account):
		f.holds("%s is of another account and listed on purpose", name)
	default:
		f.breaks(mend, "the trust policy of %s lists %s, of another account", r, name)
	}
}

// strangeAccounts are accounts that have nothing to do with a given one: one that is very
// different, and one that all but looks the same.
func strangeAccounts(account string) []string {
	different, alike := "999999999999", account
	if account == different {
		different = "888888888888"
	}
	if n := len(account); n > 0 {
		last := byte('0')
		if account[n-1] == last {
			last = '1'
		}
		alike = account[:n-1] + string(last)
	}
	return []string{different, alike}
}
