package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
	"bastionless/internal/diag"
)

// EndpointIngress is who can reach the endpoints.
type EndpointIngress string

// The values of EndpointIngress.
const (
	// FromInstances allows the security group of the instances.
	FromInstances EndpointIngress = "instances"
	// FromVPC allows every address of the VPC.
	FromVPC EndpointIngress = "vpc"
)

// EndpointIngresses returns the values of EndpointIngress.
func EndpointIngresses() []EndpointIngress { return []EndpointIngress{FromInstances, FromVPC} }

// InstanceEgress is what the instances can reach.
type InstanceEgress string

// The values of InstanceEgress.
const (
	// RestrictedEgress allows the endpoints, S3 through its gateway endpoint, and the forwarding targets.
	RestrictedEgress InstanceEgress = "restricted"
	// OpenEgress allows every address that has a route.
	OpenEgress InstanceEgress = "open"
)

// InstanceEgresses returns the values of InstanceEgress.
func InstanceEgresses() []InstanceEgress { return []InstanceEgress{RestrictedEgress, OpenEgress} }

// SecurityGroupOptions describe what the security groups allow.
type SecurityGroupOptions struct {
	// EndpointIngress is who can reach the endpoints on port 443. Key: endpointIngress.
	EndpointIngress EndpointIngress
	// InstanceEgress is what the instances can reach. Key: instanceEgress.
	InstanceEgress InstanceEgress
	// Forward are targets of port forwarding that the instances can reach in addition, with RestrictedEgress.
	// Without duplicates. Plain: rules are named after them. Key: forwardTo.
	Forward []Target
}

// maxForward leaves room for the other rules of the instances' group: AWS allows 60 outbound rules.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxForward = 50

// Validate returns the problems with the options.
func (o SecurityGroupOptions) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if len(o.Forward) > maxForward {
		diags.Add("forwardTo", diag.TooMany, "the list has %d targets, but the security group of the instances has room "+
			"for %d: list fewer targets, with larger blocks",
			len(o.Forward), maxForward)
	}
	return diags
}

