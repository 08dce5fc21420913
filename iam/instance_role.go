// Package iam gives the instances the permissions that the SSM Agent needs, and people a role that opens sessions on
// these instances. Besides, it sees what the console needs to list.
package iam

import (
	"errors"
	"fmt"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/policy"
)

// instanceRoleType is recorded in state: a change replaces the role unless the old token stays as an alias.
const instanceRoleType = "bastionless:iam:InstanceRole"

// InstanceRoleArgs describes the role of the instances.
type InstanceRoleArgs struct {
	// Partition is the Region's partition, such as "aws". Required. Plain: ARNs are built from it.
	Partition string
	// RoleName names the role and the instance profile. Optional: empty, Pulumi generates both names. Plain: it decides
	// whether a property is set.
	RoleName string
	// PermissionsBoundary is the ARN of a policy that limits the role. Optional. Plain: it decides whether a property is
	// set.
	PermissionsBoundary string
	// Policy says what the agent may do. Required.
	Policy InstancePolicy
	// Associations lets an agent with MinimalPolicy run State Manager associations, such as its own update.
	Associations bool
	// EC2Messages lets an agent with MinimalPolicy use ec2messages, as those before 3.3.40.0 do for Run Command.
	EC2Messages bool
	// Records is what the agent records sessions to. Optional: nil, sessions are neither recorded nor encrypted.
	Records *Records
}

// Records is where sessions are recorded, and with what they are encrypted. Which of them there are is plain, since it
// decides on the policy.
type Records struct {
	// LogGroup, Bucket and Encrypted say which there are.
	LogGroup, Bucket, Encrypted bool
	// LogGroupARN is the log group's, BucketName the bucket's and KeyARN the key's. Required where there is one.
	LogGroupARN, BucketName, KeyARN pulumi.StringOutput
}

// InstanceRole is a role that EC2 assumes for the instances, with the policies that the SSM Agent needs, in an instance
// profile.
type InstanceRole struct {
	pulumi.ResourceState

	// RoleName is the name of the role.
	RoleName pulumi.StringOutput `pulumi:"roleName"`
	// ProfileName is the name of the instance profile.
	ProfileName pulumi.StringOutput `pulumi:"profileName"`

	permissions []pulumi.Resource
}

// NewInstanceRole declares the role that args describe.
func NewInstanceRole(
	ctx *pulumi.Context, name string, args *InstanceRoleArgs, opts ...pulumi.ResourceOption,
) (*InstanceRole, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("instance role %q: %w", name, err)
	}
	r := &InstanceRole{}
	err := ctx.RegisterComponentResourceV2(instanceRoleType, name, pulumi.Map{
		"partition":           pulumi.String(args.Partition),
		"roleName":            pulumi.String(args.RoleName),
		"permissionsBoundary": pulumi.String(args.PermissionsBoundary),
		"policy":              pulumi.String(string(args.Policy)),
		"associations":        pulumi.Bool(args.Associations),
		"ec2messages":         pulumi.Bool(args.EC2Messages),
	}, r, opts...)
	if err != nil {
		return nil, fmt.Errorf("instance role %q: %w", name, err)
	}
	if err := r.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("instance role %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(r, pulumi.Map{
		"roleName":    r.RoleName,
		"profileName": r.ProfileName,
	}); err != nil {
		return nil, fmt.Errorf("instance role %q: %w", name, err)
	}
	return r, nil
}

func (r *InstanceRole) newChildren(ctx *pulumi.Context, name string, args *InstanceRoleArgs) error {
	trust, err := policy.Document{Statements: []policy.Statement{{
		Principal: &policy.Principal{Service: []string{ec2Principal(args.Partition)}},
		Actions:   []string{"sts:AssumeRole"},
	}}}.JSON()
	if err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	role, err := awsiam.NewRole(ctx, name, &awsiam.RoleArgs{
		Name:                optional(args.RoleName),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: optional(args.PermissionsBoundary),
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	profile, err := awsiam.NewInstanceProfile(ctx, name, &awsiam.InstanceProfileArgs{
		Name: optional(args.RoleName),
		Role: role.Name,
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("instance profile: %w", err)
	}
	r.RoleName = role.Name
	r.ProfileName = profile.Name
	r.permissions = []pulumi.Resource{role, profile}
	return r.newPolicies(ctx, name, args, role)
}

// newPolicies gives the role what the agent may do. The policies for records are resources of their own, so that the
// records' key needs to name no role.
func (r *InstanceRole) newPolicies(ctx *pulumi.Context, name string, args *InstanceRoleArgs, role *awsiam.Role) error {
	if args.Policy == ManagedPolicy {
		core, err := awsiam.NewRolePolicyAttachment(ctx, name+"-core", &awsiam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: pulumi.String("arn:" + args.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore"),
		}, pulumi.Parent(r), besideTheOld)
		if err != nil {
			return fmt.Errorf("AmazonSSMManagedInstanceCore: %w", err)
		}
		r.permissions = append(r.permissions, core)
	} else {
		text, err := args.agentPolicy().JSON()
		if err != nil {
			return fmt.Errorf("agent policy: %w", err)
		}
		if err := r.newPolicy(ctx, name+"-agent", "SSMAgent_policy", role, pulumi.String(text)); err != nil {
			return err
		}
	}
	if args.Records == nil {
		return nil
	}
	text := pulumi.All(args.Records.LogGroupARN, args.Records.BucketName, args.Records.KeyARN).ApplyT(
		func(names []any) (string, error) {
			return args.recordsPolicy(names[0].(string), names[1].(string), names[2].(string)).JSON()
		}).(pulumi.StringOutput)
	return r.newPolicy(ctx, name+"-records", "SSMRecords_policy", role, text)
}

func (r *InstanceRole) newPolicy(
	ctx *pulumi.Context, name, policyName string, role *awsiam.Role, text pulumi.StringInput,
) error {
	created, err := awsiam.NewRolePolicy(ctx, name, &awsiam.RolePolicyArgs{
		Name:   pulumi.String(policyName),
		Role:   role.Name,
		Policy: text,
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("%s: %w", policyName, err)
	}
	r.permissions = append(r.permissions, created)
	return nil
}

// besideTheOld keeps what running instances and open sessions use until its replacement stands. The provider would
// delete first what has a given name, and every attachment; but a replacement never has the same name or the same role.
var besideTheOld = pulumi.DeleteBeforeReplace(false)

// Permissions returns the role, its profile and its policies, for DependsOn of instances: an agent that starts before
// its permissions sleeps for up to half an hour.
func (r *InstanceRole) Permissions() []pulumi.Resource { return r.permissions }

// ec2Principal is the name of EC2 as a principal, which China alone writes with its own suffix.
func ec2Principal(partition string) string {
	if partition == "aws-cn" {
		return "ec2.amazonaws.com.cn"
	}
	return "ec2.amazonaws.com"
}

// optional leaves a name out where it is empty, so that Pulumi generates one.
func optional(name string) pulumi.StringPtrInput {
	if name == "" {
		return nil
	}
	return pulumi.String(name)
}

func (a *InstanceRoleArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	if a.Partition == "" {
		problems = append(problems, errors.New("missing Partition"))
	}
	if a.Policy != ManagedPolicy && a.Policy != MinimalPolicy {
		problems = append(problems, fmt.Errorf("policy %q: give %q or %q", a.Policy, ManagedPolicy, MinimalPolicy))
	}
	return errors.Join(problems...)
}
