package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// proveRecorded proves that every session is recorded, and that the records are encrypted, retained and
// private. It makes no claim if no session document records, and sessions are not meant to be recorded.
func (m *model) proveRecorded() []*finding {
	recording := slices.ContainsFunc(m.allDocuments, func(d *sessionDocument) bool { return d.records() || d.unreadable != "" })
	if !recording && !m.intent.records {
		return nil
	}
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := newFinding("recorded", r.resource.name, Required)
		m.restOnRole(f, r)
		if unknown := r.unknownPolicies(); len(unknown) > 0 {
			f.unknown("the content of %s of %s is not known", strings.Join(unknown, ", "), r)
		}
		for _, why := range m.startersWithoutRole(policy.Context{}) {
			f.unknown("%s", why)
		}
		for _, at := range m.locations() {
			m.checkDocumentsRecord(f, r, at)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		f := newFinding("recorded", m.stack, Required)
		f.unknown("the state has no role that allows sessions")
		found = append(found, f)
	}
	return found
}

// restOnRole records that a claim rests on a role and its policies.
func (m *model) restOnRole(f *finding, r *role) {
	f.rest(r.resource)
	for _, p := range r.policies {
		f.rest(p.attachedBy, m.managedResource(p.name))
	}
	f.rest(m.managedResource(r.boundary))
}

// managedResource returns the resource of the state that declares a managed policy, or nil.
func (m *model) managedResource(arn string) *resource {
	for _, n := range m.ofType("aws:iam/policy:Policy") {
		if n.str("arn") == arn || n.id == arn {
			return n
		}
	}
	return nil
}

// checkDocumentsRecord checks that every document that a role allows on instances at a location records sessions, and
// that the records are protected.
func (m *model) checkDocumentsRecord(f *finding, r *role, at location) {
	var checked []string
	for _, u := range m.documentUsesAt(r, at) {
		checked = append(checked, u.arn)
		if u.decision.Effect == policy.Denied {
			continue
		}
		match := m.documentAt(u.name, at)
		switch d := match.found; {
		case match.unknown != "":
			f.unknown("%s", match.unknown)
		case u.decision.Effect == policy.Undecided:
			f.unknown("ssm:StartSession with %s by %s: %s", u.name, r, u.decision.Why)
		case d == nil:
			m.checkForeignDocument(f, r, u)
		default:
			f.rest(d.resource)
			m.checkDocument(f, r, d)
		}
	}
	m.checkOtherDocuments(f, r, at, checked)
	m.checkAccessCheck(f, r, at)
	m.checkControl(f, r, at)
}

// checkForeignDocument checks a document that the role can use and that is not in the state.
func (m *model) checkForeignDocument(f *finding, r *role, u documentUse) {
	fix := r.fix(keyFixes.sessionDocuments, "remove the document from the policies of "+r.String())
	switch u.name {
	case awsDocuments[contract.SSH], awsDocuments[contract.PortForwarding], awsDocuments[contract.RemotePortForwarding]:
		// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging.html
		f.fail(fix, "%s allows sessions with %s, which AWS never records", r, u.name)
	default:
		f.unknownUntil(fix, "%s allows sessions with %s, and the state does not show whether it records", r, u.name)
	}
}

// checkDocument checks that sessions with a document are recorded, and the records.
func (m *model) checkDocument(f *finding, r *role, d *sessionDocument) {
	switch {
	case d.unreadable != "":
		f.unknown("%s may not record: %s", d, d.unreadable)
		return
	case d.sessionType == portSession:
		f.fail("remove the document from the policies of "+r.String(), "%s allows sessions with %s, which forward ports: AWS never records those", r, d)
		return
	case !d.records():
		f.fail(d.fix(keyFixes.sessionLogs, "name a log group or a bucket in "+d.String()), "%s allows sessions with %s, which does not record", r, d)
		return
	case d.sessionType != standardStream:
		f.unknown("the sessionType of %s is %q: only shells are certain to be recorded", d, d.sessionType)
	default:
		f.pass("%s allows sessions with %s, which records to %s", r, d, strings.TrimSpace(d.logGroup+" "+d.bucket))
	}
	m.checkRecords(f, d)
}

