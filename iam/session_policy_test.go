package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
	"bastionless/internal/policy"
)

var tokyo = awsenv.Env{
	Partition: "aws", DNSSuffix: "amazonaws.com", Region: "ap-northeast-1", AccountID: "123456789012",
}

func requireJSON(t *testing.T, want string, document policy.Document) {
	t.Helper()
	text, err := document.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[`+want+`]}`, text)
}

// start returns the statement that allows starting sessions. fixed returns the statements that every
// session policy has. pushKey returns the statement for SSH without a key pair.
func start(arns ...string) string {
	return `{"Sid":"StartSession","Effect":"Allow","Action":["ssm:StartSession"],"Resource":["` + strings.Join(arns, `","`) +
		`"],"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]}}}`
}

func fixed(sessions string) string {
	return `,{"Sid":"OwnSessions","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],"Resource":["` +
		sessions + `"],"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":["${aws:userid}"]}}},` +
		`{"Sid":"DataChannel","Effect":"Allow","Action":["ssmmessages:OpenDataChannel"],"Resource":["*"]},` +
		`{"Sid":"Look","Effect":"Allow","Action":["ec2:DescribeInstances","ssm:DescribeInstanceInformation",` +
		`"ssm:DescribeInstanceProperties","ssm:DescribeSessions","ssm:GetConnectionStatus"],"Resource":["*"]}`
}

func pushKey(arns ...string) string {
	return `,{"Sid":"PushKey","Effect":"Allow","Action":["ec2-instance-connect:SendSSHPublicKey"],"Resource":["` +
		strings.Join(arns, `","`) + `"],"Condition":{"StringEquals":{"ec2:osuser":["ec2-user"]}}}`
}

// The policies of the example stacks and of each kind of session.
func TestSessionPolicy(t *testing.T) {
	t.Parallel()
	const (
		instance = "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1"
		other    = "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-2"
		sessions = "arn:aws:ssm:ap-northeast-1:123456789012:session/*"
		shell    = "arn:aws:ssm:ap-northeast-1:123456789012:document/SSM-SessionManagerRunShell"
		custom   = "arn:aws:ssm:ap-northeast-1:123456789012:document/audit-1a2b"
		ssh      = "arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession"
		port     = "arn:aws:ssm:ap-northeast-1::document/AWS-StartPortForwardingSession"
		remote   = "arn:aws:ssm:ap-northeast-1::document/AWS-StartPortForwardingSessionToRemoteHost"
		keyARN   = "arn:aws:kms:ap-northeast-1:123456789012:key/k-1"
		encrypt  = `,{"Sid":"Encrypt","Effect":"Allow","Action":["kms:GenerateDataKey"],"Resource":["` + keyARN + `"]}`
	)
	for name, test := range map[string]struct {
		options   SessionRoleOptions
		pushKey   bool
		instances []string
		document  string // the custom document, or ""
		key       string // the ARN of the key, or ""
		want      string
	}{
		"article": {
			options:   SessionRoleOptions{Documents: []Document{Shell, SSH}, Targets: TargetsAny},
			instances: []string{"i-1"},
			want:      start("arn:aws:ec2:*:*:instance/*", shell, ssh) + fixed(sessions),
		},
		"dev": {
			options:   SessionRoleOptions{Documents: []Document{Shell, SSH}},
			pushKey:   true,
			instances: []string{"i-1"},
			want:      start(instance, shell, ssh) + fixed(sessions) + pushKey(instance),
		},
		"prod": {
			options:   SessionRoleOptions{Documents: []Document{Shell}},
			instances: []string{"i-1", "i-2"}, document: "audit-1a2b", key: keyARN,
			want: start(instance, other, custom) + fixed(sessions) + encrypt,
		},
		"limited in time only": {
			options:   SessionRoleOptions{Documents: []Document{Shell, SSH}},
			instances: []string{"i-1"}, document: "audit-1a2b",
			want: start(instance, custom, ssh) + fixed(sessions),
		},
		"ssh only": {
			options: SessionRoleOptions{Documents: []Document{SSH}}, instances: []string{"i-1"}, want: start(instance, ssh) + fixed(sessions),
		},
		// The custom document is for shells only.
		"ssh only, in a stack with a custom document": {
			options:   SessionRoleOptions{Documents: []Document{SSH}},
			instances: []string{"i-1"}, document: "audit-1a2b",
			want: start(instance, ssh) + fixed(sessions),
		},
		"port forwarding only": {
			options:   SessionRoleOptions{Documents: []Document{PortForwarding}},
			instances: []string{"i-1"},
			want:      start(instance, port) + fixed(sessions),
		},
		"remote port forwarding only": {
			options:   SessionRoleOptions{Documents: []Document{RemotePortForwarding}},
			instances: []string{"i-1"},
			want:      start(instance, remote) + fixed(sessions),
		},
		"a pushed key on any instance": {
			options:   SessionRoleOptions{Documents: []Document{SSH}, Targets: TargetsAny},
			pushKey:   true,
			instances: []string{"i-1"},
			want:      start("arn:aws:ec2:*:*:instance/*", ssh) + fixed(sessions) + pushKey("arn:aws:ec2:*:*:instance/*"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := SessionRoleArgs{SessionRoleOptions: test.options, Env: tokyo, PushKey: test.pushKey}
			requireJSON(t, test.want, args.sessionPolicy(test.instances, test.document, test.key))
		})
	}
}

func TestSessionPolicy_inOtherPartitions(t *testing.T) {
	t.Parallel()
	for _, env := range []awsenv.Env{
		{Partition: "aws-cn", Region: "cn-north-1"},
		{Partition: "aws-us-gov", Region: "us-gov-west-1"},
		{Partition: "aws-eusc", Region: "eusc-de-east-1"},
	} {
		t.Run(env.Partition, func(t *testing.T) {
			t.Parallel()
			env.AccountID = "123456789012"
			args := SessionRoleArgs{SessionRoleOptions: SessionRoleOptions{Documents: Documents()}, Env: env, PushKey: true}
			arn := func(service, account, resource string) string {
				return "arn:" + env.Partition + ":" + service + ":" + env.Region + ":" + account + ":" + resource
			}
			instance := arn("ec2", "123456789012", "instance/i-1")
			requireJSON(t, start(
				instance,
				arn("ssm", "123456789012", "document/SSM-SessionManagerRunShell"),
				arn("ssm", "", "document/AWS-StartSSHSession"),
				arn("ssm", "", "document/AWS-StartPortForwardingSession"),
				arn("ssm", "", "document/AWS-StartPortForwardingSessionToRemoteHost"),
			)+fixed(arn("ssm", "123456789012", "session/*"))+pushKey(instance), args.sessionPolicy([]string{"i-1"}, "", ""))
		})
	}
}

// AWS allows 10,240 characters for all inline policies of a role together, and this is the only one. A
// stack has at most 50 instances.
func TestSessionPolicy_fits50Instances(t *testing.T) {
	t.Parallel()
	instances := make([]string, 50)
	for i := range instances {
		instances[i] = fmt.Sprintf("i-%017x", i)
	}
	for _, env := range []awsenv.Env{
		{Partition: "aws", Region: "ap-northeast-1"},
		{Partition: "aws-cn", Region: "cn-northwest-1"},
		{Partition: "aws-us-gov", Region: "us-gov-west-1"},
		{Partition: "aws-eusc", Region: "eusc-de-east-1"},
		{Partition: "aws-iso-b", Region: "us-isob-east-1"},
	} {
		env.AccountID = "123456789012"
		args := SessionRoleArgs{SessionRoleOptions: SessionRoleOptions{Documents: Documents()}, Env: env, PushKey: true}
		text, err := args.sessionPolicy(instances, "", "").JSON()
		require.NoError(t, err)
		require.Equal(t, 2*50, strings.Count(text, ":instance/i-"), "the policy contains all instances, to start sessions and to push keys")
		require.LessOrEqual(t, len(text), 10240, env.Partition)

		// With a custom document, in a stack that limits sessions in time only. Encrypted stacks do not
		// allow SSH.
		text, err = args.sessionPolicy(instances, strings.Repeat("d", 128), "").JSON()
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 10240, env.Partition)
	}
}
