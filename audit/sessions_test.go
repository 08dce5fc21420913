package audit_test

import (
	"strconv"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/audit"
	"bastionless/internal/awsenv"
	"bastionless/internal/pulumitest"
)

const (
	component = "bastionless:audit:Sessions"
	document  = "aws:ssm/document:Document"
	key       = "aws:kms/key:Key"
	alias     = "aws:kms/alias:Alias"
	group     = "aws:cloudwatch/logGroup:LogGroup"
	bucket    = "aws:s3/bucketV2:BucketV2"

	account = `{"Sid":"Account","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},` +
		`"Action":["kms:*"],"Resource":["*"]}`
	logs = `,{"Sid":"Logs","Effect":"Allow","Principal":{"Service":["logs.eu-west-1.amazonaws.com"]},` +
		`"Action":["kms:Decrypt*","kms:Describe*","kms:Encrypt*","kms:GenerateDataKey*","kms:ReEncrypt*"],"Resource":["*"],` +
		`"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":` +
		`["arn:aws:logs:eu-west-1:123456789012:log-group:acme-sessions-*"]}}}`
)

var ireland = awsenv.Env{
	Partition: "aws", DNSSuffix: "amazonaws.com", Region: "eu-west-1", AccountID: "123456789012",
}

func sessionsArgs() *audit.SessionsArgs {
	return &audit.SessionsArgs{
		Options: audit.Options{
			Logs:          []audit.Destination{audit.CloudWatchLogs, audit.S3},
			Encrypted:     true,
			RetentionDays: 365,
		},
		Env:        ireland,
		NamePrefix: "acme",
	}
}

// runSessions edits the arguments of the sessions "audit" and declares them. It exports their outputs and
// targets.
func runSessions(t *testing.T, mode pulumitest.Mode, edit func(*audit.SessionsArgs)) *pulumitest.Result {
	t.Helper()
	return pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		args := sessionsArgs()
		edit(args)
		sessions, err := audit.NewSessions(ctx, "audit", args)
		if err != nil {
			return err
		}
		ctx.Export("document", sessions.DocumentName)
		ctx.Export("logGroup", pulumi.StringArray{sessions.LogGroupName, sessions.LogGroupARN})
		ctx.Export("bucket", sessions.BucketName)
		ctx.Export("key", sessions.KeyARN)
		targets := pulumi.StringArray{}
		for _, target := range sessions.Targets() {
			targets = append(targets, target.URN().ToStringOutput())
		}
		ctx.Export("targets", targets)
		return nil
	})
}

// requireOutputs compares the outputs that runSessions exports, without the targets.
func requireOutputs(t *testing.T, result *pulumitest.Result, want pulumitest.Map) {
	t.Helper()
	delete(result.Exports, "targets")
	require.Equal(t, want, result.Exports)
}

func wantComponent(inputs pulumitest.Map) pulumitest.Resource {
	all := pulumitest.Map{
		"namePrefix": "acme", "logGroup": true, "bucket": true, "encrypted": true, "keepDays": 365, "idleMinutes": 0,
		"maxMinutes": 0,
	}
	for name, value := range inputs {
		all[name] = value
	}
	return pulumitest.Resource{Type: component, Name: "audit", Inputs: all}
}

// child returns a resource of the component, which a destroy keeps if retained is set.
func child(typ, name string, retained bool, inputs pulumitest.Map, dependencies ...string) pulumitest.Resource {
	r := pulumitest.Resource{
		Type: typ, Name: name, Parent: component + "::audit", Inputs: inputs, Dependencies: dependencies,
	}
	if retained {
		r.Options = []string{"retainOnDelete: true"}
	}
	switch typ {
	case key:
		r.Options = append(r.Options, "replacementTrigger: acme")
	case bucket:
		// The SDK sets this alias for stacks that contain the type under its old name.
		r.Options = append(r.Options, `aliases: aws:s3/bucket:Bucket`)
	}
	return r
}

