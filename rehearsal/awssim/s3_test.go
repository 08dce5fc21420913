package awssim

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBucket(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"tags": values{"Name": "n"}}
	bucket := w.create(bucketToken, "Dev-Logs", in)
	require.Equal(t, "dev-logs-0102030", string(bucket.id))
	out := bucket.state()
	require.Regexp(t, `^[0-9a-f]{64}$`, out["grants"].([]any)[0].(values)["id"])
	delete(out, "grants")
	require.Equal(t, values{
		"bucket": "dev-logs-0102030", "arn": "arn:aws:s3:::dev-logs-0102030", "forceDestroy": false, "objectLockEnabled": false,
		"bucketDomainName":         "dev-logs-0102030.s3.amazonaws.com",
		"bucketRegionalDomainName": "dev-logs-0102030.s3.ap-northeast-1.amazonaws.com", "hostedZoneId": "Z2M4EHUR26P7ZW",
		"region": "ap-northeast-1", "websiteDomain": "", "websiteEndpoint": "", "accelerationStatus": "", "requestPayer": "BucketOwner",
		"versionings": []any{values{"enabled": false, "mfaDelete": false}},
		"serverSideEncryptionConfigurations": []any{values{"rules": []any{values{
			"applyServerSideEncryptionByDefaults": []any{values{"sseAlgorithm": "AES256", "kmsMasterKeyId": ""}}, "bucketKeyEnabled": false,
		}}}},
		"tags": values{"Name": "n"}, "tagsAll": values{"Name": "n"},
	}, out)
	w.requireNoDiff(bucket, in)
	w.delete(bucket)
	require.False(t, w.read(bucket))
	require.Empty(t, w.cloud.Objects)
}

func TestBucket_diff(t *testing.T) {
	t.Parallel()
	testChanges(t, bucketToken, nil, values{"bucket": "dev-1"}, []inputChange{
		{"name", values{"bucket": "dev-2"}, keysOf("bucket"), nil},
		{"prefix", values{"bucket": nil, "bucketPrefix": "dev-"}, keysOf("bucketPrefix"), nil},
		{"lock", values{"objectLockEnabled": true}, keysOf("objectLockEnabled"), nil},
		{"force", values{"forceDestroy": true}, nil, []string{"forceDestroy"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

// The provider's rules for names differ from S3's.
func TestBucket_names(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("b", 64)
	for _, test := range []struct{ region, name, want string }{
		{"ap-northeast-1", "dev-1.logs", ""},
		{"ap-northeast-1", "ab", `"ab" must contain from 3 to 63 characters`},
		{"ap-northeast-1", long, `"` + long + `" must contain from 3 to 63 characters`},
		{"ap-northeast-1", "Dev", `only lowercase alphanumeric characters and hyphens allowed in "Dev"`},
		{"ap-northeast-1", "a_b", `only lowercase alphanumeric characters and hyphens allowed in "a_b"`},
		{"ap-northeast-1", "10.0.0.1", `"10.0.0.1" must not be formatted as an IP address`},
		{"ap-northeast-1", ".dev", `".dev" cannot start with a period`},
		{"ap-northeast-1", "dev.", `"dev." cannot end with a period`},
		{"ap-northeast-1", "d..v", `"d..v" can be only one period between labels`},
		{"us-east-1", "Dev_1", ""},
		{"us-east-1", "a/b", `only alphanumeric characters, hyphens, periods, and underscores allowed in "a/b"`},
	} {
		require.Equal(t, test.want, checkBucketName(test.name, test.region), test.name)
	}
	for name, valid := range map[string]bool{
		"dev-1.logs": true, "Dev": false, "-dev": false, "dev-": false, "a.-b": false, "xn--dev": false, "dev-s3alias": false,
	} {
		require.Equal(t, valid, validBucketName(name), name)
	}
	require.Equal(t, []string{
		"expected length of bucket_prefix to be in the range (0 - 37), got " + long[:38] + ". Examine values at 'x.bucketPrefix'.",
	}, newTestCloud(t).checkFailures(bucketToken, "x", values{"bucketPrefix": long[:38]}))
}

func TestBucket_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	creating := func(name string) string {
		return "creating S3 Bucket (" + name + "): operation error S3: CreateBucket, https response error StatusCode: "
	}
	require.Equal(t, `validating S3 Bucket (a_b) name: only lowercase alphanumeric characters and hyphens allowed in "a_b"`,
		w.createError(bucketToken, "x", values{"bucket": "a_b"}))
	require.Equal(t, creating("dev-")+"400, InvalidBucketName: The specified bucket is not valid.",
		w.createError(bucketToken, "x", values{"bucket": "dev-"}))
	require.Equal(t, creating("dev-1")+"409, BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and "+
		"you already own it.", w.createError(bucketToken, "x", values{"bucket": "dev-1"}))
	require.Equal(t, creating("logs")+"409, BucketAlreadyExists: The requested bucket name is not available. The bucket namespace is "+
		"shared by all users of the system. Please select a different name and try again.",
		w.createError(bucketToken, "x", values{"bucket": "logs"}))
	// Names are unique across Regions.
	virginia := w.withConfig(values{"region": "us-east-1"})
	require.Equal(t, "creating S3 Bucket (dev-1): BucketAlreadyExists", virginia.createError(bucketToken, "x", values{"bucket": "dev-1"}))
	_, message := w.partialCreateError(bucketToken, "x", values{"bucket": "dev-2", "acl": "public-read"})
	require.Equal(t, "creating S3 Bucket (dev-2): operation error S3: PutBucketAcl, https response error StatusCode: 400, "+
		"AccessControlListNotSupported: The bucket does not allow ACLs", message)
}

func TestBucket_notEmpty(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"bucket": "dev-1"}
	bucket := w.create(bucketToken, "b", in)
	w.putBucketObject("dev-1", "session.log")
	const deleting = "deleting S3 Bucket (dev-1): operation error S3: DeleteBucket, https response error StatusCode: 409, " +
		"BucketNotEmpty: The bucket you tried to delete is not empty"
	require.Equal(t, deleting, awsError(t, w.tryDelete(bucket)))
	w.create(versioningToken, "v", values{"bucket": "dev-1", "versioningConfiguration": values{"status": "Enabled"}})
	require.Equal(t, deleting+". You must delete all versions in the bucket.", awsError(t, w.tryDelete(bucket)))
	in["forceDestroy"] = true
	w.update(bucket, in)
	w.delete(bucket)
	require.Empty(t, w.cloud.Objects)
}

// putBucketObject adds an object to a bucket.
func (w *testCloud) putBucketObject(bucket, name string) {
	w.t.Helper()
	c, err := newSession(w.cloud).begin(context.Background(), "")
	require.NoError(w.t, err)
	defer c.unlock()
	c.putGlobal(bucketObject, bucket+"/"+name, values{"bucket": bucket}).Owner = objectKey(bucketToken, "", bucket)
}
