package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// checkBucket checks the bucket of a document.
func (m *model) checkBucket(f *finding, d *sessionDocument) {
	match := m.bucketNamed(d.bucket)
	b := match.found
	switch {
	case match.unknown != "":
		f.unknown("%s", match.unknown)
		return
	case b == nil && m.ofOthers(contract.ExistingBucketInput, d.bucket):
		f.assume("the owner of bucket %q encrypts, retains and protects the records of %s, and nobody else can read or delete them",
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
