package awssim

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Law 1.4, 8.1.
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

func TestBucket_changes(t *testing.T) {
	t.Parallel()
	testChanges(t, bucketToken, nil, values{"bucket": "dev-1"}, []inputChange{
		{"name", values{"bucket": "dev-2"}, keysOf("bucket"), nil},
		{"prefix", values{"bucket": nil, "bucketPrefix": "dev-"}, keysOf("bucketPrefix"), nil},
		{"lock", values{"objectLockEnabled": true}, keysOf("objectLockEnabled"), nil},
		{"force", values{"forceDestroy": true}, nil, []string{"forceDestroy"}},
		{"tags", values{"tags": values{"a": "b"}}, nil, []string{"tags", "tagsAll"}},
	})
}

// Law 8.1: the provider's rules at creation, and S3's own.
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

// Law 8.1, errors.
func TestBucket_refusals(t *testing.T) {
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
	// The names are those of the whole world: another Region has the same.
	virginia := w.withConfig(values{"region": "us-east-1"})
	require.Equal(t, "creating S3 Bucket (dev-1): BucketAlreadyExists", virginia.createError(bucketToken, "x", values{"bucket": "dev-1"}))
	_, refusal := w.partialCreateError(bucketToken, "x", values{"bucket": "dev-2", "acl": "public-read"})
	require.Equal(t, "creating S3 Bucket (dev-2): operation error S3: PutBucketAcl, https response error StatusCode: 400, "+
		"AccessControlListNotSupported: The bucket does not allow ACLs", refusal)
}

