package compute

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
)

// TargetsArgs describes instances that belong to somebody else. All fields are plain: resources are named after the IDs.
type TargetsArgs struct {
	// Env is the account and Region. Required.
	Env awsenv.Env
	// InstanceIDs are the instances. Required.
	InstanceIDs []string
	// ProfileNames are the names of their instance profiles.
	ProfileNames []string
	// AgentRoles are the names of those of their roles that EC2 may assume and that have the agent's permissions. Optional.
	AgentRoles []string
	// TrustPolicies maps the names of their roles to the trust policies. Optional.
	TrustPolicies map[string]string
	// DenyingRoles are the names of those of their roles whose policies deny what the agent needs. Optional.
	DenyingRoles []string
	// SecurityGroupIDs are their security groups, without those that other components read.
	SecurityGroupIDs []string
	// ReadHostManagement reads the service setting of Default Host Management Configuration, which provides credentials to
	// the agents of instances without an instance profile.
	ReadHostManagement bool
}

// Targets is instances that belong to somebody else, with their instance profiles and security groups. The component
// reads them into the state, and never changes or deletes them.
type Targets struct{ pulumi.ResourceState }

// NewTargets reads instances that exist.
func NewTargets(ctx *pulumi.Context, name string, args *TargetsArgs, opts ...pulumi.ResourceOption) (*Targets, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("targets %q: %w", name, err)
	}
	t := &Targets{}
	if err := ctx.RegisterComponentResourceV2(contract.TargetsType, name, args.inputs(), t, opts...); err != nil {
		return nil, fmt.Errorf("targets %q: %w", name, err)
	}
	if err := t.readChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("targets %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(t, pulumi.Map{}); err != nil {
		return nil, fmt.Errorf("targets %q: %w", name, err)
	}
	return t, nil
}

func (a *TargetsArgs) inputs() pulumi.Map {
	inputs := pulumi.Map{
		"instanceIds":            pulumi.ToStringArray(a.InstanceIDs),
		contract.AgentRolesInput: pulumi.ToStringArray(a.AgentRoles),
	}
	if len(a.TrustPolicies) > 0 {
		inputs[contract.TrustPoliciesInput] = pulumi.ToStringMap(a.TrustPolicies)
	}
	if len(a.DenyingRoles) > 0 {
		inputs[contract.DenyingRolesInput] = pulumi.ToStringArray(a.DenyingRoles)
	}
	return inputs
}

func (t *Targets) readChildren(ctx *pulumi.Context, name string, args *TargetsArgs) error {
	for _, id := range args.InstanceIDs {
		if _, err := ec2.GetInstance(ctx, name+"-"+id, pulumi.ID(id), nil, pulumi.Parent(t)); err != nil {
			return fmt.Errorf("instance %s: %w", id, err)
		}
	}
	for _, profile := range args.ProfileNames {
		if _, err := iam.GetInstanceProfile(ctx, name+"-"+profile, pulumi.ID(profile), nil, pulumi.Parent(t)); err != nil {
			return fmt.Errorf("instance profile %s: %w", profile, err)
		}
	}
	for _, id := range args.SecurityGroupIDs {
		if _, err := ec2.GetSecurityGroup(ctx, name+"-"+id, pulumi.ID(id), nil, pulumi.Parent(t)); err != nil {
			return fmt.Errorf("security group %s: %w", id, err)
		}
	}
	if args.ReadHostManagement {
		id := pulumi.ID(args.Env.ARN("ssm", hostManagementSetting))
		if _, err := ssm.GetServiceSetting(ctx, name+"-host-management", id, nil, pulumi.Parent(t)); err != nil {
			return fmt.Errorf("service setting of Default Host Management Configuration: %w", err)
		}
	}
	return nil
}

// hostManagementSetting is the service setting that contains the role of Default Host Management Configuration.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/managed-instances-default-host-management.html
const hostManagementSetting = "servicesetting/ssm/managed-instance/default-ec2-instance-management-role"

func (a *TargetsArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	errs := []error{a.Env.Validate()}
	if len(a.InstanceIDs) == 0 {
		errs = append(errs, errors.New("missing InstanceIDs"))
	}
	return errors.Join(errs...)
}
