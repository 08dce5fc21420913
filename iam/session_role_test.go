package iam_test

import (
	"strings"
	"testing"

	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
)

func principals(t *testing.T, texts ...string) []iam.Principal {
	t.Helper()
	var all []iam.Principal
	for _, text := range texts {
		principal, err := iam.ParsePrincipal(text)
		require.NoError(t, err)
		all = append(all, principal)
	}
	return all
}

func sessionRoleArgs(t *testing.T) *iam.SessionRoleArgs {
	t.Helper()
	return &iam.SessionRoleArgs{
		SessionRoleOptions: iam.SessionRoleOptions{
			Principals: principals(t, "arn:aws:iam::123456789012:user/ann"),
			RequireMFA: true,
			Documents:  []iam.Document{iam.Shell},
		},
		Env:         ireland,
		InstanceIDs: pulumi.StringArray{pulumi.String("i-1")},
	}
}

const (
	trustAnn = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:user/ann"]},` +
		`"Action":["sts:AssumeRole"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true"]},` +
		`"StringEquals":{"sts:RoleSessionName":["${aws:username}"]}}}]}`
	sessionTail = `"arn:aws:ssm:eu-west-1:123456789012:document/SSM-SessionManagerRunShell"],` +
		`"Condition":{"BoolIfExists":{"ssm:SessionDocumentAccessCheck":["true"]}}},` +
		`{"Sid":"OwnSessions","Effect":"Allow","Action":["ssm:ResumeSession","ssm:TerminateSession"],` +
		`"Resource":["arn:aws:ssm:eu-west-1:123456789012:session/*"],` +
		`"Condition":{"StringEquals":{"ssm:resourceTag/aws:ssmmessages:session-id":["${aws:userid}"]}}},` +
		`{"Sid":"DataChannel","Effect":"Allow","Action":["ssmmessages:OpenDataChannel"],"Resource":["*"]},` +
		`{"Sid":"Look","Effect":"Allow","Action":["ec2:DescribeInstances","ssm:DescribeInstanceInformation",` +
		`"ssm:DescribeInstanceProperties","ssm:DescribeSessions","ssm:GetConnectionStatus"],"Resource":["*"]}]}`
)

// A preview does not know the IDs of instances, so it does not know the policy that names them.
func TestSessionRole(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			instance, err := awsec2.NewInstance(ctx, "host", &awsec2.InstanceArgs{})
			if err != nil {
				return err
			}
			args := sessionRoleArgs(t)
			args.InstanceIDs = pulumi.StringArray{instance.ID()}
			role, err := iam.NewSessionRole(ctx, "session-role", args)
			if err != nil {
				return err
			}
			ctx.Export("arn", role.ARN)
			return nil
		})
		parent := sessionRoleComponent + "::session-role"
		result.RequireResources(t, pulumitest.Resource{Type: instanceType, Name: "host"}, pulumitest.Resource{
			Type: sessionRoleComponent, Name: "session-role",
			Inputs: pulumitest.Map{
				"roleName": "", "principals": pulumitest.List{"arn:aws:iam::123456789012:user/ann"}, "requireMfa": true,
				"documents": pulumitest.List{"shell"}, "anyInstance": false, "pushKey": false, "permissionsBoundary": "",
				"mfaMaxAgeMinutes": 0, "customDocument": false, "encrypted": false,
			},
		}, pulumitest.Resource{
			Type: roleType, Name: "session-role", Parent: parent,
			Inputs: pulumitest.Map{"assumeRolePolicy": trustAnn}, Options: []string{"deleteBeforeReplace: false"},
		}, pulumitest.Resource{
			Type: rolePolicyType, Name: "session-role", Parent: parent,
			Inputs: pulumitest.Map{
				"name": "SSMSession_policy", "role": mode.Computed("session-role-name"),
				"policy": mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
					`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/host-id",` + sessionTail),
			},
			Dependencies: []string{instanceType + "::host", roleType + "::session-role"}, Options: []string{"deleteBeforeReplace: false"},
		})
		require.Equal(t, pulumitest.Map{"arn": mode.Computed("arn:of:session-role")}, result.Exports)
	})
}