// Law 8.1, 10.2: what is in a bucket keeps it.
func TestBucket_not_empty(t *testing.T) {
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

// Law 8.2: each part of a bucket round trips, overwrites, and goes with the bucket.
func TestBucketParts(t *testing.T) {
	t.Parallel()
	const bucketARN = "arn:aws:s3:::dev-1"
	policy := policyWith(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["` + bucketARN + `","` + bucketARN + `/*"],` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`)
	kms := values{"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}, "bucketKeyEnabled": true}
	expire := values{"id": "expire", "status": "Enabled", "expiration": values{"days": 365.0}}
	for _, test := range []struct {
		token    string
		in, more values // more: what the provider and AWS add
		changes  []inputChange
	}{
		{
			publicAccessToken,
			values{"blockPublicAcls": true, "blockPublicPolicy": true},
			values{"ignorePublicAcls": false, "restrictPublicBuckets": false},
			[]inputChange{{"block", values{"ignorePublicAcls": true}, nil, []string{"ignorePublicAcls"}}},
		},
		{
			bucketEncryptionToken,
			values{"rules": []any{kms}},
			nil,
			[]inputChange{
				{"rules", values{"rules": []any{values{"bucketKeyEnabled": true}}}, nil, []string{"rules"}},
				{"owner", values{"expectedBucketOwner": testAccount}, keysOf("expectedBucketOwner"), nil},
			},
		},
		{
			versioningToken,
			values{"versioningConfiguration": values{"status": "Enabled"}},
			values{"versioningConfiguration": values{"status": "Enabled", "mfaDelete": ""}},
			[]inputChange{
				{
					"status",
					values{"versioningConfiguration": values{"status": "Suspended"}},
					nil,
					[]string{"versioningConfiguration.status"},
				},
				{"owner", values{"expectedBucketOwner": testAccount}, keysOf("expectedBucketOwner"), nil},
			},
		},
		{
			lifecycleToken,
			values{"rules": []any{expire}},
			values{"transitionDefaultMinimumObjectSize": "all_storage_classes_128K"},
			[]inputChange{
				{"rules", values{"rules": []any{values{
					"id": "expire", "status": "Enabled", "expiration": values{"days": 30.0},
				}}}, nil, []string{"rules"}},
				{"owner", values{"expectedBucketOwner": testAccount}, keysOf("expectedBucketOwner"), nil},
			},
		},
		{
			bucketPolicyToken,
			values{"policy": policy},
			nil,
			[]inputChange{
				{"policy", values{"policy": strings.Replace(policy, "s3:*", "s3:Get*", 1)}, nil, []string{"policy"}},
				{"the same policy in other words", values{"policy": strings.Replace(policy, `"s3:*"`, `["s3:*"]`, 1)}, nil, nil},
			},
		},
		{
			ownershipToken,
			values{"rule": values{"objectOwnership": "BucketOwnerEnforced"}},
			nil,
			[]inputChange{{
				"ownership", values{"rule": values{"objectOwnership": "ObjectWriter"}}, nil, []string{"rule.objectOwnership"},
			}},
		},
	} {
		t.Run(test.token, func(t *testing.T) {
			t.Parallel()
			w := newTestCloud(t)
			bucket := w.create(bucketToken, "b", values{"bucket": "dev-1"})
			in := clone(test.in)
			in["bucket"] = "dev-1"
			part := w.create(test.token, "p", in)
			require.Equal(t, "dev-1", string(part.id))
			want := clone(in)
			for key, value := range test.more {
				want[key] = value
			}
			require.Equal(t, want, part.state())
			w.requireNoDiff(part, in)

			owned := clone(in)
			if _, ok := resourceTypes[test.token].Inputs["expectedBucketOwner"]; ok {
				owned["expectedBucketOwner"] = testAccount
				x := w.create(test.token, "o", owned)
				require.Equal(t, "dev-1,"+testAccount, string(x.id))
				w.delete(x)
				owned["expectedBucketOwner"] = "210987654321"
				require.Contains(t, w.createError(test.token, "x", owned), ", https response error StatusCode: 403, AccessDenied: Access Denied")
			}
			over := w.create(test.token, "q", in)
			w.delete(over)
			require.False(t, w.read(part))
			w.create(test.token, "p", in)
			w.delete(bucket)
			require.Empty(t, w.cloud.Objects)

			require.Contains(t, w.createError(test.token, "x", in),
				", https response error StatusCode: 404, NoSuchBucket: The specified bucket does not exist")
		})
		rows := append([]inputChange{{"bucket", values{"bucket": "dev-2"}, keysOf("bucket"), nil}}, test.changes...)
		base := clone(test.in)
		base["bucket"] = "dev-1"
		testChanges(t, test.token, func(w *testCloud) {
			w.create(bucketToken, "b", values{"bucket": "dev-1"})
		}, base, rows)
	}
}

// Law 8.1, 8.2: what a bucket reads back, with its parts and after them.
func TestBucket_reads_its_parts(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"bucket": "dev-1"}
	bucket := w.create(bucketToken, "b", in)
	read := func(property string) any {
		w.requireNoDiff(bucket, in)
		return bucket.state()[property]
	}
	encryption := func(algorithm string, key any, bucketKey bool) []any {
		return []any{values{"rules": []any{values{
			"applyServerSideEncryptionByDefaults": []any{values{"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}, "bucketKeyEnabled": bucketKey,
		}}}}
	}
	e := w.create(bucketEncryptionToken, "e", values{"bucket": "dev-1", "rules": []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}, "bucketKeyEnabled": true,
	}}})
	require.Equal(t, encryption("aws:kms", "k", true), read("serverSideEncryptionConfigurations"))
	w.delete(e)
	require.Equal(t, encryption("AES256", "", false), read("serverSideEncryptionConfigurations"))
	v := w.create(versioningToken, "v", values{"bucket": "dev-1", "versioningConfiguration": values{"status": "Enabled"}})
	require.Equal(t, []any{values{"enabled": true, "mfaDelete": false}}, read("versionings"))
	w.delete(v)
	require.Equal(t, []any{values{"enabled": false, "mfaDelete": false}}, read("versionings"))
	require.Equal(t, "Suspended", w.cloud.Objects[objectKey(bucketSettings, "", "dev-1")].State["versioning"])
	require.Equal(t, "BucketOwnerEnforced", w.cloud.Objects[objectKey(bucketSettings, "", "dev-1")].State["ownership"])
	o := w.create(ownershipToken, "o", values{"bucket": "dev-1", "rule": values{"objectOwnership": "BucketOwnerPreferred"}})
	w.delete(o)
	require.Equal(t, "ObjectWriter", w.cloud.Objects[objectKey(bucketSettings, "", "dev-1")].State["ownership"])
}