// wantBucket returns the bucket and the resources that protect it, with this default encryption.
func wantBucket(mode pulumitest.Mode, encryption pulumitest.Map, bucketKey bool, from ...string) []pulumitest.Resource {
	const name = "audit-records"
	id := mode.ID(name)
	part := func(part string) string { return "aws:s3/" + part }
	policy := mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":"*",` +
		`"Action":["s3:*"],"Resource":["arn:of:audit-records","arn:of:audit-records/*"],` +
		`"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`)
	private := part("bucketPublicAccessBlock:BucketPublicAccessBlock")
	versions := part("bucketVersioningV2:BucketVersioningV2")
	return []pulumitest.Resource{
		child(bucket, name, true, pulumitest.Map{}),
		child(private, name, true, pulumitest.Map{
			"bucket": id, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true,
			"restrictPublicBuckets": true,
		}, bucket+"::"+name),
		child(part("bucketOwnershipControls:BucketOwnershipControls"), name, true, pulumitest.Map{
			"bucket": id, "rule": pulumitest.Map{"objectOwnership": "BucketOwnerEnforced"},
		}, bucket+"::"+name),
		child(part("bucketPolicy:BucketPolicy"), name, true, pulumitest.Map{"bucket": id, "policy": policy},
			bucket+"::"+name, private+"::"+name),
		child(part("bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"), name, true,
			pulumitest.Map{"bucket": id, "rules": pulumitest.List{pulumitest.Map{
				"applyServerSideEncryptionByDefault": encryption, "bucketKeyEnabled": bucketKey,
			}}}, append(from, bucket+"::"+name)...),
		child(versions, name, true, pulumitest.Map{
			"bucket": id, "versioningConfiguration": pulumitest.Map{"status": "Enabled"},
		}, bucket+"::"+name),
		child(part("bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"), name, true, pulumitest.Map{
			"bucket": id, "rules": pulumitest.List{pulumitest.Map{
				"id": "expire", "status": "Enabled", "filter": pulumitest.Map{"prefix": ""},
				"expiration": pulumitest.Map{"days": 365}, "noncurrentVersionExpiration": pulumitest.Map{"noncurrentDays": 365},
				"abortIncompleteMultipartUpload": pulumitest.Map{"daysAfterInitiation": 7},
			}},
		}, bucket+"::"+name, versions+"::"+name),
	}
}

func TestSessions_recordedAndEncrypted(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSessions(t, mode, func(a *audit.SessionsArgs) { a.IdleMinutes, a.MaxMinutes = 15, 480 })
		keyARN := mode.Computed("arn:of:audit")
		content := mode.Computed(`{"schemaVersion":"1.0","description":"Shells on the instances of acme",` +
			`"sessionType":"Standard_Stream","inputs":{"s3BucketName":"audit-records-bucket","s3KeyPrefix":"sessions",` +
			`"s3EncryptionEnabled":true,"cloudWatchLogGroupName":"audit-name","cloudWatchEncryptionEnabled":true,` +
			`"cloudWatchStreamingEnabled":true,"kmsKeyId":"arn:of:audit","runAsEnabled":false,"runAsDefaultUser":"",` +
			`"idleSessionTimeout":"15","maxSessionDuration":"480"}}`)
		want := append(wantBucket(mode, pulumitest.Map{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": keyARN}, true, key+"::audit"),
			wantComponent(pulumitest.Map{"idleMinutes": 15, "maxMinutes": 480}),
			child(key, "audit", true, pulumitest.Map{
				"description": "Sessions of acme and their records", "enableKeyRotation": true, "deletionWindowInDays": 30,
				"policy": `{"Version":"2012-10-17","Statement":[` + account + logs + `]}`,
			}),
			child(alias, "audit", false, pulumitest.Map{"targetKeyId": mode.Computed("audit-key")}, key+"::audit"),
			child(group, "audit", true, pulumitest.Map{
				"namePrefix": "acme-sessions-", "retentionInDays": 365, "kmsKeyId": keyARN,
			}, key+"::audit"),
			child(document, "audit", false, pulumitest.Map{
				"documentType": "Session", "documentFormat": "JSON", "content": content,
			}, bucket+"::audit-records", group+"::audit", key+"::audit"),
		)
		result.RequireResources(t, want...)
		requireOutputs(t, result, pulumitest.Map{
			"document": mode.Computed("audit-name"),
			"logGroup": pulumitest.List{mode.Computed("audit-name"), mode.Computed("arn:of:audit")},
			"bucket":   mode.Computed("audit-records-bucket"), "key": keyARN,
		})
	})
}