func TestSessionRole_named(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			args := sessionRoleArgs(t)
			args.RoleName, args.Targets = "Session", iam.TargetsAny
			_, err := iam.NewSessionRole(ctx, "session-role", args)
			return err
		})
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.Map{"name": "Session", "assumeRolePolicy": trustAnn},
			result.Resource(t, roleType+"::session-role").Inputs)
		require.Equal(t, pulumitest.Map{
			"name": "SSMSession_policy", "role": "Session",
			"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
				`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:*:*:instance/*",` + sessionTail,
		}, result.Resource(t, rolePolicyType+"::session-role").Inputs)
	})
}

// With a custom document and a key, whose names a preview does not know, with a boundary and with recent MFA.
func TestSessionRole_withRecords(t *testing.T) {
	t.Parallel()
	pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			custom, err := ssm.NewDocument(ctx, "audit", &ssm.DocumentArgs{Content: pulumi.String("{}"), DocumentType: pulumi.String("Session")})
			if err != nil {
				return err
			}
			key, err := kms.NewKey(ctx, "audit", &kms.KeyArgs{})
			if err != nil {
				return err
			}
			args := sessionRoleArgs(t)
			args.CustomDocument, args.KeyARN = custom.Name, key.Arn
			args.PermissionsBoundary, args.MFAMaxAgeMinutes = "arn:aws:iam::123456789012:policy/limits", 15
			_, err = iam.NewSessionRole(ctx, "session-role", args)
			return err
		})
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.Map{
			"roleName": "", "principals": pulumitest.List{"arn:aws:iam::123456789012:user/ann"}, "requireMfa": true,
			"documents": pulumitest.List{"shell"}, "anyInstance": false, "pushKey": false,
			"permissionsBoundary": "arn:aws:iam::123456789012:policy/limits", "mfaMaxAgeMinutes": 15, "customDocument": true, "encrypted": true,
		}, result.Resource(t, sessionRoleComponent+"::session-role").Inputs)
		require.Equal(t, pulumitest.Map{
			"permissionsBoundary": "arn:aws:iam::123456789012:policy/limits",
			"assumeRolePolicy": strings.Replace(trustAnn, `"StringEquals"`,
				`"NumericLessThanEquals":{"aws:MultiFactorAuthAge":["900"]},"StringEquals"`, 1),
		}, result.Resource(t, roleType+"::session-role").Inputs)
		policy := result.Resource(t, rolePolicyType+"::session-role")
		require.Equal(t, []string{roleType + "::session-role", keyType + "::audit", "aws:ssm/document:Document::audit"}, policy.Dependencies)
		require.Equal(t, mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",`+
			`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/i-1",`+
			strings.TrimSuffix(strings.Replace(sessionTail, "SSM-SessionManagerRunShell", "audit-name", 1), "]}")+
			`,{"Sid":"Encrypt","Effect":"Allow","Action":["kms:GenerateDataKey"],"Resource":["arn:of:audit"]}]}`), policy.Inputs["policy"])
	})
}

func TestSessionRole_rejects(t *testing.T) {
	t.Parallel()
	edited := func(edit func(*iam.SessionRoleArgs)) *iam.SessionRoleArgs {
		args := sessionRoleArgs(t)
		edit(args)
		return args
	}
	for name, test := range map[string]struct {
		args   *iam.SessionRoleArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&iam.SessionRoleArgs{},
			[]string{
				"Env.Partition", "Env.DNSSuffix", "Env.Region", "Env.AccountID", "Principals", "Documents", "InstanceIDs",
			},
		},
		"a negative age": {
			edited(func(a *iam.SessionRoleArgs) { a.MFAMaxAgeMinutes = -1 }), []string{"invalid options", "mfaMaxAgeMinutes"},
		},
		"an unknown document, and MFA of roles": {
			edited(func(a *iam.SessionRoleArgs) {
				a.Documents = []iam.Document{iam.Shell, "telnet"}
				a.Principals = principals(t, "sso:Admin", "account", "arn:aws:iam::123456789012:role/ops")
			}),
			[]string{
				"invalid options", `sessionPrincipals: "sso:Admin"`, `sessionPrincipals: "arn:aws:iam::123456789012:role/ops"`,
				`Documents contains "telnet"`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				role, err := iam.NewSessionRole(ctx, "session-role", test.args)
				require.Nil(t, role)
				return err
			})
			require.ErrorContains(t, result.Err, `session role "session-role": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
