// Package network gives a VPC that no route connects to the Internet, and the security groups of what lives in it.
package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// vpcType is recorded in state: a change replaces the whole network unless the old token stays as an alias.
const vpcType = "bastionless:network:VPC"

// Zone is one Availability Zone and its subnets.
type Zone struct {
	// Letter is the zone's letter in its Region, such as "a". It names the zone's resources. Required.
	Letter string
	// Name is the zone's whole name, such as "ap-northeast-1a". Required.
	Name string
	// App is the block of the subnet for instances. Required.
	App netip.Prefix
	// Privatelink is the block of the subnet for endpoints. Optional: the zero value leaves the endpoints in the app
	// subnet. All zones have one, or none.
	Privatelink netip.Prefix
}

// VPCArgs describes a VPC.
type VPCArgs struct {
	// NamePrefix begins the Name tags. Required. Plain: tags are built from it.
	NamePrefix string
	// CIDRBlock holds all subnets. Required. Plain: subnets are checked against it.
	CIDRBlock netip.Prefix
	// Zones are the zones that have subnets, each once. Required. Plain: each names resources.
	Zones []Zone
}

// VPC is a VPC with DNS, subnets for instances and for endpoints in each zone, and one route table for each of the two
// kinds. The route tables have no routes of their own, so traffic stays in the VPC. The VPC's default security group
// has no rules; destroying the stack leaves it so, until it goes with the VPC.
type VPC struct {
	pulumi.ResourceState

	// VPCID is the VPC's id.
	VPCID pulumi.IDOutput `pulumi:"vpcId"`
	// AppSubnetIDs maps a zone's letter to its subnet for instances.
	AppSubnetIDs pulumi.StringMapOutput `pulumi:"appSubnetIds"`
	// PrivatelinkSubnetIDs maps a zone's letter to its subnet for endpoints. Empty where they share the app subnets.
	PrivatelinkSubnetIDs pulumi.StringMapOutput `pulumi:"privatelinkSubnetIds"`
	// RouteTableIDs maps "app" and, where it exists, "privatelink" to the route table of those subnets.
	RouteTableIDs pulumi.StringMapOutput `pulumi:"routeTableIds"`

	zones        []Zone
	app          *tier
	privatelink  *tier
	associations []pulumi.Resource
}

// The kinds of subnets, as they stand in names, tags and outputs.
const (
	appKind         = "app"
	privatelinkKind = "privatelink"
)

// tier is the subnets of one kind, by zone letter, and their route table.
type tier struct {
	subnets    map[string]*ec2.Subnet
	routeTable *ec2.RouteTable
}

// NewVPC declares the VPC that args describe.
func NewVPC(ctx *pulumi.Context, name string, args *VPCArgs, opts ...pulumi.ResourceOption) (*VPC, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	v := &VPC{zones: args.Zones, privatelink: &tier{}}
	err := ctx.RegisterComponentResourceV2(vpcType, name, args.inputs(), v, opts...)
	if err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	if err := v.newChildren(ctx, name, args); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	if err := ctx.RegisterResourceOutputs(v, pulumi.Map{
		"vpcId":                v.VPCID,
		"appSubnetIds":         v.AppSubnetIDs,
		"privatelinkSubnetIds": v.PrivatelinkSubnetIDs,
		"routeTableIds":        v.RouteTableIDs,
	}); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	return v, nil
}

func (v *VPC) newChildren(ctx *pulumi.Context, name string, args *VPCArgs) error {
	vpc, err := ec2.NewVpc(ctx, name, &ec2.VpcArgs{
		CidrBlock:       pulumi.String(args.CIDRBlock.String()),
		InstanceTenancy: pulumi.String("default"),
		// Private DNS of interface endpoints needs both.
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true),
		Tags:               pulumi.StringMap{"Name": pulumi.String(args.NamePrefix + "-vpc")},
	}, pulumi.Parent(v))
	if err != nil {
		return fmt.Errorf("VPC: %w", err)
	}
	v.VPCID = vpc.ID()

	// AWS gives every VPC a group that admits itself and sends anywhere. Adopted without rules, it is of no use to
	// anything that lands in it by mistake.
	_, err = ec2.NewDefaultSecurityGroup(ctx, name+"-default-sg", &ec2.DefaultSecurityGroupArgs{
		VpcId:   vpc.ID(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
	}, pulumi.Parent(v))
	if err != nil {
		return fmt.Errorf("default security group: %w", err)
	}

	if v.app, err = v.newTier(ctx, name, args, appKind, func(z Zone) netip.Prefix { return z.App }); err != nil {
		return err
	}
	routeTables := pulumi.StringMap{appKind: v.app.routeTable.ID()}
	if args.separate() {
		v.privatelink, err = v.newTier(ctx, name, args, privatelinkKind, func(z Zone) netip.Prefix { return z.Privatelink })
		if err != nil {
			return err
		}
		routeTables[privatelinkKind] = v.privatelink.routeTable.ID()
	}
	v.AppSubnetIDs = v.app.ids()
	v.PrivatelinkSubnetIDs = v.privatelink.ids()
	v.RouteTableIDs = routeTables.ToStringMapOutput()
	return nil
}