func TestSessions_limitedOnly(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSessions(t, mode, func(a *audit.SessionsArgs) {
			*a = audit.SessionsArgs{Options: audit.Options{MaxMinutes: 60}, Env: ireland, NamePrefix: "acme"}
		})
		result.RequireResources(t,
			wantComponent(pulumitest.Map{
				"logGroup": false, "bucket": false, "encrypted": false, "keepDays": 0, "maxMinutes": 60,
			}),
			child(document, "audit", false, pulumitest.Map{
				"documentType": "Session", "documentFormat": "JSON",
				"content": `{"schemaVersion":"1.0","description":"Shells on the instances of acme","sessionType":"Standard_Stream",` +
					`"inputs":{"s3BucketName":"","s3KeyPrefix":"","s3EncryptionEnabled":false,"cloudWatchLogGroupName":"",` +
					`"cloudWatchEncryptionEnabled":false,"cloudWatchStreamingEnabled":false,"kmsKeyId":"","runAsEnabled":false,` +
					`"runAsDefaultUser":"","maxSessionDuration":"60"}}`,
			}),
		)
		requireOutputs(t, result, pulumitest.Map{
			"document": mode.Computed("audit-name"), "logGroup": pulumitest.List{"", ""}, "bucket": "", "key": "",
		})
	})
}

// With RunAsTag, the document names no user, so that a session without the session tag fails.
func TestSessions_runAs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ runAs, user string }{"a user": {"ec2-user", "ec2-user"}, "tag": {"tag", ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := runSessions(t, pulumitest.Update, func(a *audit.SessionsArgs) {
				options := audit.Options{RunAs: test.runAs, Shell: "test -t 0 && exec bash -l"}
				*a = audit.SessionsArgs{Options: options, Env: ireland, NamePrefix: "acme"}
			})
			require.Equal(t, `{"schemaVersion":"1.0","description":"Shells on the instances of acme","sessionType":"Standard_Stream",`+
				`"inputs":{"s3BucketName":"","s3KeyPrefix":"","s3EncryptionEnabled":false,"cloudWatchLogGroupName":"",`+
				`"cloudWatchEncryptionEnabled":false,"cloudWatchStreamingEnabled":false,"kmsKeyId":"","runAsEnabled":true,`+
				`"runAsDefaultUser":"`+test.user+`","shellProfile":{"linux":"test -t 0 && exec bash -l"}}}`,
				result.Resource(t, document+"::audit").Inputs["content"])
		})
	}
}

// With an existing log group and bucket, the component has only its document and its key.
func TestSessions_existingLogGroupAndBucket(t *testing.T) {
	t.Parallel()
	for _, encrypted := range []bool{false, true} {
		result := runSessions(t, pulumitest.Update, func(a *audit.SessionsArgs) {
			a.LogGroup, a.Bucket, a.LogGroupEncrypted = "/central/sessions", "central-records", encrypted
		})
		inputs := `"s3BucketName":"central-records","s3KeyPrefix":"sessions/123456789012/acme","s3EncryptionEnabled":true,` +
			`"cloudWatchLogGroupName":"/central/sessions","cloudWatchEncryptionEnabled":` + strconv.FormatBool(encrypted) + `,` +
			`"cloudWatchStreamingEnabled":true,"kmsKeyId":"arn:of:audit","runAsEnabled":false,"runAsDefaultUser":""`
		result.RequireResources(t,
			wantComponent(pulumitest.Map{"existingLogGroup": "/central/sessions", "existingBucket": "central-records"}),
			child(key, "audit", true, pulumitest.Map{
				"description": "Sessions of acme and their records", "enableKeyRotation": true, "deletionWindowInDays": 30,
				"policy": `{"Version":"2012-10-17","Statement":[` + account + logs + `]}`,
			}),
			child(alias, "audit", false, pulumitest.Map{"targetKeyId": "audit-key"}, key+"::audit"),
			child(document, "audit", false, pulumitest.Map{
				"documentType": "Session", "documentFormat": "JSON",
				"content": `{"schemaVersion":"1.0","description":"Shells on the instances of acme","sessionType":"Standard_Stream","inputs":{` +
					inputs + `}}`,
			}, key+"::audit"),
		)
		requireOutputs(t, result, pulumitest.Map{
			"document": "audit-name", "bucket": "central-records", "key": "arn:of:audit",
			"logGroup": pulumitest.List{"/central/sessions", "arn:aws:logs:eu-west-1:123456789012:log-group:/central/sessions"},
		})
	}
}

