package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/internal/policy"
)

func inTokyo() SessionRoleArgs {
	return SessionRoleArgs{Partition: "aws", Region: "ap-northeast-1", AccountID: "123456789012"}
}

func requireJSON(t *testing.T, want string, document policy.Document) {
	t.Helper()
	text, err := document.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":[`+want+`]}`, text)
}

// start and fixed are the statements of every session policy; pushKey that of SSH without a key pair.
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

// The policies of the stacks that have files, and each row of documents.
func TestSessionPolicy(t *testing.T) {
	t.Parallel()
	const (
		instance = "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1"
		other    = "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-2"
		sessions = "arn:aws:ssm:ap-northeast-1:123456789012:session/*"
		shell    = "arn:aws:ssm:ap-northeast-1:123456789012:document/SSM-SessionManagerRunShell"
		own      = "arn:aws:ssm:ap-northeast-1:123456789012:document/audit-1a2b"
		ssh      = "arn:aws:ssm:ap-northeast-1::document/AWS-StartSSHSession"
		port     = "arn:aws:ssm:ap-northeast-1::document/AWS-StartPortForwardingSession"
		remote   = "arn:aws:ssm:ap-northeast-1::document/AWS-StartPortForwardingSessionToRemoteHost"
		keyARN   = "arn:aws:kms:ap-northeast-1:123456789012:key/k-1"
		encrypt  = `,{"Sid":"Encrypt","Effect":"Allow","Action":["kms:GenerateDataKey"],"Resource":["` + keyARN + `"]}`
	)
	for name, test := range map[string]struct {
		args      SessionRoleArgs
		instances []string
		document  string // the stack's own, if any
		key       string // its ARN, if any
		want      string
	}{
		"article": {
			args:      SessionRoleArgs{Documents: []Document{Shell, SSH}, AnyInstance: true},
			instances: []string{"i-1"},
			want:      start("arn:aws:ec2:*:*:instance/*", shell, ssh) + fixed(sessions),
		},
		"dev": {
			args:      SessionRoleArgs{Documents: []Document{Shell, SSH}, PushKey: true},
			instances: []string{"i-1"},
			want:      start(instance, shell, ssh) + fixed(sessions) + pushKey(instance),
		},
		"prod": {
			args:      SessionRoleArgs{Documents: []Document{Shell}},
			instances: []string{"i-1", "i-2"}, document: "audit-1a2b", key: keyARN,
			want: start(instance, other, own) + fixed(sessions) + encrypt,
		},
		"limited in time alone": {
			args:      SessionRoleArgs{Documents: []Document{Shell, SSH}},
			instances: []string{"i-1"}, document: "audit-1a2b",
			want: start(instance, own, ssh) + fixed(sessions),
		},
		"ssh alone": {
			args: SessionRoleArgs{Documents: []Document{SSH}}, instances: []string{"i-1"}, want: start(instance, ssh) + fixed(sessions),
		},
		// The document is for shells, so that the role does not open any with it.
		"ssh alone, in a stack with a document": {
			args:      SessionRoleArgs{Documents: []Document{SSH}},
			instances: []string{"i-1"}, document: "audit-1a2b",
			want: start(instance, ssh) + fixed(sessions),
		},
		"port forwarding alone": {
			args:      SessionRoleArgs{Documents: []Document{PortForwarding}},
			instances: []string{"i-1"},
			want:      start(instance, port) + fixed(sessions),
		},
		"remote port forwarding alone": {
			args:      SessionRoleArgs{Documents: []Document{RemotePortForwarding}},
			instances: []string{"i-1"},
			want:      start(instance, remote) + fixed(sessions),
		},
		"a pushed key on any instance": {
			args:      SessionRoleArgs{Documents: []Document{SSH}, AnyInstance: true, PushKey: true},
			instances: []string{"i-1"},
			want:      start("arn:aws:ec2:*:*:instance/*", ssh) + fixed(sessions) + pushKey("arn:aws:ec2:*:*:instance/*"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.args.Partition, test.args.Region, test.args.AccountID = "aws", "ap-northeast-1", "123456789012"
			requireJSON(t, test.want, test.args.sessionPolicy(test.instances, test.document, test.key))
		})
	}
}

