package proof

import (
	"fmt"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
)

// proveRecorded proves that every session is recorded, and that the records are encrypted, retained and
// private. It makes no claim if no session document records.
func (m *model) proveRecorded() []*finding {
	recording := slices.ContainsFunc(m.sessionDocuments(), func(d *sessionDocument) bool {
		return d.logGroup != "" || d.bucket != "" || d.unreadable != ""
	})
	if !recording {
		return nil
	}
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := newFinding("recorded", r.resource.name, Required)
		m.checkDocumentsRecord(f, r)
		for _, d := range m.sessionDocuments() {
			m.checkRecords(f, d)
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

// checkDocumentsRecord checks that a role allows no document that does not record.
func (m *model) checkDocumentsRecord(f *finding, r *role) {
	fix := r.fix(keyFixes.sessionDocuments, "remove the document from the policies of "+r.String())
	for _, u := range m.documentUses(r) {
		custom := m.documents[u.name]
		switch {
		case u.decision.Effect == policy.Undecided:
			f.unknown("ssm:StartSession with %s by %s: %s", u.name, r, u.decision.Why)
		case u.decision.Effect == policy.Denied:
		case custom == nil && u.name == defaultDocument:
			f.fail(fix, "%s allows sessions with %s, and the state does not show that it records", r, u.name)
		case custom == nil:
			f.fail(fix, "%s allows sessions with %s, which AWS never records", r, u.name)
		case custom.unreadable != "":
			f.unknown("%s may not record: %s", custom, custom.unreadable)
		case custom.logGroup == "" && custom.bucket == "":
			f.fail(custom.fix(keyFixes.sessionLogs, "name a log group or a bucket in "+custom.String()), "%s allows sessions with %s, which does not record", r, custom)
		default:
			f.pass("%s allows sessions with %s, which records to %s", r, custom, strings.TrimSpace(custom.logGroup+" "+custom.bucket))
		}
	}
	other := m.decideSession(r, "ssm:StartSession", m.documentARN("any-other"), withTags(namedDocumentContext(), nil))
	if other.Effect != policy.Denied {
		f.expectDenied(other, "list the documents that record in the policies of "+r.String(), "a session with any other document by %s", r)
	}
	if d := m.startWithoutAccessCheck(r); d.Effect != policy.Denied {
		f.expectDenied(d, fixAccessCheck, "a session with the default document without an access check by %s", r)
	}
	if unknown := r.unknownPolicies(); len(unknown) > 0 {
		f.unknown("the content of %s of %s is not in the state", strings.Join(unknown, ", "), r)
	}
}

// checkRecords checks that the records of a document are encrypted, retained and private.
func (m *model) checkRecords(f *finding, d *sessionDocument) {
	if d.unreadable != "" {
		f.unknown("the state does not show where %s records: %s", d, d.unreadable)
	}
	if d.logGroup != "" {
		m.checkLogGroup(f, d)
	}
	if d.bucket != "" {
		m.checkBucket(f, d)
	}
	keys := map[string]*key{}
	for _, name := range []string{d.kms, m.bucketKey(d.bucket), m.logGroupKey(d.logGroup)} {
		if k := m.key(name); k != nil && keys[k.arn] == nil {
			keys[k.arn] = k
			m.checkKeyPolicy(f, k)
		}
	}
	if d.kms != "" && m.key(d.kms) == nil {
		f.unknown("key %q of %s is not in the state", d.kms, d)
	}
}

// checkLogGroup checks the log group of a document.
func (m *model) checkLogGroup(f *finding, d *sessionDocument) {
	g := m.logGroup(d.logGroup)
	if g == nil {
		f.unknown("log group %q of %s is not in the state", d.logGroup, d)
		return
	}
	fixKey := g.fix(keyFixes.sessionEncryption, "set kmsKeyId on "+g.String())
	switch k := m.key(g.str("kmsKeyId")); {
	case g.str("kmsKeyId") == "" && d.kms == "":
		f.pass("CloudWatch Logs encrypts %s with an AWS owned key, as it does by default", g)
	case g.str("kmsKeyId") == "":
		f.fail(fixKey, "%s is not encrypted with a key of the account", g)
	case k == nil:
		f.unknown("key %q of %s is not in the state", g.str("kmsKeyId"), g)
	default:
		m.checkLogsKey(f, g, k)
	}
	if d.logEncrypted && g.str("kmsKeyId") == "" {
		f.fail(fixKey, "sessions with %s fail to start: it requires an encrypted log group, and %s is not encrypted", d, g)
	}
	if n := asInt(g.value("retentionInDays"), 0); n > 0 {
		f.pass("%s retains records for %d days", g, n)
	} else {
		f.pass("%s retains records indefinitely", g)
	}
	if !g.retain && !g.boolean("skipDestroy", false) {
		f.fail("set retainOnDelete on "+g.String(), "destroying the stack deletes %s with its records", g)
	}
}

// checkLogsKey checks that CloudWatch Logs can use the key of a log group.
func (m *model) checkLogsKey(f *finding, g *resource, k *key) {
	service := policy.Principal{Service: "logs." + m.region + "." + m.dnsSuffix()}
	groupARN := m.arn("logs", "log-group:"+g.str("name"))
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		policies := policy.Policies{Resource: k.policy, ResourceMustAllow: true}
		d := policies.Decide(&policy.Request{
			Principal: service, Action: action, Resource: k.arn,
			Context: policy.Context{}.With("kms:EncryptionContext:aws:logs:arn", groupARN).With("aws:SourceAccount", m.account).With("aws:SourceArn", groupARN),
		})
		f.expectAllowed(d, fmt.Sprintf("allow %s to %s for %s in the policy of %s", action, service.Service, groupARN, k),
			"%s on %s by CloudWatch Logs, for %s", action, k, g)
	}
}

// checkKeyPolicy checks that a key does not decrypt for principals of other accounts.
func (m *model) checkKeyPolicy(f *finding, k *key) {
	if k.policy == nil {
		return
	}
	fix := "list only principals of the account in the policy of " + k.String()
	for _, s := range k.policy.Statements {
		if s.Deny || s.Principal == nil {
			continue
		}
		for _, name := range s.Principal.AWS {
			if accountOf(name) != m.account {
				f.fail(fix, "the policy of %s lists %s of another account", k, name)
			}
		}
	}
	for _, foreign := range m.foreignPrincipals(k.policy, m.account) {
		policies := policy.Policies{
			Identity: []*policy.Document{allowAll}, Resource: k.policy, ResourceAccount: m.account, ResourceMustAllow: true,
		}
		f.expectDenied(policies.Decide(&policy.Request{Principal: foreign, Action: "kms:Decrypt", Resource: k.arn}),
			fix, "kms:Decrypt on %s by %s of another account", k, foreign.ARN)
	}
}

// checkBucket checks the bucket of a document.
func (m *model) checkBucket(f *finding, d *sessionDocument) {
	b := m.bucket(d.bucket)
	if b == nil {
		f.unknown("bucket %q of %s is not in the state", d.bucket, d)
		return
	}
	block := m.ofBucket(d.bucket, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
	for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		if block == nil || !block.boolean(setting, false) {
			f.fail("set "+setting+" to true in a BucketPublicAccessBlock of "+b.String(), "%s may be public: %s is not true", b, setting)
		}
	}
	if encryption := m.bucketEncryption(d.bucket); encryption == nil {
		f.pass("S3 encrypts %s with S3 managed keys, as it does by default", b)
	} else {
		f.pass("%s is encrypted as %s configures", b, encryption)
	}
	if name := m.bucketKey(d.bucket); name != "" && m.key(name) == nil {
		f.unknown("key %q of %s is not in the state", name, b)
	}
	if b.boolean("forceDestroy", false) {
		f.fail("set forceDestroy to false on "+b.String(), "destroying the stack deletes the records in %s", b)
	} else {
		f.pass("destroying the stack does not delete the records in %s", b)
	}
}
