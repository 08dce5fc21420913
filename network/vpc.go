// Package network provides a VPC that no route connects to the Internet, its flow logs, and the security
// groups of the instances and endpoints in it.
package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/internal/contract"
)

// Zone is one Availability Zone and its subnets.
type Zone struct {
	// Letter is the last letter of the zone's name, such as "a". Required. Plain: resources are named
	// after it.
	Letter string
	// Name is the zone's name, such as "ap-northeast-1a". Required.
	Name string
	// App is the CIDR block of the subnet for instances. Required.
	App netip.Prefix
	// Privatelink is the CIDR block of the subnet for endpoints. Optional: without it the endpoints are in
	// the app subnet. Set it for all zones or for none.
	Privatelink netip.Prefix
}

// VPCArgs describes a VPC.
type VPCArgs struct {
	// NamePrefix is the prefix of the Name tags. Required. Plain: tags are built from it.
	NamePrefix string
	// CIDRBlock is the VPC's CIDR block. Required. Plain: subnets are planned in it.
	CIDRBlock netip.Prefix
	// Zones are the zones that have subnets, as SubnetOptions.Plan returns them, with names. Required.
	// Plain: resources are named after them.
	Zones []Zone
}

// VPC is a VPC with DNS. Each zone has an app subnet for instances and, optionally, a privatelink subnet
// for endpoints. Each of these two subnet groups has a route table to which the component adds no routes,
// so that traffic stays in the VPC. The VPC's default security group has no rules; AWS deletes it together
// with the VPC.
type VPC struct {
	pulumi.ResourceState

	// VPCID is the VPC's ID.
	VPCID pulumi.IDOutput `pulumi:"vpcId"`
	// AppSubnetIDs maps a zone's letter to its subnet for instances.
	AppSubnetIDs pulumi.StringMapOutput `pulumi:"appSubnetIds"`
	// PrivatelinkSubnetIDs maps a zone's letter to its subnet for endpoints. Empty if they are in the app
	// subnets.
	PrivatelinkSubnetIDs pulumi.StringMapOutput `pulumi:"privatelinkSubnetIds"`
	// RouteTableIDs maps the subnet groups, "app" and "privatelink", to their route tables.
	RouteTableIDs pulumi.StringMapOutput `pulumi:"routeTableIds"`

	zones        []Zone
	app          subnetGroup
	privatelink  subnetGroup
	associations []pulumi.Resource
}

// The names of the subnet groups in resource names, tags and outputs.
const (
	appGroup         = "app"
	privatelinkGroup = "privatelink"
)

// subnetGroup is one subnet in each zone, by zone letter, and their common route table.
type subnetGroup struct {
	subnets    map[string]*ec2.Subnet
	routeTable *ec2.RouteTable
}