// checkOtherDocuments checks that the role cannot start sessions with a document that was not checked: another one of the
// account, of AWS, or one that another account shares.
func (m *model) checkOtherDocuments(f *finding, r *role, at location, checked []string) {
	fix := "list the documents that record in the policies of " + r.String()
	accounts := []string{at.account, "", "999999999999"}
	for _, p := range r.policies {
		if p.document == nil {
			continue
		}
		for _, s := range p.document.Statements {
			for _, resource := range s.Resources {
				if account := accountOf(resource); strings.Contains(resource, ":document/") && isAccountID(account) && !slices.Contains(accounts, account) {
					accounts = append(accounts, account)
				}
			}
		}
	}
	for _, account := range accounts {
		there := at
		there.account = account
		context := namedDocumentContext()
		if account == "" {
			context = withTags(context, nil) // AWS's own documents have no tags
		}
		policies, request := m.sessionRequest(r, "ssm:StartSession", "", context)
		request.Resources = &policy.Class{Prefix: there.arn("ssm", "document/"), Except: checked}
		if policies.Decide(request).Effect == policy.Denied {
			continue // the claim lists only what it finds
		}
		f.expectNone(policies, request, fix, "a session with any other document by "+r.String(), func(w *policy.Request) string {
			return fmt.Sprintf("a session with any other document, such as %s, by %s", w.Resource, r)
		})
	}
}

// isAccountID reports whether text is the id of an account.
func isAccountID(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }

// checkAccessCheck checks that the role cannot start sessions with the default document without permission for it.
func (m *model) checkAccessCheck(f *finding, r *role, at location) {
	policies, request := m.sessionRequest(r, "ssm:StartSession", "", defaultDocumentContext("false"))
	request.Resources = &policy.Class{Prefix: at.arn("ec2", "instance/")}
	if policies.Decide(request).Effect == policy.Denied {
		return
	}
	if len(m.instances) == 0 {
		const what = "a session with the default document without an access check by %s"
		if d := m.startWithoutAccessCheck(r); d.Effect != policy.Denied {
			f.expectDenied(d, fixAccessCheck, what, r)
			return
		}
		f.expectNone(policies, request, fixAccessCheck, fmt.Sprintf(what, r), func(w *policy.Request) string {
			return fmt.Sprintf(what+" on %s", r, w.Resource)
		})
		return
	}
	for _, i := range m.instances {
		if d := m.decideStart(r, i, defaultDocumentContext("false")); i.location == at && d.Effect != policy.Denied {
			f.expectDenied(d, fixAccessCheck, "a session on %s with the default document without an access check by %s", i, r)
			return
		}
	}
}

// checkControl checks that sessions of the role cannot change what records them, or delete the records.
func (m *model) checkControl(f *finding, r *role, at location) {
	check := func(prefix string, actions ...string) {
		for _, action := range actions {
			policies, request := m.sessionRequest(r, action, "", policy.Context{})
			request.Resources = &policy.Class{Prefix: prefix}
			if policies.Decide(request).Effect == policy.Denied {
				continue
			}
			f.expectNone(policies, request, "remove "+action+" from the policies of "+r.String(), action+" by "+r.String(), func(w *policy.Request) string {
				return fmt.Sprintf("%s on %s by %s", action, w.Resource, r)
			})
		}
	}
	for _, d := range m.usedDocuments(at) {
		check(documentARNAt(d.name, at), "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion", "ssm:DeleteDocument")
		if d.logGroup != "" {
			check(at.arn("logs", "log-group:"+d.logGroup), "logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy",
				"logs:DisassociateKmsKey")
		}
		if d.bucket != "" {
			check("arn:"+at.partition+":s3:::"+d.bucket, "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "s3:PutBucketPolicy",
				"s3:PutEncryptionConfiguration")
		}
		for _, k := range m.keysOf(d) {
			for _, action := range []string{"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy"} {
				fix := "remove " + action + " from the policies of " + r.String() + " and of " + k.String()
				f.expectDenied(m.decideSession(r, action, k.arn, policy.Context{}), fix, "%s on %s by %s", action, k, r)
			}
		}
	}
}

// keysOf returns the keys of the state that encrypt sessions with a document and their records, without repeats.
func (m *model) keysOf(d *sessionDocument) []*key {
	names := []string{d.kms}
	if g := m.logGroupAt(d.logGroup, d.location).found; g != nil {
		names = append(names, g.str("kmsKeyId"))
	}
	if b := m.bucket(d.bucket); b != nil {
		name, _ := m.bucketEncryption(b)
		names = append(names, name)
	}
	var found []*key
	for _, name := range names {
		if k := m.keyAt(name, d.location).found; k != nil && !slices.Contains(found, k) {
			found = append(found, k)
		}
	}
	return found
}

// checkRecords checks that the records of a document are encrypted, retained and private.
func (m *model) checkRecords(f *finding, d *sessionDocument) {
	if d.logGroup != "" {
		m.checkLogGroup(f, d)
	}
	if d.bucket != "" {
		m.checkBucket(f, d)
	}
	m.checkKeyNamed(f, d.kms, d.String(), d.location)
	m.checkAgentsWrite(f, d)
}
