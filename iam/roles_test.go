package iam_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/iam"
	"bastionless/internal/pulumitest"
)

const (
	roleType       = "aws:iam/role:Role"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	profileType    = "aws:iam/instanceProfile:InstanceProfile"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	instanceType   = "aws:ec2/instance:Instance"

	instanceRoleComponent = "bastionless:iam:InstanceRole"
	sessionRoleComponent  = "bastionless:iam:SessionRole"
)

func TestInstanceRole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		partition, roleName, trusts string
	}{
		"generated names": {"aws", "", "ec2.amazonaws.com"},
		"given names":     {"aws", "Agent", "ec2.amazonaws.com"},
		"China":           {"aws-cn", "", "ec2.amazonaws.com.cn"},
		"GovCloud":        {"aws-us-gov", "", "ec2.amazonaws.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
				testInstanceRole(t, mode, test.partition, test.roleName, test.trusts)
			})
		})
	}
}

func testInstanceRole(t *testing.T, mode pulumitest.Mode, partition, roleName, trusts string) {
	t.Helper()
	result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		role, err := iam.NewInstanceRole(ctx, "agent", &iam.InstanceRoleArgs{Partition: partition, RoleName: roleName})
		if err != nil {
			return err
		}
		ctx.Export("role", role.RoleName)
		ctx.Export("profile", role.ProfileName)
		require.Len(t, role.Permissions(), 3)
		return nil
	})

	// Where no name is given, what Pulumi generates is known only after.
	roleInputs := pulumitest.Map{
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["` + trusts +
			`"]},"Action":["sts:AssumeRole"]}]}`,
	}
	actual := mode.Computed("agent-name")
	profileInputs := pulumitest.Map{"role": actual}
	if roleName != "" {
		actual = roleName
		roleInputs["name"] = roleName
		profileInputs = pulumitest.Map{"role": roleName, "name": roleName}
	}
	parent := instanceRoleComponent + "::agent"
	beside := []string{"deleteBeforeReplace: false"}
	result.RequireResources(t, pulumitest.Resource{
		Type: instanceRoleComponent, Name: "agent", Inputs: pulumitest.Map{"partition": partition, "roleName": roleName},
	}, pulumitest.Resource{
		Type: roleType, Name: "agent", Parent: parent, Inputs: roleInputs, Options: beside,
	}, pulumitest.Resource{
		Type: attachmentType, Name: "agent-core", Parent: parent,
		Inputs: pulumitest.Map{
			"role": actual, "policyArn": "arn:" + partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore",
		},
		Dependencies: []string{roleType + "::agent"}, Options: beside,
	}, pulumitest.Resource{
		Type: profileType, Name: "agent", Parent: parent, Inputs: profileInputs,
		Dependencies: []string{roleType + "::agent"}, Options: beside,
	})
	require.Equal(t, pulumitest.Map{"role": actual, "profile": actual}, result.Exports)
}

func principals(t *testing.T, texts ...string) []iam.Principal {
	t.Helper()
	var all []iam.Principal
	for _, text := range texts {
		principal, err := iam.ParsePrincipal("aws", text)
		require.NoError(t, err)
		all = append(all, principal)
	}
	return all
}

func sessionRoleArgs(t *testing.T) *iam.SessionRoleArgs {
	t.Helper()
	return &iam.SessionRoleArgs{
		Partition:   "aws",
		Region:      "eu-west-1",
		AccountID:   "123456789012",
		Principals:  principals(t, "arn:aws:iam::123456789012:user/ann"),
		RequireMFA:  true,
		Documents:   []iam.Document{iam.Shell},
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

// A policy that names instances is not known before they are.
func TestSessionRole(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			instance, err := awsec2.NewInstance(ctx, "host", &awsec2.InstanceArgs{})
			if err != nil {
				return err
			}
			args := sessionRoleArgs(t)
			args.InstanceIDs = pulumi.StringArray{instance.ID()}
			role, err := iam.NewSessionRole(ctx, "people", args)
			if err != nil {
				return err
			}
			ctx.Export("arn", role.ARN)
			return nil
		})
		parent := sessionRoleComponent + "::people"
		result.RequireResources(t, pulumitest.Resource{Type: instanceType, Name: "host"}, pulumitest.Resource{
			Type: sessionRoleComponent, Name: "people",
			Inputs: pulumitest.Map{
				"roleName": "", "principals": pulumitest.List{"arn:aws:iam::123456789012:user/ann"}, "requireMfa": true,
				"documents": pulumitest.List{"shell"}, "anyInstance": false, "pushKey": false,
			},
		}, pulumitest.Resource{
			Type: roleType, Name: "people", Parent: parent,
			Inputs: pulumitest.Map{"assumeRolePolicy": trustAnn}, Options: []string{"deleteBeforeReplace: false"},
		}, pulumitest.Resource{
			Type: rolePolicyType, Name: "people", Parent: parent,
			Inputs: pulumitest.Map{
				"name": "SSMSession_policy", "role": mode.Computed("people-name"),
				"policy": mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
					`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:eu-west-1:123456789012:instance/host-id",` + sessionTail),
			},
			Dependencies: []string{instanceType + "::host", roleType + "::people"}, Options: []string{"deleteBeforeReplace: false"},
		})
		require.Equal(t, pulumitest.Map{"arn": mode.Computed("arn:of:people")}, result.Exports)
	})
}