// NewVPC declares a VPC.
func NewVPC(ctx *pulumi.Context, name string, args *VPCArgs, opts ...pulumi.ResourceOption) (*VPC, error) {
	if err := args.validateArgs(); err != nil {
		return nil, fmt.Errorf("network %q: %w", name, err)
	}
	v := &VPC{zones: args.Zones}
	if err := ctx.RegisterComponentResourceV2(contract.VPCType, name, args.inputs(), v, opts...); err != nil {
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

	// AWS creates a default security group with each VPC. Its rules allow traffic between its members and
	// to every address. Without rules, the group allows nothing if a resource uses it by mistake.
	_, err = ec2.NewDefaultSecurityGroup(ctx, name+"-default-sg", &ec2.DefaultSecurityGroupArgs{
		VpcId:   vpc.ID(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
	}, pulumi.Parent(v))
	if err != nil {
		return fmt.Errorf("default security group: %w", err)
	}

	if v.app, err = v.newSubnetGroup(ctx, name, args, appGroup, func(z Zone) netip.Prefix { return z.App }); err != nil {
		return err
	}
	routeTables := pulumi.StringMap{appGroup: v.app.routeTable.ID()}
	if args.separate() {
		v.privatelink, err = v.newSubnetGroup(ctx, name, args, privatelinkGroup, func(z Zone) netip.Prefix { return z.Privatelink })
		if err != nil {
			return err
		}
		routeTables[privatelinkGroup] = v.privatelink.routeTable.ID()
	}
	v.AppSubnetIDs = v.app.ids()
	v.PrivatelinkSubnetIDs = v.privatelink.ids()
	v.RouteTableIDs = routeTables.ToStringMapOutput()
	return nil
}

// newSubnetGroup declares the subnets of a group, their route table and its associations.
func (v *VPC) newSubnetGroup(
	ctx *pulumi.Context, name string, args *VPCArgs, group string, block func(Zone) netip.Prefix,
) (subnetGroup, error) {
	table, err := ec2.NewRouteTable(ctx, name+"-"+group, &ec2.RouteTableArgs{
		VpcId: v.VPCID,
		Tags:  pulumi.StringMap{"Name": pulumi.String(args.NamePrefix + "-" + group + "-rtb")},
	}, pulumi.Parent(v))
	if err != nil {
		return subnetGroup{}, fmt.Errorf("%s route table: %w", group, err)
	}
	g := subnetGroup{subnets: map[string]*ec2.Subnet{}, routeTable: table}
	for _, zone := range args.Zones {
		subnet, err := ec2.NewSubnet(ctx, name+"-"+group+"-"+zone.Letter, &ec2.SubnetArgs{
			VpcId:               v.VPCID,
			CidrBlock:           pulumi.String(block(zone).String()),
			AvailabilityZone:    pulumi.String(zone.Name),
			MapPublicIpOnLaunch: pulumi.Bool(false),
			Tags: pulumi.StringMap{
				"Name": pulumi.String(args.NamePrefix + "-" + group + "-subnet-" + zone.Letter),
			},
		},
			pulumi.Parent(v),
			// Subnets of a VPC cannot overlap, so the old one is deleted first.
			pulumi.DeleteBeforeReplace(true),
		)
		if err != nil {
			return subnetGroup{}, fmt.Errorf("%s subnet %s: %w", group, zone.Letter, err)
		}
		g.subnets[zone.Letter] = subnet
		association, err := ec2.NewRouteTableAssociation(ctx, name+"-"+group+"-"+zone.Letter, &ec2.RouteTableAssociationArgs{
			RouteTableId: table.ID(),
			SubnetId:     subnet.ID(),
		}, pulumi.Parent(v))
		if err != nil {
			return subnetGroup{}, fmt.Errorf("%s route table association %s: %w", group, zone.Letter, err)
		}
		v.associations = append(v.associations, association)
	}
	return g, nil
}

func (g subnetGroup) ids() pulumi.StringMapOutput {
	ids := pulumi.StringMap{}
	for zone, subnet := range g.subnets {
		ids[zone] = subnet.ID()
	}
	return ids.ToStringMapOutput()
}

// AppSubnets implements Network.
func (v *VPC) AppSubnets() map[string]pulumi.StringInput {
	ids := map[string]pulumi.StringInput{}
	for zone, subnet := range v.app.subnets {
		ids[zone] = subnet.ID()
	}
	return ids
}

// EndpointSubnets implements Network. Endpoints are replaced together with a subnet.
func (v *VPC) EndpointSubnets() EndpointSubnets {
	g, group := v.privatelink, privatelinkGroup
	if len(g.subnets) == 0 {
		g, group = v.app, appGroup
	}
	subnets := EndpointSubnets{Group: group}
	for _, zone := range v.zones {
		subnet := g.subnets[zone.Letter]
		subnets.IDs = append(subnets.IDs, subnet.ID())
		subnets.ReplaceWith = append(subnets.ReplaceWith, subnet)
	}
	return subnets
}

// S3RouteTableIDs implements Network: the app subnets' route table.
func (v *VPC) S3RouteTableIDs() pulumi.StringArray { return pulumi.StringArray{v.app.routeTable.ID()} }

// ClientGroupIDs implements Network: a new VPC has no clients besides the stack's instances.
func (v *VPC) ClientGroupIDs() map[string]pulumi.StringInput { return nil }

// Outputs implements Network.
func (v *VPC) Outputs() Outputs {
	return Outputs{v.VPCID, v.AppSubnetIDs, v.PrivatelinkSubnetIDs, v.RouteTableIDs}
}

// Associations implements Network.
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

// validateArgs reports missing fields. SubnetOptions.Validate checks the CIDR blocks.
func (a *VPCArgs) validateArgs() error {
	if a == nil {
		return errors.New("missing args")
	}
	var errs []error
	if a.NamePrefix == "" {
		errs = append(errs, errors.New("missing NamePrefix"))
	}
	if !a.CIDRBlock.IsValid() {
		errs = append(errs, errors.New("missing CIDRBlock"))
	}
	if len(a.Zones) == 0 {
		errs = append(errs, errors.New("missing Zones: at least one is required"))
	}
	seen := map[string]bool{}
	for _, zone := range a.Zones {
		switch {
		case zone.Letter == "" || zone.Name == "":
			errs = append(errs, fmt.Errorf("zone %q with name %q: both are required", zone.Letter, zone.Name))
		case seen[zone.Letter]:
			errs = append(errs, fmt.Errorf("zone %q is listed twice", zone.Letter))
		case !zone.App.IsValid():
			errs = append(errs, fmt.Errorf("zone %q: missing App", zone.Letter))
		case zone.Privatelink.IsValid() != a.separate():
			errs = append(errs, fmt.Errorf("zone %q: Privatelink is required in all zones or in none", zone.Letter))
		}
		seen[zone.Letter] = true
	}
	return errors.Join(errs...)
}