func TestSessions_bucketWithoutKey(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := runSessions(t, mode, func(a *audit.SessionsArgs) {
			a.Logs, a.Encrypted = []audit.Destination{audit.S3}, false
		})
		content := mode.Computed(`{"schemaVersion":"1.0","description":"Shells on the instances of acme",` +
			`"sessionType":"Standard_Stream","inputs":{"s3BucketName":"audit-records-bucket","s3KeyPrefix":"sessions",` +
			`"s3EncryptionEnabled":true,"cloudWatchLogGroupName":"","cloudWatchEncryptionEnabled":false,` +
			`"cloudWatchStreamingEnabled":false,"kmsKeyId":"","runAsEnabled":false,"runAsDefaultUser":""}}`)
		result.RequireResources(t, append(wantBucket(mode, pulumitest.Map{"sseAlgorithm": "AES256"}, false),
			wantComponent(pulumitest.Map{"logGroup": false, "encrypted": false}),
			child(document, "audit", false, pulumitest.Map{
				"documentType": "Session", "documentFormat": "JSON", "content": content,
			}, bucket+"::audit-records"))...)
	})
}

// The key's policy allows CloudWatch Logs to use the key, also in a stack without a log group: a log group
// that was kept must stay readable after recording was turned off.
func TestSessions_keyPolicy(t *testing.T) {
	t.Parallel()
	result := runSessions(t, pulumitest.Update, func(a *audit.SessionsArgs) { a.Logs = []audit.Destination{audit.S3} })
	require.NoError(t, result.Err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[`+account+logs+`]}`,
		result.Resource(t, key+"::audit").Inputs["policy"])

	result = runSessions(t, pulumitest.Update, func(a *audit.SessionsArgs) {
		a.Env.Partition, a.Env.Region, a.Env.DNSSuffix = "aws-cn", "cn-north-1", "amazonaws.com.cn"
	})
	require.NoError(t, result.Err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[`+
		`{"Sid":"Account","Effect":"Allow","Principal":{"AWS":["arn:aws-cn:iam::123456789012:root"]},"Action":["kms:*"],"Resource":["*"]},`+
		`{"Sid":"Logs","Effect":"Allow","Principal":{"Service":["logs.cn-north-1.amazonaws.com.cn"]},`+
		`"Action":["kms:Decrypt*","kms:Describe*","kms:Encrypt*","kms:GenerateDataKey*","kms:ReEncrypt*"],"Resource":["*"],`+
		`"Condition":{"ArnLike":{"kms:EncryptionContext:aws:logs:arn":`+
		`["arn:aws-cn:logs:cn-north-1:123456789012:log-group:acme-sessions-*"]}}}]}`,
		result.Resource(t, key+"::audit").Inputs["policy"])
}

// With another prefix, the stack has another key. The old key is kept, and its policy still names the old
// log group.
func TestSessions_anotherPrefixReplacesTheKey(t *testing.T) {
	t.Parallel()
	result := runSessions(t, pulumitest.Update, func(a *audit.SessionsArgs) { a.NamePrefix = "other" })
	require.NoError(t, result.Err)
	require.Equal(t, []string{"replacementTrigger: other", "retainOnDelete: true"}, result.Resource(t, key+"::audit").Options)
	require.Contains(t, result.Resource(t, key+"::audit").Inputs["policy"], ":log-group:other-sessions-*")
	require.Equal(t, "other-sessions-", result.Resource(t, group+"::audit").Inputs["namePrefix"])
}

func TestSessions_targets(t *testing.T) {
	t.Parallel()
	result := runSessions(t, pulumitest.Update, func(*audit.SessionsArgs) {})
	require.NoError(t, result.Err)
	urn := func(key string) string { return "urn:pulumi:test::bastionless::" + component + "$" + key }
	require.Equal(t, pulumitest.List{
		urn(key + "::audit"), urn(group + "::audit"), urn(bucket + "::audit-records"),
		urn("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2::audit-records"),
		urn(document + "::audit"),
	}, result.Exports["targets"])
}

func TestSessions_provider(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
		if err != nil {
			return err
		}
		_, err = audit.NewSessions(ctx, "audit", sessionsArgs(), pulumi.Provider(provider))
		return err
	})
	result.RequireProvider(t, "pulumi:providers:aws::other")
}

// Run fails the test if two resources have the same name.
func TestSessions_twoCoexist(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		for _, name := range []string{"one", "other"} {
			if _, err := audit.NewSessions(ctx, name, sessionsArgs()); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, result.Err)
	require.Len(t, result.Resources, 24)
}