func TestSessionPolicy_inOtherPartitions(t *testing.T) {
	t.Parallel()
	for _, place := range []struct{ partition, region string }{
		{"aws-cn", "cn-north-1"}, {"aws-us-gov", "us-gov-west-1"}, {"aws-eusc", "eusc-de-east-1"},
	} {
		t.Run(place.partition, func(t *testing.T) {
			t.Parallel()
			args := SessionRoleArgs{
				Partition: place.partition, Region: place.region, AccountID: "123456789012", Documents: Documents, PushKey: true,
			}
			arn := func(service, account, resource string) string {
				return "arn:" + place.partition + ":" + service + ":" + place.region + ":" + account + ":" + resource
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

// The configuration admits 50 instances, and AWS 10,240 characters for all inline policies of a role together; this is
// the role's only one.
func TestSessionPolicy_holds50Instances(t *testing.T) {
	t.Parallel()
	instances := make([]string, 50)
	for i := range instances {
		instances[i] = fmt.Sprintf("i-%017x", i)
	}
	for _, place := range []struct{ partition, region string }{
		{"aws", "ap-northeast-1"},
		{"aws-cn", "cn-northwest-1"},
		{"aws-us-gov", "us-gov-west-1"},
		{"aws-eusc", "eusc-de-east-1"},
		{"aws-iso-b", "us-isob-east-1"},
	} {
		args := SessionRoleArgs{
			Partition: place.partition, Region: place.region, AccountID: "123456789012", Documents: Documents, PushKey: true,
		}
		text, err := args.sessionPolicy(instances, "", "").JSON()
		require.NoError(t, err)
		require.Equal(t, 2*50, strings.Count(text, ":instance/i-"), "all instances are in it, to start sessions and to push keys")
		require.LessOrEqual(t, len(text), 10240, place.partition)

		// With a document of the stack's own, limited in time alone. With a key there is no SSH, and so no key to push.
		text, err = args.sessionPolicy(instances, strings.Repeat("d", 128), "").JSON()
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 10240, place.partition)
	}
}

func TestTrustPolicy(t *testing.T) {
	t.Parallel()
	var (
		ann  = Principal{arn: "arn:aws:iam::123456789012:user/ann", user: true}
		bob  = Principal{arn: "arn:aws:iam::123456789012:user/bob", user: true}
		ops  = Principal{arn: "arn:aws:iam::210987654321:role/ops"}
		far  = Principal{account: "210987654321"}
		sso  = Principal{permissionSet: "Admin"}
		sso2 = Principal{permissionSet: "ReadOnly"}
	)
	const (
		mfa   = `"Bool":{"aws:MultiFactorAuthPresent":["true"]}`
		named = `"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}`
		role  = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"
	)
	admits := func(conditions string, arns ...string) string {
		text := `{"Effect":"Allow","Principal":{"AWS":["` + strings.Join(arns, `","`) + `"]},"Action":["sts:AssumeRole"]`
		if conditions != "" {
			text += `,"Condition":{` + conditions + `}`
		}
		return text + `}`
	}
	root := "arn:aws:iam::123456789012:root"
	for name, test := range map[string]struct {
		principals []Principal
		mfa        bool
		want       string
	}{
		"the account, with MFA":  {[]Principal{{}}, true, admits(mfa, root)},
		"the account":            {[]Principal{{}}, false, admits("", root)},
		"another account":        {[]Principal{far}, true, admits(mfa, "arn:aws:iam::210987654321:root")},
		"a user, with MFA":       {[]Principal{ann}, true, admits(mfa+","+named, ann.arn)},
		"users":                  {[]Principal{ann, bob}, false, admits(named, ann.arn, bob.arn)},
		"a role":                 {[]Principal{ops}, false, admits("", ops.arn)},
		"a user and a role":      {[]Principal{ann, ops}, false, admits("", ann.arn, ops.arn)},
		"a user and the account": {[]Principal{ann, {}}, true, admits(mfa, ann.arn, root)},
		"permission sets": {
			[]Principal{sso, sso2},
			false,
			admits(`"ArnLike":{"aws:PrincipalArn":["`+role+`Admin_*","`+role+`ReadOnly_*"]}`, root),
		},
		"a user and a permission set": {
			[]Principal{ann, sso},
			false,
			admits("", ann.arn) + "," + admits(`"ArnLike":{"aws:PrincipalArn":["`+role+`Admin_*"]}`, root),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := inTokyo()
			args.Principals, args.RequireMFA = test.principals, test.mfa
			requireJSON(t, test.want, args.trustPolicy())
			require.Equal(t, len(`{"Version":"2012-10-17","Statement":[]}`)+len(test.want), args.TrustPolicySize())
		})
	}
}

// An age is demanded of everybody of whom MFA is, in seconds, and of nobody else.
func TestTrustPolicy_ofRecentMFA(t *testing.T) {
	t.Parallel()
	args := inTokyo()
	args.Principals = []Principal{{arn: "arn:aws:iam::123456789012:user/ann", user: true}}
	args.RequireMFA, args.MFAMaxAgeMinutes = true, 60
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:user/ann"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},`+
		`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["3600"]},`+
		`"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}}`, args.trustPolicy())

	args.Principals, args.MFAMaxAgeMinutes = []Principal{{}}, 1
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},`+
		`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["60"]}}}`, args.trustPolicy())

	args.RequireMFA = false
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":["sts:AssumeRole"]}`,
		args.trustPolicy())
}

func TestTrustPolicy_inOtherPartitions(t *testing.T) {
	t.Parallel()
	args := SessionRoleArgs{
		Partition: "aws-us-gov", Region: "us-gov-west-1", AccountID: "123456789012",
		Principals: []Principal{{}, {account: "210987654321"}, {permissionSet: "Admin"}},
	}
	requireJSON(t, `{"Effect":"Allow","Principal":{"AWS":["arn:aws-us-gov:iam::123456789012:root",`+
		`"arn:aws-us-gov:iam::210987654321:root"]},"Action":["sts:AssumeRole"]},`+
		`{"Effect":"Allow","Principal":{"AWS":["arn:aws-us-gov:iam::123456789012:root"]},"Action":["sts:AssumeRole"],`+
		`"Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws-us-gov:iam::123456789012:role/aws-reserved/sso.amazonaws.com/`+
		`*AWSReservedSSO_Admin_*"]}}}`, args.trustPolicy())
}
