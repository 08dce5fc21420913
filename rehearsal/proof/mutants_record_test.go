package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// keyHarmless says why a mutant of a key policy is harmless, or returns "".
func keyHarmless(sid, what string) string {
	switch {
	case what == "action *":
		return "a key policy covers its key only"
	case sid != "Logs":
		return ""
	case what == "without action kms:Describe*", what == "without action kms:Encrypt*", what == "without action kms:ReEncrypt*":
		return "CloudWatch Logs uses data keys"
	case what == "condition kms:EncryptionContext:aws:logs:arn removed":
		return "no claim is about the log groups that CloudWatch Logs uses the key for"
	}
	return ""
}

// record creates the mutants of resources that record and encrypt sessions.
func (b *mutator) record(i int, r *apitype.ResourceV3) {
	flow := strings.Contains(r.URN.Name(), "flow")
	switch kindOf(r) {
	case "LogGroup":
		if flow {
			b.add(i, "removed", drop, "flow-logs")
			return
		}
		b.add(i, "removed", drop, "recorded")
		b.add(i, "not encrypted", set("kmsKeyId", ""), "recorded")
		b.add(i, "another key", set("kmsKeyId", "arn:aws:kms:ap-northeast-1:123456789012:key/other"), "recorded")
		b.add(i, "another name", set("name", "another"), "recorded")
	case "Key":
		b.add(i, "removed", drop, "recorded", "session.start")
		b.policy(i, "policy", []string{"recorded", "agent", "session.start"}, keyHarmless)
	case "Document":
		b.add(i, "removed", drop, "session.start", "recorded")
		b.add(i, "records nowhere", set("content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}`), "recorded")
		b.add(i, "another log group", set("content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"cloudWatchLogGroupName":"another"}}`), "recorded", "agent")
		b.add(i, "another name", set("name", "another"), "session.start", "recorded")
	case "BucketPublicAccessBlock":
		b.add(i, "removed", drop, "recorded")
		for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			b.add(i, "no "+setting, set(setting, false), "recorded")
		}
	case "BucketV2", "Bucket":
		b.add(i, "removed", drop, "recorded")
		b.add(i, "forceDestroy", set("forceDestroy", true), "recorded")
	case "Alias", "BucketVersioningV2", "BucketLifecycleConfigurationV2", "BucketOwnershipControls", "BucketPolicy",
		"BucketServerSideEncryptionConfigurationV2":
		b.add(i, "removed", drop, "harmless: "+kindOf(r)+": no claim about records reads it")
	default:
		b.t.Errorf("%s has no mutants: add some to the mutator", r.URN)
	}
}
