package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
	var judged []string
	for _, u := range m.documentUsesAt(r, at) {
		judged = append(judged, u.arn)
		if u.decision.Effect == policy.Denied {
			continue
		}
		match := m.documentAt(u.name, at)
		switch d := match.found; {
		case match.doubt != "":
			f.unknown("%s", match.doubt)
		case u.decision.Effect == policy.Undecided:
			f.unknown("ssm:StartSession with %s by %s: %s", u.name, r, u.decision.Why)
		case d == nil:
			m.checkForeignDocument(f, r, u)
		default:
			f.rest(d.resource)
			m.checkDocument(f, r, d)
		}
	}
	m.checkOtherDocuments(f, r, at, judged)
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
func (m *model) checkOtherDocuments(f *finding, r *role, at location, judged []string) {
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
		request.Resources = &policy.Class{Prefix: there.arn("ssm", "document/"), Except: judged}
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

// checkAgentsWrite checks that the roles of the instances may write the records of a document. The reasons of the claim
// agent name the missing permissions.
func (m *model) checkAgentsWrite(f *finding, d *sessionDocument) {
	if len(m.instances) == 0 {
		f.assume("the roles of the instances on which sessions are started allow their agents to write the records of %s", d)
	}
	checked := map[*role]bool{}
	for _, i := range m.instances {
		r, _ := m.roleOf(i)
		if r == nil || checked[r] || differ(i.region, d.region) {
			continue
		}
		checked[r] = true
		f.rest(m.profiles[i.profile])
		m.restOnRole(f, r)
		agent := newFinding("agent", i.name, Required)
		for _, n := range slices.Concat(m.logNeeds(d, i.location), m.bucketNeeds(d, i.location)) {
			policies, unknown := r.identityPolicies()
			m.checkNeed(agent, i, r, n, policies, unknown)
		}
		f.rest(agent.rested...)
		if r.missing {
			assumeNothingDenied(f, r)
		}
		if !agent.passing() {
			f.unknown("%s may not be allowed to write the records of %s: see the claim agent", r, d)
		}
	}
}

// checkKeyNamed checks the policy of a key that a resource names.
func (m *model) checkKeyNamed(f *finding, name, by string, at location) *key {
	if name == "" {
		return nil
	}
	match := m.keyAt(name, at)
	switch {
	case match.doubt != "":
		f.unknown("%s", match.doubt)
	case match.found == nil:
		f.unknown("key %q of %s is not in the state", name, by)
	default:
		m.checkKeyPolicy(f, match.found)
		return match.found
	}
	return nil
}

// checkLogGroup checks the log group of a document.
func (m *model) checkLogGroup(f *finding, d *sessionDocument) {
	match := m.logGroupAt(d.logGroup, d.location)
	g := match.found
	switch {
	case match.doubt != "":
		f.unknown("%s", match.doubt)
		return
	case g == nil && m.ofOthers(contract.ExistingLogGroupInput, d.logGroup):
		f.assume("log group %q exists in the account and Region of %s, is encrypted if the document requires it, and retains the "+
			"records, and its owner lets nobody else read or delete them", d.logGroup, d)
		return
	case g == nil:
		f.unknown("log group %q of %s is not in the state", d.logGroup, d)
		return
	}
	f.rest(g)
	m.checkLogClass(f, g)
	m.checkCopies(f, g)
	fixKey := g.fix(keyFixes.sessionEncryption, "set kmsKeyId on "+g.String())
	switch name := g.str("kmsKeyId"); {
	case name == "" && d.kms == "":
		f.pass("CloudWatch Logs encrypts %s with an AWS owned key, as it does by default", g)
	case name == "":
		f.fail(fixKey, "%s is not encrypted with a key of the account", g)
	default:
		if k := m.checkKeyNamed(f, name, g.String(), g.location); k != nil {
			m.checkLogsKey(f, g, k)
		}
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

// checkLogClass checks that records in the log group are retained and can be read. The class DELIVERY only forwards
// events, and keeps them for one or two days regardless of retentionInDays. In INFREQUENT_ACCESS, the events of a stream
// cannot be read.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
func (m *model) checkLogClass(f *finding, g *resource) {
	if class := g.str("logGroupClass"); class != "" && class != "STANDARD" {
		f.unknownUntil("set logGroupClass to STANDARD on "+g.String(), "%s is of class %s, which retains or shows less than STANDARD", g, class)
	}
}

// checkCopies checks that nothing copies or hides the events of a log group.
func (m *model) checkCopies(f *finding, g *resource) {
	for _, n := range m.ofType("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter") {
		if name := n.str("logGroup"); (name == "" || name == g.str("name") || name == g.str("arn")) && !differ(n.region, g.region) && !differ(n.account, g.account) {
			f.unknown("%s copies the records to %q: the state does not show who reads them there", n, n.str("destinationArn"))
		}
	}
	for _, n := range m.ofType("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy") {
		if name := n.str("logGroupName"); (name == "" || name == g.str("name")) && !differ(n.region, g.region) {
			f.unknown("%s hides parts of the records", n)
		}
	}
	for _, n := range m.ofType("aws:cloudwatch/logAccountPolicy:LogAccountPolicy", "aws:cloudwatch/logResourcePolicy:LogResourcePolicy") {
		if !differ(n.region, g.region) && !differ(n.account, g.account) {
			f.unknown("%s may copy or hide records, or allow others to read them: the proofs do not read it", n)
		}
	}
}

// checkLogsKey checks that CloudWatch Logs can use the key of a log group.
func (m *model) checkLogsKey(f *finding, g *resource, k *key) {
	if k.unusable != "" {
		f.fail("set isEnabled to true on "+k.String()+", or use another key for "+g.String(), "CloudWatch Logs cannot encrypt with %s: %s", k, k.unusable)
		return
	}
	service := policy.Principal{Service: "logs." + g.region + "." + g.dnsSuffix()}
	groupARN := g.arn("logs", "log-group:"+g.str("name"))
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		policies := policy.Policies{Resource: k.policy, ResourceMustAllow: true}
		d := policies.Decide(&policy.Request{
			Principal: service, Action: action, Resource: k.arn,
			Context: policy.Context{}.With("kms:EncryptionContext:aws:logs:arn", groupARN).With("aws:SourceAccount", g.account).With("aws:SourceArn", groupARN),
		})
		f.expectAllowed(d, fmt.Sprintf("allow %s to %s for %s in the policy of %s", action, service.Service, groupARN, k),
			"%s on %s by CloudWatch Logs, for %s", action, k, g)
	}
}

// foreignActions are the actions on a key by which a principal reads records, lets others read them, or makes them
// unreadable.
var foreignActions = []string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"}

// checkKeyPolicy checks that a key does not decrypt for principals of other accounts.
func (m *model) checkKeyPolicy(f *finding, k *key) {
	if f.seen[k.resource] {
		return
	}
	f.rest(k.resource)
	for _, n := range m.ofType("aws:kms/keyPolicy:KeyPolicy") {
		if id := n.str("keyId"); id == k.id || id == k.arn {
			f.rest(n)
		}
	}
	fix := "list only principals of the account in the policy of " + k.String()
	policies := policy.Policies{
		Identity: []*policy.Document{allowAll}, Resource: k.policy, ResourceAccount: k.account, ResourceMustAllow: true,
	}
	for _, action := range foreignActions {
		request := &policy.Request{
			Principal: policy.Group{Partition: k.partition, NotAccounts: []string{k.account}}.Principal(), Action: action, Resource: k.arn,
			Context: policy.Context{}.WithOther("kms:CallerAccount", k.account),
		}
		f.expectNone(policies, request, fix, action+" on "+k.String()+" by principals of other accounts", func(w *policy.Request) string {
			return fmt.Sprintf("%s on %s by %s of another account", action, k, w.Principal.ARN)
		})
	}
	for _, n := range m.ofType("aws:kms/grant:Grant", "aws:kms/replicaKey:ReplicaKey") {
		if id := n.str("keyId"); id == k.id || id == k.arn || n.str("primaryKeyArn") == k.arn {
			f.unknown("%s may allow others to use %s: the proofs do not read it", n, k)
		}
	}
}

// checkBucket checks the bucket of a document.
func (m *model) checkBucket(f *finding, d *sessionDocument) {
	match := m.bucketNamed(d.bucket)
	b := match.found
	switch {
	case match.doubt != "":
		f.unknown("%s", match.doubt)
		return
	case b == nil && m.ofOthers(contract.ExistingBucketInput, d.bucket):
		f.assume("the owner of bucket %q encrypts, retains and protects the records of %s, and lets nobody else read or delete them",
			d.bucket, d)
		return
	case b == nil:
		f.unknown("bucket %q of %s is not in the state", d.bucket, d)
		return
	}
	f.rest(b)
	m.checkPublicAccess(f, b)
	m.checkBucketReaders(f, b)
	m.checkBucketExtras(f, b)
	m.checkLifecycle(f, b)
	name, by := m.bucketEncryption(b)
	f.rest(by)
	if name == "" {
		f.pass("S3 encrypts %s with S3 managed keys, as it does by default", b)
	} else if k := m.checkKeyNamed(f, name, b.String(), b.location); k != nil {
		f.pass("%s is encrypted with %s", b, k)
		if k.unusable != "" {
			f.fail("set isEnabled to true on "+k.String(), "S3 cannot encrypt with %s: %s", k, k.unusable)
		}
	}
	if b.boolean("forceDestroy", false) {
		f.fail("set forceDestroy to false on "+b.String(), "destroying the stack deletes the records in %s", b)
	} else {
		f.pass("destroying the stack does not delete the records in %s", b)
	}
}

// blockSettings are the settings that block public access to a bucket.
var blockSettings = []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"}

// blockedByDefault is when S3 began to block public access to all new buckets.
// https://aws.amazon.com/about-aws/whats-new/2023/04/amazon-s3-two-security-best-practices-buckets-default/
var blockedByDefault = time.Date(2023, time.April, 30, 0, 0, 0, 0, time.UTC)

// checkPublicAccess checks that a bucket blocks public access.
func (m *model) checkPublicAccess(f *finding, b *resource) {
	for _, n := range m.ofType("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock") {
		all := !slices.ContainsFunc(blockSettings, func(setting string) bool { return !n.boolean(setting, false) })
		if all && b.account != "" && n.account == b.account {
			f.rest(n)
			f.pass("%s blocks public access to all buckets of the account", n)
			return
		}
	}
	blocks := m.ofBucket(b, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
	if len(blocks) == 0 {
		fix := "add a BucketPublicAccessBlock for " + b.String()
		f.unknownUntil(fix, "the state has no BucketPublicAccessBlock of %s: S3 blocks public access to buckets since %s, unless somebody removed that",
			b, blockedByDefault.Format("January 2006"))
		return
	}
	f.rest(blocks...)
	for _, setting := range blockSettings {
		for _, block := range blocks {
			if !block.boolean(setting, false) {
				f.fail("set "+setting+" to true in a BucketPublicAccessBlock of "+b.String(), "%s may be public: %s is not true", b, setting)
			}
		}
	}
}

// readActions are the actions on a bucket by which a principal reads records, lets others read them, encrypts them with a key of
// its own, or deletes them.
var readActions = []string{
	"s3:GetObject", "s3:GetObjectVersion", "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutReplicationConfiguration", "s3:DeleteObject",
	"s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "s3:DeleteBucketPolicy",
	"s3:PutEncryptionConfiguration",
}

// checkBucketReaders checks that the policy of a bucket allows nobody outside of the account to read it.
func (m *model) checkBucketReaders(f *finding, b *resource) {
	document, by := m.bucketPolicy(b)
	f.rest(by)
	if document == nil {
		f.pass("%s has no policy, so that only principals of the account can read it", b)
		return
	}
	fix := "allow only principals of the account to read in the policy of " + b.String()
	for i := range document.Statements {
		s := &document.Statements[i]
		if s.Deny || s.Principal == nil || len(s.Principal.Federated)+len(s.Principal.Services) == 0 {
			continue
		}
		if slices.ContainsFunc(readActions, s.Covers) {
			f.unknownUntil(fix, "%s allows reading to %s: the state does not show for whom", document.Describe(s), s.Principal)
		}
	}
	policies := policy.Policies{Identity: []*policy.Document{allowAll}, Resource: document, ResourceAccount: b.account}
	for _, who := range []struct {
		principal policy.Principal
		name      string
	}{
		{policy.Group{Partition: b.partition, NotAccounts: []string{b.account}}.Principal(), "principals of other accounts"},
		{policy.Principal{}, "anybody, with requests that are not signed"},
	} {
		for _, action := range readActions {
			request := &policy.Request{
				Principal: who.principal, Action: action,
				Resources: &policy.Class{Prefix: "arn:" + b.partition + ":s3:::" + b.str("bucket")},
			}
			if policies.Decide(request).Effect == policy.Denied {
				continue
			}
			f.expectNone(policies, request, fix, action+" on "+b.String()+" by "+who.name, func(w *policy.Request) string {
				return strings.TrimSpace(fmt.Sprintf("%s on %s by %s %s", action, b, who.name, w.Principal.ARN))
			})
		}
	}
}

// harmlessBucketTypes configure buckets, and neither give permissions nor copy or delete objects.
var harmlessBucketTypes = toSet(`
aws:s3/bucketV2:BucketV2 aws:s3/bucket:Bucket aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock aws:s3/bucketPolicy:BucketPolicy
aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2
aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2
aws:s3/bucketVersioningV2:BucketVersioningV2
aws:s3/bucketOwnershipControls:BucketOwnershipControls aws:s3/bucketLoggingV2:BucketLoggingV2
aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2
aws:s3/bucketNotification:BucketNotification aws:s3/bucketMetric:BucketMetric aws:s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2
aws:s3/bucketRequestPaymentConfigurationV2:BucketRequestPaymentConfigurationV2
aws:s3/bucketAccelerateConfigurationV2:BucketAccelerateConfigurationV2
aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration
aws:s3/bucketObjectv2:BucketObjectv2 aws:s3/bucketObject:BucketObject aws:s3/objectCopy:ObjectCopy
`)

// checkBucketExtras checks that no other resource opens, copies or empties a bucket, such as an ACL, an access point or
// a replication.
func (m *model) checkBucketExtras(f *finding, b *resource) {
	enforced := false
	for _, n := range m.ofBucket(b, "aws:s3/bucketOwnershipControls:BucketOwnershipControls") {
		f.rest(n)
		enforced = asStr(n.object("rule")["objectOwnership"]) == "BucketOwnerEnforced"
	}
	known := bucketNames(b)
	for _, n := range m.resources {
		module, _, _ := strings.Cut(strings.TrimPrefix(n.typ, "aws:"), "/")
		if module != "s3" && module != "s3control" || harmlessBucketTypes[n.typ] {
			continue
		}
		isACL := n.typ == "aws:s3/bucketAclV2:BucketAclV2"
		if name := n.value("bucket"); known[asStr(name)] && (!isACL || !enforced && n.str("acl") != "private") {
			f.unknown("%s may open, copy or empty %s: the proofs do not read it", n, b)
		}
	}
	acl := b.str("acl")
	grants := slices.DeleteFunc(b.objects("grants"), func(grant map[string]any) bool { return asStr(grant["type"]) == "CanonicalUser" })
	if !enforced && (acl != "" && acl != "private" || len(grants) > 0 || len(b.objects("grants")) > 1) {
		f.unknownUntil("add BucketOwnershipControls with BucketOwnerEnforced for "+b.String(), "the ACL of %s may allow others to read it", b)
	}
}

// checkLifecycle says how long a bucket retains records.
func (m *model) checkLifecycle(f *finding, b *resource) {
	configurations := m.ofBucket(b, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2")
	rules := b.objects("lifecycleRules")
	for _, n := range configurations {
		f.rest(n)
		rules = append(rules, n.objects("rules")...)
	}
	for _, rule := range rules {
		if status := asStr(rule["status"]); status == "Disabled" || status == "" && !asBool(rule["enabled"], true) {
			continue
		}
		expirations := toObjects(rule["expirations"])
		if one, ok := rule["expiration"].(map[string]any); ok {
			expirations = append(expirations, one)
		}
		for _, expiration := range expirations {
			switch days := asInt(expiration["days"], 0); {
			case asStr(expiration["date"]) != "":
				f.unknown("a rule of %s deletes objects at %s: the state does not show whether records are among them", b, asStr(expiration["date"]))
			case days > 0:
				f.pass("%s retains records for %d days", b, days)
			}
		}
	}
}