func TestSessionRole_named(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			args := sessionRoleArgs(t)
			args.RoleName, args.AnyInstance = "People", true
			_, err := iam.NewSessionRole(ctx, "people", args)
			return err
		})
		require.NoError(t, result.Err)
		require.Equal(t, pulumitest.Map{"name": "People", "assumeRolePolicy": trustAnn},
			result.Resource(t, roleType+"::people").Inputs)
		require.Equal(t, pulumitest.Map{
			"name": "SSMSession_policy", "role": "People",
			"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"StartSession","Effect":"Allow",` +
				`"Action":["ssm:StartSession"],"Resource":["arn:aws:ec2:*:*:instance/*",` + sessionTail,
		}, result.Resource(t, rolePolicyType+"::people").Inputs)
	})
}

// Both components of the package, twice each. That names differ, Run demands.
func TestRoles_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	pulumitest.Both(t, func(t *testing.T, mode pulumitest.Mode) {
		result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
			provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
			if err != nil {
				return err
			}
			for _, name := range []string{"one", "two"} {
				args := &iam.InstanceRoleArgs{Partition: "aws"}
				if _, err := iam.NewInstanceRole(ctx, name, args, pulumi.Provider(provider)); err != nil {
					return err
				}
				if _, err := iam.NewSessionRole(ctx, name+"-people", sessionRoleArgs(t), pulumi.Provider(provider)); err != nil {
					return err
				}
			}
			return nil
		})
		result.RequireProvider(t, "pulumi:providers:aws::other")
		require.Len(t, result.Resources, 1+2*(1+3)+2*(1+2))
	})
}

func TestInstanceRole_rejects(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]*iam.InstanceRoleArgs{"missing args": nil, "missing Partition": {RoleName: "Agent"}} {
		result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
			_, err := iam.NewInstanceRole(ctx, "agent", args)
			return err
		})
		require.EqualError(t, result.Err, `instance role "agent": `+want)
		require.Empty(t, result.Resources)
	}
}

func TestSessionRole_rejects(t *testing.T) {
	t.Parallel()
	wrong := sessionRoleArgs(t)
	wrong.Documents = []iam.Document{iam.Shell, "telnet"}
	wrong.Principals = principals(t, "sso:Admin", "account", "arn:aws:iam::123456789012:role/ops")
	for name, test := range map[string]struct {
		args *iam.SessionRoleArgs
		want string
	}{
		"no args": {nil, "missing args"},
		"empty args": {
			&iam.SessionRoleArgs{},
			"missing Partition\nmissing Region\nmissing AccountID\nmissing Principals: nobody could assume the role\n" +
				"missing Documents: the role could open no session\nmissing InstanceIDs",
		},
		"an unknown document, and MFA where it cannot be": {
			wrong,
			`document "telnet": give any of ["shell" "ssh" "port-forwarding" "remote-port-forwarding"]` + "\n" +
				`RequireMFA: principal "sso:Admin" can never say that it signed in with MFA` + "\n" +
				`RequireMFA: principal "arn:aws:iam::123456789012:role/ops" can never say that it signed in with MFA`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				role, err := iam.NewSessionRole(ctx, "people", test.args)
				require.Nil(t, role)
				return err
			})
			require.EqualError(t, result.Err, `session role "people": `+test.want)
			require.Empty(t, result.Resources)
		})
	}
}
