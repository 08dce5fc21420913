package proof

import (
	"fmt"

	"bastionless/rehearsal/proof/policy"
)

// bucketNamed returns the bucket with a name, which is unique within a partition.
func (m *model) bucketNamed(name string) match[*resource] {
	var found match[*resource]
	for _, n := range m.ofType("aws:s3/bucketV2:BucketV2", "aws:s3/bucket:Bucket") {
		if n.id == name || n.str("bucket") == name {
			if found.found != nil {
				found.unknown = fmt.Sprintf("%s and %s have the same name %q", found.found, n, name)
			}
			found.found = n
		}
	}
	return found
}

// bucket returns the bucket with a name, or nil if the state does not contain it.
func (m *model) bucket(name string) *resource { return m.bucketNamed(name).found }

// ofBucket returns the resources of the types that configure a bucket.
func (m *model) ofBucket(b *resource, types ...string) []*resource {
	var found []*resource
	for _, n := range m.ofType(types...) {
		if names := bucketNames(b); names[n.str("bucket")] {
			found = append(found, n)
		}
	}
	return found
}

// bucketNames are the texts by which other resources refer to a bucket.
func bucketNames(b *resource) map[string]bool {
	names := map[string]bool{b.id: true, b.str("bucket"): true, b.str("arn"): true}
	delete(names, "")
	return names
}

const bucketPolicyType = "aws:s3/bucketPolicy:BucketPolicy"

// bucketPolicy returns the policy of a bucket, or nil if it has none, and the resource that sets it.
func (m *model) bucketPolicy(b *resource) (*policy.Document, *resource) {
	name := "the policy of " + b.String()
	own := m.ofBucket(b, bucketPolicyType)
	inline := b.str("policy") != "" || b.encrypted["policy"]
	switch {
	case len(own) > 1:
		return policy.Unreadable(name, fmt.Sprintf("its content, which %s set", names(own))), own[0]
	case len(own) == 1:
		return own[0].policy("policy", name), own[0]
	case inline:
		return b.policy("policy", name), b
	}
	return nil, nil
}

const bucketEncryptionType = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"

// bucketEncryption returns the name of the KMS key that encrypts a bucket, or "" if S3 uses its own, and the resource
// that configures it.
func (m *model) bucketEncryption(b *resource) (keyName string, by *resource) {
	if own := m.ofBucket(b, bucketEncryptionType); len(own) > 0 {
		return ruleKey(own[0].objects("rules")), own[0]
	}
	for _, object := range b.objects("serverSideEncryptionConfigurations") {
		if name := ruleKey(toObjects(object["rules"])); name != "" {
			return name, b
		}
	}
	// The older resource Bucket has one object and one rule.
	rule, _ := b.object("serverSideEncryptionConfiguration")["rule"].(map[string]any)
	return ruleKey([]map[string]any{rule}), b
}

// ruleKey returns the KMS key in rules about the encryption of a bucket.
func ruleKey(rules []map[string]any) string {
	for _, rule := range rules {
		by, _ := rule["applyServerSideEncryptionByDefault"].(map[string]any)
		for _, one := range append(toObjects(rule["applyServerSideEncryptionByDefaults"]), by) {
			if key := asStr(one["kmsMasterKeyId"]); key != "" {
				return key
			}
		}
	}
	return ""
}
