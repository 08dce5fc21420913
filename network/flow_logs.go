package network

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
	"bastionless/internal/logretention"
	"bastionless/internal/policy"
)

// FlowLogOptions describe whether a VPC has flow logs, and for how long they are kept.
type FlowLogOptions struct {
	// RetentionDays is the retention period of the log group in days, a value that CloudWatch Logs
	// supports. 0: no flow logs. Key: flowLogDays.
	RetentionDays int
}

// Validate returns the problems with the options.
func (o FlowLogOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if o.RetentionDays != 0 {
		if err := logretention.Check(o.RetentionDays); err != nil {
			diags.Add("flowLogDays", diag.OutOfRange, "%v, or 0 for no flow logs", err)
		}
	}
	return diags
}

// FlowLogsArgs describes flow logs of a VPC.
type FlowLogsArgs struct {
	FlowLogOptions
	// Env is the account and Region of the VPC. Required. Plain: ARNs are built from it.
	Env awsenv.Env
	// VPCID is the VPC whose traffic is logged. Required.
	VPCID pulumi.StringInput
	// PermissionsBoundary is the ARN of the role's permissions boundary. Optional. Plain: it decides
	// whether a property is set.
	PermissionsBoundary string
}

// FlowLogs is a flow log of all traffic of a VPC, accepted and rejected, its log group, and a role that
// can write to that log group only. The log group is deleted with the stack.
type FlowLogs struct {
	pulumi.ResourceState

	// LogGroupName is the name of the log group.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
}

// NewFlowLogs declares the flow logs of a VPC.
func NewFlowLogs(
	ctx *pulumi.Context, name string, args *FlowLogsArgs, opts ...pulumi.ResourceOption,
) (*FlowLogs, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("flow logs %q: %w", name, err)
	}
	f := &FlowLogs{}
	err := ctx.RegisterComponentResourceV2(contract.FlowLogsType, name, pulumi.Map{
		"keepDays":            pulumi.Int(args.RetentionDays),
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
		RetentionInDays: pulumi.Int(args.RetentionDays),
	}, pulumi.Parent(f))
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	role, rolePolicy, err := f.newRole(ctx, name, args, group)
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
		// Without the policy, the flow log could not deliver its records.
		pulumi.DependsOn([]pulumi.Resource{rolePolicy}),
		// AWS does not allow two flow logs of one VPC with the same destination, so the old one is deleted
		// first.
		pulumi.DeleteBeforeReplace(true),
	)
	if err != nil {
		return fmt.Errorf("flow log: %w", err)
	}
	f.LogGroupName = group.Name
	return nil
}

// newRole declares the role that the flow logs service assumes, and its policy. The service can assume it
// only for flow logs of this account and Region.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func (f *FlowLogs) newRole(
	ctx *pulumi.Context, name string, args *FlowLogsArgs, group *cloudwatch.LogGroup,
) (*iam.Role, *iam.RolePolicy, error) {
	trust, err := policy.Document{Statements: []policy.Statement{{
		Principal: &policy.Principal{Service: []string{"vpc-flow-logs.amazonaws.com"}},
		Actions:   []string{"sts:AssumeRole"},
		Conditions: policy.Conditions{
			"StringEquals": {"aws:SourceAccount": {args.Env.AccountID}},
			"ArnLike":      {"aws:SourceArn": {args.Env.ARN("ec2", "vpc-flow-log/*")}},
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
	rolePolicy, err := iam.NewRolePolicy(ctx, name, &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: group.Arn.ApplyT(writeFlowLogs).(pulumi.StringOutput),
	}, pulumi.Parent(f))
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	return role, rolePolicy, nil
}

// writeFlowLogs returns a policy that allows writing to one log group.
func writeFlowLogs(groupARN string) (string, error) {
	return policy.Document{Statements: []policy.Statement{{
		Sid:       "WriteFlowLogs",
		Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		Resources: []string{groupARN + ":*"},
	}, {
		Sid:     "FindLogGroup",
		Actions: []string{"logs:DescribeLogGroups"},
		// A list operation: AWS supports no resource but * for it.
		Resources: []string{"*"},
	}}}.JSON()
}

func (a *FlowLogsArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate(), a.Validate().Err("invalid options:")}
	if a.VPCID == nil {
		errs = append(errs, errors.New("missing VPCID"))
	}
	if a.RetentionDays == 0 {
		errs = append(errs, errors.New("missing RetentionDays"))
	}
	return errors.Join(errs...)
}