// Law 8.2, errors.
func TestBucketPolicy_refusals(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	const putting = "putting S3 Bucket (dev-1) Policy: operation error S3: PutBucketPolicy, https response error StatusCode: "
	public := policyWith(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::dev-1/*"}`)
	const blocked = putting + "403, AccessDenied: User: arn:aws:sts::123456789012:assumed-role/deployer/deployer is not authorized to " +
		`perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::dev-1" because public policies are blocked by the BlockPublicPolicy ` +
		"block public access setting."
	in := values{"bucket": "dev-1", "policy": public}
	require.Equal(t, blocked, w.createError(bucketPolicyToken, "x", in)) // a new bucket blocks
	block := w.create(publicAccessToken, "p", values{"bucket": "dev-1"})
	w.create(bucketPolicyToken, "x", in)
	w.update(block, values{"bucket": "dev-1", "blockPublicPolicy": true})
	require.Equal(t, blocked, w.createError(bucketPolicyToken, "x", in))
	w.delete(block)
	w.create(bucketPolicyToken, "x", in)

	for policy, want := range map[string]string{
		`{"Version":"2012-10-17"}`:                          "Missing required field Statement",
		strings.Replace(public, "dev-1", "dev-2", 1):        "Policy has invalid resource",
		strings.Replace(public, "dev-1/*", "dev-1", 1):      "Action does not apply to any resource(s) in statement",
		strings.Replace(public, `"*"`, `{"AWS":"ann"}`, 1):  "Invalid principal in policy",
		strings.Replace(public, "s3:GetObject", "kms:*", 1): "Policy has invalid action",
	} {
		require.Equal(t, putting+"400, MalformedPolicy: "+want,
			w.createError(bucketPolicyToken, "x", values{"bucket": "dev-1", "policy": policy}))
	}
}

// Law 8.2: what a preview refuses.
func TestBucketParts_check(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	for _, test := range []struct {
		token string
		in    values
		want  []string
	}{
		{publicAccessToken, values{}, []string{"Missing required property 'bucket'"}},
		{bucketEncryptionToken, values{"bucket": "b", "rules": []any{values{
			"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "DES"},
		}}}, []string{
			"expected rules.0.apply_server_side_encryption_by_default.0.sse_algorithm to be one of " +
				`["AES256" "aws:kms" "aws:kms:dsse"], got DES. Examine values at 'x.rules'.`,
		}},
		{bucketEncryptionToken, values{"bucket": "b", "rules": []any{}, "expectedBucketOwner": "1"}, []string{
			`"expected_bucket_owner" doesn't look like AWS Account ID (exactly 12 digits): "1". Examine values at ` +
				"'x.expectedBucketOwner'.",
		}},
		{versioningToken, values{"bucket": "b", "versioningConfiguration": values{"status": "On"}}, []string{
			`expected versioning_configuration.0.status to be one of ["Enabled" "Suspended" "Disabled"], got On. ` +
				"Examine values at 'x.versioningConfiguration.status'.",
		}},
		{ownershipToken, values{"bucket": "b", "rule": values{"objectOwnership": "Me"}}, []string{
			`expected rule.0.object_ownership to be one of ["BucketOwnerPreferred" "ObjectWriter" "BucketOwnerEnforced"], got Me. ` +
				"Examine values at 'x.rule.objectOwnership'.",
		}},
		{lifecycleToken, values{"bucket": "b", "rules": []any{values{"id": "i", "status": "On"}}}, []string{
			`Invalid Attribute Value Match. Attribute rule[0].status value must be one of: ["Enabled" "Disabled"], got: "On". ` +
				"Examine values at 'x.rules'.",
		}},
		{lifecycleToken, values{"bucket": "b", "rules": []any{values{"id": "", "status": "Enabled"}}}, []string{
			"Invalid Attribute Value Length. Attribute rule[0].id string length must be between 1 and 255, got: 0. Examine values at " +
				"'x.rules'.",
		}},
	} {
		require.Equal(t, test.want, w.checkFailures(test.token, "x", test.in))
	}
}

// Law 8.2: no way back to a bucket that never had versions; it is found when inputs are compared.
func TestBucketVersioning_disabled(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	status := func(s string) values {
		return values{"bucket": "dev-1", "versioningConfiguration": values{"status": s}}
	}
	v := w.create(versioningToken, "v", status("Disabled"))
	for _, next := range []string{"Enabled", "Suspended"} {
		w.update(v, status(next))
		_, err := w.tryDiff(v, status("Disabled"))
		require.EqualError(t, err, "diffing "+string(v.urn)+": 1 error occurred:\n\t* versioning_configuration.status cannot be "+
			"updated from '"+next+"' to 'Disabled'\n\n")
	}
}

// S3's own rules for lifecycles. The framework's errors have no frame.
func TestBucketLifecycle_refusals(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	rule := func(more values) values {
		r := values{"id": "r", "status": "Enabled"}
		for key, value := range more {
			r[key] = value
		}
		return r
	}
	expire := rule(values{"expiration": values{"days": 30.0}})
	for _, test := range []struct {
		want  string
		rules []any
	}{
		{"MalformedXML: The XML you provided was not well-formed or did not validate against our published schema", []any{}},
		{"InvalidArgument: Rule ID must be unique. Found same ID for more than one rule", []any{expire, expire}},
		{"InvalidRequest: At least one action needs to be specified in a rule", []any{rule(nil)}},
		{"InvalidArgument: 'Days' for Expiration action must be a positive integer", []any{rule(values{"expiration": values{"days": 0.0}})}},
		{
			"InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
			[]any{rule(values{"transitions": []any{values{"days": 7.0, "storageClass": "STANDARD_IA"}}})},
		},
		{
			"InvalidArgument: 'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition action",
			[]any{rule(values{
				"transitions": []any{values{"days": 60.0, "storageClass": "GLACIER"}}, "expiration": values{"days": 60.0},
			})},
		},
	} {
		require.Equal(t, "creating S3 Bucket (dev-1) Lifecycle Configuration: operation error S3: PutBucketLifecycleConfiguration, https "+
			"response error StatusCode: 400, "+test.want, w.createError(lifecycleToken, "x", values{"bucket": "dev-1", "rules": test.rules}))
	}
}

// An encryption rule that names a key that it cannot use.
func TestBucketEncryption_refusals(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	require.Equal(t, "creating S3 Bucket (dev-1) Server-side Encryption Configuration: operation error S3: PutBucketEncryption, https "+
		"response error StatusCode: 400, InvalidArgument: a KMSMasterKeyID is not applicable if the default sse algorithm is not "+
		"aws:kms or aws:kms:dsse", w.createError(bucketEncryptionToken, "x", values{"bucket": "dev-1", "rules": []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"},
	}}}))
}

// putBucketObject adds an object to a bucket.
func (w *testCloud) putBucketObject(bucket, name string) {
	w.t.Helper()
	c, err := newSession(w.cloud).begin(context.Background(), "")
	require.NoError(w.t, err)
	defer c.unlock()
	c.putGlobal(bucketObject, bucket+"/"+name, values{"bucket": bucket}).Owner = objectKey(bucketToken, "", bucket)
}
