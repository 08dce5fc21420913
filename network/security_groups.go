package network

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// securityGroupsType is recorded in state: a change replaces both groups unless the old token stays as an alias.
const securityGroupsType = "bastionless:network:SecurityGroups"

// EndpointIngress says who may reach the endpoints.
type EndpointIngress string

// The values of EndpointIngress.
const (
	// FromInstances admits the instances' security group alone.
	FromInstances EndpointIngress = "instances"
	// FromVPC admits every address of the VPC.
	FromVPC EndpointIngress = "vpc"
)

// InstanceEgress says what instances may reach.
type InstanceEgress string

// The values of InstanceEgress.
const (
	// RestrictedEgress reaches the endpoints, S3 through its gateway endpoint, and Forward.
	RestrictedEgress InstanceEgress = "restricted"
	// OpenEgress reaches everything that has a route.
	OpenEgress InstanceEgress = "open"
)

// Target is a TCP port on the addresses of a block.
type Target struct {
	// Block holds the addresses.
	Block netip.Prefix
	// Port is from 1 to 65535.
	Port uint16
}

// String is the target as the configuration writes it, such as "10.0.32.0/24:5432".
func (t Target) String() string { return t.Block.String() + ":" + strconv.Itoa(int(t.Port)) }

// SecurityGroupsArgs describes the two security groups.
type SecurityGroupsArgs struct {
	// NamePrefix begins the groups' names. Required. Plain: names are built from it. A change replaces both groups.
	NamePrefix string
	// VPCID is the VPC of the groups. Required.
	VPCID pulumi.StringInput
	// VPCBlock is the VPC's block, for FromVPC. Required. Plain: it names nothing, but rules are written with it.
	VPCBlock netip.Prefix
	// EndpointIngress says who reaches the endpoints on port 443. Required.
	EndpointIngress EndpointIngress
	// InstanceEgress says what the instances reach. Required.
	InstanceEgress InstanceEgress
	// S3PrefixListID is AWS's prefix list of S3 in the Region. Optional: without it, restricted egress has no rule for
	// S3. Plain: it decides whether there is a rule.
	S3PrefixListID string
	// S3OverHTTP opens port 80 to S3 as well, which Amazon Linux 2's package repositories use. It takes effect with
	// S3PrefixListID.
	S3OverHTTP bool
	// Forward are further targets of restricted egress, for ports that sessions forward. Plain: each names a rule.
	Forward []Target
}

// SecurityGroups is the security group of the instances, which admits nothing, and that of the endpoints, which admits
// HTTPS and sends nothing. Every rule is a resource of its own.
type SecurityGroups struct {
	pulumi.ResourceState

	// InstanceID is the security group of the instances.
	InstanceID pulumi.IDOutput `pulumi:"instanceId"`
	// EndpointID is the security group of the endpoints.
	EndpointID pulumi.IDOutput `pulumi:"endpointId"`

	rules []pulumi.Resource
}

// NewSecurityGroups declares the groups that args describe. They are one component because each names the other.
func NewSecurityGroups(
	ctx *pulumi.Context, name string, args *SecurityGroupsArgs, opts ...pulumi.ResourceOption,
) (*SecurityGroups, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("security groups %q: %w", name, err)
	}
	s := &SecurityGroups{}
	if err := ctx.RegisterComponentResourceV2(securityGroupsType, name, args.inputs(), s, opts...); err != nil {
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
	// An empty list takes away what somebody adds by hand. The other direction, whose rules are resources of their own,
	// must have no list, which would take those away.
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
			// Without ports: with protocol -1 AWS reports none, and to set them would be a difference on every up.
			IpProtocol: pulumi.String("-1"),
			CidrIpv4:   pulumi.String("0.0.0.0/0"),
		})
	}
	return s.newRestrictedEgress(ctx, name, args)
}

func (s *SecurityGroups) newGroup(ctx *pulumi.Context, name string, args *ec2.SecurityGroupArgs) (pulumi.IDOutput, error) {
	// A change of the description replaces the group, so it says no more than the name does.
	args.Description = args.Name
	args.Tags = pulumi.StringMap{"Name": args.Name.(pulumi.String)}
	group, err := ec2.NewSecurityGroup(ctx, name, args,
		pulumi.Parent(s),
		// Named by us, the provider would delete the old group first, which AWS refuses while interfaces use it. A
		// replacement never has the same name in the same VPC, so both can stand.
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
	// The name holds the source, since a rule that changes its kind of source is another rule.
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
		// Traffic to a gateway endpoint goes to S3's own addresses, not to an interface in the VPC.
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

// Rules returns the rules, for DependsOn of anything that must not start before it can reach the endpoints.
func (s *SecurityGroups) Rules() []pulumi.Resource { return s.rules }

func (a *SecurityGroupsArgs) inputs() pulumi.Map {
	forward := make([]string, len(a.Forward))
	for i, target := range a.Forward {
		forward[i] = target.String()
	}
	return pulumi.Map{
		"namePrefix":      pulumi.String(a.NamePrefix),
		"vpcBlock":        pulumi.String(a.VPCBlock.String()),
		"endpointIngress": pulumi.String(string(a.EndpointIngress)),
		"instanceEgress":  pulumi.String(string(a.InstanceEgress)),
		"s3PrefixListId":  pulumi.String(a.S3PrefixListID),
		"s3OverHttp":      pulumi.Bool(a.S3OverHTTP),
		"forward":         pulumi.ToStringArray(forward),
	}
}

func (a *SecurityGroupsArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	if a.NamePrefix == "" {
		problems = append(problems, errors.New("missing NamePrefix"))
	}
	if a.VPCID == nil {
		problems = append(problems, errors.New("missing VPCID: without it AWS takes the account's default VPC"))
	}
	if !a.VPCBlock.IsValid() {
		problems = append(problems, errors.New("missing VPCBlock"))
	}
	if a.EndpointIngress != FromInstances && a.EndpointIngress != FromVPC {
		problems = append(problems, fmt.Errorf("EndpointIngress %q: give %q or %q",
			a.EndpointIngress, FromInstances, FromVPC))
	}
	if a.InstanceEgress != RestrictedEgress && a.InstanceEgress != OpenEgress {
		problems = append(problems, fmt.Errorf("InstanceEgress %q: give %q or %q",
			a.InstanceEgress, RestrictedEgress, OpenEgress))
	}
	return errors.Join(problems...)
}
