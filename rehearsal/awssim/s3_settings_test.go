package awssim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each setting of a bucket is read back, overwrites an earlier one, and is deleted with the bucket.
func TestBucketSettings(t *testing.T) {
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
				{"an equivalent policy", values{"policy": strings.Replace(policy, `"s3:*"`, `["s3:*"]`, 1)}, nil, nil},
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

// The properties of a bucket reflect its settings.
func TestBucket_reflectsItsSettings(t *testing.T) {
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

func TestBucketPolicy_errors(t *testing.T) {
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

func TestBucketSettings_validation(t *testing.T) {
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

// Versioning cannot be disabled once it was enabled. The provider returns the error in a diff.
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

func TestBucketEncryption_errors(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	w.create(bucketToken, "b", values{"bucket": "dev-1"})
	require.Equal(t, "creating S3 Bucket (dev-1) Server-side Encryption Configuration: operation error S3: PutBucketEncryption, https "+
		"response error StatusCode: 400, InvalidArgument: a KMSMasterKeyID is not applicable if the default sse algorithm is not "+
		"aws:kms or aws:kms:dsse", w.createError(bucketEncryptionToken, "x", values{"bucket": "dev-1", "rules": []any{values{
		"applyServerSideEncryptionByDefault": values{"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"},
	}}}))
}
