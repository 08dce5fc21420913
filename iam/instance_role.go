// Package iam provides the instance role, which has the permissions of the SSM Agent, and the session
// role, which users assume to open sessions.
package iam

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/diag"
	"bastionless/internal/policy"
)

// InstanceRoleOptions describe the instance role.
type InstanceRoleOptions struct {
	// RoleName is the name of the role and of the instance profile. Empty: both are generated. Key:
	// instanceRoleName.
	RoleName string
	// Policy is what the SSM Agent may do. Key: instancePolicy.
	Policy InstancePolicy
	// Files are policies of the workload, which become inline policies. Optional. Names must be unique. Key:
	// instancePolicyFiles.
	Files []PolicyFile
	// ARNs are the ARNs of managed policies of the workload. Optional. Names must be unique. Key: instancePolicyArns.
	ARNs []string
}

// Validate returns the problems with the options.
func (o InstanceRoleOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	checkRoleName(&diags, "instanceRoleName", o.RoleName)
	o.checkPolicies(&diags)
	return diags
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// checkRoleName reports a role name that IAM does not allow. The empty name stands for a generated one.
func checkRoleName(diags *diag.Diagnostics, key, name string) {
	if name != "" && !roleName.MatchString(name) {
		diags.Add(key, diag.Malformed, "%q is not a role name: use 1 to 64 letters, digits and characters of +=,.@-_", name)
	}
}

// InstanceRoleArgs describes the instance role.
type InstanceRoleArgs struct {
	InstanceRoleOptions
	// Env is the account and Region. Required. Plain: ARNs are built from it.
	Env awsenv.Env
	// PermissionsBoundary is the ARN of the role's permissions boundary. Optional. Plain: it decides
	// whether a property is set.
	PermissionsBoundary string
	// Associations allows State Manager associations with MinimalPolicy, such as the update of the agent.
	Associations bool
	// EC2Messages allows ec2messages with MinimalPolicy. Agents before 3.3.40.0 use it for Run Command.
	EC2Messages bool
	// Records describes where the agent records sessions. Optional: nil if sessions are neither recorded
	// nor encrypted.
	Records *Records
}

// Records describes where sessions are recorded and with which key they are encrypted.
type Records struct {
	// LogGroup, Bucket and Encrypted say whether there is a log group, a bucket and a key. Plain: they
	// decide which statements the policy has.
	LogGroup, Bucket, Encrypted bool
	// LogGroupARN, BucketName and KeyARN identify the log group, the bucket and the key. Each is required,
	// and ignored if there is none.
	LogGroupARN, BucketName, KeyARN pulumi.StringOutput
	// BucketPrefix limits the records to keys with this prefix, followed by a slash. Empty: all keys of the bucket.
	// Plain: the policy is built from it.
	BucketPrefix string
}

// InstanceRole is a role that EC2 assumes for the instances, its policies for the SSM Agent and its
// instance profile.
type InstanceRole struct {
	pulumi.ResourceState

	// RoleName is the role's name.
	RoleName pulumi.StringOutput `pulumi:"roleName"`
	// ProfileName is the instance profile's name.
	ProfileName pulumi.StringOutput `pulumi:"profileName"`

	permissions []pulumi.Resource
}

// NewInstanceRole declares the instance role.
func NewInstanceRole(
	ctx *pulumi.Context, name string, args *InstanceRoleArgs, opts ...pulumi.ResourceOption,
) (*InstanceRole, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("instance role %q: %w", name, err)
	}
	r := &InstanceRole{}
	if err := ctx.RegisterComponentResourceV2(contract.InstanceRoleType, name, args.inputs(), r, opts...); err != nil {
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
		Principal: &policy.Principal{Service: []string{ec2Principal(args.Env.Partition)}},
		Actions:   []string{"sts:AssumeRole"},
	}}}.JSON()
	if err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	role, err := awsiam.NewRole(ctx, name, &awsiam.RoleArgs{
		Name:                optional(args.RoleName),
		AssumeRolePolicy:    pulumi.String(trust),
		PermissionsBoundary: optional(args.PermissionsBoundary),
	}, pulumi.Parent(r), createBeforeDelete)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	profile, err := awsiam.NewInstanceProfile(ctx, name, &awsiam.InstanceProfileArgs{
		Name: optional(args.RoleName),
		Role: role.Name,
	}, pulumi.Parent(r), createBeforeDelete)
	if err != nil {
		return fmt.Errorf("instance profile: %w", err)
	}
	r.RoleName = role.Name
	r.ProfileName = profile.Name
	r.permissions = []pulumi.Resource{role, profile}
	return r.newPolicies(ctx, name, args, role)
}

