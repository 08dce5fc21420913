package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/proof"
)

// recording changes the stack so that it records and encrypts sessions. named is the log group in the
// document, and permitted the one that the role of the instance can write to.
func recording(p *peer, named, permitted, otherDocuments string) {
	const keyARN = "arn:aws:kms:eu-west-1:123456789012:key/k-1"
	for _, service := range []string{"logs", "kms"} {
		p.put("aws:ec2/vpcEndpoint:VpcEndpoint", service, "vpce-"+service, props{
			"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1." + service, "vpcEndpointType": "Interface",
			"privateDnsEnabled": true, "subnetIds": list("subnet-app"), "securityGroupIds": list("sg-endpoint"), "policy": openEndpointPolicy,
		}, "app", "endpoint-group")
	}
	p.put("aws:kms/key:Key", "key", "k-1", props{"arn": keyARN, "policy": document(
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}`,
		`{"Effect":"Allow","Principal":{"Service":"logs.eu-west-1.amazonaws.com"},"Action":["kms:Decrypt*","kms:GenerateDataKey*"],"Resource":"*"}`)})
	p.put("aws:cloudwatch/logGroup:LogGroup", "group", "session-logs",
		props{"name": "session-logs", "kmsKeyId": keyARN, "retentionInDays": 365.0}, "key")
	p.resources["group"].RetainOnDelete = true
	p.put("aws:ssm/document:Document", "shell", "shell", props{
		"name": "shell", "documentType": "Session", "content": `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{` +
			`"cloudWatchLogGroupName":"` + named + `","cloudWatchEncryptionEnabled":true,"s3BucketName":"","kmsKeyId":"` + keyARN + `"}}`,
	}, "group")
	p.put("aws:iam/rolePolicy:RolePolicy", "logging", "instance-role:logging", props{"role": "instance-role", "policy": document(
		`{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStreams"],`+
			`"Resource":"arn:aws:logs:eu-west-1:123456789012:log-group:`+permitted+`:*"}`,
		`{"Effect":"Allow","Action":"logs:DescribeLogGroups","Resource":"*"}`)}, "instance-role")
	p.put("aws:iam/rolePolicy:RolePolicy", "decrypt", "instance-role:decrypt", props{
		"role": "instance-role", "policy": document(`{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + keyARN + `"}`),
	}, "instance-role")
	for _, name := range []string{"logs", "kms", "key", "group", "logging", "decrypt"} {
		p.resources["box"].Dependencies = append(p.resources["box"].Dependencies, p.resources[name].URN)
	}
	start := strings.Replace(startStatement, `"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"`,
		otherDocuments+`"arn:aws:ssm:eu-west-1:123456789012:document/shell"`, 1)
	p.set("people-policy", "policy", document(start, ownStatement, channelStatement,
		`{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"`+keyARN+`"}`))
}

func TestCheck_recordingPeer(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	recording(p, "session-logs", "session-logs", "")
	require.Empty(t, failing(check(t, p.export(t)), proof.Required))
}

// TestCheck_recordingWithoutRole does not prove that sessions are recorded if an IAM user can start others.
func TestCheck_recordingWithoutRole(t *testing.T) {
	t.Parallel()
	p := goodPeer()
	recording(p, "session-logs", "session-logs", "")
	addUser(p, `{"Effect":"Allow","Action":"ssm:StartSession","Resource":"*"}`)
	result, why := resultOf(t, check(t, p.export(t)), "recorded")
	require.Equal(t, proof.Undecided, result)
	require.Contains(t, why, `User "ann" may start sessions without the session role`)
}

