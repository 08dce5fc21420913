package network_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"bastionless/internal/awsenv"
	"bastionless/internal/pulumitest"
	"bastionless/network"
)

const (
	logGroupType   = "aws:cloudwatch/logGroup:LogGroup"
	roleType       = "aws:iam/role:Role"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	flowLogType    = "aws:ec2/flowLog:FlowLog"
	flowComponent  = "bastionless:network:FlowLogs"
)

func flowLogsArgs() *network.FlowLogsArgs {
	return &network.FlowLogsArgs{
		FlowLogOptions: network.FlowLogOptions{RetentionDays: 30},
		Env: awsenv.Env{
			Partition: "aws", DNSSuffix: "amazonaws.com", Region: "eu-west-1", AccountID: "123456789012",
		},
		VPCID: pulumi.String("vpc-1"),
	}
}

// flowTrust is the trust policy of the role in a partition and Region.
func flowTrust(partition, region string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["vpc-flow-logs.amazonaws.com"]},` +
		`"Action":["sts:AssumeRole"],"Condition":{` +
		`"ArnLike":{"aws:SourceArn":["arn:` + partition + `:ec2:` + region + `:123456789012:vpc-flow-log/*"]},` +
		`"StringEquals":{"aws:SourceAccount":["123456789012"]}}}]}`
}

func TestFlowLogs(t *testing.T) {
	t.Parallel()
	for _, boundary := range []string{"", "arn:aws:iam::123456789012:policy/limits"} {
		t.Run("with the boundary "+boundary, func(t *testing.T) {
			t.Parallel()
			pulumitest.EachMode(t, func(t *testing.T, mode pulumitest.Mode) { testFlowLogs(t, mode, boundary) })
		})
	}
}

func testFlowLogs(t *testing.T, mode pulumitest.Mode, boundary string) {
	t.Helper()
	result := pulumitest.Run(t, pulumitest.Setup{Mode: mode}, func(ctx *pulumi.Context) error {
		args := flowLogsArgs()
		args.PermissionsBoundary = boundary
		logs, err := network.NewFlowLogs(ctx, "flow", args)
		if err != nil {
			return err
		}
		ctx.Export("group", logs.LogGroupName)
		return nil
	})
	parent, group, role := flowComponent+"::flow", logGroupType+"::flow", roleType+"::flow"
	roleInputs := pulumitest.Map{"assumeRolePolicy": flowTrust("aws", "eu-west-1")}
	if boundary != "" {
		roleInputs["permissionsBoundary"] = boundary
	}
	result.RequireResources(t, pulumitest.Resource{
		Type: flowComponent, Name: "flow", Inputs: pulumitest.Map{"keepDays": 30, "permissionsBoundary": boundary},
	}, pulumitest.Resource{
		Type: logGroupType, Name: "flow", Parent: parent, Inputs: pulumitest.Map{"retentionInDays": 30},
	}, pulumitest.Resource{
		Type: roleType, Name: "flow", Parent: parent, Inputs: roleInputs,
	}, pulumitest.Resource{
		Type: rolePolicyType, Name: "flow", Parent: parent,
		Inputs: pulumitest.Map{
			"role": mode.Computed("flow-name"),
			"policy": mode.Computed(`{"Version":"2012-10-17","Statement":[{"Sid":"WriteFlowLogs","Effect":"Allow",` +
				`"Action":["logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Resource":["arn:of:flow:*"]},` +
				`{"Sid":"FindLogGroup","Effect":"Allow","Action":["logs:DescribeLogGroups"],"Resource":["*"]}]}`),
		},
		Dependencies: []string{group, role},
	}, pulumitest.Resource{
		Type: flowLogType, Name: "flow", Parent: parent,
		Inputs: pulumitest.Map{
			"vpcId": "vpc-1", "trafficType": "ALL", "logDestinationType": "cloud-watch-logs",
			"logDestination": mode.Computed("arn:of:flow"), "iamRoleArn": mode.Computed("arn:of:flow"),
		},
		Dependencies: []string{group, role, rolePolicyType + "::flow"},
		Options:      []string{"deleteBeforeReplace: true"},
	})
	require.Equal(t, pulumitest.Map{"group": mode.Computed("flow-name")}, result.Exports)
}

// Run fails the test if two resources have the same name.
func TestFlowLogs_coexistOnTheCallersProvider(t *testing.T) {
	t.Parallel()
	result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "other", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		for name, args := range map[string]*network.FlowLogsArgs{"one": flowLogsArgs(), "two": flowLogsArgs()} {
			args.Env.Partition, args.Env.Region = "aws-cn", "cn-north-1"
			if _, err := network.NewFlowLogs(ctx, name, args, pulumi.Provider(provider)); err != nil {
				return err
			}
		}
		return nil
	})
	result.RequireProvider(t, "pulumi:providers:aws::other")
	require.Len(t, result.Resources, 1+2*(1+4))
	require.Equal(t, flowTrust("aws-cn", "cn-north-1"), result.Resource(t, roleType+"::two").Inputs["assumeRolePolicy"])
}

func TestFlowLogs_rejects(t *testing.T) {
	t.Parallel()
	unsupported := flowLogsArgs()
	unsupported.RetentionDays = 2
	for name, test := range map[string]struct {
		args   *network.FlowLogsArgs
		fields []string
	}{
		"no args": {nil, []string{"args"}},
		"empty args": {
			&network.FlowLogsArgs{},
			[]string{"Env.Partition", "Env.DNSSuffix", "Env.Region", "Env.AccountID", "VPCID", "RetentionDays"},
		},
		"an unsupported retention time": {unsupported, []string{"invalid options", "flowLogDays"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := pulumitest.Run(t, pulumitest.Setup{}, func(ctx *pulumi.Context) error {
				logs, err := network.NewFlowLogs(ctx, "flow", test.args)
				require.Nil(t, logs)
				return err
			})
			require.ErrorContains(t, result.Err, `flow logs "flow": `)
			result.RequireRejected(t, test.fields...)
		})
	}
}
