package preflight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/diag"
	"bastionless/internal/pulumitest"
)

// The program warns if the deployer is not allowed to look up the bucket. It always says what the bucket's owner must allow.
func TestResolve_existingLogGroupAndBucket(t *testing.T) {
	t.Parallel()
	const forbidden = "reading S3 Bucket (central): operation error S3: HeadBucket, https response error StatusCode: 403, api error Forbidden: Forbidden"
	for name, test := range map[string]struct {
		bucket   pulumitest.Answer
		warnings int
	}{
		"a bucket that can be looked up":    {pulumitest.Bucket("central", "ap-northeast-1"), 1},
		"a bucket that cannot be looked up": {pulumitest.FailedLookup(pulumitest.GetBucket, forbidden), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := values{"sessionLogs": list("cloudwatch", "s3"), "sessionLogGroup": "/central", "sessionBucket": "central"}
			plan, diags, result := resolve(t, pulumitest.Update, set, test.bucket, pulumitest.LogGroup("/central", "STANDARD", "arn:of:key"))
			require.NoError(t, result.Err)
			require.Empty(t, diags)
			require.True(t, plan.LogGroupEncrypted)
			warnings := plan.Warnings()
			require.Len(t, warnings, test.warnings)
			for _, warning := range warnings {
				require.Equal(t, "sessionBucket", warning.Key)
				require.Equal(t, diag.Unchecked, warning.Code)
			}
		})
	}
}

// A lookup that fails for another reason fails the program.
func TestResolve_failedLogGroupAndBucketLookups(t *testing.T) {
	t.Parallel()
	for token, set := range map[string]values{
		pulumitest.GetBucket:   {"sessionLogs": list("s3"), "sessionBucket": "central"},
		pulumitest.GetLogGroup: {"sessionLogs": list("cloudwatch"), "sessionLogGroup": "/central"},
	} {
		_, _, result := resolve(t, pulumitest.Update, set, pulumitest.FailedLookup(token, accessDenied))
		require.ErrorContains(t, result.Err, accessDenied)
	}
}
