package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
)

// SecurityGroupsArgs describes the two security groups.
type SecurityGroupsArgs struct {
	SecurityGroupOptions
	// NamePrefix is the prefix of the groups' names. Required. Plain: names are built from it. A change
	// replaces both groups.
	NamePrefix string
	// VPCID is the VPC of the groups. Required.
	VPCID pulumi.StringInput
	// VPCBlocks are the VPC's IPv4 CIDR blocks, which FromVPC allows. The first one is the VPC's primary
	// block. Required.
	VPCBlocks []netip.Prefix
	// WithoutInstances says that the stack has no instances, so their group does not exist.
	WithoutInstances bool
	// WithoutEndpoints says that the stack creates no interface endpoints, so their group does not exist.
	WithoutEndpoints bool
	// ClientGroupIDs maps the elements of Clients to the groups. Required for each of them.
	ClientGroupIDs map[string]pulumi.StringInput
	// ExistingEndpointGroups are the IDs of the security groups of existing endpoints, which RestrictedEgress
	// allows to reach. Optional. Plain: rules are named after them.
	ExistingEndpointGroups []string
	// HTTPSEverywhere makes RestrictedEgress allow port 443 of all addresses, because a hub or a NAT gateway
	// provides the services.
	HTTPSEverywhere bool
	// S3PrefixListID is the ID of the Region's prefix list of S3. Optional: without it, RestrictedEgress
	// does not allow S3. Plain: it decides whether there is a rule.
	S3PrefixListID string
	// S3OverHTTP also allows port 80 of S3, on which Amazon Linux 2 reads its package repositories. No effect
	// without S3PrefixListID.
	S3OverHTTP bool
}

// SecurityGroups is the security group of the instances, without inbound rules, and the security group of
// the endpoints, with inbound HTTPS and without outbound rules. Each rule is a separate resource.
type SecurityGroups struct {
	pulumi.ResourceState

	// InstanceID is the security group of the instances. Empty with WithoutInstances.
	InstanceID pulumi.IDOutput `pulumi:"instanceId"`
	// EndpointID is the security group of the endpoints. Empty with WithoutEndpoints.
	EndpointID pulumi.IDOutput `pulumi:"endpointId"`

	rules []pulumi.Resource
}

// InstanceGroupName returns the name of the security group of the instances.
func InstanceGroupName(namePrefix string) string { return namePrefix + "-ec2-sg" }

// NewSecurityGroups declares the two groups. They are one component because their rules refer to each other.
func NewSecurityGroups(
	ctx *pulumi.Context, name string, args *SecurityGroupsArgs, opts ...pulumi.ResourceOption,
) (*SecurityGroups, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("security groups %q: %w", name, err)
	}
	s := &SecurityGroups{}
	if err := ctx.RegisterComponentResourceV2(contract.SecurityGroupsType, name, args.inputs(), s, opts...); err != nil {
		return nil, fmt.Errorf("security groups %q: %w", name, err)
	}
	if err := s.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("security groups %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(s, pulumi.Map{
		"instanceId": s.InstanceID,
		"endpointId": s.EndpointID,
	}); err != nil {
		return nil, fmt.Errorf("security groups %q: %w", name, err)
	}
	return s, nil
}

func (s *SecurityGroups) newChildren(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	if args.WithoutInstances {
		s.InstanceID = pulumi.ID("").ToIDOutput()
		return s.newEndpointGroup(ctx, name, args)
	}
	var err error
	// The empty lists make the provider remove rules that somebody adds by hand. A list for the other
	// direction would make it remove the rules that are separate resources.
	s.InstanceID, err = s.newGroup(ctx, name+"-instances", &ec2.SecurityGroupArgs{
		Name:    pulumi.String(InstanceGroupName(args.NamePrefix)),
		VpcId:   args.VPCID,
		Ingress: ec2.SecurityGroupIngressArray{},
	})
	if err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	if args.WithoutEndpoints {
		s.EndpointID = pulumi.ID("").ToIDOutput()
	} else if err := s.newEndpointGroup(ctx, name, args); err != nil {
		return err
	}
	if args.InstanceEgress == OpenEgress {
		return s.newEgress(ctx, name+"-egress-all", &vpc.SecurityGroupEgressRuleArgs{
			// No ports: AWS reports none for protocol -1, so setting them would show a difference on each
			// update.
			IpProtocol:  pulumi.String("-1"),
			CidrIpv4:    pulumi.String("0.0.0.0/0"),
			Description: args.description("All traffic"),
		})
	}
	return s.newRestrictedEgress(ctx, name, args)
}

