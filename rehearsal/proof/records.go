package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	// unusable says why nobody can encrypt with the key, or is empty.
	unusable string
}

// readRecords reads session documents and KMS keys.
func (m *model) readRecords() {
	for _, n := range m.ofType("aws:ssm/document:Document") {
		if n.str("documentType") != "Session" {
			continue
		}
		d := &sessionDocument{resource: n, name: cmp.Or(n.str("name"), n.id)}
		d.read(n.str("content"))
		m.allDocuments = append(m.allDocuments, d)
		if !differ(d.region, m.region) && !differ(d.account, m.account) {
			m.documents[d.name] = d
		}
	}
	policies := map[string][]*resource{}
	for _, n := range m.ofType("aws:kms/keyPolicy:KeyPolicy") {
		policies[n.str("keyId")] = append(policies[n.str("keyId")], n)
	}
	for _, n := range m.ofType("aws:kms/key:Key") {
		k := &key{resource: n, arn: n.str("arn")}
		name, own := "the policy of "+n.String(), slices.Concat(policies[n.id], policies[k.arn])
		switch {
		case len(own) > 1:
			k.policy = policy.Unreadable(name, fmt.Sprintf("its content, which %s both set", names(own)))
		case len(own) == 1:
			k.policy = own[0].policy("policy", name)
		case n.str("policy") == "" && !n.encrypted["policy"]:
			// The default key policy of AWS delegates to the account.
			account := policy.Principal{ARN: k.arn}.Account()
			k.policy = mustParse(name, `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "`+account+`"}, "Action": "kms:*", "Resource": "*"}}`)
		default:
			k.policy = n.policy("policy", name)
		}
		k.unusable = k.whyUnusable()
		m.keys = append(m.keys, k)
	}
}

// whyUnusable says why nobody can encrypt with the key, or returns "". Session Manager and CloudWatch Logs need a
// symmetric key for encryption:
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-enable-encryption.html
func (k *key) whyUnusable() string {
	usage, spec := k.str("keyUsage"), k.str("customerMasterKeySpec")
	switch {
	case !k.boolean("isEnabled", true):
		return "it is disabled"
	case usage != "" && usage != "ENCRYPT_DECRYPT":
		return "its keyUsage is " + usage
	case spec != "" && spec != "SYMMETRIC_DEFAULT":
		return "it is not symmetric: its customerMasterKeySpec is " + spec
	}
	return ""
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

// key returns the KMS key with an ARN, id or alias, or nil if the state does not contain it at the location of the
// first instance.
func (m *model) key(name string) *key { return m.keyAt(name, m.location).found }

// keyAt returns the KMS key with an ARN, id or alias. Ids and aliases are those of an account and Region, and so
// are ARNs.
func (m *model) keyAt(name string, at location) match[*key] {
	of := func(k *key) *resource { return k.resource }
	if name == "" {
		return match[*key]{}
	}
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		at.region, at.account = parts[3], parts[4]
	}
	var found []*key
	for _, k := range m.keys {
		if k.arn == name || k.id == name {
			found = append(found, k)
		}
	}
	if len(found) > 0 {
		return matchAt(found, of, at)
	}
	for _, alias := range m.ofType("aws:kms/alias:Alias") {
		if alias.str("name") != name && alias.str("arn") != name || differ(alias.region, at.region) || differ(alias.account, at.account) {
			continue
		}
		for _, k := range m.keys {
			if target := alias.str("targetKeyId"); k.id == target || k.arn == target || k.arn == alias.str("targetKeyArn") {
				found = append(found, k)
			}
		}
	}
	return matchAt(found, of, at)
}

// documentAt returns the session document with a name at a location.
func (m *model) documentAt(name string, at location) match[*sessionDocument] {
	var found []*sessionDocument
	for _, d := range m.allDocuments {
		if d.name == name {
			found = append(found, d)
		}
	}
	return matchAt(found, func(d *sessionDocument) *resource { return d.resource }, at)
}

// documentsAt returns the session documents that are, or may be, at a location.
func (m *model) documentsAt(at location) []*sessionDocument {
	var found []*sessionDocument
	for _, d := range m.allDocuments {
		if !differ(d.region, at.region) && !differ(d.account, at.account) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b *sessionDocument) int { return strings.Compare(a.name, b.name) })
	return found
}

// logGroupAt returns the log group with a name at a location.
func (m *model) logGroupAt(name string, at location) match[*resource] {
	var found []*resource
	for _, n := range m.ofType("aws:cloudwatch/logGroup:LogGroup") {
		if n.str("name") == name || n.id == name {
			found = append(found, n)
		}
	}
	return matchAt(found, func(r *resource) *resource { return r }, at)
}

// bucketNamed returns the bucket with a name, which is unique within a partition.
func (m *model) bucketNamed(name string) match[*resource] {
	var found match[*resource]
	for _, n := range m.ofType("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket") {
		if n.id == name || n.str("bucket") == name {
			if found.found != nil {
				found.doubt = fmt.Sprintf("%s and %s have the same name %q", found.found, n, name)
			}
			found.found = n
		}
	}
	return found
}

// logGroup returns the log group with a name at the location of the first instance, or nil.
func (m *model) logGroup(name string) *resource { return m.logGroupAt(name, m.location).found }

// bucket returns the bucket with a name, or nil if the state does not contain it.
func (m *model) bucket(name string) *resource { return m.bucketNamed(name).found }

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