// newTier declares the subnets of one kind, their route table, and what associates them.
func (v *VPC) newTier(
	ctx *pulumi.Context, name string, args *VPCArgs, kind string, block func(Zone) netip.Prefix,
) (*tier, error) {
	table, err := ec2.NewRouteTable(ctx, name+"-"+kind, &ec2.RouteTableArgs{
		VpcId: v.VPCID,
		Tags:  pulumi.StringMap{"Name": pulumi.String(args.NamePrefix + "-" + kind + "-rtb")},
	}, pulumi.Parent(v))
	if err != nil {
		return nil, fmt.Errorf("%s route table: %w", kind, err)
	}
	t := &tier{subnets: map[string]*ec2.Subnet{}, routeTable: table}
	for _, zone := range args.Zones {
		subnet, err := ec2.NewSubnet(ctx, name+"-"+kind+"-"+zone.Letter, &ec2.SubnetArgs{
			VpcId:               v.VPCID,
			CidrBlock:           pulumi.String(block(zone).String()),
			AvailabilityZone:    pulumi.String(zone.Name),
			MapPublicIpOnLaunch: pulumi.Bool(false),
			Tags: pulumi.StringMap{
				"Name": pulumi.String(args.NamePrefix + "-" + kind + "-subnet-" + zone.Letter),
			},
		},
			pulumi.Parent(v),
			// Two subnets of a VPC may not overlap, so the old one has to go first.
			pulumi.DeleteBeforeReplace(true),
		)
		if err != nil {
			return nil, fmt.Errorf("%s subnet %s: %w", kind, zone.Letter, err)
		}
		t.subnets[zone.Letter] = subnet
		association, err := ec2.NewRouteTableAssociation(ctx, name+"-"+kind+"-"+zone.Letter, &ec2.RouteTableAssociationArgs{
			RouteTableId: table.ID(),
			SubnetId:     subnet.ID(),
		}, pulumi.Parent(v))
		if err != nil {
			return nil, fmt.Errorf("%s route table association %s: %w", kind, zone.Letter, err)
		}
		v.associations = append(v.associations, association)
	}
	return t, nil
}

func (t *tier) ids() pulumi.StringMapOutput {
	ids := pulumi.StringMap{}
	for zone, subnet := range t.subnets {
		ids[zone] = subnet.ID()
	}
	return ids.ToStringMapOutput()
}

// AppSubnets returns the subnets for instances, by zone letter.
func (v *VPC) AppSubnets() map[string]pulumi.StringInput {
	ids := map[string]pulumi.StringInput{}
	for zone, subnet := range v.app.subnets {
		ids[zone] = subnet.ID()
	}
	return ids
}

// EndpointSubnets returns the subnets for endpoints, in the order of the zones, and their kind: the privatelink
// subnets, or the app subnets where there are no others.
func (v *VPC) EndpointSubnets() (subnets []pulumi.CustomResource, kind string) {
	t, kind := v.privatelink, privatelinkKind
	if len(t.subnets) == 0 {
		t, kind = v.app, appKind
	}
	for _, zone := range v.zones {
		subnets = append(subnets, t.subnets[zone.Letter])
	}
	return subnets, kind
}

// AppRouteTableID is the route table of the subnets for instances.
func (v *VPC) AppRouteTableID() pulumi.IDOutput { return v.app.routeTable.ID() }

// Associations returns the route table associations, for DependsOn of anything that must not start on the VPC's main
// route table.
func (v *VPC) Associations() []pulumi.Resource { return v.associations }

func (a *VPCArgs) separate() bool { return a.Zones[0].Privatelink.IsValid() }

func (a *VPCArgs) inputs() pulumi.Map {
	zones := pulumi.Map{}
	for _, zone := range a.Zones {
		blocks := pulumi.StringMap{"app": pulumi.String(zone.App.String())}
		if a.separate() {
			blocks["privatelink"] = pulumi.String(zone.Privatelink.String())
		}
		zones[zone.Name] = blocks
	}
	return pulumi.Map{
		"namePrefix": pulumi.String(a.NamePrefix),
		"cidrBlock":  pulumi.String(a.CIDRBlock.String()),
		"zones":      zones,
	}
}

// validate reports every problem. That the blocks suit AWS and do not overlap is the configuration's to check.
func (a *VPCArgs) validate() error {
	if a == nil {
		return errors.New("missing args")
	}
	var problems []error
	if a.NamePrefix == "" {
		problems = append(problems, errors.New("missing NamePrefix"))
	}
	if !a.CIDRBlock.IsValid() {
		problems = append(problems, errors.New("missing CIDRBlock"))
	}
	if len(a.Zones) == 0 {
		problems = append(problems, errors.New("missing Zones: give at least one"))
	}
	seen := map[string]bool{}
	for _, zone := range a.Zones {
		switch {
		case zone.Letter == "" || zone.Name == "":
			problems = append(problems, fmt.Errorf("zone %q named %q: give both", zone.Letter, zone.Name))
		case seen[zone.Letter]:
			problems = append(problems, fmt.Errorf("zone %q is listed twice", zone.Letter))
		case !zone.App.IsValid():
			problems = append(problems, fmt.Errorf("zone %q: missing App", zone.Letter))
		case zone.Privatelink.IsValid() != a.separate():
			problems = append(problems, fmt.Errorf("zone %q: give Privatelink in every zone or in none", zone.Letter))
		}
		seen[zone.Letter] = true
	}
	return errors.Join(problems...)
}
