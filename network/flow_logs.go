package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/policy"
)

// flowLogsType is recorded in state: a change makes another log group unless the old token stays as an alias.
const flowLogsType = "bastionless:network:FlowLogs"

// FlowLogsArgs describes flow logs of a VPC.
type FlowLogsArgs struct {
	// Partition is the Region's partition, such as "aws". Required. Plain: ARNs are built from it.
	Partition string
	// Region is the VPC's Region. Required. Plain: as Partition.
	Region string
	// AccountID is the stack's account, 12 digits. Required. Plain: as Partition.
	AccountID string
	// VPCID is the VPC whose traffic is logged. Required.
	VPCID pulumi.StringInput
	// KeepDays is for how many days they are kept: one of the retention times that CloudWatch Logs knows. Required.
	KeepDays int
	// PermissionsBoundary is the ARN of a policy that limits the role. Optional. Plain: it decides whether a property is
	// set.
	PermissionsBoundary string
}

// FlowLogs is a flow log of all traffic of a VPC, accepted and rejected, a log group for it and a role that writes to
// that log group alone. The log group goes with the stack.
type FlowLogs struct {
	pulumi.ResourceState

	// LogGroupName is the log group.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
}

// NewFlowLogs declares the flow logs that args describe.
func NewFlowLogs(
	ctx *pulumi.Context, name string, args *FlowLogsArgs, opts ...pulumi.ResourceOption,
) (*FlowLogs, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("flow logs %q: %w", name, err)
	}
	f := &FlowLogs{}
	err := ctx.RegisterComponentResourceV2(flowLogsType, name, pulumi.Map{
		"keepDays":            pulumi.Int(args.KeepDays),
		"permissionsBoundary": pulumi.String(args.PermissionsBoundary),
	}, f, opts...)
	if err != nil {
		return nil, fmt.Errorf("flow logs %q: %w", name, err)
	}
	if err := f.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("flow logs %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(f, pulumi.Map{"logGroupName": f.LogGroupName}); err != nil {
		return nil, fmt.Errorf("flow logs %q: %w", name, err)
	}
	return f, nil
}

func (f *FlowLogs) newChildren(ctx *pulumi.Context, name string, args *FlowLogsArgs) error {
	group, err := cloudwatch.NewLogGroup(ctx, name, &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.KeepDays),
	}, pulumi.Parent(f))
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	role, granted, err := f.newRole(ctx, name, args, group)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(ctx, name, &ec2.FlowLogArgs{
		VpcId:              args.VPCID,
		TrafficType:        pulumi.String("ALL"),
		LogDestinationType: pulumi.String("cloud-watch-logs"),
		LogDestination:     group.Arn,
		IamRoleArn:         role.Arn,
	},
		pulumi.Parent(f),
		// Without its permissions a flow log drops what it would write.
		pulumi.DependsOn([]pulumi.Resource{granted}),
		// AWS refuses two flow logs of one VPC to one destination.
		pulumi.DeleteBeforeReplace(true),
	)
	if err != nil {
		return fmt.Errorf("flow log: %w", err)
	}
	f.LogGroupName = group.Name
	return nil
}

// newRole declares the role that the service assumes, for this account's flow logs alone.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func (f *FlowLogs) newRole(
	ctx *pulumi.Context, name string, args *FlowLogsArgs, group *cloudwatch.LogGroup,
) (*iam.Role, *iam.RolePolicy, error) {
	trust, err := policy.Document{Statements: []policy.Statement{{
		Principal: &policy.Principal{Service: []string{"vpc-flow-logs.amazonaws.com"}},
		Actions:   []string{"sts:AssumeRole"},
		Conditions: policy.Conditions{
			"StringEquals": {"aws:SourceAccount": {args.AccountID}},
			"ArnLike": {"aws:SourceArn": {
				"arn:" + args.Partition + ":ec2:" + args.Region + ":" + args.AccountID + ":vpc-flow-log/*",
			}},
		},
	}}}.JSON()
	if err != nil {
		return nil, nil, fmt.Errorf("trust policy: %w", err)
	}
	roleArgs := &iam.RoleArgs{AssumeRolePolicy: pulumi.String(trust)}
	if args.PermissionsBoundary != "" {
		roleArgs.PermissionsBoundary = pulumi.String(args.PermissionsBoundary)
	}
	role, err := iam.NewRole(ctx, name, roleArgs, pulumi.Parent(f))
	if err != nil {
		return nil, nil, fmt.Errorf("role: %w", err)
	}
	granted, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: group.Arn.ApplyT(writeFlowLogs).(pulumi.StringOutput),
	}, pulumi.Parent(f))
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	return role, granted, nil
}

// writeFlowLogs is a policy to write to one log group.
func writeFlowLogs(groupARN string) (string, error) {
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "WriteFlowLogs",
		Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		Resources: []string{groupARN + ":*"},
	}, {
		Sid:     "FindLogGroup",
		Actions: []string{"logs:DescribeLogGroups"},
		// It lists, and a list is of no one group.
		Resources: []string{"*"},
	}}}.JSON()
}

func (a *FlowLogsArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	missing := func(field string, is bool) {
		if is {
			problems = append(problems, errors.New("missing "+field))
		}
	}
	missing("Partition", a.Partition == "")
	missing("Region", a.Region == "")
	missing("AccountID", a.AccountID == "")
	missing("VPCID", a.VPCID == nil)
	if a.KeepDays < 1 {
		problems = append(problems, fmt.Errorf("KeepDays %d: give at least 1", a.KeepDays))
	}
	return errors.Join(problems...)
}
