package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bastionless/rehearsal/proof/policy"
	"bastionless/rehearsal/report"
)

// defaultDocument is the session document of whoever names none.
const defaultDocument = "SSM-SessionManagerRunShell"

// sessionDocument is an SSM document of type Session.
type sessionDocument struct {
	*node
	name                          string
	logGroup, bucket, prefix, kms string
	logEncrypted, bucketEncrypted bool
	// opaque says why its content cannot be read.
	opaque string
}

// key is a KMS key.
type key struct {
	*node
	arn    string
	policy *policy.Document
}

// records reads session documents and keys.
func (m *model) records() error {
	for _, n := range m.kind("aws:ssm/document:Document") {
		if n.text("documentType") != "Session" {
			continue
		}
		d := &sessionDocument{node: n, name: n.text("name")}
		if d.name == "" {
			d.name = n.id
		}
		d.read(n.text("content"))
		m.documents[d.name] = d
	}
	for _, n := range m.kind("aws:kms/key:Key") {
		k := &key{node: n, arn: n.text("arn")}
		text := n.text("policy")
		if text == "" {
			// AWS's own leaves a key to its account.
			account := policy.Principal{ARN: k.arn}.Account()
			text = `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "` + account + `"}, "Action": "kms:*", "Resource": "*"}}`
		}
		document, err := policy.Parse("the policy of "+n.String(), text)
		if err != nil {
			return err
		}
		k.policy = document
		m.keys[k.arn] = k
	}
	return nil
}

