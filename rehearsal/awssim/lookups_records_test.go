package awssim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/account"
)

const (
	logGroupLookup = "aws:cloudwatch/getLogGroup:getLogGroup"
	bucketLookup   = "aws:s3/getBucket:getBucket"
)

func TestLookups_records(t *testing.T) {
	t.Parallel()
	w := newTestCloudWith(t, Options{AssumeExisting: true}, values{"region": "ap-northeast-1"})
	w.create(logGroupToken, "g", values{"name": "/own", "retentionInDays": 30.0})
	group := w.invoke(logGroupLookup, values{"name": "/own"})
	require.Equal(t, 30.0, group["retentionInDays"])
	require.Equal(t, "STANDARD", group["logGroupClass"])
	require.Equal(t, "arn:aws:logs:ap-northeast-1:123456789012:log-group:/own", group["arn"])
	w.create(bucketToken, "b", values{"bucket": "own-records"})
	require.Equal(t, "ap-northeast-1", w.invoke(bucketLookup, values{"bucket": "own-records"})["region"])
	require.Empty(t, w.cloud.Assumed())

	require.Contains(t, w.invokeError(bucketLookup, values{"bucket": "example-bucket"}), "StatusCode: 403")
	require.Equal(t, "ap-northeast-1", w.invoke(bucketLookup, values{"bucket": "central"})["region"])
	require.Equal(t, "", w.invoke(logGroupLookup, values{"name": "/central"})["kmsKeyId"])
	require.Len(t, w.cloud.Assumed(), 2)
}

// Without assumptions, lookups of what the account does not have fail.
func TestLookups_recordsThatDoNotExist(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	require.Equal(t, "reading S3 Bucket (central): couldn't find resource", w.invokeError(bucketLookup, values{"bucket": "central"}))
	require.Equal(t, "reading CloudWatch Logs Log Group (/central): couldn't find resource", w.invokeError(logGroupLookup, values{"name": "/central"}))
}

// The log groups of a captured account are known, but not their properties.
func TestLookups_recordsOfAnAccount(t *testing.T) {
	t.Parallel()
	w := newExistingCloud(t, func(f *account.File) { f.LogGroups = []string{"/central"} })
	assumed := len(w.cloud.Assumed())
	require.Equal(t, "/central", w.invoke(logGroupLookup, values{"name": "/central"})["name"])
	require.Len(t, w.cloud.Assumed(), assumed+1)
	require.Equal(t, "reading CloudWatch Logs Log Group (/other): couldn't find resource", w.invokeError(logGroupLookup, values{"name": "/other"}))
}