// newPolicies declares the policies of the role. The policy for records names the key, so the key's own
// policy does not have to name the role.
func (r *InstanceRole) newPolicies(ctx *pulumi.Context, name string, args *InstanceRoleArgs, role *awsiam.Role) error {
	if args.Policy == ManagedPolicy {
		core, err := awsiam.NewRolePolicyAttachment(ctx, name+"-core", &awsiam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: pulumi.String(args.Env.IAM("aws", "policy/AmazonSSMManagedInstanceCore")),
		}, pulumi.Parent(r), createBeforeDelete)
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
	if err := r.newWorkloadPolicies(ctx, name, args, role); err != nil {
		return err
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

// newWorkloadPolicies declares the policies of the workload. The resources are named after the policies.
func (r *InstanceRole) newWorkloadPolicies(
	ctx *pulumi.Context, name string, args *InstanceRoleArgs, role *awsiam.Role,
) error {
	for _, file := range args.Files {
		text, err := file.compact()
		if err != nil {
			return fmt.Errorf("%s: %w", file.Path, err)
		}
		// The prefix avoids conflicts with the names of the stack's own policies.
		if err := r.newPolicy(ctx, name+"-policy-"+file.name(), "Workload-"+file.name(), role, pulumi.String(text)); err != nil {
			return err
		}
	}
	for _, arn := range args.ARNs {
		attached, err := awsiam.NewRolePolicyAttachment(ctx, name+"-attached-"+policyName(arn), &awsiam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: pulumi.String(arn),
		}, pulumi.Parent(r), createBeforeDelete)
		if err != nil {
			return fmt.Errorf("%s: %w", arn, err)
		}
		r.permissions = append(r.permissions, attached)
	}
	return nil
}

func (r *InstanceRole) newPolicy(
	ctx *pulumi.Context, name, policyName string, role *awsiam.Role, text pulumi.StringInput,
) error {
	created, err := awsiam.NewRolePolicy(ctx, name, &awsiam.RolePolicyArgs{
		Name:   pulumi.String(policyName),
		Role:   role.Name,
		Policy: text,
	}, pulumi.Parent(r), createBeforeDelete)
	if err != nil {
		return fmt.Errorf("%s: %w", policyName, err)
	}
	r.permissions = append(r.permissions, created)
	return nil
}

// createBeforeDelete creates a replacement before the old resource is deleted, which running instances and
// open sessions use. By default the provider deletes named resources and attachments first, so that names
// do not collide. Here a replacement always has another name or another role.
var createBeforeDelete = pulumi.DeleteBeforeReplace(false)

// Permissions returns the role, its profile and its policies, for DependsOn of instances: an agent that
// starts before they exist sleeps for up to half an hour.
func (r *InstanceRole) Permissions() []pulumi.Resource { return r.permissions }

// ec2Principal returns the service principal of EC2, which has another suffix in China.
func ec2Principal(partition string) string {
	if partition == "aws-cn" {
		return "ec2.amazonaws.com.cn"
	}
	return "ec2.amazonaws.com"
}

// optional returns nil for an empty value, which leaves out the property.
func optional(value string) pulumi.StringPtrInput {
	if value == "" {
		return nil
	}
	return pulumi.String(value)
}

func (a *InstanceRoleArgs) inputs() pulumi.Map {
	inputs := pulumi.Map{
		"partition":           pulumi.String(a.Env.Partition),
		"roleName":            pulumi.String(a.RoleName),
		"permissionsBoundary": pulumi.String(a.PermissionsBoundary),
		"policy":              pulumi.String(string(a.Policy)),
		"associations":        pulumi.Bool(a.Associations),
		"ec2messages":         pulumi.Bool(a.EC2Messages),
	}
	if len(a.ARNs) > 0 {
		inputs[contract.PolicyARNsInput] = pulumi.ToStringArray(a.ARNs)
	}
	return inputs
}

func (a *InstanceRoleArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate(), a.Validate().Err("invalid options:")}
	if !slices.Contains(InstancePolicies(), a.Policy) {
		errs = append(errs, fmt.Errorf("field Policy is %q, not one of %q", a.Policy, InstancePolicies()))
	}
	return errors.Join(errs...)
}