func (s *SecurityGroups) newGroup(ctx *pulumi.Context, name string, args *ec2.SecurityGroupArgs) (pulumi.IDOutput, error) {
	// The description equals the name, because a change of either replaces the group.
	args.Description = args.Name
	args.Tags = pulumi.StringMap{"Name": args.Name.(pulumi.String)}
	group, err := ec2.NewSecurityGroup(ctx, name, args,
		pulumi.Parent(s),
		// The provider replaces a named group by deleting it first, which AWS refuses while network
		// interfaces use it. A replacement always has another name or another VPC, so both can exist.
		pulumi.DeleteBeforeReplace(false),
	)
	if err != nil {
		return pulumi.IDOutput{}, err
	}
	return group.ID(), nil
}

func (s *SecurityGroups) newEndpointGroup(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	var err error
	s.EndpointID, err = s.newGroup(ctx, name+"-endpoints", &ec2.SecurityGroupArgs{
		Name:   pulumi.String(args.NamePrefix + "-ssm-sg"),
		VpcId:  args.VPCID,
		Egress: ec2.SecurityGroupEgressArray{},
	})
	if err != nil {
		return fmt.Errorf("endpoints: %w", err)
	}
	return s.newEndpointIngress(ctx, name, args)
}

// Rules returns the rules, for DependsOn of resources that have to reach the endpoints as soon as they start.
func (s *SecurityGroups) Rules() []pulumi.Resource { return s.rules }

func (a *SecurityGroupsArgs) inputs() pulumi.Map {
	forward := make([]string, len(a.Forward))
	for i, target := range a.Forward {
		forward[i] = target.String()
	}
	inputs := pulumi.Map{
		"namePrefix":          pulumi.String(a.NamePrefix),
		"vpcBlock":            pulumi.String(a.VPCBlocks[0].String()),
		"endpointIngress":     pulumi.String(string(a.EndpointIngress)),
		"instanceEgress":      pulumi.String(string(a.InstanceEgress)),
		"s3PrefixListId":      pulumi.String(a.S3PrefixListID),
		"s3OverHttp":          pulumi.Bool(a.S3OverHTTP),
		contract.ForwardInput: pulumi.ToStringArray(forward),
	}
	if len(a.Clients) > 0 {
		inputs["clients"] = pulumi.ToStringArray(a.Clients)
	}
	if a.WithoutInstances {
		inputs["withoutInstances"] = pulumi.Bool(true)
	}
	return inputs
}

func (a *SecurityGroupsArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	var errs []error
	if a.NamePrefix == "" {
		errs = append(errs, errors.New("missing NamePrefix"))
	}
	if a.VPCID == nil {
		errs = append(errs, errors.New("missing VPCID: AWS would use the account's default VPC"))
	}
	if len(a.VPCBlocks) == 0 || slices.ContainsFunc(a.VPCBlocks, func(block netip.Prefix) bool { return !block.IsValid() }) {
		errs = append(errs, errors.New("missing VPCBlocks"))
	}
	if a.WithoutInstances && a.WithoutEndpoints {
		errs = append(errs, errors.New("fields WithoutInstances and WithoutEndpoints are both true: there are no groups"))
	}
	for _, id := range a.Clients {
		if a.ClientGroupIDs[id] == nil {
			errs = append(errs, fmt.Errorf("missing ClientGroupIDs[%q]", id))
		}
	}
	if !slices.Contains(EndpointIngresses(), a.EndpointIngress) {
		errs = append(errs, fmt.Errorf("field EndpointIngress is %q, not one of %q", a.EndpointIngress, EndpointIngresses()))
	}
	if !slices.Contains(InstanceEgresses(), a.InstanceEgress) {
		errs = append(errs, fmt.Errorf("field InstanceEgress is %q, not one of %q", a.InstanceEgress, InstanceEgresses()))
	}
	return errors.Join(append(errs, a.Validate().Err("invalid options:"))...)
}