// read reads a document's content.
func (d *sessionDocument) read(content string) {
	var parsed struct {
		SessionType string         `json:"sessionType"`
		Inputs      map[string]any `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(content), &parsed); err != nil {
		d.opaque = "its content is not JSON"
		return
	}
	d.logGroup = asText(parsed.Inputs["cloudWatchLogGroupName"])
	d.logEncrypted = asFlag(parsed.Inputs["cloudWatchEncryptionEnabled"], false)
	d.bucket = asText(parsed.Inputs["s3BucketName"])
	d.prefix = asText(parsed.Inputs["s3KeyPrefix"])
	d.bucketEncrypted = asFlag(parsed.Inputs["s3EncryptionEnabled"], false)
	d.kms = asText(parsed.Inputs["kmsKeyId"])
}

// sessionDocuments returns the documents in the order of their names.
func (m *model) sessionDocuments() []*sessionDocument {
	var documents []*sessionDocument
	for _, name := range slices.Sorted(maps.Keys(m.documents)) {
		documents = append(documents, m.documents[name])
	}
	return documents
}

// key returns a key of the state by its ARN, its id or an alias, or nil.
func (m *model) key(name string) *key {
	if name == "" {
		return nil
	}
	for _, k := range m.keys {
		if k.arn == name || k.id == name {
			return k
		}
	}
	for _, alias := range m.kind("aws:kms/alias:Alias") {
		if alias.text("name") == name || alias.text("arn") == name {
			target := alias.text("targetKeyId")
			if target != name {
				return m.key(target)
			}
		}
	}
	return nil
}

// logGroup returns a log group of the state by its name, or nil.
func (m *model) logGroup(name string) *node {
	for _, n := range m.kind("aws:cloudwatch/logGroup:LogGroup") {
		if n.text("name") == name || n.id == name {
			return n
		}
	}
	return nil
}

// bucket returns a bucket of the state by its name, or nil.
func (m *model) bucket(name string) *node {
	for _, n := range m.kind("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket") {
		if n.id == name || n.text("bucket") == name {
			return n
		}
	}
	return nil
}

// ofBucket returns the part of a bucket's settings that is a resource of its own.
func (m *model) ofBucket(name string, kinds ...string) *node {
	for _, n := range m.kind(kinds...) {
		if n.text("bucket") == name {
			return n
		}
	}
	return nil
}

// bucketKey names the key that a bucket is encrypted with, or "" where it is S3's own.
func (m *model) bucketKey(name string) string {
	encryption := m.ofBucket(name, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
	if encryption == nil {
		return ""
	}
	for _, rule := range encryption.objects("rules") {
		by, _ := rule["applyServerSideEncryptionByDefault"].(map[string]any)
		if key := asText(by["kmsMasterKeyId"]); key != "" {
			return key
		}
	}
	return ""
}

// recordTargets returns what sessions are recorded to and encrypted with.
func (m *model) recordTargets() []*node {
	var targets []*node
	add := func(n *node) {
		if n != nil {
			targets = append(targets, n)
		}
	}
	for _, d := range m.sessionDocuments() {
		if d.logGroup != "" {
			add(m.logGroup(d.logGroup))
		}
		if d.bucket != "" {
			add(m.bucket(d.bucket))
		}
		if k := m.key(d.kms); k != nil {
			add(k.node)
		}
	}
	return targets
}

// proveRecorded proves that every session is recorded, and that the records are
// encrypted, kept and private. It claims nothing where nothing is to be recorded.
func (m *model) proveRecorded() []*finding {
	recording := slices.ContainsFunc(m.sessionDocuments(), func(d *sessionDocument) bool {
		return d.logGroup != "" || d.bucket != "" || d.opaque != ""
	})
	if !recording {
		return nil
	}
	var found []*finding
	for _, r := range m.sessionRoles() {
		f := claimOf("recorded", r.node.name, report.Required)
		m.everyPathRecords(f, r)
		for _, d := range m.sessionDocuments() {
			m.keptSafely(f, d)
		}
		found = append(found, f)
	}
	if len(found) == 0 {
		f := claimOf("recorded", m.stack, report.Required)
		f.doubts("who opens sessions: the state has no role that may")
		found = append(found, f)
	}
	return found
}

// everyPathRecords proves that a role opens sessions by no document that does not record.
func (m *model) everyPathRecords(f *finding, r *role) {
	for _, o := range m.openable(r) {
		own := m.documents[o.name]
		switch {
		case o.decision.Effect == policy.Undecided:
			f.doubts("whether %s opens sessions with %s: %s", r, o.name, o.decision.Why)
		case o.decision.Effect == policy.Denied:
		case own == nil && o.name == defaultDocument:
			f.breaks("take the document out of the role's policy", "%s opens sessions with %s, which the state does not say to record", r, o.name)
		case own == nil:
			f.breaks("take the document out of the role's policy", "%s opens sessions with %s, which AWS never records", r, o.name)
		case own.opaque != "":
			f.doubts("whether %s records: %s", own, own.opaque)
		case own.logGroup == "" && own.bucket == "":
			f.breaks("name a log group or a bucket in "+own.String(), "%s opens sessions with %s, which records nowhere", r, own)
		default:
			f.holds("%s opens sessions with %s, which records to %s", r, own, strings.TrimSpace(own.logGroup+" "+own.bucket))
		}
	}
	stranger := m.ask(r, "ssm:StartSession", m.documentARN("any-other"), tagged(named(), nil))
	if stranger.Effect != policy.Denied {
		f.weigh(stranger, policy.Denied, "name the documents that record", fmt.Sprintf("%s opens sessions with any other document", r))
	}
	if decision := m.startUnchecked(r); decision.Effect != policy.Denied {
		f.weigh(decision, policy.Denied, "put BoolIfExists ssm:SessionDocumentAccessCheck = true on every statement that allows ssm:StartSession",
			fmt.Sprintf("%s opens sessions with the default document, unchecked", r))
	}
	if unknown := r.unknownPolicies(); len(unknown) > 0 {
		f.doubts("what %s of %s allow", strings.Join(unknown, ", "), r)
	}
}

// keptSafely proves that a document's records are encrypted, kept and private.
func (m *model) keptSafely(f *finding, d *sessionDocument) {
	if d.opaque != "" {
		f.doubts("where %s records: %s", d, d.opaque)
	}
	if d.logGroup != "" {
		m.logGroupSafe(f, d)
	}
	if d.bucket != "" {
		m.bucketSafe(f, d)
	}
	keys := map[string]*key{}
	for _, name := range []string{d.kms, m.bucketKey(d.bucket), m.logGroupKey(d.logGroup)} {
		if k := m.key(name); k != nil && keys[k.arn] == nil {
			keys[k.arn] = k
			m.keyPrivate(f, k)
		}
	}
	if d.kms != "" && m.key(d.kms) == nil {
		f.doubts("the key %q of %s, which is not in the state", d.kms, d)
	}
}

// logGroupSafe proves it of a log group.
func (m *model) logGroupSafe(f *finding, d *sessionDocument) {
	g := m.logGroup(d.logGroup)
	if g == nil {
		f.doubts("the log group %q of %s, which is not in the state", d.logGroup, d)
		return
	}
	switch k := m.key(g.text("kmsKeyId")); {
	case g.text("kmsKeyId") == "" && d.kms == "":
		f.holds("%s is encrypted with a key of CloudWatch Logs, as AWS does unasked", g)
	case g.text("kmsKeyId") == "":
		f.breaks("give "+g.String()+" a kmsKeyId", "%s is not encrypted with a key of the account", g)
	case k == nil:
		f.doubts("the key %q of %s, which is not in the state", g.text("kmsKeyId"), g)
	default:
		m.logsMayUse(f, g, k)
	}
	if d.logEncrypted && g.text("kmsKeyId") == "" {
		f.breaks("give "+g.String()+" a kmsKeyId, or set cloudWatchEncryptionEnabled to false",
			"%s refuses every session: it demands an encrypted log group, and %s is not", d, g)
	}
	days := "for ever"
	if n := asNumber(g.value("retentionInDays"), 0); n > 0 {
		days = fmt.Sprintf("%d days", n)
	}
	f.holds("%s keeps records %s", g, days)
	if !g.retained && !g.flag("skipDestroy", false) {
		f.breaks("set retainOnDelete on "+g.String(), "%s and its records are deleted with the stack", g)
	}
}

// logsMayUse proves that the logs service may use the key of a log group.
func (m *model) logsMayUse(f *finding, g *node, k *key) {
	service := policy.Principal{Service: "logs." + m.region + "." + m.suffix()}
	groupARN := m.arn("logs", "log-group:"+g.text("name"))
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		policies := policy.Policies{Resource: k.policy, ResourceMustAllow: true}
		d := policies.Decide(&policy.Request{
			Principal: service, Action: action, Resource: k.arn,
			Context: policy.Context{}.With("kms:EncryptionContext:aws:logs:arn", groupARN).With("aws:SourceAccount", m.account).With("aws:SourceArn", groupARN),
		})
		f.wants(d, fmt.Sprintf("let the policy of %s allow %s to %s for %s", k, action, service.Service, groupARN), "%s for %s by the logs service", action, g)
	}
}

// logGroupKey names the key of a log group, if it has one.
func (m *model) logGroupKey(name string) string {
	if g := m.logGroup(name); name != "" && g != nil {
		return g.text("kmsKeyId")
	}
	return ""
}

// keyPrivate proves that a key decrypts for nobody of another account.
func (m *model) keyPrivate(f *finding, k *key) {
	if k.policy == nil {
		return
	}
	mend := "let the policy of " + k.String() + " name its own account alone"
	for _, s := range k.policy.Statements {
		if s.Deny || s.Principal == nil {
			continue
		}
		for _, name := range s.Principal.AWS {
			account := name
			if strings.HasPrefix(name, "arn:") {
				account = policy.Principal{ARN: name}.Account()
			}
			if account != m.account {
				f.breaks(mend, "the policy of %s lists %s, of another account", k, name)
			}
		}
	}
	for _, stranger := range m.strangersTo(k.policy, m.account) {
		policies := policy.Policies{
			Identity: []*policy.Document{everything}, Resource: k.policy, ResourceAccount: m.account, ResourceMustAllow: true,
		}
		f.refuses(policies.Decide(&policy.Request{Principal: stranger, Action: "kms:Decrypt", Resource: k.arn}),
			mend, "kms:Decrypt with %s by %s, of another account", k, stranger.ARN)
	}
}

// bucketSafe proves it of a bucket.
func (m *model) bucketSafe(f *finding, d *sessionDocument) {
	b := m.bucket(d.bucket)
	if b == nil {
		f.doubts("the bucket %q of %s, which is not in the state", d.bucket, d)
		return
	}
	block := m.ofBucket(d.bucket, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
	for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		if block == nil || !block.flag(setting, false) {
			f.breaks("set "+setting+" to true for it in a BucketPublicAccessBlock", "%s does not %s", b, setting)
		}
	}
	encryption := m.ofBucket(d.bucket, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
	if encryption == nil {
		f.holds("%s is encrypted with S3's own keys, as AWS does unasked", b)
	} else {
		f.holds("%s is encrypted as %s says", b, encryption)
	}
	if name := m.bucketKey(d.bucket); name != "" && m.key(name) == nil {
		f.doubts("the key %q of %s, which is not in the state", name, b)
	}
	if b.flag("forceDestroy", false) {
		f.breaks("set forceDestroy to false on "+b.String(), "%s loses its records when the stack is destroyed", b)
	}
	f.holds("%s keeps records private and while the stack does not delete them", b)
}
