package proof

import (
	"encoding/json"
	"maps"
	"slices"

	"bastionless/rehearsal/proof/policy"
)

// defaultDocument is the session document that AWS uses if the caller names none.
const defaultDocument = "SSM-SessionManagerRunShell"

// sessionDocument is an SSM document of type Session.
type sessionDocument struct {
	*resource
	name                          string
	logGroup, bucket, prefix, kms string
	logEncrypted, bucketEncrypted bool
	// unreadable says why the content cannot be read, or is empty.
	unreadable string
}

// key is a KMS key.
type key struct {
	*resource
	arn    string
	policy *policy.Document
}

// readRecords reads session documents and KMS keys.
func (m *model) readRecords() error {
	for _, n := range m.ofType("aws:ssm/document:Document") {
		if n.str("documentType") != "Session" {
			continue
		}
		d := &sessionDocument{resource: n, name: n.str("name")}
		if d.name == "" {
			d.name = n.id
		}
		d.read(n.str("content"))
		m.documents[d.name] = d
	}
	for _, n := range m.ofType("aws:kms/key:Key") {
		k := &key{resource: n, arn: n.str("arn")}
		text := n.str("policy")
		if text == "" {
			// The default key policy of AWS delegates to the account.
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

// read reads the content of a document.
func (d *sessionDocument) read(content string) {
	var parsed struct {
		SessionType string         `json:"sessionType"`
		Inputs      map[string]any `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(content), &parsed); err != nil {
		d.unreadable = "its content is not JSON"
		return
	}
	d.logGroup = asStr(parsed.Inputs["cloudWatchLogGroupName"])
	d.logEncrypted = asBool(parsed.Inputs["cloudWatchEncryptionEnabled"], false)
	d.bucket = asStr(parsed.Inputs["s3BucketName"])
	d.prefix = asStr(parsed.Inputs["s3KeyPrefix"])
	d.bucketEncrypted = asBool(parsed.Inputs["s3EncryptionEnabled"], false)
	d.kms = asStr(parsed.Inputs["kmsKeyId"])
}

// sessionDocuments returns the documents, sorted by name.
func (m *model) sessionDocuments() []*sessionDocument {
	var documents []*sessionDocument
	for _, name := range slices.Sorted(maps.Keys(m.documents)) {
		documents = append(documents, m.documents[name])
	}
	return documents
}

// key returns the KMS key with an ARN, id or alias, or nil if the state does not contain it.
func (m *model) key(name string) *key {
	if name == "" {
		return nil
	}
	for _, k := range m.keys {
		if k.arn == name || k.id == name {
			return k
		}
	}
	for _, alias := range m.ofType("aws:kms/alias:Alias") {
		if alias.str("name") == name || alias.str("arn") == name {
			target := alias.str("targetKeyId")
			if target != name {
				return m.key(target)
			}
		}
	}
	return nil
}

// logGroup returns the log group with a name, or nil if the state does not contain it.
func (m *model) logGroup(name string) *resource {
	for _, n := range m.ofType("aws:cloudwatch/logGroup:LogGroup") {
		if n.str("name") == name || n.id == name {
			return n
		}
	}
	return nil
}

// bucket returns the bucket with a name, or nil if the state does not contain it.
func (m *model) bucket(name string) *resource {
	for _, n := range m.ofType("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket") {
		if n.id == name || n.str("bucket") == name {
			return n
		}
	}
	return nil
}

// ofBucket returns the first resource of the types that configures a bucket, or nil.
func (m *model) ofBucket(name string, types ...string) *resource {
	for _, n := range m.ofType(types...) {
		if n.str("bucket") == name {
			return n
		}
	}
	return nil
}

// bucketKey returns the name of the KMS key that encrypts a bucket, or "" if S3 uses its own.
func (m *model) bucketKey(name string) string {
	encryption := m.bucketEncryption(name)
	if encryption == nil {
		return ""
	}
	for _, rule := range encryption.objects("rules") {
		by, _ := rule["applyServerSideEncryptionByDefault"].(map[string]any)
		if key := asStr(by["kmsMasterKeyId"]); key != "" {
			return key
		}
	}
	return ""
}

// recordTargets returns the log groups, buckets and keys that session documents use.
func (m *model) recordTargets() []*resource {
	var targets []*resource
	add := func(n *resource) {
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
			add(k.resource)
		}
	}
	return targets
}

// bucketEncryption returns the resource that configures the encryption of a bucket, or nil.
func (m *model) bucketEncryption(name string) *resource {
	return m.ofBucket(name, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
		"aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
}

// logGroupKey returns the name of the KMS key of a log group, or "" if it has none.
func (m *model) logGroupKey(name string) string {
	if g := m.logGroup(name); name != "" && g != nil {
		return g.str("kmsKeyId")
	}
	return ""
}