// bucketRecording changes the stack so that it records to a bucket with a KMS key.
func bucketRecording(p *peer) {
	const keyARN = "arn:aws:kms:eu-west-1:123456789012:key/k-1"
	p.put("aws:kms/key:Key", "key", "k-1", props{"arn": keyARN})
	p.put("aws:s3/bucketV2:BucketV2", "bucket", "session-records", props{"bucket": "session-records", "forceDestroy": false})
	p.put("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block", "session-records", props{
		"bucket": "session-records", "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	}, "bucket")
	p.put("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "sse", "session-records", props{
		"bucket": "session-records", "rules": list(props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": keyARN}}),
	}, "bucket", "key")
	p.put("aws:ssm/document:Document", "shell", "shell", props{
		"name": "shell", "documentType": "Session", "content": `{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{` +
			`"s3BucketName":"session-records","s3KeyPrefix":"shells","s3EncryptionEnabled":true,"cloudWatchLogGroupName":""}}`,
	}, "bucket")
	p.put("aws:iam/rolePolicy:RolePolicy", "recording", "instance-role:recording", props{"role": "instance-role", "policy": document(
		`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::session-records/shells/*"}`,
		`{"Effect":"Allow","Action":"s3:GetEncryptionConfiguration","Resource":"arn:aws:s3:::session-records"}`,
		`{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"`+keyARN+`"}`)}, "instance-role")
	for _, name := range []string{"bucket", "key", "recording"} {
		p.resources["box"].Dependencies = append(p.resources["box"].Dependencies, p.resources[name].URN)
	}
	p.set("people-policy", "policy", document(strings.Replace(startStatement, "SSM-SessionManagerRunShell", "shell", 1), ownStatement, channelStatement))
}

func TestCheck_recordsToABucket(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(*peer)
		want []string
	}{
		"good":            {func(*peer) {}, []string{}},
		"a public bucket": {func(p *peer) { p.set("block", "restrictPublicBuckets", false) }, []string{"recorded: refuted"}},
		"no block at all": {func(p *peer) { p.remove("block") }, []string{"recorded: undecided"}},
		"forceDestroy":    {func(p *peer) { p.set("bucket", "forceDestroy", true) }, []string{"recorded: refuted"}},
		// The policy of the bucket, which is not in the state, may deny writing, and its Region is unknown.
		"another bucket": {func(p *peer) { p.remove("bucket") }, []string{"reach.s3: undecided", "agent: undecided", "recorded: undecided"}},
		"another prefix": {
			func(p *peer) {
				text, _ := p.resources["recording"].Outputs["policy"].(string)
				p.set("recording", "policy", strings.Replace(text, "/shells/", "/other/", 1))
			}, []string{"agent: refuted", "recorded: undecided"},
		},
		"no use of the key": {
			func(p *peer) {
				text, _ := p.resources["recording"].Outputs["policy"].(string)
				p.set("recording", "policy", strings.Replace(text, "kms:GenerateDataKey", "kms:DescribeKey", 1))
			}, []string{"agent: refuted", "recorded: undecided"},
		},
		"no read of the encryption": {
			func(p *peer) {
				text, _ := p.resources["recording"].Outputs["policy"].(string)
				p.set("recording", "policy", strings.Replace(text, "s3:GetEncryptionConfiguration", "s3:GetBucketAcl", 1))
			}, []string{"agent: refuted", "recorded: undecided"},
		},
		"an endpoint policy without the bucket": {
			func(p *peer) {
				p.set("s3", "policy", document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::amazon-ssm-eu-west-1/*"}`))
			}, []string{"reach.s3: refuted"},
		},
		"a key policy without the account": {
			func(p *peer) {
				p.set("key", "policy", document(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/x"},"Action":"kms:*","Resource":"*"}`))
			}, []string{"agent: refuted", "recorded: undecided"},
		},
		"a bucket after the instance": {func(p *peer) {
			p.reorder("box", "app", "instance-group", "endpoint-group", "ssm", "ssmmessages", "s3", "app-association", "profile", "core", "recording")
		}, []string{"ordered: refuted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goodPeer()
			bucketRecording(p)
			test.make(p)
			require.Equal(t, test.want, failing(check(t, p.export(t)), proof.Required))
		})
	}
}