// SecurityGroupsArgs describes the two security groups.
type SecurityGroupsArgs struct {
	SecurityGroupOptions
	// NamePrefix is the prefix of the groups' names. Required. Plain: names are built from it. A change
	// replaces both groups.
	NamePrefix string
	// VPCID is the VPC of the groups. Required.
	VPCID pulumi.StringInput
	// VPCBlock is the VPC's CIDR block, which FromVPC allows. Required.
	VPCBlock netip.Prefix
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

	// InstanceID is the security group of the instances.
	InstanceID pulumi.IDOutput `pulumi:"instanceId"`
	// EndpointID is the security group of the endpoints.
	EndpointID pulumi.IDOutput `pulumi:"endpointId"`

	rules []pulumi.Resource
}

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
	var err error
	// The empty lists make the provider remove rules that somebody adds by hand. A list for the other
	// direction would make it remove the rules that are separate resources.
	s.InstanceID, err = s.newGroup(ctx, name+"-instances", &ec2.SecurityGroupArgs{
		Name:    pulumi.String(args.NamePrefix + "-ec2-sg"),
		VpcId:   args.VPCID,
		Ingress: ec2.SecurityGroupIngressArray{},
	})
	if err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	s.EndpointID, err = s.newGroup(ctx, name+"-endpoints", &ec2.SecurityGroupArgs{
		Name:   pulumi.String(args.NamePrefix + "-ssm-sg"),
		VpcId:  args.VPCID,
		Egress: ec2.SecurityGroupEgressArray{},
	})
	if err != nil {
		return fmt.Errorf("endpoints: %w", err)
	}
	if err := s.newEndpointIngress(ctx, name, args); err != nil {
		return err
	}
	if args.InstanceEgress == OpenEgress {
		return s.newEgress(ctx, name+"-egress-all", &vpc.SecurityGroupEgressRuleArgs{
			// No ports: AWS reports none for protocol -1, so setting them would show a difference on each
			// update.
			IpProtocol: pulumi.String("-1"),
			CidrIpv4:   pulumi.String("0.0.0.0/0"),
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

func (s *SecurityGroups) newEndpointIngress(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	rule := &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: s.EndpointID,
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
	}
	if args.EndpointIngress == FromVPC {
		rule.CidrIpv4 = pulumi.String(args.VPCBlock.String())
	} else {
		rule.ReferencedSecurityGroupId = s.InstanceID
	}
	// AWS cannot change a rule from a group to a CIDR block, so the resource name contains the kind of
	// source.
	created, err := vpc.NewSecurityGroupIngressRule(
		ctx, name+"-ingress-"+string(args.EndpointIngress), rule, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("endpoint ingress: %w", err)
	}
	s.rules = append(s.rules, created)
	return nil
}

func (s *SecurityGroups) newRestrictedEgress(ctx *pulumi.Context, name string, args *SecurityGroupsArgs) error {
	tcp := func(port int) *vpc.SecurityGroupEgressRuleArgs {
		return &vpc.SecurityGroupEgressRuleArgs{
			IpProtocol: pulumi.String("tcp"),
			FromPort:   pulumi.Int(port),
			ToPort:     pulumi.Int(port),
		}
	}
	endpoints := tcp(443)
	endpoints.ReferencedSecurityGroupId = s.EndpointID
	if err := s.newEgress(ctx, name+"-egress-endpoints", endpoints); err != nil {
		return err
	}
	if args.S3PrefixListID != "" {
		// Traffic to a gateway endpoint is addressed to S3's public addresses, so the endpoints' group
		// does not match it.
		ports := []int{443}
		if args.S3OverHTTP {
			ports = append(ports, 80)
		}
		for _, port := range ports {
			s3 := tcp(port)
			s3.PrefixListId = pulumi.String(args.S3PrefixListID)
			if err := s.newEgress(ctx, name+"-egress-s3-"+strconv.Itoa(port), s3); err != nil {
				return err
			}
		}
	}
	for _, target := range args.Forward {
		forward := tcp(int(target.Port))
		forward.CidrIpv4 = pulumi.String(target.Block.String())
		key := strings.NewReplacer("/", "-", ":", "-").Replace(target.String())
		if err := s.newEgress(ctx, name+"-egress-"+key, forward); err != nil {
			return err
		}
	}
	return nil
}

func (s *SecurityGroups) newEgress(ctx *pulumi.Context, name string, rule *vpc.SecurityGroupEgressRuleArgs) error {
	rule.SecurityGroupId = s.InstanceID
	created, err := vpc.NewSecurityGroupEgressRule(ctx, name, rule, pulumi.Parent(s))
	if err != nil {
		return fmt.Errorf("instance egress: %w", err)
	}
	s.rules = append(s.rules, created)
	return nil
}

// Rules returns the rules, for DependsOn of resources that have to reach the endpoints as soon as they start.
func (s *SecurityGroups) Rules() []pulumi.Resource { return s.rules }

func (a *SecurityGroupsArgs) inputs() pulumi.Map {
	forward := make([]string, len(a.Forward))
	for i, target := range a.Forward {
		forward[i] = target.String()
	}
	return pulumi.Map{
		"namePrefix":          pulumi.String(a.NamePrefix),
		"vpcBlock":            pulumi.String(a.VPCBlock.String()),
		"endpointIngress":     pulumi.String(string(a.EndpointIngress)),
		"instanceEgress":      pulumi.String(string(a.InstanceEgress)),
		"s3PrefixListId":      pulumi.String(a.S3PrefixListID),
		"s3OverHttp":          pulumi.Bool(a.S3OverHTTP),
		contract.ForwardInput: pulumi.ToStringArray(forward),
	}
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
	if !a.VPCBlock.IsValid() {
		errs = append(errs, errors.New("missing VPCBlock"))
	}
	if !slices.Contains(EndpointIngresses(), a.EndpointIngress) {
		errs = append(errs, fmt.Errorf("field EndpointIngress is %q, not one of %q", a.EndpointIngress, EndpointIngresses()))
	}
	if !slices.Contains(InstanceEgresses(), a.InstanceEgress) {
		errs = append(errs, fmt.Errorf("field InstanceEgress is %q, not one of %q", a.InstanceEgress, InstanceEgresses()))
	}
	return errors.Join(append(errs, a.Validate().Err("invalid options:"))...)
}
