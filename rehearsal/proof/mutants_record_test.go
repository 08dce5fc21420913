package proof_test

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// keyHarmless says why no claim notices a mutant of a key's policy, if that is so.
func keyHarmless(sid, what string) string {
	switch {
	case what == "action *":
		return "a key's policy is about the key alone"
	case sid != "Logs":
		return ""
	case what == "without action kms:Describe*", what == "without action kms:Encrypt*", what == "without action kms:ReEncrypt*":
		return "the logs service is asked for to encrypt and decrypt with data keys"
	case what == "condition kms:EncryptionContext:aws:logs:arn gone":
		return "for which log groups of the account the logs service uses the key is not claimed"
	}
	return ""
}

// record makes the mutants of what records and encrypts sessions.
func (b *breeder) record(i int, r *apitype.ResourceV3) {
	flow := strings.Contains(r.URN.Name(), "flow")
	switch kindOf(r) {
	case "LogGroup":
		if flow {
			const why = "harmless: where flow logs go is not claimed"
			b.add(i, "gone", drop, why)
			return
		}
		b.add(i, "gone", drop, "recorded")
		b.add(i, "not encrypted", set("kmsKeyId", ""), "recorded")
		b.add(i, "another key", set("kmsKeyId", "arn:aws:kms:ap-northeast-1:123456789012:key/other"), "recorded")
		b.add(i, "another name", set("name", "another"), "recorded")
	case "Key":
		b.add(i, "gone", drop, "recorded", "session.start")
		b.policy(i, "policy", []string{"recorded", "agent", "session.start"}, keyHarmless)
	case "Document":
		b.add(i, "gone", drop, "session.start", "recorded")
		b.add(i, "records nowhere", set("content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{}}`), "recorded")
		b.add(i, "another log group", set("content", `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"cloudWatchLogGroupName":"another"}}`), "recorded", "agent")
		b.add(i, "another name", set("name", "another"), "session.start", "recorded")
	case "BucketPublicAccessBlock":
		b.add(i, "gone", drop, "recorded")
		for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			b.add(i, "no "+setting, set(setting, false), "recorded")
		}
	case "BucketV2", "Bucket":
		b.add(i, "gone", drop, "recorded")
		b.add(i, "emptied at the end", set("forceDestroy", true), "recorded")
	case "Alias", "BucketVersioningV2", "BucketLifecycleConfigurationV2", "BucketOwnershipControls", "BucketPolicy",
		"BucketServerSideEncryptionConfigurationV2":
		b.add(i, "gone", drop, "harmless: "+kindOf(r)+" is beyond what is claimed of records")
	default:
		b.t.Errorf("%s: no mutants of it: say in the breeder what a claim is to notice", r.URN)
	}
}
