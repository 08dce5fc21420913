// Package iam gives the instances the permissions that the SSM Agent needs, and people a role that opens sessions on
// these instances and does nothing else.
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
}

// InstanceRole is a role that EC2 assumes for the instances, with the policy that the SSM Agent needs, in an instance
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
		"partition": pulumi.String(args.Partition),
		"roleName":  pulumi.String(args.RoleName),
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
		Name:             optional(args.RoleName),
		AssumeRolePolicy: pulumi.String(trust),
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	core, err := awsiam.NewRolePolicyAttachment(ctx, name+"-core", &awsiam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:" + args.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore"),
	}, pulumi.Parent(r), besideTheOld)
	if err != nil {
		return fmt.Errorf("AmazonSSMManagedInstanceCore: %w", err)
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
	r.permissions = []pulumi.Resource{role, core, profile}
	return nil
}

// besideTheOld keeps what running instances and open sessions use until its replacement stands. The provider would
// delete first what has a given name, and every attachment; but a replacement never has the same name or the same role.
var besideTheOld = pulumi.DeleteBeforeReplace(false)

// Permissions returns the role, its policies and its profile, for DependsOn of instances: an agent that starts before
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
	if a.Partition == "" {
		return errors.New("missing Partition")
	}
	return nil
}
